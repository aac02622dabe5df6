"""The incumbent of a part: its best plan so far, and the bound that no plan of it can beat."""

from collections.abc import Sequence
from functools import reduce
from math import ceil, gcd

from hotpatch_cli.scheduler.bounds.lagrangian import Prices
from hotpatch_cli.scheduler.bounds.release_times import ReleaseTimes
from hotpatch_cli.scheduler.score import score
from hotpatch_cli.scheduler.slot_model import NEVER, NOWHERE, SlotModel

ROUNDING = 1e-6
"""A bound may lie so far above a multiple of the grain and still mean it: prices are floats."""


class Incumbent:
    """The best plan of a part (`starts`, in slots), its score, and the bound on its weighted ends.

    `complete` is True if a search was exhaustive, so that nothing is better. `cheapest` is the plan
    that costs least if unscheduled tasks count as if they ended last: the start of annealing, and
    the target of prices.
    """

    def __init__(
        self, model: SlotModel, release: ReleaseTimes, keep: Sequence[int] | None = None
    ) -> None:
        self._model, self._release, self._keep = model, release, keep
        self._grain = _grain(model.weight)
        self.starts = [NOWHERE] * len(model.duration)
        self.score = score(model, self.starts, keep)
        self.cheapest, self.cheapest_cost = self.starts, self._ends(self.starts)
        self.engine = "greedy"
        self.complete = False
        self.prices: Prices | None = None
        self.bound = 0.0
        self.raise_bound(self._ends(release.start))

    @property
    def proven(self) -> bool:
        """Whether nothing is better: the search was complete, or a plan of all meets the bound."""
        return self.complete or (
            not self.score.left_out and not self.score.moved and self.bound >= self.score.ends
        )

    @property
    def gap(self) -> float:
        """The weighted slots that a better plan may still save; unscheduled tasks count most."""
        if self.proven:
            return 0.0
        return max(self.score.ends - self.bound, 0.0) + self.score.left_out * (self.bound + 1.0)

    def offer(self, starts: Sequence[int]) -> None:
        """Take a plan if it is better."""
        offered = score(self._model, starts, self._keep)
        if offered < self.score:
            self.starts, self.score = list(starts), offered
        cost = self._ends(starts)
        if cost < self.cheapest_cost:
            self.cheapest, self.cheapest_cost = list(starts), cost

    def replace(self, starts: list[int], engine: str = "search") -> None:
        """Take a plan for other reasons than its score, such as its end."""
        self.starts, self.score = starts, score(self._model, starts, self._keep)
        self.engine = engine

    def raise_bound(self, value: float) -> None:
        """Take a lower bound on the weighted end slots of plans of all tasks, if it is higher."""
        if self._grain:
            # The cost of every plan is a multiple of the grain.
            value = ceil(value / self._grain - ROUNDING) * self._grain
        self.bound = max(self.bound, value)

    def end(self) -> int:
        """The last end slot; NEVER if the plan leaves a task out."""
        starts, model = self.starts, self._model
        if any(starts[task] == NOWHERE for task in model.live):
            return NEVER
        return max(starts[task] + model.duration[task] for task in model.live)

    def exposure(self) -> float:
        """The weighted hours from the release to the ends of the plan."""
        return self._hours(self.score.ends)

    def exposure_bound(self) -> float:
        """A lower bound on the weighted hours of plans that place as many tasks as this one."""
        model, release = self._model, self._release
        if self.proven:
            return self._hours(self.score.ends)
        if not self.score.left_out:
            return self._hours(min(self.bound, self.score.ends))
        origin, step = model.grid.origin / model.grid.step, model.grid.step / model.per_hour
        if self.prices is not None:
            self.prices.use_best()
            relaxed = self.prices.relaxed_starts()
            return self.prices.value(relaxed, self.score.left_out, origin) * step
        ends = sorted(
            model.weight[task] * (origin + release.start[task] + model.duration[task])
            for task in model.live
        )
        return sum(ends[: len(ends) - self.score.left_out]) * step

    def _hours(self, ends: float) -> float:
        """Hours from the release, of scheduled tasks, from weighted slots from the origin."""
        model = self._model
        weight = sum(
            weight
            for weight, start in zip(model.weight, self.starts, strict=True)
            if start != NOWHERE
        )
        return (weight * model.grid.origin + ends * model.grid.step) / model.per_hour

    def _ends(self, starts: Sequence[int]) -> float:
        """Weighted end slots, as if unscheduled tasks ended with their last window."""
        model = self._model
        ends = (
            model.windows[task][-1][1]
            if starts[task] == NOWHERE
            else starts[task] + model.duration[task]
            for task in model.live
        )
        return sum(model.weight[task] * end for task, end in zip(model.live, ends, strict=True))


def _grain(weights: Sequence[float]) -> int:
    """The number of which all weights are multiples; 0 if they aren't whole."""
    if not all(float(weight).is_integer() for weight in weights):
        return 0
    return reduce(gcd, (int(weight) for weight in weights), 0)
