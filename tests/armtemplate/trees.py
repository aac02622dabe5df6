"""The smallest trees that the library takes, and templates made of them."""

from collections.abc import Iterator
from typing import Any

from hotpatch_cli.armtemplate import Nodes, ResolvedTemplate, resolve

VM = "microsoft.compute/virtualmachines"
SCHEMA = (
    "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"  # no network
)


class MarkedDict(dict[str, Any]):
    """A mapping whose marks count its entries."""

    def __init__(self, mark: int = 0) -> None:
        super().__init__()
        self.mark = mark
        self.marks: dict[str, tuple[int, int]] = {}

    def put(self, key: str, value: object, key_mark: int, value_mark: int) -> None:
        """Add an entry."""
        self[key] = value
        self.marks[key] = key_mark, value_mark

    def placed(self) -> Iterator[tuple[str, Any, int, int]]:
        """(key, value, marks of both)."""
        for key, value in self.items():
            yield key, value, *self.marks[key]

    def at(self, key: str) -> int:
        """The mark of a value."""
        return self.marks[key][1] if key in self else self.mark


class MarkedList(list[Any]):
    """A list with marks."""

    def __init__(self, mark: int = 0) -> None:
        super().__init__()
        self.mark = mark
        self.marks: list[int] = []

    def put(self, value: object, mark: int) -> None:
        """Add an item."""
        self.append(value)
        self.marks.append(mark)


class Number(str):
    """A number as it is written."""

    __slots__ = ()


NODES = Nodes(MarkedDict, MarkedList, Number)


def tree(value: Any) -> Any:
    """Plain data as a tree: numbers become their texts."""
    if isinstance(value, dict):
        mapping = MarkedDict()
        for mark, (key, inner) in enumerate(value.items()):
            mapping.put(key, tree(inner), mark, mark)
        return mapping
    if isinstance(value, list):
        sequence = MarkedList()
        for mark, inner in enumerate(value):
            sequence.put(tree(inner), mark)
        return sequence
    return NODES.of(value)


def template(*resources: dict[str, Any], **sections: Any) -> dict[str, Any]:
    """A template with some resources."""
    return {"$schema": SCHEMA, **sections, "resources": list(resources)}


def vm(name: str = "web", **properties: Any) -> dict[str, Any]:
    """A virtual machine."""
    return {"type": "Microsoft.Compute/virtualMachines", "name": name, "properties": properties}


def resolved(source: dict[str, Any], parameters: dict[str, Any] | None = None) -> ResolvedTemplate:
    """What a template deploys of virtual machines."""
    return resolve(tree(source), tree(parameters), {VM}, NODES)
