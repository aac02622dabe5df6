"""A changed fleet, planned again: whether some of its restarts then fit."""

from collections.abc import Collection, Sequence
from copy import copy
from datetime import datetime

from hotpatch_cli.model import Fleet, Machine
from hotpatch_cli.planning.done_restarts import ring_starts, settling_tasks
from hotpatch_cli.planning.fleet_changes import PlannedFleet
from hotpatch_cli.planning.prepare import PlanningInput
from hotpatch_cli.planning.rules import problem_of, with_fixed_starts
from hotpatch_cli.planning.window_slots import (
    MINUTE,
    PlanSpan,
    SlotPiece,
    WindowSlots,
    whole_minutes,
)
from hotpatch_cli.schedule.fit import OpeningCache
from hotpatch_cli.schedule.windows import ZoneMissing
from hotpatch_cli.scheduler import Feasibility, SchedulingProblem


def calendar_of(
    prepared: PlanningInput, fleet: Fleet, span: PlanSpan, openings: OpeningCache
) -> WindowSlots:
    """The openings of a fleet in the time of a plan."""
    return WindowSlots(fleet, prepared.release, span, openings)


def problem_of_some(
    prepared: PlanningInput, changed: PlannedFleet, tasks: Sequence[int], calendar: WindowSlots
) -> SchedulingProblem:
    """The restarts of some tasks of a plan in a changed fleet, and after them the restarts that are
    done and still occupy their groups.
    """
    chosen = set(tasks)
    rings = [
        machine.placement.ring
        for task, machine in enumerate(changed.machines)
        if task in chosen or prepared.strict or task not in prepared.lacking
    ]
    release = prepared.release
    earliest = ring_starts(changed.fleet, rings, prepared.done, release)
    machines = [changed.machines[task] for task in tasks]
    problem = problem_of(changed.fleet, machines, calendar, not_before=earliest)
    running = {
        number: prepared.running[task]
        for number, task in enumerate(tasks)
        if task in prepared.running
    }
    problem = with_fixed_starts(problem, running)
    begin = whole_minutes(release, prepared.begin)
    settling = settling_tasks(problem, prepared.done, release, begin)
    return problem._replace(tasks=(*problem.tasks, *settling))


class Replanning:
    """Plans changed fleets again, within an amount of work for all of them."""

    def __init__(self, prepared: PlanningInput, openings: OpeningCache, work: int) -> None:
        self.prepared, self.openings = prepared, openings
        self.now = PlannedFleet(prepared.fleet, prepared.machines, prepared.span)
        self._feasibility = Feasibility(work)
        self._component = _components(prepared.problem)
        self._calendar = calendar_of(prepared, prepared.fleet, prepared.span, openings)

    def share(self, work: int) -> "Replanning":
        """The same questions with work of their own."""
        other = copy(self)
        other._feasibility = Feasibility(work)
        return other

    def pieces(self, machine: Machine) -> tuple[SlotPiece, ...]:
        """The openings of a machine as it is, outside of freezes."""
        try:
            return self._calendar.of(machine.placement)
        except ZoneMissing:
            return ()

    def fits(
        self, changed: PlannedFleet, wanted: Collection[int], allowed: Collection[int]
    ) -> bool:
        """Whether a plan of a changed fleet is found that schedules the wanted tasks, together with
        all the allowed ones.
        """
        return self.starts(changed, wanted, allowed) is not None

    def starts(
        self, changed: PlannedFleet, wanted: Collection[int], allowed: Collection[int]
    ) -> dict[int, datetime] | None:
        """The starts of such a plan by task; None where none is found. Parts without a wanted task
        keep their plan, since a change only makes room.
        """
        parts = {self._component[task] for task in wanted}
        tasks = [task for task in sorted(allowed) if self._component[task] in parts]
        if not self._feasibility.left:
            return None
        calendar = calendar_of(self.prepared, changed.fleet, changed.span, self.openings)
        problem = problem_of_some(self.prepared, changed, tasks, calendar)
        found = self._feasibility.plan_of_all(problem)
        if found is None:
            return None
        release = self.prepared.release
        return {
            task: release + start * MINUTE
            for task, start in zip(tasks, found, strict=False)
            if start is not None
        }


def _components(problem: SchedulingProblem) -> list[int]:
    """For each task a number that tasks share if a rule connects them, directly or not."""
    root = list(range(len(problem.tasks) + len(problem.groups) + len(problem.resources) + 1))

    def find(one: int) -> int:
        while root[one] != one:
            root[one] = one = root[root[one]]
        return one

    groups = len(problem.tasks)
    limits = groups + len(problem.groups)
    rings = limits + len(problem.resources)
    for number, task in enumerate(problem.tasks):
        shared = [groups + group for group in task.groups]
        shared += [limits + limit for limit in task.resources]
        shared += [] if task.ring is None else [rings]
        for one in shared:
            root[find(number)] = find(one)
    for number, group in enumerate(problem.groups):
        for earlier in group.after:
            root[find(groups + number)] = find(groups + earlier)
    return [find(number) for number in range(len(problem.tasks))]
