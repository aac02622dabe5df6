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
MOST_PUSHED = 30
"""Tasks that one move may push out behind a gate: more of them rarely all come back."""
OUT_FIRST = 0.7
"""How often a task that isn't scheduled is moved before all others.

With more, the others don't make room by getting cheaper; with less, it waits long for its turn.
"""
ANYWHERE = 0.5
"""How often such a task goes to any start, and not to the one that the prices favor."""
SHUFFLED = 0.5
"""How often removed tasks come back in a random order, otherwise those of the dearest hours first.

With more, the search is wider; with less, it repeats itself.
"""


class Annealing:
    """Moves the tasks of a schedule, which keeps all rules between two moves.

    `work` counts tasks that got a start again, `scanned` the starts whose prices were added up.
    The costs of a move are whole numbers: less weight left out is worth more than fewer tasks left
    out, these more than fewer moved starts, and these more than any earlier ends.
    """

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
        highest_ends, count = sum(model.weight) * last + 1, len(model.live) + 1
        self._move_cost = highest_ends if keep is not None else 0
        of_one = highest_ends + self._move_cost * count
        self._out_cost = [of_one + of_one * count * weight for weight in model.weight]
        self._occupants = _Occupants(model)
        self._out: list[int] = []
        for task in model.live:
            if schedule.starts[task] == NOWHERE:
                self._out.append(task)
            else:
                self._occupants.enter(task, schedule.starts[task])
        self.work, self.scanned = 0, 0

    def step(self, temperature: float) -> float:
        """Try one move; returns by how much the cost changed, 0 if it was undone."""
        task = self._misplaced()
        if task is None:
            return 0
        schedule = self.schedule
        target = self._target(task, schedule.release(task), temperature)
        if target is None:
            return 0
        before = {task: self._remove(task)}
        change = self._move(task, target, before, HOPELESS * temperature)
        if change is not None:
            if change <= 0:
                return change
            # What costs a scheduled task is never worth it, however hot.
            if change < 700 * temperature and self._random.random() < exp(-change / temperature):
                return change
        self._restore(before)
        return 0

    def _move(self, task: int, target: int, before: dict[int, int], most: float) -> int | None:
        """Place a task at a start, whatever is in its way, and all that this removes elsewhere.

        Returns what it costs; None if that is more than `most`. `before` gets the starts of all
        that are removed.
        """
        schedule = self.schedule
        if not self._push(task, target + schedule.model.duration[task], before):
            return None
        self._clear(task, target, before)
        # Room may have come free just before the target: no slot is left empty there.
        nearby = max(schedule.release(task), target - schedule.model.duration[task])
        close = schedule.earliest(task, nearby, schedule.limit(task))
        self._place(task, target if close is None else min(target, close))
        change = self._cost(task, schedule.starts[task]) - self._cost(task, before[task])
        waiting = self._order(list(before)[1:])
        while waiting:
            later = []
            for other in waiting:
                if not schedule.may_start(other):
                    later.append(other)
                    continue
                cost = self._refill(other, before)
                if cost is None:
                    return None
                change += cost - self._cost(other, before[other])
                if change > most:
                    return None
            if len(later) == len(waiting):
                break
            waiting = later
        for other in waiting:  # one that it depends on has no start any more
            cost = self._leave_out(other, before)
            if cost is None:
                return None
            change += cost - self._cost(other, before[other])
        return None if change > most else change

    def _push(self, task: int, end: int, before: dict[int, int]) -> bool:
        """Remove the tasks that depend on one and would start before it ends; False if many do."""
        model, schedule = self.schedule.model, self.schedule
        if schedule.limit(task) >= end:
            return True
        for number in model.opens[task]:
            gate = model.gates[number]
            early = [other for other in gate.after if 0 <= schedule.starts[other] < end + gate.lag]
            if len(early) > MOST_PUSHED:
                return False
            for other in early:
                before[other] = self._remove(other)
        return True

    def _leave_out(self, task: int, before: dict[int, int]) -> int | None:
        """Remove all that depend on a task without a start; what it all costs, None if many."""
        model, schedule = self.schedule.model, self.schedule
        change, reached = self._out_cost[task], [task]
        for one in reached:  # grows while it is read
            for number in model.opens[one]:
                if len(model.gates[number].after) > MOST_PUSHED and schedule.limit(one) < NEVER:
                    return None
                for other in model.gates[number].after:
                    if schedule.starts[other] == NOWHERE:
                        continue
                    if other in before:  # it was placed by this move already
                        return None
                    before[other] = self._remove(other)
                    change += self._out_cost[other] - self._cost(other, before[other])
                    reached.append(other)
        return change

    def _misplaced(self) -> int | None:
        """Of a few tasks, the one with the highest regret."""
        live, random = self.schedule.model.live, self._random.random
        if self._out and random() < OUT_FIRST:
            task = self._out[int(random() * len(self._out))]
            return task if self.schedule.may_start(task) else None
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
            return self._out_cost[task] if self.schedule.may_start(task) else 0.0
        reduced_cost = self._cost(task, start) + self._prices.penalty(task, start)
        return reduced_cost - self._relaxed_cost[task]

    def _target(self, task: int, release: int, temperature: float) -> int | None:
        """The start that the prices favor, give or take the temperature; None if there's no other.

        A kept start that the gates allow is the target of its task. A task without a start may push
        those that depend on it.
        """
        model, now = self.schedule.model, self.schedule.starts[task]
        limit = self.schedule.limit(task)
        if self._keep is not None and release <= self._keep[task] != now:
            return self._keep[task] if self._fits(task, self._keep[task], limit) else None
        if now == NOWHERE and self._random.random() < ANYWHERE:
            return self._any_start(task, release)
        duration, weight, random = model.duration[task], model.weight[task], self._random.random
        start_set = self._start_set[task]
        least, target = float("inf"), None
        for number, starts in enumerate(start_set.ranges):
            first = max(starts.first, release)
            width = min(starts.first + starts.width, limit - duration + 1) - first
            if width <= 0:
                continue
            late, cost = 0, weight * (first + duration) * 1.0
            penalties = self._prices.penalties(start_set, number)
            if penalties is not None:
                self.scanned += starts.width
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

    def _any_start(self, task: int, release: int) -> int | None:
        """A start at random, of those that the task's own windows and the gates before it allow."""
        ranges = []
        for starts in self._start_set[task].ranges:
            first = max(starts.first, release)
            width = starts.first + starts.width - first
            if width > 0:
                ranges.append((first, width))
        if not ranges:
            return None
        first, width = self._random.choice(ranges)
        return first + int(self._random.random() * width)

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

    def _refill(self, task: int, before: dict[int, int]) -> int | None:
        """Place a removed task again where it fits, or leave it out; what that costs."""
        self.work += 1
        schedule, keep = self.schedule, self._keep
        release, limit = schedule.release(task), schedule.limit(task)
        start: int | None = None
        if keep is not None and keep[task] >= release and schedule.allows(task, keep[task]):
            start = keep[task] if self._fits(task, keep[task], limit) else None
        if start is None:
            start = schedule.earliest(task, release, limit)
        if start is None:
            return self._leave_out(task, before)
        self._place(task, start)
        return self._cost(task, start)

    def _cost(self, task: int, start: int) -> int:
        if start == NOWHERE:
            return self._out_cost[task]
        model, keep = self.schedule.model, self._keep
        cost = model.weight[task] * (start + model.duration[task])
        moved = keep is not None and 0 <= keep[task] != start
        return cost + (self._move_cost if moved else 0)

    def _place(self, task: int, start: int) -> None:
        self.schedule.place(task, start)
        self._occupants.enter(task, start)
        if self._out and task in self._out:
            self._out.remove(task)

    def _remove(self, task: int) -> int:
        start = self.schedule.starts[task]
        if start != NOWHERE:
            self._occupants.leave(task, start)
            self.schedule.remove(task)
            self._out.append(task)
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
