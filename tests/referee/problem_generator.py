"""Seeded problems of the scheduler, and their rules as the referee reads them."""

from datetime import UTC, datetime
from fractions import Fraction
from itertools import pairwise
from random import Random

from fleet_reading import Opening, Restart, Rules, Share, Turn

from hotpatch_cli.scheduler import (
    ResourceLimit,
    SchedulingProblem,
    Task,
    TaskGroup,
    TaskRing,
)

RELEASE = datetime(2026, 1, 13, 18, tzinfo=UTC)
WEIGHTS = (0, 0.1, 0.5, 1, 1, 1, 2, 3.5, 10)


def problem(seed: int) -> SchedulingProblem:
    """A crowded problem of up to 12 tasks: rules that no inventory writes occur, too, such as a
    task that takes two units of a limit or waits for another task.
    """
    pick = Random(seed)  # noqa: S311 - the same problems every time
    groups = tuple(
        TaskGroup(
            f"g{n}",
            pick.choice((1, 1, 2)),
            pick.choice((0, 0, 2, 5)),
            (pick.randrange(n),) if n and pick.random() < 0.5 else (),
        )
        for n in range(pick.randint(0, 3))
    )
    rings = tuple(TaskRing(f"r{n}", pick.choice((0, 3, 10))) for n in range(pick.randint(0, 3)))
    resources = tuple(
        ResourceLimit(f"l{n}", pick.choice((1, 2, 3))) for n in range(pick.randint(0, 2))
    )
    nights = [_windows(pick) for _ in range(2)]
    tasks: list[Task] = []
    for number in range(pick.randint(4, 12)):
        windows = pick.choice(nights)
        longest = max(end - start for start, end in windows)
        tasks.append(
            Task(
                name=f"t{number}",
                duration=pick.randint(1, min(12, longest)),
                windows=windows,
                weight=pick.choice(WEIGHTS),
                groups=tuple(n for n in range(len(groups)) if pick.random() < 0.35),
                ring=pick.randrange(len(rings)) if rings and pick.random() < 0.7 else None,
                resources=tuple(
                    n for n in range(len(resources)) for _ in range(pick.choice((0, 1, 1, 2)))
                ),
                after=(pick.randrange(number),) if number and pick.random() < 0.12 else (),
                pinned=windows[0][0] + pick.randint(0, 9) if pick.random() < 0.06 else None,
            )
        )
    deadline = pick.choice((None, 50, 80))
    return SchedulingProblem(tuple(tasks), groups, rings, resources, deadline, pick.choice((1, 60)))


def _windows(pick: Random) -> tuple[tuple[int, int], ...]:
    first = pick.randint(0, 12)
    starts = [first, first + 30, first + 60]
    return tuple(
        (start, start + pick.choice((8, 15, 20))) for start in starts[: pick.randint(1, 3)]
    )


def rules_of(problem: SchedulingProblem) -> Rules:
    """What a plan of a problem must keep, from the words of `problem.py` on each field."""
    tasks = problem.tasks
    latest = max((end for task in tasks for _, end in task.windows), default=0)
    deadline = latest if problem.deadline is None else min(latest, problem.deadline)
    restarts = tuple(
        Restart(
            task.name,
            task.duration,
            Fraction(str(task.weight)),
            tuple(
                Opening("", start, min(end, deadline))
                for start, end in task.windows
                if start < deadline
            ),
            task.pinned,
        )
        for task in tasks
    )
    members = [
        tuple(n for n, task in enumerate(tasks) if group in task.groups)
        for group in range(len(problem.groups))
    ]
    shares = [
        Share(group.name, inside, group.capacity, group.settle)
        for group, inside in zip(problem.groups, members, strict=True)
    ]
    for number, limit in enumerate(problem.resources):
        users = [n for n, task in enumerate(tasks) for unit in task.resources if unit == number]
        shares.append(Share(limit.name, tuple(users), limit.capacity))
    turns = [
        Turn(f"{group.name} after {earlier}", members[earlier], inside)
        for group, inside in zip(problem.groups, members, strict=True)
        for earlier in group.after
    ]
    turns += [Turn(f"{t.name} after", t.after, (n,)) for n, t in enumerate(tasks) if t.after]
    stages = [
        (ring, tuple(n for n, task in enumerate(tasks) if task.ring == number))
        for number, ring in enumerate(problem.rings)
    ]
    for (ring, first), (later, then) in pairwise(stage for stage in stages if stage[1]):
        turns.append(Turn(later.name, first, then, ring.soak))
    return Rules(RELEASE, deadline, restarts, tuple(shares), tuple(turns), problem.per_hour)
