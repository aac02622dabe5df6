"""Feasibility: whether tasks fit together, within an amount of work and not of time."""

from hotpatch_cli.scheduler.bounds.capacity import exceeds_capacity
from hotpatch_cli.scheduler.bounds.release_times import release_times
from hotpatch_cli.scheduler.problem import SchedulingProblem, Starts, unplaced
from hotpatch_cli.scheduler.slot_model import NEVER, compile_model
from hotpatch_cli.scheduler.solver import Result, solve

SMALL = 12
"""Tasks of a problem that a complete search is worth: of larger ones, few answers become known."""
EFFORT = 0.02
"""Effort of a search beyond the first plan; with less, more answers are unknown."""
ALL_WORK = 60_000
"""Work of all questions; with less, constraints stay in a conflict that doesn't need them."""


class Feasibility:
    """Answers "do these fit together?", until the work for all questions is used up."""

    def __init__(self, work: int = ALL_WORK) -> None:
        self.left = work

    def fits(self, problem: SchedulingProblem) -> bool | None:
        """Whether all tasks can be scheduled together; None if only a long search could show it."""
        if not self.left:
            return None
        self._spend(len(problem.tasks))
        if is_impossible(problem):
            return False
        result = self._solved(problem, 0)
        few = len(problem.tasks) <= SMALL
        if few and unplaced(result.starts) and not _is_proven(result):
            result = self._solved(problem, EFFORT)
        if not unplaced(result.starts):
            return True
        return False if _is_proven(result) else None

    def plan_of_all(self, problem: SchedulingProblem) -> Starts | None:
        """A plan that schedules all tasks; None where the search finds none. It searches longer
        than `fits`, since its answer is a claim about all of them.
        """
        if not self.left:
            return None
        self._spend(len(problem.tasks))
        if is_impossible(problem):
            return None
        result = self._solved(problem, 0)
        missing = len(unplaced(result.starts))
        if missing and (missing * NEARLY <= len(problem.tasks) or len(problem.tasks) <= SMALL):
            result = self._solved(problem, EFFORT)
        return None if unplaced(result.starts) else result.starts

    def stays_infeasible(self, problem: SchedulingProblem, *, proven: bool) -> bool:
        """Whether a smaller problem is as infeasible as the one before it.

        `proven` is True if the one before was proven to be; otherwise it's enough that nothing
        shows that the smaller one is feasible.
        """
        answer = self.fits(problem)
        if answer is None:
            return not proven and bool(self.left)
        return not answer

    def _solved(self, problem: SchedulingProblem, effort: float) -> Result:
        result = solve(problem, effort=effort)
        self._spend(result.work)
        return result

    def _spend(self, work: int) -> None:
        self.left = max(0, self.left - work)


NEARLY = 20
"""A first plan that leaves out at most one task of this number is worth a longer search."""


def _is_proven(result: Result) -> bool:
    """Whether a plan that leaves tasks out proves that not all fit."""
    return result.status == "infeasible"


def is_impossible(problem: SchedulingProblem) -> bool:
    """Whether lengths and the order alone show, without a search, that not all tasks fit."""
    if exceeds_capacity(problem):
        return True
    # Some task has no start, or depends on one that has none.
    return any(start >= NEVER for start in release_times(compile_model(problem)).start)
