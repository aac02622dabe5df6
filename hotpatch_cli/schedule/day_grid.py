"""Days at regular intervals of days, weeks, or months, counted from a first day."""

from collections.abc import Iterator
from datetime import date, timedelta

DAY = timedelta(days=1)
WEEK = timedelta(days=7)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def every(step: timedelta, grid: date, first: date, last: date) -> Iterator[date]:
    """The days from `first` to `last` that are a whole number of steps from `grid`, in order."""
    day = first + (grid - first) % step
    while day <= last:
        yield day
        day += step


def every_day(first: date, last: date) -> Iterator[date]:
    """The days from `first` to `last`, both included."""
    return every(DAY, first, first, last)


def every_month(step: int, grid: date, first: date, last: date) -> Iterator[tuple[int, int]]:
    """Year and month of every `step` months, counted from the month of `grid`.

    From the month of `first` to that of `last`, both included.
    """
    begin = _month_number(first)
    begin += (_month_number(grid) - begin) % step
    for number in range(begin, _month_number(last) + 1, step):
        yield number // 12, number % 12 + 1


def monday_of(day: date) -> date:
    """The Monday of the week of a day."""
    return day - timedelta(days=day.weekday())


def _month_number(day: date) -> int:
    return day.year * 12 + day.month - 1
