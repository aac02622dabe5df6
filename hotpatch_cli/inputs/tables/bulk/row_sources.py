"""The rows of CSV and JSON Lines, one after the other: bounded memory, the same parsers as for
small files.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

from hotpatch_cli.documents.csv_text import (
    LONGEST_CELL,
    NotCsvError,
    csv_rows,
    read_cell,
    row_problem,
)
from hotpatch_cli.documents.json_text import parse_json
from hotpatch_cli.documents.rows import MAX_COLUMNS, header_of_rows
from hotpatch_cli.documents.tree import Log, NumberText, quoted
from hotpatch_cli.errors import InputError, Problem, refuse
from hotpatch_cli.inputs.fields import WHOLE
from hotpatch_cli.inputs.tables.bulk.detect import DetectedTable
from hotpatch_cli.inputs.tables.bulk.engine import Engine
from hotpatch_cli.inputs.tables.bulk.profiles import ToTree
from hotpatch_cli.inputs.tables.cells import placed

_FIRST = 1_000
"""Number of lines that have all keys of most files; DuckDB checks the rest of the file quickly."""


class RowSource(NamedTuple):
    """A header, the rows under it, (line, cells) as long as the header, and how a cell becomes a
    tree.

    Reading the rows may raise InputError.
    """

    header: list[str]
    rows: Callable[[Log], Iterator[tuple[int, Sequence[Any]]]]
    to_tree: ToTree


# --- CSV ----------------------------------------


def csv_source(detected: DetectedTable) -> RowSource:
    """The rows of a CSV file. Raises InputError where its header is none."""
    with _opened(detected) as stream, _not_csv(detected.name):
        line, names = next(csv_rows(iter(stream)), (1, []))
    header = header_of_rows(detected.name, names, line)
    return RowSource(header, partial(_csv_rows, detected, len(header)), _csv_cell)


def _csv_cell(cell: str | None, mark: int) -> Any:
    return None if cell is None else read_cell(cell, mark)


def _csv_rows(detected: DetectedTable, width: int, log: Log) -> Iterator[tuple[int, list[str]]]:
    with _opened(detected) as stream, _not_csv(detected.name):
        short: tuple[int, list[str]] | None = None  # a row with too few cells may be the last one
        for line, cells in islice(csv_rows(iter(stream)), 1, None):
            if short is not None:
                yield _filled(short, width)
                short = None
            if len(cells) < width:
                short = line, cells
            elif problem := row_problem(len(cells), width, cut_off=False):
                log.add(line, *problem)
            else:
                yield line, cells
        if short is None:
            return
        if problem := row_problem(len(short[1]), width, cut_off=not stream.ended):
            log.add(short[0], *problem)
        else:
            yield _filled(short, width)


def _filled(row: tuple[int, list[str]], width: int) -> tuple[int, list[str]]:
    return row[0], row[1] + [""] * (width - len(row[1]))


@contextmanager
def _not_csv(file: str) -> Iterator[None]:
    try:
        yield
    except NotCsvError as error:
        said = f"Invalid CSV: {error}."
        raise InputError(
            [Problem(file, error.line, 1, said, "Check the quotes from here on.")]
        ) from None


@contextmanager
def _opened(detected: DetectedTable) -> Iterator["_Lines"]:
    """The text of a table. What is none is an InputError, as it is for small files."""
    try:
        with open(detected.name, encoding=detected.encoding, newline="") as stream:  # noqa: PTH123  as it is named
            yield _Lines(stream, detected.name)
    except UnicodeDecodeError:
        raise refuse(
            detected.name, "The file isn't text in UTF-8 or UTF-16.", "Save it as UTF-8."
        ) from None
    except OSError as error:
        raise refuse(detected.name, f"Can't read the file: {error.strerror}.") from None


class _Lines:
    """The lines of a stream, none too long, none with a zero byte. `ended` is true if the last one
    has its line end.
    """

    def __init__(self, stream: Any, file: str) -> None:
        self._next = partial(stream.readline, LONGEST_CELL + 1)
        self._file = file
        self.ended = True

    def __iter__(self) -> Iterator[str]:
        while line := self.readline():
            yield line

    def readline(self) -> str:
        """The next line; nothing at the end. Raises InputError."""
        line: str = self._next()
        if not line:
            return line
        if "\0" in line:
            raise refuse(
                self._file,
                "The file is binary, or UTF-16 without a byte order mark.",
                "Save it as UTF-8 text.",
            )
        if len(line) > LONGEST_CELL:
            raise refuse(
                self._file,
                f"A line has more than {LONGEST_CELL} characters.",
                "Check that the file is a table.",
            )
        self.ended = line[-1] in "\r\n"
        return line


# --- JSON Lines ----------------------------------------


def json_source(detected: DetectedTable, engine: Engine) -> RowSource:
    """The rows of JSON Lines; keys of all lines make the header, records such as `arc` by dots.
    Raises InputError.
    """
    header = _keys(islice(_objects(detected), _FIRST))
    if not _has_only(set(header), detected, engine):
        header = _keys(_objects(detected))
    if len(header) > MAX_COLUMNS:
        raise refuse(
            detected.name,
            f"The table has more than {MAX_COLUMNS} different keys.",
            "Check that the file is a table of machines.",
        )
    return RowSource(header, partial(_json_rows, detected, header), placed)


def _json_rows(
    detected: DetectedTable, header: list[str], _log: Log
) -> Iterator[tuple[int, list[Any]]]:
    for line, node in _objects(detected):
        yield line, list(map(node.get, header))


def _keys(rows: Iterable[tuple[int, dict[str, Any]]]) -> list[str]:
    keys: dict[str, None] = {}
    for _, node in rows:
        keys.update(dict.fromkeys(node))
        if len(keys) > MAX_COLUMNS:
            break
    return list(keys)


def _has_only(keys: set[str], detected: DetectedTable, engine: Engine) -> bool:
    """Whether no line has other keys; also False where DuckDB can't decide."""
    import duckdb

    query = (
        "SELECT DISTINCT json_structure(json)::VARCHAR FROM read_ndjson_objects(?) "
        f"LIMIT {MAX_COLUMNS + 1}"
    )
    try:
        shapes = engine.run(query, [engine.link(detected.name)])
    except duckdb.Error:
        return False
    return len(shapes) <= MAX_COLUMNS and all(
        keys.issuperset(_spread(json.loads(shape))) for (shape,) in shapes
    )


def _objects(detected: DetectedTable) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line, object) of each line that is not empty, records by dots. Raises InputError at the
    first bad line.
    """
    with _opened(detected) as stream:
        for number, line in enumerate(stream, 1):
            if not line.isspace():
                yield number, _spread(_object(detected.name, number, line))


def _object(file: str, number: int, line: str) -> dict[str, Any]:
    try:
        node = json.loads(
            line,
            object_pairs_hook=_once,
            parse_int=NumberText,
            parse_float=NumberText,
            parse_constant=_no_constant,
        )
        if isinstance(node, dict):
            return node
        message = f"Expected an object on each line, found {quoted(placed(node, number))}."
        raise InputError([Problem(file, number, 1, message, "Write one machine per line.")])
    except (ValueError, RecursionError):
        raise InputError(_problems(file, number, line)) from None


def _problems(file: str, number: int, line: str) -> Iterable[Problem]:
    """What is wrong with a line, in the words for all JSON."""
    try:
        parse_json(file, line)
    except InputError as error:
        return [problem._replace(line=number) for problem in error.problems]
    return [Problem(file, number, 1, "Invalid JSON.", "Write one machine per line.")]


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    node = dict(pairs)
    if len(node) < len(pairs):
        raise ValueError("duplicate key")
    return node


def _no_constant(word: str) -> Any:
    raise ValueError(word)


def _spread(node: dict[str, Any]) -> dict[str, Any]:
    """The object with `{"arc": {"vbs": "running"}}` as `arc.vbs`, as the table reader has it."""
    if not any(type(value) is dict for value in node.values()):
        return node
    flat: dict[str, Any] = {}
    for key, value in node.items():
        if type(value) is dict and key.rpartition(".")[2].lower() not in WHOLE:
            flat |= _spread({f"{key}.{inner}": part for inner, part in value.items()})
        else:
            flat[key] = value
    return flat
