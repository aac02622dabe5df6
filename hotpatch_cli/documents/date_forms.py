"""Dates and times in other forms than ours: what a person can have meant, to say how it's written
here.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, time

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAME = rf"({'|'.join(_MONTHS)})[a-z]{{0,6}}\.?"
_YEAR_FIRST = re.compile(r"([0-9]{4})([-/. ]?)([0-9]{1,2})\2([0-9]{1,2})")
_YEAR_LAST = re.compile(r"([0-9]{1,2})([-/. ])([0-9]{1,2})\2([0-9]{4}|[0-9]{2})")
_MONTH_FIRST = re.compile(rf"(?i){_NAME} ([0-9]{{1,2}})(?:st|nd|rd|th)?,? ([0-9]{{4}})")
_MONTH_SECOND = re.compile(rf"(?i)([0-9]{{1,2}})(?:st|nd|rd|th|\.)?[ -]{_NAME}[ -]([0-9]{{4}})")
_TIME = re.compile(r"(?i)([0-9]{1,2})(?:[:.h]([0-5][0-9]))?(?::00)? ?(am|pm|a\.m\.|p\.m\.|h|uhr)?")
_CENTURY = 2000
_NOON = 12
_DIGITS = 8


def date_readings(text: str) -> list[date]:
    """The dates that a text can mean, the day first; none where it isn't a date."""
    found: dict[date, None] = {}
    for parts in _date_parts(text.strip()):
        with suppress(ValueError):
            found[date(*parts)] = None
    return list(found)


def _date_parts(text: str) -> Iterator[tuple[int, int, int]]:
    """(year, month, day) of each reading; they need not make a date."""
    if (parts := _YEAR_FIRST.fullmatch(text)) and (parts[2] or len(text) == _DIGITS):
        yield int(parts[1]), int(parts[3]), int(parts[4])
    elif parts := _YEAR_LAST.fullmatch(text):
        year = int(parts[4])
        year += _CENTURY if year < 100 else 0  # noqa: PLR2004  two digits
        yield year, int(parts[3]), int(parts[1])
        yield year, int(parts[1]), int(parts[3])
    elif parts := _MONTH_FIRST.fullmatch(text):
        yield int(parts[3]), _month(parts[1]), int(parts[2])
    elif parts := _MONTH_SECOND.fullmatch(text):
        yield int(parts[3]), _month(parts[2]), int(parts[1])


def _month(name: str) -> int:
    return _MONTHS.index(name.lower()) + 1


def time_reading(text: str) -> time | None:
    """The time of day that a text means; None where it isn't one."""
    parts = _TIME.fullmatch(text.strip())
    if parts is None or not (parts[2] or parts[3]):
        return None
    hour, half = int(parts[1]), (parts[3] or "").lower()[:1]
    if half in ("a", "p"):
        if not 1 <= hour <= _NOON:
            return None
        hour = hour % _NOON + (_NOON if half == "p" else 0)
    try:
        return time(hour, int(parts[2] or 0))
    except ValueError:
        return None
