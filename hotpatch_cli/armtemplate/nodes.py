"""The trees that this library reads and creates: mappings and lists with their places in a text.

The caller provides the constructors. A mapping is a `dict`, a list is a `list`, and a number may be
a text of a subclass of `str`, so that `1.10` keeps its zero.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Protocol, TypeGuard


class PositionedMapping(Protocol):
    """A `dict` whose entries have marks: the places of key and value."""

    mark: int

    def get(self, key: str, /) -> Any:
        """The value of a key, or None."""

    def put(self, key: str, value: object, key_mark: int, value_mark: int) -> None:
        """Add a new entry."""

    def placed(self) -> Iterator[tuple[str, Any, int, int]]:
        """(key, value, mark of the key, mark of the value) of each entry."""

    def at(self, key: str) -> int:
        """The mark of a key's value; the mapping's own where the key is missing."""

    def values(self) -> Any:
        """The values."""

    def items(self) -> Any:
        """(key, value) of each entry."""

    def __contains__(self, key: object, /) -> bool: ...

    def __getitem__(self, key: str, /) -> Any: ...


class PositionedSequence(Protocol):
    """A `list` whose items have marks."""

    mark: int
    marks: Any

    def put(self, value: object, mark: int) -> None:
        """Add an item."""

    def __iter__(self) -> Iterator[Any]: ...


class Nodes(NamedTuple):
    """The constructors of a tree: an empty mapping and an empty list at a mark, and a number."""

    mapping: Callable[[int], PositionedMapping]
    sequence: Callable[[int], PositionedSequence]
    number: Callable[[object], str]

    def of(self, value: object) -> Any:
        """The result of an expression as a tree. It isn't in the text: its marks are 0."""
        if isinstance(value, int | float) and not isinstance(value, bool):
            return self.number(value)
        if type(value) is dict:
            mapping = self.mapping(0)
            for key, inner in value.items():
                mapping.put(key, self.of(inner), 0, 0)
            return mapping
        if type(value) is list:
            sequence = self.sequence(0)
            for inner in value:
                sequence.put(self.of(inner), 0)
            return sequence
        return value


def is_mapping(node: object) -> TypeGuard[PositionedMapping]:
    """Whether a node is a mapping."""
    return isinstance(node, dict)


def is_sequence(node: object) -> TypeGuard[PositionedSequence]:
    """Whether a node is a list."""
    return isinstance(node, list)


def under(node: object, *path: str) -> Any:
    """The value under a path of keys in any letter case; None where it ends."""
    for key in path:
        if not isinstance(node, dict):
            return None
        lower = key.lower()
        node = next((value for name, value in node.items() if name.lower() == lower), None)
    return node
