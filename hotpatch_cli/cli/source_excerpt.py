"""The line of a problem, with a caret under the column, for people at a terminal.

Only lines of inventories (YAML) are shown, which people write by hand: exports, Terraform plans and
templates can have passwords. A line that names a secret is never shown, nor one of a large file.
"""

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
    line = _line(Path(problem.file), problem.line)
    if line is None or has_secret(line):
        return ""
    column = min(problem.column or 1, len(line) + 1) - 1
    first = max(0, column - _BEFORE)
    shown, before = line[first : first + _WIDTH], line[first:column]
    margin = f"{problem.line:>6} | "
    caret = " " * (cells(visible(before)) + len(margin) - 2) + "^"
    return f"{margin}{visible(shown)}\n{' ' * 2}{caret}\n"


def _line(path: Path, number: int) -> str | None:
    try:
        if not path.is_file() or path.stat().st_size > _MOST_BYTES:
            return None
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError):
        return None
    return lines[number - 1].replace("\t", " ") if number <= len(lines) else None
