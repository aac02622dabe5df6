"""A plan for Azure's REST API: configurations and assignments, with what is doubtful and what is
not in them.
"""

import json

from hotpatch_cli.outputs.plan_view import PlanView
from hotpatch_cli.outputs.view_options import ViewOptions
from hotpatch_cli.planning.maintenance_export import exported


def render_azure(view: PlanView, _options: ViewOptions) -> str:
    """`value` lists the bodies to PUT, each with the id that it goes to: configurations before
    their assignments.
    """
    export = exported(view.plan)
    content = {
        "schema_version": 1,
        "release": str(view.plan.release_day),
        "value": list(export.resources),
        "warnings": [
            *(
                {"machine": machine.label, "code": finding.code, "message": view.message(finding)}
                for machine, finding in export.doubts
            ),
            *({"machine": None, "code": None, "message": text} for text in export.warnings),
        ],
        "refused": [refusal._asdict() for refusal in export.refused],
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def told(view: PlanView) -> list[str]:
    """What people should know of the export, line by line."""
    export = exported(view.plan)
    lines = [
        f"{refusal.machine}: not written for Azure: {refusal.reason}." for refusal in export.refused
    ]
    doubted: dict[str, list[str]] = {}
    for machine, finding in export.doubts:
        doubted.setdefault(f"{finding.code} {view.message(finding)}", []).append(machine.label)
    lines += [f"{', '.join(names)}: {message}" for message, names in doubted.items()]
    return [*lines, *(f"{text}." for text in export.warnings)]
