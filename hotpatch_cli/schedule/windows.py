"""Maintenance windows and their openings in a zone.

The rules of time: the zone of the window applies, otherwise that of the machine. `from`, `until`,
and `exdates` refer to the local day on which an opening starts. A start that the clocks skip moves
to the first minute after the gap. A start that occurs twice is the first one. Durations are real
time. An hour recurrence counts real hours from `start` on `from`.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import islice, pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from hotpatch_cli.schedule.clock import MIDNIGHT, in_zone, moment, real_minutes
from hotpatch_cli.schedule.day_grid import DAY
from hotpatch_cli.schedule.day_rules import AzureRecurrence, DayRule, IcsEvents, Rrules
from hotpatch_cli.schedule.ics_events import EventSpan
from hotpatch_cli.schedule.recurrence import Frame, Rrule
from hotpatch_cli.schedule.zones import find_zone

EARLIEST = date(1990, 1, 1)
LATEST = date(2199, 12, 31)
"""The days that a window may begin on."""

_HOURS_BEGIN = date(2000, 1, 1)  # phase of `1Hour` without `from`: the minute of `start`
_TRIAL = timedelta(days=8 * 365 + 2)
_LONGEST_TRIAL = timedelta(days=2_000_000)
_TRIAL_OPENINGS = 400


class ZoneMissing(ValueError):  # noqa: N818 - says what is the case, not that something broke
    """Neither the window nor the machine has a zone. UTC is never assumed: nothing opens."""


class WindowError(ValueError):
    """A window that can't open as defined. The message is what is wrong and the fix."""


class Window(NamedTuple):
    """A maintenance window as it's defined: a rule for days.

    Its moments are `Opening`s. `start` is a local time, `duration` real time, `timezone` an IANA or
    Windows name (None: the machine's). `from_day` and `until` are the first and the last day on
    which it may open, `exdates` the days on which it doesn't. `runner` is the platform whose limits
    apply. Openings of an .ics file have their own start and duration. If the window has both, only
    the days are from the file.
    """

    name: str
    rule: DayRule
    start: time | None = None
    duration: timedelta | None = None
    timezone: str | None = None
    from_day: date | None = None
    until: date | None = None
    exdates: tuple[date, ...] = ()
    runner: str | None = None

    def opens_on(self, day: date) -> bool:
        """Whether `from`, `until` and `exdates` let the window open on a local day."""
        after_from = self.from_day is None or self.from_day <= day
        return after_from and (self.until is None or day <= self.until) and day not in self.exdates


class Opening(NamedTuple):
    """One opening of a window: two moments in its zone, the end excluded.

    `notes` have the effect of clock changes.
    """

    window: str
    start: datetime
    end: datetime
    notes: tuple[str, ...] = ()

    @property
    def minutes(self) -> int:
        """Real minutes from start to end."""
        return real_minutes(self.start, self.end)


def openings(
    window: Window,
    machine_zone: ZoneInfo | None,
    after: datetime,
    until: datetime,
    days: Iterable[date] | None = None,
) -> Iterator[Opening]:
    """The openings that start from `after` to `until`, both included, lazily and in order of their
    start.

    `days` is the result of `common_days` for the window and the range, which many zones can share.
    Raises ZoneMissing if neither window nor machine has a zone, and WindowError if start or
    duration is missing.
    """
    after, until = after.astimezone(UTC), until.astimezone(UTC)
    for opening in _openings(window, ruling_zone(window, machine_zone), after, until, days):
        started = opening.start.astimezone(UTC)
        if started > until:
            return
        if started >= after:
            yield opening


def common_days(window: Window, after: datetime, until: datetime) -> Iterator[date] | None:
    """The days on which a window opens around a range, lazily; None if they differ by zone."""
    match window.rule:
        case AzureRecurrence(unit="Hour") | IcsEvents():
            return None
        case Rrules(rules=rules) if any(isinstance(rule.until, datetime) for rule in rules):
            return None
    first, last = _within(window, after.date() - 3 * DAY, until.date() + 3 * DAY)
    frame = Frame(first, last, window.from_day, window.start or MIDNIGHT)
    return filter(window.opens_on, window.rule.dates(frame))


def ruling_zone(window: Window, machine_zone: ZoneInfo | None) -> tzinfo:
    """The zone of the window's times. Raises ZoneMissing.

    A calendar file whose events all have their own zone requires no other zone; it gets UTC.
    """
    if window.timezone is not None:
        return find_zone(window.timezone)
    if machine_zone is not None:
        return machine_zone
    if isinstance(window.rule, IcsEvents) and window.start is None and not window.rule.floating:
        return UTC
    raise ZoneMissing(
        f"neither the window {window.name!r} nor the machine has a time zone. "
        "Specify `timezone` on one of them"
    )


def _openings(
    window: Window, zone: tzinfo, after: datetime, until: datetime, days: Iterable[date] | None
) -> Iterator[Opening]:
    """The same as `openings`, and perhaps some around them: of days, hours, or events."""
    match window.rule:
        case AzureRecurrence(unit="Hour", interval=hours):
            return _hourly(window, timedelta(hours=hours), zone, after)
        case IcsEvents() as events if window.start is None:
            return _of_events(window, events.spans(zone, *_days_around(zone, after, until)), zone)
    if days is None:
        first, last = _within(window, *_days_around(zone, after, until))
        frame = Frame(first, last, window.from_day, window.start or MIDNIGHT, zone)
        days = filter(window.opens_on, window.rule.dates(frame))
    return _daily(window, zone, days)


def _daily(window: Window, zone: tzinfo, days: Iterable[date]) -> Iterator[Opening]:
    start, duration = _times(window)
    left_out = window.rule.note(window.from_day)
    for day in days:
        begin = moment(day, start, zone)
        yield _opening(window, begin.local, duration, begin.note, left_out)


def _hourly(window: Window, step: timedelta, zone: tzinfo, after: datetime) -> Iterator[Opening]:
    start, duration = _times(window)
    began = moment(window.from_day or _HOURS_BEGIN, start, zone).local.astimezone(UTC)
    begin = max(began, after + (began - after) % step)
    while window.until is None or in_zone(begin, zone).date() <= window.until:
        local = in_zone(begin, zone)
        if window.opens_on(local.date()):
            yield _opening(window, local, duration)
        begin += step


def _of_events(window: Window, spans: Iterable[EventSpan], zone: tzinfo) -> Iterator[Opening]:
    """Events have their own times, in the window's zone, their own zone, or the machine's."""
    for span in spans:
        ruling = zone if window.timezone or span.start.tzinfo is UTC else span.start.tzinfo
        local = in_zone(span.start, ruling)
        if window.opens_on(local.date()):
            yield _opening(window, local, span.length, span.note)


def _opening(window: Window, start: datetime, duration: timedelta, *notes: str | None) -> Opening:
    end = in_zone(start.astimezone(UTC) + duration, start.tzinfo)
    if end.utcoffset() != start.utcoffset():
        notes += (f"the clocks change during it, so {duration} of real time end at {end:%H:%M}",)
    return Opening(window.name, start, end, tuple(filter(None, notes)))


def _times(window: Window) -> tuple[time, timedelta]:
    if window.start is None or window.duration is None:
        raise WindowError(
            "`start` and `duration` are both required. "
            "Specify them, such as `start: 02:00` and `duration: 4h`"
        )
    return window.start, window.duration


def _days_around(zone: tzinfo, after: datetime, until: datetime) -> tuple[date, date]:
    """Days that certainly contain the range: zones differ by 26 hours, and a skipped start moves by
    a day at most.
    """
    return in_zone(after, zone).date() - 2 * DAY, in_zone(until, zone).date() + 2 * DAY


def _within(window: Window, first: date, last: date) -> tuple[date, date]:
    """The range of days on which the window may open."""
    return max(first, window.from_day or first), min(last, window.until or last)


def validate(window: Window) -> None:
    """Raise WindowError if the window can't open as defined, for any machine."""
    _check_days(window)
    if not isinstance(window.rule, IcsEvents):
        _check_times(window)
        _check_opens(window)
        return
    _check_events(window.rule)
    if window.start is not None or window.duration is not None:
        _check_times(window)


def _check_days(window: Window) -> None:
    if window.from_day and not EARLIEST <= window.from_day <= LATEST:
        raise WindowError(
            f"`from` is {window.from_day}. Specify a date from {EARLIEST} to {LATEST}"
        )
    if window.from_day and window.until and window.until < window.from_day:
        raise WindowError(
            f"`until` ({window.until}) is before `from` ({window.from_day}). "
            "Specify a later `until`"
        )
    if window.rule.from_needed and not window.from_day:
        raise WindowError(f"{window.rule.from_needed} requires a first date. Specify it as `from`")


def _check_times(window: Window) -> None:
    _, duration = _times(window)
    if duration <= timedelta(0):
        raise WindowError("`duration` must be longer than zero. Use a format such as 4h or 03:55")
    period = _period(window, duration)
    if duration > period:
        raise WindowError(
            f"the window lasts {duration}, but opens again after {period}. "
            "Shorten `duration`, or open the window less often"
        )


def _check_events(calendar: IcsEvents) -> None:
    if not calendar.events:
        raise WindowError("its calendar has no events, and the window never opens. Add an event")
    if calendar.open is False:
        raise WindowError(
            "the events of its calendar forbid changes (DEFAULT_OPEN). Use the calendar as a freeze"
        )


def _check_opens(window: Window) -> None:
    for rule in window.rule.rules if isinstance(window.rule, Rrules) else (window.rule,):
        if not any(True for _ in _trial(window, rule)):
            what = rule.text if isinstance(rule, AzureRecurrence | Rrule) else "the rule"
            raise WindowError(f"{what} never opens. Check the rule, `until`, and `exdates`")


def _period(window: Window, duration: timedelta) -> timedelta:
    """The least time between two starts, by the calendar; only an hour recurrence opens twice a
    day.
    """
    if isinstance(window.rule, AzureRecurrence) and window.rule.unit == "Hour":
        return timedelta(hours=window.rule.interval)
    if duration <= DAY:
        return DAY
    days = islice(_trial(window, window.rule), _TRIAL_OPENINGS)
    return min((later - earlier for earlier, later in pairwise(days)), default=timedelta.max)


def _trial(window: Window, rule: DayRule | Rrule) -> Iterator[date]:
    """The days on which a rule opens in its first eight years, times its interval.

    Eight years have every date of the calendar, even February 29 around 2100.
    """
    first = window.from_day or (rule.first_day if isinstance(rule, IcsEvents) else EARLIEST)
    last = first + min(interval_of(rule) * _TRIAL, _LONGEST_TRIAL)
    return filter(
        window.opens_on, rule.dates(Frame(first, last, window.from_day, window.start or MIDNIGHT))
    )


def interval_of(rule: DayRule | Rrule) -> int:
    """The largest interval of a rule, in its days, weeks, months, or years."""
    match rule:
        case AzureRecurrence() | Rrule():
            return rule.interval
        case Rrules():
            return max(map(interval_of, rule.rules))
    return 1
