"""The plan for a prepared fleet, and the check of an edited plan."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import chain, islice
from typing import Any, NamedTuple

from hotpatch_cli.documents.tree import quoted
from hotpatch_cli.model import Finding, Machine, TrackState, make_finding
from hotpatch_cli.planning.plan_record import PlannedRestart
from hotpatch_cli.planning.prepare import PlanningInput
from hotpatch_cli.planning.window_slots import MINUTE, moment
from hotpatch_cli.schedule.durations import duration_text
from hotpatch_cli.scheduler import Result, Task, solve, verify
from hotpatch_cli.servicing.restart import restarted_by_platform

_NAMED = 3
_ORDERS = frozenset({"after", "ring", "unplaced"})
"""The rules of `verify` on the order of two tasks."""


class Reboot(NamedTuple):
    """One planned restart, in the zone of its opening.

    `confirmed` says whether the release data confirms what the machine restarts for; `track` is its
    track state when the plan was made.
    """

    machine: Machine
    start: datetime
    end: datetime
    window: str
    confirmed: bool = False
    track: TrackState | None = None

    @property
    def runner(self) -> str:
        """`platform` where Azure chooses the moment: the start is then a proposal. Else `owner`."""
        return "platform" if restarted_by_platform(self.machine.facts) else "owner"


class Plan(NamedTuple):
    """A plan with its proof: status, exposure in weighted hours with a lower bound, and every
    restart.

    `not_needed` counts the machines that need no restart for this baseline, by reason.
    `moved` are the machines whose time differs from the plan to keep.
    """

    release_day: date
    status: str
    exposure: float
    lower_bound: float
    gap: float
    makespan: datetime | None
    reboots: tuple[Reboot, ...]
    unplaced: tuple[tuple[Machine, Finding], ...]
    not_needed: Mapping[str, int]
    moved: tuple[Machine, ...]
    result: Result
    prepared: PlanningInput


def plan(
    prepared: PlanningInput,
    *,
    time_limit: float | None = None,
    should_stop: Callable[[], bool] | None = None,
    progress: Callable[[float, float], None] | None = None,
    keep: Mapping[str, datetime] | None = None,
) -> Plan:
    """The plan for a prepared fleet.

    `keep` maps machines to starts of an older plan that it should stay near. `progress` takes the
    share of the work that is done and the gap of the best plan, both from 0 to 1.
    """
    before = (
        None
        if keep is None
        else tuple(_kept(machine, keep, prepared) for machine in prepared.machines)
    )
    result = solve(
        prepared.problem,
        time_limit=time_limit,
        should_stop=should_stop,
        progress=progress,
        keep=before,
    )
    return plan_from(prepared, result)


def plan_of(prepared: PlanningInput, starts: Mapping[str, datetime]) -> Plan:
    """The plan that has these starts, of a file that keeps every rule. A file has no proof: the
    plan is only `feasible`.
    """
    tasks = tuple(_kept(machine, starts, prepared) for machine in prepared.machines)
    nothing: dict[str, Any] = {"exposure": 0.0, "bound": 0.0, "gap": 0.0, "makespan": 0, "work": 0}
    result = Result(
        status="feasible",
        starts=tasks,
        most_placed=False,
        cut_short=False,
        engine="file",
        moved=(),
        **nothing,
    )
    return plan_from(prepared, result)


def _kept(machine: Machine, keep: Mapping[str, datetime], prepared: PlanningInput) -> int | None:
    start = keep.get(machine.label)
    return None if start is None else (start - prepared.release) // MINUTE


def plan_from(prepared: PlanningInput, result: Result) -> Plan:
    """The result of the scheduler as a plan."""
    reboots = [
        _reboot(prepared, task, start)
        for task, start in enumerate(result.starts)
        if start is not None
    ]
    unplaced = _unplaced(prepared, result)
    return Plan(
        release_day=prepared.release_day,
        status="infeasible" if unplaced else result.status,
        exposure=result.exposure,
        lower_bound=result.bound,
        gap=result.gap,
        makespan=max((reboot.end for reboot in reboots), default=None),
        reboots=tuple(sorted(reboots, key=lambda reboot: (reboot.start, reboot.machine.label))),
        unplaced=unplaced,
        not_needed=prepared.not_needed,
        moved=tuple(prepared.machines[task] for task in result.moved),
        result=result,
        prepared=prepared,
    )


def _unplaced(prepared: PlanningInput, result: Result) -> tuple[tuple[Machine, Finding], ...]:
    """The machines that are not scheduled, and why: no opening fits, a predecessor is not scheduled
    either, or the limits leave no room.
    """
    blocked = blocked_tasks(prepared, result)
    rows = []
    for task, start in enumerate(result.starts):
        if start is not None:
            continue
        machine = prepared.machines[task]
        seen = {"window": ", ".join(machine.placement.windows)}
        if task in prepared.missing:
            why = prepared.missing[task]
        elif task in blocked.predecessors:
            first, total = blocked.first(task)
            names = ", ".join(prepared.machines[other].label for other in first)
            more = total - len(first)
            if more > 0:
                names += f" and {more} more"
            why = make_finding("HP505", seen=seen, names=names)
        else:
            why = make_finding("HP501", "crowded", seen=seen, deadline=moment(prepared.finish))
        rows.append((machine, why))
    return tuple(rows)


Predecessor = tuple[str, int]
"""What has to be done before a task: `group` or `ring`, and its number."""


class BlockedTasks(NamedTuple):
    """Tasks that are not scheduled because their predecessors are not.

    `unscheduled` has the tasks of a group or a ring that are not scheduled, `predecessors` what a
    task that is not scheduled depends on.
    """

    unscheduled: Mapping[Predecessor, tuple[int, ...]]
    predecessors: Mapping[int, tuple[Predecessor, ...]]

    def first(self, task: int) -> tuple[list[int], int]:
        """(some of those that a task depends on, how many there are)."""
        waits_for = [self.unscheduled[before] for before in self.predecessors[task]]
        some = islice(dict.fromkeys(chain.from_iterable(waits_for)), _NAMED)
        return list(some), sum(map(len, waits_for))

    def blocked_by(self, causes: Iterable[int]) -> set[int]:
        """The tasks that depend, directly or not, on one of some tasks."""
        causes = set(causes)
        reached = set(causes)
        closed: set[Predecessor] = set()
        grown = True
        while grown:
            for before, tasks in self.unscheduled.items():
                if not reached.isdisjoint(tasks):
                    closed.add(before)
            more = {
                task
                for task, waits_for in self.predecessors.items()
                if task not in reached and not closed.isdisjoint(waits_for)
            }
            grown = bool(more)
            reached |= more
        return reached - causes


def blocked_tasks(prepared: PlanningInput, result: Result) -> BlockedTasks:
    """Which of the tasks that are not scheduled depend on others that are not."""
    problem, starts = prepared.problem, result.starts
    out = [task for task, start in enumerate(starts) if start is None]
    unscheduled: dict[Predecessor, list[int]] = {}
    for number in out:
        task = problem.tasks[number]
        for group in task.groups:
            unscheduled.setdefault(("group", group), []).append(number)
        if task.ring is not None:
            unscheduled.setdefault(("ring", task.ring), []).append(number)
    ring_before = {then: first for first, then in problem.ring_steps()}
    predecessors: dict[int, tuple[Predecessor, ...]] = {}
    for number in out:
        task = problem.tasks[number]
        before: list[Predecessor] = []
        for group in task.groups:
            before += [("group", earlier) for earlier in problem.groups[group].after]
        if task.ring in ring_before:
            before.append(("ring", ring_before[task.ring]))
        # A machine that would have to start after itself depends on no other one.
        waits_for = tuple(
            dict.fromkeys(one for one in before if unscheduled.get(one, [number]) != [number])
        )
        if waits_for:
            predecessors[number] = waits_for
    tasks = {before: tuple(numbers) for before, numbers in unscheduled.items()}
    return BlockedTasks(tasks, predecessors)


def _reboot(prepared: PlanningInput, task: int, start: int) -> Reboot:
    """The restart in the zone of the first opening that it fits into."""
    machine, release = prepared.machines[task], prepared.release
    end = start + machine.placement.reboot // MINUTE
    piece = next(
        piece for piece in prepared.pieces[task] if piece.start <= start and end <= piece.end
    )
    zone = piece.opening.start.tzinfo
    return Reboot(
        machine,
        (release + start * MINUTE).astimezone(zone),
        (release + end * MINUTE).astimezone(zone),
        piece.opening.window,
        prepared.confirmed[task],
        prepared.states[task],
    )


BROKEN_RULES = {
    "window": "not inside a single opening of its windows without a freeze",
    "deadline": "ends after the deadline",
    "pinned": "not at the pinned time (`reboot_at`)",
    "group": "more members of {limit} down at once than `max_unavailable` allows",
    "resource": "more restarts at once than the limit allows ({limit})",
    "after": "starts before the groups that {limit} depends on are done",
    "ring": "starts before the soak time of the previous ring has passed",
    "unplaced": "scheduled although a restart that it depends on isn't",
}


def unscheduled(prepared: PlanningInput, starts: Mapping[str, datetime]) -> list[str]:
    """The machines that restart for the baseline but aren't in a plan. That breaks no rule."""
    return [machine.label for machine in prepared.machines if machine.label not in starts]


class BrokenRule(NamedTuple):
    """A rule that a plan breaks, the machines, and a sentence; `limit` is the group, ring or limit
    of the rule.
    """

    rule: str
    machines: tuple[str, ...]
    limit: str | None
    text: str


def violations(
    prepared: PlanningInput,
    starts: Mapping[str, datetime],
    ends: Mapping[str, datetime] | None = None,
    done: Sequence[PlannedRestart] = (),
) -> list[BrokenRule]:
    """Every rule that a plan breaks, and restarts of machines that need none. The soak and settle
    times of restarts that are `done` count for the others.
    """
    known = {machine.label: number for number, machine in enumerate(prepared.machines)}
    placed: list[int | None] = [None] * len(known)
    found: list[BrokenRule] = []
    for name, start in starts.items():
        if name not in known:
            text = f"{quoted(name)}: no machine with this name restarts for this baseline"
            found.append(BrokenRule("machine", (name,), None, text))
            continue
        minutes, rest = divmod(start - prepared.release, MINUTE)
        placed[known[name]] = minutes
        if rest:
            text = f"{quoted(name)}: {start:%a %Y-%m-%d %H:%M:%S} isn't a whole minute"
            found.append(BrokenRule("minute", (name,), None, text))
        length = prepared.machines[known[name]].placement.reboot
        end = (ends or {}).get(name)
        if end is not None and end - start != length:
            text = (
                f"{quoted(name)}: from {_moment_text(start)} to {_moment_text(end)}, "
                f"but its restart takes {duration_text(length)}"
            )
            found.append(BrokenRule("duration", (name,), None, text))
    past = [task for task in _done_tasks(prepared, done) if task.name not in starts]
    problem = prepared.problem._replace(tasks=(*prepared.problem.tasks, *past))
    for violation in verify(problem, [*placed, *(task.pinned for task in past)]):
        machines = tuple(problem.tasks[task].name for task in violation.tasks)
        # in an order, the last task is the one that starts too early
        early = violation.tasks[-1:] if violation.rule in _ORDERS else violation.tasks
        if early and all(task >= len(placed) for task in early):
            continue  # what is done can't start at another time
        text = f"{', '.join(map(quoted, machines))}: " + BROKEN_RULES[violation.rule].format(
            limit=violation.limit
        )
        found.append(BrokenRule(violation.rule, machines, violation.limit, text))
    return found


def _done_tasks(prepared: PlanningInput, done: Iterable[PlannedRestart]) -> Iterator[Task]:
    """Restarts that are done, as the last minute of each in its ring and groups."""
    groups = {name: number for number, name in enumerate(prepared.fleet.groups)}
    rings = {ring.name: number for number, ring in enumerate(prepared.fleet.rings)}
    for restart in done:
        if restart.end is None:
            continue
        end = -((prepared.release - restart.end) // MINUTE)
        yield Task(
            name=restart.machine,
            duration=1,
            windows=((end - 1, end),),
            groups=tuple(groups[name] for name in restart.groups if name in groups),
            ring=rings.get(restart.ring or ""),
            pinned=end - 1,
        )


def _moment_text(when: datetime) -> str:
    return f"{when:%a %Y-%m-%d %H:%M}"


def broken_rules(prepared: PlanningInput, starts: Mapping[str, datetime]) -> list[str]:
    """Every rule that a plan breaks, in words."""
    return [rule.text for rule in violations(prepared, starts)]
