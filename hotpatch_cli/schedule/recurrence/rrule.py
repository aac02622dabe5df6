"""RFC 5545 recurrence rules on days: RRULE without its times of day.

Written here and not taken from dateutil, for four reasons that were seen with dateutil 4.0: a rule
that never fires is searched to the year 9999 (8 s for `FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30`); every
question starts again at the first occurrence; `BYDAY=MO,2TU` is taken as both at once instead of
either; and BYWEEKNO loses days where years meet (2022-01-01 is in week 52 of 2021). Everywhere else
dateutil judges this module in the tests.

Source: https://www.rfc-editor.org/rfc/rfc5545#section-3.3.10
"""

from calendar import isleap, monthrange
from collections.abc import Callable, Iterator
from datetime import date, datetime
from itertools import chain, islice
from typing import NamedTuple

from hotpatch_cli.schedule.recurrence.rule import (
    DAY,
    WEEK,
    Frame,
    each_day,
    every,
    every_month,
    skipped_months,
    week_start,
)

_RARE_PLACE = 5  # not every month has a fifth Tuesday
_SOME_DAY = date(2024, 1, 1)


class Rrule(NamedTuple):
    """One RRULE. `byday` pairs a place (0: every one) with a weekday (0: Monday).

    `until` is a day, a local time (naive) or a moment (UTC), as it was written; it is included.
    `total` is COUNT, a name that tuples have for themselves.
    """

    text: str
    freq: str
    interval: int = 1
    total: int | None = None
    until: date | None = None
    wkst: int = 0
    bymonth: tuple[int, ...] = ()
    bymonthday: tuple[int, ...] = ()
    byyearday: tuple[int, ...] = ()
    byweekno: tuple[int, ...] = ()
    byday: tuple[tuple[int, int], ...] = ()
    bysetpos: tuple[int, ...] = ()

    @property
    def from_needed(self) -> str | None:
        """Why the rule cannot be understood without a first day, or None where it can."""
        if self.interval > 1:
            return f"INTERVAL={self.interval}"
        if self.total is not None:
            return f"COUNT={self.total}"
        return f"FREQ={self.freq} on no named day" if self._settled(_SOME_DAY) != self else None

    def note(self, anchor: date | None) -> str | None:
        """What the rule leaves out, in words, or None."""
        rule = self._settled(anchor) if anchor else self
        if any(abs(nth) == _RARE_PLACE for nth, _ in rule.byday) and not self._counts_in_year:
            return "months without a fifth such weekday are skipped"
        return skipped_months(rule.bymonthday)

    def dates(self, frame: Frame) -> Iterator[date]:
        """The days of the frame on which the rule opens, in order."""
        grid = frame.anchor or frame.first
        last = min(frame.last, self._last_day(frame))
        rule = self._settled(grid)
        if self.total is None:
            return rule._occurrences(grid, frame.first, last)
        counted = islice(rule._occurrences(grid, grid, last), self.total)
        return (day for day in counted if day >= frame.first)

    def _last_day(self, frame: Frame) -> date:
        """The last day whose opening starts at UNTIL or before."""
        if not isinstance(self.until, datetime):
            return self.until or date.max
        local = self.until.astimezone(frame.zone) if self.until.tzinfo else self.until
        return local.date() if frame.start <= local.time() else local.date() - DAY

    def _settled(self, anchor: date) -> "Rrule":
        """The rule with the parts that RFC 5545 takes from the first day where the text is silent."""
        weekday = ((0, anchor.weekday()),)
        match self.freq:
            case "WEEKLY" if not self.byday:
                return self._replace(byday=weekday)
            case "MONTHLY" if not (self.byday or self.bymonthday):
                return self._replace(bymonthday=(anchor.day,))
            case "YEARLY" if self.byweekno and not self.byday:
                return self._replace(byday=weekday)
            case "YEARLY" if not (self.byday or self.bymonthday or self.byyearday):
                return self._replace(
                    bymonthday=(anchor.day,), bymonth=self.bymonth or (anchor.month,)
                )
        return self

    def _occurrences(self, grid: date, first: date, last: date) -> Iterator[date]:
        periods = self._periods(grid, first, last)
        if self.bysetpos:
            placed = chain.from_iterable(self._placed(*period) for period in periods)
            return (day for day in placed if first <= day <= last)
        inside = (each_day(max(begin, first), min(end, last)) for begin, end in periods)
        return self._admitted(chain.from_iterable(inside))

    def _periods(self, grid: date, first: date, last: date) -> Iterator[tuple[date, date]]:
        """First and last day of each day, week, month or year that the interval does not leave out."""
        match self.freq:
            case "DAILY":
                return ((day, day) for day in every(self.interval * DAY, grid, first, last))
            case "WEEKLY":
                grid, first = week_start(grid, self.wkst), week_start(first, self.wkst)
                return (
                    (day, day + 6 * DAY) for day in every(self.interval * WEEK, grid, first, last)
                )
            case "MONTHLY":
                months = every_month(self.interval, grid, first, last)
                return ((date(*month, 1), date(*month, monthrange(*month)[1])) for month in months)
        begin = first.year + (grid.year - first.year) % self.interval
        return (
            (date(year, 1, 1), date(year, 12, 31))
            for year in range(begin, last.year + 1, self.interval)
        )

    def _placed(self, begin: date, end: date) -> list[date]:
        """BYSETPOS: of the days of one period that the rule admits, those at the wanted places."""
        days = list(self._admitted(each_day(begin, end)))
        places = {place - 1 if place > 0 else place + len(days) for place in self.bysetpos}
        return [days[place] for place in sorted(places) if 0 <= place < len(days)]

    def _admitted(self, days: Iterator[date]) -> Iterator[date]:
        """Those of the days that every part of the rule admits; parts that it does not have cost
        nothing.
        """
        if self.bymonth:
            days = (day for day in days if day.month in self.bymonth)
        if self.byday:
            days = filter(self._weekday_test(), days)
        if self.bymonthday:
            days = (day for day in days if not _places_in_month(day).isdisjoint(self.bymonthday))
        if self.byyearday:
            days = (day for day in days if not _places_in_year(day).isdisjoint(self.byyearday))
        if self.byweekno:
            days = (
                day for day in days if not _week_numbers(day, self.wkst).isdisjoint(self.byweekno)
            )
        return days

    def _weekday_test(self) -> Callable[[date], bool]:
        """Whether a day is one of the weekdays of BYDAY, at its place in the month or year if it
        has one.
        """
        places = _places_in_year if self._counts_in_year else _places_in_month
        wanted: dict[int, set[int]] = {}
        for nth, weekday in self.byday:
            wanted.setdefault(weekday, set()).add(nth)

        def test(day: date) -> bool:
            nths = wanted.get(day.weekday(), ())
            return 0 in nths or (
                bool(nths) and any(_week_of(place) in nths for place in places(day))
            )

        return test

    @property
    def _counts_in_year(self) -> bool:
        """Whether 5MO is the fifth Monday of the year, as it is where a yearly rule names no month."""
        return self.freq == "YEARLY" and not self.bymonth


def _places_in_month(day: date) -> set[int]:
    """The number of a day in its month, counted from the front and, negative, from the end."""
    return {day.day, day.day - monthrange(day.year, day.month)[1] - 1}


def _places_in_year(day: date) -> set[int]:
    number = day.timetuple().tm_yday
    return {number, number - (366 if isleap(day.year) else 365) - 1}


def _week_numbers(day: date, wkst: int) -> set[int]:
    """The number of a day's week, from the front and from the end; week 1 has four days in the
    year.
    """
    middle = week_start(day, wkst) + 3 * DAY
    return set(map(_week_of, _places_in_year(middle)))


def _week_of(place: int) -> int:
    """Days 1 to 7 are in week 1, days -1 to -7 in week -1."""
    return (place + 6) // 7 if place > 0 else -((6 - place) // 7)
