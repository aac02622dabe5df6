"""Simulated annealing: move one task to its best price, remove what blocks it, refill.

The gap between a plan and the bound is made of tasks with a start at which prices are worse for
them than at another: the moves begin with these. Worse plans are accepted at first and ever less.
"""

from collections.abc import Sequence
from math import exp, log
from random import Random

from hotpatch_cli.scheduler.bounds.lagrangian import Prices
from hotpatch_cli.scheduler.search.partial_schedule import PartialSchedule
from hotpatch_cli.scheduler.slot_model import NEVER, NOWHERE, SlotModel

CANDIDATES = 4
"""Tasks of which the worst is moved: with more, the same few move all the time."""
HOPELESS = 8.0
"""A move that costs this many temperatures more is undone before all tasks are back.

With more, hopeless moves are finished; with less, some that would have paid are not.
"""
SHUFFLED = 0.5
"""How often removed tasks come back in a random order, otherwise those of the dearest hours first.

With more, the search is wider; with less, it repeats itself.
"""


class Annealing:
    """Moves the tasks of a schedule. To leave a kept start costs more than any other gain."""

    def __init__(
        self,
        schedule: PartialSchedule,
        prices: Prices,
        random: Random,
        keep: Sequence[int] | None = None,
    ) -> None:
        model = schedule.model
        self.schedule, self._prices, self._random, self._keep = schedule, prices, random, keep
        self._relaxed_cost = [NEVER * 1.0] * len(model.duration)
        for task, relaxed in zip(model.live, prices.relaxed_starts(), strict=True):
            self._relaxed_cost[task] = relaxed.cost
        self._start_set = dict(zip(model.live, prices.start_sets, strict=True))
        last = max((windows[-1][1] for windows in model.windows if windows), default=1)
        highest_cost = sum(model.weight) * last + 1.0
        self._move_cost = highest_cost if keep is not None else 0.0
        self._left_out_cost = highest_cost + self._move_cost * (len(model.live) + 1)
        self._occupants = _Occupants(model)
        for task in model.live:
            if schedule.starts[task] != NOWHERE:
                self._occupants.enter(task, schedule.starts[task])
        self.work = 0

    def step(self, temperature: float) -> float:
        """Try one move; returns by how much the cost changed, 0 if it was undone."""
        task = self._misplaced()
        if task is None:
            return 0.0
        schedule = self.schedule
        release, limit = schedule.release(task), schedule.limit(task)
        target = self._target(task, release, limit, temperature)
        if target is None:
            return 0.0
        before = {task: self._remove(task)}
        self._clear(task, target, before)
        # Room may have come free just before the target: no slot is left empty there.
        nearby = max(release, target - schedule.model.duration[task])
        close = schedule.earliest(task, nearby, limit)
        self._place(task, target if close is None else min(target, close))
        change = self._cost(task, schedule.starts[task]) - self._cost(task, before[task])
        for other in self._order(list(before)[1:]):
            change += self._refill(other) - self._cost(other, before[other])
            if change > HOPELESS * temperature:
                break
        else:
            if change <= 0:
                return change
            if temperature > 0 and self._random.random() < exp(-change / temperature):
                return change
        self._restore(before)
        return 0.0

    def _misplaced(self) -> int | None:
        """Of a few tasks, the one with the highest regret."""
        live, random = self.schedule.model.live, self._random.random
        worst, most = None, 0.0
        for _ in range(CANDIDATES):
            task = live[int(random() * len(live))]
            regret = self._regret(task)
            if regret > most:
                worst, most = task, regret
        return worst

    def _regret(self, task: int) -> float:
        """By how much a task's reduced cost is above that of its relaxed start."""
        start = self.schedule.starts[task]
        if start == NOWHERE:
            return self._left_out_cost if self.schedule.may_start(task) else 0.0
        reduced_cost = self._cost(task, start) + self._prices.penalty(task, start)
        return reduced_cost - self._relaxed_cost[task]

    def _target(self, task: int, release: int, limit: int, temperature: float) -> int | None:
        """The start that the prices favor, give or take the temperature; None if there's no other.

        A kept start that the gates allow is the target of its task.
        """
        model, now = self.schedule.model, self.schedule.starts[task]
        if self._keep is not None and release <= self._keep[task] != now:
            return self._keep[task] if self._fits(task, self._keep[task], limit) else None
        duration, weight, random = model.duration[task], model.weight[task], self._random.random
        start_set = self._start_set[task]
        least, target = float("inf"), None
        for number, starts in enumerate(start_set.ranges):
            first = max(starts.first, release)
            width = min(starts.first + starts.width, limit - duration + 1) - first
            if width <= 0:
                continue
            late, cost = 0, weight * (first + duration)
            penalties = self._prices.penalties(start_set, number)
            if penalties is not None:
                skip = first - starts.first
                costs = [
                    cost + weight * late + penalty
                    for late, penalty in enumerate(penalties[skip : skip + width])
                ]
                enough = min(costs) + temperature
                late = self._random.choice(
                    [late for late, cost in enumerate(costs) if cost <= enough]
                )
                cost = costs[late]
            cost -= log(1.0 - random()) * temperature
            if cost < least and first + late != now:
                least, target = cost, first + late
        return target

    def _fits(self, task: int, start: int, limit: int) -> bool:
        """Whether a start is in the task's windows and ends by the limit."""
        model = self.schedule.model
        end = start + model.duration[task]
        return end <= limit and any(
            opens <= start and end <= closes for opens, closes in model.windows[task]
        )

    def _clear(self, task: int, start: int, before: dict[int, int]) -> None:
        """Remove the tasks that block a start, of two at random the one with the higher regret."""
        random = self._random.random
        for use in self.schedule.model.uses[task]:
            while (slot := self.schedule.first_busy(use, start)) is not None:
                occupants = self._occupants.at(use.limit, slot)
                one = occupants[int(random() * len(occupants))]
                other = occupants[int(random() * len(occupants))]
                if other != one and self._regret(other) > self._regret(one):
                    one = other
                before[one] = self._remove(one)

    def _order(self, tasks: list[int]) -> list[int]:
        model = self.schedule.model
        if self._random.random() < SHUFFLED:
            self._random.shuffle(tasks)
            return tasks
        return sorted(tasks, key=lambda task: -model.weight[task] / model.duration[task])

    def _refill(self, task: int) -> float:
        """Place a removed task again where it fits; returns what that costs."""
        self.work += 1
        schedule, keep = self.schedule, self._keep
        release, limit = schedule.release(task), schedule.limit(task)
        start: int | None = None
        if keep is not None and keep[task] >= release and schedule.allows(task, keep[task]):
            start = keep[task] if self._fits(task, keep[task], limit) else None
        if start is None:
            start = schedule.earliest(task, release, limit)
        if start is None:
            # A placed task may wait for this one: then the plan is not cheaper, but wrong.
            return self._left_out_cost if limit == NEVER else float("inf")
        self._place(task, start)
        return self._cost(task, start)

    def _cost(self, task: int, start: int) -> float:
        if start == NOWHERE:
            return self._left_out_cost
        model, keep = self.schedule.model, self._keep
        cost = model.weight[task] * (start + model.duration[task])
        moved = keep is not None and 0 <= keep[task] != start
        return cost + (self._move_cost if moved else 0.0)

    def _place(self, task: int, start: int) -> None:
        self.schedule.place(task, start)
        self._occupants.enter(task, start)

    def _remove(self, task: int) -> int:
        start = self.schedule.starts[task]
        if start != NOWHERE:
            self._occupants.leave(task, start)
            self.schedule.remove(task)
        return start

    def _restore(self, before: dict[int, int]) -> None:
        for task in before:
            self._remove(task)
        for task, start in before.items():
            if start != NOWHERE:
                self._place(task, start)


class _Occupants:
    """The tasks that occupy a limit at a slot, found by buckets as wide as its longest hold."""

    def __init__(self, model: SlotModel) -> None:
        self._uses = model.uses
        self._width = [1] * len(model.capacity)
        for task in model.live:
            for limit, _, hold in model.uses[task]:
                self._width[limit] = max(self._width[limit], hold)
        self._buckets: list[dict[int, list[tuple[int, int, int]]]] = [{} for _ in model.capacity]

    def enter(self, task: int, start: int) -> None:
        for limit, _, hold in self._uses[task]:
            bucket = self._buckets[limit].setdefault(start // self._width[limit], [])
            bucket.append((task, start, start + hold))

    def leave(self, task: int, start: int) -> None:
        for limit, _, hold in self._uses[task]:
            self._buckets[limit][start // self._width[limit]].remove((task, start, start + hold))

    def at(self, limit: int, slot: int) -> list[int]:
        # No hold is longer than a bucket, so that it began in this bucket or in the one before.
        number, buckets = slot // self._width[limit], self._buckets[limit]
        near = (*buckets.get(number - 1, ()), *buckets.get(number, ()))
        return [task for task, start, end in near if start <= slot < end]
