"""Tables that aren't text: a list of mappings, one a row, with row numbers as marks."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, time
from decimal import Decimal
from typing import Any

from hotpatch_cli.documents.tree import Document, Log, Mapping, NumberText, Position, quoted
from hotpatch_cli.documents.tree import Sequence as Items

MAX_COLUMNS = 2000


class Inexact(NumberText):
    """A fraction from a binary number, without zeros at its end: 26100.4770 became 26100.477."""

    __slots__ = ()


class RowsDocument(Document):
    """A document whose marks are row numbers, from 1. `notes` are messages for the user."""

    __slots__ = ("notes",)

    def __init__(self, file: str, notes: Iterable[str] = ()) -> None:
        super().__init__(file, "")
        self.root = Items(1)
        self.root_mark = 1
        self.notes = tuple(notes)

    def position(self, mark: int) -> Position:
        """The row, as the line."""
        return Position(self.file, max(mark, 1), 1)

    def add(self, names: Sequence[str], cells: Sequence[Any], row: int) -> None:
        """Add a row, without cells that have no name in the header; an empty row is skipped."""
        node = Mapping(row)
        for name, cell in zip(names, cells, strict=False):
            if name and cell is not None:
                node.put(name, plain(cell, row), row, row)
        if node:
            self.root.put(node, row)


def header(cells: Sequence[Any], mark: int, log: Log) -> list[str]:
    """The names of columns, without outer spaces.

    The log gets a problem for too many columns, and for a repeated one, in any letter case.
    """
    if len(cells) > MAX_COLUMNS:
        message = f"The table has {len(cells)} columns; the limit is {MAX_COLUMNS}."
        log.add(mark, message, "Remove some of them.")
        return []
    names = ["" if cell is None else str(cell).strip() for cell in cells]
    counts = Counter(name.casefold() for name in names if name)
    for name, count in counts.items():
        if count > 1:
            message = f"The header has the column {quoted(name)} twice."
            log.add(mark, message, "Rename or remove one.")
    return names


def header_of_rows(file: str, cells: Sequence[Any], row: int) -> list[str]:
    """The names of columns of a table whose marks are rows. Raises InputError."""
    log = Log(RowsDocument(file))
    names = header(cells, row, log)
    log.finish()
    return names


def plain(value: Any, row: int) -> Any:
    """A value of a table for a tree: text, booleans, numbers as written, lists, and mappings."""
    if isinstance(value, dict):
        node = Mapping(row)
        for key, part in value.items():
            node.put(str(key), plain(part, row), row, row)
        return node
    if isinstance(value, list | tuple):
        items = Items(row)
        for item in value:
            items.put(plain(item, row), row)
        return items
    return value if value is None or isinstance(value, bool | str) else _scalar(value)


def _scalar(value: Any) -> str:
    if isinstance(value, float):
        whole = value.is_integer() and abs(value) < 1e15  # noqa: PLR2004  so far every whole number has its own float
        return NumberText(int(value)) if whole else Inexact(value)
    if isinstance(value, int | Decimal):
        return NumberText(value)
    if isinstance(value, date | time):
        return value.isoformat()
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
