"""Values of sources that have no word in an inventory: a status that a service is younger than, a
text too long.

They are left out of what is written, where the fact is then missing, and told in a comment and to
the user.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hotpatch_cli.documents.tree import Document, Log, quoted
from hotpatch_cli.inputs.inventory.reader import MACHINE_FIELDS
from hotpatch_cli.inputs.tables.cells import placed
from hotpatch_cli.model import Machine
from hotpatch_cli.outputs.inventory_yaml import Leaf, fields_of, leaves

_SHOWN = 10


def unrepresentable(machines: Sequence[Machine]) -> list[dict[Leaf, Any]]:
    """For each machine what an inventory cannot say of it: where that would stand, and the value."""
    known: dict[str, dict[Leaf, Any]] = {}
    return [
        {
            leaf: value
            for key, part in fields_of(each).items()
            for leaf, value in _of_field(key, part, known).items()
        }
        for each in machines
    ]


def _of_field(key: str, value: Any, known: dict[str, dict[Leaf, Any]]) -> dict[Leaf, Any]:
    """What is wrong in one field; machines share most of their values, so each is looked at once."""
    text = f"{key}={value!r}"
    if text not in known:
        wrong = {} if _fits(key, value) else leaves({key: value})
        if len(wrong) > 1:
            wrong = {leaf: each for leaf, each in wrong.items() if not _fits(key, {leaf[1]: each})}
        known[text] = wrong
    return known[text]


def _fits(key: str, value: Any) -> bool:
    log = Log(Document("", ""))
    MACHINE_FIELDS[key].codec.read(placed(value, 0), 0, log)
    return not log.problems


def told(machines: Sequence[Machine], found: Sequence[Mapping[Leaf, Any]]) -> Iterator[str]:
    """Sentences for the user: the first ten, and how many there are."""
    said = [
        f"{machine.label or machine.name}: {'.'.join(leaf)} is {quoted(value)}, for which an inventory has no word; "
        "the fact is not known there."
        for machine, wrong in zip(machines, found, strict=True)
        for leaf, value in wrong.items()
    ]
    yield from said[:_SHOWN]
    if len(said) > _SHOWN:
        yield f"... and {len(said) - _SHOWN} more such values; the comments of the inventory have them all."
