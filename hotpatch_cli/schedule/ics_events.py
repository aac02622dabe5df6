"""Events of a calendar file as moments: single, repeated, and all-day, expanded on demand."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from heapq import merge
from typing import NamedTuple

from hotpatch_cli.schedule.clock import in_zone, midnight, moment
from hotpatch_cli.schedule.day_grid import DAY, every_day
from hotpatch_cli.schedule.recurrence import Frame, IcsEvent, read_calendar
from hotpatch_cli.schedule.zones import find_zone, known_zone


class EventSpan(NamedTuple):
    """One occurrence of an event: two moments in its zone, the end excluded."""

    start: datetime
    end: datetime
    all_day: bool
    note: str | None = None

    @property
    def utc_start(self) -> datetime:
        """The start in UTC, for comparisons."""
        return self.start.astimezone(UTC)

    @property
    def length(self) -> timedelta:
        """Real time from start to end."""
        return self.end.astimezone(UTC) - self.utc_start


@dataclass(frozen=True, slots=True, eq=False)
class IcsEvents:
    """The events of one calendar file. Equality is identity, which is cheap to hash.

    `open` is the type of a change calendar: True if its events are times for changes, False if they
    are times without changes, None for other calendars.
    """

    events: tuple[IcsEvent, ...]
    open: bool | None = None

    @property
    def from_needed(self) -> None:
        """None: events have their own first day."""

    @property
    def floating(self) -> bool:
        """Whether an event has no zone, so that the zone of the window or machine applies."""
        return any(event.zone is None for event in self.events)

    @property
    def first_day(self) -> date:
        """The earliest day of an event. Raises ValueError in a calendar without events."""
        return min(event.day for event in self.events)

    def note(self, _anchor: date | None) -> None:
        """No occurrence is skipped."""

    def spans(self, zone: tzinfo, first: date, last: date) -> Iterator[EventSpan]:
        """All occurrences that begin on the days from `first` to `last`, by their start."""
        near = (event for event in self.events if event.rules or first <= event.day <= last)
        return merge(
            *(_spans(event, zone, first, last) for event in near), key=lambda span: span.utc_start
        )

    def around(self, start: datetime, end: datetime, zone: tzinfo) -> Iterator[EventSpan]:
        """All occurrences that overlap the time from `start` to `end`, and some near it."""
        longest = max((event.length for event in self.events), default=DAY)
        return self.spans(zone, start.date() - longest - 2 * DAY, end.date() + 2 * DAY)

    def dates(self, frame: Frame) -> Iterator[date]:
        """The days on which a timed event begins and those that all-day events cover, each once."""
        longest = max((event.length for event in self.events if event.clock is None), default=DAY)
        following = frame.first
        for span in self.spans(frame.zone, frame.first - longest, frame.last):
            begin = span.start.date()
            end = span.end.date() - DAY if span.all_day else begin
            for day in every_day(max(begin, following), min(end, frame.last)):
                yield day
                following = day + DAY


def read_events(text: str) -> IcsEvents:
    """The events of a calendar file without canceled ones. Raises IcsError."""
    return IcsEvents(*read_calendar(text, find_zone, known_zone))


def _spans(event: IcsEvent, zone: tzinfo, first: date, last: date) -> Iterator[EventSpan]:
    """The occurrences that begin on the days from `first` to `last`, in order.

    `zone` is for an event without one.
    """
    zone = event.zone or zone
    for day in event.days(zone, first, last):
        start = moment(day, event.start, zone)
        if event.clock is None:
            end = in_zone(midnight(day + event.length, zone), zone)
            yield EventSpan(start.local, end, all_day=True)
        else:
            end = in_zone(start.local.astimezone(UTC) + event.length, zone)
            yield EventSpan(start.local, end, all_day=False, note=start.note)
