"""A second opinion on Azure's recurrences: days are tried one by one, by the published text.

It shares nothing with hotpatch_cli.
https://learn.microsoft.com/dotnet/api/azure.resourcemanager.maintenance.maintenanceconfigurationdata.recurevery
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tzlocal.windows_tz import win_tz

_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_PLACES = {"First": 1, "Second": 2, "Third": 3, "Fourth": 4}
_RULE = re.compile(r"(\d*)(Hour|Day|Week|Month)(s?)(?: (.*))?")
Opening = tuple[datetime, datetime]


def referee(window: dict[str, Any], end: datetime) -> Iterator[Opening]:
    """The openings of a `maintenanceWindow` until a moment, in UTC."""
    first = datetime.strptime(window["startDateTime"], "%Y-%m-%d %H:%M")  # noqa: DTZ007
    zone = ZoneInfo(win_tz[window["timeZone"]])
    hours, minutes = map(int, window["duration"].split(":"))
    length = timedelta(hours=hours, minutes=minutes)
    assert exists(first.date(), first.time(), zone), "a first start that the clocks skip"
    last = window.get("expirationDateTime", "9999-12-31 23:59")
    match = _RULE.fullmatch(window["recurEvery"])
    assert match
    number, unit, plural, rest = match.groups()
    assert (int(number or 1) > 1) == bool(plural)
    assert bool(rest) == (unit in ("Week", "Month")), "Azure refuses a unit without a day"
    for moment in _moments(int(number or 1), unit, rest, first, zone):
        if moment > end or f"{moment.astimezone(zone):%Y-%m-%d %H:%M}" > last:
            return
        yield moment, moment + length


def _moments(
    number: int, unit: str, rest: str | None, first: datetime, zone: ZoneInfo
) -> Iterator[datetime]:
    moment = first.replace(tzinfo=zone).astimezone(UTC)
    while unit == "Hour":
        yield moment
        moment += timedelta(hours=number)
    day = first.date()
    while True:
        if _opens(day, first.date(), number, unit, rest or ""):
            yield started(day, first.time(), zone)
        day += timedelta(days=1)


def _opens(day: date, first: date, number: int, unit: str, rest: str) -> bool:
    """Whether a recurrence opens on a day."""
    if unit == "Day":
        return (day - first).days % number == 0
    if unit == "Week":
        monday = first - timedelta(days=first.weekday())
        return (day - monday).days // 7 % number == 0 and _DAYS[day.weekday()] in rest.split(",")
    if rest.startswith("day"):
        return _months(first, day) % number == 0 and f"day{day.day}" in rest.split(",")
    place, weekday, *offset = rest.split(" ")
    assert place == "Last" or place in _PLACES, "one place"
    assert weekday in _DAYS, "one weekday"
    shift = timedelta(days=int(offset[0].removeprefix("Offset")) if offset else 0)
    assert abs(shift) <= timedelta(days=6)
    named = day - shift
    if number > 1:  # no source says whether the named day or the start counts: they agree
        assert _months(first - shift, first) == 0
    in_last_week = (named + timedelta(days=7)).month != named.month
    right = in_last_week if place == "Last" else (named.day - 1) // 7 + 1 == _PLACES[place]
    return (
        right and _DAYS[named.weekday()] == weekday and _months(first - shift, named) % number == 0
    )


def _months(first: date, day: date) -> int:
    return (day.year - first.year) * 12 + day.month - first.month


def exists(day: date, clock: time, zone: ZoneInfo) -> bool:
    """Whether the clocks of a zone show a time on a day."""
    local = datetime.combine(day, clock, zone)
    return local.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None)


def started(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """The moment of a local time: the first of two, and the first minute after a gap."""
    local = datetime.combine(day, clock)
    while not exists(local.date(), local.time(), zone):
        local += timedelta(minutes=1)
    return local.replace(tzinfo=zone).astimezone(UTC)
