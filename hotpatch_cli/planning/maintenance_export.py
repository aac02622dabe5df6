"""A plan as maintenance configurations of Azure, each for one opening, with their assignments to
machines.

A configuration opens once: it expires before it could open again. Azure runs updates on all
machines of a configuration at once, and takes no opening under 90 minutes, so that a machine may
restart later than planned: where that can break a rule of the fleet, it is a warning.

Limits: https://learn.microsoft.com/azure/virtual-machines/maintenance-configurations
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any, NamedTuple

from hotpatch_cli.model import Finding, Machine, PatchMode, make_finding, meaning_of
from hotpatch_cli.planning.plan import Plan, Reboot, broken_rules
from hotpatch_cli.planning.window_slots import MINUTE
from hotpatch_cli.restarts import span
from hotpatch_cli.schedule.zones import windows_name

SHORTEST = timedelta(minutes=90)
LONGEST = timedelta(minutes=235)
MOST_MACHINES = 3000
"""Assignments to one configuration."""
MOST_CONFIGURATIONS = 250
"""Configurations of one subscription in one region."""
_LATE = time(23, 45)
_MOMENT = "%Y-%m-%d %H:%M"
_EXPIRES = timedelta(hours=12)
_MACHINE = re.compile(
    r"/subscriptions/([^/]+)/resourceGroups/([^/]+)/providers/"
    r"(?:Microsoft\.Compute/virtualMachines|Microsoft\.HybridCompute/machines)/[^/]+",
    re.IGNORECASE,
)
_TYPE = "Microsoft.Maintenance"


class RefusedRestart(NamedTuple):
    """A machine whose restart Azure cannot be told to run, and why."""

    machine: str
    reason: str


class PlanExport(NamedTuple):
    """The bodies for Azure's REST API, what is doubtful about them, and which restarts are not in
    them.

    `doubts` are findings of the catalogue by machine; `warnings` are sentences of their own.
    """

    resources: tuple[dict[str, Any], ...]
    doubts: tuple[tuple[Machine, Finding], ...]
    warnings: tuple[str, ...]
    refused: tuple[RefusedRestart, ...]


class _Place(NamedTuple):
    """Machines that one configuration can serve: they start together, in one subscription and
    region.
    """

    start: datetime
    length: timedelta
    subscription: str
    group: str
    region: str
    zone: str


def exported(plan: Plan) -> PlanExport:
    """The plan for Azure, split to the limits of the platform."""
    refused: list[RefusedRestart] = []
    places: dict[_Place, list[Reboot]] = {}
    for reboot in plan.reboots:
        place = _place(reboot)
        if isinstance(place, str):
            refused.append(RefusedRestart(reboot.machine.label, place))
        else:
            places.setdefault(place, []).append(reboot)
    resources: list[dict[str, Any]] = []
    taken: list[Reboot] = []
    used: Counter[tuple[str, str]] = Counter()
    names: Counter[str] = Counter()
    for place, reboots in places.items():
        for first in range(0, len(reboots), MOST_MACHINES):
            some = reboots[first : first + MOST_MACHINES]
            if used[place.subscription, place.region] == MOST_CONFIGURATIONS:
                why = (
                    f"{place.region} of the subscription would have more than "
                    f"{MOST_CONFIGURATIONS} configurations"
                )
                refused += [RefusedRestart(reboot.machine.label, why) for reboot in some]
                continue
            used[place.subscription, place.region] += 1
            resources += _resources(place, some, _name(plan, place, names))
            taken += some
    doubts: list[tuple[Machine, Finding]] = []
    for reboot in taken:
        doubts += [(reboot.machine, finding) for finding in _doubts(reboot.machine)]
    return PlanExport(
        tuple(resources), tuple(doubts), tuple(_warnings(plan, taken)), tuple(refused)
    )


def _place(reboot: Reboot) -> _Place | str:
    """Where a restart belongs, or why Azure cannot run it."""
    machine, length = reboot.machine, reboot.end - reboot.start
    found_id = _MACHINE.fullmatch(machine.id or "")
    region = machine.placement.region or machine.facts.region
    if machine.facts.platform == "azure-local":
        return "Azure Update Manager has no schedules for virtual machines of Azure Local"
    if found_id is None:
        return "it has no resource id (`id`) of a virtual machine or an Arc machine"
    if not region:
        return "it has no region, and an assignment needs one (`region`)"
    if length > LONGEST:
        return (
            f"its restart takes {span(length)}, "
            f"and a configuration opens for {span(LONGEST)} at most"
        )
    zone = windows_name(str(reboot.start.tzinfo))
    start = reboot.start if zone else reboot.start.astimezone(UTC)
    subscription, group = found_id.groups()
    return _Place(start, max(length, SHORTEST), subscription, group.lower(), region, zone or "UTC")


def _name(plan: Plan, place: _Place, names: Counter[str]) -> str:
    """A name that tells release and opening; the same for the same plan."""
    start = place.start.astimezone(UTC)
    name = f"hotpatch-{plan.release_day:%Y-%m}-{start:%Y%m%dT%H%MZ}-{place.region}"
    names[name] += 1
    return name if names[name] == 1 else f"{name}-{names[name]}"


def _resources(place: _Place, reboots: Sequence[Reboot], name: str) -> Iterator[dict[str, Any]]:
    home = f"/subscriptions/{place.subscription}/resourceGroups/{place.group}"
    configuration = f"{home}/providers/{_TYPE}/maintenanceConfigurations/{name}"
    hours, minutes = divmod(place.length // MINUTE, 60)
    yield {
        "id": configuration,
        "name": name,
        "type": f"{_TYPE}/maintenanceConfigurations",
        "location": place.region,
        "properties": {
            "maintenanceScope": "InGuestPatch",
            "visibility": "Custom",
            "extensionProperties": {"InGuestPatchMode": "User"},
            "maintenanceWindow": {
                "startDateTime": place.start.strftime(_MOMENT),
                "expirationDateTime": (place.start + _EXPIRES).strftime(_MOMENT),
                "duration": f"{hours:02}:{minutes:02}",
                "timeZone": place.zone,
                "recurEvery": "Day",
            },
            "installPatches": {
                "rebootSetting": "IfRequired",
                "windowsParameters": {"classificationsToInclude": ["Critical", "Security"]},
            },
        },
    }
    for reboot in reboots:
        machine = reboot.machine
        yield {
            "id": f"{machine.id}/providers/{_TYPE}/configurationAssignments/{name}",
            "name": name,
            "type": f"{_TYPE}/configurationAssignments",
            "location": place.region,
            "properties": {"maintenanceConfigurationId": configuration, "resourceId": machine.id},
        }


def _doubts(machine: Machine) -> Iterator[Finding]:
    """HP204: a schedule on a virtual machine that hotpatches needs a flag that Azure may refuse."""
    if machine.facts.platform == "azure" and machine.facts.patching.hotpatching:
        yield make_finding("HP204", seen={"patching.hotpatching": True})


def _warnings(plan: Plan, reboots: Sequence[Reboot]) -> Iterator[str]:
    for reboot in reboots:
        mode = reboot.machine.facts.patching.mode
        automatic = meaning_of(mode) is PatchMode.AUTOMATIC_BY_PLATFORM
        if reboot.machine.facts.platform == "azure" and not automatic:
            yield (
                f"{reboot.machine.label}: its patch mode is {mode or 'not known'}; "
                "a schedule needs AutomaticByPlatform"
            )
    late = [reboot.machine.label for reboot in reboots if reboot.start.time() >= _LATE]
    if late:
        yield (
            f"{', '.join(late)}: "
            "Azure advises against openings that start between 23:45 and midnight"
        )
    yield from (
        f"if Azure uses all of the {span(SHORTEST)}: {line}" for line in _overlaps(plan, reboots)
    )


def _overlaps(plan: Plan, reboots: Sequence[Reboot]) -> list[str]:
    """The rules that could break, since the shortest opening is longer than most restarts."""
    prepared = plan.prepared
    least = SHORTEST // MINUTE
    tasks = tuple(
        task._replace(duration=max(task.duration, least)) for task in prepared.problem.tasks
    )
    longer = prepared._replace(problem=prepared.problem._replace(tasks=tasks))
    return broken_rules(longer, {reboot.machine.label: reboot.start for reboot in reboots})
