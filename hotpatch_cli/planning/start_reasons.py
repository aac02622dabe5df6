"""Why a restart is at its time: the rule that an earlier start would break.

A reason is the rule that forbids the last earlier start in the windows of the machine while all
other restarts keep their times. Where an earlier start breaks no rule, the reason is the plan to
keep, or the search.
"""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from hotpatch_cli.model import Machine, Placement
from hotpatch_cli.planning.plan_record import PlannedRestart
from hotpatch_cli.planning.prepare import PlanningInput
from hotpatch_cli.planning.window_slots import MINUTE, SlotPiece, WindowSlots, whole_minutes
from hotpatch_cli.restarts import relevant
from hotpatch_cli.schedule.durations import duration_text
from hotpatch_cli.schedule.freezes import cut
from hotpatch_cli.scheduler import SchedulingProblem, Task

_FREEZES_NAMED = 2
Limit = tuple[str, int]
"""`group` or `resource`, and its number."""


class StartReason(NamedTuple):
    """Why a restart is at its time, in words; `rule` and `name` identify the rule that an earlier
    start would break.

    Rules are `pinned`, `window`, `freeze`, `ring`, `group` (its capacity), `after`, `resource`,
    `remaining` (an earlier start is in the past of the plan), `kept` and `search`.
    """

    rule: str
    text: str
    name: str = ""


def start_reasons(
    prepared: PlanningInput,
    starts: Sequence[int | None],
    *,
    kept: Collection[str] = (),
    done: Iterable[PlannedRestart] = (),
) -> tuple[StartReason | None, ...]:
    """The reason of each start; None for a restart that isn't scheduled.

    `kept` are machines with the start of the plan to keep, `done` earlier restarts that are done.
    """
    reasons = _StartReasons(prepared, starts, done)
    found: list[StartReason | None] = []
    for number, start in enumerate(starts):
        if start is None:
            found.append(None)
            continue
        reason = reasons.of(number, start)
        if reason.rule in ("search", "remaining") and prepared.machines[number].label in kept:
            reason = StartReason("kept", "kept from the older plan")
        found.append(reason)
    return tuple(found)


class LastEnd(NamedTuple):
    """When the last restart of a ring or a group ends, and its machine."""

    minute: int
    machine: str
    done: bool = False

    @property
    def words(self) -> str:
        """`db1 ends last`; `db1 is done`, where all other restarts ended before it."""
        return f"{self.machine} {'is done' if self.done else 'ends last'}"


class _Bound(NamedTuple):
    """A minute before which a restart can't start, and why."""

    minute: int
    reason: StartReason


class _StartReasons:
    def __init__(
        self,
        prepared: PlanningInput,
        starts: Sequence[int | None],
        done: Iterable[PlannedRestart],
    ) -> None:
        self.prepared, self.problem = prepared, prepared.problem
        past = list(_past_tasks(prepared, done))
        rings = {task.ring for task in (*self.problem.tasks, *(task for task, _ in past))}
        order = sorted(ring for ring in rings if ring is not None)
        self.ring_before = {then: first for first, then in pairwise(order)}
        self.rings: dict[int, LastEnd] = {}
        self.groups: dict[int, LastEnd] = {}
        self.use = LimitUse(self.problem)
        for task, start in zip(self.problem.tasks, starts, strict=True):
            if start is not None:
                self._add(task, start)
        for task, end in past:
            self._add(task, end - task.duration, done=True)
        self.full = {limit: self.use.full(limit) for limit in self.use.spans}
        self.unfrozen = WindowSlots(
            prepared.fleet._replace(freezes=()), prepared.release, prepared.span
        )

    def _add(self, task: Task, start: int, *, done: bool = False) -> None:
        end = LastEnd(start + task.duration, task.name, done)
        if task.ring is not None:
            self.rings[task.ring] = _later(self.rings.get(task.ring), end)
        for group in task.groups:
            self.groups[group] = _later(self.groups.get(group), end)
        self.use.add(task, start)

    def of(self, number: int, start: int) -> StartReason:
        """The reason of the start of a task."""
        task = self.problem.tasks[number]
        if task.pinned is not None:
            return StartReason("pinned", "pinned to this time")
        pieces = self.prepared.pieces[number]
        opening = _Bound(0, StartReason("window", "first opening"))
        first = _first_piece(pieces, 0, task.duration)
        if first == start:
            return self._first(number, opening, start)
        bounds = [opening, *self._order(task)]
        earliest = max(bounds, key=lambda bound: bound.minute)
        free = _first_piece(pieces, earliest.minute, task.duration)
        remaining = first_fit(task.windows, 0, task.duration)
        if remaining is not None and free is not None and free < remaining:
            # what a plan of the rest cut off is past
            earliest = _remaining(remaining)
            free = _first_piece(pieces, remaining, task.duration)
        if free is None or free >= start:
            return self._first(number, earliest, start)
        return self._limit(number, free, start) or StartReason("search", "chosen by the search")

    def _order(self, task: Task) -> Iterable[_Bound]:
        """What a task starts after: the ring before its own, and the groups before its groups."""
        for group in task.groups:
            for earlier in self.problem.groups[group].after:
                if last := self.groups.get(earlier):
                    name = self.problem.groups[earlier].name
                    words = f"after the group {name} ({last.words})"
                    yield _Bound(last.minute, StartReason("after", words, name))
        before = None if task.ring is None else self.ring_before.get(task.ring)
        if before is not None and (last := self.rings.get(before)):
            ring = self.problem.rings[before]
            soak = f"{duration_text(ring.soak * MINUTE)} " if ring.soak else ""
            words = f"{soak}after the ring {ring.name} ({last.words})"
            yield _Bound(last.minute + ring.soak, StartReason("ring", words, ring.name))

    def _first(self, number: int, bound: _Bound, start: int) -> StartReason:
        """The first start that windows allow from a minute on, with the freezes that cut them."""
        machine, reason = self.prepared.machines[number], bound.reason
        freezes = self._freezes(machine, bound.minute, start)
        if freezes:
            names = " and ".join(freezes[:_FREEZES_NAMED])
            noun = "freeze" if len(freezes) == 1 else "freezes"
            text = f"{reason.text}, outside the {noun} {names}"
            return StartReason("freeze", text, freezes[-1])
        if reason.rule in ("after", "ring") and start > bound.minute:
            return reason._replace(text=f"first opening {reason.text}")
        return reason

    def _freezes(self, machine: Machine, minute: int, start: int) -> list[str]:
        """The freezes without which the restart could start earlier, in the order of time."""
        placement = machine.placement
        freezes = relevant(self.prepared.fleet.freezes, placement)
        if not freezes:
            return []
        found: dict[str, None] = {}
        need = placement.reboot // MINUTE
        for piece in self._without_freezes(placement):
            fits = max(piece.start, minute) + need <= piece.end
            if piece.start < start and fits and max(piece.start, minute) < start:
                parts = cut(piece.opening, freezes)[1]
                found |= dict.fromkeys(part.freeze for part in parts)
        return list(found)

    def _without_freezes(self, placement: Placement) -> tuple[SlotPiece, ...]:
        return self.unfrozen.of(placement)

    def _limit(self, number: int, free: int, start: int) -> StartReason | None:
        """The limit that has no room at the last earlier start; None where an earlier start breaks
        no rule.
        """
        task, pieces = self.problem.tasks[number], self.prepared.pieces[number]
        minute, last = free, (free, ("", 0))
        while minute < start:
            blocked = [
                (until, limit)
                for limit in limits_of(task)
                if (until := self._full_until(limit, task, minute, start)) is not None
            ]
            if not blocked:
                return None
            last = max(blocked)
            following = _first_piece(pieces, last[0], task.duration)
            minute = start if following is None else following
        return self._with_room(number, last[1], last[0], start)

    def _full_until(self, limit: Limit, task: Task, minute: int, start: int) -> int | None:
        """When a limit has room again for a restart that can't start at a minute; None if it can.

        The limit isn't full by others while the task itself uses it: from its start on.
        """
        full = self.full[limit]
        place = bisect_right(full, minute, key=lambda span: span[1])
        if place == len(full):
            return None
        first, last = full[place]
        end = minute + task.duration + self.use.settle(limit)
        return min(last, start) if first < min(end, start) else None

    def _with_room(self, number: int, limit: Limit, until: int, start: int) -> StartReason:
        """A limit that has room from a minute on: the start itself, or one before the opening."""
        kind, rule = limit
        settle = self.use.settle(limit)
        wait = f"{duration_text(settle * MINUTE)} " if settle else ""
        name = self.use.ends_at(limit, until, self.problem.tasks[number].name)
        if kind == "group":
            group = self.problem.groups[rule]
            rule_name = group.name
            share = f"{_number(group.capacity)} of the group {group.name} at a time"
        else:
            resource = self.problem.resources[rule]
            rule_name = resource.name
            share = f"{_number(resource.capacity)} at a time{_where(resource.name)}"
        if until == start:
            after = f"{wait}after {name}" if name else f"until {self._moment(until)}"
            return StartReason(kind, f"{share}: {after}", rule_name)
        after = f"{wait}after {name}" if name else f"from {self._moment(until)}"
        reason = StartReason(kind, f"first opening with room {after} ({share})", rule_name)
        return self._first(number, _Bound(until, reason), start)

    def _moment(self, minute: int) -> datetime:
        return self.prepared.release + minute * MINUTE


def _later(before: LastEnd | None, end: LastEnd) -> LastEnd:
    return end if before is None or end.minute > before.minute else before


def _remaining(minute: int) -> _Bound:
    return _Bound(minute, StartReason("remaining", "first opening that remains"))


def _number(number: int) -> str:
    return "one" if number == 1 else f"{number:,}"


def _where(name: str) -> str:
    """The name of a limit after a number: nothing for that of the whole fleet."""
    if name.startswith("region "):
        return f" in the {name}"
    return f" with the {name}" if name.startswith("tag ") else ""


def _past_tasks(
    prepared: PlanningInput, done: Iterable[PlannedRestart]
) -> Iterable[tuple[Task, int]]:
    """Restarts that are done, each as a minute of its ring and groups, with its end."""
    groups = {group.name: number for number, group in enumerate(prepared.problem.groups)}
    rings = {ring.name: number for number, ring in enumerate(prepared.problem.rings)}
    for restart in done:
        if restart.end is not None:
            members = tuple(groups[name] for name in restart.groups if name in groups)
            task = Task(restart.machine, 1, (), groups=members, ring=rings.get(restart.ring or ""))
            yield task, whole_minutes(prepared.release, restart.end)


def limits_of(task: Task) -> list[Limit]:
    """The groups and the resources of a task, each once."""
    found: list[Limit] = [("group", group) for group in task.groups]
    return found + [("resource", resource) for resource in dict.fromkeys(task.resources)]


class LimitUse:
    """The times at which restarts use each limit: of a group until its settle time has passed."""

    def __init__(self, problem: SchedulingProblem) -> None:
        self.problem = problem
        self.spans: dict[Limit, list[tuple[int, int]]] = defaultdict(list)
        self._ends: dict[tuple[Limit, int], list[str]] = defaultdict(list)

    def add(self, task: Task, start: int) -> None:
        """A restart from a minute on."""
        for limit in limits_of(task):
            end = start + task.duration + self.settle(limit)
            self.spans[limit].append((start, end))
            self._ends[limit, end].append(task.name)

    def settle(self, limit: Limit) -> int:
        """The minutes for which a restart uses a limit after its end."""
        kind, number = limit
        return self.problem.groups[number].settle if kind == "group" else 0

    def capacity(self, limit: Limit) -> int:
        """How many can use a limit at once."""
        kind, number = limit
        rules = self.problem.groups if kind == "group" else self.problem.resources
        return rules[number].capacity

    def ends_at(self, limit: Limit, minute: int, other: str) -> str | None:
        """A restart apart from one that stops using a limit at a minute."""
        names = self._ends.get((limit, minute), ())
        return next((name for name in names if name != other), None)

    def full(self, limit: Limit) -> list[tuple[int, int]]:
        """The times at which a limit has no room, disjoint and in order."""
        capacity = self.capacity(limit)
        changes: Counter[int] = Counter()
        for start, end in self.spans[limit]:
            changes[start] += 1
            changes[end] -= 1
        found: list[tuple[int, int]] = []
        now, since = 0, None
        for minute in sorted(changes):
            now += changes[minute]
            if now >= capacity and since is None:
                since = minute
            elif now < capacity and since is not None:
                found.append((since, minute))
                since = None
        return found


def first_fit(windows: Sequence[tuple[int, int]], minute: int, length: int) -> int | None:
    """The first start at a minute or later that fits into one of some disjoint windows."""
    place = max(bisect_right(windows, minute, key=lambda window: window[0]) - 1, 0)
    for opens, closes in windows[place:]:
        start = max(opens, minute)
        if start + length <= closes:
            return start
    return None


def _first_piece(pieces: Sequence[SlotPiece], minute: int, length: int) -> int | None:
    """The same in the pieces of openings, which are in the order of their start and may overlap."""
    best: int | None = None
    for piece in pieces:
        if best is not None and piece.start > best:
            break
        start = max(piece.start, minute)
        if start + length <= piece.end and (best is None or start < best):
            best = start
    return best
