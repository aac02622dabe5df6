"""From the rules of a window to `recurEvery`, or the reason why Azure doesn't support them.

Azure has one nth weekday with an offset of -6 to 6 days, and no excluded days. A larger offset is
counted from another week: 11 days after the second Tuesday are 4 days after the third.
"""

from collections.abc import Iterator
from datetime import timedelta
from itertools import product

from hotpatch_cli.schedule.azure import AzureRecurrence
from hotpatch_cli.schedule.day_rules import (
    AfterPatchTuesday,
    DayRule,
    IcsEvents,
    Rrules,
    Weekdays,
)
from hotpatch_cli.schedule.patch_tuesday import LAST, TUESDAY
from hotpatch_cli.schedule.recurrence import Rrule
from hotpatch_cli.schedule.windows import Window

FURTHEST = 6  # days of an offset
_WEEKS = (1, 2, 3, 4)
_ALL_DAYS = 7


class CannotSay(ValueError):  # noqa: N818 - says what is the case, not that something broke
    """Azure doesn't support this. The message is what it doesn't support and the fix."""


def azure_rules(rule: DayRule) -> tuple[AzureRecurrence, ...]:
    """The recurrences that make up a rule, usually one. Raises CannotSay."""
    match rule:
        case AzureRecurrence(unit="Month", weekdays=weekdays) if weekdays:
            return tuple(nth(rule, week, day) for week, day in product(rule.weeks, weekdays))
        case AzureRecurrence():
            return (rule,)
        case Weekdays(days=days):
            whole = len(days) == _ALL_DAYS
            return (AzureRecurrence("Day") if whole else AzureRecurrence("Week", weekdays=days),)
        case AfterPatchTuesday(days=days):
            return (nth(AzureRecurrence("Month", offset=days), 2, TUESDAY),)
        case Rrules(rules=rules, exdates=exdates):
            if exdates:
                raise CannotSay("Azure doesn't support excluded days (EXDATE)")
            recurrences: dict[AzureRecurrence, None] = {}
            for one in rules:
                recurrences |= dict.fromkeys(_of_rrule(one))
            return tuple(recurrences)
        case IcsEvents():
            raise CannotSay("its days are in a calendar file, and Azure supports only a recurrence")


def nth(rule: AzureRecurrence, week: int, weekday: int) -> AzureRecurrence:
    """A rule with one nth weekday, counted from the week from which its offset is within Azure's.
    Raises CannotSay.
    """
    for other in (week, *_WEEKS) if week != LAST else (week,):
        offset = rule.offset - (0 if other == LAST else 7 * (other - week))
        if abs(offset) <= FURTHEST:
            return rule._replace(weeks=(other,), weekdays=(weekday,), offset=offset)
    raise CannotSay(
        f"it opens {rule.offset} days from a numbered weekday, "
        f"and Azure supports an offset of -{FURTHEST} to {FURTHEST} days"
    )


def shifted(rule: AzureRecurrence, days: int) -> AzureRecurrence:
    """The rule with its days moved later. Raises CannotSay."""
    if days == 0 or rule.unit == "Day":
        return rule
    if rule.unit == "Week" and rule.interval == 1 and rule.weekdays:
        return rule._replace(weekdays=tuple(sorted((day + days) % 7 for day in rule.weekdays)))
    if rule.unit == "Month" and rule.weekdays:
        return nth(rule._replace(offset=rule.offset + days), rule.weeks[0], rule.weekdays[0])
    raise CannotSay(
        "it's longer than Azure's limit of 3 h 55 min, "
        "and its second part would start on the next day"
    )


def parts(window: Window, longest: timedelta) -> Iterator[tuple[Window, int]]:
    """(part within Azure's limit, days by which it starts later) of a window, in order."""
    start, duration = window.start, window.duration
    if start is None or duration is None:
        raise CannotSay("it has no `start` and `duration`")
    count = -(-duration // longest)
    length = duration // count // timedelta(minutes=1) * timedelta(minutes=1)
    begin = timedelta(hours=start.hour, minutes=start.minute)
    for number in range(count):
        last = number == count - 1
        days, at = divmod(begin + number * length, timedelta(days=1))
        clock = start.replace(hour=at.seconds // 3600, minute=at.seconds // 60 % 60)
        yield (
            window._replace(start=clock, duration=duration - number * length if last else length),
            days,
        )


def _of_rrule(rule: Rrule) -> Iterator[AzureRecurrence]:
    if rule.total is not None or rule.until is not None:
        raise CannotSay("Azure doesn't support COUNT and UNTIL. Specify `until` on the window")
    if rule.bymonth or rule.bysetpos:
        raise CannotSay(f"Azure supports no single months and no positions, as in {rule.text}")
    match rule.freq:
        case "DAILY" if not rule.byday and not rule.bymonthday:
            yield AzureRecurrence("Day", rule.interval)
        case "WEEKLY" if rule.interval == 1 or rule.wkst == 0:
            weekdays = tuple(day for _, day in rule.byday)
            yield AzureRecurrence("Week", rule.interval, weekdays)
        case "MONTHLY":
            yield from _monthly(rule)
        case _:
            raise CannotSay(f"Azure doesn't support {rule.text}")


def _monthly(rule: Rrule) -> Iterator[AzureRecurrence]:
    base = AzureRecurrence("Month", rule.interval)
    days = rule.bymonthday
    if not rule.byday and all(day > 0 for day in days):
        yield base._replace(monthdays=days)
    elif not days and all(place in (*_WEEKS, LAST) for place, _ in rule.byday):
        yield from (base._replace(weeks=(place,), weekdays=(day,)) for place, day in rule.byday)
    elif len(rule.byday) == 1 and rule.byday[0][0] == 0 and _is_week(days):
        yield _on_or_after(base, min(days), rule.byday[0][1])
    else:
        raise CannotSay(f"Azure doesn't support {rule.text}")


def _is_week(days: tuple[int, ...]) -> bool:
    return len(days) == _ALL_DAYS and max(days) - min(days) == _ALL_DAYS - 1


def _on_or_after(base: AzureRecurrence, first: int, weekday: int) -> AzureRecurrence:
    """The first such weekday from a day of the month on: BYDAY=SA with BYMONTHDAY=12,...,18."""
    for week in _WEEKS:
        offset = first - 1 - 7 * (week - 1)
        if abs(offset) <= FURTHEST:
            return base._replace(weeks=(week,), weekdays=((weekday - offset) % 7,), offset=offset)
    raise CannotSay(f"Azure's offset can't reach day {first} of the month")
