"""Small random problems, and brute force over them that shares nothing with the scheduler."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from random import Random

from hypothesis import strategies as st

from hotpatch_cli.scheduler.problem import (
    ResourceLimit,
    SchedulingProblem,
    Starts,
    Task,
    TaskGroup,
    TaskRing,
)

HORIZON = 12
WEIGHTS = (0, 1, 1, 2, 5, 0.1, 2.5, 1e9, 1e-9)


@st.composite
def problems(draw: st.DrawFn, most: int = 4) -> SchedulingProblem:
    """Problems of up to `most` tasks on a short horizon, crowded enough that rules meet."""
    groups = tuple(
        TaskGroup(
            f"g{n}",
            draw(st.integers(1, 2)),
            draw(st.integers(0, 2)),
            tuple(range(n)) if draw(st.booleans()) else (),
        )
        for n in range(draw(st.integers(0, 2)))
    )
    rings = tuple(
        TaskRing(f"r{n}", draw(st.integers(0, 2))) for n in range(draw(st.integers(0, 3)))
    )
    resources = tuple(
        ResourceLimit(f"l{n}", draw(st.integers(1, 2))) for n in range(draw(st.integers(0, 1)))
    )
    tasks = tuple(
        draw(tasks_of(n, len(groups), len(rings), len(resources)))
        for n in range(draw(st.integers(1, most)))
    )
    deadline = draw(st.none() | st.integers(4, HORIZON))
    return SchedulingProblem(
        tasks, groups, rings, resources, deadline, draw(st.sampled_from((1, 60)))
    )


@st.composite
def tasks_of(draw: st.DrawFn, number: int, groups: int, rings: int, resources: int) -> Task:
    """One task that may use any of the groups, rings, resources and earlier tasks."""
    edges = draw(
        st.sampled_from(
            ((0, 12), (0, 5, 6, 12), (0, 4, 4, 8), (2, 7), (1, 3, 6, 9), (3, 12), (0, 2))
        )
    )
    return Task(
        f"t{number}",
        draw(st.integers(1, 3)),
        tuple(zip(edges[::2], edges[1::2], strict=True)),
        draw(st.sampled_from(WEIGHTS)),
        tuple(group for group in range(groups) if draw(st.booleans())),
        draw(st.none() | st.integers(0, rings - 1)) if rings else None,
        draw(st.sampled_from(((), (0,), (0, 0)))) if resources else (),
        (number - 1,) if number and draw(st.integers(0, 4)) == 0 else (),
        draw(st.integers(0, 9)) if draw(st.integers(0, 9)) == 0 else None,
    )


def plans(problem: SchedulingProblem) -> Iterator[Starts]:
    """Every way to start or leave out the tasks, rule-breaking ones too."""
    yield from product(*_choices(problem))


def _choices(problem: SchedulingProblem) -> list[list[int | None]]:
    return [
        [None, *range(max((end for _, end in task.windows), default=0) - task.duration + 2)]
        for task in problem.tasks
    ]


def allowed(problem: SchedulingProblem, starts: Starts) -> bool:
    """The rules once more, moment by moment and pair by pair, as the contract words them."""
    placed = {task: start for task, start in enumerate(starts) if start is not None}
    return (
        all(_alone(problem, task, start) for task, start in placed.items())
        and all(_not_crowded(problem, placed, moment) for moment in range(HORIZON + 4))
        and all(
            _in_turn(problem, starts, one, other) for one in placed for other in range(len(starts))
        )
    )


def _alone(problem: SchedulingProblem, task: int, start: int) -> bool:
    _, duration, windows, _, _, _, _, _, pinned = problem.tasks[task]
    end = start + duration
    inside = any(
        all(opens <= moment < closes for moment in range(start, end)) for opens, closes in windows
    )
    return (
        inside and pinned in {None, start} and (problem.deadline is None or end <= problem.deadline)
    )


def _not_crowded(problem: SchedulingProblem, placed: dict[int, int], moment: int) -> bool:
    for number, group in enumerate(problem.groups):
        inside = [
            task
            for task, start in placed.items()
            if number in problem.tasks[task].groups
            and start <= moment < start + problem.tasks[task].duration + group.settle
        ]
        if len(inside) > group.capacity:
            return False
    for number, resource in enumerate(problem.resources):
        units = sum(
            problem.tasks[task].resources.count(number)
            for task, start in placed.items()
            if start <= moment < start + problem.tasks[task].duration
        )
        if units > resource.capacity:
            return False
    return True


def _in_turn(problem: SchedulingProblem, starts: Starts, one: int, other: int) -> bool:
    """Whether `one`, which is placed, may start where it does as far as `other` goes."""
    wait = _wait(problem, one, other)
    begin, before = starts[one], starts[other]
    if wait is None or begin is None:
        return True
    return before is not None and before + problem.tasks[other].duration + wait <= begin


def _wait(problem: SchedulingProblem, one: int, other: int) -> int | None:
    """How long after the end of `other` the task `one` must wait; None if it need not."""
    mine, its = problem.tasks[one], problem.tasks[other]
    waits = [0] if other in mine.after else []
    waits += [
        0
        for group in mine.groups
        for earlier in problem.groups[group].after
        if earlier in its.groups
    ]
    if mine.ring is not None and its.ring is not None and its.ring < mine.ring:
        used = {task.ring for task in problem.tasks}
        if not any(ring in used for ring in range(its.ring + 1, mine.ring)):
            waits.append(problem.rings[its.ring].soak)
    return max(waits, default=None)


def possible_plans(problem: SchedulingProblem) -> Iterator[Starts]:
    """Every plan that keeps all rules."""
    choices = [
        [start for start in starts if start is None or _alone(problem, task, start)]
        for task, starts in enumerate(_choices(problem))
    ]
    for starts in product(*choices):
        if allowed(problem, starts):
            yield starts


Worth = tuple[Fraction, int, int, Fraction]
"""The weight and the number of the tasks that are out, the moved starts, the weighted ends."""


def worth(problem: SchedulingProblem, starts: Starts, keep: Starts | None = None) -> Worth:
    """What a plan is compared by, less is better, in exact numbers."""
    out = [task for task, start in enumerate(starts) if start is None]
    weights = [Fraction(str(task.weight)) for task in problem.tasks]
    ends = (
        weight * (start + task.duration)
        for task, weight, start in zip(problem.tasks, weights, starts, strict=True)
        if start is not None
    )
    pairs = zip(starts, keep or (), strict=False)
    moved = sum(
        start is not None and before is not None and start != before for start, before in pairs
    )
    return sum((weights[task] for task in out), Fraction()), len(out), moved, sum(ends, Fraction())


def best(problem: SchedulingProblem, keep: Starts | None = None) -> Worth:
    """The best worth of all plans, by trying all."""
    return min(worth(problem, starts, keep) for starts in possible_plans(problem))


def least_exposure(problem: SchedulingProblem, starts: Starts) -> Fraction:
    """The least exposure of the plans that leave out as much as this one, by trying all."""
    level = worth(problem, starts)[:2]
    worths = (worth(problem, plan) for plan in possible_plans(problem))
    return min(ends for *out, _, ends in worths if tuple(out) == level) / problem.per_hour


@st.composite
def tight_problems(draw: st.DrawFn, count: int) -> SchedulingProblem:
    """Problems of exactly `count` tasks with few starts each, so that all plans can be tried."""
    windows = draw(st.sampled_from((((0, 4),), ((0, 2), (3, 5)), ((1, 5),))))
    tasks = tuple(
        Task(
            f"t{n}",
            draw(st.integers(1, 2)),
            windows,
            draw(st.integers(1, 3)),
            (draw(st.integers(0, 1)),),
        )
        for n in range(count)
    )
    groups = (
        TaskGroup("one", 1, draw(st.integers(0, 1))),
        TaskGroup("two", 2, 0, (0,) if draw(st.booleans()) else ()),
    )
    return SchedulingProblem(tasks, groups)


def crowded_fleet(machines: int, seed: int) -> SchedulingProblem:
    """Machines in groups over three weekly nights, all under one limit that the nights can hardly
    serve.
    """
    random = Random(seed)  # noqa: S311 - a seeded fleet, not a secret
    nights = [
        tuple((start + week * 10_080, start + week * 10_080 + 240) for week in range(4))
        for start in (600, 840, 1500)
    ]
    tasks = tuple(
        Task(
            f"m{n}",
            random.choice((15, 20, 35)),
            random.choice(nights),
            random.choice((1, 1, 3)),
            (n // 4,),
            None,
            (0,),
        )
        for n in range(machines)
    )
    groups = tuple(TaskGroup(f"g{n}", 1, 10) for n in range(machines // 4 + 1))
    return SchedulingProblem(tasks, groups, resources=(ResourceLimit("all", 1 + machines // 40),))
