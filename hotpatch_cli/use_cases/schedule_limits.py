"""The limits that a single schedule breaks, by its own fields: (limit, part, what was found)."""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from hotpatch_cli.documents.tree import quoted
from hotpatch_cli.inputs.azure.schedules import Schedule
from hotpatch_cli.inputs.maintenance_records import MODE, PATCHES, Configuration
from hotpatch_cli.inputs.source import dig, group_of
from hotpatch_cli.schedule.azure import AzureRecurrence
from hotpatch_cli.schedule.azure_export import azure_rules
from hotpatch_cli.schedule.azure_rule import CannotSay
from hotpatch_cli.schedule.clock import moment
from hotpatch_cli.schedule.day_rules import AfterPatchTuesday
from hotpatch_cli.schedule.durations import duration_text
from hotpatch_cli.schedule.zones import is_obsolete, known_zone, windows_name

MINUTE = timedelta(minutes=1)
_ANY_DAY = date(2024, 1, 1)
"""A first day for rules that take their day or their months from it; which one changes nothing."""
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d", re.ASCII)
_EXPIRES = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?", re.ASCII)
"""The service itself writes seconds: 9999-12-31 23:59:59."""
_DURATION = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)


class Broken(NamedTuple):
    """A limit that a schedule breaks: its name, the part of the schedule, and what was found."""

    limit: str
    part: str
    observed: str


def own_breaches(schedule: Schedule, numbers: Callable[[str], int], day: date) -> Iterator[Broken]:
    """The limits that a schedule breaks by itself on a day."""
    formats = {broken.part: broken for broken in _formats(schedule)}
    for part, reason in schedule.broken:
        if part not in formats:
            yield Broken("readable", part, f"a problem: {reason.rstrip('.')}")
    yield from formats.values()
    for name, part, check in _CHECKS:
        observed = check(schedule, numbers(name))
        if observed:
            yield Broken(name, part, observed)
    if schedule.until is not None and schedule.until < day:
        yield Broken("expired", "until", f"its last day was {schedule.until}")
    if schedule.configuration is None:
        yield from _of_rule(schedule)
    else:
        yield from _as_sent(schedule, schedule.configuration, numbers, day)


# --- the format of fields ----------------------------------------


def _formats(schedule: Schedule) -> Iterator[Broken]:
    """The fields of a configuration that aren't in the documented format."""
    configuration = schedule.configuration
    if configuration is None:
        return
    for part, name, text, pattern in (
        ("start", "moment-format", configuration.starts, _MOMENT),
        ("until", "moment-format", configuration.expires, _EXPIRES),
        ("duration", "duration-format", configuration.duration, _DURATION),
    ):
        if text is not None and not pattern.fullmatch(text):
            yield Broken(name, part, quoted(text))
    zone = configuration.timezone
    if zone is not None and (problem := zone_problem(zone)):
        yield Broken("zone", "zone", problem)


def zone_problem(name: str) -> str | None:
    """Why Azure doesn't accept the name of a time zone; None where it's a Windows name."""
    zone = known_zone(name)
    if zone is None:
        return None if is_obsolete(name) else f"{quoted(name)}, which isn't a time zone"
    if name.strip() != zone.key:
        return None
    windows = windows_name(zone.key)
    if windows is not None and windows.casefold() == name.strip().casefold():
        return None  # UTC is the name of both
    other = f"the Windows name is {windows}" if windows else "Windows has none"
    return f"{quoted(name)}, an IANA name; {other}"


def zone_without_name(name: str) -> str | None:
    """A time zone that an export can't write, as Windows has no name for it; None otherwise."""
    zone = known_zone(name)
    if zone is None or name.strip() != zone.key or windows_name(zone.key):
        return None
    return f"{quoted(name)}, which has no Windows name"


# --- a configuration as Azure gets it ----------------------------------------


def _as_sent(
    schedule: Schedule, configuration: Configuration, numbers: Callable[[str], int], day: date
) -> Iterator[Broken]:
    rule = schedule.rule
    if isinstance(rule, AzureRecurrence):
        yield from _of_recurrence(rule, numbers("offset"))
    yield from _of_begin(schedule, configuration, day)
    yield from _of_mode(configuration)
    yield from _of_names(configuration, numbers)


def _of_recurrence(rule: AzureRecurrence, furthest: int) -> Iterator[Broken]:
    if rule.unit != "Month":
        return
    if not rule.weekdays and not rule.monthdays:
        yield Broken("month-day", "rule", rule.text)
    if len(rule.weeks) > 1 or len(rule.weekdays) > 1:
        yield Broken("one-weekday", "rule", rule.text)
    if abs(rule.offset) > furthest:
        yield Broken("offset", "rule", f"{rule.offset} days")


def _of_begin(schedule: Schedule, configuration: Configuration, day: date) -> Iterator[Broken]:
    begin = schedule.begin
    if begin is None:
        return
    zone = known_zone(configuration.timezone) if configuration.timezone else None
    if zone is not None:
        found = moment(begin.date(), begin.time(), zone)
        if found.local.replace(tzinfo=None) != begin:
            yield Broken("skipped-start", "start", f"{found.note} in {zone.key}")
    if begin.date() == day:
        yield Broken("start-soon", "start", f"a start on {begin:%Y-%m-%d} at {begin:%H:%M}")


def _of_mode(configuration: Configuration) -> Iterator[Broken]:
    """What Azure and the provider require of the patch mode together with `installPatches`."""
    mode = (configuration.guest_mode or "").casefold()
    mode_is_known = MODE not in configuration.left_open
    patches_are_known = PATCHES not in configuration.left_open
    if mode not in ("user", "platform") and mode_is_known:
        said = quoted(configuration.guest_mode) if configuration.guest_mode else "none"
        yield Broken("guest-mode", "mode", said)
    if configuration.installs:
        if mode == "platform":
            yield Broken("platform-patches", "patches", "both")
    elif configuration.by_azurerm and patches_are_known:
        yield Broken("provider-patches", "patches", "none")
    elif mode == "user" and patches_are_known:
        yield Broken("no-patches", "patches", "none")


def _of_names(configuration: Configuration, numbers: Callable[[str], int]) -> Iterator[Broken]:
    group = group_of(configuration.id) or dig(configuration.origin.node, "resource_group_name")
    lengths = {"the name": len(configuration.name)}
    if isinstance(group, str):
        lengths["the name of the resource group"] = len(group)
    most = numbers("name-length")
    too_long = [f"{length} in {what}" for what, length in lengths.items() if length > most]
    if too_long:
        yield Broken("name-length", "name", " and ".join(too_long))
    elif sum(lengths.values()) > numbers("names-together"):
        yield Broken("names-together", "name", f"{sum(lengths.values())} in both")


# --- a window that an export rewrites ----------------------------------------


def _of_rule(schedule: Schedule) -> Iterator[Broken]:
    """The rule of an inventory's window, where an export can't write it for Azure."""
    rule = schedule.rule
    if rule is None:
        return
    try:
        azure_rules(rule, _ANY_DAY)
    except CannotSay as error:
        counted = isinstance(rule, AzureRecurrence | AfterPatchTuesday)
        yield Broken("offset" if counted else "recurrence", "rule", f"a problem: {error}")


# --- numbers of any window ----------------------------------------


def _too_short(schedule: Schedule, number: int) -> str | None:
    return _length(schedule, lambda minutes: minutes < number)


def _too_long(schedule: Schedule, number: int) -> str | None:
    return _length(schedule, lambda minutes: minutes > number)


def _length(schedule: Schedule, is_wrong: Callable[[float], bool]) -> str | None:
    wrong = schedule.duration is not None and is_wrong(schedule.duration / MINUTE)
    return duration_text(schedule.duration) if wrong and schedule.duration is not None else None


def _too_often(schedule: Schedule, number: int) -> str | None:
    rule = schedule.rule
    if isinstance(rule, AzureRecurrence) and rule.unit == "Hour" and rule.interval * 60 < number:
        return f"every {rule.interval} h"
    return None


def _too_late(schedule: Schedule, number: int) -> str | None:
    late = [start for start in _starts(schedule) if start.hour * 60 + start.minute >= number]
    return f"{late[0]:%H:%M}" if late else None


def _starts(schedule: Schedule) -> Iterable[time]:
    """The times of day at which a window starts; an hour recurrence has several."""
    if schedule.start is None:
        return ()
    rule, begin = schedule.rule, datetime.combine(date.min, schedule.start)
    if not isinstance(rule, AzureRecurrence) or rule.unit != "Hour":
        return (schedule.start,)
    return [(begin + number * timedelta(hours=rule.interval)).time() for number in range(24)]


_CHECKS: tuple[tuple[str, str, Callable[[Schedule, int], str | None]], ...] = (
    ("shortest", "duration", _too_short),
    ("longest", "duration", _too_long),
    ("needed", "duration", _too_short),
    ("repeat", "rule", _too_often),
    ("late-start", "start", _too_late),
)
