"""A plan as maintenance configurations of Azure, each for one opening, with their assignments to
machines.

A configuration opens once: it expires before it could open again. Azure runs updates on all
machines of a configuration at once, and accepts no opening shorter than its limit. A machine can
therefore restart later than planned. Where that can break a rule of the fleet, it is a warning.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from types import MappingProxyType
from typing import NamedTuple

from hotpatch_cli.azure_machines import hotpatches_in_azure, machine_id
from hotpatch_cli.model import Finding, Machine, PatchMode, make_finding, meaning_of
from hotpatch_cli.planning.plan import Plan, Reboot, broken_rules
from hotpatch_cli.planning.window_slots import MINUTE
from hotpatch_cli.restarts import schedule_findings
from hotpatch_cli.schedule.clock import is_unambiguous
from hotpatch_cli.schedule.durations import duration_text
from hotpatch_cli.schedule.zones import windows_name

_EXPIRES = timedelta(hours=12)


class ScheduleLimits(NamedTuple):
    """Azure's limits on configurations: their length and latest start, the machines of one
    configuration, and the configurations of a subscription in a region.
    """

    shortest: timedelta
    longest: timedelta
    late_start: time
    machines: int
    schedules: int


class Installs(NamedTuple):
    """Which updates configurations install; by default, critical and security updates.

    `kbs` are the only ones of a ring, by its name, or of all other rings under None.
    `platform` lets Azure choose the updates of virtual machines that hotpatch.
    """

    kbs: Mapping[str | None, tuple[str, ...]] = MappingProxyType({})
    platform: bool = False


ALL_UPDATES = Installs()


class PlannedConfiguration(NamedTuple):
    """A maintenance configuration that opens once, for some machines.

    `start` and `expires` are moments in `zone`, which is named as Windows names it. `kbs` are the
    only updates to install. `platform` lets Azure choose them.
    """

    subscription: str
    group: str
    name: str
    location: str
    start: datetime
    expires: datetime
    length: timedelta
    zone: str
    machine_ids: tuple[str, ...]
    kbs: tuple[str, ...] = ()
    platform: bool = False

    @property
    def id(self) -> str:
        """The resource id."""
        group = f"/subscriptions/{self.subscription}/resourceGroups/{self.group}"
        return f"{group}/providers/Microsoft.Maintenance/maintenanceConfigurations/{self.name}"


class RefusedRestart(NamedTuple):
    """A machine whose restart Azure can't run, and why."""

    machine: str
    reason: str


_WINDOWS = ("of this plan",)
"""The windows of HP504, in its sentence: those that Azure gets, not those of the fleet."""


class PlanExport(NamedTuple):
    """The configurations for Azure, the restarts in them, doubts about them, and the restarts that
    aren't in them.

    `doubts` are findings of the catalog by machine; `warnings` are sentences of their own.
    """

    configurations: tuple[PlannedConfiguration, ...]
    reboots: tuple[Reboot, ...]
    doubts: tuple[tuple[Machine, Finding], ...]
    warnings: tuple[str, ...]
    refused: tuple[RefusedRestart, ...]


class _Place(NamedTuple):
    """Machines of one configuration: they start together, in one subscription and region."""

    start: datetime
    length: timedelta
    subscription: str
    group: str
    region: str
    zone: str
    kbs: tuple[str, ...]
    platform: bool


def exported(plan: Plan, limits: ScheduleLimits, installs: Installs = ALL_UPDATES) -> PlanExport:
    """The plan for Azure, split to the limits of the platform."""
    refused: list[RefusedRestart] = []
    places: dict[_Place, list[Reboot]] = {}
    for reboot in plan.reboots:
        place = _place(reboot, limits, installs)
        if isinstance(place, str):
            refused.append(RefusedRestart(reboot.machine.label, place))
        else:
            places.setdefault(place, []).append(reboot)
    configurations: list[PlannedConfiguration] = []
    taken: list[Reboot] = []
    used: Counter[tuple[str, str]] = Counter()
    names: Counter[str] = Counter()
    for place, reboots in places.items():
        for first in range(0, len(reboots), limits.machines):
            share = reboots[first : first + limits.machines]
            if used[place.subscription, place.region] == limits.schedules:
                why = (
                    f"{place.region} of the subscription would have more than "
                    f"{limits.schedules} configurations"
                )
                refused += [RefusedRestart(reboot.machine.label, why) for reboot in share]
                continue
            used[place.subscription, place.region] += 1
            configurations.append(_configuration(place, share, _name(plan, place, names)))
            taken += share
    doubts: list[tuple[Machine, Finding]] = []
    for reboot in taken:
        found = _doubts(reboot.machine, installs)
        doubts += [(reboot.machine, finding) for finding in found]
    warnings = tuple(_warnings(plan, taken, limits))
    return PlanExport(tuple(configurations), tuple(taken), tuple(doubts), warnings, tuple(refused))


def _place(reboot: Reboot, limits: ScheduleLimits, installs: Installs) -> _Place | str:
    """The configuration that a restart belongs to, or why Azure can't run it."""
    machine, length = reboot.machine, reboot.end - reboot.start
    place = machine_id(machine.id)
    region = machine.placement.region or machine.facts.region
    if machine.facts.platform == "azure-local":
        return "Azure Update Manager has no schedules for virtual machines of Azure Local"
    if machine.id is None:
        return "its resource id is missing: an assignment needs one (`id`)"
    if place is None:
        return "its resource id (`id`) isn't that of a virtual machine or an Arc machine"
    if not region:
        return "its region is missing: an assignment needs one (`region`)"
    if length > limits.longest:
        return (
            f"its restart takes {duration_text(length)}, and "
            f"a configuration opens for {duration_text(limits.longest)} at most"
        )
    zone = windows_name(str(reboot.start.tzinfo)) if is_unambiguous(reboot.start) else None
    start = reboot.start if zone else reboot.start.astimezone(UTC)
    platform = _chosen_by_azure(machine, installs)
    kbs = installs.kbs.get(machine.placement.ring) or installs.kbs.get(None, ())
    return _Place(
        start,
        max(length, limits.shortest),
        place.subscription,
        place.group.lower(),
        region,
        zone or "UTC",
        kbs=() if platform else kbs,
        platform=platform,
    )


def _chosen_by_azure(machine: Machine, installs: Installs) -> bool:
    """Whether Azure chooses the updates of a machine."""
    return installs.platform and hotpatches_in_azure(machine)


def _name(plan: Plan, place: _Place, names: Counter[str]) -> str:
    """A name with release and opening; the same for the same plan."""
    start = place.start.astimezone(UTC)
    name = f"hotpatch-{plan.release_day:%Y-%m}-{start:%Y%m%dT%H%MZ}-{place.region}"
    names[name] += 1
    return name if names[name] == 1 else f"{name}-{names[name]}"


def _configuration(place: _Place, reboots: Sequence[Reboot], name: str) -> PlannedConfiguration:
    return PlannedConfiguration(
        subscription=place.subscription,
        group=place.group,
        name=name,
        location=place.region,
        start=place.start,
        # Long after its only opening, and before the next day's.
        expires=place.start + _EXPIRES,
        length=place.length,
        zone=place.zone,
        machine_ids=tuple(reboot.machine.id or "" for reboot in reboots),
        kbs=place.kbs,
        platform=place.platform,
    )


def _doubts(machine: Machine, installs: Installs) -> Iterator[Finding]:
    """HP204: a schedule on a virtual machine that hotpatches needs a flag that Azure may refuse.
    HP504: Azure runs no schedule on it, or that is unknown. Where Azure chooses the updates, its
    patch mode alone decides.
    """
    mode = meaning_of(machine.facts.patching.mode)
    if _chosen_by_azure(machine, installs) and mode is PatchMode.AUTOMATIC_BY_PLATFORM:
        return
    if hotpatches_in_azure(machine):
        yield make_finding("HP204", seen={"patching.hotpatching": True})
    yield from schedule_findings(machine.facts, machine.placement, _WINDOWS)


def _warnings(plan: Plan, reboots: Sequence[Reboot], limits: ScheduleLimits) -> Iterator[str]:
    late = [reboot.machine.label for reboot in reboots if reboot.start.time() >= limits.late_start]
    if late:
        yield (
            f"{', '.join(late)}: Azure advises against openings that start between "
            f"{limits.late_start:%H:%M} and midnight"
        )
    for sentence in _broken_by_longer_openings(plan, reboots, limits.shortest // MINUTE):
        yield f"If Azure uses all {duration_text(limits.shortest)} of an opening: {sentence}"


def _broken_by_longer_openings(plan: Plan, reboots: Sequence[Reboot], shortest: int) -> list[str]:
    """The rules that could break because the shortest opening is longer than most restarts."""
    prepared = plan.prepared
    tasks = tuple(
        task._replace(duration=max(task.duration, shortest)) for task in prepared.problem.tasks
    )
    longer = prepared._replace(problem=prepared.problem._replace(tasks=tasks))
    return broken_rules(longer, {reboot.machine.label: reboot.start for reboot in reboots})
