"""The line of a problem, with a caret under the column, for people at a terminal.

Only lines of inventories (YAML) are shown, which people write by hand: exports, Terraform plans and
templates can have passwords. A line that names a secret is never shown, nor one whose key may be
on a line above that names one, nor one of a large file.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from hotpatch_cli.documents.redaction import has_secret
from hotpatch_cli.errors import Problem
from hotpatch_cli.outputs.escaping import visible
from hotpatch_cli.outputs.folding import cells

_MOST_BYTES = 2_000_000
_BEFORE, _WIDTH = 40, 70


def excerpt(problem: Problem) -> str:
    """Two lines, the source and the caret; empty where there is no line that can be shown."""
    if problem.line is None or not problem.file.lower().endswith((".yaml", ".yml")):
        return ""
    lines = _lines(Path(problem.file))[: problem.line]
    if len(lines) < problem.line or any(map(has_secret, _related(lines))):
        return ""
    line = lines[-1].replace("\t", " ")
    column = min(problem.column or 1, len(line) + 1) - 1
    first = max(0, column - _BEFORE)
    shown, before = line[first : first + _WIDTH], line[first:column]
    margin = f"{problem.line:>6} | "
    caret = " " * (cells(visible(before)) + len(margin) - 2) + "^"
    return f"{margin}{visible(shown)}\n{' ' * 2}{caret}\n"


def _lines(path: Path) -> list[str]:
    try:
        if not path.is_file() or path.stat().st_size > _MOST_BYTES:
            return []
        return path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError):
        return []


def _related(lines: Sequence[str]) -> Iterator[str]:
    """The last of some lines, and those above that can have a key of its value.

    These are the line right above, keys that it's indented under, and keys beside it: a text in
    quotes can go on at the indentation of its key.
    """
    yield lines[-1]
    above = [line for line in reversed(lines[:-1]) if line.strip()]
    if not lines[-1].lstrip().startswith("- "):
        yield from above[:1]
    indent = _indent(lines[-1])
    for line in above:
        own = _indent(line)
        if own < indent or (own == indent and not line.lstrip().startswith("- ")):
            yield line
            indent = own


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
