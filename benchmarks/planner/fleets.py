"""Seeded fleets with a planted plan: four kinds, any size. Times are minutes from the release."""

from collections import Counter
from itertools import pairwise
from random import Random
from typing import NamedTuple

from hotpatch_cli.scheduler import (
    ResourceLimit,
    SchedulingProblem,
    Task,
    TaskGroup,
    TaskRing,
)

DAY = 24 * 60
Interval = tuple[int, int]
"""Minutes from a start to an end."""
ZONES = (-8, -5, -3, 0, 1, 2, 5.5, 8, 10)
DURATIONS = (10, 15, 15, 15, 20, 20, 25, 30, 45)
WEIGHTS = (1, 1, 1, 1, 2, 5)


class Fleet(NamedTuple):
    """A problem that surely has a plan, because this one was hidden in it."""

    problem: SchedulingProblem
    planted: tuple[int | None, ...]


class Shape(NamedTuple):
    """What tells one kind from another."""

    nights: tuple[
        tuple[int, int, int], ...
    ]  # weekday after the release (0 is Tuesday), minute, length
    days: int
    rings: tuple[TaskRing, ...]
    share: tuple[float, ...]  # of the machines in each ring
    phases: tuple[int, ...]  # the day by which the hidden plan has a ring done
    grouped: float
    chained: float
    settle: int
    busy: float  # how much of the restart minutes of the nights the limits leave; 0: no limit


WEEKEND = ((4, 22 * 60, 240), (5, 2 * 60, 240), (5, 22 * 60, 240))
MIXED = (*WEEKEND, (1, 23 * 60, 235), (2, 23 * 60, 235))
STAGES = (
    TaskRing("canary", DAY),
    TaskRing("pilot", 2 * DAY),
    TaskRing("broad", DAY),
    TaskRing("late"),
)
KINDS = {
    "open": Shape(MIXED, 28, STAGES[::2], (0.05, 0.95), (10, 28), 0.3, 0.0, 0, 0.0),
    "clusters": Shape(MIXED, 21, (), (), (21,), 0.9, 0.4, 20, 0.0),
    "rings": Shape(MIXED, 35, STAGES, (0.02, 0.13, 0.6, 0.25), (9, 18, 28, 35), 0.5, 0.1, 15, 3.0),
    "contended": Shape(WEEKEND, 28, STAGES[::2], (0.05, 0.95), (10, 28), 0.5, 0.1, 15, 1.0),
}


def make_fleet(kind: str, machines: int, seed: int) -> Fleet:
    """A fleet of about `machines` machines: those for which the hidden plan had no room are left
    out.
    """
    random, shape = Random(f"{kind} {machines} {seed}"), KINDS[kind]
    groups, tasks = _machines(shape, machines, random)
    resources = _resources(shape, tasks)
    problem = SchedulingProblem(
        tuple(tasks), tuple(groups), shape.rings, resources, shape.days * DAY
    )
    return plant(problem, shape.phases, random)


def _machines(shape: Shape, machines: int, random: Random) -> tuple[list[TaskGroup], list[Task]]:
    frozen = random.randrange(7, 14) * DAY
    openings = {
        (night, zone, freeze): _openings(
            shape, night, zone, (frozen, frozen + 3 * DAY) if freeze else (0, 0)
        )
        for night in range(len(shape.nights))
        for zone in range(len(ZONES))
        for freeze in (False, True)
    }
    groups: list[TaskGroup] = []
    tasks: list[Task] = []
    while len(tasks) < machines:
        windows = random.choice(list(openings.values()))
        size, team = 1, ()
        if random.random() < shape.grouped:
            size = random.choice((2, 2, 3, 4, 6, 8))
            chained = tasks and tasks[-1].groups and random.random() < shape.chained
            after = tasks[-1].groups if chained else ()
            if after:
                windows = tasks[-1].windows
            groups.append(TaskGroup(f"group{len(groups)}", max(1, size // 4), shape.settle, after))
            team = (len(groups) - 1,)
            ring = tasks[-1].ring if after else _ring(shape, random)
        region = random.randrange(4)
        for _ in range(size):
            if not team:
                ring = _ring(shape, random)
            limits = (0, 1 + region) if shape.busy else ()
            name = f"machine{len(tasks)}"
            duration, weight = random.choice(DURATIONS), random.choice(WEIGHTS)
            tasks.append(Task(name, duration, windows, weight, team, ring, limits))
    return groups, tasks


def _ring(shape: Shape, random: Random) -> int | None:
    return random.choices(range(len(shape.rings)), shape.share)[0] if shape.rings else None


def _openings(shape: Shape, night: int, zone: int, freeze: Interval) -> tuple[Interval, ...]:
    weekday, minute, length = shape.nights[night]
    openings = []
    for week in range(shape.days // 7 + 1):
        start = int((7 * week + weekday) * DAY + minute - 18 * 60 - ZONES[zone] * 60)
        end = min(start + length, shape.days * DAY)
        if start >= 0 and end > start and not (start < freeze[1] and freeze[0] < end):
            openings.append((start, end))
    return tuple(openings)


def _resources(shape: Shape, tasks: list[Task]) -> tuple[ResourceLimit, ...]:
    if not shape.busy:
        return ()
    weeks = shape.days / 7 - 1
    minutes = sum(task.duration for task in tasks)
    open_minutes = (
        weeks * sum(length for _, _, length in shape.nights) * 2.5
    )  # zones spread a night
    at_once = max(2, round(shape.busy * minutes / open_minutes))
    regions = tuple(ResourceLimit(f"region{index}", max(1, at_once * 2 // 5)) for index in range(4))
    return (ResourceLimit("fleet", at_once), *regions)


class _Gate(NamedTuple):
    """Tasks that wait until others have ended, and `lag` minutes more."""

    before: list[int]
    after: list[int]
    lag: int


class HiddenPlan:
    """The hidden plan under construction; it shares nothing with the scheduler but the problem."""

    def __init__(self, problem: SchedulingProblem) -> None:
        self.tasks, self.problem = problem.tasks, problem
        self.starts: list[int | None] = [None] * len(problem.tasks)
        self.gates = _gates(problem)
        self.waits: list[list[int]] = [[] for _ in problem.tasks]
        self.opens: list[list[int]] = [[] for _ in problem.tasks]
        for number, gate in enumerate(self.gates):
            for task in gate.after:
                self.waits[task].append(number)
            for task in gate.before:
                self.opens[task].append(number)
        self._opened = [0] * len(self.gates)
        self._closed = [problem.deadline or 0] * len(self.gates)
        capacities = [group.capacity for group in problem.groups]
        self._capacity = capacities + [limit.capacity for limit in problem.resources]
        self._in_use: list[Counter[int]] = [Counter() for _ in self._capacity]
        self._full = [0] * len(self._capacity)  # bit m: nothing is left in the minute m

    def order(self) -> list[int]:
        """The tasks that have a window, each after all that it waits for."""
        closed = [len(gate.before) for gate in self.gates]
        pending = [len(gates) for gates in self.waits]
        able = [
            any(end - start >= task.duration for start, end in task.windows) for task in self.tasks
        ]
        ready = [task for task, count in enumerate(pending) if not count and able[task]]
        for task in ready:  # grows while it is read
            for number in self.opens[task]:
                closed[number] -= 1
                if closed[number]:
                    continue
                for waiting in self.gates[number].after:
                    pending[waiting] -= 1
                    if not pending[waiting] and able[waiting]:
                        ready.append(waiting)
        return ready

    def release(self, task: int) -> int:
        """The first minute that the gates allow."""
        return max((self._opened[gate] for gate in self.waits[task]), default=0)

    def limit(self, task: int, phase_end: int) -> int:
        """The last minute at which it may end."""
        return min([phase_end, *(self._closed[gate] for gate in self.opens[task])])

    def earliest(self, task: int, release: int, limit: int) -> int | None:
        """The first start that windows and limits allow."""
        duration = self.tasks[task].duration
        for opens, closes in self.tasks[task].windows:
            start = max(opens, release)
            width = min(closes, limit) - duration - start + 1
            if width <= 0:
                continue
            blocked = 0
            for number, hold in self._holds(task):
                full = self._full[number] >> start & ((1 << width + hold - 1) - 1)
                done = 1
                while done < hold:  # a start is blocked if any minute of its hold is full
                    step = min(done, hold - done)
                    full |= full >> step
                    done += step
                blocked |= full
            free = ~blocked & ((1 << width) - 1)
            if free:
                return start + (free & -free).bit_length() - 1
        return None

    def place(self, task: int, start: int) -> None:
        """Give a task a start that `earliest` returned."""
        self.starts[task] = start
        for number, hold in self._holds(task):
            in_use, full = self._in_use[number], 0
            for minute in range(start, start + hold):
                in_use[minute] += 1
                if in_use[minute] == self._capacity[number]:
                    full |= 1 << minute - start
            self._full[number] |= full << start
        end = start + self.tasks[task].duration
        for gate in self.opens[task]:
            self._opened[gate] = max(self._opened[gate], end + self.gates[gate].lag)
        for gate in self.waits[task]:
            self._closed[gate] = min(self._closed[gate], start - self.gates[gate].lag)

    def _holds(self, task: int) -> list[tuple[int, int]]:
        duration, groups = self.tasks[task].duration, self.problem.groups
        holds = [(group, duration + groups[group].settle) for group in self.tasks[task].groups]
        return holds + [(len(groups) + limit, duration) for limit in self.tasks[task].resources]


def _gates(problem: SchedulingProblem) -> list[_Gate]:
    members: list[list[int]] = [[] for _ in problem.groups]
    rings: dict[int, list[int]] = {}
    for number, task in enumerate(problem.tasks):
        for group in task.groups:
            members[group].append(number)
        if task.ring is not None:
            rings.setdefault(task.ring, []).append(number)
    gates = []
    for number, group in enumerate(problem.groups):
        gates += [_Gate(members[earlier], members[number], 0) for earlier in group.after]
    for first, then in pairwise(sorted(rings)):
        gates.append(_Gate(rings[first], rings[then], problem.rings[first].soak))
    return gates


def plant(problem: SchedulingProblem, phases: tuple[int, ...], random: Random) -> Fleet:
    """Fill the nights in a random order, ring by ring.

    Machines without room in their phase are left out.
    """
    plan = HiddenPlan(problem)
    turn = {task: (problem.tasks[task].ring or 0, random.random()) for task in plan.order()}
    for task in sorted(turn, key=lambda task: turn[task]):
        _plant_one(plan, task, phases[problem.tasks[task].ring or 0] * DAY, random)
    kept = [task for task, start in enumerate(plan.starts) if start is not None]
    planted = tuple(plan.starts[task] for task in kept)
    return Fleet(problem._replace(tasks=tuple(problem.tasks[task] for task in kept)), planted)


def _plant_one(plan: HiddenPlan, task: int, phase_end: int, random: Random) -> None:
    release, limit = plan.release(task), plan.limit(task, phase_end)
    duration = plan.tasks[task].duration
    windows = [
        opens
        for opens, closes in plan.tasks[task].windows
        if closes - opens >= duration and release <= opens < limit
    ] or [release]
    if any(len(plan.gates[gate].before) < 20 for gate in plan.opens[task]):
        windows = windows[:1]  # a group that others wait for goes first
    for first in (random.choice(windows), release):
        start = plan.earliest(task, first, limit)
        if start is not None:
            plan.place(task, start)
            return
