"""Windows: the rules of time by example, what is refused, and properties of all openings."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotpatch_cli.schedule.clock import zone_of
from hotpatch_cli.schedule.day_rules import (
    AfterPatchTuesday,
    DayRule,
    RecurrenceError,
    after_patch_tuesday,
    parse_azure,
    parse_rrule,
    parse_weekdays,
)
from hotpatch_cli.schedule.windows import (
    Opening,
    Window,
    WindowError,
    ZoneMissing,
    openings,
    validate,
)
from hotpatch_cli.schedule.zones import UnknownZone

STOCKHOLM = ZoneInfo("Europe/Stockholm")
DAILY = parse_rrule("FREQ=DAILY")


def first(window: Window, after: str, zone: ZoneInfo | None = STOCKHOLM) -> Opening:
    """The first opening from a moment on, within two years."""
    moment = datetime.fromisoformat(after)
    return next(openings(window, zone, moment, moment + timedelta(days=730)))


# Zone, day, start, duration; start and end as they have to be; words of the note.
CLOCK_CHANGES = [
    (
        "Europe/Stockholm",
        "2026-03-29",
        "02:00",
        4,
        "03:00+02:00",
        "07:00+02:00",
        "02:00 doesn't exist",
    ),
    ("Europe/Stockholm", "2026-03-29", "02:59", 4, "03:00+02:00", "07:00+02:00", "moved to 03:00"),
    ("Europe/Stockholm", "2026-03-29", "03:00", 4, "03:00+02:00", "07:00+02:00", None),
    (
        "Europe/Stockholm",
        "2026-03-29",
        "01:00",
        4,
        "01:00+01:00",
        "06:00+02:00",
        "of real time end at 06:00",
    ),
    ("Europe/Stockholm", "2026-10-25", "02:30", 1, "02:30+02:00", "02:30+01:00", "occurs twice"),
    (
        "Europe/Stockholm",
        "2026-10-25",
        "01:00",
        4,
        "01:00+02:00",
        "04:00+01:00",
        "of real time end at 04:00",
    ),
    ("Europe/Stockholm", "2026-10-25", "03:00", 4, "03:00+01:00", "07:00+01:00", None),
    ("America/New_York", "2026-03-08", "02:30", 2, "03:00-04:00", "05:00-04:00", "moved to 03:00"),
    ("America/New_York", "2026-11-01", "01:30", 2, "01:30-04:00", "02:30-05:00", "occurs twice"),
    (
        "Australia/Lord_Howe",
        "2026-10-04",
        "02:15",
        1,
        "02:30+11:00",
        "03:30+11:00",
        "moved to 02:30",
    ),
    ("Australia/Lord_Howe", "2026-04-05", "01:45", 1, "01:45+11:00", "02:15+10:30", "occurs twice"),
    ("America/Havana", "2026-03-08", "00:00", 2, "01:00-04:00", "03:00-04:00", "moved to 01:00"),
    ("America/Havana", "2026-11-01", "00:30", 2, "00:30-04:00", "01:30-05:00", "occurs twice"),
    ("America/Sao_Paulo", "2018-11-04", "00:00", 2, "01:00-02:00", "03:00-02:00", "moved to 01:00"),
    ("Africa/Casablanca", "2026-02-15", "02:30", 2, "02:30+01:00", "03:30+00:00", "occurs twice"),
    ("Asia/Kolkata", "2026-03-29", "02:00", 4, "02:00+05:30", "06:00+05:30", None),
]


@pytest.mark.parametrize("case", CLOCK_CHANGES, ids=lambda case: " ".join(case[:3]))
def test_a_window_opens_across_a_clock_change(
    case: tuple[str, str, str, int, str, str, str | None],
) -> None:
    """A skipped start moves to the first minute that exists, a repeated one is its first pass,
    lengths are real.
    """
    zone, day, start, hours, begins, ends, note = case
    window = Window(
        "w",
        DAILY,
        time.fromisoformat(start),
        timedelta(hours=hours),
        from_day=date.fromisoformat(day),
    )
    opening = first(window, f"{before(day)}T12:00:00Z", ZoneInfo(zone))
    assert opening.start.isoformat(timespec="minutes") == f"{day}T{begins}"
    assert opening.end.isoformat(timespec="minutes") == f"{day}T{ends}"
    assert opening.minutes == hours * 60
    assert all(note and note in text for text in opening.notes[:1])
    assert bool(opening.notes) == bool(note)


def before(day: str) -> date:
    """The day before, on which the openings of a day have not begun anywhere."""
    return date.fromisoformat(day) - timedelta(days=1)


def test_a_day_that_a_zone_skipped_opens_when_the_next_one_begins() -> None:
    """Samoa had no 30 December 2011: an opening of that day moves to the first minute of the 31st,
    and says so.
    """
    apia = ZoneInfo("Pacific/Apia")
    window = Window(
        "w",
        DAILY,
        time(22),
        timedelta(hours=1),
        from_day=date(2011, 12, 30),
        until=date(2011, 12, 30),
    )
    opening = first(window, "2011-12-29T00:00:00+00:00", apia)
    assert opening.start.isoformat() == "2011-12-31T00:00:00+14:00"
    assert opening.notes == ("22:00 doesn't exist on 2011-12-30: moved to 2011-12-31 00:00",)


def test_the_opening_day_owns_the_night() -> None:
    """Saturday 22:00 for eight hours is Saturday's: asked on Sunday, the next opening is a week
    away.
    """
    window = Window("w", parse_weekdays(["Sat"]), time(22), timedelta(hours=8))
    assert (
        first(window, "2026-01-11T00:00:00+01:00").start.isoformat() == "2026-01-17T22:00:00+01:00"
    )
    sunday = first(window, "2026-01-17T12:00:00+01:00")
    assert sunday.end.isoformat() == "2026-01-18T06:00:00+01:00"


def test_an_opening_counts_from_its_very_start_on() -> None:
    """An opening that starts at the moment asked for counts; a second later it is missed."""
    window = Window("w", parse_weekdays(["Sun"]), time(2), timedelta(hours=4))
    assert first(window, "2026-01-11T02:00:00+01:00").start.day == 11
    assert first(window, "2026-01-11T02:00:01+01:00").start.day == 18


def test_the_last_moment_is_included() -> None:
    """An opening that starts at the end of the time asked for is given, a later one is not."""
    window = Window("w", DAILY, time(2), timedelta(hours=4))
    moment = datetime(2026, 1, 11, 1, tzinfo=UTC)
    assert [opening.start for opening in openings(window, STOCKHOLM, moment, moment)] == [moment]
    assert (
        list(
            openings(window, STOCKHOLM, moment - timedelta(hours=23), moment - timedelta(seconds=1))
        )
        == []
    )


def test_moments_of_one_zone_are_not_compared_by_their_wall_clocks() -> None:
    """At the second pass of 02:15, the opening of 02:30's first pass has already begun."""
    window = Window("w", DAILY, time(2, 30), timedelta(hours=1))
    second_pass = datetime(2026, 10, 25, 2, 15, fold=1, tzinfo=STOCKHOLM)
    found = next(openings(window, STOCKHOLM, second_pass, second_pass + timedelta(days=2)))
    assert found.start.day == 26


def test_the_zone_of_the_window_wins() -> None:
    """A window with a zone opens by it, for whatever machine; the name may be a Windows name."""
    window = Window("w", DAILY, time(2), timedelta(hours=4), timezone="India Standard Time")
    assert (
        first(window, "2026-01-10T18:00:00+00:00").start.isoformat() == "2026-01-11T02:00:00+05:30"
    )
    assert (
        first(window, "2026-01-10T18:00:00+00:00", None).start.isoformat()
        == "2026-01-11T02:00:00+05:30"
    )


def test_no_zone_is_never_utc() -> None:
    """Without a zone on the window and the machine there is no opening, but ZoneMissing."""
    with pytest.raises(ZoneMissing, match="neither the window 'w' nor the machine has a time zone"):
        first(Window("w", DAILY, time(2), timedelta(hours=4)), "2026-01-11T00:00:00+00:00", None)


def test_an_unknown_zone_is_named() -> None:
    """A window whose zone doesn't exist raises UnknownZone."""
    with pytest.raises(UnknownZone, match="Europe/Stockholm"):
        first(
            Window("w", DAILY, time(2), timedelta(hours=4), timezone="Europe/Stokholm"),
            "2026-01-11T00:00:00Z",
        )


def test_from_until_and_exdates() -> None:
    """`from` and `until` are included, and a left-out day has no opening."""
    window = Window(
        "w",
        DAILY,
        time(22),
        timedelta(hours=8),
        None,
        date(2026, 1, 5),
        date(2026, 1, 8),
        (date(2026, 1, 6),),
    )
    begin = datetime(2025, 1, 1, tzinfo=UTC)
    found = openings(window, STOCKHOLM, begin, begin + timedelta(days=730))
    assert [opening.start.day for opening in found] == [5, 7, 8]


@pytest.mark.parametrize(
    ("rule", "note"),
    [
        (parse_azure("Month day31"), "months without day 31 are skipped"),
        (parse_azure("Month day28,day30,day31"), "months without day 30 or 31 are skipped"),
        (parse_azure("Month day28"), None),
        (parse_azure("Month"), "months without day 31 are skipped"),
        (parse_rrule("FREQ=MONTHLY;BYMONTHDAY=31"), "months without day 31 are skipped"),
        (parse_rrule("FREQ=MONTHLY"), "months without day 31 are skipped"),
        (parse_rrule("FREQ=MONTHLY;BYMONTHDAY=-1"), None),
        (parse_rrule("FREQ=MONTHLY;BYDAY=5SU"), "months without a fifth such weekday are skipped"),
        (parse_rrule("FREQ=YEARLY;BYDAY=5MO"), None),
        (parse_rrule("FREQ=MONTHLY;BYDAY=2TU"), None),
    ],
)
def test_what_is_skipped_is_said(rule: DayRule, note: str | None) -> None:
    """A rule that skips months says so with each opening; here from 31 January on."""
    window = Window("w", rule, time(12), timedelta(hours=1), from_day=date(2026, 1, 31))
    assert first(window, "2026-01-01T00:00:00+01:00").notes == ((note,) if note else ())


def test_day_31_skips_as_rfc_5545_does() -> None:
    """`Month day31` opens in January, March, May, July, August, October and December."""
    window = Window("w", parse_azure("Month day31"), time(12), timedelta(hours=1))
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    found = openings(window, STOCKHOLM, begin, begin + timedelta(days=365))
    assert [opening.start.month for opening in found] == [1, 3, 5, 7, 8, 10, 12]


def window(rule: DayRule, hours: float = 4, **more: object) -> Window:
    """A window at two in the morning."""
    return Window("w", rule, time(2), timedelta(hours=hours), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "good",
    [
        window(DAILY, 24),
        window(parse_weekdays(["Sat", "Sun"]), 24),
        window(parse_rrule("FREQ=WEEKLY;BYDAY=FR"), 7 * 24),
        window(parse_rrule("FREQ=MONTHLY;BYMONTHDAY=1"), 28 * 24),
        window(parse_azure("6Hours"), 6, from_day=date(2026, 1, 1)),
        window(parse_azure("Hour"), 1),
        window(parse_azure("Month day31"), until=date(9999, 12, 31)),
        window(parse_azure("48Months day29"), from_day=date(2024, 2, 1)),
        window(
            parse_rrule("FREQ=YEARLY;INTERVAL=999;BYMONTH=1;BYMONTHDAY=1"),
            from_day=date(2199, 1, 1),
        ),
        window(parse_rrule("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29"), from_day=date(2096, 3, 1)),
        window(AfterPatchTuesday(4), 7 * 24),
    ],
)
def test_a_window_that_can_open_is_taken(good: Window) -> None:
    """A window that opens, and closes before it opens again, is good, however rare or
    long it is.
    """
    validate(good)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (Window("w", DAILY, None, timedelta(hours=4)), "`start` and `duration`"),
        (Window("w", DAILY, time(2), None), "`start` and `duration`"),
        (window(DAILY, 0), "must be longer than zero"),
        (window(DAILY, -1), "must be longer than zero"),
        (window(DAILY, 24.1), "opens again after 1 day"),
        (window(parse_weekdays(["Sat", "Sun"]), 25), "opens again after 1 day"),
        (window(parse_rrule("FREQ=WEEKLY;BYDAY=FR,MO"), 73), "opens again after 3 days"),
        (
            window(parse_rrule("FREQ=MONTHLY;BYMONTHDAY=1"), 28 * 24 + 1),
            "opens again after 28 days",
        ),
        (window(AfterPatchTuesday(4), 24 * 30), "opens again after 28 days"),
        (window(parse_azure("1Hour"), 1.5), "opens again after 1:00:00"),
        (window(parse_azure("3Hour"), 3.9, from_day=date(2026, 1, 1)), "opens again after 3:00:00"),
        (window(parse_rrule("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU")), "INTERVAL=2 requires a first"),
        (window(parse_rrule("FREQ=DAILY;COUNT=2")), "COUNT=2 requires a first date"),
        (window(parse_rrule("FREQ=WEEKLY")), "requires a first date"),
        (window(parse_rrule("FREQ=MONTHLY")), "requires a first date"),
        (window(parse_rrule("FREQ=YEARLY;BYMONTH=3")), "requires a first date"),
        (window(parse_rrule("FREQ=YEARLY;BYWEEKNO=3")), "requires a first date"),
        (window(parse_azure("3Weeks")), "every 3 weeks requires a first date"),
        (window(parse_azure("Week")), "requires a first date"),
        (window(parse_azure("2Months day1")), "every 2 months requires a first date"),
        (window(parse_azure("6Hours")), "every 6 hours requires a first date"),
        (window(parse_rrule("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30")), "never opens"),
        (window(parse_rrule("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30")), "never opens"),
        (window(parse_rrule("FREQ=MONTHLY;BYDAY=6MO")), "never opens"),
        (window(parse_rrule("FREQ=WEEKLY;BYDAY=MO;BYSETPOS=2")), "never opens"),
        (
            window(parse_rrule(["FREQ=DAILY", "FREQ=MONTHLY;BYMONTH=6;BYMONTHDAY=31"])),
            "BYMONTHDAY=31 never opens",
        ),
        (
            window(parse_azure("12Months day31"), from_day=date(2026, 2, 1)),
            "12Months day31 never opens",
        ),
        (window(parse_azure("12Months day30"), from_day=date(2026, 2, 1)), "never opens"),
        (
            window(parse_weekdays(["Sun"]), from_day=date(2026, 1, 5), until=date(2026, 1, 10)),
            "never opens",
        ),
        (
            window(
                DAILY,
                from_day=date(2026, 1, 5),
                until=date(2026, 1, 5),
                exdates=(date(2026, 1, 5),),
            ),
            "never opens",
        ),
        (window(DAILY, from_day=date(2026, 1, 5), until=date(2026, 1, 4)), "is before `from`"),
        (window(DAILY, from_day=date(1, 1, 1)), "Specify a date from 1990"),
        (window(DAILY, from_day=date(9999, 12, 31)), "Specify a date from 1990"),
    ],
)  # fmt: skip
def test_a_window_that_cannot_open_is_refused(bad: Window, reason: str) -> None:
    """A window that cannot open as it is written is refused with what is wrong, in well under a
    second.
    """
    with pytest.raises(WindowError, match=reason):
        validate(bad)


@pytest.mark.parametrize("start", [None, time(2)])
def test_openings_need_both_times(start: time | None) -> None:
    """Openings are never made up where a time is missing."""
    with pytest.raises(WindowError, match="`start` and `duration`"):
        first(Window("w", DAILY, start), "2026-01-01T00:00:00Z")


@pytest.mark.parametrize(
    ("names", "days"),
    [
        (["Sat", "Sun"], (5, 6)),
        (["sunday", "SA", " sun "], (5, 6)),
        (["Monday"], (0,)),
        (["we", "TH"], (2, 3)),
    ],
)
def test_weekdays_by_name(names: list[str], days: tuple[int, ...]) -> None:
    """Weekdays are read whole or cut to three or two letters, in any case, each once."""
    assert parse_weekdays(names).days == days


@pytest.mark.parametrize("names", [[], ["S"], ["Sön"], ["Saturdays"], ["\x1b[31m"], ["x" * 10_000]])
def test_what_is_no_weekday_is_refused(names: list[str]) -> None:
    """What is no weekday is refused in one short, printable line."""
    with pytest.raises(RecurrenceError) as refused:
        parse_weekdays(names)
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 200


def test_days_after_patch_tuesday_are_bounded() -> None:
    """More than a year from Patch Tuesday is refused."""
    assert after_patch_tuesday(-366) == AfterPatchTuesday(-366)
    with pytest.raises(RecurrenceError, match="at most 366"):
        after_patch_tuesday(367)


def test_windows_can_be_shared_as_keys() -> None:
    """Equal windows are one key, so that their openings are computed once."""
    one, other = (window(parse_rrule("FREQ=WEEKLY;BYDAY=SU")) for _ in range(2))
    assert one == other
    assert len({one, other}) == 1


ZONES = st.sampled_from(
    ["Europe/Stockholm", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "UTC"]
)
RULES = st.sampled_from(
    [
        DAILY,
        parse_weekdays(["Sat", "Sun"]),
        AfterPatchTuesday(11),
        parse_azure("Month Last Sunday Offset-3"),
        parse_azure("7Hours"),
        parse_rrule("FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=-1,31"),
    ]
)
WINDOWS = st.builds(
    Window,
    name=st.just("w"),
    rule=RULES,
    start=st.times().map(lambda clock: clock.replace(second=0, microsecond=0)),
    duration=st.integers(1, 6 * 60).map(lambda minutes: timedelta(minutes=minutes)),
    timezone=st.none(),
    from_day=st.dates(date(2020, 1, 1), date(2026, 6, 1)),
    until=st.none(),
    exdates=st.just(()),
    runner=st.none(),
)
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1), timezones=ZONES.map(ZoneInfo))  # noqa: DTZ001


@pytest.mark.slow
@given(WINDOWS, ZONES, MOMENTS, st.integers(0, 3000), st.integers(0, 3000))
def test_openings_are_in_order_and_do_not_depend_on_the_question(
    asked: Window, zone: str, after: datetime, hours: int, more: int
) -> None:
    """Openings lie in the time asked for, in order, with their real length; two questions give what
    one gives.
    """
    place = ZoneInfo(zone)
    begin = after.astimezone(UTC)
    middle, end = begin + timedelta(hours=hours), begin + timedelta(hours=hours + more)
    whole = list(openings(asked, place, after, end))
    starts = [opening.start.astimezone(UTC) for opening in whole]
    assert starts == sorted(starts)
    assert all(begin <= start <= end for start in starts)
    assert all(timedelta(minutes=opening.minutes) == asked.duration for opening in whole)
    assert all(
        zone_of(opening.start.tzinfo) is place and zone_of(opening.end.tzinfo) is place
        for opening in whole
    )
    halves = [
        *openings(asked, place, after, middle),
        *openings(asked, place, middle + timedelta.resolution, end),
    ]
    assert halves == whole


@given(WINDOWS, ZONES, MOMENTS)
def test_openings_are_lazy(asked: Window, zone: str, after: datetime) -> None:
    """The next three of a window are found at once, although it is asked for a thousand years."""
    until = datetime(3024, 1, 1, tzinfo=UTC)
    assert len(list(islice(openings(asked, ZoneInfo(zone), after, until), 3))) == 3
