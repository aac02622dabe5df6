"""The rows of a workbook from standard input, as lines of JSON: a process of its own.

The reader of workbooks holds a sheet as one block from its first to its last cell, and ends the
whole process where memory doesn't suffice. Here it ends this one alone. Nothing of the program is
imported.
"""

import io
import json
import sys
from datetime import date, time
from typing import Any

_MEMORY = 3 * 2**30
"""Bytes that the process may have, where the system can limit them."""
DAMAGED, LARGE = 65, 66
"""Exit codes: the reader refuses the file, and standard error has the name of its error; or its
cells are more text than was asked for.
"""


def main() -> int:
    """Write a line `[sheet]` for each visible sheet, and a line `[row, cells]` for each of its
    rows that has any: at most as many characters as the first argument says.
    """
    _limit_memory()
    left = int(sys.argv[1])
    from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
        for number, sheet in enumerate(book.sheets_metadata):
            if (sheet.visible, sheet.typ) != (SheetVisibleEnum.Visible, SheetTypeEnum.WorkSheet):
                continue
            sys.stdout.write(json.dumps([sheet.name]) + "\n")
            for row, cells in enumerate(book.get_sheet_by_index(number).iter_rows(), 1):
                values = [_value(cell) for cell in cells]
                if any(value is not None for value in values):
                    line = json.dumps([row, values])
                    left -= len(line)
                    if left < 0:
                        return LARGE
                    sys.stdout.write(line + "\n")
    except (CalamineError, ValueError) as error:
        sys.stderr.write(type(error).__name__)
        return DAMAGED
    return 0


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    if most in (-1, resource.RLIM_INFINITY) or most > _MEMORY:
        try:
            resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, most))
        except (OSError, ValueError):  # macOS refuses some limits
            return


def _value(cell: Any) -> Any:
    """A cell as JSON has it; an empty cell is null, a date or a time of day is its ISO text."""
    if cell == "":
        return None
    if isinstance(cell, str | bool | int | float):
        return cell
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)


if __name__ == "__main__":
    sys.exit(main())
