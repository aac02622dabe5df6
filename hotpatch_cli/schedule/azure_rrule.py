"""From an RRULE to recurrences for Azure, or the reason why Azure doesn't support it.

Months of the year become an interval of months that begins in one of them: BYMONTH=1,4,7,10 is
`3Months` from January on, and BYMONTH=3 is `12Months` from March on.
"""

from collections.abc import Iterator
from datetime import date
from math import lcm

from hotpatch_cli.schedule.azure import AzureRecurrence
from hotpatch_cli.schedule.azure_rule import (
    FURTHEST,
    WEEKS,
    AzureRule,
    CannotSay,
    month_number,
    nth,
    weekly,
    with_day,
)
from hotpatch_cli.schedule.patch_tuesday import LAST
from hotpatch_cli.schedule.recurrence import Rrule

_WEEK = 7
_YEAR = 12
_LONGEST_INTERVAL = 999  # the number before a unit has at most three digits
_LAST_WEEK = tuple(range(-_WEEK, 0))


def of_rrule(rule: Rrule, first: date | None) -> Iterator[AzureRule]:
    """The recurrences of an RRULE, anchored on the window's first day. Raises CannotSay."""
    if rule.total is not None or rule.until is not None:
        raise CannotSay("Azure doesn't support COUNT and UNTIL. Specify `until` on the window")
    if rule.byyearday or rule.byweekno:
        raise CannotSay(f"Azure supports no days and no weeks of the year, as in {rule.text}")
    if rule.freq in ("MONTHLY", "YEARLY"):
        for interval, month in _grids(rule, first):
            for one in _in_months(rule, AzureRecurrence("Month", interval), first):
                yield AzureRule(one, month)
        return
    if rule.bymonth or rule.bysetpos or rule.bymonthday:
        raise _unsupported(rule)
    days = [day for _, day in rule.byday]
    if rule.freq == "DAILY" and not days:
        yield AzureRule(AzureRecurrence("Day", rule.interval))
    elif rule.freq == "DAILY" and rule.interval == 1:
        yield AzureRule(weekly(days))
    elif rule.freq == "WEEKLY" and (rule.interval == 1 or rule.wkst == 0):
        found = weekly(days, rule.interval) if days else AzureRecurrence("Week", rule.interval)
        yield AzureRule(with_day(found, first))
    else:
        raise _unsupported(rule)


def _unsupported(rule: Rrule) -> CannotSay:
    return CannotSay(f"Azure doesn't support {rule.text}")


# --- which months ----------------------------------------


def _grids(rule: Rrule, first: date | None) -> Iterator[tuple[int, int | None]]:
    """(interval, a month of its grid) of intervals that make up the rule's months."""
    months = _months(rule, first)
    step = rule.interval * (_YEAR if rule.freq == "YEARLY" else 1)
    if not months:
        yield step, None
        return
    if first is None and rule.interval > 1:
        raise CannotSay(f"it needs a first day (`from`), because of {rule.text}")
    begin = month_number(first) if first else 0
    cycle = lcm(step, _YEAR)
    if rule.freq == "YEARLY":
        begin, step = begin // _YEAR * _YEAR, cycle
        left = {(begin + month - 1) % cycle for month in months}
    else:
        left = {
            number % cycle
            for number in range(begin, begin + cycle, step)
            if number % _YEAR + 1 in months
        }
    yield from _progressions(left, cycle)


def _progressions(months: set[int], cycle: int) -> Iterator[tuple[int, int | None]]:
    """(interval, month) of as few intervals as possible that have these months of a cycle."""
    if cycle > _LONGEST_INTERVAL:
        raise CannotSay(f"it has an interval of {cycle} months, and Azure's has three digits")
    left = set(months)
    for interval in (number for number in range(1, cycle + 1) if cycle % number == 0):
        for begin in range(interval):
            grid = set(range(begin, cycle, interval))
            if grid <= left:
                left -= grid
                yield interval, begin if interval > 1 else None


def _months(rule: Rrule, first: date | None) -> tuple[int, ...]:
    """The months of the year in which the rule opens; none are all."""
    if rule.bymonth or rule.freq == "MONTHLY":
        return rule.bymonth
    if rule.bymonthday or (rule.byday and not any(place for place, _ in rule.byday)):
        return tuple(range(1, _YEAR + 1))
    if not rule.byday:
        if first is None:
            raise CannotSay(f"it needs a first day (`from`), because of {rule.text}")
        return (first.month,)
    places = {place for place, _ in rule.byday}
    if places <= set(WEEKS):
        return (1,)
    if places == {LAST}:
        return (_YEAR,)
    raise _unsupported(rule)


# --- which days of a month ----------------------------------------


def _in_months(rule: Rrule, base: AzureRecurrence, first: date | None) -> Iterator[AzureRecurrence]:
    """The recurrences that have the days of the rule in its months."""
    days, places = rule.bymonthday, rule.byday
    if rule.bysetpos:
        places, days = _by_position(rule), ()
    if not places and all(day > 0 for day in days):
        yield with_day(base._replace(monthdays=tuple(sorted(days))), first)
    elif places and not days and all(place in (*WEEKS, LAST) for place, _ in places):
        yield from (base._replace(weeks=(place,), weekdays=(day,)) for place, day in places)
    elif places and not days and base.interval == 1 and all(place == 0 for place, _ in places):
        yield weekly(day for _, day in places)
    elif places and days and all(place == 0 for place, _ in places):
        yield from (_in_seven_days(rule, base, weekday) for _, weekday in places)
    else:
        raise _unsupported(rule)


def _by_position(rule: Rrule) -> tuple[tuple[int, int], ...]:
    """BYDAY=SA with BYSETPOS=3 as BYDAY=3SA."""
    if len(rule.byday) != 1 or rule.byday[0][0] or rule.bymonthday:
        raise _unsupported(rule)
    if rule.freq == "YEARLY" and len(rule.bymonth) != 1:
        raise _unsupported(rule)  # a position in all months of the year together
    return tuple((place, rule.byday[0][1]) for place in rule.bysetpos)


def _in_seven_days(rule: Rrule, base: AzureRecurrence, weekday: int) -> AzureRecurrence:
    """The only such weekday in seven consecutive days: BYDAY=SA with BYMONTHDAY=12,...,18."""
    days = tuple(sorted(set(rule.bymonthday)))
    if days == _LAST_WEEK:
        return base._replace(weeks=(LAST,), weekdays=(weekday,))
    if len(days) != _WEEK or days[0] < 1 or days[-1] - days[0] != _WEEK - 1:
        raise _unsupported(rule)
    for week in WEEKS:
        offset = days[0] - 1 - _WEEK * (week - 1)
        if abs(offset) <= FURTHEST:
            return nth(base._replace(offset=offset), week, (weekday - offset) % _WEEK)
    raise CannotSay(f"Azure's offset can't reach day {days[0]} of the month")
