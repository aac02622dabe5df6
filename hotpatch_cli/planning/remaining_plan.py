"""The plan of the restarts that remain: what can stay keeps its time, and what is done counts for
the soak and settle times of the rest.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from hotpatch_cli.eligibility.verdict import Judge
from hotpatch_cli.model import Fleet
from hotpatch_cli.planning.plan import (
    DEFAULT_SEARCH,
    Plan,
    SearchOptions,
    plan_from,
    solve_prepared,
    violations,
)
from hotpatch_cli.planning.plan_record import PlannedRestart
from hotpatch_cli.planning.prepare import PlanRequest, prepare
from hotpatch_cli.planning.progress import Progress
from hotpatch_cli.planning.restart_state import MachineProgress
from hotpatch_cli.planning.window_slots import MINUTE, SlotPiece, WindowCut, whole_minutes
from hotpatch_cli.schedule.patch_tuesday import release_moment
from hotpatch_cli.scheduler import Task


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
    options: SearchOptions = DEFAULT_SEARCH,
) -> RemainingPlan:
    """A plan of the restarts that aren't done, from the moment of the progress on.

    `limits` has the last day or the deadline to use instead of the plan's. Raises ValueError where
    no baseline is due.
    """
    wish = _wish(progress, limits)
    ends = {row.name: row.ended for row in progress.machines if row.ended is not None}
    prepared = prepare(fleet, judge, wish, ends)
    states = {row.name: row for row in progress.machines}
    rows = [states.get(machine.label) for machine in prepared.machines]
    at = whole_minutes(prepared.release, progress.at)
    cut = WindowCut()
    tasks, keep = [], list[int | None]()
    for number, (task, row) in enumerate(zip(prepared.problem.tasks, rows, strict=True)):
        start, running = _kept_start(task, row, prepared.pieces[number], prepared.release, at)
        windows = (
            ((start, start + task.duration),)
            if running and start is not None
            else cut.after(task.windows, at)
        )
        tasks.append(task._replace(windows=windows))
        keep.append(start)
    rest = prepared._replace(problem=prepared.problem._replace(tasks=tuple(tasks)))
    result = solve_prepared(rest, options._replace(goal=wish.goal), tuple(keep))
    found = plan_from(rest, result, options.effort)
    starts = {reboot.machine.label: reboot.start for reboot in found.reboots}
    if broken := violations(prepared._replace(done=()), starts):
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
    task: Task,
    row: MachineProgress | None,
    pieces: Iterable[SlotPiece],
    release: datetime,
    at: int,
) -> tuple[int | None, bool]:
    """The planned start that a restart should keep, and whether it's in progress by the plan."""
    if row is None or row.state != "due" or row.start is None:
        return None, False
    start = (row.start.astimezone(UTC) - release) // MINUTE
    running = start < at
    end = start + task.duration
    if running and not any(piece.start <= start and end <= piece.end for piece in pieces):
        return None, False
    return start, running


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
