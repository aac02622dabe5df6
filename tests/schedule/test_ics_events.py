"""Calendar files: exports of Outlook, Google and AWS in their own shapes, and hostile ones."""

import time as stopwatch
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotpatch_cli.schedule.ics_events import read_events
from hotpatch_cli.schedule.recurrence import IcsError
from hotpatch_cli.schedule.windows import (
    Opening,
    Window,
    WindowError,
    ZoneMissing,
    openings,
    validate,
)

STOCKHOLM = ZoneInfo("Europe/Stockholm")


def calendar(*lines: str) -> str:
    """A calendar with these lines in it."""
    return "\r\n".join(
        ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", *lines, "END:VCALENDAR", ""]
    )


def event(*lines: str) -> str:
    """An event with these lines in it."""
    return "\r\n".join(["BEGIN:VEVENT", *lines, "END:VEVENT"])


def opened(text: str, after: str, days: int, **more: object) -> list[Opening]:
    """The openings of a calendar as a window, in Stockholm, within so many days."""
    window = Window("calendar", read_events(text), **more)  # type: ignore[arg-type]
    validate(window)
    begin = datetime.fromisoformat(after).replace(tzinfo=STOCKHOLM)
    return list(openings(window, STOCKHOLM, begin, begin + timedelta(days=days)))


def starts(text: str, after: str, days: int, **more: object) -> list[str]:
    """The starts of the openings of a calendar."""
    return [
        opening.start.isoformat(timespec="minutes") for opening in opened(text, after, days, **more)
    ]


OUTLOOK = calendar(
    "METHOD:PUBLISH",
    "BEGIN:VTIMEZONE",
    "TZID:W. Europe Standard Time",
    "BEGIN:STANDARD",
    "DTSTART:16010101T030000",
    "TZOFFSETFROM:+0200",
    "TZOFFSETTO:+0100",
    "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10",
    "END:STANDARD",
    "BEGIN:DAYLIGHT",
    "DTSTART:16010101T020000",
    "TZOFFSETFROM:+0100",
    "TZOFFSETTO:+0200",
    "RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3",
    "END:DAYLIGHT",
    "END:VTIMEZONE",
    event(
        'ATTENDEE;CN="Somebody";ROLE=REQ-PARTICIPANT:mailto:some',
        " body@example.com",
        "UID:040000008200E00074C5B7101A82E008",
        "SUMMARY;LANGUAGE=en-US:Patch night",
        "DTSTART;TZID=W. Europe Standard Time:20260110T220000",
        "DTEND;TZID=W. Europe Standard Time:20260111T020000",
        "RRULE:FREQ=MONTHLY;UNTIL=20260613T200000Z;INTERVAL=1;BYDAY=SA;BYSETPOS=2",
        "EXDATE;TZID=W. Europe Standard Time:20260214T220000",
        "DESCRIPTION:Line one\\nBEGIN:VEVENT is only text here",
        "X-MICROSOFT-CDO-BUSYSTATUS:BUSY",
        "BEGIN:VALARM",
        "TRIGGER:-PT15M",
        "ACTION:DISPLAY",
        "END:VALARM",
    ),
    event(
        "UID:040000008200E00074C5B7101A82E008",
        "RECURRENCE-ID;TZID=W. Europe Standard Time:20260314T220000",
        "SUMMARY:Patch night, a day later",
        "DTSTART;TZID=W. Europe Standard Time:20260315T210000",
        "DTEND;TZID=W. Europe Standard Time:20260316T010000",
    ),
)


def test_an_outlook_series_opens_as_outlook_shows_it() -> None:
    """An Outlook series keeps its Windows zone, its exception, its moved night and its last one in
    summer time.
    """
    assert starts(OUTLOOK, "2026-01-01", 300) == [
        "2026-01-10T22:00+01:00",
        "2026-03-15T21:00+01:00",
        "2026-04-11T22:00+02:00",
        "2026-05-09T22:00+02:00",
        "2026-06-13T22:00+02:00",
    ]


GOOGLE = calendar(
    "CALSCALE:GREGORIAN",
    "METHOD:PUBLISH",
    "X-WR-CALNAME:Freezes",
    "X-WR-TIMEZONE:America/New_York",
    event(
        "DTSTART;VALUE=DATE:20261224",
        "DTEND;VALUE=DATE:20261227",
        "DTSTAMP:20260102T101112Z",
        "UID:1@google.com",
        "STATUS:CONFIRMED",
        "SUMMARY:Christmas",
        "TRANSP:TRANSPARENT",
    ),
    event(
        "DTSTART:20260704T160000Z", "DTEND:20260704T200000Z", "UID:2@google.com", "SUMMARY:Single"
    ),
    event(
        "DTSTART;TZID=America/New_York:20260301T220000",
        "DTEND;TZID=America/New_York:20260302T020000",
        "RRULE:FREQ=WEEKLY;WKST=MO;COUNT=3;BYDAY=SU",
        "UID:3@google.com",
    ),
    event(
        "DTSTART:20260901T160000Z", "DTEND:20260901T200000Z", "UID:4@google.com", "STATUS:CANCELLED"
    ),
)


def test_a_google_export_opens_as_google_shows_it() -> None:
    """A Google export has single events in UTC, series in their zone, all-day events, and no
    cancelled ones.
    """
    found = opened(GOOGLE, "2026-01-01", 364)
    assert [f"{opening.start:%m-%d %H:%M %Z}" for opening in found] == [
        "03-01 22:00 EST",
        "03-08 22:00 EDT",
        "03-15 22:00 EDT",
        "07-04 18:00 CEST",
        "12-24 00:00 CET",
    ]
    assert [opening.minutes for opening in found] == [240, 240, 240, 240, 3 * 1440]


AWS = """BEGIN:VCALENDAR
PRODID:-//AWS//Change Calendar 1.0//EN
VERSION:2.0
X-CALENDAR-TYPE:{kind}
X-WR-CALDESC:deployments
BEGIN:VTODO
DTSTAMP:20200320T004207Z
UID:3b5af39a-d0b3-4049-a839-d7bb8af01f92
SUMMARY:Add events to this calendar.
END:VTODO
{events}
END:VCALENDAR
"""
NIGHT = event(
    "DTSTART;TZID=Asia/Tokyo:20260503T010000",
    "DTEND;TZID=Asia/Tokyo:20260503T050000",
    "RRULE:FREQ=WEEKLY;",
)


def test_aws_default_closed_is_a_window() -> None:
    """A change calendar that is closed by default opens when its events say."""
    assert starts(AWS.format(kind="DEFAULT_CLOSED", events=NIGHT), "2026-05-01", 10) == [
        "2026-05-03T01:00+09:00",
        "2026-05-10T01:00+09:00",
    ]


def test_aws_default_open_is_no_window() -> None:
    """A change calendar that is open by default says when changes are forbidden: no window, with
    the advice.
    """
    with pytest.raises(WindowError, match="Use the calendar as a freeze"):
        validate(Window("w", read_events(AWS.format(kind="DEFAULT_OPEN", events=NIGHT))))


def test_a_new_aws_calendar_has_no_event() -> None:
    """The to-do that AWS puts into a new calendar is no event; as a window the calendar never
    opens.
    """
    empty = read_events(AWS.format(kind="DEFAULT_CLOSED", events=""))
    assert empty.events == ()
    with pytest.raises(WindowError, match="no event"):
        validate(Window("w", empty))


def test_a_vtimezone_of_its_own() -> None:
    """A zone that only the file describes is taken from its VTIMEZONE, gaps included."""
    custom = OUTLOOK.replace("W. Europe Standard Time", "Customized Time Zone")
    assert starts(custom, "2026-01-01", 300) == starts(OUTLOOK, "2026-01-01", 300)
    gap = custom.replace("20260110T220000", "20260328T023000").replace(
        "20260111T020000", "20260328T063000"
    )
    gap = gap.replace(
        "FREQ=MONTHLY;UNTIL=20260613T200000Z;INTERVAL=1;BYDAY=SA;BYSETPOS=2", "FREQ=DAILY;COUNT=3"
    )
    days = opened(gap, "2026-03-28", 3)
    assert [f"{opening.start:%d %H:%M %z}" for opening in days] == [
        "28 02:30 +0100",
        "29 03:00 +0200",
        "30 02:30 +0200",
    ]
    assert days[1].notes == ("02:30 doesn't exist on 2026-03-29: moved to 03:00",)


def test_an_unknown_zone_is_named() -> None:
    """A file that names no known zone is refused with the nearest names."""
    with pytest.raises(
        IcsError,
        match=r"event 'Night': 'Europe/Stokholm' isn't a time zone\. Did you mean Europe/St",
    ):
        read_events(
            calendar(
                event(
                    "SUMMARY:Night", "DTSTART;TZID=Europe/Stokholm:20260101T000000", "DURATION:PT1H"
                )
            )
        )


def test_floating_and_all_day_events_need_a_zone() -> None:
    """Events without a zone open in the window's or the machine's, and without any there is
    ZoneMissing.
    """
    text = calendar(
        event("DTSTART:20260301T220000", "DURATION:PT4H"), event("DTSTART;VALUE=DATE:20260307")
    )
    assert starts(text, "2026-03-01", 10) == ["2026-03-01T22:00+01:00", "2026-03-07T00:00+01:00"]
    assert starts(text, "2026-03-01", 10, timezone="Tokyo Standard Time") == [
        "2026-03-01T22:00+09:00",
        "2026-03-07T00:00+09:00",
    ]
    begin = datetime(2026, 3, 1, tzinfo=UTC)
    with pytest.raises(ZoneMissing):
        list(openings(Window("w", read_events(text)), None, begin, begin + timedelta(days=9)))


def test_events_with_zones_need_no_other() -> None:
    """A calendar whose events all have a zone opens for a machine without one."""
    begin = datetime(2026, 3, 1, tzinfo=UTC)
    text = calendar(event("DTSTART;TZID=Asia/Tokyo:20260302T010000", "DURATION:PT4H"))
    found = openings(Window("w", read_events(text)), None, begin, begin + timedelta(days=9))
    assert [opening.start.isoformat() for opening in found] == ["2026-03-02T01:00:00+09:00"]


def test_an_all_day_event_lasts_to_midnight_across_a_clock_change() -> None:
    """The all-day event of 29 March 2026 has 23 real hours in Stockholm, that of 25 October 25."""
    text = calendar(
        event("DTSTART;VALUE=DATE:20260329"), event("DTSTART;VALUE=DATE:20261025", "DURATION:P1D")
    )
    assert [opening.minutes for opening in opened(text, "2026-01-01", 364)] == [23 * 60, 25 * 60]


def test_a_start_of_the_window_uses_only_the_days() -> None:
    """With `start` and `duration` a calendar says on which days: every day of an all-day event,
    each once.
    """
    text = calendar(
        event("DTSTART;VALUE=DATE:20260307", "DTEND;VALUE=DATE:20260309"),
        event("DTSTART;VALUE=DATE:20260308", "DTEND;VALUE=DATE:20260310"),
        event("DTSTART;TZID=Europe/Stockholm:20260320T090000", "DURATION:PT1H"),
    )
    found = starts(text, "2026-03-01", 30, start=time(22), duration=timedelta(hours=4))
    assert [start[8:16] for start in found] == ["07T22:00", "08T22:00", "09T22:00", "20T22:00"]
    with pytest.raises(WindowError, match="`start` and `duration`"):
        validate(Window("w", read_events(text), start=time(22)))
    with pytest.raises(WindowError, match="opens again after 1 day"):
        validate(Window("w", read_events(text), start=time(22), duration=timedelta(hours=25)))
    with pytest.raises(WindowError, match="`start` and `duration`"):
        validate(Window("w", read_events(text), duration=timedelta(0)))


def test_from_until_and_exdates_narrow_a_calendar() -> None:
    """`from`, `until` and `exdates` of the window also hold for the days of its calendar."""
    text = calendar(
        event("DTSTART;TZID=Europe/Stockholm:20260301T220000", "DURATION:PT4H", "RRULE:FREQ=DAILY")
    )
    narrowed = {
        "from_day": date(2026, 3, 5),
        "until": date(2026, 3, 8),
        "exdates": (date(2026, 3, 6),),
    }
    assert [start[8:10] for start in starts(text, "2026-03-01", 30, **narrowed)] == [
        "05",
        "07",
        "08",
    ]


def test_rdate_adds_and_exdate_takes_away() -> None:
    """RDATE adds occurrences with a time of their own, and EXDATE takes them away again."""
    text = calendar(
        event(
            "DTSTART;TZID=Europe/Stockholm:20260301T220000",
            "DURATION:PT4H",
            "RDATE;TZID=Europe/Stockholm:20260303T210000,20260304T210000",
            "RDATE:20260305T120000Z",
            "EXDATE;TZID=Europe/Stockholm:20260304T210000",
        )
    )
    assert [start[8:16] for start in starts(text, "2026-03-01", 9)] == [
        "01T22:00",
        "03T21:00",
        "05T13:00",
    ]


def test_a_recurrence_without_end_is_not_expanded() -> None:
    """A thousand events that repeat daily for ever are read, and their next openings found, at
    once.
    """
    daily = event(
        "DTSTART;TZID=Europe/Stockholm:20200101T220000", "DURATION:PT1H", "RRULE:FREQ=DAILY"
    )
    begun = stopwatch.process_time()
    window = Window("w", read_events(calendar(*[daily] * 1000)))
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    found = islice(openings(window, None, begin, datetime(2199, 1, 1, tzinfo=UTC)), 1001)
    assert {opening.start.day for opening in found} == {1, 2}
    assert stopwatch.process_time() - begun < 5


PIECES = st.sampled_from(
    """BEGIN:VEVENT,END:VEVENT,BEGIN:VTIMEZONE,END:VTIMEZONE,BEGIN:STANDARD,END:STANDARD
TZID:X,TZID:Europe/Stockholm
TZOFFSETFROM:+0100,TZOFFSETTO:x,DTSTART:20260301T220000Z
DTSTART;TZID=X:20260301T220000,DTSTART;VALUE=DATE:20260301
DTSTART:,DURATION:PT4H,DURATION:P1D,DTEND:20260302T000000Z,DTEND;X=:
RRULE:FREQ=DAILY,RRULE:FREQ=DAILY;COUNT=2,RRULE:
EXDATE:20260301,RDATE:20260302T220000Z,RECURRENCE-ID:20260301T220000Z
UID:1,STATUS:CANCELLED, folded,:,;""".replace("\n", ",").split(",")
)
CUSTOM = OUTLOOK.replace("W. Europe Standard Time", "X").splitlines()


def read_or_refused(text: str) -> None:
    """A file is read and its openings can be asked for, or it is refused in one printable line."""
    try:
        window = Window("w", read_events(text))
    except IcsError as refused:
        assert str(refused).isprintable()
        return
    begin = datetime(2026, 2, 1, tzinfo=UTC)
    found = list(openings(window, STOCKHOLM, begin, begin + timedelta(days=60)))
    assert all(opening.minutes > 0 for opening in found)


@settings(max_examples=200)
@given(st.lists(PIECES | st.text(max_size=20), max_size=14))
def test_any_lines_are_read_or_refused(lines: list[str]) -> None:
    """No lines make anything but events or IcsError."""
    read_or_refused(calendar(*lines))


@pytest.mark.slow
@settings(max_examples=200)
@given(
    st.lists(st.tuples(st.integers(0, len(CUSTOM) - 1), st.none() | PIECES), min_size=1, max_size=3)
)
def test_a_damaged_file_is_read_or_refused(damages: list[tuple[int, str | None]]) -> None:
    """An export in which some lines are lost or replaced makes nothing but events or IcsError."""
    lines = dict(enumerate(CUSTOM)) | dict(damages)
    read_or_refused("\r\n".join(line for line in lines.values() if line is not None))


def test_files_do_not_know_of_each_other() -> None:
    """A zone that one file describes is unknown in the next, and may be another zone there."""
    custom = OUTLOOK.replace("W. Europe Standard Time", "Customized Time Zone")
    moved = custom.replace("TZOFFSETTO:+0100", "TZOFFSETTO:-0500").replace(
        "TZOFFSETTO:+0200", "TZOFFSETTO:-0400"
    )
    assert starts(custom, "2026-01-01", 20) == ["2026-01-10T22:00+01:00"]
    assert starts(moved, "2026-01-01", 20) == ["2026-01-10T22:00-05:00"]
    with pytest.raises(IcsError, match="'Customized Time Zone' isn't a time zone"):
        read_events(
            calendar(event("DTSTART;TZID=Customized Time Zone:20260110T220000", "DURATION:PT4H"))
        )


@pytest.mark.parametrize(
    "line",
    [
        "RRULE:FREQ=SECONDLY",
        "rrule:freq=minutely",
        "RRULE:FREQ=YEARLY;BYSECOND=1,2,3",
        "RRULE:FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR,SA,SU",
        "RRULE:FREQ=YEARLY;BYMONTH=1,2,3,4,5,6",
        "TZOFFSETTO:+9900",
        "TZOFFSETFROM:-1600",
        "RDATE:" + ",".join(["20260101T000000"] * 100),
        "RDATE:20260101T000000\r\n" * 100,
        "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\n" * 5,
    ],
    ids=lambda line: line[:40],
)
def test_wild_zones_are_refused(line: str) -> None:
    """A VTIMEZONE whose clocks change often, or by more hours than any zone has, is refused unless
    it is not needed.
    """
    wild = OUTLOOK.replace("END:DAYLIGHT", f"{line}\r\nEND:DAYLIGHT")
    assert starts(wild, "2026-01-01", 20) == ["2026-01-10T22:00+01:00"]
    with pytest.raises(
        IcsError, match=r"the VTIMEZONE 'Wild' .*Use a time zone with an IANA or Windows name"
    ):
        read_events(wild.replace("W. Europe Standard Time", "Wild"))


def test_a_zone_of_a_vendor() -> None:
    """A TZID like /vendor/Europe/Berlin, as some calendars write it, is that zone."""
    text = calendar(
        event(
            "DTSTART;TZID=/freeassociation.example/Europe/Berlin:20260110T220000", "DURATION:PT4H"
        )
    )
    assert starts(text, "2026-01-01", 20) == ["2026-01-10T22:00+01:00"]


def test_a_series_does_not_open_before_its_first_event() -> None:
    """A weekly event opens from its own first day on, however early one asks."""
    text = calendar(
        event("DTSTART;TZID=Europe/Stockholm:20260310T220000", "DURATION:PT4H", "RRULE:FREQ=WEEKLY")
    )
    assert starts(text, "2026-01-01", 80) == ["2026-03-10T22:00+01:00", "2026-03-17T22:00+01:00"]


def test_days_of_an_event_that_has_begun() -> None:
    """With `start`, the later days of an all-day event count although it began before the time
    asked for.
    """
    text = calendar(event("DTSTART;VALUE=DATE:20260301", "DTEND;VALUE=DATE:20260320"))
    found = starts(text, "2026-03-18", 9, start=time(22), duration=timedelta(hours=4))
    assert found == ["2026-03-18T22:00+01:00", "2026-03-19T22:00+01:00"]


def test_the_end_of_an_event_is_a_moment() -> None:
    """22:00 to 06:00 over the night of 29 March 2026 is seven real hours, and every night of the
    series is.
    """
    text = calendar(
        event(
            "DTSTART;TZID=Europe/Stockholm:20260328T220000",
            "DTEND;TZID=Europe/Stockholm:20260329T060000",
            "RRULE:FREQ=DAILY;COUNT=2",
        )
    )
    assert [f"{opening.end:%d %H:%M}" for opening in opened(text, "2026-03-01", 40)] == [
        "29 06:00",
        "30 05:00",
    ]
