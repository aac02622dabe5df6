"""`hotpatch report`: one self-contained page of HTML."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from hotpatch_cli.cli.decision import conclude
from hotpatch_cli.cli.options.common import (
    AsOf,
    Azure,
    Cloud,
    Columns,
    ConfigOption,
    Effort,
    FleetFiles,
    InputFormat,
    ManagementGroups,
    MatrixFiles,
    Prefer,
    Quiet,
    ReleaseFiles,
    SetFacts,
    Subscriptions,
    WaiverFiles,
    WindowFiles,
)
from hotpatch_cli.cli.output_targets import output_option
from hotpatch_cli.cli.request import RequestCommand, option, switch

if TYPE_CHECKING:
    from hotpatch_cli.knowledge.records import Knowledge
    from hotpatch_cli.report import Report

app = typer.Typer(add_completion=False)


@app.command(cls=RequestCommand)
class ReportRequest(NamedTuple):
    """Write one HTML page for a change board: the summary, the year, the blockers, all machines."""

    fleet: FleetFiles = None
    output: Annotated[str, output_option("html")] = "-"
    as_of: AsOf = None
    input_format: InputFormat = None
    prefer: Prefer = None
    columns: Columns = None
    facts: SetFacts = None
    windows: WindowFiles = None
    waivers: WaiverFiles = None
    plan: Annotated[
        str | None, option("--plan", "PLAN", "Show this plan (JSON) and its progress.")
    ] = None
    trend: Annotated[
        list[
            Path
        ]  # a Path, so that a colon separates files in the variable (a semicolon on Windows)
        | None,
        option("--trend", "FILE", "Show the trend since this saved report (JSON). Repeatable."),
    ] = None
    no_plan: Annotated[bool, switch("--no-plan", "No restart plan.")] = False
    effort: Effort = 1.0
    matrix: MatrixFiles = None
    releases: ReleaseFiles = None
    quiet: Quiet = False
    azure: Azure = False
    subscription: Subscriptions = None
    management_group: ManagementGroups = None
    cloud: Cloud = "public"
    config: ConfigOption = None

    def run(self) -> None:
        """Write the page, and a table beside it where it cannot hold all machines. Raises
        InputError and BadParameter.
        """
        from hotpatch_cli.cli.options.gate import judged_by, waiving
        from hotpatch_cli.cli.progress_bar import working
        from hotpatch_cli.cli.session import Session, source_names, tell
        from hotpatch_cli.cli.words import FAIL_ON, parse_fail_on
        from hotpatch_cli.use_cases.check import check as check_fleet
        from hotpatch_cli.use_cases.check import require_something

        names = source_names(self, self.fleet)
        with working("reading and judging", quiet=self.quiet):
            session = Session.load(self, names)
            checked = check_fleet(session.fleet, session.knowledge, session.day)
            failing, asked = parse_fail_on(FAIL_ON), waiving(self.waivers, None, None)
            report = judged_by(checked, failing, asked, session.knowledge)
        require_something(report, names)
        tell((*session.notes, *report.gate.notes), quiet=self.quiet)
        _write(self, report, session.knowledge)


def _write(request: ReportRequest, report: "Report", knowledge: "Knowledge") -> None:
    """Plan, draw, and write the page; all machines go beside it where it cannot hold them."""
    from hotpatch_cli.cli.atomic_write import write_all
    from hotpatch_cli.cli.console import deliver
    from hotpatch_cli.cli.html_report import contents, machine_table, plan_part
    from hotpatch_cli.cli.options.moment import moment_at
    from hotpatch_cli.cli.progress_bar import working
    from hotpatch_cli.cli.saved_reports import trend_part
    from hotpatch_cli.outputs.page.render import render_page
    from hotpatch_cli.outputs.report_csv import render_csv

    table = machine_table(report, request.output)
    with working("planning and drawing", quiet=request.quiet):
        part = None
        if not request.no_plan:
            at = moment_at(request.as_of, None, report.as_of)
            part = plan_part(report, knowledge, request.plan, request.effort, at)
        page = contents(report, knowledge, part)
        if request.trend:
            page = page._replace(trend=trend_part(report, knowledge, map(str, request.trend)))
        html = render_page(page._replace(csv=table.name if table else None))
    if table is None:
        deliver(html, request.output)
        conclude("", [request.output], quiet=request.quiet)
        return
    write_all([(table, render_csv(report)), (request.output, html)])
    total = f"All {len(report.machines):,} machines are in the table"
    conclude(total, [request.output, str(table)], quiet=request.quiet)
