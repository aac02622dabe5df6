"""Conflicts: irreducible sets of tasks and constraints that can't be met together.

A problem is reduced to the smallest set of constraints and tasks that is still infeasible: each is
removed in turn, and stays removed if the rest is infeasible without it (deletion filtering,
J. W. Chinneck, "Feasibility and Infeasibility in Optimization", 2008). What remains is proven to
conflict, and needs each of its members.
"""

from collections.abc import Iterable
from typing import NamedTuple

from hotpatch_cli.scheduler.infeasible.constraints import Constraint, constraints_of, widen, without
from hotpatch_cli.scheduler.infeasible.feasibility import Feasibility
from hotpatch_cli.scheduler.infeasible.relaxations import (
    TRIES,
    Relaxation,
    later_deadline,
    relaxations,
)
from hotpatch_cli.scheduler.infeasible.subproblems import Subproblems, only
from hotpatch_cli.scheduler.problem import SchedulingProblem, Starts, unplaced
from hotpatch_cli.scheduler.slot_model import SlotModel, compile_model

MOST_CONFLICTS = 10
MOST_DAYS = 28


class Conflict(NamedTuple):
    """Tasks that can't all be scheduled, the reasons (all are needed), and the changes that help.

    `also` are other unscheduled tasks that could replace the task of the conflict: it's their
    conflict too. `proven` is False if the search that found no room wasn't complete.
    """

    tasks: tuple[str, ...]
    reasons: tuple[Constraint, ...]
    relaxations: tuple[Relaxation, ...]
    proven: bool
    also: tuple[str, ...] = ()


def explain(
    problem: SchedulingProblem,
    starts: Starts,
    asked: Iterable[int] | None = None,
    *,
    most_days: int = MOST_DAYS,
) -> list[Conflict]:
    """The conflicts behind the unscheduled tasks of a plan, or behind some of them.

    There are at most MOST_CONFLICTS. Tasks that are unscheduled only because one that they depend
    on is unscheduled aren't explained again. A later deadline is at most `most_days` later: windows
    of the problem should extend to it.
    """
    model = compile_model(problem)
    blocked = [any(starts[task] is None for task in gate.before) for gate in model.gates]
    left_out = sorted(
        unplaced(starts) if asked is None else asked,
        key=lambda task: any(blocked[gate] for gate in model.waits[task]),
    )
    search = _ConflictSearch(problem, most_days)
    conflicts: list[Conflict] = []
    explained: set[int] = set()
    for task in left_out:
        if task in explained or len(conflicts) == MOST_CONFLICTS:
            continue
        if conflicts and not search.feasibility.left:
            continue
        conflict = search.conflict(task)
        members = set(conflict.tasks)
        alike = [
            other
            for other in left_out
            if other not in explained and _alike(problem, task, other, conflict.reasons)
        ]
        explained |= {other for other in left_out if problem.tasks[other].name in members}
        also = tuple(problem.tasks[other].name for other in alike if other not in explained)
        explained |= _all_after(model, {task, *explained, *alike})
        conflicts.append(conflict._replace(also=also))
    return conflicts


def _alike(
    problem: SchedulingProblem, task: int, other: int, reasons: tuple[Constraint, ...]
) -> bool:
    """Whether one task could replace another in a conflict: no reason differs for them."""
    one, two = problem.tasks[task], problem.tasks[other]
    if (one.windows, one.ring, one.pinned, one.after) != (
        two.windows,
        two.ring,
        two.pinned,
        two.after,
    ):
        return False
    named = {reason.name for reason in reasons if reason.kind in {"group", "after", "resource"}}
    groups = {group for group in one.groups if problem.groups[group].name in named}
    limits = {limit for limit in one.resources if problem.resources[limit].name in named}
    return (
        two.duration >= one.duration and groups <= set(two.groups) and limits <= set(two.resources)
    )


def _all_after(model: SlotModel, tasks: set[int]) -> set[int]:
    """The tasks and all that depend on them, directly or not."""
    reached, waiting = set(tasks), list(tasks)
    passed: set[int] = set()
    while waiting:
        for gate in model.opens[waiting.pop()]:
            if gate in passed:
                continue
            passed.add(gate)
            for task in model.gates[gate].after:
                if task not in reached:
                    reached.add(task)
                    waiting.append(task)
    return reached


class _ConflictSearch:
    """Finds the conflict behind one task after another, within the work for all questions."""

    def __init__(self, problem: SchedulingProblem, most_days: int) -> None:
        self._problem, self._most_days = problem, most_days
        self._subproblems = Subproblems(problem)
        self.feasibility = Feasibility()

    def conflict(self, task: int) -> Conflict:
        """The conflict behind an unscheduled task.

        The search is in ever larger subproblems, then among all users of one of its limits.
        """
        feasibility = self.feasibility
        for suspects in self._subproblems.of(task):
            part = only(self._problem, suspects)
            answer = feasibility.fits(part)
            if answer is True or not feasibility.left:
                continue
            proven = answer is False
            part = self._fewer_tasks(part, proven=proven)
            reasons = self._fewer_reasons(part, proven=proven)
            helps = tuple(relaxations(part, reasons, feasibility, self._most_days))
            return Conflict(tuple(task.name for task in part.tasks), reasons, helps, proven)

        for kind, limits in (
            ("group", self._problem.tasks[task].groups),
            ("resource", self._problem.tasks[task].resources),
        ):
            for limit in limits:
                conflict = self._limit_conflict(kind, limit)
                if conflict is not None:
                    return conflict
        alone = only(self._problem, {task})
        reasons = tuple(constraints_of(alone))
        return Conflict((self._problem.tasks[task].name,), reasons, (), proven=False)

    def _limit_conflict(self, kind: str, number: int) -> Conflict | None:
        """All users of a group or a resource, if it has less room than they need together.

        They are too many to remove one by one.
        """
        problem = self._problem
        limit = problem.groups[number] if kind == "group" else problem.resources[number]
        part = only(problem, set(self._subproblems.users(kind, number)))

        def full(deadline: int | None, capacity: int) -> bool:
            widened = limit._replace(capacity=capacity)
            most = part._replace(deadline=deadline).most_starts(part.tasks, widened)
            return most < len(part.tasks)

        if not full(part.deadline, limit.capacity):
            return None
        reasons = [Constraint(kind, limit.name)]
        reasons += [Constraint("windows", task.name) for task in part.tasks]
        if part.deadline is not None and not full(None, limit.capacity):
            reasons.append(Constraint("deadline", None))

        # The capacity bound says how much is needed at least; a search finds how much is enough.
        needed = 1
        for more in range(1, len(part.tasks)):
            if not full(part.deadline, limit.capacity + more):
                needed = more
                break
        helps = []
        for more in range(needed, needed + TRIES):
            if self.feasibility.fits(widen(part, reasons[0], more)) is True:
                helps.append(Relaxation("capacity", limit.name, more))
                break
        helps += later_deadline(
            part,
            full=lambda deadline: full(deadline, limit.capacity),
            feasibility=self.feasibility,
            most_days=self._most_days,
        )
        names = tuple(task.name for task in part.tasks)
        return Conflict(names, tuple(reasons), tuple(helps), proven=True)

    def _fewer_tasks(self, problem: SchedulingProblem, *, proven: bool) -> SchedulingProblem:
        task = 0
        while len(problem.tasks) > 1 and task < len(problem.tasks):
            smaller = only(problem, set(range(len(problem.tasks))) - {task})
            if self.feasibility.stays_infeasible(smaller, proven=proven):
                problem = smaller
            else:
                task += 1
        return problem

    def _fewer_reasons(self, problem: SchedulingProblem, *, proven: bool) -> tuple[Constraint, ...]:
        kept = []
        for reason in constraints_of(problem):
            easier = without(problem, reason)
            if self.feasibility.stays_infeasible(easier, proven=proven):
                problem = easier
            else:
                kept.append(reason)
        return tuple(kept)
