"""`hotpatch plan`: when each machine restarts for a baseline."""

from collections import Counter
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from hotpatch_cli.cli.decision import FAIL, PASS, conclude, rules_text
from hotpatch_cli.cli.options.common import (
    AllowEmpty,
    AsOf,
    AvailabilitySets,
    Azure,
    Baseline,
    Cloud,
    Columns,
    ConfigOption,
    Deadline,
    Effort,
    EveryRow,
    FleetFiles,
    Goal,
    IncludeMonthly,
    ManagementGroups,
    MatrixFiles,
    NoColor,
    Output,
    PlanFrom,
    PlanUntil,
    Prefer,
    Quiet,
    ReleaseFiles,
    SetFacts,
    Strict,
    Subscriptions,
    TimeLimit,
    WhatIfOption,
    WindowFiles,
    Zones,
)
from hotpatch_cli.cli.options.installs import PlanInstalls, parse_installs
from hotpatch_cli.cli.options.moment import Now, day_of_now, next_minute
from hotpatch_cli.cli.output_targets import format_for
from hotpatch_cli.cli.request import RequestCommand, format_option, option
from hotpatch_cli.outputs.phrases import counted

if TYPE_CHECKING:
    from hotpatch_cli.cli.plan_file import ReadPlan
    from hotpatch_cli.cli.session import Session
    from hotpatch_cli.outputs.plan_view import PlanView
    from hotpatch_cli.planning import Plan, PlanningInput, PlanRequest
    from hotpatch_cli.servicing.scenario import Scenario

app = typer.Typer(add_completion=False)
NO_PLAN = 4
STOPPED = 130
RESTARTS_ALONE = ("csv", "runsheet", "ics", "azure", "svg", "png")
"""Formats without room for machines that aren't scheduled: standard error names them."""


@app.command(cls=RequestCommand)
class PlanningRequest(NamedTuple):
    """Schedule restarts for a baseline by windows, freezes, groups, rings, and limits.

    The exit code is 4 if a restart can't be scheduled. Ctrl-C ends the search.
    """

    fleet: FleetFiles = None
    as_of: AsOf = None
    form: Annotated[str, format_option("outputs.formats.PLAN_FORMATS")] = "table"
    output: Output = "-"
    baseline: Baseline = None
    begin: PlanFrom = None
    until: PlanUntil = None
    deadline: Deadline = None
    now: Now = None
    keep: Annotated[
        str | None, option("--keep", "PLAN", "Move as few restarts of this plan as possible.")
    ] = None
    include_monthly: IncludeMonthly = False
    every: EveryRow = False
    allow_empty: AllowEmpty = False
    quiet: Quiet = False
    columns: Columns = None
    facts: SetFacts = None
    windows: WindowFiles = None
    prefer: Prefer = None
    azure: Azure = False
    subscription: Subscriptions = None
    management_group: ManagementGroups = None
    cloud: Cloud = "public"
    install: PlanInstalls = None
    availability_sets: AvailabilitySets = None
    zones: Zones = None
    what_if: WhatIfOption = None
    effort: Effort = 1.0
    time_limit: TimeLimit = None
    goal: Goal = "exposure"
    strict: Strict = False
    matrix: MatrixFiles = None
    releases: ReleaseFiles = None
    no_color: NoColor = False
    config: ConfigOption = None

    def run(self) -> None:
        """Write the best plan found within the limit. Raises InputError and BadParameter."""
        from hotpatch_cli.cli import planning_input
        from hotpatch_cli.cli.options.what_if import parse_what_if
        from hotpatch_cli.cli.plan_file import read_plan
        from hotpatch_cli.cli.session import day_of, source_names, tell
        from hotpatch_cli.outputs.formats import PLAN_FORMATS

        request = self._replace(as_of=day_of_now(self.as_of, self.now))
        names = source_names(self, self.fleet)
        form = format_for(self, PLAN_FORMATS)
        wish, scenario = _wish(request), parse_what_if(self.what_if, day_of(request))
        implied = planning_input.implied_groups(self)
        keep = None if self.keep is None else read_plan(self.keep)
        session = planning_input.load(request, names, implied, wish.now)
        rings = {machine.placement.ring or "" for machine in session.fleet.machines}
        installs = parse_installs(self.install, form, rings - {""})
        view, stopped = _search(request, session, wish, scenario, keep)
        view = view._replace(installs=installs)
        tell(_notes(view, form), quiet=self.quiet)
        refused = _refused(view) if form == "azure" else 0
        written = _delivered(self, view, form, refused)
        conclude(_decision(view, refused, stopped=stopped), written, quiet=self.quiet)
        if stopped:
            raise typer.Exit(STOPPED)
        raise typer.Exit(NO_PLAN if view.plan.unplaced or refused else 0)


def _delivered(request: PlanningRequest, view: "PlanView", form: str, refused: int) -> list[str]:
    """The files written: none where Azure can't run any of the restarts."""
    from hotpatch_cli.cli.console import deliver, screen
    from hotpatch_cli.outputs.formats import PLAN_FORMATS

    if refused and refused == len(view.plan.reboots):
        return []
    look = screen(request.output, no_color=request.no_color, everything=request.every)
    deliver(PLAN_FORMATS[form](view, look), request.output)
    return [request.output]


def _wish(request: PlanningRequest) -> "PlanRequest":
    """What to plan. Raises BadParameter."""
    from hotpatch_cli.cli.planning_input import plan_request, require_order
    from hotpatch_cli.cli.session import day_of
    from hotpatch_cli.cli.words import known_word
    from hotpatch_cli.scheduler import GOALS

    if request.until:
        require_order(request.until, day_of(request), "the as-of date")
    return plan_request(request)._replace(
        allow_empty=request.allow_empty,
        now=request.now or (None if request.as_of else next_minute()),
        strict=request.strict,
        goal=known_word(request.goal, GOALS, "--goal"),
    )


def _refused(view: "PlanView") -> int:
    """The number of restarts that a template for Azure can't have."""
    from hotpatch_cli.outputs.plan_azure import plan_export

    return len(plan_export(view).refused)


def _decision(view: "PlanView", refused: int, *, stopped: bool) -> str:
    """The outcome of the search, with the rules by which restarts can't be scheduled; of a template
    for Azure, with the number of restarts that it can't have.
    """
    plan = view.plan
    count, left = len(plan.reboots), len(plan.unplaced)
    if view.wish.allow_empty and not count + left:
        outcome = f"{PASS}: nothing to schedule (--allow-empty)"
    elif not left:
        outcome = f"{PASS}: {count:,} of {counted(count, 'restart')} scheduled ({plan.status})"
    else:
        codes = Counter(finding.code for _, finding in plan.unplaced)
        rules = [(code, view.rules[code].name) for code, _ in codes.most_common()]
        outcome = f"{FAIL}: {left:,} of {counted(count + left, 'restart')} not scheduled"
        outcome += rules_text(rules)
        if plan.status == "incomplete":
            outcome += "; whether a plan for all exists is unknown"
    if refused:
        outcome = outcome.replace(PASS, FAIL, 1)
        outcome += f"; {refused:,} of {counted(count, 'restart')} not written for Azure"
    if stopped:
        return f"{outcome}; the search was stopped"
    return f"{outcome}; the time limit ended the search" if plan.result.cut_short else outcome


def _notes(view: "PlanView", form: str) -> list[str]:
    """Notes on a plan for standard error, where its format has no room for them."""
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
    scenario: "Scenario",
    keep: "ReadPlan | None",
) -> "tuple[PlanView, bool]":
    """(the best plan found, whether the user ended the search); for a scenario with the difference
    that it makes.
    """
    from hotpatch_cli.cli.planning_input import planning_input, required_input
    from hotpatch_cli.cli.progress_bar import interruptible, search_progress
    from hotpatch_cli.cli.session import tell
    from hotpatch_cli.knowledge.release_age import age_notes
    from hotpatch_cli.outputs.plan_view import PlanView
    from hotpatch_cli.planning import plan
    from hotpatch_cli.planning.changes import plan_diff, scenario_plan
    from hotpatch_cli.planning.conflicts import with_conflicts
    from hotpatch_cli.planning.plan import SearchOptions
    from hotpatch_cli.servicing.restart import start_of
    from hotpatch_cli.servicing.scenario import Scenario

    if wish.month is None and scenario.releases:
        # a scenario with an unplanned baseline is about the plan of its month
        first = min(release.date for release in scenario.releases if release.date)
        wish = wish._replace(month=(first.year, first.month))
    ends = keep.ends_before(wish.now or start_of(session.day)) if keep else {}
    prepared = required_input(session, wish, scenario, ends)

    def best(problem: "PlanningInput", asked: list[bool]) -> "Plan":
        with search_progress(quiet=request.quiet) as show:
            options = SearchOptions(
                request.effort, wish.goal, request.time_limit, lambda: bool(asked), show
            )
            return plan(problem, options, keep=keep.starts if keep else None)

    with interruptible() as asked:
        without = None
        if scenario:
            try:
                without = best(planning_input(session, wish, Scenario(), ends), asked)
            except ValueError:  # no baseline is due without the scenario
                without = None
        found = best(prepared, asked)
    rules = session.knowledge.rules
    age = age_notes(session.knowledge, session.day)
    found, why = with_conflicts(found, rules, wish)
    view = PlanView(found, rules, wish, why, age=age)
    if scenario:
        view = view._replace(supposed=scenario_plan(scenario.texts, found, without))
    if keep is not None:
        kept = plan_diff(found, keep.starts, keep.unplaced)
        view = view._replace(kept=kept)
        names = ", ".join(move.reboot.machine.label for move in kept.moved)
        count = counted(len(kept.moved), "restart")
        tell([f"Moved {count}{': ' + names if names else ''}."], quiet=request.quiet)
    return view, bool(asked)
