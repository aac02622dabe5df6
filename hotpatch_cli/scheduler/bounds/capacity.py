"""How many restarts a limit has room for: by length and rounds of openings alone, without a search."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate

from hotpatch_cli.scheduler.problem import Interval, SchedulingProblem, Task


def crowded(problem: SchedulingProblem) -> bool:
    """Whether some group or resource has fewer places in all openings together than tasks that need
    one.
    """
    holds = [(group.capacity, group.settle) for group in problem.groups]
    holds += [(resource.capacity, 0) for resource in problem.resources]
    users: dict[int, list[Task]] = {}
    for task in problem.tasks:
        for limit in (*task.groups, *(len(problem.groups) + each for each in set(task.resources))):
            users.setdefault(limit, []).append(task)
    return any(
        room(tasks, holds[limit][0], holds[limit][1], problem.deadline) < len(tasks)
        for limit, tasks in users.items()
    )


def room(tasks: Sequence[Task], capacity: int, settle: int, deadline: int | None) -> int:
    """So many of some tasks can start at most in their openings, if `capacity` are occupied at
    once.

    An upper bound: each stretch that openings make together holds whole rounds of the shortest
    task, and all stretches together hold as many as fit by their length, the shortest first.
    """
    shortest = min(task.duration for task in tasks)
    rounds = length = 0
    for start, end in stretches(tasks, deadline):
        if end - start >= shortest:
            rounds += (end - start + settle) // (shortest + settle)
            length += end - start + settle
    return min(
        capacity * rounds, _how_many((task.duration + settle for task in tasks), capacity * length)
    )


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
