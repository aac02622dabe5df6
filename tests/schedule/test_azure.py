"""The `recurEvery` grammar: every documented example, what the real server returns, and what is
refused.
"""

from datetime import date, timedelta
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotpatch_cli.schedule.day_rules import (
    AzureRecurrence,
    Frame,
    RecurrenceError,
    parse_azure,
)

LAST = -1
MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = range(7)

# Text, the value it means, and its first openings from Wednesday 2026-01-07.
DOCUMENTED = [
    ("Day", AzureRecurrence("Day"), ["2026-01-07", "2026-01-08"]),
    ("3Days", AzureRecurrence("Day", 3), ["2026-01-07", "2026-01-10"]),
    ("Week", AzureRecurrence("Week"), ["2026-01-07", "2026-01-14"]),
    ("3Weeks", AzureRecurrence("Week", 3), ["2026-01-07", "2026-01-28"]),
    (
        "Week Saturday,Sunday",
        AzureRecurrence("Week", weekdays=(SATURDAY, SUNDAY)),
        ["2026-01-10", "2026-01-11", "2026-01-17"],
    ),
    ("Month", AzureRecurrence("Month"), ["2026-01-07", "2026-02-07"]),
    ("2Months", AzureRecurrence("Month", 2), ["2026-01-07", "2026-03-07"]),
    (
        "Month day23,day24",
        AzureRecurrence("Month", monthdays=(23, 24)),
        ["2026-01-23", "2026-01-24", "2026-02-23"],
    ),
    (
        "Month Last Sunday",
        AzureRecurrence("Month", weekdays=(SUNDAY,), weeks=(LAST,)),
        ["2026-01-25", "2026-02-22"],
    ),
    (
        "Month Fourth Monday",
        AzureRecurrence("Month", weekdays=(MONDAY,), weeks=(4,)),
        ["2026-01-26", "2026-02-23"],
    ),
    (
        "Month Last Sunday Offset-3",
        AzureRecurrence("Month", weekdays=(SUNDAY,), weeks=(LAST,), offset=-3),
        ["2026-01-22", "2026-02-19"],
    ),
    (
        "Month Third Sunday Offset6",
        AzureRecurrence("Month", weekdays=(SUNDAY,), weeks=(3,), offset=6),
        ["2026-01-24", "2026-02-21"],
    ),
]

# What the server was seen to return beyond the documented grammar.
SEEN = [
    ("6Hour", AzureRecurrence("Hour", 6), None),
    ("1Hours", AzureRecurrence("Hour"), None),
    ("1Days", AzureRecurrence("Day"), ["2026-01-07", "2026-01-08"]),
    ("24Day", AzureRecurrence("Day", 24), ["2026-01-07", "2026-01-31"]),
    ("1Weeks Tuesday", AzureRecurrence("Week", weekdays=(TUESDAY,)), ["2026-01-13", "2026-01-20"]),
    (
        "2Week Monday,Tuesday,Wednesday",
        AzureRecurrence("Week", 2, weekdays=(MONDAY, TUESDAY, WEDNESDAY)),
        ["2026-01-07", "2026-01-19", "2026-01-20", "2026-01-21", "2026-02-02"],
    ),
    (
        "1Months day31",
        AzureRecurrence("Month", monthdays=(31,)),
        ["2026-01-31", "2026-03-31", "2026-05-31"],
    ),
    ("35Month day1", AzureRecurrence("Month", 35, monthdays=(1,)), ["2028-12-01", "2031-11-01"]),
    (
        "1Month Third,Fourth Monday,Friday",
        AzureRecurrence("Month", weekdays=(MONDAY, FRIDAY), weeks=(3, 4)),
        ["2026-01-16", "2026-01-19", "2026-01-23", "2026-01-26", "2026-02-16"],
    ),
    (
        "1Month Fourth,Last Thursday",
        AzureRecurrence("Month", weekdays=(THURSDAY,), weeks=(4, LAST)),
        ["2026-01-22", "2026-01-29", "2026-02-26", "2026-03-26"],
    ),
    (
        "2Months Third Monday Offset3",
        AzureRecurrence("Month", 2, weekdays=(MONDAY,), weeks=(3,), offset=3),
        ["2026-01-22", "2026-03-19"],
    ),
]


@pytest.mark.parametrize(
    ("text", "value", "days"),
    DOCUMENTED + SEEN,
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_an_azure_recurrence_opens_on_its_days(
    text: str, value: AzureRecurrence, days: list[str] | None
) -> None:
    """A recurrence that is documented or was seen is read, and opens on the days it names."""
    rule = parse_azure(text)
    assert rule == value
    if days is not None:
        frame = Frame(date(2026, 1, 7), date(2036, 1, 1), anchor=date(2026, 1, 7))
        assert [str(day) for day in islice(rule.dates(frame), len(days))] == days


@pytest.mark.parametrize(
    "text",
    [
        "month third SUNDAY offset6",
        "  Month\tThird  Sunday Offset6 ",
        "1Months Third Sunday Offset6",
    ],
)
def test_case_plural_and_space_do_not_matter(text: str) -> None:
    """Letter case, plural, a leading 1 and extra spaces change nothing."""
    assert parse_azure(text).text == "Month Third Sunday Offset6"


def test_offset_crosses_the_end_of_a_month() -> None:
    """An offset may carry the nth weekday into the month before or after."""
    frame = Frame(date(2026, 1, 1), date(2026, 4, 30))
    after, before = (
        parse_azure("Month Last Saturday Offset6"),
        parse_azure("Month First Sunday Offset-6"),
    )
    assert [str(day) for day in after.dates(frame)] == [
        "2026-01-02",
        "2026-02-06",
        "2026-03-06",
        "2026-04-03",
    ]
    assert [str(day) for day in before.dates(frame)] == [
        "2026-01-26",
        "2026-02-23",
        "2026-03-30",
        "2026-04-27",
    ]


def test_an_offset_beyond_six_is_read() -> None:
    """Offset11 is read, since its meaning is clear; the lint says whether Azure takes it."""
    assert parse_azure("Month Second Tuesday Offset11").offset == 11


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "Begin with Hour, Day, Week, or Month"),
        ("Fortnight", "Begin with Hour"),
        ("0Days", "1 or more"),
        ("9999Days", "three digits"),
        ("-2Days", "Begin with Hour"),
        ("²Days", "Begin with Hour"),
        ("Day Monday", "Remove the words after Day"),
        ("6Hours day1", "Remove the words after Hour"),
        ("Week Sun", "'sun' isn't a weekday"),
        ("Week Monday Tuesday", "one list of weekdays"),
        ("Week Monday,", "'' isn't a weekday"),
        ("Month day32", "day1 to day31"),
        ("Month day0", "day1 to day31"),
        ("Month day-1", "day1 to day31"),
        ("Month day1 day2", "Remove the words after the days"),
        ("Month day5 Offset3", "An offset requires a numbered weekday"),
        ("Month First", "After Month, specify"),
        ("Month Fifth Sunday", "First, Second, Third, Fourth, or Last"),
        ("Month First Sunday Offset+3", "without a plus sign"),
        ("Month First Sunday Offset 3", "After Month, specify"),
        ("Month First Sunday 3", "Offset6 or Offset-3"),
        ("Month First Sunday Offset9999", "Offset6 or Offset-3"),
        ("Month " + "x" * 1000, "1006 characters"),
    ],
)
def test_an_azure_recurrence_outside_the_grammar_is_refused(text: str, reason: str) -> None:
    """What the grammar cannot say is refused with what to write instead."""
    with pytest.raises(RecurrenceError, match=reason.replace("+", r"\+")):
        parse_azure(text)


def numbers(lowest: int, highest: int) -> st.SearchStrategy[tuple[int, ...]]:
    """Some numbers, each once, in order."""
    return st.sets(st.integers(lowest, highest), min_size=1).map(lambda found: tuple(sorted(found)))


INTERVALS = st.integers(1, 999)
PLAIN = st.tuples(st.sampled_from(["Hour", "Day", "Week", "Month"]), INTERVALS)
WEEKLY = st.tuples(st.just("Week"), INTERVALS, numbers(0, 6))
NUMBERED = st.tuples(st.just("Month"), INTERVALS, st.just(()), numbers(1, 31))
PLACED = st.tuples(
    st.just("Month"),
    INTERVALS,
    numbers(0, 6),
    st.just(()),
    numbers(1, 5).map(lambda weeks: tuple(LAST if week == 5 else week for week in weeks)),
    st.integers(-999, 999),
)
RULES = st.one_of(PLAIN, WEEKLY, NUMBERED, PLACED).map(lambda parts: AzureRecurrence(*parts))


@given(RULES)
def test_its_text_reads_as_itself(rule: AzureRecurrence) -> None:
    """The text of any recurrence is read back as the same recurrence."""
    assert parse_azure(rule.text) == rule


@given(
    RULES, st.dates(date(2020, 1, 1), date(2030, 12, 31)), st.integers(0, 2000), st.integers(0, 400)
)
def test_days_do_not_depend_on_where_one_begins_to_look(
    rule: AzureRecurrence, anchor: date, skip: int, length: int
) -> None:
    """Asked from a later day on, a rule names the same days as before, in order and each once."""
    first, later = anchor, anchor + timedelta(days=skip)
    last = later + timedelta(days=length)
    whole = list(rule.dates(Frame(first, last, anchor)))
    assert whole == sorted(set(whole))
    assert list(rule.dates(Frame(later, last, anchor))) == [day for day in whole if day >= later]


@given(
    st.text(max_size=60)
    | st.from_regex(r"[0-9]{0,3}(Month|Week|Day|Hour)s?( [A-Za-z0-9,-]{0,12}){0,4}", fullmatch=True)
)
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text makes anything but a recurrence or RecurrenceError, in one printable line."""
    try:
        parse_azure(text)
    except RecurrenceError as refused:
        assert str(refused).isprintable()
