"""Patch Tuesday, and the Tuesdays on which Windows Server hotpatch baselines are planned."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

TUESDAY = 1
LAST = -1
PLANNED_BASELINE_MONTHS = (1, 4, 7, 10)
"""Months of the planned baselines, each of which restarts the machine.

Source: https://learn.microsoft.com/windows-server/get-started/hotpatch (hotpatch calendar).
"""


def nth_weekday(year: int, month: int, weekday: int, nth: int) -> date:
    """The nth weekday of a month: `nth` is 1 to 4, or LAST; Monday is weekday 0."""
    first = date(year, month, 1)
    weeks = 4 if nth == LAST else nth - 1
    day = first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * weeks)
    return day if day.month == month else day - timedelta(days=7)


def patch_tuesday(year: int, month: int) -> date:
    """The second Tuesday of a month: Microsoft's day for the monthly security updates.

    Source: https://learn.microsoft.com/windows/deployment/update/release-cycle
    """
    return nth_weekday(year, month, TUESDAY, 2)


def next_patch_tuesday(after: date) -> date:
    """The first Patch Tuesday strictly after a day."""
    return next(day for day in _patch_tuesdays(after) if day > after)


def next_planned_baseline(after: date) -> date:
    """The first planned baseline strictly after a day, by the rule; without unplanned ones."""
    return next(
        day
        for day in _patch_tuesdays(after)
        if day > after and day.month in PLANNED_BASELINE_MONTHS
    )


def release_moment(day: date) -> datetime:
    """The moment, in UTC, when the updates of a release day are out: 10:00 in Redmond.

    Source: https://learn.microsoft.com/windows/deployment/update/release-cycle ("10:00 AM PST/PDT")
    """
    return datetime.combine(day, time(10), ZoneInfo("America/Los_Angeles")).astimezone(UTC)


def _patch_tuesdays(since: date) -> Iterator[date]:
    """Patch Tuesdays in order, beginning with the month of `since`."""
    year, month = since.year, since.month
    while True:
        yield patch_tuesday(year, month)
        year, month = year + month // 12, month % 12 + 1
