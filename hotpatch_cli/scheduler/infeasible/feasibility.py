"""Do these fit together? Answered within a fixed amount of work, so that the answer depends on no
clock.
"""

from hotpatch_cli.scheduler.bounds.capacity import crowded
from hotpatch_cli.scheduler.bounds.release_times import release_times
from hotpatch_cli.scheduler.decomposition import split
from hotpatch_cli.scheduler.part_solver import PartSolver
from hotpatch_cli.scheduler.problem import SchedulingProblem
from hotpatch_cli.scheduler.search.branch_and_bound import SMALL, BranchAndBound
from hotpatch_cli.scheduler.search.partial_schedule import NEVER
from hotpatch_cli.scheduler.slot_model import compile_model
from hotpatch_cli.scheduler.work_budget import WorkBudget

WORK = 4_000
"""Work that one question "do these fit?" may cost; where it is not enough, nobody knows."""
ALL_WORK = 60_000
"""Work that all questions together may cost; what is left to ask then stays a reason, perhaps a
needless one.
"""
NODES = 1000
"""So many steps a complete search may take over a small part."""


class Feasibility:
    """Answers "do these fit together?", until the work for all questions is used up."""

    def __init__(self) -> None:
        self.left = ALL_WORK

    def fits(self, problem: SchedulingProblem) -> bool | None:
        """Whether all tasks can be placed together; None if nobody can tell without a long search."""
        if not self.left:
            return None
        if crowded(problem):
            return False
        model = compile_model(problem)
        if len(model.live) < len(problem.tasks) or any(
            start >= NEVER for start in release_times(model).start
        ):
            return False
        budget = WorkBudget(min(WORK, self.left), None, None)
        answers = [_part_fits(PartSolver(part, budget), budget) for part in split(model)]
        self.left = max(0, self.left - budget.work - len(problem.tasks))
        return False if False in answers else None if None in answers else True

    def stays_stuck(self, problem: SchedulingProblem, *, proven: bool) -> bool:
        """Whether a smaller problem is as stuck as the one before, which was proven to be or only
        looked so.
        """
        return self.fits(problem) is False or bool(
            not proven and self.left and self.fits(problem) is not True
        )


def _part_fits(effort: PartSolver, budget: WorkBudget) -> bool | None:
    """Only small parts are searched to the end: longer searches depend on a clock, and an answer
    must not.
    """
    effort.begin()
    if not effort.score.left_out:
        return True
    if len(effort.part.tasks) > SMALL:
        return None
    search = BranchAndBound(
        effort.model, release_times(effort.model), effort.starts, effort.score, NODES
    )
    complete = search.run()
    budget.spend(search.nodes)
    return True if not search.score.left_out else False if complete else None
