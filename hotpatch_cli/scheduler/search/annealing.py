"""Improvement by small moves: put one task where the prices want it, push out who is in the way,
refill.

The gap between a plan and the bound is made of tasks that stand where prices are worse for them
than elsewhere: the moves begin with these. Worse plans are accepted at first and ever less
(simulated annealing).
"""

from collections.abc import Sequence
from math import exp, log
from random import Random
from typing import NamedTuple

from hotpatch_cli.scheduler.bounds.lagrangian import Prices
from hotpatch_cli.scheduler.search.partial_schedule import NEVER, NOWHERE, PartialSchedule
from hotpatch_cli.scheduler.slot_model import SlotModel

CANDIDATES = 4
TAKEN_BACK = 8.0
SHUFFLED = 0.5
"""So often those who were pushed out come back in a random order, otherwise the dearest hours
first.
"""


class Score(NamedTuple):
    """How good a plan is, less is better: tasks left out, restarts moved from the plan to keep,
    weighted ends.
    """

    left_out: int
    moved: int
    ends: float


def score(model: SlotModel, starts: Sequence[int], keep: Sequence[int] | None = None) -> Score:
    """The score of a plan in slots; `keep` is an older plan whose restarts should stay where they
    are.
    """
    left_out = moved = 0
    ends = 0.0
    for task in model.live:
        start = starts[task]
        if start < 0:
            left_out += 1
        else:
            ends += model.weight[task] * (start + model.duration[task])
            moved += keep is not None and 0 <= keep[task] != start
    return Score(left_out, moved, ends)


class Annealing:
    """Moves tasks on a board. Kept starts count as much as leaving them costs more than any other
    gain.
    """

    def __init__(
        self,
        board: PartialSchedule,
        prices: Prices,
        random: Random,
        keep: Sequence[int] | None = None,
    ) -> None:
        model = board.model
        self.board, self._prices, self._random, self._keep = board, prices, random, keep
        self._least = [NEVER * 1.0] * len(model.duration)
        for task, quote in zip(model.live, prices.quotes(), strict=True):
            self._least[task] = quote.cost
        self._lane = dict(zip(model.live, prices.lanes, strict=True))
        last = max((windows[-1][1] for windows in model.windows if windows), default=1)
        self._move_cost = sum(model.weight) * last + 1.0 if keep is not None else 0.0
        self._miss_cost = (sum(model.weight) * last + 1.0) + self._move_cost * (len(model.live) + 1)
        self._crowd = _Crowd(model)
        for task in model.live:
            if board.starts[task] >= 0:
                self._crowd.enter(task, board.starts[task])
        self.work = 0

    def step(self, heat: float) -> float:
        """Try one move; returns by how much the cost changed, 0 if it was taken back."""
        task = self._misplaced()
        if task is None:
            return 0.0
        release, limit = self.board.release(task), self.board.limit(task)
        target = self._target(task, release, limit, heat)
        if target is None:
            return 0.0
        before = {task: self._take(task)}
        self._clear(task, target, before)
        close = self.board.earliest(
            task, max(release, target - self.board.model.duration[task]), limit
        )
        self._place(task, target if close is None else min(target, close))
        change = self._cost(task, self.board.starts[task]) - self._cost(task, before[task])
        for other in self._order(list(before)[1:]):
            change += self._refill(other) - self._cost(other, before[other])
            if change > TAKEN_BACK * heat:
                break
        else:
            if change <= 0 or (heat > 0 and self._random.random() < exp(-change / heat)):
                return change
        self._restore(before)
        return 0.0

    def _misplaced(self) -> int | None:
        """Of a few tasks, the one that is worst off against what the prices offer it."""
        live, random = self.board.model.live, self._random.random
        worst, most = None, 0.0
        for _ in range(CANDIDATES):
            task = live[int(random() * len(live))]
            regret = self._regret(task)
            if regret > most:
                worst, most = task, regret
        return worst

    def _regret(self, task: int) -> float:
        start = self.board.starts[task]
        if start < 0:
            return self._miss_cost if self._may_start(task) else 0.0
        return self._cost(task, start) + self._prices.rent(task, start) - self._least[task]

    def _may_start(self, task: int) -> bool:
        model, starts = self.board.model, self.board.starts
        return all(
            starts[each] >= 0 for gate in model.waits[task] for each in model.gates[gate].before
        )

    def _target(self, task: int, release: int, limit: int, heat: float) -> int | None:
        """The start that the prices favour, give or take the heat; None if there is no other than
        now.
        """
        if self._keep is not None and release <= self._keep[task] != self.board.starts[task]:
            return self._keep[task] if self._fits(task, self._keep[task], limit) else None
        duration, weight = self.board.model.duration[task], self.board.model.weight[task]
        lane, random = self._lane[task], self._random.random
        best, where = float("inf"), None
        for number, stretch in enumerate(lane.stretches):
            first = max(stretch.first, release)
            width = min(stretch.first + stretch.width, limit - duration + 1) - first
            if width <= 0:
                continue
            late, cost = 0, weight * (first + duration)
            rents = self._prices.rents(lane, number)
            if rents is not None:
                skip = first - stretch.first
                costs = [
                    cost + weight * late + rent
                    for late, rent in enumerate(rents[skip : skip + width])
                ]
                least = min(costs) + heat
                late = self._random.choice(
                    [late for late, cost in enumerate(costs) if cost <= least]
                )
                cost = costs[late]
            cost -= log(1.0 - random()) * heat
            if cost < best and first + late != self.board.starts[task]:
                best, where = cost, first + late
        return where

    def _fits(self, task: int, start: int, limit: int) -> bool:
        end = start + self.board.model.duration[task]
        return end <= limit and any(
            opens <= start and end <= closes for opens, closes in self.board.model.windows[task]
        )

    def _clear(self, task: int, start: int, before: dict[int, int]) -> None:
        """Take off the board who is in the way of a task, those that stand worst first."""
        random = self._random.random
        for use in self.board.model.uses[task]:
            while (slot := self.board.first_busy(use, start)) is not None:
                crowd = self._crowd.at(use.limit, slot)
                one = crowd[int(random() * len(crowd))]
                other = crowd[int(random() * len(crowd))]
                if other != one and self._regret(other) > self._regret(one):
                    one = other
                before[one] = self._take(one)

    def _order(self, tasks: list[int]) -> list[int]:
        model = self.board.model
        if self._random.random() < SHUFFLED:
            self._random.shuffle(tasks)
            return tasks
        return sorted(tasks, key=lambda task: -model.weight[task] / model.duration[task])

    def _refill(self, task: int) -> float:
        self.work += 1
        board = self.board
        release, limit = board.release(task), board.limit(task)
        start: int | None = None
        if (
            self._keep is not None
            and self._keep[task] >= release
            and board.allows(task, self._keep[task])
        ):
            start = self._keep[task] if self._fits(task, self._keep[task], limit) else None
        if start is None:
            start = board.earliest(task, release, limit)
        if start is None:
            return self._miss_cost
        self._place(task, start)
        return self._cost(task, start)

    def _cost(self, task: int, start: int) -> float:
        if start < 0:
            return self._miss_cost
        cost = self.board.model.weight[task] * (start + self.board.model.duration[task])
        return cost + (
            self._move_cost if self._keep is not None and 0 <= self._keep[task] != start else 0.0
        )

    def _place(self, task: int, start: int) -> None:
        self.board.place(task, start)
        self._crowd.enter(task, start)

    def _take(self, task: int) -> int:
        start = self.board.starts[task]
        if start >= 0:
            self._crowd.leave(task, start)
            self.board.remove(task)
        return start

    def _restore(self, before: dict[int, int]) -> None:
        for task in before:
            self._take(task)
        for task, start in before.items():
            if start != NOWHERE:
                self._place(task, start)


class _Crowd:
    """Who occupies a limit at a moment, found by buckets of time as wide as its longest hold."""

    def __init__(self, model: SlotModel) -> None:
        self._uses = model.uses
        self._width = [1] * len(model.capacity)
        for task in model.live:
            for limit, _, hold in model.uses[task]:
                self._width[limit] = max(self._width[limit], hold)
        self._there: list[dict[int, list[tuple[int, int, int]]]] = [{} for _ in model.capacity]

    def enter(self, task: int, start: int) -> None:
        for limit, _, hold in self._uses[task]:
            bucket = self._there[limit].setdefault(start // self._width[limit], [])
            bucket.append((task, start, start + hold))

    def leave(self, task: int, start: int) -> None:
        for limit, _, hold in self._uses[task]:
            self._there[limit][start // self._width[limit]].remove((task, start, start + hold))

    def at(self, limit: int, slot: int) -> list[int]:
        bucket = slot // self._width[limit]
        near = (*self._there[limit].get(bucket - 1, ()), *self._there[limit].get(bucket, ()))
        return [task for task, start, end in near if start <= slot < end]
