"""The attributes of Terraform's resources, of which a plan may know some only after its apply.

https://developer.hashicorp.com/terraform/internals/json-format#change-representation
"""

from typing import Any, NamedTuple

from hotpatch_cli.documents.tree import Log, Mapping, NumberText, Sequence, quoted
from hotpatch_cli.inputs.deployments import DECIDING
from hotpatch_cli.inputs.field_types import machine_zone
from hotpatch_cli.inputs.source import dig, items
from hotpatch_cli.model import PlannedChange

UNKNOWN = "known only after apply"
SENSITIVE = "marked as sensitive"


class TerraformResource(NamedTuple):
    """A managed resource: what is planned for it, and what of that is unknown or sensitive.

    `change` is what the plan does with it; None in a state.
    """

    address: str
    type: str
    values: Mapping
    unknown: Any = None
    sensitive: Any = None
    declared: bool = False
    change: PlannedChange | None = None


def is_hidden(tree: Any, path: tuple[str, ...]) -> bool:
    """Whether a tree of marks (after_unknown, sensitive_values) has true at a path or around it."""
    for key in path:
        if isinstance(tree, Sequence):
            tree = tree[0] if tree else None
        if not isinstance(tree, Mapping):
            break
        tree = tree.get(key)
    if isinstance(tree, Sequence):
        return any(item is True for item in tree)
    return tree is True


def marks_of_paths(paths: Any) -> Mapping:
    """The `sensitive_attributes` of a state as the tree of marks that plans have.

    A number in a path is left out: what is sensitive in one item is hidden in all.
    """
    tree = Mapping()
    for path in items(paths):
        keys = [key for step in items(path) if (key := _key_of(step)) is not None]
        if keys:
            _put_mark(tree, keys)
    return tree


def _put_mark(tree: Mapping, keys: list[str]) -> None:
    for key in keys[:-1]:
        inner = tree.setdefault(key, Mapping())
        if not isinstance(inner, Mapping):
            return
        tree = inner
    tree[keys[-1]] = True


def _key_of(step: Any) -> str | None:
    """The attribute or the key of a map in a step: `{"type": "get_attr", "value": "tags"}`."""
    value = dig(step, "value")
    value = dig(value, "value") if isinstance(value, Mapping) else value
    return value if isinstance(value, str) and not isinstance(value, NumberText) else None


class Attributes:
    """The attributes of a resource; blocks are lists of one. What is hidden is noted as open under
    its field.
    """

    def __init__(self, resource: TerraformResource, log: Log) -> None:
        self.resource = resource
        self.log = log
        self.left_open: dict[str, str] = {}

    def node(self, *path: str) -> tuple[Any, int]:
        """(value, mark) at a path; (None, ...) where it is missing."""
        value: Any = self.resource.values
        mark = self.resource.values.mark
        for key in path:
            if isinstance(value, Sequence):
                value = value[0] if value else None
            if not isinstance(value, Mapping) or key not in value:
                return None, mark
            value, mark = value[key], value.at(key)
        return value, mark

    def is_open(self, field: str, *path: str) -> bool:
        """Whether a path is hidden; it is noted if so."""
        for tree, why in ((self.resource.unknown, UNKNOWN), (self.resource.sensitive, SENSITIVE)):
            if is_hidden(tree, path):
                said = f"{'.'.join(path)} is {why}"
                known = self.left_open.get(field)
                self.left_open[field] = f"{known}; {said}" if known and said not in known else said
                return True
        return False

    def deciding(self) -> tuple[tuple[str, str], ...]:
        """The open facts that decide a verdict."""
        return tuple(fact for fact in self.left_open.items() if fact[0] in DECIDING)

    def text(self, field: str, *path: str) -> str | None:
        """The text at a path; None where it is missing, empty or hidden."""
        if self.is_open(field, *path):
            return None
        value, mark = self.node(*path)
        if value is None or value == "":
            return None
        if isinstance(value, str) and not isinstance(value, NumberText):
            return value
        self.log.add(
            mark,
            f"Expected text in {'.'.join(path)}, found {_kind_in_words(value)}.",
            "Create the plan again.",
        )
        return None

    def timezone(self, field: str, *path: str) -> str | None:
        """The name of a time zone at a path; None where it is missing, obsolete or hidden."""
        return machine_zone(self.text(field, *path), self.node(*path)[1], self.log)

    def flag(self, field: str, *path: str) -> bool | None:
        """The truth at a path; None where it is missing or hidden."""
        if self.is_open(field, *path):
            return None
        value, mark = self.node(*path)
        if value is None or isinstance(value, bool):
            return value
        self.log.add(
            mark,
            f"Expected true or false in {'.'.join(path)}, found {_kind_in_words(value)}.",
            "Create the plan again.",
        )
        return None


def _kind_in_words(value: object) -> str:
    """The kind of a misplaced value, not its content."""
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, NumberText):
        return "a number"
    return "text" if isinstance(value, str) else quoted(value)
