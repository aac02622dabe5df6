"""Random fleets in which not all fit: what is said to help does, by the planner and by a judge that
shares nothing with it. HELP_FLEETS=400 judges more fleets than the 40 of a usual run.
"""

import json
import os
import re
from collections.abc import Callable
from copy import deepcopy
from datetime import date, datetime
from random import Random
from typing import Any

import pytest
from random_fleets import Fleet, Times, broken, fleet, with_rings

DAY = ("--as-of", "2025-12-15", "-q")
FLEETS = int(os.environ.get("HELP_FLEETS", "40"))
SHARE_FROZEN = 0.4
HOURS = {"h": 1, "d": 24}


def crowded(seed: int) -> tuple[Fleet, int]:
    """A fleet with little time: long restarts, few at once, and a freeze within the days."""
    pick = Random(seed)  # noqa: S311 - the same fleets every time
    inventory = with_rings(pick, fleet(pick))
    for machine in inventory["machines"]:
        machine["reboot_minutes"] = pick.choice([20, 40, 60])
    inventory["limits"].setdefault("max_concurrent", 1)
    if pick.random() < SHARE_FROZEN:
        last = date(2026, 1, 14 + pick.randrange(10))
        inventory["freezes"].append({"name": "audit", "from": "2026-01-13", "to": str(last)})
    return inventory, pick.choice([2, 4, 7])


def planned(hotpatch: Any, inventory: Fleet, hours: int) -> Any:
    """The plan as JSON."""
    hotpatch.write("fleet.json", json.dumps(inventory))
    return hotpatch("plan", "fleet.json", *DAY, "--deadline", f"{hours}h", "-f", "json").json


Change = Callable[[Fleet, re.Match[str]], None]


def machine_of(inventory: Fleet, name: str) -> dict[str, Any]:
    """A machine by its name."""
    (machine,) = (row for row in inventory["machines"] if row["name"] == name)
    return machine


def soaks(inventory: Fleet, found: re.Match[str]) -> None:
    """Another soak time of a ring."""
    for ring in inventory["rings"]:
        ring["soak"] = length(found.string) if ring["name"] == found[1] else ring["soak"]


def unfrozen(inventory: Fleet, found: re.Match[str]) -> None:
    """Without some freezes."""
    gone = re.split(r", | and ", found[1])
    inventory["freezes"] = [row for row in inventory["freezes"] if row["name"] not in gone]


def less_frozen(inventory: Fleet, found: re.Match[str]) -> None:
    """A freeze that ends earlier or begins later."""
    (freeze,) = (row for row in inventory["freezes"] if row["name"] == found[2])
    freeze["to" if found[1] == "End" else "from"] = found[3]


def opened(inventory: Fleet, found: re.Match[str]) -> None:
    """One more opening of a window for each day."""
    once = {"start": found[3], "duration": length(found.string)}
    for day in re.findall(r"\d{4}-\d\d-\d\d", found[2]):
        open_once(inventory, found[1], date.fromisoformat(day), once)


def shorter(inventory: Fleet, found: re.Match[str]) -> None:
    """Shorter restarts of some machines."""
    for name in re.split(r", | and ", found[2]):
        machine_of(inventory, name)["reboot_minutes"] = int(found[1])


CHANGES: dict[str, Change] = {
    r"Raise `(max_concurrent|per_region)` to (\d+)\b": lambda fleet, found: fleet["limits"].update(
        {found[1]: int(found[2])}
    ),
    r"Raise `per_tag` to (\d+) for the tag (\w+)\.": lambda fleet, found: fleet["limits"][
        "per_tag"
    ].update({found[2]: int(found[1])}),
    r"Set `max_unavailable: (\d+)` for the group (\w+)\.": lambda fleet, found: fleet["groups"][
        found[2]
    ].update({"max_unavailable": int(found[1])}),
    r".*settle time of the group (\w+)": lambda fleet, found: fleet["groups"][found[1]].update(
        {"settle": length(found.string)}
    ),
    r".*soak time of the ring (\w+)": soaks,
    r"Remove the freezes? (.+)\.$": unfrozen,
    r"(End|Begin) the freeze (\w+) on \w+ (\d{4}-\d\d-\d\d)": less_frozen,
    r"Move `reboot_at` of (\w+) to (\S+), or remove it": lambda fleet, found: machine_of(
        fleet, found[1]
    ).update({"reboot_at": found[2]}),
    r"Remove (\w+) from the group (\w+)": lambda fleet, found: machine_of(fleet, found[1])[
        "groups"
    ].remove(found[2]),
    r"Lengthen the window (\w+) ": lambda fleet, found: fleet["windows"][found[1]].update(
        {"duration": length(found.string)}
    ),
    r"Open (\w+) .* on (.+) at (\d+:\d+) for ": opened,
    r".*`reboot_minutes: (\d+)` for (.+)\.$": shorter,
}
"""What a sentence changes in the inventory."""


def applied(inventory: Fleet, hours: int, message: str) -> tuple[Fleet, int]:
    """The fleet and the hours of the deadline after the change that a sentence names."""
    changed = deepcopy(inventory)
    if found := re.search(r"--deadline (\d+)([hd])", message):
        return changed, int(found[1]) * HOURS[found[2]]
    (pattern,) = (pattern for pattern in CHANGES if re.match(pattern, message))
    match = re.match(pattern, message)
    assert match is not None
    CHANGES[pattern](changed, match)
    return changed, hours


def length(message: str) -> str:
    """The last duration of a sentence as the inventory writes it; none where it's removed."""
    if message.startswith("Remove"):
        return "0m"
    text = re.split(" to | for ", message)[-1]
    units = (("day", 1440), ("h", 60), ("min", 1))
    found = {unit: re.search(rf"(\d+) {unit}", text) for unit, _ in units}
    return f"{sum(int(one[1]) * worth for unit, worth in units if (one := found[unit]))}m"


def open_once(inventory: Fleet, window: str, day: date, once: dict[str, str]) -> None:
    """One more opening for all machines of a window."""
    like, name = inventory["windows"][window], f"{window}-{day}"
    days = {"days": [f"{day:%a}"], "from": str(day), "until": str(day), **once}
    inventory["windows"][name] = {**like, **days}
    for machine in inventory["machines"]:
        if window in machine["window"]:
            machine["window"].append(name)


def alone(inventory: Fleet, gone: set[str]) -> Fleet:
    """The fleet in which some machines are done."""
    changed = deepcopy(inventory)
    for machine in changed["machines"]:
        machine["done"] = machine.get("done", False) or machine["name"] in gone
    return changed


def judged(inventory: Fleet, plan: Any, hours: int) -> set[str]:
    """The rules that a plan breaks, by the other judge."""
    moment = datetime.fromisoformat
    times: Times = {
        reboot["machine"]: (moment(reboot["start"]), moment(reboot["end"]))
        for reboot in plan["reboots"]
    }
    return broken(inventory, times, hours // 24) if hours % 24 == 0 else set()


@pytest.mark.parametrize("seed", range(FLEETS))
def test_what_is_said_to_help_schedules_all_machines_of_the_conflict(
    hotpatch: Any, seed: int
) -> None:
    """With the machines of other conflicts done, each change makes a plan of all; and a change that
    is said to make all machines fit does so as they are.
    """
    inventory, days = crowded(seed)
    plan = planned(hotpatch, inventory, days * 24)
    out = {row["machine"] for row in plan["unplaced"]}
    owned = [
        {*row["machines"], *row["also"], *row["dependents"]} & out for row in plan["conflicts"]
    ]
    assert set().union(*owned) == out
    for number, conflict in enumerate(plan["conflicts"]):
        others = set().union(*owned[:number], *owned[number + 1 :])
        mine = {*conflict["machines"], *conflict["also"], *conflict["dependents"]}
        mine -= others & set(conflict["dependents"])
        rest = alone(inventory, out - mine)
        for told in conflict["helps"]:
            changed, hours = applied(rest, days * 24, told["message"])
            after = planned(hotpatch, changed, hours)
            assert not mine & {row["machine"] for row in after["unplaced"]}, told
            assert judged(changed, after, hours) == set()
    for told in plan["all_fit"]:
        changed, hours = applied(inventory, days * 24, told["message"])
        after = planned(hotpatch, changed, hours)
        assert after["unplaced"] == [], told
        assert judged(changed, after, hours) == set()


def test_the_random_fleets_have_every_kind_of_help(hotpatch: Any) -> None:
    """The property is worth something: most kinds of changes are said somewhere."""
    kinds: set[str] = set()
    conflicts = 0
    for seed in range(20):
        inventory, days = crowded(seed)
        for conflict in planned(hotpatch, inventory, days * 24)["conflicts"]:
            conflicts += 1
            kinds |= {told["kind"] for told in conflict["helps"]}
    assert conflicts >= 15
    assert {"deadline", "opening", "window", "capacity", "freeze"} <= kinds
