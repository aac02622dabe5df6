"""Branch and bound for small parts: every order in which tasks can start, if it can still win."""

from collections.abc import Iterator, Sequence

from hotpatch_cli.scheduler.bounds.release_times import ReleaseTimes
from hotpatch_cli.scheduler.score import Score
from hotpatch_cli.scheduler.search.partial_schedule import PartialSchedule
from hotpatch_cli.scheduler.slot_model import SlotModel

SMALL = 9
"""Parts of up to this many tasks are searched completely: with more, few searches would end."""


class BranchAndBound:
    """Finds the best plan of a small model, unless it takes more than `most_nodes` nodes.

    Some best plan is met by placing tasks in the order of their starts, each at its kept start or
    as early as the ones before it leave room: were another one of them able to start earlier,
    moving it there would be no worse.
    """

    def __init__(  # noqa: PLR0917  a model, its best plan so far, and how long to look for a better
        self,
        model: SlotModel,
        release: ReleaseTimes,
        best: Sequence[int],
        best_score: Score,
        most_nodes: int,
        keep: Sequence[int] | None = None,
    ) -> None:
        self._schedule = PartialSchedule(model)
        self._release, self._keep = release.start, keep
        self.best, self.score = list(best), best_score
        self.nodes, self._most_nodes = 0, most_nodes

    def run(self) -> bool:
        """Search; True if no plan is better than `best` now, False if the nodes ran out."""
        live = self._schedule.model.live
        weight = sum(self._schedule.model.weight[task] for task in live)
        self._extend(frozenset(live), (0, -1), Score(weight, len(live), 0, 0))
        return self.nodes < self._most_nodes

    def _extend(self, rest: frozenset[int], last: tuple[int, int], now: Score) -> None:
        """Try all ways to go on after the `last` (start, task) from a plan with the score `now`."""
        self.nodes += 1
        if self.nodes >= self._most_nodes:
            return
        if now < self.score:
            self.score, self.best = now, list(self._schedule.starts)
        first = self._first_starts(rest, last[0])
        # The bound of this branch: all tasks that still have a start take their first one.
        bound = now
        for task, start in first:
            bound = self._added(bound, task, start, may_be_kept=True)
        if bound >= self.score:
            return
        for start, task in sorted(self._choices(first)):
            if (start, task) > last and self._schedule.may_start(task):
                self._schedule.place(task, start)
                self._extend(rest - {task}, (start, task), self._added(now, task, start))
                self._schedule.remove(task)

    def _added(self, now: Score, task: int, start: int, *, may_be_kept: bool = False) -> Score:
        """The score with one more task, as if at its kept start if it may still be there."""
        model, keep = self._schedule.model, self._keep
        weight = model.weight[task]
        moved = keep is not None and 0 <= keep[task] != start
        if may_be_kept and keep is not None and keep[task] > start:
            moved = False
        end = start + model.duration[task]
        return Score(
            now.weight_out - weight, now.left_out - 1, now.moved + moved, now.ends + weight * end
        )

    def _first_starts(self, rest: frozenset[int], release: int) -> list[tuple[int, int]]:
        """Each task that still has a start, and its first one."""
        first = []
        for task in sorted(rest):
            earliest = max(release, self._release[task], self._schedule.release(task))
            start = self._schedule.earliest(task, earliest)
            if start is not None:
                first.append((task, start))
        return first

    def _choices(self, first: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        """The starts worth a try: the first one of each task, and its kept one."""
        keep = self._keep
        for task, start in first:
            yield start, task
            if keep is not None and keep[task] > start and self._schedule.allows(task, keep[task]):
                yield keep[task], task
