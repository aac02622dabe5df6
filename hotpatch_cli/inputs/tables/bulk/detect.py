"""Which file is a large table of machines: by its name and its first bytes, before anything is
read.
"""

import io
import os
from pathlib import Path
from typing import Literal, NamedTuple

from hotpatch_cli.documents.csv_text import NotCsvError, csv_rows
from hotpatch_cli.documents.files import encoding_of
from hotpatch_cli.documents.json_text import parse_json
from hotpatch_cli.documents.run_files import files_of_run
from hotpatch_cli.errors import InputError
from hotpatch_cli.inputs.tables.columns import mapped
from hotpatch_cli.inputs.text_kind import text_kind

Kind = Literal["parquet", "csv", "jsonl"]
LARGE = {"parquet": 2**20, "csv": 16 * 2**20, "jsonl": 32 * 2**20}
"""Size in bytes from which a table is large: about 100,000 machines."""

_LOOKED_AT = 2**20
_PARQUET = b"PAR1"
_OTHERS = frozenset({"properties", "hotfixid", "host name"})
"""Columns of tables that other readers know: Resource Graph, Get-HotFix, systeminfo."""


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
            files_of_run().add_read(name, os.fstat(stream.fileno()))
            start = stream.read(_LOOKED_AT)
        size = path.stat().st_size
    except (OSError, ValueError):
        return None
    if start.startswith(_PARQUET) or path.suffix.lower() == ".parquet":
        return DetectedTable(name, "parquet", "", size)
    encoding = encoding_of(start)
    text = start.decode(encoding, "ignore")
    kind = text_kind(name, text)
    if kind == "jsonl":
        header = _first_keys(text)
    elif kind == "csv":
        header = _first_row(text)
    else:
        return None
    return DetectedTable(name, kind, encoding, size) if _names_machines(header) else None


def _names_machines(header: list[str]) -> bool:
    """Whether this is a header of machines that no other reader knows."""
    lower = {name.strip().casefold() for name in header}
    return mapped(header).names_machines and not _OTHERS & lower


def _first_keys(text: str) -> list[str]:
    try:
        return list(parse_json("", text.lstrip().split("\n", 1)[0]).root)
    except (InputError, TypeError):
        return []


def _first_row(text: str) -> list[str]:
    try:
        return next(csv_rows(io.StringIO(text, newline="")), (0, []))[1]
    except NotCsvError:
        return []
