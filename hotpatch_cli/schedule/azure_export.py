"""From the rules of a window to `recurEvery`, or the reason why Azure doesn't support them.

Azure has no excluded days, and no calendar files.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import product

from hotpatch_cli.schedule.azure import AzureRecurrence
from hotpatch_cli.schedule.azure_rrule import of_rrule
from hotpatch_cli.schedule.azure_rule import AzureRule, CannotSay, nth, weekly, with_day
from hotpatch_cli.schedule.day_rules import (
    AfterPatchTuesday,
    DayRule,
    IcsEvents,
    Rrules,
    Weekdays,
)
from hotpatch_cli.schedule.patch_tuesday import TUESDAY
from hotpatch_cli.schedule.windows import Window


def azure_rules(rule: DayRule, first: date | None = None) -> tuple[AzureRule, ...]:
    """The recurrences that make up a rule, usually one; `first` is the window's first day. Raises
    CannotSay.
    """
    match rule:
        case AzureRecurrence(unit="Month", weekdays=weekdays) if weekdays:
            found = [nth(rule, week, day) for week, day in product(rule.weeks, weekdays)]
            return tuple(map(AzureRule, found))
        case AzureRecurrence():
            return (AzureRule(with_day(rule, first)),)
        case Weekdays(days=days):
            return (AzureRule(weekly(days)),)
        case AfterPatchTuesday(days=days):
            return (AzureRule(nth(AzureRecurrence("Month", offset=days), 2, TUESDAY)),)
        case Rrules(rules=rules, exdates=exdates):
            if exdates:
                raise CannotSay("Azure doesn't support excluded days (EXDATE)")
            recurrences: dict[AzureRule, None] = {}
            for one in rules:
                recurrences |= dict.fromkeys(of_rrule(one, first))
            return tuple(recurrences)
        case IcsEvents():
            raise CannotSay("its days are in a calendar file, and Azure supports only a recurrence")


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
