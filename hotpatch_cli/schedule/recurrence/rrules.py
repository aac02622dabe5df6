"""Several RFC 5545 rules together, without single days: the `rrule` of a window."""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date
from heapq import merge
from itertools import groupby
from typing import NamedTuple

from hotpatch_cli.schedule.recurrence.rrule import Rrule
from hotpatch_cli.schedule.recurrence.rrule_text import read_rrule
from hotpatch_cli.schedule.recurrence.rule import Frame, RecurrenceError, quoted

_MOST_RULES = 100
_EXDATE = re.compile(r"(\d{8})(?:T\d{6})?", re.ASCII)


class Rrules(NamedTuple):
    """The union of RFC 5545 rules, without single days."""

    rules: tuple[Rrule, ...]
    exdates: frozenset[date] = frozenset()

    @property
    def from_needed(self) -> str | None:
        """Why one of the rules requires a first day, or None."""
        return next(filter(None, (rule.from_needed for rule in self.rules)), None)

    def note(self, anchor: date | None) -> str | None:
        """The months that the rules skip, in words, or None."""
        return (
            "; ".join(dict.fromkeys(filter(None, (rule.note(anchor) for rule in self.rules))))
            or None
        )

    def dates(self, frame: Frame) -> Iterator[date]:
        """The days of the frame on which one of the rules opens, each once."""
        days = merge(*(rule.dates(frame) for rule in self.rules))
        return (day for day, _ in groupby(days) if day not in self.exdates)


def parse_rrule(text: str | Sequence[str]) -> Rrules:
    """Read a rule, several lines of rules, or a list of them; `EXDATE:` lines have excluded days.

    Raises RecurrenceError.
    """
    texts = [text] if isinstance(text, str) else text
    lines = [line.strip() for text in texts for line in text.splitlines() if line.strip()]
    without = [line for line in lines if _has_exdates(line)]
    ruling = [line for line in lines if not _has_exdates(line)]
    if not 0 < len(ruling) <= _MOST_RULES:
        raise RecurrenceError(f"the window has {len(ruling)} RRULEs. Specify 1 to {_MOST_RULES}")
    rules = tuple(map(read_rrule, ruling))
    return Rrules(rules, frozenset(day for line in without for day in _exdates(line)))


def _has_exdates(line: str) -> bool:
    return line[:6].upper() == "EXDATE"


def _exdates(line: str) -> list[date]:
    """The days of one EXDATE line: dates, or local times whose day counts."""
    name, _, values = line.upper().partition(":")
    matches = [_EXDATE.fullmatch(value.strip()) for value in values.split(",")]
    if name in ("EXDATE", "EXDATE;VALUE=DATE", "EXDATE;VALUE=DATE-TIME") and None not in matches:
        with suppress(ValueError):
            return [date.fromisoformat(match[1]) for match in matches if match]
    raise RecurrenceError(
        f"{quoted(line)} isn't valid. "
        "Use a format such as EXDATE:20261224,20261231, or use `exdates`"
    )
