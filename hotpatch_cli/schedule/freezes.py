"""Freezes: times without restarts, and the rest of an opening."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import chain, starmap
from typing import NamedTuple

from hotpatch_cli.schedule.clock import in_zone, midnight, real_minutes
from hotpatch_cli.schedule.day_grid import DAY
from hotpatch_cli.schedule.ics_events import IcsEvents
from hotpatch_cli.schedule.windows import Opening


class FreezeError(ValueError):
    """An invalid freeze. The message is what is wrong and the fix."""


class Freeze(NamedTuple):
    """Days without restarts, both included, in the zone of the opening; or a calendar file.

    A missing end is open. `groups`, `rings`, `regions`, and `tags` narrow it to some machines.
    """

    name: str
    from_day: date | None = None
    to_day: date | None = None
    groups: tuple[str, ...] = ()
    rings: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()
    events: IcsEvents | None = None


class OpeningPiece(NamedTuple):
    """What freezes leave of an opening: two moments in its zone, the end excluded."""

    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        """Real time from start to end."""
        return self.end.astimezone(UTC) - self.start.astimezone(UTC)


class FrozenPart(NamedTuple):
    """The real minutes of an opening in one freeze. If two freezes overlap, both count them."""

    freeze: str
    minutes: int


def validate_freeze(freeze: Freeze) -> None:
    """Raise FreezeError if a freeze ends before it begins, or if its file has times for changes."""
    if freeze.from_day and freeze.to_day and freeze.to_day < freeze.from_day:
        raise FreezeError(
            f"`to` ({freeze.to_day}) is before `from` ({freeze.from_day}). Specify a later `to`"
        )
    if freeze.events and freeze.events.open:
        raise FreezeError(
            "the events of its calendar allow changes (DEFAULT_CLOSED). "
            "Use the calendar as a window"
        )


def applies(
    freeze: Freeze,
    groups: Sequence[str],
    ring: str | None,
    region: str | None,
    tags: Mapping[str, str],
) -> bool:
    """Whether a freeze applies to a machine: every criterion of it must match."""
    return (
        (not freeze.groups or not set(freeze.groups).isdisjoint(groups))
        and (not freeze.rings or ring in freeze.rings)
        and (not freeze.regions or region in freeze.regions)
        and all(tags.get(name) == value for name, value in freeze.tags)
    )


def cut(
    opening: Opening, freezes: Iterable[Freeze]
) -> tuple[tuple[OpeningPiece, ...], tuple[FrozenPart, ...]]:
    """The pieces of an opening outside of freezes, in order, and the part that each freeze cuts."""
    taken = [(freeze.name, _frozen(freeze, opening)) for freeze in freezes]
    removed = tuple(
        FrozenPart(name, sum(starmap(real_minutes, spans))) for name, spans in taken if spans
    )
    if not removed:
        return (OpeningPiece(opening.start, opening.end),), ()
    left = _gaps(opening, _merged(chain.from_iterable(spans for _, spans in taken)))
    zone = opening.start.tzinfo
    return tuple(
        OpeningPiece(in_zone(start, zone), in_zone(end, zone)) for start, end in left
    ), removed


_UtcSpan = tuple[datetime, datetime]


@lru_cache(maxsize=2**16)
def _frozen(freeze: Freeze, opening: Opening) -> tuple[_UtcSpan, ...]:
    """The times of an opening that are in a freeze, in UTC and in order. The search for the
    conflict of a plan asks for the same ones once for each freeze that it leaves out.
    """
    begin, finish = opening.start.astimezone(UTC), opening.end.astimezone(UTC)
    spans = _event_spans(freeze.events, opening) if freeze.events else _days(freeze, opening)
    return tuple(
        _merged(
            (max(start, begin), min(end, finish))
            for start, end in spans
            if start < finish and begin < end
        )
    )


def _days(freeze: Freeze, opening: Opening) -> Iterator[_UtcSpan]:
    """The frozen days among those that an opening touches, in the zone of the opening."""
    first, last = opening.start.date(), opening.end.date()
    first, last = max(first, freeze.from_day or first), min(last, freeze.to_day or last)
    zone = opening.start.tzinfo or UTC
    if first <= last:
        yield midnight(first, zone), midnight(last + DAY, zone)


def _event_spans(events: IcsEvents, opening: Opening) -> Iterator[_UtcSpan]:
    near = events.around(opening.start, opening.end, opening.start.tzinfo or UTC)
    return ((span.utc_start, span.utc_start + span.length) for span in near)


def _merged(spans: Iterable[_UtcSpan]) -> list[_UtcSpan]:
    """The same times in order, with no two spans that overlap or touch."""
    merged: list[_UtcSpan] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def _gaps(opening: Opening, frozen: Iterable[_UtcSpan]) -> Iterator[_UtcSpan]:
    """The times between merged spans, from the start of the opening to its end."""
    begin = opening.start.astimezone(UTC)
    for start, end in frozen:
        if begin < start:
            yield begin, start
        begin = end
    finish = opening.end.astimezone(UTC)
    if begin < finish:
        yield begin, finish
