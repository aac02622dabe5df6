"""Why something cannot be placed: an irreducible set of reasons, and which single change would help.

A problem is reduced to the smallest set of rules and tasks that still cannot be met: each is left out in
turn, and stays out if the rest is impossible without it (deletion filtering, J. W. Chinneck, "Feasibility and
Infeasibility in Optimization", 2008). What remains is proven to conflict, and needs each of its members.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from hotpatch_cli.planner.board import NEVER
from hotpatch_cli.planner.budget import Budget
from hotpatch_cli.planner.effort import Effort
from hotpatch_cli.planner.heads import heads
from hotpatch_cli.planner.model import Model, compile_model
from hotpatch_cli.planner.parts import split
from hotpatch_cli.planner.problem import Interval, Problem, Starts, Task, ring_steps, unplaced

WORK = 4_000
"""Work that one question "do these fit?" may cost; where it is not enough, the answer is taken to be yes."""
SUSPECTS = 60
"""So many tasks that compete with an unplaced one are looked at."""


class Reason(NamedTuple):
    """One member of a conflict.

    `kind` is one of `windows`, `pinned`, `group`, `resource`, `after`, `ring`, `deadline`; `name` is that of
    the task, group, ring or resource, None for the deadline.
    """

    kind: str
    name: str | None


class Relief(NamedTuple):
    """A single change after which the conflict is gone: `kind` and `name` as in Reason, `amount` of it.

    `opening`: one more opening of `amount` units of time; `capacity`: so many more at once; `deadline`: so
    much later, in units of time.
    """

    kind: str
    name: str | None
    amount: int


class Conflict(NamedTuple):
    """Tasks that cannot all be placed, the reasons why (all are needed), and what would help."""

    tasks: tuple[str, ...]
    reasons: tuple[Reason, ...]
    reliefs: tuple[Relief, ...]
    proven: bool


MOST_CONFLICTS = 10
MOST_DAYS = 28


def explain(problem: Problem, starts: Starts) -> list[Conflict]:
    """The conflicts behind the tasks that a plan leaves out, at most MOST_CONFLICTS of them.

    Tasks that are left out only because one that they wait for is left out are not explained again.
    `proven` is False where the search that found no room was not complete.
    """
    model = compile_model(problem)
    stuck = [any(starts[task] is None for task in gate.before) for gate in model.gates]
    out = sorted(unplaced(starts), key=lambda task: any(stuck[gate] for gate in model.waits[task]))
    found: list[Conflict] = []
    told: set[int] = set()
    for task in out:
        if task in told or len(found) == MOST_CONFLICTS:
            continue
        conflict = _conflict(problem, task)
        together = {other for other in out if problem.tasks[other].name in conflict.tasks}
        told |= _behind(model, together | {task})
        if conflict.reasons not in {other.reasons for other in found}:
            found.append(conflict)
    return found


def _behind(model: Model, tasks: set[int]) -> set[int]:
    """The tasks and all that wait for them, directly or not."""
    reached, waiting = set(tasks), list(tasks)
    while waiting:
        for gate in model.opens[waiting.pop()]:
            for task in model.gates[gate].after:
                if task not in reached:
                    reached.add(task)
                    waiting.append(task)
    return reached


def _conflict(problem: Problem, task: int) -> Conflict:
    for suspects in _suspects(problem, task):
        part = _only(problem, suspects)
        if _fits(part) is not True:
            part = _fewer_tasks(part)
            reasons = _fewer_reasons(part)
            names = tuple(each.name for each in part.tasks)
            return Conflict(names, reasons, tuple(_reliefs(part, reasons)), _fits(part) is False)
    alone = _only(problem, {task})
    return Conflict((problem.tasks[task].name,), tuple(_reasons(alone)), (), proven=False)


def _fits(problem: Problem) -> bool | None:
    """Whether all tasks can be placed together; None if a short search cannot tell."""
    model = compile_model(problem)
    if len(model.live) < len(problem.tasks) or any(start >= NEVER for start in heads(model).start):
        return False
    budget = Budget(WORK, None, None)
    answers = [_part_fits(Effort(part, budget)) for part in split(model)]
    return False if False in answers else None if None in answers else True


def _part_fits(effort: Effort) -> bool | None:
    effort.begin()
    if effort.score.left_out:
        effort.improve(WORK)
    return True if not effort.score.left_out else False if effort.exact else None


def _suspects(problem: Problem, task: int) -> Iterator[set[int]]:
    """Ever larger sets of tasks that may be in each other's way: alone, with predecessors, with rivals."""
    chosen = {task}
    yield chosen
    for _ in range(3):
        earlier = {other for each in chosen for other in _waits_for(problem, each)}
        chosen = chosen | set(sorted(earlier)[:SUSPECTS])
    yield chosen
    for share in ("groups", "resources"):
        limits = {limit for each in chosen for limit in getattr(problem.tasks[each], share)}
        rivals = [n for n, other in enumerate(problem.tasks) if limits.intersection(getattr(other, share))]
        last = max((end for _, end in problem.tasks[task].windows), default=0)
        rivals.sort(key=lambda n: (problem.tasks[n].windows[-1:] > ((last, last),), n))
        chosen = chosen | set(rivals[:SUSPECTS])
        yield chosen


def _waits_for(problem: Problem, task: int) -> set[int]:
    this = problem.tasks[task]
    groups = {earlier for group in this.groups for earlier in problem.groups[group].after}
    before = {first for first, then in ring_steps(problem) if then == this.ring}
    found = set(this.after)
    if groups or before:
        found.update(
            number
            for number, other in enumerate(problem.tasks)
            if other.ring in before or groups.intersection(other.groups)
        )
    return found


def _only(problem: Problem, chosen: set[int]) -> Problem:
    """The problem of some of the tasks alone."""
    number = {task: new for new, task in enumerate(sorted(chosen))}
    tasks = tuple(
        this._replace(after=tuple(number[other] for other in this.after if other in number))
        for this in (problem.tasks[task] for task in number)
    )
    return problem._replace(tasks=tasks)


def _fewer_tasks(problem: Problem) -> Problem:
    task = 0
    while len(problem.tasks) > 1 and task < len(problem.tasks):
        smaller = _only(problem, set(range(len(problem.tasks))) - {task})
        if _fits(smaller) is True:
            task += 1
        else:
            problem = smaller
    return problem


def _fewer_reasons(problem: Problem) -> tuple[Reason, ...]:
    kept = []
    for reason in _reasons(problem):
        easier = _without(problem, reason)
        if _fits(easier) is True:
            kept.append(reason)
        else:
            problem = easier
    return tuple(kept)


def _reasons(problem: Problem) -> list[Reason]:
    """All rules that the tasks of a problem are under, those that people change most easily last."""
    tasks = problem.tasks
    groups = sorted({group for task in tasks for group in task.groups})
    limits = sorted({limit for task in tasks for limit in task.resources})
    found = [Reason("resource", problem.resources[limit].name) for limit in limits]
    found += [Reason("ring", problem.rings[then].name) for _, then in ring_steps(problem)]
    found += [Reason("after", problem.groups[group].name) for group in groups if problem.groups[group].after]
    found += [Reason("after", task.name) for task in tasks if task.after]
    found += [Reason("group", problem.groups[group].name) for group in groups]
    found += [Reason("pinned", task.name) for task in tasks if task.pinned is not None]
    if problem.deadline is not None:
        found.append(Reason("deadline", None))
    return found + [Reason("windows", task.name) for task in tasks]


def _without(problem: Problem, reason: Reason) -> Problem:
    """The problem without one rule."""
    kind, name = reason
    if kind == "deadline":
        return problem._replace(deadline=None)
    if kind in {"group", "resource"}:
        return _widen(problem, reason, sum(len(task.resources) + 1 for task in problem.tasks))
    if kind == "after":
        groups = tuple(group._replace(after=()) if group.name == name else group for group in problem.groups)
        problem = problem._replace(groups=groups)
    return _change(problem, lambda task: _free(problem, task, reason))


def _free(problem: Problem, task: Task, reason: Reason) -> Task:
    """The task without a rule of its own, or out of the ring that the rule speaks of."""
    if reason.kind == "ring" and task.ring is not None and problem.rings[task.ring].name == reason.name:
        return task._replace(ring=None)
    if task.name != reason.name:
        return task
    if reason.kind == "windows":
        return task._replace(windows=(_horizon(problem),))
    return task._replace(after=()) if reason.kind == "after" else task._replace(pinned=None)


def _widen(problem: Problem, reason: Reason, more: int) -> Problem:
    """The problem with a group or a resource that lets `more` run at once."""
    if reason.kind == "group":
        groups = (g._replace(capacity=g.capacity + more) if g.name == reason.name else g for g in problem.groups)
        return problem._replace(groups=tuple(groups))
    limits = (r._replace(capacity=r.capacity + more) if r.name == reason.name else r for r in problem.resources)
    return problem._replace(resources=tuple(limits))


def _change(problem: Problem, change: Callable[[Task], Task]) -> Problem:
    return problem._replace(tasks=tuple(map(change, problem.tasks)))


def _horizon(problem: Problem) -> tuple[int, int]:
    """A stretch in which everything has room, one after the other."""
    moments = [moment for task in problem.tasks for window in task.windows for moment in window] or [0]
    room = sum(task.duration for task in problem.tasks)
    room += sum(group.settle for group in problem.groups) * len(problem.tasks) + sum(r.soak for r in problem.rings)
    return min(0, *moments), max(moments) + room


def _reliefs(problem: Problem, reasons: tuple[Reason, ...]) -> Iterator[Relief]:
    """The smallest single changes of each kind that resolve the conflict for certain."""
    for shared in dict.fromkeys(task.windows for task in problem.tasks if task.windows):
        length = max(end - start for start, end in shared)
        if _fits(_one_more_opening(problem, shared, length)) is True:
            yield Relief("opening", next(task.name for task in problem.tasks if task.windows == shared), length)
    for reason in reasons:
        if reason.kind in {"group", "resource"} and _fits(_widen(problem, reason, 1)) is True:
            yield Relief("capacity", reason.name, 1)
    if problem.deadline is not None and Reason("deadline", None) in reasons:
        for day in range(1, MOST_DAYS + 1):
            later = day * 24 * problem.per_hour
            if _fits(problem._replace(deadline=problem.deadline + later)) is True:
                yield Relief("deadline", None, later)
                return


def _one_more_opening(problem: Problem, shared: tuple[Interval, ...], length: int) -> Problem:
    """The problem with an opening more after the last one, for all tasks that share these windows."""
    begin = shared[-1][1] + 1
    more = (*shared, (begin, begin + length))
    return _change(problem, lambda task: task._replace(windows=more) if task.windows == shared else task)
