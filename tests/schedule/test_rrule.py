"""RFC 5545 rules: judged by dateutil, and refused where they cannot be meant."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from itertools import islice, takewhile

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from hotpatch_cli.schedule.recurrence.day_rules import Frame, RecurrenceError, parse_rrule

ANCHORS = st.dates(date(2019, 12, 20), date(2028, 3, 10))
REACH = timedelta(days=5 * 366)


def listed(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """A comma list of one to four values."""
    return st.lists(values, min_size=1, max_size=4, unique=True).map(",".join)


def signed(highest: int) -> st.SearchStrategy[str]:
    """Numbers that RFC 5545 counts from the front or from the end."""
    return listed(
        st.integers(1, highest).flatmap(lambda number: st.sampled_from([str(number), str(-number)]))
    )


WEEKDAY = st.sampled_from(["MO", "TU", "WE", "TH", "FR", "SA", "SU"])
WEEKDAYS = listed(WEEKDAY)
PLACES = st.sampled_from(["1", "2", "3", "+4", "5", "-1", "-2", "-5"])
NUMBERED = listed(st.tuples(PLACES, WEEKDAY).map("".join))
WEEKS = listed(
    (st.integers(2, 51) | st.integers(-51, -2)).map(str)
)  # dateutil loses days where years meet
MONTHS = listed(st.integers(1, 12).map(str))


def parts(freq: str, **values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Rules of one frequency, each of the named parts present or not."""
    some = st.fixed_dictionaries(
        {}, optional={**values, "INTERVAL": st.integers(1, 5).map(str), "WKST": WEEKDAY}
    )
    return some.map(
        lambda found: ";".join(
            [f"FREQ={freq}", *(f"{name}={value}" for name, value in found.items())]
        )
    )


RULES = st.one_of(
    parts("DAILY", BYDAY=WEEKDAYS, BYMONTH=MONTHS),
    parts("WEEKLY", BYDAY=WEEKDAYS, BYMONTH=MONTHS),
    parts("MONTHLY", BYDAY=WEEKDAYS | NUMBERED, BYMONTHDAY=signed(31)),
    parts("MONTHLY", BYDAY=NUMBERED, BYMONTH=MONTHS),
    parts("YEARLY", BYDAY=NUMBERED, BYMONTH=MONTHS),
    parts("YEARLY", BYMONTHDAY=signed(31), BYMONTH=MONTHS),
    parts("YEARLY", BYYEARDAY=signed(366)),
    st.tuples(WEEKDAYS, WEEKS).map(
        lambda found: f"FREQ=YEARLY;BYDAY={found[0]};BYWEEKNO={found[1]}"
    ),
    st.tuples(st.sampled_from(["MONTHLY", "YEARLY"]), WEEKDAYS, signed(3)).map(
        lambda found: f"FREQ={found[0]};BYDAY={found[1]};BYSETPOS={found[2]}"
    ),
)


def by_dateutil(text: str, anchor: date, first: date, last: date) -> list[date]:
    """The days that dateutil gives for a rule."""
    moments = rrulestr(text, dtstart=datetime.combine(anchor, time(0)))
    days = takewhile(lambda day: day <= last, (moment.date() for moment in moments))
    return [day for day in days if day >= first]


def by_the_program(text: str, anchor: date, first: date, last: date) -> list[date]:
    """The days that the program gives for a rule."""
    return list(parse_rrule(text).dates(Frame(first, last, anchor)))


@settings(max_examples=400)
@given(RULES, ANCHORS, st.integers(0, 700))
def test_names_the_days_that_dateutil_names(text: str, anchor: date, skip: int) -> None:
    """A rule names the same days as dateutil, wherever one begins to look."""
    first, last = anchor + timedelta(days=skip), anchor + REACH
    found = by_the_program(text, anchor, first, last)
    if found:  # dateutil looks for the first day of a rule that has none until the year 9999
        assert found == by_dateutil(text, anchor, first, last)


@given(RULES, ANCHORS, st.integers(1, 60), st.integers(0, 400))
def test_count_counts_from_the_first_day(text: str, anchor: date, count: int, skip: int) -> None:
    """COUNT is counted from `from`, wherever one begins to look."""
    whole = by_the_program(text, anchor, anchor, anchor + REACH)
    first = anchor + timedelta(days=skip)
    expected = [day for day in whole[:count] if day >= first]
    assert by_the_program(f"{text};COUNT={count}", anchor, first, anchor + REACH) == expected


@given(RULES, RULES, ANCHORS)
def test_several_rules_are_a_union(one: str, other: str, anchor: date) -> None:
    """Two rules name the days of either, each once and in order."""
    frame = Frame(anchor, anchor + timedelta(days=500), anchor)
    together = list(parse_rrule([one, other]).dates(frame))
    assert together == sorted({*parse_rrule(one).dates(frame), *parse_rrule(other).dates(frame)})


@given(st.integers(1, 53), st.booleans(), ANCHORS)
def test_week_numbers_are_those_of_iso_8601(number: int, from_the_end: bool, anchor: date) -> None:
    """BYWEEKNO names the days whose own week has that number in its own year, also where two years
    meet.
    """
    whole = [anchor + timedelta(days=n) for n in range(1500)]
    weeks = {day: day.isocalendar() for day in whole}
    last = {
        year: date(year, 12, 28).isocalendar().week
        for year in {week.year for week in weeks.values()}
    }
    wanted = {
        day: number if not from_the_end else last[week.year] + 1 - number
        for day, week in weeks.items()
    }
    text = f"FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU;BYWEEKNO={-number if from_the_end else number}"
    assert by_the_program(text, anchor, anchor, whole[-1]) == [
        day for day in whole if weeks[day].week == wanted[day]
    ]


def test_a_plain_and_a_numbered_weekday_are_either() -> None:
    """BYDAY=MO,2TU is every Monday and the second Tuesday, which dateutil 4.0 takes as both at
    once.
    """
    found = by_the_program(
        "FREQ=MONTHLY;BYDAY=MO,2TU", date(2026, 1, 1), date(2026, 1, 1), date(2026, 1, 31)
    )
    assert [day.day for day in found] == [5, 12, 13, 19, 26]


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("FREQ=MONTHLY;BYDAY=2TU", ["2026-01-13", "2026-02-10"]),
        ("RRULE:FREQ=WEEKLY;BYDAY=SU", ["2026-01-11", "2026-01-18"]),
        ("freq=weekly;byday=su;", ["2026-01-11", "2026-01-18"]),
        ("FREQ=WEEKLY;BYDAY=SU\nFREQ=WEEKLY;BYDAY=SA", ["2026-01-10", "2026-01-11"]),
        (
            ["FREQ=DAILY", "EXDATE:20260108,20260109T020000", "EXDATE;VALUE=DATE:20260110"],
            ["2026-01-07", "2026-01-11"],
        ),
        ("FREQ=WEEKLY", ["2026-01-07", "2026-01-14"]),
        ("FREQ=MONTHLY", ["2026-01-07", "2026-02-07"]),
        ("FREQ=YEARLY", ["2026-01-07", "2027-01-07"]),
        ("FREQ=YEARLY;BYWEEKNO=10", ["2026-03-04", "2027-03-10"]),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", ["2028-02-29", "2032-02-29"]),
    ],
)
def test_a_recurrence_rule_opens_on_its_days(text: str | Sequence[str], days: list[str]) -> None:
    """A rule opens on the days it names; what it does not say comes from `from`, here Wednesday
    2026-01-07.
    """
    frame = Frame(date(2026, 1, 7), date(2036, 1, 1), anchor=date(2026, 1, 7))
    assert [str(day) for day in islice(parse_rrule(text).dates(frame), 2)] == days


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "expected 1 to 100 RRULEs, found 0"),
        ([], "found 0"),
        (["FREQ=DAILY"] * 101, "found 101"),
        ("every sunday", "NAME=VALUE"),
        ("FREQ=", "NAME=VALUE"),
        ("BYDAY=SU", "FREQ is missing"),
        ("FREQ=DAILY;FREQ=DAILY", "FREQ is given twice"),
        ("FREQ=FORTNIGHTLY", "one of DAILY, WEEKLY, MONTHLY, YEARLY"),
        ("FREQ=SECONDLY", "every second"),
        ("FREQ=MINUTELY;INTERVAL=30", "every minute"),
        ("FREQ=HOURLY", "azure: 6Hours"),
        ("FREQ=DAILY;BYHOUR=2", "`start`"),
        ("DTSTART:20260101T020000\nRRULE:FREQ=DAILY", "`from`"),
        ("FREQ=DAILY;DTSTART=20260101", "`from`"),
        ("FREQ=DAILY;BYEASTER=1", "not a part"),
        ("FREQ=DAILY;INTERVAL=0", "a number from 1 to 999"),
        ("FREQ=DAILY;INTERVAL=1000", "a number from 1 to 999"),
        ("FREQ=DAILY;INTERVAL=" + "9" * 400, "a number from 1 to 999"),
        ("FREQ=DAILY;INTERVAL=1.5", "a number from 1 to 999"),
        ("FREQ=DAILY;COUNT=1000000000", "a number from 1 to 9999"),
        ("FREQ=DAILY;COUNT=3;UNTIL=20260101", "exclude each other"),
        ("FREQ=DAILY;UNTIL=tomorrow", "a day like 20261231"),
        ("FREQ=DAILY;UNTIL=20260230", "out of range|month"),
        ("FREQ=DAILY;BYMONTH=13", "numbers from 1 to 12"),
        ("FREQ=DAILY;BYMONTH=-1", "numbers from 1 to 12"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "numbers from 1 to 31"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "numbers from 1 to 31"),
        ("FREQ=MONTHLY;BYDAY=0MO", "weekdays like MO"),
        ("FREQ=MONTHLY;BYDAY=MON", "weekdays like MO"),
        ("FREQ=WEEKLY;BYDAY=2TU", "FREQ=MONTHLY or FREQ=YEARLY"),
        ("FREQ=WEEKLY;BYMONTHDAY=1", "no meaning with FREQ=WEEKLY"),
        ("FREQ=MONTHLY;BYWEEKNO=1", "no meaning with FREQ=MONTHLY"),
        ("FREQ=MONTHLY;BYSETPOS=1", "BYSETPOS chooses"),
        ("FREQ=DAILY;X-NAME=1", "not a part"),
        ("FREQ=DAILY;" + "BYDAY=MO" * 100, "811 characters"),
        ("FREQ=DAILY\nEXDATE:christmas", "EXDATE:20261224"),
        ("FREQ=DAILY\nEXDATE:20260230", "EXDATE:20261224"),
        ("FREQ=DAILY\nEXDATE;TZID=Europe/Stockholm:20261224T020000", "EXDATE:20261224"),
    ],
)
def test_a_recurrence_rule_that_means_nothing_is_refused(
    text: str | Sequence[str], reason: str
) -> None:
    """What no rule can mean, or what belongs to another key, is refused with what to write instead."""
    with pytest.raises(RecurrenceError, match=reason):
        parse_rrule(text)


NAMES = [
    "FREQ",
    "INTERVAL",
    "COUNT",
    "UNTIL",
    "BYDAY",
    "BYMONTHDAY",
    "BYSETPOS",
    "WKST",
    "BYWEEKNO",
    "X",
]
VALUES = st.one_of(
    st.sampled_from(
        ["DAILY", "WEEKLY", "MONTHLY", "YEARLY", "2TU", "-1", "20260101", "20261332T000000Z"]
    ),
    st.text(max_size=12),
)
ALMOST = st.lists(st.tuples(st.sampled_from(NAMES), VALUES).map("=".join), max_size=5).map(";".join)


@settings(max_examples=300)
@given(st.text(max_size=60) | ALMOST)
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text makes anything but a rule or RecurrenceError, in one printable line."""
    try:
        parse_rrule(text)
    except RecurrenceError as refused:
        assert str(refused).isprintable()
