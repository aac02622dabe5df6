"""`hotpatch plan`: when each machine restarts for a baseline."""

from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from hotpatch_cli.cli.options.common import (
    Alarms,
    AsOf,
    AvailabilitySets,
    Azure,
    Baseline,
    Cloud,
    Columns,
    ConfigOption,
    Deadline,
    EveryRow,
    FleetFiles,
    IncludeMonthly,
    ManagementGroups,
    MatrixFiles,
    NoColor,
    Output,
    PlanFrom,
    PlanUntil,
    Prefer,
    Previous,
    Quiet,
    ReleaseFiles,
    Subscriptions,
    WhatIfOption,
    WindowFiles,
    Zones,
)
from hotpatch_cli.cli.request import RequestCommand, format_option, option
from hotpatch_cli.cli.words import chosen_format

if TYPE_CHECKING:
    from hotpatch_cli.cli.plan_file import ReadPlan
    from hotpatch_cli.cli.session import Session
    from hotpatch_cli.outputs.plan_view import PlanView
    from hotpatch_cli.planning import Plan, PlanningInput, PlanRequest
    from hotpatch_cli.servicing.scenario import Scenario

app = typer.Typer(add_completion=False)
NO_PLAN = 4
STOPPED = 130
RESTARTS_ALONE = ("csv", "ics", "azure", "svg", "png")
"""Formats without a place for who is left out and why: standard error says it."""


@app.command(
    cls=RequestCommand,
    epilog="Example: hotpatch plan examples/fleet.yaml --as-of 2025-12-15 --deadline 14d",
)
class PlanningRequest(NamedTuple):
    """Place every restart for a baseline: inside windows, outside freezes, within groups, rings and
    limits.

    Exit code 4 where something cannot be placed; Ctrl-C ends the search with the best plan so far
    and code 130.
    """

    fleet: FleetFiles = None
    baseline: Baseline = None
    begin: PlanFrom = None
    until: PlanUntil = None
    deadline: Deadline = None
    include_monthly: IncludeMonthly = False
    every: EveryRow = False
    availability_sets: AvailabilitySets = None
    zones: Zones = None
    time_limit: Annotated[
        float, option("--time-limit", None, "Seconds to improve.", min=0, max=86400)
    ] = 10
    keep: Annotated[
        str | None, option("--keep", "PLAN", "Move as little of this plan (JSON) as possible.")
    ] = None
    what_if: WhatIfOption = None
    windows: WindowFiles = None
    columns: Columns = None
    prefer: Prefer = None
    as_of: AsOf = None
    form: Annotated[str, format_option("outputs.formats.PLAN_FORMATS")] = "table"
    by: Annotated[
        str,
        option(
            "--by",
            "WORD",
            "With ics: an event per machine or group.",
        ),
    ] = "machine"
    alarms: Alarms = None
    previous: Previous = None
    output: Output = "-"
    matrix: MatrixFiles = None
    releases: ReleaseFiles = None
    quiet: Quiet = False
    no_color: NoColor = False
    azure: Azure = False
    subscription: Subscriptions = None
    management_group: ManagementGroups = None
    cloud: Cloud = "public"
    config: ConfigOption = None

    def run(self) -> None:
        """Write the best plan that is found in the time there is. Raises InputError and
        BadParameter.
        """
        from hotpatch_cli.cli import planning_input
        from hotpatch_cli.cli.console import deliver, screen
        from hotpatch_cli.cli.options.feeds import feed_options
        from hotpatch_cli.cli.options.what_if import parse_what_if
        from hotpatch_cli.cli.plan_file import read_plan
        from hotpatch_cli.cli.session import day_of, source_names, tell
        from hotpatch_cli.outputs.formats import PLAN_FORMATS

        names = source_names(self, self.fleet)
        render = chosen_format(PLAN_FORMATS, self.form)
        wish, day = planning_input.plan_request(self), day_of(self)
        feed = feed_options(self.form, day, self.alarms, self.previous, self.by)
        world = parse_what_if(self.what_if, day)
        implied = planning_input.implied_groups(self)
        keep = None if self.keep is None else read_plan(self.keep)
        session = planning_input.load(self, names, implied)
        view, stopped = _search(self, session, wish, world, keep)
        tell(_notes(view, self.form), quiet=self.quiet)
        look = screen(self.output, no_color=self.no_color, everything=self.every)
        deliver(render(view, look._replace(feed=feed)), self.output)
        if stopped:
            raise typer.Exit(STOPPED)
        raise typer.Exit(NO_PLAN if view.plan.status == "infeasible" else 0)


def _notes(view: "PlanView", form: str) -> list[str]:
    """What standard error says of a plan, since its format has no place for it."""
    from hotpatch_cli.outputs.plan_view import told_left_out

    notes = [*view.plan_notes, *told_left_out(view)] if form in RESTARTS_ALONE else []
    if form == "azure":
        from hotpatch_cli.outputs.plan_azure import told

        notes += told(view)
    return notes


def _search(
    request: PlanningRequest,
    session: "Session",
    wish: "PlanRequest",
    world: "Scenario",
    keep: "ReadPlan | None",
) -> "tuple[PlanView, bool]":
    """(the best plan found, whether the user ended the search); in a supposed world with the
    difference to ours.
    """
    from hotpatch_cli.cli.planning_input import planning_input, required_input
    from hotpatch_cli.cli.progress import interruptible, search_progress
    from hotpatch_cli.cli.session import tell
    from hotpatch_cli.knowledge.release_age import age_notes
    from hotpatch_cli.outputs.plan_view import PlanView
    from hotpatch_cli.planning import plan
    from hotpatch_cli.planning.changes import plan_diff, scenario_plan
    from hotpatch_cli.planning.conflicts import plan_conflicts
    from hotpatch_cli.servicing.scenario import Scenario

    if wish.month is None and world.releases:
        # who asks about an unplanned baseline asks for the plan of its month
        first = min(release.date for release in world.releases if release.date)
        wish = wish._replace(month=(first.year, first.month))
    prepared = required_input(session, wish, world)

    def best(problem: "PlanningInput", asked: list[bool]) -> "Plan":
        with search_progress(quiet=request.quiet) as show:
            return plan(
                problem,
                time_limit=request.time_limit,
                should_stop=lambda: bool(asked),
                progress=show,
                keep=keep.starts if keep else None,
            )

    with interruptible() as asked:
        without = None
        if world:
            try:
                without = best(planning_input(session, wish, Scenario()), asked)
            except ValueError:  # no baseline is due in the world as it is known
                without = None
        found = best(prepared, asked)
    rules = session.knowledge.rules
    age = age_notes(session.knowledge, session.day)
    view = PlanView(found, rules, wish, plan_conflicts(found, rules), age=age)
    if world:
        view = view._replace(supposed=scenario_plan(world.texts, found, without))
    if keep is not None:
        kept = plan_diff(found, keep.starts, keep.unplaced)
        view = view._replace(kept=kept)
        names = ", ".join(move.reboot.machine.label for move in kept.moved)
        count = "1 restart" if len(kept.moved) == 1 else f"{len(kept.moved)} restarts"
        tell([f"Moved {count}{': ' + names if names else ''}."], quiet=request.quiet)
    return view, bool(asked)
