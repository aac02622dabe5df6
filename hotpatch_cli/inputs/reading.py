"""What a reader gives: machines, and the parts of a fleet, each with its place."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from hotpatch_cli.documents.tree import Document
from hotpatch_cli.documents.tree import Mapping as MappingNode
from hotpatch_cli.documents.tree import Sequence as SequenceNode
from hotpatch_cli.model import NO_LIMITS, GroupRule, Limits, Location, Machine, Ring
from hotpatch_cli.schedule.freezes import Freeze
from hotpatch_cli.schedule.windows import Window


@dataclass(slots=True)
class Reading:
    """The content of one source. `places` has where a window, group or ring stands: ("window", name)."""

    machines: list[Machine] = field(default_factory=list)
    keyed_by_id: bool = False
    name: str | None = None
    windows: dict[str, Window] = field(default_factory=dict)
    freezes: tuple[Freeze, ...] = ()
    groups: dict[str, GroupRule] = field(default_factory=dict)
    rings: tuple[Ring, ...] = ()
    limits: Limits = NO_LIMITS
    places: dict[tuple[str, str], Location] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


class Reader(NamedTuple):
    """A kind of source: its name, whether a document is of that kind, and how it is read.

    `read` raises InputError with every problem of the document.
    """

    name: str
    about: str
    recognises: Callable[[Document], bool]
    read: Callable[[Document], Reading]


class NodeOrigin:
    """A machine's place in a document. `paths` maps fields to the keys under which this source has them."""

    __slots__ = ("document", "node", "paths")

    def __init__(
        self, document: Document, node: MappingNode, paths: Mapping[str, tuple[str, ...]] | None = None
    ) -> None:
        self.document = document
        self.node = node
        self.paths = paths or {}

    def locate(self, field: str) -> Location:
        """The place of a field, or of the nearest thing around it that is there."""
        node: Any = self.node
        mark = self.node.mark
        for key in self.paths.get(field) or field.split("."):
            actual = actual_key(node, key)
            if actual is None:
                break
            mark = node.at(actual)
            node = node[actual]
        return Location(*self.document.position(mark))


def actual_key(node: object, key: str) -> str | None:
    """The key of a mapping in the letter case that stands there; None where it has none."""
    if not isinstance(node, MappingNode):
        return None
    if key in node:
        return key
    lower = key.lower()
    return next((each for each in node if each.lower() == lower), None)


def dig(node: object, *path: str) -> Any:
    """The value under a path of keys in any letter case; None where it ends."""
    for key in path:
        actual = actual_key(node, key)
        if actual is None:
            return None
        node = node[actual]  # type: ignore[index]  # actual_key found it in a mapping
    return node


def items(node: object) -> list[Any]:
    """The items of a list node; of anything else, none."""
    return list(node) if isinstance(node, SequenceNode) else []
