"""A large table as fleets of profiles, and its machines as rows of the database."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from hotpatch_cli.documents.tree import quoted
from hotpatch_cli.errors import SHOWN_AT_MOST, InputError, Problem, refuse
from hotpatch_cli.inputs.source import SourceData, repeated
from hotpatch_cli.inputs.tables.bulk.detect import DetectedTable
from hotpatch_cli.inputs.tables.bulk.engine import Engine, reading
from hotpatch_cli.inputs.tables.bulk.parquet import Parquet
from hotpatch_cli.inputs.tables.bulk.profiles import KEY, Profiles
from hotpatch_cli.inputs.tables.bulk.stream import Streamed
from hotpatch_cli.inputs.tables.columns import column_names, no_machines_in, notes_on
from hotpatch_cli.model import Fleet, Location
from hotpatch_cli.schedule.freezes import Freeze


class FleetPart(NamedTuple):
    """Some of the profiles: a fleet of one machine for each; its name -> (number of the profile,
    how many it is).
    """

    fleet: Fleet
    profiles: Mapping[str, tuple[int, int]]


class BulkTable:
    """A large table. `parts` is to be taken to its end before `machines` is asked for."""

    def __init__(
        self, detected: DetectedTable, chosen: dict[str, str], engine: Engine, platform: str = ""
    ) -> None:
        """`platform` is that of rows that name none. Raises InputError where the header cannot be
        read or names no machines.
        """
        self.platform = platform
        self.file = detected.name
        self.engine = engine
        self.source = (Parquet if detected.kind == "parquet" else Streamed)(
            detected, chosen, engine
        )
        columns = self.source.columns
        self.notes = notes_on(self.file, columns)
        """Notes for the user, complete after all parts were taken."""
        header = [*columns.fields, *columns.unknown]
        if columns.absent:
            absent = ", ".join(map(quoted, columns.absent))
            message = f"No table has the column {absent}."
            raise refuse("--map", message, f"Columns of {detected.name}: {column_names(header)}.")
        if not columns.names_machines:
            raise InputError([Problem(detected.name, 1, 1, *no_machines_in(header))])

    def parts(
        self, others: Sequence[SourceData], fleet_of: Callable[[list[SourceData]], Fleet]
    ) -> Iterator[FleetPart]:
        """The profiles with the windows, freezes, groups, and rings of other sources, which have no
        machines; `fleet_of` joins and checks the sources.

        Raises InputError with what is wrong in the table, and where it defines a machine twice.
        """
        freezes: list[Freeze] = []
        for source in others:
            freezes += source.freezes
        columns, to_tree = self.source.columns, self.source.to_tree
        reader = Profiles(self.file, columns, freezes, to_tree, self.platform)
        for profiles in self.source.profiles(freezes):
            by_name = reader.machines(profiles)
            own = SourceData()
            own.file, own.machines = self.file, [machine for machine, _ in by_name.values()]
            stands_for = {
                name: (profile.number, profile.machines) for name, (_, profile) in by_name.items()
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
        twice = self.engine.run(
            f"SELECT arg_min(name, row), min(row), max(row) FROM {self.source.names} "
            f"GROUP BY {KEY} HAVING count(*) > 1 ORDER BY max(row) LIMIT {SHOWN_AT_MOST + 1}"
        )
        return [
            repeated(name, self.file, first, Location(self.file, last, 1))
            for name, first, last in twice
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
