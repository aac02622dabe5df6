"""A plan near an older one: kept restarts are held where they stand, and as few as possible are let
go.

What no longer fits by its own windows is free, and so is what is new; all others are pinned to
their old starts. If the rest can be planned around them, no plan moves fewer, and only the free are
searched for. If it cannot, small parts are tried with one kept restart let go, then with two, and
so on.
"""

from collections.abc import Collection, Sequence
from itertools import combinations

from hotpatch_cli.scheduler.decomposition import ModelPart
from hotpatch_cli.scheduler.part_solver import PartSolver
from hotpatch_cli.scheduler.search.annealing import score
from hotpatch_cli.scheduler.search.branch_and_bound import SMALL
from hotpatch_cli.scheduler.slot_model import SlotModel
from hotpatch_cli.scheduler.work_budget import WorkBudget

SHARE = 4
"""The search for those that are free, and the one for a bound, may each take this part of the work.
"""

NODES = 3000
"""So much work may go into one question whether the rest can be planned around those that are held.
"""


def settle(effort: PartSolver, keep: Sequence[int], budget: WorkBudget, work: int) -> bool:
    """Give a part a plan of all its tasks that provably moves the fewest kept starts; False if none
    is found.

    The part's bound is raised too: it speaks of all plans, also of those that move more.
    """
    firm = [task for task in effort.model.live if _fits(effort.model, task, keep[task])]
    most = len(firm) if len(effort.model.live) <= SMALL else 0
    for count in range(most + 1):
        whole = []
        for freed in combinations(firm, count):
            around = _around(effort, keep, set(firm).difference(freed), budget)
            if not around.score.left_out:
                whole.append(around)
            elif not around.exact or budget.stops():
                return False  # nobody knows whether there is no such plan
        if whole:
            _take(effort, keep, min(whole, key=lambda each: each.score), work // SHARE)
            _raise_bound(effort, budget, work // SHARE)
            return True
    return False


def _around(
    effort: PartSolver, keep: Sequence[int], held: Collection[int], budget: WorkBudget
) -> PartSolver:
    """A plan around the restarts that are held where they were; small parts are searched to the
    end.
    """
    model = effort.model
    windows = tuple(
        ((keep[task], keep[task] + model.duration[task]),) if task in held else windows
        for task, windows in enumerate(model.windows)
    )
    around = PartSolver(ModelPart(model._replace(windows=windows), effort.part.tasks), budget)
    around.begin()
    if not around.proven and len(model.live) <= SMALL:
        around.improve(NODES)
    return around


def _take(effort: PartSolver, keep: Sequence[int], around: PartSolver, work: int) -> None:
    if not around.proven:
        around.improve(work)
    effort.starts, effort.score = around.starts, score(effort.model, around.starts, keep)
    effort.engine = around.engine


def _raise_bound(effort: PartSolver, budget: WorkBudget, work: int) -> None:
    """What plans that are free of the older one must cost at least; the plan is proven best if it
    costs no more.
    """
    free = PartSolver(effort.part, budget)
    free.begin()
    if not free.proven:
        free.improve(work)
    effort.bound = max(
        effort.bound, free.score.ends if free.exact else min(free.bound, free.score.ends)
    )
    effort.exact = effort.bound >= effort.score.ends


def _fits(model: SlotModel, task: int, start: int) -> bool:
    """Whether a kept start lies in the task's own windows."""
    return start >= 0 and any(
        opens <= start and start + model.duration[task] <= closes
        for opens, closes in model.windows[task]
    )
