"""Rows that a service answered, as the tree that readers read: the place of each is the resource it
came from.
"""

from typing import Any, NoReturn

from hotpatch_cli.documents.tree import MAX_DEPTH, Document, Mapping, NumberText, Position, Sequence
from hotpatch_cli.errors import refuse
from hotpatch_cli.inputs.live.scope import SCHEME

Row = dict[str, Any]


class LiveDocument(Document):
    """Rows of a service. There is no text: every mark is the number of a row, its position the id
    of a resource.
    """

    __slots__ = ("_ids",)

    def __init__(self, name: str, rows: list[Row]) -> None:
        super().__init__(name, "")
        self._ids = [str(row["id"]) for row in rows]
        self.root = Sequence(0)
        for number, row in enumerate(rows):
            self.root.put(_tree(row, number, 0, self._ids[number]), number)

    def position(self, mark: int) -> Position:
        """The resource at a mark; it has no lines."""
        return Position(SCHEME + self._ids[mark], None, None)


def _tree(value: object, mark: int, depth: int, identifier: str) -> object:
    if depth > MAX_DEPTH:
        _too_deep(identifier)
    if isinstance(value, dict):
        mapping = Mapping(mark)
        for key, inner in value.items():
            mapping.put(key, _tree(inner, mark, depth + 1, identifier), mark, mark)
        return mapping
    if isinstance(value, list):
        sequence = Sequence(mark)
        for item in value:
            sequence.put(_tree(item, mark, depth + 1, identifier), mark)
        return sequence
    if isinstance(value, int | float) and not isinstance(value, bool):
        return NumberText(value)
    return value


def _too_deep(identifier: str) -> NoReturn:
    raise refuse(
        SCHEME + identifier,
        f"Azure returned a resource nested deeper than {MAX_DEPTH} levels.",
    )
