"""Improvement of a plan by small steps: take a few tasks off the board, put them back better (simulated annealing)."""

from collections.abc import Callable, Sequence
from math import exp
from random import Random
from typing import NamedTuple

from hotpatch_cli.planner.board import NEVER, Board
from hotpatch_cli.planner.heads import Heads
from hotpatch_cli.planner.model import Model

VICTIMS = 6
LOOKS = 24


class Score(NamedTuple):
    """How good a plan is: tasks left out, restarts moved away from the plan to keep, weighted ends. Less is better."""

    left_out: int
    moved: int
    ends: float


def score(model: Model, starts: Sequence[int], keep: Sequence[int] | None = None) -> Score:
    """The score of a plan in slots; `keep` is an older plan whose restarts should stay where they are."""
    left_out = moved = 0
    ends = 0.0
    for task in model.live:
        start = starts[task]
        if start < 0:
            left_out += 1
        else:
            ends += model.weight[task] * (start + model.duration[task])
            moved += keep is not None and keep[task] >= 0 and start != keep[task]
    return Score(left_out, moved, ends)


class Improver:
    """Repeats one move: pick a task that stands late, remove it and some that stand in its way, refill."""

    def __init__(self, board: Board, known: Heads, random: Random, keep: Sequence[int] | None = None) -> None:
        model = board.model
        self.board, self._random, self._keep = board, random, keep
        self._head = known.start
        self._users: list[list[int]] = [[] for _ in model.capacity]
        for task in model.live:
            for use in model.uses[task]:
                self._users[use.limit].append(task)
        self.work = 0
        self._total = sum(model.weight) * max((w[-1][1] for w in model.windows if w), default=1) + 1

    def step(self, heat: float) -> float:
        """Try one move; returns by how much the cost changed, 0 if the move was taken back."""
        task = self._late_task()
        if task is None:
            return 0.0
        removed = [task, *self._in_the_way(task)]
        before = [self._take(each) for each in removed]
        order = removed[:1] + self._shuffled(removed[1:])
        change = -sum(self._cost(each, start) for each, start in zip(removed, before, strict=True))
        for each in order:
            start = self._put(each)
            change += self._cost(each, start)
            if start < 0 and before[0] >= 0:
                change = NEVER
                break
        if change <= 0 or (change < NEVER and heat > 0 and self._random.random() < exp(-change / heat)):
            return change
        self._restore(removed, before)
        return 0.0

    def _late_task(self) -> int | None:
        live, starts = self.board.model.live, self.board.starts
        best, most = None, 0.0
        for _ in range(4):
            task = live[int(self._random.random() * len(live))]
            start = starts[task]
            regret = self.board.model.weight[task] * (start - self._head[task]) if start >= 0 else self._total
            if regret > most and (start >= 0 or self._may_start(task)):
                best, most = task, regret
        return best

    def _may_start(self, task: int) -> bool:
        """Whether all that an unplaced task waits for is placed."""
        model, starts = self.board.model, self.board.starts
        return all(starts[each] >= 0 for gate in model.waits[task] for each in model.gates[gate].before)

    def _in_the_way(self, task: int) -> list[int]:
        """Some tasks that use a limit of this one at a time when it would rather run."""
        board, random = self.board, self._random
        model = board.model
        end = board.starts[task] if board.starts[task] >= 0 else NEVER
        head = self._head[task]
        found: set[int] = set()
        count = 1 + int(random.random() * VICTIMS)
        for limit, _, hold in model.uses[task]:
            users = self._users[limit]
            for _ in range(min(LOOKS, len(users))):
                other = users[int(random.random() * len(users))]
                if head - hold < board.starts[other] < end and other != task:
                    found.add(other)
                    if len(found) >= count:
                        return sorted(found)
        return sorted(found)

    def _shuffled(self, tasks: list[int]) -> list[int]:
        weight, head, random = self.board.model.weight, self._head, self._random
        if random.random() < 0.5:
            random.shuffle(tasks)
            return tasks
        return sorted(tasks, key=lambda task: (head[task], -weight[task] * random.random()))

    def _take(self, task: int) -> int:
        return self.board.remove(task) if self.board.starts[task] >= 0 else -1

    def _put(self, task: int) -> int:
        self.work += 1
        board = self.board
        release = board.release(task)
        start = board.earliest(task, release, board.limit(task))
        if start is None:
            return -1
        board.place(task, start)
        return start

    def _cost(self, task: int, start: int) -> float:
        model = self.board.model
        if start < 0:
            return self._total
        moved = self._keep is not None and self._keep[task] >= 0 and start != self._keep[task]
        return model.weight[task] * (start + model.duration[task]) + (self._total / (4 * len(model.live)) if moved else 0)

    def _restore(self, removed: list[int], before: list[int]) -> None:
        for task in removed:
            if self.board.starts[task] >= 0:
                self.board.remove(task)
        for task, start in zip(removed, before, strict=True):
            if start >= 0:
                self.board.place(task, start)
