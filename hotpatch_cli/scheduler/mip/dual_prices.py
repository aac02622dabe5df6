"""Dual prices of one part: by linear programs if HiGHS is installed, and by subgradient steps."""

from collections.abc import Callable, Iterator

from hotpatch_cli.scheduler.bounds.lagrangian import Prices
from hotpatch_cli.scheduler.bounds.release_times import ReleaseTimes
from hotpatch_cli.scheduler.slot_model import SlotModel
from hotpatch_cli.scheduler.work_budget import WorkBudget

MOST_STEPS = 200
LAP = 20
SIZE = 1_000_000
"""Numbers in a matrix, to tell how many of them are worth some work."""
STARTS_OF_WORK = 400
"""Starts and slots whose prices a step adds up for a unit of work."""
CONVERGED = 0.01
"""Steps end if a lap of them closes less than this share of the gap.

With more, they end before they pay; with less, work is spent on digits.
"""
SMOOTHING = 0.1
"""The share of the newest starts in the mean starts: with more, the mean follows each zigzag."""
COARSER = 5
"""So often a linear program that is too large for the work is tried with buckets twice as wide."""
NEAR = 0.2
"""Steps after a linear program aim so far from its bound to the cost of the plan.

Its prices are good already: with more, steps leave them; with less, they don't move.
"""


class DualPrices:
    """Prices of a part, ever better.

    `wanted` are the mean starts, in slots, at which they want each task. `width` is that of the
    buckets of the last linear program, in slots; None if there was none. `infeasible`: a linear
    program showed that not all tasks fit.
    """

    def __init__(self, model: SlotModel, release: ReleaseTimes, budget: WorkBudget) -> None:
        self.prices = Prices(model, release)
        self.width: int | None = None
        self.infeasible = False
        self.wanted = [float(start) for start in release.start]
        self._model, self._budget = model, budget

    def exactly(self, work: int, known: int | None = None) -> int | None:
        """Take prices from the finest linear program that costs at most about `work`.

        Returns the width of its buckets in slots; None if there is none finer than the one already
        `known`, or if it was stopped.
        """
        from hotpatch_cli.scheduler.mip.time_indexed_lp import (
            IPM_ITERATIONS,
            NoFractions,
            ProgramTooLarge,
            SolverStopped,
            best_prices,
            has_highs,
            program_work,
        )

        if not has_highs() or not self._model.capacity:
            return None
        prices, budget = self.prices, self._budget
        columns = prices.count_starts()
        widths = {1, max(1, prices.bucket // 2)}
        widths.update(prices.bucket << doublings for doublings in range(COARSER))
        for width in sorted(widths):
            if budget.stops() or (known is not None and width >= known):
                break
            if columns > work * width:
                continue
            most_size = work * SIZE // program_work(SIZE, IPM_ITERATIONS)
            try:
                wanted = best_prices(prices, width, most_size, budget)
            except ProgramTooLarge:
                budget.spend(program_work(most_size, 0))
                continue
            except NoFractions:
                self.infeasible = True
                break
            except SolverStopped:
                break
            prices.consider()
            if wanted is None:
                return None
            self.wanted = wanted
            return width
        return None

    def steps(self, goal: int, upper: Callable[[], float]) -> Iterator[int]:
        """Take subgradient steps until the work done reaches `goal` or a lap gains next to nothing.

        Yields the number of each step after it. `upper` returns about what a plan of all tasks
        costs by now.
        """
        prices, before = self.prices, 0.0
        work = 1 + len(self._model.live) // 2 + prices.count_sums() // STARTS_OF_WORK
        share = NEAR if prices.best > 0 else 1.0
        for step in range(MOST_STEPS):
            if self._budget.work > goal or self._budget.stops():
                return
            if step and not step % LAP:
                if prices.best - before < CONVERGED * (upper() - before):
                    return
                before = prices.best
            relaxed = prices.step(prices.best + (upper() - prices.best) * share)
            for task, cheapest in zip(self._model.live, relaxed, strict=True):
                self.wanted[task] += (cheapest.start - self.wanted[task]) * SMOOTHING
            self._budget.spend(work)
            yield step
