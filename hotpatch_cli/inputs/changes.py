"""Plans: what they do with machines, and the machines before and after them.

A Terraform plan and a what-if result have each machine as it is and as it will be. In the data of
such a source, `machines` are those after the plan is applied, and `before` has those before it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from hotpatch_cli.documents.tree import Document
from hotpatch_cli.eligibility.verdict import is_skipped
from hotpatch_cli.errors import Problem
from hotpatch_cli.inputs import deployments
from hotpatch_cli.inputs.deployments import Deployed
from hotpatch_cli.inputs.source import NodeOrigin, PlannedDeployment, Reader, SourceData
from hotpatch_cli.model import JUDGED_CHANGES, ChangeCounts, Machine, PlannedChange

_STRONGEST_FIRST: tuple[PlannedChange, ...] = (*JUDGED_CHANGES, "unchanged")


# --- counting and narrowing ----------------------------------------


def change_counts(sources: Iterable[SourceData], *, only: bool) -> ChangeCounts | None:
    """How many Windows machines the plans among the sources change how; None without a plan."""
    machines: dict[tuple[str, str], Machine] = {}
    plans = [source for source in sources if source.before is not None]
    for source in plans:
        for machine in (*source.machines, *_left_out(source)):
            machines[source.file, (machine.id or machine.name).lower()] = machine
    if not plans:
        return None
    counts: Counter[str] = Counter(
        machine.change
        for machine in machines.values()
        if machine.change and not is_skipped(machine.facts)
    )
    return ChangeCounts(**counts, only=only)


def _left_out(source: SourceData) -> Iterator[Machine]:
    """The machines that exist before a plan and that it has no more."""
    for machine in source.before.machines if source.before else ():
        if machine.change in ("destroy", "forget"):
            yield machine


def keep_changes(sources: Iterable[SourceData]) -> Iterator[Problem]:
    """Leave only the machines that a plan changes; a problem for each file that states no changes.

    A source without machines, such as one with windows or patch states, is no problem.
    """
    for source in sources:
        if source.before is None and source.machines:
            yield Problem(
                source.file,
                None,
                None,
                "The file doesn't state changes.",
                "For --changes-only, specify a Terraform plan (`terraform show -json tfplan`) or "
                "a what-if result.",
            )
        source.machines = [
            machine for machine in source.machines if machine.change in JUDGED_CHANGES
        ]


def remaining(source: SourceData) -> list[Machine]:
    """The machines after a plan, with those that it only forgets."""
    return [*source.machines, *(each for each in _left_out(source) if each.change == "forget")]


# --- deployments ----------------------------------------


def read_deployment(whole: SourceData, readers: Mapping[str, Reader]) -> list[SourceData]:
    """The data of a deployment by the readers of exports, each with what it read of the time
    before. Raises InputError.
    """
    planned = whole.planned
    assert planned is not None  # noqa: S101  the caller asked
    found = []
    for key, reader in readers.items():
        sides = (planned.after, planned.before)
        if not any(map(reader.recognizes, sides)):
            continue
        source, before = (_read_side(reader, side) for side in sides)
        source.reader = key
        source.before = before
        source.machines = [_planned(machine, planned, source) for machine in source.machines]
        before.machines = [_existing(machine, planned) for machine in before.machines]
        found.append(source)
    _share_changes(found, planned)
    if not found:
        whole.before = SourceData(keyed_by_id=True)
        return [whole]
    found[0].notes[:0] = whole.notes
    return found


def _read_side(reader: Reader, side: Document) -> SourceData:
    return reader.read(side) if reader.recognizes(side) else SourceData(keyed_by_id=True)


def _change_of(machine: Machine, planned: PlannedDeployment) -> PlannedChange:
    origin = machine.origin
    assert isinstance(origin, NodeOrigin)  # noqa: S101  readers of exports give no other
    return planned.resources[id(origin.node)].change


def _planned(machine: Machine, planned: PlannedDeployment, source: SourceData) -> Machine:
    """A machine after the deployment: what is deployed has the service's defaults."""
    origin = machine.origin
    assert isinstance(origin, NodeOrigin)  # noqa: S101  readers of exports give no other
    resource = planned.resources[id(origin.node)]
    machine = machine._replace(change=resource.change)
    if resource.change not in JUDGED_CHANGES or source.reader != "azure-vms":
        return machine
    deployed = Deployed(machine.name, origin.node, resource.open_at)
    return deployments.completed(machine, deployed, origin.document, source.notes)


def _existing(machine: Machine, planned: PlannedDeployment) -> Machine:
    """A machine before the deployment. What is deployed again is judged by the rules of a
    deployment on both sides, so that only its facts make a difference.
    """
    change = _change_of(machine, planned)
    facts = machine.facts._replace(declared=change in JUDGED_CHANGES)
    return machine._replace(change=change, facts=facts)


def _share_changes(sources: Sequence[SourceData], planned: PlannedDeployment) -> None:
    """Give a machine the change of the resources that state facts about it: its license, or the VM
    instance of which it is the Arc machine.
    """
    by_id: dict[str, set[PlannedChange]] = {}
    for source in sources:
        for machine in source.machines:
            if machine.id and machine.change:
                by_id.setdefault(machine.id.lower(), set()).add(machine.change)
        for part in source.parts:
            if part.id and _change_of(part, planned) != "unchanged":
                by_id.setdefault(part.id.lower(), set()).add("update")
    for source in sources:
        source.machines = [
            machine._replace(change=_strongest(by_id[machine.id.lower()]))
            if machine.id
            else machine
            for machine in source.machines
        ]


def _strongest(changes: set[PlannedChange]) -> PlannedChange:
    return next(change for change in _STRONGEST_FIRST if change in changes)
