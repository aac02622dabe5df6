"""Why a restart is at its time: its first opening, a pin, the soak time of a ring, a group
before it, or a limit.
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from hotpatch_cli.planning.prepare import PlanningInput
from hotpatch_cli.planning.window_slots import MINUTE, MinuteInterval
from hotpatch_cli.schedule.durations import duration_text
from hotpatch_cli.scheduler import SchedulingProblem, Task


def start_reasons(prepared: PlanningInput, starts: Sequence[int | None]) -> tuple[str, ...]:
    """For each task in words what decides its start; empty for one that is not scheduled."""
    problem = prepared.problem
    ends = _last_ends(problem, starts)
    texts = []
    for task, start in zip(problem.tasks, starts, strict=True):
        if start is None:
            texts.append("")
        elif task.pinned is not None:
            texts.append("pinned to this time")
        elif start == _first_fit(task, 0):
            texts.append("first opening")
        else:
            texts.append(_wait(problem, task, start, ends))
    return tuple(texts)


class _LastEnds(NamedTuple):
    """When the last restart of a ring, of a group, ends; and the ring before each ring."""

    rings: dict[int, int]
    groups: dict[int, int]
    ring_before: dict[int, int]


def _last_ends(problem: SchedulingProblem, starts: Sequence[int | None]) -> _LastEnds:
    rings: dict[int, int] = {}
    groups: dict[int, int] = {}
    for task, start in zip(problem.tasks, starts, strict=True):
        if start is None:
            continue
        end = start + task.duration
        if task.ring is not None:
            rings[task.ring] = max(rings.get(task.ring, end), end)
        for group in task.groups:
            groups[group] = max(groups.get(group, end), end)
    before = {then: first for first, then in problem.ring_steps()}
    return _LastEnds(rings, groups, before)


def _wait(problem: SchedulingProblem, task: Task, start: int, ends: _LastEnds) -> str:
    """The last predecessor after which the start is the first that fits; otherwise its limits."""
    # (minute from which the task may start, words): the latest of them decides.
    earliest: list[tuple[int, str]] = []
    before = None if task.ring is None else ends.ring_before.get(task.ring)
    if before is not None and before in ends.rings:
        ring = problem.rings[before]
        soak = f"{duration_text(ring.soak * MINUTE)} " if ring.soak else ""
        earliest.append((ends.rings[before] + ring.soak, f"{soak}after the ring {ring.name}"))
    for group in task.groups:
        for earlier in problem.groups[group].after:
            if earlier in ends.groups:
                words = f"after the group {problem.groups[earlier].name}"
                earliest.append((ends.groups[earlier], words))
    minute, words = max(earliest, default=(0, ""))
    if words and _first_fit(task, minute) == start:
        return words
    limits = [f"the group {problem.groups[group].name}" for group in task.groups]
    limits += [
        f"the limit on {problem.resources[resource].name}"
        for resource in dict.fromkeys(task.resources)
    ]
    return f"limited by {' and '.join(limits)}" if limits else "chosen by the search"


def _first_fit(task: Task, minute: int) -> int | None:
    """The first start at a minute or later that fits into one opening of the task."""
    place = max(bisect_right(task.windows, minute, key=_opens) - 1, 0)
    for opens, closes in task.windows[place:]:
        start = max(opens, minute)
        if start + task.duration <= closes:
            return start
    return None


def _opens(interval: MinuteInterval) -> int:
    return interval[0]
