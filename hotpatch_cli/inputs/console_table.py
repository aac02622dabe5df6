"""Tables that PowerShell and az print for people: a header, a line of dashes, and rows."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

_RULE = re.compile(r"[ \t]*-+(?: +-+)*[ \t]*")
_BEGINNING = re.compile(
    r"\A(?:[ \t]*\r?\n)*+(?P<header>[^\r\n]++)\r?\n(?P<rule>[ \t]*+-[- \t]*+)(?:\r?\n|\Z)"
)

MarkedLine = tuple[int, str]
"""Where a line begins in its text, and the line without its end."""


class ConsoleRow(NamedTuple):
    """A row: where it begins, and its values by column."""

    mark: int
    cells: dict[str, str]


class ConsoleHeader(NamedTuple):
    """The names of columns, and the dashes below them."""

    columns: list[str]
    rule: str


def console_header(text: str) -> ConsoleHeader | None:
    """The header of a text that begins with such a table; None for anything else."""
    found = _BEGINNING.match(text)
    if found is None or not _RULE.fullmatch(found["rule"]):
        return None
    columns = _cut(found["header"], _spans(found["rule"]))
    return ConsoleHeader(columns, found["rule"].strip()) if all(columns) else None


def console_rows(lines: Sequence[MarkedLine]) -> Iterator[ConsoleRow]:
    """The rows of all tables in the lines; a table ends at an empty line."""
    columns: list[str] = []
    spans: list[tuple[int, int]] = []
    above = ""
    for mark, line in lines:
        if above.strip() and _RULE.fullmatch(line):
            spans = _spans(line)
            columns = _cut(above, spans)
        elif not line.strip():
            columns = []
        elif columns:
            yield ConsoleRow(mark, dict(zip(columns, _cut(line, spans), strict=True)))
        above = line


def _spans(rule: str) -> list[tuple[int, int]]:
    """Where the dashes of each column begin and end."""
    return [found.span() for found in re.finditer(r"-+", rule)]


def _cut(line: str, spans: list[tuple[int, int]]) -> list[str]:
    """The values of a line.

    A text may go further right than its dashes, and a number further left: columns are separated at
    the last space between their dashes.
    """
    values: list[str] = []
    start = 0
    for (_, end), (following, _) in pairwise(spans):
        space = line.rfind(" ", end, following)
        stop = following if space < 0 else space + 1
        values.append(line[start:stop].strip())
        start = stop
    return [*values, line[start:].strip()]
