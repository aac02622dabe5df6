"""Template expressions by themselves: properties that hold for any text."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotpatch_cli.armtemplate.expressions import Names, OpenError, StepBudget, evaluate


def nothing(_name: Any) -> Any:
    """A template without parameters, variables and loops."""
    raise OpenError


NAMES = Names(nothing, nothing, nothing)
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


@pytest.mark.parametrize("expression", ["resourceId()", "resourceId('a')", "resourceId('a', 'b')"])
def test_a_resource_id_without_a_type_stays_open(expression: str) -> None:
    """Azure rejects a resource id without a resource type: it's no value, and no bug."""
    with pytest.raises(OpenError):
        value(expression)
