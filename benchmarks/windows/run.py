"""Next five openings of every machine: once for each window and zone, against dateutil machine by
machine.

    python benchmarks/windows/run.py [--machines 100000] [--by-dateutil 2000]

dateutil is asked for a part of the machines, evenly drawn, and its time is scaled to all of them:
it is linear, since nothing is shared. Both answers are compared for that part: the same moments, or
the figures mean nothing.
"""

import argparse
import gc
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from itertools import islice
from typing import TypeVar
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from hotpatch_cli.model import Facts, Fleet, Location, Machine, Placement
from hotpatch_cli.schedule.day_rules import parse_rrule
from hotpatch_cli.schedule.windows import Window
from hotpatch_cli.use_cases.windows import OpeningQuery, UpcomingOpening, openings_by_machine

ZONES = (
    "Europe/Stockholm",
    "Europe/London",
    "Europe/Lisbon",
    "Europe/Athens",
    "Europe/Istanbul",
    "Africa/Casablanca",
    "Africa/Cairo",
    "Africa/Johannesburg",
    "Asia/Dubai",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Asia/Bangkok",
    "Asia/Shanghai",
    "Asia/Tokyo",
    "Asia/Tehran",
    "Australia/Sydney",
    "Australia/Adelaide",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Honolulu",
    "America/Anchorage",
    "America/Los_Angeles",
    "America/Denver",
    "America/Chicago",
    "America/New_York",
    "America/Halifax",
    "America/St_Johns",
    "America/Sao_Paulo",
    "UTC",
)
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
T = TypeVar("T")
FROM = date(2025, 6, 1)
AS_OF = date(2025, 12, 15)


def rules() -> list[str]:
    """Fifty rules: weekly, every other week, nth weekday, days of the month, daily."""
    found = [f"FREQ=WEEKLY;BYDAY={day}" for day in DAYS]
    found += [f"FREQ=WEEKLY;INTERVAL=2;BYDAY={day}" for day in DAYS]
    found += [f"FREQ=MONTHLY;BYDAY={nth}{day}" for nth in (1, 2, 3, -1) for day in DAYS]
    found += [f"FREQ=MONTHLY;BYMONTHDAY={day}" for day in (1, 5, 10, 15, 20, 28)]
    return [*found, "FREQ=DAILY", "FREQ=DAILY;INTERVAL=3"]


class _Origin:
    def locate(self, _field: str) -> Location:
        """Machines of a benchmark stand nowhere."""
        return Location("benchmark")


def fleet(machines: int) -> Fleet:
    """Machines spread over all windows and zones."""
    windows = {
        f"w{number}": Window(
            f"w{number}",
            parse_rrule(text),
            clock(number % 20, 15),
            timedelta(hours=3),
            from_day=FROM,
        )
        for number, text in enumerate(rules())
    }
    names, origin = list(windows), _Origin()
    placements = [Placement(zone, (name,)) for name in names for zone in ZONES]
    made = []
    for number in range(machines):
        placement = placements[number * 7919 % len(placements)]  # neighbours differ
        made.append(Machine(f"m{number}", Facts(), origin, placement=placement, label=f"m{number}"))
    return Fleet(tuple(made), windows=windows)


def by_dateutil(machine: Machine, texts: dict[str, str], windows: Fleet) -> list[datetime]:
    """The next five starts of a machine, in UTC, as somebody writes it who calls dateutil for
    each.
    """
    name, zone = machine.placement.windows[0], ZoneInfo(machine.placement.timezone or "UTC")
    begin = datetime.combine(FROM, windows.windows[name].start or clock())
    rule = rrulestr(texts[name], dtstart=begin)
    now = datetime.combine(AS_OF, clock(), UTC)
    local = now.astimezone(zone).replace(tzinfo=None)
    starts = (start.replace(tzinfo=zone).astimezone(UTC) for start in rule.xafter(local, inc=True))
    return list(islice((start for start in starts if start >= now), 5))


def best(work: Callable[[], T]) -> tuple[float, T]:
    """(seconds of the quickest of three runs, its answer): what else the computer does slows the
    others.
    """
    times = []
    for _ in range(3):
        began = time.perf_counter()
        answer = work()
        times.append(time.perf_counter() - began)
    return min(times), answer


def main() -> None:
    """Measure both, compare the answers, print the ratio."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--machines", type=int, default=100_000)
    parser.add_argument("--by-dateutil", type=int, default=2_000)
    options = parser.parse_args()
    made = fleet(options.machines)
    texts = dict(zip(made.windows, rules(), strict=True))

    gc.set_threshold(200_000)  # as the program does
    gc.collect()
    gc.freeze()  # the fleet is there to stay: neither side pays for looking at it again
    ours, (openings, problems) = best(
        lambda: openings_by_machine(made, OpeningQuery(AS_OF, most=5))
    )
    assert not problems

    asked = made.machines[:: max(1, options.machines // options.by_dateutil)]
    part, answers = best(
        lambda: {machine.label: by_dateutil(machine, texts, made) for machine in asked}
    )
    theirs = part * options.machines / len(asked)

    same = _starts(openings)
    different = sum(same[name] != starts for name, starts in answers.items())
    total = sum(len(upcoming) for _, upcoming in openings)
    print(
        f"{options.machines} machines, {len(made.windows)} windows, {len(ZONES)} zones,"
        f" {total} openings"
    )
    print(
        f"hotpatch: {ours:.2f} s ({total / ours:,.0f} openings a second); dateutil per "
        f"machine: {theirs:.1f} s"
        f" (scaled from {len(asked)} machines)"
    )
    print(
        f"ratio: {theirs / ours:.0f};"
        f" machines with different answers: {different} of {len(answers)}"
    )


def _starts(
    openings: list[tuple[str, tuple[UpcomingOpening, ...]]],
) -> dict[str, list[datetime]]:
    return {
        name: [upcoming.opening.start.astimezone(UTC) for upcoming in machine_openings]
        for name, machine_openings in openings
    }


if __name__ == "__main__":
    main()
