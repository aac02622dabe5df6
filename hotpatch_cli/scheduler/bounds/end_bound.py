"""Bounds on the end: no plan that places all live tasks of a model ends earlier.

They are destructive: assume that all is over by some slot, and look for what contradicts it. A task
would have to start later than it may, or the tasks of a limit need more of it, between two slots,
than it offers there. The least end that nothing contradicts is the bound.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from hotpatch_cli.scheduler.bounds.release_times import ReleaseTimes, last_fit
from hotpatch_cli.scheduler.slot_model import NEVER, SlotInterval, SlotModel

MOST_BEGINNINGS = 60
"""Slots from which the energy of a limit is counted: with more of them the bound of a large model
takes longer, with fewer it misses the tightest interval.
"""


class Occupation(NamedTuple):
    """How some `tasks` take a limit: `units` for `hold` slots, starting in [release, last]."""

    release: int
    last: int
    hold: int
    units: int
    tasks: int


class EndBound:
    """Answers whether a model can be over by a slot."""

    def __init__(self, model: SlotModel, release: ReleaseTimes) -> None:
        self._model, self._release = model, release.start
        self._users: list[list[tuple[int, int, int]]] = [[] for _ in model.capacity]
        for task in model.live:
            for limit, units, hold in model.uses[task]:
                self._users[limit].append((task, units, hold))
        self._rooms = [_Room(model, users) for users in self._users]

    def least(self, upper: int) -> int:
        """The least end that nothing contradicts, at most `upper`, by halving what is between."""
        model, release = self._model, self._release
        low = max((release[task] + model.duration[task] for task in model.live), default=0)
        while low < upper:
            middle = (low + upper) // 2
            if self.contradicts(middle):
                low = middle + 1
            else:
                upper = middle
        return min(low, upper)

    def contradicts(self, end: int) -> bool:
        """Whether it is proven that no plan of all tasks is over by `end`."""
        last = latest_starts(self._model, end)
        if any(last[task] < self._release[task] for task in self._model.live):
            return True
        return any(
            _overloads(capacity, room, self._occupations(users, last))
            for capacity, room, users in zip(
                self._model.capacity, self._rooms, self._users, strict=True
            )
        )

    def _occupations(
        self, users: list[tuple[int, int, int]], last: Sequence[int]
    ) -> list[Occupation]:
        counts: dict[tuple[int, int, int, int], int] = {}
        for task, units, hold in users:
            key = (self._release[task], last[task], hold, units)
            counts[key] = counts.get(key, 0) + 1
        return [Occupation(*key, count) for key, count in counts.items()]


def latest_starts(model: SlotModel, end: int) -> list[int]:
    """The last start of each task in plans of all tasks that are over by `end`; negative if none.

    Unlike `last_starts`, which sets targets for a search, this leaves out no gate.
    """
    last = [NEVER] * len(model.duration)
    closing: list[int | None] = [None] * len(model.gates)
    for task in reversed(model.live):
        limit = end
        for number in model.opens[task]:
            closes = closing[number]
            if closes is None:
                gate = model.gates[number]
                # All tasks behind a gate come later in `live`: they have their last starts here.
                closes = closing[number] = min(last[after] for after in gate.after) - gate.lag
            limit = min(limit, closes)
        last[task] = last_fit(model, task, limit)
    return last


class _Room:
    """The slots, counted up to any slot, in which the users of one limit may occupy it."""

    def __init__(self, model: SlotModel, users: list[tuple[int, int, int]]) -> None:
        intervals = set[SlotInterval]()
        for windows, settle in {
            (model.windows[task], hold - model.duration[task]) for task, _, hold in users
        }:
            intervals.update((opens, closes + settle) for opens, closes in windows)
        self.begins: list[int] = []
        self._ends: list[int] = []
        for opens, closes in sorted(intervals):
            if self._ends and opens <= self._ends[-1]:
                self._ends[-1] = max(self._ends[-1], closes)
            else:
                self.begins.append(opens)
                self._ends.append(closes)
        lengths = (end - begin for begin, end in zip(self.begins, self._ends, strict=True))
        self._before = [0, *accumulate(lengths)]

    def until(self, slot: int) -> int:
        """How many of them are before a slot."""
        number = bisect_right(self.begins, slot) - 1
        if number < 0:
            return 0
        return self._before[number] + min(slot, self._ends[number]) - self.begins[number]


def _overloads(capacity: int, room: _Room, occupations: list[Occupation]) -> bool:
    """Whether tasks must use more of a limit between two slots than it has there."""
    beginnings = sorted({occupation.release for occupation in occupations})
    beginnings = beginnings[:: -(-len(beginnings) // MOST_BEGINNINGS) or 1]
    return any(_overloads_from(begin, capacity, room, occupations) for begin in beginnings)


def _overloads_from(begin: int, capacity: int, room: _Room, occupations: list[Occupation]) -> bool:
    """The same, between `begin` and any slot.

    What a task must do by a slot is the least of all its starts, and that is at the first or the
    last one. It rises from the last start, slot by slot, up to what the first start leaves.
    """
    slopes: dict[int, int] = {}
    for release, last, hold, units, tasks in occupations:
        most = min(hold, release + hold - begin)
        if most > 0:
            rises = max(last, begin)
            slopes[rises] = slopes.get(rises, 0) + units * tasks
            slopes[rises + most] = slopes.get(rises + most, 0) - units * tasks
    for opens in room.begins:
        if opens > begin:
            slopes.setdefault(opens, 0)
    needed = slope = 0
    before, offered = begin, room.until(begin)
    for slot, change in sorted(slopes.items()):
        needed += slope * (slot - before)
        if needed > capacity * (room.until(slot) - offered):
            return True
        before, slope = slot, slope + change
    return False
