"""One event of a calendar file, and the local days on which it begins."""

from collections.abc import Iterator
from datetime import date, time, timedelta, tzinfo
from heapq import merge
from typing import NamedTuple

from hotpatch_cli.schedule.recurrence.rrule import Rrule
from hotpatch_cli.schedule.recurrence.rule import Frame


class IcsEvent(NamedTuple):
    """One event with its repetitions.

    `clock` is the local start in `zone` (None: the zone of the window or machine), `length` real
    time. An all-day event has no clock, and its length is whole days. `left_out` are days without
    an occurrence.
    """

    day: date
    clock: time | None
    length: timedelta
    zone: tzinfo | None = None
    rules: tuple[Rrule, ...] = ()
    left_out: frozenset[date] = frozenset()

    @property
    def start(self) -> time:
        """The local start; midnight for an all-day event."""
        return self.clock or time(0)

    def days(self, zone: tzinfo, first: date, last: date) -> Iterator[date]:
        """The days from `first` to `last` on which the event begins, in order, each once.

        They are its own day and the days of its rules after it, in `zone`.
        """
        later = Frame(max(first, self.day), last, self.day, self.start, zone)
        own = [self.day] if first <= self.day <= last else []
        before = None
        for day in merge(own, *(rule.dates(later) for rule in self.rules)):
            if day != before and day not in self.left_out:
                yield day
            before = day
