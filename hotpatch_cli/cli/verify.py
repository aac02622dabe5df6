"""`hotpatch verify`: does a plan, perhaps edited by hand, keep every rule of the fleet?"""

from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from hotpatch_cli.cli.options.common import (
    AsOf,
    AvailabilitySets,
    Azure,
    Baseline,
    Cloud,
    Columns,
    ConfigOption,
    Deadline,
    IncludeMonthly,
    ManagementGroups,
    MatrixFiles,
    Output,
    PlanFrom,
    PlanUntil,
    Prefer,
    Quiet,
    ReleaseFiles,
    Subscriptions,
    WhatIfOption,
    WindowFiles,
    Zones,
)
from hotpatch_cli.cli.request import RequestCommand, format_option
from hotpatch_cli.cli.words import chosen_format

if TYPE_CHECKING:
    from hotpatch_cli.planning import PlanRequest

app = typer.Typer(add_completion=False)


@app.command(
    cls=RequestCommand,
    epilog="Example: hotpatch verify plan.json examples/fleet.yaml --as-of 2025-12-15",
)
class VerifyRequest(NamedTuple):
    """Check a plan against the fleet: exit code 1 where it breaks a rule, with every rule that it
    breaks.

    Where an option is not given, what the plan itself was asked for holds: month, days, deadline,
    --include-monthly.
    """

    plan: Annotated[
        str,
        typer.Argument(metavar="PLAN", help="A plan as `hotpatch plan --format json` writes it."),
    ]
    fleet: Annotated[
        list[str] | None, typer.Argument(metavar="FLEET", help="The fleet that it is for.")
    ] = None
    baseline: Baseline = None
    begin: PlanFrom = None
    until: PlanUntil = None
    deadline: Deadline = None
    include_monthly: IncludeMonthly = False
    availability_sets: AvailabilitySets = None
    zones: Zones = None
    what_if: WhatIfOption = None
    windows: WindowFiles = None
    columns: Columns = None
    prefer: Prefer = None
    as_of: AsOf = None
    form: Annotated[str, format_option("outputs.formats.REVIEW_FORMATS")] = "table"
    output: Output = "-"
    matrix: MatrixFiles = None
    releases: ReleaseFiles = None
    quiet: Quiet = False
    azure: Azure = False
    subscription: Subscriptions = None
    management_group: ManagementGroups = None
    cloud: Cloud = "public"
    config: ConfigOption = None

    def run(self) -> None:
        """Judge the plan. Raises InputError and BadParameter."""
        from hotpatch_cli.cli import planning_input
        from hotpatch_cli.cli.console import deliver, screen
        from hotpatch_cli.cli.options.what_if import parse_what_if
        from hotpatch_cli.cli.plan_file import read_plan
        from hotpatch_cli.cli.session import day_of, source_names, tell
        from hotpatch_cli.knowledge.release_age import age_notes
        from hotpatch_cli.outputs.formats import REVIEW_FORMATS
        from hotpatch_cli.outputs.plan_review import PlanReview
        from hotpatch_cli.planning.plan import unscheduled, violations

        names = source_names(self, self.fleet)
        render = chosen_format(REVIEW_FORMATS, self.form)
        world = parse_what_if(self.what_if, day_of(self))
        implied, wish = planning_input.implied_groups(self), planning_input.plan_request(self)
        read = read_plan(self.plan)
        session = planning_input.load(self, names, implied)
        problem = planning_input.required_input(session, _wish(wish, read.wish), world)
        missing = tuple(unscheduled(problem, read.starts))
        broken_rules = tuple(violations(problem, read.starts, read.ends))
        if missing:
            note = f"Not in the plan, though a restart is due: {', '.join(missing)}."
            tell([note], quiet=self.quiet)
        age = age_notes(session.knowledge, session.day)
        review = PlanReview(len(read.starts), broken_rules, missing, age)
        deliver(render(review, screen(self.output)), self.output)
        raise typer.Exit(1 if broken_rules else 0)


def _wish(wish: "PlanRequest", asked: "PlanRequest") -> "PlanRequest":
    """What is not asked for on the command line is taken from the plan; the days and the deadline
    go together.
    """
    limited = wish.until is not None or wish.deadline is not None
    return wish._replace(
        month=wish.month or asked.month,
        from_day=wish.from_day or asked.from_day,
        until=wish.until if limited else asked.until,
        deadline=wish.deadline if limited else asked.deadline,
        everything=wish.everything or asked.everything,
    )
