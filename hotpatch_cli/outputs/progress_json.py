"""The progress of a plan as JSON. `progress_types.py` defines its keys."""

import json
from typing import Any

from hotpatch_cli.model import Location
from hotpatch_cli.outputs.progress_view import ProgressView
from hotpatch_cli.outputs.view_options import ViewOptions
from hotpatch_cli.planning.progress import ProgressShare
from hotpatch_cli.planning.restart_state import MachineProgress


def render_json(view: ProgressView, _options: ViewOptions) -> str:
    """The progress as JSON."""
    return json.dumps(progress_dict(view), ensure_ascii=False, indent=1) + "\n"


def progress_dict(view: ProgressView) -> dict[str, Any]:
    """The progress as a JSON object."""
    progress = view.progress
    record = progress.record
    return {
        "schema_version": 1,
        "notes": list(view.notes),
        "as_of": str(progress.as_of),
        "at": progress.at.isoformat(),
        "plan": {
            "file": view.plan_name,
            "as_of": str(record.as_of) if record.as_of else None,
            "release": str(record.release),
            "restarts": sum(restart.start is not None for restart in record.restarts),
        },
        "on_schedule": progress.on_schedule,
        "summary": dict(progress.whole.states),
        "percent": progress.whole.percent,
        "rings": list(map(_share, progress.rings)),
        "groups": list(map(_share, progress.groups)),
        "machines": list(map(_machine, progress.machines)),
        "startable": list(progress.startable),
    }


def _share(share: ProgressShare) -> dict[str, Any]:
    return {
        "name": share.name,
        "machines": share.total,
        "done": share.done,
        "percent": share.percent,
        "states": dict(share.states),
    }


def _machine(row: MachineProgress) -> dict[str, Any]:
    return {
        "machine": row.name,
        "id": row.machine.id if row.machine else row.planned and row.planned.id,
        "state": row.state,
        "certain": row.certain,
        "evidence": row.evidence,
        "remedy": row.remedy or None,
        "rule": row.rule[0] if row.rule else None,
        "fact": {"field": row.fact[0], "value": row.fact[1]} if row.fact else None,
        "location": _location(row.location),
        "planned": row.start.isoformat() if row.start else None,
        "planned_end": row.end.isoformat() if row.end else None,
        "moved": row.moved,
        "in_progress": row.in_progress,
        "ended": row.ended.isoformat() if row.ended else None,
        "end_assumed": row.assumed,
        "ring": row.ring,
        "group": list(row.groups),
    }


def _location(location: Location | None) -> dict[str, Any] | None:
    return None if location is None else dict(location._asdict())
