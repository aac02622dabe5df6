"""ARM templates, also those that Bicep compiles to: parameters, variables, copy loops, conditions
and nested deployments, resolved offline.

https://learn.microsoft.com/en-us/azure/azure-resource-manager/templates/syntax
"""

import re
from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from hotpatch_cli.armtemplate.expressions import MAX_STEPS, StepBudget
from hotpatch_cli.armtemplate.functions import HERE, is_number
from hotpatch_cli.armtemplate.nodes import (
    Nodes,
    PositionedMapping,
    is_mapping,
    under,
)
from hotpatch_cli.armtemplate.scope import (
    MAX_COPIES,
    NESTED,
    LeftOpen,
    Path,
    TemplateScope,
    given_values,
    members,
)
from hotpatch_cli.armtemplate.syntax import Open, is_expression

_TEMPLATE = re.compile(
    r"/(?:subscription|managementGroup|tenant)?deploymentTemplate\.json", re.IGNORECASE
)
_OF_SUBSCRIPTION = "/subscriptiondeploymenttemplate.json"
_NO_BODY = ("resources", "copy", "dependson")
"""Keys of a resource that only say when and how often it is deployed, and what else is."""
_MAX_RESOURCES = 20_000
_SHOWN = 60
_SHORT = 40


class TemplateResource(NamedTuple):
    """A resource of a template: its body without what stays open until the deployment.

    `name` may be an expression that stays open, and is None where there is none. `symbol` is the
    name that Bicep gives the resource in the template. `nested_in` has the names of the deployments
    around it; `open_at` has (path in lower case, expression). `target` is the (subscription, group)
    it's deployed to; `parent` is the type and name of
    the resource that it's written in.
    """

    name: str | None
    body: Any
    nested_in: tuple[str, ...] = ()
    open_at: tuple[tuple[Path, Open], ...] = ()
    symbol: str | None = None
    target: tuple[str, str] = (HERE, HERE)
    parent: str | None = None

    @property
    def label(self) -> str:
        """What people call it: its name; of a name that stays open, its symbol, the expression
        where it's short, or its type.
        """
        if self.name is None:
            return self.symbol or "(no name)"
        if not is_expression(self.name):
            return self.name
        kind = str(under(self.body, "type")).rpartition("/")[2]
        return self.symbol or (self.name if len(self.name) <= _SHORT else kind)


class TemplateProblem(NamedTuple):
    """A problem of a template: its mark, a message, and the fix."""

    mark: int
    message: str
    remedy: str


class ResolvedTemplate(NamedTuple):
    """The resources of the requested types, and the number of each other type.

    `linked` counts nested deployments whose templates are in other files. `complete` is False if
    resolving a template with problems had to stop. `off` and `off_nested` count resources of each
    requested type, and nested deployments, whose condition is false.
    """

    resources: tuple[TemplateResource, ...]
    other_types: dict[str, int]
    linked: int
    problems: tuple[TemplateProblem, ...]
    complete: bool
    off: Mapping[str, int] = MappingProxyType({})
    off_nested: int = 0


def is_template(root: object) -> bool:
    """Whether a tree is a deployment template."""
    if not is_mapping(root):
        return False
    return bool(_TEMPLATE.search(str(root.get("$schema")))) and "resources" in root


def resolve(
    template: PositionedMapping, parameters: object, types: Collection[str], nodes: Nodes
) -> ResolvedTemplate:
    """The resources of some types (in lower case) that a template deploys.

    `parameters` are those of a parameters file, or None. Work and results are limited for any
    template.
    """
    walk = _Walk(types, nodes)
    group = "" if _OF_SUBSCRIPTION in str(template.get("$schema")).lower() else HERE
    scope = TemplateScope(template, given_values(parameters), nodes, walk.budget, (HERE, group))
    try:
        resources = tuple(walk.template(template, scope))
    except _StoppedError:
        return ResolvedTemplate((), {}, 0, tuple(walk.problems), complete=False)
    if walk.budget.spent():
        walk.add(
            template.mark,
            f"Resolving the expressions of this template takes more than {MAX_STEPS} steps.",
            "Split the template, or simplify its expressions.",
        )
    return ResolvedTemplate(
        resources,
        walk.other_types,
        walk.linked,
        tuple(walk.problems),
        complete=True,
        off=walk.off,
        off_nested=walk.off_nested,
    )


class _StoppedError(Exception):
    """The template has too many resources."""


class _Walk:
    """Goes through a template and the deployments nested in it."""

    def __init__(self, types: Collection[str], nodes: Nodes) -> None:
        self.types = types
        self.nodes = nodes
        self.budget = StepBudget()
        self.problems: list[TemplateProblem] = []
        self.count = 0
        self.linked = 0
        self.off: dict[str, int] = {}
        self.off_nested = 0
        self.other_types: dict[str, int] = {}

    def add(self, mark: int, message: str, remedy: str) -> None:
        """Note a problem."""
        self.problems.append(TemplateProblem(mark, message, remedy))

    def template(
        self, template: PositionedMapping, scope: TemplateScope, nested_in: tuple[str, ...] = ()
    ) -> Iterator[TemplateResource]:
        """The resources that count, of a template and those nested in it."""
        for symbol, resource in members(template.get("resources")):
            if is_mapping(resource) and resource.get("existing") is not True:
                for copy_scope in self.copies(resource, scope):
                    yield from self.resource(symbol, resource, copy_scope, nested_in)

    def copies(self, resource: PositionedMapping, scope: TemplateScope) -> Iterator[TemplateScope]:
        """The scope of each copy of a resource, or of one copy if the count is open."""
        copy = resource.get("copy")
        count: Any = scope.value(copy.get("count")) if is_mapping(copy) else None
        if not is_mapping(copy) or not is_number(count):
            self.bound(resource)
            yield scope
            return
        if not re.fullmatch(r"[0-9]{1,3}", count) or int(count) > MAX_COPIES:
            shown = count if len(count) <= _SHOWN else f"{count[:_SHOWN]}..."
            self.add(
                copy.at("count"),
                f"The loop has '{shown}' copies; Azure allows {MAX_COPIES}.",
                "Specify a lower count.",
            )
            return
        loop = str(scope.value(copy.get("name")))
        for index in range(int(count)):
            self.bound(resource)
            yield scope.within(loop, index)

    def bound(self, resource: PositionedMapping) -> None:
        """Count a resource. Raises _StoppedError if the template creates too many."""
        self.count += 1
        if self.count > _MAX_RESOURCES:
            self.add(
                resource.mark,
                f"The template creates more than {_MAX_RESOURCES} resources.",
                "Split the template.",
            )
            raise _StoppedError

    def resource(
        self,
        symbol: str | None,
        resource: PositionedMapping,
        scope: TemplateScope,
        nested_in: tuple[str, ...],
    ) -> Iterator[TemplateResource]:
        """A resource of a requested type, or the resources of a nested deployment; others are
        counted.
        """
        if scope.value(resource.get("condition")) is False:
            kind = str(resource.get("type")).lower()
            if kind in self.types:
                self.off[kind] = self.off.get(kind, 0) + 1
            self.off_nested += kind == NESTED
            return
        kind = str(scope.value(resource.get("type"))).lower()
        if kind in self.types:
            left_open: LeftOpen = []
            body = scope.body(resource, _NO_BODY, left_open)
            # A name that stays open is still the only name.
            names = [under(body, "name"), *(text for path, text in left_open if path == ("name",))]
            name = next((name for name in names if isinstance(name, str) and name.strip()), None)
            yield TemplateResource(
                name,
                body,
                nested_in,
                tuple(left_open),
                symbol,
                target=scope.deployed_to,
                parent=scope.parent,
            )
        elif kind == NESTED:
            yield from self.nested(symbol, resource, scope, nested_in)
        else:
            self.other_types[kind] = self.other_types.get(kind, 0) + 1
        if kind != NESTED and "resources" in resource:
            inner = scope.inside(f"{kind}/{scope.partly(resource.get('name'))}")
            yield from self.template(self.children(resource), inner, nested_in)

    def children(self, resource: PositionedMapping) -> PositionedMapping:
        """The resources within a resource, as a template."""
        inner = self.nodes.mapping(resource.mark)
        mark = resource.at("resources")
        inner.put("resources", resource["resources"], resource.mark, mark)
        return inner

    def nested(
        self,
        symbol: str | None,
        resource: PositionedMapping,
        scope: TemplateScope,
        nested_in: tuple[str, ...],
    ) -> Iterator[TemplateResource]:
        """The resources of a nested deployment, in the outer scope (the default) or the inner."""
        inner = scope.nested(resource)
        if inner is None:
            self.linked += 1
            return
        value = scope.value(resource.get("name"))
        name = symbol if symbol and isinstance(value, Open) else str(value)
        template = under(resource, "properties", "template")
        yield from self.template(template, inner, (*nested_in, name))
