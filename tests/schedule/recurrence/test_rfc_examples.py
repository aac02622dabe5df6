"""The examples of RFC 5545, and the edges of the numbers that a rule may have.

https://www.rfc-editor.org/rfc/rfc5545#section-3.8.5.3
"""

from collections.abc import Iterator
from datetime import date, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from hotpatch_cli.schedule.recurrence import Frame, RecurrenceError, parse_rrule

NEW_YORK = ZoneInfo("America/New_York")


def days(text: str, since: str, **frame: date) -> Iterator[date]:
    """The days of a rule from its first day on, in New York at nine, as in the RFC."""
    anchor = date.fromisoformat(since)
    given = Frame(anchor, date(2030, 1, 1), anchor, time(9), NEW_YORK)._replace(**frame)
    return iter(parse_rrule(text).dates(given))


EXAMPLES: dict[str, tuple[str, str]] = {
    "FREQ=DAILY;COUNT=10": (
        "1997-09-02",
        "1997-09-02 09-03 09-04 09-05 09-06 09-07 09-08 09-09 09-10 09-11 end",
    ),
    "FREQ=DAILY;INTERVAL=2": ("1997-09-02", "1997-09-02 09-04 09-06 09-08"),
    "FREQ=DAILY;INTERVAL=10;COUNT=5": (
        "1997-09-02",
        "1997-09-02 09-12 09-22 10-02 10-12 end",
    ),
    "FREQ=WEEKLY;COUNT=10": (
        "1997-09-02",
        "1997-09-02 09-09 09-16 09-23 09-30 10-07 10-14 10-21 10-28 11-04 end",
    ),
    "FREQ=WEEKLY;INTERVAL=2;WKST=SU": (
        "1997-09-02",
        "1997-09-02 09-16 09-30 10-14 10-28 11-11 11-25 12-09 12-23 1998-01-06 01-20 02-03 02-17",
    ),
    "FREQ=WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH": (
        "1997-09-02",
        "1997-09-02 09-04 09-09 09-11 09-16 09-18 09-23 09-25 09-30 10-02 end",
    ),
    "FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;WKST=SU;BYDAY=MO,WE,FR": (
        "1997-09-01",
        (
            "1997-09-01 09-03 09-05 09-15 09-17 09-19 09-29 10-01 10-03 10-13 10-15 10-17 10-27"
            " 10-29 10-31 11-10 11-12 11-14 11-24 11-26 11-28 12-08 12-10 12-12 12-22 end"
        ),
    ),
    "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH": (
        "1997-09-02",
        "1997-09-02 09-04 09-16 09-18 09-30 10-02 10-14 10-16 end",
    ),
    "FREQ=MONTHLY;COUNT=10;BYDAY=1FR": (
        "1997-09-05",
        "1997-09-05 10-03 11-07 12-05 1998-01-02 02-06 03-06 04-03 05-01 06-05 end",
    ),
    "FREQ=MONTHLY;UNTIL=19971224T000000Z;BYDAY=1FR": (
        "1997-09-05",
        "1997-09-05 10-03 11-07 12-05 end",
    ),
    "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU": (
        "1997-09-07",
        "1997-09-07 09-28 11-02 11-30 1998-01-04 01-25 03-01 03-29 05-03 05-31 end",
    ),
    "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO": (
        "1997-09-22",
        "1997-09-22 10-20 11-17 12-22 1998-01-19 02-16 end",
    ),
    "FREQ=MONTHLY;BYMONTHDAY=-3": ("1997-09-28", "1997-09-28 10-29 11-28 12-29 1998-01-29 02-26"),
    "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15": (
        "1997-09-02",
        "1997-09-02 09-15 10-02 10-15 11-02 11-15 12-02 12-15 1998-01-02 01-15 end",
    ),
    "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1": (
        "1997-09-30",
        "1997-09-30 10-01 10-31 11-01 11-30 12-01 12-31 1998-01-01 01-31 02-01 end",
    ),
    "FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15": (
        "1997-09-10",
        "1997-09-10 09-11 09-12 09-13 09-14 09-15 1999-03-10 03-11 03-12 03-13 end",
    ),
    "FREQ=MONTHLY;INTERVAL=2;BYDAY=TU": (
        "1997-09-02",
        (
            "1997-09-02 09-09 09-16 09-23 09-30 11-04 11-11 11-18 11-25 1998-01-06 01-13 01-20"
            " 01-27 03-03 03-10 03-17 03-24 03-31"
        ),
    ),
    "FREQ=YEARLY;COUNT=10;BYMONTH=6,7": (
        "1997-06-10",
        "1997-06-10 07-10 1998-06-10 07-10 1999-06-10 07-10 2000-06-10 07-10 2001-06-10 07-10 end",
    ),
    "FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3": (
        "1997-03-10",
        "1997-03-10 1999-01-10 02-10 03-10 2001-01-10 02-10 03-10 2003-01-10 02-10 03-10 end",
    ),
    "FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200": (
        "1997-01-01",
        "1997-01-01 04-10 07-19 2000-01-01 04-09 07-18 2003-01-01 04-10 07-19 2006-01-01 end",
    ),
    "FREQ=YEARLY;BYDAY=20MO": ("1997-05-19", "1997-05-19 1998-05-18 1999-05-17"),
    "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO": ("1997-05-12", "1997-05-12 1998-05-11 1999-05-17"),
    "FREQ=YEARLY;BYMONTH=3;BYDAY=TH": (
        "1997-03-13",
        "1997-03-13 03-20 03-27 1998-03-05 03-12 03-19 03-26 1999-03-04 03-11 03-18 03-25",
    ),
    "FREQ=YEARLY;BYDAY=TH;BYMONTH=6,7,8": (
        "1997-06-05",
        (
            "1997-06-05 06-12 06-19 06-26 07-03 07-10 07-17 07-24 07-31 08-07 08-14 08-21 08-28"
            " 1998-06-04"
        ),
    ),
    "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13": (
        "1997-09-02",
        "1998-02-13 03-13 11-13 1999-08-13 2000-10-13",
    ),
    "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13": (
        "1997-09-13",
        "1997-09-13 10-11 11-08 12-13 1998-01-10 02-07 03-07 04-11 05-09 06-13",
    ),
    "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8": (
        "1996-11-05",
        "1996-11-05 2000-11-07 2004-11-02",
    ),
    "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3": (
        "1997-09-04",
        "1997-09-04 10-07 11-06 end",
    ),
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2": (
        "1997-09-29",
        "1997-09-29 10-30 11-27 12-30 1998-01-29 02-26 03-30",
    ),
    "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO": (
        "1997-08-05",
        "1997-08-05 08-10 08-19 08-24 end",
    ),
    "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU": (
        "1997-08-05",
        "1997-08-05 08-17 08-19 08-31 end",
    ),
    "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5": (
        "2007-01-15",
        "2007-01-15 01-30 02-15 03-15 03-30 end",
    ),
}


@pytest.mark.parametrize("text", EXAMPLES)
def test_the_examples_of_the_rfc(text: str) -> None:
    """A rule of the RFC opens on the days that the RFC lists for it."""
    first, listed = EXAMPLES[text]
    words, expected, year = listed.split(), [], ""
    for word in words:
        if word == "end":
            continue
        year = word[:4] if len(word) == len("1997-09-02") else year
        expected.append(word if word.startswith(year) and len(word) > 5 else f"{year}-{word}")
    found = list(map(str, islice(days(text, first), len(expected) + 1)))
    assert found[: len(expected)] == expected
    assert (len(found) == len(expected)) == (words[-1] == "end")


def test_until_is_a_moment_in_the_examples() -> None:
    """`UNTIL=19971224T000000Z` ends a daily rule of nine in New York on December 23."""
    found = list(days("FREQ=DAILY;UNTIL=19971224T000000Z", "1997-09-02"))
    assert (found[0], found[-1]) == (date(1997, 9, 2), date(1997, 12, 23))
    assert len(found) == 29 + 31 + 30 + 23


def test_every_day_of_january_for_three_years() -> None:
    """A yearly rule of all weekdays of January and a daily rule of January are the same days."""
    yearly = "FREQ=YEARLY;UNTIL=20000131T140000Z;BYMONTH=1;BYDAY=SU,MO,TU,WE,TH,FR,SA"
    daily = "FREQ=DAILY;UNTIL=20000131T140000Z;BYMONTH=1"
    expected = [date(year, 1, day) for year in (1998, 1999, 2000) for day in range(1, 32)]
    assert list(days(yearly, "1998-01-01")) == list(days(daily, "1998-01-01")) == expected


# --- where a question begins ----------------------------------------


@pytest.mark.parametrize("text", EXAMPLES)
def test_a_later_question_has_the_same_days(text: str) -> None:
    """Days don't depend on the day from which one asks: COUNT and INTERVAL count from the first."""
    first, _ = EXAMPLES[text]
    all_days = list(days(text, first, last=date(2001, 1, 1)))
    for later in (date(1997, 9, 3), date(1998, 1, 1), date(1999, 2, 28), date(2000, 12, 31)):
        expected = [day for day in all_days if day >= later]
        assert list(days(text, first, first=later, last=date(2001, 1, 1))) == expected


@pytest.mark.parametrize(
    ("text", "year", "expected"),
    [
        ("FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO,SU", 2020, ["2020-01-05"]),
        ("FREQ=YEARLY;BYWEEKNO=53;BYDAY=TH", 2020, ["2020-12-31"]),
        ("FREQ=YEARLY;BYWEEKNO=53;BYDAY=FR", 2021, ["2021-01-01"]),
        ("FREQ=YEARLY;BYWEEKNO=53;BYDAY=TH", 2021, []),
        ("FREQ=YEARLY;BYWEEKNO=53;BYDAY=TH", 2022, []),
        ("FREQ=YEARLY;BYWEEKNO=-1;BYDAY=TH", 2020, ["2020-12-31"]),
        ("FREQ=YEARLY;BYWEEKNO=52;BYDAY=SA", 2022, ["2022-01-01", "2022-12-31"]),
        ("FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO", 2024, ["2024-01-01", "2024-12-30"]),
        ("FREQ=YEARLY;BYWEEKNO=1;BYDAY=SU;WKST=SU", 2021, ["2021-01-03"]),
        ("FREQ=YEARLY;BYWEEKNO=20;BYYEARDAY=136,137;BYDAY=SU,MO", 2023, []),
        ("FREQ=YEARLY;BYWEEKNO=20;BYYEARDAY=136;BYDAY=TU", 2023, ["2023-05-16"]),
        ("FREQ=YEARLY;BYWEEKNO=20;BYYEARDAY=-230;BYDAY=TU", 2023, ["2023-05-16"]),
        ("FREQ=YEARLY;BYWEEKNO=20;BYYEARDAY=137;BYDAY=TU", 2023, []),
    ],
)
def test_week_numbers_at_the_ends_of_a_year(text: str, year: int, expected: list[str]) -> None:
    """Week 1 has at least four days of its year (ISO 8601): its days may be in the year before."""
    found = days(text, f"{year}-01-01", last=date(year, 12, 31))
    assert list(map(str, found)) == expected


@pytest.mark.parametrize(
    ("text", "first", "expected"),
    [
        ("FREQ=YEARLY;BYYEARDAY=366", "2023-01-01", ["2024-12-31", "2028-12-31"]),
        ("FREQ=YEARLY;BYYEARDAY=-366", "2023-01-01", ["2024-01-01", "2028-01-01"]),
        ("FREQ=YEARLY;BYDAY=53MO", "2023-01-01", ["2024-12-30"]),
        ("FREQ=YEARLY;BYDAY=53SU", "2017-01-01", ["2017-12-31", "2023-12-31"]),
        ("FREQ=MONTHLY;BYDAY=5MO", "2026-01-01", ["2026-03-30", "2026-06-29"]),
        ("FREQ=MONTHLY;BYDAY=-5MO", "2026-01-01", ["2026-03-02", "2026-06-01"]),
        ("FREQ=DAILY;INTERVAL=999", "2026-01-01", ["2026-01-01", "2028-09-26"]),
        ("FREQ=MONTHLY;INTERVAL=12", "2026-12-31", ["2026-12-31", "2027-12-31"]),
        ("FREQ=MONTHLY;INTERVAL=13", "2026-12-05", ["2026-12-05", "2028-01-05"]),
        ("FREQ=WEEKLY;INTERVAL=52", "2025-12-31", ["2025-12-31", "2026-12-30"]),
        ("FREQ=DAILY;INTERVAL=366", "2025-12-31", ["2025-12-31", "2027-01-01"]),
        ("FREQ=DAILY;INTERVAL=365", "2024-01-01", ["2024-01-01", "2024-12-31"]),
        ("FREQ=DAILY;INTERVAL=366", "2023-12-31", ["2023-12-31", "2024-12-31"]),
    ],
)
def test_rare_days_and_long_intervals(text: str, first: str, expected: list[str]) -> None:
    """Days that few years have, and intervals that skip a year, are found where they are."""
    found = islice(days(text, first), len(expected))
    assert list(map(str, found)) == expected


# --- numbers at their limits ----------------------------------------

LIMITS = {
    "FREQ=DAILY;INTERVAL={}": (1, 999),
    "FREQ=DAILY;COUNT={}": (1, 9999),
    "FREQ=DAILY;BYMONTH={}": (1, 12),
    "FREQ=MONTHLY;BYMONTHDAY={}": (1, 31),
    "FREQ=MONTHLY;BYMONTHDAY=-{}": (1, 31),
    "FREQ=YEARLY;BYYEARDAY={}": (1, 366),
    "FREQ=YEARLY;BYYEARDAY=-{}": (1, 366),
    "FREQ=YEARLY;BYWEEKNO={}": (1, 53),
    "FREQ=YEARLY;BYWEEKNO=-{}": (1, 53),
    "FREQ=MONTHLY;BYDAY=MO;BYSETPOS={}": (1, 366),
    "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=-{}": (1, 366),
}


@pytest.mark.parametrize("text", LIMITS)
def test_the_limits_of_numbers(text: str) -> None:
    """The least and the greatest number of a part are valid, and no number beyond them is."""
    least, greatest = LIMITS[text]
    for number in (least, greatest):
        parse_rrule(text.format(number))
    for number in (least - 1, greatest + 1, f"{least},x", f"{least},", f"x{least}"):
        with pytest.raises(RecurrenceError):
            parse_rrule(text.format(number))


def test_the_message_has_the_limits() -> None:
    """The message says which numbers are valid, from the end too where the part has such."""
    with pytest.raises(RecurrenceError, match="from 1 to 31 or from -1 to -31"):
        parse_rrule("FREQ=MONTHLY;BYMONTHDAY=32")
    with pytest.raises(RecurrenceError, match=r"numbers from 1 to 12$"):
        parse_rrule("FREQ=DAILY;BYMONTH=13")


def test_the_longest_rule_and_the_most_rules() -> None:
    """A rule of 500 characters and a list of 100 rules are read; more are refused."""
    longest = "FREQ=DAILY;BYMONTH=1" + ",1" * 240
    assert len(longest) == 500
    assert parse_rrule(longest).rules[0].bymonth == (1,)
    assert len(parse_rrule([longest] * 100).rules) == 100
    for refused in (longest + ";", [longest] * 101):
        with pytest.raises(RecurrenceError):
            parse_rrule(refused)


@pytest.mark.parametrize(
    ("text", "first_day_needed"),
    [
        ("FREQ=DAILY", None),
        ("FREQ=DAILY;INTERVAL=2", "INTERVAL=2"),
        ("FREQ=DAILY;COUNT=1", "COUNT=1"),
        ("FREQ=WEEKLY", "FREQ=WEEKLY without a day"),
        ("FREQ=WEEKLY;BYDAY=MO", None),
        ("FREQ=MONTHLY", "FREQ=MONTHLY without a day"),
        ("FREQ=MONTHLY;BYMONTHDAY=1", None),
        ("FREQ=MONTHLY;BYDAY=1MO", None),
        ("FREQ=YEARLY", "FREQ=YEARLY without a day"),
        ("FREQ=YEARLY;BYWEEKNO=1", "FREQ=YEARLY without a day"),
        ("FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO", None),
        ("FREQ=YEARLY;BYYEARDAY=1", None),
        ("FREQ=YEARLY;BYMONTH=2", "FREQ=YEARLY without a day"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=3", None),
    ],
)
def test_a_rule_that_counts_needs_a_first_day(text: str, first_day_needed: str | None) -> None:
    """INTERVAL, COUNT and a day that the text doesn't have are taken from the first day."""
    assert parse_rrule(text).from_needed == first_day_needed


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("FREQ=MONTHLY;BYMONTHDAY=28", None),
        ("FREQ=MONTHLY;BYMONTHDAY=29", "months without day 29 are skipped"),
        ("FREQ=MONTHLY;BYMONTHDAY=-29,31,1", "months without day -29 or 31 are skipped"),
        ("FREQ=MONTHLY;BYDAY=4MO", None),
        ("FREQ=MONTHLY;BYDAY=5MO", "months without a fifth such weekday are skipped"),
        ("FREQ=MONTHLY;BYDAY=-5MO", "months without a fifth such weekday are skipped"),
        ("FREQ=YEARLY;BYDAY=5MO", None),
        ("FREQ=YEARLY;BYMONTH=2;BYDAY=5MO", "months without a fifth such weekday are skipped"),
        ("FREQ=MONTHLY", "months without day 31 are skipped"),
    ],
)
def test_a_rule_says_which_months_it_skips(text: str, note: str | None) -> None:
    """A day that not every month has is a note, the day of `from` too."""
    assert parse_rrule(text).note(date(2026, 1, 31)) == note


def test_excluded_days_and_shared_days() -> None:
    """Two rules with a day in common open on it once, and an excluded day is left out of both."""
    text = "FREQ=WEEKLY;BYDAY=MO\nFREQ=MONTHLY;BYMONTHDAY=5\nEXDATE:20260112"
    found = days(text, "2026-01-01", last=date(2026, 1, 31))
    assert list(map(str, found)) == ["2026-01-05", "2026-01-19", "2026-01-26"]


def test_an_until_without_a_time_includes_its_day() -> None:
    """UNTIL as a day includes the day; as a local time it includes a start at that time."""
    for until, last in (
        ("20260105", 5),
        ("20260105T090000", 5),
        ("20260105T085900", 4),
        ("20260105T140000Z", 5),
        ("20260105T135900Z", 4),
    ):
        found = list(days(f"FREQ=DAILY;UNTIL={until}", "2026-01-01"))
        assert found[-1] == date(2026, 1, last)
        assert found[0] + timedelta(days=last - 1) == found[-1]
