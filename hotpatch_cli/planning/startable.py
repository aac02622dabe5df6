"""Restarts that may start at one moment, all of them together, without breaking a rule."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from hotpatch_cli.planning.window_slots import MinuteInterval
from hotpatch_cli.scheduler import SchedulingProblem, Task

_Limit = tuple[str, int]
"""`group` or `resource`, and its number."""


class RestartTimes(NamedTuple):
    """What is known of the restarts of a problem, by the number of the task, in minutes.

    `ended` has the ends of those that are done, `planned` the intervals of those that the plan
    still has ahead or in progress.
    """

    ended: Mapping[int, int]
    planned: Mapping[int, MinuteInterval]


def startable(
    problem: SchedulingProblem, times: RestartTimes, candidates: Iterable[int], at: int
) -> list[int]:
    """The candidates that may start at a moment, in their order: each one is counted before the
    next is looked at.

    Their windows are the caller's concern. A planned restart keeps its time, unless it is itself
    the one that starts: no start now makes a later one of the plan break a limit.
    """
    order = _Order(problem, times.ended)
    use = _LimitUse(problem, times, at)
    return [
        number
        for number in candidates
        if order.allows(problem.tasks[number], at) and use.take(number)
    ]


class _Order:
    """Rings in their order with their soak, and groups after others."""

    def __init__(self, problem: SchedulingProblem, ended: Mapping[int, int]) -> None:
        self.problem = problem
        self.ring_before = {then: first for first, then in problem.ring_steps()}
        # The last end of a ring or a group; None where a restart of it is still to come.
        self.rings: dict[int, int | None] = {}
        self.groups: dict[int, int | None] = {}
        for number, task in enumerate(problem.tasks):
            end = ended.get(number)
            if task.ring is not None:
                self.rings[task.ring] = _later(self.rings, task.ring, end)
            for group in task.groups:
                self.groups[group] = _later(self.groups, group, end)

    def allows(self, task: Task, at: int) -> bool:
        """Whether all restarts before a task have ended, and the soak time has passed."""
        before = None if task.ring is None else self.ring_before.get(task.ring)
        if before is not None:
            end = self.rings[before]
            if end is None or end + self.problem.rings[before].soak > at:
                return False
        for group in task.groups:
            for earlier in self.problem.groups[group].after:
                end = self.groups.get(earlier, at)
                if end is None or end > at:
                    return False
        return True


def _later(known: Mapping[int, int | None], number: int, end: int | None) -> int | None:
    """The later end, which isn't known once a restart hasn't ended."""
    if end is None or number not in known:
        return end
    before = known[number]
    return None if before is None else max(before, end)


class _LimitUse:
    """How many restarts occupy each group and each limit, minute by minute from a moment on."""

    def __init__(self, problem: SchedulingProblem, times: RestartTimes, at: int) -> None:
        self.problem, self.at = problem, at
        self._longest = max((task.duration for task in problem.tasks), default=0)
        self._planned = times.planned
        self._use: dict[_Limit, list[int]] = {}
        for number, end in times.ended.items():
            self._add(number, end - problem.tasks[number].duration, end)
        for number, (start, end) in times.planned.items():
            self._add(number, start, end)

    def take(self, number: int) -> bool:
        """Start a task at the moment, if its groups and limits have room."""
        task = self.problem.tasks[number]
        planned = self._planned.get(number)
        if planned is not None:
            self._add(number, *planned, change=-1)
        room = all(self._has_room(limit, task) for limit in _limits(task))
        if room:
            self._add(number, self.at, self.at + task.duration)
        elif planned is not None:
            self._add(number, *planned)
        return room

    def _has_room(self, limit: _Limit, task: Task) -> bool:
        kind, number = limit
        rules = self.problem.groups if kind == "group" else self.problem.resources
        use = self._use.get(limit, ())[: task.duration + self._settle(limit)]
        return max(use, default=0) < rules[number].capacity

    def _add(self, number: int, start: int, end: int, change: int = 1) -> None:
        task = self.problem.tasks[number]
        for limit in _limits(task):
            settle = self._settle(limit)
            length = self._longest + settle
            first, last = max(start - self.at, 0), min(end + settle - self.at, length)
            if first < last:
                use = self._use.setdefault(limit, [0] * length)
                for minute in range(first, last):
                    use[minute] += change

    def _settle(self, limit: _Limit) -> int:
        kind, number = limit
        return self.problem.groups[number].settle if kind == "group" else 0


def _limits(task: Task) -> list[_Limit]:
    groups = [("group", group) for group in task.groups]
    return groups + [("resource", resource) for resource in dict.fromkeys(task.resources)]
