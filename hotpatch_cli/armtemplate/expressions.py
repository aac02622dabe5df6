"""Template expressions of Azure Resource Manager, resolved as far as the template itself allows.
Values are those of nodes.py; functions return plain dicts and lists.

There are no requests to Azure: functions on deployed resources, subscriptions, or the current time
stay open.
https://learn.microsoft.com/en-us/azure/azure-resource-manager/templates/template-functions
"""

import re
from collections.abc import Callable
from itertools import chain
from typing import Any, NamedTuple

MAX_EXPRESSION = 8192
_MAX_TEXT = 65_536
_MAX_DEPTH = 40
_MAX_ITEMS = 10_000
MAX_STEPS = 2_000_000
_STEP = 64
"""Characters or items of a function's arguments that count as one step more."""
_MAX_NUMBER = 2**63
"""Numbers of templates are integers of 64 bits."""
_MAX_SEPARATORS = 16
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?[0-9]{1,18})"
    r"|(?P<name>[A-Za-z_][\w$-]*)|(?P<mark>[()\[\],.]))"
)
_HOLE = re.compile(r"\{\{|\}\}|\{([0-9]{1,3})(?::(D[0-9]|0{1,9}))?\}")


class OpenError(Exception):
    """This expression can't be resolved before deployment."""


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
    """Whether a value is a text in brackets; two brackets are an escaped bracket of plain text."""
    return (
        isinstance(value, str)
        and value.startswith("[")
        and value.endswith("]")
        and not value.startswith("[[")
    )


# --- parsing ----------------------------------------


def parse(text: str) -> Any:
    """The tree of an expression without its brackets. Raises OpenError for invalid ones."""
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
        """Go to the next token; returns the current one."""
        before = self.word
        if self.at >= len(self.text):
            self.kind, self.word = "", ""
            return before
        token = _TOKEN.match(self.text, self.at)
        if token is None:
            raise OpenError
        self.at, self.kind = token.end(), token.lastgroup
        self.word = token[token.lastgroup or ""]
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
        """The accessor after a dot or in brackets."""
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


# --- evaluating ----------------------------------------


class Names(NamedTuple):
    """The names in an expression: each returns a value or raises OpenError."""

    parameter: Callable[[str], Any]
    variable: Callable[[str], Any]
    loop: Callable[[str | None], int]


class StepBudget:
    """Limits the work for one document."""

    def __init__(self) -> None:
        self.steps = 0

    def spent(self, steps: int = 1) -> bool:
        """Count steps; whether there were too many."""
        self.steps += steps
        return self.steps > MAX_STEPS


def evaluate(text: str, names: Names, budget: StepBudget) -> Any:
    """The value of an expression in brackets. Raises OpenError if it depends on the deployment."""
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
        target, key = (_closed(part, names, budget) for part in tree)
        if budget.spent(_steps(target)):
            raise OpenError
        return _taken(target, key)
    special = _SPECIAL.get(tree.name)
    if special is not None:
        return special(tree.arguments, names, budget)
    function = _FUNCTIONS.get(tree.name)
    if function is None:
        raise OpenError
    arguments = []
    for argument in tree.arguments:
        arguments.append(_closed(argument, names, budget))
        if budget.spent(_steps(arguments[-1])):
            raise OpenError
    return _bounded(function(*arguments))


def _steps(value: Any) -> int:
    """The steps that a function takes for the size of an argument."""
    return len(value) // _STEP if isinstance(value, str | list | dict) else 0


def _closed(tree: Any, names: Names, budget: StepBudget) -> Any:
    """A value that a function can work with."""
    value = _value(tree, names, budget)
    if isinstance(value, Open):
        raise OpenError
    return value


def _bounded(value: Any) -> Any:
    if isinstance(value, str):
        within = len(value) <= _MAX_TEXT
    elif isinstance(value, int):
        within = -_MAX_NUMBER <= value < _MAX_NUMBER
    else:
        within = not isinstance(value, list) or len(value) <= _MAX_ITEMS
    if not within:
        raise OpenError
    return value


def _taken(target: Any, key: Any) -> Any:
    """A property, in any letter case, or an item."""
    if isinstance(target, dict):
        for name, value in target.items():
            if name.lower() == str(key).lower():
                return value
    elif isinstance(target, list) and _whole(key) >= 0:
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


def is_number(value: Any) -> bool:
    """Whether a value is a number: an int, or the text of one, which has a type of its own."""
    if isinstance(value, str):
        return type(value) not in (str, Open)
    return isinstance(value, int) and not isinstance(value, bool)


def _same(one: Any, other: Any) -> bool:
    """Equality as templates have it: of texts in their letter case, of numbers by value. Trees are
    not compared.
    """
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if is_number(one) and is_number(other):
        return int(one) == int(other)
    if isinstance(one, dict | list) or isinstance(other, dict | list):
        raise OpenError
    return is_number(one) == is_number(other) and bool(one == other)


def _if(arguments: tuple[Any, ...], names: Names, budget: StepBudget) -> Any:
    condition, then, otherwise = arguments
    return _value(then if _truth(_closed(condition, names, budget)) else otherwise, names, budget)


def _and(arguments: tuple[Any, ...], names: Names, budget: StepBudget) -> bool:
    return all(_truth(_closed(argument, names, budget)) for argument in arguments)


def _or(arguments: tuple[Any, ...], names: Names, budget: StepBudget) -> bool:
    return any(_truth(_closed(argument, names, budget)) for argument in arguments)


def _coalesce(arguments: tuple[Any, ...], names: Names, budget: StepBudget) -> Any:
    for argument in arguments:
        value = _closed(argument, names, budget)
        if value is not None:
            return value
    return None


def _parameter(arguments: tuple[Any, ...], names: Names, budget: StepBudget) -> Any:
    (name,) = arguments
    return names.parameter(str(_closed(name, names, budget)))


def _variable(arguments: tuple[Any, ...], names: Names, budget: StepBudget) -> Any:
    (name,) = arguments
    return names.variable(str(_closed(name, names, budget)))


def _copy_index(arguments: tuple[Any, ...], names: Names, budget: StepBudget) -> int:
    """copyIndex(), copyIndex(offset), copyIndex('loop'), copyIndex('loop', offset)."""
    values = [_closed(argument, names, budget) for argument in arguments]
    loop = None
    if values and isinstance(values[0], str) and not is_number(values[0]):
        loop = str(values.pop(0))
    return names.loop(loop) + (_whole(values[0]) if values else 0)


_SPECIAL: dict[str, Callable[[tuple[Any, ...], Names, StepBudget], Any]] = {
    "if": _if,
    "and": _and,
    "or": _or,
    "coalesce": _coalesce,
    "parameters": _parameter,
    "variables": _variable,
    "copyindex": _copy_index,
}


# --- functions ----------------------------------------


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "True" if value else "False"
    if isinstance(value, str | int):
        return str(value)
    raise OpenError


def _object(*parts: Any) -> dict[str, Any]:
    return {_text(key): value for key, value in zip(parts[::2], parts[1::2], strict=True)}


def _concat(*parts: Any) -> Any:
    if parts and all(isinstance(part, list) for part in parts):
        return list(chain(*parts))
    return "".join(map(_text, parts))


def _format(pattern: Any, *values: Any) -> str:
    length = 0

    def filled(hole: re.Match[str]) -> str:
        nonlocal length
        text = content(hole)
        length += len(text)
        if length > _MAX_TEXT:
            raise OpenError
        return text

    def content(hole: re.Match[str]) -> str:
        if hole[1] is None:
            return hole[0][0]
        value = values[int(hole[1])]
        if hole[2] is None:
            return _text(value)
        width = int(hole[2][1:]) if hole[2].startswith("D") else len(hole[2])
        return str(_whole(value)).zfill(width)

    return _HOLE.sub(filled, _text(pattern))


def _contains(container: Any, item: Any) -> bool:
    if isinstance(container, dict):
        return any(key.lower() == _text(item).lower() for key in container)
    if isinstance(container, list):
        return any(_same(inner, item) for inner in container)
    return _text(item) in _text(container)


def _union(*parts: Any) -> Any:
    if all(isinstance(part, list) for part in parts):
        return list(dict.fromkeys(chain(*parts)))
    result: dict[str, Any] = {}
    for part in parts:
        result |= part
    return result


def _padded(text: Any, width: Any, letter: Any = " ") -> str:
    if _whole(width) > _MAX_TEXT:
        raise OpenError
    return _text(text).rjust(_whole(width), _text(letter))


def _substring(text: Any, start: Any, length: Any = None) -> str:
    first = _whole(start)
    end = len(_text(text)) if length is None else first + _whole(length)
    if not 0 <= first <= end <= len(_text(text)):
        raise OpenError
    return _text(text)[first:end]


def _split(text: Any, marks: Any) -> list[str]:
    separators = marks if isinstance(marks, list) else [marks]
    if len(separators) > _MAX_SEPARATORS:
        raise OpenError
    return re.split("|".join(re.escape(_text(mark)) for mark in separators), _text(text))


def _join(values: Any, mark: Any) -> str:
    if len(values) * len(_text(mark)) > _MAX_TEXT:
        raise OpenError
    return _text(mark).join(map(_text, values))


def _range(start: Any, count: Any) -> list[int]:
    if not 0 <= _whole(count) <= _MAX_ITEMS:
        raise OpenError
    return list(range(_whole(start), _whole(start) + _whole(count)))


def _part(value: Any, low: int | None, high: int | None) -> Any:
    return list(value[low:high]) if isinstance(value, list) else _text(value)[low:high]


def _numbers(values: tuple[Any, ...]) -> list[int]:
    """The numbers of min and max: the arguments, or the items of the one that is a list."""
    return [_whole(value) for value in (values[0] if isinstance(values[0], list) else values)]


def _replaced(text: Any, old: Any, new: Any) -> str:
    if _text(text).count(_text(old)) * len(_text(new)) > _MAX_TEXT:
        raise OpenError
    return _text(text).replace(_text(old), _text(new))


def _resource_id(*parts: Any) -> str:
    """The resource id without its subscription and group, which the template doesn't have."""
    names = list(map(_text, parts))
    at = next((index for index, name in enumerate(names) if "/" in name), None)
    if at is None:
        raise OpenError
    namespace, *kinds = names[at].split("/")
    pairs = "/".join(f"{kind}/{name}" for kind, name in zip(kinds, names[at + 1 :], strict=True))
    return f"/subscriptions/.../resourceGroups/.../providers/{namespace}/{pairs}"


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "add": lambda one, other: _whole(one) + _whole(other),
    "sub": lambda one, other: _whole(one) - _whole(other),
    "mul": lambda one, other: _whole(one) * _whole(other),
    "div": lambda one, other: _whole(one) // _whole(other),
    "mod": lambda one, other: _whole(one) % _whole(other),
    "min": lambda *values: min(_numbers(values)),
    "max": lambda *values: max(_numbers(values)),
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
    "join": _join,
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
    "array": lambda value: value if isinstance(value, list) else [value],
    "createarray": lambda *values: list(values),
    "createobject": _object,
    "union": _union,
    "range": _range,
    "resourceid": _resource_id,
    "subscriptionresourceid": _resource_id,
}
