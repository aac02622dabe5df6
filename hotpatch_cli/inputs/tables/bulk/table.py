"""A large table as fleets of profiles, and its machines as rows of the database."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from hotpatch_cli.documents.tree import quoted
from hotpatch_cli.errors import SHOWN_AT_MOST, InputError, Problem
from hotpatch_cli.inputs.source import SourceData
from hotpatch_cli.inputs.tables.bulk.detect import DetectedTable
from hotpatch_cli.inputs.tables.bulk.engine import Engine, reading
from hotpatch_cli.inputs.tables.bulk.parquet import Parquet
from hotpatch_cli.inputs.tables.bulk.profiles import KEY, Profiles
from hotpatch_cli.inputs.tables.bulk.stream import Streamed
from hotpatch_cli.inputs.tables.columns import told
from hotpatch_cli.model import Fleet


class FleetPart(NamedTuple):
    """Some of the profiles: a fleet of one machine for each; its name -> (number of the profile,
    how many it is).
    """

    fleet: Fleet
    profiles: Mapping[str, tuple[int, int]]


class BulkTable:
    """A large table. `parts` is to be taken to its end before `machines` is asked for."""

    def __init__(self, found: DetectedTable, chosen: dict[str, str], engine: Engine) -> None:
        """Raises InputError where the header cannot be read or names no machines."""
        self.file = found.name
        self.engine = engine
        self.source = (Parquet if found.kind == "parquet" else Streamed)(found, chosen, engine)
        columns = self.source.columns
        self.notes = told(self.file, columns)
        """What the user is to hear, once all parts were taken."""
        if columns.absent:
            said = f"There is no column {', '.join(map(quoted, columns.absent))} in {found.name}."
            raise InputError(
                [
                    Problem(
                        "--map",
                        None,
                        None,
                        said,
                        f"Columns are {_some([*columns.fields, *columns.unknown])}.",
                    )
                ]
            )
        if not columns.names_machines:
            said = f"No column names machines and says something of them: {_some([*columns.fields, *columns.unknown])}."
            raise InputError(
                [Problem(found.name, 1, 1, said, "Map them: --map COLUMN=name --map COLUMN=build.")]
            )

    def parts(
        self, others: Sequence[SourceData], fleet_of: Callable[[list[SourceData]], Fleet]
    ) -> Iterator[FleetPart]:
        """The profiles with the windows, freezes, groups and rings of other sources, which hold no
        machines; `fleet_of` joins sources and checks what they hold.

        Raises InputError with what is wrong in the table, and where a machine stands twice in it.
        """
        freezes = tuple(freeze for reading in others for freeze in reading.freezes)
        reader = Profiles(self.file, self.source.columns, freezes, self.source.to_tree)
        for profiles in self.source.profiles(freezes):
            found = reader.machines(profiles)
            own = SourceData()
            own.file, own.machines = self.file, [machine for machine, _ in found.values()]
            stands_for = {
                name: (profile.number, profile.machines) for name, (_, profile) in found.items()
            }
            yield FleetPart(fleet_of([*others, own]), stands_for)
        self.notes += tuple(reader.supposed())
        with reading(self.file):
            problems = self._twice()
        if problems:
            raise InputError(problems)

    def _twice(self) -> list[Problem]:
        """Machines of one id, or without an id of one name. Hashes are looked at first: they take
        less memory.
        """
        for key in dict.fromkeys((self.source.told_apart_by, KEY)):
            if self._all_differ(key):
                return []
        found = self.engine.run(
            f"SELECT arg_min(name, row), min(row), max(row) FROM {self.source.names} GROUP BY {KEY} "
            f"HAVING count(*) > 1 ORDER BY max(row) LIMIT {SHOWN_AT_MOST + 1}"
        )
        return [
            Problem(
                self.file,
                last,
                1,
                f"The machine {quoted(name)} stands twice (first in {self.file}, line {first}).",
                "Remove one.",
            )
            for name, first, last in found
        ]

    @property
    def machines(self) -> str:
        """SQL of a relation with row, name, id and profile of each machine."""
        return self.source.relation

    def names_repeat(self) -> bool:
        """Whether machines share a name (their ids differ)."""
        if "id" not in self.source.columns.fields.values():
            return False
        return not self._all_differ("name")

    def _all_differ(self, key: str) -> bool:
        ((rows, distinct),) = self.engine.run(
            f"SELECT count(*), count(DISTINCT hash({key})) FROM {self.source.names}"
        )
        return bool(rows == distinct)


def _some(columns: Iterable[str]) -> str:
    listed = list(columns)
    return ", ".join(map(quoted, listed[:20])) + (
        f" and {len(listed) - 20} more" if len(listed) > 20 else ""
    )
