"""Plans of seeded fleets against what people do now: `python run.py KINDS SIZES SEEDS SECONDS
[EFFORT]`.

For example `python run.py open,contended 100,1000 1,2,3 60`. Every row is one fleet: what the
hidden plan, three habits and the planner make of it. Exposure is in weighted hours from the
release; violations are the rules that the judge (`verify`) finds broken; missed are the machines
that got no restart. SECONDS are those of one core: on a machine with other work the clock is given
as much longer as its load says.
"""

import resource
import sys
from collections.abc import Callable, Iterable
from itertools import product
from os import cpu_count, getloadavg
from time import perf_counter, process_time

from estates import ESTATES, make_estate
from fleets import make_fleet

from hotpatch_cli.scheduler import SchedulingProblem, Task, cost, solve, verify

Starts = tuple[int | None, ...]
EFFORT_A_SECOND = 1 / 5
"""Effort that a second allows on a slow core, so that the work ends the search and not the clock.
"""


def one_at_a_time(problem: SchedulingProblem) -> Starts:
    """What kured does: machines in name order, each when the one before it is back."""
    free, starts = 0, []
    for task in sorted(range(len(problem.tasks)), key=lambda n: problem.tasks[n].name):
        start = _first(problem.tasks[task], free)
        if start is not None:
            free = start + problem.tasks[task].duration
        starts.append((task, start))
    return tuple(start for _, start in sorted(starts))


def all_at_once(problem: SchedulingProblem) -> Starts:
    """What Update Manager does: all at the first opening's start, up to the fleet's limit."""
    most = problem.resources[0].capacity if problem.resources else len(problem.tasks)
    free, starts = [0] * most, []
    for task in problem.tasks:
        place = free.index(min(free)) if problem.resources else 0
        start = _first(task, free[place])
        if start is not None and problem.resources:
            free[place] = start + task.duration
        starts.append(start)
    return tuple(starts)


def rings_by_hand(problem: SchedulingProblem) -> Starts:
    """What a spreadsheet does: a week for each ring, and group members in turn."""
    busy: dict[int, int] = {}
    starts = []
    for task in problem.tasks:
        ring = 7 * 24 * 60 * (task.ring or 0)
        start = _first(task, max([ring, *(busy.get(group, 0) for group in task.groups)]))
        if start is not None:
            for group in task.groups:
                busy[group] = start + task.duration + problem.groups[group].settle
        starts.append(start)
    return tuple(starts)


HABITS: dict[str, Callable[[SchedulingProblem], Starts]] = {
    "one at a time": one_at_a_time,
    "all at once": all_at_once,
    "rings by hand": rings_by_hand,
}


def _first(task: Task, after: int) -> int | None:
    starts = (
        max(opens, after)
        for opens, closes in task.windows
        if max(opens, after) + task.duration <= closes
    )
    return next(starts, None)


def _worth(problem: SchedulingProblem, starts: Starts) -> str:
    placed, exposure, _ = cost(problem, starts)
    violations = len(verify(problem, starts))
    return f"{exposure:,.0f} h, {violations} violations, {len(starts) - placed} missed"


def main(
    kinds: Iterable[str], sizes: Iterable[int], seeds: Iterable[int], seconds: float, effort: float
) -> None:
    """Print one block a fleet."""
    for kind, size, seed in product(kinds, sizes, seeds):
        make = make_estate if kind in ESTATES else make_fleet
        problem, planted = make(kind, size, seed)
        hidden = _worth(problem, planted)
        print(f"{kind} {size} seed {seed}: {len(problem.tasks)} machines; hidden plan {hidden}")
        for name, habit in HABITS.items():
            print(f"  {name}: {_worth(problem, habit(problem))}")
        begun, busy = perf_counter(), process_time()
        over, crowd = busy + seconds, max(1.0, getloadavg()[0] / (cpu_count() or 1))
        result = solve(
            problem,
            effort=effort,
            time_limit=seconds * crowd,
            should_stop=lambda over=over: process_time() >= over,
        )
        took, busy = perf_counter() - begun, process_time() - busy
        cut = ", cut short" if result.cut_short else ""
        print(
            f"  hotpatch: {_worth(problem, result.starts)}; "
            f"{result.status}, gap {100 * result.gap:.2f} %, "
            f"{took:.1f} s ({busy:.1f} s of a core), {result.engine}{cut}, "
            f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB",
            flush=True,
        )


if __name__ == "__main__":
    limit = float(sys.argv[4])
    main(
        sys.argv[1].split(","),
        [int(size) for size in sys.argv[2].split(",")],
        [int(seed) for seed in sys.argv[3].split(",")],
        limit,
        float(sys.argv[5]) if len(sys.argv) > 5 else limit * EFFORT_A_SECOND,
    )
