"""Openings judged by a clock that is read every minute of two years, in zones that change their
clocks oddly.

The judge knows nothing of gaps, repeated hours or recurrences. It reads the wall clock of a zone
minute by minute: the opening of a day starts at the first minute at which the wall shows that day's
start or later. And it asks a plain question of every day: is this one of the days that the rule
names?
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest

from hotpatch_cli.schedule.day_rules import (
    AfterPatchTuesday,
    DayRule,
    parse_azure,
    parse_rrule,
    parse_weekdays,
)
from hotpatch_cli.schedule.fit import OpeningCache
from hotpatch_cli.schedule.ics_events import read_events
from hotpatch_cli.schedule.windows import Window, openings, validate

pytestmark = pytest.mark.slow

ZONES = [
    "Europe/Stockholm",
    "America/New_York",
    "America/Sao_Paulo",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "Africa/Casablanca",
    "UTC",
    "America/Havana",  # changes its clocks at midnight
]
BEGIN, END = datetime(2025, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
MINUTES = (END - BEGIN) // timedelta(minutes=1)
FIRST, LAST = date(2024, 12, 30), date(2027, 1, 2)
ANCHOR = date(2025, 1, 15)  # a Wednesday
CLOCKS = [time(0), time(1, 30), time(2), time(2, 15), time(23, 45)]


def minute(day: date, clock: time) -> int:
    """A wall clock as minutes since the wall showed BEGIN's day and midnight."""
    return (day - BEGIN.date()).days * 1440 + clock.hour * 60 + clock.minute


@cache
def wall_clock(zone: str) -> array[int]:
    """For each minute of UTC, the latest that the wall clock of a zone has shown until then."""
    shown: array[int] = array("q")
    top = -MINUTES
    for quarter in range(0, MINUTES, 15):
        now = BEGIN + timedelta(minutes=quarter)
        offset, later = (
            at.astimezone(ZoneInfo(zone)).utcoffset() for at in (now, now + timedelta(minutes=14))
        )
        assert offset == later, "clocks change on quarters of an hour"
        first = quarter + offset // timedelta(minutes=1)
        shown.extend(
            range(first, first + 15) if first > top else [max(top, first + n) for n in range(15)]
        )
        top = max(top, first + 14)
    return shown


@cache
def days(wanted: Callable[[date], bool]) -> list[date]:
    """The wanted days of the two years, and some around them."""
    return [
        day
        for day in (FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1))
        if wanted(day)
    ]


def brute_force(
    zone: str, wanted: Callable[[date], bool], start: time, length: int
) -> list[tuple[int, int]]:
    """First and last minute, in UTC, of the opening of every wanted day."""
    found = [bisect_left(wall_clock(zone), minute(day, start)) for day in days(wanted)]
    return [(begin, begin + length) for begin in found if 0 < begin < MINUTES]


def by_the_program(window: Window, zone: str) -> list[tuple[int, int]]:
    """First and last minute, in UTC, of the openings that the program gives."""
    found = openings(
        window, ZoneInfo(zone), BEGIN + timedelta(minutes=1), END - timedelta(minutes=1)
    )
    return [
        tuple((at - BEGIN) // timedelta(minutes=1) for at in (opening.start, opening.end))
        for opening in found
    ]


# Plain questions about a day.


def nth(day: date) -> int:
    """Which such weekday of its month a day is."""
    return len(
        [
            number
            for number in range(1, day.day + 1)
            if day.replace(day=number).weekday() == day.weekday()
        ]
    )


def last(day: date) -> bool:
    """Whether no such weekday follows in the month."""
    return (day + timedelta(days=7)).month != day.month


def ends_month(day: date) -> bool:
    """Whether it is the last day of a month."""
    return (day + timedelta(days=1)).day == 1


def months(day: date) -> int:
    """Months since the anchor's."""
    return (day.year - ANCHOR.year) * 12 + day.month - ANCHOR.month


def weeks(day: date, back: int = 0) -> int:
    """Weeks since the anchor's; weeks begin on Monday, or `back` days before it."""
    monday = date(2025, 1, 13) - timedelta(days=back)
    return (day - monday).days // 7


def always(day: date) -> bool:
    """Any day at all."""
    return day.year > 0


def since(day: date) -> bool:
    """Whether a day is the anchor or later."""
    return day >= ANCHOR


def before(day: date, days: int) -> date:
    """The day so many days earlier."""
    return day - timedelta(days=days)


def last_workday(day: date) -> bool:
    """Whether a weekday from Monday to Friday is followed by none in its month."""
    rest = (day + timedelta(days=n) for n in range(1, 7))
    return day.weekday() < 5 and all(
        other.weekday() > 4 or other.month != day.month for other in rest
    )


class Form(NamedTuple):
    """A way to write a rule, and the plain question that tells its days; anchored rules begin on
    ANCHOR.
    """

    rule: DayRule
    wanted: Callable[[date], bool]
    anchored: bool = False


def patch_day(day: date) -> bool:
    """Whether it is a second Tuesday."""
    return day.weekday() == 1 and nth(day) == 2


FORMS = {
    "days": Form(parse_weekdays(["Sat", "Sun"]), lambda d: d.weekday() in (5, 6)),
    "patch tuesday + 4": Form(AfterPatchTuesday(4), lambda d: patch_day(before(d, 4))),
    "patch tuesday - 3": Form(AfterPatchTuesday(-3), lambda d: patch_day(before(d, -3))),
    "patch tuesday + 40": Form(AfterPatchTuesday(40), lambda d: patch_day(before(d, 40))),
    "daily": Form(parse_rrule("FREQ=DAILY"), always),
    "every third day": Form(
        parse_rrule("FREQ=DAILY;INTERVAL=3"),
        lambda d: since(d) and (d - ANCHOR).days % 3 == 0,
        anchored=True,
    ),
    "sundays": Form(parse_rrule("RRULE:FREQ=WEEKLY;BYDAY=SU"), lambda d: d.weekday() == 6),
    "every other week": Form(
        parse_rrule("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU"),
        lambda d: since(d) and d.weekday() in (0, 6) and weeks(d) % 2 == 0,
        anchored=True,
    ),
    "weeks from Sunday": Form(
        parse_rrule("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU;WKST=SU"),
        lambda d: since(d) and d.weekday() in (0, 6) and weeks(d, back=1) % 2 == 0,
        anchored=True,
    ),
    "second tuesday": Form(parse_rrule("FREQ=MONTHLY;BYDAY=2TU"), patch_day),
    "monday or second tuesday": Form(
        parse_rrule("FREQ=MONTHLY;BYDAY=MO,2TU"), lambda d: d.weekday() == 0 or patch_day(d)
    ),
    "patch tuesday + 4 by trick": Form(
        parse_rrule("FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=12,13,14,15,16,17,18"),
        lambda d: patch_day(before(d, 4)),
    ),
    "day 31": Form(parse_rrule("FREQ=MONTHLY;BYMONTHDAY=31"), lambda d: d.day == 31),
    "last day": Form(parse_rrule("FREQ=MONTHLY;BYMONTHDAY=-1"), ends_month),
    "last workday": Form(
        parse_rrule("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"), last_workday
    ),
    "last friday, odd months": Form(
        parse_rrule("FREQ=MONTHLY;INTERVAL=2;BYDAY=-1FR"),
        lambda d: since(d) and d.weekday() == 4 and last(d) and months(d) % 2 == 0,
        anchored=True,
    ),
    "clock change night": Form(
        parse_rrule("FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU"),
        lambda d: d.month == 3 and d.weekday() == 6 and last(d),
    ),
    "week 20": Form(
        parse_rrule("FREQ=YEARLY;BYWEEKNO=20,-1;BYDAY=WE"),
        lambda d: (
            d.weekday() == 2
            and (d.isocalendar().week == 20 or before(d, -7).isocalendar().week == 1)
        ),
    ),
    "day 100 of the year": Form(
        parse_rrule("FREQ=YEARLY;BYYEARDAY=100"), lambda d: f"{d:%j}" == "100"
    ),
    "two rules less two days": Form(
        parse_rrule(
            ["FREQ=WEEKLY;BYDAY=SA", "FREQ=MONTHLY;BYDAY=2SA,2SU", "EXDATE:20250308,20260711"]
        ),
        lambda d: (
            (d.weekday() == 5 or (d.weekday() == 6 and nth(d) == 2))
            and d not in (date(2025, 3, 8), date(2026, 7, 11))
        ),
    ),
    "five times": Form(
        parse_rrule("FREQ=WEEKLY;BYDAY=MO;COUNT=5"),
        lambda d: since(d) and d.weekday() == 0 and 0 <= (d - date(2025, 1, 20)).days <= 28,
        anchored=True,
    ),
    "until a day": Form(parse_rrule("FREQ=DAILY;UNTIL=20250401"), lambda d: d <= date(2025, 4, 1)),
    "azure day": Form(parse_azure("Day"), always),
    "azure 5 days": Form(
        parse_azure("5Days"), lambda d: since(d) and (d - ANCHOR).days % 5 == 0, anchored=True
    ),
    "azure weekend": Form(parse_azure("Week Saturday,Sunday"), lambda d: d.weekday() >= 5),
    "azure 3 weeks": Form(
        parse_azure("3Weeks"), lambda d: since(d) and (d - ANCHOR).days % 21 == 0, anchored=True
    ),
    "azure 2 weeks sunday": Form(
        parse_azure("2Weeks Sunday"),
        lambda d: since(d) and d.weekday() == 6 and weeks(d) % 2 == 0,
        anchored=True,
    ),
    "azure month": Form(
        parse_azure("Month"), lambda d: since(d) and d.day == ANCHOR.day, anchored=True
    ),
    "azure day31": Form(parse_azure("Month day31"), lambda d: d.day == 31),
    "azure 2 months": Form(
        parse_azure("2Months day1,day30"),
        lambda d: since(d) and d.day in (1, 30) and months(d) % 2 == 0,
        anchored=True,
    ),
    "azure last sunday": Form(
        parse_azure("Month Last Sunday"), lambda d: d.weekday() == 6 and last(d)
    ),
    "azure last sunday - 3": Form(
        parse_azure("Month Last Sunday Offset-3"),
        lambda d: before(d, -3).weekday() == 6 and last(before(d, -3)),
    ),
    "azure third sunday + 6": Form(
        parse_azure("Month Third Sunday Offset6"),
        lambda d: before(d, 6).weekday() == 6 and nth(before(d, 6)) == 3,
    ),
    "azure several": Form(
        parse_azure("1Month Third,Fourth Monday,Tuesday,Friday"),
        lambda d: d.weekday() in (0, 1, 4) and nth(d) in (3, 4),
    ),
}


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("zone", ZONES)
def test_every_form_opens_when_the_wall_clock_says(name: str, zone: str) -> None:
    """Each form, in each zone, at starts around every change of the clocks, opens and closes to the
    minute.
    """
    form = FORMS[name]
    for number, clock in enumerate(CLOCKS):
        length = 60 + 95 * number
        window = Window(
            "w",
            form.rule,
            clock,
            timedelta(minutes=length),
            from_day=ANCHOR if form.anchored else None,
        )
        validate(window)
        expected = brute_force(zone, form.wanted, clock, length)
        assert len(expected) >= 1
        assert by_the_program(window, zone) == expected


@pytest.mark.parametrize("zone", ZONES)
def test_first_last_and_left_out_days_are_days_of_opening(zone: str) -> None:
    """`from`, `until` and `exdates` name the day on which the night begins, in every zone."""
    first, final, without = (
        date(2025, 3, 30),
        date(2026, 10, 25),
        (date(2025, 10, 26), date(2026, 3, 8)),
    )
    window = Window(
        "w",
        parse_rrule("FREQ=DAILY"),
        time(23, 30),
        timedelta(hours=8),
        from_day=first,
        until=final,
        exdates=without,
    )
    expected = brute_force(
        zone, lambda d: first <= d <= final and d not in without, time(23, 30), 480
    )
    assert by_the_program(window, zone) == expected


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("hours", [1, 6, 7, 36])
def test_hours_pass_in_real_time(zone: str, hours: int) -> None:
    """An hour recurrence opens every so many real hours from its first start, and its local time
    may drift.
    """
    window = Window(
        "w", parse_azure(f"{hours}Hours"), time(2, 30), timedelta(minutes=45), from_day=ANCHOR
    )
    began = bisect_left(wall_clock(zone), minute(ANCHOR, time(2, 30)))
    expected = [(at, at + 45) for at in range(began, MINUTES, hours * 60)]
    assert by_the_program(window, zone) == expected


@pytest.mark.parametrize("clock", CLOCKS)
@pytest.mark.parametrize("zone", ZONES)
def test_an_until_in_utc_is_a_moment(zone: str, clock: time) -> None:
    """UNTIL with a Z ends a rule at that moment, so the last opening depends on the zone and the
    start.
    """
    limit = minute(date(2025, 6, 10), time(3))
    window = Window(
        "w", parse_rrule("FREQ=DAILY;UNTIL=20250610T030000Z"), clock, timedelta(hours=1)
    )
    expected = [opening for opening in brute_force(zone, always, clock, 60) if opening[0] <= limit]
    assert by_the_program(window, zone) == expected


@pytest.mark.parametrize("zone", ZONES)
def test_a_calendar_opens_like_a_window(zone: str) -> None:
    """A weekly event of a calendar file, less an exception, opens to the minute as a window."""
    calendar = (
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;TZID={0}:20250105T021500\nDTEND;TZID={0}:20250105T061500\n"
        "RRULE:FREQ=WEEKLY;BYDAY=SU\nEXDATE;TZID={0}:20250309T021500\nEND:VEVENT\nEND:VCALENDAR\n"
    )
    window = Window("w", read_events(calendar.format(zone)))
    expected = brute_force(
        zone,
        lambda d: d.weekday() == 6 and d >= date(2025, 1, 5) and d != date(2025, 3, 9),
        time(2, 15),
        240,
    )
    assert by_the_program(window, zone) == expected


@pytest.mark.parametrize("zone", ZONES)
def test_shared_openings_are_the_same(zone: str) -> None:
    """What machines share, month by month, is what each would have computed alone."""
    cache, place = OpeningCache(), ZoneInfo(zone)
    for name in ("daily", "patch tuesday + 40", "azure day31"):
        window = Window("w", FORMS[name].rule, time(2, 15), timedelta(hours=4))
        for after, until in [
            (BEGIN, END),
            (BEGIN + timedelta(days=300), END),
            (BEGIN + timedelta(hours=31), END),
        ]:
            assert list(cache.between(window, place, after, until)) == list(
                openings(window, place, after, until)
            )
