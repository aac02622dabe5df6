"""The plan for a prepared fleet, and the check of an edited plan."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from math import ceil
from typing import NamedTuple

from hotpatch_cli.documents.tree import quoted
from hotpatch_cli.model import Finding, Machine, TrackState
from hotpatch_cli.planning.obstacles import obstacles
from hotpatch_cli.planning.plan_record import PlannedRestart
from hotpatch_cli.planning.prepare import PlanningInput, full_problem
from hotpatch_cli.planning.running_restarts import with_running
from hotpatch_cli.planning.window_slots import MINUTE
from hotpatch_cli.schedule.clock import in_zone
from hotpatch_cli.schedule.durations import duration_text
from hotpatch_cli.scheduler import Result, SchedulingProblem, Task, cost, solve, verify
from hotpatch_cli.servicing.restart import restarted_by_platform

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

    `not_needed` counts the machines that need no restart for this baseline, by reason. With the
    goal of the earliest end, no plan ends before `end_bound`, and nothing is proven of the
    exposure.
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
    result: Result
    prepared: PlanningInput
    effort: float = 1.0
    end_bound: datetime | None = None


class SearchOptions(NamedTuple):
    """How to search: how much work, what to minimize, and what ends the search early.

    `time_limit` is in seconds, `should_stop` is asked between steps. `progress` takes the share of
    the work that is done and the gap of the best plan, both from 0 to 1.
    """

    effort: float = 1.0
    goal: str = "exposure"
    time_limit: float | None = None
    should_stop: Callable[[], bool] | None = None
    progress: Callable[[float, float], None] | None = None


DEFAULT_SEARCH = SearchOptions()


def plan(
    prepared: PlanningInput,
    options: SearchOptions = DEFAULT_SEARCH,
    *,
    keep: Mapping[str, datetime] | None = None,
) -> Plan:
    """The plan for a prepared fleet. `keep` maps machines to starts of an older plan that it should
    stay near.
    """
    before = None
    if keep is not None:
        prepared = with_running(prepared, keep)
        before = prepared.minutes(keep)
    return _plan_from(prepared, _solve(prepared, options, before), options.effort)


def _solve(
    prepared: PlanningInput, options: SearchOptions, keep: Sequence[int | None] | None
) -> Result:
    """The result of the scheduler for the tasks of a prepared fleet, in their order.

    Machines that are left out take no part in the search, so that status and bounds are of the
    others; restarts that are done occupy their groups.
    """
    out, settling = prepared.left_out, prepared.settling
    order = [task for task in range(len(prepared.machines)) if task not in out]
    tasks = (*(prepared.problem.tasks[task] for task in order), *settling)
    problem = prepared.problem._replace(tasks=tasks)
    past = {number for number, task in enumerate(order) if task in prepared.running}
    past.update(range(len(order), len(tasks)))
    kept = None
    if keep is not None:
        kept = (*(keep[task] for task in order), *(task.pinned for task in settling))
    result = solve(
        _with_past_first(problem, past),
        effort=options.effort,
        time_limit=options.time_limit,
        should_stop=options.should_stop,
        progress=options.progress,
        keep=kept,
        goal=options.goal,
    )
    if past:
        result = _without_weight_of_past(problem, result)
    starts: list[int | None] = [None] * len(prepared.machines)
    for task, start in zip(order, result.starts[: len(order)], strict=True):
        starts[task] = start
    moved = tuple(order[number] for number in result.moved if number < len(order))
    return result._replace(starts=tuple(starts), moved=moved)


def _with_past_first(problem: SchedulingProblem, past: Collection[int]) -> SchedulingProblem:
    """The problem with more weight on each restart that is done or in progress than on all others
    together: none of these makes room for others.
    """
    if not past:
        return problem
    most = 1 + sum(task.weight for task in problem.tasks)
    tasks = tuple(
        task._replace(weight=most) if number in past else task
        for number, task in enumerate(problem.tasks)
    )
    return problem._replace(tasks=tasks)


def _without_weight_of_past(problem: SchedulingProblem, result: Result) -> Result:
    """The result with the exposure of the weights as they are. What is past has only one start, and
    changes the exposure and its bound by as much.
    """
    exposure = cost(problem, result.starts).exposure
    if result.goal == "earliest-end":
        return result._replace(exposure=exposure)
    bound = max(0.0, exposure - (result.exposure - result.bound))
    return result._replace(
        exposure=exposure, bound=bound, gap=(exposure - bound) / exposure if exposure else 0.0
    )


def plan_of(prepared: PlanningInput, starts: Mapping[str, datetime]) -> Plan:
    """The plan that has these starts, of a file that keeps every rule. A file has no proof: the
    plan is only `feasible`.
    """
    prepared = with_running(prepared, starts)
    result = Result(
        status="feasible",
        starts=prepared.minutes(starts),
        exposure=0.0,
        bound=0.0,
        gap=0.0,
        makespan=0,
        most_placed=False,
        work=0,
        cut_short=False,
        engine="file",
        moved=(),
    )
    return _plan_from(prepared, result)


def _plan_from(prepared: PlanningInput, result: Result, effort: float = 1.0) -> Plan:
    """The result of the scheduler as a plan.

    Whether machines could restart whose facts are missing is unknown: a plan without them is
    `incomplete`, unless it is proven that not all the others can be scheduled.
    """
    reboots = [
        _reboot(prepared, task, start)
        for task, start in enumerate(result.starts)
        if start is not None
    ]
    unplaced = tuple(obstacles(prepared, result.starts))
    bound, gap, end_bound = result.bound, result.gap, None
    if result.goal == "earliest-end":
        end_bound = prepared.release + ceil(result.bound) * MINUTE if reboots else None
        bound, gap = 0.0, 1.0 if result.exposure else 0.0
    return Plan(
        release_day=prepared.release_day,
        status="incomplete"
        if prepared.left_out and result.status != "infeasible"
        else result.status,
        exposure=result.exposure,
        lower_bound=bound,
        gap=gap,
        makespan=max((reboot.end for reboot in reboots), default=None),
        reboots=tuple(sorted(reboots, key=lambda reboot: (reboot.start, reboot.machine.label))),
        unplaced=unplaced,
        not_needed=prepared.not_needed,
        result=result,
        prepared=prepared,
        effort=effort,
        end_bound=end_bound,
    )


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
        in_zone(release + start * MINUTE, zone),
        in_zone(release + end * MINUTE, zone),
        piece.opening.window,
        prepared.confirmed[task],
        prepared.judgments[task].track.state,
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
    """Every rule that a plan breaks, and restarts of machines that need none.

    The soak and settle times of restarts that are `done`, by an older plan or by the fleet, count
    for the others. A planned restart whose day has come and that the fleet shows as done isn't
    compared: it can't be moved. Restarts that are in progress at `now` keep their time.
    """
    known = {machine.label: number for number, machine in enumerate(prepared.machines)}
    placed: list[int | None] = [None] * len(known)
    past = _past_restarts(prepared, starts, ends or {}, done)
    prepared = with_running(prepared, starts)
    found: list[BrokenRule] = []
    for name, start in starts.items():
        if name not in known:
            if name not in past:
                found.append(_needless(prepared, name))
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
    tasks = [
        task
        for task in _done_tasks(prepared, past.values())
        if task.name not in known or task.name not in starts
    ]
    # Restarts that are done are tasks here, so they take no time off the windows.
    problem = full_problem(prepared)
    problem = problem._replace(tasks=(*problem.tasks, *tasks))
    for violation in verify(problem, [*placed, *(task.pinned for task in tasks)]):
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


def _needless(prepared: PlanningInput, name: str) -> BrokenRule:
    """A restart that nobody needs: the machine isn't of the fleet, or not of the baseline."""
    why = prepared.needless.get(name)
    if why is None:
        text = f"{quoted(name)}: the fleet has no machine with this name"
        return BrokenRule("machine", (name,), None, text)
    text = f"{quoted(name)}: the machine needs no restart for this baseline ({why})"
    return BrokenRule("not-needed", (name,), None, text)


def _past_restarts(
    prepared: PlanningInput,
    starts: Mapping[str, datetime],
    ends: Mapping[str, datetime],
    done: Iterable[PlannedRestart],
) -> dict[str, PlannedRestart]:
    """The restarts that are done, by machine: those of an older plan, and those that the fleet
    shows. An end that no source states is the planned one.
    """
    past = {restart.machine: restart for restart in done}
    for restart in prepared.done:
        machine, end = restart.machine, restart.end
        start = starts.get(machine.label)
        if start is not None and start.date() > prepared.as_of:
            continue  # planned for a later day: it isn't needed any more
        if restart.assumed or end is None:
            if machine.label in past:
                continue
            if start is not None:
                end = ends.get(machine.label, start + machine.placement.reboot)
        ring, groups = machine.placement.ring, machine.placement.groups
        past[machine.label] = PlannedRestart(machine.label, start, end, ring, groups)
    return past


def done_by_fleet(prepared: PlanningInput) -> list[PlannedRestart]:
    """The restarts that the fleet shows as done."""
    return list(_past_restarts(prepared, {}, {}, ()).values())


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
