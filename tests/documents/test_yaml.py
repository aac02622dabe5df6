"""The YAML reader: text stays text, every value has its place, and bad text is refused with its
place.
"""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from hotpatch_cli.documents import InputError
from hotpatch_cli.documents.files import parse
from hotpatch_cli.documents.tree import Mapping, Sequence, merged
from hotpatch_cli.documents.yaml_text import parse_yaml

WORDS = st.one_of(
    st.sampled_from(
        [
            "no",
            "NO",
            "22:00",
            "1e3",
            "0x10",
            "012",
            "26100.10",
            "null",
            "~",
            "",
            "a: b",
            "- x",
            "# y",
            "'",
            '"',
        ]
    ),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Co")), max_size=8),
)
TREES = st.recursive(
    WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=12,
)


def plain(node: Any) -> Any:
    """A tree without its marks."""
    if isinstance(node, Mapping):
        return {key: plain(value) for key, value in node.items()}
    return [plain(each) for each in node] if isinstance(node, Sequence) else node


@given(TREES, st.booleans())
def test_the_reader_agrees_with_the_base_loader(tree: Any, flow: bool) -> None:
    """What PyYAML writes and its typeless loader reads, the reader reads alike; only plain nulls
    become None.
    """
    written = yaml.safe_dump(tree, default_flow_style=flow, allow_unicode=True, default_style='"')
    assert plain(parse_yaml("f", written).root) == yaml.load(written, yaml.BaseLoader)  # noqa: S506  text only


@given(
    st.lists(
        st.text("abcdefgh0123456789.:-_ü日", min_size=1).map(lambda each: f"v{each}v"),
        min_size=1,
        max_size=6,
    )
)
def test_a_mark_points_at_the_text_of_its_value(values: list[str]) -> None:
    """The place of each value, in a list and under a key, is where its text begins."""
    document = parse_yaml("f", "".join(f"- key{n}: '{each}'\n" for n, each in enumerate(values)))
    for number, (entry, value) in enumerate(zip(document.root, values, strict=True)):
        mark = entry.at(f"key{number}")
        assert document.text[mark:].startswith(f"'{value}'")
        assert document.position(mark)[1:] == (number + 1, len(f"- key{number}: ") + 1)


@pytest.mark.parametrize(
    "word",
    [
        "20348.2700",
        "26100.10",
        "22:00",
        "no",
        "NO",
        "on",
        "1e3",
        "0x10",
        "012",
        "1_000",
        "2025-12-15",
        ".inf",
        "'null'",
        '"~"',
        "''",
    ],
)
def test_a_scalar_stays_as_it_is_written(word: str) -> None:
    """No word becomes a number, a date, a truth or a null by its looks."""
    assert parse_yaml("f", f"[{word}]").root == [word.strip("'\"")]


@pytest.mark.parametrize("word", ["null", "Null", "NULL", "~", ""])
def test_a_null_is_one_only_without_quotes(word: str) -> None:
    """The five plain spellings of nothing are None."""
    assert parse_yaml("f", f"a: {word}").root == {"a": None}


def test_a_merge_key_lies_under_the_own_keys() -> None:
    """`<<` gives the keys that are not there: the first of several sources wins, and each value
    keeps its place.
    """
    document = parse_yaml(
        "f", "x: &x {a: 1, b: 2}\ny: &y {b: 3, c: 4}\nz:\n  <<: [*x, *y]\n  a: 5\n"
    )
    node = document.root["z"]
    assert node == {"a": "5", "b": "2", "c": "4"}
    assert [document.position(node.at(key)).line for key in "abc"] == [5, 1, 2]


def test_defaults_merge_deeply_replace_lists_and_remove_by_null() -> None:
    """Mappings merge, lists are replaced, a null removes, and each value keeps its place."""
    document = parse_yaml(
        "f",
        "below: {m: {a: 1, b: 2}, l: [1, 2], gone: 3, kept: 4}\n"
        "above: {m: {b: 5}, l: [6], gone: }\n",
    )
    node = merged(document.root["below"], document.root["above"])
    assert plain(node) == {"m": {"a": "1", "b": "5"}, "l": ["6"], "kept": "4"}
    assert document.position(node["m"].at("a")).line == 1
    assert document.position(node["m"].at("b")).line == 2


BAD = {
    "tab": ("a:\n\tb: 1\n", 2, 1, "YAML doesn't allow tabs for indentation. Use spaces."),
    "quote": ('a: 1\nb: "abc\n', 2, 4, "This quote is never closed."),
    "escape": ('a: "\\ud800"\n', 1, 7, "invalid Unicode character escape code"),
    "control": ("a: 1\nb: \x01\n", 2, 4, "YAML doesn't allow the character U+0001. Remove it."),
    "twice": (
        "a: 1\nb: 2\na: 3\n",
        3,
        1,
        "The key 'a' is defined twice (first on line 1). Keep one.",
    ),
    "documents": ("a: 1\n---\nb: 2\n", 2, 1, "The file has a second document. Split the file."),
    "tag": (
        "a: !!python/object/apply:os.system [x]\n",
        1,
        4,
        "YAML tags (!...) aren't supported.",
    ),
    "alias": ("a: *b\n", 1, 4, "The alias *b has no anchor before it."),
    "self": ("a: &a [*a]\n", 1, 8, "The alias *a has no anchor before it."),
    "key": ("a: 1\n? [b]\n: 2\n", 2, 3, "A key must be text."),
    "merge": ("a: {<<: 3}\n", 1, 9, "`<<` requires a mapping or a list of mappings."),
    "unclosed": ("a: [b, c\n", 2, 1, "did not find expected ',' or ']'"),
    "depth": ("[" * 65, 1, 65, "The nesting is deeper than 64 levels."),
}


@pytest.mark.parametrize(("text", "line", "column", "said"), BAD.values(), ids=BAD)
def test_bad_yaml_is_refused_at_its_place(text: str, line: int, column: int, said: str) -> None:
    """Text that is no such YAML gives one problem with line, column and what is wrong."""
    with pytest.raises(InputError) as caught:
        parse("f.yaml", text)
    problem = caught.value.problems[0]
    assert said in str(problem)
    assert (problem.line, problem.column) == (line, column)


def test_all_repeated_keys_are_told_at_once() -> None:
    """Two repeated keys in one text give two problems."""
    with pytest.raises(InputError) as caught:
        parse_yaml("f", "a: {b: 1, b: 2}\na: 3\n")
    assert [(each.line, each.column) for each in caught.value.problems] == [(1, 11), (2, 1)]


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text, whatever is in it, gives anything but a tree or an InputError."""
    for name in ("f.yaml", "f.json"):
        try:
            parse(name, text)
        except InputError as error:
            assert all(problem.line for problem in error.problems)
