"""The openings of machines, without their freezes, in minutes since the release."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from hotpatch_cli.model import Finding, Fleet, Placement, make_finding
from hotpatch_cli.restarts import relevant, windows_of
from hotpatch_cli.schedule.durations import duration_text
from hotpatch_cli.schedule.fit import OpeningCache
from hotpatch_cli.schedule.freezes import Freeze, cut
from hotpatch_cli.schedule.windows import Opening, ZoneMissing
from hotpatch_cli.schedule.zones import find_zone

MINUTE = timedelta(minutes=1)
MinuteInterval = tuple[int, int]
"""Minutes since the release, from a start to an end: [start, end)."""


def whole_minutes(begin: datetime, moment: datetime) -> int:
    """The minutes from `begin` to the first whole one that isn't before a moment: what has to wait
    for the moment never starts seconds before it.
    """
    return -int(-(moment.astimezone(UTC) - begin) // MINUTE)


class SlotPiece(NamedTuple):
    """A part of an opening that freezes leave, in minutes since the release."""

    start: int
    end: int
    opening: Opening


class WindowSlots:
    """The openings of placements, cut by their freezes: computed once for each distinct one.

    Openings count if they start at `begin` or later, and are cut at `finish`. Several calendars can
    share the `openings` of windows.
    """

    def __init__(
        self,
        fleet: Fleet,
        release: datetime,
        begin: datetime,
        finish: datetime,
        openings: OpeningCache | None = None,
    ) -> None:
        self.fleet, self.release, self.begin, self.finish = fleet, release, begin, finish
        self._openings = openings or OpeningCache()
        self._known: dict[tuple[object, ...], tuple[SlotPiece, ...]] = {}
        self._missing: dict[tuple[object, ...], Finding | None] = {}
        self._intervals: dict[tuple[object, ...], tuple[MinuteInterval, ...]] = {}

    def missing(self, placement: Placement) -> Finding | None:
        """Why a placement has no opening that its restart fits into."""
        key = self._key(placement)
        if key not in self._missing:
            self._missing[key] = self._look(placement)
        return self._missing[key]

    def of(self, placement: Placement) -> tuple[SlotPiece, ...]:
        """The pieces of openings, in the order of their start. Raises ZoneMissing."""
        key = self._key(placement)
        if key not in self._known:
            self._known[key] = self._cut(placement)
        return self._known[key]

    def intervals(self, placement: Placement) -> tuple[MinuteInterval, ...]:
        """The pieces as disjoint intervals; where windows overlap, the later one begins where it
        opens.

        None where the zone of a window is unknown.
        """
        key = self._key(placement)
        if key not in self._intervals:
            try:
                pieces = self.of(placement)
            except ZoneMissing:
                pieces = ()
            self._intervals[key] = _disjoint(pieces, placement.reboot // MINUTE)
        return self._intervals[key]

    def _key(self, placement: Placement) -> tuple[object, ...]:
        freezes = relevant(self.fleet.freezes, placement)
        return placement.windows, placement.timezone, placement.reboot, freezes

    def _look(self, placement: Placement) -> Finding | None:
        names = ", ".join(placement.windows)
        if not placement.windows:
            return make_finding("HP501", "none", seen={"window": None})
        try:
            pieces = self.of(placement)
        except ZoneMissing:
            return make_finding("HP413", seen={"timezone": None})
        if not pieces:
            return make_finding(
                "HP501", "deadline", seen={"window": names}, deadline=moment(self.finish)
            )
        longest = max(piece.end - piece.start for piece in pieces)
        if longest * MINUTE < placement.reboot:
            need, most = duration_text(placement.reboot), duration_text(longest * MINUTE)
            return make_finding(
                "HP502", seen={"window": names}, need=need, longest=most, window=names
            )
        return None

    def _cut(self, placement: Placement) -> tuple[SlotPiece, ...]:
        zone = find_zone(placement.timezone) if placement.timezone else None
        freezes: Sequence[Freeze] = relevant(self.fleet.freezes, placement)
        pieces = []
        for window in windows_of(self.fleet, placement):
            for opening in self._openings.between(window, zone, self.begin, self.finish):
                for start, end in cut(opening, freezes)[0]:
                    first, last = (
                        self._minutes(start),
                        self._minutes(min(end.astimezone(UTC), self.finish)),
                    )
                    if first < last:
                        pieces.append(SlotPiece(first, last, opening))
        return tuple(sorted(pieces, key=lambda piece: (piece.start, piece.end)))

    def _minutes(self, moment: datetime) -> int:
        return int((moment.astimezone(UTC) - self.release) / MINUTE)


def moment(when: datetime) -> str:
    """A moment in UTC, in words."""
    return f"{when.astimezone(UTC):%a %Y-%m-%d %H:%M} UTC"


def _disjoint(pieces: Sequence[SlotPiece], need: int) -> tuple[MinuteInterval, ...]:
    intervals: list[MinuteInterval] = []
    for start, end, _ in pieces:
        first, last = start, end
        if end - start < need:
            continue
        if intervals and start < intervals[-1][1]:
            before, until = intervals.pop()
            if start <= until - need:  # any start of one or the other lies whole in one of them
                first, last = before, max(until, end)
            elif start - before >= need:
                intervals.append((before, start))
        intervals.append((first, last))
    return tuple(intervals)
