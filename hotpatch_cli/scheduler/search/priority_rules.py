"""Priority rules for list scheduling, and repairs of a plan that left tasks out."""

from collections.abc import Iterable, Sequence
from itertools import chain
from random import Random

from hotpatch_cli.scheduler.bounds.release_times import MANY, ReleaseTimes, last_starts, urgency
from hotpatch_cli.scheduler.search.list_scheduling import Priority
from hotpatch_cli.scheduler.slot_model import NEVER, SlotModel

LARGE = 20_000
"""Models with more tasks get fewer rules: as soon as one fails, a repair follows.

With less, large fleets lose a better first plan; with more, they wait long for one.
"""
MOST_REPAIRS = 8
"""Repairs of a first plan: with more, infeasible problems take longer; with less, tasks stay out.
"""


class PriorityRules:
    """Orders for list scheduling: first some rules, then repairs that put late tasks first."""

    def __init__(self, model: SlotModel, release: ReleaseTimes) -> None:
        self._model, self._release = model, release.start
        self._last = last_starts(model, release.gate)
        self._urgent = urgency(model, self._last)
        # Only gates of whole rings have a target of their own: those of groups follow from them.
        targets = [
            opens if len(gate.after) >= MANY else NEVER
            for opens, gate in zip(release.gate, model.gates, strict=True)
        ]
        self._due = last_starts(model, targets)
        self._repairs = [0] * len(self._last)
        self._rank: list[float] = list(self._urgent)
        self._random = Random(len(self._last))  # noqa: S311 - the same orders every time are the point
        self._users: list[list[int]] = []
        self.large = len(self._last) > LARGE

    def orders(self) -> list[Priority]:
        """Orders worth a try, in the order of their promise."""
        model = self._model
        dense = density(model)
        urgent = list(zip(self._urgent, dense, strict=True))
        ranks = zip(self._last, dense, model.opens, strict=True)
        gated = [(last if opens else NEVER, rank) for last, rank, opens in ranks]
        if self.large:
            return [gated, urgent] if model.gates else [dense, urgent]
        return [gated, list(zip(self._release, dense, strict=True)), dense, urgent]

    def repaired(self, starts: Sequence[int]) -> Priority:
        """An order with the tasks first that a plan had too late for a gate, or not at all.

        Whole queues come sooner with such tasks, else they would only change places with their own
        kind: the longest first, which packs well, and if that was not enough in a random order.
        """
        live = self._model.live
        late = [task for task in live if starts[task] > self._due[task]]
        late = late or [task for task in live if starts[task] < 0]
        for task in sorted(self._with_queues(late)):
            if self._repairs[task]:
                self._rank[task] = self._random.random()
            else:
                self._rank[task] = -self._model.duration[task]
            self._repairs[task] -= 1
        return list(zip(self._repairs, self._rank, strict=True))

    def by_prices(self, wanted: Sequence[float]) -> Priority:
        """An order by the best starts of prices; the tasks before a gate must be on time."""
        ranks = zip(self._model.opens, self._urgent, wanted, strict=True)
        return [(min(late, start) if opens else start, start) for opens, late, start in ranks]

    def _with_queues(self, tasks: Iterable[int]) -> set[int]:
        """Tasks, all that share a small limit with one of them, and all that one depends on."""
        model, users = self._model, self._limit_users()
        reached = set(tasks)
        queue = sorted(reached)
        for task in queue:  # grows while it is read
            sharing = (users[use.limit] for use in model.uses[task])
            before = (model.gates[gate].before for gate in model.waits[task])
            for others in chain(sharing, before):
                if len(others) >= MANY:
                    continue
                for other in others:
                    if other not in reached:
                        reached.add(other)
                        queue.append(other)
        return reached

    def _limit_users(self) -> list[list[int]]:
        if not self._users:
            self._users = [[] for _ in self._model.capacity]
            for task in self._model.live:
                for use in self._model.uses[task]:
                    self._users[use.limit].append(task)
        return self._users


def density(model: SlotModel) -> list[float]:
    """How little each slot of a task's longest hold is worth: heavy and short tasks come first."""
    return [
        -weight / max((use.hold for use in uses), default=1)
        for weight, uses in zip(model.weight, model.uses, strict=True)
    ]
