"""The freezes of an inventory: days on which nothing restarts."""

from datetime import date
from typing import Any

from hotpatch_cli.documents import codec as c
from hotpatch_cli.documents.codec import Codec, Field, sentence
from hotpatch_cli.documents.tree import Log, Sequence, quoted
from hotpatch_cli.inputs.field_types import NAMES, TAGS, TEXT
from hotpatch_cli.inputs.inventory.ics_files import read_events_beside
from hotpatch_cli.schedule.freezes import Freeze, validate_freeze

FREEZE_FIELDS: dict[str, Field] = {
    "name": Field(TEXT.codec, "name of the freeze", required=True),
    "from": Field(c.day, "first day"),
    "to": Field(c.day, "last day, included"),
    "ics": Field(TEXT.codec, "iCalendar file with the freezes as events"),
    "groups": Field(NAMES.codec, "groups to freeze"),
    "rings": Field(NAMES.codec, "rings to freeze"),
    "regions": Field(NAMES.codec, "regions to freeze"),
    "tags": Field(TAGS.codec, "tags of the machines to freeze"),
}
FREEZE: Codec[dict[str, Any]] = c.record(dict, FREEZE_FIELDS, "a freeze")


def read_freezes(nodes: Any, mark: int, log: Log) -> tuple[Freeze, ...]:
    """The freezes that are right; the log has what is wrong with the others."""
    if not isinstance(nodes, Sequence):
        log.add(mark, f"Expected a list of freezes, found {quoted(nodes)}.")
        return ()
    freezes = []
    for node, node_mark in zip(nodes, nodes.marks, strict=True):
        fields = FREEZE.read(node, node_mark, log)
        freeze = _freeze(fields, node_mark, log) if fields is not None else None
        if freeze is not None:
            freezes.append(freeze)
    return tuple(freezes)


def _freeze(fields: dict[str, Any], mark: int, log: Log) -> Freeze | None:
    name = quoted(fields["name"])
    first: date | None = fields.pop("from", None)
    last: date | None = fields.pop("to", None)
    file: str | None = fields.pop("ics", None)
    if file is None and (first is None or last is None):
        log.add(mark, f"The freeze {name} is incomplete.", "Add `from` and `to`, or `ics`.")
        return None
    if first and last and last < first:
        log.add(
            mark,
            f"The freeze {name} ends on {last}, before it starts on {first}.",
            "Correct `from` or `to`.",
        )
        return None
    events = read_events_beside(file, mark, log) if file else None
    if file and events is None:
        return None
    freeze = Freeze(from_day=first, to_day=last, events=events, **fields)
    try:
        validate_freeze(freeze)
    except ValueError as error:
        log.add(mark, sentence(error))
        return None
    return freeze
