"""`recurEvery` of Microsoft.Maintenance: the documented grammar, and what the server returns.

The documentation has days, weeks, and months. The server also returns hours, singular and plural
units, and several weeks and weekdays in one monthly rule.

Source: https://learn.microsoft.com/azure/virtual-machines/maintenance-configurations and
https://learn.microsoft.com/dotnet/api/azure.resourcemanager.maintenance.maintenanceconfigurationdata.recurevery
"""

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from itertools import product
from typing import Literal, NamedTuple

from hotpatch_cli.schedule.day_grid import DAY, WEEK, WEEKDAYS, every, every_month, monday_of
from hotpatch_cli.schedule.patch_tuesday import LAST, nth_weekday
from hotpatch_cli.schedule.recurrence import Frame, RecurrenceError, quoted, skipped_months

Unit = Literal["Hour", "Day", "Week", "Month"]

_UNITS: dict[str, Unit] = {"hour": "Hour", "day": "Day", "week": "Week", "month": "Month"}
WEEK_NAMES = {1: "First", 2: "Second", 3: "Third", 4: "Fourth", LAST: "Last"}
_WEEKS = {name.casefold(): place for place, name in WEEK_NAMES.items()}
_WEEKDAYS = {name.casefold(): number for number, name in enumerate(WEEKDAYS)}
_MONTHDAYS = {f"day{number}": number for number in range(1, 32)}
_LONGEST_TEXT = 200

_FREQUENCY = re.compile(r"(\d{0,3})(hour|day|week|month)s?", re.ASCII | re.IGNORECASE)
_OFFSET = re.compile(r"offset(-?\d{1,3})", re.ASCII | re.IGNORECASE)


class AzureRecurrence(NamedTuple):
    """When a maintenance configuration recurs: every `interval` units, narrowed by what follows the
    unit.

    `weeks` has 1 to 4 and LAST, `weekdays` 0 for Monday; `offset` moves the nth weekday by days.
    No source states on which day a week starts. As in RFC 5545, it's Monday.
    """

    unit: Unit
    interval: int = 1
    weekdays: tuple[int, ...] = ()
    monthdays: tuple[int, ...] = ()
    weeks: tuple[int, ...] = ()
    offset: int = 0

    @property
    def text(self) -> str:
        """The rule in the documented spelling: `Month Third Sunday Offset6`."""
        plural = "s" if self.interval > 1 else ""
        words = [
            f"{self.interval if plural else ''}{self.unit}{plural}",
            ",".join(WEEK_NAMES[week] for week in self.weeks),
            ",".join(WEEKDAYS[weekday] for weekday in self.weekdays),
            ",".join(f"day{number}" for number in self.monthdays),
            f"Offset{self.offset}" if self.offset else "",
        ]
        return " ".join(filter(None, words))

    @property
    def from_needed(self) -> str | None:
        """Why the rule requires a first day, or None."""
        if self.interval > 1:
            return f"every {self.interval} {self.unit.lower()}s"
        if self.unit in ("Week", "Month") and not self.weekdays and not self.monthdays:
            return f"every {self.unit.lower()} on the day of the first opening"
        return None

    def note(self, anchor: date | None) -> str | None:
        """The months that the rule skips, in words, or None."""
        if self.unit != "Month" or self.weekdays:
            return None
        return skipped_months(self.monthdays or ((anchor.day,) if anchor else ()))

    def dates(self, frame: Frame) -> Iterator[date]:
        """The days of the frame on which the rule opens, in order; an hour recurrence may open on
        any.
        """
        grid = frame.anchor or frame.first
        if self.unit in ("Hour", "Day"):
            step = DAY if self.unit == "Hour" else self.interval * DAY
            return every(step, grid, frame.first, frame.last)
        days = self._weekly(grid, frame) if self.unit == "Week" else self._monthly(grid, frame)
        return (day for day in days if frame.first <= day <= frame.last)

    def _weekly(self, grid: date, frame: Frame) -> Iterator[date]:
        weekdays = self.weekdays or (grid.weekday(),)
        for monday in every(
            self.interval * WEEK, monday_of(grid), monday_of(frame.first), frame.last
        ):
            yield from (monday + timedelta(days=weekday) for weekday in weekdays)

    def _monthly(self, grid: date, frame: Frame) -> Iterator[date]:
        shift = timedelta(days=self.offset)
        days_of = self._nth_weekdays if self.weekdays else self._numbered_days
        for year, month in every_month(
            self.interval, grid, frame.first - shift, frame.last - shift
        ):
            yield from (day + shift for day in days_of(year, month, grid))

    def _nth_weekdays(self, year: int, month: int, _grid: date) -> list[date]:
        places = product(self.weekdays, self.weeks)
        return sorted({nth_weekday(year, month, weekday, week) for weekday, week in places})

    def _numbered_days(self, year: int, month: int, grid: date) -> list[date]:
        length = monthrange(year, month)[1]
        return [
            date(year, month, number)
            for number in self.monthdays or (grid.day,)
            if number <= length
        ]


def parse_azure(text: str) -> AzureRecurrence:
    """Read a `recurEvery`. Letter case, plurals, and extra spaces are ignored. Raises
    RecurrenceError.
    """
    if len(text) > _LONGEST_TEXT:
        raise RecurrenceError(
            f"the Azure recurrence has {len(text)} characters. Use at most {_LONGEST_TEXT}"
        )
    words = re.sub(r"\s*,\s*", ",", text.strip()).split()
    frequency = _FREQUENCY.fullmatch(words[0]) if words else None
    if frequency is None:
        raise _refused(
            text, "Begin with Hour, Day, Week, or Month, after a number of at most three digits"
        )
    interval, unit = int(frequency[1] or 1), _UNITS[frequency[2].casefold()]
    if interval == 0:
        raise _refused(text, "The number before the unit must be 1 or more")
    return _PARSERS[unit](text, AzureRecurrence(unit, interval), words[1:])


def _parse_plain(text: str, rule: AzureRecurrence, words: list[str]) -> AzureRecurrence:
    if words:
        raise _refused(text, f"Remove the words after {rule.unit}")
    return rule


def _parse_week(text: str, rule: AzureRecurrence, words: list[str]) -> AzureRecurrence:
    if len(words) > 1:
        raise _refused(text, "After Week, specify one list of weekdays, such as Saturday,Sunday")
    return rule._replace(weekdays=_listed(text, words[0], _WEEKDAYS, "a weekday") if words else ())


def _parse_month(text: str, rule: AzureRecurrence, words: list[str]) -> AzureRecurrence:
    if not words:
        return rule
    first, *others = words
    if first.casefold().startswith("day"):
        if others:
            raise _refused(
                text,
                "Remove the words after the days of the month. "
                "An offset requires a numbered weekday, such as First Monday",
            )
        return rule._replace(monthdays=_listed(text, first, _MONTHDAYS, "one of day1 to day31"))
    if len(others) not in (1, 2):
        raise _refused(
            text, "After Month, specify day1,day2, First Monday, or First Monday Offset3"
        )
    weekdays, *offset = others
    return rule._replace(
        weeks=_listed(text, first, _WEEKS, "First, Second, Third, Fourth, or Last"),
        weekdays=_listed(text, weekdays, _WEEKDAYS, "a weekday"),
        offset=_offset(text, *offset) if offset else 0,
    )


_PARSERS = {"Hour": _parse_plain, "Day": _parse_plain, "Week": _parse_week, "Month": _parse_month}


def _listed(text: str, words: str, known: Mapping[str, int], kind: str) -> tuple[int, ...]:
    """The numbers of a comma list, in the order of `known`, each once."""
    given = words.casefold().split(",")
    for word in given:
        if word not in known:
            raise _refused(text, f"{quoted(word)} isn't {kind}")
    return tuple(number for word, number in known.items() if word in given)


def _offset(text: str, word: str) -> int:
    match = _OFFSET.fullmatch(word)
    if match is None:
        raise _refused(text, "Use the format Offset6 or Offset-3, without a plus sign or a space")
    return int(match[1])


def _refused(text: str, advice: str) -> RecurrenceError:
    return RecurrenceError(f"the Azure recurrence {quoted(text)} isn't valid. {advice}")
