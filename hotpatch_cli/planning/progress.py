"""A plan against a newer export of its fleet: the state of each restart, and what may start now."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from hotpatch_cli.documents.phrases import and_more
from hotpatch_cli.eligibility.verdict import Judge
from hotpatch_cli.model import Fleet
from hotpatch_cli.planning.plan_record import PlannedRestart, PlanRecord, machines_of
from hotpatch_cli.planning.restart_state import (
    STATES,
    UNNEEDED,
    MachineProgress,
    PlanMismatch,
    State,
    StateAssessor,
)
from hotpatch_cli.planning.rollout import Rollout
from hotpatch_cli.planning.window_slots import PlanSpan, WindowSlots
from hotpatch_cli.schedule.patch_tuesday import release_moment

_BEFORE = timedelta(days=62)
_AHEAD = timedelta(days=400)
"""Openings are looked for this long before the moment, and this long after it at the most."""
_NAMED = 5


class ProgressShare(NamedTuple):
    """The progress of a ring, a group, or the whole plan: how many machines have each state."""

    name: str
    states: Mapping[State, int]

    @property
    def total(self) -> int:
        """The machines that restart, without those that no longer need to."""
        return sum(count for state, count in self.states.items() if state not in UNNEEDED)

    @property
    def done(self) -> int:
        """The machines that are done."""
        return self.states["done"]

    @property
    def percent(self) -> float | None:
        """The percentage that is done; None where no machine restarts."""
        return round(100 * self.done / self.total, 1) if self.total else None


class Progress(NamedTuple):
    """A plan against a newer fleet, at a moment. `startable` are the machines that may start then,
    all of them together.
    """

    record: PlanRecord
    as_of: date
    at: datetime
    machines: tuple[MachineProgress, ...]
    startable: tuple[str, ...]
    rings: tuple[ProgressShare, ...]
    groups: tuple[ProgressShare, ...]
    notes: tuple[str, ...] = ()

    @property
    def whole(self) -> ProgressShare:
        """The progress of all machines."""
        return _share("all", self.machines)

    @property
    def remaining_starts(self) -> dict[str, datetime]:
        """The planned starts of the restarts that aren't done and that are still needed."""
        return {
            row.name: row.start
            for row in self.machines
            if row.start and row.ended is None and row.state not in UNNEEDED
        }

    @property
    def done(self) -> tuple[PlannedRestart, ...]:
        """The restarts of the plan that are done, with their ends."""
        return tuple(_done(self.machines))

    @property
    def on_schedule(self) -> bool:
        """Whether no restart is late or failed."""
        return not any(machine.state in ("late", "failed") for machine in self.machines)


def _done(machines: Iterable[MachineProgress]) -> Iterator[PlannedRestart]:
    for row in machines:
        if row.ended is not None and row.planned is not None:
            start = row.planned.start
            # a restart that ended before its planned start began at an unknown moment
            yield PlannedRestart(
                row.name,
                None if start is not None and start > row.ended else start,
                row.ended,
                row.ring,
                row.groups,
                row.machine.id if row.machine else row.planned.id,
            )


def progress(fleet: Fleet, judge: Judge, record: PlanRecord, at: datetime) -> Progress:
    """The state of each restart of a plan. Raises PlanMismatch."""
    machines = machines_of(record.restarts, fleet)
    if record.restarts and not any(machines):
        raise PlanMismatch(
            "No machine of the plan is in the fleet.", "Specify the fleet that the plan is for."
        )
    calendar = _calendar(fleet, record, at)
    assessor = StateAssessor(judge, record, at)
    rows = [
        assessor.planned(planned, machine)
        for planned, machine in zip(record.restarts, machines, strict=True)
    ]
    known = {machine.label for machine in machines if machine is not None}
    for machine in fleet.machines:
        if machine.label not in known:
            rows += assessor.unplanned(machine)
    rollout = Rollout(fleet, rows, calendar, at)
    rows = rollout.checked()
    return Progress(
        record,
        judge.as_of,
        at,
        tuple(rows),
        tuple(rollout.startable(judge)),
        _shares([ring.name for ring in fleet.rings], rows, lambda row: (row.ring,)),
        _shares(list(fleet.groups), rows, lambda row: row.groups),
        tuple(_notes(fleet, record, judge.as_of, rows)),
    )


def _calendar(fleet: Fleet, record: PlanRecord, at: datetime) -> WindowSlots:
    """The openings around the moment and the planned restarts that are ahead."""
    release = release_moment(record.release)
    ends = (planned.end or planned.start for planned in record.restarts)
    last = max((end for end in ends if end is not None), default=at)
    begin = max(release, at - _BEFORE)
    finish = min(max(last, at, begin) + timedelta(days=1), max(at, begin) + _AHEAD)
    return WindowSlots(fleet, release, PlanSpan(begin.astimezone(UTC), finish.astimezone(UTC)))


def _share(name: str, rows: Iterable[MachineProgress]) -> ProgressShare:
    states = Counter(row.state for row in rows)
    return ProgressShare(name, {state: states[state] for state in STATES})


def _shares(
    names: Sequence[str],
    rows: Iterable[MachineProgress],
    names_of: Callable[[MachineProgress], Iterable[str | None]],
) -> tuple[ProgressShare, ...]:
    """The progress by ring or group, in the order of the fleet, without those of no machine."""
    members: dict[str, list[MachineProgress]] = {name: [] for name in names}
    for row in rows:
        for name in names_of(row):
            if name is not None:
                members.setdefault(name, []).append(row)
    return tuple(_share(name, found) for name, found in members.items() if found)


def _notes(
    fleet: Fleet, record: PlanRecord, as_of: date, rows: Sequence[MachineProgress]
) -> Iterable[str]:
    if record.as_of is not None and as_of < record.as_of:
        yield f"The fleet is as of {as_of}, which is before the date of the plan, {record.as_of}."
    if all(row.ended is not None or row.state in UNNEEDED for row in rows):
        return
    soaking = {ring.name for ring in fleet.rings[:-1] if ring.soak}
    settling = {name for name, rule in fleet.groups.items() if rule.settle}
    assumed = [
        row.name
        for row in rows
        if row.assumed and (row.ring in soaking or not settling.isdisjoint(row.groups))
    ]
    if assumed:
        yield (
            "No source states when these restarts ended: "
            f"{and_more(assumed, _NAMED)}. Soak and settle times count from the planned end, or "
            "from now if that is still ahead. If a restart ended later, specify its end, such as "
            "`done: 2026-01-17T22:30:00Z`."
        )
