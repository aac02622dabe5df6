"""What changes between two plans: for `--what-if`, and for a plan that stays near an older one."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from hotpatch_cli.planning.plan import Plan, Reboot


class MovedRestart(NamedTuple):
    """A restart that is at another time than before."""

    reboot: Reboot
    before: datetime


class PlanDiff(NamedTuple):
    """A plan against an older one, or against the plan of the world without a supposition.

    `added` restarts were not in the other plan; `gone` are machines that only the other one
    restarts, and that need no restart now; `lost` and `won` are machines that only this plan, or
    only the other one, cannot place.
    """

    moved: tuple[MovedRestart, ...] = ()
    added: tuple[Reboot, ...] = ()
    gone: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    won: tuple[Reboot, ...] = ()


class ScenarioPlan(NamedTuple):
    """The answer to `--what-if`: the questions, the plan without them (None: no baseline is due),
    the difference.

    `exposure` is how many weighted hours more, of what is placed in both worlds or not due in one
    of them; `later` is how much later the last restart ends, None where not the same machines are
    placed.
    """

    questions: tuple[str, ...]
    without: Plan | None
    difference: PlanDiff
    exposure: float
    later: timedelta | None


def against(
    plan: Plan, starts: Mapping[str, datetime], unplaced: frozenset[str] = frozenset()
) -> PlanDiff:
    """A plan against the starts of another one, which left some machines unplaced."""
    here = {each.machine.label for each in plan.reboots}
    out = {machine.label for machine, _ in plan.unplaced}
    return PlanDiff(
        moved=tuple(
            MovedRestart(each, starts[each.machine.label])
            for each in plan.reboots
            if each.machine.label in starts and starts[each.machine.label] != each.start
        ),
        added=tuple(
            each for each in plan.reboots if each.machine.label not in starts.keys() | unplaced
        ),
        gone=tuple(sorted(starts.keys() - here - out)),
        lost=tuple(name for machine, _ in plan.unplaced if (name := machine.label) not in unplaced),
        won=tuple(each for each in plan.reboots if each.machine.label in unplaced),
    )


def supposed(questions: tuple[str, ...], plan: Plan, without: Plan | None) -> ScenarioPlan:
    """What a supposition changes."""
    before = {each.machine.label: each for each in without.reboots} if without else {}
    starts = {name: each.start for name, each in before.items()}
    unplaced = (
        frozenset(machine.label for machine, _ in without.unplaced) if without else frozenset()
    )
    change = against(plan, starts, unplaced)
    later = None
    if without and without.makespan and plan.makespan and not change.lost and not change.won:
        later = plan.makespan - without.makespan
    release = plan.prepared.release
    hours = _hours(change.added, release) - _hours([before[name] for name in change.gone], release)
    hours += sum(
        each.reboot.machine.weight * ((each.reboot.start - each.before) / timedelta(hours=1))
        for each in change.moved
    )
    return ScenarioPlan(questions, without, change, hours, later)


def _hours(reboots: Iterable[Reboot], release: datetime) -> float:
    """The exposure of some restarts."""
    return sum(
        each.machine.weight * ((each.end - release) / timedelta(hours=1)) for each in reboots
    )
