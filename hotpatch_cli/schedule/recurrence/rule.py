"""What every recurrence rule shares: the question it answers and the error it raises."""

from datetime import UTC, date, time, timedelta, tzinfo
from typing import NamedTuple

DAY = timedelta(days=1)
HIGHEST_INTERVAL = 999

_LONGEST_SHOWN = 80
_SHORTEST_MONTH = 28


class RecurrenceError(ValueError):
    """A rule that cannot be read or never opens; one sentence says what is wrong and what to do."""


class Frame(NamedTuple):
    """The days that a rule is asked about, both ends included, and the window that asks.

    `anchor` is the window's `from`, which sets the phase of an interval. `start` and `zone` matter
    only to a rule that ends at a moment instead of on a day.
    """

    first: date
    last: date
    anchor: date | None = None
    start: time = time(0)
    zone: tzinfo = UTC


def skipped_months(monthdays: tuple[int, ...]) -> str | None:
    """What happens in months that lack one of these days (negative: from the end), or None."""
    rare = sorted(number for number in monthdays if abs(number) > _SHORTEST_MONTH)
    return f"months without day {' or '.join(map(str, rare))} are skipped" if rare else None


def quoted(text: str) -> str:
    """Text of unknown origin as a message may show it: quoted, short, without control codes."""
    return repr(text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "...")
