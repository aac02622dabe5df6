"""Values of sources that an inventory can't hold: a status that is newer than this program, a text
that is too long.

The inventory lacks these facts. A comment in it and a note to the user name them.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hotpatch_cli.documents.tree import Document, Log, quoted
from hotpatch_cli.inputs.fields import MACHINE_FIELDS
from hotpatch_cli.inputs.tables.cells import placed
from hotpatch_cli.model import Machine
from hotpatch_cli.outputs.inventory_yaml import Leaf, fields_of, leaves
from hotpatch_cli.outputs.phrases import counted

_SHOWN = 10


def unrepresentable(machines: Sequence[Machine]) -> list[dict[Leaf, Any]]:
    """For each machine the values that an inventory can't hold, by their place in it."""
    known: dict[str, dict[Leaf, Any]] = {}
    return [_of_machine(machine, known) for machine in machines]


def _of_machine(machine: Machine, known: dict[str, dict[Leaf, Any]]) -> dict[Leaf, Any]:
    wrong: dict[Leaf, Any] = {}
    for key, value in fields_of(machine).items():
        wrong |= _of_field(key, value, known)
    return wrong


def _of_field(key: str, value: Any, known: dict[str, dict[Leaf, Any]]) -> dict[Leaf, Any]:
    """The values of one field that don't fit; machines share values, and each is checked once."""
    text = f"{key}={value!r}"
    if text not in known:
        wrong = {} if _fits(key, value) else leaves({key: value})
        if len(wrong) > 1:
            wrong = {leaf: part for leaf, part in wrong.items() if not _fits(key, {leaf[1]: part})}
        known[text] = wrong
    return known[text]


def _fits(key: str, value: Any) -> bool:
    log = Log(Document("", ""))
    MACHINE_FIELDS[key].codec.read(placed(value, 0), 0, log)
    return not log.problems


def notes_on(machines: Sequence[Machine], values: Sequence[Mapping[Leaf, Any]]) -> Iterator[str]:
    """Sentences for the user: the first ten, and the number of the rest."""
    sentences = []
    for machine, wrong in zip(machines, values, strict=True):
        for leaf, value in wrong.items():
            sentences.append(
                f"{machine.label or machine.name}: an inventory can't hold "
                f"{'.'.join(leaf)} {quoted(value)}. The fact is missing there."
            )
    yield from sentences[:_SHOWN]
    if len(sentences) > _SHOWN:
        more = counted(len(sentences) - _SHOWN, "more value", "more values")
        yield f"... and {more}. Comments in the inventory list all of them."
