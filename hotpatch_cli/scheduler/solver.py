"""Solve a problem: split it, plan each part, prove what can be proved, join the parts, verify."""

from collections.abc import Callable
from time import monotonic
from typing import NamedTuple

from hotpatch_cli.scheduler.bounds.capacity import exceeds_capacity
from hotpatch_cli.scheduler.bounds.release_times import release_times
from hotpatch_cli.scheduler.decomposition import split
from hotpatch_cli.scheduler.earliest_end import EarliestEnd
from hotpatch_cli.scheduler.part_solver import PartSolver
from hotpatch_cli.scheduler.problem import SchedulingProblem, Starts, unplaced, validate
from hotpatch_cli.scheduler.proof import cost, verify
from hotpatch_cli.scheduler.slot_model import NEVER, NOWHERE, SlotModel, compile_model
from hotpatch_cli.scheduler.work_budget import WorkBudget

PROGRESS_SECONDS = 0.3
"""Seconds between two reports of progress."""
DEFAULT_WORK = 30_000
"""Work of effort 1: some seconds for a contended fleet of 1,000 machines."""
LEAST_WORK = 8_000
"""Work of effort 1 for the smallest problem."""
WORK_OF_A_TASK = 80
"""Work of effort 1 that each task adds: with more, small fleets take as long as large ones."""
GOALS = ("exposure", "earliest-end")
ENGINES = ("greedy", "search", "exact")
"""What made a plan, from the fastest to the most thorough."""

ReportProgress = Callable[[float, float], None]
"""Takes the share of the work that is done and the gap of the best plan, both from 0 to 1."""


class Result(NamedTuple):
    """A plan with its proof.

    `status`: `optimal` if all tasks are scheduled and the exposure is proven least, `feasible` if
    all are scheduled, `infeasible` if it is proven that not all can be, else `incomplete`.
    `exposure` and `bound` are weighted hours from the release, `bound` of any plan that schedules
    the same weight and number; `gap` is (exposure - bound) / exposure. `makespan` is the last end
    in the problem's units. `most_placed`: no plan schedules more weight, or as much and more tasks.
    `cut_short`: the clock or the user ended the search; another computer may find another plan.
    `moved` are the tasks whose start differs from the plan to keep.

    With the goal `earliest-end`, `optimal`, `bound` and `gap` speak of the end: no plan that
    schedules the same weight and number has an earlier `makespan` than `bound`, in the problem's
    units since the release, and `gap` is (makespan - bound) / makespan.
    """

    status: str
    starts: Starts
    exposure: float
    bound: float
    gap: float
    makespan: int
    most_placed: bool
    work: int
    cut_short: bool
    engine: str
    moved: tuple[int, ...]
    goal: str = GOALS[0]


class UnsoundPlan(AssertionError):  # noqa: N818  the noun says that it is an error
    """The search made a plan that breaks a rule: a bug, and the plan must not be used."""


def solve(
    problem: SchedulingProblem,
    *,
    effort: float = 1.0,
    time_limit: float | None = None,
    should_stop: Callable[[], bool] | None = None,
    progress: ReportProgress | None = None,
    keep: Starts | None = None,
    goal: str = GOALS[0],
) -> Result:
    """Plan a problem.

    The same problem and effort give the same plan, unless the clock or the user ends the search.
    `effort` is how much work the search does: 1 is the default, 10 is ten times the work.
    `time_limit` is in seconds, and `should_stop` is called between steps; the best plan so far is
    the result. A first plan of all parts is always made, with any limits. `progress` gets the share
    of the work that is done and the gap of the best plan, both from 0 to 1.

    With `keep`, an older plan in the order of the tasks, as few tasks as possible move: as many are
    scheduled as without it.

    Raises InvalidProblem, a ValueError with the cause, and UnsoundPlan, an AssertionError, instead
    of returning a plan that breaks a rule.
    """
    validate(problem)
    if goal not in GOALS:
        raise ValueError(f"the goal is {goal!r}, but must be one of {', '.join(GOALS)}")
    if not 0 <= effort < float("inf"):
        raise ValueError(f"the effort {effort} must be zero or more, and finite")
    model = compile_model(problem, keep)
    release = release_times(model)
    # Some tasks have no start in any plan, since the limits leave no room for all before them.
    model = model._replace(live=tuple(task for task in model.live if release.start[task] < NEVER))
    watch = None if progress is None else _Watch(progress, should_stop)
    most = min(DEFAULT_WORK, LEAST_WORK + WORK_OF_A_TASK * len(model.live))
    budget = WorkBudget(round(most * effort), time_limit, watch or should_stop)
    kept = None if keep is None else model.slots(keep)
    solvers = [PartSolver(part, budget, kept) for part in split(model)]
    if watch is not None:
        watch.look = lambda: _progress(solvers, budget)
    for solver in solvers:
        solver.first_plan()
    if goal == "earliest-end" and keep is None:
        ends = EarliestEnd(solvers, budget)
        if watch is not None:
            watch.look = lambda: (_share_done(budget), ends.gap)
        ends.run()
        return _with_end_bound(_result(problem, model, solvers, budget, keep), model, ends)
    _improve(solvers, budget, watch)
    result = _result(problem, model, solvers, budget, keep)
    if goal == "earliest-end":
        # An older plan comes before the end, which is only bounded here.
        result = _with_end_bound(result, model, EarliestEnd(solvers, budget))
    return result


def _with_end_bound(result: Result, model: SlotModel, ends: EarliestEnd) -> Result:
    """The result with a status, a bound and a gap that speak of its end."""
    bound = min(result.makespan, max(0, model.grid.moment(ends.bound)))
    status = result.status
    if status in {"optimal", "feasible"}:
        status = "optimal" if bound == result.makespan else "feasible"
    return result._replace(
        status=status, bound=bound, gap=_gap(result.makespan, bound), goal=GOALS[1]
    )


class _Watch:
    """Checks whether to stop, and reports progress; no plan depends on it."""

    def __init__(self, report: ReportProgress, should_stop: Callable[[], bool] | None) -> None:
        self._report, self._should_stop, self._next = report, should_stop, 0.0
        self.look: Callable[[], tuple[float, float]] | None = None

    def __call__(self) -> bool:
        """Whether the user said to stop."""
        if monotonic() >= self._next:
            self._next = monotonic() + PROGRESS_SECONDS
            self.report()
        return self._should_stop is not None and self._should_stop()

    def report(self) -> None:
        """Report the progress at once."""
        if self.look is not None:
            self._report(*self.look())


def _improve(solvers: list[PartSolver], budget: WorkBudget, watch: _Watch | None) -> None:
    """Share the work among the unproven parts by the gap of each, small parts first."""
    still_open = sorted(
        (solver for solver in solvers if not solver.best.proven),
        key=lambda solver: len(solver.part.tasks),
    )
    gaps = sum(solver.best.gap for solver in still_open)
    for solver in still_open:
        if budget.expired():
            return
        gap = solver.best.gap
        solver.improve(int(budget.left() * gap / gaps) if gaps else 0)
        gaps -= gap
        if watch is not None:
            watch.report()


def _progress(solvers: list[PartSolver], budget: WorkBudget) -> tuple[float, float]:
    """The share of the work that is done, and the gap of the best plan."""
    exposure = sum(solver.best.exposure() for solver in solvers)
    bound = min(exposure, sum(solver.best.exposure_bound() for solver in solvers))
    return _share_done(budget), _gap(exposure, bound)


def _share_done(budget: WorkBudget) -> float:
    return min(1.0, budget.work / max(budget.limit, 1))


def _gap(exposure: float, bound: float) -> float:
    return (exposure - bound) / exposure if exposure else 0.0


def _result(
    problem: SchedulingProblem,
    model: SlotModel,
    solvers: list[PartSolver],
    budget: WorkBudget,
    keep: Starts | None,
) -> Result:
    slots = [NOWHERE] * len(problem.tasks)
    for solver in solvers:
        for task, start in zip(solver.part.tasks, solver.best.starts, strict=True):
            slots[task] = start
    starts = model.starts(slots)
    violations = verify(problem, starts)
    if violations:
        raise UnsoundPlan(f"the plan breaks {len(violations)} rules, first {violations[0]}")

    _, exposure, makespan = cost(problem, starts)
    bound = sum(solver.best.exposure_bound() for solver in solvers)
    if model.grid.origin >= 0:
        bound = max(0.0, bound)
    # A proof is by whole numbers: what floats add up to may differ in the last digits.
    proven = all(solver.best.meets_bound for solver in solvers)
    bound = exposure if proven else min(exposure, bound)
    status = "feasible"
    if unplaced(starts):
        status = "infeasible" if _not_all_fit(problem, model, solvers) else "incomplete"
    elif proven:
        status = "optimal"
    engines = [solver.best.engine for solver in solvers]
    return Result(
        status=status,
        starts=starts,
        exposure=exposure,
        bound=bound,
        gap=_gap(exposure, bound),
        makespan=makespan,
        most_placed=all(solver.best.most_placed for solver in solvers),
        work=budget.work,
        cut_short=budget.cut_short,
        engine=max(engines, key=ENGINES.index, default="greedy"),
        moved=_moved(starts, keep),
    )


def _not_all_fit(problem: SchedulingProblem, model: SlotModel, solvers: list[PartSolver]) -> bool:
    """Whether it is proven that no plan schedules all tasks."""
    return (
        len(model.live) < len(problem.tasks)
        or any(solver.best.fits is False for solver in solvers)
        or exceeds_capacity(problem)
    )


def _moved(starts: Starts, keep: Starts | None) -> tuple[int, ...]:
    if keep is None:
        return ()
    pairs = enumerate(zip(starts, keep, strict=True))
    return tuple(task for task, (start, before) in pairs if before is not None and start != before)
