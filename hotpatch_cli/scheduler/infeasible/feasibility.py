"""Feasibility: whether tasks fit together, within an amount of work and not of time."""

from hotpatch_cli.scheduler.bounds.capacity import exceeds_capacity
from hotpatch_cli.scheduler.bounds.release_times import release_times
from hotpatch_cli.scheduler.decomposition import split
from hotpatch_cli.scheduler.part_solver import PartSolver
from hotpatch_cli.scheduler.problem import SchedulingProblem
from hotpatch_cli.scheduler.search.branch_and_bound import SMALL, BranchAndBound
from hotpatch_cli.scheduler.slot_model import NEVER, compile_model
from hotpatch_cli.scheduler.work_budget import WorkBudget

WORK = 4_000
"""Work of one question; with less, more answers are unknown, with more, fewer questions are asked.
"""
ALL_WORK = 60_000
"""Work of all questions; with less, constraints stay in a conflict that does not need them."""
NODES = 1000
"""Nodes of a complete search over a small part; with less, more answers are unknown."""


class Feasibility:
    """Answers "do these fit together?", until the work for all questions is used up."""

    def __init__(self) -> None:
        self.left = ALL_WORK

    def fits(self, problem: SchedulingProblem) -> bool | None:
        """Whether all tasks can be scheduled together; None if only a long search could show it."""
        if not self.left:
            return None
        if exceeds_capacity(problem):
            return False
        model = compile_model(problem)
        if any(start >= NEVER for start in release_times(model).start):
            return False  # some task has no start, or waits for one that has none
        budget = WorkBudget(min(WORK, self.left), None, None)
        answers = [_part_fits(PartSolver(part, budget), budget) for part in split(model)]
        self.left = max(0, self.left - budget.work - len(problem.tasks))
        if False in answers:
            return False
        if None in answers:
            return None
        return True

    def stays_infeasible(self, problem: SchedulingProblem, *, proven: bool) -> bool:
        """Whether a smaller problem is as infeasible as the one before it.

        `proven` is True if the one before was proven to be; otherwise it's enough that nothing
        shows that the smaller one is feasible.
        """
        if self.fits(problem) is False:
            return True
        if proven or not self.left:
            return False
        return self.fits(problem) is not True


def _part_fits(solver: PartSolver, budget: WorkBudget) -> bool | None:
    """Whether one part fits; only small ones are searched completely, and others stay unknown."""
    solver.first_plan()
    best = solver.best
    if not best.score.left_out:
        return True
    if len(solver.part.tasks) > SMALL:
        return None
    release = release_times(solver.model)
    search = BranchAndBound(solver.model, release, best.starts, best.score, NODES)
    complete = search.run()
    budget.spend(search.nodes)
    if not search.score.left_out:
        return True
    return False if complete else None
