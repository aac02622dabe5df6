"""How prices are found for one part: by linear programs where HiGHS is there, else or after them
step by step.
"""

from collections.abc import Callable, Iterator

from hotpatch_cli.scheduler.bounds.lagrangian import Prices
from hotpatch_cli.scheduler.bounds.release_times import ReleaseTimes
from hotpatch_cli.scheduler.slot_model import SlotModel
from hotpatch_cli.scheduler.work_budget import WorkBudget

MOST_TURNS = 200
LAP = 20
CONVERGED = 0.01
"""Prices that close less than this share of the gap in a lap of turns have done what they can."""
FORGETTING = 0.1
PATIENCE = 0.25
"""The share of the seconds left that one linear program may take."""
NEAR = 0.2
"""Prices of a linear program are aimed so far from their own bound to the plan: they are good
already.
"""


class DualPrices:
    """Prices of a part, ever better, and when they want each task to start on average (`wanted`, in
    slots).
    """

    def __init__(self, model: SlotModel, known: ReleaseTimes, budget: WorkBudget) -> None:
        self.prices = Prices(model, known)
        self.wanted = [float(start) for start in known.start]
        self._model, self._budget = model, budget

    def exactly(self, work: int, known: int | None = None) -> int | None:
        """Take prices from the finest linear program that costs at most about `work`, a coarser one
        in a hurry.

        Returns the width of its buckets in slots, None if there is none finer than the one already
        `known`.
        """
        from hotpatch_cli.scheduler.mip.time_indexed_lp import TooSlow, best_prices, has_highs

        if not has_highs() or not self._model.capacity:
            return None
        prices, budget = self.prices, self._budget
        columns = sum(stretch.width for lane in prices.lanes for stretch in lane.stretches)
        for width in sorted(
            {1, max(1, prices.bucket // 2), *(prices.bucket << more for more in range(5))}
        ):
            if budget.stops() or (known is not None and width >= known):
                return None
            if columns > work * width:
                continue
            budget.spend(columns // width)
            try:
                wanted = best_prices(prices, width, budget.seconds() * PATIENCE)
            except TooSlow:
                budget.hurried = True
                continue
            prices.consider()
            if wanted is None:
                return None
            self.wanted = wanted
            return width
        return None

    def steps(self, goal: int, upper: Callable[[], float]) -> Iterator[int]:
        """Step by step until the work done reaches `goal` or a lap gains next to nothing; yields
        after each one.

        `upper` tells about what a plan of all tasks costs by now.
        """
        prices, size, before = self.prices, len(self._model.live), 0.0
        share = NEAR if prices.best > 0 else 1.0
        for turn in range(MOST_TURNS):
            if self._budget.work > goal or self._budget.stops():
                return
            if turn and not turn % LAP:
                if prices.best - before < CONVERGED * (upper() - before):
                    return
                before = prices.best
            quotes = prices.step(prices.best + (upper() - prices.best) * share)
            for task, quote in zip(self._model.live, quotes, strict=True):
                self.wanted[task] += (quote.start - self.wanted[task]) * FORGETTING
            self._budget.spend(1 + size // 2)
            yield turn
