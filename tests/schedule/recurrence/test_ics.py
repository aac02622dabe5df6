"""Calendar files as events: what is read of them, and what is refused."""

import time as stopwatch
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest

from hotpatch_cli.schedule.recurrence import IcsError, IcsEvent, read_calendar
from hotpatch_cli.schedule.recurrence.ics_text import LARGEST_FILE, MOST_EVENTS

STOCKHOLM = ZoneInfo("Europe/Stockholm")


def find_zone(name: str) -> ZoneInfo:
    """The zone of an IANA name."""
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError:
        raise ValueError(f"no time zone is called {name!r}") from None


def known_zone(name: str) -> ZoneInfo | None:
    """The one zone that these calendars need no VTIMEZONE for."""
    return STOCKHOLM if name == "Europe/Stockholm" else None


def read(text: str) -> tuple[IcsEvent, ...]:
    """The events of a file."""
    return read_calendar(text, find_zone, known_zone)[0]


def calendar(*lines: str) -> str:
    """A calendar with these lines in it."""
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *lines, "END:VCALENDAR", ""])


def event(*lines: str) -> str:
    """An event with these lines in it."""
    return "\r\n".join(["BEGIN:VEVENT", *lines, "END:VEVENT"])


SIMPLE = ["DTSTART:20260301T220000Z", "DURATION:PT4H"]


def test_an_event_begins_on_its_own_day_and_those_of_its_rule() -> None:
    """A weekly event begins on its first day and every week after it, less its EXDATE."""
    text = calendar(
        event(
            "DTSTART;TZID=Europe/Stockholm:20260303T220000",
            "DURATION:PT4H",
            "RRULE:FREQ=WEEKLY;BYDAY=TH",
            "EXDATE;TZID=Europe/Stockholm:20260312T220000",
        )
    )
    (weekly,) = read(text)
    assert (weekly.day, weekly.clock, weekly.zone) == (date(2026, 3, 3), time(22), STOCKHOLM)
    assert weekly.length == timedelta(hours=4)
    days = weekly.days(STOCKHOLM, date(2026, 1, 1), date(2026, 3, 20))
    assert [day.day for day in days] == [3, 5, 19]


@pytest.mark.parametrize(
    ("kind", "changes"), [("DEFAULT_CLOSED", True), ("DEFAULT_OPEN", False), ("OTHER", None)]
)
def test_a_change_calendar_says_what_its_events_are(kind: str, changes: bool | None) -> None:
    """X-CALENDAR-TYPE tells times to make changes in from times to make none."""
    text = calendar(f"X-CALENDAR-TYPE:{kind}", event(*SIMPLE))
    assert read_calendar(text, find_zone, known_zone)[1] is changes


def test_an_unknown_zone_is_the_callers_sentence() -> None:
    """What the caller says of a zone that it cannot find is told of the event."""
    text = calendar(event("SUMMARY:Patch", "DTSTART;TZID=Nowhere:20260303T220000", "DURATION:PT4H"))
    with pytest.raises(IcsError, match="event 'Patch': no time zone is called 'Nowhere'"):
        read(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "BEGIN:VCALENDAR is missing"),
        ("hello", "BEGIN:VCALENDAR is missing"),
        ("BEGIN:VCALENDAR", "BEGIN:VCALENDAR is missing"),
        ("BEGIN:VCALENDAR\nDTSTART", "isn't a calendar"),
        (event(*SIMPLE), "BEGIN:VCALENDAR is missing"),
        ("BEGIN:VCALENDAR\n" * 50_000, "more than 4 levels deep"),
        (calendar(event("DURATION:PT4H")), "DTSTART is missing"),
        (calendar(event("DTSTART:20260301T220000Z", *SIMPLE)), "more than one DTSTART"),
        (
            calendar(event("SUMMARY:a\\nb", "DTSTART:yesterday")),
            r"event 'a\\nb': its DTSTART isn't valid",
        ),
        (calendar(event("DTSTART:20260301T220000Z")), "it lasts '0:00:00'"),
        (
            calendar(event("DTSTART:20260301T220000Z", "DTEND:20260301T220000Z")),
            "it lasts '0:00:00'",
        ),
        (calendar(event("DTSTART:20260301T220000Z", "DTEND:20260301T210000Z")), "it lasts '-1 day"),
        (calendar(event("DTSTART:20260301T220000Z", "DTEND:20300301T210000Z")), "up to 1000 days"),
        (
            calendar(event("DTSTART:20260301T220000Z", "DURATION:20260301T220000Z")),
            "cannot read its DURATION|lasts",
        ),
        (
            calendar(event("DTSTART:20260301T220000Z", "DTEND;VALUE=DATE:20260302")),
            "differ in type",
        ),
        (calendar(event("DTSTART:20260301T220000Z", "DTEND:20260302T220000")), "differ in type"),
        (calendar(event("DTSTART;VALUE=DATE:20260301", "DURATION:PT4H")), "whole days"),
        (calendar(event("DTSTART;VALUE=DATE:00010101")), "from 1970 to 2199"),
        (calendar(event("DTSTART:99991231T235959Z", "DURATION:PT4H")), "from 1970 to 2199"),
        (calendar(event("DTSTART:PT4H", "DURATION:PT4H")), "isn't a date or time"),
        (
            calendar(event(*SIMPLE, "RDATE;VALUE=PERIOD:20260401T000000Z/PT1H")),
            "isn't a date or time",
        ),
        (calendar(event(*SIMPLE, "RRULE:FREQ=SECONDLY")), "every second"),
        (calendar(event(*SIMPLE, "RRULE:FREQ=DAILY;BYHOUR=1,2,3")), "BYHOUR"),
        (calendar(event(*SIMPLE, "EXRULE:FREQ=DAILY")), "EXRULE"),
        (calendar(event(*SIMPLE, "RECURRENCE-ID;RANGE=THISANDFUTURE:20260301T220000Z")), "RANGE"),
        (calendar(event(*SIMPLE, "EXDATE:never")), "its EXDATE isn't valid"),
        (calendar(*[event(*SIMPLE)] * (MOST_EVENTS + 1)), "more than 5,000 events"),
        (calendar(event(*SIMPLE, *["EXDATE:20260301T220000Z"] * 70_000)), "too many dates"),
        (
            calendar(event(*SIMPLE, "EXDATE:" + ",".join(["20260301T220000Z"] * 150_000))),
            "too many dates",
        ),
        ("x" * (LARGEST_FILE + 1), "20,000,001 characters"),
        ("x" * 50_000_000, "50,000,000 characters"),
    ],
)
def test_refuses(text: str, reason: str) -> None:
    """A file that cannot be read, or that is too much, is refused in one printable line, in under
    five seconds.
    """
    begun = stopwatch.process_time()
    with pytest.raises(IcsError, match=reason) as refused:
        read(text)
    assert str(refused.value).isprintable()
    assert stopwatch.process_time() - begun < 5


def test_what_does_not_say_when_is_not_read() -> None:
    """Descriptions and attachments of megabytes cost next to nothing and break nothing."""
    noise = [
        "DESCRIPTION:" + "y" * 4_000_000,
        "ATTACH;ENCODING=BASE64:" + "A" * 4_000_000,
        "X-BROKEN",
    ]
    begun = stopwatch.process_time()
    assert len(read(calendar(event(*SIMPLE, *noise)))) == 1
    assert stopwatch.process_time() - begun < 2
