"""Why machines can't be scheduled, in words: a minimal set of causes, and changes that resolve the
conflict.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from hotpatch_cli.documents.phrases import counted
from hotpatch_cli.knowledge.records import Rule
from hotpatch_cli.model import Finding, Machine
from hotpatch_cli.planning.blocked import blocked_tasks
from hotpatch_cli.planning.plan import Plan
from hotpatch_cli.planning.prepare import PlanningInput, wider
from hotpatch_cli.planning.window_slots import MINUTE, MinuteInterval, moment
from hotpatch_cli.report import sentence
from hotpatch_cli.schedule.durations import duration_text
from hotpatch_cli.scheduler import ResourceLimit, SchedulingProblem, Task, TaskGroup, explain

_DAYS_LATER = 28
"""The most days by which the deadline is extended in a search for changes that help."""
_NAMED = 4
_SHOWN = 3


class ConflictText(NamedTuple):
    """A cause or a change in words: `kind` and `name` as the scheduler's `explain` gives them."""

    kind: str
    name: str | None
    message: str


class PlanConflict(NamedTuple):
    """Machines that can't all restart in time, the causes (a minimal set), and the changes of which
    each resolves the conflict.

    `also` are others with the same conflict. `proven` is False where the search found no plan, but
    didn't try all.
    """

    machines: tuple[str, ...]
    summary: str
    reasons: tuple[ConflictText, ...]
    helps: tuple[ConflictText, ...]
    proven: bool
    also: tuple[str, ...] = ()


def plan_conflicts(plan: Plan, rules: Mapping[str, Rule]) -> tuple[PlanConflict, ...]:
    """The conflicts that keep machines of a plan from being scheduled; the work is bounded."""
    if not plan.unplaced:
        return ()
    prepared = plan.prepared
    late = {task for task, why in prepared.missing.items() if why.variant == "deadline"}
    conflicts = [*_facts_missing(prepared, rules, late)]
    shut = prepared.missing.keys() - late
    behind = blocked_tasks(prepared.problem, plan.result.starts).blocked_by(shut)
    unexplained = [
        task
        for task, start in enumerate(plan.result.starts)
        if start is None and task not in shut | behind
    ]
    if unexplained:
        problem = wider(prepared, timedelta(days=_DAYS_LATER))
        texts = _ConflictTexts(prepared, problem)
        conflicts += texts.conflicts(plan.result.starts, unexplained)
    return tuple(conflicts)


def _facts_missing(
    prepared: PlanningInput, rules: Mapping[str, Rule], late: set[int]
) -> Iterable[PlanConflict]:
    """Machines that no plan can schedule, one conflict for each cause."""
    sharing: dict[Finding, list[Machine]] = {}
    for task, why in prepared.missing.items():
        if task not in late:
            sharing.setdefault(why, []).append(prepared.machines[task])
    for why, machines in sharing.items():
        names = tuple(machine.label for machine in machines)
        message = sentence(rules[why.code], why)
        reason = ConflictText("fact", why.code, message)
        help_ = ConflictText("fact", why.code, rules[why.code].fix)
        yield PlanConflict(
            names, f"{name_list(names)} can't be scheduled.", (reason,), (help_,), proven=True
        )


class _ConflictTexts:
    """Words a conflict of the scheduler in the terms of the inventory."""

    def __init__(self, prepared: PlanningInput, problem: SchedulingProblem) -> None:
        self.prepared, self.problem = prepared, problem
        self._task = {task.name: number for number, task in enumerate(problem.tasks)}
        self._group = {group.name: group for group in problem.groups}
        self._limit = {limit.name: limit for limit in problem.resources}

    def conflicts(
        self, starts: tuple[int | None, ...], unexplained: Iterable[int]
    ) -> Iterable[PlanConflict]:
        """The conflicts behind the tasks that a plan doesn't schedule, in words."""
        for conflict in explain(self.problem, starts, unexplained, most_days=_DAYS_LATER):
            tasks = [self.problem.tasks[self._task[name]] for name in conflict.tasks]
            in_windows = {name for kind, name in conflict.reasons if kind == "windows"}
            reasons = self._windows(in_windows, tasks)
            reasons += [
                self._reason(kind, name, tasks)
                for kind, name in conflict.reasons
                if kind != "windows"
            ]
            helps = tuple(self._help(*relaxation) for relaxation in conflict.relaxations)
            names, also = conflict.tasks, conflict.also
            if len(names) == 1:
                summary = f"{names[0]} can't be scheduled."
            else:
                count = counted(len(names), "machine")
                summary = f"{count} can't all be scheduled: {name_list(names)}."
            if also:
                summary += f" The same applies to {name_list(also)}."
            if not conflict.proven:
                summary += " The search found no plan for them, but didn't try all."
            yield PlanConflict(names, summary, tuple(reasons), helps, conflict.proven, also)

    def _windows(self, named: set[str | None], tasks: Sequence[Task]) -> list[ConflictText]:
        """The openings of the named machines, one sentence for all that share them."""
        sharing: dict[tuple[object, ...], list[Task]] = {}
        for task in tasks:
            if task.name in named:
                machine = self.prepared.machines[self._task[task.name]]
                sharing.setdefault((task.windows, machine.placement.windows), []).append(task)
        return [self._openings(same) for same in sharing.values()]

    def _openings(self, tasks: Sequence[Task]) -> ConflictText:
        names = tuple(task.name for task in tasks)
        number = self._task[names[0]]
        windows = ", ".join(self.prepared.machines[number].placement.windows) or "no window"
        opened = self.problem.open_intervals(tasks)
        before = f"before {moment(self.prepared.finish)}"
        who = f"{name_list(names)} {'has' if len(names) == 1 else 'have'}"
        if not opened:
            return ConflictText("windows", names[0], f"{who} no opening of {windows} {before}.")
        zone = self._zone(number)
        spans = [
            f"{self._at(start, zone)} to {self._at(end, zone, start)}"
            for start, end in opened[:_SHOWN]
        ]
        more = f" and {len(opened) - _SHOWN} more" if len(opened) > _SHOWN else ""
        total = duration_text(sum(end - start for start, end in opened) * MINUTE)
        many = counted(len(opened), "opening")
        where = f"{many} of {windows} {before}, {total} in all: {'; '.join(spans)}{more}"
        return ConflictText("windows", names[0], f"{who} {where}.")

    def _zone(self, task: int) -> datetime:
        """A moment in the zone of a machine's first opening."""
        pieces = self.prepared.pieces[task]
        return pieces[0].opening.start if pieces else self.prepared.release

    def _at(self, minutes: int, zone: datetime, since: int | None = None) -> str:
        when = (self.prepared.release + minutes * MINUTE).astimezone(zone.tzinfo)
        first = (
            None
            if since is None
            else (self.prepared.release + since * MINUTE).astimezone(zone.tzinfo)
        )
        if (
            first is not None
            and first.utcoffset() == when.utcoffset()
            and when - first < timedelta(days=1)
        ):
            return f"{when:%H:%M}"
        return f"{when:%a %Y-%m-%d %H:%M %z}"

    def _reason(self, kind: str, name: str | None, tasks: Sequence[Task]) -> ConflictText:
        if kind == "deadline":
            message = f"Every restart must end by {moment(self.prepared.finish)}."
        elif kind == "pinned":
            message = f"{name} is pinned to {self._pinned(name)} (`reboot_at`)."
        elif kind == "ring":
            message = self._ring(name)
        elif kind == "after":
            message = self._after(name)
        else:
            message = self._share(kind, name, tasks)
        return ConflictText(kind, name, message)

    def _pinned(self, name: str | None) -> str:
        machine = self.prepared.machines[self._task[name or ""]]
        return f"{machine.reboot_at:%a %Y-%m-%d %H:%M %z}"

    def _ring(self, name: str | None) -> str:
        rings = self.problem.rings
        first = next(first for first, then in self.problem.ring_steps() if rings[then].name == name)
        before = rings[first]
        soak = f"{duration_text(before.soak * MINUTE)} after" if before.soak else "after"
        return f"The ring {name} starts {soak} the last restart of the ring {before.name}."

    def _after(self, name: str | None) -> str:
        group = self._group.get(name or "")
        if group is None:
            return f"{name} starts after other restarts."
        before = name_list([self.problem.groups[number].name for number in group.after])
        return f"The group {name} starts when {before} is done."

    def _share(self, kind: str, name: str | None, tasks: Sequence[Task]) -> str:
        """How many restarts a group or a limit allows, and how much time they need."""
        limits: Mapping[str, TaskGroup | ResourceLimit]
        limits = self._group if kind == "group" else self._limit
        limit = limits[name or ""]
        settle = limit.settle if isinstance(limit, TaskGroup) else 0
        users = [task for task in tasks if self._uses(task, limit)]
        at_once = "one at a time" if limit.capacity == 1 else f"at most {limit.capacity} at once"
        resting = f" with {duration_text(settle * MINUTE)} to settle" if settle else ""
        if len(users) == 1:
            what = (
                f"The group {limit.name} restarts"
                if isinstance(limit, TaskGroup)
                else f"The limit on {limit.name} is"
            )
            return f"{what} {at_once}{resting}."
        who = (
            f"members of {limit.name}"
            if isinstance(limit, TaskGroup)
            else f"machines under the limit on {limit.name}"
        )
        text = f"{len(users)} {who} restart {at_once}{resting}"
        opened = self.problem.open_intervals(users)
        offered = sum(end - start for start, end in opened)
        needed = -(-sum(task.duration + settle for task in users) // limit.capacity) - settle
        places = self.problem.most_starts(users, limit) if users else 0
        if needed > offered:
            text += (
                f", which takes {duration_text(needed * MINUTE)}; "
                f"their openings offer {duration_text(offered * MINUTE)}"
            )
        elif places < len(users):
            openings = counted(len(opened), "opening has room", "openings have room")
            text += f"; their {openings} for {places}"
        return text + "."

    def _uses(self, task: Task, limit: TaskGroup | ResourceLimit) -> bool:
        if isinstance(limit, TaskGroup):
            return any(self.problem.groups[group] is limit for group in task.groups)
        return any(self.problem.resources[number] is limit for number in task.resources)

    def _help(
        self, kind: str, name: str | None, amount: int, within: MinuteInterval | None
    ) -> ConflictText:
        if kind == "deadline":
            days = -(-amount // (24 * 60))
            later = moment(self.prepared.finish + timedelta(days=days))
            message = f"Extend the deadline by {counted(days, 'day')}, to {later}"
        elif kind == "capacity":
            limit = self._group.get(name or "") or self._limit[name or ""]
            capacity = limit.capacity + amount
            message = (
                f"Set `max_unavailable: {capacity}` for the group {name}"
                if name in self._group
                else f"Raise the limit on {name} to {capacity}"
            )
        else:
            zone = self._zone(self._task[name or ""])
            where = (
                f", such as {self._at(within[0], zone)} to {self._at(within[1], zone, within[0])}"
                if within
                else ""
            )
            message = f"Add an opening of {duration_text(amount * MINUTE)} for {name}{where}"
        return ConflictText(kind, name, message + ".")


def name_list(names: Sequence[str]) -> str:
    """Some names in words: the first few, and how many more."""
    if len(names) > _NAMED + 1:
        return f"{', '.join(names[:_NAMED])} and {len(names) - _NAMED:,} more"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
