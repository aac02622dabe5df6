"""The machines of an inventory, each over the defaults."""

from typing import Any

from hotpatch_cli.documents import codec as c
from hotpatch_cli.documents.codec import Codec, Field
from hotpatch_cli.documents.tree import Log, Mapping, Sequence, merged, quoted
from hotpatch_cli.inputs.fields import MACHINE, MACHINE_FIELDS
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
    reader = MachineReader(log)
    for node, mark in zip(nodes, nodes.marks, strict=True):
        if defaults is not None and isinstance(node, Mapping):
            reader.read(merged(defaults, node), mark)
        else:
            reader.read(node, mark)
    return reader.machines


def _known_defaults(defaults: Any) -> Mapping | None:
    """The defaults, if there are any, less the keys that are already a problem of theirs."""
    if not isinstance(defaults, Mapping) or not defaults:
        return None
    known = Mapping(defaults.mark)
    for key, value, key_mark, mark in defaults.placed():
        if key in DEFAULT_FIELDS:
            known.put(key, value, key_mark, mark)
    return known
