"""The run sheets as one file of HTML that prints on A4, one night a page or more."""

from collections.abc import Sequence

from hotpatch_cli.outputs.night import NightSheet, not_scheduled
from hotpatch_cli.outputs.page.render import asset, environment, policy, trusted
from hotpatch_cli.outputs.plan_view import PlanView
from hotpatch_cli.outputs.restart_text import day_text


def runsheet_page(view: PlanView, sheets: Sequence[NightSheet]) -> str:
    """The sheets. Raises InputError if a library for them isn't installed."""
    style = asset("runsheet.css")
    return (
        environment("The run sheet")
        .get_template("runsheet.html")
        .render(
            policy=trusted(policy(style, "")),
            style=trusted(style),
            fleet=view.plan.prepared.fleet.name or "",
            baseline=day_text(view.plan.release_day),
            sheets=sheets,
            left_out=() if sheets else tuple(not_scheduled(view)),
            notes=view.notes,
        )
    )
