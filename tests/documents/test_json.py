"""The JSON reader: the same tree as the standard library's, with places, and nothing lost or
guessed.
"""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotpatch_cli.documents import InputError
from hotpatch_cli.documents.files import parse
from hotpatch_cli.documents.json_text import parse_json
from hotpatch_cli.documents.tree import NumberText

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=15,
)


def with_text_numbers(text: str) -> Any:
    """The standard library's reading, with numbers as the text that stands there."""
    return json.loads(text, parse_int=str, parse_float=str)


@given(VALUES, st.sampled_from([None, 1]), st.booleans())
def test_the_reader_agrees_with_the_standard_library(
    value: Any, indent: int | None, ascii_only: bool
) -> None:
    """Whatever json.dumps writes is read as json.loads reads it, numbers as text."""
    written = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert parse_json("f", written).root == with_text_numbers(written)


@pytest.mark.parametrize("number", ["26100.10", "1e400", "-0", "9" * 5000, "0.1000"])
def test_a_number_stays_as_it_is_written(number: str) -> None:
    """A number keeps its zeros and its size, and is known as a number."""
    found = parse_json("f", f"[{number}]").root[0]
    assert found == number
    assert type(found) is NumberText


BAD = {
    "nan": ('{"a": NaN}', 1, 7, "a value was expected here"),
    "comma": ('{"a": 1,\n}', 2, 1, "a key in double quotes was expected here"),
    "quotes": ("{'a': 1}", 1, 2, "a key in double quotes was expected here"),
    "comment": ("[1\n// x\n]", 2, 1, "a comma or ']' was expected here"),
    "string": ('["abc', 1, 2, "Invalid JSON: unterminated string."),
    "escape": (r'["\q"]', 1, 3, r"invalid \escape"),
    "control": ('["a\nb"]', 1, 4, "Invalid JSON: invalid control character."),
    "zero": ("[012]", 1, 3, "a comma or ']' was expected here"),
    "after": ("{} {}", 1, 4, "There's text after the end of the JSON value."),
    "ends": ("[1,", 1, 3, "the text ends too early"),
    "twice": ('{"a": 1,\n "a": 2}', 2, 2, "The key 'a' is defined twice."),
    "depth": ("[" * 65, 1, 65, "The nesting is deeper than 64 levels."),
}


@pytest.mark.parametrize(("text", "line", "column", "said"), BAD.values(), ids=BAD)
def test_bad_json_is_refused_at_its_place(text: str, line: int, column: int, said: str) -> None:
    """Text that is not JSON gives one problem with line, column and what is wrong."""
    with pytest.raises(InputError) as caught:
        parse("f.json", text)
    (problem,) = caught.value.problems
    assert said in str(problem)
    assert (problem.line, problem.column) == (line, column)


def test_places_count_characters_not_bytes() -> None:
    """Letters outside ASCII count as one column each, before and in a value."""
    document = parse_json("f", '{"ü日😀": "x"}')
    assert document.position(document.root.at("ü日😀")).column == 9
