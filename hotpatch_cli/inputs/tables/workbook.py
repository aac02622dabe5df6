"""Workbooks (.xlsx, .xlsm, .xls, .ods): the first visible sheet whose header names machines becomes
rows.
"""

import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from functools import cache
from importlib.util import find_spec
from typing import IO, Any, NamedTuple

from hotpatch_cli.documents.files import MAX_BYTES, read_bytes
from hotpatch_cli.documents.rows import RowsDocument, header_of_rows
from hotpatch_cli.documents.tree import Document, quoted
from hotpatch_cli.errors import InputError, missing_package, refuse
from hotpatch_cli.inputs.tables import workbook_process
from hotpatch_cli.inputs.tables.columns import mapped

_BEGINNINGS = (b"PK", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
"""A zip (.xlsx, .ods) and a compound file (.xls)."""
_PLAN = {"tfplan", "tfstate"}
"""Parts of a binary Terraform plan."""
_HEADER_WITHIN = 20
_MOST_CELLS = 2**25
"""Cells from A1 to the last cell of a sheet that are read, empty ones included: the reader holds
them all.
"""
_CELL = re.compile(rb"""\br=["']([A-Za-z]{1,7})([0-9]{1,10})["']""")
_CHUNK, _LONGEST_CELL = 2**20, 22
_SECONDS = 120


class _Sheet(NamedTuple):
    """A visible sheet: its title, and (number, cells) of each row that has any."""

    title: str
    rows: list[tuple[int, list[Any]]]


def open_document(name: str) -> Document:
    """The rows of a workbook. Raises InputError, also for a binary Terraform plan, which is a zip
    too.
    """
    data = read_bytes(name)
    if not data.startswith(_BEGINNINGS):
        raise refuse(
            name, "The file isn't a workbook (.xlsx, .xls, or .ods).", "Save it as CSV UTF-8."
        )
    if data.startswith(b"PK"):
        _require_bounded(data, name)
    if find_spec("python_calamine") is None:
        raise missing_package(
            name, "Reading workbooks", "excel", ", or save the workbook as CSV UTF-8"
        )
    return _table(name, _sheets(data, name))


def _require_bounded(data: bytes, name: str) -> None:
    """Refuse what is no workbook, what unpacks to more than is ever read, and sheets that are few
    bytes and a block of billions of cells.

    The sizes are those that the file states; a part that is larger than it states doesn't unpack.
    """
    extents: dict[str, tuple[int, int]] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            is_large = sum(part.file_size for part in packed.infolist()) > 4 * MAX_BYTES
            for part in [] if is_large else packed.namelist():
                with packed.open(part) as stream:
                    extents[part] = _extent(stream)
    except Exception as error:  # noqa: BLE001  zipfile answers a damaged file with whatever it met
        raise _unreadable(name, f" ({type(error).__name__})") from None
    if extents.keys() >= _PLAN:
        message = "This is a Terraform plan in its binary format."
        raise refuse(name, message, f"Run `terraform show -json {name}` and use its output.")
    if is_large:
        raise _too_large(name)
    for part, (rows, columns) in extents.items():
        if rows * columns > _MOST_CELLS:
            raise refuse(
                name,
                f"The sheet {quoted(part)} reaches to row {rows} and column {columns}: more than "
                f"{_MOST_CELLS} cells with the empty ones.",
                "Delete its empty rows and columns, or save it as CSV UTF-8.",
            )


def _extent(stream: IO[bytes]) -> tuple[int, int]:
    """The largest row and column that a part of an .xlsx file names, from 1; 0 where it names
    none.
    """
    rows = columns = 0
    rest = b""
    while chunk := stream.read(_CHUNK):
        for column, row in _CELL.findall(rest + chunk):
            rows = max(rows, int(row))
            columns = max(columns, _column_number(column))
        rest = chunk[-_LONGEST_CELL:]
    return rows, columns


@cache
def _column_number(letters: bytes) -> int:
    """The number of a column, from 1: AA is 27."""
    number = 0
    for letter in letters.upper():
        number = 26 * number + letter - ord("@")
    return number


def _sheets(data: bytes, name: str) -> list[_Sheet]:
    """The visible sheets, from a process of its own. Raises InputError."""
    command = [sys.executable, "-P", workbook_process.__file__, str(MAX_BYTES)]
    try:
        done = subprocess.run(  # noqa: S603  fixed words
            command, input=data, capture_output=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise _unreadable(name, f": it takes more than {_SECONDS} seconds") from None
    if done.returncode == workbook_process.DAMAGED:
        raise _unreadable(name, f" ({done.stderr.decode()})")
    if done.returncode == workbook_process.LARGE:
        raise _too_large(name)
    if done.returncode:
        raise _unreadable(name, ": the library that reads it gave up")
    sheets: list[_Sheet] = []
    for line in done.stdout.splitlines():
        match json.loads(line):
            case [title]:
                sheets.append(_Sheet(title, []))
            case [number, cells]:
                sheets[-1].rows.append((number, cells))
    return sheets


def _too_large(name: str) -> InputError:
    return refuse(name, "The unpacked workbook is too large.", "Split it, or save it as CSV UTF-8.")


def _unreadable(name: str, why: str) -> InputError:
    return refuse(
        name,
        f"Can't read the workbook{why}.",
        "Open it in Excel and save it again as .xlsx or CSV UTF-8.",
    )


def _table(name: str, sheets: Iterable[_Sheet]) -> RowsDocument:
    """The first sheet that names machines; where none does, the first that has anything."""
    filled = [sheet for sheet in sheets if sheet.rows]
    if not filled:
        raise refuse(
            name,
            "The workbook's visible sheets contain no data.",
            "Check the export's filter and permissions.",
        )
    headers = {sheet.title: header for sheet in filled if (header := _header_of(sheet))}
    sheet = next((sheet for sheet in filled if sheet.title in headers), filled[0])
    others = ", ".join(quoted(other.title) for other in filled if other is not sheet)
    document = RowsDocument(
        name, [f"{name}: read the sheet {quoted(sheet.title)}, ignored {others}."] if others else ()
    )
    row, cells = headers.get(sheet.title, sheet.rows[0])
    document.root_mark = row
    names = header_of_rows(name, cells, row)
    for number, values in sheet.rows:
        if number > row:
            document.add(names, values, number)
    return document


def _header_of(sheet: _Sheet) -> tuple[int, list[Any]] | None:
    """The row that names machines: titles and empty rows can come before it."""
    for number, cells in sheet.rows:
        if number > _HEADER_WITHIN:
            return None
        if mapped(["" if cell is None else str(cell) for cell in cells]).names_machines:
            return number, cells
    return None
