"""The openings of machines, without their freezes, in minutes since the release."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from hotpatch_cli.model import Finding, Fleet, Placement, make_finding
from hotpatch_cli.restarts import relevant, windows_of
from hotpatch_cli.schedule.clock import midnight
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


class PlanSpan(NamedTuple):
    """The time of a plan: its openings start at `begin` or later and are cut at `finish`.

    `first_day` and `last_day` are days in the zone of each opening: it starts on the first one or
    later, and is cut at the end of the last one. Of openings that began before `now`, what is left
    counts.
    """

    begin: datetime
    finish: datetime
    first_day: date | None = None
    last_day: date | None = None
    now: datetime | None = None

    def longer(self, more: timedelta) -> "PlanSpan":
        """The same from its begin on, with a later end."""
        last = None if self.last_day is None else self.last_day + more
        return self._replace(finish=self.finish + more, last_day=last)

    def within(self, opening: Opening) -> tuple[datetime, datetime] | None:
        """The part of an opening in this time, in UTC; None if it doesn't count."""
        zone = opening.start.tzinfo or UTC
        if self.first_day is not None and opening.start.date() < self.first_day:
            return None
        start, end = opening.start.astimezone(UTC), min(opening.end.astimezone(UTC), self.finish)
        if self.now is not None:
            start = max(start, self.now)
        if self.last_day is not None and opening.end.date() > self.last_day:
            end = min(end, midnight(self.last_day + timedelta(days=1), zone))
        return (start, end) if start < end else None


class WindowSlots:
    """The openings of placements, cut by their freezes: computed once for each distinct one.

    Several calendars can share the `openings` of windows.
    """

    def __init__(
        self,
        fleet: Fleet,
        release: datetime,
        span: PlanSpan,
        openings: OpeningCache | None = None,
    ) -> None:
        self.fleet, self.release, self.span = fleet, release, span
        self.finish = span.finish
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
        """The pieces as windows of the scheduler; empty where the zone of a window is unknown."""
        key = self._key(placement)
        if key not in self._intervals:
            try:
                pieces = self.of(placement)
            except ZoneMissing:
                pieces = ()
            self._intervals[key] = _start_windows(pieces, placement.reboot // MINUTE)
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
            for opening in self._openings.between(window, zone, self.span.begin, self.finish):
                counted = self.span.within(opening)
                if counted is None:
                    continue
                for start, end in cut(opening, freezes)[0]:
                    first = whole_minutes(self.release, max(start.astimezone(UTC), counted[0]))
                    last = self._minutes(min(end.astimezone(UTC), counted[1]))
                    if first < last:
                        pieces.append(SlotPiece(first, last, opening))
        return tuple(sorted(pieces, key=lambda piece: (piece.start, piece.end)))

    def _minutes(self, moment: datetime) -> int:
        return int((moment.astimezone(UTC) - self.release) / MINUTE)


class WindowCut:
    """Windows from a minute on; tasks that share windows share what is left of them."""

    def __init__(self) -> None:
        """Nothing is cut yet."""
        self._known: dict[
            tuple[int, int], tuple[tuple[MinuteInterval, ...], tuple[MinuteInterval, ...]]
        ] = {}

    def after(self, windows: tuple[MinuteInterval, ...], minute: int) -> tuple[MinuteInterval, ...]:
        """The parts of windows from a minute on."""
        key = id(windows), minute
        if key not in self._known:
            left = tuple(
                (max(opens, minute), closes) for opens, closes in windows if closes > minute
            )
            # The cut windows are kept with their source: an id is unique only while it lives.
            self._known[key] = windows, left
        return self._known[key][1]


def moment(when: datetime) -> str:
    """A moment in UTC, in words."""
    return f"{when.astimezone(UTC):%a %Y-%m-%d %H:%M} UTC"


def _start_windows(pieces: Sequence[SlotPiece], need: int) -> tuple[MinuteInterval, ...]:
    """The pieces that hold a restart of some minutes, so that no start is in two of them."""
    windows: list[MinuteInterval] = []
    for start, end, _ in pieces:
        if end - start < need or (windows and end <= windows[-1][1]):
            continue
        first = start
        if windows and start <= windows[-1][1] - need:
            # Each start up to the end of this piece is in this one or in the one before.
            first = windows.pop()[0]
        windows.append((first, end))
    return tuple(windows)
