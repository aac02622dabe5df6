"""The plan of the page: made for it or read from a file, and checked either way."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain, pairwise
from typing import Any, NamedTuple

from hotpatch_cli.knowledge.records import Rule
from hotpatch_cli.outputs.charts.clock import clock_of, on_clock, zone_name, zones_of
from hotpatch_cli.outputs.charts.nights import night_of
from hotpatch_cli.outputs.escaping import visible
from hotpatch_cli.outputs.page.words import day_text
from hotpatch_cli.outputs.phrases import counted
from hotpatch_cli.outputs.plan_view import PlanView, proof_sentence, start_texts, who
from hotpatch_cli.outputs.restart_text import moment_text
from hotpatch_cli.planning import Plan, PlanningInput, Reboot, broken_rules, unscheduled
from hotpatch_cli.planning.conflicts import NO_EXPLANATION, Explanation, with_conflicts
from hotpatch_cli.planning.plan_record import PlannedRestart
from hotpatch_cli.planning.progress import Progress
from hotpatch_cli.planning.running_restarts import with_running
from hotpatch_cli.report import sentence
from hotpatch_cli.schedule.clock import in_zone
from hotpatch_cli.schedule.durations import duration_text

ROWS = 500
"""How many restarts are listed under the chart; `hotpatch plan` lists all."""
NAMED = 30


class Unscheduled(NamedTuple):
    """Machines that aren't scheduled for one reason; `names` are the first of them."""

    why: str
    names: tuple[str, ...]
    total: int


class OrderStep(NamedTuple):
    """A ring or a group, what it starts after, and when its restarts start and end."""

    kind: str
    name: str
    after: str
    scheduled: str
    start: str
    end: str


class PlanPart(NamedTuple):
    """A plan for the page: its restarts, the machines that aren't in it and why, the rules that it
    breaks, and its exposure in words. `whys` has the reason of each start by machine; none for a
    plan that breaks a rule. `progress` is that of a plan of a file.
    """

    prepared: PlanningInput
    reboots: tuple[Reboot, ...]
    unplaced: tuple[Unscheduled, ...]
    broken: tuple[str, ...]
    worth: str
    whys: Mapping[str, str]
    why: Explanation = NO_EXPLANATION
    progress: Progress | None = None

    @property
    def missing(self) -> int:
        """How many machines aren't scheduled."""
        return sum(left.total for left in self.unplaced)

    @property
    def baseline(self) -> str:
        """The baseline by its day, and whether that is a forecast."""
        forecast = self.reboots and not any(reboot.confirmed for reboot in self.reboots)
        sure = ", a forecast" if forecast else ""
        return f"{day_text(self.prepared.release_day)}{sure}"

    @property
    def summary(self) -> str:
        """The plan in a sentence: what isn't scheduled comes first."""
        if not self.reboots:
            return f"No restart is scheduled for the baseline of {self.baseline}."
        moments = on_clock(self.reboots, clock_of(self.reboots))
        days = sorted({night_of(reboot.start) for reboot in moments})
        when = (
            f"in the night of {day_text(days[0])}"
            if len(days) == 1
            else f"in {len(days)} nights, from {day_text(days[0])} to {day_text(days[-1])}"
        )
        many = counted(len(self.reboots), "restart")
        return f"{self._left_out}{many} {when}, for the baseline of {self.baseline}."

    @property
    def _left_out(self) -> str:
        if not self.missing:
            return ""
        verb = "isn't" if self.missing == 1 else "aren't"
        return f"{counted(self.missing, 'machine')} {verb} scheduled. "

    @property
    def by_azure(self) -> str:
        """How many of the starts Azure may move, in a sentence."""
        number = sum(row.runner == "platform" for row in self.reboots)
        if not number:
            return ""
        moments = (
            "the moment of 1 restart" if number == 1 else f"the moments of {number:,} restarts"
        )
        return f"Azure chooses {moments} (patch mode AutomaticByPlatform); the start is a proposal."

    @property
    def clock(self) -> str:
        """The zone of the chart, in a sentence."""
        zones = zones_of(self.reboots)
        clock = clock_of(self.reboots)
        name = visible(zone_name(in_zone(self.reboots[0].start, clock)))
        if zones == 1:
            return f"Times are in {name}."
        return (
            f"The chart has one clock, that of {name}, for machines in {zones} time zones. "
            "The table has the local time of each restart."
        )

    @property
    def rows(self) -> list[dict[str, str]]:
        """The restarts as a table, the first of them, each in its own zone."""
        return [self._row(reboot) for reboot in self.reboots[:ROWS]]

    def _row(self, reboot: Reboot) -> dict[str, str]:
        start, end, placement = reboot.start, reboot.end, reboot.machine.placement
        release = self.prepared.release_day
        return {
            "machine": visible(reboot.machine.label),
            "start": moment_text(start),
            "end": f"{end:%H:%M}"
            if (end.date(), end.utcoffset()) == (start.date(), start.utcoffset())
            else moment_text(end),
            "zone": visible(zone_name(start)),
            "window": visible(reboot.window),
            "runner": who(reboot),
            "baseline": f"{release}{'' if reboot.confirmed else ' (forecast)'}",
            "ring": visible(placement.ring or "–"),
            "groups": visible(", ".join(placement.groups) or "–"),
            "why": visible(self.whys.get(reboot.machine.label) or "–"),
        }

    @property
    def order(self) -> tuple[OrderStep, ...]:
        """What starts after what: the rings in their order, and groups with `after`."""
        return tuple([*_rings(self), *_groups(self)][:NAMED])


# --- what starts after what ----------------------------------------


def _rings(part: PlanPart) -> Iterable[OrderStep]:
    """The rings that have machines. A single one has no order."""
    members = _members(part, lambda machine: (machine.placement.ring,))
    used = [ring for ring in part.prepared.fleet.rings if ring.name in members]
    if len(used) < 2:  # noqa: PLR2004  an order needs two
        return
    first = used[0]
    yield _step(part, "Ring", first.name, "–", members[first.name])
    for before, ring in pairwise(used):
        soak = f", after {duration_text(before.soak)}" if before.soak else ""
        after = f"ring {visible(before.name)}{soak}"
        yield _step(part, "Ring", ring.name, after, members[ring.name])


def _groups(part: PlanPart) -> Iterable[OrderStep]:
    """The groups that start after others, and those others, in the order of their restarts."""
    rules = part.prepared.fleet.groups
    members = _members(part, lambda machine: machine.placement.groups)
    awaited = set(chain.from_iterable(rule.after for rule in rules.values()))
    named = [name for name, rule in rules.items() if (rule.after or name in awaited)]
    starts = {row.machine.label: row.start for row in part.reboots}
    latest = datetime.max.replace(tzinfo=UTC)
    present = sorted(
        (name for name in named if name in members),
        key=lambda name: min(starts.get(label, latest) for label in members[name]),
    )
    for name in present:
        groups = [f"group {visible(other)}" for other in rules[name].after]
        yield _step(part, "Group", name, ", ".join(groups) or "–", members[name])


def _members(part: PlanPart, names_of: Any) -> dict[str, list[str]]:
    """The machines of a plan by ring or group."""
    found: dict[str, list[str]] = {}
    for machine in part.prepared.machines:
        for name in names_of(machine):
            if name is not None:
                found.setdefault(name, []).append(machine.label)
    return found


def _step(part: PlanPart, kind: str, name: str, after: str, labels: Sequence[str]) -> OrderStep:
    wanted = set(labels)
    clock = clock_of(part.reboots)
    rows = [row for row in part.reboots if row.machine.label in wanted]
    start = min((row.start for row in rows), default=None)
    end = max((row.end for row in rows), default=None)
    return OrderStep(
        kind,
        visible(name),
        after,
        f"{len(rows):,} of {counted(len(labels), 'machine')}",
        moment_text(in_zone(start, clock)) if start else "not scheduled",
        moment_text(in_zone(end, clock)) if end else "–",
    )


# --- where a plan comes from ----------------------------------------


def computed(plan: Plan, rules: Mapping[str, Rule]) -> PlanPart:
    """A plan that was made for the page."""
    plan, why = with_conflicts(plan, rules)
    left = _by_reason(
        (machine.label, sentence(rules[found.code], found)) for machine, found in plan.unplaced
    )
    worth = _worth(plan) if plan.reboots else ""
    whys = PlanView(plan, rules).whys
    return PlanPart(plan.prepared, plan.reboots, left, (), worth, whys, why)


def _worth(plan: Plan) -> str:
    """The exposure, and how good it is; only a plan of all machines is called the best."""
    what = "Exposure, the sum of the hours from the release to each restart,"
    if plan.unplaced:
        alone = f"{what} is {plan.exposure:,.0f} for the scheduled restarts alone."
        return f"{proof_sentence(plan)} {alone}"
    hours = f"{what} is {plan.exposure:,.0f}"
    if plan.gap <= 0:
        return f"{hours}: no plan has less."
    return f"{hours}, at most {max(plan.gap, 0.001):.1%} more than the best plan."


def _by_reason(rows: Iterable[tuple[str, str]]) -> tuple[Unscheduled, ...]:
    """Machines by the reason why they aren't scheduled, most of them first."""
    found: dict[str, list[str]] = {}
    for name, why in rows:
        found.setdefault(why, []).append(visible(name))
    ordered = sorted(found.items(), key=lambda reason: -len(reason[1]))
    return tuple(
        Unscheduled(visible(why), tuple(names[:NAMED]), len(names)) for why, names in ordered
    )


def given(
    prepared: PlanningInput,
    starts: Mapping[str, datetime],
    done: Sequence[PlannedRestart] = (),
) -> PlanPart:
    """A plan of a file, checked against the rules of the fleet. `done` are restarts of it that are
    done.
    """
    prepared = with_running(prepared, starts)
    reboots = [
        _reboot(prepared, task, starts[machine.label])
        for task, machine in enumerate(prepared.machines)
        if machine.label in starts
    ]
    left = _by_reason(
        (name, "The plan doesn't schedule it, although a restart is due.")
        for name in unscheduled(prepared, starts)
    )
    broken = tuple(map(visible, broken_rules(prepared, starts)))
    ordered = tuple(sorted(reboots, key=lambda reboot: reboot.start))
    if broken:
        return PlanPart(prepared, ordered, left, broken, "", {})
    whys = start_texts(prepared, prepared.minutes(starts), done)
    return PlanPart(prepared, ordered, left, (), "The plan keeps every rule of the fleet.", whys)


def _reboot(prepared: PlanningInput, task: int, start: datetime) -> Reboot:
    """The restart in the zone of its opening; outside of every opening it keeps the offset of the
    file.
    """
    machine = prepared.machines[task]
    length = machine.placement.reboot
    begin = (start.astimezone(UTC) - prepared.release) / timedelta(minutes=1)
    end = begin + length / timedelta(minutes=1)
    pieces = (
        piece.opening
        for piece in prepared.pieces[task]
        if piece.start <= begin and end <= piece.end
    )
    opening = next(pieces, None)
    local = in_zone(start, opening.start.tzinfo) if opening else start
    return Reboot(
        machine,
        local,
        in_zone(start.astimezone(UTC) + length, local.tzinfo),
        opening.window if opening else "–",
        prepared.confirmed[task],
    )
