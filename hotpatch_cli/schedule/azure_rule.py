"""A recurrence for Azure, the month in which it begins, and what Azure has no recurrence for.

Azure has one nth weekday with an offset of -6 to 6 days. A larger offset is counted from another
week: 11 days after the second Tuesday are 4 days after the third.
"""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from hotpatch_cli.schedule.azure import AzureRecurrence
from hotpatch_cli.schedule.patch_tuesday import LAST

FURTHEST = 6  # days of an offset
WEEKS = (1, 2, 3, 4)
_ALL_DAYS = 7


class CannotSay(ValueError):  # noqa: N818 - says what is the case, not that something broke
    """Azure doesn't support this. The message is what it doesn't support and the fix."""


class AzureRule(NamedTuple):
    """A recurrence, and a month of its grid where an interval of months has to begin in one.

    `month` counts the months from the year 0, as `year * 12 + number - 1`. Where it's None, the
    window's first day is the beginning, or no beginning is needed.
    """

    recurrence: AzureRecurrence
    month: int | None = None

    def grid_day(self, day: date) -> date | None:
        """The first day of the newest month of the grid that isn't after that of `day`."""
        if self.month is None:
            return None
        number = month_number(day)
        number -= (number - self.month) % self.recurrence.interval
        return date(number // 12, number % 12 + 1, 1)


def with_day(rule: AzureRecurrence, first: date | None) -> AzureRecurrence:
    """The rule with the day that it takes from the first one: Azure refuses `Month` alone.

    Source: https://github.com/hashicorp/terraform-provider-azurerm/issues/29348
    """
    if first is None or rule.weekdays or rule.monthdays:
        return rule
    if rule.unit == "Month":
        return rule._replace(monthdays=(first.day,))
    return rule._replace(weekdays=(first.weekday(),)) if rule.unit == "Week" else rule


def month_number(day: date) -> int:
    """The month of a day, counted from the year 0."""
    return day.year * 12 + day.month - 1


def weekly(days: Iterable[int], interval: int = 1) -> AzureRecurrence:
    """A recurrence on weekdays; all seven are every day."""
    weekdays = tuple(sorted(set(days)))
    if interval == 1 and len(weekdays) == _ALL_DAYS:
        return AzureRecurrence("Day")
    return AzureRecurrence("Week", interval, weekdays=weekdays)


def nth(rule: AzureRecurrence, week: int, weekday: int) -> AzureRecurrence:
    """A rule with one nth weekday, counted from the week from which its offset is within Azure's.
    Raises CannotSay.
    """
    for other in (week, *WEEKS) if week != LAST else (week,):
        offset = rule.offset - (0 if other == LAST else 7 * (other - week))
        if abs(offset) <= FURTHEST:
            return rule._replace(weeks=(other,), weekdays=(weekday,), offset=offset)
    raise CannotSay(
        f"it opens {rule.offset} days from a numbered weekday, "
        f"and Azure supports an offset of -{FURTHEST} to {FURTHEST} days"
    )
