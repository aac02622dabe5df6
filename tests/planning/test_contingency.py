"""What is blocked by a machine that doesn't come back, against the proof of the scheduler."""

from pathlib import Path
from random import Random

import pytest
from random_fleets import fleet, with_rings
from test_start_reasons import planned

from hotpatch_cli.planning.contingency import Contingency
from hotpatch_cli.scheduler import SchedulingProblem, Task, TaskGroup, TaskRing, verify

FOREVER = 10**7


def simulated(problem: SchedulingProblem, starts: list[int | None], down: int) -> tuple[int, ...]:
    """The restarts that break a rule at their times, tried one after another with the machine that
    is down as a task without an end.
    """
    length = problem.tasks[down].duration
    tasks = list(problem.tasks)
    start = starts[down]
    assert start is not None
    tasks[down] = tasks[down]._replace(duration=FOREVER, windows=((start, start + FOREVER),))
    stuck = problem._replace(tasks=tuple(tasks), deadline=None)
    now: list[int | None] = [
        other if other is not None and other < start + length else None for other in starts
    ]
    waiting = []
    later = [task for task, other in enumerate(starts) if now[task] is None and other is not None]
    for task in sorted(later, key=lambda number: (starts[number], number)):
        now[task] = starts[task]
        # the others that haven't started are missing too: only what concerns this one counts
        if any(task in one.tasks for one in verify(stuck, now)):
            waiting.append(task)
            now[task] = None
    return tuple(waiting)


@pytest.mark.parametrize("seed", range(20))
def test_what_is_blocked_is_what_breaks_a_rule(tmp_path: Path, seed: int) -> None:
    """For each machine of random plans, exactly the restarts that break a rule while it's down are
    blocked.
    """
    pick = Random(seed)  # noqa: S311  the same fleets every time
    found = planned(tmp_path, with_rings(pick, fleet(pick)))
    problem, starts = found.prepared.problem, list(found.result.starts)
    # what isn't scheduled at all is no part of the plan
    rest = [task for task, start in enumerate(starts) if start is not None]
    problem = problem._replace(tasks=tuple(problem.tasks[task] for task in rest))
    starts = [starts[task] for task in rest]
    contingency = Contingency(problem, starts)
    for down in range(len(rest)):
        assert contingency.of(down).tasks == simulated(problem, starts, down), down


def test_groups_and_rings_are_blocked_one_after_another() -> None:
    """A machine blocks the groups after its followers too, and every later ring."""
    window = ((0, 1000),)
    tasks = (
        Task("db", 10, window, groups=(0,), ring=0),
        Task("app", 10, window, groups=(1,)),
        Task("web", 10, window, groups=(2,)),
        Task("other", 10, window),
        Task("next", 10, window, ring=1),
        Task("last", 10, window, ring=2),
    )
    groups = (TaskGroup("db", 1), TaskGroup("app", 1, after=(0,)), TaskGroup("web", 1, after=(1,)))
    rings = (TaskRing("a"), TaskRing("b"), TaskRing("c"))
    problem = SchedulingProblem(tasks, groups, rings)
    waiting = Contingency(problem, (0, 10, 20, 20, 10, 20)).of(0)
    assert waiting == (frozenset({1, 2}), frozenset({1, 2}), (1, 4, 2, 5))


def test_a_limit_with_room_left_goes_on() -> None:
    """Of two at a time, one place is left: a restart that needs the second one is blocked."""
    tasks = tuple(Task(name, 10, ((0, 100),), groups=(0,)) for name in "abcde")
    problem = SchedulingProblem(tasks, (TaskGroup("web", 2),))
    assert Contingency(problem, (0, 0, 10, 10, 20)).of(0).tasks == (3,)
