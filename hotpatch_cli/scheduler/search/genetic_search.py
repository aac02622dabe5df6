"""Genetic search for the earliest end, over orders of tasks.

An order becomes a plan by list scheduling, and each plan is pushed to the right and back to the
left (forward-backward improvement). A child takes from its father which tasks come early, in the
middle, and late; the middle ones in his order and the others in the mother's. The scheme follows
V. Valls, F. Ballestin, S. Quintanilla, "A hybrid genetic algorithm for the resource-constrained
project scheduling problem", EJOR 185 (2008), and the crossover D. Debels, M. Vanhoucke, "A
decomposition-based genetic algorithm for the resource-constrained project-scheduling problem",
Operations Research 55 (2007).

Two decoders make plans of orders. That of projects is fast, but knows only one window that all
tasks share; the other one keeps every rule.
"""

from collections.abc import Sequence
from heapq import heapify, heappop, heappush
from itertools import chain
from random import Random
from typing import NamedTuple, Protocol

from hotpatch_cli.scheduler.bounds.release_times import last_starts
from hotpatch_cli.scheduler.search.list_scheduling import left_shift, list_schedule, right_shift
from hotpatch_cli.scheduler.slot_model import NEVER, NOWHERE, SlotModel
from hotpatch_cli.scheduler.work_budget import WorkBudget

POPULATION = 160
"""With more, generations take longer; with less, all orders are soon alike."""
LEAST_POPULATION = 10
LEAST_GENERATIONS = 12
"""A population is smaller if the work would end before this many generations."""
MUTATION = 0.05
"""The chance that two neighbors change places: with more, what the parents had is lost."""
BLUR = 2.0
"""Random ranks spread over up to this many times the span of the latest starts.

With less, the first orders are alike, and the search gets stuck.
"""
PATIENCE = 20
"""Generations without a better end after which the population starts again."""
SLOTS_FOR_WORK = 5000
"""Slots that the decoder of projects looks at in the time of a unit of work."""
SLOTS_FOR_TASK = 20
"""Slots that it looks at in the time that a task takes besides."""
Order = list[int]
Links = tuple[tuple[tuple[int, int], ...], ...]


class Fitness(NamedTuple):
    """What a plan is worth, less is better: the weight and the number left out, then the end."""

    weight_left_out: float
    left_out: int
    end: int


def fitness(model: SlotModel, starts: Sequence[int]) -> Fitness:
    """The fitness of a plan; its end is 0 if it places nothing."""
    left_out = [task for task in model.live if starts[task] == NOWHERE]
    ends = (starts[task] + model.duration[task] for task in model.live if starts[task] != NOWHERE)
    return Fitness(
        sum(model.weight[task] for task in left_out), len(left_out), max(ends, default=0)
    )


class Decoder(Protocol):
    """Makes plans of orders."""

    work: int
    """What the last plan cost, and about what one costs."""

    def plan(self, order: Order) -> list[int]:
        """The plan of an order, pushed to the right and to the left."""
        ...

    def may_swap(self, one: int, other: int) -> bool:
        """Whether two tasks that follow each other in an order may change places."""
        ...


class ListDecoder:
    """List scheduling with all rules. It may leave tasks out; an order may be any."""

    def __init__(self, model: SlotModel) -> None:
        self._model = model
        self.work = 1 + len(model.live) // 4
        self._rank = [0] * len(model.duration)

    def plan(self, order: Order) -> list[int]:
        """The plan of an order, pushed to the right and to the left."""
        for rank, task in enumerate(order):
            self._rank[task] = rank
        schedule = list_schedule(self._model, self._rank)
        right_shift(schedule, fitness(self._model, schedule.starts).end)
        left_shift(schedule)
        return schedule.starts

    def may_swap(self, one: int, other: int) -> bool:  # noqa: ARG002  list scheduling sees to gates
        """Always."""
        return True


class ProjectDecoder:
    """The decoder of projects; an order must have each task after those that it depends on."""

    def __init__(self, model: SlotModel, project: "Project") -> None:
        self._project = project
        self._opens = model.windows[0][0][0]
        self._slots = self._spent = 0
        self.work = 1

    def plan(self, order: Order) -> list[int]:
        """The plan of an order, pushed to the right and to the left."""
        project, duration = self._project, self._project.duration
        starts, slots = serial_schedule(project, order, project.before)
        mirrored = sorted(order, key=lambda task: -starts[task] - duration[task])
        back, more = serial_schedule(project, mirrored, project.behind)
        again = sorted(order, key=lambda task: -back[task] - duration[task])
        starts, most = serial_schedule(project, again, project.before)
        self._slots += slots + more + most + 3 * SLOTS_FOR_TASK * len(order)
        self.work = self._slots // SLOTS_FOR_WORK - self._spent
        self._spent += self.work
        return [self._opens + start for start in starts]

    def may_swap(self, one: int, other: int) -> bool:
        """Unless the other one depends on the one."""
        return all(task != one for task, _ in self._project.before[other])


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


def serial_schedule(project: Project, order: Sequence[int], before: Links) -> tuple[list[int], int]:
    """Start each task of an order when those in `before` are over and the limits have room.

    Returns the starts, and the number of slots that were looked at.
    """
    duration, demands, idle, guard, slots, _, _ = project
    taken = [idle] * slots
    starts = [0] * len(duration)
    looks = 0
    for task in order:
        slot = 0
        for other, lag in before[task]:
            ready = starts[other] + duration[other] + lag
            slot = max(slot, ready)
        needed, demand, free = duration[task], demands[task], 0
        looks += needed - slot
        while free < needed:
            free = 0 if taken[slot] + demand & guard else free + 1
            slot += 1
        looks += slot
        starts[task] = start = slot - needed
        for busy in range(start, slot):
            taken[busy] += demand
    return starts, looks


class Evolution:
    """A population of plans, and the best plan that was ever in it.

    It begins with a plan that is known, if that leaves out none that fits.
    """

    def __init__(self, model: SlotModel, known: Sequence[int], budget: WorkBudget) -> None:
        self._model, self._budget = model, budget
        project = as_project(model)
        self._decoder: Decoder = (
            ListDecoder(model) if project is None else ProjectDecoder(model, project)
        )
        self._random = Random(len(model.live))  # noqa: S311 - the same search every time is the point
        self._last = last_starts(model, [NEVER] * len(model.gates))
        self._closes = max(windows[-1][1] for windows in model.windows)
        self.starts, self.fitness = list(known), fitness(model, known)
        self._size = POPULATION
        self._population: list[tuple[Fitness, list[int]]] = []
        self._stale = 0

    def run(self, goal: int, target: int) -> None:
        """Go on until the work reaches the goal, the budget stops, or a plan of all tasks ends by
        the target.
        """
        if not self._population and not self._over(goal, target):
            self._add(self._sample())
        plans = (goal - self._budget.work) // max(1, self._decoder.work)
        self._size = min(POPULATION, max(LEAST_POPULATION, plans // LEAST_GENERATIONS))
        while not self._over(goal, target):
            if len(self._population) < self._size:
                self._add(self._sample())
                continue
            self._add(self._mutate(self._cross(self._pick(), self._pick())))
            if self._stale > PATIENCE * self._size:
                self._population, self._stale = [], 0
            elif len(self._population) >= 2 * self._size:
                self._population = sorted(self._population)[: self._size]

    def _over(self, goal: int, target: int) -> bool:
        if not self.fitness.left_out and self.fitness.end <= target:
            return True
        return self._budget.work >= goal or self._budget.stops()

    def _sample(self) -> Order:
        """An order by latest starts, blurred at random."""
        blur = BLUR * (max(self._last) - min(self._last)) * self._random.random()
        rank = [last + blur * self._random.random() for last in self._last]
        return in_order(self._model, rank)

    def _add(self, order: Order) -> None:
        """Take the plan of an order into the population."""
        starts = self._decoder.plan(order)
        self._budget.spend(self._decoder.work)
        individual = (fitness(self._model, starts), starts)
        self._stale += 1
        if self._population and individual[0] < min(self._population)[0]:
            self._stale = 0
        if individual[0] < self.fitness:
            self.fitness, self.starts = individual
        if individual not in self._population:
            self._population.append(individual)

    def _pick(self) -> list[int]:
        one, other = self._random.choice(self._population), self._random.choice(self._population)
        return min(one, other)[1]

    def _cross(self, mother: list[int], father: list[int]) -> Order:
        """The tasks that the father starts early, in the middle, and late, in this order.

        The middle ones are in his order, the others in the mother's. Tasks left out come first.
        """
        span = max(father) - min(father) + 1
        length = self._random.randrange(span // 4, 3 * span // 4 + 1)
        first = min(father) + self._random.randrange(span - length)
        last = first + length

        def rank(task: int) -> tuple[int, int, int]:
            if father[task] < first:
                return 0, mother[task], father[task]
            if father[task] <= last:
                return 1, father[task], mother[task]
            return 2, mother[task], father[task]

        return sorted(self._model.live, key=rank)

    def _mutate(self, order: Order) -> Order:
        """Swap neighbors at random."""
        for position in range(len(order) - 1):
            one, other = order[position], order[position + 1]
            if self._random.random() < MUTATION and self._decoder.may_swap(one, other):
                order[position], order[position + 1] = other, one
        return order


def in_order(model: SlotModel, rank: Sequence[float]) -> Order:
    """The live tasks by rank, each after those that it depends on."""
    closed = [len(gate.before) for gate in model.gates]
    pending = [len(gates) for gates in model.waits]
    ready = [(rank[task], task) for task in model.live if not pending[task]]
    heapify(ready)
    order = []
    while ready:
        _, task = heappop(ready)
        order.append(task)
        for gate in model.opens[task]:
            closed[gate] -= 1
            if not closed[gate]:
                for waiting in model.gates[gate].after:
                    pending[waiting] -= 1
                    if not pending[waiting]:
                        heappush(ready, (rank[waiting], waiting))
    return order
