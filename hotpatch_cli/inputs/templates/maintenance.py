"""Maintenance configurations and their assignments in ARM templates and compiled Bicep.

A template knows neither its subscription nor, mostly, its resource group, and often not the names
of its resources: what an assignment connects is found by the expressions.
https://learn.microsoft.com/azure/templates/microsoft.maintenance/configurationassignments
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Generic, NamedTuple, TypeVar

from hotpatch_cli.armtemplate import HERE, TemplateResource
from hotpatch_cli.documents.tree import Document, Log, Mapping
from hotpatch_cli.inputs.dynamic_scopes import open_parts, scope_of, subscription_in
from hotpatch_cli.inputs.maintenance_records import (
    Assignment,
    Configuration,
    Maintenance,
)
from hotpatch_cli.inputs.maintenance_resources import configuration_of, open_fields
from hotpatch_cli.inputs.resources import ASSIGNMENT, CONFIGURATION, name_in
from hotpatch_cli.inputs.source import NodeOrigin, dig, group_of
from hotpatch_cli.model import DynamicScope

T = TypeVar("T")
AFTER = "the deployment"
_NESTED_ASSIGNMENT = "/providers/configurationassignments"
_CHILD_ASSIGNMENT = _NESTED_ASSIGNMENT[1:]
TYPES = (
    CONFIGURATION,
    ASSIGNMENT,
    _CHILD_ASSIGNMENT,
    f"microsoft.compute/virtualmachines{_NESTED_ASSIGNMENT}",
    f"microsoft.compute/virtualmachinescalesets{_NESTED_ASSIGNMENT}",
    f"microsoft.hybridcompute/machines{_NESTED_ASSIGNMENT}",
)
"""An assignment is an extension of its machine: by `scope`, or by its type and name."""

_LAST = re.compile(r"(?:.*/providers/|/)?([^/]+/[^/]+)/([^/]+)/?", re.IGNORECASE)
_GROUP = "resource_groups"


class Target(NamedTuple):
    """What an id or a scope names: its type and name in lower case, and where it is, as far as it's
    known.
    """

    type: str
    name: str
    subscription: str | None
    group: str | None

    def is_same(self, other: "Target") -> bool:
        """Whether both can be one resource."""
        if (self.type, self.name) != (other.type, other.name):
            return False
        pairs = ((self.subscription, other.subscription), (self.group, other.group))
        return all(one is None or two is None or one == two for one, two in pairs)


class NamedMachine(NamedTuple):
    """A machine of a template, with the name that it has in the fleet."""

    target: Target
    name: str


class TargetIndex(Generic[T]):
    """What resources of a template are, by type and name."""

    def __init__(self, targets: Iterable[tuple[Target, T]]) -> None:
        self._named: dict[tuple[str, str], list[tuple[Target, T]]] = {}
        for target, value in targets:
            self._named.setdefault((target.type, target.name), []).append((target, value))

    def only(self, target: Target) -> T | None:
        """What the only resource is that a target can mean; None for none or several."""
        listed = self._named.get((target.type, target.name), [])
        same = [value for one, value in listed if one.is_same(target)]
        return same[0] if len(same) == 1 else None


def maintenance_in(
    resources: Sequence[TemplateResource],
    machines: Sequence[NamedMachine],
    document: Document,
    log: Log,
) -> Maintenance | None:
    """The maintenance data of a template; None where it has none."""
    kinds = [kind_in(resource) for resource in resources]
    found = [
        (resource, _configuration(resource, document, log))
        for resource, kind in zip(resources, kinds, strict=True)
        if kind == CONFIGURATION
    ]
    configurations = _told_apart(found)
    known = TargetIndex(
        (target_of(resource, CONFIGURATION), configuration)
        for (resource, _), configuration in zip(found, configurations, strict=True)
    )
    named = TargetIndex((machine.target, machine.name) for machine in machines)
    assignments = [
        assigned
        for resource, kind in zip(resources, kinds, strict=True)
        if kind in TYPES[1:] and (assigned := _assignment(resource, known, named, document, log))
    ]
    if not configurations and not assignments:
        return None
    return Maintenance(tuple(configurations), tuple(assignments), alone=not machines)


def kind_in(resource: TemplateResource) -> str:
    """The type of a resource, in lower case."""
    return str(dig(resource.body, "type")).lower()


def target_of(resource: TemplateResource, kind: str) -> Target:
    """A resource of a template as an id names it."""
    name = getattr(resource.name, "partly", lambda: resource.name)() or ""
    return Target(kind, name.lower(), *map(_known, resource.target))


def text_at(resource: TemplateResource, *path: str) -> str | None:
    """The text under a path, with what stays open in brackets."""
    value = dig(resource.body, *path)
    if isinstance(value, str):
        return value
    lower = tuple(map(str.lower, path))
    return next((text.partly() for at, text in resource.open_at if at == lower), None)


def owner_of(resource: TemplateResource) -> str | None:
    """What an extension resource is on, by its `scope`, its parent, or its type and name."""
    if scope := text_at(resource, "scope"):
        return scope
    kind = kind_in(resource)
    if kind == _CHILD_ASSIGNMENT:
        return resource.parent
    if kind.endswith(_NESTED_ASSIGNMENT):
        machine = (text_at(resource, "name") or "").split("/")[0]
        return f"{kind.removesuffix(_NESTED_ASSIGNMENT)}/{machine}"
    return None


def parsed(text: str | None) -> Target | None:
    """What a resource id, or the type and name of a scope, names; None for a subscription or a
    group.
    """
    found = _LAST.fullmatch(text or "")
    if text is None or found is None or "." not in found[1].split("/")[0]:
        return None
    where = _known(subscription_in(text)), _known((group_of(text) or "").lower())
    return Target(found[1].lower(), found[2].lower(), *where)


def _known(word: str | None) -> str | None:
    """A subscription or a group; None where it's open."""
    return word.lower() if word and word != HERE and "[" not in word else None


# --- configurations ----------------------------------------


def _configuration(resource: TemplateResource, document: Document, log: Log) -> Configuration:
    body = Mapping(resource.body.mark)
    for key, value, key_mark, mark in resource.body.placed():
        body.put(key, value, key_mark, mark)
    if dig(body, "name") is None:
        body.put("name", resource.label, body.mark, body.mark)
    subscription, group = map(_known, resource.target)
    configuration = configuration_of(body, document, log)
    identity = None
    if subscription and group:
        identity = (
            f"/subscriptions/{subscription}/resourceGroups/{group}/providers/"
            f"Microsoft.Maintenance/maintenanceConfigurations/{configuration.name}"
        )
    return configuration._replace(
        id=identity,
        left_open=open_fields(path for path, _ in resource.open_at),
        known_after=AFTER,
    )


def _told_apart(found: Sequence[tuple[TemplateResource, Configuration]]) -> list[Configuration]:
    """Configurations of which no two without an id have one name: their group or deployment is a
    part of it.
    """
    counts = Counter(one.name.lower() for _, one in found if one.id is None)
    result = []
    for resource, configuration in found:
        name = configuration.name
        if configuration.id is None and counts[name.lower()] > 1:
            place = _known(resource.target[1]) or "/".join(resource.nested_in)
            name = f"{place}/{name}" if place else name
        result.append(configuration._replace(name=name))
    return result


# --- assignments ----------------------------------------


def _assignment(
    resource: TemplateResource,
    known: TargetIndex[Configuration],
    machines: TargetIndex[str],
    document: Document,
    log: Log,
) -> Assignment | None:
    said = text_at(resource, "properties", "maintenanceConfigurationId")
    if said is None:
        log.add(
            resource.body.mark,
            "An assignment has no `maintenanceConfigurationId`.",
            "Add it to the properties of the assignment.",
        )
        return None
    to = owner_of(resource) or text_at(resource, "properties", "resourceId")
    target = parsed(to)
    paths = {
        "window": ("properties", "maintenanceConfigurationId"),
        "filter": ("properties", "filter"),
    }
    return Assignment(
        _configuration_of(said, known),
        _machine_of(target, to, machines) if target else None,
        NodeOrigin(document, resource.body, paths),
        scope=None if target else _scope(resource, to, log),
        name=resource.label,
    )


def _configuration_of(said: str, known: TargetIndex[Configuration]) -> str:
    """The configuration of the template that an id names; the id itself where there is none."""
    target = parsed(said)
    found = known.only(target) if target else None
    return (found.id or found.name) if found else said


def _machine_of(target: Target, said: str | None, machines: TargetIndex[str]) -> str:
    """The machine's name in the fleet, or its id where the template doesn't contain it; only the
    name where the id isn't whole.
    """
    if name := machines.only(target):
        return name
    whole = said and target.subscription and target.group
    return said if whole and said else name_in(said or target.name)


def _scope(resource: TemplateResource, to: str | None, log: Log) -> DynamicScope:
    """The filter of an assignment to a subscription or a resource group."""
    parts = dict.fromkeys(open_parts(path for path, _ in resource.open_at))
    subscription, group = resource.target
    found = scope_of(
        dig(resource.body, "properties", "filter"),
        _known(subscription_in(to)) or _known(subscription),
        _known(group_of(to)) or _known(group),
        log,
    )
    if group and not found.resource_groups and not _known(subscription_in(to)):
        parts[_GROUP] = None
    return found._replace(left_open=tuple(parts))
