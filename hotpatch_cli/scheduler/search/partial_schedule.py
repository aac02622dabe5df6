"""A partial schedule: place a task, remove it again, find its first or last possible start."""

from hotpatch_cli.scheduler.resource_profile import ResourceProfile, spread
from hotpatch_cli.scheduler.slot_model import NEVER, NOWHERE, SlotModel, Use


class PartialSchedule:
    """The start of each task of a model (`starts`, in slots, NOWHERE if it isn't scheduled).

    It has the usage of each limit by the scheduled tasks, and the times of their gates.
    """

    __slots__ = ("_closes", "_missing", "_opens", "_profiles", "model", "starts")

    def __init__(self, model: SlotModel) -> None:
        self.model = model
        self.starts = [NOWHERE] * len(model.duration)
        self._profiles = [ResourceProfile(capacity) for capacity in model.capacity]
        self._opens: list[int | None] = [0] * len(model.gates)
        self._closes: list[int | None] = [NEVER] * len(model.gates)
        self._missing = [len(gate.before) for gate in model.gates]

    def place(self, task: int, start: int) -> None:
        """Give a task a start that `earliest` or `latest` returned."""
        model = self.model
        self.starts[task] = start
        for limit, units, hold in model.uses[task]:
            self._profiles[limit].take(units, start, hold)
        for gate in model.opens[task]:
            self._missing[gate] -= 1
            opens = self._opens[gate]
            if opens is not None:
                self._opens[gate] = max(opens, start + model.duration[task] + model.gates[gate].lag)
        for gate in model.waits[task]:
            closes = self._closes[gate]
            if closes is not None:
                self._closes[gate] = min(closes, start - model.gates[gate].lag)

    def remove(self, task: int) -> None:
        """Remove a scheduled task."""
        model, start = self.model, self.starts[task]
        self.starts[task] = NOWHERE
        for limit, units, hold in model.uses[task]:
            self._profiles[limit].give(units, start, hold)
        for gate in model.opens[task]:
            self._missing[gate] += 1
            if self._opens[gate] == start + model.duration[task] + model.gates[gate].lag:
                self._opens[gate] = None  # it may have been the last one: look again when asked
        for gate in model.waits[task]:
            if self._closes[gate] == start - model.gates[gate].lag:
                self._closes[gate] = None

    def may_start(self, task: int) -> bool:
        """Whether all tasks that it depends on are scheduled."""
        return not any(self._missing[gate] for gate in self.model.waits[task])

    def release(self, task: int) -> int:
        """The first slot that the gates allow, by the scheduled tasks."""
        return max((self._opening(gate) for gate in self.model.waits[task]), default=0)

    def limit(self, task: int) -> int:
        """The last slot at which it may end, by the scheduled tasks that depend on it."""
        return min((self._closing(gate) for gate in self.model.opens[task]), default=NEVER)

    def earliest(self, task: int, release: int = 0, limit: int = NEVER) -> int | None:
        """The first start from `release` on that keeps windows and limits and ends by `limit`."""
        duration = self.model.duration[task]
        for opens, closes in self.model.windows[task]:
            start = max(opens, release)
            width = min(closes, limit) - duration - start + 1
            if width > 0:
                free = self._free(task, start, width)
                if free:
                    return start + (free & -free).bit_length() - 1
            elif opens >= limit:
                break
        return None

    def allows(self, task: int, start: int) -> bool:
        """Whether windows and limits have room for a task at exactly this start."""
        return self.earliest(task, start, start + self.model.duration[task]) == start

    def first_busy(self, use: Use, start: int) -> int | None:
        """The first slot from `start` on in which a limit has no room for a use from there on."""
        busy = self._profiles[use.limit].busy(use.units, start, use.hold)
        return start + (busy & -busy).bit_length() - 1 if busy else None

    def _free(self, task: int, start: int, width: int) -> int:
        """The possible starts of [start, start + width) as bits, by limits alone."""
        blocked = 0
        for limit, units, hold in self.model.uses[task]:
            busy = self._profiles[limit].busy(units, start, width + hold - 1)
            if busy:
                blocked |= spread(busy, hold)
        return ~blocked & ((1 << width) - 1)

    def _opening(self, gate: int) -> int:
        opens = self._opens[gate]
        if opens is None:
            before, _, lag = self.model.gates[gate]
            starts, duration = self.starts, self.model.duration
            ends = (starts[task] + duration[task] + lag for task in before if starts[task] >= 0)
            opens = self._opens[gate] = max(ends, default=0)
        return opens

    def _closing(self, gate: int) -> int:
        closes = self._closes[gate]
        if closes is None:
            _, after, lag = self.model.gates[gate]
            starts = (self.starts[task] - lag for task in after if self.starts[task] >= 0)
            closes = self._closes[gate] = min(starts, default=NEVER)
        return closes
