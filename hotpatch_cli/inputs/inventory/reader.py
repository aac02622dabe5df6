"""The inventory: our own format, in YAML or JSON, key by key."""

from typing import Any

from hotpatch_cli.documents import codec as c
from hotpatch_cli.documents.codec import Codec, Field
from hotpatch_cli.documents.tree import Document, Log, Mapping, Sequence, quoted
from hotpatch_cli.inputs.field_types import TEXT
from hotpatch_cli.inputs.inventory.freezes import FREEZE, read_freezes
from hotpatch_cli.inputs.inventory.machines import DEFAULTS, MACHINES, read_machines
from hotpatch_cli.inputs.inventory.rollout import GROUPS, LIMITS, RINGS
from hotpatch_cli.inputs.inventory.windows import WINDOWS, read_windows
from hotpatch_cli.inputs.source import NodeOrigin, Reader, SourceData
from hotpatch_cli.model import NO_LIMITS, Location

FLEET_FIELDS: dict[str, Field] = {
    "fleet": Field(TEXT.codec, "name of the fleet"),
    "defaults": Field(DEFAULTS, "settings shared by all machines; a machine's own setting wins"),
    "windows": Field(WINDOWS, "maintenance windows by name"),
    "freezes": Field(c.listing(FREEZE), "days on which nothing restarts"),
    "groups": Field(GROUPS, "groups by name"),
    "rings": Field(RINGS, "rings in rollout order"),
    "limits": Field(LIMITS, "limits on concurrent restarts"),
    "machines": Field(MACHINES, "list of machines"),
}
_SCHEMA_KEY = {"$schema": Field(TEXT.codec, "schema of this file, for editors")}
SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "hotpatch inventory",
} | c.record_schema(_SCHEMA_KEY | FLEET_FIELDS)


def _left_alone(field: Field) -> Field:
    """A key that may be there, and that a function of its own reads."""
    return field._replace(codec=Codec(lambda _value, _mark, _log: None, field.codec.schema))


_SECTIONS: Codec[dict[str, Any]] = c.record(
    dict,
    _SCHEMA_KEY
    | FLEET_FIELDS
    | {key: _left_alone(FLEET_FIELDS[key]) for key in ("machines", "windows", "freezes")},
    "an inventory",
)


def _recognizes(document: Document) -> bool:
    root = document.root
    if not isinstance(root, Mapping):
        return False
    if "_meta" in root:  # of Ansible, whose groups may be called windows
        return False
    return any(key in root for key in FLEET_FIELDS)


def _read(document: Document) -> SourceData:
    log = Log(document)
    root = document.root
    if not isinstance(root, Mapping):
        message = f"Expected an inventory (a mapping), found {quoted(root)}."
        log.add(document.root_mark, message, "To create an inventory, run `hotpatch init`.")
        log.finish()
    source = SourceData()
    sections = _SECTIONS.read(root, root.mark, log) or {}
    source.name = sections.get("fleet")
    source.groups = sections.get("groups") or {}
    source.rings = sections.get("rings", ())
    source.limits = sections.get("limits", NO_LIMITS)
    source.kept = root
    defaults = root.get("defaults")
    if isinstance(defaults, Mapping):
        source.defaults = sections.get("defaults") or {}
        source.defaults_origin = NodeOrigin(document, defaults)
    for kind in ("group", "window", "ring", "freeze"):
        _note_places(kind, root.get(f"{kind}s"), source, log)
    if source.limits != NO_LIMITS:
        source.places["limits", ""] = Location(*document.position(root.at("limits")))
    if root.get("windows") is not None:
        source.windows = read_windows(root["windows"], root.at("windows"), log)
    if root.get("freezes") is not None:
        source.freezes = read_freezes(root["freezes"], root.at("freezes"), log)
    if "machines" in root:
        source.machines = read_machines(root, log)
    log.finish()
    return source


def _note_places(kind: str, node: Any, source: SourceData, log: Log) -> None:
    """Note the places of parts that machines refer to; two rings of one name are a problem."""
    named: list[tuple[str, int]] = []
    if isinstance(node, Mapping):
        named = [(name, mark) for name, _, mark, _ in node.placed()]
    elif isinstance(node, Sequence):
        for part in node:
            if isinstance(part, Mapping) and isinstance(part.get("name"), str):
                named.append((part["name"], part.mark))
    for name, mark in named:
        if kind == "ring" and (kind, name) in source.places:
            log.add(mark, f"The ring {quoted(name)} is defined twice.", "Rename or remove one.")
        source.places[kind, name] = Location(*log.document.position(mark))


READER = Reader(_recognizes, _read)
