"""Plan a problem: take it apart, plan each part, prove what can be proved, put it together, judge
it.
"""

from collections.abc import Callable
from time import monotonic
from typing import NamedTuple

from hotpatch_cli.scheduler.decomposition import split
from hotpatch_cli.scheduler.part_solver import PartSolver
from hotpatch_cli.scheduler.problem import SchedulingProblem, Starts, unplaced, validate
from hotpatch_cli.scheduler.proof import cost, verify
from hotpatch_cli.scheduler.search.plan_stability import settle
from hotpatch_cli.scheduler.slot_model import SlotModel, compile_model
from hotpatch_cli.scheduler.work_budget import WorkBudget

TOLD_EVERY = 0.3
"""Seconds between two words on progress."""
DEFAULT_WORK = 50_000
"""About one placement a unit; some seconds for a contended fleet of 1,000 machines."""
WORK_A_SECOND = 5_000
"""Work that a slow core does in a second, so that the work ends a search and not the clock."""


class Progress(NamedTuple):
    """How far the search is: work done and allowed, and the exposure (hours) of the best plan and
    its bound.
    """

    work: int
    limit: int
    exposure: float
    bound: float


class Result(NamedTuple):
    """A plan with its proof.

    `status` is `infeasible` if a task is unplaced, `optimal` if the exposure is proven least, else
    `feasible`. `exposure` and `bound` are weighted hours from the release, `bound` of any plan that
    places as many; `gap` is (exposure - bound) / exposure. `makespan` is the last end in the
    problem's units. `most_placed` says that no plan can place more. `cut_short` says that the clock
    or the user ended the search, so that another machine may find another plan. `moved` are the
    tasks that had to leave the plan to keep.
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


class Unsound(AssertionError):  # noqa: N818  it is what it says
    """The search made a plan that breaks a rule: a bug, and the plan must not be used."""


def work_in(seconds: float | None) -> int:
    """The work that a time limit is worth, the same on any machine; at least the default."""
    return DEFAULT_WORK if seconds is None else max(DEFAULT_WORK, round(WORK_A_SECOND * seconds))


def solve(
    problem: SchedulingProblem,
    *,
    work_limit: int = DEFAULT_WORK,
    time_limit: float | None = None,
    should_stop: Callable[[], bool] | None = None,
    progress: Callable[[Progress], None] | None = None,
    keep: Starts | None = None,
) -> Result:
    """Plan a problem; the same problem and work give the same plan wherever the clock does not
    interfere.

    With `keep`, an older plan in the order of the tasks, as few restarts as possible move.
    `time_limit` is in seconds, and `should_stop` is asked between steps: what is best so far comes
    back. A fast plan of all parts is always made, whatever the limits. Raises InvalidProblem, and
    Unsound rather than hand out a wrong plan.
    """
    validate(problem)
    model = compile_model(problem, keep)
    watch = None if progress is None else _Watch(progress, should_stop)
    budget = WorkBudget(work_limit, time_limit, watch or should_stop)
    kept = None if keep is None else model.slots(keep)
    efforts = [PartSolver(part, budget, kept) for part in split(model)]
    if watch is not None:
        watch.look = lambda: _progress(efforts, budget)
    for effort in efforts:
        effort.begin()
    if keep is None and not any(model.weight):
        for effort in efforts:
            effort.shorten(budget.left() // len(efforts))
    settled = set[int]() if kept is None else _settle(efforts, kept, budget)
    _improve([effort for effort in efforts if id(effort) not in settled], budget, progress)
    return _result(problem, model, efforts, budget, keep)


def _settle(efforts: list[PartSolver], keep: list[int], budget: WorkBudget) -> set[int]:
    """The parts (by identity) whose plans move as few restarts as possible: a search could only
    move more.
    """
    settled = {id(effort) for effort in efforts if effort.proven}
    still_open = [effort for effort in efforts if not effort.proven]
    for number, effort in enumerate(still_open):
        mine = [keep[task] for task in effort.part.tasks]
        if settle(effort, mine, budget, budget.left() // (len(still_open) - number)):
            settled.add(id(effort))
    return settled


class _Watch:
    """Asks whether to stop, and now and then tells how far the search is; no plan depends on it."""

    def __init__(
        self, progress: Callable[[Progress], None], should_stop: Callable[[], bool] | None
    ) -> None:
        self._tell, self._should_stop, self._next = progress, should_stop, 0.0
        self.look: Callable[[], Progress] | None = None

    def __call__(self) -> bool:
        """Whether the user said to stop."""
        if self.look is not None and monotonic() >= self._next:
            self._next = monotonic() + TOLD_EVERY
            self._tell(self.look())
        return self._should_stop is not None and self._should_stop()


def _improve(
    efforts: list[PartSolver], budget: WorkBudget, progress: Callable[[Progress], None] | None
) -> None:
    """Share the work among the unproven parts by how much each can still win, small parts first."""
    still_open = sorted(
        (effort for effort in efforts if not effort.proven),
        key=lambda effort: len(effort.part.tasks),
    )
    promised = sum(effort.gap for effort in still_open)
    for effort in still_open:
        if budget.expired():
            return
        gap = effort.gap
        effort.improve(int(budget.left() * gap / promised) if promised else 0)
        promised -= gap
        if progress is not None:
            progress(_progress(efforts, budget))


def _progress(efforts: list[PartSolver], budget: WorkBudget) -> Progress:
    exposure = sum(effort.exposure() for effort in efforts)
    return Progress(
        budget.work,
        budget.limit,
        exposure,
        min(exposure, sum(effort.hours() for effort in efforts)),
    )


def _result(
    problem: SchedulingProblem,
    model: SlotModel,
    efforts: list[PartSolver],
    budget: WorkBudget,
    keep: Starts | None,
) -> Result:
    slots = [-1] * len(problem.tasks)
    for effort in efforts:
        for task, start in zip(effort.part.tasks, effort.starts, strict=True):
            slots[task] = start
    starts = model.starts(slots)
    wrong = verify(problem, starts)
    if wrong:
        raise Unsound(f"the plan breaks {len(wrong)} rules, first {wrong[0]}")
    _, exposure, makespan = cost(problem, starts)
    proven = all(effort.proven for effort in efforts)
    bound = exposure if proven else min(exposure, sum(effort.hours() for effort in efforts))
    status = "infeasible" if unplaced(starts) else "optimal" if proven else "feasible"
    return Result(
        status,
        starts,
        exposure,
        bound,
        (exposure - bound) / exposure if exposure else 0.0,
        makespan,
        all(effort.exact or not effort.score.left_out for effort in efforts),
        budget.work,
        budget.cut_short or budget.hurried,
        max(
            (effort.engine for effort in efforts),
            key=("greedy", "search", "exact").index,
            default="greedy",
        ),
        _moved(starts, keep),
    )


def _moved(starts: Starts, keep: Starts | None) -> tuple[int, ...]:
    if keep is None:
        return ()
    pairs = enumerate(zip(starts, keep, strict=True))
    return tuple(task for task, (start, before) in pairs if before is not None and start != before)
