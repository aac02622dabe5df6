"""What the formats of a plan share: the plan in words, its notes, and its restarts by night."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple

from hotpatch_cli.knowledge.records import Rule
from hotpatch_cli.model import Finding
from hotpatch_cli.outputs.phrases import and_more
from hotpatch_cli.outputs.restart_text import day_text
from hotpatch_cli.planning import Plan, PlanningInput, PlanRequest, Reboot
from hotpatch_cli.planning.changes import PlanDiff, ScenarioPlan
from hotpatch_cli.planning.conflicts import NO_EXPLANATION, Explanation, PlanConflict, name_list
from hotpatch_cli.planning.done_restarts import done_too_early, uncertain
from hotpatch_cli.planning.maintenance_export import ALL_UPDATES, Installs
from hotpatch_cli.planning.plan import done_by_fleet
from hotpatch_cli.planning.plan_record import PlannedRestart
from hotpatch_cli.planning.start_reasons import start_reasons
from hotpatch_cli.report import sentence
from hotpatch_cli.restarts import findings_on_windows
from hotpatch_cli.schedule.clock import in_zone
from hotpatch_cli.servicing.restart import PLATFORM_DAYS

NOON = 12
_NAMED = 10
_NAMED_IN_NOTE = 3
_CONFLICTS = 5
_DAY = timedelta(days=1)
CUT_SHORT = "The time limit or the user ended the search."


class PlanView(NamedTuple):
    """A plan with the rules that word why machines aren't scheduled, and the conflicts in `why`.

    `supposed` answers `--what-if`, `kept` compares with the plan of `--keep`. `age` has the
    sentences on the age of the release data. `done` are the restarts of an earlier plan that are
    done. `installs` chooses the updates in a template for Azure.
    """

    plan: Plan
    rules: Mapping[str, Rule]
    wish: PlanRequest = PlanRequest()
    why: Explanation = NO_EXPLANATION
    supposed: ScenarioPlan | None = None
    kept: PlanDiff | None = None
    age: tuple[str, ...] = ()
    done: tuple[PlannedRestart, ...] = ()
    installs: Installs = ALL_UPDATES

    def message(self, finding: Finding) -> str:
        """The sentence of a finding."""
        return sentence(self.rules[finding.code], finding)

    def why_left_out(self, finding: Finding) -> str:
        """Why a machine isn't scheduled: the rule by its name and code, then the sentence."""
        return f"{self.rules[finding.code].name} ({finding.code}): {self.message(finding)}"

    @property
    def whys(self) -> dict[str, str]:
        """Why each restart is at its time, by machine."""
        plan = self.plan
        return start_texts(plan.prepared, plan.result.starts, self.done, kept=self._unmoved)

    @property
    def _unmoved(self) -> frozenset[str]:
        """The machines that have the time of the plan to keep."""
        if self.kept is None:
            return frozenset()
        new = {move.reboot.machine.label for move in self.kept.moved}
        new |= {reboot.machine.label for reboot in (*self.kept.added, *self.kept.scheduled)}
        return frozenset(reboot.machine.label for reboot in self.plan.reboots) - new

    @property
    def obstacles(self) -> tuple[PlanConflict, ...]:
        """The conflicts that keep machines from being scheduled."""
        return self.why.conflicts

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know of the whole plan: the age of the data, and what is a forecast or
        a proposal.
        """
        return (*self.age, *self.plan_notes)

    @property
    def plan_notes(self) -> tuple[str, ...]:
        """The notes apart from the age of the data."""
        return tuple(_notes(self))


def start_texts(
    prepared: PlanningInput,
    starts: Sequence[int | None],
    done: Sequence[PlannedRestart] = (),
    *,
    kept: Collection[str] = (),
) -> dict[str, str]:
    """Why each restart is at its time, by machine; `done` are restarts of an earlier plan."""
    names = {restart.machine for restart in done}
    by_fleet = (one for one in done_by_fleet(prepared) if one.machine not in names)
    reasons = start_reasons(prepared, starts, kept=kept, done=(*done, *by_fleet))
    return {
        machine.label: reason.text if reason else ""
        for machine, reason in zip(prepared.machines, reasons, strict=True)
    }


def _notes(view: PlanView) -> Iterator[str]:
    plan = view.plan
    yield from _missing_facts(view)
    if view.supposed is not None:
        yield f"This plan is for a scenario: {' and '.join(view.supposed.texts)}."
    forecast = [reboot for reboot in plan.reboots if not reboot.confirmed]
    if forecast:
        which = "" if len(forecast) == len(plan.reboots) else f" for {_names(forecast)}"
        yield f"The baseline of {day_text(plan.release_day)} is a forecast{which}."
    proposed = [reboot for reboot in plan.reboots if reboot.runner == "platform"]
    if proposed:
        yield (
            f"Azure chooses when to restart {_names(proposed)} (AutomaticByPlatform), within "
            f"{PLATFORM_DAYS.days} days of the release. "
            "The start in this plan is a proposal: Azure doesn't apply the groups, rings, limits, "
            "and freezes of the fleet. The exposure counts the proposed start."
        )
    yield from _unknown_runs(view)
    unknown_ends = uncertain(plan.prepared.fleet, plan.prepared.done, plan.prepared.machines)
    if unknown_ends:
        yield (
            f"No source states when these restarts ended: {and_more(unknown_ends, _NAMED)}. Soak "
            "and settle times count from the end in an earlier plan (--keep), or otherwise from "
            "the as-of date. To change that, specify the end, such as `done: 2026-01-17T22:30:00Z`."
        )
    yield from _done_before_release(plan)
    if plan.unplaced:
        yield proof_sentence(plan)
    if plan.result.cut_short:
        yield f"{CUT_SHORT} Another run might find another plan, and more time a better one."


def _done_before_release(plan: Plan) -> Iterator[str]:
    """What `done` means where it's before the release of the baseline."""
    release = moment_text(plan.prepared.release)
    marked = done_too_early(plan.prepared.done)
    if marked:
        yield (
            f"Marked as done before the release of the baseline ({release}): "
            f"{and_more(marked, _NAMED)}. They aren't scheduled, and no soak or settle time counts "
            "from them. If `done` is of an earlier baseline, remove it."
        )
    older = [
        machine.label for machine in plan.prepared.machines if isinstance(machine.done, datetime)
    ]
    if older:
        yield (
            f"The moment of `done` is before the release of the baseline ({release}): "
            f"{and_more(older, _NAMED)}. That was an earlier restart, and this plan has a "
            "new one."
        )


def _missing_facts(view: PlanView) -> Iterator[str]:
    """The machines whose facts are missing, and what that means for others."""
    prepared = view.plan.prepared
    names = [prepared.machines[task].label for task in sorted(prepared.lacking)]
    if not names:
        return
    codes = dict.fromkeys(prepared.missing[task].code for task in sorted(prepared.lacking))
    rules = ", ".join(f"{view.rules[code].name} ({code})" for code in codes)
    others = (
        "Restarts that come after them aren't scheduled either (--strict)."
        if prepared.strict
        else "Other restarts don't depend on them; with --strict, they do."
    )
    named = and_more(names, _NAMED)
    yield f"Facts are missing. Not scheduled: {named}: {rules}. {others}"


def _unknown_runs(view: PlanView) -> Iterator[str]:
    """The restarts in a window of which it's unknown whether Azure runs it on the machine."""
    fleet, rule = view.plan.prepared.fleet, view.rules["HP504"]
    doubted = [
        reboot
        for reboot in view.plan.reboots
        if any(
            finding.variant == "unknown"
            for finding in findings_on_windows(
                fleet, reboot.machine.facts, reboot.machine.placement
            )
        )
    ]
    if doubted:
        yield (
            f"{rule.name} (HP504): the patch mode is missing for {_names(doubted)}. Azure runs the "
            "window only with AutomaticByPlatform and the bypass flag. The start isn't certain."
        )


def _names(reboots: Sequence[Reboot]) -> str:
    return and_more([reboot.machine.label for reboot in reboots], _NAMED_IN_NOTE)


def who(reboot: Reboot) -> str:
    """Who restarts a machine. Where Azure chooses the moment, the start is only proposed."""
    return "Azure, proposed" if reboot.runner == "platform" else "you"


def certainty(reboot: Reboot) -> str:
    """Whether the release data confirms what a machine restarts for."""
    return "confirmed" if reboot.confirmed else "forecast"


def moment_text(moment: datetime) -> str:
    """A local moment with its weekday and offset: `Sat 2026-01-17 22:00 +0100`."""
    return f"{moment:%a %Y-%m-%d %H:%M %z}"


def end_text(start: datetime, end: datetime) -> str:
    """The end beside its start: with the day where that is another one, and the offset where the
    clocks have changed.
    """
    day = "" if end.date() == start.date() else f"{end:%a} "
    offset = "" if end.utcoffset() == start.utcoffset() else f" {end:%z}"
    return f"{day}{end:%H:%M}{offset}"


def left_out(view: PlanView, *, everything: bool = False) -> list[tuple[str, str]]:
    """The machines that aren't scheduled, and why: one row for all that have the same reason, with
    the first of them, or all with `everything`.
    """
    sharing: dict[str, list[str]] = {}
    for machine, finding in view.plan.unplaced:
        sharing.setdefault(view.why_left_out(finding), []).append(machine.label)
    listed = ", ".join if everything else name_list
    return [(listed(names), why) for why, names in sharing.items()]


def told_left_out(view: PlanView) -> list[str]:
    """The machines that aren't scheduled, and the conflicts: for formats that have room for
    restarts alone. A few lines however many they are: one for each rule, and the first conflicts.
    """
    by_rule: dict[str, list[tuple[str, Finding]]] = {}
    for machine, why in view.plan.unplaced:
        by_rule.setdefault(why.code, []).append((machine.label, why))
    lines = []
    for rows in by_rule.values():
        label, first = rows[0]
        text = view.why_left_out(first)
        if any(other != first for _, other in rows):
            rule = view.rules[first.code]
            text = f"{rule.name} ({first.code}), such as {label}: {view.message(first)}"
        count = f" ({len(rows):,} machines)" if len(rows) > _NAMED else ""
        lines.append(
            f"{and_more([name for name, _ in rows], _NAMED)}: not scheduled{count}: {text}"
        )
    lines += [
        f"Conflict {number}: {conflict.summary}"
        for number, conflict in enumerate(view.obstacles[:_CONFLICTS], 1)
    ]
    if (more := len(view.obstacles) - _CONFLICTS) > 0:
        lines.append(f"{more:,} more conflicts.")
    if len(view.plan.unplaced) > _NAMED or more > 0:
        lines.append("For all machines and conflicts, use the format json or table.")
    return [*lines, *view.why.resolution]


class PlanNight(NamedTuple):
    """The restarts of one night, in the order of their start."""

    day: datetime
    reboots: tuple[Reboot, ...]

    @property
    def name(self) -> str:
        """`Sat 2026-01-17 to Sun 2026-01-18`: a night is from noon to noon."""
        return f"{day_text(self.day)} to {day_text(self.day + _DAY)}"


def nights(reboots: Iterable[Reboot]) -> list[PlanNight]:
    """Restarts by night, each in the local time of its own opening."""
    rows = sorted(
        reboots, key=lambda reboot: (_evening(reboot), reboot.start, reboot.machine.label)
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


def headline(plan: Plan) -> str:
    """What the plan is for, with the day of the baseline."""
    return f"Restarts for the baseline of {day_text(plan.release_day)}"


def proof(plan: Plan) -> str:
    """How many restarts are scheduled and not needed, and how good the plan is, in two lines.

    The lower bound is of plans that schedule as much. Unless it is proven that none schedules
    more, the line says so.
    """
    alone = "".join(f", {count} {why}" for why, count in sorted(plan.not_needed.items()))
    last = f" The last restart ends {moment_text(plan.makespan)}." if plan.makespan else ""
    hours = f"{plan.exposure:.1f} weighted hours of exposure"
    if plan.result.goal == "exposure":
        most = not plan.unplaced or plan.result.most_placed
        bound = f"{plan.lower_bound:.1f}{'' if most else ' in plans that schedule as much'}"
        worth = f"{hours}, at least {bound} (gap {plan.gap:.1%}).{last}"
    else:
        worth = f"{hours}.{last}"
        if bound := end_bound_text(plan):
            as_much = " that schedules as much" if plan.unplaced else ""
            worth += f" No plan{as_much} ends before {bound}."
    return (
        f"{len(plan.reboots)} scheduled, {len(plan.unplaced)} not scheduled{alone}.\n"
        f"{plan.status}: {worth}\n"
    )


def end_bound_text(plan: Plan) -> str:
    """The moment before which no plan ends that schedules as much; empty for another goal."""
    if not plan.end_bound or not plan.makespan:
        return ""
    return moment_text(in_zone(plan.end_bound, plan.makespan.tzinfo))


def proof_sentence(plan: Plan) -> str:
    """What is proven of a plan, by its status and goal."""
    by_end = plan.result.goal == "earliest-end"
    if plan.status == "optimal":
        best = "ends earlier" if by_end else "has less exposure"
        return f"All restarts are scheduled. It's proven that no plan {best}."
    if plan.status == "feasible":
        better = "that ends earlier" if by_end else "with less exposure"
        return f"All restarts are scheduled. A plan {better} might exist."
    if plan.status == "incomplete" and plan.result.status != "incomplete":
        return "Whether a plan for all exists is unknown: facts of some machines are missing."
    if plan.status == "incomplete":
        return "The search found no plan for all; whether one exists is unknown."
    most = "No plan schedules more, by weight and then by number."
    if not plan.result.most_placed or plan.prepared.left_out:
        most = "Another plan might schedule more."
    return f"It's proven that not all restarts can be scheduled. {most}"


def each_alone(changes: int) -> str:
    """The heading of the changes that resolve a conflict."""
    if changes == 1:
        return "This change resolves the conflict:"
    return "Each of these changes alone resolves the conflict:"


def difference_sections(view: PlanView) -> list[tuple[str, list[str]]]:
    """What `--what-if` and `--keep` changed, as headings with lines below them."""
    sections = []
    if view.supposed is not None:
        texts = " and ".join(view.supposed.texts)
        sections.append((f"What if {texts}:", _supposed(view.supposed)))
    if view.kept is not None:
        sections.append(("Changes from the plan to keep:", _changes(view.kept)))
    return sections


def _supposed(answer: ScenarioPlan) -> list[str]:
    lines = []
    if answer.without is None:
        lines.append("Without it, no baseline is due and no machine restarts.")
    more = "more" if answer.exposure >= 0 else "fewer"
    change = answer.difference
    of_what = (
        ", not counting machines that only one of the plans schedules"
        if change.unscheduled or change.scheduled
        else ""
    )
    lines.append(f"{abs(answer.exposure):.1f} {more} weighted hours of exposure{of_what}.")
    seconds = answer.later.total_seconds() if answer.later is not None else 0
    if seconds:
        direction = "later" if seconds > 0 else "earlier"
        lines.append(f"The last restart ends {abs(seconds) / 3600:.1f} h {direction}.")
    return [*lines, *_changes(change)]


def _changes(change: PlanDiff) -> list[str]:
    lines = []
    for move in change.moved:
        start = move.reboot.start
        before = in_zone(move.before, start.tzinfo)
        lines.append(
            f"{move.reboot.machine.label} moves from {before:%a %Y-%m-%d %H:%M} "
            f"to {moment_text(start)}."
        )
    lines += [
        f"{reboot.machine.label} also restarts: {moment_text(reboot.start)}."
        for reboot in change.added
    ]
    lines += [
        f"{reboot.machine.label} can now be scheduled: {moment_text(reboot.start)}."
        for reboot in change.scheduled
    ]
    lines += [f"{name} can no longer be scheduled." for name in change.unscheduled]
    lines += [f"{name} needs no restart." for name in change.not_needed]
    return lines or ["No restart moves."]
