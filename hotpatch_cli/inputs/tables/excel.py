"""Excel workbooks: the first visible sheet whose header names machines becomes rows."""

import io
import warnings
import zipfile
from collections.abc import Iterator
from itertools import islice
from typing import Any

from hotpatch_cli.documents.files import MAX_BYTES, read_bytes
from hotpatch_cli.documents.rows import RowsDocument, header_of_rows
from hotpatch_cli.documents.tree import Document, NumberText, quoted
from hotpatch_cli.errors import InputError, missing_package, refuse
from hotpatch_cli.inputs.tables.columns import mapped

_HEADER_WITHIN = 20
_LAST_ROW = 2**20
_SMALL_PART = 8 * 2**20
_MOST_PACKED = 100
"""How much smaller than its content a part may be packed; parts up to `_SMALL_PART` bytes are read
anyhow. Apache POI refuses the same: https://poi.apache.org/apidocs/dev/org/apache/poi/openxml4j/util/ZipSecureFile.html
"""
_FIXED = {"0.0": 1, "0.00": 2, "0.000": 3, "0.0000": 4, "0.00000": 5}
"""Formats of a cell that show a fixed number of decimals: with them the zeros at the end are known.
"""


def open_document(name: str) -> Document:
    """The rows of a workbook. Raises InputError."""
    data = read_bytes(name)
    if not data.startswith(b"PK"):
        raise refuse(
            name,
            "The file isn't an Excel workbook in .xlsx format.",
            "Save it as .xlsx or CSV UTF-8.",
        )
    try:
        import openpyxl
    except ImportError:
        raise missing_package(
            name, "Reading Excel workbooks", "excel", ", or save the workbook as CSV UTF-8"
        ) from None
    try:
        _require_bounded(data, name)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns of charts and rules that it leaves out
            book = openpyxl.load_workbook(
                io.BytesIO(data), read_only=True, data_only=True, keep_links=False
            )
            return _table(book, name)
    except InputError:
        raise
    except Exception as error:  # noqa: BLE001  openpyxl answers a broken file with whatever its parser met
        said = f"Can't read the workbook ({type(error).__name__})."
        raise refuse(
            name, said, "Open it in Excel and save it again as .xlsx or CSV UTF-8."
        ) from None


def _require_bounded(data: bytes, name: str) -> None:
    """Refuse what unpacks to more than is ever read, and parts that hold next to nothing but take
    minutes to read: formats or comments without end. The sizes are those that the file states; a
    part that is larger than it states doesn't unpack.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        parts = packed.infolist()
    if sum(part.file_size for part in parts) > 4 * MAX_BYTES:
        raise refuse(
            name,
            f"The unpacked workbook is larger than {4 * MAX_BYTES // 2**20} MB.",
            "Split the file.",
        )
    for part in parts:
        if part.file_size > max(_SMALL_PART, _MOST_PACKED * part.compress_size):
            raise refuse(
                name,
                f"The part {quoted(part.filename)} of the workbook unpacks to more than "
                f"{_MOST_PACKED} times its size. It's damaged or made to take long.",
                "Open it in Excel and save it again as .xlsx or CSV UTF-8.",
            )


def _table(book: Any, name: str) -> RowsDocument:
    """The first visible sheet that names machines; where none does, the first that has anything."""
    sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    filled = [(sheet, top) for sheet in sheets if (top := _header_of(sheet)) is not None]
    if not filled:
        raise refuse(
            name,
            "The workbook's visible sheets contain no data.",
            "Check the export's filter and permissions.",
        )
    sheet, (row, cells, _) = next((pair for pair in filled if pair[1][2]), filled[0])
    others = ", ".join(quoted(other.title) for other, _ in filled if other is not sheet)
    document = RowsDocument(
        name, [f"{name}: read the sheet {quoted(sheet.title)}, ignored {others}."] if others else ()
    )
    document.root_mark = row
    names = header_of_rows(name, cells, row)
    for number, values in _rows(sheet):
        if number > row:
            document.add(names, values, number)
    return document


def _header_of(sheet: Any) -> tuple[int, list[Any], bool] | None:
    """(row, cells, whether it names machines) of the header: titles and empty rows can come before
    it.
    """
    top = [(number, cells) for number, cells in islice(_rows(sheet), _HEADER_WITHIN) if any(cells)]
    if not top:
        return None
    for number, cells in top:
        if mapped(["" if cell is None else str(cell) for cell in cells]).names_machines:
            return number, cells, True
    return *top[0], False


def _rows(sheet: Any) -> Iterator[tuple[int, list[Any]]]:
    """(number, values) of each row; the size stated in the file isn't trusted."""
    sheet.reset_dimensions()
    rows = sheet.iter_rows(max_row=_LAST_ROW)
    for number, cells in enumerate(rows, 1):
        if cells:
            yield number, [_value(cell) for cell in cells]


def _value(cell: Any) -> Any:
    """The value of a cell; a fraction with a fixed number of decimals is what the cell shows."""
    value = cell.value
    if isinstance(value, float) and not value.is_integer() and cell.number_format in _FIXED:
        return NumberText(f"{value:.{_FIXED[cell.number_format]}f}")
    return value
