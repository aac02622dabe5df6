"""DuckDB with bounded memory, in a folder of its own: no network, no extensions, no file but the
one that is given.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from hotpatch_cli.documents.new_file import WorkFolder
from hotpatch_cli.errors import missing_package, refuse
from hotpatch_cli.inputs.tables.parquet import damaged_parquet

MEMORY = "384MB"
"""DuckDB's memory limit; the rest goes to the temporary folder. The process needs some more for
itself.
"""

_FULL = ("No space left", "not enough space", "Disk quota exceeded")
"""What systems and DuckDB say of a disk without room."""
_QUIET = "SET enable_progress_bar = false"


def available() -> bool:
    """Whether DuckDB is installed."""
    from importlib.util import find_spec

    return find_spec("duckdb") is not None


class Engine:
    """A database file in a temporary folder, gone when the `with` ends."""

    def __init__(self) -> None:
        """Raises InputError where DuckDB is not installed, or there is no room for its files."""
        if not available():
            raise missing_package("--bulk", "Reading large tables", "bulk")
        import duckdb

        self.binder_error = duckdb.BinderException
        with _with_room():
            self._folder = WorkFolder()
        self.folder = self._folder.path
        settings: dict[str, Any] = {
            "memory_limit": MEMORY,
            "temp_directory": str(self.folder / "spilled"),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
        with _with_room():
            self.connection = duckdb.connect(str(self.folder / "bulk.db"), config=settings)
            self.connection.execute(_QUIET)

    def __enter__(self) -> "Engine":
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _at: TracebackType | None,
    ) -> None:
        import duckdb

        try:
            with suppress(duckdb.Error):  # what it couldn't write isn't needed any more
                self.connection.close()
        finally:  # a signal may have come while it closed
            self._folder.remove()

    def link(self, name: str) -> str:
        """A name for a file that DuckDB takes for nothing but a file: no pattern, no address, no
        partition.
        """
        path, link = Path(name).absolute(), self.folder / "source"
        try:
            link.symlink_to(path)
        except OSError:  # where links are a privilege, the name itself has to do
            return str(path)
        return str(link)

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of a statement. Raises InputError where its files have no room."""
        with _with_room():
            return self.connection.execute(sql, list(parameters)).fetchall()

    def batches(self, sql: str, size: int) -> Iterator[list[tuple[Any, ...]]]:
        """The rows of a query in batches, while other statements may run."""
        cursor = self.connection.cursor()
        cursor.execute(_QUIET)
        cursor.execute(sql)
        while True:
            with _with_room():
                rows = cursor.fetchmany(size)
            if not rows:
                return
            yield rows


@contextmanager
def _with_room() -> Iterator[None]:
    """A full temporary folder is no bug, and no fault of the table. Raises InputError."""
    import duckdb

    try:
        yield
    except (OSError, duckdb.Error) as error:
        is_full = isinstance(error, OSError | duckdb.OutOfMemoryException)
        if not is_full and not any(words in str(error) for words in _FULL):
            raise
        place = os.environ.get("TMPDIR") or "temporary folder"
        message = "The temporary folder has too little space for the table, or can't be written."
        raise refuse(place, message, "Set TMPDIR to a folder with more space.") from None


@contextmanager
def reading(file: str) -> Iterator[None]:
    """DuckDB's errors on a file, in our words: its own repeat rows of the file, which can contain
    secrets. Raises InputError.
    """
    import duckdb

    try:
        yield
    except (
        duckdb.InvalidInputException,
        duckdb.IOException,
        duckdb.ConversionException,
        duckdb.SerializationException,
    ):
        raise damaged_parquet(file) from None
    except duckdb.Error as error:
        if type(error) is not duckdb.Error and not isinstance(error, duckdb.InternalException):
            raise
        raise damaged_parquet(file) from None


def quoted(name: str) -> str:
    """A name as an identifier of SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"
