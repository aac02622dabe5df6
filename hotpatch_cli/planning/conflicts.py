"""Why machines can't be scheduled, in words: a minimal set of causes, and changes that resolve the
conflict.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import chain
from typing import NamedTuple

from hotpatch_cli.documents.phrases import counted
from hotpatch_cli.knowledge.records import Rule
from hotpatch_cli.model import Finding
from hotpatch_cli.planning.blocked import blocked_tasks
from hotpatch_cli.planning.conflict_words import CauseWords, ConflictText, name_list
from hotpatch_cli.planning.fleet_changes import PlannedFleet
from hotpatch_cli.planning.helpful_changes import DAYS_LATER, HelpfulChanges, Reason, plan_end
from hotpatch_cli.planning.plan import Plan
from hotpatch_cli.planning.prepare import FACTS, PlanningInput, PlanRequest
from hotpatch_cli.planning.replanning import Replanning, calendar_of, problem_of_some
from hotpatch_cli.planning.window_slots import (
    MINUTE,
    MinuteInterval,
    PlanSpan,
    WindowCut,
    WindowSlots,
    moment,
)
from hotpatch_cli.report import sentence
from hotpatch_cli.restarts import relevant
from hotpatch_cli.schedule.fit import OpeningCache
from hotpatch_cli.scheduler import Freezes, SchedulingProblem, explain

__all__ = ["ConflictText", "Explanation", "PlanConflict", "name_list", "with_conflicts"]

_CHECK_WORK = 40_000
"""Work of all changes that are tried; with less, large conflicts have fewer changes that help."""
_ALL_WORK = 20_000
"""Work of the changes that are tried for all conflicts at once."""


class PlanConflict(NamedTuple):
    """Machines that can't all restart in time, the causes (a minimal set), and the changes of which
    each resolves the conflict.

    After one of the changes all `machines`, those of `also`, and the `dependents` can be scheduled,
    unless these depend on other conflicts too. `also` are other unscheduled machines that the
    causes concern. `dependents` aren't scheduled since they depend on the others. `proven` is False
    where the search found no plan, but didn't try all.
    """

    machines: tuple[str, ...]
    summary: str
    reasons: tuple[ConflictText, ...]
    helps: tuple[ConflictText, ...]
    proven: bool
    also: tuple[str, ...] = ()
    dependents: tuple[str, ...] = ()

    @property
    def shows_infeasibility(self) -> bool:
        """Whether no plan schedules its machines, whatever the facts are that are missing."""
        missing = any(kind == "fact" and name in FACTS for kind, name, _ in self.reasons)
        return self.proven and not missing


class Explanation(NamedTuple):
    """Why a plan doesn't schedule all machines.

    `all_fit` are the changes of which each alone lets all machines of several conflicts be
    scheduled. `unexplained` are unscheduled machines that no conflict has.
    """

    conflicts: tuple[PlanConflict, ...] = ()
    all_fit: tuple[ConflictText, ...] = ()
    unexplained: tuple[str, ...] = ()

    @property
    def resolution(self) -> tuple[str, ...]:
        """What schedules all machines of several conflicts: the changes of which one is enough, or
        all conflicts; and which machines have no conflict.
        """
        lines = [f"Makes all machines fit: {change.message}" for change in self.all_fit]
        if len(self.conflicts) > 1 and not lines:
            lines = [f"To schedule all machines, resolve all {len(self.conflicts)} conflicts."]
        if self.unexplained:
            count = counted(len(self.unexplained), "other machine")
            lines.append(
                f"The causes of {count} weren't examined: {name_list(self.unexplained)}. "
                "Resolve these conflicts, and plan again."
            )
        return tuple(lines)


NO_EXPLANATION = Explanation()


def with_conflicts(
    plan: Plan, rules: Mapping[str, Rule], wish: PlanRequest | None = None
) -> tuple[Plan, Explanation]:
    """(the plan, the conflicts that keep machines from being scheduled); the work is bounded.

    A conflict that is proven shows what the search may not have shown: that not all fit.
    """
    if not plan.unplaced:
        return plan, NO_EXPLANATION
    why = _Explainer(plan, rules, wish or PlanRequest()).explained()
    if any(conflict.shows_infeasibility for conflict in why.conflicts):
        plan = plan._replace(status="infeasible", result=plan.result._replace(status="infeasible"))
    return plan, why


class _Draft(NamedTuple):
    """A conflict before its changes are looked for; tasks are those of the plan."""

    tasks: tuple[int, ...]
    also: tuple[int, ...]
    reasons: tuple[Reason, ...]
    texts: tuple[ConflictText, ...]
    proven: bool
    fact: Finding | None = None


class _Explainer:
    def __init__(self, plan: Plan, rules: Mapping[str, Rule], wish: PlanRequest) -> None:
        self._prepared, self._rules = plan.prepared, rules
        self._starts = plan.result.starts
        self._blocked = blocked_tasks(plan.prepared.problem, plan.result.starts)
        self._out = [task for task, start in enumerate(self._starts) if start is None]
        self._openings = OpeningCache()
        self._end = plan_end(wish, plan.prepared)

    def explained(self) -> Explanation:
        drafts = [*self._facts(), *self._conflicts()]
        causes = [set(self._out) & {*draft.tasks, *draft.also} for draft in drafts]
        owned = [own | self._blocked.blocked_by(own) for own in causes]
        others = set(self._out).difference(*owned)
        replanning = Replanning(self._prepared, self._openings, _CHECK_WORK)
        conflicts = []
        for number, draft in enumerate(drafts):
            foreign = set(others).union(*(own for at, own in enumerate(causes) if at != number))
            foreign |= self._blocked.blocked_by(foreign)
            foreign -= causes[number]
            helps = self._helps(
                draft,
                replanning.share(_CHECK_WORK // len(drafts)),
                owned[number] - foreign,
                set(range(len(self._starts))) - foreign,
            )
            conflicts.append(self._conflict(draft, causes[number], owned[number], helps))
        all_fit: tuple[ConflictText, ...] = ()
        if len(drafts) > 1 and not any(draft.fact for draft in drafts):
            everything = set(range(len(self._starts)))
            changes = HelpfulChanges(replanning.share(_ALL_WORK), self._out, everything, self._end)
            reasons = dict.fromkeys(chain.from_iterable(draft.reasons for draft in drafts))
            tasks = dict.fromkeys(chain.from_iterable(draft.tasks for draft in drafts))
            all_fit = changes.of(list(reasons), list(tasks))
        return Explanation(tuple(conflicts), all_fit, self._names(sorted(others)))

    def _helps(
        self, draft: _Draft, replanning: Replanning, wanted: set[int], allowed: set[int]
    ) -> tuple[ConflictText, ...]:
        changes = HelpfulChanges(replanning, wanted, allowed, self._end)
        if draft.fact is not None:
            machines = [self._prepared.machines[task] for task in draft.tasks]
            return changes.of_fact(draft.fact, machines)
        return changes.of(draft.reasons, draft.tasks)

    def _names(self, tasks: Collection[int]) -> tuple[str, ...]:
        return tuple(self._prepared.machines[task].label for task in tasks)

    def _conflict(
        self,
        draft: _Draft,
        causes: set[int],
        owned: set[int],
        helps: tuple[ConflictText, ...],
    ) -> PlanConflict:
        names, also = self._names(draft.tasks), self._names(draft.also)
        left_out = self._names([task for task in draft.tasks if task in causes])
        if len(left_out) == len(names):
            summary = f"{name_list(names)} can't be scheduled."
        else:
            summary = (
                f"{counted(len(names), 'machine')} can't all be scheduled "
                f"before {moment(self._prepared.finish)}: {name_list(names)}. "
            )
            isn_t = "isn't" if len(left_out) == 1 else "aren't"
            summary += f"{len(left_out):,} of them {isn_t} scheduled: {name_list(left_out)}."
        if also:
            count = counted(len(also), "other machine")
            isn_t = "isn't" if len(also) == 1 else "aren't"
            summary += f" {count} with the same causes {isn_t} scheduled either: {name_list(also)}."
        behind = self._names(sorted(owned - causes))
        if behind:
            verb = "depends" if len(behind) == 1 else "depend"
            isn_t = "isn't" if len(behind) == 1 else "aren't"
            them = names[0] if len(names) == 1 else "them"
            summary += (
                f" {counted(len(behind), 'machine')} {verb} on {them} and {isn_t} scheduled: "
                f"{name_list(behind)}."
            )
        if not draft.proven:
            summary += " The search found no plan for them; whether one exists is unknown."
        return PlanConflict(names, summary, draft.texts, helps, draft.proven, also, behind)

    # --- conflicts ----------------------------------------

    def _facts(self) -> Iterator[_Draft]:
        """Machines that no plan can schedule since a fact is missing, by the fact."""
        sharing: dict[Finding, list[int]] = {}
        for task in self._out:
            why = self._prepared.missing.get(task)
            if why is not None and _is_fact(why):
                sharing.setdefault(why, []).append(task)
        for why, tasks in sharing.items():
            text = ConflictText("fact", why.code, sentence(self._rules[why.code], why))
            yield _Draft(tuple(tasks), (), (), (text,), proven=True, fact=why)

    def _conflicts(self) -> Iterator[_Draft]:
        """The conflicts of machines with a window, behind which no fact is missing."""
        prepared = self._prepared
        facts = {task for task, why in prepared.missing.items() if _is_fact(why)}
        left = facts | self._blocked.blocked_by(facts)
        asked = [task for task in self._out if task not in left]
        if not asked:
            return
        number = [task for task in range(len(self._starts)) if task not in left]
        calendars = _Calendars(prepared, self._openings)
        problem = calendars.problem(number)
        starts = tuple(self._starts[task] for task in number)
        starts += tuple(task.pinned for task in problem.tasks[len(number) :])
        at = {task: index for index, task in enumerate(number)}
        words = CauseWords(
            prepared,
            problem,
            calendars.of(frozenset(), prepared.span),
            calendars.of(calendars.names, prepared.span),
            calendars.later(frozenset()),
        )
        named = {task.name: index for index, task in enumerate(problem.tasks)}
        for conflict in explain(problem, starts, [at[task] for task in asked], calendars.freezes()):
            tasks = [named[name] for name in conflict.tasks if named[name] < len(number)]
            settling = [problem.tasks[named[name]] for name in conflict.tasks]
            settling = [task for task in settling if named[task.name] >= len(number)]
            done = {task.name for task in settling}
            reasons = tuple(reason for reason in conflict.reasons if reason.name not in done)
            yield _Draft(
                tuple(number[task] for task in tasks),
                tuple(number[named[name]] for name in conflict.also),
                reasons,
                (
                    *words.of(reasons, [problem.tasks[task] for task in tasks]),
                    *words.settling(settling),
                ),
                conflict.proven,
            )


def _is_fact(why: Finding) -> bool:
    """Whether a machine isn't scheduled for lack of a fact: its product, its zone, or a window."""
    return why.code != "HP502" and (why.code, why.variant) != ("HP501", "deadline")


class _Calendars:
    """The openings of a fleet where some of its freezes don't exist, after the deadline too."""

    def __init__(self, prepared: PlanningInput, openings: OpeningCache) -> None:
        self._prepared, self._openings = prepared, openings
        self._machines = {machine.label: machine for machine in prepared.machines}
        self._known: dict[frozenset[str], WindowSlots] = {}
        self._later = prepared.span.longer(timedelta(days=DAYS_LATER))
        self._cut = WindowCut()
        self.names = frozenset(freeze.name for freeze in prepared.fleet.freezes)

    def problem(self, tasks: Sequence[int]) -> SchedulingProblem:
        """Some restarts of the plan, with the openings after the deadline too."""
        prepared = self._prepared
        now = PlannedFleet(prepared.fleet, prepared.machines, prepared.span)
        problem = problem_of_some(prepared, now, tasks, self.later(frozenset()))
        return problem._replace(deadline=int((prepared.finish - prepared.release) / MINUTE))

    def freezes(self) -> Freezes:
        """The freezes as the scheduler asks for them."""
        return Freezes(self._names_of, self._windows)

    def of(self, lifted: frozenset[str], span: PlanSpan) -> WindowSlots:
        """The openings in some time, without some of the freezes."""
        prepared = self._prepared
        kept = tuple(freeze for freeze in prepared.fleet.freezes if freeze.name not in lifted)
        return calendar_of(prepared, prepared.fleet._replace(freezes=kept), span, self._openings)

    def later(self, lifted: frozenset[str]) -> WindowSlots:
        """The openings after the deadline too, without some of the freezes."""
        if lifted not in self._known:
            self._known[lifted] = self.of(lifted, self._later)
        return self._known[lifted]

    def _names_of(self, label: str) -> tuple[str, ...]:
        if label not in self._machines:
            return ()  # a restart that is done
        found = relevant(self._prepared.fleet.freezes, self._machines[label].placement)
        return tuple(dict.fromkeys(freeze.name for freeze in found))

    def _windows(self, label: str, lifted: frozenset[str]) -> tuple[MinuteInterval, ...]:
        placement = self._machines[label].placement
        found = self.later(lifted).intervals(placement)
        minute = self._prepared.ring_starts.get(placement.ring)
        return found if minute is None else self._cut.after(found, minute)
