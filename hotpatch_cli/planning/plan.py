"""The plan for a prepared fleet, and the judgement on a plan that somebody edited."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from itertools import chain, islice
from typing import NamedTuple

from hotpatch_cli.documents.tree import quoted
from hotpatch_cli.model import Finding, Machine, make_finding
from hotpatch_cli.planning.prepare import PlanningInput
from hotpatch_cli.planning.window_slots import MINUTE, SlotPiece, moment
from hotpatch_cli.schedule.durations import duration_text
from hotpatch_cli.scheduler.proof import verify
from hotpatch_cli.scheduler.solve import Progress, Result, solve, work_in

_NAMED = 3


class Reboot(NamedTuple):
    """One planned restart, in the zone of the opening that it lies in."""

    machine: Machine
    start: datetime
    end: datetime
    window: str


class Plan(NamedTuple):
    """A plan with its proof: status, exposure in weighted hours with a lower bound, and every
    restart.

    `alone` counts the machines that need no restart for this baseline, by the reason why. `moved`
    are the machines that had to leave the plan to keep.
    """

    release_day: date
    status: str
    exposure: float
    lower_bound: float
    gap: float
    makespan: datetime | None
    reboots: tuple[Reboot, ...]
    unplaced: tuple[tuple[Machine, Finding], ...]
    alone: Mapping[str, int]
    moved: tuple[Machine, ...]
    result: Result
    prepared: PlanningInput


def plan(
    prepared: PlanningInput,
    *,
    time_limit: float | None = None,
    should_stop: Callable[[], bool] | None = None,
    progress: Callable[[Progress], None] | None = None,
    keep: Mapping[str, datetime] | None = None,
) -> Plan:
    """The plan for a prepared fleet; `keep` maps machines to starts of an older plan that it should
    stay near.
    """
    before = (
        None
        if keep is None
        else tuple(_kept(machine, keep, prepared) for machine in prepared.machines)
    )
    result = solve(
        prepared.problem,
        work_limit=work_in(time_limit),
        time_limit=time_limit,
        should_stop=should_stop,
        progress=progress,
        keep=before,
    )
    return _plan(prepared, result)


def _kept(machine: Machine, keep: Mapping[str, datetime], prepared: PlanningInput) -> int | None:
    start = keep.get(machine.label)
    return None if start is None else (start - prepared.release) // MINUTE


def _plan(prepared: PlanningInput, result: Result) -> Plan:
    reboots = [
        _reboot(machine, pieces, start, prepared.release)
        for machine, pieces, start in zip(
            prepared.machines, prepared.pieces, result.starts, strict=True
        )
        if start is not None
    ]
    unplaced = _unplaced(prepared, result)
    return Plan(
        release_day=prepared.release_day,
        status="infeasible" if unplaced else result.status,
        exposure=result.exposure,
        lower_bound=result.bound,
        gap=result.gap,
        makespan=max((each.end for each in reboots), default=None),
        reboots=tuple(sorted(reboots, key=lambda each: (each.start, each.machine.label))),
        unplaced=unplaced,
        alone=prepared.alone,
        moved=tuple(prepared.machines[task] for task in result.moved),
        result=result,
        prepared=prepared,
    )


def _unplaced(prepared: PlanningInput, result: Result) -> tuple[tuple[Machine, Finding], ...]:
    """Who is left out and why: it cannot be placed at all, it waits for one that is left out, or
    there is no room.
    """
    behind = waits_in_vain(prepared, result)
    rows = []
    for task, start in enumerate(result.starts):
        if start is None:
            machine = prepared.machines[task]
            seen = {"window": ", ".join(machine.placement.windows)}
            if task in prepared.missing:
                why = prepared.missing[task]
            elif task in behind.of:
                first, total = behind.first(task)
                names = ", ".join(prepared.machines[other].label for other in first)
                more = total - len(first)
                why = make_finding(
                    "HP505", seen=seen, names=f"{names} and {more} more" if more > 0 else names
                )
            else:
                why = make_finding("HP501", "crowded", seen=seen, deadline=moment(prepared.finish))
            rows.append((machine, why))
    return tuple(rows)


class Behind(NamedTuple):
    """Who is left out behind whom: `gates` has the left out of a group or a ring, `of` the gates of
    a left out task.
    """

    gates: Mapping[tuple[str, int], tuple[int, ...]]
    of: Mapping[int, tuple[tuple[str, int], ...]]

    def first(self, task: int) -> tuple[list[int], int]:
        """(some of those that a task waits for, how many there are)."""
        gates = [self.gates[gate] for gate in self.of[task]]
        return list(islice(dict.fromkeys(chain.from_iterable(gates)), _NAMED)), sum(map(len, gates))

    def blocked(self, shut: Iterable[int]) -> set[int]:
        """The tasks that wait, directly or not, for one of some tasks."""
        reached, closed = set(shut), set[tuple[str, int]]()
        grown = True
        while grown:
            closed |= {gate for gate, tasks in self.gates.items() if not reached.isdisjoint(tasks)}
            more = {
                task
                for task, gates in self.of.items()
                if task not in reached and not closed.isdisjoint(gates)
            }
            grown = bool(more)
            reached |= more
        return reached - set(shut)


def waits_in_vain(prepared: PlanningInput, result: Result) -> Behind:
    """Which of the tasks that are left out wait for others that are."""
    problem, starts = prepared.problem, result.starts
    out = [task for task, start in enumerate(starts) if start is None]
    gates: dict[tuple[str, int], list[int]] = {}
    for task in out:
        this = problem.tasks[task]
        for group in this.groups:
            gates.setdefault(("group", group), []).append(task)
        if this.ring is not None:
            gates.setdefault(("ring", this.ring), []).append(task)
    used = sorted({task.ring for task in problem.tasks if task.ring is not None})
    before = dict(zip(used[1:], used, strict=False))
    of = {}
    for task in out:
        this = problem.tasks[task]
        waits = [
            ("group", earlier) for group in this.groups for earlier in problem.groups[group].after
        ]
        waits += (
            [("ring", before[this.ring])] if this.ring is not None and this.ring in before else []
        )
        found = tuple(dict.fromkeys(gate for gate in waits if gate in gates))
        if found:
            of[task] = found
    return Behind({gate: tuple(tasks) for gate, tasks in gates.items()}, of)


def _reboot(machine: Machine, pieces: Sequence[SlotPiece], start: int, release: datetime) -> Reboot:
    """The restart in the zone of the first opening that holds it whole."""
    end = start + machine.placement.reboot // MINUTE
    piece = next(piece for piece in pieces if piece.start <= start and end <= piece.end)
    zone = piece.opening.start.tzinfo
    begin = (release + start * MINUTE).astimezone(zone)
    return Reboot(machine, begin, (release + end * MINUTE).astimezone(zone), piece.opening.window)


_BROKEN = {
    "window": "does not lie inside one opening of its window, or touches a freeze",
    "deadline": "ends after the deadline",
    "pinned": "is not at the time to which it is pinned",
    "group": "has more members of {limit} down at once than may be",
    "resource": "is one restart too many at once for {limit}",
    "after": "starts before the groups that {limit} waits for are done",
    "ring": "starts before the ring before it has soaked",
    "unplaced": "is placed although a restart that it waits for is not",
}


def left_out(prepared: PlanningInput, starts: Mapping[str, datetime]) -> list[str]:
    """The machines that restart for the baseline and that a plan does not place: no broken rule,
    but worth knowing.
    """
    return [machine.label for machine in prepared.machines if machine.label not in starts]


class BrokenRule(NamedTuple):
    """A rule that a plan breaks, by whom, and in words; `limit` is the group, ring or limit that it
    is about.
    """

    rule: str
    machines: tuple[str, ...]
    limit: str | None
    text: str


def broken(
    prepared: PlanningInput,
    starts: Mapping[str, datetime],
    ends: Mapping[str, datetime] | None = None,
) -> list[BrokenRule]:
    """Every rule that a plan breaks; restarts of no machine of the fleet are named too."""
    known = {machine.label: number for number, machine in enumerate(prepared.machines)}
    placed: list[int | None] = [None] * len(known)
    found = []
    for name, start in starts.items():
        if name not in known:
            text = f"{quoted(name)}: no machine of this fleet restarts for this baseline under this name"
            found.append(BrokenRule("machine", (name,), None, text))
            continue
        minutes, rest = divmod(start - prepared.release, MINUTE)
        placed[known[name]] = minutes
        if rest:
            found.append(
                BrokenRule(
                    "minute",
                    (name,),
                    None,
                    f"{quoted(name)}: {start.isoformat()} is not a whole minute",
                )
            )
        length = prepared.machines[known[name]].placement.reboot
        end = (ends or {}).get(name)
        if end is not None and end - start != length:
            text = f"{quoted(name)}: ends {end.isoformat()}, but its restart takes {duration_text(length)}"
            found.append(BrokenRule("duration", (name,), None, text))
    for violation in verify(prepared.problem, placed):
        machines = tuple(prepared.machines[task].label for task in violation.tasks)
        text = f"{', '.join(map(quoted, machines))}: " + _BROKEN[violation.rule].format(
            limit=violation.limit
        )
        found.append(BrokenRule(violation.rule, machines, violation.limit, text))
    return found


def broken_rules(prepared: PlanningInput, starts: Mapping[str, datetime]) -> list[str]:
    """Every rule that a plan breaks, in words."""
    return [each.text for each in broken(prepared, starts)]
