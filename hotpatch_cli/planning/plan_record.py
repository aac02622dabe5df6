"""A plan that was made earlier, as it was written: its restarts, its baseline, and its request."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple

from hotpatch_cli.inputs.source import group_of
from hotpatch_cli.model import Fleet, Machine
from hotpatch_cli.planning.prepare import PlanRequest


class PlannedRestart(NamedTuple):
    """A restart of the plan. Without a `start`, the plan doesn't schedule it.

    `track` is the track state of the machine when the plan was made, None where the plan doesn't
    have it.
    """

    machine: str
    start: datetime | None
    end: datetime | None = None
    ring: str | None = None
    groups: tuple[str, ...] = ()
    id: str | None = None
    track: str | None = None


class PlanRecord(NamedTuple):
    """An earlier plan: the day of its baseline, the date that it was made as of (None where it's
    missing), its request, and its restarts, also those that are done and those that it doesn't
    schedule.
    """

    release: date
    as_of: date | None
    wish: PlanRequest
    restarts: tuple[PlannedRestart, ...]


def machines_of(restarts: Iterable[PlannedRestart], fleet: Fleet) -> list[Machine | None]:
    """The machine of each restart in a newer fleet, by its resource ID or its name; None where the
    fleet doesn't have it.

    Where two machines have one name now, or no longer have, the name with or without its resource
    group identifies the machine.
    """
    planned = list(restarts)
    by_id = {machine.id.lower(): machine for machine in fleet.machines if machine.id}
    by_label = {machine.label: machine for machine in fleet.machines}
    found: list[Machine | None] = []
    taken: set[str] = set()
    for restart in planned:
        machine = by_id.get((restart.id or "").lower()) or by_label.get(restart.machine)
        if machine is not None and machine.label in taken:
            machine = None
        if machine is not None:
            taken.add(machine.label)
        found.append(machine)
    others: dict[str, list[Machine]] = {}
    for machine in fleet.machines:
        if machine.label not in taken:
            for name in _names(machine):
                others.setdefault(name, []).append(machine)
    for number, restart in enumerate(planned):
        if found[number] is not None:
            continue
        same = [
            machine
            for machine in others.get(restart.machine.casefold(), ())
            if machine.label not in taken
        ]
        if len(same) == 1:
            found[number] = same[0]
            taken.add(same[0].label)
    return found


def _names(machine: Machine) -> set[str]:
    """The names that a plan may have for a machine, without letter case."""
    names = {machine.name, machine.label}
    if group := group_of(machine.id):
        names.add(f"{group}/{machine.name}")
    return {name.casefold() for name in names}
