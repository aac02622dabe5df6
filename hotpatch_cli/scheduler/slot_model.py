"""A problem in slots: one grid of time, one kind of limit, one kind of precedence."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import reduce
from itertools import chain
from math import gcd, lcm
from typing import NamedTuple

from hotpatch_cli.scheduler.problem import (
    InvalidProblem,
    SchedulingProblem,
    Starts,
    Task,
    members,
)

MOST_SLOTS = 1 << 24
"""Half a year in seconds, thirty years in minutes: beyond that a window is a mistake."""
NOWHERE = -1
"""The slot of a task that is not scheduled."""
NEVER = 1 << 62
"""A slot after all others: of a task without any possible start, or of a limit that is not set."""

HEAVIEST = 10**40
"""Weights in whole numbers go up to here: far more digits than a float has."""

SlotInterval = tuple[int, int]
"""Slots from a start to an end: [start, end)."""


class Use(NamedTuple):
    """Units that a task takes of a limit, for `hold` slots from its start."""

    limit: int
    units: int
    hold: int


class Precedence(NamedTuple):
    """A gate: `after` starts when every task of `before` has ended and `lag` slots have passed."""

    before: tuple[int, ...]
    after: tuple[int, ...]
    lag: int


class TimeGrid(NamedTuple):
    """Slots of `step` units from `origin`.

    Some best plan is always on the grid: pushed to the left as far as it goes, each start is a
    window's start or a sum of durations, settle times and soaks away from one, and `step` divides
    all of these.
    """

    origin: int
    step: int

    def slot(self, moment: int) -> int:
        """The slot of a moment."""
        return (moment - self.origin) // self.step

    def moment(self, slot: int) -> int:
        """The moment at which a slot starts."""
        return self.origin + slot * self.step


class SlotModel(NamedTuple):
    """A problem in slots; all tuples have one entry a task, except `capacity` (a limit) and
    `gates`.

    Groups and resources are both limits, without those that can never bind. `waits` are the gates
    before a task, `opens` the gates after it. `live` are the tasks that can be scheduled at all,
    each after those that it depends on. Weights are whole numbers, so that sums of them are exact;
    `weight_unit` is the weight of 1.
    """

    grid: TimeGrid
    per_hour: int
    weight_unit: float
    duration: tuple[int, ...]
    weight: tuple[int, ...]
    windows: tuple[tuple[SlotInterval, ...], ...]
    uses: tuple[tuple[Use, ...], ...]
    capacity: tuple[int, ...]
    gates: tuple[Precedence, ...]
    waits: tuple[tuple[int, ...], ...]
    opens: tuple[tuple[int, ...], ...]
    live: tuple[int, ...]

    def tasks_before(self, task: int) -> Iterator[int]:
        """The tasks that a task waits for directly."""
        return chain.from_iterable(self.gates[gate].before for gate in self.waits[task])

    def starts(self, slots: Sequence[int]) -> Starts:
        """A plan in the problem's own time, from slots."""
        return tuple(None if slot < 0 else self.grid.moment(slot) for slot in slots)

    def slots(self, starts: Starts) -> list[int]:
        """The slots of a plan, NOWHERE for a task that isn't scheduled or starts off the grid."""
        origin, step = self.grid
        slots = []
        for start in starts:
            if start is None or start < origin or (start - origin) % step:
                slots.append(NOWHERE)
            else:
                slots.append((start - origin) // step)
        return slots


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
            f"the plan has more than {MOST_SLOTS} steps of {grid.step}. Plan a shorter period"
        )
    able = [
        _fits(windows[index], duration[index])
        and all(use.units <= capacity[use.limit] for use in uses[index])
        for index in range(len(problem.tasks))
    ]
    weight_unit, weight = whole_weights([task.weight for task in problem.tasks])
    return SlotModel(
        grid,
        problem.per_hour,
        weight_unit,
        duration,
        weight,
        windows,
        uses,
        capacity,
        gates,
        waits,
        opens,
        live=_in_order(gates, waits, opens, able),
    )


def whole_weights(weights: Sequence[float]) -> tuple[float, tuple[int, ...]]:
    """Weights as multiples of a unit, which comes first.

    Where they differ by more than HEAVIEST, the light ones are rounded.
    """
    parts = {weight: Fraction(str(weight)) for weight in weights}
    unit = Fraction(1, lcm(*(part.denominator for part in parts.values())))
    heaviest = max(parts.values(), default=Fraction(0))
    unit = max(unit, heaviest / HEAVIEST)
    whole = {weight: max(round(part / unit), 1) if part else 0 for weight, part in parts.items()}
    common = gcd(*whole.values()) or 1
    return float(unit * common), tuple(whole[weight] // common for weight in weights)


def _span(windows: tuple[tuple[SlotInterval, ...], ...], uses: tuple[tuple[Use, ...], ...]) -> int:
    """The slots that a resource profile may need: up to the last release of a limit."""
    last = max((of_task[-1][1] for of_task in windows if of_task), default=0)
    longest_hold = 0
    for of_task in uses:
        longest_hold = max(longest_hold, max((use.hold for use in of_task), default=0))
    return last + longest_hold


def _grid(problem: SchedulingProblem, keep: Starts | None) -> TimeGrid:
    moments: set[int] = set()
    for windows in {id(task.windows): task.windows for task in problem.tasks}.values():
        moments.update(start for start, _ in windows)
    moments.update(task.pinned for task in problem.tasks if task.pinned is not None)
    moments.update(_kept(problem, keep or ()))
    origin = min(moments, default=0)
    spans = {moment - origin for moment in moments}
    spans.update(task.duration for task in problem.tasks)
    spans.update(group.settle for group in problem.groups)
    spans.update(ring.soak for ring in problem.rings)
    return TimeGrid(origin, reduce(gcd, spans, 0) or 1)


def _kept(problem: SchedulingProblem, keep: Starts) -> Iterator[int]:
    """The starts of an older plan that are still possible.

    Any other start would only stretch the grid or make it finer.
    """
    for task, start in zip(problem.tasks, keep, strict=False):
        if start is not None and any(
            opens <= start <= closes - task.duration for opens, closes in task.windows
        ):
            yield start


def _windows(problem: SchedulingProblem, grid: TimeGrid) -> tuple[tuple[SlotInterval, ...], ...]:
    """Each task's windows in slots, cut by the deadline.

    Tasks that share windows share them here too, since later steps compare them by identity.
    """
    shared: dict[tuple[int, int], tuple[SlotInterval, ...]] = {}
    windows_of_tasks = []
    for task in problem.tasks:
        if task.pinned is not None:
            windows_of_tasks.append(_pinned(task, problem.deadline, grid))
            continue
        key = (id(task.windows), task.duration)
        if key not in shared:
            shared[key] = _cut(task, problem.deadline, grid)
        windows_of_tasks.append(shared[key])
    return tuple(windows_of_tasks)


def _cut(task: Task, deadline: int | None, grid: TimeGrid) -> tuple[SlotInterval, ...]:
    """The windows that hold the task, by the deadline; no start is in two of them."""
    windows: list[SlotInterval] = []
    for start, closes in task.windows:
        end = closes if deadline is None else min(closes, deadline)
        if end - start < task.duration:
            continue
        first, last = grid.slot(start), grid.slot(end)
        if windows and first <= windows[-1][1] - task.duration // grid.step:
            first = windows.pop()[0]
        windows.append((first, last))
    return tuple(windows)


def _pinned(task: Task, deadline: int | None, grid: TimeGrid) -> tuple[SlotInterval, ...]:
    pinned = task.pinned or 0
    end = pinned + task.duration
    late = deadline is not None and end > deadline
    if late or not any(opens <= pinned and end <= closes for opens, closes in task.windows):
        return ()
    return ((grid.slot(pinned), grid.slot(end)),)


def _limits(
    problem: SchedulingProblem, grid: TimeGrid
) -> tuple[tuple[int, ...], tuple[tuple[Use, ...], ...]]:
    """Capacities, and each task's uses, of those limits that their users together could break."""
    demand = [0] * (len(problem.groups) + len(problem.resources))
    for task in problem.tasks:
        for limit in (*task.groups, *(len(problem.groups) + index for index in task.resources)):
            demand[limit] += 1
    capacities = [group.capacity for group in problem.groups]
    capacities += [resource.capacity for resource in problem.resources]
    binding = [index for index, units in enumerate(demand) if units > capacities[index]]
    number = {limit: new for new, limit in enumerate(binding)}
    shared: dict[tuple[tuple[int, ...], tuple[int, ...], int], tuple[Use, ...]] = {}
    uses_of_tasks = []
    for task in problem.tasks:
        key = (task.groups, task.resources, task.duration)
        if key not in shared:
            shared[key] = _uses(task, problem, number, grid.step)
        uses_of_tasks.append(shared[key])
    return tuple(capacities[limit] for limit in binding), tuple(uses_of_tasks)


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
    members_of = members(problem)
    gates = []
    for number, group in enumerate(problem.groups):
        gates += [
            Precedence(tuple(members_of[earlier]), tuple(members_of[number]), 0)
            for earlier in group.after
        ]
    ring_tasks: dict[int, list[int]] = {}
    for index, task in enumerate(problem.tasks):
        if task.ring is not None:
            ring_tasks.setdefault(task.ring, []).append(index)
        if task.after:
            gates.append(Precedence(tuple(sorted(set(task.after))), (index,), 0))
    for first, then in problem.ring_steps():
        lag = problem.rings[first].soak // step
        gates.append(Precedence(tuple(ring_tasks[first]), tuple(ring_tasks[then]), lag))
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


def _fits(windows: tuple[SlotInterval, ...], duration: int) -> bool:
    return any(end - start >= duration for start, end in windows)


def _in_order(
    gates: tuple[Precedence, ...],
    waits: tuple[tuple[int, ...], ...],
    opens: tuple[tuple[int, ...], ...],
    able: list[bool],
) -> tuple[int, ...]:
    """Tasks in an order that respects the gates.

    Tasks that depend on an unable task or on themselves are missing from it.
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
