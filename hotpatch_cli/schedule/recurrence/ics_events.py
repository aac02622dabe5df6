"""Events of a calendar file: single, repeated and all-day, expanded only as far as somebody asks."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from heapq import merge
from typing import NamedTuple

from hotpatch_cli.schedule.clock import MIDNIGHT, midnight, moment
from hotpatch_cli.schedule.recurrence.rrule import Rrule
from hotpatch_cli.schedule.recurrence.rule import DAY, Frame, each_day


class EventSpan(NamedTuple):
    """One occurrence of an event, as two moments in the zone that rules it."""

    start: datetime
    end: datetime
    all_day: bool
    note: str | None = None

    @property
    def utc_start(self) -> datetime:
        """The start in UTC: what may be compared."""
        return self.start.astimezone(UTC)

    @property
    def length(self) -> timedelta:
        """Real time from start to end."""
        return self.end.astimezone(UTC) - self.utc_start


class IcsEvent(NamedTuple):
    """One event with its repetitions.

    `clock` is the local start in `zone` (None: the zone of whoever reads the calendar), `length`
    real time. An all-day event has no clock, and its length is whole days. `left_out` are days
    without an occurrence.
    """

    day: date
    clock: time | None
    length: timedelta
    zone: tzinfo | None = None
    rules: tuple[Rrule, ...] = ()
    left_out: frozenset[date] = frozenset()

    def spans(self, zone: tzinfo, first: date, last: date) -> Iterator[EventSpan]:
        """The occurrences that begin on the days first..last, in order; `zone` is for events
        without one.
        """
        zone = self.zone or zone
        return (
            self._span(day, zone)
            for day in self._days(Frame(first, last, self.day, self._start, zone))
        )

    @property
    def _start(self) -> time:
        return self.clock or MIDNIGHT

    def _days(self, frame: Frame) -> Iterator[date]:
        """The days on which the event begins, each once: its own, and those of its rules after it."""
        later = frame._replace(first=max(frame.first, self.day))
        own = [self.day] if frame.first <= self.day <= frame.last else []
        before = None
        for day in merge(own, *(rule.dates(later) for rule in self.rules)):
            if day != before and day not in self.left_out:
                yield day
            before = day

    def _span(self, day: date, zone: tzinfo) -> EventSpan:
        start = moment(day, self._start, zone)
        if self.clock is None:
            return EventSpan(
                start.local, midnight(day + self.length, zone).astimezone(zone), all_day=True
            )
        end = (start.local.astimezone(UTC) + self.length).astimezone(zone)
        return EventSpan(start.local, end, all_day=False, note=start.note)


@dataclass(frozen=True, slots=True, eq=False)
class IcsEvents:
    """The events of one calendar file. Two readings of one file are two values: identity is cheap
    to hash.

    `open` is what a change calendar says that its events are: True times to make changes in, False
    times to make none. Other calendars leave it to their reader.
    """

    events: tuple[IcsEvent, ...]
    open: bool | None = None

    @property
    def from_needed(self) -> None:
        """Events carry their first day themselves."""

    @property
    def floating(self) -> bool:
        """Whether an event names no zone, so that the zone of the machine or window decides."""
        return any(event.zone is None for event in self.events)

    @property
    def first_day(self) -> date:
        """The earliest day of an event; a calendar without events has none and raises ValueError."""
        return min(event.day for event in self.events)

    def note(self, _anchor: date | None) -> None:
        """Events leave nothing out that their calendar does not leave out too."""

    def spans(self, zone: tzinfo, first: date, last: date) -> Iterator[EventSpan]:
        """All occurrences that begin on the days first..last, by their start."""
        near = (event for event in self.events if event.rules or first <= event.day <= last)
        return merge(
            *(event.spans(zone, first, last) for event in near), key=lambda span: span.utc_start
        )

    def around(self, start: datetime, end: datetime, zone: tzinfo) -> Iterator[EventSpan]:
        """All occurrences that share time with start..end, and some that only come near."""
        longest = max((event.length for event in self.events), default=DAY)
        return self.spans(zone, start.date() - longest - 2 * DAY, end.date() + 2 * DAY)

    def dates(self, frame: Frame) -> Iterator[date]:
        """The days on which a timed event begins and the days that all-day events cover, each once."""
        longest = max((event.length for event in self.events if event.clock is None), default=DAY)
        following = frame.first
        for span in self.spans(frame.zone, frame.first - longest, frame.last):
            begin = span.start.date()
            end = span.end.date() - DAY if span.all_day else begin
            for day in each_day(max(begin, following), min(end, frame.last)):
                yield day
                following = day + DAY
