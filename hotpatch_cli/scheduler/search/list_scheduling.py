"""List scheduling: take the tasks by priority, give each its first possible start."""

from collections.abc import Sequence
from heapq import heapify, heappop, heappush
from typing import Any

from hotpatch_cli.scheduler.search.partial_schedule import PartialSchedule
from hotpatch_cli.scheduler.slot_model import NOWHERE, SlotModel

Priority = Sequence[Any]
"""One value a task, all of one comparable type."""


def list_schedule(
    model: SlotModel, priority: Priority, keep: Sequence[int] | None = None
) -> PartialSchedule:
    """Place all tasks that have room, smallest priority first among those whose gates are open.

    `keep` has starts of an older plan: a task goes there if possible, otherwise elsewhere.
    """
    schedule = PartialSchedule(model)
    closed = [len(gate.before) for gate in model.gates]
    pending = [-1] * len(model.waits)  # never reaches 0 for a task that is not live
    for task in model.live:
        pending[task] = len(model.waits[task])
    ready = [(priority[task], task) for task in model.live if not pending[task]]
    heapify(ready)
    while ready:
        _, task = heappop(ready)
        start = _first_start(schedule, task, keep)
        if start is None:
            continue
        schedule.place(task, start)
        for gate in model.opens[task]:
            closed[gate] -= 1
            if not closed[gate]:
                for waiting in model.gates[gate].after:
                    pending[waiting] -= 1
                    if not pending[waiting]:
                        heappush(ready, (priority[waiting], waiting))
    return schedule


def _first_start(
    schedule: PartialSchedule, task: int, keep: Sequence[int] | None = None
) -> int | None:
    """The kept start of a task if it is still possible, otherwise the earliest one."""
    release = schedule.release(task)
    if keep is not None and keep[task] >= release and schedule.allows(task, keep[task]):
        return keep[task]
    return schedule.earliest(task, release)


def left_shift(schedule: PartialSchedule) -> None:
    """Start every task as early as the others leave room, soonest first; no task gets later."""
    for task in sorted(schedule.model.live, key=lambda task: schedule.starts[task]):
        start = schedule.starts[task]
        if start == NOWHERE:
            continue
        end = start + schedule.model.duration[task]
        schedule.remove(task)
        sooner = schedule.earliest(task, schedule.release(task), end)
        schedule.place(task, start if sooner is None else sooner)


def right_shift(schedule: PartialSchedule, end: int) -> None:
    """Start every task as late as the others leave room, the last first; none ends after `end`."""
    model = schedule.model
    ends = [start + length for start, length in zip(schedule.starts, model.duration, strict=True)]
    for task in sorted(model.live, key=lambda task: -ends[task]):
        start = schedule.starts[task]
        if start == NOWHERE:
            continue
        schedule.remove(task)
        later = schedule.latest(task, start, min(end, schedule.limit(task)))
        schedule.place(task, start if later is None else later)
