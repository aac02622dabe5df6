"""RFC 5545 recurrence rules on days: RRULE without its times of day.

dateutil finds the days of one calendar year at a time, and a year's days are shared. Rules for
which dateutil 4.0 is slow or wrong are rephrased first, and each of these cases has a test:

- A rule that never fires is searched up to the year 9999, whatever its UNTIL (8 s for
  `FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30`): a year is asked for as its twin, the latest year with the
  same calendar. The search ends after 28 years at most.
- Every call starts again at DTSTART: DTSTART is the first day in the year, or in the week that
  began before it, from which the interval continues.
- `BYDAY=MO,2TU` means both at once instead of either: a plain weekday becomes all its places.
- BYWEEKNO loses days where years meet (2022-01-01 is in week 52 of 2021): it becomes BYYEARDAY.
- `BYDAY=99MO` is an IndexError: a place that no month or year has is removed.

Source: https://www.rfc-editor.org/rfc/rfc5545#section-3.3.10
"""

from bisect import bisect_left, bisect_right
from calendar import isleap
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Literal, NamedTuple

from hotpatch_cli.schedule.recurrence.rule import DAY, Frame, skipped_months

if TYPE_CHECKING:
    from dateutil.rrule import weekday

_RARE_PLACE = 5  # not every month has a fifth Tuesday
_PLACES_IN_YEAR = 53
_LAST_OFFSET = 365  # of 31 December in a leap year
_MONTHS = 12
_SOME_DAY = date(2024, 1, 1)
_FREQUENCIES: dict[str, Literal[0, 1, 2, 3]] = {"YEARLY": 0, "MONTHLY": 1, "WEEKLY": 2, "DAILY": 3}
"""The numbers of dateutil; its constants would load it before a rule is asked for its days."""
_TWINS = range(9998, 9970, -1)
"""28 years have every calendar of a year together with those of its neighbors."""


class Rrule(NamedTuple):
    """One RRULE. `byday` pairs a place (0: every one) with a weekday (0: Monday).

    `until` is a day, a local time (naive), or a moment (UTC), as in the text; it's included.
    `total` is COUNT, which is a method of tuples.
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
        """Why the rule requires a first day, or None."""
        if self.interval > 1:
            return f"INTERVAL={self.interval}"
        if self.total is not None:
            return f"COUNT={self.total}"
        return f"FREQ={self.freq} without a day" if self._settled(_SOME_DAY) != self else None

    def note(self, anchor: date | None) -> str | None:
        """The months that the rule skips, in words, or None."""
        rule = self._settled(anchor) if anchor else self
        if any(abs(nth) == _RARE_PLACE for nth, _ in rule.byday) and not self.counts_in_year:
            return "months without a fifth such weekday are skipped"
        return skipped_months(rule.bymonthday)

    def dates(self, frame: Frame) -> Iterator[date]:
        """The days of the frame on which the rule opens, in order."""
        grid = frame.anchor or frame.first
        last = min(frame.last, self._last_day(frame))
        if self.total is None:
            return self._occurrences(grid, frame.first, last)
        counted = islice(self._occurrences(grid, grid, last), self.total)
        return (day for day in counted if day >= frame.first)

    def _last_day(self, frame: Frame) -> date:
        """The last day whose opening starts at UNTIL or before."""
        if not isinstance(self.until, datetime):
            return self.until or date.max
        local = self.until.astimezone(frame.zone) if self.until.tzinfo else self.until
        return local.date() if frame.start <= local.time() else local.date() - DAY

    def _settled(self, anchor: date) -> "Rrule":
        """The rule with the parts that RFC 5545 takes from the first day if the text has none."""
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
        """The days from first to last, as if there were neither COUNT nor UNTIL."""
        # Rules that differ in nothing else name the same days, so they share one answer.
        rule = self._settled(grid)._replace(text="", total=None, until=None)
        for year in range(first.year, last.year + 1):
            offset = rule._first_period(grid, year)
            if offset is None or offset > _LAST_OFFSET:
                continue
            new_year = date(year, 1, 1).toordinal()
            days = _days_of_year(rule, offset, _twin(year))
            begin = bisect_left(days, first.toordinal() - new_year)
            end = bisect_right(days, last.toordinal() - new_year)
            for day in days[begin:end]:
                yield date.fromordinal(new_year + day)

    def _first_period(self, grid: date, year: int) -> int | None:
        """Where the first day, week, month or year that the interval keeps begins in a year.

        In days from 1 January, before it for a week that began in December. None where the interval
        keeps none that begins in the year.
        """
        new_year = date(year, 1, 1)
        match self.freq:
            case "DAILY":
                return (grid - new_year).days % self.interval
            case "WEEKLY":
                week = -((new_year.weekday() - self.wkst) % 7)
                kept = -((grid.weekday() - self.wkst) % 7) + (grid - new_year).days
                return week + (kept - week) % (7 * self.interval)
            case "MONTHLY":
                months = ((grid.year - year) * _MONTHS + grid.month - 1) % self.interval
                return (date(year, months + 1, 1) - new_year).days if months < _MONTHS else None
        return 0 if (grid.year - year) % self.interval == 0 else None

    @property
    def counts_in_year(self) -> bool:
        """Whether 5MO is the fifth Monday of the year, as it is in a yearly rule without months."""
        return self.freq == "YEARLY" and not self.bymonth


@cache
def _twin(year: int) -> int:
    """The latest year with the calendar of a year, and with the same calendars before and after."""
    return next(twin for twin in _TWINS if _calendar(twin) == _calendar(year))


def _calendar(year: int) -> tuple[int, ...]:
    return (date(year, 1, 1).weekday(), *(isleap(year + step) for step in (-1, 0, 1)))


@lru_cache(maxsize=8192)
def _days_of_year(rule: Rrule, offset: int, year: int) -> tuple[int, ...]:
    """The days of a year, 0 for 1 January, that a settled rule names from an offset on."""
    from dateutil.rrule import rrule, weekday

    new_year, new_years_eve = datetime(year, 1, 1), datetime(year, 12, 31)  # noqa: DTZ001
    begin = new_year + timedelta(days=offset)
    weekdays, yeardays = _weekdays(rule), rule.byyearday
    if rule.byweekno:
        yeardays = _yeardays_of_weeks(rule, year)
    if (rule.byday and not weekdays) or (rule.byweekno and not yeardays):
        return ()
    freq = rule.freq
    if freq == "DAILY" and rule.interval == 1:  # the same days, found 365 at a time
        freq, weekdays = "YEARLY", weekdays or [weekday(number) for number in range(7)]
    asked = rrule(
        _FREQUENCIES[freq],
        dtstart=begin,
        until=new_years_eve,
        interval=rule.interval,
        wkst=rule.wkst,
        bymonth=rule.bymonth or None,
        bymonthday=rule.bymonthday or None,
        byyearday=yeardays or None,
        byweekday=weekdays or None,
        bysetpos=rule.bysetpos or None,
    )
    days: list[int] = []
    with suppress(ValueError):  # the last week of 9999 ends after the last date there is
        days.extend((moment - new_year).days for moment in asked)
    return tuple(days[bisect_left(days, 0) :])


def _weekdays(rule: Rrule) -> list["weekday"]:
    """BYDAY for dateutil: next to a numbered weekday, a plain one becomes all its places."""
    from dateutil.rrule import weekday

    if not any(place for place, _ in rule.byday):
        return [weekday(day) for _, day in rule.byday]
    most = _PLACES_IN_YEAR if rule.counts_in_year else _RARE_PLACE
    weekdays = []
    for place, day in rule.byday:
        places = (place,) if place else range(1, most + 1)
        weekdays += [weekday(day, nth) for nth in places if abs(nth) <= most]
    return weekdays


def _yeardays_of_weeks(rule: Rrule, year: int) -> tuple[int, ...]:
    """BYWEEKNO as BYYEARDAY: the days of a year whose week has one of the numbers in its own year.

    Week 1 is the first with four days in the year: a week belongs to the year of its fourth day.
    """
    length = 366 if isleap(year) else 365
    yeardays = []
    for number in range(1, length + 1):
        day = date(year, 1, 1) + (number - 1) * DAY
        middle = day + (3 - (day.weekday() - rule.wkst) % 7) * DAY
        week = (middle.timetuple().tm_yday + 6) // 7
        weeks = (date(middle.year, 12, 31) - middle).days // 7 + week
        if {week, week - weeks - 1}.isdisjoint(rule.byweekno):
            continue
        if not rule.byyearday or not {number, number - length - 1}.isdisjoint(rule.byyearday):
            yeardays.append(number)
    return tuple(yeardays)
