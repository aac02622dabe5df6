"""`hotpatch verify`: the rules of the fleet that a plan breaks."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from hotpatch_cli.cli.decision import FAIL, PASS, conclude
from hotpatch_cli.cli.options.common import (
    AsOf,
    AvailabilitySets,
    Azure,
    Baseline,
    Cloud,
    Columns,
    ConfigOption,
    Deadline,
    FleetFiles,
    IncludeMonthly,
    ManagementGroups,
    MatrixFiles,
    NoColor,
    Output,
    PlanFile,
    PlanFrom,
    PlanUntil,
    Prefer,
    Quiet,
    ReleaseFiles,
    SetFacts,
    Subscriptions,
    WhatIfOption,
    WindowFiles,
    Zones,
)
from hotpatch_cli.cli.output_targets import renderer_for
from hotpatch_cli.cli.request import RequestCommand, format_option
from hotpatch_cli.outputs.phrases import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hotpatch_cli.cli.plan_file import ReadPlan
    from hotpatch_cli.outputs.plan_review import PlanReview
    from hotpatch_cli.planning import PlanRequest
    from hotpatch_cli.planning.plan import BrokenRule
    from hotpatch_cli.planning.prepare import PlanningInput

app = typer.Typer(add_completion=False)
EVER = datetime(2000, 1, 1, tzinfo=UTC)
"""Before all releases: a plan without its date may have a restart on any day."""


@app.command(cls=RequestCommand)
class VerifyRequest(NamedTuple):
    """Show the rules of the fleet that a plan breaks. The exit code is 1 if there are any.

    Baseline, dates, deadline, and --include-monthly default to those of the plan.
    """

    plan: PlanFile
    fleet: FleetFiles = None
    as_of: AsOf = None
    form: Annotated[str, format_option("outputs.formats.REVIEW_FORMATS")] = "table"
    output: Output = "-"
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
    facts: SetFacts = None
    prefer: Prefer = None
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
        """Check the plan. Raises InputError and BadParameter."""
        from hotpatch_cli.cli import planning_input
        from hotpatch_cli.cli.console import deliver, screen
        from hotpatch_cli.cli.options.what_if import parse_what_if
        from hotpatch_cli.cli.plan_file import read_plan
        from hotpatch_cli.cli.session import day_of, source_names, tell
        from hotpatch_cli.knowledge.release_age import age_notes
        from hotpatch_cli.outputs.formats import REVIEW_FORMATS

        names = source_names(self, self.fleet)
        render = renderer_for(self, REVIEW_FORMATS)
        scenario = parse_what_if(self.what_if, day_of(self))
        implied, wish = planning_input.implied_groups(self), planning_input.plan_request(self)
        read = read_plan(self.plan)
        session = planning_input.load(self, names, implied)
        problem = planning_input.required_input(session, _wish(wish, read.wish), scenario)
        read.require_release(problem.release_day, self.baseline)
        review = _review(read, problem, age_notes(session.knowledge, session.day))
        tell(_missing_note(review.missing), quiet=self.quiet)
        deliver(render(review, screen(self.output, no_color=self.no_color)), self.output)
        conclude(_decision(review.broken, review.restarts), [self.output], quiet=self.quiet)
        raise typer.Exit(1 if review.broken else 0)


def _review(read: "ReadPlan", problem: "PlanningInput", age: "Sequence[str]") -> "PlanReview":
    from hotpatch_cli.outputs.plan_review import PlanReview
    from hotpatch_cli.planning.plan import unscheduled, violations
    from hotpatch_cli.planning.stated_figures import false_figures

    return PlanReview(
        restarts=len(read.starts),
        broken=tuple(violations(problem, read.starts, read.ends, read.done)),
        missing=tuple(unscheduled(problem, read.starts)),
        notes=(*false_figures(read.stated, problem, read.starts), *age),
    )


def _missing_note(missing: "Sequence[str]") -> "Iterator[str]":
    """A sentence on the machines that aren't in the plan, if there are any."""
    if missing:
        yield f"Not in the plan, although a restart is due: {', '.join(missing)}."


def _decision(broken: "Sequence[BrokenRule]", restarts: int) -> str:
    total = counted(restarts, "restart")
    if not broken:
        return f"{PASS}: the plan keeps all rules ({total})"
    rules = ", ".join(dict.fromkeys(rule.rule for rule in broken))
    return f"{FAIL}: the plan breaks {counted(len(broken), 'rule')} ({rules}; {total})"


def _wish(wish: "PlanRequest", asked: "PlanRequest") -> "PlanRequest":
    """The limits of the command line, and otherwise of the plan; --until and --deadline go
    together.
    """
    limited = wish.until is not None or wish.deadline is not None
    return wish._replace(
        month=wish.month or asked.month,
        from_day=wish.from_day or asked.from_day,
        until=wish.until if limited else asked.until,
        deadline=wish.deadline if limited else asked.deadline,
        everything=wish.everything or asked.everything,
        begin=asked.begin or EVER,
        now=asked.now,
        strict=asked.strict,
        seen=asked.seen,
    )
