"""Freezes: whom they hold, and what they leave of an opening, judged minute by minute."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotpatch_cli.schedule.clock import zone_of
from hotpatch_cli.schedule.freezes import (
    Freeze,
    FreezeError,
    FrozenPart,
    applies,
    cut,
    validate_freeze,
)
from hotpatch_cli.schedule.ics_events import read_events
from hotpatch_cli.schedule.windows import Opening

MINUTE = timedelta(minutes=1)
ZONES = [
    "Europe/Stockholm",
    "America/New_York",
    "America/Havana",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
]


def opening(zone: str, start: str, hours: float) -> Opening:
    """An opening that starts at a local time and lasts so many real hours."""
    begin = datetime.fromisoformat(start).replace(tzinfo=ZoneInfo(zone))
    return Opening(
        "w", begin, (begin.astimezone(UTC) + timedelta(hours=hours)).astimezone(begin.tzinfo)
    )


def shown(pieces: object) -> list[tuple[str, str]]:
    """Pieces as local times of day."""
    return [(f"{piece.start:%d %H:%M}", f"{piece.end:%d %H:%M}") for piece in pieces]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("first", "last", "left", "minutes"),
    [
        ("2025-12-15", "2026-01-06", [], 480),
        ("2025-12-15", "2025-12-20", [("21 00:00", "21 06:00")], 120),
        ("2025-12-21", "2025-12-31", [("20 22:00", "21 00:00")], 360),
        ("2025-12-15", "2025-12-19", [("20 22:00", "21 06:00")], 0),
        ("2025-12-22", "2025-12-31", [("20 22:00", "21 06:00")], 0),
        (None, "2025-12-20", [("21 00:00", "21 06:00")], 120),
        ("2025-12-21", None, [("20 22:00", "21 00:00")], 360),
        ("0001-01-01", "9999-12-31", [], 480),
    ],
)
def test_days_are_included_and_cut_at_midnight(
    first: str | None, last: str | None, left: list[tuple[str, str]], minutes: int
) -> None:
    """A freeze takes the night from the midnight before its first day to the midnight after its
    last.
    """
    days = [date.fromisoformat(day) if day else None for day in (first, last)]
    pieces, removed = cut(
        opening("Europe/Stockholm", "2025-12-20 22:00", 8), [Freeze("year end", *days)]
    )
    assert shown(pieces) == left
    assert removed == ((FrozenPart("year end", minutes),) if minutes else ())


def test_a_freeze_in_the_middle_leaves_two_pieces() -> None:
    """A frozen day inside a long opening leaves what is before it and what is after it."""
    pieces, removed = cut(
        opening("Europe/Stockholm", "2025-12-20 22:00", 40),
        [Freeze("f", date(2025, 12, 21), date(2025, 12, 21))],
    )
    assert shown(pieces) == [("20 22:00", "21 00:00"), ("22 00:00", "22 14:00")]
    assert removed == (FrozenPart("f", 1440),)


def test_overlapping_freezes_each_count_what_they_hold() -> None:
    """Minutes that two freezes hold are named for both, and are gone once."""
    freezes = [
        Freeze("a", date(2025, 12, 20), date(2025, 12, 20)),
        Freeze("b", date(2025, 12, 15), date(2025, 12, 24)),
    ]
    pieces, removed = cut(opening("Europe/Stockholm", "2025-12-20 22:00", 8), freezes)
    assert pieces == ()
    assert removed == (FrozenPart("a", 120), FrozenPart("b", 480))


def test_days_are_those_of_the_opening() -> None:
    """The same freeze begins hours earlier in Kolkata than in New York."""
    freeze = Freeze("f", date(2026, 1, 10), date(2026, 1, 10))
    for zone in ("Asia/Kolkata", "America/New_York"):
        pieces, _ = cut(opening(zone, "2026-01-09 22:00", 4), [freeze])
        assert shown(pieces) == [("09 22:00", "10 00:00")]


@pytest.mark.parametrize(
    ("freeze", "held"),
    [
        (Freeze("f"), True),
        (Freeze("f", groups=("web",)), True),
        (Freeze("f", groups=("sql", "web")), True),
        (Freeze("f", groups=("sql",)), False),
        (Freeze("f", rings=("broad",)), True),
        (Freeze("f", rings=("canary",)), False),
        (Freeze("f", regions=("uksouth",)), True),
        (Freeze("f", regions=("ukwest",)), False),
        (Freeze("f", tags=(("env", "prod"),)), True),
        (Freeze("f", tags=(("env", "test"),)), False),
        (Freeze("f", tags=(("env", "prod"), ("team", "a"))), False),
        (Freeze("f", groups=("web",), rings=("canary",)), False),
    ],
)
def test_each_criterion_narrows_a_freeze(freeze: Freeze, held: bool) -> None:
    """A freeze holds for a machine that matches each criterion it gives; without any, for all."""
    assert applies(freeze, ["web", "app"], "broad", "uksouth", {"env": "prod"}) is held


def test_a_machine_without_ring_or_region_is_not_held_by_them() -> None:
    """A freeze of a ring or a region leaves machines without one alone."""
    assert not applies(Freeze("f", rings=("broad",)), [], None, None, {})
    assert not applies(Freeze("f", regions=("uksouth",)), [], None, None, {})


def test_a_freeze_that_ends_before_it_begins_is_refused() -> None:
    """`to` before `from` is refused, the same day is one frozen day."""
    validate_freeze(Freeze("f", date(2026, 1, 1), date(2026, 1, 1)))
    with pytest.raises(FreezeError, match="is before `from`"):
        validate_freeze(Freeze("f", date(2026, 1, 2), date(2026, 1, 1)))


CALENDAR = """BEGIN:VCALENDAR
X-CALENDAR-TYPE:{kind}
BEGIN:VEVENT
DTSTART;VALUE=DATE:20251224
DTEND;VALUE=DATE:20251227
RRULE:FREQ=YEARLY
END:VEVENT
BEGIN:VEVENT
DTSTART;TZID=Europe/Stockholm:20260109T230000
DTEND;TZID=Europe/Stockholm:20260110T010000
RRULE:FREQ=DAILY
END:VEVENT
END:VCALENDAR
"""


def test_a_calendar_freezes() -> None:
    """Events of a calendar freeze: all-day ones in the zone of the opening, timed ones at their own
    moment.
    """
    freeze = Freeze("calendar", events=read_events(CALENDAR.format(kind="DEFAULT_OPEN")))
    validate_freeze(freeze)
    for zone in ("Asia/Kolkata", "America/New_York"):
        pieces, removed = cut(opening(zone, "2025-12-26 22:00", 4), [freeze])
        assert shown(pieces) == [("27 00:00", "27 02:00")]
        assert removed == (FrozenPart("calendar", 120),)
    pieces, _ = cut(opening("Europe/London", "2030-06-01 20:00", 6), [freeze])
    assert shown(pieces) == [("01 20:00", "01 22:00"), ("02 00:00", "02 02:00")]


def test_a_calendar_of_welcome_changes_is_no_freeze() -> None:
    """A change calendar whose events allow changes is refused as a freeze."""
    with pytest.raises(FreezeError, match="DEFAULT_CLOSED"):
        validate_freeze(Freeze("f", events=read_events(CALENDAR.format(kind="DEFAULT_CLOSED"))))


NEAR = st.dates(date(2026, 10, 22), date(2026, 11, 3))
SPANS = st.lists(st.tuples(NEAR, NEAR).map(sorted), max_size=3)


@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(2026, 10, 23), datetime(2026, 11, 2)).map(  # noqa: DTZ001
        lambda at: at.replace(second=0, microsecond=0)
    ),
    st.integers(1, 3000),
    SPANS,
)
def test_every_minute_is_left_or_frozen(
    zone: str, start: datetime, minutes: int, spans: list[list[date]]
) -> None:
    """Minute by minute, across clock changes: a minute is left exactly if its local day is in no
    freeze.
    """
    whole = opening(zone, start.isoformat(), minutes / 60)
    freezes = [Freeze(str(number), *span) for number, span in enumerate(spans)]
    pieces, removed = cut(whole, freezes)
    begin = whole.start.astimezone(UTC)
    moments = [begin + n * MINUTE for n in range(minutes)]
    local = {moment: moment.astimezone(ZoneInfo(zone)).date() for moment in moments}
    frozen = {
        str(n): sum(a <= day <= b for day in local.values()) for n, (a, b) in enumerate(spans)
    }
    free = [moment for moment in moments if not any(a <= local[moment] <= b for a, b in spans)]
    kept = [
        moment
        for piece in pieces
        for moment in moments
        if piece.start.astimezone(UTC) <= moment < piece.end.astimezone(UTC)
    ]
    assert kept == free
    assert dict(removed) == {name: count for name, count in frozen.items() if count}
    assert all(zone_of(piece.start.tzinfo) is zone_of(whole.start.tzinfo) for piece in pieces)


def test_a_day_without_midnight_is_frozen_from_its_first_minute() -> None:
    """Havana skips midnight of 8 March 2026: that day is frozen from 01:00, its first minute."""
    whole = opening("America/Havana", "2026-03-07 22:00", 4)
    pieces, removed = cut(whole, [Freeze("f", date(2026, 3, 8), date(2026, 3, 8))])
    assert shown(pieces) == [("07 22:00", "08 01:00")]
    assert removed == (FrozenPart("f", 120),)
    assert time(1) == pieces[0].end.time()


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 10, 25), 25), (date(2026, 3, 29), 23), (date(2026, 6, 1), 24)]
)
def test_a_frozen_day_is_as_long_as_it_is(day: date, hours: int) -> None:
    """A frozen day takes its 25 or 23 real hours when the clocks change on it."""
    whole = opening("Europe/Stockholm", f"{day} 00:00", 40)
    pieces, removed = cut(whole, [Freeze("f", day, day)])
    assert removed == (FrozenPart("f", hours * 60),)
    assert shown(pieces) == [(f"{day.day + 1} 00:00".zfill(8), f"{whole.end:%d %H:%M}")]


def test_a_freeze_that_only_touches_takes_nothing() -> None:
    """An opening that ends at the midnight when a freeze begins is whole, and the freeze is not
    named.
    """
    whole = opening("Europe/Stockholm", "2026-01-09 20:00", 4)
    pieces, removed = cut(whole, [Freeze("f", date(2026, 1, 10), date(2026, 1, 12))])
    assert shown(pieces) == [("09 20:00", "10 00:00")]
    assert removed == ()


def test_a_long_event_still_freezes_on_its_last_day() -> None:
    """An event that began three weeks before an opening freezes it."""
    event = "BEGIN:VEVENT\nDTSTART;VALUE=DATE:20251215\nDTEND;VALUE=DATE:20260107\nEND:VEVENT"
    weeks = f"BEGIN:VCALENDAR\n{event}\nEND:VCALENDAR"
    pieces, removed = cut(
        opening("Asia/Kolkata", "2026-01-06 22:00", 4), [Freeze("f", events=read_events(weeks))]
    )
    assert shown(pieces) == [("07 00:00", "07 02:00")]
    assert removed == (FrozenPart("f", 120),)


def test_the_time_between_two_freezes_is_left() -> None:
    """Of an opening in which two freezes leave a day free between them, that day is left."""
    weekend = opening("Europe/Stockholm", "2025-12-19 22:00", 80)
    days = [Freeze(f"day {day}", date(2025, 12, day), date(2025, 12, day)) for day in (22, 20)]
    pieces, removed = cut(weekend, days)
    assert shown(pieces) == [
        ("19 22:00", "20 00:00"),
        ("21 00:00", "22 00:00"),
        ("23 00:00", "23 06:00"),
    ]
    assert removed == (FrozenPart("day 22", 1440), FrozenPart("day 20", 1440))


def test_a_freeze_inside_another_one_ends_nothing() -> None:
    """After a first freeze, a short one within a long one leaves nothing of the long one's days."""
    week = opening("Europe/Stockholm", "2025-12-19 22:00", 144)
    pieces, _ = cut(
        week,
        [
            Freeze("first", date(2025, 12, 20), date(2025, 12, 20)),
            Freeze("long", date(2025, 12, 22), date(2025, 12, 24)),
            Freeze("short", date(2025, 12, 23), date(2025, 12, 23)),
        ],
    )
    left = [("19 22:00", "20 00:00"), ("21 00:00", "22 00:00"), ("25 00:00", "25 22:00")]
    assert shown(pieces) == left
