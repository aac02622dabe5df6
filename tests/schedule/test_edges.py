"""Windows, zones, grids and calendar files at their edges: the first and the last that counts."""

import pickle
import time as stopwatch
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from hotpatch_cli.schedule.azure import AzureRecurrence, parse_azure
from hotpatch_cli.schedule.clock import in_zone, is_unambiguous, midnight, moment, real_minutes
from hotpatch_cli.schedule.day_grid import every, every_day, every_month, monday_of
from hotpatch_cli.schedule.day_rules import (
    AfterPatchTuesday,
    DayRule,
    Frame,
    RecurrenceError,
    Weekdays,
    after_patch_tuesday,
    parse_rrule,
    parse_weekdays,
)
from hotpatch_cli.schedule.fit import OpeningCache
from hotpatch_cli.schedule.freezes import Freeze, FreezeError, applies, cut, validate_freeze
from hotpatch_cli.schedule.ics_events import IcsEvents, read_events
from hotpatch_cli.schedule.patch_tuesday import LAST, nth_weekday
from hotpatch_cli.schedule.recurrence.ics_event import IcsEvent
from hotpatch_cli.schedule.recurrence.ics_zones import IcsError, without_known_zones
from hotpatch_cli.schedule.recurrence.rule import quoted, skipped_months
from hotpatch_cli.schedule.windows import (
    EARLIEST,
    LATEST,
    Opening,
    Window,
    WindowError,
    ZoneMissing,
    common_days,
    interval_of,
    openings,
    ruling_zone,
    validate,
)
from hotpatch_cli.schedule.zones import LONGEST_NAME, UnknownZone, find_zone, known_zone

STOCKHOLM = ZoneInfo("Europe/Stockholm")
DAILY = parse_rrule("FREQ=DAILY")
NIGHT = Window("night", DAILY, time(2), timedelta(hours=4))


def starts(window: Window, first: str, last: str, zone: ZoneInfo | None = STOCKHOLM) -> list[str]:
    """The local starts of a window between two moments."""
    found = openings(window, zone, datetime.fromisoformat(first), datetime.fromisoformat(last))
    return [f"{opening.start:%Y-%m-%d %H:%M}" for opening in found]


# --- days ----------------------------------------

RULES: dict[str, DayRule] = {
    "after patch tuesday": AfterPatchTuesday(4),
    "long after": AfterPatchTuesday(40),
    "before": AfterPatchTuesday(-20),
    "weekdays": Weekdays((0, 6)),
    "daily": DAILY,
    "azure days": parse_azure("3Days"),
    "azure weeks": parse_azure("2Weeks Monday,Sunday"),
    "azure months": parse_azure("2Months day1,day31"),
    "azure nth": parse_azure("Month First,Last Saturday Offset-6"),
    "azure far": parse_azure("2Months Fourth Saturday Offset6"),
}


@pytest.mark.parametrize("name", RULES)
def test_both_ends_of_a_range_are_included(name: str) -> None:
    """A range from one day of a rule to another has both, and nothing outside of them."""
    anchor = date(2026, 1, 5)
    long = Frame(date(2026, 1, 5), date(2027, 12, 31), anchor)
    all_days = list(RULES[name].dates(long))
    assert all_days == sorted(set(all_days))
    assert len(all_days) > 5
    for begin in range(0, len(all_days) - 3, max(1, len(all_days) // 20)):
        first, last = all_days[begin], all_days[begin + 3]
        found = list(RULES[name].dates(Frame(first, last, anchor)))
        assert found == all_days[begin : begin + 4]


@pytest.mark.parametrize(
    ("step", "first", "last", "expected"),
    [
        (1, "2025-12-31", "2026-02-01", [(2025, 12), (2026, 1), (2026, 2)]),
        (2, "2025-12-31", "2026-04-01", [(2026, 1), (2026, 3)]),
        (12, "2025-02-01", "2028-01-01", [(2026, 1), (2027, 1), (2028, 1)]),
        (3, "2026-01-31", "2026-01-01", [(2026, 1)]),
    ],
)
def test_every_few_months(
    step: int, first: str, last: str, expected: list[tuple[int, int]]
) -> None:
    """Months are counted from January 2026, and both ends are included."""
    grid, begin, end = date(2026, 1, 15), date.fromisoformat(first), date.fromisoformat(last)
    assert list(every_month(step, grid, begin, end)) == expected


def test_steps_and_weeks() -> None:
    """Steps are counted from the grid, before it too, and a week begins on Monday."""
    grid, step = date(2026, 1, 10), timedelta(days=4)
    found = list(every(step, grid, date(2026, 1, 1), date(2026, 1, 14)))
    assert [day.day for day in found] == [2, 6, 10, 14]
    assert list(every_day(grid, grid)) == [grid]
    assert list(every_day(grid, grid - timedelta(days=1))) == []
    for number in range(5, 12):
        assert monday_of(date(2026, 1, number)) == date(2026, 1, 5)


@pytest.mark.parametrize(
    ("week", "weekday", "day"),
    [(1, 3, 1), (1, 2, 7), (2, 1, 13), (4, 3, 22), (4, 2, 28), (LAST, 5, 31), (LAST, 6, 25)],
)
def test_numbered_weekdays(week: int, weekday: int, day: int) -> None:
    """January 2026 begins on a Thursday and ends on a Saturday."""
    assert nth_weekday(2026, 1, weekday, week) == date(2026, 1, day)


@pytest.mark.parametrize(
    ("days", "valid"), [(366, True), (-366, True), (367, False), (-367, False)]
)
def test_at_most_a_year_from_patch_tuesday(days: int, valid: bool) -> None:
    """A window opens at most 366 days from Patch Tuesday."""
    if valid:
        assert after_patch_tuesday(days).days == days
        return
    with pytest.raises(RecurrenceError, match="at most 366"):
        after_patch_tuesday(days)


@pytest.mark.parametrize("name", ["Wed", "We", "wednesday", " WEDNESDAY "])
def test_a_weekday_is_named_by_its_first_letters(name: str) -> None:
    """A weekday has its name, or the first three or two letters of it; not one, and not four."""
    assert parse_weekdays([name]).days == (2,)
    for wrong in (name.strip()[:1], "Wedn", "Wednesdays"):
        with pytest.raises(RecurrenceError):
            parse_weekdays([wrong])


@pytest.mark.parametrize(
    ("text", "valid"),
    [
        ("999Days", True),
        ("1000Days", False),
        ("0Days", False),
        ("Month First Monday Offset999", True),
        ("Month First Monday Offset1000", False),
        ("Month day31", True),
        ("Month day32", False),
        ("Month day0", False),
        ("Month First", False),
        ("Month First day1", False),
        ("Month First Monday Monday", False),
        ("Month First Monday Offset1 x", False),
        ("Month day1 Offset1", False),
        ("Week Monday Tuesday", False),
        ("Day Monday", False),
        ("Week " + " " * 180 + "Monday", True),
        ("Day" + " " * 197, True),
        ("Day" + " " * 198, False),
    ],
)
def test_the_limits_of_an_azure_recurrence(text: str, valid: bool) -> None:
    """Numbers of three digits, days of a month, three words, and 200 characters are the limits."""
    if valid:
        parse_azure(text)
        return
    with pytest.raises(RecurrenceError):
        parse_azure(text)


@pytest.mark.parametrize(
    ("text", "needed"),
    [
        ("Day", None),
        ("2Days", "every 2 days"),
        ("Hour", None),
        ("Week", "every week on the day of the first opening"),
        ("Week Monday", None),
        ("2Weeks Monday", "every 2 weeks"),
        ("Month", "every month on the day of the first opening"),
        ("Month day1", None),
        ("Month First Monday", None),
    ],
)
def test_a_recurrence_that_counts_needs_a_first_day(text: str, needed: str | None) -> None:
    """An interval, and a week or a month without a day, are counted from the first day."""
    assert parse_azure(text).from_needed == needed


def test_a_month_without_a_day_has_the_day_of_the_first_opening() -> None:
    """`Month` opens on the day of `from`, `Week` on its weekday."""
    frame = Frame(date(2026, 1, 7), date(2026, 3, 31), date(2026, 1, 7))
    assert [str(day) for day in AzureRecurrence("Month").dates(frame)] == [
        "2026-01-07",
        "2026-02-07",
        "2026-03-07",
    ]
    assert {day.weekday() for day in AzureRecurrence("Week").dates(frame)} == {2}


def test_the_days_that_few_months_have() -> None:
    """Every month has 28 days, from both ends."""
    assert skipped_months((1, 28, -28)) is None
    assert skipped_months((29,)) == "months without day 29 are skipped"
    assert skipped_months((-29, 31)) == "months without day -29 or 31 are skipped"


def test_long_text_is_cut_in_messages() -> None:
    """A message has at most 80 characters of a text."""
    assert quoted("x" * 80) == repr("x" * 80)
    assert quoted("x" * 81) == repr("x" * 80 + "...")


# --- windows ----------------------------------------


def test_the_first_and_the_last_day_of_a_window() -> None:
    """`from` and `until` are days of opening, from 1990-01-01 to 2199-12-31."""
    window = NIGHT._replace(from_day=date(2026, 1, 5), until=date(2026, 1, 7))
    assert [window.opens_on(date(2026, 1, day)) for day in range(4, 9)] == [
        False,
        True,
        True,
        True,
        False,
    ]
    for day, valid in ((EARLIEST, True), (LATEST, True), (date(1989, 12, 31), False)):
        asked = NIGHT._replace(from_day=day)
        if valid:
            validate(asked)
        else:
            with pytest.raises(WindowError, match="1990-01-01 to 2199-12-31"):
                validate(asked)
    validate(window._replace(until=window.from_day))


def test_an_hourly_window_ends_on_its_last_day() -> None:
    """A window that opens every six hours opens on all hours of the day `until`, and then ends."""
    window = Window(
        "hours",
        parse_azure("6Hours"),
        time(1),
        timedelta(hours=1),
        from_day=date(2026, 1, 5),
        until=date(2026, 1, 6),
        exdates=(date(2026, 1, 5),),
    )
    expected = [f"2026-01-06 {hour:02}:00" for hour in (1, 7, 13, 19)]
    assert starts(window, "2026-01-01T00:00Z", "2026-01-20T00:00Z") == expected
    assert starts(window, "2026-01-06T06:00Z", "2026-01-06T12:00Z") == expected[1:3]
    endless = window._replace(until=None, exdates=())
    assert starts(endless, "2026-01-05T00:00Z", "2026-01-05T06:00Z") == [
        "2026-01-05 01:00",
        "2026-01-05 07:00",
    ]


def test_hours_without_a_first_day_begin_at_the_minute_of_the_start() -> None:
    """Without `from`, an hourly window opens at the minute of `start` in each hour."""
    window = Window("hours", parse_azure("Hour"), time(0, 20), timedelta(minutes=30))
    assert starts(window, "2026-01-01T00:00Z", "2026-01-01T01:30Z") == [
        "2026-01-01 01:20",
        "2026-01-01 02:20",
    ]


@pytest.mark.parametrize("name", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Stockholm"])
def test_shared_days_are_enough_for_every_zone(name: str) -> None:
    """The days that zones share have all openings of a range in the first and in the last zone."""
    zone = ZoneInfo(name)
    for clock in (time(0), time(23, 59)):
        window = NIGHT._replace(start=clock)
        for first in (
            datetime(2026, 1, 10, hour, tzinfo=UTC) for hour in (0, 9, 10, 11, 13, 14, 23)
        ):
            last = first + timedelta(days=2)
            days = common_days(window, first, last)
            assert days is not None
            assert list(openings(window, zone, first, last, days)) == list(
                openings(window, zone, first, last)
            )
    bounded = NIGHT._replace(from_day=date(2026, 1, 9), until=date(2026, 1, 11))
    shared = common_days(
        bounded, datetime(2026, 1, 10, tzinfo=UTC), datetime(2026, 1, 11, tzinfo=UTC)
    )
    assert list(shared or ()) == [date(2026, 1, day) for day in (9, 10, 11)]


def test_days_that_differ_by_zone_are_not_shared() -> None:
    """Hours, events of a file, and rules that end at a moment have other days in other zones."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    for rule in (
        parse_azure("Hour"),
        parse_rrule("FREQ=DAILY;UNTIL=20270101T000000Z"),
        parse_rrule("FREQ=WEEKLY;BYDAY=MO\nFREQ=DAILY;UNTIL=20270101T000000"),
        IcsEvents(()),
    ):
        assert common_days(NIGHT._replace(rule=rule), now, now) is None
    assert common_days(NIGHT._replace(rule=parse_azure("Day")), now, now) is not None
    ends = parse_rrule("FREQ=DAILY;UNTIL=20270101")
    assert common_days(NIGHT._replace(rule=ends), now, now) is not None


@pytest.mark.parametrize(
    ("rule", "interval"),
    [
        (parse_azure("5Weeks Monday"), 5),
        (parse_rrule("FREQ=DAILY;INTERVAL=3"), 3),
        (parse_rrule("FREQ=DAILY;INTERVAL=3\nFREQ=YEARLY;INTERVAL=7\nFREQ=DAILY"), 7),
        (Weekdays((0,)), 1),
        (AfterPatchTuesday(0), 1),
    ],
)
def test_the_largest_interval_counts(rule: DayRule, interval: int) -> None:
    """A window with several rules is searched for as long as its rarest rule needs."""
    assert interval_of(rule) == interval


@pytest.mark.parametrize(
    ("rule", "hours", "valid"),
    [
        (DAILY, 24, True),
        (parse_rrule("FREQ=WEEKLY;BYDAY=FR,MO"), 72, True),
        (parse_rrule("FREQ=WEEKLY;BYDAY=FR,MO"), 73, False),
        (parse_rrule("FREQ=MONTHLY;BYMONTHDAY=1"), 28 * 24, True),
        (parse_azure("Hour"), 1, True),
        (parse_azure("Hour"), 1.1, False),
    ],
)
def test_a_window_may_last_until_it_opens_again(rule: DayRule, hours: float, valid: bool) -> None:
    """A window may last exactly as long as the time from one opening to the next."""
    window = Window("w", rule, time(2), timedelta(hours=hours))
    if valid:
        validate(window)
        return
    with pytest.raises(WindowError, match="opens again"):
        validate(window)


@pytest.mark.parametrize(
    ("interval", "first", "valid"),
    [
        (1, "2096-03-01", True),
        (1, "2001-01-01", True),
        (8, "2096-01-01", True),
        (3, "2001-01-01", True),
        (2, "2001-01-01", False),
        (100, "2001-01-01", False),
        (999, "2001-01-01", True),
    ],
)
def test_a_rule_of_few_years_is_found_and_a_rule_of_none_is_refused(
    interval: int, first: str, valid: bool
) -> None:
    """February 29 is found however rare it is, from 2096 to 2104 too; in odd years it never is."""
    rule = parse_rrule(f"FREQ=YEARLY;INTERVAL={interval};BYMONTH=2;BYMONTHDAY=29")
    window = NIGHT._replace(rule=rule, from_day=date.fromisoformat(first))
    if valid:
        validate(window)
        return
    with pytest.raises(WindowError, match="never opens"):
        validate(window)


@pytest.mark.parametrize(
    ("until", "valid"),
    [("20260101T015900", False), ("20260101T020000", True), ("20260102T000000", True)],
)
def test_a_rule_that_ends_before_its_first_opening_is_refused(until: str, valid: bool) -> None:
    """A rule whose UNTIL is before the start of the window on its first day never opens."""
    rule = parse_rrule(f"FREQ=DAILY;UNTIL={until}")
    window = NIGHT._replace(rule=rule, from_day=date(2026, 1, 1))
    if valid:
        validate(window)
        assert starts(window, "2026-01-01T00:00Z", "2026-02-01T00:00Z") == ["2026-01-01 02:00"]
        return
    with pytest.raises(WindowError, match="never opens"):
        validate(window)


def test_clock_changes_are_noted_on_the_opening_that_has_them() -> None:
    """An opening during which the clocks change has a note, and lasts as long as it says."""
    found = list(
        openings(
            NIGHT, STOCKHOLM, datetime(2026, 10, 23, tzinfo=UTC), datetime(2026, 10, 26, tzinfo=UTC)
        )
    )
    assert [opening.minutes for opening in found] == [240, 240, 240]
    assert [bool(opening.notes) for opening in found] == [False, False, True]
    assert [f"{opening.end:%H:%M}" for opening in found] == ["06:00", "06:00", "05:00"]


def test_the_zone_that_rules_a_window() -> None:
    """The window's own zone comes first, then the machine's; a file whose events all have a zone
    needs none, and nothing else does without.
    """
    zoned = IcsEvents((IcsEvent(date(2026, 1, 1), time(2), timedelta(hours=1), UTC),))
    floating = IcsEvents((IcsEvent(date(2026, 1, 1), time(2), timedelta(hours=1)),))
    bare = Window("w", zoned)
    assert ruling_zone(NIGHT._replace(timezone="Asia/Tokyo"), STOCKHOLM) == ZoneInfo("Asia/Tokyo")
    assert ruling_zone(NIGHT, STOCKHOLM) == STOCKHOLM
    assert ruling_zone(bare, STOCKHOLM) == STOCKHOLM
    assert ruling_zone(bare, None) == UTC
    for window in (NIGHT, bare._replace(rule=floating), bare._replace(start=time(2))):
        with pytest.raises(ZoneMissing):
            ruling_zone(window, None)


def test_a_cache_answers_any_question_as_if_it_were_the_first() -> None:
    """An earlier, a later and a longer question get all openings of their own range."""
    cache = OpeningCache()
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    for first, length in ((100, 10), (0, 5), (1000, 3), (50, 100), (2000, 0), (101, 1), (99, 900)):
        after = begin + timedelta(days=first, hours=1)
        until = after + timedelta(days=length)
        assert list(cache.between(NIGHT, STOCKHOLM, after, until)) == list(
            openings(NIGHT, STOCKHOLM, after, until)
        )
    at_once = begin + timedelta(hours=1)
    assert len(list(cache.between(NIGHT, STOCKHOLM, at_once, at_once))) == 1


# --- freezes ----------------------------------------

OPEN = Opening(
    "w",
    in_zone(datetime(2026, 1, 10, 22, tzinfo=UTC), UTC),
    in_zone(datetime(2026, 1, 11, 2, tzinfo=UTC), UTC),
)


@pytest.mark.parametrize(
    ("first", "last", "pieces"),
    [
        ("2026-01-10", "2026-01-10", [("00:00", "02:00")]),
        ("2026-01-11", "2026-01-11", [("22:00", "00:00")]),
        ("2026-01-10", "2026-01-11", []),
        ("2026-01-09", "2026-01-09", [("22:00", "02:00")]),
        ("2026-01-12", "2026-01-12", [("22:00", "02:00")]),
        (None, "2026-01-10", [("00:00", "02:00")]),
        ("2026-01-11", None, [("22:00", "00:00")]),
        (None, None, []),
    ],
)
def test_a_freeze_has_whole_days(
    first: str | None, last: str | None, pieces: list[tuple[str, str]]
) -> None:
    """Both days of a freeze are frozen to their ends, and a missing end is open."""
    freeze = Freeze(
        "f",
        date.fromisoformat(first) if first else None,
        date.fromisoformat(last) if last else None,
    )
    left, removed = cut(OPEN, [freeze])
    assert [(f"{piece.start:%H:%M}", f"{piece.end:%H:%M}") for piece in left] == pieces
    frozen = 240 - sum(real_minutes(piece.start, piece.end) for piece in left)
    assert sum(part.minutes for part in removed) == frozen


def test_a_freeze_of_one_day_is_valid() -> None:
    """A freeze may end on the day on which it begins."""
    day = date(2026, 1, 10)
    validate_freeze(Freeze("f", day, day))
    validate_freeze(Freeze("f", day))
    validate_freeze(Freeze("f", to_day=day))
    with pytest.raises(FreezeError, match="is before `from`"):
        validate_freeze(Freeze("f", day, day - timedelta(days=1)))


def test_every_criterion_of_a_freeze_must_match() -> None:
    """A freeze applies to a machine of one of its groups, rings and regions, with all its tags."""
    freeze = Freeze(
        "f", groups=("a", "b"), rings=("1",), regions=("uk",), tags=(("x", "1"), ("y", "2"))
    )
    tags = {"x": "1", "y": "2", "z": "3"}
    assert applies(freeze, ["c", "b"], "1", "uk", tags)
    assert not applies(freeze, ["c"], "1", "uk", tags)
    assert not applies(freeze, ["b"], "2", "uk", tags)
    assert not applies(freeze, ["b"], None, "uk", tags)
    assert not applies(freeze, ["b"], "1", "us", tags)
    assert not applies(freeze, ["b"], "1", "uk", {"x": "1", "y": "3"})
    assert not applies(freeze, ["b"], "1", "uk", {"x": "1"})
    assert applies(Freeze("f"), [], None, None, {})


# --- calendar files ----------------------------------------


def calendar(*lines: str) -> str:
    """A calendar file with one event."""
    return "\r\n".join(
        ["BEGIN:VCALENDAR", "BEGIN:VEVENT", "UID:1", *lines, "END:VEVENT", "END:VCALENDAR"]
    )


@pytest.mark.parametrize(
    ("lines", "length"),
    [
        (("DTSTART;VALUE=DATE:20260301",), "1 day, 0:00:00"),
        (("DTSTART;VALUE=DATE:20260301", "DTEND;VALUE=DATE:20260304"), "3 days, 0:00:00"),
        (("DTSTART;VALUE=DATE:20260301", "DURATION:P2D"), "2 days, 0:00:00"),
        (("DTSTART:20260301T220000Z", "DTEND:20260302T020000Z"), "4:00:00"),
        (("DTSTART:20260301T220000Z", "DURATION:P1000D"), "1000 days, 0:00:00"),
    ],
)
def test_the_length_of_an_event(lines: tuple[str, ...], length: str) -> None:
    """An event lasts until DTEND or for DURATION, at most 1000 days; a day alone lasts one day."""
    (event,) = read_events(calendar(*lines)).events
    assert str(event.length) == length


def test_a_folded_line_is_one_line() -> None:
    """A line that continues after a line break and a space is one; a byte order mark is none."""
    text = "\ufeff" + calendar("DTSTART;VALUE=DATE:2026\r\n 0301", "DESCRIPTION:x\r\n DTSTART:y")
    (event,) = read_events(text).events
    assert event.day == date(2026, 3, 1)


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        (1, 31, [10, 17, 24, 31]),
        (10, 10, [10]),
        (11, 17, [17]),
        (1, 10, [10]),
        (1, 9, []),
        (18, 23, []),
    ],
)
def test_the_days_of_an_event_in_a_range(first: int, last: int, days: list[int]) -> None:
    """An event is on its own day and on those of its rules, both ends included, each once."""
    rules = parse_rrule("FREQ=WEEKLY\nFREQ=MONTHLY").rules
    event = IcsEvent(date(2026, 1, 10), time(2), timedelta(hours=1), UTC, rules)
    found = event.days(UTC, date(2026, 1, first), date(2026, 1, last))
    assert [day.day for day in found] == days
    without = event._replace(left_out=frozenset({date(2026, 1, 10), date(2026, 1, 24)}))
    found = without.days(UTC, date(2026, 1, first), date(2026, 1, last))
    assert [day.day for day in found] == [day for day in days if day not in (10, 24)]


EVENT = ("DTSTART;TZID=Europe/Stockholm:20260310T233000", "DURATION:PT4H", "RRULE:FREQ=DAILY")


@pytest.mark.parametrize(
    ("event", "lines", "days"),
    [
        (EVENT, ("EXDATE:20260311T223000Z",), [10, 12]),
        (EVENT, ("EXDATE:20260311T230000Z",), [10, 11]),
        (EVENT, ("EXDATE:20260311T233000",), [10, 12]),
        (EVENT, ("EXDATE;VALUE=DATE:20260311",), [10, 12]),
        (EVENT, ("EXDATE;TZID=America/New_York:20260311T183000",), [10, 12]),
        (EVENT, ("EXDATE;TZID=America/New_York:20260311T190000",), [10, 11]),
        (("DTSTART:20260310T233000", *EVENT[1:]), ("EXDATE:20260311T233000Z",), [10, 12]),
        (("DTSTART:20260310T003000", *EVENT[1:]), ("EXDATE:20260311T003000Z",), [10, 12]),
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/Los_Angeles"])
def test_a_day_is_left_out_by_the_clock_of_its_event(
    monkeypatch: pytest.MonkeyPatch,
    event: tuple[str, ...],
    lines: tuple[str, ...],
    days: list[int],
    zone: str,
) -> None:
    """EXDATE leaves out a day of the event's zone, in whichever zone the file or the computer has
    it.
    """
    with computer_in(monkeypatch, zone):
        (found,) = read_events(calendar(*event, *lines)).events
        first, last = date(2026, 3, 1), date(2026, 3, 12)
        assert [day.day for day in found.days(STOCKHOLM, first, last)] == days


@pytest.mark.parametrize(
    ("value", "first"),
    [
        ("RDATE:20260301T223000Z", "2026-03-01 23:30"),
        ("RDATE:20260301T233000Z", "2026-03-02 00:30"),
        ("RDATE:20260301T233000", "2026-03-01 23:30"),
        ("RDATE;TZID=Asia/Tokyo:20260302T073000", "2026-03-01 23:30"),
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo"])
def test_another_day_has_the_clock_of_its_event(
    monkeypatch: pytest.MonkeyPatch, value: str, first: str, zone: str
) -> None:
    """RDATE adds a moment, converted to the event's zone."""
    with computer_in(monkeypatch, zone):
        events = read_events(calendar(EVENT[0], EVENT[1], value))
        spans = events.spans(STOCKHOLM, date(2026, 2, 1), date(2026, 3, 20))
        assert [f"{span.start:%Y-%m-%d %H:%M}" for span in spans] == [first, "2026-03-10 23:30"]


@contextmanager
def computer_in(monkeypatch: pytest.MonkeyPatch, zone: str) -> Iterator[None]:
    """A computer whose own clock is in a zone."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", zone)
        stopwatch.tzset()
        yield
    stopwatch.tzset()


@pytest.mark.parametrize(
    ("year", "valid"), [(1969, False), (1970, True), (2199, True), (2200, False)]
)
def test_the_years_of_an_event(year: int, valid: bool) -> None:
    """An event begins in 1970 to 2199."""
    text = calendar(f"DTSTART:{year}0615T120000Z", "DURATION:PT4H")
    if valid:
        (event,) = read_events(text).events
        assert event.day.year == year
        return
    with pytest.raises(IcsError, match="from 1970 to 2199"):
        read_events(text)


def test_a_time_zone_without_a_name_is_no_known_one() -> None:
    """A VTIMEZONE without a TZID has the same limits as one with the name of no known zone."""
    block = ["BEGIN:VTIMEZONE", "END:VTIMEZONE"]
    assert without_known_zones(block, known_zone) == block
    with pytest.raises(IcsError, match="FREQ=DAILY"):
        without_known_zones([block[0], "RRULE:FREQ=DAILY", block[1]], known_zone)


@pytest.mark.parametrize(("day", "begins"), [(1, False), (2, True), (3, False)])
def test_a_single_event_is_on_its_day(day: int, begins: bool) -> None:
    """An event without a rule is in a range that is its day alone, and in no other day's."""
    events = read_events(calendar("DTSTART;VALUE=DATE:20260302"))
    asked = date(2026, 3, day)
    assert [span.start.date() for span in events.spans(STOCKHOLM, asked, asked)] == [asked] * begins


def test_an_event_ends_in_the_years_of_events() -> None:
    """An event that begins on the last day of 2199 can't end in 2200."""
    begin = "DTSTART:21991231T200000Z"
    (event,) = read_events(calendar(begin, "DTEND:21991231T235959Z")).events
    assert event.day == date(2199, 12, 31)
    with pytest.raises(IcsError, match="from 1970 to 2199"):
        read_events(calendar(begin, "DTEND:22000101T000000Z"))


@pytest.mark.parametrize(
    ("text", "takes"),
    [
        ("COUNT=9999", None),
        ("COUNT=10000", "from 1 to 9999"),
        ("COUNT=1", None),
        ("COUNT=0", "from 1 to 9999"),
        ("BYMONTHDAY=31", None),
        ("BYMONTHDAY=32", "from 1 to 31"),
        ("BYMONTHDAY=-31", None),
        ("BYMONTHDAY=-32", "from -1 to -31"),
        ("BYMONTH=12", None),
        ("BYMONTH=13", "from 1 to 12"),
        ("BYMONTH=-1", "from 1 to 12"),
        ("BYMONTH=1,13", "from 1 to 12"),
        ("BYMONTH=0", "from 1 to 12"),
        ("BYYEARDAY=366", None),
        ("BYYEARDAY=367", "from 1 to 366"),
        ("BYWEEKNO=53", None),
        ("BYWEEKNO=54", "from 1 to 53"),
        ("BYMONTH=1;BYSETPOS=366", None),
        ("BYMONTH=1;BYSETPOS=367", "from 1 to 366"),
    ],
)
def test_the_numbers_of_a_recurrence(text: str, takes: str | None) -> None:
    """Each part of a rule has its lowest and highest number, and the message names them."""
    if takes is None:
        parse_rrule(f"FREQ=YEARLY;{text}")
        return
    with pytest.raises(RecurrenceError, match=takes):
        parse_rrule(f"FREQ=YEARLY;{text}")


# --- zones ----------------------------------------


def advice(name: str) -> str:
    """The message on an unknown zone."""
    with pytest.raises(UnknownZone) as refused:
        find_zone(name)
    return str(refused.value)


@pytest.mark.parametrize(
    ("offset", "zone"),
    [
        ("UTC+14", "Etc/GMT-14"),
        ("UTC+15", None),
        ("UTC-12", "Etc/GMT+12"),
        ("UTC-13", None),
        ("GMT-12", "Etc/GMT+12"),
        ("GMT-13", None),
        ("GMT+14", "Etc/GMT-14"),
        ("GMT+1", "Etc/GMT-1"),
        ("+1", "Etc/GMT-1"),
        ("GMT+00", None),
        ("+0", None),
    ],
)
def test_the_furthest_offsets(offset: str, zone: str | None) -> None:
    """Zones are at most 14 hours before UTC and 12 hours after it; offset 0 is called UTC."""
    if known_zone(offset) is not None:
        return
    message = advice(offset)
    assert "Specify an IANA name" in message
    assert ("Etc/GMT" in message) == (zone is not None)
    if zone is not None:
        assert message.endswith(zone)


def test_short_words_have_no_slips() -> None:
    """A slip is recognized in words of three letters and more, of which four of five are alike."""
    assert "Did you mean Asia/Tokyo?" in advice("Asia/Tokio")
    assert "Did you mean Australia/Perth?" in advice("Australia/Perht")
    assert "Did you mean" not in advice("Asia/Toxxo")
    assert "Did you mean" not in advice("As/Tokyo2")
    assert "Did you mean Asia/Ust-Nera?" in advice("Asia/Usts-Nera")
    assert "Did you mean" not in advice("Asia/Us-Nera")


def test_a_name_may_have_64_characters() -> None:
    """A longer name isn't looked up, and its message says how long it is."""
    assert "isn't a time zone" in advice("x" * LONGEST_NAME)
    assert "65 characters" in advice("x" * (LONGEST_NAME + 1))
    assert "0 characters" in advice("")


def test_suggestions_are_in_the_order_of_names() -> None:
    """Several zones of one place with the same offsets are named in the order of their names."""
    message = advice("knox")
    assert message == advice("knox")
    assert "America/Indiana/Knox" in message


# --- clocks ----------------------------------------


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo"])
def test_a_moment_without_a_zone_is_in_utc(monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    """Where no zone is known, a moment is in UTC, whatever the zone of the computer is."""
    with computer_in(monkeypatch, zone):
        local = in_zone(datetime(2026, 3, 1, 12, tzinfo=UTC), None)
        assert f"{local:%H:%M %z}" == "12:00 +0000"


def test_a_local_moment_survives_a_copy() -> None:
    """A local moment that another process gets has the same zone, offset and name."""
    local = moment(date(2026, 7, 1), time(12), STOCKHOLM).local
    copied = pickle.loads(pickle.dumps(local))  # noqa: S301 - made a line above
    assert copied == local
    assert (copied.tzinfo, copied.tzname()) == (local.tzinfo, "CEST")
    assert "Europe/Stockholm" in repr(local)


def test_times_around_a_clock_change() -> None:
    """A skipped time moves to the first minute after the gap, a repeated time is its first."""
    skipped = moment(date(2026, 3, 29), time(2, 30), STOCKHOLM)
    assert (f"{skipped.local:%H:%M %z}", bool(skipped.note)) == ("03:00 +0200", True)
    repeated = moment(date(2026, 10, 25), time(2, 30), STOCKHOLM)
    assert (f"{repeated.local:%H:%M %z}", bool(repeated.note)) == ("02:30 +0200", True)
    for clock in (time(1, 59), time(3, 0)):
        assert moment(date(2026, 3, 29), clock, STOCKHOLM).note is None
        assert moment(date(2026, 10, 25), clock, STOCKHOLM).note is None
    assert is_unambiguous(repeated.local)
    assert not is_unambiguous(in_zone(repeated.local + timedelta(hours=1), STOCKHOLM))
    assert (
        real_minutes(midnight(date(2026, 3, 29), STOCKHOLM), midnight(date(2026, 3, 30), STOCKHOLM))
        == 23 * 60
    )


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("Month First Monday", None),
        ("Week", None),
        ("Day", None),
        ("Month", "months without day 31 are skipped"),
        ("Month day30", "months without day 30 are skipped"),
    ],
)
def test_which_months_an_azure_recurrence_skips(text: str, note: str | None) -> None:
    """Only days of the month are skipped, the day of `from` too; every month has each weekday."""
    assert parse_azure(text).note(date(2026, 1, 31)) == note


def test_hours_begin_at_the_start_of_the_first_day() -> None:
    """An hourly window opens at `start` on `from` first, not earlier on that day."""
    window = Window(
        "w", parse_azure("6Hours"), time(13), timedelta(hours=1), from_day=date(2026, 1, 5)
    )
    found = starts(window, "2026-01-01T00:00Z", "2026-01-05T20:00Z")
    assert found == ["2026-01-05 13:00", "2026-01-05 19:00"]


def test_a_long_event_beside_a_short_one_freezes_to_its_end() -> None:
    """An event that began long before an opening freezes it, however short other events are."""
    events = read_events(
        "\r\n".join(
            [
                "BEGIN:VCALENDAR",
                *("BEGIN:VEVENT", "UID:1", "DTSTART;VALUE=DATE:20251201"),
                *("DTEND;VALUE=DATE:20260120", "END:VEVENT"),
                *("BEGIN:VEVENT", "UID:2", "DTSTART:20260301T000000Z", "DURATION:PT1H"),
                *("END:VEVENT", "END:VCALENDAR"),
            ]
        )
    )
    left, removed = cut(OPEN, [Freeze("f", events=events)])
    assert (left, [part.minutes for part in removed]) == ((), [240])


def test_the_zone_of_a_day_does_not_matter() -> None:
    """A day has no zone, whatever its TZID is."""
    (event,) = read_events(calendar("DTSTART;TZID=Nowhere;VALUE=DATE:20260301")).events
    assert (event.day, event.zone) == (date(2026, 3, 1), None)


@pytest.mark.parametrize(("lines", "valid"), [(40, True), (41, False)])
def test_a_zone_of_a_file_has_at_most_40_lines(lines: int, valid: bool) -> None:
    """A VTIMEZONE that only the file defines has at most 40 lines and four rules."""
    block = ["BEGIN:VTIMEZONE", "TZID:Mine", "END:VTIMEZONE"]
    block[2:2] = ["TZNAME:x"] * (lines - 3)
    rule = "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU"
    rules = ["BEGIN:VTIMEZONE", "TZID:Mine", *[rule] * (lines - 36), "END:VTIMEZONE"]
    for text in (block, rules):
        if valid:
            assert without_known_zones(text, known_zone) == text
        else:
            with pytest.raises(IcsError, match="has more than 40 lines or 4 rules"):
                without_known_zones(text, known_zone)


def test_a_local_moment_has_the_name_of_its_zone() -> None:
    """The offset of a local moment is called what its zone is called, and converts to that zone."""
    local = in_zone(datetime(2026, 1, 10, tzinfo=UTC), STOCKHOLM)
    assert str(local.tzinfo) == "Europe/Stockholm"
    assert local.tzname() == "CET"
    assert local.dst() is None
    summer = datetime(2026, 7, 10, tzinfo=UTC).astimezone(local.tzinfo)
    assert f"{summer:%H:%M %z}" == "02:00 +0200"
