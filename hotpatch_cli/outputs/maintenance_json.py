"""Maintenance configurations and their assignments as templates of Azure Resource Manager.

inputs/azure/maintenance.py reads them.
https://learn.microsoft.com/azure/templates/microsoft.maintenance/maintenanceconfigurations
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import chain
from typing import Any, NamedTuple

from hotpatch_cli.azure_machines import MachineId, machine_id
from hotpatch_cli.inputs.maintenance_records import GUEST
from hotpatch_cli.model import DynamicScope
from hotpatch_cli.outputs.deployment_template import (
    LOCATION,
    Scope,
    deployment_id,
    literal,
    location_parameter,
    nested,
    resource_id,
    template,
    template_json,
)
from hotpatch_cli.planning.maintenance_export import PlannedConfiguration
from hotpatch_cli.schedule.durations import azure_duration
from hotpatch_cli.use_cases.export import ExportedWindow

API_VERSION = "2023-04-01"
"""The first stable version that has filters of dynamic scopes, and one that all tools know.
https://learn.microsoft.com/azure/templates/microsoft.maintenance/2023-04-01/configurationassignments
"""
CONFIGURATION = "Microsoft.Maintenance/maintenanceConfigurations"
ASSIGNMENT = "Microsoft.Maintenance/configurationAssignments"
_MOMENT = "%Y-%m-%d %H:%M"


class _Window(NamedTuple):
    """When a configuration opens, in local time, with the Windows name of the zone."""

    start: str
    expires: str | None
    length: timedelta
    zone: str | None
    recurs: str


def _configuration(
    name: str, location: str, window: _Window, installs: dict[str, Any] | None
) -> dict[str, Any]:
    """A configuration; without `installs` Azure chooses the updates, and nothing may name them."""
    times = {
        "startDateTime": window.start,
        "expirationDateTime": window.expires,
        "duration": azure_duration(window.length),
        "timeZone": window.zone,
        "recurEvery": window.recurs,
    }
    return {
        "type": CONFIGURATION,
        "apiVersion": API_VERSION,
        "name": name,
        "location": location,
        "properties": {
            "maintenanceScope": GUEST,
            "visibility": "Custom",
            "extensionProperties": {"InGuestPatchMode": "User" if installs else "Platform"},
            "maintenanceWindow": {key: value for key, value in times.items() if value is not None},
            **({"installPatches": installs} if installs else {}),
        },
    }


def _installs(kbs: Sequence[str] = ()) -> dict[str, Any]:
    """Security updates, or some updates alone; guests restart if an update requires it."""
    chosen = (
        {"kbNumbersToInclude": list(kbs)}
        if kbs
        else {"classificationsToInclude": ["Critical", "Security"]}
    )
    return {"rebootSetting": "IfRequired", "windowsParameters": chosen}


def _assignment(
    name: str, location: str, configuration: str, machine: MachineId, whole_id: str
) -> dict[str, Any]:
    """An assignment to a machine, in a deployment to the machine's resource group."""
    return {
        "type": ASSIGNMENT,
        "apiVersion": API_VERSION,
        "name": name,
        "location": location,
        "scope": machine.path,
        "properties": {"maintenanceConfigurationId": configuration, "resourceId": whole_id},
    }


# --- windows of a fleet ----------------------------------------


def _window_configuration(exported: ExportedWindow, location: str) -> dict[str, Any]:
    window = exported.window
    times = _Window(
        start=f"{window.from_day} {window.start:%H:%M}",
        expires=f"{window.until} 23:59" if window.until else None,
        length=window.duration or timedelta(),
        zone=window.timezone,
        recurs=exported.recurrence.text,
    )
    return _configuration(
        exported.name, location, times, None if exported.platform else _installs()
    )


def window_template(windows: Sequence[ExportedWindow]) -> dict[str, Any]:
    """Configurations for the resource group of the deployment, and assignments in the groups of
    their machines. Windows whose region is unknown get the parameter `location`.
    """
    regions = [window.location for window in windows]
    default = None if None in regions else max(regions, key=regions.count, default=None)
    resources: list[dict[str, Any]] = []
    places: dict[Scope, dict[str, list[dict[str, Any]]]] = {}
    for window in windows:
        location = LOCATION if window.location in (None, default) else window.location
        resources.append(_window_configuration(window, location))
        needed = resource_id(CONFIGURATION, window.name)
        for scope, assignment in _window_assignments(window, location, needed):
            places.setdefault(scope, {}).setdefault(needed, []).append(assignment)
    for scope, by_configuration in places.items():
        assignments = list(chain.from_iterable(by_configuration.values()))
        resources += nested(scope, assignments, by_configuration)
    return template(resources, location_parameter(default))


def _window_assignments(
    window: ExportedWindow, location: str, configuration: str
) -> Iterable[tuple[Scope, dict[str, Any]]]:
    """The assignments of a configuration, each with the scope of its deployment."""
    for number, filtered in enumerate(window.scopes, start=1):
        name = f"{window.name}-{number}" if len(window.scopes) > 1 else window.name
        scope = Scope(filtered.subscription or "", None)  # only scopes that have one are exported
        yield scope, _dynamic_scope(name, location, configuration, filtered)
    for machine in window.machines:
        place = machine_id(machine.id)
        if place is not None and machine.id is not None:
            region = machine.placement.region or machine.facts.region or location
            yield (
                Scope(place.subscription, place.group.lower()),
                _assignment(window.name, region, configuration, place, machine.id),
            )


def _dynamic_scope(
    name: str, location: str, configuration: str, filtered: DynamicScope
) -> dict[str, Any]:
    """An assignment to all machines of a subscription that a filter takes."""
    lists = {
        "locations": filtered.locations,
        "osTypes": filtered.os_types,
        "resourceGroups": filtered.resource_groups,
        "resourceTypes": filtered.resource_types,
    }
    content: dict[str, Any] = {
        key: [literal(value, depth=2) for value in values]
        for key, values in lists.items()
        if values
    }
    if filtered.tags:
        content["tagSettings"] = {
            "filterOperator": "Any" if filtered.any_tag else "All",
            "tags": {
                tag: [literal(value, depth=2) for value in values] for tag, values in filtered.tags
            },
        }
    return {
        "type": ASSIGNMENT,
        "apiVersion": API_VERSION,
        "name": name,
        "location": location,
        "properties": {
            "maintenanceConfigurationId": configuration,
            "resourceId": f"/subscriptions/{filtered.subscription}",
            "filter": content,
        },
    }


def _literals(values: Iterable[str]) -> list[str]:
    """Texts in a nested deployment: both templates remove a bracket."""
    return [literal(value, depth=2) for value in values]


def render_template(windows: Sequence[ExportedWindow]) -> str:
    """All configurations and assignments as one template."""
    return template_json(window_template(windows))


def render_files(windows: Sequence[ExportedWindow]) -> dict[str, str]:
    """A file name and its template for each configuration."""
    return {f"{window.name}.json": render_template([window]) for window in windows}


# --- restarts of a plan ----------------------------------------


def planned_resources(configurations: Iterable[PlannedConfiguration]) -> list[dict[str, Any]]:
    """Nested deployments for the resource groups of a plan: configurations, then assignments."""
    places: dict[Scope, list[PlannedConfiguration]] = {}
    for planned in configurations:
        places.setdefault(Scope(planned.subscription, planned.group), []).append(planned)
    resources: list[dict[str, Any]] = []
    for scope, group in places.items():
        first = nested(scope, [_planned_configuration(planned) for planned in group])
        assignments = list(chain.from_iterable(map(_planned_assignments, group)))
        needed = [deployment_id(scope, deployment["name"]) for deployment in first]
        resources += first + nested(scope, assignments, needed)
    return resources


def _planned_configuration(planned: PlannedConfiguration) -> dict[str, Any]:
    times = _Window(
        start=planned.start.strftime(_MOMENT),
        expires=planned.expires.strftime(_MOMENT),
        length=planned.length,
        zone=planned.zone,
        recurs="Day",
    )
    installs = None if planned.platform else _installs(planned.kbs)
    return _configuration(planned.name, planned.location, times, installs)


def _planned_assignments(planned: PlannedConfiguration) -> Iterator[dict[str, Any]]:
    for whole_id in planned.machine_ids:
        place = machine_id(whole_id)
        if place is not None:
            yield _assignment(planned.name, planned.location, planned.id, place, whole_id)
