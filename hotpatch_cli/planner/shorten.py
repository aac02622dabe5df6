"""The earliest end: a genetic search over orders, each schedule pushed to the right and back to the left.

For problems in which no task has a weight, so that only the end counts: the resource-constrained project
scheduling problem. The scheme is that of V. Valls, F. Ballestin and S. Quintanilla, "A hybrid genetic
algorithm for the resource-constrained project scheduling problem", EJOR 185 (2008).
"""

from collections.abc import Sequence
from random import Random

from hotpatch_cli.planner.board import NEVER, Board
from hotpatch_cli.planner.budget import Budget
from hotpatch_cli.planner.greedy import left_shift, list_schedule
from hotpatch_cli.planner.heads import Heads, last_starts
from hotpatch_cli.planner.model import Model

POPULATION = 40
MUTATION = 0.05
Order = list[int]


def end_of(model: Model, starts: Sequence[int]) -> int:
    """The last end slot of a plan; NEVER if it leaves a live task out."""
    if any(starts[task] < 0 for task in model.live):
        return NEVER
    return max((starts[task] + model.duration[task] for task in model.live), default=0)


def right_shift(board: Board, end: int) -> None:
    """Start every task as late as the others and the end leave room, latest first."""
    model = board.model
    for task in sorted(model.live, key=lambda task: -board.starts[task] - model.duration[task]):
        start = board.remove(task)
        later = board.latest(task, start, min(board.limit(task), end))
        board.place(task, start if later is None else later)


class Evolution:
    """A population of orders, each with the end that its schedule reaches."""

    def __init__(self, model: Model, known: Heads, budget: Budget) -> None:
        self._model, self._budget, self._random = model, budget, Random(len(model.live))  # noqa: S311 - repeatable
        self._floor = max((known.start[task] + model.duration[task] for task in model.live), default=0)
        self._last = last_starts(model, [NEVER] * len(model.gates))
        self.starts: list[int] = []
        self.end = NEVER
        self._people: list[tuple[int, Order]] = []

    def run(self, goal: int) -> None:
        """Go on until the work reaches the goal, the budget stops it, or nothing can end earlier."""
        while not self._over(goal) and len(self._people) < POPULATION:
            self._settle(self._sample())
        while not self._over(goal) and len(self._people) > 1:
            mother, father = self._pick(), self._pick()
            self._settle(self._schedule(self._mutate(self._cross(mother, father))))
            if len(self._people) >= 2 * POPULATION:
                self._people = sorted(self._people)[:POPULATION]

    def _over(self, goal: int) -> bool:
        return self.end <= self._floor or self._budget.work >= goal or self._budget.stops()

    def _sample(self) -> Board:
        """A schedule by latest starts, blurred at random."""
        blur = 0.3 * (max(self._last) - min(self._last)) if self._people else 0.0
        return list_schedule(self._model, [last + blur * self._random.random() for last in self._last])

    def _schedule(self, order: Order) -> Board:
        board = Board(self._model)
        for task in order:
            start = board.earliest(task, board.release(task))
            if start is None:
                break
            board.place(task, start)
        return board

    def _settle(self, board: Board) -> None:
        """Push a schedule to and fro while it gets shorter, then take it into the population."""
        model = self._model
        self._budget.spend(len(model.live))
        end, before = end_of(model, board.starts), NEVER
        while end < before:
            before = end
            right_shift(board, end)
            left_shift(board)
            self._budget.spend(2 * len(model.live))
            end = end_of(model, board.starts)
        if end < self.end:
            self.end, self.starts = end, list(board.starts)
        order = sorted(model.live, key=lambda task: board.starts[task])
        if (end, order) not in self._people:
            self._people.append((end, order))

    def _pick(self) -> Order:
        one, other = self._random.choice(self._people), self._random.choice(self._people)
        return min(one, other)[1]

    def _cross(self, mother: Order, father: Order) -> Order:
        """The mother's order, but between two points her tasks come in the father's order."""
        first, last = sorted(self._random.randrange(len(mother) + 1) for _ in range(2))
        head = mother[:first]
        taken = set(head)
        middle = [task for task in father if task not in taken][: last - first]
        taken.update(middle)
        return head + middle + [task for task in mother if task not in taken]

    def _mutate(self, order: Order) -> Order:
        """Swap neighbours now and then, where no gate is between them."""
        model = self._model
        for place in range(len(order) - 1):
            one, other = order[place], order[place + 1]
            if self._random.random() < MUTATION and not set(model.opens[one]) & set(model.waits[other]):
                order[place], order[place + 1] = other, one
        return order
