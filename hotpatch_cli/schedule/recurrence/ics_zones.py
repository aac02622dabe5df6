"""The VTIMEZONEs of an .ics file: known zones don't need them, and the others must be simple.

For a zone that only the file defines, icalendar and dateutil go through all its clock changes since
the first, often in 1601, for every time of day. Rules with daily clock changes would take hours.
"""

import re
from collections.abc import Callable
from datetime import tzinfo

from hotpatch_cli.schedule.recurrence.rule import quoted

_MOST_LINES = 40
_MOST_RULES = 4
_LONGEST_LINE = 200

_TAME_RULE = re.compile(
    r"RRULE:((FREQ=YEARLY|BYMONTH=\d+|BYDAY=[+-]?\d?[A-Z]{2}|BYMONTHDAY=[-\d,]+|INTERVAL=1|UNTIL=\w+|WKST=[A-Z]{2});?)+"
)
_WILD_OFFSET = re.compile("TZOFFSET(FROM|TO):[+-](1[6-9]|[2-9])")  # no zone is 16 hours away


class IcsError(ValueError):
    """An invalid calendar file. The message names the event, what is wrong, and the fix."""


def without_known_zones(lines: list[str], known_zone: Callable[[str], tzinfo | None]) -> list[str]:
    """The lines of a file without the VTIMEZONEs of known zones. Raises IcsError for one that isn't
    simple.
    """
    kept: list[str] = []
    block: list[str] | None = None
    for line in lines:
        mark = line.strip().upper()
        if mark == "BEGIN:VTIMEZONE":
            block = []
        (kept if block is None else block).append(line)
        if mark == "END:VTIMEZONE" and block is not None:
            kept += _needed(block, known_zone)
            block = None
    return kept + (block or [])


def _needed(block: list[str], known_zone: Callable[[str], tzinfo | None]) -> list[str]:
    """A VTIMEZONE, or nothing if its zone is known by name."""
    names = [line.partition(":")[2].strip() for line in block if line.upper().startswith("TZID:")]
    if names and known_zone(names[0]):
        return []
    rules = [line for line in block if line.upper().startswith("RRULE")]
    wild = [line for line in block if _is_wild(line.strip().upper())]
    if wild or len(block) > _MOST_LINES or len(rules) > _MOST_RULES:
        why = (
            f"contains {quoted(wild[0])}"
            if wild
            else f"has more than {_MOST_LINES} lines or {_MOST_RULES} rules"
        )
        raise IcsError(
            f"the VTIMEZONE {quoted(''.join(names[:1]))} {why}. "
            "Use a time zone with an IANA or Windows name"
        )
    return block


def _is_wild(line: str) -> bool:
    if line.startswith("RRULE"):
        return not (_TAME_RULE.fullmatch(line) and "BYMONTH=" in line)
    return len(line) > _LONGEST_LINE or _WILD_OFFSET.match(line) is not None
