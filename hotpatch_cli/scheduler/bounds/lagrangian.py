"""What no plan can beat: prices on crowded time (Lagrangian relaxation), on top of what `heads`
propagates.

Take the limits away, but let each slot of a limit cost a price. Every task then starts where weight
times end plus prices is least, all on its own. What these minima sum to, less what the whole
capacity costs at those prices, is below the cost of every plan, whatever the prices, as long as
none is negative: so prices may come from anywhere, and `Prices.value` certifies them. At zero
prices the bound is that of the heads.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate
from operator import add, sub
from typing import NamedTuple

from hotpatch_cli.scheduler.bounds.release_times import ReleaseTimes
from hotpatch_cli.scheduler.slot_model import SlotModel, Use

SAFETY = 1e-10
"""Prices are floats: a bound is lowered by this share of all that was summed, far above what
rounding adds.
"""
SHARED = 12
"""From this many users on, a limit's prices are looked up once for all tasks that see it in the
same way.
"""
INERTIA = 0.85
PATIENCE = 8
COOLING = 0.65


class Place(NamedTuple):
    """Where a window's prices lie on one limit: from the slot `begin` on; `hold` is how long the
    limit is held.
    """

    limit: int
    units: int
    begin: int
    hold: int


class Stretch(NamedTuple):
    """One window of a task as a run of `width` starts; `shared` limits are crowded ones, `own` the
    others.
    """

    first: int
    width: int
    shared: tuple[Place, ...]
    own: tuple[Place, ...]


class WindowLane(NamedTuple):
    """All that a task may start in; tasks with one `key` see the same shared prices, `own` are
    their own limits.
    """

    key: int
    own: tuple[int, ...]
    stretches: tuple[Stretch, ...]


class Quote(NamedTuple):
    """The cheapest start of a task at some prices, and weight times its end plus the prices paid."""

    cost: float
    start: int


class Prices:
    """A price for every slot of every limit of a model, zero at first, better with every `step`."""

    def __init__(self, model: SlotModel, known: ReleaseTimes) -> None:
        self.model = model
        spans = _spans(model)
        self.axes = [Axis(found) for found in spans]
        self._prices = [[0.0] * axis.length for axis in self.axes]
        self._sums = [[0.0] * (axis.length + 1) for axis in self.axes]
        self._idle = [True] * len(self.axes)
        self._velocity: list[list[float]] = [[] for _ in self.axes]
        self.bucket = _bucket(model)
        self.lanes = _lanes(model, known, self.axes)
        self._rents: dict[tuple[int, int], list[float] | None] = {}
        self._scale, self._stale = 1.0, 0
        self.best = 0.0
        self._best_prices = self._prices

    def value(self, quotes: Sequence[Quote], left_out: int = 0, origin: float = 0.0) -> float:
        """The certified bound, in weighted end slots, on plans that leave out at most `left_out`
        tasks.

        `origin` is added to each end, for ends that are counted from another slot than the first.
        """
        costs = [quote.cost for quote in quotes]
        if left_out or origin:
            weights = (self.model.weight[task] for task in self.model.live)
            costs = sorted(
                cost + weight * origin for cost, weight in zip(costs, weights, strict=True)
            )
            costs = costs[: len(costs) - left_out]
        rent = sum(
            capacity * sums[-1]
            for capacity, sums in zip(self.model.capacity, self._sums, strict=True)
        )
        total = sum(costs)
        return total - rent - SAFETY * (total + rent)

    def quotes(self) -> list[Quote]:
        """The cheapest start of each live task at the current prices."""
        memo: dict[tuple[int, float], Quote] = {}
        model, found = self.model, []
        for task, lane in zip(model.live, self.lanes, strict=True):
            weight = model.weight[task]
            if not all(self._idle[limit] for limit in lane.own):
                found.append(self._quote(lane, weight, model.duration[task]))
                continue
            quote = memo.get((lane.key, weight))
            if quote is None:
                quote = memo[lane.key, weight] = self._quote(lane, weight, model.duration[task])
            found.append(quote)
        return found

    def rents(self, lane: WindowLane, number: int) -> list[float] | None:
        """What each start of a lane's stretch costs in prices; None if all are free."""
        key, stretch = (lane.key, number), lane.stretches[number]
        if key not in self._rents:
            self._rents[key] = self._add_up(None, stretch.shared, stretch.width)
        return self._add_up(self._rents[key], stretch.own, stretch.width)

    def rent(self, task: int, start: int) -> float:
        """What one start of a task costs in prices."""
        paid = 0.0
        for limit, units, hold in self.model.uses[task]:
            index = self.axes[limit].index(start)
            sums = self._sums[limit]
            paid += units * (sums[index + hold] - sums[index])
        return paid

    def load(self, prices: Sequence[Sequence[float]]) -> None:
        """Take prices from elsewhere (one list a limit, one price a slot of its axis); none may be
        negative.
        """
        self._set(enumerate([max(0.0, price) for price in of_limit] for of_limit in prices))

    def use_best(self) -> None:
        """Go back to the prices that gave the best bound."""
        self.load(self._best_prices)

    def consider(self) -> list[Quote]:
        """Evaluate the current prices and keep them if they give the best bound so far."""
        quotes = self.quotes()
        value = self.value(quotes)
        if value > self.best:
            self.best, self._best_prices = value, list(self._prices)
        return quotes

    def step(self, upper: float) -> list[Quote]:
        """Take a subgradient step; `upper` is about what a plan of all tasks costs."""
        quotes = self.quotes()
        value = self.value(quotes)
        self._stale += 1
        if value > self.best:
            if value - self.best > 1e-5 * value:
                self._stale = 0
            self.best, self._best_prices = value, list(self._prices)
        if self._stale >= PATIENCE:
            self._scale, self._stale = self._scale * COOLING, 0
        self._move(self._slopes(quotes), max(upper - value, 0.0))
        return quotes

    def _quote(self, lane: WindowLane, weight: float, duration: int) -> Quote:
        best, where = float("inf"), -1
        for number, stretch in enumerate(lane.stretches):
            end = stretch.first + duration
            if weight * end >= best:
                break
            rents = self.rents(lane, number)
            if rents is None:
                best, where = weight * end, stretch.first
                continue
            costs = [weight * (end + late) + rent for late, rent in enumerate(rents)]
            cheapest = min(costs)
            if cheapest < best:
                best, where = cheapest, stretch.first + costs.index(cheapest)
        return Quote(best, where)

    def _add_up(
        self, total: list[float] | None, places: Iterable[Place], width: int
    ) -> list[float] | None:
        for limit, units, index, hold in places:
            sums = self._sums[limit]
            if self._idle[limit] or sums[index] == sums[index + hold + width - 1]:
                continue
            rents = list(
                map(sub, sums[index + hold : index + hold + width], sums[index : index + width])
            )
            if units > 1:
                rents = [units * rent for rent in rents]
            total = rents if total is None else list(map(add, total, rents))
        return total

    def _slopes(self, quotes: Sequence[Quote]) -> list[list[float]]:
        """For each limit, by how much its slots are overbooked, bucket by bucket; empty if nothing
        changes.
        """
        changes = [[0] * (len(prices) + 1) for prices in self._prices]
        for task, quote in zip(self.model.live, quotes, strict=True):
            if quote.start < 0:  # no window is left after its earliest start: no plan can place it
                continue
            for limit, units, hold in self.model.uses[task]:
                index = self.axes[limit].index(quote.start)
                changes[limit][index] += units
                changes[limit][index + hold] -= units
        return [
            self._slope(limit, list(accumulate(change))) for limit, change in enumerate(changes)
        ]

    def _slope(self, limit: int, taken: list[int]) -> list[float]:
        capacity, width = self.model.capacity[limit], self.bucket
        if self._idle[limit] and max(taken) <= capacity:
            return []
        taken.pop()
        slope: list[float] = []
        for first in range(0, len(taken), width):
            bucket = taken[first : first + width]
            slope += [sum(bucket) / len(bucket) - capacity] * len(bucket)
        slope = [
            over if over > 0 or price > 0 else 0.0
            for over, price in zip(slope, self._prices[limit], strict=True)
        ]
        if self._velocity[limit]:
            slope = [
                now + INERTIA * before
                for now, before in zip(slope, self._velocity[limit], strict=True)
            ]
        self._velocity[limit] = slope
        return slope

    def _move(self, slopes: list[list[float]], gap: float) -> None:
        norm = sum(over * over for slope in slopes for over in slope)
        if norm:
            step = self._scale * gap / norm
            self._set(
                (
                    limit,
                    [
                        max(0.0, price + step * over)
                        for price, over in zip(self._prices[limit], slope, strict=True)
                    ],
                )
                for limit, slope in enumerate(slopes)
                if slope
            )

    def _set(self, changed: Iterable[tuple[int, list[float]]]) -> None:
        self._rents.clear()
        for limit, prices in changed:
            self._prices[limit] = prices
            self._sums[limit] = list(accumulate(prices, initial=0.0))
            self._idle[limit] = not self._sums[limit][-1]


class Axis:
    """The slots in which a limit can be in use, numbered without the gaps between them."""

    def __init__(self, spans: Iterable[tuple[int, int]]) -> None:
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
        return slot + self._shift[bisect_right(self._opens, slot) - 1]


def _spans(model: SlotModel) -> list[set[tuple[int, int]]]:
    spans: list[set[tuple[int, int]]] = [set() for _ in model.capacity]
    for task in model.live:
        for limit, _, hold in model.uses[task]:
            settle = hold - model.duration[task]
            spans[limit].update((opens, closes + settle) for opens, closes in model.windows[task])
    return spans


def _bucket(model: SlotModel) -> int:
    """Prices change every so many slots: about a typical hold, which converges faster and loses
    little.
    """
    holds = sorted(use.hold for task in model.live for use in model.uses[task])
    return max(1, holds[len(holds) // 2]) if holds else 1


def _lanes(model: SlotModel, known: ReleaseTimes, axes: Sequence[Axis]) -> list[WindowLane]:
    users = [0] * len(axes)
    for task in model.live:
        for use in model.uses[task]:
            users[use.limit] += 1
    keys: dict[tuple[object, ...], int] = {}
    found: dict[tuple[int, int, int, int], WindowLane] = {}
    lanes = []
    for task in model.live:
        head, uses = known.start[task], model.uses[task]
        same = (id(model.windows[task]), id(uses), model.duration[task], head)
        if same not in found:
            shared = tuple(use for use in uses if users[use.limit] >= SHARED)
            own = tuple(use for use in uses if users[use.limit] < SHARED)
            key = keys.setdefault((same[0], shared, same[2], head), len(keys))
            stretches = tuple(_stretches(model, task, head, axes, shared, own))
            found[same] = WindowLane(key, tuple(use.limit for use in own), stretches)
        lanes.append(found[same])
    return lanes


def _stretches(  # noqa: PLR0917  what a lane is made of
    model: SlotModel,
    task: int,
    head: int,
    axes: Sequence[Axis],
    shared: Iterable[Use],
    own: Iterable[Use],
) -> Iterable[Stretch]:
    duration = model.duration[task]
    for opens, closes in model.windows[task]:
        first = max(opens, head)
        if first + duration <= closes:
            width = closes - duration - first + 1
            yield Stretch(first, width, _places(first, shared, axes), _places(first, own, axes))


def _places(first: int, uses: Iterable[Use], axes: Sequence[Axis]) -> tuple[Place, ...]:
    return tuple(
        Place(use.limit, use.units, axes[use.limit].index(first), use.hold) for use in uses
    )
