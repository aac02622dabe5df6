"""All that is done for one independent part: a fast start, prices, annealing, a proof if one is in reach."""

from collections.abc import Sequence
from functools import reduce
from math import ceil, gcd
from random import Random

from hotpatch_cli.planner.board import NEVER, Board
from hotpatch_cli.planner.bound import Prices
from hotpatch_cli.planner.budget import Budget
from hotpatch_cli.planner.greedy import Priority, left_shift, list_schedule
from hotpatch_cli.planner.heads import heads, last_starts, urgency
from hotpatch_cli.planner.improve import Improver, score
from hotpatch_cli.planner.model import Model
from hotpatch_cli.planner.parts import Part
from hotpatch_cli.planner.shorten import Evolution, as_project
from hotpatch_cli.planner.small import SMALL, CompleteSearch

LARGE = 20_000
"""Parts with more tasks get fewer tries at a start."""
ROUNDS = 4
BATCH = 100
HEAT = 0.1
COMPLETE_NODES = 3000
PRICED_A_SECOND = 8_000
"""So many starts, by the width of a bucket, a linear program over prices deals with in a second."""
COLUMNS_A_SECOND = 1500
"""So many columns of a whole-number program are worth a second of trying; measured on contended fleets."""


class Effort:
    """The best plan of a part so far, and what is known about how good it can get."""

    def __init__(self, part: Part, budget: Budget, keep: Sequence[int] | None = None) -> None:
        self.part, self.model, self._budget = part, part.model, budget
        self._keep = None if keep is None else [keep[task] for task in part.tasks]
        self._heads = heads(self.model)
        self._random = Random(len(part.tasks))  # noqa: S311 - the same search every time is the point
        self.starts = [-1] * len(self.model.duration)
        self.score = score(self.model, self.starts, self._keep)
        self.exact = False
        self.engine = "greedy"
        self._grain = _grain(self.model.weight)
        self.bound = 0.0
        self._raise_bound(self._ends(self._heads.start))

    @property
    def proven(self) -> bool:
        """Whether nothing can be better: the bound is met with all tasks placed, or the search was complete."""
        return self.exact or (not self.score.left_out and not self.score.moved and self.bound >= self.score.ends)

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
        least = sorted(
            model.weight[task] * (model.grid.moment(self._heads.start[task]) + model.duration[task] * model.grid.step)
            for task in model.live
        )
        return sum(least[: len(least) - self.score.left_out]) / model.per_hour

    def _hours(self, ends: float) -> float:
        """Hours from the release, of what is placed, from weighted slots from the origin."""
        model = self.model
        weight = sum(weight for weight, start in zip(model.weight, self.starts, strict=True) if start >= 0)
        return (weight * model.grid.origin + ends * model.grid.step) / model.per_hour

    def begin(self) -> None:
        """Try some priority rules, then put first who was left out."""
        if not self.model.capacity and not self.model.gates and self._keep is None:
            self._accept(list(self._heads.start))
            return
        for priority in self._rules():
            self._try(priority)
            if self.proven or (not self.score.left_out and self._budget.stops()):
                return
        self._squeak()

    def improve(self, work: int) -> None:
        """Spend about so much work on this part."""
        goal = self._budget.work + work
        if len(self.model.live) <= SMALL and self._keep is None and self._complete(work):
            return
        prices = Prices(self.model, self._heads)
        self._price(prices, self._budget.work + work * 2 // 5)
        if not self.proven:
            self._price_exactly(prices)
        if not self.proven:
            prices.use_best()
            self.anneal(prices, goal)
        if not self.proven and not self.score.left_out and self._keep is None:
            self.prove(prices)

    def shorten(self, work: int) -> None:
        """Where no task has a weight, spend about so much work on an earlier end."""
        project = as_project(self.model)
        if project is None:
            return
        evolution = Evolution(self.model, project, self._heads, self._budget)
        evolution.run(self._budget.work + work)
        opens, closes = self.model.windows[0][0]
        starts = [opens + start for start in evolution.starts]
        if starts and opens + evolution.end <= closes and evolution.end + opens < _end(self.model, self.starts):
            self._accept_shorter(starts)

    def _accept_shorter(self, starts: list[int]) -> None:
        self.starts, self.score, self.engine = starts, score(self.model, starts), "search"

    def _rules(self) -> list[Priority]:
        model, head = self.model, self._heads.start
        dense = [
            -weight / max((use.hold for use in uses), default=1)
            for weight, uses in zip(model.weight, model.uses, strict=True)
        ]
        if self._keep is not None:
            return [[(start if start >= 0 else NEVER, rank) for start, rank in zip(self._keep, dense, strict=True)]]
        last = urgency(model, last_starts(model, self._heads.gate))
        urgent = list(zip(last, dense, strict=True))
        gated = [(late if opens else NEVER, rank) for late, rank, opens in zip(last, dense, model.opens, strict=True)]
        if len(model.live) > LARGE:
            return [gated, urgent] if model.gates else [dense, urgent]
        return [gated, list(zip(head, dense, strict=True)), dense, urgent]

    def _squeak(self) -> None:
        """Put first who was too late for a gate or was left out, and try again."""
        last = last_starts(self.model, self._heads.gate)
        urgent = urgency(self.model, last)
        bumped = [0] * len(last)
        starts = self.starts
        for _ in range(4 if len(last) > LARGE else 8):
            if not self.score.left_out or self._budget.expired() or self._keep is not None:
                return
            late = [task for task in self.model.live if starts[task] > last[task]]
            for task in late or [task for task in self.model.live if starts[task] < 0]:
                bumped[task] -= 1
            starts = self._try(list(zip(bumped, urgent, strict=True)))

    def _try(self, priority: Priority) -> list[int]:
        board = list_schedule(self.model, priority, self._keep)
        self._budget.spend(len(self.model.live) // 4)
        self._accept(board.starts)
        return board.starts

    def _accept(self, starts: list[int]) -> None:
        found = score(self.model, starts, self._keep)
        if found < self.score:
            self.starts, self.score = list(starts), found

    def _ends(self, starts: Sequence[int]) -> float:
        model = self.model
        return sum(model.weight[task] * (starts[task] + model.duration[task]) for task in model.live)

    def _raise_bound(self, value: float) -> None:
        if self._grain:
            # All costs are multiples of the grain, and the bound is lowered far less than a grain by rounding.
            value = ceil(value / self._grain - 1e-6) * self._grain
        self.bound = max(self.bound, value)

    def _complete(self, work: int) -> bool:
        search = CompleteSearch(self.model, self._heads, self.starts, self.score, min(COMPLETE_NODES, max(work, 100)))
        self.exact = search.run()
        self._budget.spend(search.nodes)
        self._accept(search.best)
        if self.exact:
            self.engine = "search"
        return self.exact

    def _price(self, prices: Prices, goal: int) -> None:
        self.engine = "search"
        size = len(self.model.live)
        for turn in range(200):
            if self.proven or self._budget.work > goal or self._budget.stops():
                return
            wanted = [0] * len(self.starts)
            for task, quote in zip(self.model.live, prices.step(self.score.ends, self.score.left_out), strict=True):
                wanted[task] = quote.start
            self._budget.spend(1 + size // 2)
            if not self.score.left_out:
                self._raise_bound(prices.best)
            if turn % 2 and self._keep is None:
                self._try(wanted)

    def _price_exactly(self, prices: Prices) -> None:
        from hotpatch_cli.planner.program import best_prices, has_highs

        if not has_highs() or not self.model.capacity or self._budget.stops():
            return
        columns = sum(stretch.width for lane in prices.lanes for stretch in lane.stretches)
        for width in (4 * prices.bucket, 2 * prices.bucket, prices.bucket):
            seconds = min(self._budget.seconds() / 2, 300.0)
            if columns > seconds * width * PRICED_A_SECOND:
                continue
            if best_prices(prices, width, seconds):
                wanted = [0] * len(self.starts)
                quotes = prices.consider(self.score.left_out)
                for task, quote in zip(self.model.live, quotes, strict=True):
                    wanted[task] = quote.start
                if not self.score.left_out:
                    self._raise_bound(prices.best)
                if self._keep is None:
                    self._try(wanted)

    def anneal(self, prices: Prices, goal: int) -> None:
        """Improve the plan, guided by prices, until the work done reaches the goal."""
        weight = sum(self.model.weight) or 1.0
        first = self._budget.work
        while self._budget.work < goal and not self.proven and not self._budget.stops():
            until = min(goal, self._budget.work + max((goal - first) // ROUNDS, 1))
            board = self._board()
            improver = Improver(board, prices, self._random, self._keep)
            hottest = HEAT * self.score.ends / weight * (goal - self._budget.work) / max(goal - first, 1)
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

    def _board(self) -> Board:
        board = Board(self.model)
        for task in self.model.live:
            if self.starts[task] >= 0:
                board.place(task, self.starts[task])
        return board

    def prove(self, prices: Prices) -> None:
        """Find the best plan of all tasks by a whole-number program, where HiGHS is there and time will do."""
        from hotpatch_cli.planner.program import has_highs

        if not has_highs() or self._budget.expired():
            return
        columns = sum(
            stretch.width for lane in {id(lane): lane for lane in prices.lanes}.values() for stretch in lane.stretches
        )
        if columns > self._budget.seconds() * COLUMNS_A_SECOND:
            return
        from hotpatch_cli.planner.exact import solve_exactly

        answer = solve_exactly(prices, self._heads, self.starts, self.score.ends, self._budget.seconds)
        self.engine = "exact"
        self._budget.spend(columns // 10)
        self._budget.cut_short |= answer.cut_short
        if answer.starts is not None:
            self._accept(answer.starts)
        self._raise_bound(answer.bound)


def _grain(weights: Sequence[float]) -> int:
    """The number of which all weights are multiples; 0 if they are not whole."""
    if not all(float(weight).is_integer() for weight in weights):
        return 0
    return reduce(gcd, (int(weight) for weight in weights), 0)


def _end(model: Model, starts: Sequence[int]) -> int:
    """The last end slot of a plan; NEVER if it leaves a live task out."""
    if any(starts[task] < 0 for task in model.live):
        return NEVER
    return max(starts[task] + model.duration[task] for task in model.live)
