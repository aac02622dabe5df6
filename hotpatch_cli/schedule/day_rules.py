"""The day rules: on which local days a maintenance window opens."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from hotpatch_cli.schedule.azure import AzureRecurrence, parse_azure
from hotpatch_cli.schedule.day_grid import WEEKDAYS, every_day, every_month
from hotpatch_cli.schedule.ics_events import IcsEvents
from hotpatch_cli.schedule.patch_tuesday import patch_tuesday
from hotpatch_cli.schedule.recurrence import (
    Frame,
    RecurrenceError,
    Rrules,
    parse_rrule,
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


class AfterPatchTuesday(NamedTuple):
    """A number of days after every Patch Tuesday. It can be negative, or more than six."""

    days: int

    @property
    def from_needed(self) -> None:
        """None: every month has a Patch Tuesday."""

    def note(self, _anchor: date | None) -> None:
        """No month is skipped."""

    def dates(self, frame: Frame) -> Iterator[date]:
        """The days of the frame that are that number of days after a Patch Tuesday."""
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
        """None: all weeks are alike."""

    def note(self, _anchor: date | None) -> None:
        """No month is skipped."""

    def dates(self, frame: Frame) -> Iterator[date]:
        """The days of the frame that are such weekdays."""
        return (day for day in every_day(frame.first, frame.last) if day.weekday() in self.days)


DayRule = AfterPatchTuesday | Weekdays | Rrules | AzureRecurrence | IcsEvents


def after_patch_tuesday(days: int) -> AfterPatchTuesday:
    """The rule for a number of days after Patch Tuesday. Raises RecurrenceError above a year."""
    if abs(days) > _FURTHEST:
        raise RecurrenceError(
            f"{days} days from Patch Tuesday are too many. Specify at most {_FURTHEST}"
        )
    return AfterPatchTuesday(days)


def parse_weekdays(names: Sequence[str]) -> Weekdays:
    """Read weekdays by their English names, whole or cut to three or two letters. Raises
    RecurrenceError.
    """
    if not names:
        raise RecurrenceError(
            "`days` is empty, and the window never opens. "
            "Specify weekdays, such as `days: [Sat, Sun]`"
        )
    return Weekdays(tuple(sorted({_weekday(name) for name in names})))


def _weekday(name: str) -> int:
    for number, weekday in enumerate(WEEKDAYS):
        if name.strip().casefold() in {
            weekday[:length].casefold() for length in (2, 3, len(weekday))
        }:
            return number
    raise RecurrenceError(f"{quoted(name)} isn't a weekday. Use a name such as Monday, Mon, or Mo")
