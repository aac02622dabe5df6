"""Why machines cannot be placed, in words: an irreducible set of rules that conflict, and what
would help.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from hotpatch_cli.knowledge.records import Rule
from hotpatch_cli.model import Finding, Machine
from hotpatch_cli.planning.plan import Plan, waits_in_vain
from hotpatch_cli.planning.prepare import PlanningInput, wider
from hotpatch_cli.planning.window_slots import MINUTE, moment
from hotpatch_cli.schedule.durations import duration_text
from hotpatch_cli.scheduler.bounds.capacity import room, stretches
from hotpatch_cli.scheduler.infeasible.conflict import Conflict, explain
from hotpatch_cli.scheduler.infeasible.constraints import Constraint
from hotpatch_cli.scheduler.infeasible.relaxations import MOST_DAYS, Relaxation
from hotpatch_cli.scheduler.problem import ResourceLimit, SchedulingProblem, Task, TaskGroup

_NAMED = 4
_SHOWN = 3
_HELP = {
    "HP402": "Give its operating system: `os`, or an image of the marketplace.",
    "HP413": "Give it a `timezone`, or its window one.",
    "HP502": "Make the window longer, narrow the freeze, or correct `reboot_minutes`.",
    "HP501": "Give it a `window`.",
}


class ConflictText(NamedTuple):
    """A reason or a help in words: `kind` and `name` as in the planner's Reason and Relief."""

    kind: str
    name: str | None
    message: str


class PlanConflict(NamedTuple):
    """Machines that cannot all restart in time, the reasons why (each of them is needed), and what
    would help.

    `also` are others that are left out in the same way. `proven` is False where no room was found,
    but not every plan was tried.
    """

    machines: tuple[str, ...]
    summary: str
    reasons: tuple[ConflictText, ...]
    helps: tuple[ConflictText, ...]
    proven: bool
    also: tuple[str, ...] = ()


def plan_conflicts(plan: Plan, rules: Mapping[str, Rule]) -> tuple[PlanConflict, ...]:
    """What stands in the way of the machines that a plan leaves out; the work for it is bounded."""
    if not plan.unplaced:
        return ()
    prepared = plan.prepared
    late = {task for task, why in prepared.missing.items() if why.variant == "deadline"}
    told = [*_facts_missing(prepared, rules, late)]
    shut = prepared.missing.keys() - late
    behind = waits_in_vain(prepared, plan.result).blocked(shut)
    unexplained = [
        task
        for task, start in enumerate(plan.result.starts)
        if start is None and task not in shut | behind
    ]
    if unexplained:
        problem = wider(prepared, timedelta(days=MOST_DAYS))
        tell = _ConflictText(prepared, problem)
        told += [tell.obstacle(each) for each in explain(problem, plan.result.starts, unexplained)]
    return tuple(told)


def _facts_missing(
    prepared: PlanningInput, rules: Mapping[str, Rule], late: set[int]
) -> Iterable[PlanConflict]:
    """Machines that no plan can place, one obstacle for each reason."""
    sharing: dict[Finding, list[Machine]] = {}
    for task, why in prepared.missing.items():
        if task not in late:
            sharing.setdefault(why, []).append(prepared.machines[task])
    for why, machines in sharing.items():
        names = tuple(each.label for each in machines)
        message = rules[why.code].sentences[why.variant].format_map(dict(why.values))
        reason = ConflictText("fact", why.code, message)
        help_ = ConflictText("fact", why.code, _HELP[why.code])
        yield PlanConflict(
            names, f"{listed(names)} cannot be placed.", (reason,), (help_,), proven=True
        )


class _ConflictText:
    """Puts a conflict of the planner into the words of the inventory."""

    def __init__(self, prepared: PlanningInput, problem: SchedulingProblem) -> None:
        self.prepared, self.problem = prepared, problem
        self._task = {task.name: number for number, task in enumerate(problem.tasks)}
        self._group = {group.name: group for group in problem.groups}
        self._limit = {limit.name: limit for limit in problem.resources}

    def obstacle(self, conflict: Conflict) -> PlanConflict:
        """One conflict in words."""
        tasks = [self.problem.tasks[self._task[name]] for name in conflict.tasks]
        reasons = self._windows(conflict, tasks)
        reasons += [
            self._reason(each, tasks) for each in conflict.reasons if each.kind != "windows"
        ]
        helps = tuple(self._help(each) for each in conflict.relaxations)
        names = tuple(task.name for task in tasks)
        if len(names) == 1:
            summary = f"{names[0]} cannot be placed."
        else:
            summary = f"{len(names)} machines cannot all be placed: {listed(names)}."
        if conflict.also:
            summary += f" So it is with {listed(conflict.also)}."
        if not conflict.proven:
            summary += " No room was found for them, but not every plan was tried."
        return PlanConflict(names, summary, tuple(reasons), helps, conflict.proven, conflict.also)

    def _windows(self, conflict: Conflict, tasks: Sequence[Task]) -> list[ConflictText]:
        """The openings of the machines, told once for all that share them."""
        named = {reason.name for reason in conflict.reasons if reason.kind == "windows"}
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
        opened = stretches(tasks, self.problem.deadline)
        before = f"before {moment(self.prepared.finish)}"
        who = f"{listed(names)} {'has' if len(names) == 1 else 'have'}"
        if not opened:
            return ConflictText("windows", names[0], f"{who} no opening of {windows} {before}.")
        zone = self._zone(number)
        spans = [
            f"{self._at(start, zone)} to {self._at(end, zone, start)}"
            for start, end in opened[:_SHOWN]
        ]
        more = f" and {len(opened) - _SHOWN} more" if len(opened) > _SHOWN else ""
        total = duration_text(sum(end - start for start, end in opened) * MINUTE)
        many = "one opening" if len(opened) == 1 else f"{len(opened)} openings"
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
        return f"{when:%Y-%m-%d %H:%M %z}"

    def _reason(self, reason: Constraint, tasks: Sequence[Task]) -> ConflictText:
        kind, name = reason
        if kind == "deadline":
            message = f"Every restart ends by {moment(self.prepared.finish)}."
        elif kind == "pinned":
            message = f"{name} is pinned to {self._pinned(name)} (`reboot_at`)."
        elif kind == "ring":
            message = self._ring(name)
        elif kind == "after":
            message = self._after(name)
        else:
            message = self._share(reason, tasks)
        return ConflictText(kind, name, message)

    def _pinned(self, name: str | None) -> str:
        machine = self.prepared.machines[self._task[name or ""]]
        return f"{machine.reboot_at:%Y-%m-%d %H:%M %z}"

    def _ring(self, name: str | None) -> str:
        rings = self.problem.rings
        used = sorted({task.ring for task in self.problem.tasks if task.ring is not None})
        place = next(number for number in used if rings[number].name == name)
        before = rings[used[used.index(place) - 1]]
        soak = f"{duration_text(before.soak * MINUTE)} after" if before.soak else "after"
        return f"The ring {name} starts {soak} the last restart of the ring {before.name}."

    def _after(self, name: str | None) -> str:
        group = self._group.get(name or "")
        if group is None:
            return f"{name} waits for others."
        return f"The group {name} starts when {listed([self.problem.groups[n].name for n in group.after])} is done."

    def _share(self, reason: Constraint, tasks: Sequence[Task]) -> str:
        """How much a group or a limit lets through, and how much the machines need."""
        limit: TaskGroup | ResourceLimit = (self._group if reason.kind == "group" else self._limit)[
            reason.name or ""
        ]
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
        opened = stretches(users, self.problem.deadline)
        offered = sum(end - start for start, end in opened)
        needed = -(-sum(task.duration + settle for task in users) // limit.capacity) - settle
        places = room(users, limit.capacity, settle, self.problem.deadline) if users else 0
        if needed > offered:
            text += f", which takes {duration_text(needed * MINUTE)}; their openings offer {duration_text(offered * MINUTE)}"
        elif places < len(users):
            openings = "1 opening" if len(opened) == 1 else f"{len(opened)} openings"
            text += f"; their {openings} have room for {places}"
        return text + "."

    def _uses(self, task: Task, limit: TaskGroup | ResourceLimit) -> bool:
        if isinstance(limit, TaskGroup):
            return any(self.problem.groups[group] is limit for group in task.groups)
        return any(self.problem.resources[each] is limit for each in task.resources)

    def _help(self, relief: Relaxation) -> ConflictText:
        kind, name, amount, within = relief
        if kind == "deadline":
            days = -(-amount // (24 * 60))
            message = f"{days} day{'s' if days > 1 else ''} more: a deadline of " + moment(
                self.prepared.finish + timedelta(days=days)
            )
        elif kind == "capacity":
            limit = self._group.get(name or "") or self._limit[name or ""]
            word = (
                f"max_unavailable: {limit.capacity + amount}"
                if name in self._group
                else str(limit.capacity + amount)
            )
            message = (
                f"{'The group' if name in self._group else 'The limit on'} {name}: {word} at once"
            )
        else:
            zone = self._zone(self._task[name or ""])
            where = (
                f", such as {self._at(within[0], zone)} to {self._at(within[1], zone, within[0])}"
                if within
                else ""
            )
            message = f"One more opening of {duration_text(amount * MINUTE)} for {name}{where}"
        return ConflictText(kind, name, message + ".")


def listed(names: Sequence[str]) -> str:
    """Some names in words: the first few, and how many more."""
    if len(names) > _NAMED + 1:
        return f"{', '.join(names[:_NAMED])} and {len(names) - _NAMED:,} more"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
