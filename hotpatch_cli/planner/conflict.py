"""Why something cannot be placed: an irreducible set of reasons, and which single change would help.

A problem is reduced to the smallest set of rules and tasks that still cannot be met: each is left out in
turn, and stays out if the rest is impossible without it (deletion filtering, J. W. Chinneck, "Feasibility and
Infeasibility in Optimization", 2008). What remains is proven to conflict, and needs each of its members.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import nsmallest
from itertools import accumulate, islice
from typing import NamedTuple

from hotpatch_cli.planner.board import NEVER
from hotpatch_cli.planner.budget import Budget
from hotpatch_cli.planner.effort import Effort
from hotpatch_cli.planner.heads import heads
from hotpatch_cli.planner.model import Model, compile_model
from hotpatch_cli.planner.parts import split
from hotpatch_cli.planner.problem import Group, Interval, Problem, Starts, Task, ring_steps, unplaced
from hotpatch_cli.planner.small import SMALL, CompleteSearch

WORK = 4_000
"""Work that one question "do these fit?" may cost; where it is not enough, nobody knows."""
ALL_WORK = 60_000
"""Work that all questions together may cost; what is left to ask then stays a reason, perhaps a needless one."""
NODES = 1000
"""So many steps a complete search may take over a small part."""
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

    `opening`: one more opening of `amount` units of time, such as the one `within`; `capacity`: so many
    more at once; `deadline`: so much later, in units of time.
    """

    kind: str
    name: str | None
    amount: int
    within: Interval | None = None


class Conflict(NamedTuple):
    """Tasks that cannot all be placed, the reasons why (all are needed), and what would help.

    `also` are other tasks left out that could stand in the place of the one asked about: it is their conflict too.
    `proven` is False where the search that found no room was not complete.
    """

    tasks: tuple[str, ...]
    reasons: tuple[Reason, ...]
    reliefs: tuple[Relief, ...]
    proven: bool
    also: tuple[str, ...] = ()


MOST_CONFLICTS = 10
MOST_DAYS = 28
TRIES = 8
"""So many places for one more opening are tried."""


def explain(problem: Problem, starts: Starts, asked: Iterable[int] | None = None) -> list[Conflict]:
    """The conflicts behind the tasks that a plan leaves out, or those of them asked about: at most MOST_CONFLICTS.

    Tasks that are left out only because one that they wait for is left out are not explained again.
    """
    model = compile_model(problem)
    stuck = [any(starts[task] is None for task in gate.before) for gate in model.gates]
    out = sorted(
        unplaced(starts) if asked is None else asked, key=lambda task: any(stuck[gate] for gate in model.waits[task])
    )
    ask = _Questions()
    rivals = _Rivals(problem)
    found: list[Conflict] = []
    told: set[int] = set()
    for task in out:
        if task in told or len(found) == MOST_CONFLICTS or (found and not ask.left):
            continue
        conflict = _conflict(problem, task, ask, rivals)
        members = set(conflict.tasks)
        alike = [other for other in out if other not in told and _alike(problem, task, other, conflict.reasons)]
        told |= {other for other in out if problem.tasks[other].name in members}
        also = tuple(problem.tasks[other].name for other in alike if other not in told)
        told |= _behind(model, {task, *told, *alike})
        found.append(conflict._replace(also=also))
    return found


def _alike(problem: Problem, task: int, other: int, reasons: tuple[Reason, ...]) -> bool:
    """Whether one task could stand in a conflict for another: nothing that the reasons speak of differs."""
    one, two = problem.tasks[task], problem.tasks[other]
    if (one.windows, one.ring, one.pinned, one.after) != (two.windows, two.ring, two.pinned, two.after):
        return False
    named = {reason.name for reason in reasons if reason.kind in {"group", "after", "resource"}}
    groups = {group for group in one.groups if problem.groups[group].name in named}
    limits = {limit for limit in one.resources if problem.resources[limit].name in named}
    return two.duration >= one.duration and groups <= set(two.groups) and limits <= set(two.resources)


def _behind(model: Model, tasks: set[int]) -> set[int]:
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


class _Questions:
    """Answers "do these fit together?", until the work for all questions is used up."""

    def __init__(self) -> None:
        self.left = ALL_WORK

    def fits(self, problem: Problem) -> bool | None:
        """Whether all tasks can be placed together; None if nobody can tell without a long search."""
        if not self.left:
            return None
        if _crowded(problem):
            return False
        model = compile_model(problem)
        if len(model.live) < len(problem.tasks) or any(start >= NEVER for start in heads(model).start):
            return False
        budget = Budget(min(WORK, self.left), None, None)
        answers = [_part_fits(Effort(part, budget), budget) for part in split(model)]
        self.left = max(0, self.left - budget.work - len(problem.tasks))
        return False if False in answers else None if None in answers else True

    def stays_stuck(self, problem: Problem, *, proven: bool) -> bool:
        """Whether a smaller problem is as stuck as the one before, which was proven to be or only looked so."""
        return self.fits(problem) is False or bool(not proven and self.left and self.fits(problem) is not True)


def _part_fits(effort: Effort, budget: Budget) -> bool | None:
    """Only small parts are searched to the end: longer searches depend on a clock, and an answer must not."""
    effort.begin()
    if not effort.score.left_out:
        return True
    if len(effort.part.tasks) > SMALL:
        return None
    search = CompleteSearch(effort.model, heads(effort.model), effort.starts, effort.score, NODES)
    complete = search.run()
    budget.spend(search.nodes)
    return True if not search.score.left_out else False if complete else None


def _crowded(problem: Problem) -> bool:
    """Whether some group or resource has fewer places in all openings together than tasks that need one."""
    holds = [(group.capacity, group.settle) for group in problem.groups]
    holds += [(resource.capacity, 0) for resource in problem.resources]
    users: dict[int, list[Task]] = {}
    for task in problem.tasks:
        for limit in (*task.groups, *(len(problem.groups) + each for each in set(task.resources))):
            users.setdefault(limit, []).append(task)
    return any(
        room(tasks, holds[limit][0], holds[limit][1], problem.deadline) < len(tasks) for limit, tasks in users.items()
    )


def room(tasks: Sequence[Task], capacity: int, settle: int, deadline: int | None) -> int:
    """So many of some tasks can start at most in their openings, if `capacity` are occupied at once.

    An upper bound: each stretch that openings make together holds whole rounds of the shortest task, and all
    stretches together hold as many as fit by their length, the shortest first.
    """
    shortest = min(task.duration for task in tasks)
    rounds = length = 0
    for start, end in stretches(tasks, deadline):
        if end - start >= shortest:
            rounds += (end - start + settle) // (shortest + settle)
            length += end - start + settle
    return min(capacity * rounds, _how_many((task.duration + settle for task in tasks), capacity * length))


def _how_many(holds: Iterable[int], offered: int) -> int:
    """So many holds fit into the time that is offered, the shortest first."""
    return bisect_right(list(accumulate(sorted(holds))), offered)


def stretches(tasks: Iterable[Task], deadline: int | None) -> list[Interval]:
    """The times, in order and disjoint, in which at least one of some tasks may restart."""
    spans = sorted({span for windows in {task.windows for task in tasks} for span in windows})
    merged: list[Interval] = []
    for start, closes in spans:
        end = closes if deadline is None else min(closes, deadline)
        if start >= end:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def _conflict(problem: Problem, task: int, ask: _Questions, rivals: "_Rivals") -> Conflict:
    for suspects in rivals.of(task):
        part = _only(problem, suspects)
        answer = ask.fits(part)
        if answer is not True and ask.left:
            part = _fewer_tasks(part, ask, proven=answer is False)
            reasons = _fewer_reasons(part, ask, proven=answer is False)
            names = tuple(each.name for each in part.tasks)
            return Conflict(names, reasons, tuple(_reliefs(part, reasons, ask)), answer is False)
    for kind, limit in (("group", each) for each in problem.tasks[task].groups):
        if (crowd := _crowd(problem, kind, limit, rivals, ask)) is not None:
            return crowd
    for kind, limit in (("resource", each) for each in problem.tasks[task].resources):
        if (crowd := _crowd(problem, kind, limit, rivals, ask)) is not None:
            return crowd
    alone = _only(problem, {task})
    return Conflict((problem.tasks[task].name,), tuple(_reasons(alone)), (), proven=False)


def _crowd(problem: Problem, kind: str, limit: int, rivals: "_Rivals", ask: _Questions) -> Conflict | None:
    """All who share a group or a resource, if it has less room than they need together: too many to take apart."""
    part = _only(problem, set(rivals.users(kind, limit)))
    rule = problem.groups[limit] if kind == "group" else problem.resources[limit]
    settle = rule.settle if isinstance(rule, Group) else 0

    def full(deadline: int | None, capacity: int) -> bool:
        return room(part.tasks, capacity, settle, deadline) < len(part.tasks)

    if not full(part.deadline, rule.capacity):
        return None
    reasons = [Reason(kind, rule.name), *(Reason("windows", task.name) for task in part.tasks)]
    if part.deadline is not None and not full(None, rule.capacity):
        reasons.append(Reason("deadline", None))
    enough = next((more for more in range(1, len(part.tasks)) if not full(part.deadline, rule.capacity + more)), 1)
    reliefs = []
    for more in range(enough, enough + TRIES):
        if ask.fits(_widen(part, reasons[0], more)) is True:
            reliefs.append(Relief("capacity", rule.name, more))
            break
    later = _later(part, full=lambda deadline: full(deadline, rule.capacity), ask=ask)
    return Conflict(tuple(task.name for task in part.tasks), tuple(reasons), (*reliefs, *later), proven=True)


def _later(part: Problem, *, full: Callable[[int], bool], ask: _Questions) -> Iterator[Relief]:
    """The fewest days more after which there is room, if a search finds it."""
    if part.deadline is None:
        return
    day = 24 * part.per_hour
    enough = next((days for days in range(1, MOST_DAYS + 1) if not full(part.deadline + days * day)), None)
    for days in range(enough, min(enough + TRIES, MOST_DAYS + 1)) if enough else ():
        if ask.fits(part._replace(deadline=part.deadline + days * day)) is True:
            yield Relief("deadline", None, days * day)
            return


class _Rivals:
    """Who may be in a task's way: an index of groups, resources and rings."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self._in: dict[tuple[str, int], list[int]] = {}
        for number, task in enumerate(problem.tasks):
            for group in task.groups:
                self._in.setdefault(("groups", group), []).append(number)
            for limit in set(task.resources):
                self._in.setdefault(("resources", limit), []).append(number)
            if task.ring is not None:
                self._in.setdefault(("ring", task.ring), []).append(number)
        self._ring_before = {then: first for first, then in ring_steps(problem)}

    def users(self, kind: str, limit: int) -> list[int]:
        """All tasks that share a group or a resource."""
        return self._in["groups" if kind == "group" else "resources", limit]

    def of(self, task: int) -> Iterator[set[int]]:
        """Ever larger sets of tasks that may be in each other's way: alone, with predecessors, with rivals."""
        tasks = self.problem.tasks
        chosen = {task}
        yield chosen
        for _ in range(3):
            earlier = {other for each in sorted(chosen)[:SUSPECTS] for other in self._waits_for(each)}
            chosen = chosen | set(sorted(earlier)[:SUSPECTS])
        yield chosen
        last = max((end for _, end in tasks[task].windows), default=0)
        for share in ("groups", "resources"):
            limits = {limit for each in chosen for limit in getattr(tasks[each], share)}
            others = {n for limit in limits for n in self._in[share, limit]}
            near = nsmallest(SUSPECTS, others, key=lambda n: (tasks[n].windows[-1:] > ((last, last),), n))
            chosen = chosen | set(near)
            yield chosen

    def _waits_for(self, task: int) -> set[int]:
        """The first of those that must have ended before a task starts, each gate's at most SUSPECTS."""
        this = self.problem.tasks[task]
        gates = [("groups", earlier) for group in this.groups for earlier in self.problem.groups[group].after]
        if this.ring in self._ring_before:
            gates.append(("ring", self._ring_before[this.ring]))
        return {*this.after, *(n for gate in gates for n in self._in.get(gate, [])[:SUSPECTS])}


def _only(problem: Problem, chosen: set[int]) -> Problem:
    """The problem of some of the tasks alone."""
    number = {task: new for new, task in enumerate(sorted(chosen))}
    tasks = tuple(
        this._replace(after=tuple(number[other] for other in this.after if other in number))
        for this in (problem.tasks[task] for task in number)
    )
    return problem._replace(tasks=tasks)


def _fewer_tasks(problem: Problem, ask: _Questions, *, proven: bool) -> Problem:
    task = 0
    while len(problem.tasks) > 1 and task < len(problem.tasks):
        smaller = _only(problem, set(range(len(problem.tasks))) - {task})
        if ask.stays_stuck(smaller, proven=proven):
            problem = smaller
        else:
            task += 1
    return problem


def _fewer_reasons(problem: Problem, ask: _Questions, *, proven: bool) -> tuple[Reason, ...]:
    kept = []
    for reason in _reasons(problem):
        easier = _without(problem, reason)
        if ask.stays_stuck(easier, proven=proven):
            problem = easier
        else:
            kept.append(reason)
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


def _reliefs(problem: Problem, reasons: tuple[Reason, ...], ask: _Questions) -> Iterator[Relief]:
    """The smallest single changes of each kind that resolve the conflict for certain."""
    day = 24 * problem.per_hour
    for shared in dict.fromkeys(task.windows for task in problem.tasks if task.windows):
        who = next(task.name for task in problem.tasks if task.windows == shared)
        for more in islice(_other_days(problem, shared, day), TRIES):
            if ask.fits(_one_more_opening(problem, shared, more)) is True:
                yield Relief("opening", who, more[1] - more[0], more)
                break
    for reason in reasons:
        if reason.kind in {"group", "resource"} and ask.fits(_widen(problem, reason, 1)) is True:
            yield Relief("capacity", reason.name, 1)
    if problem.deadline is not None and Reason("deadline", None) in reasons:
        for later in range(day, (MOST_DAYS + 1) * day, day):
            if ask.fits(problem._replace(deadline=problem.deadline + later)) is True:
                yield Relief("deadline", None, later)
                return


def _other_days(problem: Problem, shared: tuple[Interval, ...], day: int) -> Iterator[Interval]:
    """Where one more opening might be: as long as the longest one, on a later or an earlier day."""
    opened = stretches([Task("", 1, shared)], problem.deadline)
    start, end = max(opened, key=lambda span: span[1] - span[0], default=shared[0])
    first = min((span[0] for span in stretches(problem.tasks, problem.deadline)), default=0)
    for shift in (*range(day, 14 * day, day), *range(-day, -MOST_DAYS * day, -day)):
        begin, finish = start + shift, end + shift
        free = all(finish <= opens or closes <= begin for opens, closes in shared)
        if free and begin >= first and (problem.deadline is None or finish <= problem.deadline):
            yield begin, finish


def _one_more_opening(problem: Problem, shared: tuple[Interval, ...], more: Interval) -> Problem:
    """The problem with an opening more, for all tasks that share these windows."""
    windows = tuple(sorted((*shared, more)))
    return _change(problem, lambda task: task._replace(windows=windows) if task.windows == shared else task)
