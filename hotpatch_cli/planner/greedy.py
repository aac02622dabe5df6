"""List scheduling: take the tasks by priority, give each its first possible start."""

from collections.abc import Callable, Sequence
from heapq import heapify, heappop, heappush

from hotpatch_cli.planner.board import Board
from hotpatch_cli.planner.model import Model

Priority = Sequence[float]


def list_schedule(model: Model, priority: Priority, keep: Sequence[int] | None = None) -> Board:
    """Place all tasks that have room, smallest priority first among those whose gates are open.

    `keep` holds starts of an older plan: a task goes there if it can, elsewhere if it must.
    """
    board = Board(model)
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


def put(board: Board, task: int, keep: Sequence[int] | None = None) -> bool:
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
