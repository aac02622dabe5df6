"""Template expressions by themselves: properties that hold for any text."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotpatch_cli.armtemplate.expressions import Names, StepBudget, evaluate
from hotpatch_cli.armtemplate.syntax import Open, OpenError


def nothing(*_names: Any) -> Any:
    """A template without parameters, variables and loops."""
    raise OpenError


NAMES = Names(nothing, nothing, nothing, nothing, nothing)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def quoted(text: str) -> str:
    """A text as an expression writes it."""
    return "'" + text.replace("'", "''") + "'"


def value(expression: str) -> Any:
    """What an expression gives."""
    return evaluate(f"[{expression}]", NAMES, StepBudget())


@given(TEXT)
def test_a_quoted_text_is_that_text(text: str) -> None:
    """Any text, quoted, is itself."""
    assert value(quoted(text)) == text


@given(st.lists(TEXT, min_size=1, max_size=5))
def test_concat_joins_texts(texts: list[str]) -> None:
    """concat of quoted texts is their concatenation."""
    assert value(f"concat({', '.join(map(quoted, texts))})") == "".join(texts)


@given(st.integers(-(10**9), 10**9), st.integers(-(10**9), 10**9))
def test_numbers_add_and_compare(one: int, other: int) -> None:
    """add, sub, less and equals agree with arithmetic."""
    expected = [one + other, one - other, one < other, one == other]
    assert [
        value(f"{name}({one}, {other})") for name in ("add", "sub", "less", "equals")
    ] == expected


@given(st.text(max_size=80))
def test_any_other_text_stays_open_and_never_fails(text: str) -> None:
    """Whatever stands in the brackets, the outcome is a value or OpenError."""
    with suppress(OpenError):
        value(text)


@given(st.text("'()[],.abcdef0123456789- {}if", max_size=60))
def test_texts_near_expressions_never_fail(text: str) -> None:
    """Texts of the letters that expressions are made of give a value or OpenError."""
    with suppress(OpenError):
        value(f"concat({text})")


@pytest.mark.parametrize(
    "expression",
    [
        f"format('{'{0}' * 2000}', padLeft('', 60000, 'x'))",
        "concat(padLeft('', 60000, 'x'), padLeft('', 60000, 'x'))",
        "mul(" * 10 + "999999999999" + ",999999999999)" * 10,
    ],
)
def test_a_value_has_a_largest_size(expression: str) -> None:
    """Texts of more than 65,536 characters and numbers of more than 64 bits stay open."""
    with pytest.raises(OpenError):
        value(expression)


ANSWERS: dict[str, Any] = {
    # https://learn.microsoft.com/en-us/azure/azure-resource-manager/templates/template-functions-array
    "first(createArray('one', 'two'))": "one",
    "indexFromEnd(createArray('a', 'b', 'c'), 1)": "c",
    "tryIndexFromEnd(createArray('a'), 2)": None,
    "flatten(createArray(createArray('a', 'b'), createArray('c')))": ["a", "b", "c"],
    "intersection(createArray('a', 'b', 'c'), createArray('c', 'a'))": ["a", "c"],
    'intersection(json(\'{"a": 1, "b": 2}\'), json(\'{"a": 1, "b": 3}\'))': {"a": 1},
    "union(createArray('a', 'b'), createArray('b', 'c'))": ["a", "b", "c"],
    "union(createArray(createObject('a', 1)), createArray(createObject('a', 1)))": [{"a": 1}],
    'union(json(\'{"a": {"b": 1}}\'), json(\'{"A": {"c": 2}}\'))': {"a": {"b": 1, "c": 2}},
    'shallowMerge(createArray(json(\'{"a": {"b": 1}}\'), json(\'{"a": {"c": 2}}\')))': {
        "a": {"c": 2}
    },
    'items(json(\'{"b": 2, "a": 1}\'))': [{"key": "a", "value": 1}, {"key": "b", "value": 2}],
    'objectKeys(json(\'{"b": 2, "a": 1}\'))': ["a", "b"],
    "contains(createArray('a', 'b'), 'b')": True,
    "tryGet(createObject('One', 1), 'one')": 1,
    "tryGet(createObject('one', 1), 'two')": None,
    "tryGet(null(), 'two')": None,
    "tryGet(createObject('a', createObject('b', 7)), 'a', 'b')": 7,
    "tryGet(createArray('x'), 3)": None,
    "coalesce(tryGet(createObject(), 'kind'), 'None')": "None",
    # .../templates/template-functions-string
    "base64('hello')": "aGVsbG8=",
    "base64ToString('aGVsbG8=')": "hello",
    "base64ToJson(base64('{\"a\": [true, null]}')).a": [True, None],
    "dataUriToString(dataUri('Hello'))": "Hello",
    "dataUriToString('data:,a%20b')": "a b",
    "uri('http://contoso.org/firstpath', 'myscript.sh')": "http://contoso.org/myscript.sh",
    "uriComponent('http://a/b c')": "http%3A%2F%2Fa%2Fb%20c",
    "uriComponentToString('a%20b')": "a b",
    "lastIndexOf('test', 't')": 3,
    "string(createObject('a', createArray(1, true(), 'x')))": '{"a":[1,true,"x"]}',
    "format('{0}-{1}', 'a', null())": "a-",
    "json('0.5')": 0.5,
    "div(-7, 2)": -3,
    "mod(-7, 2)": -1,
    # .../templates/template-functions-lambda
    "map(createArray('a', 'b'), lambda('x', format('-{0}', lambdaVariables('x'))))": ["-a", "-b"],
    "map(createArray('a', 'b'), lambda('x', 'i', format('{0}{1}', lambdaVariables('x'), "
    "lambdaVariables('i'))))": ["a0", "b1"],
    "filter(range(0, 6), lambda('n', greater(lambdaVariables('n'), 3)))": [4, 5],
    "reduce(range(1, 4), 0, lambda('cur', 'next', add(lambdaVariables('cur'), "
    "lambdaVariables('next'))))": 10,
    "sort(createArray(3, 1, 2), lambda('a', 'b', less(lambdaVariables('a'), "
    "lambdaVariables('b'))))": [1, 2, 3],
    "toObject(createArray('a', 'b'), lambda('x', lambdaVariables('x')), lambda('x', "
    "toUpper(lambdaVariables('x'))))": {"a": "A", "b": "B"},
    "toObject(createArray('a'), lambda('x', lambdaVariables('x')))": {"a": "a"},
    "groupBy(createArray('ab', 'ac', 'b'), lambda('x', take(lambdaVariables('x'), 1)))": {
        "a": ["ab", "ac"],
        "b": ["b"],
    },
    "mapValues(createObject('a', 1), lambda('v', add(lambdaVariables('v'), 1)))": {"a": 2},
    "map(createArray(1), lambda('x', map(createArray(2), lambda('y', add(lambdaVariables('x'), "
    "lambdaVariables('y'))))))": [[3]],
}


@pytest.mark.parametrize("expression", ANSWERS)
def test_functions_answer_as_documented(expression: str) -> None:
    """Each function gives what the documentation of templates says."""
    assert value(expression) == ANSWERS[expression]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("createObject('a', 1, 'b', newGuid()).a", 1),
        ("createArray(newGuid(), 'b')[1]", "b"),
        ("createObject('b', if(true(), newGuid(), null())).b", None),
        ("map(createArray('a'), lambda('x', createObject('n', 1, 'p', newGuid())))[0].n", 1),
        ("union(createObject('a', newGuid()), createObject('b', 2)).b", 2),
        ("contains(createArray(newGuid(), 'b'), 'b')", True),
        ("contains(createArray(newGuid(), 'b'), 'c')", None),
        ("string(createArray(newGuid()))", None),
        ("join(createArray(newGuid()), ',')", None),
        ("empty(createObject('a', newGuid()))", False),
        ("equals(first(createArray(newGuid())), 'x')", None),
        ("concat('a', first(createArray(newGuid())))", None),
        ("length(createArray(newGuid(), newGuid()))", 2),
    ],
)  # fmt: skip
def test_an_open_member_opens_what_needs_it_alone(expression: str, expected: Any) -> None:
    """A member that only the deployment knows leaves the rest of its object known (None: open)."""
    try:
        found = value(expression)
    except OpenError:
        found = None
    assert (None if isinstance(found, Open) else found) == expected


def test_an_open_member_is_its_expression() -> None:
    """What stays open is told in the words of the template."""
    made = value("createObject('a', concat(newGuid(), 'it''s', parameters('x').y[0]))")
    assert made == {"a": "[concat(newguid(), 'it''s', parameters('x').y[0])]"}
    assert isinstance(made["a"], Open)


DOUBLED = "createObject('a', lambdaVariables('c'), 'b', lambdaVariables('c'))"
MERGED = "union(lambdaVariables('c'), createObject('a', lambdaVariables('c')))"
TWICE = "concat(lambdaVariables('c'), lambdaVariables('c'))"
TREE = f"reduce(range(0, 60), createObject(), lambda('c', 'n', {DOUBLED}))"
GROWING = {
    "a tree that doubles": TREE,
    "its text": f"string({TREE})",
    "two such trees, merged": f"union({TREE}, {TREE})",
    "a merge with itself": f"reduce(range(0, 900), createObject(), lambda('c', 'n', {MERGED}))",
    "a list": f"reduce(range(0, 40), createArray('x'), lambda('c', 'n', {TWICE}))",
    "a text": f"reduce(range(0, 9999), 'x', lambda('c', 'n', {TWICE}))",
    "many lists": "flatten(map(range(0, 9999), lambda('x', range(0, 9999))))",
    "maps in a map": "map(range(0, 9999), lambda('x', map(range(0, 9999), lambda('y', 1))))",
    "depth": "reduce(range(0, 5000), createArray(), lambda('c', 'n', "
    "createArray(lambdaVariables('c'))))",
    "depth of JSON": f"json('{'[' * 4000}{']' * 4000}')",
    "a fraction without end": "json('1e999')",
    "digits": f"json('{'9' * 5000}')",
}


@pytest.mark.parametrize("expression", GROWING.values(), ids=GROWING)
def test_values_that_grow_in_themselves_stay_open(expression: str) -> None:
    """Lambdas can double a value a thousand times: they end, in few steps, and stay open."""
    with pytest.raises(OpenError):
        value(expression)


@pytest.mark.parametrize("expression", ["resourceId()", "resourceId('a')", "resourceId('a', 'b')"])
def test_a_resource_id_without_a_type_stays_open(expression: str) -> None:
    """Azure rejects a resource id without a resource type: it's no value, and no bug."""
    with pytest.raises(OpenError):
        value(expression)
