"""The plan of the restarts that remain: what can stay keeps its time, and what is done counts for
the soak and settle times of the rest.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from hotpatch_cli.eligibility.verdict import Judge
from hotpatch_cli.model import Fleet
from hotpatch_cli.planning.plan import DEFAULT_SEARCH, Plan, SearchOptions, plan, violations
from hotpatch_cli.planning.plan_record import PlannedRestart
from hotpatch_cli.planning.prepare import PlanRequest, prepare
from hotpatch_cli.planning.progress import Progress
from hotpatch_cli.schedule.patch_tuesday import release_moment


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
    # What the older plan doesn't have was done before that plan was made: at `seen`.
    prepared = prepare(fleet, judge, wish._replace(now=progress.at), ends)
    due = {row.name: row.start for row in progress.machines if row.state == "due" and row.start}
    found = plan(prepared, options._replace(goal=wish.goal), keep=due)
    starts = {reboot.machine.label: reboot.start for reboot in found.reboots}
    if broken := violations(prepared._replace(done=()), starts):
        raise AssertionError(f"the plan of the rest breaks a rule: {broken[0].text}")
    needed = {machine.label for machine in prepared.machines}
    before = {row.name: row.start for row in progress.machines if row.start and row.name in needed}
    return RemainingPlan(found, wish, before, progress.done)


def _wish(progress: Progress, limits: PlanRequest) -> PlanRequest:
    """The request of the plan, with the limits that are asked for now."""
    wish, release = progress.record.wish, progress.record.release
    if limits.until is not None or limits.deadline is not None:
        wish = wish._replace(until=limits.until, deadline=limits.deadline)
    begin = wish.begin or release_moment(release)
    return wish._replace(month=(release.year, release.month), begin=begin)
