"""List scheduling: take the tasks by priority, give each its first possible start."""

from collections.abc import Sequence
from heapq import heapify, heappop, heappush
from typing import Any

from hotpatch_cli.scheduler.search.partial_schedule import PartialSchedule
from hotpatch_cli.scheduler.slot_model import SlotModel

Priority = Sequence[Any]
"""One value a task, all of one comparable type."""


def list_schedule(
    model: SlotModel, priority: Priority, keep: Sequence[int] | None = None
) -> PartialSchedule:
    """Place all tasks that have room, smallest priority first among those whose gates are open.

    `keep` holds starts of an older plan: a task goes there if it can, elsewhere if it must.
    """
    board = PartialSchedule(model)
    closed = [len(gate.before) for gate in model.gates]
    pending = [-1] * len(model.waits)  # never reaches 0 for a task that is not live
    for task in model.live:
        pending[task] = len(model.waits[task])
    ready = [(priority[task], task) for task in model.live if not pending[task]]
    heapify(ready)
    while ready:
        _, task = heappop(ready)
        if not put(board, task, keep):
            continue
        for gate in model.opens[task]:
            closed[gate] -= 1
            if not closed[gate]:
                for waiting in model.gates[gate].after:
                    pending[waiting] -= 1
                    if not pending[waiting]:
                        heappush(ready, (priority[waiting], waiting))
    return board


def put(board: PartialSchedule, task: int, keep: Sequence[int] | None = None) -> bool:
    """Place one task where it stood before or as early as it goes; False if there is no room."""
    release = board.release(task)
    if keep is not None and keep[task] >= release and board.allows(task, keep[task]):
        start: int | None = keep[task]
    else:
        start = board.earliest(task, release)
    if start is None:
        return False
    board.place(task, start)
    return True


def left_shift(board: PartialSchedule) -> None:
    """Start every task as early as the others leave room, soonest first; nothing gets worse by it."""
    for task in sorted(board.model.live, key=lambda task: board.starts[task]):
        start = board.starts[task]
        if start >= 0:
            board.remove(task)
            sooner = board.earliest(task, board.release(task), start + board.model.duration[task])
            board.place(task, start if sooner is None else sooner)
