"""Why a restart is when it is: its first opening, a pin, a ring that soaks, a group that is waited
for, or its turn.
"""

from bisect import bisect_right
from collections.abc import Sequence

from hotpatch_cli.planning.prepare import PlanningInput
from hotpatch_cli.planning.window_slots import MINUTE
from hotpatch_cli.schedule.durations import duration_text
from hotpatch_cli.scheduler.problem import Interval, SchedulingProblem, Task


def reasons_why(prepared: PlanningInput, starts: Sequence[int | None]) -> tuple[str, ...]:
    """For each task in words what its start waits for; empty for one that is not placed."""
    problem = prepared.problem
    ring_end, group_end = _last_ends(problem, starts)
    used = sorted({task.ring for task in problem.tasks if task.ring is not None})
    before = dict(zip(used[1:], used, strict=False))
    told = []
    for task, start in zip(problem.tasks, starts, strict=True):
        if start is None:
            told.append("")
        elif task.pinned is not None:
            told.append("pinned to this time")
        elif start == _first_fit(task, 0):
            told.append("first opening")
        else:
            told.append(
                _waits(
                    problem,
                    task,
                    start,
                    ring_end,
                    group_end,
                    before.get(-1 if task.ring is None else task.ring),
                )
            )
    return tuple(told)


def _last_ends(
    problem: SchedulingProblem, starts: Sequence[int | None]
) -> tuple[dict[int, int], dict[int, int]]:
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
    return rings, groups


def _waits(  # noqa: PLR0917  the state of one walk
    problem: SchedulingProblem,
    task: Task,
    start: int,
    ring_end: dict[int, int],
    group_end: dict[int, int],
    ring_before: int | None,
) -> str:
    """The last gate after which the start is the first that fits; otherwise it waits for its turn."""
    gates = []
    if ring_before is not None and ring_before in ring_end:
        ring = problem.rings[ring_before]
        soak = f" and {duration_text(ring.soak * MINUTE)} have passed" if ring.soak else ""
        gates.append(
            (ring_end[ring_before] + ring.soak, f"after the ring {ring.name} is done{soak}")
        )
    for group in task.groups:
        first = [earlier for earlier in problem.groups[group].after if earlier in group_end]
        gates += [
            (group_end[each], f"after the group {problem.groups[each].name} is done")
            for each in first
        ]
    moment, words = max(gates, default=(0, ""))
    if words and _first_fit(task, moment) == start:
        return words
    limits = [f"the group {problem.groups[group].name}" for group in task.groups]
    limits += [
        f"the limit on {problem.resources[each].name}" for each in dict.fromkeys(task.resources)
    ]
    return f"its turn under {' and '.join(limits)}" if limits else "where the search put it"


def _first_fit(task: Task, moment: int) -> int | None:
    place = max(bisect_right(task.windows, moment, key=_opens) - 1, 0)
    for opens, closes in task.windows[place:]:
        start = max(opens, moment)
        if start + task.duration <= closes:
            return start
    return None


def _opens(interval: Interval) -> int:
    return interval[0]
