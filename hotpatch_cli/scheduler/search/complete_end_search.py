"""Complete search for the earliest end of small parts: every order in which tasks can start."""

from collections.abc import Sequence

from hotpatch_cli.scheduler.bounds.release_times import ReleaseTimes
from hotpatch_cli.scheduler.search.genetic_search import Fitness, fitness
from hotpatch_cli.scheduler.search.partial_schedule import PartialSchedule
from hotpatch_cli.scheduler.slot_model import SlotModel


class CompleteEndSearch:
    """Finds the plan of the least fitness, unless it takes more than `most_nodes` nodes.

    As in `branch_and_bound`, some best plan is met by placing tasks in the order of their starts,
    each as early as the ones before it leave room.
    """

    def __init__(
        self, model: SlotModel, release: ReleaseTimes, known: Sequence[int], most_nodes: int
    ) -> None:
        self._schedule = PartialSchedule(model)
        self._release = release.start
        self.best, self.fitness = list(known), fitness(model, known)
        self.nodes, self._most_nodes = 0, most_nodes

    def run(self) -> bool:
        """Search; True if no plan is better than `best` now, False if the nodes ran out."""
        self._extend(frozenset(self._schedule.model.live), (0, -1), 0)
        return self.nodes < self._most_nodes

    def _extend(self, rest: frozenset[int], last: tuple[int, int], end: int) -> None:
        """Try all ways to go on after the `last` (start, task) of a plan with this end."""
        self.nodes += 1
        if self.nodes >= self._most_nodes:
            return
        model = self._schedule.model
        reached = self._fitness(rest, end)
        if reached < self.fitness:
            self.fitness, self.best = reached, list(self._schedule.starts)
        possible = []
        for task in rest:
            earliest = max(last[0], self._release[task], self._schedule.release(task))
            start = self._schedule.earliest(task, earliest)
            if start is not None:
                possible.append((start, task))
        # A plan as full as the best one has to place all that still have a start, and ends with
        # the last of them; a fuller plan is better whenever it ends.
        lost = self._fitness(rest.difference(task for _, task in possible), 0)
        soonest = max((start + model.duration[task] for start, task in possible), default=end)
        if lost._replace(end=max(end, soonest)) >= self.fitness:
            return
        for start, task in sorted(possible):
            if (start, task) > last and self._schedule.may_start(task):
                self._schedule.place(task, start)
                self._extend(rest - {task}, (start, task), max(end, start + model.duration[task]))
                self._schedule.remove(task)

    def _fitness(self, left_out: frozenset[int], end: int) -> Fitness:
        weights = self._schedule.model.weight
        return Fitness(sum(weights[task] for task in sorted(left_out)), len(left_out), end)
