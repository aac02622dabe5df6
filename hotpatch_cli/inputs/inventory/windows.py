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
        raise ValueError(
            f"{quoted(text)} isn't a number of days after Patch Tuesday. "
            "Use a whole number, such as 4."
        )
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
    "rrule": Field(_rule_of_texts(parse_rrule), "RFC 5545 recurrence rule, or a list of rules"),
    "azure": Field(c.parsed(parse_azure, "a recurrence"), "recurEvery of Microsoft.Maintenance"),
    "patch_tuesday": Field(
        c.parsed(_days_after, "a number", {"type": "integer"}), "days after Patch Tuesday"
    ),
    "days": Field(_rule_of_texts(parse_weekdays), "weekdays, such as [Sat, Sun]"),
    "ics": Field(TEXT.codec, "iCalendar file with the openings as events"),
    "start": Field(c.time_of_day, "local start time, HH:MM"),
    "duration": Field(c.duration, "length of an opening, such as 4h or 3h55m"),
    "timezone": Field(
        ZONE.codec, "IANA or Windows time zone name (default: the machine's time zone)"
    ),
    "from": Field(c.day, "first day of the window"),
    "until": Field(c.day, "last day of the window"),
    "exdates": Field(c.listing(c.day, single=True), "excluded days"),
    "runner": Field(c.choice(*_RUNNERS), "service that runs the restarts and sets the limits"),
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
        stated = " and ".join(rules) or "no recurrence"
        remedy = "Keep one." if rules else f"Specify one of {', '.join(_RULE_KEYS)}."
        log.add(mark, f"The window {quoted(name)} has {stated}.", remedy)
        return None
    key = rules[0]
    rule = fields.pop(key)
    if key == "ics":
        rule = read_events_beside(rule, mark, log)
    else:
        missing = [key for key in ("start", "duration") if key not in fields]
        if missing:
            message = f"The window {quoted(name)} has no {' and no '.join(missing)}."
            wanted = " and ".join(f"`{key}` ({WINDOW_FIELDS[key].doc})" for key in missing)
            log.add(mark, message, f"Add {wanted}.")
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
