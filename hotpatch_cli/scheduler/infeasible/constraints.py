"""The rules that tasks are under, one by one, and a problem without one of them."""

from collections.abc import Callable
from typing import NamedTuple

from hotpatch_cli.scheduler.problem import SchedulingProblem, Task, ring_steps


class Constraint(NamedTuple):
    """One member of a conflict.

    `kind` is one of `windows`, `pinned`, `group`, `resource`, `after`, `ring`, `deadline`; `name`
    is that of the task, group, ring or resource, None for the deadline.
    """

    kind: str
    name: str | None


def constraints_of(problem: SchedulingProblem) -> list[Constraint]:
    """All rules that the tasks of a problem are under, those that people change most easily last."""
    tasks = problem.tasks
    groups = sorted({group for task in tasks for group in task.groups})
    limits = sorted({limit for task in tasks for limit in task.resources})
    found = [Constraint("resource", problem.resources[limit].name) for limit in limits]
    found += [Constraint("ring", problem.rings[then].name) for _, then in ring_steps(problem)]
    found += [
        Constraint("after", problem.groups[group].name)
        for group in groups
        if problem.groups[group].after
    ]
    found += [Constraint("after", task.name) for task in tasks if task.after]
    found += [Constraint("group", problem.groups[group].name) for group in groups]
    found += [Constraint("pinned", task.name) for task in tasks if task.pinned is not None]
    if problem.deadline is not None:
        found.append(Constraint("deadline", None))
    return found + [Constraint("windows", task.name) for task in tasks]


def without(problem: SchedulingProblem, reason: Constraint) -> SchedulingProblem:
    """The problem without one rule."""
    kind, name = reason
    if kind == "deadline":
        return problem._replace(deadline=None)
    if kind in {"group", "resource"}:
        return widen(problem, reason, sum(len(task.resources) + 1 for task in problem.tasks))
    if kind == "after":
        groups = tuple(
            group._replace(after=()) if group.name == name else group for group in problem.groups
        )
        problem = problem._replace(groups=groups)
    return change_tasks(problem, lambda task: _free(problem, task, reason))


def _free(problem: SchedulingProblem, task: Task, reason: Constraint) -> Task:
    """The task without a rule of its own, or out of the ring that the rule speaks of."""
    if (
        reason.kind == "ring"
        and task.ring is not None
        and problem.rings[task.ring].name == reason.name
    ):
        return task._replace(ring=None)
    if task.name != reason.name:
        return task
    if reason.kind == "windows":
        return task._replace(windows=(_horizon(problem),))
    return task._replace(after=()) if reason.kind == "after" else task._replace(pinned=None)


def widen(problem: SchedulingProblem, reason: Constraint, more: int) -> SchedulingProblem:
    """The problem with a group or a resource that lets `more` run at once."""
    if reason.kind == "group":
        groups = (
            g._replace(capacity=g.capacity + more) if g.name == reason.name else g
            for g in problem.groups
        )
        return problem._replace(groups=tuple(groups))
    limits = (
        r._replace(capacity=r.capacity + more) if r.name == reason.name else r
        for r in problem.resources
    )
    return problem._replace(resources=tuple(limits))


def change_tasks(problem: SchedulingProblem, change: Callable[[Task], Task]) -> SchedulingProblem:
    """The problem with every task changed."""
    return problem._replace(tasks=tuple(map(change, problem.tasks)))


def _horizon(problem: SchedulingProblem) -> tuple[int, int]:
    """A stretch in which everything has room, one after the other."""
    moments = [
        moment for task in problem.tasks for window in task.windows for moment in window
    ] or [0]
    room = sum(task.duration for task in problem.tasks)
    room += sum(group.settle for group in problem.groups) * len(problem.tasks) + sum(
        r.soak for r in problem.rings
    )
    return min(0, *moments), max(moments) + room
