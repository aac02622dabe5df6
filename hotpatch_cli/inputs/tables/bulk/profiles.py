"""Profiles: the cells that decide, read as machines by the inventory's own codecs; and the cells
that do not.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from hotpatch_cli.documents import codec as c
from hotpatch_cli.documents.codec import Codec
from hotpatch_cli.documents.rows import RowsDocument
from hotpatch_cli.documents.tree import Log, Mapping
from hotpatch_cli.inputs.fields import FREE_TEXTS, MACHINE_FIELDS, NO_PROFILE
from hotpatch_cli.inputs.tables.cells import value_of
from hotpatch_cli.inputs.tables.columns import TAG, Columns
from hotpatch_cli.inputs.tables.table import TableRows
from hotpatch_cli.model import Machine
from hotpatch_cli.schedule.freezes import Freeze

CHUNK = 20_000
"""Number of profiles in memory at once."""

NAMES = ("name", "id")
KEY = "coalesce(lower(id), name)"
"""SQL of the key that identifies a machine."""
_NAME, _TOLD = "\0name", "\0platform"
"""Columns that no header has: the name of a profile, and the platform that ids imply."""

ToTree = Callable[[Any, int], Any]

_NAMED: Codec[Any] = c.record(dict, {"name": MACHINE_FIELDS["name"]}, "a machine")


@dataclass(slots=True)
class Profile:
    """Equal machines: a number, how many, the row of the first (from 1), their cells, the platform
    that ids imply.
    """

    number: int
    machines: int
    row: int
    cells: tuple[Any, ...]
    platform: str | None = None


def deciding(columns: Columns, freezes: Iterable[Freeze]) -> list[str]:
    """The columns that make a profile: what decides a verdict or a restart. Tags do where a freeze
    asks for them.
    """
    asked: set[str] = set()
    for freeze in freezes:
        asked.update(f"{TAG}{key}" for key, _ in freeze.tags)
    kept = []
    for column, path in columns.fields.items():
        tag = path == "tags" or path.startswith(TAG)
        if path in asked or (path == "tags" and asked) or (not tag and path not in NO_PROFILE):
            kept.append(column)
    return kept


def checked(columns: Columns, freezes: Iterable[Freeze]) -> list[str]:
    """The columns that are no part of a profile and whose values are looked at all the same."""
    within = set(deciding(columns, freezes))
    return [
        column
        for column, path in columns.fields.items()
        if path in NO_PROFILE - FREE_TEXTS and column not in within
    ]


class Profiles:
    """Reads profiles as the rows of a small table are read: by the same code, with one name for all
    of them.
    """

    def __init__(
        self,
        file: str,
        columns: Columns,
        freezes: Iterable[Freeze],
        to_tree: ToTree,
        default_platform: str = "",
    ) -> None:
        """`to_tree` makes a value of the engine a cell as the reader of that format has it;
        `default_platform` is that of rows that name none.
        """
        self._default_platform = default_platform
        self._file = file
        self._names = deciding(columns, freezes)
        fields = {name: columns.fields[name] for name in self._names}
        self._platform = next((name for name, path in fields.items() if path == "platform"), _TOLD)
        self._columns = columns._replace(
            fields=fields | {_NAME: "name", self._platform: "platform"}
        )
        self._to_tree = to_tree
        self._supposed: dict[str, int] = {}

    def machines(self, profiles: Iterable[Profile]) -> dict[str, tuple[Machine, Profile]]:
        """Name -> the machine that represents a profile, and the profile. Raises InputError with
        what is wrong.
        """
        log = Log(RowsDocument(self._file))
        rows = TableRows(self._columns, log, named=True, platform=self._default_platform)
        rows.platforms = self._supposed
        known = {}
        for profile in profiles:
            name = f"profile {profile.number}"
            known[name] = profile
            rows.take(self._row(name, profile), profile.machines)
        rows.note_missing()
        log.finish()
        return {machine.name: (machine, known[machine.name]) for machine in rows.reader.machines}

    def _row(self, name: str, profile: Profile) -> Mapping:
        row = Mapping(profile.row)
        cells = dict(zip(self._names, profile.cells, strict=True))
        row.put(_NAME, name, profile.row, profile.row)
        for column, cell in cells.items():
            row.put(column, self._to_tree(cell, profile.row), profile.row, profile.row)
        if profile.platform and value_of("platform", row.get(self._platform), 0) is None:
            if self._platform in row:
                row[self._platform] = profile.platform
            else:
                row.put(self._platform, profile.platform, profile.row, profile.row)
        return row

    def supposed(self) -> list[str]:
        """Sentences on platforms that no cell named."""
        rows = TableRows(self._columns, Log(RowsDocument(self._file)), named=True)
        rows.platforms = self._supposed
        return rows.concluded(self._file)


def note_missing_name(log: Log, row: int) -> None:
    """Note that the machine of a row has no name, as the inventory's own codec words it."""
    _NAMED.read(Mapping(row), row, log)


def check_values(path: str, values: Iterable[tuple[Any, int]], log: Log) -> None:
    """Note (value, row) pairs that are no value of a field which is no part of a profile."""
    for value, row in values:
        cell = value_of(path, value, row)
        if cell is not None:
            MACHINE_FIELDS[path].codec.read(cell, row, log)
