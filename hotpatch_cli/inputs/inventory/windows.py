"""The windows of an inventory: by which rule they open, when, and how long."""

import re
from collections.abc import Callable
from typing import Any

from hotpatch_cli.documents import codec as c
from hotpatch_cli.documents.codec import Codec, Field, sentence
from hotpatch_cli.documents.tree import Log, Mapping, quoted
from hotpatch_cli.inputs.field_types import NAMES, TEXT, ZONE
from hotpatch_cli.inputs.inventory.ics_files import read_events_beside
from hotpatch_cli.schedule.day_rules import (
    DayRule,
    after_patch_tuesday,
    parse_azure,
    parse_rrule,
    parse_weekdays,
)
from hotpatch_cli.schedule.windows import Window, validate

_RULE_KEYS = ("rrule", "azure", "patch_tuesday", "days", "ics")
_RUNNERS = ("platform", "azure-update-manager", "owner")


def _days_after(text: str) -> DayRule:
    if not re.fullmatch(r"[+-]?[0-9]{1,3}", text.strip()):
        raise ValueError(f"{quoted(text)} is not a number of days after Patch Tuesday.")
    return after_patch_tuesday(int(text))


def _rule_of_texts(parse: Callable[[tuple[str, ...]], DayRule]) -> Codec[DayRule]:
    """A text or a list of texts that together are one rule."""

    def read(value: object, mark: int, log: Log) -> DayRule | None:
        texts = NAMES.codec.read(value, mark, log)
        if texts is None:
            return None
        try:
            return parse(texts)
        except ValueError as error:
            log.add(mark, sentence(error))
            return None

    return Codec(read, NAMES.codec.schema)


WINDOW_FIELDS: dict[str, Field] = {
    "rrule": Field(_rule_of_texts(parse_rrule), "RFC 5545 rule, or a list of them"),
    "azure": Field(c.parsed(parse_azure, "a recurrence"), "recurEvery of Microsoft.Maintenance"),
    "patch_tuesday": Field(
        c.parsed(_days_after, "a number", {"type": "integer"}), "days after Patch Tuesday"
    ),
    "days": Field(_rule_of_texts(parse_weekdays), "weekdays: [Sat, Sun]"),
    "ics": Field(TEXT.codec, "an iCalendar file whose events are the openings"),
    "start": Field(c.time_of_day, "local time of day: 22:00"),
    "duration": Field(c.duration, "how long it stays open: 4h, 3h55m"),
    "timezone": Field(ZONE.codec, "IANA or Windows name; otherwise the machine's"),
    "from": Field(c.day, "first day on which it may open"),
    "until": Field(c.day, "last day on which it may open"),
    "exdates": Field(c.listing(c.day, single=True), "days on which it does not open"),
    "runner": Field(c.choice(*_RUNNERS), "who restarts in it: whose limits count"),
}
WINDOWS: Codec[dict[str, dict[str, Any]]] = c.table(c.record(dict, WINDOW_FIELDS, "a window"))


def read_windows(nodes: Any, mark: int, log: Log) -> dict[str, Window]:
    """Name -> window, of those that are right; the log has what is wrong with the others."""
    windows = {}
    for name, fields in (WINDOWS.read(nodes, mark, log) or {}).items():
        window = _window(name, fields, nodes, log)
        if window is not None:
            windows[name] = window
    return windows


def _window(name: str, fields: dict[str, Any], nodes: Mapping, log: Log) -> Window | None:
    mark = nodes.at(name)
    rules = [key for key in _RULE_KEYS if key in fields]
    if len(rules) != 1:
        stated = " and ".join(rules) or "no rule"
        keys = ", ".join(_RULE_KEYS)
        message = f"The window {quoted(name)} has {stated}; it needs exactly one of {keys}."
        remedy = "Take all but one out." if rules else "Add one, such as days: [Sat]."
        log.add(mark, message, remedy)
        return None
    key = rules[0]
    rule = fields.pop(key)
    if key == "ics":
        rule = read_events_beside(rule, mark, log)
    else:
        missing = [key for key in ("start", "duration") if key not in fields]
        if missing:
            message = f"The window {quoted(name)} has no {' and no '.join(missing)}."
            log.add(mark, message, "Add start: 22:00 and duration: 4h.")
            return None
    if rule is None:
        return None
    fields["from_day"] = fields.pop("from", None)
    window = Window(name, rule, **fields)
    try:
        validate(window)
    except ValueError as error:
        log.add(mark, sentence(error))
        return None
    return window
