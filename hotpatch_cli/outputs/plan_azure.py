"""A plan as a template of Azure Resource Manager: configurations, and assignments to machines.

`metadata` has what a template has no place for: who restarts, warnings, and the restarts that
aren't in it.
"""

from datetime import time, timedelta

from hotpatch_cli.knowledge.limits import load_limits
from hotpatch_cli.outputs.deployment_template import template, template_json
from hotpatch_cli.outputs.maintenance_json import planned_resources
from hotpatch_cli.outputs.plan_view import PlanView
from hotpatch_cli.outputs.view_options import ViewOptions
from hotpatch_cli.planning.maintenance_export import PlanExport, ScheduleLimits, exported


def render_azure(view: PlanView, _options: ViewOptions) -> str:
    """Nested deployments for the groups of machines: configurations before their assignments.
    `reboots` has who restarts each of their machines, and whether the baseline is confirmed.
    """
    export = plan_export(view)
    content = {
        "schema_version": 1,
        "release": str(view.plan.release_day),
        "notes": list(view.notes),
        "reboots": [
            {
                "machine": reboot.machine.label,
                "start": reboot.start.isoformat(),
                "runner": reboot.runner,
                "confirmed": reboot.confirmed,
            }
            for reboot in export.reboots
        ],
        "warnings": [
            *(
                {"machine": machine.label, "code": finding.code, "message": view.message(finding)}
                for machine, finding in export.doubts
            ),
            *({"machine": None, "code": None, "message": text} for text in export.warnings),
        ],
        "refused": [refusal._asdict() for refusal in export.refused],
    }
    resources = planned_resources(export.configurations)
    return template_json(template(resources, metadata={"hotpatch": content}))


def plan_export(view: PlanView) -> PlanExport:
    """The configurations of a plan, and the restarts that Azure can't run."""
    return exported(view.plan, _limits(), view.installs)


def told(view: PlanView) -> list[str]:
    """The warnings of the export, line by line."""
    export = plan_export(view)
    lines = [
        f"{refusal.machine}: not written for Azure: {refusal.reason}." for refusal in export.refused
    ]
    doubted: dict[str, list[str]] = {}
    for machine, finding in export.doubts:
        doubted.setdefault(f"{finding.code} {view.message(finding)}", []).append(machine.label)
    lines += [f"{', '.join(names)}: {message}" for message, names in doubted.items()]
    return [*lines, *(f"{text}." for text in export.warnings)]


def _limits() -> ScheduleLimits:
    """The shipped limits of the platform."""
    numbers = {name: limit.number for name, limit in load_limits().items()}
    hour, minute = divmod(numbers["late-start"], 60)
    return ScheduleLimits(
        shortest=timedelta(minutes=numbers["shortest"]),
        longest=timedelta(minutes=numbers["longest"]),
        late_start=time(hour, minute),
        machines=numbers["machines"],
        schedules=numbers["schedules"],
    )
