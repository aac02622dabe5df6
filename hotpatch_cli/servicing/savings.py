"""The restarts that hotpatching saves in a year, compared with monthly cumulative updates.

Each month's cumulative update restarts a machine. A machine on the track restarts for baselines
only: a month whose release is a hotpatch saves one restart. A month whose kind no source states
counts for neither.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from hotpatch_cli.knowledge.records import BASELINES
from hotpatch_cli.servicing.calendar import CalendarEntry
from hotpatch_cli.servicing.history import Baseline
from hotpatch_cli.servicing.track import Track


class Savings(NamedTuple):
    """A product's year: months with an update; of them baselines, hotpatches, and months of unknown
    kind.
    """

    months: int
    baselines: int
    hotpatches: int
    unknown: int


def savings(entries: Iterable[CalendarEntry]) -> Savings:
    """The year of a machine that stays on the track from January to December."""
    monthly = [entry for entry in entries if entry.monthly]
    baselines = sum(entry.kind in BASELINES for entry in monthly)
    hotpatches = sum(entry.kind == "hotpatch" for entry in monthly)
    return Savings(len(monthly), baselines, hotpatches, len(monthly) - baselines - hotpatches)


def saved_by(
    track: Track, next_baseline: Baseline | None, entries: Sequence[CalendarEntry], as_of: date
) -> int:
    """Restarts that an eligible machine saves in the year of the entries.

    Months without hotpatches don't count: off the track, the months from the update that took the
    machine off it until the next baseline; while a baseline is due, the months from its release to
    the as-of day. Months before the installed update count as hotpatched, because no source states
    otherwise.
    """
    days = [entry.date for entry in entries if entry.monthly and entry.kind == "hotpatch"]
    installed = track.installed.date if track.installed else None
    begin, end = date.max, date.max
    if track.state == "off-track":
        begin, end = installed or as_of, next_baseline.date if next_baseline else date.max
    elif track.state == "baseline-due" and track.baseline is not None:
        begin, end = track.baseline.date, as_of
    lost = sum((begin.year, begin.month) <= (day.year, day.month) and day <= end for day in days)
    return len(days) - lost
