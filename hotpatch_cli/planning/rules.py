"""The rules of an inventory as a scheduling problem: groups, rings, limits, windows of each
machine.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

from hotpatch_cli.model import Fleet, GroupRule, Machine
from hotpatch_cli.planning.window_slots import MINUTE, WindowSlots
from hotpatch_cli.scheduler import (
    ResourceLimit,
    SchedulingProblem,
    Task,
    TaskGroup,
    TaskRing,
)


def problem_of(
    fleet: Fleet, machines: Sequence[Machine], calendar: WindowSlots, shut: Collection[int] = ()
) -> SchedulingProblem:
    """The restarts of some machines as a problem; the tasks in `shut` have no opening."""
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
            windows=() if number in shut else calendar.intervals(machine.placement),
            weight=machine.weight,
            groups=tuple(dict.fromkeys(groups[name] for name in machine.placement.groups)),
            ring=None if machine.placement.ring is None else rings[machine.placement.ring],
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
