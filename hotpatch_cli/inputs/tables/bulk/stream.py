"""CSV and JSON Lines as a stream: rows become numbers of profiles in the database, cells of
profiles are kept once.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from hotpatch_cli.documents.rows import RowsDocument
from hotpatch_cli.documents.tree import MAX_SCALAR, Log
from hotpatch_cli.errors import SHOWN_AT_MOST
from hotpatch_cli.inputs.tables.bulk.detect import DetectedTable
from hotpatch_cli.inputs.tables.bulk.engine import Engine
from hotpatch_cli.inputs.tables.bulk.profiles import (
    CHUNK,
    KEY,
    Profile,
    ToTree,
    check_values,
    checked,
    deciding,
    note_missing_name,
)
from hotpatch_cli.inputs.tables.bulk.row_sources import RowSource, csv_source, json_source
from hotpatch_cli.inputs.tables.cells import MISSING, name_in, platform_in, value_of
from hotpatch_cli.inputs.tables.columns import Columns, mapped
from hotpatch_cli.schedule.freezes import Freeze

_SHORT = max(map(len, MISSING))
_SPECIAL = frozenset("=[{")
_BATCH = 20_000
_INSERT = (
    "INSERT INTO machine SELECT unnest(?::BIGINT[]), unnest(?::VARCHAR[]), "
    "unnest(?::VARCHAR[]), unnest(?::INTEGER[])"
)


class Streamed:
    """A table that is read row by row into the database table `machine`: row, name, id, profile."""

    relation = names = "machine"
    told_apart_by = KEY

    def __init__(self, detected: DetectedTable, chosen: dict[str, str], engine: Engine) -> None:
        """Raises InputError where the header cannot be read."""
        self.file = detected.name
        self._source = (
            csv_source(detected) if detected.kind == "csv" else json_source(detected, engine)
        )
        self.columns: Columns = mapped(self._source.header, chosen)
        self.to_tree: ToTree = self._source.to_tree
        self._engine = engine

    def profiles(self, freezes: Iterable[Freeze]) -> Iterator[list[Profile]]:
        """The profiles, some thousands at a time; the rows are in the database at the end. Raises
        InputError.
        """
        self._engine.run(
            "CREATE TABLE machine (row BIGINT, name VARCHAR, id VARCHAR, profile INTEGER)"
        )
        log = Log(RowsDocument(self.file))
        rows = _Rows(self._source, self.columns, tuple(freezes), log)
        for line, cells in self._source.rows(log):
            rows.add(line, cells)
            if len(rows.batch) >= _BATCH:
                self._engine.run(_INSERT, rows.taken())
            if len(rows.seen) >= CHUNK:
                yield rows.finished()
            if len(log.problems) > SHOWN_AT_MOST:
                break
        log.finish()
        self._engine.run(_INSERT, rows.taken())
        yield rows.finished()


class _Rows:
    """What is known of the rows so far: profiles that were not handed on yet, and rows not yet in
    the database.
    """

    def __init__(
        self, source: RowSource, columns: Columns, freezes: tuple[Freeze, ...], log: Log
    ) -> None:
        header, self.to_tree = source.header, source.to_tree
        at = {path: header.index(column) for column, path in columns.fields.items()}
        self.paths = [columns.fields[column] for column in deciding(columns, freezes)]
        self.places = [at[path] for path in self.paths]
        self.name, self.id, self.platform = at.get("name"), at.get("id"), at.get("platform")
        self.checked: list[tuple[str, int, set[Any]]] = [
            (columns.fields[column], header.index(column), set())
            for column in checked(columns, freezes)
        ]
        self.read = tuple(at.values())
        self.log = log
        self.batch: list[tuple[int, str, str | None, int]] = []
        self.seen: dict[Any, Profile] = {}
        self.number = 0

    def add(self, line: int, cells: Sequence[Any]) -> None:
        """Take a row in, or note what is wrong with its name and the values that no profile has."""
        if all(cells[place] in (None, "") for place in self.read):
            return
        raw_name = cells[self.name] if self.name is not None else None
        raw_id = cells[self.id] if self.id is not None else None
        identity = None if raw_id is None else self._text("id", raw_id, line)
        name = None if raw_name is None else self._text("name", raw_name, line)
        if name is None and identity is not None:
            name = name_in(identity)
        if name is None:
            note_missing_name(self.log, line)
            return
        for path, place, fine in self.checked:
            self._check(path, cells[place], fine, line)
        kind = platform_in(identity) if identity and self._no_platform(cells) else None
        values = [cells[place] for place in self.places]
        key = (
            kind,
            *(
                value if value is None or type(value) is str else _hashable(value)
                for value in values
            ),
        )
        profile = self.seen.get(key)
        if profile is None:
            self.number += 1
            profile = self.seen[key] = Profile(self.number, 0, line, tuple(values), kind)
        profile.machines += 1
        self.batch.append((line, name, identity, profile.number))

    def _no_platform(self, cells: Sequence[Any]) -> bool:
        if self.platform is None:
            return True
        cell = cells[self.platform]
        return not isinstance(cell, str) or _says_nothing(cell)

    def _text(self, path: str, cell: Any, line: int) -> str | None:
        if (
            type(cell) is str
            and _SHORT < len(cell) <= MAX_SCALAR
            and cell[0] not in _SPECIAL
            and cell == cell.strip()
        ):
            return cell  # most names and ids, without a closer look
        value = value_of(path, self.to_tree(cell, line), line)
        if value is None or (isinstance(value, str) and len(value) <= MAX_SCALAR):
            return value
        check_values(path, [(self.to_tree(cell, line), line)], self.log)
        return None

    def _check(self, path: str, cell: Any, fine: set[Any], line: int) -> None:
        key = cell if cell is None or type(cell) is str else _hashable(cell)
        if key not in fine:
            check_values(path, [(self.to_tree(cell, line), line)], self.log)
            if len(fine) < CHUNK:
                fine.add(key)

    def taken(self) -> list[list[Any]]:
        """Move the columns of the buffered rows to the database."""
        columns = [list(column) for column in zip(*self.batch, strict=True)] or [[], [], [], []]
        self.batch = []
        return columns

    def finished(self) -> list[Profile]:
        """Hand over the buffered profiles. One that occurs again gets another number: it's judged
        twice, and memory is bounded.
        """
        profiles = list(self.seen.values())
        self.seen = {}
        return profiles


def _hashable(cell: Any) -> Any:
    return (type(cell).__name__, repr(cell))


@lru_cache(maxsize=256)
def _says_nothing(platform: str) -> bool:
    return value_of("platform", platform, 0) is None
