"""`hotpatch check`: the verdict, the track, the next baseline and the next restart."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, NamedTuple, NoReturn

import typer

from hotpatch_cli.cli.decision import conclude, gate_decision
from hotpatch_cli.cli.options.bulk import FORMATS as BULK_FORMATS
from hotpatch_cli.cli.options.bulk import Bulk, bulk_request, bulk_table
from hotpatch_cli.cli.options.common import (
    AllowEmpty,
    AsOf,
    Azure,
    ChangesOnly,
    Cloud,
    Columns,
    ConfigOption,
    EveryRow,
    FailOn,
    FleetFiles,
    InputFormat,
    KnownFile,
    ManagementGroups,
    MatrixFiles,
    NoColor,
    Prefer,
    Quiet,
    ReleaseFiles,
    SetFacts,
    Subscriptions,
    WaiverFiles,
    WhatIfOption,
    WindowFiles,
    WriteKnown,
)
from hotpatch_cli.cli.options.feeds import ICS
from hotpatch_cli.cli.options.gate import (
    Waiving,
    judged_by,
    known_findings,
    narrowed,
    waiving,
)
from hotpatch_cli.cli.output_targets import (
    Delivery,
    Formats,
    Outputs,
    paired,
    shows_head,
    write_all_targets,
)
from hotpatch_cli.cli.progress_bar import working
from hotpatch_cli.cli.request import RequestCommand, option, switch
from hotpatch_cli.cli.session import Session, source_names, tell
from hotpatch_cli.cli.words import FAIL_ON, parse_fail_on, parse_only
from hotpatch_cli.knowledge.records import Knowledge
from hotpatch_cli.knowledge.release_age import stale
from hotpatch_cli.outputs.view_options import ViewOptions
from hotpatch_cli.report import Report
from hotpatch_cli.use_cases.check import check as check_fleet
from hotpatch_cli.use_cases.check import require_something
from hotpatch_cli.use_cases.planned_changes import not_judged

if TYPE_CHECKING:
    from hotpatch_cli.inputs.tables.bulk.detect import DetectedTable

app = typer.Typer(add_completion=False)


@app.command(cls=RequestCommand)
class CheckRequest(NamedTuple):
    """Show which machines are eligible for hotpatching, what blocks the others, and when each
    machine restarts next.
    """

    fleet: FleetFiles = None
    as_of: AsOf = None
    form: Formats = None
    output: Outputs = None
    explain: Annotated[bool, switch("--explain", "Add causes and fixes.")] = False
    every: EveryRow = False
    only: Annotated[
        str | None,
        option("--only", "LIST", "Show only these verdicts, track states, or rules."),
    ] = None
    fail_on: FailOn = FAIL_ON
    allow_empty: AllowEmpty = False
    waivers: WaiverFiles = None
    quiet: Quiet = False
    input_format: InputFormat = None
    columns: Columns = None
    facts: SetFacts = None
    windows: WindowFiles = None
    prefer: Prefer = None
    changes_only: ChangesOnly = False
    azure: Azure = False
    subscription: Subscriptions = None
    management_group: ManagementGroups = None
    cloud: Cloud = "public"
    what_if: WhatIfOption = None
    known: KnownFile = None
    write_known: WriteKnown = None
    bulk: Bulk = None
    matrix: MatrixFiles = None
    releases: ReleaseFiles = None
    no_color: NoColor = False
    config: ConfigOption = None

    def run(self) -> None:
        """Check the fleet, or a large table as a whole. Raises InputError and BadParameter."""
        names = source_names(self, self.fleet)
        if table := bulk_table(self._replace(fleet=names)):
            _check_table(table, self._replace(fleet=names))
        asked = _Asked.of(self)
        with working("checking the fleet", quiet=self.quiet):
            session = Session.load(self, names)
            checked = check_fleet(session.fleet, session.knowledge, session.day)
            report = judged_by(checked, asked.failing, asked.waiving, session.knowledge)
        if not self.allow_empty:
            require_something(report, names)
        report = _with_scenario(report, asked, self.what_if, session.knowledge)
        shown = narrowed(report, asked.only)
        age = None if shows_head(asked.targets) else stale(session.knowledge, session.day)
        general = shown.general_lines if asked.is_without_room else ()
        tell((*session.notes, age, *general, *shown.gate.notes), quiet=self.quiet)
        written = _write(self, asked, report, shown, session.knowledge)
        decision = gate_decision(report, "machine", recorded=self.write_known is not None)
        if left_out := not_judged(report.fleet.changes):
            decision += f". {left_out}"
        conclude(decision, written, quiet=self.quiet)
        raise typer.Exit(report.gate.exit_code)


class _Asked(NamedTuple):
    """The parsed options of a run."""

    waiving: Waiving
    targets: tuple[Delivery, ...]
    failing: frozenset[str]
    only: frozenset[str] | None

    @classmethod
    def of(cls, request: CheckRequest) -> "_Asked":
        """The options, parsed. Raises BadParameter, and InputError for a wrong file."""
        waived = waiving(request.waivers, request.known, request.write_known)
        targets = paired(request.form, request.output)
        failing, only = parse_fail_on(request.fail_on), parse_only(request.only)
        return cls(waived, targets, failing, only)

    @property
    def formats(self) -> set[str]:
        """The formats that are written."""
        return {target.form for target in self.targets}

    @property
    def is_without_room(self) -> bool:
        """Whether no format has room for the findings on the whole run."""
        return self.formats <= {"csv", "metrics", ICS}


def _check_table(table: "DetectedTable", request: CheckRequest) -> NoReturn:
    from hotpatch_cli.cli.bulk_check import run_bulk

    run_bulk(table, bulk_request(request), paired(request.form, request.output, BULK_FORMATS))


def _with_scenario(
    report: Report, asked: _Asked, what_if: Sequence[str] | None, knowledge: Knowledge
) -> Report:
    """The report with the difference that a scenario makes, where there is one."""
    if not what_if:
        return report
    from hotpatch_cli.cli.options.what_if import OPTION, parse_what_if
    from hotpatch_cli.use_cases.what_if import scenario_diff, scenario_releases

    scenario = parse_what_if(what_if, report.as_of)
    if not asked.formats <= {"table", "json"}:
        message = "Only the formats table and json show the difference."
        raise typer.BadParameter(message, param_hint=OPTION)
    releases = scenario_releases(knowledge, report.as_of, scenario.releases)
    return report._replace(what_if=scenario_diff(report, scenario._replace(releases=releases)))


def _write(
    request: CheckRequest, asked: _Asked, report: Report, shown: Report, knowledge: Knowledge
) -> list[str]:
    """Write all formats and give the names of the outputs: `shown` is what --only leaves."""
    page, extra = None, known_findings(asked.waiving, report)
    if "html" in asked.formats:
        from hotpatch_cli.cli.html_report import PART, contents, machine_tables, plan_part

        with working("planning and drawing", quiet=request.quiet):
            part = plan_part(report, knowledge) if asked.only is None else PART
            page = contents(shown, knowledge, part)
        pages = (target.output for target in asked.targets if target.form == "html")
        extra += machine_tables(shown, pages)
    view = ViewOptions(
        color=not request.no_color,
        everything=request.every,
        explain=request.explain,
    )
    written = write_all_targets(shown, asked.targets, view, page, extra)
    if ICS in asked.formats:
        from hotpatch_cli.outputs.feeds import not_in_feed

        tell([not_in_feed(shown)], quiet=request.quiet)
    if "sarif" in asked.formats:
        from hotpatch_cli.outputs.report_sarif import too_many_results

        tell([too_many_results(shown)], quiet=request.quiet)
    return written
