"""Template expressions of Azure Resource Manager, resolved as far as the template itself allows.
Values are those of nodes.py; functions return plain dicts and lists.

There are no requests to Azure: functions on deployed resources, subscriptions, or the current time
stay open.
https://learn.microsoft.com/en-us/azure/azure-resource-manager/templates/template-functions
"""

from collections.abc import Callable, Mapping
from functools import cmp_to_key
from types import MappingProxyType
from typing import Any, NamedTuple

from hotpatch_cli.armtemplate.functions import (
    FUNCTIONS,
    HERE,
    ID_FUNCTIONS,
    KEEP_OPEN,
    MAX_ITEMS,
    MAX_NUMBER,
    MAX_TEXT,
    is_number,
    taken,
    text_of,
    truth,
    whole,
)
from hotpatch_cli.armtemplate.syntax import (
    Access,
    Call,
    Literal,
    Open,
    OpenError,
    parse,
    without_slash,
    written,
)

MAX_STEPS = 2_000_000
_MAX_NESTING = 100
_STEP = 64
"""Characters or items of a function's arguments that count as one step more."""


class Names(NamedTuple):
    """The names in an expression: each returns a value or raises OpenError.

    `function` is a function of the template itself, called with its arguments; `reference` is a
    nested deployment with its outputs. `target` is the (subscription, group) of the deployment;
    `bound` has the variables of the lambdas around an expression, by name in lower case.
    """

    parameter: Callable[[str], Any]
    variable: Callable[[str], Any]
    loop: Callable[[str | None], int]
    function: Callable[[str, list[Any]], Any]
    reference: Callable[[str], Any]
    target: tuple[str, str] = (HERE, HERE)
    bound: Mapping[str, Any] = MappingProxyType({})


class StepBudget:
    """Limits the work for one document."""

    def __init__(self) -> None:
        self.steps = 0

    def spent(self, steps: int = 1) -> bool:
        """Count steps; whether there were too many."""
        self.steps += steps
        return self.steps > MAX_STEPS

    def spend(self, steps: int = 1) -> None:
        """Count steps. Raises OpenError where there were too many."""
        if self.spent(steps):
            raise OpenError


def evaluate(text: str, names: Names, budget: StepBudget) -> Any:
    """The value of an expression in brackets. Raises OpenError if it depends on the deployment."""
    try:
        value = _value(parse(text[1:-1]), names, budget)
        _count(value, budget, 0)
    except _FAILURES:
        raise OpenError from None
    return value


def partly(text: str, names: Names, budget: StepBudget) -> str:
    """The text that an open expression comes to, with what stays open in brackets."""
    try:
        return _partly(parse(text[1:-1]), names, budget)
    except (OpenError, *_FAILURES):
        return without_slash(text)


_FAILURES = (
    TypeError,
    ValueError,
    IndexError,
    KeyError,
    AttributeError,
    ZeroDivisionError,
    OverflowError,
    RecursionError,
)


def _partly(tree: Any, names: Names, budget: StepBudget) -> str:
    """The text of a value as far as it's known: of an id or a text, its parts."""
    budget.spend()
    try:
        value = _value(tree, names, budget)
    except (OpenError, *_FAILURES):
        value = None
    if isinstance(value, Open):
        return value.partly()
    if value is not None:
        return text_of(value)
    if isinstance(tree, Call) and (tree.name in ID_FUNCTIONS or tree.name in _TEXTS):
        parts = [_partly(argument, names, budget) for argument in tree.arguments]
        budget.spend(sum(map(_steps, parts)))
        if tree.name in ID_FUNCTIONS:
            return ID_FUNCTIONS[tree.name](parts, names.target)
        return text_of(_bounded(FUNCTIONS[tree.name](*parts)))
    return without_slash(f"[{written(tree)}]")


_TEXTS = ("concat", "format", "tolower")
"""Functions whose open arguments are a part of their result."""


def _count(value: Any, budget: StepBudget, depth: int) -> None:
    """Count the parts of a result, which can use one value many times."""
    if type(value) not in (dict, list):
        return
    budget.spend(len(value))
    if depth > _MAX_NESTING:
        raise OpenError
    for inner in value.values() if isinstance(value, dict) else value:
        _count(inner, budget, depth + 1)


def _value(tree: Any, names: Names, budget: StepBudget) -> Any:
    budget.spend()
    if isinstance(tree, Literal):
        return tree.value
    if isinstance(tree, Access):
        target, key = (_closed(part, names, budget) for part in tree)
        budget.spend(_steps(target))
        return taken(target, key)
    special = _SPECIAL.get(tree.name)
    if special is not None:
        return _bounded(special(tree.arguments, names, budget))
    argument_of = _kept if tree.name in KEEP_OPEN or "." in tree.name else _closed
    arguments = []
    for argument in tree.arguments:
        arguments.append(argument_of(argument, names, budget))
        budget.spend(_steps(arguments[-1]))
    if "." in tree.name:
        return names.function(tree.name, arguments)
    if tree.name in ID_FUNCTIONS:
        return _bounded(ID_FUNCTIONS[tree.name](list(map(text_of, arguments)), names.target))
    function = FUNCTIONS.get(tree.name)
    if function is None:
        raise OpenError
    result = _bounded(function(*arguments))
    if isinstance(result, list):
        budget.spend(len(result))
    return result


def _steps(value: Any) -> int:
    """The steps that a function takes for the size of an argument."""
    return len(value) // _STEP if isinstance(value, str | list | dict) else 0


def _closed(tree: Any, names: Names, budget: StepBudget) -> Any:
    """A value that a function can work with."""
    value = _value(tree, names, budget)
    if isinstance(value, Open):
        raise OpenError
    return value


def _kept(tree: Any, names: Names, budget: StepBudget) -> Any:
    """A value, or its expression where it stays open: a secret opens its own member alone."""
    try:
        return _value(tree, names, budget)
    except OpenError:
        return Open(f"[{written(tree)}]", lambda: partly(f"[{written(tree)}]", names, budget))


def _bounded(value: Any) -> Any:
    if isinstance(value, str):
        within = len(value) <= MAX_TEXT
    elif isinstance(value, int):
        within = -MAX_NUMBER <= value < MAX_NUMBER
    else:
        within = not isinstance(value, list | dict) or len(value) <= MAX_ITEMS
    if not within:
        raise OpenError
    return value


# --- functions that don't evaluate all arguments, or name something ---------------------------


def _if(arguments: tuple[Any, ...], names: Names, budget: StepBudget) -> Any:
    condition, then, otherwise = arguments
    return _value(then if truth(_closed(condition, names, budget)) else otherwise, names, budget)


def _and(arguments: tuple[Any, ...], names: Names, budget: StepBudget) -> bool:
    return all(truth(_closed(argument, names, budget)) for argument in arguments)


def _or(arguments: tuple[Any, ...], names: Names, budget: StepBudget) -> bool:
    return any(truth(_closed(argument, names, budget)) for argument in arguments)


def _coalesce(arguments: tuple[Any, ...], names: Names, budget: StepBudget) -> Any:
    for argument in arguments:
        value = _closed(argument, names, budget)
        if value is not None:
            return value
    return None


def _parameter(arguments: tuple[Any, ...], names: Names, budget: StepBudget) -> Any:
    (name,) = arguments
    return names.parameter(text_of(_closed(name, names, budget)))


def _variable(arguments: tuple[Any, ...], names: Names, budget: StepBudget) -> Any:
    (name,) = arguments
    return names.variable(text_of(_closed(name, names, budget)))


def _copy_index(arguments: tuple[Any, ...], names: Names, budget: StepBudget) -> int:
    """copyIndex(), copyIndex(offset), copyIndex('loop'), copyIndex('loop', offset)."""
    values = [_closed(argument, names, budget) for argument in arguments]
    loop = None
    if values and isinstance(values[0], str) and not is_number(values[0]):
        loop = str(values.pop(0))
    return names.loop(loop) + (whole(values[0]) if values else 0)


def _reference(arguments: tuple[Any, ...], names: Names, budget: StepBudget) -> Any:
    """A nested deployment, by its name in Bicep or its resource id, of which the name is enough."""
    text = _partly(arguments[0], names, budget)
    return names.reference(text.rpartition("/")[2])


# --- lambdas ----------------------------------------


class _Lambda(NamedTuple):
    """A function of an expression: its variables, what it returns, and the names around it."""

    variables: tuple[str, ...]
    body: Any
    names: Names
    budget: StepBudget

    def inner(self, values: tuple[Any, ...]) -> Names:
        """The names within, with as many values as there are variables."""
        bound = dict(zip(self.variables, values, strict=False))
        return self.names._replace(bound={**self.names.bound, **bound})

    def closed(self, *values: Any) -> Any:
        """The value for some arguments. Raises OpenError where it stays open."""
        return _closed(self.body, self.inner(values), self.budget)

    def kept(self, *values: Any) -> Any:
        """The value for some arguments, or its expression where it stays open."""
        return _kept(self.body, self.inner(values), self.budget)


def _lambda(tree: Any, names: Names, budget: StepBudget) -> _Lambda:
    if not isinstance(tree, Call) or tree.name != "lambda" or not tree.arguments:
        raise OpenError
    *variables, body = tree.arguments
    return _Lambda(
        tuple(text_of(variable.value).lower() for variable in variables), body, names, budget
    )


def _lambda_variable(arguments: tuple[Any, ...], names: Names, budget: StepBudget) -> Any:
    (name,) = arguments
    return names.bound[text_of(_closed(name, names, budget)).lower()]


def _list(tree: Any, names: Names, budget: StepBudget) -> list[Any]:
    values = _closed(tree, names, budget)
    if not isinstance(values, list):
        raise OpenError
    return values


def _map(arguments: tuple[Any, ...], names: Names, budget: StepBudget) -> list[Any]:
    values, function = _list(arguments[0], names, budget), _lambda(arguments[1], names, budget)
    return [function.kept(value, index) for index, value in enumerate(values)]


def _map_values(arguments: tuple[Any, ...], names: Names, budget: StepBudget) -> dict[str, Any]:
    values, function = _closed(arguments[0], names, budget), _lambda(arguments[1], names, budget)
    return {name: function.kept(value) for name, value in values.items()}


def _filter(arguments: tuple[Any, ...], names: Names, budget: StepBudget) -> list[Any]:
    values, function = _list(arguments[0], names, budget), _lambda(arguments[1], names, budget)
    return [value for index, value in enumerate(values) if truth(function.closed(value, index))]


def _reduce(arguments: tuple[Any, ...], names: Names, budget: StepBudget) -> Any:
    values, result = _list(arguments[0], names, budget), _closed(arguments[1], names, budget)
    function = _lambda(arguments[2], names, budget)
    for index, value in enumerate(values):
        result = _bounded(function.closed(result, value, index))
    return result


def _sort(arguments: tuple[Any, ...], names: Names, budget: StepBudget) -> list[Any]:
    values, function = _list(arguments[0], names, budget), _lambda(arguments[1], names, budget)

    def order(one: Any, other: Any) -> int:
        return truth(function.closed(other, one)) - truth(function.closed(one, other))

    return sorted(values, key=cmp_to_key(order))


def _to_object(arguments: tuple[Any, ...], names: Names, budget: StepBudget) -> dict[str, Any]:
    values, name_of = _list(arguments[0], names, budget), _lambda(arguments[1], names, budget)
    value_of = _lambda(arguments[2], names, budget) if len(arguments) > 2 else None  # noqa: PLR2004  the third
    return {
        text_of(name_of.closed(value)): value_of.kept(value) if value_of else value
        for value in values
    }


def _group_by(arguments: tuple[Any, ...], names: Names, budget: StepBudget) -> dict[str, Any]:
    values, name_of = _list(arguments[0], names, budget), _lambda(arguments[1], names, budget)
    groups: dict[str, list[Any]] = {}
    for value in values:
        groups.setdefault(text_of(name_of.closed(value)), []).append(value)
    return groups


_SPECIAL: dict[str, Callable[[tuple[Any, ...], Names, StepBudget], Any]] = {
    "if": _if,
    "and": _and,
    "or": _or,
    "coalesce": _coalesce,
    "parameters": _parameter,
    "variables": _variable,
    "copyindex": _copy_index,
    "reference": _reference,
    "lambdavariables": _lambda_variable,
    "map": _map,
    "mapvalues": _map_values,
    "filter": _filter,
    "reduce": _reduce,
    "sort": _sort,
    "toobject": _to_object,
    "groupby": _group_by,
}
