"""Conflicts: irreducible sets of tasks and constraints that can't be met together.

A problem is reduced to the smallest set of constraints and tasks that is still infeasible: each is
removed in turn, and stays removed if the rest is infeasible without it (deletion filtering,
J. W. Chinneck, "Feasibility and Infeasibility in Optimization", 2008). What remains is proven to
conflict, and needs each of its members.
"""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from hotpatch_cli.scheduler.infeasible.constraints import (
    NO_FREEZES,
    Constraint,
    Freezes,
    constraints_of,
    without,
)
from hotpatch_cli.scheduler.infeasible.feasibility import Feasibility
from hotpatch_cli.scheduler.infeasible.subproblems import Subproblems, only
from hotpatch_cli.scheduler.problem import SchedulingProblem, Starts, Task, unplaced
from hotpatch_cli.scheduler.slot_model import SlotModel, compile_model

MOST_CONFLICTS = 10


class Conflict(NamedTuple):
    """Tasks that can't all be scheduled, and the reasons (all are needed).

    `also` are other unscheduled tasks that all the reasons concern. `proven` is False if the search
    that found no room wasn't complete.
    """

    tasks: tuple[str, ...]
    reasons: tuple[Constraint, ...]
    proven: bool
    also: tuple[str, ...] = ()


def explain(
    problem: SchedulingProblem,
    starts: Starts,
    asked: Iterable[int] | None = None,
    freezes: Freezes = NO_FREEZES,
) -> list[Conflict]:
    """The conflicts behind the unscheduled tasks of a plan, or behind some of them.

    There are at most MOST_CONFLICTS. Tasks that are unscheduled only because one that they depend
    on is unscheduled aren't explained again. If windows of the problem extend beyond its deadline,
    the deadline can be a reason.
    """
    model = compile_model(problem)
    blocked = [any(starts[task] is None for task in gate.before) for gate in model.gates]
    left_out = sorted(
        unplaced(starts) if asked is None else asked,
        key=lambda task: any(blocked[gate] for gate in model.waits[task]),
    )
    search = _ConflictSearch(problem, freezes)
    conflicts: list[Conflict] = []
    unscheduled = set(unplaced(starts))
    explained: set[int] = set()
    for task in left_out:
        # A conflict can turn out to be about others: they're explained, and the task is next again.
        while task not in explained and len(conflicts) < MOST_CONFLICTS:
            if conflicts and not search.feasibility.left:
                break
            conflict = search.conflict(task, explained)
            members = {search.number[name] for name in conflict.tasks}
            own = members & (unscheduled - explained)
            if not own:
                break
            explained |= _all_after(model, own)
            alike = _Alike(problem, min(own), conflict.reasons, freezes)
            also = [other for other in left_out if other not in explained and alike.concerns(other)]
            explained |= _all_after(model, set(also))
            names = tuple(problem.tasks[other].name for other in also)
            conflicts.append(conflict._replace(also=names))
    return conflicts


class _Alike:
    """Tasks that all the reasons of a conflict concern, as they concern one of its tasks."""

    def __init__(
        self,
        problem: SchedulingProblem,
        task: int,
        reasons: tuple[Constraint, ...],
        freezes: Freezes,
    ) -> None:
        self._problem, self._freezes, self._one = problem, freezes, problem.tasks[task]
        self._reasons = [reason for reason in reasons if reason.kind not in {"windows", "deadline"}]
        self._too_late = Constraint("deadline", None) in reasons

    def concerns(self, other: int) -> bool:
        """Whether the reasons concern another task."""
        two = self._problem.tasks[other]
        if self._reasons:
            return all(self._concerns(reason, two) for reason in self._reasons)
        if self._too_late and not self._opens_in_time(self._one):
            return bool(two.windows) and two.pinned is None and not self._opens_in_time(two)
        # Nothing but windows: another task has the same conflict if its windows are the same.
        same = two.windows == self._one.windows and two.duration >= self._one.duration
        return same and two.pinned is None

    def _opens_in_time(self, task: Task) -> bool:
        """Whether a window is long enough before the deadline."""
        opened = self._problem.open_intervals([task])
        return any(end - start >= task.duration for start, end in opened)

    def _is_behind(self, group: int, name: str | None) -> bool:
        """Whether a group is the named one, or starts after it, directly or not."""
        seen, waiting = {group}, [group]
        while waiting:
            rule = self._problem.groups[waiting.pop()]
            if rule.name == name:
                return True
            waiting += [earlier for earlier in rule.after if earlier not in seen]
            seen.update(rule.after)
        return False

    def _concerns(self, reason: Constraint, two: Task) -> bool:
        kind, name = reason
        problem = self._problem
        if kind == "resource":
            return any(problem.resources[limit].name == name for limit in two.resources)
        if kind == "group":
            return any(problem.groups[group].name == name for group in two.groups)
        if kind == "after":
            return any(self._is_behind(group, name) for group in two.groups)
        if kind == "ring":
            number = next(at for at, ring in enumerate(problem.rings) if ring.name == name)
            return two.ring is not None and two.ring >= number
        return kind == "freeze" and name in self._freezes.of(two.name)


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

    def __init__(self, problem: SchedulingProblem, freezes: Freezes) -> None:
        self._problem, self._freezes = problem, freezes
        self._subproblems = Subproblems(problem)
        self.number = {task.name: number for number, task in enumerate(problem.tasks)}
        self.feasibility = Feasibility()

    def conflict(self, task: int, explained: Collection[int]) -> Conflict:
        """The conflict behind an unscheduled task, or behind others that compete with it, without
        tasks that are explained.

        The search is in ever larger subproblems, then among all users of one of its limits.
        """
        feasibility = self.feasibility
        for suspects in self._subproblems.of(task):
            part = only(self._problem, suspects.difference(explained))
            answer = feasibility.fits(part)
            if answer is True or not feasibility.left:
                continue
            proven = answer is False
            part = self._fewer_tasks(part, proven=proven)
            reasons = self._fewer_reasons(part, proven=proven)
            return Conflict(tuple(task.name for task in part.tasks), reasons, proven)

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
        return Conflict((self._problem.tasks[task].name,), reasons, proven=False)

    def _limit_conflict(self, kind: str, number: int) -> Conflict | None:
        """All users of a group or a resource, if it has less room than they need together.

        They are too many to remove one by one.
        """
        problem = self._problem
        limit = problem.groups[number] if kind == "group" else problem.resources[number]
        part = only(problem, set(self._subproblems.users(kind, number)))

        def is_full(part: SchedulingProblem) -> bool:
            return part.most_starts(part.tasks, limit) < len(part.tasks)

        if not is_full(part):
            return None
        reasons = [Constraint(kind, limit.name)]
        lifted: frozenset[str] = frozenset()
        for reason in constraints_of(part, self._freezes):
            if reason.kind == "freeze" and reason.name is not None:
                more = lifted | {reason.name}
                easier = self._freezes.without(part, more)
            elif reason.kind == "deadline":
                more, easier = lifted, part._replace(deadline=None)
            else:
                continue
            if is_full(easier):
                part, lifted = easier, more
            else:
                reasons.append(reason)
        reasons += [Constraint("windows", task.name) for task in part.tasks]
        names = tuple(task.name for task in part.tasks)
        return Conflict(names, tuple(reasons), proven=True)

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
        lifted: frozenset[str] = frozenset()
        for reason in constraints_of(problem, self._freezes):
            more = lifted
            if reason.kind == "freeze" and reason.name is not None:
                more = lifted | {reason.name}
                easier = self._freezes.without(problem, more)
            else:
                easier = without(problem, reason)
            if self.feasibility.stays_infeasible(easier, proven=proven):
                problem, lifted = easier, more
            else:
                kept.append(reason)
        return tuple(kept)
