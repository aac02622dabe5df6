"""A monthly window as a window for planned baselines only: `Month` becomes `3Months`."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import chain
from zoneinfo import ZoneInfo

from hotpatch_cli.schedule.azure import AzureRecurrence
from hotpatch_cli.schedule.azure_rule import AzureRule, CannotSay
from hotpatch_cli.schedule.patch_tuesday import next_planned_baseline, release_moment
from hotpatch_cli.schedule.windows import Window, openings

_QUARTER = 3  # months from one planned baseline to the next
_BEFORE = timedelta(days=120)
_AHEAD = timedelta(days=3 * 366)


def baseline_window(
    window: Window, rules: tuple[AzureRule, ...], zone: ZoneInfo, day: date
) -> Window:
    """The window with only its first opening after each planned baseline, from a day on.

    Raises CannotSay if no recurrence every three months has these openings.
    """
    if all(rule.recurrence.unit == "Month" and _quarterly(rule) for rule in rules):
        return window
    monthly = [rule.recurrence for rule in rules]
    if any(rule.unit != "Month" or rule.interval > 1 for rule in monthly):
        raise CannotSay(
            "only a monthly recurrence becomes one for baseline months. "
            "Specify `patch_tuesday`, or an rrule with FREQ=MONTHLY"
        )
    begin = datetime.combine(day, time(), zone)
    end = begin + _AHEAD
    every = window._replace(from_day=None, until=None)
    starts = sorted(
        chain.from_iterable(
            _starts(every._replace(rule=rule), zone, begin - _BEFORE, end) for rule in monthly
        )
    )
    wanted = {start for start in _after_baselines(starts, day - _BEFORE) if start >= begin}
    for rule in chain.from_iterable(map(_of_one_day, monthly)):
        for month in range(_QUARTER):
            found = AzureRule(rule._replace(interval=_QUARTER), month)
            quarterly = every._replace(rule=found.recurrence, from_day=found.grid_day(day))
            if set(_starts(quarterly, zone, begin, end)) == wanted:
                return quarterly._replace(until=window.until)
    raise CannotSay(
        "its first openings after planned baselines aren't three months apart. "
        "Specify `patch_tuesday`"
    )


def _quarterly(rule: AzureRule) -> bool:
    return rule.recurrence.interval % _QUARTER == 0


def _of_one_day(rule: AzureRecurrence) -> list[AzureRecurrence]:
    """A rule for each day of the month, or the rule itself."""
    return [rule._replace(monthdays=(day,)) for day in rule.monthdays] or [rule]


def _starts(window: Window, zone: ZoneInfo, begin: datetime, end: datetime) -> list[datetime]:
    return [opening.start.astimezone(UTC) for opening in openings(window, zone, begin, end)]


def _after_baselines(starts: list[datetime], since: date) -> list[datetime]:
    """The first start after each planned baseline."""
    found: list[datetime] = []
    baseline = next_planned_baseline(since)
    while starts and release_moment(baseline) <= starts[-1]:
        moment = release_moment(baseline)
        found.append(next(start for start in starts if start >= moment))
        baseline = next_planned_baseline(baseline)
    return found
