"""Values of sources that have no word in an inventory: a status that a service is younger than, a
text too long.

They are left out of what is written, where the fact is then missing, and told in a comment and to
the user.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hotpatch_cli.documents.tree import Document, Log, quoted
from hotpatch_cli.inputs.fields import MACHINE_FIELDS
from hotpatch_cli.inputs.tables.cells import placed
from hotpatch_cli.model import Machine
from hotpatch_cli.outputs.inventory_yaml import Leaf, fields_of, leaves

_SHOWN = 10


def unrepresentable(machines: Sequence[Machine]) -> list[dict[Leaf, Any]]:
    """For each machine what an inventory cannot say of it: the place there, and the value."""
    known: dict[str, dict[Leaf, Any]] = {}
    return [_of_machine(machine, known) for machine in machines]


def _of_machine(machine: Machine, known: dict[str, dict[Leaf, Any]]) -> dict[Leaf, Any]:
    wrong: dict[Leaf, Any] = {}
    for key, value in fields_of(machine).items():
        wrong |= _of_field(key, value, known)
    return wrong


def _of_field(key: str, value: Any, known: dict[str, dict[Leaf, Any]]) -> dict[Leaf, Any]:
    """What is wrong in one field; machines share values, so each value is looked at once."""
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
    """Sentences for the user: the first ten, and how many there are."""
    sentences = []
    for machine, wrong in zip(machines, values, strict=True):
        for leaf, value in wrong.items():
            sentences.append(
                f"{machine.label or machine.name}: {'.'.join(leaf)} is {quoted(value)}, "
                "for which an inventory has no word; the fact is not known there."
            )
    yield from sentences[:_SHOWN]
    if len(sentences) > _SHOWN:
        more = len(sentences) - _SHOWN
        yield f"... and {more} more such values; the comments of the inventory have them all."
