"""Branch and bound for small parts: every order in which tasks can start, if it can still win."""

from collections.abc import Sequence

from hotpatch_cli.scheduler.bounds.release_times import ReleaseTimes
from hotpatch_cli.scheduler.score import Score
from hotpatch_cli.scheduler.search.partial_schedule import PartialSchedule
from hotpatch_cli.scheduler.slot_model import SlotModel

SMALL = 9
"""Parts of up to this many tasks are searched completely: with more, few searches would end."""


class BranchAndBound:
    """Finds the best plan of a small model, unless it takes more than `most_nodes` nodes.

    Some best plan is met by placing tasks in the order of their starts, each as early as the ones
    before it leave room: were one of them able to start earlier, moving it there would be no worse.
    """

    def __init__(
        self,
        model: SlotModel,
        release: ReleaseTimes,
        best: Sequence[int],
        best_score: Score,
        most_nodes: int,
    ) -> None:
        self._schedule = PartialSchedule(model)
        self._release = release.start
        self.best, self.score = list(best), best_score
        self.nodes, self._most_nodes = 0, most_nodes

    def run(self) -> bool:
        """Search; True if no plan is better than `best` now, False if the nodes ran out."""
        self._extend(frozenset(self._schedule.model.live), (0, -1), 0.0)
        return self.nodes < self._most_nodes

    def _extend(self, rest: frozenset[int], last: tuple[int, int], ends: float) -> None:
        """Try all ways to go on after the `last` (start, task) with a sum of weighted ends."""
        self.nodes += 1
        if self.nodes >= self._most_nodes:
            return
        model = self._schedule.model
        if Score(len(rest), 0, ends) < self.score:
            self.score, self.best = Score(len(rest), 0, ends), list(self._schedule.starts)
        possible = self._possible(rest, last[0])
        # The bound of this branch: all tasks that still have a start take their first one.
        first_ends = sum(
            model.weight[task] * (start + model.duration[task]) for start, task in possible
        )
        if Score(len(rest) - len(possible), 0, ends + first_ends) >= self.score:
            return
        for start, task in possible:
            if (start, task) > last and self._schedule.may_start(task):
                end = model.weight[task] * (start + model.duration[task])
                self._schedule.place(task, start)
                self._extend(rest - {task}, (start, task), ends + end)
                self._schedule.remove(task)

    def _possible(self, rest: frozenset[int], release: int) -> list[tuple[int, int]]:
        """The first start of each task that still has one, soonest first."""
        possible = []
        for task in rest:
            earliest = max(release, self._release[task], self._schedule.release(task))
            start = self._schedule.earliest(task, earliest)
            if start is not None:
                possible.append((start, task))
        return sorted(possible)
