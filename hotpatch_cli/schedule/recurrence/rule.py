"""What every day rule shares: the question it answers and the error it raises."""

from collections.abc import Iterator
from datetime import UTC, date, time, timedelta, tzinfo
from typing import NamedTuple

from hotpatch_cli.schedule.clock import MIDNIGHT

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
HIGHEST_INTERVAL = 999

_LONGEST_SHOWN = 80
_SHORTEST_MONTH = 28


class RecurrenceError(ValueError):
    """A rule that cannot be read or never opens; one sentence says what is wrong and what to do."""


class Frame(NamedTuple):
    """What a rule has to know to name its days: both ends included, and the window that asks.

    `anchor` is the window's `from`, which sets the phase of an interval. `start` and `zone` matter
    only to a rule that ends at a moment instead of on a day.
    """

    first: date
    last: date
    anchor: date | None = None
    start: time = MIDNIGHT
    zone: tzinfo = UTC


def every(step: timedelta, grid: date, first: date, last: date) -> Iterator[date]:
    """The days first..last that lie a whole number of steps from `grid`, in order."""
    day = first + (grid - first) % step
    while day <= last:
        yield day
        day += step


def each_day(first: date, last: date) -> Iterator[date]:
    """The days first..last, both included."""
    return every(DAY, first, first, last)


def every_month(step: int, grid: date, first: date, last: date) -> Iterator[tuple[int, int]]:
    """Year and month of the months from first's to last's, a whole number of steps from that of
    `grid`.
    """
    begin = _month_number(first)
    begin += (_month_number(grid) - begin) % step
    for number in range(begin, _month_number(last) + 1, step):
        yield number // 12, number % 12 + 1


def week_start(day: date, first_weekday: int = 0) -> date:
    """The first day of the week that holds a day; weeks begin on Monday unless told otherwise."""
    return day - timedelta(days=(day.weekday() - first_weekday) % 7)


def _month_number(day: date) -> int:
    return day.year * 12 + day.month - 1


def skipped_months(monthdays: tuple[int, ...]) -> str | None:
    """What happens in months that lack one of these days (negative: counted from the end), or None."""
    rare = sorted(number for number in monthdays if abs(number) > _SHORTEST_MONTH)
    return f"months without day {' or '.join(map(str, rare))} are skipped" if rare else None


def quoted(text: str) -> str:
    """Text of unknown origin as a message may show it: quoted, without control codes, not too long."""
    return repr(text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "...")
