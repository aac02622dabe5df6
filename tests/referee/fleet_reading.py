"""An inventory as the contract words it: which restarts are due, and in which minutes each may run.

It shares no code with the program. All times are minutes since the release.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
REDMOND = ZoneInfo("America/Los_Angeles")
MINUTE = timedelta(minutes=1)


class Opening(NamedTuple):
    """The part of an opening that no freeze touches."""

    window: str
    start: int
    end: int


class Restart(NamedTuple):
    """A restart that is due."""

    name: str
    minutes: int
    weight: Fraction
    openings: tuple[Opening, ...]
    pinned: int | None


class Share(NamedTuple):
    """Restarts of which at most `most` are occupied at once, each until `settle` after its end.

    A restart that is listed twice counts twice.
    """

    name: str
    restarts: tuple[int, ...]
    most: int
    settle: int = 0


class Turn(NamedTuple):
    """Each restart in `then` waits until all of `first` have ended, and for `wait` minutes more."""

    name: str
    first: tuple[int, ...]
    then: tuple[int, ...]
    wait: int = 0


class Rules(NamedTuple):
    """What a plan must keep. No restart ends after `deadline`. An hour has `per_hour` units."""

    release: datetime
    deadline: int
    restarts: tuple[Restart, ...]
    shares: tuple[Share, ...]
    turns: tuple[Turn, ...]
    per_hour: int = 60


class Case(NamedTuple):
    """A fleet, and what is asked for: the as-of date, the day of the release, the deadline."""

    fleet: dict[str, Any]
    as_of: str
    release_day: str
    deadline_hours: int


def read(case: Case) -> Rules:
    """The rules of an inventory for the machines that aren't done."""
    day = date.fromisoformat(case.release_day)
    release = datetime.combine(day, time(10), REDMOND).astimezone(UTC)
    as_of = datetime.combine(date.fromisoformat(case.as_of), time(), UTC)
    begin, deadline = max(release, as_of), case.deadline_hours * 60
    defaults = case.fleet.get("defaults", {})
    machines = [{**defaults, **machine} for machine in case.fleet["machines"]]
    due = [machine for machine in machines if not machine.get("done")]
    restarts = tuple(_restart(case.fleet, machine, release, begin, deadline) for machine in due)
    shares = (*_groups(case.fleet, machines, due), *_limits(case.fleet, due))
    return Rules(release, deadline, restarts, shares, tuple(_turns(case.fleet, due)))


def length(text: str) -> int:
    """The minutes of a duration such as 90m, 4h or 14d."""
    return int(text[:-1]) * {"m": 1, "h": 60, "d": 1440}[text[-1]]


def _restart(
    fleet: dict[str, Any],
    machine: dict[str, Any],
    release: datetime,
    begin: datetime,
    deadline: int,
) -> Restart:
    wanted = machine["window"]
    names = [wanted] if isinstance(wanted, str) else wanted
    found = set()
    for name in names:
        window = fleet["windows"][name]
        zone = ZoneInfo(window.get("timezone", machine["timezone"]))
        for opens in _opens(window, zone, begin.date(), deadline // 1440 + 3):
            if opens < begin:
                continue
            start = (opens - release) // MINUTE
            end = min(start + length(window["duration"]), deadline)
            frozen = list(_frozen(fleet, machine, zone, release))
            found |= {Opening(name, *piece) for piece in _without(frozen, start, end)}
    pinned = None
    if "reboot_at" in machine:
        pinned = (datetime.fromisoformat(machine["reboot_at"]) - release) // MINUTE
    return Restart(
        machine["name"],
        machine.get("reboot_minutes", 15),
        Fraction(str(machine.get("weight", 1))),
        tuple(sorted(found, key=lambda opening: opening[1:])),
        pinned,
    )


def _opens(window: dict[str, Any], zone: ZoneInfo, first: date, days: int) -> Iterator[datetime]:
    """The moments at which a window opens, from the day before `first` on."""
    for number in range(-1, days):
        day = first + timedelta(number)
        if "days" in window:
            is_open = DAYS[day.weekday()] in window["days"]
        else:
            tuesday = day - timedelta(window["patch_tuesday"])
            is_open = tuesday.weekday() == 1 and 8 <= tuesday.day <= 14
        if is_open:
            start = time.fromisoformat(window["start"])
            yield datetime.combine(day, start, zone).astimezone(UTC)


def _frozen(
    fleet: dict[str, Any], machine: dict[str, Any], zone: ZoneInfo, release: datetime
) -> Iterator[tuple[int, int]]:
    for freeze in fleet.get("freezes", ()):
        if _spares(freeze, machine):
            continue
        last = date.fromisoformat(freeze["to"]) + timedelta(1)
        edges = (date.fromisoformat(freeze["from"]), last)
        begins, ends = (datetime.combine(day, time(), zone).astimezone(UTC) for day in edges)
        yield (begins - release) // MINUTE, (ends - release) // MINUTE


def _spares(freeze: dict[str, Any], machine: dict[str, Any]) -> bool:
    """Whether a freeze is narrowed to other machines than this one."""
    tags = machine.get("tags", {})
    return (
        ("groups" in freeze and not set(freeze["groups"]) & set(machine.get("groups", ())))
        or ("rings" in freeze and machine.get("ring") not in freeze["rings"])
        or ("regions" in freeze and machine.get("region") not in freeze["regions"])
        or any(tags.get(tag) != value for tag, value in freeze.get("tags", {}).items())
    )


def _without(frozen: list[tuple[int, int]], start: int, end: int) -> Iterator[tuple[int, int]]:
    """The pieces that freezes leave of the minutes from `start` to `end`."""
    for begins, ends in sorted(frozen):
        if begins < end and start < ends:
            if start < begins:
                yield start, begins
            start = max(start, ends)
    if start < end:
        yield start, end


def _groups(
    fleet: dict[str, Any], machines: list[dict[str, Any]], due: list[dict[str, Any]]
) -> Iterator[Share]:
    for name, rule in fleet.get("groups", {}).items():
        members = sum(name in machine.get("groups", ()) for machine in machines)
        most = rule.get("max_unavailable", max(members, 1))
        if isinstance(most, str):
            most = max(1, members * int(most.rstrip("%")) // 100)
        yield Share(f"group {name}", _of_group(due, name), most, length(rule.get("settle", "0m")))


def _limits(fleet: dict[str, Any], due: list[dict[str, Any]]) -> Iterator[Share]:
    limits = fleet.get("limits", {})
    if "max_concurrent" in limits:
        yield Share("max_concurrent", tuple(range(len(due))), limits["max_concurrent"])
    keys = [("per_region", limits.get("per_region"), [machine.get("region") for machine in due])]
    for tag, most in limits.get("per_tag", {}).items():
        keys.append((f"per_tag {tag}", most, [m.get("tags", {}).get(tag) for m in due]))
    for name, most, values in keys:
        if most is None:
            continue
        for value in sorted({value for value in values if value is not None}):
            restarts = tuple(number for number, own in enumerate(values) if own == value)
            yield Share(f"{name} {value}", restarts, most)


def _turns(fleet: dict[str, Any], due: list[dict[str, Any]]) -> Iterator[Turn]:
    for name, rule in fleet.get("groups", {}).items():
        for earlier in rule.get("after", ()):
            yield Turn(f"{name} after {earlier}", _of_group(due, earlier), _of_group(due, name))
    stages = []
    for ring in fleet.get("rings", ()):
        inside = tuple(n for n, machine in enumerate(due) if machine.get("ring") == ring["name"])
        if inside:
            stages.append((ring, inside))
    for (ring, first), (later, then) in pairwise(stages):
        name = f"ring {later['name']} after {ring['name']}"
        yield Turn(name, first, then, length(ring.get("soak", "0m")))


def _of_group(due: list[dict[str, Any]], name: str) -> tuple[int, ...]:
    return tuple(n for n, machine in enumerate(due) if name in machine.get("groups", ()))
