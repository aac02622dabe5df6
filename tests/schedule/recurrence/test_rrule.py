"""RFC 5545 rules: judged day by day by a referee, and refused where they cannot be meant.

The referee knows neither dateutil nor the program. It lists the days of every month, week and year,
numbers them by counting, and asks of each day what RFC 5545 asks.
"""

import time as stopwatch
from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotpatch_cli.schedule.recurrence import Frame, RecurrenceError, parse_rrule
from hotpatch_cli.schedule.recurrence.rrule import _twin

ANCHORS = st.dates(date(2019, 12, 20), date(2028, 3, 10))
REACH = timedelta(days=5 * 366)
DAY = timedelta(days=1)
CALENDAR = [date(2018, 1, 1) + n * DAY for n in range(18 * 366)]
EVERY = range(1, 54)  # the places of a plain weekday
NAMES_OF_DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


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
PLACES = st.sampled_from(
    ["", "1", "2", "3", "+4", "5", "-1", "-2", "-5", "6", "53", "-53", "99", "-99"]
)
MIXED = listed(st.tuples(PLACES, WEEKDAY).map("".join))
MONTHS = listed(st.integers(1, 12).map(str))
INTERVALS = st.one_of(st.integers(1, 5), st.sampled_from([12, 26, 48, 52, 365, 999])).map(str)


def parts(freq: str, **values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Rules of one frequency, each of the named parts present or not."""
    some = st.fixed_dictionaries({}, optional={**values, "INTERVAL": INTERVALS, "WKST": WEEKDAY})
    return some.map(
        lambda chosen: ";".join([f"FREQ={freq}", *(f"{name}={chosen[name]}" for name in chosen)])
    )


def placed(rules: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Rules that choose some of their days by their place."""
    return st.tuples(rules.filter(lambda text: ";BY" in text), signed(8)).map(";BYSETPOS=".join)


DAILY = parts("DAILY", BYDAY=WEEKDAYS, BYMONTH=MONTHS, BYMONTHDAY=signed(31))
WEEKLY = parts("WEEKLY", BYDAY=WEEKDAYS, BYMONTH=MONTHS)
MONTHLY = parts("MONTHLY", BYDAY=WEEKDAYS | MIXED, BYMONTH=MONTHS, BYMONTHDAY=signed(31))
YEARLY = parts(
    "YEARLY", BYDAY=WEEKDAYS | MIXED, BYMONTH=MONTHS, BYMONTHDAY=signed(31), BYYEARDAY=signed(366)
)
WEEKS = st.tuples(
    parts("YEARLY", BYDAY=WEEKDAYS, BYMONTH=MONTHS, BYYEARDAY=signed(366)), signed(53)
).map(";BYWEEKNO=".join)
PLAIN = st.one_of(DAILY, WEEKLY, MONTHLY, YEARLY, WEEKS)
RULES = PLAIN | placed(st.one_of(WEEKLY, MONTHLY, YEARLY, WEEKS))


# The referee.


def numbered(groups: dict[Hashable, list[date]]) -> dict[date, set[int]]:
    """The places of each day in its group, from the front (1) and from the end (-1)."""
    return {
        day: {number, number - len(days) - 1}
        for days in groups.values()
        for number, day in enumerate(days, start=1)
    }


@cache
def places(*names: str) -> dict[date, set[int]]:
    """The places of every day among those that share its year, its month, its weekday."""
    groups = defaultdict(list)
    for day in CALENDAR:
        shared = {"year": day.year, "month": day.month, "weekday": day.weekday()}
        groups[tuple(shared[name] for name in names)].append(day)
    return numbered(groups)


@cache
def week_numbers(wkst: int) -> dict[date, set[int]]:
    """The number of every day's week; a week is of the year that has four of its days or more."""
    weeks = defaultdict(list)
    for day in CALENDAR:
        weeks[(day.toordinal() - 1 - wkst) // 7].append(day)
    years = defaultdict(list)
    for week in weeks.values():
        years[Counter(day.year for day in week).most_common(1)[0][0]].append(week)
    return {
        day: {number, number - len(of_year) - 1}
        for of_year in years.values()
        for number, week in enumerate(of_year, start=1)
        for day in week
    }


def period(freq: str, wkst: int, day: date) -> int:
    """The number of the day, week, month or year that holds a day."""
    return {
        "DAILY": day.toordinal(),
        "WEEKLY": (day.toordinal() - 1 - wkst) // 7,
        "MONTHLY": day.year * 12 + day.month,
        "YEARLY": day.year,
    }[freq]


def by_the_referee(text: str, anchor: date, first: date, last: date) -> list[date]:
    """The days that RFC 5545 gives for a rule, one part after the other."""
    rule = dict(part.split("=") for part in text.split(";"))
    freq, wkst = rule["FREQ"], NAMES_OF_DAYS.index(rule.get("WKST", "MO"))
    number_of_anchor = period(freq, wkst, anchor)
    given_parts = set(rule) & {"BYDAY", "BYMONTHDAY", "BYYEARDAY"}
    if (freq == "WEEKLY" or "BYWEEKNO" in rule) and "BYDAY" not in rule:
        rule["BYDAY"] = NAMES_OF_DAYS[anchor.weekday()]
    elif freq in ("MONTHLY", "YEARLY") and not given_parts:
        rule["BYMONTHDAY"] = str(anchor.day)
        if freq == "YEARLY":
            rule.setdefault("BYMONTH", str(anchor.month))

    numbers = {
        name: {int(word) for word in value.split(",")}
        for name, value in rule.items()
        if name.startswith("BY") and name != "BYDAY"
    }
    yearly = freq == "YEARLY" and "BYMONTH" not in rule
    nth = places("year", "weekday") if yearly else places("year", "month", "weekday")
    wanted = defaultdict(set)
    for word in filter(None, rule.get("BYDAY", "").split(",")):
        wanted[NAMES_OF_DAYS.index(word[-2:])] |= {int(word[:-2])} if word[:-2] else set(EVERY)

    tests = {
        "BYMONTH": lambda day: day.month in numbers["BYMONTH"],
        "BYMONTHDAY": lambda day: places("year", "month")[day] & numbers["BYMONTHDAY"],
        "BYYEARDAY": lambda day: places("year")[day] & numbers["BYYEARDAY"],
        "BYWEEKNO": lambda day: week_numbers(wkst)[day] & numbers["BYWEEKNO"],
        "BYDAY": lambda day: nth[day] & wanted[day.weekday()],
    }
    asked = [tests[name] for name in tests if name in rule]
    periods = defaultdict(list)
    for day in CALENDAR:
        if not anchor.year - 1 <= day.year <= last.year + 1:
            continue
        distance = period(freq, wkst, day) - number_of_anchor
        if distance < 0 or distance % int(rule.get("INTERVAL", 1)):
            continue
        if all(test(day) for test in asked):
            periods[distance].append(day)
    days = [day for of_period in periods.values() for day in of_period]
    if "BYSETPOS" in rule:
        days = [day for day, at in numbered(periods).items() if at & numbers["BYSETPOS"]]
    days = sorted(day for day in days if anchor <= day)[: int(rule.get("COUNT", 9999))]
    return [day for day in days if first <= day <= last]


def by_the_program(text: str, anchor: date, first: date, last: date) -> list[date]:
    """The days that the program gives for a rule."""
    return list(parse_rrule(text).dates(Frame(first, last, anchor)))


@pytest.mark.slow
@settings(max_examples=400)
@given(RULES, ANCHORS, st.integers(0, 700))
def test_names_the_days_that_the_rfc_names(text: str, anchor: date, skip: int) -> None:
    """A rule names the days of RFC 5545, wherever one begins to look."""
    first, last = anchor + timedelta(days=skip), anchor + REACH
    expected = by_the_referee(text, anchor, first, last)
    assert by_the_program(text, anchor, first, last) == expected


@pytest.mark.slow
@given(RULES, ANCHORS, st.integers(1, 60))
def test_counted_days_are_those_of_the_rfc(text: str, anchor: date, count: int) -> None:
    """COUNT ends a rule where the referee has counted so many days."""
    counted, last = f"{text};COUNT={count}", anchor + REACH
    assert by_the_program(counted, anchor, anchor, last) == by_the_referee(
        counted, anchor, anchor, last
    )


@pytest.mark.slow
@given(RULES, ANCHORS, st.integers(1, 60), st.integers(0, 400))
def test_count_counts_from_the_first_day(text: str, anchor: date, count: int, skip: int) -> None:
    """COUNT is counted from `from`, wherever one begins to look."""
    whole = by_the_program(text, anchor, anchor, anchor + REACH)
    first = anchor + timedelta(days=skip)
    expected = [day for day in whole[:count] if day >= first]
    assert by_the_program(f"{text};COUNT={count}", anchor, first, anchor + REACH) == expected


@pytest.mark.slow
@given(RULES, RULES, ANCHORS)
def test_several_rules_are_a_union(one: str, other: str, anchor: date) -> None:
    """Two rules name the days of either, each once and in order."""
    frame = Frame(anchor, anchor + timedelta(days=500), anchor)
    together = list(parse_rrule([one, other]).dates(frame))
    assert together == sorted({*parse_rrule(one).dates(frame), *parse_rrule(other).dates(frame)})


@pytest.mark.slow
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


# What dateutil 4.0 must not be asked as it is written.


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;INTERVAL=2;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=WEEKLY;BYDAY=MO;BYSETPOS=2",
        "FREQ=MONTHLY;BYDAY=1MO;BYMONTHDAY=30",
        "FREQ=YEARLY;BYMONTH=6;BYMONTHDAY=31",
        "FREQ=YEARLY;BYYEARDAY=1;BYMONTH=12",
        "FREQ=YEARLY;INTERVAL=4;BYMONTH=2;BYMONTHDAY=29",
    ],
)
def test_a_rule_that_never_fires_is_not_searched_for_long(text: str) -> None:
    """Eight years of a rule that never fires take well under a second; dateutil takes up to 8 s."""
    begun = stopwatch.process_time()
    assert by_the_program(text, date(2025, 1, 1), date(2025, 1, 1), date(2032, 12, 31)) == []
    assert stopwatch.process_time() - begun < 2


def test_a_late_question_does_not_begin_at_the_first_day() -> None:
    """A daily rule of 1990 answers for a thousand days of 2190 as quickly as for those of 1990."""
    begun = stopwatch.process_time()
    for number in range(1000):
        day = date(2190, 1, 1) + number * DAY
        assert by_the_program("FREQ=DAILY;INTERVAL=1", date(1990, 1, 1), day, day) == [day]
    assert stopwatch.process_time() - begun < 2


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("FREQ=MONTHLY;BYDAY=MO,2TU", ["01-05", "01-12", "01-13", "01-19", "01-26"]),
        ("FREQ=MONTHLY;BYDAY=MO,2TU;BYSETPOS=3", ["01-13", "02-10", "03-10"]),
        ("FREQ=MONTHLY;BYDAY=MO,2TU;COUNT=3", ["01-05", "01-12", "01-13"]),
        ("FREQ=YEARLY;BYDAY=MO,2TU", ["01-05", "01-12", "01-13", "01-19"]),
        ("FREQ=YEARLY;BYMONTH=3;BYDAY=MO,2TU", ["03-02", "03-09", "03-10", "03-16"]),
    ],
)
def test_a_plain_and_a_numbered_weekday_are_either(text: str, days: list[str]) -> None:
    """BYDAY=MO,2TU is every Monday and the second Tuesday; dateutil takes it as both at once."""
    dates = by_the_program(text, date(2026, 1, 1), date(2026, 1, 1), date(2026, 12, 31))
    assert [f"{day:%m-%d}" for day in dates[: len(days)]] == days


@pytest.mark.parametrize("place", ["6", "99", "-99", "-6"])
def test_a_place_that_no_month_has_names_no_day(place: str) -> None:
    """BYDAY=99MO names no day beside the others; dateutil raises IndexError."""
    text = f"FREQ=MONTHLY;BYDAY={place}MO"
    assert by_the_program(text, date(2026, 1, 1), date(2026, 1, 1), date(2026, 12, 31)) == []
    both = by_the_program(f"{text},1TU", date(2026, 1, 1), date(2026, 1, 1), date(2026, 2, 28))
    assert both == [date(2026, 1, 6), date(2026, 2, 3)]


def test_the_last_year_of_all_does_not_break_a_rule() -> None:
    """Weeks that begin in 9999 end in a year that dates do not have; dateutil raises ValueError."""
    for interval in (1, 2, 26, 52, 104, 999):
        for month in (1, 12):
            text = f"FREQ=WEEKLY;INTERVAL={interval};BYMONTH={month};BYDAY=SA,SU;BYSETPOS=-1"
            dates = by_the_program(text, date(2026, 1, 1), date(2026, 1, 1), date(2126, 1, 1))
            assert {day.month for day in dates} <= {month}


def test_every_year_has_a_twin() -> None:
    """The twin of a year has its weekdays and its length, and so have the years beside both."""
    for year in range(2, 9998):
        twin = _twin(year)
        distance = date(twin, 1, 1) - date(year, 1, 1)
        assert distance.days % 7 == 0
        assert date(twin - 1, 1, 1) - date(year - 1, 1, 1) == distance
        assert date(twin + 1, 1, 1) - date(year + 1, 1, 1) == distance
        assert date(twin + 1, 12, 31) - date(year + 1, 12, 31) == distance


def test_an_until_in_utc_depends_on_the_zone() -> None:
    """UNTIL with a Z is a moment: the last day is the one whose start is not later, in its zone."""
    rule = parse_rrule("FREQ=DAILY;UNTIL=20260105T030000Z")
    for name, last in [("Asia/Tokyo", 5), ("UTC", 5), ("America/New_York", 4)]:
        frame = Frame(date(2026, 1, 1), date(2026, 2, 1), zone=ZoneInfo(name))
        moved = frame._replace(start=datetime(2026, 1, 1, 2, tzinfo=UTC).time())
        assert max(rule.dates(moved)).day == last


@pytest.mark.parametrize("name", ["Asia/Tokyo", "America/New_York"])
@pytest.mark.parametrize(
    ("until", "count"),
    [("99991231T235959Z", 31), ("99991231T235959", 31), ("00010101T000000Z", 0)],
)
def test_an_until_in_the_last_year_is_no_end(until: str, count: int, name: str) -> None:
    """Programs write the year 9999 for "without end": no zone makes a later date of it."""
    rule = parse_rrule(f"FREQ=DAILY;UNTIL={until}")
    frame = Frame(date(2026, 1, 1), date(2026, 1, 31), zone=ZoneInfo(name))
    assert len(list(rule.dates(frame))) == count


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
def test_reads(text: str | Sequence[str], days: list[str]) -> None:
    """A rule opens on the days it names; what it does not say comes from `from`, here Wednesday
    2026-01-07.
    """
    frame = Frame(date(2026, 1, 7), date(2036, 1, 1), anchor=date(2026, 1, 7))
    assert [str(day) for day in islice(parse_rrule(text).dates(frame), 2)] == days


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "has 0 RRULEs. Specify 1 to 100"),
        ([], "has 0 RRULEs"),
        (["FREQ=DAILY"] * 101, "has 101 RRULEs"),
        ("every sunday", "NAME=VALUE"),
        ("FREQ=", "NAME=VALUE"),
        ("BYDAY=SU", "FREQ is missing"),
        ("FREQ=DAILY;FREQ=DAILY", "Specify FREQ only once"),
        ("FREQ=FORTNIGHTLY", "one of DAILY, WEEKLY, MONTHLY, YEARLY"),
        ("FREQ=SECONDLY", "every second"),
        ("FREQ=MINUTELY;INTERVAL=30", "every minute"),
        ("FREQ=HOURLY", "azure: 6Hours"),
        ("FREQ=DAILY;BYHOUR=2", "`start`"),
        ("DTSTART:20260101T020000\nRRULE:FREQ=DAILY", "`from`"),
        ("FREQ=DAILY;DTSTART=20260101", "`from`"),
        ("FREQ=DAILY;BYEASTER=1", "isn't a part"),
        ("FREQ=DAILY;INTERVAL=0", "a number from 1 to 999"),
        ("FREQ=DAILY;INTERVAL=1000", "a number from 1 to 999"),
        ("FREQ=DAILY;INTERVAL=" + "9" * 400, "a number from 1 to 999"),
        ("FREQ=DAILY;INTERVAL=1.5", "a number from 1 to 999"),
        ("FREQ=DAILY;COUNT=1000000000", "a number from 1 to 9999"),
        ("FREQ=DAILY;COUNT=3;UNTIL=20260101", "exclude each other"),
        ("FREQ=DAILY;UNTIL=tomorrow", "a date such as 20261231"),
        ("FREQ=DAILY;UNTIL=20260230", "out of range|month"),
        ("FREQ=DAILY;BYMONTH=13", "numbers from 1 to 12"),
        ("FREQ=DAILY;BYMONTH=-1", "numbers from 1 to 12"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "numbers from 1 to 31"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "numbers from 1 to 31"),
        ("FREQ=MONTHLY;BYDAY=0MO", "weekdays such as MO"),
        ("FREQ=MONTHLY;BYDAY=MON", "weekdays such as MO"),
        ("FREQ=WEEKLY;BYDAY=2TU", "FREQ=MONTHLY, or FREQ=YEARLY"),
        ("FREQ=WEEKLY;BYMONTHDAY=1", "isn't valid with FREQ=WEEKLY"),
        ("FREQ=MONTHLY;BYWEEKNO=1", "isn't valid with FREQ=MONTHLY"),
        ("FREQ=MONTHLY;BYSETPOS=1", "BYSETPOS requires another part"),
        ("FREQ=DAILY;X-NAME=1", "isn't a part"),
        ("FREQ=DAILY;" + "BYDAY=MO" * 100, "811 characters"),
        ("FREQ=DAILY\nEXDATE:christmas", "EXDATE:20261224"),
        ("FREQ=DAILY\nEXDATE:20260230", "EXDATE:20261224"),
        ("FREQ=DAILY\nEXDATE;TZID=Europe/Stockholm:20261224T020000", "EXDATE:20261224"),
    ],
)
def test_refuses(text: str | Sequence[str], reason: str) -> None:
    """What no rule can mean, or belongs to another key, is refused with what to write instead."""
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


def test_the_last_day_of_the_last_week_of_a_year() -> None:
    """The last day is counted from the end of its own year, with 365 or 366 days: of the years with
    a week 53, 2026 and 2032 end in it.
    """
    rule = parse_rrule("FREQ=YEARLY;BYWEEKNO=53;BYYEARDAY=-1;BYDAY=MO,TU,WE,TH,FR,SA,SU")
    first, last = date(2024, 1, 1), date(2033, 12, 31)
    days = list(rule.dates(Frame(first, last, first)))
    assert days == [date(2026, 12, 31), date(2032, 12, 31)]
