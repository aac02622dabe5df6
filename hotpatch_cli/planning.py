"""From a fleet to a problem, and from its solution to a plan: who restarts when, in which window, and why.

Times of the problem are minutes since the release (10:00 in Redmond on its day). The rules that a plan keeps
are those of the inventory: windows less freezes, groups, rings, limits, pinned restarts, the deadline.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from hotpatch_cli.documents.tree import shown
from hotpatch_cli.eligibility.verdict import Judge, Judgement
from hotpatch_cli.model import Finding, Fleet, GroupRule, Machine, Placement, found
from hotpatch_cli.planner.plan import Progress, Result, solve
from hotpatch_cli.planner.problem import Group, Interval, Problem, Resource, Ring, Task
from hotpatch_cli.planner.proof import verify
from hotpatch_cli.restarts import relevant, span, windows_of
from hotpatch_cli.schedule.fit import Openings
from hotpatch_cli.schedule.freezes import Freeze, cut
from hotpatch_cli.schedule.patch_tuesday import release_moment
from hotpatch_cli.schedule.windows import Opening, ZoneMissing
from hotpatch_cli.schedule.zones import find_zone

MINUTE = timedelta(minutes=1)
HORIZON = timedelta(days=45)
"""How far windows are looked at where no deadline and no last day is given: each monthly window opens once."""


class Wish(NamedTuple):
    """What to plan: the baseline (None: the next one), from when, until when, and which machines.

    `deadline` is counted from the release; `until` is the last day, included, in UTC; `everything` plans
    unsupported machines too, which restart every month.
    """

    month: tuple[int, int] | None = None
    from_day: date | None = None
    until: date | None = None
    deadline: timedelta | None = None
    everything: bool = False


class Piece(NamedTuple):
    """A part of an opening that freezes leave, in minutes since the release."""

    start: int
    end: int
    opening: Opening


class Prepared(NamedTuple):
    """A fleet as a problem: task by task the machine, its pieces of openings, and who is left out, and why."""

    release_day: date
    release: datetime
    problem: Problem
    machines: tuple[Machine, ...]
    pieces: tuple[tuple[Piece, ...], ...]
    unplaced: tuple[tuple[Machine, Finding], ...]
    alone: Mapping[str, int]


class Reboot(NamedTuple):
    """One planned restart, in the zone of the opening that it lies in."""

    machine: Machine
    start: datetime
    end: datetime
    window: str


class Plan(NamedTuple):
    """A plan with its proof: status, exposure in weighted hours with a lower bound, and every restart.

    `alone` counts the machines that need no restart for this baseline, by the reason why.
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
    result: Result
    prepared: Prepared


def prepare(fleet: Fleet, judge: Judge, wish: Wish) -> Prepared:
    """The fleet as a problem for the baseline that is wished for. Raises ValueError where there is none."""
    judged = [(machine, judge.judge(machine.facts)) for machine in fleet.machines]
    day = _release_day(judged, judge, wish)
    release = release_moment(day)
    begin, finish = _range(release, judge.as_of, wish)
    calendar = _Pieces(fleet, release, begin, finish)
    left: list[tuple[Machine, Finding]] = []
    placed: list[tuple[Machine, tuple[Piece, ...]]] = []
    alone: Counter[str] = Counter()
    for machine, judgement in judged:
        why = _left_alone(machine, judgement, day, wish)
        if why is not None:
            alone[why] += 1
            continue
        missing = _cannot(machine, judgement) or calendar.missing(machine.placement)
        if missing is not None:
            left.append((machine, missing))
        else:
            placed.append((machine, calendar.of(machine.placement)))
    machines = tuple(machine for machine, _ in placed)
    pieces = tuple(each for _, each in placed)
    problem = _problem(fleet, machines, release, calendar, int((finish - release) / MINUTE))
    return Prepared(day, release, problem, machines, pieces, tuple(left), dict(alone))


def _release_day(judged: Iterable[tuple[Machine, Judgement]], judge: Judge, wish: Wish) -> date:
    """The day of the baseline: that of the month asked for, or the first that a machine of the fleet waits for."""
    days = {judgement.next_baseline.date for _, judgement in judged if judgement.next_baseline}
    if wish.month is None:
        if not days:
            raise ValueError("No machine of the fleet waits for a baseline.")
        return min(days)
    for product in ("ws2025", "ws2022"):
        history = judge.history(product)
        days |= {row.date for row in history.out if row.date and row.is_baseline}
        before = date(*wish.month, 1) - timedelta(days=1)
        if before >= judge.as_of and (planned := history.planned_after(before)) is not None:
            days.add(planned.date)
    wanted = [day for day in days if (day.year, day.month) == wish.month]
    if not wanted:
        raise ValueError(f"No baseline is known or planned in {wish.month[0]}-{wish.month[1]:02}.")
    return min(wanted)


def _range(release: datetime, as_of: date, wish: Wish) -> tuple[datetime, datetime]:
    begin = max(release, _midnight(as_of), _midnight(wish.from_day) if wish.from_day else release)
    ends = [release + wish.deadline] if wish.deadline is not None else []
    ends += [_midnight(wish.until + timedelta(days=1))] if wish.until is not None else []
    return begin, min(ends) if ends else begin + HORIZON


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _left_alone(machine: Machine, judgement: Judgement, day: date, wish: Wish) -> str | None:
    """Why a machine needs no restart for this baseline; None where it needs one, or nobody can tell."""
    if judgement.verdict is None:
        return "not Windows"
    if machine.done:
        return "done"
    if judgement.verdict == "unsupported" and not wish.everything:
        return "unsupported"
    installed = judgement.track.installed
    return "has it" if installed is not None and installed.date is not None and installed.date >= day else None


def _cannot(machine: Machine, judgement: Judgement) -> Finding | None:
    return None if judgement.product else found("HP402", seen={"os": machine.facts.os})


class _Pieces:
    """The openings of placements, cut by their freezes: computed once for each distinct one."""

    def __init__(self, fleet: Fleet, release: datetime, begin: datetime, finish: datetime) -> None:
        self.fleet, self.release, self.begin, self.finish = fleet, release, begin, finish
        self._openings = Openings()
        self._known: dict[tuple[object, ...], tuple[Piece, ...]] = {}
        self._missing: dict[tuple[object, ...], Finding | None] = {}
        self._intervals: dict[tuple[object, ...], tuple[Interval, ...]] = {}

    def missing(self, placement: Placement) -> Finding | None:
        """Why a placement has no opening that its restart fits into."""
        key = self._key(placement)
        if key not in self._missing:
            self._missing[key] = self._look(placement)
        return self._missing[key]

    def of(self, placement: Placement) -> tuple[Piece, ...]:
        """The pieces of openings, in the order of their start."""
        key = self._key(placement)
        if key not in self._known:
            self._known[key] = self._cut(placement)
        return self._known[key]

    def intervals(self, placement: Placement) -> tuple[Interval, ...]:
        """The pieces as disjoint intervals; where windows overlap, the later one begins where it opens."""
        key = self._key(placement)
        if key not in self._intervals:
            self._intervals[key] = _disjoint(self.of(placement), placement.reboot // MINUTE)
        return self._intervals[key]

    def _key(self, placement: Placement) -> tuple[object, ...]:
        freezes = relevant(self.fleet.freezes, placement)
        return placement.windows, placement.timezone, placement.reboot, freezes

    def _look(self, placement: Placement) -> Finding | None:
        names = ", ".join(placement.windows)
        if not placement.windows:
            return found("HP501", "none", seen={"window": None})
        try:
            pieces = self.of(placement)
        except ZoneMissing:
            return found("HP413", seen={"timezone": None})
        if not pieces:
            return found("HP501", "deadline", seen={"window": names}, deadline=f"{self.finish:%Y-%m-%d %H:%M} UTC")
        longest = max(piece.end - piece.start for piece in pieces)
        if longest * MINUTE < placement.reboot:
            need, most = span(placement.reboot), span(longest * MINUTE)
            return found("HP502", seen={"window": names}, need=need, longest=most, window=names)
        return None

    def _cut(self, placement: Placement) -> tuple[Piece, ...]:
        zone = find_zone(placement.timezone) if placement.timezone else None
        freezes: Sequence[Freeze] = relevant(self.fleet.freezes, placement)
        pieces = []
        for window in windows_of(self.fleet, placement):
            for opening in self._openings.between(window, zone, self.begin, self.finish):
                for start, end in cut(opening, freezes)[0]:
                    first, last = self._minutes(start), self._minutes(min(end.astimezone(UTC), self.finish))
                    if first < last:
                        pieces.append(Piece(first, last, opening))
        return tuple(sorted(pieces, key=lambda piece: (piece.start, piece.end)))

    def _minutes(self, moment: datetime) -> int:
        return int((moment.astimezone(UTC) - self.release) / MINUTE)


def _disjoint(pieces: Sequence[Piece], need: int) -> tuple[Interval, ...]:
    intervals: list[Interval] = []
    for start, end, _ in pieces:
        first, last = start, end
        if end - start < need:
            continue
        if intervals and start < intervals[-1][1]:
            before, until = intervals.pop()
            if start <= until - need:  # any start of one or the other lies whole in one of them
                first, last = before, max(until, end)
            elif start - before >= need:
                intervals.append((before, start))
        intervals.append((first, last))
    return tuple(intervals)


# --- the problem ---------------------------------------------------------------------------------------------


def _problem(
    fleet: Fleet,
    machines: Sequence[Machine],
    release: datetime,
    calendar: _Pieces,
    deadline: int,
) -> Problem:
    members = Counter(name for machine in fleet.machines for name in machine.placement.groups)
    groups = {name: number for number, name in enumerate(fleet.groups)}
    rings = {ring.name: number for number, ring in enumerate(fleet.rings)}
    limits = _Limits(fleet)
    tasks = tuple(
        Task(
            name=machine.label,
            duration=machine.placement.reboot // MINUTE,
            windows=calendar.intervals(machine.placement),
            weight=machine.weight,
            groups=tuple(dict.fromkeys(groups[name] for name in machine.placement.groups)),
            ring=None if machine.placement.ring is None else rings[machine.placement.ring],
            resources=limits.of(machine),
            pinned=None if machine.reboot_at is None else int((machine.reboot_at - release) / MINUTE),
        )
        for machine in machines
    )
    return Problem(
        tasks=tasks,
        groups=tuple(_group(name, rule, members[name], groups) for name, rule in fleet.groups.items()),
        rings=tuple(Ring(ring.name, _ceil(ring.soak)) for ring in fleet.rings),
        resources=tuple(limits.resources),
        deadline=deadline,
    )


def _group(name: str, rule: GroupRule, members: int, numbers: Mapping[str, int]) -> Group:
    """A percentage counts all members of the fleet, rounded down, at least one; without a share all may be down."""
    share = rule.max_unavailable or max(members, 1)
    if rule.percent is not None:
        share = max(1, members * rule.percent // 100)
    return Group(name, share, _ceil(rule.settle), tuple(numbers[other] for other in rule.after))


def _ceil(length: timedelta) -> int:
    return -int(-length // MINUTE)


class _Limits:
    """The limits of a fleet as resources: in all, for each region, for each value of a tag."""

    def __init__(self, fleet: Fleet) -> None:
        self.limits = fleet.limits
        self.resources: list[Resource] = []
        self._numbers: dict[str, int] = {}

    def of(self, machine: Machine) -> tuple[int, ...]:
        """The resources that a machine's restart takes one unit of."""
        limits, tags = self.limits, dict(machine.placement.tags)
        wanted = [("restarts at once", limits.max_concurrent)] if limits.max_concurrent else []
        if limits.per_region and machine.placement.region:
            wanted.append((f"region {machine.placement.region}", limits.per_region))
        wanted += [(f"tag {tag}={tags[tag]}", limit) for tag, limit in limits.per_tag if tag in tags]
        return tuple(self._number(name, limit) for name, limit in wanted if limit is not None)

    def _number(self, name: str, limit: int) -> int:
        if name not in self._numbers:
            self._numbers[name] = len(self.resources)
            self.resources.append(Resource(name, limit))
        return self._numbers[name]


# --- the plan ------------------------------------------------------------------------------------------------


def plan(
    prepared: Prepared,
    *,
    time_limit: float | None = None,
    should_stop: Callable[[], bool] | None = None,
    progress: Callable[[Progress], None] | None = None,
    keep: Mapping[str, datetime] | None = None,
) -> Plan:
    """The plan for a prepared fleet; `keep` maps machines to starts of an older plan that it should stay near."""
    before = None if keep is None else tuple(_kept(machine, keep, prepared) for machine in prepared.machines)
    result = solve(prepared.problem, time_limit=time_limit, should_stop=should_stop, progress=progress, keep=before)
    return _plan(prepared, result)


def _kept(machine: Machine, keep: Mapping[str, datetime], prepared: Prepared) -> int | None:
    start = keep.get(machine.label)
    return None if start is None else int((start - prepared.release) / MINUTE)


def _plan(prepared: Prepared, result: Result) -> Plan:
    rows = zip(prepared.machines, prepared.pieces, result.starts, strict=True)
    reboots, late = [], []
    for machine, pieces, start in rows:
        if start is None:
            finish = prepared.release + (prepared.problem.deadline or 0) * MINUTE
            names = ", ".join(machine.placement.windows)
            late.append(
                (machine, found("HP501", "deadline", seen={"window": names}, deadline=f"{finish:%Y-%m-%d %H:%M} UTC"))
            )
        else:
            reboots.append(_reboot(machine, pieces, start, prepared.release))
    unplaced = (*prepared.unplaced, *late)
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
        result=result,
        prepared=prepared,
    )


def _reboot(machine: Machine, pieces: Sequence[Piece], start: int, release: datetime) -> Reboot:
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


def left_out(prepared: Prepared, starts: Mapping[str, datetime]) -> list[str]:
    """The machines that restart for the baseline and that a plan does not place: no broken rule, but worth knowing."""
    return [machine.label for machine in prepared.machines if machine.label not in starts]


def broken_rules(prepared: Prepared, starts: Mapping[str, datetime]) -> list[str]:
    """Every rule that a plan breaks, in words; restarts of no machine of the fleet are named too."""
    known = {machine.label: number for number, machine in enumerate(prepared.machines)}
    placed: list[int | None] = [None] * len(known)
    lines = []
    for name, start in starts.items():
        if name not in known:
            lines.append(f"{shown(name)}: no machine of this fleet restarts for this baseline under this name")
            continue
        minutes, rest = divmod(start - prepared.release, MINUTE)
        placed[known[name]] = minutes
        if rest:
            lines.append(f"{shown(name)}: {start.isoformat()} is not a whole minute")
    for violation in verify(prepared.problem, placed):
        names = ", ".join(shown(prepared.machines[task].label) for task in violation.tasks)
        lines.append(f"{names}: " + _BROKEN[violation.rule].format(limit=violation.limit))
    return lines
