"""The first fit, and each reason why there is none."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotpatch_cli.schedule.day_rules import (
    AfterPatchTuesday,
    parse_rrule,
    parse_weekdays,
)
from hotpatch_cli.schedule.fit import Fit, NoFit, OpeningCache, first_fit
from hotpatch_cli.schedule.freezes import Freeze
from hotpatch_cli.schedule.patch_tuesday import release_moment
from hotpatch_cli.schedule.windows import Window, ZoneMissing, openings

STOCKHOLM = ZoneInfo("Europe/Stockholm")
SUNDAY = Window("sunday-night", parse_rrule("FREQ=WEEKLY;BYDAY=SU"), time(2), timedelta(hours=4))
AFTER = Window("saturday-after", AfterPatchTuesday(4), time(22), timedelta(hours=3, minutes=55))
YEAR_END = Freeze("year end", date(2025, 12, 15), date(2026, 1, 6))
DECEMBER = datetime(2025, 12, 15, tzinfo=UTC)


def start(found: Fit | NoFit) -> str:
    """The local start of a fit."""
    assert isinstance(found, Fit)
    return found.opening.start.isoformat()


def minutes(number: int) -> timedelta:
    """So many minutes."""
    return timedelta(minutes=number)


def test_the_first_opening_after_the_release() -> None:
    """The restart for January's baseline falls on the Saturday after it."""
    found = first_fit([AFTER], STOCKHOLM, [], minutes(35), release_moment(date(2026, 1, 13)))
    assert start(found) == "2026-01-17T22:00:00+01:00"
    assert isinstance(found, Fit)
    assert found.window == "saturday-after"


def test_a_freeze_pushes_it_back() -> None:
    """With the year end frozen, the first Sunday night after it is used."""
    assert (
        start(first_fit([SUNDAY], STOCKHOLM, [YEAR_END], minutes(20), DECEMBER))
        == "2026-01-11T02:00:00+01:00"
    )


def test_the_first_piece_that_holds_it() -> None:
    """Of what a freeze leaves of an opening, the first piece that is long enough is used, from its
    start.
    """
    weekend = Window("weekend", parse_weekdays(["Fri"]), time(22), timedelta(hours=60))
    frozen = [Freeze("saturday", date(2026, 1, 10), date(2026, 1, 10))]
    asked = datetime(2026, 1, 5, tzinfo=UTC)
    short = first_fit([weekend], STOCKHOLM, frozen, minutes(120), asked)
    long = first_fit([weekend], STOCKHOLM, frozen, minutes(121), asked)
    assert (start(short), start(long)) == ("2026-01-09T22:00:00+01:00", "2026-01-11T00:00:00+01:00")
    assert isinstance(short, Fit)
    assert short.opening.minutes == 120


def test_windows_are_a_union() -> None:
    """Of several windows the earliest opening wins, whatever the order; of two equal starts the
    first named.
    """
    asked = release_moment(date(2026, 1, 13))
    for windows in ([SUNDAY, AFTER], [AFTER, SUNDAY]):
        assert (
            start(first_fit(windows, STOCKHOLM, [], minutes(35), asked))
            == "2026-01-17T22:00:00+01:00"
        )
    again = SUNDAY._replace(name="again")
    for windows in ([SUNDAY, again], [again, SUNDAY]):
        found = first_fit(windows, STOCKHOLM, [], minutes(35), asked)
        assert isinstance(found, Fit)
        assert found.window == windows[0].name


def test_openings_that_touch_are_not_joined() -> None:
    """A restart lies inside one opening: two of two hours in a row do not hold three hours."""
    early = Window("early", parse_weekdays(["Sun"]), time(2), timedelta(hours=2))
    late = early._replace(name="late", start=time(4))
    found = first_fit([early, late], STOCKHOLM, [], minutes(180), DECEMBER)
    assert found == NoFit("too-short", minutes(180), minutes(120))


def test_an_open_window_does_not_count() -> None:
    """An opening that has begun before the moment asked for is not used, even if the restart would
    fit.
    """
    begun = datetime(2026, 1, 11, 2, 1, tzinfo=STOCKHOLM)
    assert (
        start(first_fit([SUNDAY], STOCKHOLM, [], minutes(20), begun)) == "2026-01-18T02:00:00+01:00"
    )


OVER = SUNDAY._replace(name="over", until=date(2025, 1, 1))
LONG_FREEZE = Freeze("for ever", date(2025, 1, 1), date(2030, 1, 1))


@pytest.mark.parametrize(
    ("windows", "freezes", "need", "miss"),
    [
        ([], [], 20, NoFit("no-window", minutes(20))),
        ([OVER], [], 20, NoFit("never-opens", minutes(20))),
        ([SUNDAY], [LONG_FREEZE], 20, NoFit("frozen", minutes(20), minutes(0), ("for ever",))),
        ([SUNDAY], [], 241, NoFit("too-short", minutes(241), minutes(240))),
        ([SUNDAY, OVER], [], 241, NoFit("too-short", minutes(241), minutes(240))),
        (
            [OVER, SUNDAY],
            [LONG_FREEZE],
            20,
            NoFit("frozen", minutes(20), minutes(0), ("for ever",)),
        ),
        (
            [SUNDAY, AFTER],
            [YEAR_END],
            300,
            NoFit("too-short", minutes(300), minutes(240), ("year end",)),
        ),
    ],
)
def test_why_nothing_fits(
    windows: list[Window], freezes: list[Freeze], need: int, miss: NoFit
) -> None:
    """No window, no opening, all frozen and too short are four answers, with the longest piece and
    the freezes.
    """
    assert first_fit(windows, STOCKHOLM, freezes, minutes(need), DECEMBER) == miss


def test_a_restart_as_long_as_the_opening_fits() -> None:
    """A restart of 240 minutes fits into an opening of 240 minutes, also when the clocks change in
    it.
    """
    for asked in (DECEMBER, datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 10, 24, tzinfo=UTC)):
        assert isinstance(first_fit([SUNDAY], STOCKHOLM, [], minutes(240), asked), Fit)


def test_the_horizon_is_the_last_start() -> None:
    """What opens later than the horizon is not looked for."""
    found = first_fit([SUNDAY], STOCKHOLM, [], minutes(20), DECEMBER, horizon=timedelta(days=3))
    assert found == NoFit("never-opens", minutes(20))


def test_a_missing_zone_is_told() -> None:
    """Without any zone the question has no answer, not even in UTC."""
    with pytest.raises(ZoneMissing):
        first_fit([SUNDAY], None, [], minutes(20), DECEMBER)


def test_a_window_with_a_zone_is_expanded_once_for_all_machines() -> None:
    """Machines of all zones share the openings of a window that has its own zone: they are the same
    objects.
    """
    cache = OpeningCache()
    ruled = SUNDAY._replace(timezone="Asia/Tokyo")
    found = [
        first_fit([ruled], ZoneInfo(name), [], minutes(20), DECEMBER, cache)
        for name in ("UTC", "Asia/Kolkata")
    ]
    assert all(isinstance(fit, Fit) for fit in found)
    ends = [
        next(cache.between(ruled, zone, DECEMBER, DECEMBER + timedelta(days=30)))
        for zone in (None, STOCKHOLM)
    ]
    assert ends[0] is ends[1]


MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@pytest.mark.slow
@given(st.lists(st.tuples(MOMENTS, st.integers(0, 900)), min_size=1, max_size=8))
def test_the_order_of_questions_does_not_matter(asked: list[tuple[datetime, int]]) -> None:
    """Asked in any order, for any times, shared openings are what `openings` gives."""
    cache = OpeningCache()
    running = [
        (cache.between(SUNDAY, STOCKHOLM, at, at + timedelta(days=days)), at, days)
        for at, days in asked
    ]
    begun = [next(iterator, None) for iterator, _, _ in running]
    for first, (rest, at, days) in zip(begun, running, strict=True):
        expected = list(openings(SUNDAY, STOCKHOLM, at, at + timedelta(days=days)))
        assert [opening for opening in (first, *rest) if opening] == expected


DAYS = st.dates(date(2025, 12, 1), date(2026, 6, 1))


@given(
    st.lists(
        st.sampled_from([SUNDAY, AFTER, OVER, SUNDAY._replace(name="noon", start=time(12))]),
        max_size=3,
    ),
    st.lists(st.tuples(DAYS, DAYS).map(sorted), max_size=3),
    st.integers(1, 250),
    st.datetimes(datetime(2025, 12, 1), datetime(2026, 3, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_nothing_earlier_fits(
    windows: list[Window], spans: list[list[date]], need: int, asked: datetime
) -> None:
    """Minute by minute, no restart could begin earlier: each earlier minute is shut, frozen or too
    late.
    """
    horizon = timedelta(days=60)
    freezes = [Freeze(str(number), *span) for number, span in enumerate(spans)]
    found = first_fit(windows, STOCKHOLM, freezes, minutes(need), asked, horizon=horizon)
    fits: list[datetime] = []
    for window in windows:
        for opening in openings(window, STOCKHOLM, asked, asked + horizon):
            begin, run = opening.start.astimezone(UTC), 0
            for passed in range(opening.minutes):
                day = (begin + minutes(passed)).astimezone(STOCKHOLM).date()
                run = 0 if any(first <= day <= last for first, last in spans) else run + 1
                if run == need:
                    fits.append(begin + minutes(passed + 1 - need))
                    break
    assert isinstance(found, Fit) == bool(fits)
    if isinstance(found, Fit):
        assert found.opening.start == min(fits)


def test_shared_openings_have_no_seams() -> None:
    """A daily opening is there once, also where the cache goes on looking at the very moment it
    starts.
    """
    daily = Window("daily", parse_rrule("FREQ=DAILY"), time(2), timedelta(hours=1), timezone="UTC")
    begin = datetime(2026, 1, 1, 2, tzinfo=UTC)
    found = list(OpeningCache().between(daily, None, begin, begin + timedelta(days=1500)))
    assert [opening.start for opening in found] == [
        begin + timedelta(days=day) for day in range(1501)
    ]


@pytest.mark.parametrize(("days", "fits"), [(799, True), (800, True), (801, False)])
def test_an_opening_within_800_days_counts(days: int, fits: bool) -> None:
    """The search ends 800 days after the earliest moment: an opening of that day still counts."""
    asked = datetime(2026, 1, 5, 2, tzinfo=UTC)
    opens = asked.date() + timedelta(days=days)
    window = Window("late", parse_rrule("FREQ=DAILY"), time(2), minutes(60), "UTC", opens)
    found = first_fit([window], None, [], minutes(20), asked)
    assert isinstance(found, Fit) == fits
    if isinstance(found, NoFit):
        assert found.reason == "never-opens"


def test_nothing_is_left_of_a_frozen_opening() -> None:
    """Where freezes cover every opening, the longest piece is none at all."""
    forever = Freeze("forever", date(2025, 1, 1))
    found = first_fit([SUNDAY], STOCKHOLM, [forever], minutes(20), DECEMBER)
    assert found == NoFit("frozen", minutes(20), timedelta(0), ("forever",))


@pytest.mark.parametrize("turn", [1, -1])
def test_the_miss_nearest_to_a_fit_is_the_reason(turn: int) -> None:
    """Of a window that never opens, a frozen one and two short ones, the longest piece is what a
    restart is compared with.
    """
    short, shorter = (
        Window(name, parse_weekdays([day]), time(2), minutes(length))
        for name, day, length in (("short", "Mon", 15), ("shorter", "Tue", 10))
    )
    never = short._replace(name="never", until=date(2025, 1, 1))
    windows = (never, short, shorter)[::turn]
    found = first_fit(windows, STOCKHOLM, [], minutes(20), DECEMBER)
    assert found == NoFit("too-short", minutes(20), minutes(15))


@pytest.mark.parametrize("days", [365, 366, 367, 731, 732, 733])
def test_the_last_moment_of_a_search_is_included(days: int) -> None:
    """An opening at the very last moment is found however far the machines before looked ahead."""
    asked = datetime(2026, 1, 5, 2, tzinfo=UTC)
    until = asked + timedelta(days=days)
    window = Window("late", parse_rrule("FREQ=DAILY"), time(2), minutes(60), "UTC", until.date())
    found = list(OpeningCache().between(window, None, asked, until))
    assert found == list(openings(window, None, asked, until))
    assert [opening.start for opening in found] == [until]
