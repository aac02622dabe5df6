"""Why machines aren't scheduled: the finding of each."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from hotpatch_cli.model import Finding, Fleet, Machine, make_finding
from hotpatch_cli.planning.blocked import BlockedTasks, blocked_tasks
from hotpatch_cli.planning.prepare import PlanningInput
from hotpatch_cli.planning.window_slots import MINUTE, WindowSlots, moment
from hotpatch_cli.restarts import relevant
from hotpatch_cli.schedule.clock import midnight
from hotpatch_cli.schedule.freezes import cut
from hotpatch_cli.schedule.windows import Opening


def obstacles(
    prepared: PlanningInput, starts: Sequence[int | None]
) -> Iterator[tuple[Machine, Finding]]:
    """The machines that are not scheduled, and why: those with a missing fact first, then those
    without an opening, that depend on others, or that the limits leave no room for.
    """
    out = [task for task, start in enumerate(starts) if start is None]
    lacking = prepared.lacking
    out.sort(key=lambda task: task not in lacking)  # stable: otherwise in the order of the fleet
    reasons = _Obstacles(prepared, blocked_tasks(prepared.problem, starts))
    for task in out:
        yield prepared.machines[task], reasons.of(task)


class _Obstacles:
    def __init__(self, prepared: PlanningInput, blocked: BlockedTasks) -> None:
        self.prepared, self.blocked = prepared, blocked
        self.unfrozen = WindowSlots(
            prepared.fleet._replace(freezes=()), prepared.release, prepared.span
        )

    def of(self, task: int) -> Finding:
        """Why a machine isn't scheduled."""
        prepared = self.prepared
        if task in prepared.missing:
            return prepared.missing[task]
        machine = prepared.machines[task]
        seen = {"window": ", ".join(machine.placement.windows)}
        if machine.reboot_at is not None:
            found = self._pinned(task, machine, machine.reboot_at)
            if found is not None:
                return found
        return (
            self._after_itself(task, seen)
            or self._dependent(task, seen)
            or self._crowded(machine, seen)
        )

    def _pinned(self, task: int, machine: Machine, at: datetime) -> Finding | None:
        """Why a restart can't be at its pinned time, whatever the others do."""
        prepared, placement = self.prepared, machine.placement
        start = (at - prepared.release) // MINUTE
        end = start + placement.reboot // MINUTE
        if any(piece.start <= start and end <= piece.end for piece in prepared.pieces[task]):
            return None
        begin = self._begin(prepared.pieces[task][0].opening.start)
        seen: dict[str, object] = {"window": ", ".join(placement.windows), "reboot_at": at}
        words = {"at": f"{at:%a %Y-%m-%d %H:%M %z}", "begin": moment(begin)}
        words |= {"window": ", ".join(placement.windows), "deadline": moment(prepared.finish)}
        if at < begin:
            return make_finding("HP502", "past", seen=seen, **words)
        if at + placement.reboot > prepared.finish:
            return make_finding("HP502", "late", seen=seen, **words)
        for piece in self.unfrozen.of(placement):
            if piece.start <= start and end <= piece.end:
                names = ", ".join(_in_the_way(prepared.fleet, machine, piece.opening, at))
                return make_finding("HP502", "frozen", seen=seen, freezes=names, **words)
        return make_finding("HP502", "pinned", seen=seen, **words)

    def _begin(self, opening: datetime) -> datetime:
        """When the plan begins, in the zone of an opening."""
        span = self.prepared.span
        begin = span.begin if span.now is None else max(span.now, self.prepared.release)
        if span.first_day is None:
            return begin
        return max(begin, midnight(span.first_day, opening.tzinfo or UTC))

    def _after_itself(self, task: int, seen: dict[str, str]) -> Finding | None:
        """A member of a group, and of another that starts after it."""
        problem = self.prepared.problem
        mine = problem.tasks[task].groups
        for group in mine:
            for before in problem.groups[group].after:
                if before in mine:
                    first, then = problem.groups[before].name, problem.groups[group].name
                    return make_finding("HP505", "itself", seen=seen, first=first, then=then)
        return None

    def _dependent(self, task: int, seen: dict[str, str]) -> Finding | None:
        if task not in self.blocked.predecessors:
            return None
        first, total = self.blocked.first(task)
        names = ", ".join(self.prepared.machines[other].label for other in first)
        if total > len(first):
            names += f" and {total - len(first):,} more"
        return make_finding("HP505", seen=seen, names=names)

    def _crowded(self, machine: Machine, seen: dict[str, str]) -> Finding:
        """A restart that fits into an opening, but not beside the others."""
        deadline = moment(self.prepared.finish)
        if machine.reboot_at is None:
            return make_finding("HP502", "crowded", seen=seen, deadline=deadline)
        at = f"{machine.reboot_at:%a %Y-%m-%d %H:%M %z}"
        return make_finding("HP502", "pinned_crowded", seen=seen, at=at)


def _in_the_way(fleet: Fleet, machine: Machine, opening: Opening, at: datetime) -> Iterator[str]:
    """The freezes in which a part of a restart is."""
    start, end = at, at + machine.placement.reboot
    for freeze in relevant(fleet.freezes, machine.placement):
        left, _ = cut(opening, (freeze,))
        spans = ((one.start.astimezone(UTC), one.end.astimezone(UTC)) for one in left)
        if not any(first <= start and end <= last for first, last in spans):
            yield freeze.name
