"""What no plan can beat: prices on crowded time (Lagrange), on top of windows, gates and crowding (heads).

Take the limits away, but let each slot of each limit cost a price. Every task then starts where weight times
end plus prices is least, all on its own, and what these minima sum to, less the value of the capacity at
those prices, is below the cost of every plan: whatever the prices, if only none is negative. Subgradient
steps look for prices that make this bound high. Starting at zero prices, the bound is that of the heads.
"""

from collections.abc import Callable, Sequence
from itertools import accumulate
from operator import add, sub
from typing import NamedTuple

from hotpatch_cli.planner.heads import Heads
from hotpatch_cli.planner.model import Model, Use

SAFETY = 1e-9
"""Prices are floats: a bound is lowered by this share, far above what rounding can have added."""


class Bound(NamedTuple):
    """A certified lower bound on the sum of weight times end slot, and the starts that the prices call for."""

    value: float
    starts: list[int]


class _Stretch(NamedTuple):
    """One window of a task: its first start, how many starts, and where each use finds its prices."""

    first: int
    width: int
    places: tuple[tuple[int, int, int, int], ...]  # limit, units, index of the first start's price, hold


class Prices:
    """Prices for the slots of every limit of a model, improved step by step."""

    def __init__(self, model: Model, known: Heads) -> None:
        self.model = model
        self._axes = [_Axis(spans) for spans in _spans(model)]
        self._prices = [[0.0] * axis.length for axis in self._axes]
        self._sums = [[0.0] * (axis.length + 1) for axis in self._axes]
        self._idle = [True] * len(self._axes)
        self._stretches = self._lay_out(known)
        self._scale = 1.0
        self._stale = 0
        self.best = Bound(0.0, [])
        self.work = 0

    def _lay_out(self, known: Heads) -> list[list[_Stretch]]:
        shared: dict[tuple[int, int, int, int], list[_Stretch]] = {}
        found = []
        for task in self.model.live:
            model, head = self.model, known.start[task]
            key = (id(model.windows[task]), id(model.uses[task]), model.duration[task], head)
            if key not in shared:
                shared[key] = self._stretches_of(task, head)
            found.append(shared[key])
        return found

    def _stretches_of(self, task: int, head: int) -> list[_Stretch]:
        duration, uses = self.model.duration[task], self.model.uses[task]
        found = []
        for opens, closes in self.model.windows[task]:
            first = max(opens, head)
            if first + duration <= closes:
                places = tuple((use.limit, use.units, self._axes[use.limit].index(first), use.hold) for use in uses)
                found.append(_Stretch(first, closes - duration - first + 1, places))
        return found

    def step(self, upper: float, skipped: int = 0) -> Bound:
        """Evaluate the prices, then move them; `upper` is the cost of a known plan, which leaves out `skipped`."""
        value, starts = self._evaluate(skipped)
        self.work += len(starts)
        if value > self.best.value:
            gained = value - self.best.value > 1e-5 * abs(value)
            self.best = Bound(value, starts)
            self._stale = 0 if gained else self._stale + 1
        else:
            self._stale += 1
        if self._stale >= 8:
            self._scale, self._stale = self._scale * 0.6, 0
        self._move(starts, max(upper - value, 0.0))
        return Bound(value, starts)

    def _evaluate(self, skipped: int) -> tuple[float, list[int]]:
        model = self.model
        starts, minima = [], []
        for task, stretches in zip(model.live, self._stretches, strict=True):
            value, start = self._cheapest(model.weight[task], model.duration[task], stretches)
            starts.append(start)
            minima.append(value)
        if skipped:
            minima = sorted(minima)[: len(minima) - skipped]
        rent = sum(
            capacity * sums[-1] for capacity, sums in zip(model.capacity, self._sums, strict=True)
        )
        value = sum(minima) - rent
        return value - SAFETY * (abs(value) + rent), starts

    def _cheapest(self, weight: float, duration: int, stretches: list[_Stretch]) -> tuple[float, int]:
        best, where = float("inf"), -1
        for first, width, places in stretches:
            least = weight * (first + duration)
            if least >= best:
                break
            total: list[float] | None = None
            for limit, units, index, hold in places:
                if self._idle[limit]:
                    continue
                sums = self._sums[limit]
                if sums[index] == sums[index + hold + width - 1]:
                    continue
                rents: list[float] = list(map(sub, sums[index + hold : index + hold + width], sums[index : index + width]))
                if units > 1:
                    rents = [units * rent for rent in rents]
                total = rents if total is None else list(map(add, total, rents))
            if total is None:
                best, where = least, first
                continue
            ends = range(first + duration, first + duration + width)
            costs = [weight * end + rent for end, rent in zip(ends, total, strict=True)]
            cheapest = min(costs)
            if cheapest < best:
                best, where = cheapest, first + costs.index(cheapest)
        return best, where

    def _move(self, starts: list[int], gap: float) -> None:
        slopes = self._slopes(starts)
        norm = sum(sum(map(_square, slope)) for slope in slopes if slope)
        if not norm or not gap:
            return
        step = self._scale * gap / norm
        for limit, slope in enumerate(slopes):
            if slope:
                prices = [
                    price if price > 0 else 0.0
                    for price in (old + step * change for old, change in zip(self._prices[limit], slope, strict=True))
                ]
                self._prices[limit] = prices
                self._sums[limit] = list(accumulate(prices, initial=0.0))
                self._idle[limit] = not self._sums[limit][-1]

    def _slopes(self, starts: list[int]) -> list[list[int]]:
        """For each limit, by how much each slot is overbooked; empty where no price would change."""
        changes: list[list[int]] = [[0] * (len(prices) + 1) for prices in self._prices]
        for task, start in zip(self.model.live, starts, strict=True):
            for limit, units, hold in self.model.uses[task]:
                index = self._axes[limit].index(start)
                changes[limit][index] += units
                changes[limit][index + hold] -= units
        slopes = []
        for limit, change in enumerate(changes):
            taken = list(accumulate(change))
            capacity = self.model.capacity[limit]
            if self._idle[limit] and max(taken) <= capacity:
                slopes.append([])
                continue
            taken.pop()
            prices = self._prices[limit]
            slopes.append([
                over if over > 0 or price > 0 else 0
                for over, price in zip((units - capacity for units in taken), prices, strict=True)
            ])
        return slopes


def _square(value: float) -> float:
    return value * value


class _Axis:
    """The slots in which a limit can be in use, numbered without the gaps between them."""

    def __init__(self, spans: list[tuple[int, int]]) -> None:
        self._opens: list[int] = []
        self._shift: list[int] = []
        self.length = 0
        reached = -1
        for opens, closes in sorted(spans):
            if opens > reached:
                self._opens.append(opens)
                self._shift.append(self.length - opens)
                reached = opens
            self.length += max(closes - reached, 0)
            reached = max(reached, closes)

    def index(self, slot: int) -> int:
        """The number of a slot that lies in a span."""
        from bisect import bisect_right

        return slot + self._shift[bisect_right(self._opens, slot) - 1]


def _spans(model: Model) -> list[list[tuple[int, int]]]:
    spans: list[set[tuple[int, int]]] = [set() for _ in model.capacity]
    for task in model.live:
        for limit, _, hold in model.uses[task]:
            settle = hold - model.duration[task]
            spans[limit].update((opens, closes + settle) for opens, closes in model.windows[task])
    return [list(found) for found in spans]
