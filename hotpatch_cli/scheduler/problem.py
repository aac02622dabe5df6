"""The input of the scheduler: tasks, groups, rings and resources, free of fleets and files.

All times are whole numbers of one unit (minutes or seconds, by `SchedulingProblem.per_hour`)
counted from the release moment in UTC, and all intervals are half open: [start, end).
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate, chain, pairwise
from typing import NamedTuple

Interval = tuple[int, int]
"""A time from a start to an end, in units of the problem. Slots have an interval of their own."""
Starts = tuple[int | None, ...]
"""A plan: the start of each task of a problem in its order, None where a task isn't scheduled."""


class InvalidProblem(ValueError):  # noqa: N818  the noun says that it is an error
    """The problem contradicts itself: an index names nothing, or windows are out of order."""


class Task(NamedTuple):
    """One restart, or any piece of work that runs without a break.

    `windows` are sorted, and the restart is inside one of them. Two may overlap if neither is
    inside the other: a task that fits neither into both nor across them. Use the same tuple for
    all tasks that share it. `resources` has a resource once for each unit that the task uses of it.
    `after` has the tasks that must have ended. A `pinned` task starts exactly then or not at all.
    `weight` is the cost of an hour of exposure.
    """

    name: str
    duration: int
    windows: tuple[Interval, ...]
    weight: float = 1
    groups: tuple[int, ...] = ()
    ring: int | None = None
    resources: tuple[int, ...] = ()
    after: tuple[int, ...] = ()
    pinned: int | None = None


class TaskGroup(NamedTuple):
    """Machines that serve together: at most `capacity` are occupied at once.

    A member is occupied from its start until `settle` after its end. No member starts before every
    member of the groups in `after` has ended.
    """

    name: str
    capacity: int
    settle: int = 0
    after: tuple[int, ...] = ()


class TaskRing(NamedTuple):
    """A stage of the rollout; rings run in the order of the problem.

    The next ring starts when `soak` has passed since the last end of this one. A ring without tasks
    is passed over together with its soak: there is no end to measure from.
    """

    name: str
    soak: int = 0


class ResourceLimit(NamedTuple):
    """A limit on restarts in progress: the whole fleet's, a region's or a tag's."""

    name: str
    capacity: int


class SchedulingProblem(NamedTuple):
    """All that must be planned together.

    `deadline` is the last allowed end, None if there is none.
    """

    tasks: tuple[Task, ...]
    groups: tuple[TaskGroup, ...] = ()
    rings: tuple[TaskRing, ...] = ()
    resources: tuple[ResourceLimit, ...] = ()
    deadline: int | None = None
    per_hour: int = 60

    def ring_steps(self) -> list[tuple[int, int]]:
        """Pairs of rings that follow each other directly, leaving out rings without tasks."""
        used = sorted({task.ring for task in self.tasks if task.ring is not None})
        return list(pairwise(used))

    def open_intervals(self, tasks: Iterable[Task]) -> list[Interval]:
        """The times, in order and disjoint, in which at least one of some tasks may run."""
        # Many tasks share their windows: each tuple of them is looked at once.
        windows = set(chain.from_iterable({task.windows for task in tasks}))
        merged: list[Interval] = []
        for start, closes in sorted(windows):
            end = closes if self.deadline is None else min(closes, self.deadline)
            if start >= end:
                continue
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(merged[-1][1], end))
            else:
                merged.append((start, end))
        return merged

    def most_starts(self, tasks: Sequence[Task], limit: TaskGroup | ResourceLimit) -> int:
        """An upper bound on how many of some tasks can run under a limit, without a search.

        Each open interval has room for whole rounds of the shortest task, and all of them together
        for as many tasks as fit by their length, the shortest first.
        """
        settle = limit.settle if isinstance(limit, TaskGroup) else 0
        shortest = min(task.duration for task in tasks)
        rounds = length = 0
        for start, end in self.open_intervals(tasks):
            # The last task of an interval may settle after it, so each one counts as longer.
            if end - start >= shortest:
                rounds += (end - start + settle) // (shortest + settle)
                length += end - start + settle
        holds = sorted(task.duration + settle for task in tasks)
        by_length = bisect_right(list(accumulate(holds)), limit.capacity * length)
        return min(limit.capacity * rounds, by_length)


def validate(problem: SchedulingProblem) -> None:
    """Raise InvalidProblem for an index without an item, or an invalid number."""
    for named in (problem.tasks, problem.groups, problem.rings, problem.resources):
        _names_differ([item.name for item in named])
    if problem.per_hour < 1:
        raise InvalidProblem("per_hour: an hour has at least one unit of time. Specify 1 or more")
    limits: list[TaskGroup | ResourceLimit] = [*problem.groups, *problem.resources]
    for limit in limits:
        if limit.capacity < 1:
            raise InvalidProblem(
                f"{limit.name}: with capacity {limit.capacity}, nothing can run. Specify at least 1"
            )
    for group in problem.groups:
        _indices(group.name, "after", group.after, len(problem.groups))
        _not_negative(group.name, "settle", group.settle)
    for ring in problem.rings:
        _not_negative(ring.name, "soak", ring.soak)
    sorted_windows: set[int] = set()
    for task in problem.tasks:
        _validate_task(task, problem)
        if id(task.windows) not in sorted_windows:
            _validate_windows(task)
            sorted_windows.add(id(task.windows))


def _names_differ(names: list[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise InvalidProblem(f"{name}: the name is used twice. Use different names")
        seen.add(name)


def _validate_task(task: Task, problem: SchedulingProblem) -> None:
    if task.duration < 1:
        raise InvalidProblem(
            f"{task.name}: the duration {task.duration} is too short. Specify at least 1"
        )
    if not 0 <= task.weight < float("inf"):
        raise InvalidProblem(
            f"{task.name}: the weight {task.weight} must be zero or more, and finite"
        )
    _indices(task.name, "groups", task.groups, len(problem.groups))
    _indices(task.name, "resources", task.resources, len(problem.resources))
    _indices(task.name, "after", task.after, len(problem.tasks))
    if task.ring is not None:
        _indices(task.name, "ring", (task.ring,), len(problem.rings))
    if len(set(task.groups)) < len(task.groups):
        raise InvalidProblem(f"{task.name}: a group is listed twice. Keep one")


def _validate_windows(task: Task) -> None:
    before = task.windows[:1]
    for start, end in task.windows:
        if start >= end or start < before[0][0] or end < before[0][1]:
            raise InvalidProblem(
                f"{task.name}: windows must be sorted by start and end, and not empty"
            )
        before = ((start, end),)


def _indices(name: str, field: str, indices: Iterable[int], count: int) -> None:
    for index in indices:
        if not 0 <= index < count:
            raise InvalidProblem(
                f"{name}: {field} has the number {index}, but there are only {count}"
            )


def _not_negative(name: str, field: str, value: int) -> None:
    if value < 0:
        raise InvalidProblem(f"{name}: {field} {value} is negative")


def members(problem: SchedulingProblem) -> list[list[int]]:
    """The tasks of each group, in the order of the problem."""
    members_of: list[list[int]] = [[] for _ in problem.groups]
    for index, task in enumerate(problem.tasks):
        for group in task.groups:
            members_of[group].append(index)
    return members_of


def unplaced(starts: Sequence[int | None]) -> list[int]:
    """The tasks that a plan doesn't schedule."""
    return [index for index, start in enumerate(starts) if start is None]
