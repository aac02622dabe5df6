"""Which file is a large table of machines: by its name and its first bytes, before anything is
read.
"""

import csv
import io
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any, Literal, NamedTuple

from hotpatch_cli.documents.csv_text import LONGEST_CELL, SEPARATOR_LINE, TYPE_LINE, separator_of
from hotpatch_cli.documents.json_text import is_json_lines, parse_json
from hotpatch_cli.errors import InputError
from hotpatch_cli.inputs.tables.columns import mapped

Kind = Literal["parquet", "csv", "jsonl"]
LARGE = {"parquet": 2**20, "csv": 16 * 2**20, "jsonl": 32 * 2**20}
"""From so many bytes on a table is large: some 100,000 machines."""

_LOOKED_AT = 2**20
_PARQUET = b"PAR1"
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_OTHERS = frozenset({"properties", "hotfixid", "host name"})
"""Columns of tables that other readers know: Resource Graph, Get-HotFix, systeminfo."""


class NotCsvError(Exception):
    """The text is not CSV: from which line on, and what is wrong."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line = line


class DetectedTable(NamedTuple):
    """A table: its name as given, its kind, its encoding, and how many bytes it has."""

    name: str
    kind: Kind
    encoding: str
    size: int

    @property
    def large(self) -> bool:
        """Whether its machines are too many to be read one by one."""
        return self.size >= LARGE[self.kind]


def detect(name: str) -> DetectedTable | None:
    """The table in a file; None for standard input, for what is no table, and for what cannot be
    read.
    """
    path = Path(name)
    try:
        if name == "-" or not path.is_file():
            return None
        with path.open("rb") as stream:
            start = stream.read(_LOOKED_AT)
        size = path.stat().st_size
    except (OSError, ValueError):
        return None
    if start.startswith(_PARQUET) or path.suffix.lower() == ".parquet":
        return DetectedTable(name, "parquet", "", size)
    encoding = next((each for bom, each in _BOMS if start.startswith(bom)), "utf-8")
    text = start.decode(encoding, "ignore")
    if path.suffix.lower() in (".jsonl", ".ndjson") or is_json_lines(text):
        return (
            DetectedTable(name, "jsonl", encoding, size)
            if _names_machines(_first_keys(text))
            else None
        )
    return (
        DetectedTable(name, "csv", encoding, size)
        if _is_csv(path, text) and _names_machines(_first_row(text))
        else None
    )


def _is_csv(path: Path, text: str) -> bool:
    return path.suffix.lower() in (".csv", ".tsv", ".txt", "") and text.lstrip()[:1] not in (
        "{",
        "[",
    )


def _names_machines(header: list[str]) -> bool:
    """Whether this is a header of machines that no other reader knows."""
    return mapped(header).names_machines and not _OTHERS & {
        name.strip().casefold() for name in header
    }


def _first_keys(text: str) -> list[str]:
    try:
        return list(parse_json("", text.lstrip().split("\n", 1)[0]).root)
    except (InputError, TypeError):
        return []


def _first_row(text: str) -> list[str]:
    try:
        return next(rows_of(io.StringIO(text, newline="")), (0, []))[1]
    except NotCsvError:
        return []


def rows_of(stream: Any) -> Iterator[tuple[int, list[str]]]:
    """(line, cells) of the rows of CSV, the header first; Raises NotCsvError."""
    above, first = 0, stream.readline()
    stated = SEPARATOR_LINE.match(first)
    if stated or TYPE_LINE.match(first):
        above, first = 1, stream.readline()
    csv.field_size_limit(LONGEST_CELL)
    delimiter = stated[1] if stated else separator_of(first)
    reader = csv.reader(chain((first,), stream), delimiter=delimiter, strict=True)
    line = above + 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield line, cells
            line = above + reader.line_num + 1
    except csv.Error as error:
        raise NotCsvError(line, str(error)) from None
