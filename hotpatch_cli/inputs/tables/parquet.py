"""Parquet files, read by DuckDB: rows with their columns, nested ones too."""

import re
from pathlib import Path

from hotpatch_cli.documents.files import opened
from hotpatch_cli.documents.rows import RowsDocument, header_of_rows
from hotpatch_cli.documents.tree import Document
from hotpatch_cli.errors import InputError, missing_package, refuse

_AT_ONCE = 10_000


def damaged_parquet(file: str) -> InputError:
    """A refusal of a file that DuckDB can't read as Parquet."""
    return refuse(file, "The file isn't in Parquet format, or it's damaged.", "Export it again.")


def open_document(name: str) -> Document:
    """The rows of a Parquet file. Raises InputError."""
    with opened(name) as stream:
        if stream.read(4) != b"PAR1":
            raise damaged_parquet(name)
    try:
        import duckdb
    except ImportError:
        raise missing_package(name, "Reading Parquet files", "bulk") from None
    literal = re.sub(
        r"([*?\[])", r"[\1]", str(Path(name).absolute())
    )  # a file's name is no pattern
    document = RowsDocument(name)
    try:
        with duckdb.connect(":memory:") as database:
            result = database.execute("SELECT * FROM read_parquet(?)", [literal])
            names = header_of_rows(name, [column[0] for column in result.description or ()], 1)
            while rows := result.fetchmany(_AT_ONCE):
                for row in rows:
                    document.add(names, row, len(document.root) + 1)
    except duckdb.Error:
        raise damaged_parquet(name) from None
    return document
