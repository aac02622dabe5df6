"""Time zones by their IANA name (`Europe/Stockholm`) or Windows name (`W. Europe Standard Time`).

The pairs are from the Unicode CLDR table in tzlocal, which is loaded only for a name that isn't an
IANA name.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache, lru_cache
from operator import eq
from zoneinfo import ZoneInfo, available_timezones

from hotpatch_cli.schedule.recurrence import quoted

LONGEST_NAME = 64
"""Characters; the longest IANA and Windows names have about half of that."""

OBSOLETE = {
    "Mid-Atlantic Standard Time": "UTC-02",
    "Kamchatka Standard Time": "Russia Time Zone 11",
}
"""Windows names that end with "- Old" in its list of zones, with the current name of their offset.

CLDR doesn't pair them, because no IANA zone has their clocks, which still change twice a year:
https://github.com/unicode-org/cldr/blob/main/common/supplemental/windowsZones.xml
"""

_NOT_ZONES = ("posix/", "right/", "posixrules", "localtime", "Factory")
_OFFSET = re.compile(r"(?:utc|gmt|z)? ?([+-])0?([0-9]{1,2})(?::?00)?", re.IGNORECASE)
_FURTHEST = {"+": 14, "-": 12}
"""The hours from UTC for which there is an Etc/GMT zone."""
_ABBREVIATION = re.compile(r"[A-Za-z]{2,5}")
_PLACE = re.compile(
    r"(?:Africa|America|Antarctica|Arctic|Asia|Atlantic|Europe|Indian|Pacific)/.*"
    r"|Australia/[A-Z][a-z]{5}.*"
)
"""Not `Australia/North`, and not `US/Central`: their last parts are no places by themselves."""
_SHORTEST_WORD = 3
"""Letters of a word in which a slip is recognized; shorter words must be the same."""
_ALIKE = 0.8
"""How alike two words are that differ by a slip (difflib)."""
_MOST_NAMED = 3
_FORM = (
    "Specify an IANA name, in the format Area/City, or a Windows name, such as the output of "
    "`(Get-TimeZone).Id`"
)


class UnknownZone(ValueError):  # noqa: N818 - the state of things, not an error of the program
    """No zone has this name. The message has close spellings of it, or the formats of names."""


def find_zone(name: str) -> ZoneInfo:
    """The zone of an IANA name (case-sensitive) or of a Windows name (in any letter case).

    Raises UnknownZone. The name may be hostile: a path, empty, or very long.
    """
    zone = _zone_or_problem(name)
    if isinstance(zone, str):
        raise UnknownZone(zone)
    return zone


@lru_cache(maxsize=1024)
def _zone_or_problem(name: str) -> ZoneInfo | str:
    """A zone, or why there is none: an export repeats a wrong name for each of its machines."""
    if not 0 < len(name) <= LONGEST_NAME:
        return f"the time zone name has {len(name)} characters. {_FORM}"
    if zone := known_zone(name):
        return zone
    if is_obsolete(name):
        current = _obsolete()[name.strip().casefold()]
        return (
            f"{quoted(name)} is an obsolete time zone of Windows, and no IANA zone has its clock. "
            f"Specify its current name ({current}), or an IANA name, in the format Area/City."
        )
    return f"{quoted(name)} isn't a time zone. {_advice(name)}"


def is_obsolete(name: str) -> bool:
    """Whether Windows has a zone of this name that is obsolete and isn't an IANA zone."""
    return name.strip().casefold() in _obsolete()


@cache
def _obsolete() -> dict[str, str]:
    return {name.casefold(): current for name, current in OBSOLETE.items()}


def known_zone(name: str) -> ZoneInfo | None:
    """The zone of an IANA or Windows name, or None; faster than find_zone for unknown names."""
    name = name.strip()
    return _iana_zone(name) or _windows_zone(name)


def iana_name(zone: ZoneInfo | str) -> str:
    """The IANA name of a zone or of either name. Raises UnknownZone."""
    return (find_zone(zone) if isinstance(zone, str) else zone).key


def windows_name(iana: str) -> str | None:
    """The Windows name of an IANA zone, by the CLDR pairs; None if Windows has none."""
    return _iana_to_windows().get(iana)


def _iana_zone(name: str) -> ZoneInfo | None:
    """The zone of the zone database; a path or a folder isn't in it."""
    if name.startswith(_NOT_ZONES):
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def _windows_zone(name: str) -> ZoneInfo | None:
    iana = _windows_to_iana().get(name.casefold())
    return ZoneInfo(iana) if iana else None


def _advice(name: str) -> str:
    """The fix of an unknown name. It never names a zone of another offset than the one meant."""
    offset = _OFFSET.fullmatch(name.strip())
    if offset:
        return _advice_on_offset(offset[1], int(offset[2]))
    near = list(dict.fromkeys(_close_spellings(name.casefold())))
    if near and len({_offsets(zone) for zone in near}) == 1:
        return f"Did you mean {' or '.join(near[:_MOST_NAMED])}?"
    if _ABBREVIATION.fullmatch(name.strip()):
        return f"An abbreviation can mean several time zones. {_FORM}"
    return _FORM


def _advice_on_offset(sign: str, hours: int) -> str:
    """The Etc zone of an offset in whole hours, whose name has the opposite sign."""
    if not 0 < hours <= _FURTHEST[sign]:
        return _FORM
    opposite = "-" if sign == "+" else "+"
    return f"{_FORM}. For UTC{sign}{hours} all year, specify Etc/GMT{opposite}{hours}"


def _close_spellings(wanted: str) -> Iterator[str]:
    """The zones whose whole name is a name in lower case but for slips, or whose place it is.

    An abbreviation has no slips: `CEST` isn't `CET`.
    """
    words = _words(wanted)
    same = eq if _ABBREVIATION.fullmatch(wanted) else _is_slip_of
    for zone in _by_initials().get(_initials(words), ()):
        if all(map(same, words, _words(zone.casefold()))) and _numbers(zone) == _numbers(wanted):
            yield zone
    yield from _by_place().get(words, ())


def _is_slip_of(word: str, other: str) -> bool:
    from difflib import SequenceMatcher

    if word == other:
        return True
    long_enough = min(len(word), len(other)) >= _SHORTEST_WORD
    return long_enough and SequenceMatcher(None, word, other).ratio() >= _ALIKE


def _words(name: str) -> tuple[str, ...]:
    return tuple(re.findall(r"[^/ _.-]+", name))


def _initials(words: tuple[str, ...]) -> str:
    """The first letters of words: rarely slips, and different for East and West."""
    return "".join(word[0] for word in words)


def _numbers(text: str) -> list[str]:
    return re.findall(r"[+-]?[0-9]+", text)


@cache
def _by_initials() -> dict[str, list[str]]:
    """All zones but those of offsets, by the first letters of their names in lower case."""
    from tzlocal.windows_tz import win_tz

    zones: dict[str, list[str]] = {}
    for zone in sorted((*available_timezones(), *win_tz)):
        if not zone.startswith((*_NOT_ZONES, "Etc/")):
            zones.setdefault(_initials(_words(zone.casefold())), []).append(zone)
    return zones


@cache
def _by_place() -> dict[tuple[str, ...], list[str]]:
    """The zones of places, by the words of the place in lower case."""
    zones: dict[tuple[str, ...], list[str]] = {}
    for zone in sorted(available_timezones()):
        if _PLACE.fullmatch(zone):
            zones.setdefault(_words(zone.rpartition("/")[2].casefold()), []).append(zone)
    return zones


def _offsets(name: str) -> tuple[timedelta | None, ...]:
    """The offsets of a zone in winter and summer: zones with the same ones are alike here."""
    zone = known_zone(name)
    return tuple(datetime(2026, month, 1, tzinfo=zone).utcoffset() for month in (1, 7))


@cache
def _windows_to_iana() -> dict[str, str]:
    from tzlocal.windows_tz import win_tz

    return {windows.casefold(): iana for windows, iana in win_tz.items()}


def _iana_to_windows() -> dict[str, str]:
    from tzlocal.windows_tz import tz_win

    return tz_win
