"""What a reader gives: machines, and the parts of a fleet, each with its place."""

import re
from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any, NamedTuple

from hotpatch_cli.documents.tree import Document, quoted
from hotpatch_cli.documents.tree import Mapping as MappingNode
from hotpatch_cli.documents.tree import Sequence as SequenceNode
from hotpatch_cli.errors import Problem
from hotpatch_cli.model import (
    NO_LIMITS,
    DynamicScope,
    GroupRule,
    Location,
    Machine,
    Origin,
    PlannedChange,
    Ring,
)
from hotpatch_cli.schedule.freezes import Freeze
from hotpatch_cli.schedule.windows import Window

INVENTORY = "inventory"
"""The name of the reader of inventories."""


class SourceData:
    """The content of one source. `places` has the place of each window, group, and ring: ("window",
    name).

    `parts` are facts about machines of other sources: a license, a patch state. `shared` has facts
    about every machine that refers to a resource, by its id in lower case: an image, a scale set.
    `kept` is an inventory as it was written, for its windows, freezes, groups, rings and limits;
    `defaults` are its default facts, which machines of tables and exports have too. A source that
    names no machine is `named_by_file`. `maintenance` has maintenance configurations and their
    assignments, which become windows and parts once all sources are read. `before` has the machines
    as they are before a plan is applied; None where the source states no changes. `planned` has a
    deployment whose resources are read by the readers of exports.
    """

    __slots__ = (
        "absent",
        "before",
        "defaults",
        "defaults_origin",
        "document",
        "file",
        "freezes",
        "groups",
        "kept",
        "keyed_by_id",
        "limits",
        "machines",
        "maintenance",
        "name",
        "named_by_file",
        "notes",
        "parts",
        "places",
        "planned",
        "reader",
        "rings",
        "shared",
        "windows",
    )

    def __init__(self, *, keyed_by_id: bool = False) -> None:
        self.absent: frozenset[str] | None = None
        self.before: SourceData | None = None
        self.planned: PlannedDeployment | None = None
        self.defaults: Mapping[str, Any] = {}
        self.defaults_origin: Origin | None = None
        self.document: Document | None = None
        self.file = ""
        self.reader = ""
        self.machines: list[Machine] = []
        self.parts: list[Machine] = []
        self.shared: dict[str, Machine] = {}
        self.kept: Mapping[str, Any] = {}
        self.maintenance: Any = None
        self.named_by_file = False
        self.keyed_by_id = keyed_by_id
        self.name: str | None = None
        self.windows: dict[str, Window] = {}
        self.freezes: tuple[Freeze, ...] = ()
        self.groups: dict[str, GroupRule] = {}
        self.rings: tuple[Ring, ...] = ()
        self.limits = NO_LIMITS
        self.places: dict[tuple[str, str], Location] = {}
        self.notes: list[str] = []


class PlannedResource(NamedTuple):
    """What a deployment does with a resource, and what is open in it until then, as (path in lower
    case, expression).
    """

    change: PlannedChange
    open_at: tuple[tuple[tuple[str, ...], str], ...] = ()


class PlannedDeployment(NamedTuple):
    """The resources before and after a deployment as two exports, and what it does with each, by
    the identity of its node.
    """

    before: Document
    after: Document
    resources: Mapping[int, PlannedResource]


def repeated(name: str, file: str, line: int | None, place: Location) -> Problem:
    """A machine that is defined twice: first at `line` of `file`, again at `place`."""
    message = f"The machine {quoted(name)} is defined twice (first in {file}, line {line})."
    return Problem(place.file, place.line, place.column, message, "Rename or remove one.")


class WindowRefusal(NamedTuple):
    """Why a configuration can't be a window: one sentence, and its place."""

    name: str
    place: Location
    reason: str
    guest: bool = True

    def problem(self) -> Problem:
        """The refusal as a problem with its place."""
        return Problem(
            *self.place,
            f"The maintenance configuration {quoted(self.name)} can't be used as a window. "
            f"{self.reason}",
        )


class Joined(NamedTuple):
    """The machines of all sources, and what the user must know of the joining. `exported` are the
    positions of the machines that a table or an export defines.
    """

    machines: list[Machine]
    notes: tuple[str, ...]
    problems: tuple[Problem, ...]
    exported: frozenset[int]


class MaintenanceLinks(NamedTuple):
    """What the sources' maintenance came to: notes for the user, and by name why a configuration is
    no window.
    """

    notes: tuple[str, ...] = ()
    refused: Mapping[str, WindowRefusal] = MappingProxyType({})
    scopes: tuple[tuple[str, str, DynamicScope], ...] = ()
    """(window, assignment, filter) of each dynamic scope."""


class Reader(NamedTuple):
    """A kind of source: whether a document is of that kind, and how it is read.

    `read` raises InputError with every problem of the document.
    """

    recognizes: Callable[[Document], bool]
    read: Callable[[Document], SourceData]


class LazyReader(NamedTuple):
    """A reader that is imported when it is asked for: what it reads, and its module in this
    package.

    One that `shares` leaves room for others: an Azure export can contain VMs, Arc machines, and
    patch states at once. The `last` one reads only what no other reader recognizes.
    """

    about: str
    module: str
    shares: bool = False
    last: bool = False

    def load(self) -> Reader:
        """The module's READER."""
        reader: Reader = import_module(f"hotpatch_cli.inputs.{self.module}").READER
        return reader


class NodeOrigin:
    """A machine's place in a document. `paths` maps fields to the keys under which this source has
    them.
    """

    __slots__ = ("document", "node", "paths")

    def __init__(
        self,
        document: Document,
        node: MappingNode,
        paths: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:
        self.document = document
        self.node = node
        self.paths = paths or {}

    def locate(self, field: str) -> Location:
        """The place of a field, or of the nearest thing around it that is there."""
        node: Any = self.node
        mark = self.node.mark
        for key in self.paths.get(field) or field.split("."):
            if isinstance(node, SequenceNode) and key.isdigit() and int(key) < len(node):
                mark, node = node.marks[int(key)], node[int(key)]
                continue
            actual = actual_key(node, key)
            if actual is None:
                break
            mark = node.at(actual)
            node = node[actual]
        return Location(*self.document.position(mark))


class JoinedOrigin:
    """A machine whose facts have several sources: each field has the place of the source whose
    value was taken. `others` are further sources.
    """

    __slots__ = ("fields", "first", "others")

    def __init__(
        self, first: Origin, fields: Mapping[str, Origin], others: tuple[Origin, ...] = ()
    ) -> None:
        self.first = first
        self.fields = fields
        self.others = others

    def locate(self, field: str) -> Location:
        """The place of a field."""
        return self.fields.get(field, self.first).locate(field)


def is_written(origin: Origin, field: str) -> bool:
    """Whether a file has a field, with whatever value; a default is otherwise no statement."""
    if isinstance(origin, JoinedOrigin):
        return any(is_written(one, field) for one in (origin.first, *origin.others))
    if not isinstance(origin, NodeOrigin):
        return False
    return dig(origin.node, *(origin.paths.get(field) or field.split("."))) is not None


def actual_key(node: object, key: str) -> str | None:
    """The key of a mapping as it is written there: in any letter case, or as the SDK for Python
    writes it (`storage_profile`); None where it has none.
    """
    if not isinstance(node, MappingNode):
        return None
    if key in node:
        return key
    lower = key.lower()
    for candidate in node:  # no generator: this is asked millions of times
        if candidate.lower() == lower or ("_" in candidate and folded(candidate) == lower):
            return candidate
    return None


def folded(key: str) -> str:
    """A key without what differs between tools: letter case and underscores."""
    return key.replace("_", "").lower()


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


def group_of(resource_id: str | None) -> str | None:
    """The resource group of a resource id."""
    group = re.search(r"/resourceGroups/([^/]+)", resource_id or "", re.IGNORECASE)
    return group[1] if group else None
