"""What a machine that doesn't come back from its restart keeps from starting, by the rules of the
fleet.

The machine is taken as down for good: it uses its groups and limits, its groups and its ring are
never done. All other restarts keep their planned times or don't start.
"""

from collections.abc import Iterator, Sequence
from heapq import heappop, heappush
from itertools import chain
from typing import NamedTuple

from hotpatch_cli.planning.start_reasons import Limit, LimitUse, limits_of
from hotpatch_cli.scheduler import SchedulingProblem, Task

MOST = 1_000
"""Plans of more restarts have the rules that are blocked, not each machine:
work grows with the square.
"""


_Rule = tuple[str, int]
"""`group` or `ring`, and its number."""


class BlockedRestarts(NamedTuple):
    """What can't start while a machine is down: groups and rings by their numbers, none of whose
    later restarts can start, and restarts by the numbers of their tasks, in the order of time.

    `tasks` has the restarts of those groups and rings too. It's None in a plan of many restarts.
    """

    groups: frozenset[int]
    rings: frozenset[int]
    tasks: tuple[int, ...] | None


class Contingency:
    """What each restart of a plan blocks."""

    def __init__(self, problem: SchedulingProblem, starts: Sequence[int | None]) -> None:
        self.problem = problem
        self._starts = {task: start for task, start in enumerate(starts) if start is not None}
        self._order = sorted(self._starts, key=lambda task: (self._starts[task], task))
        self._following = dict(problem.ring_steps())
        self._use = LimitUse(problem)
        self._limits = {number: limits_of(problem.tasks[number]) for number in self._starts}
        for number, start in self._starts.items():
            self._use.add(problem.tasks[number], start)
        # A limit that is never full has room for one more that stays down.
        self._tight = {limit for limit in self._use.spans if self._use.full(limit)}
        self._after_group: dict[int, list[_Rule]] = {}
        for follower, group in enumerate(problem.groups):
            for before in group.after:
                self._after_group.setdefault(before, []).append(("group", follower))
        # Where a rule has a restart that can't start, what follows that restart can't start either.
        self._following_rules: dict[_Rule, set[_Rule]] = {}
        for number in self._starts:
            task = problem.tasks[number]
            following = self._next(task)
            for rule in _rules(task):
                self._following_rules.setdefault(rule, set()).update(following)
        self._closed: dict[tuple[_Rule, ...], tuple[frozenset[int], frozenset[int]]] = {}

    def of(self, number: int) -> BlockedRestarts:
        """What a task blocks while its machine is down."""
        task = self.problem.tasks[number]
        groups, rings = self._after(task)
        if len(self._starts) > MOST:
            return BlockedRestarts(groups, rings, None)
        return BlockedRestarts(groups, rings, tuple(self._blocked(number, groups, rings)))

    def _after(self, task: Task) -> tuple[frozenset[int], frozenset[int]]:
        """The groups and rings that start after those of a task, directly or not."""
        key = tuple(_rules(task))
        if key not in self._closed:
            reached: set[_Rule] = set()
            todo = self._next(task)
            while todo:
                rule = todo.pop()
                if rule not in reached and rule in self._following_rules:
                    reached.add(rule)
                    todo += self._following_rules[rule]
            groups = frozenset(number for kind, number in reached if kind == "group")
            self._closed[key] = (
                groups,
                frozenset(number for kind, number in reached if kind == "ring"),
            )
        return self._closed[key]

    def _next(self, task: Task) -> list[_Rule]:
        """The groups and the ring directly after those of a task."""
        found = list(chain.from_iterable(self._after_group.get(group, ()) for group in task.groups))
        following = None if task.ring is None else self._following.get(task.ring)
        return found if following is None else [*found, ("ring", following)]

    def _blocked(self, down: int, groups: frozenset[int], rings: frozenset[int]) -> Iterator[int]:
        """The restarts that can't start at their times, in the order of time."""
        tasks = self.problem.tasks
        end = self._starts[down] + tasks[down].duration
        shut_groups, shut_rings = set(groups), set(rings)
        limits = [limit for limit in self._limits[down] if limit in self._tight]
        ends: dict[Limit, list[int]] = {limit: [] for limit in limits}
        for number in self._order:
            task, start = tasks[number], self._starts[number]
            if number == down:
                continue
            if start >= end and (
                task.ring in shut_rings or not shut_groups.isdisjoint(task.groups)
            ):
                yield number
                continue
            used = [limit for limit in self._limits[number] if limit in ends]
            if start >= end and any(self._is_full(limit, ends[limit], start) for limit in used):
                yield number
                more_groups, more_rings = self._after(task)
                shut_groups |= more_groups
                shut_rings |= more_rings
                continue
            for limit in used:
                heappush(ends[limit], start + task.duration + self._use.settle(limit))

    def _is_full(self, limit: Limit, ends: list[int], minute: int) -> bool:
        """Whether a limit has no room at a minute beside a machine that stays down."""
        while ends and ends[0] <= minute:
            heappop(ends)
        return len(ends) + 1 >= self._use.capacity(limit)


def _rules(task: Task) -> list[_Rule]:
    """The groups and the ring of a task."""
    ring: list[_Rule] = [] if task.ring is None else [("ring", task.ring)]
    return [*(("group", group) for group in task.groups), *ring]
