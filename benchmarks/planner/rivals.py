"""The planner beside CP-SAT and PyJobShop: `python rivals.py KINDS SIZES SEEDS SECONDS [EFFORT]
[ENGINES]`.

For example `python rivals.py estate,estate-tight 100,1000 1,2,3 60 8 hotpatch,cp-sat`. All get the
same problems and the same seconds of the clock, and as many threads as they like; the planner has
one thread and ends when its effort is used up. Every plan is judged by `verify` and `cost`. The
table has one row a problem and engine: what is placed, the exposure and its distance to the best
exposure of the row's problem, the engine's own bound as a gap, and what it proved.

PyJobShop's model holds all machines: it has no plan where not all fit.
"""

import sys
from collections.abc import Callable, Iterable
from functools import partial, reduce
from itertools import product
from math import gcd
from threading import Timer
from time import perf_counter
from typing import NamedTuple

from estates import ESTATES, make_estate
from fleets import make_fleet
from ortools.sat.python import cp_model

from hotpatch_cli.scheduler import SchedulingProblem, Task, cost, solve, verify

# PyJobShop needs the package psplib, not the script of that name beside this one.
sys.path.append(sys.path.pop(0))
from pyjobshop import MAX_VALUE, Model

Starts = tuple[int | None, ...]
EFFORT_A_SECOND = 1 / 4
"""About the effort that an idle slow core does in a second."""


class Answer(NamedTuple):
    """A plan, a bound on the exposure in weighted hours of plans that place as much, a remark."""

    starts: Starts
    bound: float | None
    remark: str


class Precedence(NamedTuple):
    """Those after start when all before have ended and `lag` minutes have passed."""

    before: list[int]
    after: list[int]
    lag: int


class Grid(NamedTuple):
    """Steps of time that all durations, openings and waits are multiples of."""

    origin: int
    step: int

    @classmethod
    def of(cls, problem: SchedulingProblem) -> "Grid":
        """The widest steps."""
        opens = {start for windows in _windows(problem) for start, _ in windows}
        origin = min(opens, default=0)
        spans = {start - origin for start in opens}
        spans |= {task.duration for task in problem.tasks}
        spans |= {group.settle for group in problem.groups}
        spans |= {ring.soak for ring in problem.rings}
        return cls(origin, reduce(gcd, spans, 0) or 1)

    def openings(self, task: Task, deadline: int | None) -> list[tuple[int, int]]:
        """From the first to the last start of each window, in steps."""
        result = []
        for start, end in task.windows:
            last = (end if deadline is None else min(end, deadline)) - task.duration
            if last >= start:
                result.append(
                    ((start - self.origin) // self.step, (last - self.origin) // self.step)
                )
        return result

    def minutes(self, steps: int) -> int:
        """The moment of a step."""
        return self.origin + steps * self.step


def _windows(problem: SchedulingProblem) -> set[tuple[tuple[int, int], ...]]:
    return {task.windows for task in problem.tasks}


def precedences(problem: SchedulingProblem) -> list[Precedence]:
    """All order of groups, rings and tasks."""
    members: list[list[int]] = [[] for _ in problem.groups]
    rings: dict[int, list[int]] = {}
    for number, task in enumerate(problem.tasks):
        for group in task.groups:
            members[group].append(number)
        if task.ring is not None:
            rings.setdefault(task.ring, []).append(number)
    result = [
        Precedence(members[earlier], members[number], 0)
        for number, group in enumerate(problem.groups)
        for earlier in group.after
    ]
    for first, then in problem.ring_steps():
        result.append(Precedence(rings[first], rings[then], problem.rings[first].soak))
    for number, task in enumerate(problem.tasks):
        if task.after:
            result.append(Precedence(list(task.after), [number], 0))
    return [order for order in result if order.before and order.after]


class CpSat:
    """The problem as CP-SAT likes it: optional intervals, cumulative limits, gates."""

    def __init__(self, problem: SchedulingProblem, *, must_hold_all: bool) -> None:
        self.problem, self.grid = problem, Grid.of(problem)
        self._must_hold_all = must_hold_all
        self.model = cp_model.CpModel()
        self.starts, self.present = [], []
        for task in problem.tasks:
            openings = self.grid.openings(task, problem.deadline)
            domain = cp_model.Domain.from_intervals([list(opening) for opening in openings])
            self.starts.append(
                self.model.new_int_var_from_domain(
                    domain if openings else cp_model.Domain(0, 0), task.name
                )
            )
            here = self.model.new_bool_var("")
            if must_hold_all or not openings:
                self.model.add(here == bool(openings))
            if must_hold_all and not openings:
                self.model.add_bool_or([])
            self.present.append(here)
        self._limits()
        for order in precedences(problem):
            self._order(order)

    def _limits(self) -> None:
        problem, step = self.problem, self.grid.step
        intervals: dict[tuple[int, int], cp_model.IntervalVar] = {}
        used: dict[tuple[str, int], list[cp_model.IntervalVar]] = {}
        for number, task in enumerate(problem.tasks):
            holds = [("resource", index, task.duration) for index in task.resources]
            holds += [
                ("group", group, task.duration + problem.groups[group].settle)
                for group in task.groups
            ]
            for kind, index, minutes in holds:
                if (number, minutes) not in intervals:
                    intervals[number, minutes] = self.model.new_optional_fixed_size_interval_var(
                        self.starts[number], minutes // step, self.present[number], ""
                    )
                used.setdefault((kind, index), []).append(intervals[number, minutes])
        for (kind, index), held in used.items():
            limits = problem.groups if kind == "group" else problem.resources
            capacity = limits[index].capacity
            if capacity == 1:
                self.model.add_no_overlap(held)
            elif len(held) > capacity:
                self.model.add_cumulative(held, [1] * len(held), capacity)

    def _order(self, order: Precedence) -> None:
        tasks, step = self.problem.tasks, self.grid.step
        horizon = max(self.grid.openings(task, self.problem.deadline)[-1][1] for task in tasks)
        opened = self.model.new_int_var(0, 2 * horizon + order.lag // step + 1000, "")
        all_here = self.model.new_bool_var("")
        for number in order.before:
            self.model.add_implication(all_here, self.present[number])
            end = self.starts[number] + (tasks[number].duration + order.lag) // step
            self.model.add(opened >= end).only_enforce_if(self.present[number])
        for number in order.after:
            self.model.add_implication(self.present[number], all_here)
            self.model.add(self.starts[number] >= opened).only_enforce_if(self.present[number])

    def worth(self) -> cp_model.LinearExpr:
        """The weight placed, and the number as a tie-break."""
        ones = len(self.problem.tasks) + 1
        return sum(
            (round(task.weight) * ones + 1) * here
            for task, here in zip(self.problem.tasks, self.present, strict=True)
        )

    def exposure(self) -> cp_model.LinearExpr:
        """The weighted ends of what is placed, in steps from the origin."""
        terms = []
        for task, start, here in zip(self.problem.tasks, self.starts, self.present, strict=True):
            weight, duration = round(task.weight), task.duration // self.grid.step
            openings = self.grid.openings(task, self.problem.deadline)
            if self._must_hold_all or not openings:
                terms.append(weight * (start + duration))
                continue
            counted = self.model.new_int_var(0, openings[-1][1], "")
            self.model.add(counted >= start).only_enforce_if(here)
            terms.append(weight * (counted + duration * here))
        return sum(terms)

    def hours(self, ends: float, starts: Starts) -> float:
        """The exposure in hours of plans that place as much weight as this one."""
        placed = zip(self.problem.tasks, starts, strict=True)
        weight = sum(round(task.weight) for task, start in placed if start is not None)
        return (ends * self.grid.step + weight * self.grid.origin) / self.problem.per_hour

    def hint(self, starts: Starts) -> None:
        """Tell a plan to begin with."""
        for number, start in enumerate(starts):
            self.model.add_hint(self.present[number], start is not None)
            if start is not None:
                step = (start - self.grid.origin) // self.grid.step
                self.model.add_hint(self.starts[number], step)

    def plan(self, solver: cp_model.CpSolver) -> Starts:
        """The plan that a solver found."""
        return tuple(
            self.grid.minutes(solver.value(start)) if solver.value(here) else None
            for start, here in zip(self.starts, self.present, strict=True)
        )


class _Found(cp_model.CpSolverSolutionCallback):
    """Remembers whether there is a plan."""

    def __init__(self) -> None:
        super().__init__()
        self.any = False

    def on_solution_callback(self) -> None:
        """Called for each plan."""
        self.any = True


FOUND = (cp_model.OPTIMAL, cp_model.FEASIBLE)


def by_cp_sat(problem: SchedulingProblem, seconds: float) -> Answer:
    """First a plan of all with the least exposure.

    If half of the time gives none: the most weight, then the least exposure, half of the rest each.
    """
    begun = perf_counter()
    whole = CpSat(problem, must_hold_all=True)
    whole.model.minimize(whole.exposure())
    solver, status = _run(whole, seconds, seconds / 2)
    if status in FOUND:
        word = "optimal" if status == cp_model.OPTIMAL else "feasible"
        starts = whole.plan(solver)
        return Answer(starts, whole.hours(solver.best_objective_bound, starts), word)
    word = "not all fit" if status == cp_model.INFEASIBLE else "found no plan of all"
    some = CpSat(problem, must_hold_all=False)
    worth = some.worth()
    some.model.maximize(worth)
    solver, status = _run(some, (seconds - perf_counter() + begun) / 2)
    if status not in FOUND:
        return Answer((None,) * len(problem.tasks), None, f"{word}; no plan")
    most = round(solver.objective_value)
    starts = some.plan(solver)
    word += "; most weight" if status == cp_model.OPTIMAL else ""
    some.hint(starts)
    some.model.add(worth == most)
    some.model.minimize(some.exposure())
    solver, status = _run(some, max(1.0, seconds - perf_counter() + begun))
    if status not in FOUND:
        return Answer(starts, None, word)
    starts = some.plan(solver)
    return Answer(starts, some.hours(solver.best_objective_bound, starts), word)


def _run(
    model: CpSat, seconds: float, patience: float | None = None
) -> tuple[cp_model.CpSolver, int]:
    """Search for some seconds; without a plan only for those of `patience`."""
    solver, found = cp_model.CpSolver(), _Found()
    solver.parameters.max_time_in_seconds = max(seconds, 0.1)

    def look() -> None:
        if not found.any:
            solver.stop_search()

    timer = Timer(seconds if patience is None else patience, look)
    timer.daemon = True
    timer.start()
    status = solver.solve(model.model, found)
    timer.cancel()
    return solver, status


def by_pyjobshop(problem: SchedulingProblem, seconds: float) -> Answer:
    """A job a machine; a window is a resource with breaks; settling is a second task."""
    grid, model = Grid.of(problem), Model()
    everything = len(problem.tasks)
    calendars = {
        windows: model.add_renewable(everything, _breaks(grid, windows))
        for windows in _windows(problem)
    }
    groups = [model.add_renewable(group.capacity) for group in problem.groups]
    limits = [model.add_renewable(limit.capacity) for limit in problem.resources]
    tasks = []
    for one in problem.tasks:
        job = model.add_job(weight=round(one.weight))
        end = MAX_VALUE
        if problem.deadline is not None:
            end = (problem.deadline - grid.origin) // grid.step
        task = model.add_task(job, latest_end=end)
        steps = one.duration // grid.step
        settled = [group for group in one.groups if problem.groups[group].settle]
        held = [calendars[one.windows], *(limits[index] for index in one.resources)]
        held += [groups[group] for group in one.groups if group not in settled]
        model.add_mode(task, held, steps, [1] * len(held))
        for group in settled:
            occupied = model.add_task()
            hold = steps + problem.groups[group].settle // grid.step
            model.add_mode(occupied, [groups[group]], hold, [1])
            model.add_start_at_start(task, occupied)
        tasks.append(task)
    for order in precedences(problem):
        gate = model.add_task()
        model.add_mode(gate, [], 0)
        for number in order.before:
            model.add_end_before_start(tasks[number], gate, order.lag // grid.step)
        for number in order.after:
            model.add_end_before_start(gate, tasks[number])
    model.set_objective(weight_total_flow_time=1)
    result = model.solve(time_limit=seconds, display=False)
    if not result.best.tasks:
        return Answer((None,) * everything, None, result.status.value.lower())
    # Tasks of settling and gates lie between those of machines.
    places = {id(task): number for number, task in enumerate(model.tasks)}
    numbers = [places[id(task)] for task in tasks]
    starts = tuple(grid.minutes(result.best.tasks[number].start) for number in numbers)
    before = sum(task.weight for task in problem.tasks) * grid.origin
    bound = (result.lower_bound * grid.step + before) / problem.per_hour
    return Answer(starts, bound, result.status.value.lower())


def _breaks(grid: Grid, windows: tuple[tuple[int, int], ...]) -> list[tuple[int, int]]:
    """The times between windows, in steps; after the last one there is no end."""
    breaks, last = [], 0
    for start, end in windows:
        opens = (start - grid.origin) // grid.step
        if opens > last:
            breaks.append((last, opens))
        last = (end - grid.origin) // grid.step
    return [*breaks, (last, 100 * last + 100_000)]


def by_hotpatch(effort: float, problem: SchedulingProblem, seconds: float) -> Answer:
    """The planner, by effort; the clock is only a guard."""
    result = solve(problem, effort=effort, time_limit=seconds)
    words = [result.status, result.engine]
    words += ["most placed"] * (result.most_placed and None in result.starts)
    words += ["cut"] * result.cut_short
    return Answer(result.starts, result.bound, ", ".join(words))


Engine = Callable[[SchedulingProblem, float], Answer]


def main(
    engines: dict[str, Engine],
    kinds: Iterable[str],
    sizes: Iterable[int],
    seeds: Iterable[int],
    seconds: float,
) -> None:
    """Print the table, a block of rows a problem."""
    print("| kind | machines | seed | engine | placed | weight | exposure | above best | own gap |")
    print("|---|---|---|---|---|---|---|---|---|")
    for kind, size, seed in product(kinds, sizes, seeds):
        make = make_estate if kind in ESTATES else make_fleet
        problem = make(kind, size, seed).problem
        rows = []
        for name, engine in engines.items():
            begun = perf_counter()
            answer = engine(problem, seconds)
            rows.append((name, answer, perf_counter() - begun))
        for line in _lines(problem, rows):
            print(f"| {kind} | {len(problem.tasks):,} | {seed} | {line} |", flush=True)


def _lines(problem: SchedulingProblem, rows: list[tuple[str, Answer, float]]) -> list[str]:
    """Exposure is compared with the best of those that place as much."""
    worths = {name: _worth(problem, answer.starts) for name, answer, _ in rows}
    lines = []
    for name, answer, took in rows:
        weight, placed, exposure = worths[name]
        best = min(worth[2] for worth in worths.values() if worth[:2] == worths[name][:2])
        above = f"{100 * (exposure / best - 1):.2f} %" if best else ""
        gap = "none"
        if answer.bound is not None and exposure:
            gap = f"{100 * max(0.0, 1 - answer.bound / exposure):.2f} %"
        broken = verify(problem, answer.starts)
        remark = answer.remark + (f", {len(broken)} RULES BROKEN" if broken else "")
        lines.append(
            f"{name} ({took:.0f} s, {remark}) | {placed:,} | {weight:,.0f} | {exposure:,.0f} | "
            f"{above} | {gap}"
        )
    return lines


def _worth(problem: SchedulingProblem, starts: Starts) -> tuple[float, int, float]:
    weight = sum(
        task.weight for task, start in zip(problem.tasks, starts, strict=True) if start is not None
    )
    placed, exposure, _ = cost(problem, starts)
    return weight, placed, exposure


if __name__ == "__main__":
    limit = float(sys.argv[4])
    given = float(sys.argv[5]) if len(sys.argv) > 5 else limit * EFFORT_A_SECOND
    known: dict[str, Engine] = {
        "hotpatch": partial(by_hotpatch, given),
        "cp-sat": by_cp_sat,
        "pyjobshop": by_pyjobshop,
    }
    wanted = sys.argv[6].split(",") if len(sys.argv) > 6 else list(known)
    main(
        {name: known[name] for name in wanted},
        sys.argv[1].split(","),
        [int(size) for size in sys.argv[2].split(",")],
        [int(seed) for seed in sys.argv[3].split(",")],
        limit,
    )
