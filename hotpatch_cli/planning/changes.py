"""Differences between two plans: for `--what-if` and for `--keep`."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from hotpatch_cli.planning.plan import Plan, Reboot

_HOUR = timedelta(hours=1)


class MovedRestart(NamedTuple):
    """A restart that is at another time than before."""

    reboot: Reboot
    before: datetime


class PlanDiff(NamedTuple):
    """A plan against another one: an older plan, or the plan without a scenario.

    `added` restarts were not in the other plan; `not_needed` are machines that only the other one
    restarts, and that need no restart now; `unscheduled` and `scheduled` are machines that only
    this plan, or only the other one, cannot schedule.
    """

    moved: tuple[MovedRestart, ...] = ()
    added: tuple[Reboot, ...] = ()
    not_needed: tuple[str, ...] = ()
    unscheduled: tuple[str, ...] = ()
    scheduled: tuple[Reboot, ...] = ()


class ScenarioPlan(NamedTuple):
    """The answer to `--what-if`: the questions, the plan without them (None: no baseline is due),
    the difference.

    `exposure` is how many weighted hours more, of the restarts that both plans schedule or that
    are due in one of them only; `later` is how much later the last restart ends, None where not the
    same machines are scheduled.
    """

    texts: tuple[str, ...]
    without: Plan | None
    difference: PlanDiff
    exposure: float
    later: timedelta | None


def plan_diff(
    plan: Plan, starts: Mapping[str, datetime], unscheduled: frozenset[str] = frozenset()
) -> PlanDiff:
    """A plan against the starts of another one, which left some machines unscheduled."""
    moved: list[MovedRestart] = []
    added: list[Reboot] = []
    scheduled: list[Reboot] = []
    for reboot in plan.reboots:
        name = reboot.machine.label
        if name in starts:
            if starts[name] != reboot.start:
                moved.append(MovedRestart(reboot, starts[name]))
        elif name not in unscheduled:
            added.append(reboot)
        if name in unscheduled:
            scheduled.append(reboot)
    here = {reboot.machine.label for reboot in plan.reboots}
    out = [machine.label for machine, _ in plan.unplaced]
    return PlanDiff(
        tuple(moved),
        tuple(added),
        tuple(sorted(starts.keys() - here - set(out))),
        tuple(name for name in out if name not in unscheduled),
        tuple(scheduled),
    )


def scenario_plan(texts: tuple[str, ...], plan: Plan, without: Plan | None) -> ScenarioPlan:
    """What a scenario changes in a plan."""
    before = {reboot.machine.label: reboot for reboot in without.reboots} if without else {}
    starts = {name: reboot.start for name, reboot in before.items()}
    unscheduled = (
        frozenset(machine.label for machine, _ in without.unplaced) if without else frozenset()
    )
    change = plan_diff(plan, starts, unscheduled)
    later = None
    same_machines = not change.unscheduled and not change.scheduled
    if without and without.makespan and plan.makespan and same_machines:
        later = plan.makespan - without.makespan
    release = plan.prepared.release
    hours = _exposure(change.added, release)
    hours -= _exposure([before[name] for name in change.not_needed], release)
    hours += sum(
        moved.reboot.machine.weight * ((moved.reboot.start - moved.before) / _HOUR)
        for moved in change.moved
    )
    return ScenarioPlan(texts, without, change, hours, later)


def _exposure(reboots: Iterable[Reboot], release: datetime) -> float:
    """The weighted hours from the release to the ends of some restarts."""
    return sum(reboot.machine.weight * ((reboot.end - release) / _HOUR) for reboot in reboots)
