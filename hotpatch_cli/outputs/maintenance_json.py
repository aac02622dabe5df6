"""Maintenance configurations as Azure's REST API takes them: the body of a PUT, one or a list.

https://learn.microsoft.com/rest/api/maintenance/maintenance-configurations/create-or-update
"""

import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from hotpatch_cli.schedule.durations import azure_duration
from hotpatch_cli.use_cases.export import ExportedWindow

TYPE = "Microsoft.Maintenance/maintenanceConfigurations"


def configuration_dict(exported: ExportedWindow) -> dict[str, Any]:
    """The body of a PUT; `name` says under which name."""
    window = exported.window
    times = {
        "startDateTime": f"{window.from_day} {window.start:%H:%M}",
        "expirationDateTime": f"{window.until} 23:59" if window.until else None,
        "duration": azure_duration(window.duration or timedelta()),
        "timeZone": window.timezone,
        "recurEvery": exported.recurrence.text,
    }
    return {
        "name": exported.name,
        "type": TYPE,
        **({"location": exported.location} if exported.location else {}),
        "properties": {
            "maintenanceScope": "InGuestPatch",
            "visibility": "Custom",
            "extensionProperties": {"InGuestPatchMode": "User"},
            "maintenanceWindow": {key: value for key, value in times.items() if value is not None},
            "installPatches": {
                "rebootSetting": "IfRequired",
                "windowsParameters": {"classificationsToInclude": ["Critical", "Security"]},
            },
        },
    }


def render_list(found: Iterable[ExportedWindow]) -> str:
    """All configurations as one JSON list."""
    return _json([configuration_dict(each) for each in found])


def render_files(found: Iterable[ExportedWindow]) -> dict[str, str]:
    """A file name and its JSON for each configuration."""
    return {f"{each.name}.json": _json(configuration_dict(each)) for each in found}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
