"""Tasks that depend on others: by the order of rings, and by groups with `after`."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, islice
from typing import NamedTuple

from hotpatch_cli.scheduler import SchedulingProblem

_NAMED = 3
Predecessor = tuple[str, int]
"""What has to be done before a task: `group` or `ring`, and its number."""


class BlockedTasks(NamedTuple):
    """Tasks that are not scheduled because their predecessors are not.

    `unscheduled` has the tasks of a group or a ring that are not scheduled, `predecessors` what a
    task that is not scheduled depends on.
    """

    unscheduled: Mapping[Predecessor, tuple[int, ...]]
    predecessors: Mapping[int, tuple[Predecessor, ...]]

    def first(self, task: int) -> tuple[list[int], int]:
        """(some of those that a task depends on, how many there are)."""
        waits_for = [self.unscheduled[before] for before in self.predecessors[task]]
        some = islice(dict.fromkeys(chain.from_iterable(waits_for)), _NAMED)
        return list(some), sum(map(len, waits_for))

    def blocked_by(self, causes: Iterable[int]) -> set[int]:
        """The tasks that depend, directly or not, on one of some tasks."""
        causes = set(causes)
        reached = set(causes)
        closed: set[Predecessor] = set()
        grown = True
        while grown:
            for before, tasks in self.unscheduled.items():
                if not reached.isdisjoint(tasks):
                    closed.add(before)
            more = {
                task
                for task, waits_for in self.predecessors.items()
                if task not in reached and not closed.isdisjoint(waits_for)
            }
            grown = bool(more)
            reached |= more
        return reached - causes


def blocked_tasks(problem: SchedulingProblem, starts: Sequence[int | None]) -> BlockedTasks:
    """Which of the tasks that are not scheduled depend on others that are not."""
    out = [task for task, start in enumerate(starts) if start is None]
    unscheduled: dict[Predecessor, list[int]] = {}
    for number in out:
        task = problem.tasks[number]
        for group in task.groups:
            unscheduled.setdefault(("group", group), []).append(number)
        if task.ring is not None:
            unscheduled.setdefault(("ring", task.ring), []).append(number)
    ring_before = {then: first for first, then in problem.ring_steps()}
    predecessors: dict[int, tuple[Predecessor, ...]] = {}
    for number in out:
        task = problem.tasks[number]
        before: list[Predecessor] = []
        for group in task.groups:
            before += [("group", earlier) for earlier in problem.groups[group].after]
        if task.ring in ring_before:
            before.append(("ring", ring_before[task.ring]))
        # A machine that would have to start after itself depends on no other one.
        waits_for = tuple(
            dict.fromkeys(one for one in before if unscheduled.get(one, [number]) != [number])
        )
        if waits_for:
            predecessors[number] = waits_for
    tasks = {before: tuple(numbers) for before, numbers in unscheduled.items()}
    return BlockedTasks(tasks, predecessors)


def dependents(problem: SchedulingProblem, causes: Iterable[int]) -> set[int]:
    """The tasks that depend, directly or not, on one of some tasks."""
    return blocked_tasks(problem, [None] * len(problem.tasks)).blocked_by(causes)
