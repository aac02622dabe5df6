"""Who may be in the way of a task: an index of groups, limits and rings, and problems of some tasks
alone.
"""

from collections.abc import Iterator
from heapq import nsmallest

from hotpatch_cli.scheduler.problem import SchedulingProblem, ring_steps

SUSPECTS = 60
"""So many tasks that compete with an unplaced one are looked at."""


class Subproblems:
    """Who may be in a task's way: an index of groups, resources and rings."""

    def __init__(self, problem: SchedulingProblem) -> None:
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
        """Ever larger sets of tasks that may be in each other's way: alone, with predecessors, with
        rivals.
        """
        tasks = self.problem.tasks
        chosen = {task}
        yield chosen
        for _ in range(3):
            earlier = {
                other for each in sorted(chosen)[:SUSPECTS] for other in self._waits_for(each)
            }
            chosen = chosen | set(sorted(earlier)[:SUSPECTS])
        yield chosen
        last = max((end for _, end in tasks[task].windows), default=0)
        for share in ("groups", "resources"):
            limits = {limit for each in chosen for limit in getattr(tasks[each], share)}
            others = {n for limit in limits for n in self._in[share, limit]}
            near = nsmallest(
                SUSPECTS, others, key=lambda n: (tasks[n].windows[-1:] > ((last, last),), n)
            )
            chosen = chosen | set(near)
            yield chosen

    def _waits_for(self, task: int) -> set[int]:
        """The first of those that must have ended before a task starts, each gate's at most
        SUSPECTS.
        """
        this = self.problem.tasks[task]
        gates = [
            ("groups", earlier)
            for group in this.groups
            for earlier in self.problem.groups[group].after
        ]
        if this.ring in self._ring_before:
            gates.append(("ring", self._ring_before[this.ring]))
        return {*this.after, *(n for gate in gates for n in self._in.get(gate, [])[:SUSPECTS])}


def only(problem: SchedulingProblem, chosen: set[int]) -> SchedulingProblem:
    """The problem of some of the tasks alone."""
    number = {task: new for new, task in enumerate(sorted(chosen))}
    tasks = tuple(
        this._replace(after=tuple(number[other] for other in this.after if other in number))
        for this in (problem.tasks[task] for task in number)
    )
    return problem._replace(tasks=tasks)
