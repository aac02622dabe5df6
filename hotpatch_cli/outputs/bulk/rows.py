"""One row a machine, in the order of the table: the columns of `check --format csv`, joined by the
profile.
"""

from collections.abc import Iterable
from pathlib import Path

from hotpatch_cli.inputs.tables.bulk.engine import Engine, literal, quoted, reading
from hotpatch_cli.inputs.tables.bulk.table import BulkTable
from hotpatch_cli.outputs.escaping import cell, csv_field
from hotpatch_cli.outputs.report_csv import CSV_COLUMNS, csv_row
from hotpatch_cli.report import Checked

_JUDGED = CSV_COLUMNS[2:]
_DAYS = ("next_baseline", "by", "coming_baseline")
_STRANGE = r"[^\p{L}\p{M}\p{N}\p{P}\p{S} ]"
"""A letter that is no letter, mark, number, punctuation, symbol or plain space: it may not be shown
as it is.
"""
_BATCH = 20_000


class Results:
    """The verdicts of profiles, kept in the database until the machines are written."""

    def __init__(self, engine: Engine, form: str) -> None:
        self._engine = engine
        self._form = form
        columns = ", ".join(f"{quoted(column)} VARCHAR" for column in _JUDGED)
        self._verdict = f"verdict_{form}"
        engine.run(f"CREATE TABLE {self._verdict} (profile INTEGER, {columns})")

    def add(self, judged: Iterable[tuple[int, Checked]]) -> None:
        """Keep the results of some profiles: (number, judgment)."""
        rows = [(number, *map(self._text, csv_row(checked)[2:])) for number, checked in judged]
        if rows:
            lists = [list(column) for column in zip(*rows, strict=True)]
            values = ", ".join(["unnest(?::INTEGER[])", *["unnest(?::VARCHAR[])"] * len(_JUDGED)])
            self._engine.run(f"INSERT INTO {self._verdict} SELECT {values}", lists)

    def _text(self, value: object) -> str | None:
        if self._form == "csv":
            return csv_field(value)
        return None if value is None else str(value)

    def _told(self, column: str) -> str:
        """SQL of a column. Each column of Parquet may be empty in its schema, whatever the day has
        in it: files of several days are then of one schema, and append.
        """
        if self._form != "parquet":
            return quoted(column)
        value = f"try_cast({quoted(column)} AS DATE)" if column in _DAYS else quoted(column)
        return f"CASE WHEN row < 0 THEN NULL ELSE {value} END AS {quoted(column)}"

    def write(self, table: BulkTable, path: Path) -> None:
        """Write the machines of the profiles that were kept. Raises InputError where there is no
        room.
        """
        name = "name"
        if table.names_repeat():
            self._engine.run(
                f"CREATE OR REPLACE TABLE shared AS SELECT name FROM {table.machines} "
                "GROUP BY name HAVING count(*) > 1"
            )
            group = "regexp_extract(id, '(?i)/resourceGroups/([^/]+)', 1)"
            name = (
                f"CASE WHEN name IN (FROM shared) AND {group} <> '' "
                f"THEN {group} || '/' || name ELSE name END"
            )
        judged = map(self._told, _JUDGED)
        shown = f"{name} AS name, id"
        if self._form == "csv":
            shown = f"{self._safe(name, 'name', table)}, {self._safe('id', 'id', table)}"
        rows = f"SELECT row, profile, {shown} FROM {table.machines}"
        wanted = ", ".join([self._told("name"), self._told("id"), *judged])
        if self._form == "csv":
            wanted = _line_of("name", "id", *map(quoted, _JUDGED))
        query = f"SELECT {wanted} FROM ({rows}) JOIN {self._verdict} USING (profile) ORDER BY row"
        self._engine.run("SET threads = 1")  # each one more sorts in memory of its own
        with reading(str(path)):
            self._engine.run(f"COPY ({query}) TO {literal(str(path))} ({_OPTIONS[self._form]})")

    def _safe(self, expression: str, column: str, table: BulkTable) -> str:
        """SQL of a cell that no spreadsheet takes for a formula, and that shows control codes:
        `outputs.escaping.cell`.
        """
        strange = f"regexp_matches({expression}, {literal(_STRANGE)})"
        query = f"SELECT DISTINCT {expression} AS value FROM {table.machines} WHERE {strange}"
        self._engine.run(f"CREATE TABLE strange_{column} (value VARCHAR, shown VARCHAR)")
        for batch in self._engine.batches(query, _BATCH):
            values = [value for (value,) in batch]
            self._engine.run(
                f"INSERT INTO strange_{column} SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[])",
                [values, list(map(cell, values))],
            )
        text = f"({expression})"
        formula = f"WHEN left({text}, 1) IN ('=', '+', '-', '@') THEN '''' || {text}"
        strange = f"(SELECT shown FROM strange_{column} WHERE value = {text})"
        ((some,),) = self._engine.run(f"SELECT count(*) FROM strange_{column}")
        shown = (
            f"coalesce({strange}, CASE {formula} ELSE {text} END)"
            if some
            else f"CASE {formula} ELSE {text} END"
        )
        return f"{shown} AS {column}"


def _line_of(name: str, identity: str, *judged: str) -> str:
    """SQL of a line of CSV, as `outputs.escaping.csv_text` writes it: DuckDB chooses other line
    ends and quotes. Judged fields are kept as they are written.
    """
    doubled = "'\"' || replace({0}, '\"', '\"\"') || '\"'"
    field = f"CASE WHEN regexp_matches({{0}}, '[\",\\r\\n]') THEN {doubled} ELSE {{0}} END"
    texts = [f"coalesce({field.format(column)}, '')" for column in (name, identity)]
    header = quoted(",".join(CSV_COLUMNS) + "\r")
    return " || ',' || ".join((*texts, *judged)) + f" || chr(13) AS {header}"


_OPTIONS = {
    "csv": "FORMAT csv, HEADER true, DELIMITER '\1', QUOTE '', ESCAPE '', NULLSTR ''",
    "jsonl": "FORMAT json, ARRAY false",
    "parquet": "FORMAT parquet, COMPRESSION zstd",
}
