"""Maintenance configurations for Azure's REST API: the body of a PUT, one or a list.

inputs/azure/maintenance.py reads them.
https://learn.microsoft.com/rest/api/maintenance/maintenance-configurations/create-or-update
"""

import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, NamedTuple

from hotpatch_cli.inputs.maintenance_records import GUEST
from hotpatch_cli.planning.maintenance_export import PlannedConfiguration
from hotpatch_cli.schedule.durations import azure_duration
from hotpatch_cli.use_cases.export import ExportedWindow

_MAINTENANCE = "Microsoft.Maintenance"
_MOMENT = "%Y-%m-%d %H:%M"


class _Window(NamedTuple):
    """When a configuration opens, in local time, with the Windows name of the zone."""

    start: str
    expires: str | None
    length: timedelta
    zone: str | None
    recurs: str


def _body(name: str, location: str | None, window: _Window) -> dict[str, Any]:
    """A configuration that installs security updates and restarts guests if required."""
    times = {
        "startDateTime": window.start,
        "expirationDateTime": window.expires,
        "duration": azure_duration(window.length),
        "timeZone": window.zone,
        "recurEvery": window.recurs,
    }
    return {
        "name": name,
        "type": f"{_MAINTENANCE}/maintenanceConfigurations",
        **({"location": location} if location else {}),
        "properties": {
            "maintenanceScope": GUEST,
            "visibility": "Custom",
            "extensionProperties": {"InGuestPatchMode": "User"},
            "maintenanceWindow": {key: value for key, value in times.items() if value is not None},
            "installPatches": {
                "rebootSetting": "IfRequired",
                "windowsParameters": {"classificationsToInclude": ["Critical", "Security"]},
            },
        },
    }


def configuration_dict(exported: ExportedWindow) -> dict[str, Any]:
    """The body of a PUT for a window; `name` is the name of the resource."""
    window = exported.window
    times = _Window(
        start=f"{window.from_day} {window.start:%H:%M}",
        expires=f"{window.until} 23:59" if window.until else None,
        length=window.duration or timedelta(),
        zone=window.timezone,
        recurs=exported.recurrence.text,
    )
    return _body(exported.name, exported.location, times)


def planned_resources(configurations: Iterable[PlannedConfiguration]) -> list[dict[str, Any]]:
    """The bodies of a plan, each with the id for its PUT: a configuration, then its assignments to
    machines.
    """
    resources = []
    for planned in configurations:
        times = _Window(
            start=planned.start.strftime(_MOMENT),
            expires=planned.expires.strftime(_MOMENT),
            length=planned.length,
            zone=planned.zone,
            recurs="Day",
        )
        resources.append({"id": planned.id, **_body(planned.name, planned.location, times)})
        resources += [_assignment(planned, machine_id) for machine_id in planned.machine_ids]
    return resources


def _assignment(planned: PlannedConfiguration, machine_id: str) -> dict[str, Any]:
    kind = f"{_MAINTENANCE}/configurationAssignments"
    return {
        "id": f"{machine_id}/providers/{kind}/{planned.name}",
        "name": planned.name,
        "type": kind,
        "location": planned.location,
        "properties": {"maintenanceConfigurationId": planned.id, "resourceId": machine_id},
    }


def render_list(windows: Iterable[ExportedWindow]) -> str:
    """All configurations as one JSON list."""
    return _json([configuration_dict(window) for window in windows])


def render_files(windows: Iterable[ExportedWindow]) -> dict[str, str]:
    """A file name and its JSON for each configuration."""
    return {f"{window.name}.json": _json(configuration_dict(window)) for window in windows}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
