"""Reading .ics files: exports of Outlook and Google, and change calendars of AWS, as windows or
freezes.

Recurrences stay rules and aren't expanded here: a recurrence without end costs no more.

Source: https://www.rfc-editor.org/rfc/rfc5545, and for change calendars
https://docs.aws.amazon.com/systems-manager/latest/userguide/systems-manager-change-calendar.html
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from hotpatch_cli.schedule.recurrence.ics_event import IcsEvent
from hotpatch_cli.schedule.recurrence.ics_text import Component, parse_calendars
from hotpatch_cli.schedule.recurrence.ics_zones import IcsError
from hotpatch_cli.schedule.recurrence.rrule_text import read_rrule
from hotpatch_cli.schedule.recurrence.rule import DAY, RecurrenceError, quoted

FindZone = Callable[[str], tzinfo]

LONGEST_EVENT = timedelta(days=1000)
YEARS = range(1970, 2200)

_OPEN = {"DEFAULT_CLOSED": True, "DEFAULT_OPEN": False}


def read_calendar(
    text: str, find_zone: FindZone, known_zone: Callable[[str], tzinfo | None]
) -> tuple[tuple[IcsEvent, ...], bool | None]:
    """(events of a calendar file without canceled ones, type of a change calendar).

    The latter is True if the events are times for changes, False if they are times without changes,
    None for other calendars. `find_zone` returns the zone of a name, or raises a ValueError with
    the message; `known_zone` returns None instead. Raises IcsError.
    """
    calendars = parse_calendars(text, known_zone)
    components = [event for calendar in calendars for event in calendar.walk("VEVENT")]
    moved = _MovedDays(components)
    events: list[IcsEvent] = []
    for component in components:
        events += _read(component, moved, find_zone)
    kinds = {_OPEN.get(str(calendar.get("X-CALENDAR-TYPE"))) for calendar in calendars}
    return tuple(events), kinds.pop() if len(kinds) == 1 else None


class _MovedDays:
    """By UID, the starts of the occurrences that another event replaces (RECURRENCE-ID)."""

    def __init__(self, components: list[Component]) -> None:
        self._values: dict[str, list[Any]] = defaultdict(list)
        for component in components:
            self._values[str(component.get("UID"))] += _values(component, "RECURRENCE-ID")
        self._days: dict[tuple[str, tzinfo | None], frozenset[date]] = {}

    def of(self, component: Component, zone: tzinfo | None) -> frozenset[date]:
        """The days of an event in its zone: of many events with one UID, read once."""
        key = str(component.get("UID")), zone
        if key not in self._days:
            self._days[key] = frozenset(_local(value, zone)[0] for value in self._values[key[0]])
        return self._days[key]


def _read(component: Component, moved: _MovedDays, find_zone: FindZone) -> Iterator[IcsEvent]:
    """One event of the file, and one more for each further date of it."""
    try:
        if str(component.get("STATUS")).upper() != "CANCELLED":
            yield from _events(component, moved, find_zone)
    except (IcsError, RecurrenceError) as problem:
        raise IcsError(
            f"event {quoted(str(component.get('SUMMARY', 'without a name')))}: {problem}"
        ) from None


def _events(component: Component, moved: _MovedDays, find_zone: FindZone) -> Iterator[IcsEvent]:
    _refuse_unreadable(component)
    start = component["DTSTART"]
    zone = _zone(start, find_zone)
    single = IcsEvent(*_local(start.dt, zone), _length(component, start.dt), zone)
    if "RECURRENCE-ID" in component:
        yield single
        return
    left_out = moved.of(component, zone)
    if excluded := _values(component, "EXDATE"):
        left_out = left_out.union(_local(value, zone)[0] for value in excluded)
    rules = tuple(read_rrule(rule.to_ical().decode()) for rule in _properties(component, "RRULE"))
    yield single._replace(rules=rules, left_out=left_out)
    for day, clock in (_local(value, zone) for value in _values(component, "RDATE")):
        if day not in left_out:
            yield single._replace(day=day, clock=clock)


def _refuse_unreadable(component: Component) -> None:
    for name, problem in component.errors:
        raise IcsError(f"its {name} isn't valid: {quoted(problem)}")
    for name in ("DTSTART", "DTEND", "DURATION", "RECURRENCE-ID"):
        if len(_properties(component, name)) > 1:
            raise IcsError(f"it has more than one {name}. Keep one")
    if "DTSTART" not in component:
        raise IcsError("its DTSTART is missing")
    if "EXRULE" in component:
        raise IcsError("EXRULE is deprecated and isn't supported. Use EXDATE")
    if any("RANGE" in value.params for value in _properties(component, "RECURRENCE-ID")):
        raise IcsError(
            "RECURRENCE-ID with RANGE isn't supported. "
            "End the series with UNTIL, and start another series"
        )


def _properties(component: Component, name: str) -> list[Any]:
    """All properties with a name."""
    properties = component.get(name, [])
    return properties if isinstance(properties, list) else [properties]


def _values(component: Component, name: str) -> list[Any]:
    """The dates and times of all properties with a name; each may have several."""
    from icalendar.prop import vBroken

    properties = _properties(component, name)
    if any(isinstance(value, vBroken) for value in properties):
        uid = quoted(str(component.get("UID", "without a UID")))
        raise IcsError(f"a {name} of the event {uid} isn't valid")
    dates: list[Any] = []
    for values in properties:
        dates += [value.dt for value in values.dts]
    return dates


def _zone(start: Any, find_zone: FindZone) -> tzinfo | None:
    """The zone of a start, by name or else by VTIMEZONE; None for a day or a floating time."""
    name, zone = start.params.get("TZID"), getattr(start.dt, "tzinfo", None)
    if zone is None and name and isinstance(start.dt, datetime):
        try:
            return find_zone(name)
        except ValueError as unknown:
            raise IcsError(str(unknown)) from None
    return UTC if zone and not name else zone


def _local(value: Any, zone: tzinfo | None) -> tuple[date, time | None]:
    """The day and the clock of a date or time in the zone of its event; a day has no clock."""
    if not isinstance(value, date) or value.year not in YEARS:
        raise IcsError(f"{quoted(str(value))} isn't a date or time from {YEARS[0]} to {YEARS[-1]}")
    if not isinstance(value, datetime):
        return value, None
    local = value.astimezone(zone) if zone and value.tzinfo else value
    return local.date(), local.time()


def _length(component: Component, start: date) -> timedelta:
    """Real time, or whole days for a day: from DTEND or DURATION; a day alone lasts one day."""
    if "DTEND" in component:
        length = _between(start, component["DTEND"].dt)
    elif "DURATION" in component:
        length = component["DURATION"].dt
    else:
        length = timedelta(0) if isinstance(start, datetime) else DAY
    if not isinstance(length, timedelta) or not timedelta(0) < length <= LONGEST_EVENT:
        raise IcsError(
            f"it lasts {quoted(str(length))}. Use a length of up to {LONGEST_EVENT.days} days"
        )
    if length % DAY and not isinstance(start, datetime):
        raise IcsError(
            f"it lasts {length}, and DTSTART has no time. Use whole days, or a time in DTSTART"
        )
    return length


def _between(start: date, end: Any) -> timedelta:
    _local(end, None)
    if _kind(start) != _kind(end):
        raise IcsError(
            "DTSTART and DTEND differ in type. "
            "Use two dates, two times with a zone, or two times without a zone"
        )
    if isinstance(start, datetime) and start.tzinfo:
        start, end = start.astimezone(UTC), end.astimezone(UTC)
    length: timedelta = end - start
    return length


def _kind(value: date) -> tuple[bool, bool]:
    return isinstance(value, datetime), getattr(value, "tzinfo", None) is None
