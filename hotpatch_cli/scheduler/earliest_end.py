"""The goal `earliest-end`: of the plans that place most, one that is over first, with a proof.

The parts of a problem share nothing but their end: a part that is over by the time the last one can
be is early enough. Where work is left, the exposure is lowered under the end that was reached.
"""

from collections.abc import Sequence

from hotpatch_cli.scheduler.bounds.end_bound import EndBound, latest_starts
from hotpatch_cli.scheduler.bounds.lagrangian import Prices
from hotpatch_cli.scheduler.bounds.release_times import release_times
from hotpatch_cli.scheduler.part_solver import PartSolver
from hotpatch_cli.scheduler.search.branch_and_bound import SMALL
from hotpatch_cli.scheduler.search.complete_end_search import CompleteEndSearch
from hotpatch_cli.scheduler.search.genetic_search import Evolution, fitness
from hotpatch_cli.scheduler.slot_model import SlotInterval, SlotModel
from hotpatch_cli.scheduler.work_budget import WorkBudget

PLACING_ROUNDS = 3
"""Rounds in which half of the work left places tasks that were left out; a proof ends them.

With fewer, the end is searched for where a plan could place more; with more, it isn't.
"""
FIRST_SEARCH = 4
"""The work of a part, divided by this, searches before HiGHS is asked for a proof.

With more, easy proofs come late; with less, HiGHS is asked about ends that are soon improved.
"""
LAST_PROOFS = 6
"""The work of a part, divided by this, raises the bound of an end that stayed unproven."""
TIE_BREAK = 4
"""The work, divided by this, lowers the exposure under the end that was reached."""
COMPLETE_NODES = 3000
LEAST_NODES = 100
"""Nodes of a complete search over a small part: at most, and whatever the work."""
MOST_COLUMNS = 350
"""Columns of a program in whole numbers: with more, HiGHS often finds no answer in seconds."""
MOST_RELAXED_COLUMNS = 1500
"""Columns of a relaxation: with more, one takes longer than a second."""
COLUMNS_FOR_WORK = 50
RELAXED_FOR_WORK = 700
"""Columns times columns that a program, and a relaxation, solves in the time of a unit of work."""


class PartEnd:
    """The end of one part: its best plan, and a slot before which no plan as full can be over.

    `bound` is that slot if `certain`: if none is left out or a complete search shows what fits.
    """

    def __init__(self, solver: PartSolver, budget: WorkBudget) -> None:
        self.solver, self.model, self._budget = solver, solver.model, budget
        self.release = release_times(self.model)
        self._bounds = EndBound(self.model, self.release)
        self.starts = list(solver.best.starts)
        self.fitness = fitness(self.model, self.starts)
        self.complete = False
        # No plan ends before its first task that is placed.
        self.bound = 0
        self.raise_bound()

    @property
    def end(self) -> int:
        """The slot in which the best plan is over."""
        return self.fitness.end

    @property
    def certain(self) -> bool:
        """Whether `bound` is of every plan that places as much."""
        return self.complete or not self.fitness.left_out

    @property
    def may_place_more(self) -> bool:
        """Whether tasks are left out that a plan might place."""
        return bool(self.fitness.left_out) and not self.solver.best.most_placed

    def raise_bound(self) -> None:
        """Halve the ends up to the best one by what contradicts them."""
        if not self.fitness.left_out:
            self._budget.spend(1 + len(self.model.live) // 4)
            self.bound = max(self.bound, self._bounds.least(self.end))

    def place_more(self, work: int) -> None:
        """Spend about this much work on tasks that the best plan leaves out."""
        self.solver.improve(work)
        self._take(self.solver.best.starts)
        self.raise_bound()

    def improve(self, work: int, target: int) -> None:
        """Spend about this much work on an end by the target, or a proof that none is earlier."""
        if len(self.model.live) <= SMALL:
            self._search_completely(min(COMPLETE_NODES, max(work, LEAST_NODES)))
        target = max(target, self.bound)
        if self.complete or self._is_over(target):
            return
        goal = self._budget.work + work
        evolution = Evolution(self.model, self.starts, self._budget)
        evolution.run(self._budget.work + work // FIRST_SEARCH, target)
        self._take(evolution.starts)
        while not self._is_over(max(target, self.bound)) and self._may_ask(goal):
            end = self.end - 1
            if not self._ask(end, goal, whole=False) and not self._ask(end, goal, whole=True):
                break
        evolution.run(goal - work // LAST_PROOFS, max(target, self.bound))
        self._take(evolution.starts)
        if not self._is_over(target):
            self._relax(goal)
        # What no relaxation took.
        evolution.run(goal, max(target, self.bound))
        self._take(evolution.starts)

    def lower_exposure(self, work: int, end: int) -> None:
        """Spend about this much work on a plan that costs less and is over by `end`."""
        model = narrowed(self.model, self.release.start, latest_starts(self.model, end))
        other = PartSolver(self.solver.part._replace(model=model), self._budget)
        other.best.offer(self.starts)
        if work and not other.best.proven:
            other.improve(work)
        starts = other.best.starts
        found = fitness(self.model, starts)
        if not found.left_out and found.end <= end:
            self.starts, self.fitness = list(starts), found

    def _is_over(self, target: int) -> bool:
        return not self.fitness.left_out and self.end <= target

    def _take(self, starts: Sequence[int]) -> None:
        found = fitness(self.model, starts)
        if found < self.fitness:
            self.starts, self.fitness = list(starts), found

    def _search_completely(self, nodes: int) -> None:
        search = CompleteEndSearch(self.model, self.release, self.starts, nodes)
        self.complete = search.run()
        self._budget.spend(search.nodes)
        self._take(search.best)
        if self.complete:
            self.bound = self.end

    def _relax(self, goal: int) -> None:
        """Raise the bound by relaxations, halving the ends that may still be possible."""
        open_end = self.end - 1
        while self.bound < open_end and self._may_ask(goal):
            middle = (self.bound + open_end) // 2
            if not self._ask(middle, goal, whole=False):
                open_end = middle

    def _may_ask(self, goal: int) -> bool:
        from hotpatch_cli.scheduler.mip.time_indexed_lp import has_highs

        able = not self.fitness.left_out and bool(self.model.capacity) and has_highs()
        return able and self._budget.work < goal and not self._budget.stops()

    def _ask(self, end: int, goal: int, *, whole: bool) -> bool:
        """Ask for a plan that is over by `end`; whether there was an answer."""
        from hotpatch_cli.scheduler.mip.deadline_program import count_columns, place_all

        last = latest_starts(self.model, end)
        if any(last[task] < self.release.start[task] for task in self.model.live):
            self.bound = max(self.bound, end + 1)
            return True
        prices = Prices(narrowed(self.model, self.release.start, last), self.release)
        columns = count_columns(prices)
        work = 1 + columns * columns // (COLUMNS_FOR_WORK if whole else RELAXED_FOR_WORK)
        most = MOST_COLUMNS if whole else MOST_RELAXED_COLUMNS
        if columns > most or self._budget.work + work > goal:
            return False
        before = self._budget.work
        answer = place_all(prices, self._budget, whole=whole)
        self._budget.spend(max(0, before + work - self._budget.work))
        if answer.impossible:
            self.bound = max(self.bound, end + 1)
        if answer.starts is not None:
            self._take(answer.starts)
        return answer.impossible or answer.starts is not None


class EarliestEnd:
    """Works on the end of a whole problem, part by part."""

    def __init__(self, solvers: Sequence[PartSolver], budget: WorkBudget) -> None:
        self._budget = budget
        self._parts = [PartEnd(solver, budget) for solver in solvers]

    @property
    def end(self) -> int:
        """The slot in which the plan is over."""
        return max((part.end for part in self._parts), default=0)

    @property
    def bound(self) -> int:
        """A slot before which no plan that places as much is over."""
        parts = self._parts
        if all(part.certain for part in parts):
            return max((part.bound for part in parts), default=0)
        # Which tasks are placed is open: as many as now are over no earlier than the first ones.
        ends: list[int] = []
        for part in parts:
            model, release = part.model, part.release.start
            ends += [release[task] + model.duration[task] for task in model.live]
        ends.sort()
        placed = len(ends) - sum(part.fitness.left_out for part in parts)
        return ends[placed - 1] if placed else 0

    @property
    def gap(self) -> float:
        """The share of the time from the release to the end that a better plan might save."""
        if not self._parts:
            return 0.0
        grid = self._parts[0].model.grid
        end = max(1, grid.moment(self.end))
        return max(0.0, min(1.0, (end - grid.moment(self.bound)) / end))

    def run(self) -> None:
        """Spend the work of the budget, and hand the plans to the solvers of the parts."""
        self._place_more()
        weighty = any(any(part.model.weight) for part in self._parts)
        kept = self._budget.left() // TIE_BREAK if weighty else 0
        self._improve(kept)
        self._lower_exposure()
        for part in self._parts:
            part.solver.best.replace(part.starts, part.solver.best.engine)

    def _place_more(self) -> None:
        """Placing comes before the end."""
        for _ in range(PLACING_ROUNDS):
            late = [part for part in self._parts if part.may_place_more]
            work = self._budget.left() // 2
            for part in late:
                if self._budget.expired():
                    return
                part.place_more(work // len(late))

    def _improve(self, kept: int) -> None:
        """Share the work among the parts that hold up the end, the latest first, less `kept`."""
        parts = sorted(self._parts, key=lambda part: (-part.bound, len(part.model.live)))
        for number, part in enumerate(parts):
            # What no part can avoid is early enough for all the others.
            target = max(other.bound for other in parts if other.certain or other is part)
            left = max(0, self._budget.left() - kept)
            late = [
                other for other in parts[number:] if other.fitness.left_out or other.end > target
            ]
            if part in late and not self._budget.expired():
                part.improve(left // len(late), target)

    def _lower_exposure(self) -> None:
        end = self.end
        parts = [part for part in self._parts if any(part.model.weight) and part.certain]
        sizes = sum(len(part.model.live) for part in parts)
        for part in parts:
            if self._budget.expired() or part.fitness.left_out:
                continue
            size = len(part.model.live)
            part.lower_exposure(self._budget.left() * size // max(sizes, 1), end)
            sizes -= size


def narrowed(model: SlotModel, first: Sequence[int], last: Sequence[int]) -> SlotModel:
    """A model in which each task starts between its first and its last slot."""
    shared: dict[tuple[SlotInterval, ...], tuple[SlotInterval, ...]] = {}
    windows = list(model.windows)
    for task in model.live:
        duration = model.duration[task]
        cut = tuple(
            (max(opens, first[task]), min(closes, last[task] + duration))
            for opens, closes in model.windows[task]
            if max(opens, first[task]) + duration <= min(closes, last[task] + duration)
        )
        windows[task] = shared.setdefault(cut, cut)
    return model._replace(windows=tuple(windows))
