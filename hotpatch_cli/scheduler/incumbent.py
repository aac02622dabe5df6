"""The incumbent of a part: its best plan so far, and the bounds that no plan of it can beat."""

from collections.abc import Sequence
from math import ceil

from hotpatch_cli.scheduler.bounds.lagrangian import Prices
from hotpatch_cli.scheduler.bounds.release_times import ReleaseTimes
from hotpatch_cli.scheduler.score import closed, score
from hotpatch_cli.scheduler.slot_model import NOWHERE, SlotModel

Level = tuple[int, int]
"""The weight and the number of the tasks that a plan leaves out."""
ALL: Level = (0, 0)
ROUNDING = 1e-6
"""A bound may lie so far above a whole number and still mean it: prices are floats."""


class Incumbent:
    """The best plan of a part (`starts`, in slots) and its score.

    `complete` is True if nothing is better, `most_placed` if no plan schedules more. `cheapest` is
    the plan that costs least if unscheduled tasks count as if they ended last: the start of
    annealing, and the target of prices. `bound` is that of plans that schedule all tasks.
    """

    def __init__(
        self, model: SlotModel, release: ReleaseTimes, keep: Sequence[int] | None = None
    ) -> None:
        self._model, self._release, self._keep = model, release, keep
        self.starts = [NOWHERE] * len(model.duration)
        self.score = score(model, self.starts, keep)
        self.cheapest, self.cheapest_cost = self.starts, self._ends(self.starts)
        self.engine = "greedy"
        self.complete = False
        self.prices: Prices | None = None
        self._least_out: Level = ALL
        self._bounds: dict[Level, int] = {ALL: 0}
        self.raise_bound(self._ends(release.start))

    @property
    def bound(self) -> int:
        """A lower bound on the weighted end slots of plans of all tasks."""
        return self._bounds[ALL]

    @property
    def most_placed(self) -> bool:
        """Whether no plan schedules more weight, or as much and more tasks."""
        return self.complete or self.score.level <= self._least_out

    @property
    def fits(self) -> bool | None:
        """Whether all tasks fit; None if nothing proves that they don't."""
        if not self.score.left_out:
            return True
        return False if self.complete or self._least_out > ALL else None

    @property
    def proven(self) -> bool:
        """Whether nothing is better: the search was complete, or a plan meets its bound."""
        return self.complete or (
            self.most_placed
            and not self.score.moved
            and self._bounds.get(self.score.level, -1) >= self.score.ends
        )

    @property
    def meets_bound(self) -> bool:
        """Whether no plan that schedules as much has less weighted ends."""
        if self.complete and self._keep is None:
            return True
        return self._bounds.get(self.score.level, -1) >= self.score.ends

    @property
    def gap(self) -> float:
        """The weighted slots that a better plan may still save.

        Unscheduled and moved tasks count most.
        """
        if self.proven:
            return 0.0
        wrong = self.score.left_out + self.score.moved
        return max(self.score.ends - self.bound, 0.0) + wrong * (self.bound + 1.0)

    def offer(self, starts: Sequence[int], engine: str | None = None) -> None:
        """Take a plan if it is better."""
        starts = closed(self._model, starts)
        offered = score(self._model, starts, self._keep)
        if offered < self.score:
            self.starts, self.score = starts, offered
            self.engine = engine or self.engine
        cost = self._ends(starts)
        if cost < self.cheapest_cost:
            self.cheapest, self.cheapest_cost = starts, cost

    def replace(self, starts: list[int], engine: str = "search") -> None:
        """Take a plan for other reasons than its score, such as its end."""
        self.starts, self.score = starts, score(self._model, starts, self._keep)
        self.engine = engine

    def raise_bound(self, value: float, level: Level = ALL) -> None:
        """Take a lower bound on the weighted end slots of plans of a level, if it is higher."""
        whole = ceil(value - ROUNDING)
        self._bounds[level] = max(self._bounds.get(level, 0), whole)

    def take_bounds(self, other: "Incumbent") -> None:
        """Take the bounds that another incumbent of this part found, which keeps no older plan."""
        self.raise_least_out(other.score.level if other.complete else other._least_out)
        for level, bound in other._bounds.items():
            self.raise_bound(bound, level)
        if other.complete:
            self.raise_bound(other.score.ends, other.score.level)
        self.prices = other.prices or self.prices

    def raise_least_out(self, level: Level) -> None:
        """Take a proof that every plan leaves out at least this level."""
        self._least_out = max(self._least_out, level)

    def exposure(self) -> float:
        """The weighted hours from the release to the ends of the plan."""
        return self._hours(self.score.ends)

    def exposure_bound(self) -> float:
        """A lower bound on the weighted hours of plans that schedule as much as this one."""
        if self.complete and self._keep is None:
            return self.exposure()
        level = self.score.level
        bound = self._bounds.get(level, 0)
        if level != ALL:
            prices = self.prices or Prices(self._model, self._release)
            if self.prices is not None:
                prices.use_best()
            self.raise_bound(prices.value(prices.relaxed_starts(), *level), level)
            bound = self._bounds[level]
        return self._hours(min(bound, self.score.ends))

    def _hours(self, ends: int) -> float:
        """Hours from the release, of as much as is scheduled, from slots from the origin."""
        model = self._model
        weight = sum(model.weight[task] for task in model.live) - self.score.weight_out
        units = weight * model.grid.origin + ends * model.grid.step
        return units / model.per_hour * model.weight_unit

    def _ends(self, starts: Sequence[int]) -> int:
        """Weighted end slots, as if unscheduled tasks ended with their last window."""
        model = self._model
        ends = (
            model.windows[task][-1][1]
            if starts[task] == NOWHERE
            else starts[task] + model.duration[task]
            for task in model.live
        )
        return sum(model.weight[task] * end for task, end in zip(model.live, ends, strict=True))
