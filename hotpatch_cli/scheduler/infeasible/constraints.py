"""The constraints on some tasks, one by one, and the problem without one of them."""

from collections.abc import Callable
from itertools import chain
from typing import NamedTuple

from hotpatch_cli.scheduler.problem import Interval, SchedulingProblem, Task


class Constraint(NamedTuple):
    """One member of a conflict.

    `kind` is one of `windows`, `pinned`, `group`, `resource`, `after`, `ring`, `freeze`,
    `deadline`; `name` is that of the task, group, ring, resource, or freeze, None for the deadline.
    """

    kind: str
    name: str | None


class Freezes(NamedTuple):
    """The freezes that cut the windows of tasks.

    `of` has the names of the freezes of a task, by its name. `windows` has its windows where some
    freezes don't exist.
    """

    of: Callable[[str], tuple[str, ...]] = lambda _name: ()
    windows: Callable[[str, frozenset[str]], tuple[Interval, ...]] | None = None

    def without(self, problem: SchedulingProblem, lifted: frozenset[str]) -> SchedulingProblem:
        """The problem without some of the freezes."""
        uncut = self.windows
        if uncut is None or not lifted:
            return problem
        return change_tasks(
            problem,
            lambda task: (
                task._replace(windows=uncut(task.name, lifted))
                if not lifted.isdisjoint(self.of(task.name))
                else task
            ),
        )


NO_FREEZES = Freezes()


def constraints_of(problem: SchedulingProblem, freezes: Freezes = NO_FREEZES) -> list[Constraint]:
    """All constraints on the tasks of a problem, those that people change most easily last.

    Freezes are before windows: without a freeze, the windows of a task are longer.
    """
    tasks = problem.tasks
    groups = sorted(set(chain.from_iterable(task.groups for task in tasks)))
    limits = sorted(set(chain.from_iterable(task.resources for task in tasks)))
    constraints = [Constraint("resource", problem.resources[limit].name) for limit in limits]
    constraints += [
        Constraint("ring", problem.rings[then].name) for _, then in problem.ring_steps()
    ]
    constraints += [
        Constraint("after", problem.groups[group].name)
        for group in groups
        if problem.groups[group].after
    ]
    constraints += [Constraint("after", task.name) for task in tasks if task.after]
    constraints += [Constraint("group", problem.groups[group].name) for group in groups]
    constraints += [Constraint("pinned", task.name) for task in tasks if task.pinned is not None]
    if problem.deadline is not None:
        constraints.append(Constraint("deadline", None))
    frozen = dict.fromkeys(chain.from_iterable(freezes.of(task.name) for task in tasks))
    constraints += [Constraint("freeze", name) for name in frozen]
    return constraints + [Constraint("windows", task.name) for task in tasks]


def without(problem: SchedulingProblem, constraint: Constraint) -> SchedulingProblem:
    """The problem without one constraint that isn't a freeze."""
    kind, name = constraint
    if kind == "deadline":
        return problem._replace(deadline=None)
    if kind in {"group", "resource"}:
        return widen(problem, constraint, sum(len(task.resources) + 1 for task in problem.tasks))
    if kind == "after":
        groups = tuple(
            group._replace(after=()) if group.name == name else group for group in problem.groups
        )
        problem = problem._replace(groups=groups)
    return change_tasks(problem, lambda task: _free(problem, task, constraint))


def _free(problem: SchedulingProblem, task: Task, constraint: Constraint) -> Task:
    """The task without a constraint of its own, or out of the ring that the constraint names."""
    kind, name = constraint
    if kind == "ring" and task.ring is not None and problem.rings[task.ring].name == name:
        return task._replace(ring=None)
    if task.name != name:
        return task
    if kind == "windows":
        return task._replace(windows=(_horizon(problem),))
    if kind == "after":
        return task._replace(after=())
    return task._replace(pinned=None)


def widen(problem: SchedulingProblem, constraint: Constraint, more: int) -> SchedulingProblem:
    """The problem with a group or a resource that lets `more` run at once."""
    kind, name = constraint
    if kind == "group":
        groups = (
            group._replace(capacity=group.capacity + more) if group.name == name else group
            for group in problem.groups
        )
        return problem._replace(groups=tuple(groups))
    resources = (
        resource._replace(capacity=resource.capacity + more) if resource.name == name else resource
        for resource in problem.resources
    )
    return problem._replace(resources=tuple(resources))


def change_tasks(problem: SchedulingProblem, change: Callable[[Task], Task]) -> SchedulingProblem:
    """The problem with every task changed."""
    return problem._replace(tasks=tuple(map(change, problem.tasks)))


def _horizon(problem: SchedulingProblem) -> Interval:
    """An interval long enough to run all tasks one after the other."""
    windows = list(chain.from_iterable(task.windows for task in problem.tasks)) or [(0, 0)]
    first = min(0, *(start for start, _ in windows))
    last = max(end for _, end in windows)
    length = sum(task.duration for task in problem.tasks)
    length += sum(group.settle for group in problem.groups) * len(problem.tasks)
    length += sum(ring.soak for ring in problem.rings)
    return first, last + length
