"""The rules of an inventory as a scheduling problem: groups, rings, limits, windows of each
machine.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

from hotpatch_cli.model import Fleet, GroupRule, Machine, Placement
from hotpatch_cli.planning.window_slots import MINUTE, MinuteInterval, WindowCut, WindowSlots
from hotpatch_cli.scheduler import (
    ResourceLimit,
    SchedulingProblem,
    Task,
    TaskGroup,
    TaskRing,
)


class Shut(NamedTuple):
    """Tasks that no plan can schedule: they have no opening. Those that are `left_out` have no
    place in the order either, so that no other task depends on them.
    """

    tasks: Collection[int] = ()
    left_out: Collection[int] = ()


NOTHING_SHUT = Shut()


def problem_of(
    fleet: Fleet,
    machines: Sequence[Machine],
    calendar: WindowSlots,
    shut: Shut = NOTHING_SHUT,
    not_before: Mapping[str | None, int] | None = None,
) -> SchedulingProblem:
    """The restarts of some machines as a problem.

    `not_before` has for a ring the first minute that the restarts allow that are done.
    """
    earliest, cut = not_before or {}, WindowCut()

    def windows(number: int, placement: Placement) -> tuple[MinuteInterval, ...]:
        if number in shut.tasks:
            return ()
        found = calendar.intervals(placement)
        minute = earliest.get(placement.ring)
        return found if minute is None else cut.after(found, minute)

    members: Counter[str] = Counter()
    for machine in fleet.machines:
        members.update(machine.placement.groups)
    groups = {name: number for number, name in enumerate(fleet.groups)}
    rings = {ring.name: number for number, ring in enumerate(fleet.rings)}
    limits = _Limits(fleet)
    tasks = tuple(
        Task(
            name=machine.label,
            duration=machine.placement.reboot // MINUTE,
            windows=windows(number, machine.placement),
            weight=machine.weight,
            groups=()
            if number in shut.left_out
            else tuple(dict.fromkeys(groups[name] for name in machine.placement.groups)),
            ring=None if number in shut.left_out else rings.get(machine.placement.ring or ""),
            resources=limits.of(machine),
            pinned=None
            if machine.reboot_at is None
            else int((machine.reboot_at - calendar.release) / MINUTE),
        )
        for number, machine in enumerate(machines)
    )
    return SchedulingProblem(
        tasks=tasks,
        groups=tuple(
            _group(name, rule, members[name], groups) for name, rule in fleet.groups.items()
        ),
        rings=tuple(TaskRing(ring.name, _ceil(ring.soak)) for ring in fleet.rings),
        resources=tuple(limits.resources),
        deadline=int((calendar.finish - calendar.release) / MINUTE),
    )


def with_fixed_starts(problem: SchedulingProblem, starts: Mapping[int, int]) -> SchedulingProblem:
    """The problem with some tasks that can only start at one minute."""
    tasks = list(problem.tasks)
    for number, start in starts.items():
        task = tasks[number]
        tasks[number] = task._replace(windows=((start, start + task.duration),))
    return problem._replace(tasks=tuple(tasks))


def _group(name: str, rule: GroupRule, members: int, numbers: Mapping[str, int]) -> TaskGroup:
    """A percentage counts all members of the fleet, rounded down, at least one; without a share all
    may be down.
    """
    share = rule.max_unavailable or max(members, 1)
    if rule.percent is not None:
        share = max(1, members * rule.percent // 100)
    return TaskGroup(name, share, _ceil(rule.settle), tuple(numbers[other] for other in rule.after))


def _ceil(length: timedelta) -> int:
    return -int(-length // MINUTE)


class _Limits:
    """The limits of a fleet as resources: in all, for each region, for each value of a tag."""

    def __init__(self, fleet: Fleet) -> None:
        self.limits = fleet.limits
        self.resources: list[ResourceLimit] = []
        self._numbers: dict[str, int] = {}

    def of(self, machine: Machine) -> tuple[int, ...]:
        """The resources that a machine's restart takes one unit of."""
        limits, tags = self.limits, dict(machine.placement.tags)
        wanted = [("restarts at once", limits.max_concurrent)] if limits.max_concurrent else []
        if limits.per_region and machine.placement.region:
            wanted.append((f"region {machine.placement.region}", limits.per_region))
        wanted += [
            (f"tag {tag}={tags[tag]}", limit) for tag, limit in limits.per_tag if tag in tags
        ]
        return tuple(self._number(name, limit) for name, limit in wanted if limit is not None)

    def _number(self, name: str, limit: int) -> int:
        if name not in self._numbers:
            self._numbers[name] = len(self.resources)
            self.resources.append(ResourceLimit(name, limit))
        return self._numbers[name]
