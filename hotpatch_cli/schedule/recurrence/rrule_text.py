"""Reading RFC 5545 RRULE text strictly; each error has the fix."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from hotpatch_cli.schedule.recurrence.rrule import Rrule
from hotpatch_cli.schedule.recurrence.rule import HIGHEST_INTERVAL, RecurrenceError, quoted

_LONGEST_TEXT = 500
_WEEKDAYS = {"MO": 0, "TU": 1, "WE": 2, "TH": 3, "FR": 4, "SA": 5, "SU": 6}

_DAY_PLACE = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d{1,4}", re.ASCII)
_UNTIL = re.compile(r"\d{8}(T\d{6}Z?)?", re.ASCII)

_NOT_ALLOWED = {
    "DAILY": ("BYYEARDAY", "BYWEEKNO", "BYSETPOS"),
    "WEEKLY": ("BYMONTHDAY", "BYYEARDAY", "BYWEEKNO"),
    "MONTHLY": ("BYYEARDAY", "BYWEEKNO"),
    "YEARLY": (),
}
"""By RFC 5545, and also BYSETPOS in a day, which has nothing to choose from."""

_ADVICE = {
    "DTSTART": "Specify DTSTART as `from` (the date) and `start` (the time) of the window",
    "BYHOUR": "Specify BYHOUR as `start` of the window",
    "BYMINUTE": "Specify BYMINUTE as `start` of the window",
    "BYSECOND": "Specify BYSECOND as `start` of the window",
    "FREQ=HOURLY": (
        "FREQ=HOURLY opens every hour. Use FREQ=DAILY or less often, or `azure: 6Hours`"
    ),
    "FREQ=MINUTELY": "FREQ=MINUTELY opens every minute. Use FREQ=DAILY or less often",
    "FREQ=SECONDLY": "FREQ=SECONDLY opens every second. Use FREQ=DAILY or less often",
}


def read_rrule(text: str) -> Rrule:
    """Read one RRULE, with or without `RRULE:` before it. Raises RecurrenceError."""
    if len(text) > _LONGEST_TEXT:
        raise RecurrenceError(f"the RRULE has {len(text)} characters. Use at most {_LONGEST_TEXT}")
    parts = _parts(text)
    values: dict[str, Any] = {_field(name): _value(text, name, parts[name]) for name in parts}
    if "FREQ" not in parts:
        raise _refused(text, "FREQ is missing. Specify it, such as FREQ=WEEKLY")
    rule = Rrule(text, **values)
    advice = _contradiction(rule, parts)
    if advice:
        raise _refused(text, advice)
    return rule


def _parts(text: str) -> dict[str, str]:
    """NAME=VALUE by name; a repeated name is an error."""
    parts: dict[str, str] = {}
    for part in text.strip().upper().removeprefix("RRULE:").removesuffix(";").split(";"):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or not value:
            raise _refused(text, _advised(part, f"{quoted(part)} isn't in the format NAME=VALUE"))
        if name in parts:
            raise _refused(text, f"Specify {name} only once")
        parts[name] = value
    return parts


def _field(name: str) -> str:
    return "total" if name == "COUNT" else name.lower()


def _value(text: str, name: str, value: str) -> object:
    if name not in _READERS:
        known = f"{quoted(name)} isn't a part of a recurrence rule. Use {', '.join(_READERS)}"
        raise _refused(text, _advised(name, known))
    try:
        return _READERS[name](value)
    except ValueError as takes:
        otherwise = f"{name} is {quoted(value)}. Use {takes}"
        raise _refused(text, _advised(f"{name}={value}", otherwise)) from None


def _contradiction(rule: Rrule, parts: dict[str, str]) -> str | None:
    """What RFC 5545 forbids of parts that are valid by themselves, or None."""
    for name in _NOT_ALLOWED[rule.freq]:
        if name in parts:
            return f"{name} isn't valid with FREQ={rule.freq}. Remove it, or use another FREQ"
    if any(nth for nth, _ in rule.byday) and (
        rule.freq not in ("MONTHLY", "YEARLY") or rule.byweekno
    ):
        return (
            "A numbered weekday such as 2TU requires FREQ=MONTHLY, or FREQ=YEARLY without BYWEEKNO"
        )
    if rule.bysetpos and not any(name.startswith("BY") for name in parts if name != "BYSETPOS"):
        return "BYSETPOS requires another part, such as BYDAY"
    if rule.total is not None and rule.until is not None:
        return "COUNT and UNTIL exclude each other. Keep one"
    return None


def _advised(part: str, otherwise: str) -> str:
    """The advice for a part that belongs elsewhere, or another sentence."""
    return next((advice for name, advice in _ADVICE.items() if part.startswith(name)), otherwise)


def _refused(text: str, advice: str) -> RecurrenceError:
    return RecurrenceError(f"the RRULE {quoted(text)} isn't valid. {advice}")


# Readers of one value each; their ValueError names the valid values.


def _one_of(known: dict[str, Any]) -> Callable[[str], object]:
    def read(value: str) -> object:
        if value not in known:
            raise ValueError(f"one of {', '.join(known)}")
        return known[value]

    return read


def _number(highest: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        if not _NUMBER.fullmatch(value) or not 1 <= int(value) <= highest:
            raise ValueError(f"a number from 1 to {highest}")
        return int(value)

    return read


def _numbers(highest: int, *, signed: bool = True) -> Callable[[str], tuple[int, ...]]:
    takes = f"numbers from 1 to {highest}" + (f" or from -1 to -{highest}" if signed else "")

    def read(value: str) -> tuple[int, ...]:
        words = value.split(",")
        numbers = tuple(sorted({int(word) for word in words if _NUMBER.fullmatch(word)}))
        fitting = all(1 <= (abs(number) if signed else number) <= highest for number in numbers)
        if not fitting or not all(map(_NUMBER.fullmatch, words)):
            raise ValueError(takes)
        return numbers

    return read


def _weekdays(value: str) -> tuple[tuple[int, int], ...]:
    weekdays = set()
    for word in value.split(","):
        match = _DAY_PLACE.fullmatch(word)
        if match is None or (match[1] and not int(match[1])):
            raise ValueError("weekdays such as MO,TU or 2TU or -1SU")
        weekdays.add((int(match[1] or 0), _WEEKDAYS[match[2]]))
    return tuple(sorted(weekdays))


def _until(value: str) -> date:
    if not _UNTIL.fullmatch(value):
        raise ValueError("a date such as 20261231, or a moment such as 20261231T220000Z")
    # A moment of the first or the last year may have no date in other zones: its day is enough.
    if "T" not in value or value[:4] in ("0001", "9999"):
        return date.fromisoformat(value[:8])
    moment = datetime.fromisoformat(value.removesuffix("Z"))
    return moment.replace(tzinfo=UTC) if value.endswith("Z") else moment


_READERS: dict[str, Callable[[str], object]] = {
    "FREQ": _one_of({name: name for name in _NOT_ALLOWED}),
    "INTERVAL": _number(HIGHEST_INTERVAL),
    "COUNT": _number(9999),
    "UNTIL": _until,
    "WKST": _one_of(_WEEKDAYS),
    "BYMONTH": _numbers(12, signed=False),
    "BYMONTHDAY": _numbers(31),
    "BYYEARDAY": _numbers(366),
    "BYWEEKNO": _numbers(53),
    "BYDAY": _weekdays,
    "BYSETPOS": _numbers(366),
}
