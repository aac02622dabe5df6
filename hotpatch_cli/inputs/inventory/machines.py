"""The machines of an inventory, each over the defaults."""

from collections.abc import Iterator
from typing import Any

from hotpatch_cli.documents import codec as c
from hotpatch_cli.documents.codec import Codec, Field
from hotpatch_cli.documents.tree import Log, Mapping, Sequence, merged, quoted
from hotpatch_cli.inputs.fields import GROUPS, MACHINE, MACHINE_FIELDS
from hotpatch_cli.inputs.machine_reader import MachineReader
from hotpatch_cli.model import Machine

DEFAULT_FIELDS: dict[str, Field] = {
    key: field._replace(required=False)
    for key, field in MACHINE_FIELDS.items()
    if key not in ("name", "id")
}
DEFAULTS: Codec[dict[str, Any]] = c.record(dict, DEFAULT_FIELDS, "defaults")
MACHINES = c.listing(MACHINE)


def read_machines(root: Mapping, log: Log) -> list[Machine]:
    """The machines that are right; the log has what is wrong with the others."""
    nodes = root["machines"]
    if not isinstance(nodes, Sequence):
        message = f"Expected a list of machines, found {quoted(nodes)}."
        log.add(root.at("machines"), message, "Start each machine with `- name:`.")
        return []
    defaults = _known_defaults(root.get("defaults"))
    paths = tuple(_paths_in(defaults)) if defaults is not None else ()
    reader = MachineReader(log)
    for node, mark in zip(nodes, nodes.marks, strict=True):
        if defaults is not None and isinstance(node, Mapping):
            defaulted = tuple(path for path in paths if not _has(node, path))
            reader.read(merged(defaults, node), mark, defaulted=defaulted)
        else:
            reader.read(node, mark)
    return reader.machines


def _paths_in(defaults: Mapping) -> Iterator[str]:
    """The fields that defaults have. A machine's own statement replaces each of them alone."""
    for key, value in defaults.items():
        if isinstance(value, Mapping) and (key in GROUPS or key == "tags"):
            yield from (f"{key}.{part}" for part in value)
        else:
            yield "image" if key == "container" else key


def _has(node: Mapping, path: str) -> bool:
    """Whether a machine has a field of its own, if only to remove the default."""
    key, _, part = path.partition(".")
    value = node.get(key)
    if key not in node or not part or not isinstance(value, Mapping):
        return key in node
    return part in value


def _known_defaults(defaults: Any) -> Mapping | None:
    """The defaults, if there are any, less the keys that are already a problem of theirs."""
    if not isinstance(defaults, Mapping) or not defaults:
        return None
    known = Mapping(defaults.mark)
    for key, value, key_mark, mark in defaults.placed():
        if key in DEFAULT_FIELDS:
            known.put(key, value, key_mark, mark)
    return known
