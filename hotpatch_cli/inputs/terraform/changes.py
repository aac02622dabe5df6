"""What a Terraform plan does with each resource, and the resources as they are before it.

Drift (`resource_drift`) has happened already and is no part of the plan.
https://developer.hashicorp.com/terraform/internals/json-format#plan-representation
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from hotpatch_cli.documents.tree import Mapping, Sequence
from hotpatch_cli.inputs.source import dig, items
from hotpatch_cli.inputs.terraform.attributes import TerraformResource
from hotpatch_cli.model import PlannedChange


class ResourceChange(NamedTuple):
    """An entry of `resource_changes`. A deposed object is what an earlier replacement left."""

    address: str
    type: str
    change: PlannedChange
    node: Any
    deposed: str | None


def changes_in(root: Mapping) -> list[ResourceChange] | None:
    """The changes of managed resources, by their addresses after the plan; None for a state, and
    for a plan without any.
    """
    listed = root.get("resource_changes")
    if not isinstance(listed, Sequence):
        return None
    return [
        ResourceChange(
            entry["address"],
            str(entry.get("type")),
            planned_change(dig(entry, "change")),
            dig(entry, "change"),
            entry.get("deposed"),
        )
        for entry in listed
        if isinstance(entry, Mapping)
        and isinstance(entry.get("address"), str)
        and entry.get("mode") != "data"
    ]


def planned_change(node: Any) -> PlannedChange:
    """What the actions of a change do. Actions that aren't known here may change the resource.

    A resource that is only moved or imported has the action no-op.
    """
    actions = {str(action) for action in items(dig(node, "actions"))}
    if "create" in actions:
        return "replace" if actions & {"delete", "forget"} else "create"
    if actions <= {"no-op", "read"}:
        return "unchanged" if actions else "unevaluated"
    words: dict[str, PlannedChange] = {"update": "update", "delete": "destroy", "forget": "forget"}
    return words.get(" ".join(actions), "unevaluated")


def earlier_resources(changes: list[ResourceChange]) -> Iterator[TerraformResource]:
    """The resources before a plan that it changes, by their addresses after it.

    A resource that is updated or replaced is judged by the rules for a declared one on both sides,
    so that only its values make a difference.
    """
    for change in changes:
        before = dig(change.node, "before")
        if change.change == "unchanged" or not isinstance(before, Mapping):
            continue
        left = f" (deposed {change.deposed})" if change.deposed else ""
        yield TerraformResource(
            change.address + left,
            change.type,
            before,
            sensitive=dig(change.node, "before_sensitive"),
            declared=change.change not in ("destroy", "forget"),
            change=change.change,
        )
