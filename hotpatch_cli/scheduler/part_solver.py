"""All that is done for one independent part: a fast start, prices, annealing, a proof if one is in
reach.
"""

from collections.abc import Sequence
from functools import cached_property, reduce
from math import ceil, gcd
from random import Random

from hotpatch_cli.scheduler.bounds.lagrangian import Prices
from hotpatch_cli.scheduler.bounds.release_times import release_times
from hotpatch_cli.scheduler.decomposition import ModelPart
from hotpatch_cli.scheduler.mip.dual_prices import DualPrices
from hotpatch_cli.scheduler.search.annealing import Annealing, score
from hotpatch_cli.scheduler.search.branch_and_bound import SMALL, BranchAndBound
from hotpatch_cli.scheduler.search.genetic_search import Evolution, as_project
from hotpatch_cli.scheduler.search.list_scheduling import Priority, left_shift, list_schedule
from hotpatch_cli.scheduler.search.partial_schedule import NEVER, PartialSchedule
from hotpatch_cli.scheduler.search.priority_rules import TURNS, PriorityRules, density
from hotpatch_cli.scheduler.slot_model import SlotModel
from hotpatch_cli.scheduler.work_budget import WorkBudget

ROUNDS = 4
BATCH = 100
HEAT = 0.1
COMPLETE_NODES = 3000
COLUMNS_TO_LOOK_AT = 3.0
COLUMNS_FOR_WORK = 0.3
"""So many columns of a whole-number program are worth a unit of work; measured on contended fleets.
"""


class PartSolver:
    """The best plan of a part so far, and what is known about how good it can get."""

    def __init__(
        self, part: ModelPart, budget: WorkBudget, keep: Sequence[int] | None = None
    ) -> None:
        self.part, self.model, self._budget = part, part.model, budget
        self._keep = None if keep is None else [keep[task] for task in part.tasks]
        self._heads = release_times(self.model)
        self._random = Random(len(part.tasks))  # noqa: S311 - the same search every time is the point
        self.starts = [-1] * len(self.model.duration)
        self.score = score(self.model, self.starts, self._keep)
        self.exact = False
        self.engine = "greedy"
        self._grain = _grain(self.model.weight)
        self._prices: Prices | None = None
        self._seed, self._seed_cost = self.starts, self._ends(self.starts)
        self.bound = 0.0
        self._raise_bound(self._ends(self._heads.start))

    @property
    def proven(self) -> bool:
        """Whether nothing can be better: the bound is met with all tasks placed, or the search was
        complete.
        """
        return self.exact or (
            not self.score.left_out and not self.score.moved and self.bound >= self.score.ends
        )

    @property
    def gap(self) -> float:
        """What the prices still promise, in weighted slots; tasks left out count most."""
        if self.proven:
            return 0.0
        return max(self.score.ends - self.bound, 0.0) + self.score.left_out * (self.bound + 1.0)

    def exposure(self) -> float:
        """The weighted hours of the plan."""
        return self._hours(self.score.ends)

    def hours(self) -> float:
        """A lower bound on the weighted hours of plans that place as many tasks as this one."""
        model = self.model
        if self.exact or not self.score.left_out:
            return self._hours(self.score.ends if self.proven else min(self.bound, self.score.ends))
        origin, step = model.grid.origin / model.grid.step, model.grid.step / model.per_hour
        if self._prices is None:
            ends = (
                model.weight[task] * (origin + self._heads.start[task] + model.duration[task])
                for task in model.live
            )
            return sum(sorted(ends)[: len(model.live) - self.score.left_out]) * step
        self._prices.use_best()
        return self._prices.value(self._prices.quotes(), self.score.left_out, origin) * step

    def _hours(self, ends: float) -> float:
        """Hours from the release, of what is placed, from weighted slots from the origin."""
        model = self.model
        weight = sum(
            weight for weight, start in zip(model.weight, self.starts, strict=True) if start >= 0
        )
        return (weight * model.grid.origin + ends * model.grid.step) / model.per_hour

    def begin(self) -> None:
        """Try some orders, then put first who was left out."""
        if not self.model.capacity and not self.model.gates and self._keep is None:
            self._accept(list(self._heads.start))
            return
        if self._keep is not None:
            kept = (start if start >= 0 else NEVER for start in self._keep)
            self._try(list(zip(kept, density(self.model), strict=True)))
            return
        rush = self._rush
        for priority in rush.rules():
            starts = self._try(priority)
            if self.proven or (not self.score.left_out and self._budget.stops()):
                return
            if self.score.left_out and rush.large:
                break
        for _ in range(TURNS):
            if not self.score.left_out or self._budget.long_over():
                return
            starts = self._try(rush.again(starts))

    def improve(self, work: int) -> None:
        """Spend about so much work on this part."""
        goal = self._budget.work + work
        if len(self.model.live) <= SMALL and self._keep is None and self._complete(work):
            return
        self.engine = "search"
        pricing = DualPrices(self.model, self._heads, self._budget)
        prices = self._prices = pricing.prices
        # A good plan on rough prices first: should the clock cut this short, it is worth more than
        # a bound.
        width = self._price_exactly(pricing, work // 15)
        if width is None:
            self._price(pricing, self._budget.work + work // 10)
        self.anneal(prices, self._budget.work + work * 3 // 10)
        finer = self._price_exactly(pricing, work // 4, width)
        if finer is None or finer >= prices.bucket:
            self._price(pricing, self._budget.work + work // 5)
        self.anneal(prices, goal)
        if not self.proven and not self.score.left_out and self._keep is None:
            self.prove(prices, work)

    def shorten(self, work: int) -> None:
        """Where no task has a weight, spend about so much work on an earlier end."""
        project = as_project(self.model)
        if project is None:
            return
        evolution = Evolution(self.model, project, self._heads, self._budget)
        evolution.run(self._budget.work + work)
        opens, closes = self.model.windows[0][0]
        starts = [opens + start for start in evolution.starts]
        if (
            starts
            and opens + evolution.end <= closes
            and evolution.end + opens < _end(self.model, self.starts)
        ):
            self._accept_shorter(starts)

    def _accept_shorter(self, starts: list[int]) -> None:
        self.starts, self.score, self.engine = starts, score(self.model, starts), "search"

    def _try(self, priority: Priority) -> list[int]:
        board = list_schedule(self.model, priority, self._keep)
        self._budget.spend(len(self.model.live) // 4)
        self._accept(board.starts)
        return board.starts

    def _accept(self, starts: list[int]) -> None:
        found = score(self.model, starts, self._keep)
        if found < self.score:
            self.starts, self.score = list(starts), found
        cost = self._ends(starts)
        if cost < self._seed_cost:
            self._seed, self._seed_cost = list(starts), cost

    def _ends(self, starts: Sequence[int]) -> float:
        """Weighted end slots, as if those that are left out ended when their last window does."""
        model = self.model
        return sum(
            model.weight[task]
            * (
                starts[task] + model.duration[task]
                if starts[task] >= 0
                else model.windows[task][-1][1]
            )
            for task in model.live
        )

    @cached_property
    def _rush(self) -> PriorityRules:
        return PriorityRules(self.model, self._heads)

    def _raise_bound(self, value: float) -> None:
        if self._grain:
            # All costs are multiples of the grain, and the bound is lowered far less than a grain
            # by rounding.
            value = ceil(value / self._grain - 1e-6) * self._grain
        self.bound = max(self.bound, value)

    def _complete(self, work: int) -> bool:
        search = BranchAndBound(
            self.model, self._heads, self.starts, self.score, min(COMPLETE_NODES, max(work, 100))
        )
        self.exact = search.run()
        self._budget.spend(search.nodes)
        self._accept(search.best)
        if self.exact:
            self.engine = "search"
        return self.exact

    def _price(self, pricing: DualPrices, goal: int) -> None:
        for turn in pricing.steps(goal, lambda: self._seed_cost):
            self._raise_bound(pricing.prices.best)
            if self.proven:
                return
            if turn % 2:
                self._follow(pricing)

    def _price_exactly(
        self, pricing: DualPrices, work: int, known: int | None = None
    ) -> int | None:
        width = None if self.proven else pricing.exactly(work, known)
        if width is not None:
            self._raise_bound(pricing.prices.best)
            self._follow(pricing)
        return width

    def _follow(self, pricing: DualPrices) -> None:
        """Try a plan in the order of what the prices ask for on average: a fraction of a plan says
        when.
        """
        if self._keep is None:
            self._try(self._rush.by_prices(pricing.wanted))

    def anneal(self, prices: Prices, goal: int) -> None:
        """Improve the plan, guided by the best prices, until the work done reaches the goal."""
        prices.use_best()
        weight = sum(self.model.weight) or 1.0
        first = self._budget.work
        while self._budget.work < goal and not self.proven and not self._budget.stops():
            until = min(goal, self._budget.work + max((goal - first) // ROUNDS, 1))
            fresh = self._keep is None and self._budget.work - first < (goal - first) // 2
            board = self._board(self._seed if fresh else self.starts)
            improver = Annealing(board, prices, self._random, self._keep)
            hottest = (
                HEAT * self.score.ends / weight * (goal - self._budget.work) / max(goal - first, 1)
            )
            begun = self._budget.work
            while self._budget.work < until and not self._budget.stops():
                left = 1 - (self._budget.work - begun) / max(until - begun, 1)
                improver.work = 0
                for _ in range(BATCH):
                    improver.step(hottest * left * left)
                self._budget.spend(improver.work + BATCH // 4)
            if self._keep is None:
                left_shift(board)
            self._accept(board.starts)

    def _board(self, starts: Sequence[int]) -> PartialSchedule:
        board = PartialSchedule(self.model)
        for task in self.model.live:
            if starts[task] >= 0:
                board.place(task, starts[task])
        return board

    def prove(self, prices: Prices, work: int) -> None:
        """Find the best plan of all tasks by a whole-number program, where HiGHS is there and time
        will do.
        """
        from hotpatch_cli.scheduler.mip.time_indexed_lp import has_highs

        if not has_highs() or self._budget.expired():
            return
        lanes = {id(lane): lane for lane in prices.lanes}.values()
        columns = sum(stretch.width for lane in lanes for stretch in lane.stretches)
        if columns > work * COLUMNS_TO_LOOK_AT:
            return
        from hotpatch_cli.scheduler.mip.time_indexed_mip import solve_exactly

        most = work * COLUMNS_FOR_WORK
        answer = solve_exactly(
            prices, self._heads, self.starts, self.score.ends, most, self._budget.seconds
        )
        if answer is None:
            return
        self.engine = "exact"
        self._budget.spend(columns // 10)
        self._budget.hurried |= answer.cut_short
        if answer.starts is not None:
            self._accept(answer.starts)
        self._raise_bound(answer.bound)


def _grain(weights: Sequence[float]) -> int:
    """The number of which all weights are multiples; 0 if they are not whole."""
    if not all(float(weight).is_integer() for weight in weights):
        return 0
    return reduce(gcd, (int(weight) for weight in weights), 0)


def _end(model: SlotModel, starts: Sequence[int]) -> int:
    """The last end slot of a plan; NEVER if it leaves a live task out."""
    if any(starts[task] < 0 for task in model.live):
        return NEVER
    return max(starts[task] + model.duration[task] for task in model.live)
