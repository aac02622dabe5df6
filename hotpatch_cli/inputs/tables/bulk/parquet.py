"""Parquet: DuckDB reads the columns and groups the rows; only profiles come here."""

from collections.abc import Iterable, Iterator
from typing import Any

from hotpatch_cli.documents.rows import RowsDocument, header_of_rows, plain
from hotpatch_cli.documents.tree import MAX_SCALAR, Log
from hotpatch_cli.errors import SHOWN_AT_MOST, refuse
from hotpatch_cli.inputs.fields import WHOLE
from hotpatch_cli.inputs.tables.bulk.detect import DetectedTable
from hotpatch_cli.inputs.tables.bulk.engine import Engine, literal, quoted, reading
from hotpatch_cli.inputs.tables.bulk.profiles import (
    CHUNK,
    KEY,
    Profile,
    check_values,
    checked,
    deciding,
    note_missing_name,
)
from hotpatch_cli.inputs.tables.cells import MISSING, NAME_IN_ID, PLATFORM_IN_ID
from hotpatch_cli.inputs.tables.columns import Columns, mapped
from hotpatch_cli.schedule.freezes import Freeze

_MISSING = ", ".join(map(literal, sorted(MISSING)))
_LONGEST_MISSING = max(map(len, MISSING))
_TIDY = (
    "strlen({0}) BETWEEN "
    f"{_LONGEST_MISSING + 1} AND {MAX_SCALAR}"
    " AND {0}[1] BETWEEN '!' AND '~' AND {0}[-1] BETWEEN '!' AND '~' AND NOT contains({0}, '/')"
)
"""SQL of whether a text needs no second look: no outer spaces, no word that means nothing, no
slash.
"""
SPACES = (
    "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680"
    + "".join(map(chr, range(0x2000, 0x200B)))
    + "\u2028\u2029\u202f\u205f\u3000"
)
"""What `str.strip` takes away."""


class Parquet:
    """A Parquet file. Once its profiles were taken, `relation` gives row, name, id and profile of
    each machine.
    """

    to_tree = staticmethod(plain)

    def __init__(self, detected: DetectedTable, chosen: dict[str, str], engine: Engine) -> None:
        """Raises InputError where it is no Parquet, or two columns have one name."""
        self.file = detected.name
        self.relation = ""
        self.told_apart_by = KEY
        self._tidy = False
        self._engine = engine
        self._scan = (
            f"read_parquet({literal(engine.link(detected.name))}, "
            "file_row_number = true, hive_partitioning = false)"
        )
        self._expressions = self._leaves()
        self.columns: Columns = mapped(list(self._expressions), chosen)
        self._rows = self._scan

    def _leaves(self) -> dict[str, str]:
        """Column -> SQL: of a struct such as `arc` each field is a column, named with dots, as in
        other tables.
        """
        try:
            with reading(self.file):
                relation = self._engine.connection.sql(
                    f"SELECT * EXCLUDE file_row_number FROM {self._scan}"
                )
        except self._engine.binder_error:
            said = "The column name 'file_row_number' is reserved."
            raise refuse(self.file, said, "Rename the column.") from None
        leaves: dict[str, str] = {}
        for name, kind in zip(relation.columns, relation.types, strict=True):
            _add_leaves(leaves, name, quoted(name), kind)
        header_of_rows(self.file, list(leaves), 1)
        return leaves

    def profiles(self, freezes: Iterable[Freeze]) -> Iterator[list[Profile]]:
        """The profiles, some thousands at a time. Raises InputError for missing names and wrong
        values.
        """
        freezes = tuple(freezes)
        with reading(self.file):
            aligned = self._none(f"NOT ({self._aligned()})")
            self._tidy = aligned or self._none(self._untidy())
            self.told_apart_by = "lower(name)" if aligned else KEY
            if not self._tidy:
                filled = " OR ".join(
                    f"{self._expressions[column]} IS NOT NULL" for column in self.columns.fields
                )
                self._rows = (
                    f"{self._scan} WHERE ({filled})"  # rows of nothing are no machines, as in CSV
                )
            self._check(freezes)
            cells = [
                *(self._expressions[column] for column in deciding(self.columns, freezes)),
                self._platform(),
            ]
            listed = ", ".join(f"{cell} AS c{number}" for number, cell in enumerate(cells))
            keys = ", ".join(f"c{number}" for number in range(len(cells)))
            self._engine.run(
                "CREATE TABLE profile AS "
                f"SELECT row_number() OVER ()::INTEGER AS profile, machines, row, {keys} "
                f"FROM (SELECT {listed}, count(*) AS machines, min(file_row_number) + 1 AS row "
                f"FROM {self._rows} GROUP BY ALL ORDER BY row)"
            )
            same = " AND ".join(
                f"source.c{number} IS NOT DISTINCT FROM profile.c{number}"
                for number in range(len(cells))
            )
            self.relation = (
                f"(SELECT source.row, name, id, profile "
                f"FROM (SELECT {self._named()}, {listed} FROM {self._rows}) source "
                f"JOIN profile ON {same})"
            )
            query = f"SELECT profile, machines, row, {keys} FROM profile ORDER BY profile"
            for rows in self._engine.batches(query, CHUNK):
                yield [
                    Profile(number, many, row, tuple(rest[:-1]), rest[-1])
                    for number, many, row, *rest in rows
                ]

    @property
    def names(self) -> str:
        """SQL of a relation with row, name and id of each machine."""
        return f"(SELECT {self._named()} FROM {self._rows})"

    def _check(self, freezes: tuple[Freeze, ...]) -> None:
        """Names that are missing or no names, and the values that no profile has."""
        log = Log(RowsDocument(self.file))
        wrong = f"name IS NULL OR strlen(name) > {MAX_SCALAR} OR strlen(id) > {MAX_SCALAR}"
        query = (
            f"SELECT row, name IS NULL FROM {self.names} WHERE {wrong} "
            f"ORDER BY row LIMIT {SHOWN_AT_MOST + 1}"
        )
        rows = [] if self._tidy else self._engine.run(query)
        for row, missing in rows:
            if missing:
                note_missing_name(log, row)
            else:
                log.add(row, f"The name or id has more than {MAX_SCALAR} bytes.", "Shorten it.")
        for column in checked(self.columns, freezes):
            cell = self._expressions[column]
            query = f"SELECT {cell}, min(file_row_number) + 1 FROM {self._rows} GROUP BY ALL"
            for batch in self._engine.batches(query, CHUNK):
                check_values(
                    self.columns.fields[column],
                    [(plain(value, row), row) for value, row in batch],
                    log,
                )
        log.finish()

    def _column(self, path: str) -> str | None:
        """SQL of a column as text."""
        for column, field in self.columns.fields.items():
            if field == path:
                return f"({self._expressions[column]}::VARCHAR)"
        return None

    def _none(self, test: str) -> bool:
        """Whether a test is true of no row."""
        return (
            self._engine.run(f"SELECT 1 FROM {self._scan} WHERE coalesce({test}, true) LIMIT 1")
            == []
        )

    def _aligned(self) -> str:
        """SQL of whether an id ends in the name as it should: then the name is tidy and identifies
        the machine.
        """
        name, resource_id = self._column("name"), self._column("id")
        if name is None or resource_id is None:
            return "false"
        return (
            f"{_TIDY.format(name)} AND starts_with({resource_id}, '/') "
            f"AND ends_with({resource_id}, '/' || {name})"
        )

    def _untidy(self) -> str:
        """SQL of whether anything about name or id needs a closer look: most tables are spared the
        work of it.
        """
        name, resource_id = self._column("name"), self._column("id")
        if name is None:
            return "true"
        test = f"NOT ({_TIDY.format(name)})"
        if resource_id is None:
            return test
        return (
            f"{test} OR NOT starts_with({resource_id}, '/') "
            f"OR {resource_id}[-1] NOT BETWEEN '!' AND '~'"
        )

    def _text(self, path: str) -> str | None:
        """SQL of a column as text without outer spaces, NULL where it is missing; work is left out
        where it can be.
        """
        text = self._column(path)
        if text is None or (self._tidy and path in ("name", "id")):
            return text
        text = f"trim({text}, {literal(SPACES)})"
        return f"CASE WHEN lower({text}) NOT IN ({_MISSING}) THEN {text} END"

    def _named(self) -> str:
        return f"file_row_number + 1 AS row, {self._name()} AS name, {self._id()} AS id"

    def _id(self) -> str:
        return self._text("id") or "NULL::VARCHAR"

    def _name(self) -> str:
        named, resource_id = self._text("name"), self._text("id")
        if self._tidy or resource_id is None:
            return named or "NULL::VARCHAR"
        name_in_id = f"nullif(regexp_extract({resource_id}, {literal(NAME_IN_ID)}, 1), '')"
        return f"coalesce({named}, {name_in_id})" if named else name_in_id

    def _platform(self) -> str:
        """SQL of the platform that the id implies, where the row has none of its own."""
        own, resource_id = self._text("platform"), self._text("id")
        if resource_id is None:
            return "NULL::VARCHAR"
        kinds = " ".join(
            f"WHEN contains(lower({resource_id}), {literal(part)}) THEN {literal(platform)}"
            for platform, part in PLATFORM_IN_ID
        )
        return f"CASE {f'WHEN ({own}) IS NOT NULL THEN NULL ' if own else ''}{kinds} END"


def _add_leaves(leaves: dict[str, str], name: str, sql: str, kind: Any) -> None:
    if kind.id != "struct" or name.rpartition(".")[2].lower() in WHOLE:
        leaves[name] = sql
        return
    for inner, inner_kind in kind.children:
        _add_leaves(leaves, f"{name}.{inner}", f"{sql}.{quoted(inner)}", inner_kind)
