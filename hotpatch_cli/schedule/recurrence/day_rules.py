"""The day rules: on which local days a maintenance window opens."""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date, timedelta
from heapq import merge
from itertools import groupby
from typing import NamedTuple

from hotpatch_cli.schedule.azure import AzureRecurrence, parse_azure
from hotpatch_cli.schedule.patch_tuesday import patch_tuesday
from hotpatch_cli.schedule.recurrence.ics_events import IcsEvents
from hotpatch_cli.schedule.recurrence.rrule import Rrule
from hotpatch_cli.schedule.recurrence.rrule_text import read_rrule
from hotpatch_cli.schedule.recurrence.rule import (
    WEEKDAYS,
    Frame,
    RecurrenceError,
    each_day,
    every_month,
    quoted,
)

__all__ = [
    "AfterPatchTuesday",
    "AzureRecurrence",
    "DayRule",
    "Frame",
    "IcsEvents",
    "RecurrenceError",
    "Rrules",
    "Weekdays",
    "after_patch_tuesday",
    "parse_azure",
    "parse_rrule",
    "parse_weekdays",
]

_FURTHEST = 366  # days from Patch Tuesday
_MOST_RULES = 100
_EXDATE = re.compile(r"(\d{8})(?:T\d{6})?", re.ASCII)


class AfterPatchTuesday(NamedTuple):
    """So many days after every Patch Tuesday; negative is before it, and more than six is fine."""

    days: int

    @property
    def from_needed(self) -> None:
        """Every month has a Patch Tuesday: no first day is needed."""

    def note(self, _anchor: date | None) -> None:
        """Nothing is left out."""

    def dates(self, frame: Frame) -> Iterator[date]:
        """The days of the frame that lie so many days after a Patch Tuesday."""
        shift = timedelta(days=self.days)
        for month in every_month(1, frame.first, frame.first - shift, frame.last - shift):
            day = patch_tuesday(*month) + shift
            if frame.first <= day <= frame.last:
                yield day


class Weekdays(NamedTuple):
    """Plain weekdays, every week; 0 is Monday."""

    days: tuple[int, ...]

    @property
    def from_needed(self) -> None:
        """Every week is like every other: no first day is needed."""

    def note(self, _anchor: date | None) -> None:
        """Nothing is left out."""

    def dates(self, frame: Frame) -> Iterator[date]:
        """The days of the frame that are such weekdays."""
        return (day for day in each_day(frame.first, frame.last) if day.weekday() in self.days)


class Rrules(NamedTuple):
    """The union of RFC 5545 rules, less single days."""

    rules: tuple[Rrule, ...]
    exdates: frozenset[date] = frozenset()

    @property
    def from_needed(self) -> str | None:
        """Why one of the rules cannot be understood without a first day, or None."""
        return next(filter(None, (rule.from_needed for rule in self.rules)), None)

    def note(self, anchor: date | None) -> str | None:
        """What the rules leave out, in words, or None."""
        return (
            "; ".join(dict.fromkeys(filter(None, (rule.note(anchor) for rule in self.rules))))
            or None
        )

    def dates(self, frame: Frame) -> Iterator[date]:
        """The days of the frame on which one of the rules opens, each once."""
        days = merge(*(rule.dates(frame) for rule in self.rules))
        return (day for day, _ in groupby(days) if day not in self.exdates)


DayRule = AfterPatchTuesday | Weekdays | Rrules | AzureRecurrence | IcsEvents


def after_patch_tuesday(days: int) -> AfterPatchTuesday:
    """The rule for a number of days after Patch Tuesday. Raises RecurrenceError above a year."""
    if abs(days) > _FURTHEST:
        raise RecurrenceError(f"{days} days from Patch Tuesday: expected at most {_FURTHEST}")
    return AfterPatchTuesday(days)


def parse_weekdays(names: Sequence[str]) -> Weekdays:
    """Read weekdays by their English names, whole or cut to three or two letters. Raises
    RecurrenceError.
    """
    if not names:
        raise RecurrenceError("no weekday is given, so it never opens: write days: [Sat, Sun]")
    return Weekdays(tuple(sorted({_weekday(name) for name in names})))


def _weekday(name: str) -> int:
    for number, weekday in enumerate(WEEKDAYS):
        if name.strip().casefold() in {
            weekday[:length].casefold() for length in (2, 3, len(weekday))
        }:
            return number
    raise RecurrenceError(f"{quoted(name)} is not a weekday: expected Monday, Mon or Mo, and so on")


def parse_rrule(text: str | Sequence[str]) -> Rrules:
    """Read a rule, several lines of rules, or a list of them; `EXDATE:` lines hold days to leave
    out.

    Raises RecurrenceError.
    """
    texts = [text] if isinstance(text, str) else text
    lines = [line.strip() for text in texts for line in text.splitlines() if line.strip()]
    without = [line for line in lines if line.upper().startswith("EXDATE")]
    if not 0 < len(lines) - len(without) <= _MOST_RULES:
        raise RecurrenceError(
            f"expected 1 to {_MOST_RULES} RRULEs, found {len(lines) - len(without)}"
        )
    rules = tuple(read_rrule(line) for line in lines if line not in without)
    return Rrules(rules, frozenset(day for line in without for day in _exdates(line)))


def _exdates(line: str) -> list[date]:
    """The days of one EXDATE line: dates, or local times whose day counts."""
    name, _, values = line.upper().partition(":")
    found = [_EXDATE.fullmatch(value.strip()) for value in values.split(",")]
    if name in ("EXDATE", "EXDATE;VALUE=DATE", "EXDATE;VALUE=DATE-TIME") and None not in found:
        with suppress(ValueError):
            return [date.fromisoformat(match[1]) for match in found if match]
    raise RecurrenceError(
        f"cannot read {quoted(line)}: write EXDATE:20261224,20261231 or use `exdates`"
    )
