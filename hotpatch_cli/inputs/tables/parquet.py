"""Parquet files, read by DuckDB: rows with their columns, nested ones too."""

import re
from pathlib import Path

from hotpatch_cli.documents.files import opened
from hotpatch_cli.documents.rows import RowsDocument, header_of_rows
from hotpatch_cli.documents.tree import Document
from hotpatch_cli.errors import refuse

_AT_ONCE = 10_000


def open_document(name: str) -> Document:
    """The rows of a Parquet file. Raises InputError."""
    with opened(name) as stream:
        if stream.read(4) != b"PAR1":
            raise refuse(name, "This is no Parquet file.", "A Parquet file begins with PAR1.")
    try:
        import duckdb
    except ImportError:
        raise refuse(
            name, "Parquet files need DuckDB.", "Run: pip install 'hotpatch-cli[bulk]'."
        ) from None
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
    except duckdb.Error as error:
        said = f"This Parquet file cannot be read ({type(error).__name__})."
        raise refuse(name, said, "It may be cut off: write it anew.") from None
    return document
