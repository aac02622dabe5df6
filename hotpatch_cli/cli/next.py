"""`hotpatch next`: the next baseline, and the first restarts of a fleet."""

from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from hotpatch_cli.cli.decision import conclude
from hotpatch_cli.cli.options.common import (
    AsOf,
    Azure,
    Cloud,
    Columns,
    ConfigOption,
    EveryRow,
    FleetFiles,
    InputFormat,
    ManagementGroups,
    MatrixFiles,
    NoColor,
    Output,
    Prefer,
    Quiet,
    ReleaseFiles,
    SetFacts,
    Subscriptions,
    WindowFiles,
)
from hotpatch_cli.cli.output_targets import renderer_for
from hotpatch_cli.cli.request import RequestCommand, format_option

if TYPE_CHECKING:
    from hotpatch_cli.outputs.next_restarts import NextView

app = typer.Typer(add_completion=False)


@app.command(cls=RequestCommand)
class NextRequest(NamedTuple):
    """Show the next baseline in one line and, with a fleet, its first restarts."""

    fleet: FleetFiles = None
    as_of: AsOf = None
    form: Annotated[str, format_option("outputs.formats.NEXT_FORMATS")] = "table"
    output: Output = "-"
    every: EveryRow = False
    quiet: Quiet = False
    input_format: InputFormat = None
    columns: Columns = None
    facts: SetFacts = None
    windows: WindowFiles = None
    prefer: Prefer = None
    azure: Azure = False
    subscription: Subscriptions = None
    management_group: ManagementGroups = None
    cloud: Cloud = "public"
    matrix: MatrixFiles = None
    releases: ReleaseFiles = None
    no_color: NoColor = False
    config: ConfigOption = None

    def run(self) -> None:
        """Write what comes next. Raises InputError and BadParameter."""
        from hotpatch_cli.cli.console import deliver, screen
        from hotpatch_cli.outputs.formats import NEXT_FORMATS

        render = renderer_for(self, NEXT_FORMATS)
        view = _view(self)
        look = screen(self.output, no_color=self.no_color, everything=self.every)
        deliver(render(view, look), self.output)
        conclude("", [self.output], quiet=self.quiet)


def _view(request: NextRequest) -> "NextView":
    """The next baselines, and the restarts of the fleet, if there is one. Raises InputError and
    BadParameter.
    """
    from hotpatch_cli.cli.config.config import current
    from hotpatch_cli.cli.session import day_of, knowledge_of
    from hotpatch_cli.eligibility.verdict import Judge
    from hotpatch_cli.outputs.next_restarts import NextView
    from hotpatch_cli.outputs.report_head import DataAge
    from hotpatch_cli.use_cases.next_dates import next_baselines

    if request.fleet or request.azure or current.get().fleet:
        return _of_fleet(request)
    knowledge, day = knowledge_of(request), day_of(request)
    age = DataAge.of_data(knowledge, day)
    return NextView(day, age, next_baselines(Judge(knowledge, day)))


def _of_fleet(request: NextRequest) -> "NextView":
    from hotpatch_cli.cli.progress_bar import working
    from hotpatch_cli.cli.session import Session, source_names, tell
    from hotpatch_cli.eligibility.verdict import Judge
    from hotpatch_cli.outputs.next_restarts import NextView
    from hotpatch_cli.outputs.report_head import DataAge
    from hotpatch_cli.use_cases.check import check, require_something
    from hotpatch_cli.use_cases.next_dates import first_restarts, next_baselines

    names = source_names(request, request.fleet)
    with working("reading the fleet", quiet=request.quiet):
        session = Session.load(request, names)
        report = check(session.fleet, session.knowledge, session.day)
    require_something(report, names)
    tell(session.notes, quiet=request.quiet)
    products = {checked.judgment.product for checked in report.machines} - {None}
    baselines = next_baselines(Judge(session.knowledge, session.day), filter(None, products))
    age = DataAge.of_report(report)
    machines = report.machines
    return NextView(session.day, age, baselines, first_restarts(machines), len(machines))
