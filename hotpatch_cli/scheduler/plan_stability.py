"""Plan stability: a plan near an older one, which moves as few of its tasks as possible.

A kept start that no longer fits the task's own windows is free, and so is a new task; all others
are pinned to their old starts. If the rest can be planned around them, no plan moves fewer tasks,
and only the free ones are searched for. If it can't, small parts are tried with one kept task set
free, then with two, and so on.
"""

from collections.abc import Collection, Sequence
from itertools import combinations

from hotpatch_cli.scheduler.decomposition import ModelPart
from hotpatch_cli.scheduler.part_solver import PartSolver
from hotpatch_cli.scheduler.search.branch_and_bound import SMALL
from hotpatch_cli.scheduler.slot_model import SlotModel
from hotpatch_cli.scheduler.work_budget import WorkBudget

SHARE = 4
"""The search for the free tasks, and the one for a bound, each take this part of the work."""

NODES = 3000
"""Work of one question whether the rest can be planned around the tasks that are pinned.

With more, larger parts are proven to move the fewest; with less, the answer comes sooner.
"""


def keep_near(solver: PartSolver, keep: Sequence[int], budget: WorkBudget, work: int) -> bool:
    """Give a part a plan of all its tasks that provably moves the fewest; False if none is found.

    The part's bound is raised too: it applies to all plans, also to those that move more tasks.
    """
    model = solver.model
    fitting = [task for task in model.live if _fits(model, task, keep[task])]
    most_freed = len(fitting) if len(model.live) <= SMALL else 0
    for count in range(most_freed + 1):
        complete_plans = []
        for freed in combinations(fitting, count):
            around = _plan_around(solver, keep, set(fitting).difference(freed), budget)
            if not around.best.score.left_out:
                complete_plans.append(around)
            elif not around.best.complete or budget.stops():
                return False  # it is unknown whether there is no such plan
        if complete_plans:
            cheapest = min(complete_plans, key=lambda around: around.best.score)
            if not cheapest.best.proven:
                cheapest.improve(work // SHARE)
            solver.best.replace(cheapest.best.starts, cheapest.best.engine)
            _raise_bound(solver, budget, work // SHARE)
            return True
    return False


def _plan_around(
    solver: PartSolver, keep: Sequence[int], pinned: Collection[int], budget: WorkBudget
) -> PartSolver:
    """A plan around the tasks that are pinned to their old starts; small parts are proven."""
    model = solver.model
    windows = tuple(
        ((keep[task], keep[task] + model.duration[task]),) if task in pinned else windows
        for task, windows in enumerate(model.windows)
    )
    part = ModelPart(model._replace(windows=windows), solver.part.tasks)
    around = PartSolver(part, budget)
    around.first_plan()
    if not around.best.proven and len(model.live) <= SMALL:
        around.improve(NODES)
    return around


def _raise_bound(solver: PartSolver, budget: WorkBudget, work: int) -> None:
    """Bound the plan by what plans that keep nothing must cost; it is proven if it meets that."""
    free = PartSolver(solver.part, budget)
    free.first_plan()
    if not free.best.proven:
        free.improve(work)
    bound = free.best.score.ends
    if not free.best.complete:
        bound = min(free.best.bound, bound)
    solver.best.bound = max(solver.best.bound, bound)
    solver.best.complete = solver.best.bound >= solver.best.score.ends


def _fits(model: SlotModel, task: int, start: int) -> bool:
    """Whether a kept start is in the task's own windows."""
    end = start + model.duration[task]
    return start >= 0 and any(
        opens <= start and end <= closes for opens, closes in model.windows[task]
    )
