"""Patch Tuesday and planned baselines, against the calendar module and dates that have passed."""

import calendar
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotpatch_cli.schedule.patch_tuesday import (
    next_patch_tuesday,
    next_planned_baseline,
    patch_tuesday,
    release_moment,
)

DAYS = st.dates(date(1990, 1, 1), date(2190, 12, 31))


@pytest.mark.parametrize("year", range(1990, 2101))
def test_is_the_second_tuesday_on_the_printed_calendar(year: int) -> None:
    """Patch Tuesday is the second Tuesday in each month's printed calendar."""
    for month in range(1, 13):
        tuesdays = [week[1] for week in calendar.monthcalendar(year, month) if week[1]]
        assert patch_tuesday(year, month) == date(year, month, tuesdays[1])


@pytest.mark.parametrize(
    "day",
    [
        date(2024, 8, 13),
        date(2025, 1, 14),
        date(2025, 10, 14),
        date(2026, 1, 13),
        date(2026, 5, 12),
    ],
)
def test_matches_releases_of_the_past(day: date) -> None:
    """Days on which Microsoft released its monthly updates are Patch Tuesdays."""
    assert patch_tuesday(day.year, day.month) == day


@given(DAYS)
def test_the_next_one_is_the_nearest_later_one(day: date) -> None:
    """The next Patch Tuesday is later than the day, and no Patch Tuesday lies between."""
    following = next_patch_tuesday(day)
    assert following > day
    around = [patch_tuesday(y, m) for y in (day.year, day.year + 1) for m in range(1, 13)]
    assert following == min(other for other in around if other > day)


@given(DAYS)
def test_the_next_planned_baseline_is_the_nearest_of_its_four_months(day: date) -> None:
    """The next planned baseline is the first Patch Tuesday after the day in January, April, July or
    October.
    """
    around = [patch_tuesday(y, m) for y in (day.year, day.year + 1) for m in (1, 4, 7, 10)]
    assert next_planned_baseline(day) == min(other for other in around if other > day)


def test_the_next_patch_tuesday_is_strictly_after() -> None:
    """On a Patch Tuesday the next one is next month's, and on a baseline the next one is next
    quarter's.
    """
    assert next_patch_tuesday(date(2026, 1, 13)) == date(2026, 2, 10)
    assert next_planned_baseline(date(2026, 1, 13)) == date(2026, 4, 14)


@pytest.mark.parametrize(
    ("day", "moment"),
    [
        (date(2026, 1, 13), datetime(2026, 1, 13, 18, tzinfo=UTC)),
        (date(2026, 7, 14), datetime(2026, 7, 14, 17, tzinfo=UTC)),
        (date(2026, 3, 10), datetime(2026, 3, 10, 17, tzinfo=UTC)),
    ],
)
def test_releases_come_out_at_ten_in_redmond(day: date, moment: datetime) -> None:
    """Ten in Redmond is 18:00 UTC in winter and 17:00 UTC in summer, which begins before March's
    release.
    """
    assert release_moment(day) == moment
