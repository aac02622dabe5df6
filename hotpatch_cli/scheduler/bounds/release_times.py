"""Release times: how early a task can start, and how late it may, by windows and gates.

Both are propagated, release times forward and last starts backwards.
"""

from collections.abc import Sequence
from typing import NamedTuple

from hotpatch_cli.scheduler.slot_model import NEVER, SlotModel

MANY = 100
"""A gate with this many tasks behind it is driven by its target alone, and this many users of a
limit are no queue.

With more, single late tasks drag whole rings forward; with less, a chain of groups is not seen.
"""


class ReleaseTimes(NamedTuple):
    """No plan that places all live tasks starts a task, or opens a gate, earlier (in slots)."""

    start: tuple[int, ...]
    gate: tuple[int, ...]


def release_times(model: SlotModel) -> ReleaseTimes:
    """Propagate windows, gates, and the room that limits offer to what ends before a gate."""
    start = [NEVER] * len(model.duration)
    gates = [0] * len(model.gates)
    closed = [len(gate.before) for gate in model.gates]
    for task in model.live:
        release = max((gates[gate] for gate in model.waits[task]), default=0)
        start[task] = first_fit(model, task, release)
        for number in model.opens[task]:
            closed[number] -= 1
            if not closed[number]:
                gates[number] = _gate_release(model, number, start)
    return ReleaseTimes(tuple(start), tuple(gates))


def first_fit(model: SlotModel, task: int, release: int) -> int:
    """The first start from `release` on by the task's own windows alone."""
    duration = model.duration[task]
    for opens, closes in model.windows[task]:
        start = max(opens, release)
        if start + duration <= closes:
            return start
    return NEVER


def last_fit(model: SlotModel, task: int, limit: int) -> int:
    """The last start that ends by `limit`, by the task's own windows alone; negative if none."""
    duration = model.duration[task]
    for opens, closes in reversed(model.windows[task]):
        start = min(closes, limit) - duration
        if start >= opens:
            return start
    return -1


def last_starts(model: SlotModel, targets: Sequence[int]) -> list[int]:
    """Each task's last start if every gate is to open by its target, propagated backwards."""
    last = [0] * len(model.duration)
    for task in reversed(model.live):
        limit = NEVER
        for number in model.opens[task]:
            gate = model.gates[number]
            limit = min(limit, targets[number] - gate.lag)
            if len(gate.after) < MANY:
                limit = min(limit, min(last[waiting] for waiting in gate.after) - gate.lag)
        last[task] = last_fit(model, task, limit)
    return last


def urgency(model: SlotModel, last: Sequence[int]) -> list[float]:
    """The last starts, less the time that the others of a task's own queue need after it."""
    work: dict[tuple[int, int], list[int]] = {}
    for task in model.live:
        for limit, units, hold in model.uses[task]:
            work.setdefault((limit, id(model.windows[task])), []).append(units * hold)
    urgent = [float(start) for start in last]
    for task in model.live:
        for limit, units, hold in model.uses[task]:
            queue = work[limit, id(model.windows[task])]
            if len(queue) < MANY:
                rest = (sum(queue) - units * hold) / model.capacity[limit]
                urgent[task] = min(urgent[task], last[task] - rest)
    return urgent


def _gate_release(model: SlotModel, number: int, start: Sequence[int]) -> int:
    """When a gate can open: the tasks before it are over, and each limit had room for them."""
    gate = model.gates[number]
    release = max(start[task] + model.duration[task] for task in gate.before)
    users: dict[int, list[tuple[int, int, int]]] = {}
    for task in gate.before:
        for limit, units, hold in model.uses[task]:
            users.setdefault(limit, []).append((task, units, hold))
    for limit, uses in users.items():
        release = max(release, _earliest_end(model, start, model.capacity[limit], uses))
    return release + gate.lag


def _earliest_end(
    model: SlotModel, start: Sequence[int], capacity: int, uses: list[tuple[int, int, int]]
) -> int:
    """When the users of one limit can all be over, if their work could be cut as one likes.

    The work is poured into the slots in which any of them may run.
    """
    work = sum(units * hold for _, units, hold in uses)
    settle = max(hold - model.duration[task] for task, _, hold in uses)
    first = min(start[task] for task, _, _ in uses)
    intervals = []
    for windows in {model.windows[task] for task, _, _ in uses}:
        intervals += [(max(opens, first), closes + settle) for opens, closes in windows]
    reached = 0
    for opens, closes in sorted(intervals):
        begin = max(opens, reached)
        if closes <= begin:
            continue
        if capacity * (closes - begin) >= work:
            return begin + -(-work // capacity) - settle
        work -= capacity * (closes - begin)
        reached = closes
    return NEVER
