"""A problem made ready for search: one grid of time, one kind of limit, one kind of precedence."""

from collections.abc import Iterator
from functools import reduce
from math import gcd
from typing import NamedTuple

from hotpatch_cli.scheduler.problem import (
    Interval,
    InvalidProblem,
    SchedulingProblem,
    Starts,
    Task,
    members,
    ring_steps,
)

MOST_SLOTS = 1 << 24
"""Half a year in seconds, thirty years in minutes: beyond that a window is a mistake."""


class Use(NamedTuple):
    """Units that a task takes of a limit, for `hold` slots from its start."""

    limit: int
    units: int
    hold: int


class Precedence(NamedTuple):
    """No task of `after` starts before every task of `before` has ended and `lag` slots have
    passed.
    """

    before: tuple[int, ...]
    after: tuple[int, ...]
    lag: int


class TimeGrid(NamedTuple):
    """Slots of `step` units from `origin`.

    Some best plan always lies on the grid: pushed to the left as far as it goes, each start is a
    window's start or a sum of durations, settle times and soaks away from one, and `step` divides
    all of these.
    """

    origin: int
    step: int

    def slot(self, moment: int) -> int:
        """The slot in which a moment lies."""
        return (moment - self.origin) // self.step

    def moment(self, slot: int) -> int:
        """The moment at which a slot starts."""
        return self.origin + slot * self.step


class SlotModel(NamedTuple):
    """A problem in slots; all tuples have one entry a task, except `capacity` (a limit) and
    `gates`.

    Groups and resources are both limits; those that can never bind are left out. `waits` and
    `opens` are the gates that a task stands behind and holds closed. `live` are the tasks that may
    be placed at all, each after those that it waits for.
    """

    grid: TimeGrid
    per_hour: int
    duration: tuple[int, ...]
    weight: tuple[float, ...]
    windows: tuple[tuple[Interval, ...], ...]
    uses: tuple[tuple[Use, ...], ...]
    capacity: tuple[int, ...]
    gates: tuple[Precedence, ...]
    waits: tuple[tuple[int, ...], ...]
    opens: tuple[tuple[int, ...], ...]
    live: tuple[int, ...]

    def starts(self, slots: list[int]) -> Starts:
        """A plan in the problem's own time, from slots in which -1 is a task that is not placed."""
        return tuple(None if slot < 0 else self.grid.moment(slot) for slot in slots)

    def slots(self, starts: Starts) -> list[int]:
        """The slots of a plan, -1 where a task is not placed or starts off the grid."""
        origin, step = self.grid
        return [
            -1
            if start is None or start < origin or (start - origin) % step
            else (start - origin) // step
            for start in starts
        ]

    def hours(self, weighted_ends: float) -> float:
        """Weighted hours from the release, from a sum of weight times end slot over all live tasks."""
        weight = sum(self.weight[task] for task in self.live)
        return (weight * self.grid.origin + weighted_ends * self.grid.step) / self.per_hour


def compile_model(problem: SchedulingProblem, keep: Starts | None = None) -> SlotModel:
    """Translate a valid problem; `keep` puts the starts of an older plan on the grid as well."""
    grid = _grid(problem, keep)
    duration = tuple(task.duration // grid.step for task in problem.tasks)
    windows = _windows(problem, grid)
    capacity, uses = _limits(problem, grid)
    gates = _gates(problem, grid.step)
    waits, opens = _sides(gates, len(problem.tasks))
    if _span(windows, uses) > MOST_SLOTS:
        raise InvalidProblem(
            f"the plan spans more than {MOST_SLOTS} steps of {grid.step}: plan a shorter time"
        )
    able = [
        _fits(windows[index], duration[index])
        and all(use.units <= capacity[use.limit] for use in uses[index])
        for index in range(len(problem.tasks))
    ]
    weight = tuple(task.weight for task in problem.tasks)
    live = _in_order(gates, waits, opens, able)
    return SlotModel(
        grid, problem.per_hour, duration, weight, windows, uses, capacity, gates, waits, opens, live
    )


def _span(windows: tuple[tuple[Interval, ...], ...], uses: tuple[tuple[Use, ...], ...]) -> int:
    """The slots that a timeline may need, from the first window to the last release of a limit."""
    last = max((openings[-1][1] for openings in windows if openings), default=0)
    return last + max((use.hold for of_task in uses for use in of_task), default=0)


def _grid(problem: SchedulingProblem, keep: Starts | None) -> TimeGrid:
    moments = {start for windows in _distinct_windows(problem) for start, _ in windows}
    moments.update(task.pinned for task in problem.tasks if task.pinned is not None)
    moments.update(_kept(problem, keep or ()))
    origin = min(moments, default=0)
    spans = {moment - origin for moment in moments}
    spans.update(task.duration for task in problem.tasks)
    spans.update(group.settle for group in problem.groups)
    spans.update(ring.soak for ring in problem.rings)
    return TimeGrid(origin, reduce(gcd, spans, 0) or 1)


def _kept(problem: SchedulingProblem, keep: Starts) -> Iterator[int]:
    """The starts of an older plan that are still possible: any other would only stretch the grid or
    make it finer.
    """
    for task, start in zip(problem.tasks, keep, strict=False):
        if start is not None and any(
            opens <= start <= closes - task.duration for opens, closes in task.windows
        ):
            yield start


def _distinct_windows(problem: SchedulingProblem) -> list[tuple[Interval, ...]]:
    return list({id(task.windows): task.windows for task in problem.tasks}.values())


def _windows(problem: SchedulingProblem, grid: TimeGrid) -> tuple[tuple[Interval, ...], ...]:
    """Each task's windows in slots, cut by the deadline; tasks that share windows go on sharing
    them.
    """
    done: dict[tuple[int, int], tuple[Interval, ...]] = {}
    found = []
    for task in problem.tasks:
        key = (id(task.windows), task.duration)
        if task.pinned is not None:
            found.append(_pinned(task, problem.deadline, grid))
            continue
        if key not in done:
            done[key] = _cut(task, problem.deadline, grid)
        found.append(done[key])
    return tuple(found)


def _cut(task: Task, deadline: int | None, grid: TimeGrid) -> tuple[Interval, ...]:
    ends = ((start, end if deadline is None else min(end, deadline)) for start, end in task.windows)
    return tuple(
        (grid.slot(start), grid.slot(end)) for start, end in ends if end - start >= task.duration
    )


def _pinned(task: Task, deadline: int | None, grid: TimeGrid) -> tuple[Interval, ...]:
    pinned = task.pinned or 0
    end = pinned + task.duration
    late = deadline is not None and end > deadline
    if late or not any(opens <= pinned and end <= closes for opens, closes in task.windows):
        return ()
    return ((grid.slot(pinned), grid.slot(end)),)


def _limits(
    problem: SchedulingProblem, grid: TimeGrid
) -> tuple[tuple[int, ...], tuple[tuple[Use, ...], ...]]:
    """Capacities, and each task's uses, of those limits that its users together could break."""
    demand = [0] * (len(problem.groups) + len(problem.resources))
    for task in problem.tasks:
        for limit in (*task.groups, *(len(problem.groups) + index for index in task.resources)):
            demand[limit] += 1
    capacities = [group.capacity for group in problem.groups] + [
        each.capacity for each in problem.resources
    ]
    binding = [index for index, units in enumerate(demand) if units > capacities[index]]
    number = {limit: new for new, limit in enumerate(binding)}
    shared: dict[tuple[tuple[int, ...], tuple[int, ...], int], tuple[Use, ...]] = {}
    found = []
    for task in problem.tasks:
        key = (task.groups, task.resources, task.duration)
        if key not in shared:
            shared[key] = _uses(task, problem, number, grid.step)
        found.append(shared[key])
    return tuple(capacities[limit] for limit in binding), tuple(found)


def _uses(
    task: Task, problem: SchedulingProblem, number: dict[int, int], step: int
) -> tuple[Use, ...]:
    hold = task.duration // step
    in_groups = [
        Use(number[group], 1, hold + problem.groups[group].settle // step)
        for group in task.groups
        if group in number
    ]
    offset = len(problem.groups)
    units: dict[int, int] = {}
    for resource in task.resources:
        if offset + resource in number:
            units[offset + resource] = units.get(offset + resource, 0) + 1
    return (*in_groups, *(Use(number[limit], count, hold) for limit, count in units.items()))


def _gates(problem: SchedulingProblem, step: int) -> tuple[Precedence, ...]:
    teams = members(problem)
    gates = [
        Precedence(tuple(teams[earlier]), tuple(teams[number]), 0)
        for number, group in enumerate(problem.groups)
        for earlier in group.after
    ]
    stages: dict[int, list[int]] = {}
    for index, task in enumerate(problem.tasks):
        if task.ring is not None:
            stages.setdefault(task.ring, []).append(index)
        if task.after:
            gates.append(Precedence(tuple(sorted(set(task.after))), (index,), 0))
    gates += [
        Precedence(tuple(stages[first]), tuple(stages[then]), problem.rings[first].soak // step)
        for first, then in ring_steps(problem)
    ]
    return tuple(gate for gate in gates if gate.before and gate.after)


def _sides(
    gates: tuple[Precedence, ...], count: int
) -> tuple[tuple[tuple[int, ...], ...], tuple[tuple[int, ...], ...]]:
    waits: list[tuple[int, ...]] = [()] * count
    opens: list[tuple[int, ...]] = [()] * count
    for number, gate in enumerate(gates):
        for task in gate.after:
            waits[task] = (*waits[task], number)
        for task in gate.before:
            opens[task] = (*opens[task], number)
    return tuple(waits), tuple(opens)


def _fits(windows: tuple[Interval, ...], duration: int) -> bool:
    return any(end - start >= duration for start, end in windows)


def _in_order(
    gates: tuple[Precedence, ...],
    waits: tuple[tuple[int, ...], ...],
    opens: tuple[tuple[int, ...], ...],
    able: list[bool],
) -> tuple[int, ...]:
    """Tasks in an order that respects the gates; what waits for an unable task or for itself is
    left out.
    """
    closed = [len(gate.before) for gate in gates]
    pending = [len(numbers) for numbers in waits]
    ready = [task for task, count in enumerate(pending) if not count and able[task]]
    for task in ready:  # grows while it is read
        for number in opens[task]:
            closed[number] -= 1
            if not closed[number]:
                for waiting in gates[number].after:
                    pending[waiting] -= 1
                    if not pending[waiting] and able[waiting]:
                        ready.append(waiting)
    return tuple(ready)
