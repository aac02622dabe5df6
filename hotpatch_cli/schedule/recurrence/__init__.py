"""Recurrence: RFC 5545 rules and calendar files, as local days.

A library that imports nothing else of this program; see README.md.
"""

from hotpatch_cli.schedule.recurrence.ics import read_calendar
from hotpatch_cli.schedule.recurrence.ics_event import IcsEvent
from hotpatch_cli.schedule.recurrence.ics_zones import IcsError
from hotpatch_cli.schedule.recurrence.rrule import Rrule
from hotpatch_cli.schedule.recurrence.rrules import Rrules, parse_rrule
from hotpatch_cli.schedule.recurrence.rule import Frame, RecurrenceError, quoted, skipped_months

__all__ = [
    "Frame",
    "IcsError",
    "IcsEvent",
    "RecurrenceError",
    "Rrule",
    "Rrules",
    "parse_rrule",
    "quoted",
    "read_calendar",
    "skipped_months",
]
