"""From the text of an .ics file to its components, within bounds of time and memory.

Only the lines on times are kept. Attendees, descriptions, and attachments are dropped before the
icalendar library parses the rest.
"""

import re
import warnings
from collections.abc import Callable
from datetime import tzinfo
from itertools import accumulate
from typing import Any

from hotpatch_cli.schedule.recurrence.ics_zones import IcsError, without_known_zones
from hotpatch_cli.schedule.recurrence.rule import quoted

Component = Any  # icalendar types a value as a union of thirty classes

LARGEST_FILE = 20_000_000
"""Characters."""
LARGEST_KEPT = 2_000_000
"""Characters of the lines on times."""
MOST_LINES = 60_000
"""Of those lines."""
MOST_EVENTS = 5_000

_DEEPEST = 4  # VCALENDAR, VTIMEZONE, STANDARD, and one to spare
_FOLD = re.compile(r"\r?\n[ \t]")
_WHEN = {"DTSTART", "DTEND", "DURATION", "RRULE", "EXRULE", "RDATE", "EXDATE", "RECURRENCE-ID"}
_WHICH = {"UID", "STATUS", "SUMMARY", "X-CALENDAR-TYPE"}
_KEPT = {"BEGIN", "END", "TZID", "TZOFFSETFROM", "TZOFFSETTO", *_WHEN, *_WHICH}
_UNREADABLE = (
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    ArithmeticError,
)  # icalendar, of broken files
_FEWER = "Export a shorter period"


def parse_calendars(text: str, known_zone: Callable[[str], tzinfo | None]) -> list[Component]:
    """The calendars of a file, with their lines on times. Raises IcsError."""
    lines = without_known_zones(_kept_lines(text), known_zone)
    components = _parsed("\r\n".join(lines))
    calendars = [component for component in components if component.name == "VCALENDAR"]
    if not calendars:
        raise IcsError("the file isn't a calendar: BEGIN:VCALENDAR is missing")
    return calendars


def _kept_lines(text: str) -> list[str]:
    """The lines on times, unfolded. Raises IcsError if the file is too large or nested too deep."""
    if len(text) > LARGEST_FILE:
        raise IcsError(
            f"the calendar has {len(text):,} characters; the limit is {LARGEST_FILE:,}. {_FEWER}"
        )
    lines = _FOLD.sub("", text.lstrip("\ufeff")).replace("\r", "\n").split("\n")
    kept = [
        line for line in lines if re.split("[:;]", line, maxsplit=1)[0].strip().upper() in _KEPT
    ]
    marks = [line.strip().upper() for line in kept]
    if (
        marks.count("BEGIN:VEVENT") > MOST_EVENTS
        or len(kept) > MOST_LINES
        or sum(map(len, kept)) > LARGEST_KEPT
    ):
        raise IcsError(
            f"the calendar has more than {MOST_EVENTS:,} events, or too many dates. {_FEWER}"
        )
    depths = accumulate(mark.startswith("BEGIN:") - mark.startswith("END:") for mark in marks)
    if max(depths, default=0) > _DEEPEST:
        raise IcsError(
            f"the file isn't a calendar: its components are nested more than {_DEEPEST} levels deep"
        )
    return kept


def _parsed(text: str) -> list[Component]:
    """The components that icalendar finds, without the VTIMEZONEs of an earlier file."""
    from icalendar import Calendar
    from icalendar.timezone import tzp

    tzp.use_zoneinfo()
    try:
        with warnings.catch_warnings(
            action="ignore"
        ):  # it guesses the zone of a TZID like /vendor/Europe/Berlin
            return list(Calendar.from_ical(text, multiple=True))
    except _UNREADABLE as problem:
        raise IcsError(f"the file isn't a calendar: {quoted(str(problem))}") from None
    except OSError:  # zoneinfo opens a file by the name: that of a folder, or one that's too long
        raise IcsError("a TZID isn't a time zone. Use an IANA name, such as Europe/Paris") from None
