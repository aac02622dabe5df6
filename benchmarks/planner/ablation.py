"""What each part of the planner earns: `python ablation.py [EFFORT] [INSTANCES] [PARTS]`.

For example `python ablation.py 1 estate-tight:500:1,rings:500:1 "without annealing"`. Each part is
switched off alone, on the same instances and with the same effort, so that the other parts get its
share of the work. A row says what plans and proofs lose against the whole planner; a part whose
row is about zero everywhere earns nothing.

INSTANCES are KIND:MACHINES:SEED, and `project` is a project without weights of which the earliest
end is wanted. All steps of the planner's pipeline are found by themselves.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from random import Random
from statistics import mean
from time import process_time
from typing import Any, NamedTuple

from estates import ESTATES, make_estate
from fleets import make_fleet

from hotpatch_cli.scheduler import (
    ResourceLimit,
    SchedulingProblem,
    Task,
    part_solver,
    solve,
    verify,
)
from hotpatch_cli.scheduler.mip import dual_prices

INSTANCES = (
    "open:500:1",
    "clusters:500:1",
    "rings:500:1",
    "contended:500:2",
    "estate:100:1",
    "estate:500:1",
    "estate-tight:100:1",
    "estate-tight:500:1",
    "estate-tight:1000:1",
    "estate-short:100:1",
    "estate-short:500:1",
    "project:60:1",
)
METHODS = {
    "search_completely": "branch and bound",
    "solve_small": "exact solution of small parts",
    "prove": "exact proof",
    "minimize_makespan": "genetic search",
    "_follow_prices": "plans in the order of prices",
}
"""What a solver of a part does beside the pipeline; those that it doesn't have are passed over."""

Patch = tuple[object, str, Any]


class Measure(NamedTuple):
    """What one solution is worth; exposure and bound in weighted hours, or an end in minutes."""

    weight: float
    placed: int
    value: float
    bound: float
    proven: bool
    seconds: float


def parts() -> dict[str, list[Patch]]:
    """What to put in the place of what, for each part that can be switched off."""
    pipeline = part_solver.PIPELINE
    names = [step.run.__name__ for step in pipeline]
    off: dict[str, list[Patch]] = {}
    for place, name in enumerate(names):
        rest = (*pipeline[:place], *pipeline[place + 1 :])
        label = f"without step {place + 1}, {name}"
        off[label] = [(part_solver, "PIPELINE", rest)]
    for name in sorted({name for name in names if names.count(name) > 1}):
        rest = tuple(step for step in pipeline if step.run.__name__ != name)
        off[f"without any {name}"] = [(part_solver, "PIPELINE", rest)]
    steps = tuple(step for step in pipeline if step.run.__name__.endswith("_program"))
    rest = tuple(step for step in pipeline if step not in steps)
    off["without any prices"] = [(part_solver, "PIPELINE", rest)]
    for method, label in METHODS.items():
        if hasattr(part_solver.PartSolver, method):
            off[f"without {label}"] = [(part_solver.PartSolver, method, _nothing)]
    if hasattr(part_solver, "MOST_REPAIRS"):
        off["without repairs of the first plan"] = [(part_solver, "MOST_REPAIRS", 0)]
    if hasattr(part_solver, "left_shift"):
        off["without the shift to the left"] = [(part_solver, "left_shift", _nothing)]
    for name in ("_step_prices",):
        if hasattr(part_solver.PartSolver, name):
            off["without subgradient steps"] = [(part_solver.PartSolver, name, _nothing)]
    if hasattr(dual_prices.DualPrices, "exactly"):
        off["without linear programs"] = [(dual_prices.DualPrices, "exactly", _nothing)]
    return off


def _nothing(*_: object) -> None:
    """Do nothing, for any step."""


@contextmanager
def switched_off(patches: Sequence[Patch]) -> Iterator[None]:
    """Replace for a while."""
    before = [(owner, name, getattr(owner, name)) for owner, name, _ in patches]
    try:
        for owner, name, value in patches:
            setattr(owner, name, value)
        yield
    finally:
        for owner, name, value in before:
            setattr(owner, name, value)


def make(instance: str) -> SchedulingProblem:
    """The problem of KIND:MACHINES:SEED."""
    kind, machines, seed = instance.split(":")
    if kind == "project":
        return make_project(int(machines), int(seed))
    maker: Callable[[str, int, int], Any] = make_estate if kind in ESTATES else make_fleet
    problem: SchedulingProblem = maker(kind, int(machines), int(seed)).problem
    return problem


def make_project(tasks: int, seed: int) -> SchedulingProblem:
    """Tasks of 1 to 10 without weights; each waits for up to three, and takes of four limits."""
    random = Random(f"project {tasks} {seed}")
    windows = ((0, 10 * tasks),)
    made: list[Task] = []
    for number in range(tasks):
        before = random.sample(range(max(0, number - 12), number), min(number, random.randrange(4)))
        units = tuple(limit for limit in range(4) for _ in range(random.choice((0, 0, 1, 3, 5, 8))))
        duration = random.randrange(1, 11)
        made.append(
            Task(f"task{number}", duration, windows, 0, (), None, units, tuple(sorted(before)))
        )
    limits = tuple(ResourceLimit(f"limit{number}", 12) for number in range(4))
    return SchedulingProblem(tuple(made), resources=limits)


def measure(instance: str, problem: SchedulingProblem, effort: float) -> Measure:
    """Solve once."""
    begun = process_time()
    goal = "earliest-end" if instance.startswith("project") else "exposure"
    result = solve(problem, effort=effort, goal=goal)
    seconds = process_time() - begun
    if verify(problem, result.starts):
        raise AssertionError(f"{instance}: the plan breaks rules")
    here = [
        task for task, start in zip(problem.tasks, result.starts, strict=True) if start is not None
    ]
    weight = sum(task.weight for task in here)
    proven = result.status == "optimal" or (result.most_placed and not result.gap)
    if instance.startswith("project"):
        return Measure(weight, len(here), result.makespan, 0.0, proven, seconds)
    return Measure(weight, len(here), result.exposure, result.bound, proven, seconds)


def compare(whole: list[Measure], without: list[Measure]) -> str:
    """What plans and proofs lose: a row of the table."""
    pairs = list(zip(whole, without, strict=True))
    same = [(one, two) for one, two in pairs if one[:2] == two[:2] and one.value]
    # With less weight placed, exposure says nothing.
    weight = sum(two.weight - one.weight for one, two in pairs)
    placed = sum(two.placed - one.placed for one, two in pairs)
    worse = [100 * (two.value / one.value - 1) for one, two in same] or [0.0]
    bounds = [100 * (1 - two.bound / one.bound) for one, two in same if one.bound] or [0.0]
    proven = f"{sum(two.proven for _, two in pairs)} of {len(pairs)}"
    seconds = sum(two.seconds for _, two in pairs)
    return (
        f"{weight:+,.0f} | {placed:+,} | {mean(worse):+.3f} | {max(worse):+.3f} | "
        f"{mean(bounds):+.3f} | {max(bounds):+.3f} | {proven} | {seconds:,.0f}"
    )


def main(effort: float, instances: Sequence[str], wanted: Sequence[str]) -> None:
    """Print a row for each instance of the whole planner, and a row for each part without it."""
    problems = {instance: make(instance) for instance in instances}
    whole = []
    print("| instance | machines | placed | exposure | gap % | core s |\n|---|---|---|---|---|---|")
    for instance, problem in problems.items():
        one = measure(instance, problem, effort)
        gap = 100 * (1 - one.bound / one.value) if one.value and one.bound else 0.0
        print(
            f"| {instance} | {len(problem.tasks):,} | {one.placed:,} | {one.value:,.0f} | "
            f"{gap:.3f} | {one.seconds:.1f} |",
            flush=True,
        )
        whole.append(one)
    print(
        "\n| part | weight placed | placed | exposure, mean % | worst | bound lower by, mean % | "
        "worst | proven | core s |\n|---|---|---|---|---|---|---|---|---|"
    )
    print(f"| the whole planner | {compare(whole, whole)} |", flush=True)
    for label, patches in parts().items():
        if wanted and label not in wanted:
            continue
        with switched_off(patches):
            without = [measure(name, problem, effort) for name, problem in problems.items()]
        print(f"| {label} | {compare(whole, without)} |", flush=True)


if __name__ == "__main__":
    main(
        float(sys.argv[1]) if len(sys.argv) > 1 else 1.0,
        sys.argv[2].split(",") if len(sys.argv) > 2 else INSTANCES,
        sys.argv[3:],
    )
