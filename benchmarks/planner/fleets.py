"""Seeded fleets with a planted plan: four kinds, any size. Times are minutes from the release."""

from random import Random
from typing import NamedTuple

from hotpatch_cli.scheduler.problem import (
    Interval,
    ResourceLimit,
    SchedulingProblem,
    Starts,
    Task,
    TaskGroup,
    TaskRing,
)
from hotpatch_cli.scheduler.search.partial_schedule import PartialSchedule
from hotpatch_cli.scheduler.slot_model import compile_model

DAY = 24 * 60
ZONES = (-8, -5, -3, 0, 1, 2, 5.5, 8, 10)
DURATIONS = (10, 15, 15, 15, 20, 20, 25, 30, 45)
WEIGHTS = (1, 1, 1, 1, 2, 5)


class Fleet(NamedTuple):
    """A problem that surely has a plan, because this one was hidden in it."""

    problem: SchedulingProblem
    planted: Starts


class Shape(NamedTuple):
    """What tells one kind from another."""

    # weekday after the release (0 is Tuesday), minute, length
    nights: tuple[tuple[int, int, int], ...]
    days: int
    rings: tuple[TaskRing, ...]
    share: tuple[float, ...]  # of the machines in each ring
    phases: tuple[int, ...]  # the day by which the hidden plan has a ring done
    grouped: float
    chained: float
    settle: int
    busy: float  # the part of the nights' restart minutes that the limits leave; 0 is no limit


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
    return _plant(problem, shape.phases, random)


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
    found = []
    for week in range(shape.days // 7 + 1):
        start = int((7 * week + weekday) * DAY + minute - 18 * 60 - ZONES[zone] * 60)
        end = min(start + length, shape.days * DAY)
        if start >= 0 and end > start and not (start < freeze[1] and freeze[0] < end):
            found.append((start, end))
    return tuple(found)


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


def _plant(problem: SchedulingProblem, phases: tuple[int, ...], random: Random) -> Fleet:
    """Fill the nights in a random order, ring by ring, and leave out who finds no room in its
    phase.
    """
    board = PartialSchedule(compile_model(problem))
    turn = {task: (problem.tasks[task].ring or 0, random.random()) for task in board.model.live}
    for task in sorted(turn, key=lambda task: turn[task]):
        _plant_one(board, task, phases[problem.tasks[task].ring or 0] * DAY, random)
    kept = [task for task, start in enumerate(board.starts) if start >= 0]
    planted = tuple(board.model.grid.moment(board.starts[task]) for task in kept)
    return Fleet(problem._replace(tasks=tuple(problem.tasks[task] for task in kept)), planted)


def _plant_one(board: PartialSchedule, task: int, phase_end: int, random: Random) -> None:
    model = board.model
    release, limit = board.release(task), min(board.limit(task), model.grid.slot(phase_end))
    windows = [opens for opens, _ in model.windows[task] if release <= opens < limit] or [release]
    if any(len(model.gates[gate].before) < 20 for gate in model.opens[task]):
        windows = windows[:1]  # a group that others wait for goes first
    for first in (random.choice(windows), release):
        start = board.earliest(task, first, limit)
        if start is not None:
            board.place(task, start)
            return
