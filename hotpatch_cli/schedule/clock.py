"""From a local time to a moment, and from a day to its two ends, across clock changes.

Of two moments with the same `tzinfo`, Python compares and subtracts what the clocks show, which is
wrong in the hour that occurs twice. Local moments therefore have a `ZoneOffset`, and only
`in_zone` converts to a zone.
"""

from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
MIDNIGHT = time(0)


class ZoneOffset(tzinfo):
    """The offset that a zone has at some moments: local moments then compare and subtract as
    instants. It has the name of its zone, and converts other moments to that zone.
    """

    def __init__(self, zone: tzinfo, offset: timedelta, name: str | None) -> None:
        """An offset of a zone, with its name, such as CEST."""
        self.zone, self.offset, self.name = zone, offset, name
        self.key: str | None = getattr(zone, "key", None)

    def utcoffset(self, _moment: datetime | None) -> timedelta:
        """The offset, whatever the moment is."""
        return self.offset

    def dst(self, _moment: datetime | None) -> None:
        """None: which part of the offset is summer time doesn't matter."""

    def tzname(self, _moment: datetime | None) -> str | None:
        """The name of the offset."""
        return self.name

    def fromutc(self, moment: datetime) -> datetime:
        """A moment with the offset that the zone has then."""
        return in_zone(moment.replace(tzinfo=UTC), self.zone)

    def __str__(self) -> str:
        return str(self.zone)

    def __repr__(self) -> str:
        return f"ZoneOffset({self.zone!r}, {self.offset!r}, {self.name!r})"

    def __reduce__(self) -> tuple[object, ...]:
        return _offset_of, (self.zone, self.offset, self.name)


@lru_cache(maxsize=4096)
def _offset_of(zone: tzinfo, offset: timedelta, name: str | None) -> ZoneOffset:
    return ZoneOffset(zone, offset, name)


def zone_of(zone: tzinfo) -> tzinfo:
    """The zone of a local moment, by its `tzinfo`."""
    return zone.zone if isinstance(zone, ZoneOffset) else zone


def in_zone(moment: datetime, zone: tzinfo | None) -> datetime:
    """A moment in the local time of a zone (None: UTC); such moments compare as instants."""
    whole = zone_of(zone or UTC)
    return _fixed(moment.astimezone(UTC).astimezone(whole), whole)


def _fixed(local: datetime, zone: tzinfo) -> datetime:
    """The same moment with the offset of its zone."""
    if isinstance(zone, timezone):
        return local
    offset = _offset_of(zone, local.utcoffset() or timedelta(0), local.tzname())
    return local.replace(tzinfo=offset, fold=0)


class Moment(NamedTuple):
    """An aware local time, and a note if a clock change affects it."""

    local: datetime
    note: str | None = None


def moment(day: date, clock: time, zone: tzinfo) -> Moment:
    """The moment at which the clocks of `zone` show `clock` on `day`.

    A time that the clocks skip becomes the first minute after the gap. Of a time that occurs twice,
    the first one counts. The note has both.
    """
    zone = zone_of(zone)
    local = datetime.combine(day, clock, zone)
    if isinstance(zone, ZoneInfo) and local.utcoffset() == local.replace(fold=1).utcoffset():
        return Moment(
            _fixed(local, zone)
        )  # neither skipped nor repeated: both folds are the same (PEP 495)
    if _wall(local.astimezone(UTC), zone) != _naive(local):
        moved = _after_gap(local)
        return Moment(moved, f"{clock:%H:%M} doesn't exist on {day}: moved to {_shown(moved, day)}")
    if local.utcoffset() != local.replace(fold=1).utcoffset():
        first = _fixed(local, zone)
        return Moment(first, f"{clock:%H:%M} occurs twice on {day}: the first one counts")
    return Moment(_fixed(local, zone))


def is_unambiguous(local: datetime) -> bool:
    """Whether what the clocks show stands for this moment: not where they show it a second time."""
    zone = zone_of(local.tzinfo or UTC)
    return moment(local.date(), local.time(), zone).local == local


@lru_cache(maxsize=4096)
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
    return in_zone(utc, skipped.tzinfo)


def _wall(utc: datetime, zone: tzinfo | None) -> datetime:
    """What the clocks of a zone show at a moment."""
    return _naive(utc.astimezone(zone))


def _naive(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None, fold=0)


def _shown(moved: datetime, day: date) -> str:
    return f"{moved:%H:%M}" if moved.date() == day else f"{moved:%Y-%m-%d %H:%M}"
