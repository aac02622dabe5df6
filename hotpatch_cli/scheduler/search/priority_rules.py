"""What a fast start tries: orders in which tasks are taken, and who must come sooner after a
failure.
"""

from collections.abc import Iterable, Sequence
from itertools import chain
from random import Random

from hotpatch_cli.scheduler.bounds.release_times import SMALL, ReleaseTimes, last_starts, urgency
from hotpatch_cli.scheduler.search.list_scheduling import Priority
from hotpatch_cli.scheduler.search.partial_schedule import NEVER
from hotpatch_cli.scheduler.slot_model import SlotModel

LARGE = 20_000
"""Models with more tasks get fewer tries at a start: as soon as one fails, the next mends it."""
TURNS = 8
"""So often those who came too late are put first."""


class PriorityRules:
    """Orders for list scheduling: first some rules, then each time those who were too late go
    first.
    """

    def __init__(self, model: SlotModel, known: ReleaseTimes) -> None:
        self._model, self._head = model, known.start
        self._last = last_starts(model, known.gate)
        self._urgent = urgency(model, self._last)
        stages = [
            opens if len(gate.after) >= SMALL else NEVER
            for opens, gate in zip(known.gate, model.gates, strict=True)
        ]
        self._due = last_starts(model, stages)
        self._bumped = [0] * len(self._last)
        self._rank: list[float] = list(self._urgent)
        self._random = Random(len(self._last))  # noqa: S311 - the same orders every time are the point
        self._users: list[list[int]] = []
        self.large = len(self._last) > LARGE

    def rules(self) -> list[Priority]:
        """Orders worth a try, in the order of their promise."""
        model = self._model
        dense = density(model)
        urgent = list(zip(self._urgent, dense, strict=True))
        ranks = zip(self._last, dense, model.opens, strict=True)
        gated = [(late if opens else NEVER, rank) for late, rank, opens in ranks]
        if self.large:
            return [gated, urgent] if model.gates else [dense, urgent]
        return [gated, list(zip(self._head, dense, strict=True)), dense, urgent]

    def again(self, starts: Sequence[int]) -> Priority:
        """An order that puts first who came too late for a gate in a failed plan, or was left out
        of it.

        Their whole queues come sooner with them, else they only change places with their own kind:
        the longest first, which packs well, and if that was not enough in a random order.
        """
        live = self._model.live
        late = [task for task in live if starts[task] > self._due[task]]
        for task in sorted(self._company(late or [task for task in live if starts[task] < 0])):
            self._rank[task] = (
                self._random.random() if self._bumped[task] else -self._model.duration[task]
            )
            self._bumped[task] -= 1
        return list(zip(self._bumped, self._rank, strict=True))

    def by_prices(self, wanted: Sequence[float]) -> Priority:
        """An order by the starts that prices ask for; who holds a gate closed is not to be late for
        it.
        """
        ranks = zip(self._model.opens, self._urgent, wanted, strict=True)
        return [(min(late, start) if opens else start, start) for opens, late, start in ranks]

    def _company(self, tasks: Iterable[int]) -> set[int]:
        """Tasks, and all that share a small limit with one of them or that one of them waits for."""
        model, users = self._model, self._queues()
        found = set(tasks)
        todo = sorted(found)
        for task in todo:  # grows while it is read
            queues = (users[use.limit] for use in model.uses[task])
            crowds = (model.gates[gate].before for gate in model.waits[task])
            for other in chain.from_iterable(
                crowd for crowd in chain(queues, crowds) if len(crowd) < SMALL
            ):
                if other not in found:
                    found.add(other)
                    todo.append(other)
        return found

    def _queues(self) -> list[list[int]]:
        if not self._users:
            self._users = [[] for _ in self._model.capacity]
            for task in self._model.live:
                for use in self._model.uses[task]:
                    self._users[use.limit].append(task)
        return self._users


def density(model: SlotModel) -> list[float]:
    """How little each slot of a task's longest hold is worth: the heavy and short ones come first."""
    return [
        -weight / max((use.hold for use in uses), default=1)
        for weight, uses in zip(model.weight, model.uses, strict=True)
    ]
