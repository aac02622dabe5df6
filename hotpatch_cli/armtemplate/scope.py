"""What the expressions of a template may name, and the values of the template's nodes.

https://learn.microsoft.com/en-us/azure/azure-resource-manager/templates/syntax
"""

import re
from collections.abc import Iterator
from copy import copy
from typing import Any

from hotpatch_cli.armtemplate.expressions import Names, StepBudget, evaluate, partly
from hotpatch_cli.armtemplate.functions import HERE, is_number
from hotpatch_cli.armtemplate.nodes import (
    Nodes,
    PositionedMapping,
    PositionedSequence,
    is_mapping,
    is_sequence,
    under,
)
from hotpatch_cli.armtemplate.syntax import Open, OpenError, is_expression

MAX_COPIES = 800  # the limit of Azure Resource Manager for one loop
_COUNT = re.compile(r"[0-9]{1,3}")
_SECRET = ("securestring", "secureobject")
_MAX_CALLS = 20
"""Functions of a template that call one another, types and deployments that name one another."""
NESTED = "microsoft.resources/deployments"
_LOOPED = re.compile(r"(.+)\[([0-9]{1,3})\]")
"""The name of one resource of a loop in Bicep: `module[0]`."""

Path = tuple[str, ...]
LeftOpen = list[tuple[Path, Open]]


class TemplateScope:
    """What the expressions of one template may name: its parameters, its variables, the loops
    around a resource.
    """

    def __init__(
        self,
        template: PositionedMapping,
        given: dict[str, Any],
        nodes: Nodes,
        budget: StepBudget,
        target: tuple[str, str] = (HERE, HERE),
    ) -> None:
        """`given` has the values of parameters, by name in lower case; `target` is the
        (subscription, group) that ids without their own have.
        """
        self.target = target
        self.deployed_to = target
        self.parent: str | None = None
        self.resources = template.get("resources")
        self.nodes = nodes
        self.budget = budget
        self.given = given
        self.declared = by_lower_name(template.get("parameters"))
        self.types = by_lower_name(template.get("definitions"))
        self.functions = _functions(template.get("functions"))
        self.variables = by_lower_name(template.get("variables"))
        self.calls = 0
        self.loops: dict[str, int] = {}
        self.innermost: str | None = None
        self._known: dict[tuple[str, str], Any] = {}
        self._names = self._new_names()
        loops = self.variables.pop("copy", None)
        if is_sequence(loops):
            self.variables |= {name.lower(): value for name, value in self._copied(loops)}

    def within(self, loop: str, index: int) -> "TemplateScope":
        """The same scope within one more loop."""
        inner = copy(self)
        inner.loops, inner.innermost = {**self.loops, loop.lower(): index}, loop.lower()
        inner._names = inner._new_names()
        return inner

    def inside(self, parent: str) -> "TemplateScope":
        """The same scope for the resources that are written in a resource."""
        inner = copy(self)
        inner.parent = parent
        return inner

    def to(self, target: tuple[str, str]) -> "TemplateScope":
        """The same scope for resources that are deployed to another subscription or group."""
        inner = copy(self)
        inner.deployed_to = target
        return inner

    def nested(self, resource: PositionedMapping) -> "TemplateScope | None":
        """The scope of a nested deployment: this one (the default), or the inner; None where its
        template is in another file.
        """
        properties = under(resource, "properties")
        template = under(properties, "template")
        if not is_mapping(template):
            return None
        target = self._target_of(resource)
        if str(under(properties, "expressionEvaluationOptions", "scope")).lower() != "inner":
            return self.to(target)
        given = given_values(self.value(under(properties, "parameters")))
        return TemplateScope(template, given, self.nodes, self.budget, target)

    def _target_of(self, resource: PositionedMapping) -> tuple[str, str]:
        """The (subscription, group) of a nested deployment: its own, or those around it."""
        subscription, group = (
            self.partly(under(resource, key)) for key in ("subscriptionId", "resourceGroup")
        )
        if subscription and not group:
            return subscription, ""
        return subscription or self.deployed_to[0], group or self.deployed_to[1]

    def partly(self, node: Any) -> str:
        """The text of a node, with what stays open in brackets; empty where it's no text."""
        value = self.value(node)
        if isinstance(value, Open):
            return value.partly()
        return value if isinstance(value, str) else ""

    def _new_names(self) -> Names:
        return Names(
            self._parameter,
            self._variable,
            self._loop,
            self._function,
            self._reference,
            self.target,
        )

    def value(self, node: Any) -> Any:
        """The value of a node, in which open expressions are unchanged."""
        return self._value(node, (), None)

    def body(self, resource: PositionedMapping, without: Path, left_open: LeftOpen) -> Any:
        """The value of a resource without some keys, which are in lower case.

        Open values are removed; (path in lower case, expression) is added to `left_open`.
        """
        result = self.nodes.mapping(resource.mark)
        for key, node, key_mark, mark in resource.placed():
            if key.lower() not in without:
                value = self._value(node, (key.lower(),), left_open)
                if not isinstance(value, Open):
                    result.put(key, value, key_mark, mark)
        return result

    def _value(self, node: Any, path: Path, left_open: LeftOpen | None) -> Any:
        """The value of a node; expressions that stay open go to `left_open`, if there is one."""
        if self.budget.spent():
            return Open("[too much]")
        if is_mapping(node):
            return self._mapping(node, path, left_open)
        if is_sequence(node):
            result = self.nodes.sequence(node.mark)
            for item, mark in zip(node, node.marks, strict=True):
                value = self._value(item, path, left_open)
                if left_open is None or not isinstance(value, Open):
                    result.put(value, mark)
            return result
        if is_expression(node):
            return self._settled(self._evaluated(node), path, left_open)
        if isinstance(node, str) and node.startswith("[["):
            return node[1:]
        return node

    def _mapping(self, node: PositionedMapping, path: Path, left_open: LeftOpen | None) -> Any:
        result = self.nodes.mapping(node.mark)
        for key, inner, key_mark, mark in node.placed():
            if key == "copy" and is_sequence(inner):
                for name, items in self._copied(inner):
                    if name in result or name in node:
                        continue
                    value = self._settled(items, (*path, name.lower()), left_open)
                    if left_open is None or not isinstance(value, Open):
                        result.put(name, value, key_mark, mark)
                continue
            value = self._value(inner, (*path, key.lower()), left_open)
            if left_open is None or not isinstance(value, Open):
                result.put(key, value, key_mark, mark)
        return result

    def _settled(self, value: Any, path: Path, left_open: LeftOpen | None) -> Any:
        """A value without the expressions that stay open in it.

        A variable is resolved once and used in many places; each has its own path.
        """
        if left_open is None:
            return value
        if isinstance(value, Open):
            left_open.append((path, value))
            return value
        if self.budget.spent():
            return None
        if is_mapping(value):
            mapping = self.nodes.mapping(value.mark)
            for key, inner, key_mark, mark in value.placed():
                kept = self._settled(inner, (*path, key.lower()), left_open)
                if not isinstance(kept, Open):
                    mapping.put(key, kept, key_mark, mark)
            return mapping
        if is_sequence(value):
            sequence = self.nodes.sequence(value.mark)
            for inner, mark in zip(value, value.marks, strict=True):
                kept = self._settled(inner, path, left_open)
                if not isinstance(kept, Open):
                    sequence.put(kept, mark)
            return sequence
        return value

    def _evaluated(self, text: str) -> Any:
        try:
            return self.nodes.of(evaluate(text, self._names, self.budget))
        except OpenError:
            return Open(text, lambda: partly(text, self._names, self.budget))

    def _reference(self, name: str) -> Any:
        """A nested deployment of this template, by its name, with its outputs."""
        key = ("reference", name)
        if key not in self._known:
            self._known[key] = None  # a deployment whose parameters need its outputs
            self._known[key] = self._outputs(name)
        if self._known[key] is None:
            raise OpenError
        return {"outputs": self._known[key]}

    def _outputs(self, name: str) -> dict[str, Any] | None:
        """The outputs of a nested deployment of this template; None where there are none."""
        found, scope = self._deployment(name)
        inner = scope.nested(found) if found is not None else None
        outputs = under(found, "properties", "template", "outputs")
        if inner is None or not is_mapping(outputs) or self.calls == _MAX_CALLS:
            return None
        inner.calls = self.calls + 1
        return {
            key: {"value": inner.value(under(output, "value"))} for key, output in outputs.items()
        }

    def _deployment(self, name: str) -> "tuple[PositionedMapping | None, TemplateScope]":
        """The nested deployment of a name, None where there is none; the scope of its parts."""
        loop = _LOOPED.fullmatch(name)
        resource = self._deployments().get(loop[1] if loop else name)
        if loop is None or resource is None:
            return resource, self
        copies = under(resource, "copy", "name")
        return resource, self.within(copies if isinstance(copies, str) else "", int(loop[2]))

    def _deployments(self) -> dict[str, PositionedMapping]:
        """The nested deployments of this template, by their symbols or names."""
        key = ("deployments", "")
        if key not in self._known:
            self._known[key] = {}
            self._known[key] = {
                symbol or self.partly(under(resource, "name")): resource
                for symbol, resource in members(self.resources)
                if str(under(resource, "type")).lower() == NESTED
            }
        found: dict[str, PositionedMapping] = self._known[key]
        return found

    def _copied(self, loops: PositionedSequence) -> Iterator[tuple[str, Any]]:
        """(property, its items) of each loop in the `copy` of a mapping."""
        for loop in loops:
            name, inner = under(loop, "name"), under(loop, "input")
            count = self.value(under(loop, "count"))
            if not isinstance(name, str) or is_expression(name):
                continue
            if not is_number(count) or not _COUNT.fullmatch(count) or int(count) > MAX_COPIES:
                yield name, Open(count if isinstance(count, Open) else f"copy of {name}")
                continue
            result = self.nodes.sequence(loop.mark)
            for index in range(int(count)):
                result.put(self.within(name, index).value(inner), loop.mark)
            yield name, result

    def _parameter(self, name: str) -> Any:
        declared = self.declared.get(name.lower())
        declarations = list(self._declarations(declared))
        if any(str(under(part, "type")).lower() in _SECRET for part in declarations):
            raise OpenError
        if name.lower() in self.given:
            return self.given[name.lower()]
        if is_mapping(declared) and "defaultValue" in declared:
            return self._remembered("parameter", name, declared["defaultValue"])
        if any(under(part, "nullable") is True for part in declarations):
            return None
        return Open(f"[parameters('{name}')]")

    def _declarations(self, declared: Any) -> Iterator[Any]:
        """A declaration of a parameter, and the types that it names."""
        for _ in range(_MAX_CALLS):
            yield declared
            named = under(declared, "$ref")
            if not isinstance(named, str):
                return
            declared = self.types.get(named.removeprefix("#/definitions/").lower())

    def _function(self, name: str, arguments: list[Any]) -> Any:
        """The result of a function of the template: it sees its arguments and other functions."""
        function = self.functions.get(name)
        declared = [under(part, "name") for part in under(function, "parameters") or ()]
        if self.calls == _MAX_CALLS or len(declared) != len(arguments):
            raise OpenError
        inner = TemplateScope(self.nodes.mapping(0), {}, self.nodes, self.budget, self.target)
        inner.given = {
            str(parameter).lower(): self.nodes.of(value)
            for parameter, value in zip(declared, arguments, strict=True)
        }
        inner.functions, inner.calls = self.functions, self.calls + 1
        return inner.value(under(function, "output", "value"))

    def _variable(self, name: str) -> Any:
        if name.lower() not in self.variables:
            raise OpenError
        return self._remembered("variable", name, self.variables[name.lower()])

    def _remembered(self, kind: str, name: str, node: Any) -> Any:
        """The value of a name, worked out once; a name that needs itself stays open."""
        key = (kind, name.lower())
        if key not in self._known:
            self._known[key] = Open(f"[{kind}s('{name}')]")
            self._known[key] = self.value(node)
        return self._known[key]

    def _loop(self, name: str | None) -> int:
        if name is None and self.innermost is None:
            raise OpenError
        return self.loops[(name or self.innermost or "").lower()]


def _functions(node: Any) -> dict[str, Any]:
    """The functions that a template defines, by their names with namespaces, in lower case."""
    functions: dict[str, Any] = {}
    for group in node if is_sequence(node) else ():
        space = f"{under(group, 'namespace')}.".lower()
        members = by_lower_name(under(group, "members"))
        functions |= {space + name: function for name, function in members.items()}
    return functions


def members(node: Any) -> Any:
    """(symbol, resource) of a template: a list or, with the names of Bicep, a mapping."""
    if is_mapping(node):
        return node.items()
    return ((None, resource) for resource in node) if is_sequence(node) else ()


def by_lower_name(node: Any) -> dict[str, Any]:
    """The entries of a mapping by their keys in lower case; of anything else, none."""
    return {key.lower(): value for key, value in node.items()} if is_mapping(node) else {}


def given_values(node: Any) -> dict[str, Any]:
    """The values of a parameters file or of a nested deployment, by name in lower case; those from
    a key vault stay open.
    """
    values = {}
    for name, entry in by_lower_name(node).items():
        has_value = is_mapping(entry) and "value" in entry
        values[name] = entry["value"] if has_value else Open(f"[parameters('{name}')]")
    return values
