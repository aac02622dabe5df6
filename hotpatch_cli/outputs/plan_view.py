"""What the formats of a plan share: the plan with its words, and its restarts by night."""

from collections.abc import Mapping
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from hotpatch_cli.knowledge.records import Rule
from hotpatch_cli.model import Finding
from hotpatch_cli.planning import Plan, PlanRequest, Reboot
from hotpatch_cli.planning.changes import PlanDiff, ScenarioPlan
from hotpatch_cli.planning.conflicts import PlanConflict
from hotpatch_cli.report import sentence

NOON = 12


class PlanView(NamedTuple):
    """A plan with the catalogue that explains what is left out, and what stands in the way of it.

    `supposed` answers `--what-if`, `kept` compares with the plan of `--keep`.
    """

    plan: Plan
    rules: Mapping[str, Rule]
    wish: PlanRequest = PlanRequest()
    obstacles: tuple[PlanConflict, ...] = ()
    supposed: ScenarioPlan | None = None
    kept: PlanDiff | None = None

    def message(self, finding: Finding) -> str:
        """The sentence of a finding."""
        return sentence(self.rules[finding.code], finding)


def told_left_out(view: PlanView) -> list[str]:
    """Who is not placed and what stands in the way, line by line: for formats that hold restarts
    alone.
    """
    lines = [
        f"{machine.label}: not placed: {why.code} {view.message(why)}"
        for machine, why in view.plan.unplaced
    ]
    return [
        *lines,
        *(
            f"Conflict {number}: {conflict.summary}"
            for number, conflict in enumerate(view.obstacles, 1)
        ),
    ]


class PlanNight(NamedTuple):
    """The restarts of one night, in the order of their start."""

    day: datetime
    reboots: tuple[Reboot, ...]

    @property
    def name(self) -> str:
        """`Sat 2026-01-17`: hours before noon belong to the night of the day before."""
        return f"{self.day:%a %Y-%m-%d}"


def nights(plan: Plan) -> list[PlanNight]:
    """The restarts of a plan by night, each in the local time of its own opening."""
    rows = sorted(
        plan.reboots, key=lambda reboot: (_evening(reboot), reboot.start, reboot.machine.label)
    )
    return [
        PlanNight(datetime.fromordinal(day), tuple(rest))
        for day, rest in groupby(rows, key=_evening)
    ]


def _evening(reboot: Reboot) -> int:
    return reboot.start.toordinal() - (reboot.start.hour < NOON)


def at_once(reboots: tuple[Reboot, ...]) -> int:
    """The most restarts that are in progress at one moment."""
    moments = sorted(
        [(reboot.end, -1) for reboot in reboots] + [(reboot.start, 1) for reboot in reboots]
    )
    most = now = 0
    for _, change in moments:
        now += change
        most = max(most, now)
    return most


def proof(plan: Plan) -> str:
    """How many are planned and left alone, and how good the plan is, in two lines."""
    alone = "".join(f", {count} {why}" for why, count in sorted(plan.not_needed.items()))
    last = f"; the last restart ends {plan.makespan:%Y-%m-%d %H:%M %z}" if plan.makespan else ""
    short = (
        " The search was cut short: more time may find a better plan."
        if plan.result.cut_short
        else ""
    )
    return (
        f"{len(plan.reboots)} planned, {len(plan.unplaced)} not placed{alone}.\n"
        f"{plan.status}: {plan.exposure:.1f} weighted hours of exposure, "
        f"at least {plan.lower_bound:.1f} (gap {plan.gap:.1%}){last}.{short}\n"
    )


def difference_sections(view: PlanView) -> list[tuple[str, list[str]]]:
    """What `--what-if` and `--keep` changed, as headings with lines below them."""
    told = []
    if view.supposed is not None:
        told.append((f"What if {' and '.join(view.supposed.texts)}:", _supposed(view.supposed)))
    if view.kept is not None:
        told.append(("Against the plan that was kept:", _changes(view.kept)))
    return told


def _supposed(answer: ScenarioPlan) -> list[str]:
    lines = []
    if answer.without is None:
        lines.append("Without it no baseline is due then, and nothing restarts.")
    more = "more" if answer.exposure >= 0 else "less"
    change = answer.difference
    of_what = (
        ", without those that only one of the plans places"
        if change.unscheduled or change.scheduled
        else ""
    )
    hours = f"{abs(answer.exposure):.1f} weighted hours of exposure {more}{of_what}"
    seconds = answer.later.total_seconds() if answer.later is not None else 0
    later = ""
    if seconds:
        direction = "later" if seconds > 0 else "earlier"
        later = f"; the last restart ends {abs(seconds) / 3600:.1f} h {direction}"
    return [*lines, f"{hours}{later}.", *_changes(change)]


def _changes(change: PlanDiff) -> list[str]:
    lines = []
    for move in change.moved:
        start = move.reboot.start
        before = move.before.astimezone(start.tzinfo)
        lines.append(
            f"{move.reboot.machine.label} moves from {before:%Y-%m-%d %H:%M} "
            f"to {start:%Y-%m-%d %H:%M %z}."
        )
    lines += [
        f"{reboot.machine.label} restarts too, {reboot.start:%Y-%m-%d %H:%M %z}."
        for reboot in change.added
    ]
    lines += [
        f"{reboot.machine.label} can be placed now, {reboot.start:%Y-%m-%d %H:%M %z}."
        for reboot in change.scheduled
    ]
    lines += [f"{name} cannot be placed then." for name in change.unscheduled]
    lines += [f"{name} needs no restart." for name in change.not_needed]
    return lines or ["No restart moves."]
