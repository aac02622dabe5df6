"""From a local time to a moment, and from a day to its two ends, across clock changes."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
MIDNIGHT = time(0)


class Moment(NamedTuple):
    """An aware local time, and a note if a clock change affects it."""

    local: datetime
    note: str | None = None


def moment(day: date, clock: time, zone: tzinfo) -> Moment:
    """The moment at which the clocks of `zone` show `clock` on `day`.

    A time that the clocks skip becomes the first minute after the gap. Of a time that occurs twice,
    the first one counts. The note has both.
    """
    local = datetime.combine(day, clock, zone)
    if isinstance(zone, ZoneInfo) and local.utcoffset() == local.replace(fold=1).utcoffset():
        return Moment(local)  # neither skipped nor repeated: both folds are the same (PEP 495)
    if _wall(local.astimezone(UTC), zone) != _naive(local):
        moved = _after_gap(local)
        return Moment(moved, f"{clock:%H:%M} doesn't exist on {day}: moved to {_shown(moved, day)}")
    if local.utcoffset() != local.replace(fold=1).utcoffset():
        return Moment(local, f"{clock:%H:%M} occurs twice on {day}: the first one counts")
    return Moment(local)


def midnight(day: date, zone: tzinfo) -> datetime:
    """The first moment of a day, in UTC; the first minute that exists if midnight is skipped."""
    return moment(day, MIDNIGHT, zone).local.astimezone(UTC)


def real_minutes(start: datetime, end: datetime) -> int:
    """Whole minutes of real time between two moments."""
    return (end.astimezone(UTC) - start.astimezone(UTC)) // MINUTE


def _after_gap(skipped: datetime) -> datetime:
    """The first minute at which the clocks show a skipped time or a later one."""
    utc = (skipped - (skipped.replace(fold=1).utcoffset() or timedelta(0))).replace(tzinfo=UTC)
    while _wall(utc, skipped.tzinfo) < _naive(skipped):
        utc += MINUTE
    return utc.astimezone(skipped.tzinfo)


def _wall(utc: datetime, zone: tzinfo | None) -> datetime:
    """What the clocks of a zone show at a moment."""
    return _naive(utc.astimezone(zone))


def _naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None, fold=0)


def _shown(moved: datetime, day: date) -> str:
    return f"{moved:%H:%M}" if moved.date() == day else f"{moved:%Y-%m-%d %H:%M}"
