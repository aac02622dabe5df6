"""Maintenance configurations of all sources together: which windows they are, and which machines
they are assigned to.

Configurations and assignments can be in different files: they're connected after all files are
read.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from hotpatch_cli.documents.phrases import and_more, counted
from hotpatch_cli.errors import InputError
from hotpatch_cli.inputs.azure.maintenance import RefusedError, partial_day, window_of
from hotpatch_cli.inputs.maintenance_records import Assignment, Configuration
from hotpatch_cli.inputs.resources import name_in
from hotpatch_cli.inputs.source import MaintenanceLinks, SourceData, WindowRefusal, group_of
from hotpatch_cli.model import DynamicScope, Facts, Machine, Placement
from hotpatch_cli.schedule.azure import AzureRecurrence
from hotpatch_cli.schedule.durations import inventory_duration
from hotpatch_cli.schedule.windows import Window

_NAMED = 50  # configurations that a line names
_SAME_NAME = "Another configuration has this name. Include the `id` column in the export."


def connect(readings: Sequence[SourceData], *, strict: bool = True) -> MaintenanceLinks:
    """Give readings the windows and the parts of machines that their maintenance configurations
    come to.

    Raises InputError where a file has nothing but configurations, and none of them is a window, if
    `strict`.
    """
    told = [reading for reading in readings if reading.maintenance is not None]
    if not told:
        return MaintenanceLinks()
    connector = _Connector(told, strict=strict)
    for reading in told:
        connector.read(reading)
    for reading in told:
        connector.assign(reading)
    return MaintenanceLinks(tuple(connector.notes()), connector.refused, tuple(connector.scopes))


class _Connector:
    def __init__(self, readings: Sequence[SourceData], *, strict: bool) -> None:
        self.strict = strict
        self.refused: dict[str, WindowRefusal] = {}
        self.names: dict[str, str] = {}
        self.lost: list[str] = []
        self.scopes: list[tuple[str, str, DynamicScope]] = []
        self.said: list[str] = []
        self.named = configuration_names(readings)

    def read(self, reading: SourceData) -> None:
        """The windows of a reading's configurations."""
        refusals = [
            found
            for configuration in reading.maintenance.configurations
            if (found := self._window(configuration, reading))
        ]
        reading.kept = {
            **reading.kept,
            "windows": {name: as_written(window) for name, window in reading.windows.items()},
        }
        alone = (
            reading.maintenance.alone
            and not reading.windows
            and not reading.maintenance.assignments
        )
        if self.strict and refusals and alone:
            raise InputError([refusal.problem() for refusal in refusals])
        self.said += _refusals(reading.file, refusals)

    def _window(self, configuration: Configuration, reading: SourceData) -> WindowRefusal | None:
        name = self.named[id(configuration)]
        self.names[_identity(configuration)] = name
        try:
            window = window_of(configuration, name)
            if reading.windows.setdefault(name, window) != window:
                raise RefusedError("name", _SAME_NAME)  # noqa: TRY301  as others
        except RefusedError as error:
            place = configuration.origin.locate(error.field)
            self.refused[name] = WindowRefusal(name, place, str(error), configuration.for_guests)
            return self.refused[name]
        reading.places["window", name] = configuration.origin.locate("name")
        if configuration.timezone is None:
            self.said.append(
                f"{reading.file}: {name} has no timeZone. The time zone of each machine applies."
            )
        if ending := partial_day(configuration):
            self.said.append(f"{reading.file}: {name} {ending}")
        return None

    def assign(self, reading: SourceData) -> None:
        """The parts of machines that a reading's assignments come to: one for each machine."""
        assigned: dict[str, list[tuple[str, Assignment]]] = {}
        for assignment in reading.maintenance.assignments:
            name = self._assigned(assignment.configuration)
            if assignment.machine is None and assignment.scope is not None:
                named = name or name_in(assignment.configuration)
                self.scopes.append((named, assignment.name, assignment.scope))
            if name is None:
                self.lost.append(name_in(assignment.configuration))
            elif assignment.machine is None:
                continue
            elif name not in self.refused or self.refused[name].guest:
                assigned.setdefault(assignment.machine.lower(), []).append((name, assignment))
        for windows in assigned.values():
            first = windows[0][1]
            names = tuple(dict.fromkeys(name for name, _ in windows))
            machine = first.machine or ""
            resource_id = (
                machine if machine.startswith("/") else None
            )  # a plan has the machine's address
            name = name_in(machine) if resource_id else machine
            reading.parts.append(
                Machine(
                    name, Facts(), first.origin, id=resource_id, placement=Placement(windows=names)
                )
            )

    def _assigned(self, resource_id: str) -> str | None:
        """The window's name of a configuration by its id; by its name where the export left the ids
        out.
        """
        return self.names.get(resource_id.lower()) or self.names.get(name_in(resource_id).lower())

    def notes(self) -> Iterator[str]:
        """What could not be connected."""
        yield from self.said
        if self.lost:
            names = and_more(sorted(set(self.lost)), _NAMED)
            yield (
                f"{counted(len(self.lost), 'assignment')} to configurations that no source "
                f"contains: {names}."
            )


def configuration_names(readings: Sequence[SourceData]) -> dict[int, str]:
    """The window's name of each configuration, by its `id()`: its own, with its group where another
    has the same.
    """
    named: dict[str, set[str]] = {}
    for configuration in _all(readings):
        named.setdefault(configuration.name.lower(), set()).add(_identity(configuration))
    names = {}
    for configuration in _all(readings):
        shared = len(named[configuration.name.lower()]) > 1
        names[id(configuration)] = _full_name(configuration) if shared else configuration.name
    return names


def _full_name(configuration: Configuration) -> str:
    group = group_of(configuration.id)
    return f"{group}/{configuration.name}" if group else configuration.id or configuration.name


def as_written(window: Window) -> dict[str, str]:
    """A configuration's window as an inventory has it."""
    rule = window.rule
    fields = {
        "azure": rule.text if isinstance(rule, AzureRecurrence) else None,
        "start": f"{window.start:%H:%M}",
        "duration": inventory_duration(window.duration or timedelta()),
        "timezone": window.timezone,
        "from": window.from_day,
        "until": window.until,
        "runner": window.runner,
    }
    return {key: str(value) for key, value in fields.items() if value is not None}


def _all(readings: Sequence[SourceData]) -> Iterator[Configuration]:
    for reading in readings:
        yield from reading.maintenance.configurations


def _identity(configuration: Configuration) -> str:
    """What a configuration is found by: its id, or its name where the export left the ids out."""
    return (configuration.id or configuration.name).lower()


def _refusals(file: str, refusals: Sequence[WindowRefusal]) -> Iterator[str]:
    """A line for each guest configuration that cannot be a window, and one for those of each other
    scope.
    """
    others: dict[str, list[str]] = {}
    for refusal in refusals:
        if refusal.guest:
            yield str(refusal.problem())
        else:
            others.setdefault(refusal.reason, []).append(refusal.name)
    for reason, names in others.items():
        count = counted(len(names), "maintenance configuration")
        yield f"{file}: {count} ignored: {and_more(names, _NAMED)}. {reason}"
