"""Restarts that are done, and what they leave for the others: the soak time of their ring, and the
settle time of their groups.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import chain, pairwise
from typing import NamedTuple

from hotpatch_cli.model import Fleet, Machine
from hotpatch_cli.planning.window_slots import whole_minutes
from hotpatch_cli.scheduler import SchedulingProblem, Task


class DoneRestart(NamedTuple):
    """A restart that is done, and its end: None where it can't be one for the baseline of the plan.

    The end is `assumed` where no source states it: the planned end, or the moment from which the
    plan is made.
    """

    machine: Machine
    end: datetime | None
    assumed: bool = False


def done_restart(
    machine: Machine,
    moment: datetime | None,
    planned_end: datetime | None,
    at: datetime,
    release: datetime,
) -> DoneRestart:
    """The restart of a machine that is done, seen at a moment.

    Its end is the `moment` of `done`, or the planned one after the release, or otherwise the moment
    at which it's seen. Before the release, nothing can have the baseline.
    """
    if moment is not None:
        return DoneRestart(machine, moment)
    if planned_end is not None and planned_end > release:
        return DoneRestart(machine, planned_end, assumed=True)
    return DoneRestart(machine, None if at < release else at, assumed=at >= release)


def ring_starts(
    fleet: Fleet,
    planned: Iterable[str | None],
    done: Iterable[DoneRestart],
    release: datetime,
) -> dict[str | None, int]:
    """For each ring the first minute that the soak time of the restarts before it that are done
    allows. `planned` are the rings of the restarts to plan.
    """
    used: dict[str | None, int | None] = dict.fromkeys(planned)
    for restart in done:
        name = restart.machine.placement.ring
        if restart.end is None:
            continue
        end, last = whole_minutes(release, restart.end), used.get(name)
        used[name] = end if last is None else max(last, end)
    earliest: dict[str | None, int] = {}
    for before, ring in pairwise(ring for ring in fleet.rings if ring.name in used):
        last = used[before.name]
        if last is not None:
            earliest[ring.name] = last + whole_minutes(release, release + before.soak)
    return earliest


def settling_tasks(
    problem: SchedulingProblem, done: Iterable[DoneRestart], release: datetime, begin: int
) -> list[Task]:
    """Restarts that are done, whose groups they occupy until their settle time has passed, as the
    last minute of each.

    More than the capacity of a group are never needed: those that occupy it longest. A group
    that starts after restarts to plan is left out: its members can't start before those end.
    """
    groups = {group.name: number for number, group in enumerate(problem.groups)}
    planned = set(chain.from_iterable(task.groups for task in problem.tasks))
    occupied: dict[int, list[int]] = {}
    for restart in done:
        if restart.end is None:
            continue
        end = whole_minutes(release, restart.end)
        for name in restart.machine.placement.groups:
            number = groups[name]
            group = problem.groups[number]
            if end > 0 and end + group.settle > begin and planned.isdisjoint(group.after):
                occupied.setdefault(number, []).append(end)
    tasks: list[Task] = []
    for number, ends in occupied.items():
        group = problem.groups[number]
        for place, end in enumerate(sorted(ends, reverse=True)[: group.capacity]):
            window = end - 1, end
            name = f"\0{group.name} settles {place}"
            tasks.append(Task(name, 1, (window,), 0, groups=(number,), pinned=end - 1))
    return tasks


def done_too_early(done: Iterable[DoneRestart]) -> list[str]:
    """The machines that are marked as done before the release: no time counts from that."""
    return [
        restart.machine.label
        for restart in done
        if restart.end is None and restart.machine.done is True
    ]


def uncertain(fleet: Fleet, done: Iterable[DoneRestart], planned: Sequence[Machine]) -> list[str]:
    """The restarts that are done at an unknown moment, and that others of the plan wait for: by the
    soak time of a ring, or the settle time of a group.
    """
    rings = {machine.placement.ring for machine in planned}
    groups = set(chain.from_iterable(machine.placement.groups for machine in planned))
    order = [ring.name for ring in fleet.rings]
    last = max((order.index(ring) for ring in rings if ring is not None), default=0)
    soaking = {ring.name for ring in fleet.rings[:last] if ring.soak}
    settling = {name for name, rule in fleet.groups.items() if rule.settle and name in groups}
    return [
        restart.machine.label
        for restart in done
        if restart.assumed
        and (
            restart.machine.placement.ring in soaking
            or not settling.isdisjoint(restart.machine.placement.groups)
        )
    ]
