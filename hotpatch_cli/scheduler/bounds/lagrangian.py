"""Lagrangian bound: what no plan can beat, on top of what `release_times` propagates.

Relax the limits, but let each slot of a limit cost a price, its Lagrange multiplier. The relaxed
problem falls apart into one problem a task: start where weight times end plus the penalty, which is
the sum of the prices of all slots that the task occupies, is least. What these minima sum to, less
what the whole capacity costs at those prices, is below the cost of every plan, whatever the prices,
as long as none is negative. Prices may come from anywhere, and `Prices.value` certifies them. At
zero prices the bound is that of the release times.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from heapq import nlargest
from itertools import accumulate, chain
from operator import add, sub
from typing import NamedTuple

from hotpatch_cli.scheduler.bounds.release_times import ReleaseTimes
from hotpatch_cli.scheduler.slot_model import NOWHERE, SlotInterval, SlotModel, Use

SAFETY = 1e-10
"""Prices are floats: a bound is lowered by this share of all that was summed.

That is far above what rounding adds.
"""
SHARED = 12
"""From this many users on, a limit's penalties are added up once for all tasks that use it alike.

With fewer, there are more sums to keep than they save; with more, the same sums are made again.
"""
MOMENTUM = 0.85
"""The share of the last direction that a subgradient step goes on in.

With more, steps overshoot; with less, they zigzag.
"""
PATIENCE = 8
"""Steps without a better bound after which steps become shorter."""
STEP_DECAY = 0.65
"""By how much they do: with less, prices stop before they converge; with more, they jump about."""
LEAST_GAIN = 1e-5
"""A better bound counts as progress if it gains this share."""

KNAPSACK_STEPS = 40
"""Steps of a search for the price of weight that is left out; each leaves two thirds."""


class PenaltyTerm(NamedTuple):
    """What a range of starts pays on one limit: `units` times the prices of `hold` slots.

    `begin` is the number of the slot at which the first start of the range begins to pay.
    """

    limit: int
    units: int
    begin: int
    hold: int


class StartRange(NamedTuple):
    """The `width` starts of a task in one window, from `first` on, and the terms of their penalty.

    `shared` are terms of limits with many users, `own` of the others.
    """

    first: int
    width: int
    shared: tuple[PenaltyTerm, ...]
    own: tuple[PenaltyTerm, ...]


class StartSet(NamedTuple):
    """All starts of a task.

    Tasks with one `key` have the same starts and shared terms; `own` are their own limits.
    """

    key: int
    own: tuple[int, ...]
    ranges: tuple[StartRange, ...]

    def size(self) -> int:
        """How many starts there are."""
        return sum(starts.width for starts in self.ranges)


class RelaxedStart(NamedTuple):
    """The solution of one task's relaxed problem: its cheapest start at some prices.

    `cost` is weight times end plus the penalty.
    """

    cost: float
    start: int


class Prices:
    """A price for every slot of every limit of a model, zero at first, better with every `step`."""

    def __init__(self, model: SlotModel, release: ReleaseTimes) -> None:
        self.model = model
        self.numberings = [SlotNumbering(intervals) for intervals in _used_intervals(model)]
        self._prices = [[0.0] * numbering.length for numbering in self.numberings]
        # Sums of the prices before each slot: the price of an interval is a difference of two.
        self._sums = [[0.0] * (numbering.length + 1) for numbering in self.numberings]
        self._zero = [True] * len(self.numberings)
        self._direction: list[list[float]] = [[] for _ in self.numberings]
        self.bucket = _bucket(model)
        self.start_sets = _start_sets(model, release, self.numberings)
        self._shared_penalties: dict[tuple[int, int], list[float] | None] = {}
        self._scale, self._stale = 1.0, 0
        self.best = 0.0
        self._best_prices = self._prices

    def count_starts(self) -> int:
        """How many starts all tasks have together."""
        return sum(start_set.size() for start_set in self.start_sets)

    def count_distinct_starts(self) -> int:
        """How many they are if tasks with the same start set count once."""
        distinct = {id(start_set): start_set for start_set in self.start_sets}
        return sum(start_set.size() for start_set in distinct.values())

    def count_sums(self) -> int:
        """About how many sums it takes to evaluate prices."""
        own = sum(start_set.size() for start_set in self.start_sets if start_set.own)
        slots = sum(numbering.length for numbering in self.numberings)
        return self.count_distinct_starts() + own + slots

    def value(
        self, relaxed: Sequence[RelaxedStart], weight_out: int = 0, left_out: int = 0
    ) -> float:
        """The certified bound, in weighted end slots, on plans that leave out exactly these."""
        costs = [task.cost for task in relaxed]
        weights = [self.model.weight[task] for task in self.model.live]
        capacity_cost = sum(
            capacity * sums[-1]
            for capacity, sums in zip(self.model.capacity, self._sums, strict=True)
        )
        total = sum(costs)
        dropped = most_dropped(costs, weights, weight_out, left_out) if left_out else 0.0
        return total - dropped - capacity_cost - SAFETY * (total + dropped + capacity_cost)

    def relaxed_starts(self) -> list[RelaxedStart]:
        """The cheapest start of each live task at the current prices."""
        model, relaxed = self.model, []
        known: dict[tuple[int, float], RelaxedStart] = {}
        for task, start_set in zip(model.live, self.start_sets, strict=True):
            weight, duration = model.weight[task], model.duration[task]
            if not all(self._zero[limit] for limit in start_set.own):
                relaxed.append(self._relaxed_start(start_set, weight, duration))
                continue
            # Only shared terms count, so that all tasks with this key and weight start here.
            cheapest = known.get((start_set.key, weight))
            if cheapest is None:
                cheapest = self._relaxed_start(start_set, weight, duration)
                known[start_set.key, weight] = cheapest
            relaxed.append(cheapest)
        return relaxed

    def penalties(self, start_set: StartSet, number: int) -> list[float] | None:
        """The penalty of each start of a range; None if all are zero."""
        key, starts = (start_set.key, number), start_set.ranges[number]
        if key not in self._shared_penalties:
            self._shared_penalties[key] = self._add_terms(None, starts.shared, starts.width)
        return self._add_terms(self._shared_penalties[key], starts.own, starts.width)

    def penalty(self, task: int, start: int) -> float:
        """The penalty of one start of a task."""
        total = 0.0
        for limit, units, hold in self.model.uses[task]:
            begin = self.numberings[limit].number(start)
            sums = self._sums[limit]
            total += units * (sums[begin + hold] - sums[begin])
        return total

    def load(self, prices: Sequence[Sequence[float]]) -> None:
        """Take prices from elsewhere: a list a limit, a price a slot of its numbering.

        A negative price becomes zero.
        """
        self._set(enumerate([max(0.0, price) for price in of_limit] for of_limit in prices))

    def use_best(self) -> None:
        """Go back to the prices that gave the best bound."""
        self.load(self._best_prices)

    def consider(self) -> list[RelaxedStart]:
        """Evaluate the current prices and keep them if they give the best bound so far."""
        relaxed = self.relaxed_starts()
        value = self.value(relaxed)
        if value > self.best:
            self.best, self._best_prices = value, list(self._prices)
        return relaxed

    def step(self, upper: float) -> list[RelaxedStart]:
        """Take a subgradient step; `upper` is about what a plan of all tasks costs."""
        relaxed = self.relaxed_starts()
        value = self.value(relaxed)
        self._stale += 1
        if value > self.best:
            if value - self.best > LEAST_GAIN * value:
                self._stale = 0
            self.best, self._best_prices = value, list(self._prices)
        if self._stale >= PATIENCE:
            self._scale, self._stale = self._scale * STEP_DECAY, 0
        self._move(self._subgradients(relaxed), max(upper - value, 0.0))
        return relaxed

    def _relaxed_start(self, start_set: StartSet, weight: float, duration: int) -> RelaxedStart:
        least, start = float("inf"), NOWHERE
        for number, starts in enumerate(start_set.ranges):
            end = starts.first + duration
            if weight * end >= least:
                break  # no later start can be cheaper, even without a penalty
            penalties = self.penalties(start_set, number)
            if penalties is None:
                least, start = weight * end, starts.first
                continue
            costs = [weight * (end + late) + penalty for late, penalty in enumerate(penalties)]
            cheapest = min(costs)
            if cheapest < least:
                least, start = cheapest, starts.first + costs.index(cheapest)
        return RelaxedStart(least, start)

    def _add_terms(
        self, total: list[float] | None, terms: Iterable[PenaltyTerm], width: int
    ) -> list[float] | None:
        for limit, units, begin, hold in terms:
            sums = self._sums[limit]
            if self._zero[limit] or sums[begin] == sums[begin + hold + width - 1]:
                continue
            ends = sums[begin + hold : begin + hold + width]
            penalties = list(map(sub, ends, sums[begin : begin + width]))
            if units > 1:
                penalties = [units * penalty for penalty in penalties]
            total = penalties if total is None else list(map(add, total, penalties))
        return total

    def _subgradients(self, relaxed: Sequence[RelaxedStart]) -> list[list[float]]:
        """For each limit the directions of its prices, slot by slot; empty if nothing changes."""
        changes = [[0] * (len(prices) + 1) for prices in self._prices]
        for task, (_, start) in zip(self.model.live, relaxed, strict=True):
            if start == NOWHERE:  # no window is left after its release: no plan can place it
                continue
            for limit, units, hold in self.model.uses[task]:
                begin = self.numberings[limit].number(start)
                changes[limit][begin] += units
                changes[limit][begin + hold] -= units
        return [
            self._subgradient(limit, list(accumulate(change)))
            for limit, change in enumerate(changes)
        ]

    def _subgradient(self, limit: int, taken: list[int]) -> list[float]:
        """By how much a limit is overbooked, bucket by bucket, with momentum."""
        capacity, width = self.model.capacity[limit], self.bucket
        if self._zero[limit] and max(taken) <= capacity:
            return []
        taken.pop()
        subgradient: list[float] = []
        for first in range(0, len(taken), width):
            bucket = taken[first : first + width]
            subgradient += [sum(bucket) / len(bucket) - capacity] * len(bucket)
        # A price that is zero can only rise.
        subgradient = [
            over if over > 0 or price > 0 else 0.0
            for over, price in zip(subgradient, self._prices[limit], strict=True)
        ]
        if self._direction[limit]:
            subgradient = [
                now + MOMENTUM * before
                for now, before in zip(subgradient, self._direction[limit], strict=True)
            ]
        self._direction[limit] = subgradient
        return subgradient

    def _move(self, subgradients: list[list[float]], gap: float) -> None:
        """Take the step of Polyak: as long as the gap, over the square of the subgradient."""
        norm = sum(over * over for over in chain.from_iterable(subgradients))
        if not norm:
            return
        length = self._scale * gap / norm
        moved = []
        for limit, subgradient in enumerate(subgradients):
            if subgradient:
                pairs = zip(self._prices[limit], subgradient, strict=True)
                moved.append((limit, [max(0.0, price + length * over) for price, over in pairs]))
        self._set(moved)

    def _set(self, changed: Iterable[tuple[int, list[float]]]) -> None:
        self._shared_penalties.clear()
        for limit, prices in changed:
            self._prices[limit] = prices
            self._sums[limit] = list(accumulate(prices, initial=0.0))
            self._zero[limit] = not self._sums[limit][-1]


def most_dropped(
    costs: Sequence[float], weights: Sequence[int], weight_out: int, left_out: int
) -> float:
    """An upper bound on the costs of `left_out` tasks that weigh `weight_out` together.

    Each unit of weight gets a price, so that only the number binds, and the best price is sought.
    Any price gives a bound (the Lagrangian dual of a knapsack).
    """

    def dropped(price: float) -> float:
        gains = (cost - price * weight for cost, weight in zip(costs, weights, strict=True))
        largest = sum(nlargest(left_out, gains))
        # The sums cancel out: what rounding may add to them is added.
        return largest + price * weight_out + SAFETY * abs(price) * weight_out

    high = max(costs, default=0.0) + 1.0
    low = -high
    for _ in range(KNAPSACK_STEPS):
        third = (high - low) / 3
        one, other = low + third, high - third
        if dropped(one) <= dropped(other):
            high = other
        else:
            low = one
    return min(dropped((low + high) / 2), dropped(0.0))


class SlotNumbering:
    """The slots in which a limit can be in use, numbered without the gaps between them."""

    def __init__(self, intervals: Iterable[SlotInterval]) -> None:
        self._opens: list[int] = []
        self._shift: list[int] = []
        self.length = 0
        reached = -1
        for opens, closes in sorted(intervals):
            if opens > reached:
                self._opens.append(opens)
                self._shift.append(self.length - opens)
                reached = opens
            self.length += max(closes - reached, 0)
            reached = max(reached, closes)

    def number(self, slot: int) -> int:
        """The number of a slot in which the limit can be in use."""
        return slot + self._shift[bisect_right(self._opens, slot) - 1]


def _used_intervals(model: SlotModel) -> list[set[SlotInterval]]:
    intervals: list[set[SlotInterval]] = [set() for _ in model.capacity]
    for task in model.live:
        for limit, _, hold in model.uses[task]:
            settle = hold - model.duration[task]
            intervals[limit].update(
                (opens, closes + settle) for opens, closes in model.windows[task]
            )
    return intervals


def _bucket(model: SlotModel) -> int:
    """The number of slots between changes of prices, about a typical hold.

    With wider buckets the bound loses much; with narrower ones the steps converge slowly.
    """
    holds = []
    for task in model.live:
        holds += [use.hold for use in model.uses[task]]
    holds.sort()
    return max(1, holds[len(holds) // 2]) if holds else 1


def _start_sets(
    model: SlotModel, release: ReleaseTimes, numberings: Sequence[SlotNumbering]
) -> list[StartSet]:
    """The starts of each live task; tasks that don't differ share one set."""
    users = [0] * len(numberings)
    for task in model.live:
        for use in model.uses[task]:
            users[use.limit] += 1
    keys: dict[tuple[object, ...], int] = {}
    known: dict[tuple[int, int, int, int], StartSet] = {}
    start_sets = []
    for task in model.live:
        windows, uses = model.windows[task], model.uses[task]
        duration, earliest = model.duration[task], release.start[task]
        same = (id(windows), id(uses), duration, earliest)
        if same not in known:
            shared = tuple(use for use in uses if users[use.limit] >= SHARED)
            own = tuple(use for use in uses if users[use.limit] < SHARED)
            ranges = []
            for opens, closes in windows:
                first = max(opens, earliest)
                if first + duration <= closes:
                    shared_terms = _penalty_terms(first, shared, numberings)
                    own_terms = _penalty_terms(first, own, numberings)
                    width = closes - duration - first + 1
                    ranges.append(StartRange(first, width, shared_terms, own_terms))
            key = keys.setdefault((id(windows), shared, duration, earliest), len(keys))
            known[same] = StartSet(key, tuple(use.limit for use in own), tuple(ranges))
        start_sets.append(known[same])
    return start_sets


def _penalty_terms(
    first: int, uses: Iterable[Use], numberings: Sequence[SlotNumbering]
) -> tuple[PenaltyTerm, ...]:
    return tuple(
        PenaltyTerm(use.limit, use.units, numberings[use.limit].number(first), use.hold)
        for use in uses
    )
