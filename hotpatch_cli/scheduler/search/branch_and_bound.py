"""Small parts by complete search: every order in which tasks can start, as far as it can still win."""

from collections.abc import Sequence

from hotpatch_cli.scheduler.bounds.release_times import ReleaseTimes
from hotpatch_cli.scheduler.search.annealing import Score
from hotpatch_cli.scheduler.search.partial_schedule import PartialSchedule
from hotpatch_cli.scheduler.slot_model import SlotModel

SMALL = 9
"""Parts of up to this many tasks are searched completely."""


class BranchAndBound:
    """Finds the best plan of a small model, unless it takes more than `nodes` steps.

    Some best plan is met by placing tasks in the order of their starts, each as early as the ones
    before it leave room: were one of them able to start earlier, moving it there would be no worse.
    """

    def __init__(
        self,
        model: SlotModel,
        known: ReleaseTimes,
        best: Sequence[int],
        best_score: Score,
        nodes: int,
    ) -> None:
        self._board = PartialSchedule(model)
        self._head = known.start
        self.best, self.score = list(best), best_score
        self.nodes, self._left = 0, nodes

    def run(self) -> bool:
        """Search; True if no plan is better than `best` now, False if the steps ran out."""
        self._extend(frozenset(self._board.model.live), (0, -1), 0.0)
        return self.nodes < self._left

    def _extend(self, rest: frozenset[int], last: tuple[int, int], paid: float) -> None:
        self.nodes += 1
        if self.nodes >= self._left:
            return
        model = self._board.model
        if Score(len(rest), 0, paid) < self.score:
            self.score, self.best = Score(len(rest), 0, paid), list(self._board.starts)
        found = self._possible(rest, last[0])
        best_case = Score(
            len(rest) - len(found),
            0,
            paid + sum(model.weight[t] * (s + model.duration[t]) for s, t in found),
        )
        if best_case >= self.score:
            return
        for start, task in found:
            if (start, task) > last and self._may_start(task):
                self._board.place(task, start)
                self._extend(
                    rest - {task},
                    (start, task),
                    paid + model.weight[task] * (start + model.duration[task]),
                )
                self._board.remove(task)

    def _possible(self, rest: frozenset[int], release: int) -> list[tuple[int, int]]:
        """The first start of each task that still has one, soonest first."""
        found = []
        for task in rest:
            start = self._board.earliest(
                task, max(release, self._head[task], self._board.release(task))
            )
            if start is not None:
                found.append((start, task))
        return sorted(found)

    def _may_start(self, task: int) -> bool:
        model, starts = self._board.model, self._board.starts
        return all(
            starts[each] >= 0 for gate in model.waits[task] for each in model.gates[gate].before
        )
