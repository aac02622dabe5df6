"""Template expressions of Azure Resource Manager: what can be resolved from the template alone is,
the rest is not.

Nothing is asked of Azure: functions that speak of deployed resources, subscriptions or the moment
stay open.
https://learn.microsoft.com/en-us/azure/azure-resource-manager/templates/template-functions
"""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from hotpatch_cli.documents.tree import MAX_SCALAR, Mapping, NumberText, Sequence

MAX_EXPRESSION = 8192
_MAX_DEPTH = 40
_MAX_ITEMS = 10_000
_MAX_STEPS = 2_000_000
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?[0-9]{1,18})|(?P<name>[A-Za-z_][\w$-]*)|(?P<mark>[()\[\],.]))"
)
_HOLE = re.compile(r"\{\{|\}\}|\{([0-9]{1,3})(?::(D[0-9]|0{1,9}))?\}")


class OpenError(Exception):
    """This expression cannot be resolved before deployment."""


class Open(str):
    """An expression that stays open, in the place of its value."""

    __slots__ = ()


class Literal(NamedTuple):
    """A text or a number."""

    value: Any


class Call(NamedTuple):
    """A function with its arguments."""

    name: str
    arguments: tuple[Any, ...]


class Access(NamedTuple):
    """A property or an item of a value."""

    target: Any
    key: Any


def is_expression(value: object) -> bool:
    """Whether a value is a text in brackets; two brackets stand for one of a plain text."""
    return (
        isinstance(value, str)
        and value.startswith("[")
        and value.endswith("]")
        and not value.startswith("[[")
    )


# --- parsing -------------------------------------------------------------------------------------------------


def parse(text: str) -> Any:
    """The tree of an expression, without its brackets. Raises OpenError for what is not one."""
    if len(text) > MAX_EXPRESSION:
        raise OpenError
    parser = _ExpressionParser(text)
    tree = parser.value(0)
    if parser.kind:
        raise OpenError
    return tree


class _ExpressionParser:
    """Reads one token ahead: `kind` and `word`, both empty at the end."""

    def __init__(self, text: str) -> None:
        self.text = text.rstrip()
        self.at = 0
        self.kind: str | None = ""
        self.word = ""
        self.step()

    def step(self) -> str:
        """Go on to the next token; gives the one that was there."""
        before = self.word
        if self.at >= len(self.text):
            self.kind, self.word = "", ""
            return before
        found = _TOKEN.match(self.text, self.at)
        if found is None:
            raise OpenError
        self.at, self.kind = found.end(), found.lastgroup
        self.word = found[found.lastgroup or ""]
        return before

    def expect(self, mark: str) -> None:
        """Step over a mark."""
        if self.kind != "mark" or self.word != mark:
            raise OpenError
        self.step()

    def value(self, depth: int) -> Any:
        """A literal or a call, with what is taken from it."""
        if depth > _MAX_DEPTH:
            raise OpenError
        if self.kind == "text":
            tree: Any = Literal(self.step()[1:-1].replace("''", "'"))
        elif self.kind == "number":
            tree = Literal(int(self.step()))
        else:
            tree = self.call(depth)
        while self.kind == "mark" and self.word in (".", "["):
            tree = Access(tree, self.key(depth))
        return tree

    def key(self, depth: int) -> Any:
        """What stands behind a dot or in brackets."""
        if self.step() == ".":
            if self.kind != "name":
                raise OpenError
            return Literal(self.step())
        inner = self.value(depth + 1)
        self.expect("]")
        return inner

    def call(self, depth: int) -> Call:
        """A function with its arguments."""
        if self.kind != "name":
            raise OpenError
        name = self.step().lower()
        self.expect("(")
        arguments = []
        while self.word != ")":
            arguments.append(self.value(depth + 1))
            if self.word != ")":
                self.expect(",")
        self.expect(")")
        return Call(name, tuple(arguments))


# --- evaluating ----------------------------------------------------------------------------------------------


class Names(NamedTuple):
    """What an expression may name: each gives a value or raises OpenError."""

    parameter: Callable[[str], Any]
    variable: Callable[[str], Any]
    loop: Callable[[str | None], int]


class StepBudget:
    """Bounds the work that one document may ask for."""

    def __init__(self) -> None:
        self.steps = 0

    def spent(self) -> bool:
        """Count a step; whether there were too many."""
        self.steps += 1
        return self.steps > _MAX_STEPS


def evaluate(text: str, names: Names, budget: StepBudget) -> Any:
    """The value of an expression in brackets. Raises OpenError where only the deployment knows."""
    try:
        return _value(parse(text[1:-1]), names, budget)
    except (
        TypeError,
        ValueError,
        IndexError,
        KeyError,
        AttributeError,
        ZeroDivisionError,
        RecursionError,
    ):
        raise OpenError from None


def _value(tree: Any, names: Names, budget: StepBudget) -> Any:
    if budget.spent():
        raise OpenError
    if isinstance(tree, Literal):
        return tree.value
    if isinstance(tree, Access):
        return _taken(_closed(tree.target, names, budget), _closed(tree.key, names, budget))
    special = _SPECIAL.get(tree.name)
    if special is not None:
        return special(tree.arguments, names, budget)
    function = _FUNCTIONS.get(tree.name)
    if function is None:
        raise OpenError
    return _bounded(function(*(_closed(each, names, budget) for each in tree.arguments)))


def _closed(tree: Any, names: Names, budget: StepBudget) -> Any:
    """A value that a function can work with."""
    value = _value(tree, names, budget)
    if isinstance(value, Open):
        raise OpenError
    return value


def _bounded(value: Any) -> Any:
    too_long = isinstance(value, str) and len(value) > MAX_SCALAR
    if too_long or (isinstance(value, list) and len(value) > _MAX_ITEMS):
        raise OpenError
    return value


def _taken(target: Any, key: Any) -> Any:
    """A property, in any letter case, or an item."""
    if isinstance(target, Mapping):
        for name, value in target.items():
            if name.lower() == str(key).lower():
                return value
    elif isinstance(target, Sequence) and _whole(key) >= 0:
        return target[_whole(key)]
    raise OpenError


def _whole(value: Any) -> int:
    if isinstance(value, bool):
        raise OpenError
    return int(value)


def _truth(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False, "1": True, "0": False}[str(value).lower()]


def _same(one: Any, other: Any) -> bool:
    """Equality as templates have it: of texts in their letter case, of numbers by value. Trees are
    not compared.
    """
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | NumberText) and isinstance(other, int | NumberText):
        return int(one) == int(other)
    if isinstance(one, Mapping | Sequence) or isinstance(other, Mapping | Sequence):
        raise OpenError
    return isinstance(one, int | NumberText) == isinstance(other, int | NumberText) and bool(
        one == other
    )


def _if(arguments: tuple[Any, ...], names: Names, budget: StepBudget) -> Any:
    condition, then, otherwise = arguments
    return _value(then if _truth(_closed(condition, names, budget)) else otherwise, names, budget)


def _and(arguments: tuple[Any, ...], names: Names, budget: StepBudget) -> bool:
    return all(_truth(_closed(each, names, budget)) for each in arguments)


def _or(arguments: tuple[Any, ...], names: Names, budget: StepBudget) -> bool:
    return any(_truth(_closed(each, names, budget)) for each in arguments)


def _coalesce(arguments: tuple[Any, ...], names: Names, budget: StepBudget) -> Any:
    return next(
        (value for each in arguments if (value := _closed(each, names, budget)) is not None), None
    )


def _parameter(arguments: tuple[Any, ...], names: Names, budget: StepBudget) -> Any:
    (name,) = arguments
    return names.parameter(str(_closed(name, names, budget)))


def _variable(arguments: tuple[Any, ...], names: Names, budget: StepBudget) -> Any:
    (name,) = arguments
    return names.variable(str(_closed(name, names, budget)))


def _copy_index(arguments: tuple[Any, ...], names: Names, budget: StepBudget) -> int:
    """copyIndex(), copyIndex(offset), copyIndex('loop'), copyIndex('loop', offset)."""
    values = [_closed(each, names, budget) for each in arguments]
    named = (
        str(values.pop(0))
        if values and isinstance(values[0], str) and not isinstance(values[0], NumberText)
        else None
    )
    return names.loop(named) + (_whole(values[0]) if values else 0)


_SPECIAL: dict[str, Callable[[tuple[Any, ...], Names, StepBudget], Any]] = {
    "if": _if,
    "and": _and,
    "or": _or,
    "coalesce": _coalesce,
    "parameters": _parameter,
    "variables": _variable,
    "copyindex": _copy_index,
}


# --- functions -----------------------------------------------------------------------------------------------


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "True" if value else "False"
    if isinstance(value, str | int):
        return str(value)
    raise OpenError


def _listed(values: Any, mark: int = 0) -> Sequence:
    result = Sequence(mark)
    for value in values:
        result.put(value, mark)
    return result


def _object(*parts: Any) -> Mapping:
    result = Mapping()
    for key, value in zip(parts[::2], parts[1::2], strict=True):
        result.put(_text(key), value, 0, 0)
    return result


def _concat(*parts: Any) -> Any:
    if parts and all(isinstance(part, Sequence) for part in parts):
        return _listed(each for part in parts for each in part)
    return "".join(map(_text, parts))


def _format(pattern: Any, *values: Any) -> str:
    def filled(found: re.Match[str]) -> str:
        if found[1] is None:
            return found[0][0]
        value = values[int(found[1])]
        if found[2] is None:
            return _text(value)
        width = int(found[2][1:]) if found[2].startswith("D") else len(found[2])
        return str(_whole(value)).zfill(width)

    return _HOLE.sub(filled, _text(pattern))


def _contains(container: Any, item: Any) -> bool:
    if isinstance(container, Mapping):
        return any(key.lower() == _text(item).lower() for key in container)
    if isinstance(container, Sequence):
        return any(_same(each, item) for each in container)
    return _text(item) in _text(container)


def _union(*parts: Any) -> Any:
    if all(isinstance(part, Sequence) for part in parts):
        return _listed(dict.fromkeys(each for part in parts for each in part))
    result: dict[str, Any] = {}
    for part in parts:
        result |= part
    return _object(*(each for pair in result.items() for each in pair))


def _padded(text: Any, width: Any, letter: Any = " ") -> str:
    if _whole(width) > MAX_SCALAR:
        raise OpenError
    return _text(text).rjust(_whole(width), _text(letter))


def _substring(text: Any, start: Any, length: Any = None) -> str:
    first = _whole(start)
    end = len(_text(text)) if length is None else first + _whole(length)
    if not 0 <= first <= end <= len(_text(text)):
        raise OpenError
    return _text(text)[first:end]


def _split(text: Any, marks: Any) -> Sequence:
    listed = [_text(each) for each in marks] if isinstance(marks, Sequence) else [_text(marks)]
    return _listed(re.split("|".join(map(re.escape, listed)), _text(text)))


def _range(start: Any, count: Any) -> Sequence:
    if not 0 <= _whole(count) <= _MAX_ITEMS:
        raise OpenError
    return _listed(range(_whole(start), _whole(start) + _whole(count)))


def _part(value: Any, low: int | None, high: int | None) -> Any:
    return _listed(value[low:high]) if isinstance(value, Sequence) else _text(value)[low:high]


def _replaced(text: Any, old: Any, new: Any) -> str:
    if _text(text).count(_text(old)) * len(_text(new)) > MAX_SCALAR:
        raise OpenError
    return _text(text).replace(_text(old), _text(new))


def _resource_id(*parts: Any) -> str:
    """The id as far as the template says it: of which subscription and group, it does not."""
    names = list(map(_text, parts))
    at = next(index for index, each in enumerate(names) if "/" in each)
    namespace, *kinds = names[at].split("/")
    pairs = "/".join(f"{kind}/{name}" for kind, name in zip(kinds, names[at + 1 :], strict=True))
    return f"/subscriptions/.../resourceGroups/.../providers/{namespace}/{pairs}"


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "add": lambda one, other: _whole(one) + _whole(other),
    "sub": lambda one, other: _whole(one) - _whole(other),
    "mul": lambda one, other: _whole(one) * _whole(other),
    "div": lambda one, other: _whole(one) // _whole(other),
    "mod": lambda one, other: _whole(one) % _whole(other),
    "min": lambda *values: min(
        map(_whole, values[0] if isinstance(values[0], Sequence) else values)
    ),
    "max": lambda *values: max(
        map(_whole, values[0] if isinstance(values[0], Sequence) else values)
    ),
    "less": lambda one, other: _whole(one) < _whole(other),
    "lessorequals": lambda one, other: _whole(one) <= _whole(other),
    "greater": lambda one, other: _whole(one) > _whole(other),
    "greaterorequals": lambda one, other: _whole(one) >= _whole(other),
    "equals": _same,
    "not": lambda value: not _truth(value),
    "bool": _truth,
    "true": lambda: True,
    "false": lambda: False,
    "null": lambda: None,
    "int": _whole,
    "string": _text,
    "concat": _concat,
    "format": _format,
    "tolower": lambda text: _text(text).lower(),
    "toupper": lambda text: _text(text).upper(),
    "trim": lambda text: _text(text).strip(),
    "replace": _replaced,
    "substring": _substring,
    "split": _split,
    "join": lambda values, mark: _text(mark).join(map(_text, values)),
    "padleft": _padded,
    "startswith": lambda text, part: _text(text).lower().startswith(_text(part).lower()),
    "endswith": lambda text, part: _text(text).lower().endswith(_text(part).lower()),
    "indexof": lambda text, part: _text(text).lower().find(_text(part).lower()),
    "contains": _contains,
    "empty": lambda value: value is None or len(value) == 0,
    "length": len,
    "first": lambda value: value[0],
    "last": lambda value: value[-1],
    "take": lambda value, count: _part(value, None, max(_whole(count), 0)),
    "skip": lambda value, count: _part(value, max(_whole(count), 0), None),
    "array": lambda value: value if isinstance(value, Sequence) else _listed([value]),
    "createarray": lambda *values: _listed(values),
    "createobject": _object,
    "union": _union,
    "range": _range,
    "resourceid": _resource_id,
    "subscriptionresourceid": _resource_id,
}
