"""CSV as the same tree: a list of mappings, one a row, with the header's names as keys; an empty
cell is missing.

A cell with JSON, such as the `properties` column of a Resource Graph export, becomes a tree. Marks
are those of the row's line, because the parser doesn't report the place of a cell.
"""

import csv
import re
from collections.abc import Iterator
from itertools import accumulate, chain
from typing import Any

from hotpatch_cli.documents.json_text import parse_json
from hotpatch_cli.documents.problems import InputError
from hotpatch_cli.documents.rows import header
from hotpatch_cli.documents.tree import Document, Log, Mapping, Sequence, at_one_mark

_SEPARATORS = (",", ";", "\t")
TYPE_LINE = re.compile(r"#TYPE [^\n]*\n")
SEPARATOR_LINE = re.compile(r"(?i)\"?sep=([,;|\t])\"?\r?\n")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_QUOTED_FORMULA = re.compile(r'="([^"]*)"')
LONGEST_CELL = 16 * 2**20


class NotCsvError(Exception):
    """The text isn't CSV: the line (from 1), and what is wrong."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line = line


def parse_csv(file: str, text: str) -> Document:
    """The tree of a CSV text with a header; comma, semicolon or tab. Raises InputError with every
    problem found.

    PowerShell's `#TYPE` and Excel's `sep=;` before the header are skipped. `="00123"`, which keeps
    Excel from converting it to a number, is the text in quotes.
    """
    document = Document(file, text)
    log = Log(document)
    document.root = Sequence()
    lines = _LINE.findall(text)
    marks = [*accumulate(map(len, lines), initial=0)]
    last_break = text.rfind("\n")
    names: list[str] | None = None
    try:
        for line, cells in csv_rows(iter(lines)):
            mark = marks[line - 1]
            if names is None:
                names = header(cells, mark, log)
                if not names:
                    break
                continue
            if problem := row_problem(len(cells), len(names), cut_off=mark > last_break):
                log.add(mark, *problem)
            else:
                document.root.put(_row(names, cells, mark), mark)
    except NotCsvError as error:
        mark = marks[min(error.line, len(lines)) - 1]
        log.add(mark, f"Invalid CSV: {error}.", "Check the quotes from here on.")
    log.finish()
    return document


def csv_rows(lines: Iterator[str]) -> Iterator[tuple[int, list[str]]]:
    """(line, cells) of each row that isn't empty, the header first; lines count from 1.

    Raises NotCsvError.
    """
    above, first = 0, next(lines, "")
    stated = SEPARATOR_LINE.match(first)
    if stated or TYPE_LINE.match(first):
        above, first = 1, next(lines, "")
    csv.field_size_limit(LONGEST_CELL)
    delimiter = stated[1] if stated else separator_of(first)
    reader = csv.reader(chain((first,), lines), delimiter=delimiter, strict=True)
    line = above + 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield line, cells
            line = above + reader.line_num + 1
    except csv.Error as error:
        raise NotCsvError(line, str(error)) from None


def row_problem(cells: int, names: int, *, cut_off: bool) -> tuple[str, str] | None:
    """What is wrong with a row, by the numbers of its cells and of the header's names, and the fix.

    A row with too few cells is valid, unless the text ends in it: it's `cut_off`.
    """
    if cells > names:
        return (
            f"This row has {cells} cells, but the header has {names}.",
            "Quote cells that contain commas.",
        )
    if cells < names and cut_off:
        return (
            f"The file ends in this row, which has {cells} of {names} cells.",
            "The file is cut off. Export it again.",
        )
    return None


def separator_of(line: str) -> str:
    """The separator of a header: the most frequent one of comma, semicolon, and tab."""
    return max(_SEPARATORS, key=line.count)


def _row(names: list[str], cells: list[str], mark: int) -> Mapping:
    row = Mapping(mark)
    for name, cell in zip(names, cells, strict=False):
        if name:
            row.put(name, read_cell(cell, mark), mark, mark)
    return row


def read_cell(cell: str, mark: int) -> Any:
    """The value of a cell: text, the tree of its JSON with everything at one mark, or None if it's
    empty.
    """
    if not cell.strip():
        return None
    if cell.startswith('="') and (formula := _QUOTED_FORMULA.fullmatch(cell)):
        return formula[1] or None
    if cell[0] not in "{[" or cell[-1] not in "}]":
        return cell
    try:
        return at_one_mark(parse_json("", cell).root, mark)
    except InputError:
        return cell
