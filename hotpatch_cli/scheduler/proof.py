"""The proof of a plan: the rules that it breaks, and what it costs.

It shares no code with the search that it checks.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from hotpatch_cli.scheduler.problem import SchedulingProblem, Task


class Violation(NamedTuple):
    """A rule that a plan breaks: the rule, the tasks, the limit's name, and the moment."""

    rule: str
    tasks: tuple[int, ...]
    limit: str | None = None
    at: int | None = None


class Cost(NamedTuple):
    """The cost of a plan: scheduled tasks, weighted hours from release to ends, last end."""

    placed: int
    exposure: float
    makespan: int


def cost(problem: SchedulingProblem, starts: Sequence[int | None]) -> Cost:
    """Recompute the three parts of the objective from the plan alone."""
    placed, total, last = 0, 0.0, 0
    for task, start in zip(problem.tasks, starts, strict=True):
        if start is not None:
            end = start + task.duration
            placed += 1
            total += task.weight * end
            last = max(last, end)
    return Cost(placed, total / problem.per_hour, last)


def verify(problem: SchedulingProblem, starts: Sequence[int | None]) -> list[Violation]:
    """Every rule that the plan breaks, empty for a plan that may be run.

    Rules: `window`, `deadline`, `pinned`, `group`, `resource`, `after`, `ring`, and `unplaced` for
    a task that is scheduled although one that it depends on isn't.
    """
    if len(starts) != len(problem.tasks):
        raise ValueError(
            f"the plan has {len(starts)} tasks, but the problem has {len(problem.tasks)}"
        )
    return list(
        chain(
            _alone(problem, starts),
            _groups(problem, starts),
            _resources(problem, starts),
            _group_order(problem, starts),
            _ring_order(problem, starts),
            _task_order(problem, starts),
        )
    )


def _alone(problem: SchedulingProblem, starts: Sequence[int | None]) -> Iterator[Violation]:
    for index, (task, start) in enumerate(zip(problem.tasks, starts, strict=True)):
        if start is None:
            continue
        if not _inside_one_window(task, start):
            yield Violation("window", (index,), at=start)
        if problem.deadline is not None and start + task.duration > problem.deadline:
            yield Violation("deadline", (index,), at=start + task.duration)
        if task.pinned is not None and start != task.pinned:
            yield Violation("pinned", (index,), at=start)


def _inside_one_window(task: Task, start: int) -> bool:
    window = bisect_right(task.windows, start, key=lambda window: window[0]) - 1
    return window >= 0 and start + task.duration <= task.windows[window][1]


def _groups(problem: SchedulingProblem, starts: Sequence[int | None]) -> Iterator[Violation]:
    changes: list[list[tuple[int, int, int]]] = [[] for _ in problem.groups]
    for index, (task, start) in enumerate(zip(problem.tasks, starts, strict=True)):
        if start is not None:
            for group in task.groups:
                changes[group].append((start, 1, index))
                changes[group].append(
                    (start + task.duration + problem.groups[group].settle, -1, index)
                )
    for rule, events in zip(problem.groups, changes, strict=True):
        yield from _overloads("group", rule.name, rule.capacity, events)


def _resources(problem: SchedulingProblem, starts: Sequence[int | None]) -> Iterator[Violation]:
    changes: list[list[tuple[int, int, int]]] = [[] for _ in problem.resources]
    for index, (task, start) in enumerate(zip(problem.tasks, starts, strict=True)):
        if start is not None:
            for resource in task.resources:
                changes[resource].append((start, 1, index))
                changes[resource].append((start + task.duration, -1, index))
    for rule, events in zip(problem.resources, changes, strict=True):
        yield from _overloads("resource", rule.name, rule.capacity, events)


def _overloads(
    rule: str, name: str, capacity: int, events: list[tuple[int, int, int]]
) -> Iterator[Violation]:
    """One violation for each time that more than the capacity is taken, at its first moment."""
    running: dict[int, int] = {}
    taken, over = 0, False
    # Intervals are half open: what ends at a moment (-1) leaves before what starts then (+1)
    # enters.
    for moment, change, index in sorted(events):
        taken += change
        running[index] = running.get(index, 0) + change
        if not running[index]:
            del running[index]
        if taken > capacity and not over:
            yield Violation(rule, tuple(sorted(running)), name, moment)
        over = taken > capacity


def _group_order(problem: SchedulingProblem, starts: Sequence[int | None]) -> Iterator[Violation]:
    members: dict[int, list[int]] = {}
    for index, task in enumerate(problem.tasks):
        for number in task.groups:
            members.setdefault(number, []).append(index)
    for number, group in enumerate(problem.groups):
        for earlier in group.after:
            first, then = members.get(earlier, []), members.get(number, [])
            yield from _order("after", group.name, problem, starts, first, then, 0)


def _ring_order(problem: SchedulingProblem, starts: Sequence[int | None]) -> Iterator[Violation]:
    ring_tasks: dict[int, list[int]] = {}
    for index, task in enumerate(problem.tasks):
        if task.ring is not None:
            ring_tasks.setdefault(task.ring, []).append(index)
    before: int | None = None
    for number in sorted(ring_tasks):
        if before is not None:
            soak = problem.rings[before].soak
            name = problem.rings[number].name
            yield from _order(
                "ring", name, problem, starts, ring_tasks[before], ring_tasks[number], soak
            )
        before = number


def _task_order(problem: SchedulingProblem, starts: Sequence[int | None]) -> Iterator[Violation]:
    for index, task in enumerate(problem.tasks):
        if task.after:
            yield from _order("after", task.name, problem, starts, task.after, (index,), 0)


def _order(  # noqa: PLR0917  one question, asked of groups, rings and tasks alike
    rule: str,
    name: str,
    problem: SchedulingProblem,
    starts: Sequence[int | None],
    first: Iterable[int],
    then: Iterable[int],
    wait: int,
) -> Iterator[Violation]:
    """All of `first` must have ended, and `wait` have passed, before any of `then` starts."""
    opens, last, missing = None, None, None
    for index in first:
        start = starts[index]
        if start is None:
            missing = index
        elif opens is None or start + problem.tasks[index].duration + wait > opens:
            opens, last = start + problem.tasks[index].duration + wait, index
    for index in then:
        start = starts[index]
        if start is None:
            continue
        if missing is not None:
            yield Violation("unplaced", (missing, index), name, start)
        if opens is not None and last is not None and start < opens:
            yield Violation(rule, (last, index), name, start)
