"""CSV as the same tree: a list of mappings, one a row, with the header's names as keys; an empty
cell is missing.

A cell that holds JSON, such as the `properties` column of a Resource Graph export, becomes the tree
of it. Marks are those of the row's line: a cell has no place of its own that the parser would tell.
"""

import csv
import re
from collections.abc import Iterator
from itertools import accumulate
from typing import Any

from hotpatch_cli.documents.json_text import parse_json
from hotpatch_cli.documents.tree import Document, Log, Mapping, Sequence, at_one_mark, quoted
from hotpatch_cli.errors import InputError

_SEPARATORS = (",", ";", "\t")
TYPE_LINE = re.compile(r"#TYPE [^\n]*\n")
SEPARATOR_LINE = re.compile(r"(?i)\"?sep=([,;|\t])\"?\r?\n")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_QUOTED_FORMULA = re.compile(r'="([^"]*)"')
LONGEST_CELL = 16 * 2**20


def parse_csv(file: str, text: str) -> Document:
    """The tree of a CSV text with a header; comma, semicolon or tab. Raises InputError with every
    problem found.

    PowerShell's `#TYPE` and Excel's `sep=;` before the header are passed over; `="00123"`, with
    which exports keep Excel from making it a number, is the text in it.
    """
    document = Document(file, text)
    log = Log(document)
    document.root = Sequence()
    names: list[str] | None = None
    for mark, cells in _rows(text, log):
        if names is None:
            names = [name.strip() for name in cells]
            _check_header(names, mark, log)
        elif problem := _misfit(len(cells), len(names), text, mark):
            log.add(mark, *problem)
        else:
            document.root.put(_row(names, cells, mark), mark)
    log.finish()
    return document


def _misfit(cells: int, names: int, text: str, mark: int) -> tuple[str, str] | None:
    """What is wrong with a row of so many cells; one with too few is cut off where the text ends in
    its midst.
    """
    if cells > names:
        return f"This row has {cells} cells, the header {names}.", "Quote cells that have commas."
    if cells < names and not text.endswith("\n") and text.find("\n", mark) < 0:
        return (
            f"The file ends in this row: it has {cells} cells, the header {names}.",
            "It is cut off: export it again.",
        )
    return None


def separator_of(line: str) -> str:
    """What parts the cells of a header: the one of comma, semicolon and tab that stands in it most
    often.
    """
    return max(_SEPARATORS, key=line.count)


def _rows(text: str, log: Log) -> Iterator[tuple[int, list[str]]]:
    """(mark, cells) of each row that is not empty."""
    start = TYPE_LINE.match(text) or SEPARATOR_LINE.match(text)
    begin = start.end() if start else 0
    lines = _LINE.findall(text, begin)
    offsets = [*accumulate(map(len, lines), initial=begin)]
    csv.field_size_limit(LONGEST_CELL)
    stated = start[1] if start and start.re is SEPARATOR_LINE else None
    reader = csv.reader(
        lines, delimiter=stated or separator_of(lines[0] if lines else ""), strict=True
    )
    before = 0
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield offsets[before], cells
            before = reader.line_num
    except csv.Error as error:
        log.add(
            offsets[min(before, len(lines) - 1)],
            f"Not CSV: {error}.",
            "Check the quotes from here on.",
        )


def _check_header(names: list[str], mark: int, log: Log) -> None:
    lower = [name.casefold() for name in names]
    for name in dict.fromkeys(filter(None, lower)):
        if lower.count(name) > 1:
            log.add(
                mark,
                f"The column {quoted(name)} stands twice in the header.",
                "Rename or remove one.",
            )


def _row(names: list[str], cells: list[str], mark: int) -> Mapping:
    row = Mapping(mark)
    for name, cell in zip(names, cells, strict=False):
        if name:
            row.put(name, read_cell(cell, mark), mark, mark)
    return row


def read_cell(cell: str, mark: int) -> Any:
    """What a cell says: text, the tree of its JSON with everything at one mark, or None where it is
    empty.
    """
    if not cell.strip():
        return None
    if cell.startswith('="') and (quoted := _QUOTED_FORMULA.fullmatch(cell)):
        return quoted[1] or None
    if cell[0] not in "{[" or cell[-1] not in "}]":
        return cell
    try:
        return at_one_mark(parse_json("", cell).root, mark)
    except InputError:
        return cell
