"""Codecs: how a node of a tree becomes a value, and the matching JSON Schema.

A codec never raises: it notes every problem in the log with its place and returns None, so that all
problems of a file are reported at once. The caller ends with `log.finish()`.
"""

import re
from collections.abc import Callable, Iterable
from collections.abc import Mapping as AnyMapping
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from typing import Any, Generic, NamedTuple, TypeVar

from hotpatch_cli.documents.date_forms import date_readings, time_reading
from hotpatch_cli.documents.tree import LOWER_HALF, MAX_SCALAR, Log, Mapping, Sequence, quoted

T = TypeVar("T")
_CONTROL = r"[\x00-\x1f\x7f]"
_WORDS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_PART = r"([0-9]{1,6}) ?([dhms])"
_DECIMAL = r"[0-9]{1,12}(\.[0-9]{1,12})?([eE][+-]?[0-9]{1,2})?"
_REMEMBERED = 4096


def _no(*kinds: str) -> dict[str, Any]:
    return {"not": {"anyOf": [{"type": kind} for kind in kinds]}}


_OTHER_SCALAR = _no("string", "object", "array", "null")
"""For an editor, `20348.4346` is a number and `true` a boolean, though both are text here. They
aren't named: editors complete types that are.
"""
_OTHER_OR_NULL = _no("string", "object", "array")


def text_schema(**conditions: Any) -> dict[str, Any]:
    """The schema of a text, with conditions on it."""
    return {"anyOf": [{"type": "string", **conditions}, _OTHER_SCALAR]}


_NAME_ADVICE = "Use a name of 1 to 256 letters, without line ends and control codes."
_MOMENT_FORM = "Use the format YYYY-MM-DDTHH:MM+HH:MM, such as 2026-01-17T22:00+01:00."
_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}


class Codec(NamedTuple, Generic[T]):
    """`read` turns (value, mark, log) into a value; `schema` is its JSON Schema."""

    read: Callable[[Any, int, Log], T | None]
    schema: dict[str, Any]


class Field(NamedTuple):
    """One key of a record: its codec, its meaning, and whether it's required."""

    codec: Codec[Any]
    doc: str
    required: bool = False


def text_of(value: object, mark: int, log: Log, what: str = "text") -> str | None:
    """A scalar as the text of the file; None, with a problem, for anything else."""
    if isinstance(value, str):
        if len(value) <= MAX_SCALAR:
            return value
        log.add(
            mark,
            f"The value has {len(value)} characters; the limit is {MAX_SCALAR}.",
            "Shorten it.",
        )
    else:
        log.add(
            mark,
            f"Expected {what}, found {quoted(value)}.",
            "Specify it on one line after the colon.",
        )
    return None


def text(pattern: str | None = None, hint: str = "") -> Codec[str]:
    """Text that isn't empty, as written; `pattern` must match all of it."""

    def read(value: object, mark: int, log: Log) -> str | None:
        words = text_of(value, mark, log)
        if words is None:
            return None
        if not words.strip():
            log.add(mark, "Expected text, found nothing.", hint)
        elif pattern and not re.fullmatch(pattern, words):
            log.add(mark, f"{quoted(words)} isn't valid here.", hint)
        else:
            return words
        return None

    conditions = {"pattern": f"^({pattern})$"} if pattern else {"minLength": 1}
    return Codec(read, text_schema(**conditions))


def parsed(parse: Callable[[str], T], what: str, schema: dict[str, Any] | None = None) -> Codec[T]:
    """Text that `parse` turns into a value; its ValueError is the message."""

    def read(value: object, mark: int, log: Log) -> T | None:
        words = text_of(value, mark, log, what)
        if words is None:
            return None
        try:
            return parse(words)
        except ValueError as error:
            log.add(mark, sentence(error))
            return None

    return Codec(read, schema or text_schema())


def sentence(error: Exception) -> str:
    """The message of an error as a sentence."""
    said = str(error)
    return said[:1].upper() + said[1:] + ("" if said.endswith((".", "?")) else ".")


def _boolean(value: object, mark: int, log: Log) -> bool | None:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in _WORDS:
        return _WORDS[value.lower()]
    log.add(mark, f"Expected true or false, found {quoted(value)}.")
    return None


boolean: Codec[bool] = Codec(
    _boolean, {"enum": [True, False, *_WORDS, *map(str.title, _WORDS), *map(str.upper, _WORDS)]}
)


def number(low: int, high: int) -> Codec[int]:
    """A whole number within bounds."""

    def read(value: object, mark: int, log: Log) -> int | None:
        if (
            isinstance(value, str)
            and re.fullmatch(r"[+-]?[0-9]{1,12}", value)
            and low <= int(value) <= high
        ):
            return int(value)
        log.add(mark, f"Expected a whole number from {low} to {high}, found {quoted(value)}.")
        return None

    return Codec(read, {"type": "integer", "minimum": low, "maximum": high})


def decimal(low: float, high: float) -> Codec[float]:
    """A number within bounds."""

    def read(value: object, mark: int, log: Log) -> float | None:
        if isinstance(value, str) and re.fullmatch(_DECIMAL, value) and low <= float(value) <= high:
            return float(value)
        log.add(mark, f"Expected a number from {low:.0f} to {high:.0f}, found {quoted(value)}.")
        return None

    return Codec(read, {"type": "number", "minimum": low, "maximum": high})


def choice(*words: str, also: dict[str, str] | None = None) -> Codec[str]:
    """One of some words, in any letter case; `also` maps further spellings to them."""
    spellings = {word.lower(): word for word in words} | {
        key.lower(): word for key, word in (also or {}).items()
    }

    def read(value: object, mark: int, log: Log) -> str | None:
        word = text_of(value, mark, log)
        if word is None:
            return None
        if word.strip().lower() not in spellings:
            log.add(
                mark,
                f"{quoted(word)} isn't one of {', '.join(words)}.",
                did_you_mean(word, spellings.values()),
            )
            return None
        return spellings[word.strip().lower()]

    return Codec(read, {"enum": [*words, *(also or {})]})


def did_you_mean(found: str, known: Iterable[str]) -> str:
    """The advice "Did you mean ...?" if a known word is near; otherwise nothing."""
    from difflib import get_close_matches

    if re.fullmatch(r"(?i)hp\d+", found):  # the code of a rule: no number is near in meaning
        return ""
    by_lower = {word.lower(): word for word in known}
    near = get_close_matches(found[:80].lower(), by_lower, n=1, cutoff=0.6)
    return f"Did you mean '{by_lower[near[0]]}'?" if near else ""


def listing(item: Codec[T], *, single: bool = False) -> Codec[tuple[T, ...]]:
    """A list of items; with `single`, one item may come without the list."""

    def read(value: object, mark: int, log: Log) -> tuple[T, ...] | None:
        if isinstance(value, Sequence):
            items = [item.read(node, at, log) for node, at in zip(value, value.marks, strict=True)]
            return tuple(found for found in items if found is not None)
        if single and value is not None:
            only = item.read(value, mark, log)
            return None if only is None else (only,)
        log.add(
            mark,
            f"Expected a list, found {quoted(value)}.",
            "Use the format [a, b], or a line with a dash for each item.",
        )
        return None

    schema: dict[str, Any] = {"type": "array", "items": item.schema}
    return Codec(read, {"anyOf": [item.schema, schema]} if single else schema)


def table(item: Codec[T]) -> Codec[dict[str, T]]:
    """A mapping from names that the user chooses to items."""

    def read(value: object, mark: int, log: Log) -> dict[str, T] | None:
        if not isinstance(value, Mapping):
            log.add(
                mark,
                f"Expected a mapping, found {quoted(value)}.",
                "Use the format NAME: VALUE, one entry a line.",
            )
            return None
        result = {}
        for key, node, key_mark, at in value.placed():
            if not key.strip() or len(key) > 256 or re.search(_CONTROL, key):  # noqa: PLR2004  a name, not a text
                log.add(key_mark, f"{quoted(key)} isn't a valid name.", _NAME_ADVICE)
            elif (found := item.read(node, at, log)) is not None:
                result[key] = found
        return result

    return Codec(read, {"type": "object", "additionalProperties": item.schema})


def record(
    make: Callable[..., T],
    fields: dict[str, Field],
    what: str,
    spellings: AnyMapping[str, str] = MappingProxyType({}),
) -> Codec[T]:
    """A mapping with known keys, given to `make` as keyword arguments; a null is a missing key.

    Keys that begin with `x-` belong to the user and are left alone. Thousands of machines share
    values: what was valid under a key once is not read again.

    `spellings` maps plain names of unknown keys to the key that they mean, for the advice.
    """
    required = [key for key, field in fields.items() if field.required]
    known: dict[str, dict[Any, Any]] = {key: {} for key in fields}

    def read(value: object, mark: int, log: Log) -> T | None:
        if not isinstance(value, Mapping):
            log.add(mark, f"Expected {what} (a mapping), found {quoted(value)}.")
            return None
        values: dict[str, Any] = {}
        before = len(log.problems)
        for (key, node), marks in zip(value.items(), value.marks, strict=True):
            fine = known.get(key)
            if fine is None:
                _note_unknown(key, marks >> 32, fields, what, log, spellings=spellings)
            elif node is not None:
                words = node if type(node) is str else _words_of(node)
                if words in fine:
                    values[key] = fine[words]
                    continue
                values[key] = fields[key].codec.read(node, marks & LOWER_HALF, log)
                if words is not None and len(fine) < _REMEMBERED and len(log.problems) == before:
                    fine[words] = values[key]
        for key in required:
            if key not in values:
                message = f"The key '{key}' of {what} is missing."
                log.add(value.mark, message, f"Add it ({fields[key].doc}).")
        return make(**values) if len(log.problems) == before else None

    return Codec(read, record_schema(fields))


def _words_of(node: Any) -> tuple[Any, ...] | None:
    """A list of words, or a mapping to words, as something to remember it by; None for anything
    else.
    """
    if type(node) is Mapping:
        words, parts = list(node.values()), list(node.items())
    elif type(node) is Sequence:
        words, parts = list(node), list(node)
    else:
        return None
    if not words or any(type(word) is not str for word in words):
        return None
    return (type(node), *parts)


def record_schema(fields: dict[str, Field]) -> dict[str, Any]:
    """The JSON Schema of a record."""
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {
            key: {"description": field.doc}
            | (field.codec.schema if field.required else _or_null(field.codec.schema))
            for key, field in fields.items()
        },
        "patternProperties": {"^x-": {}},
        "additionalProperties": False,
    }
    if required := [key for key, field in fields.items() if field.required]:
        schema["required"] = required
    return schema


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema that also accepts null: a null is a missing key."""
    if "enum" in schema:
        return schema | {"enum": [*schema["enum"], None]}
    if _OTHER_SCALAR in schema.get("anyOf", ()):
        others = [part for part in schema["anyOf"] if part != _OTHER_SCALAR]
        return schema | {"anyOf": [*others, _OTHER_OR_NULL]}
    if "anyOf" in schema:
        return schema | {"anyOf": [*schema["anyOf"], {"type": "null"}]}
    return schema | {"type": [schema["type"], "null"]}


def _note_unknown(
    key: str,
    mark: int,
    fields: dict[str, Field],
    what: str,
    log: Log,
    *,
    spellings: AnyMapping[str, str],
) -> None:
    if key.startswith("x-"):
        return
    if meant := spellings.get(plain_name(key)):
        known = f"Did you mean {meant}?"
    elif key.partition(".")[0] in fields:
        outer, _, inner = key.partition(".")
        known = f"Did you mean {quoted(inner)} under {quoted(outer)}?"
    else:
        known = did_you_mean(key, fields) or f"Keys are {', '.join(fields)}."
    log.add(mark, f"Unknown key {quoted(key)} in {what}.", known)


def plain_name(name: str) -> str:
    """A name without letter case, spaces, and punctuation: `OS_Build`, `os build`, and `osBuild`
    are the same.
    """
    return re.sub(r"[\W_]", "", name).casefold()


def parse_duration(text: str) -> timedelta:
    """A duration from `4h`, `3h55m`, `90m`, `14d` or `03:55` (hours and minutes). Raises
    ValueError.
    """
    stripped = text.strip().lower()
    if found := re.fullmatch(r"([0-9]{1,3}):([0-5][0-9])", stripped):
        return timedelta(hours=int(found[1]), minutes=int(found[2]))
    parts = re.findall(_PART, stripped)
    if not parts or re.sub(_PART, "", stripped).strip():
        raise ValueError(
            f"{quoted(text)} isn't a valid duration. "
            'Use a format such as 4h, 3h55m, 90m, 14d, or "03:55".'
        )
    total = timedelta(**{_UNITS[unit]: 0 for _, unit in parts})
    for amount, unit in parts:
        total += timedelta(**{_UNITS[unit]: int(amount)})
    if total > timedelta(days=3660):
        raise ValueError(f"{quoted(text)} is longer than ten years. Specify a shorter duration.")
    return total


def parse_date(text: str) -> date:
    """A date from `2025-12-15`. Raises ValueError."""
    written = text.strip()
    try:
        found = (
            date.fromisoformat(written)
            if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", written)
            else None
        )
    except ValueError:
        found = None
    if found is None:
        readings = " or ".join(map(str, date_readings(written)))
        form = f"YYYY-MM-DD: {readings}" if readings else "YYYY-MM-DD, such as 2025-12-15"
        raise ValueError(f"{quoted(text)} isn't a valid date. Use the format {form}.")
    return found


def parse_time(text: str) -> time:
    """A time of day from `22:00` or `2:30`. Raises ValueError."""
    found = re.fullmatch(r"([0-9]{1,2}):([0-5][0-9])(?::00)?", text.strip())
    if not found or int(found[1]) > 23:  # noqa: PLR2004  the last hour of a day
        reading = time_reading(text)
        form = f"HH:MM: {reading:%H:%M}" if reading else "HH:MM, such as 01:00"
        raise ValueError(f"{quoted(text)} isn't a valid time. Use the 24-hour format {form}.")
    return time(int(found[1]), int(found[2]))


def parse_moment(text: str) -> datetime:
    """A moment with its offset, from `2026-01-17T22:00:00+01:00`. Raises ValueError."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{quoted(text)} isn't a valid date and time. {_MOMENT_FORM}") from None
    if not 1990 <= moment.year < 2200:  # noqa: PLR2004  within all calendars, whatever the zone
        raise ValueError(f"{quoted(text)} isn't in the years 1990 to 2199.")
    if moment.tzinfo is None:
        raise ValueError(f"{quoted(text)} has no UTC offset. {_MOMENT_FORM}")
    return moment


def parse_whole_minute(text: str) -> datetime:
    """The same without seconds. Raises ValueError."""
    found = parse_moment(text)
    rest = found.astimezone(UTC)
    if rest.second or rest.microsecond:
        raise ValueError(
            f"{quoted(text)} isn't a whole minute, at which a restart starts. {_MOMENT_FORM}"
        )
    return found


duration: Codec[timedelta] = parsed(
    parse_duration,
    "a duration",
    {"type": "string", "examples": ["4h", "3h55m", "90m", "03:55", "14d"]},
)
day: Codec[date] = parsed(parse_date, "a date", {"type": "string", "format": "date"})
time_of_day: Codec[time] = parsed(
    parse_time, "a time of day", {"type": "string", "examples": ["22:00"]}
)
moment: Codec[datetime] = parsed(
    parse_moment, "a moment", {"type": "string", "format": "date-time"}
)
whole_minute: Codec[datetime] = parsed(
    parse_whole_minute, "a moment", {"type": "string", "format": "date-time"}
)
