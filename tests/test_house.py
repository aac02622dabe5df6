"""The house rules that no linter holds: names that mean one thing, and lines that say one thing."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "hotpatch_cli"
FILES = sorted(PACKAGE.rglob("*.py"))
TREES = {
    file.relative_to(PACKAGE).as_posix(): ast.parse(file.read_text(encoding="utf-8"))
    for file in FILES
}

FORBIDDEN_NAMES = {
    *("said", "told", "kept", "reading", "opening", "openings", "counting", "supposing"),
    *("misfits", "talk", "rush", "rivals", "effort", "board", "heads"),
}
"""Moods, participles and metaphors: what a file is called after is a noun of the field."""

BRITISH = re.compile(
    r"colour|behaviour|licence|enrol(?!l)|recognis|organis|normalis|serialis|centre|neighbour"
)
"""How names are spelled elsewhere; ours are American: color, behavior, license, enrollment."""

FOREIGN_NAMES = ("behaviour", "colour_system")
"""A key of matrix files, which users have written, and a parameter that Rich names."""

MOST_DOUBLE_COMPREHENSIONS = 19


def nodes() -> Iterator[tuple[str, ast.AST]]:
    """Each node of the package's code, with its file."""
    for name, tree in TREES.items():
        for node in ast.walk(tree):
            yield name, node


def place(name: str, node: ast.AST) -> str:
    """Where a node stands, as an editor opens it."""
    return f"{name}:{getattr(node, 'lineno', 1)}"


def test_a_class_name_has_one_meaning() -> None:
    """No two modules define a class of the same name."""
    names = Counter(
        node.name for tree in TREES.values() for node in tree.body if isinstance(node, ast.ClassDef)
    )
    assert [name for name, count in names.items() if count > 1] == []


def test_no_ternary_stands_in_another() -> None:
    """A choice of three is an if statement."""
    nested = [
        place(name, inner)
        for name, node in nodes()
        if isinstance(node, ast.IfExp)
        for inner in (node.test, node.body, node.orelse)
        if isinstance(inner, ast.IfExp)
    ]
    assert nested == []


def test_few_comprehensions_loop_twice() -> None:
    """Two loops are written as loops, unless the line reads better."""
    comprehensions = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
    double = [
        place(name, node)
        for name, node in nodes()
        if isinstance(node, comprehensions) and len(node.generators) > 1
    ]
    assert len(double) <= MOST_DOUBLE_COMPREHENSIONS, "\n".join(double)


def test_a_file_is_called_after_a_noun() -> None:
    """No file and no folder bears one of the forbidden names."""
    wrong = [name for name in TREES if FORBIDDEN_NAMES & set(re.split(r"[/_.]", name))]
    assert wrong == []


def test_names_are_spelled_as_in_america() -> None:
    """Files, classes, functions, parameters, variables and attributes have US spelling."""
    spelled = {place(name, tree): name for name, tree in TREES.items()}
    for name, node in nodes():
        for field in ("name", "id", "attr", "arg"):
            identifier = getattr(node, field, None)
            if isinstance(identifier, str):
                spelled[f"{place(name, node)} {identifier}"] = identifier
    wrong = [
        where
        for where, identifier in spelled.items()
        if identifier not in FOREIGN_NAMES and BRITISH.search(identifier.lower())
    ]
    assert wrong == []
