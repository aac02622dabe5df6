"""The plan of the restarts that remain: what can stay keeps its time, and what is done counts for
the soak and settle times of the rest.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from hotpatch_cli.eligibility.verdict import Judge
from hotpatch_cli.model import Fleet
from hotpatch_cli.planning.plan import Plan, plan_from, violations
from hotpatch_cli.planning.plan_record import PlannedRestart
from hotpatch_cli.planning.prepare import PlanningInput, PlanRequest, prepare
from hotpatch_cli.planning.progress import Progress
from hotpatch_cli.planning.restart_state import UNNEEDED, MachineProgress
from hotpatch_cli.planning.window_slots import MINUTE, MinuteInterval, whole_minutes
from hotpatch_cli.schedule.patch_tuesday import release_moment
from hotpatch_cli.scheduler import SchedulingProblem, Task, solve


class RemainingPlan(NamedTuple):
    """The plan, its request, the earlier starts of its restarts, and the restarts that are done."""

    plan: Plan
    wish: PlanRequest
    starts: Mapping[str, datetime]
    done: tuple[PlannedRestart, ...]


def remaining_plan(
    fleet: Fleet,
    judge: Judge,
    progress: Progress,
    *,
    limits: PlanRequest,
    time_limit: float | None = None,
) -> RemainingPlan:
    """A plan of the restarts that aren't done, from the moment of the progress on.

    `limits` has the last day or the deadline to use instead of the plan's. Raises ValueError where
    no baseline is due.
    """
    wish = _wish(progress, limits)
    prepared = prepare(fleet, judge, wish)
    states = {row.name: row for row in progress.machines}
    rows = [states.get(machine.label) for machine in prepared.machines]
    at = whole_minutes(prepared.release, progress.at)
    not_before = _earliest_starts(fleet, progress, prepared)
    cut = _WindowCut()
    tasks, keep = [], list[int | None]()
    for task, row in zip(prepared.problem.tasks, rows, strict=True):
        start, running = _kept_start(task, row, prepared, at)
        windows = (
            ((start, start + task.duration),)
            if running and start is not None
            else cut.after(task.windows, max(at, not_before.get(task.ring, at)))
        )
        tasks.append(task._replace(windows=windows))
        keep.append(start)
    settling = _settling(prepared, progress, at)
    problem = prepared.problem._replace(tasks=(*tasks, *settling))
    kept = (*keep, *(task.pinned for task in settling))
    result = solve(problem, time_limit=time_limit, keep=kept)
    count = len(tasks)
    result = result._replace(
        starts=result.starts[:count], moved=tuple(task for task in result.moved if task < count)
    )
    found = plan_from(prepared._replace(problem=problem._replace(tasks=tuple(tasks))), result)
    starts = {reboot.machine.label: reboot.start for reboot in found.reboots}
    if broken := violations(prepared, starts):
        raise AssertionError(f"the plan of the rest breaks a rule: {broken[0].text}")
    needed = {machine.label for machine in prepared.machines}
    before = {row.name: row.start for row in progress.machines if row.start and row.name in needed}
    return RemainingPlan(found, wish, before, tuple(_done(progress)))


def _wish(progress: Progress, limits: PlanRequest) -> PlanRequest:
    """The request of the plan, with the limits that are asked for now."""
    wish, release = progress.record.wish, progress.record.release
    if limits.until is not None or limits.deadline is not None:
        wish = wish._replace(until=limits.until, deadline=limits.deadline)
    begin = wish.begin or release_moment(release)
    return wish._replace(month=(release.year, release.month), begin=begin)


def _kept_start(
    task: Task, row: MachineProgress | None, prepared: PlanningInput, at: int
) -> tuple[int | None, bool]:
    """The planned start that a restart should keep, and whether it's in progress by the plan."""
    if row is None or row.state != "due" or row.start is None:
        return None, False
    start = (row.start.astimezone(UTC) - prepared.release) // MINUTE
    running = start < at
    if running and not _holds(task.windows, start, task.duration):
        return None, False
    return start, running


def _holds(windows: Iterable[MinuteInterval], start: int, length: int) -> bool:
    return any(opens <= start and start + length <= closes for opens, closes in windows)


class _WindowCut:
    """Windows from a minute on; tasks that share windows share what is left of them."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], tuple[MinuteInterval, ...]] = {}

    def after(self, windows: tuple[MinuteInterval, ...], minute: int) -> tuple[MinuteInterval, ...]:
        """The parts of windows from a minute on."""
        key = id(windows), minute
        if key not in self._known:
            self._known[key] = tuple(
                (max(opens, minute), closes) for opens, closes in windows if closes > minute
            )
        return self._known[key]


def _earliest_starts(
    fleet: Fleet, progress: Progress, prepared: PlanningInput
) -> dict[int | None, int]:
    """For each ring by its number the first minute that the soak time of the restarts before it
    that are done allows.
    """
    numbers = {ring.name: number for number, ring in enumerate(fleet.rings)}
    used: dict[int, int | None] = {}
    for row in progress.machines:
        if row.state in UNNEEDED or row.ring not in numbers:
            continue
        number = numbers[row.ring]
        end = used.get(number)
        if row.ended is not None:
            last = whole_minutes(prepared.release, row.ended)
            end = last if end is None else max(end, last)
        used[number] = end
    earliest: dict[int | None, int] = {}
    before: int | None = None
    for number in range(len(fleet.rings)):
        end = None if before is None else used[before]
        if before is not None and end is not None:
            earliest[number] = end + prepared.problem.rings[before].soak
        if number in used:
            before = number
    return earliest


def _settling(prepared: PlanningInput, progress: Progress, at: int) -> list[Task]:
    """Restarts that are done, whose groups they occupy until their settle time has passed.

    More than the capacity of a group are never needed: those that occupy it longest.
    """
    groups = {name: number for number, name in enumerate(prepared.fleet.groups)}
    occupied: dict[int, list[int]] = {}
    for row in progress.machines:
        if row.ended is None:
            continue
        end = whole_minutes(prepared.release, row.ended)
        for name in row.groups:
            number = groups.get(name)
            if number is not None and end > 0 and end + prepared.problem.groups[number].settle > at:
                occupied.setdefault(number, []).append(end)
    return list(_settling_tasks(prepared.problem, occupied))


def _settling_tasks(
    problem: SchedulingProblem, occupied: Mapping[int, list[int]]
) -> Iterable[Task]:
    for number, ends in occupied.items():
        group = problem.groups[number]
        for place, end in enumerate(sorted(ends, reverse=True)[: group.capacity]):
            yield Task(
                name=f"\0{group.name} settles {place}",
                duration=1,
                windows=((end - 1, end),),
                weight=0,
                groups=(number,),
                pinned=end - 1,
            )


def _done(progress: Progress) -> Iterable[PlannedRestart]:
    """The restarts that are done, with their ends."""
    for row in progress.machines:
        if row.ended is not None and row.planned is not None:
            start = row.planned.start
            # a restart that ended before its planned start began at an unknown moment
            yield PlannedRestart(
                row.name,
                None if start is not None and start > row.ended else start,
                row.ended,
                row.ring,
                row.groups,
                row.machine.id if row.machine else row.planned.id,
            )
