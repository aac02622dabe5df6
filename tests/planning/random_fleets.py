"""Random inventories, and a judge of plans that reads the rules from the inventory itself and
shares no code.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

RELEASE = datetime(2026, 1, 13, 18, tzinfo=UTC)
"""10:00 in Redmond on the second Tuesday of January 2026."""
ZONES = ("Europe/Stockholm", "UTC", "Asia/Kolkata", "Australia/Sydney")
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
READY = {
    "platform": "arc",
    "os": "Windows Server 2025 Datacenter",
    "build": "26100.7392",
    "arc": {
        "status": "Connected",
        "hotpatch": "Enabled",
        "vbs": "running",
        "secure_boot": True,
        "uefi": True,
    },
}
Fleet = dict[str, Any]
Times = dict[str, tuple[datetime, datetime]]


def fleet(pick: Random) -> Fleet:
    """An inventory with few machines and many rules."""
    windows = {f"w{number}": _window(pick) for number in range(pick.randint(1, 3))}
    groups: dict[str, Any] = {}
    for number in range(pick.randint(0, 3)):
        rule: dict[str, Any] = {"max_unavailable": pick.choice([1, 2, "10%", "34%", "50%", "99%"])}
        if pick.random() < 0.5:
            rule["settle"] = pick.choice(["10m", "30m", "2h", "20h"])
        if number and pick.random() < 0.4:
            rule["after"] = [f"g{pick.randrange(number)}"]
        groups[f"g{number}"] = rule
    rings = [
        {"name": f"r{number}", "soak": pick.choice(["0m", "30m", "1h", "24h"])}
        for number in range(3)
    ]
    limits = {
        "max_concurrent": pick.randint(1, 3),
        "per_region": pick.randint(1, 2),
        "per_tag": {"rack": 1},
    }
    return {
        "defaults": READY,
        "windows": windows,
        "groups": groups,
        "rings": rings[: pick.randint(0, 3)],
        "limits": {key: value for key, value in limits.items() if pick.random() < 0.4},
        "freezes": [_freeze(pick, number, list(groups)) for number in range(pick.randint(0, 2))],
        "machines": [
            _machine(pick, number, list(windows), list(groups))
            for number in range(pick.randint(2, 12))
        ],
    }


def _window(pick: Random) -> dict[str, Any]:
    start = f"{pick.randint(0, 23):02}:{pick.choice(['00', '15', '30'])}"
    window = {
        "days": pick.sample(DAYS, pick.randint(1, 4)),
        "start": start,
        "duration": f"{pick.choice([45, 90, 240])}m",
    }
    return {**window, "timezone": pick.choice(ZONES)} if pick.random() < 0.4 else window


def _freeze(pick: Random, number: int, groups: list[str]) -> dict[str, Any]:
    first = date(2026, 1, 13) + timedelta(pick.randint(0, 12))
    last = first + timedelta(pick.randint(0, 2))
    narrow = pick.choice(
        [{}, {"regions": ["eu"]}, {"tags": {"rack": "A"}}, {"groups": groups[:1]} if groups else {}]
    )
    return {"name": f"f{number}", "from": str(first), "to": str(last), **narrow}


def _machine(pick: Random, number: int, windows: list[str], groups: list[str]) -> dict[str, Any]:
    machine: dict[str, Any] = {
        "name": f"m{number}",
        "timezone": pick.choice(ZONES),
        "window": pick.sample(windows, pick.randint(1, min(2, len(windows)))),
        "reboot_minutes": pick.choice([5, 15, 20, 40]),
        "weight": pick.choice([0, 0.5, 1, 1, 1, 3]),
        "groups": pick.sample(groups, pick.randint(0, min(2, len(groups)))),
    }
    if pick.random() < 0.6:
        machine["region"] = pick.choice(["eu", "us"])
    if pick.random() < 0.5:
        machine["tags"] = {"rack": pick.choice("AB")}
    if pick.random() < 0.1:
        machine["done"] = True
    return machine


def with_rings(pick: Random, inventory: Fleet) -> Fleet:
    """The inventory with some of its machines in its rings, and one that is pinned to a time."""
    names = [ring["name"] for ring in inventory["rings"]]
    for machine in inventory["machines"]:
        if names and pick.random() < 0.7:
            machine["ring"] = pick.choice(names)
    if pick.random() < 0.3:
        pinned = RELEASE + timedelta(minutes=15 * pick.randint(0, 300))
        inventory["machines"][0]["reboot_at"] = pinned.isoformat()
    return inventory


def broken(inventory: Fleet, times: Times, days: int) -> set[str]:
    """The kinds of rules that starts and ends of some machines break."""
    machines = {machine["name"]: machine for machine in inventory["machines"]}
    kinds = {
        kind
        for name, span in times.items()
        for kind in _alone(inventory, machines[name], span, days)
    }
    if any(_too_many(inventory, machines, times)):
        kinds.add("at once")
    if any(_out_of_turn(inventory, machines, times)):
        kinds.add("order")
    return kinds


def _alone(
    inventory: Fleet, machine: dict[str, Any], span: tuple[datetime, datetime], days: int
) -> Iterator[str]:
    start, end = span
    if end - start != timedelta(minutes=machine["reboot_minutes"]):
        yield "length"
    if end > RELEASE + timedelta(days=days):
        yield "deadline"
    if "reboot_at" in machine and datetime.fromisoformat(machine["reboot_at"]) != start:
        yield "pinned"
    if not any(openings(inventory, machine, span)):
        yield "window"


def openings(
    inventory: Fleet, machine: dict[str, Any], span: tuple[datetime, datetime]
) -> Iterator[str]:
    """The windows of a machine that have an opening which holds a restart whole, outside of every
    freeze.
    """
    start, end = span
    for name in machine["window"]:
        window = inventory["windows"][name]
        zone = ZoneInfo(window.get("timezone", machine["timezone"]))
        for more in (-1, 0):
            day = start.astimezone(zone).date() + timedelta(more)
            opens = datetime.combine(day, time.fromisoformat(window["start"]), zone).astimezone(UTC)
            closes = opens + _length(window["duration"])
            held = (
                RELEASE <= opens <= start
                and end <= closes
                and DAYS[day.weekday()] in window["days"]
            )
            if held and not any(
                _freezes(freeze, machine, zone, span) for freeze in inventory["freezes"]
            ):
                yield name


def _freezes(
    freeze: dict[str, Any], machine: dict[str, Any], zone: ZoneInfo, span: tuple[datetime, datetime]
) -> bool:
    if "regions" in freeze and machine.get("region") not in freeze["regions"]:
        return False
    if "groups" in freeze and not set(freeze["groups"]) & set(machine["groups"]):
        return False
    if "tags" in freeze and machine.get("tags", {}) != freeze["tags"]:
        return False
    begins = datetime.combine(date.fromisoformat(freeze["from"]), time(), zone)
    ends = datetime.combine(date.fromisoformat(freeze["to"]) + timedelta(1), time(), zone)
    return span[0] < ends.astimezone(UTC) and begins.astimezone(UTC) < span[1]


def _length(text: str) -> timedelta:
    return timedelta(**{{"m": "minutes", "h": "hours"}[text[-1]]: int(text[:-1])})


def _too_many(inventory: Fleet, machines: dict[str, Any], times: Times) -> Iterator[bool]:
    for group, rule in inventory["groups"].items():
        members = [name for name, machine in machines.items() if group in machine["groups"]]
        share, settle = rule["max_unavailable"], _length(rule.get("settle", "0m"))
        most = max(1, len(members) * int(share[:-1]) // 100) if isinstance(share, str) else share
        yield (
            _at_once(
                [(times[name][0], times[name][1] + settle) for name in members if name in times]
            )
            > most
        )
    limits = inventory["limits"]
    yield _at_once(list(times.values())) > limits.get("max_concurrent", len(times))
    for region in ("eu", "us"):
        spans = [times[name] for name in times if machines[name].get("region") == region]
        yield _at_once(spans) > limits.get("per_region", len(times))
    for rack in "AB":
        spans = [times[name] for name in times if machines[name].get("tags") == {"rack": rack}]
        yield _at_once(spans) > limits.get("per_tag", {}).get("rack", len(times))


def _at_once(spans: list[tuple[datetime, datetime]]) -> int:
    return max(
        (sum(begin <= moment < end for begin, end in spans) for moment, _ in spans), default=0
    )


def _out_of_turn(inventory: Fleet, machines: dict[str, Any], times: Times) -> Iterator[bool]:
    due = {name: machine for name, machine in machines.items() if not machine.get("done")}
    teams = {
        group: [name for name in due if group in due[name]["groups"]]
        for group in inventory["groups"]
    }
    for group, rule in inventory["groups"].items():
        for earlier in rule.get("after", ()):
            yield from _early(teams[earlier], teams[group], timedelta(0), times)
    stages = [
        ([name for name in due if due[name].get("ring") == ring["name"]], ring)
        for ring in inventory["rings"]
    ]
    for (first, ring), (then, _) in pairwise(stage for stage in stages if stage[0]):
        yield from _early(first, then, _length(ring["soak"]), times)


def _early(first: list[str], then: list[str], wait: timedelta, times: Times) -> Iterator[bool]:
    for name in times.keys() & set(then):
        yield any(other not in times or times[other][1] + wait > times[name][0] for other in first)
