"""Parts that all recurrence rules share: the range of days, the error, and words."""

from datetime import UTC, date, time, timedelta, tzinfo
from typing import NamedTuple

DAY = timedelta(days=1)
HIGHEST_INTERVAL = 999

_LONGEST_SHOWN = 80
_SHORTEST_MONTH = 28


class RecurrenceError(ValueError):
    """An invalid rule, or one that never opens. The message is what is wrong and the fix."""


class Frame(NamedTuple):
    """A range of days, both ends included, and the values of the window that a rule depends on.

    `anchor` is the window's `from`, from which an interval counts. `start` and `zone` matter only
    to a rule that ends at a moment instead of on a day.
    """

    first: date
    last: date
    anchor: date | None = None
    start: time = time(0)
    zone: tzinfo = UTC


def skipped_months(monthdays: tuple[int, ...]) -> str | None:
    """A note on months that lack one of these days (negative: from the end), or None."""
    rare = sorted(number for number in monthdays if abs(number) > _SHORTEST_MONTH)
    return f"months without day {' or '.join(map(str, rare))} are skipped" if rare else None


def quoted(text: str) -> str:
    """Untrusted text for a message: quoted, short, without control codes."""
    return repr(text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "...")
