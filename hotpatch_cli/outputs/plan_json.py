"""A plan as JSON. `plan_types.py` defines its keys."""

import json
from datetime import datetime
from typing import Any

from hotpatch_cli.outputs.plan_view import PlanView
from hotpatch_cli.outputs.view_options import ViewOptions
from hotpatch_cli.planning import Plan, PlanRequest, Reboot
from hotpatch_cli.planning.changes import PlanDiff, ScenarioPlan
from hotpatch_cli.planning.conflicts import PlanConflict
from hotpatch_cli.planning.plan_record import PlannedRestart
from hotpatch_cli.schedule.clock import in_zone


def render_json(view: PlanView, _options: ViewOptions) -> str:
    """The plan as JSON."""
    return json.dumps(plan_dict(view), ensure_ascii=False, indent=1) + "\n"


def plan_dict(view: PlanView) -> dict[str, Any]:
    """The plan as a JSON object."""
    plan = view.plan
    whys = view.whys
    found: dict[str, Any] = {
        "schema_version": 1,
        "notes": list(view.notes),
        "as_of": str(plan.prepared.as_of),
        "release": str(plan.release_day),
        "asked": _asked(view.wish, plan.prepared.begin, plan.prepared.seen),
        "goal": plan.result.goal,
        "effort": plan.effort,
        "cut_short": plan.result.cut_short,
        "status": plan.status,
        "objective": _objective(plan),
        "search": {"engine": plan.result.engine},
        "left_alone": dict(plan.not_needed),
        "reboots": [
            {**reboot_dict(reboot), "why": whys[reboot.machine.label]} for reboot in plan.reboots
        ],
        "unplaced": [
            {
                "machine": machine.label,
                "reasons": [{"code": finding.code, "message": view.message(finding)}],
            }
            for machine, finding in plan.unplaced
        ],
        "conflicts": [_obstacle(conflict) for conflict in view.obstacles],
        "all_fit": [change._asdict() for change in view.why.all_fit],
    }
    if view.supposed is not None:
        found["what_if"] = _supposed(view.supposed)
    if view.kept is not None:
        found["kept"] = _difference(view.kept)
    if view.done:
        found["done"] = list(map(_done, view.done))
    return found


def reboot_dict(reboot: Reboot) -> dict[str, Any]:
    """A restart as JSON and CSV have it."""
    placement = reboot.machine.placement
    return {
        "machine": reboot.machine.label,
        "id": reboot.machine.id,
        "start": reboot.start.isoformat(),
        "end": reboot.end.isoformat(),
        "window": reboot.window,
        "ring": placement.ring,
        "groups": list(placement.groups),
        "runner": reboot.runner,
        "confirmed": reboot.confirmed,
        "track": reboot.track,
    }


def _done(planned: PlannedRestart) -> dict[str, Any]:
    return {
        "machine": planned.machine,
        "id": planned.id,
        "start": planned.start.isoformat() if planned.start else None,
        "end": planned.end.isoformat() if planned.end else None,
        "ring": planned.ring,
        "groups": list(planned.groups),
    }


def _asked(wish: PlanRequest, begin: datetime, seen: datetime | None) -> dict[str, Any]:
    """What was asked for, so that `verify` asks for the same, from when openings count, and
    when restarts that are done were seen.
    """
    return {
        "month": None if wish.month is None else f"{wish.month[0]}-{wish.month[1]:02}",
        "from": None if wish.from_day is None else str(wish.from_day),
        "until": None if wish.until is None else str(wish.until),
        "deadline_hours": None if wish.deadline is None else wish.deadline.total_seconds() / 3600,
        "all": wish.everything,
        "begin": begin.isoformat(),
        "now": None if wish.now is None else wish.now.isoformat(),
        "strict": wish.strict,
        "seen": None if seen is None else seen.isoformat(),
    }


def _objective(plan: Plan) -> dict[str, Any]:
    return {
        "exposure_hours": round(plan.exposure, 6),
        "lower_bound": round(plan.lower_bound, 6),
        "gap": round(plan.gap, 6),
        "makespan": plan.makespan.isoformat() if plan.makespan else None,
        "most_placed": plan.result.most_placed,
        "end_bound": plan.end_bound.isoformat() if plan.end_bound else None,
    }


def _obstacle(obstacle: PlanConflict) -> dict[str, Any]:
    return {
        "machines": list(obstacle.machines),
        "also": list(obstacle.also),
        "dependents": list(obstacle.dependents),
        "summary": obstacle.summary,
        "reasons": [reason._asdict() for reason in obstacle.reasons],
        "helps": [relaxation._asdict() for relaxation in obstacle.helps],
        "proven": obstacle.proven,
    }


def _supposed(answer: ScenarioPlan) -> dict[str, Any]:
    without = answer.without
    return {
        "questions": list(answer.texts),
        "without": None
        if without is None
        else {
            "status": without.status,
            "objective": _objective(without),
            "reboots": len(without.reboots),
            "unplaced": [machine.label for machine, _ in without.unplaced],
        },
        "exposure_hours": round(answer.exposure, 6),
        "makespan_hours": None
        if answer.later is None
        else round(answer.later.total_seconds() / 3600, 6),
        **_difference(answer.difference),
    }


def _difference(change: PlanDiff) -> dict[str, Any]:
    return {
        "moved": [
            {
                "machine": move.reboot.machine.label,
                "from": in_zone(move.before, move.reboot.start.tzinfo).isoformat(),
                "to": move.reboot.start.isoformat(),
            }
            for move in change.moved
        ],
        "added": [
            {"machine": reboot.machine.label, "start": reboot.start.isoformat()}
            for reboot in change.added
        ],
        "gone": list(change.not_needed),
        "no_longer_placed": list(change.unscheduled),
        "now_placed": [
            {"machine": reboot.machine.label, "start": reboot.start.isoformat()}
            for reboot in change.scheduled
        ],
    }
