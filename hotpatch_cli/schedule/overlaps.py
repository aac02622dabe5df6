"""When two windows are open at the same time."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from heapq import merge
from operator import attrgetter
from typing import NamedTuple
from zoneinfo import ZoneInfo

from hotpatch_cli.schedule.clock import in_zone
from hotpatch_cli.schedule.windows import Opening, Window, openings

LOOKED_AHEAD = timedelta(days=5 * 366)
"""How far meetings are looked for: clock changes that differ by zone, and dates of all weekdays."""
_LONGEST_EVENT = timedelta(days=62)
"""An event of a calendar file that began before this isn't looked for."""


class Meeting(NamedTuple):
    """Two openings of different windows that share the time from `start` to `end`."""

    earlier: Opening
    later: Opening

    @property
    def start(self) -> datetime:
        """The moment from which both are open, in the zone of the later one."""
        return self.later.start

    @property
    def end(self) -> datetime:
        """The moment until which both are open, in the zone of the later one."""
        return in_zone(min(self.earlier.end, self.later.end), self.later.start.tzinfo)


def first_meeting(
    windows: Sequence[Window], machine_zone: ZoneInfo | None, begin: datetime, end: datetime
) -> Meeting | None:
    """The first time at or after a moment at which two of the windows are open; None if there is
    none before the other moment. One that ends when another starts doesn't meet it.

    Raises ZoneMissing and WindowError.
    """
    streams = [
        openings(window, machine_zone, begin - (window.duration or _LONGEST_EVENT), end)
        for window in windows
    ]
    last: Opening | None = None  # of all openings so far, the one that ends last
    for opening in merge(*streams, key=attrgetter("start")):
        if opening.end <= begin:
            continue
        if last is not None and opening.start < last.end and opening.window != last.window:
            return Meeting(last, opening)
        if last is None or opening.end >= last.end:
            last = opening
    return None
