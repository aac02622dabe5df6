"""Tables: one machine a row, from CSV, TSV, JSON Lines, Excel and Parquet alike.

`columns` and `cells` define what columns and cells mean; here rows become machines, with the
inventory's own codecs. Nested values are columns of their own: `arc.status` is the `status` in
`arc`.
"""

import io
from collections.abc import Collection, Iterable
from typing import Any

from hotpatch_cli.documents.csv_text import csv_rows
from hotpatch_cli.documents.phrases import counted
from hotpatch_cli.documents.rows import Inexact
from hotpatch_cli.documents.tree import Document, Log, Mapping, Sequence, quoted
from hotpatch_cli.eligibility.os_type import named_system, os_type
from hotpatch_cli.inputs import exporter_text, portal_words
from hotpatch_cli.inputs.exporter_text import is_deciding_object, is_object_text
from hotpatch_cli.inputs.fields import MACHINE_FIELDS, WHOLE
from hotpatch_cli.inputs.machine_reader import MachineReader
from hotpatch_cli.inputs.resources import note_truncated, page_of, resources
from hotpatch_cli.inputs.source import Reader, SourceData, actual_key
from hotpatch_cli.inputs.tables.cells import DECIDES_NOTHING, nest, node_of, put_system, value_of
from hotpatch_cli.inputs.tables.columns import (
    OS_TYPE,
    TAG,
    Columns,
    mapped,
    no_machines_in,
    notes_on,
)

_CONCLUDED = (
    *(("patching", "azure"), ("azure_local", "azure-local"), ("arc.", "arc")),
    *(("image", "azure"), ("security", "azure"), ("arc", "arc")),
)
"""A key of a row, and the only platform that has it; `arc.` is any Arc fact other than Secure Boot.
"""
_OWN_SECURITY = ("azure", "azure-local")
"""Platforms whose Secure Boot is a part of their security profile."""
_ENOUGH = 500
"""Problems after which the rest of a table is not looked at."""
_OF_SKIPPED = frozenset({"name", "id", "platform", "os", "tags"})
"""What is read of a machine that isn't Windows."""
_LEAST_CELLS = 2
_NAMES = frozenset({"id", "name"})
_AFTERWARDS = portal_words.PATHS | {OS_TYPE}
"""Columns that are no field of a machine: what they mean is known once the row is read."""
_RESOURCES = ("properties", "storageProfile", "osProfile")
"""Columns that make rows the resources of Azure, which other readers know better."""


def _recognizes(document: Document) -> bool:
    rows = _rows(document)
    return bool(rows) and columns_of(rows, document).names_machines and not _are_resources(rows)


def unnamed_columns(document: Document) -> tuple[str, str] | None:
    """What is wrong with a table whose columns name no machines, and the fix; None for anything
    else.
    """
    rows = _rows(document)
    first = rows[0] if rows else Mapping()
    cut = [key for key, value in first.items() if is_deciding_object(key) and is_object_text(value)]
    if cut:
        return exporter_text.message_on(cut, str(first[cut[0]])), exporter_text.REMEDY
    if not rows or any(actual_key(rows[0], key) for key in ("type", *_RESOURCES)):
        return None
    return no_machines_in([column for column, _ in _flat(rows[0])])


def lone_row(document: Document) -> tuple[str, str] | None:
    """What is wrong with a CSV text of one row that isn't a header, and the fix; None for anything
    else.
    """
    if document.root != [] or document.text.lstrip()[:1] in ("", "[", "{"):
        return None
    _, cells = next(csv_rows(io.StringIO(document.text, newline="")), (0, []))
    return None if len(cells) < _LEAST_CELLS or mapped(cells).fields else no_machines_in(cells)


def _are_resources(rows: list[Mapping]) -> bool:
    return any(
        isinstance(rows[0].get(actual_key(rows[0], key) or ""), Mapping) for key in _RESOURCES
    )


def _rows(document: Document) -> list[Mapping]:
    """The rows; empty where the document is anything else. Of JSON Lines with one line there is no
    list.
    """
    root = document.root
    if type(root) is Mapping and {"name", "platform"} <= root.keys():
        return [root]
    if _is_paged(root):
        return list(resources(document))
    if isinstance(root, Sequence) and all(type(row) is Mapping for row in root):
        return root
    return []


def _is_paged(root: Any) -> bool:
    """Whether the rows are in envelopes, as Resource Graph answers them."""
    return page_of(root[0] if isinstance(root, Sequence) and root else root) is not None


def columns_of(rows: Iterable[Mapping], document: Document) -> Columns:
    """What the columns mean, of all rows together: a line of JSON has the ones that it needs."""
    names: dict[str, None] = {}
    for row in rows:
        names.update(dict.fromkeys(name for name, _ in _flat(row)) if _nests(row) else row)
    return mapped(list(names), document.chosen)


def _nests(row: Mapping) -> bool:
    return any(type(value) is Mapping for value in row.values())


def _flat(row: Mapping, prefix: str = "") -> list[tuple[str, Any]]:
    """(column, cell) pairs; of a mapping each value is a column, named with dots."""
    cells: list[tuple[str, Any]] = []
    for key, value in row.items():
        if type(value) is Mapping and key.lower() not in WHOLE:
            cells += _flat(value, f"{prefix}{key}.")
        else:
            cells.append((prefix + key, value))
    return cells


def _read(document: Document) -> SourceData:
    log = Log(document)
    rows = _rows(document)
    if _is_paged(document.root):
        note_truncated(document, log)
    if not rows:
        log.add(
            document.root_mark,
            "The table has no header or no rows.",
            "Add a header row with column names, such as `name` and `build`.",
        )
        log.finish()
    columns = columns_of(rows, document)
    source = SourceData(keyed_by_id="id" in columns.fields.values())
    source.absent = frozenset(columns.absent)
    source.notes += [*getattr(document, "notes", ()), *notes_on(document.file, columns)]
    machines = TableRows(columns, log, named=not source.keyed_by_id, platform=document.platform)
    for row in rows:
        machines.take(row)
    machines.note_missing()
    source.notes += machines.concluded(document.file)
    log.finish()
    source.machines = machines.reader.machines
    return source


PortalCell = tuple[str, str, str]
"""(path, column, value) of a column of the portal."""


class TableRows:
    """Reads rows, and counts what is reported once for all: missing and inferred platforms.

    `platform` is that of rows without one, where the user has specified it.
    """

    def __init__(self, columns: Columns, log: Log, *, named: bool, platform: str = "") -> None:
        self.fields = columns.fields
        self.log = log
        self.reader = MachineReader(log, unique=named)
        self.platform = platform
        self.portal = not portal_words.PATHS.isdisjoint(columns.fields.values())
        self.objects = frozenset(filter(is_deciding_object, columns.unknown))
        self.cut: dict[str, tuple[int, str]] = {}
        self.left_out: set[str] = set()
        self.without: list[int] = []
        self.platforms: dict[str, int] = {}

    def take(self, row: Mapping, machines: int = 1) -> None:
        """Add the machine of a row, or note what is wrong with it, by its column. It represents a
        number of `machines`.
        """
        if len(self.log.problems) > _ENOUGH:
            return
        pairs = list(_flat(row) if _nests(row) else row.items())
        if self._has_objects(pairs, row.mark):
            return
        every = [(self.fields[name], name, value) for name, value in pairs if name in self.fields]
        cells = [cell for cell in every if cell[0] not in _AFTERWARDS]
        node = node_of(((path, value) for path, _, value in cells), row.mark)
        system = next(
            (value_of("os", value, row.mark) for path, _, value in every if path == OS_TYPE), None
        )
        if node:
            put_system(node, system)
        if not node:
            return
        kind = os_type(system)
        if (kind or named_system(node.get("os"))) == "linux":
            # it's skipped: its version is no build of Windows, and no cell can be wrong
            node = _only(node, _OF_SKIPPED)
            cells = [cell for cell in cells if cell[0] in _OF_SKIPPED]
            every = [cell for cell in every if cell[0] == portal_words.RESOURCE_TYPE]
        words = _portal_cells(every, row.mark) if self.portal else []
        concluded = "platform" not in node and self._concluded(node, machines, words)
        cells += _put_meanings(node, words)
        before = len(self.log.problems)
        self._note_inexact(cells, row.mark)
        if "platform" in node and len(self.log.problems) == before:
            _move_secure_boot(node)
            self.reader.read(node, row.mark, ("platform",) if concluded else (), kind)
            if len(self.log.problems) > before:
                self._name_columns(cells, row.mark, before)

    def _concluded(self, node: Mapping, machines: int, words: list[PortalCell]) -> bool:
        """Give a node the platform that its resource type names, that the user specified, or that
        its fields imply; True where no source states it.
        """
        types = (value for path, _, value in words if path == portal_words.RESOURCE_TYPE)
        if named := next(filter(None, map(portal_words.platform_of_type, types)), None):
            node.put("platform", named, node.mark, node.mark)
            return False
        if self.platform:
            node.put("platform", self.platform, node.mark, node.mark)
            return True
        arc = node.get("arc")
        keys = set(node)
        if isinstance(arc, Mapping) and arc.keys() - {"secure_boot"}:
            keys.add("arc.")
        if any(path == portal_words.ORCHESTRATION for path, _, _ in words):
            keys.add("patching")
        platform = next((platform for key, platform in _CONCLUDED if key in keys), None)
        if platform is None:
            self.without.append(node.mark)
            return False
        node.put("platform", platform, node.mark, node.mark)
        self.platforms[platform] = self.platforms.get(platform, 0) + machines
        return True

    def _note_inexact(self, cells: list[tuple[str, str, Any]], mark: int) -> None:
        for path, column, value in cells:
            if isinstance(value, Inexact) and path != "weight":
                message = (
                    f"In the column {quoted(column)}: {value} is a number, "
                    "and its trailing zeros are lost."
                )
                self.log.add(
                    mark, message, "Format the column as text, and then enter the value again."
                )

    def _name_columns(self, cells: list[tuple[str, str, Any]], mark: int, before: int) -> None:
        """Name the column in each problem of a row, as far as one cell is the cause."""
        named = Log(self.log.document)
        for path, column, value in cells:
            key, alone = path.partition(".")[0], node_of([(path, value)], mark)
            if key in alone:
                start = len(named.problems)
                MACHINE_FIELDS[key].codec.read(alone[key], mark, named)
                named.problems[start:] = [
                    problem._replace(message=f"In the column {quoted(column)}: {problem.message}")
                    for problem in named.problems[start:]
                ]
        if named.problems:
            self.log.problems[before:] = named.problems

    def _has_objects(self, pairs: list[tuple[str, Any]], mark: int) -> bool:
        """Whether a row has objects as text where facts should be. Such a column is noted once."""
        cut = False
        for name, value in pairs:
            if not is_object_text(value):
                continue
            path = self.fields.get(name)
            if path in DECIDES_NOTHING or (path or "").startswith(TAG):
                self.left_out.add(name)
            elif (path and path not in _NAMES) or name in self.objects:
                self.cut.setdefault(name, (mark, value))
                cut = True
        return cut

    def note_missing(self) -> None:
        """One problem for all objects as text, and one for all rows without a platform."""
        if self.cut:
            mark, value = next(iter(self.cut.values()))
            message = exporter_text.message_on(list(self.cut), value)
            self.log.add(mark, message, exporter_text.REMEDY)
        if self.without:
            many = f" (and for {len(self.without) - 1} more)" if len(self.without) > 1 else ""
            message = f"The platform is missing for this row{many}."
            remedy = (
                "Add a `platform` column (azure, azure-local, or arc), map one with "
                "--map COLUMN=platform, or specify it for all rows, such as --set platform=arc."
            )
            self.log.add(self.without[0], message, remedy)

    def concluded(self, file: str) -> list[str]:
        """A sentence for each inferred platform, and one for columns that are left out."""
        notes = [
            f"{file}: platform {platform} inferred for {counted(count, 'machine')} "
            "from other columns."
            for platform, count in self.platforms.items()
        ]
        if self.left_out:
            columns = ", ".join(map(quoted, sorted(self.left_out)))
            notes.append(f"{file}: PowerShell wrote no values in the columns {columns}; ignored.")
        return notes


def _portal_cells(cells: list[tuple[str, str, Any]], mark: int) -> list[PortalCell]:
    """The cells of the portal's columns that have a value."""
    found = []
    for path, column, cell in cells:
        value = value_of(path, cell, mark) if path in portal_words.PATHS else None
        if isinstance(value, bool | str):
            found.append((path, column, str(value)))
    return found


def _put_meanings(node: Mapping, words: list[PortalCell]) -> list[tuple[str, str, Any]]:
    """Give a node what the portal's words mean on its platform, where no other column has it; the
    cells that such columns would have.
    """
    cells: list[tuple[str, str, Any]] = []
    platform = node.get("platform")
    for path, column, value in sorted(words, key=lambda word: word[0], reverse=True):
        if path == portal_words.RESOURCE_TYPE or not isinstance(platform, str):
            continue
        for meaning in portal_words.meanings(path, value, platform):
            nest(node, *meaning, node.mark)
            cells.append((meaning.path, column, meaning.value))
    return cells


def _only(node: Mapping, keys: Collection[str]) -> Mapping:
    """The node with some of its keys."""
    kept = Mapping(node.mark)
    for key in node:
        if key in keys:
            kept.put(key, node[key], node.at(key), node.mark)
    return kept


def _move_secure_boot(node: Mapping) -> None:
    """A column `secureBootEnabled` means the security profile where the platform has one."""
    arc, mark = node.get("arc"), node.mark
    if (
        node["platform"] not in _OWN_SECURITY
        or not isinstance(arc, Mapping)
        or "secure_boot" not in arc
    ):
        return
    if "security" not in node:
        node.put("security", Mapping(mark), mark, mark)
    if isinstance(node["security"], Mapping) and "secure_boot" not in node["security"]:
        node["security"].put("secure_boot", arc["secure_boot"], mark, mark)


READER = Reader(_recognizes, _read)
