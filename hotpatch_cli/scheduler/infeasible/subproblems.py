"""Subproblems: the problem of some tasks alone, around a task that can't be scheduled."""

from collections.abc import Iterator
from heapq import nsmallest

from hotpatch_cli.scheduler.problem import SchedulingProblem

SUSPECTS = 60
"""The number of tasks examined that compete with an unscheduled one.

With more, questions take longer and stay unknown; with less, conflicts of large groups are missed.
"""
DEPTH = 3
"""The number of predecessors of predecessors examined."""


class Subproblems:
    """An index of groups, resources and rings, for the tasks that compete with a given one."""

    def __init__(self, problem: SchedulingProblem) -> None:
        self.problem = problem
        self._members: dict[tuple[str, int], list[int]] = {}
        for number, task in enumerate(problem.tasks):
            for group in task.groups:
                self._members.setdefault(("group", group), []).append(number)
            for resource in set(task.resources):
                self._members.setdefault(("resource", resource), []).append(number)
            if task.ring is not None:
                self._members.setdefault(("ring", task.ring), []).append(number)
        self._ring_before = {then: first for first, then in problem.ring_steps()}

    def users(self, kind: str, limit: int) -> list[int]:
        """All tasks that share a `group` or a `resource`."""
        return self._members[kind, limit]

    def of(self, task: int) -> Iterator[set[int]]:
        """Ever larger sets of tasks: alone, with predecessors, with users of the same limits."""
        chosen = {task}
        yield chosen
        for _ in range(DEPTH):
            earlier: set[int] = set()
            for other in sorted(chosen)[:SUSPECTS]:
                earlier |= self._predecessors(other)
            chosen = chosen | set(sorted(earlier)[:SUSPECTS])
        yield chosen
        last = max((end for _, end in self.problem.tasks[task].windows), default=0)
        for kind in ("group", "resource"):
            chosen = chosen | self._competitors(kind, chosen, last)
            yield chosen

    def _competitors(self, kind: str, chosen: set[int], last: int) -> set[int]:
        """Users of the limits of some tasks, those whose windows end by `last` first."""
        tasks = self.problem.tasks
        limits: set[int] = set()
        for task in chosen:
            limits.update(tasks[task].groups if kind == "group" else tasks[task].resources)
        users: set[int] = set()
        for limit in limits:
            users.update(self._members[kind, limit])

        def rank(user: int) -> tuple[bool, int]:
            return tasks[user].windows[-1:] > ((last, last),), user

        return set(nsmallest(SUSPECTS, users, key=rank))

    def _predecessors(self, number: int) -> set[int]:
        """Tasks that must have ended before a task starts, at most SUSPECTS of each gate."""
        task = self.problem.tasks[number]
        gates = []
        for group in task.groups:
            gates += [("group", earlier) for earlier in self.problem.groups[group].after]
        if task.ring in self._ring_before:
            gates.append(("ring", self._ring_before[task.ring]))
        predecessors = set(task.after)
        for gate in gates:
            predecessors.update(self._members.get(gate, [])[:SUSPECTS])
        return predecessors


def only(problem: SchedulingProblem, chosen: set[int]) -> SchedulingProblem:
    """The problem of some of the tasks alone."""
    number = {task: new for new, task in enumerate(sorted(chosen))}
    tasks = []
    for task in number:
        kept = problem.tasks[task]
        after = tuple(number[other] for other in kept.after if other in number)
        tasks.append(kept._replace(after=after))
    return problem._replace(tasks=tuple(tasks))
