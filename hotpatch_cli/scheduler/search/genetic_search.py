"""Genetic search for the earliest end, over orders of tasks.

Each schedule is pushed to the right and back to the left (forward-backward improvement). It is for
problems in which no task has a weight, so that only the end counts, and every task has one window:
the resource-constrained project scheduling problem. The scheme follows V. Valls, F. Ballestin,
S. Quintanilla, "A hybrid genetic algorithm for the resource-constrained project scheduling
problem", EJOR 185 (2008).
"""

from collections.abc import Sequence
from itertools import chain
from random import Random
from typing import NamedTuple

from hotpatch_cli.scheduler.bounds.release_times import ReleaseTimes, last_starts
from hotpatch_cli.scheduler.slot_model import NEVER, SlotModel
from hotpatch_cli.scheduler.work_budget import WorkBudget

POPULATION = 80
"""With more, generations take longer; with less, all orders are soon alike."""
MUTATION = 0.1
"""The chance that two neighbors change places: with more, what the parents had is lost."""
BLUR = 2.0
"""Random ranks spread over up to this many times the span of the latest starts.

With less, the first orders are alike, and the search gets stuck.
"""
PATIENCE = 20
"""Generations without a better end after which the population starts again."""
Order = list[int]
Links = tuple[tuple[tuple[int, int], ...], ...]


class Project(NamedTuple):
    """A model with all limits packed into one number a slot.

    Each limit has a field of bits in `idle`, the number of an empty slot; where a demand, added to
    what is taken, reaches beyond the capacity of any limit, a bit of `guard` is set. `before` and
    `behind` are the tasks that each one depends on and that depend on it, with the lag.
    """

    duration: tuple[int, ...]
    demand: tuple[int, ...]
    idle: int
    guard: int
    slots: int
    before: Links
    behind: Links


def as_project(model: SlotModel) -> Project | None:
    """The model as a project.

    None if it has settle times, several windows, or tasks that can't be scheduled.
    """
    if len(model.live) < len(model.duration) or len(set(model.windows)) != 1:
        return None
    if len(model.windows[0]) != 1:
        return None
    for task in model.live:
        if any(use.hold != model.duration[task] for use in model.uses[task]):
            return None
    width = max(model.capacity, default=1).bit_length() + 1
    top = 1 << (width - 1)
    shift = [width * limit for limit in range(len(model.capacity))]
    lags = sum(gate.lag for gate in model.gates)
    return Project(
        model.duration,
        tuple(sum(use.units << shift[use.limit] for use in uses) for uses in model.uses),
        sum(
            (top - 1 - capacity) << bits
            for capacity, bits in zip(model.capacity, shift, strict=True)
        ),
        sum(top << bits for bits in shift),
        sum(model.duration) + lags + 1,
        _links(model.waits, [[(task, gate.lag) for task in gate.before] for gate in model.gates]),
        _links(model.opens, [[(task, gate.lag) for task in gate.after] for gate in model.gates]),
    )


def _links(gates_of: tuple[tuple[int, ...], ...], far_side: list[list[tuple[int, int]]]) -> Links:
    return tuple(tuple(chain.from_iterable(far_side[gate] for gate in gates)) for gates in gates_of)


def serial_schedule(project: Project, order: Sequence[int], before: Links) -> list[int]:
    """Start each task of an order when those in `before` are over and the limits have room."""
    duration, demands, idle, guard, slots, _, _ = project
    taken = [idle] * slots
    starts = [0] * len(duration)
    for task in order:
        slot = 0
        for other, lag in before[task]:
            ready = starts[other] + duration[other] + lag
            slot = max(slot, ready)
        needed, demand, free = duration[task], demands[task], 0
        while free < needed:
            free = 0 if taken[slot] + demand & guard else free + 1
            slot += 1
        starts[task] = start = slot - needed
        for busy in range(start, slot):
            taken[busy] += demand
    return starts


class Evolution:
    """A population of orders, each with the end that its schedule reaches."""

    def __init__(
        self, model: SlotModel, project: Project, release: ReleaseTimes, budget: WorkBudget
    ) -> None:
        self._project, self._live, self._budget = project, model.live, budget
        self._random = Random(len(model.live))  # noqa: S311 - the same search every time is the point
        origin = model.windows[0][0][0]
        ends = (release.start[task] + model.duration[task] for task in model.live)
        self._end_bound = max(ends) - origin
        self._last = last_starts(model, [NEVER] * len(model.gates))
        self.starts: list[int] = []
        self.end = NEVER
        self._population: list[tuple[int, Order]] = []
        self._stale = 0

    def run(self, goal: int) -> None:
        """Go on until the work reaches the goal, the budget stops, or nothing can end earlier."""
        while not self._over(goal):
            if len(self._population) < POPULATION:
                self._add(self._sample())
                continue
            mother, father = self._pick(), self._pick()
            self._add(self._mutate(self._cross(mother, father)))
            if self._stale > PATIENCE * POPULATION:
                self._population, self._stale = [], 0
            elif len(self._population) >= 2 * POPULATION:
                self._population = sorted(self._population)[:POPULATION]

    def _over(self, goal: int) -> bool:
        return self.end <= self._end_bound or self._budget.work >= goal or self._budget.stops()

    def _sample(self) -> Order:
        """An order by latest starts, blurred at random."""
        blur = BLUR * (max(self._last) - min(self._last)) * self._random.random()
        rank = [last + blur * self._random.random() for last in self._last]
        project, order = self._project, []
        pending = [len(links) for links in project.before]
        ready = [task for task in self._live if not pending[task]]
        while ready:
            task = min(ready, key=lambda candidate: (rank[candidate], candidate))
            ready.remove(task)
            order.append(task)
            for other, _ in project.behind[task]:
                pending[other] -= 1
                if not pending[other]:
                    ready.append(other)
        return order

    def _add(self, order: Order) -> None:
        """Take an order into the population: scheduled, pushed to the right, and to the left."""
        project, size = self._project, len(order)
        duration = project.duration
        starts = serial_schedule(project, order, project.before)
        mirrored = sorted(order, key=lambda task: -starts[task] - duration[task])
        back = serial_schedule(project, mirrored, project.behind)
        starts = serial_schedule(
            project, sorted(order, key=lambda task: -back[task] - duration[task]), project.before
        )
        self._budget.spend(3 * size)
        end = max(start + length for start, length in zip(starts, duration, strict=True))
        self._stale += 1
        if end < min((best for best, _ in self._population), default=NEVER):
            self._stale = 0
        if end < self.end:
            self.end, self.starts = end, starts
        individual = (end, sorted(order, key=lambda task: starts[task]))
        if individual not in self._population:
            self._population.append(individual)

    def _pick(self) -> Order:
        one, other = self._random.choice(self._population), self._random.choice(self._population)
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
        """Swap neighbors at random, if neither depends on the other."""
        for position in range(len(order) - 1):
            one, other = order[position], order[position + 1]
            if self._random.random() < MUTATION and all(
                task != one for task, _ in self._project.before[other]
            ):
                order[position], order[position + 1] = other, one
        return order
