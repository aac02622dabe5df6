"""ARM templates and compiled Bicep: parameters, variables, copy loops and nested deployments,
resolved offline.

https://learn.microsoft.com/en-us/azure/azure-resource-manager/templates/syntax
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from hotpatch_cli.armtemplate.expressions import (
    Names,
    Open,
    OpenError,
    StepBudget,
    evaluate,
    is_expression,
)
from hotpatch_cli.documents.tree import Document, Log, Mapping, NumberText, Sequence, quoted
from hotpatch_cli.inputs import deployments
from hotpatch_cli.inputs.deployments import Deployed
from hotpatch_cli.inputs.source import Reader, SourceData, dig

_TEMPLATE = re.compile(
    r"/(?:subscription|managementGroup|tenant)?deploymentTemplate\.json", re.IGNORECASE
)
_NESTED = "microsoft.resources/deployments"
_SECRET = ("securestring", "secureobject")
_MAX_COPIES = 800  # the limit of Azure Resource Manager for one loop
_MAX_RESOURCES = 20_000


def is_template(root: object) -> bool:
    """Whether a tree is a deployment template."""
    return (
        isinstance(root, Mapping)
        and bool(_TEMPLATE.search(str(root.get("$schema"))))
        and "resources" in root
    )


# --- scopes --------------------------------------------------------------------------------------------------


class TemplateScope:
    """What the expressions of one template may name: its parameters, its variables, the loops
    around a resource.
    """

    def __init__(self, template: Mapping, given: dict[str, Any], budget: StepBudget) -> None:
        """`given` are the values of parameters, by name in lower case."""
        self.budget = budget
        self.given = given
        self.declared = _lowered(template.get("parameters"))
        self.variables = _lowered(template.get("variables"))
        self.loops: dict[str, int] = {}
        self.innermost: str | None = None
        self._known: dict[tuple[str, str], Any] = {}
        self._names = Names(self._parameter, self._variable, self._loop)
        if isinstance(listed := self.variables.pop("copy", None), Sequence):
            self.variables |= self._copied_variables(listed)

    def within(self, loop: str, index: int) -> "TemplateScope":
        """The same scope within one more loop."""
        inner = TemplateScope.__new__(TemplateScope)
        inner.budget, inner.given = self.budget, self.given
        inner.declared, inner.variables = self.declared, self.variables
        inner.loops, inner.innermost = {**self.loops, loop.lower(): index}, loop.lower()
        inner._known = self._known
        inner._names = Names(inner._parameter, inner._variable, inner._loop)
        return inner

    def resolved(self, node: Any) -> Any:
        """A tree without expressions, but for those that stay open."""
        if self.budget.spent():
            return Open("[too much]")
        if isinstance(node, Mapping):
            return self._mapping(node)
        if isinstance(node, Sequence):
            result = Sequence(node.mark)
            for value, mark in zip(node, node.marks, strict=True):
                result.put(self.resolved(value), mark)
            return result
        if is_expression(node):
            return self._evaluated(node)
        return node[1:] if isinstance(node, str) and node.startswith("[[") else node

    def _mapping(self, node: Mapping) -> Mapping:
        result = Mapping(node.mark)
        for key, value, key_mark, mark in node.placed():
            if key == "copy" and isinstance(value, Sequence):
                for name, listed in self._copied(value):
                    if name not in result and name not in node:
                        result.put(name, listed, key_mark, mark)
            else:
                result.put(key, self.resolved(value), key_mark, mark)
        return result

    def _evaluated(self, text: str) -> Any:
        try:
            value = evaluate(text, self._names, self.budget)
        except OpenError:
            return Open(text)
        return (
            NumberText(value) if isinstance(value, int) and not isinstance(value, bool) else value
        )

    def _copied(self, loops: Sequence) -> Iterator[tuple[str, Any]]:
        """(property, its items) of each loop in the `copy` of a mapping."""
        for loop in loops:
            name, inner = dig(loop, "name"), dig(loop, "input")
            count = self.resolved(dig(loop, "count"))
            if not isinstance(name, str) or is_expression(name):
                continue
            if not isinstance(count, NumberText) or not 0 <= int(count) <= _MAX_COPIES:
                yield name, Open(count if isinstance(count, Open) else f"copy of {name}")
                continue
            listed = Sequence(loop.mark)
            for index in range(int(count)):
                listed.put(self.within(name, index).resolved(inner), loop.mark)
            yield name, listed

    def _copied_variables(self, loops: Sequence) -> dict[str, Any]:
        return {name.lower(): value for name, value in self._copied(loops)}

    def _parameter(self, name: str) -> Any:
        declared = self.declared.get(name.lower())
        kind = str(dig(declared, "type")).lower()
        if kind in _SECRET:
            raise OpenError
        if name.lower() in self.given:
            return self.given[name.lower()]
        if not isinstance(declared, Mapping) or "defaultValue" not in declared:
            return Open(f"[parameters('{name}')]")
        return self._remembered("parameter", name, declared["defaultValue"])

    def _variable(self, name: str) -> Any:
        if name.lower() not in self.variables:
            raise OpenError
        return self._remembered("variable", name, self.variables[name.lower()])

    def _remembered(self, kind: str, name: str, node: Any) -> Any:
        """The value of a name, worked out once; a name that needs itself stays open."""
        key = (kind, name.lower())
        if key not in self._known:
            self._known[key] = Open(f"[{kind}s('{name}')]")
            self._known[key] = self.resolved(node)
        return self._known[key]

    def _loop(self, name: str | None) -> int:
        if name is None and self.innermost is None:
            raise OpenError
        return self.loops[(name or self.innermost or "").lower()]


def _lowered(node: Any) -> dict[str, Any]:
    return {key.lower(): value for key, value in node.items()} if isinstance(node, Mapping) else {}


def given_values(node: Any) -> dict[str, Any]:
    """The values of a parameters file or of a nested deployment; those from a key vault stay open."""
    found = {}
    for name, each in _lowered(node).items():
        has_value = isinstance(each, Mapping) and "value" in each
        found[name] = each["value"] if has_value else Open(f"[parameters('{name}')]")
    return found


# --- resources -----------------------------------------------------------------------------------------------


class TemplateResource(NamedTuple):
    """A resource of a template, resolved, with the deployment that it is nested in."""

    nested_in: tuple[str, ...]
    body: Mapping


class _Walk:
    """Goes through a template and the deployments nested in it."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.budget = StepBudget()
        self.count = 0
        self.linked = 0
        self.others: dict[str, int] = {}

    def template(
        self, template: Mapping, scope: TemplateScope, nested_in: tuple[str, ...] = ()
    ) -> Iterator[TemplateResource]:
        """The resources that count, of a template and those nested in it."""
        listed = template.get("resources")
        resources = (
            listed.values()
            if isinstance(listed, Mapping)
            else listed
            if isinstance(listed, Sequence)
            else ()
        )
        for resource in resources:
            if isinstance(resource, Mapping) and resource.get("existing") is not True:
                for inner in self.copies(resource, scope):
                    yield from self.resource(resource, inner, nested_in)

    def copies(self, resource: Mapping, scope: TemplateScope) -> Iterator[TemplateScope]:
        """The scope of each copy of a resource; of one where the count is open."""
        copy = resource.get("copy")
        if not isinstance(copy, Mapping):
            yield self.counted(resource, scope)
            return
        name, count = scope.resolved(copy.get("name")), scope.resolved(copy.get("count"))
        if not isinstance(count, NumberText):
            yield self.counted(resource, scope)
            return
        if not re.fullmatch(r"[0-9]{1,3}", count) or int(count) > _MAX_COPIES:
            self.log.add(
                copy.at("count"),
                f"A loop of {quoted(count)} copies; Azure allows {_MAX_COPIES}.",
                "Lower it.",
            )
            return
        for index in range(int(count)):
            yield self.counted(resource, scope.within(str(name), index))

    def counted(self, resource: Mapping, scope: TemplateScope) -> TemplateScope:
        """The scope, if the template stays within bounds. Raises InputError."""
        self.count += 1
        if self.count > _MAX_RESOURCES:
            self.log.add(
                resource.mark,
                f"The template makes more than {_MAX_RESOURCES} resources.",
                "Split it.",
            )
            self.log.finish()
        return scope

    def resource(
        self, resource: Mapping, scope: TemplateScope, nested_in: tuple[str, ...]
    ) -> Iterator[TemplateResource]:
        """A machine or an image template; of a nested deployment, those in it; anything else is
        counted.
        """
        if scope.resolved(resource.get("condition")) is False:
            return
        kind = str(scope.resolved(resource.get("type"))).lower()
        if kind in (*deployments.MACHINE_TYPES, deployments.IMAGE_TEMPLATE):
            yield TemplateResource(nested_in, scope.resolved(_without_children(resource)))
        elif kind == _NESTED:
            yield from self.nested(resource, scope, nested_in)
        else:
            self.others[kind] = self.others.get(kind, 0) + 1
            yield from self.template(_children(resource), scope, nested_in)

    def nested(
        self, resource: Mapping, scope: TemplateScope, nested_in: tuple[str, ...]
    ) -> Iterator[TemplateResource]:
        """The resources of a nested deployment, in its own scope or, as is the default, in that
        around it.
        """
        properties = dig(resource, "properties")
        template = dig(properties, "template")
        if not isinstance(template, Mapping):
            self.linked += 1
            return
        name = str(scope.resolved(resource.get("name")))
        if str(dig(properties, "expressionEvaluationOptions", "scope")).lower() == "inner":
            given = given_values(scope.resolved(dig(properties, "parameters")))
            scope = TemplateScope(template, given, self.budget)
        yield from self.template(template, scope, (*nested_in, name))


def _children(resource: Mapping) -> Mapping:
    """The resources within a resource, as a template of their own."""
    inner = Mapping(resource.mark)
    if "resources" in resource:
        inner.put("resources", resource["resources"], resource.mark, resource.at("resources"))
    return inner


def _without_children(resource: Mapping) -> Mapping:
    kept = Mapping(resource.mark)
    for key, value, key_mark, mark in resource.placed():
        if key.lower() not in ("resources", "copy", "dependson"):
            kept.put(key, value, key_mark, mark)
    return kept


LeftOpen = list[tuple[tuple[str, ...], str]]


def _settled(node: Any, path: tuple[str, ...], left_open: LeftOpen, budget: StepBudget) -> Any:
    """A tree without its open expressions, which go to `left_open` with their paths."""
    if budget.spent():
        return None
    if isinstance(node, Mapping):
        result = Mapping(node.mark)
        for key, value, key_mark, mark in node.placed():
            kept = _settled(value, (*path, key.lower()), left_open, budget)
            if not isinstance(kept, Open):
                result.put(key, kept, key_mark, mark)
        return result
    if isinstance(node, Sequence):
        listed = Sequence(node.mark)
        for value, mark in zip(node, node.marks, strict=True):
            kept = _settled(value, path, left_open, budget)
            if not isinstance(kept, Open):
                listed.put(kept, mark)
        return listed
    if isinstance(node, Open):
        left_open.append((path, quoted(node, 200)[1:-1]))
    return node


# --- reading -------------------------------------------------------------------------------------------------


def _recognises(document: Document) -> bool:
    return is_template(document.root)


def _read(document: Document) -> SourceData:
    """The machines of a template, with the values of the parameters file that belongs to it."""
    log, reading = Log(document), SourceData()
    root = document.root
    if not isinstance(root, Mapping):
        log.add(document.root_mark, f"Expected a template (a mapping), found {quoted(root)}.")
        log.finish()
    walk = _Walk(log)
    given = given_values(dig(document.companion.root, "parameters")) if document.companion else {}
    found = list(walk.template(root, TemplateScope(root, given, walk.budget)))
    if not found:
        log.add(document.root_mark, *_refusal(walk))
    deployed = _deployed(found, walk.budget)
    if walk.budget.spent():
        log.add(
            document.root_mark,
            "Resolving this template takes more steps than are taken here.",
            "Split it.",
        )
    log.finish()
    _note(walk, document, reading)
    machines = [each for each in deployed if deployments.is_machine(each.body)]
    images = [each for each in deployed if not deployments.is_machine(each.body)]
    made = deployments.machines(document, machines, reading.notes)
    reading.machines = made + [deployments.image_template(each, document) for each in images]
    return reading


def _deployed(found: list[TemplateResource], budget: StepBudget) -> list[Deployed]:
    """Resources with their names, each of its own: templates often leave names open."""
    names = deployments.numbered("/".join((*each.nested_in, _name(each.body))) for each in found)
    result = []
    for name, each in zip(names, found, strict=True):
        left_open: LeftOpen = []
        body = _settled(each.body, (), left_open, budget)
        result.append(Deployed(name, body, tuple(left_open)))
    return result


def _name(body: Mapping) -> str:
    name = dig(body, "name")
    return name if isinstance(name, str) and name.strip() else "(no name)"


def _note(walk: _Walk, document: Document, reading: SourceData) -> None:
    if walk.linked:
        what = f"{walk.linked} linked templates were not read: give them as files of their own"
        reading.notes.append(f"{document.file}: {what}")


def _refusal(walk: _Walk) -> tuple[str, str]:
    """What is said of a template without a machine."""
    there = ", ".join(
        f"{count} of {quoted(kind)}" for kind, count in sorted(walk.others.items())[:5]
    )
    linked = f"; {walk.linked} linked templates are not in the file" if walk.linked else ""
    message = f"There is no virtual machine in this template; there is {there or 'nothing that is deployed'}{linked}."
    return (
        message,
        f"Types that are read: {', '.join((*deployments.MACHINE_TYPES, deployments.IMAGE_TEMPLATE))}.",
    )


READER = Reader(_recognises, _read)
