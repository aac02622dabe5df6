"""Why something cannot be placed: an irreducible set of reasons, and which single change would
help.

A problem is reduced to the smallest set of rules and tasks that still cannot be met: each is left
out in turn, and stays out if the rest is impossible without it (deletion filtering, J. W. Chinneck,
"Feasibility and Infeasibility in Optimization", 2008). What remains is proven to conflict, and
needs each of its members.
"""

from collections.abc import Iterable
from typing import NamedTuple

from hotpatch_cli.scheduler.bounds.capacity import room
from hotpatch_cli.scheduler.infeasible.constraints import Constraint, constraints_of, widen, without
from hotpatch_cli.scheduler.infeasible.feasibility import Feasibility
from hotpatch_cli.scheduler.infeasible.relaxations import (
    TRIES,
    Relaxation,
    later_deadline,
    relaxations,
)
from hotpatch_cli.scheduler.infeasible.subproblems import Subproblems, only
from hotpatch_cli.scheduler.problem import SchedulingProblem, Starts, TaskGroup, unplaced
from hotpatch_cli.scheduler.slot_model import SlotModel, compile_model

MOST_CONFLICTS = 10


class Conflict(NamedTuple):
    """Tasks that cannot all be placed, the reasons why (all are needed), and what would help.

    `also` are other tasks left out that could stand in the place of the one asked about: it is
    their conflict too. `proven` is False where the search that found no room was not complete.
    """

    tasks: tuple[str, ...]
    reasons: tuple[Constraint, ...]
    relaxations: tuple[Relaxation, ...]
    proven: bool
    also: tuple[str, ...] = ()


def explain(
    problem: SchedulingProblem, starts: Starts, asked: Iterable[int] | None = None
) -> list[Conflict]:
    """The conflicts behind the tasks that a plan leaves out, or those of them asked about: at most
    MOST_CONFLICTS.

    Tasks that are left out only because one that they wait for is left out are not explained again.
    """
    model = compile_model(problem)
    stuck = [any(starts[task] is None for task in gate.before) for gate in model.gates]
    out = sorted(
        unplaced(starts) if asked is None else asked,
        key=lambda task: any(stuck[gate] for gate in model.waits[task]),
    )
    ask = Feasibility()
    rivals = Subproblems(problem)
    found: list[Conflict] = []
    told: set[int] = set()
    for task in out:
        if task in told or len(found) == MOST_CONFLICTS or (found and not ask.left):
            continue
        conflict = _conflict(problem, task, ask, rivals)
        members = set(conflict.tasks)
        alike = [
            other
            for other in out
            if other not in told and _alike(problem, task, other, conflict.reasons)
        ]
        told |= {other for other in out if problem.tasks[other].name in members}
        also = tuple(problem.tasks[other].name for other in alike if other not in told)
        told |= _behind(model, {task, *told, *alike})
        found.append(conflict._replace(also=also))
    return found


def _alike(
    problem: SchedulingProblem, task: int, other: int, reasons: tuple[Constraint, ...]
) -> bool:
    """Whether one task could stand in a conflict for another: nothing that the reasons speak of
    differs.
    """
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


def _behind(model: SlotModel, tasks: set[int]) -> set[int]:
    """The tasks and all that wait for them, directly or not."""
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


def _conflict(
    problem: SchedulingProblem, task: int, ask: Feasibility, rivals: "Subproblems"
) -> Conflict:
    for suspects in rivals.of(task):
        part = only(problem, suspects)
        answer = ask.fits(part)
        if answer is not True and ask.left:
            part = _fewer_tasks(part, ask, proven=answer is False)
            reasons = _fewer_reasons(part, ask, proven=answer is False)
            names = tuple(each.name for each in part.tasks)
            return Conflict(names, reasons, tuple(relaxations(part, reasons, ask)), answer is False)
    for kind, limit in (("group", each) for each in problem.tasks[task].groups):
        if (crowd := _crowd(problem, kind, limit, rivals, ask)) is not None:
            return crowd
    for kind, limit in (("resource", each) for each in problem.tasks[task].resources):
        if (crowd := _crowd(problem, kind, limit, rivals, ask)) is not None:
            return crowd
    alone = only(problem, {task})
    return Conflict((problem.tasks[task].name,), tuple(constraints_of(alone)), (), proven=False)


def _crowd(
    problem: SchedulingProblem, kind: str, limit: int, rivals: "Subproblems", ask: Feasibility
) -> Conflict | None:
    """All who share a group or a resource, if it has less room than they need together: too many to
    take apart.
    """
    part = only(problem, set(rivals.users(kind, limit)))
    rule = problem.groups[limit] if kind == "group" else problem.resources[limit]
    settle = rule.settle if isinstance(rule, TaskGroup) else 0

    def full(deadline: int | None, capacity: int) -> bool:
        return room(part.tasks, capacity, settle, deadline) < len(part.tasks)

    if not full(part.deadline, rule.capacity):
        return None
    reasons = [
        Constraint(kind, rule.name),
        *(Constraint("windows", task.name) for task in part.tasks),
    ]
    if part.deadline is not None and not full(None, rule.capacity):
        reasons.append(Constraint("deadline", None))
    enough = next(
        (
            more
            for more in range(1, len(part.tasks))
            if not full(part.deadline, rule.capacity + more)
        ),
        1,
    )
    helps = []
    for more in range(enough, enough + TRIES):
        if ask.fits(widen(part, reasons[0], more)) is True:
            helps.append(Relaxation("capacity", rule.name, more))
            break
    later = later_deadline(part, full=lambda deadline: full(deadline, rule.capacity), ask=ask)
    return Conflict(
        tuple(task.name for task in part.tasks), tuple(reasons), (*helps, *later), proven=True
    )


def _fewer_tasks(
    problem: SchedulingProblem, ask: Feasibility, *, proven: bool
) -> SchedulingProblem:
    task = 0
    while len(problem.tasks) > 1 and task < len(problem.tasks):
        smaller = only(problem, set(range(len(problem.tasks))) - {task})
        if ask.stays_stuck(smaller, proven=proven):
            problem = smaller
        else:
            task += 1
    return problem


def _fewer_reasons(
    problem: SchedulingProblem, ask: Feasibility, *, proven: bool
) -> tuple[Constraint, ...]:
    kept = []
    for reason in constraints_of(problem):
        easier = without(problem, reason)
        if ask.stays_stuck(easier, proven=proven):
            problem = easier
        else:
            kept.append(reason)
    return tuple(kept)
