"""`hotpatch show`: everything about one machine on one screen."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from hotpatch_cli.cli.decision import conclude
from hotpatch_cli.cli.options.common import (
    AsOf,
    Azure,
    Cloud,
    Columns,
    ConfigOption,
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
    WaiverFiles,
    WindowFiles,
)
from hotpatch_cli.cli.output_targets import renderer_for
from hotpatch_cli.cli.request import RequestCommand, format_option
from hotpatch_cli.cli.window_query import MostOpenings

if TYPE_CHECKING:
    from hotpatch_cli.cli.session import Session
    from hotpatch_cli.model import Machine
    from hotpatch_cli.outputs.show import ShowView

app = typer.Typer(add_completion=False)
_LISTED = 20


@app.command(cls=RequestCommand)
class ShowRequest(NamedTuple):
    """Show everything about one machine: its facts with their sources, verdict, track, next update
    and restart, and what blocks it, with the commands to fix it.
    """

    fleet: FleetFiles = None
    machine: Annotated[
        str | None,
        typer.Argument(metavar="MACHINE", help="Name, resource ID, or a unique part of a name."),
    ] = None
    as_of: AsOf = None
    form: Annotated[str, format_option("outputs.formats.SHOW_FORMATS")] = "table"
    output: Output = "-"
    most: MostOpenings = 5
    waivers: WaiverFiles = None
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
        """Write the machine. Raises InputError and BadParameter."""
        from hotpatch_cli.cli.console import deliver, screen
        from hotpatch_cli.cli.progress_bar import working
        from hotpatch_cli.cli.session import Session, source_names, tell
        from hotpatch_cli.outputs.formats import SHOW_FORMATS

        render = renderer_for(self, SHOW_FORMATS)
        names = source_names(self, self.fleet or _configured(self))
        with working("reading the fleet", quiet=self.quiet):
            session = Session.load(self, names)
        view = _view(self, session, _found(session.fleet.machines, self.machine or ""))
        tell(session.notes, quiet=self.quiet)
        deliver(render(view, screen(self.output, no_color=self.no_color)), self.output)
        conclude("", [self.output], quiet=self.quiet)


def _configured(request: ShowRequest) -> list[str]:
    """The fleet of the configuration, where the command line names only a machine. Raises
    BadParameter where there is none.
    """
    from hotpatch_cli.cli.config.config import current

    fleet = current.get().fleet
    if not request.machine or not (fleet or request.azure):
        message = "Specify the fleet and then the machine: hotpatch show fleet.yaml web01."
        raise typer.BadParameter(message, param_hint="MACHINE")
    return fleet


def _found(machines: "Sequence[Machine]", text: str) -> "Machine":
    """The machine that a text means. Raises BadParameter with those that it could mean."""
    from hotpatch_cli.outputs.phrases import and_more, counted
    from hotpatch_cli.use_cases.machine_details import MachineNotFoundError, find_machine

    try:
        return find_machine(machines, text)
    except MachineNotFoundError as error:
        if error.matches:
            labels = [machine.label for machine in error.matches]
            if len(set(labels)) < len(labels):
                labels = [machine.id or machine.label for machine in error.matches]
            count = counted(len(labels), "machine")
            message = f"{text!r} matches {count}: {and_more(labels, _LISTED)}. Specify one of them."
        elif error.close:
            near = " or ".join(map(repr, error.close))
            message = f"The fleet has no machine {text!r}. Did you mean {near}?"
        else:
            count = counted(len(machines), "machine")
            message = (
                f"The fleet has no machine {text!r} ({count}). To list them, run `hotpatch check`."
            )
        raise typer.BadParameter(message, param_hint="MACHINE") from None


def _view(request: ShowRequest, session: "Session", machine: "Machine") -> "ShowView":
    """The machine, judged and gated alone. Raises InputError."""
    from hotpatch_cli.cli.options.gate import judged_by, waiving
    from hotpatch_cli.cli.words import FAIL_ON, parse_fail_on
    from hotpatch_cli.outputs.show import ShowView
    from hotpatch_cli.use_cases.check import check
    from hotpatch_cli.use_cases.machine_details import machine_details
    from hotpatch_cli.use_cases.windows import OpeningQuery

    fleet = session.fleet
    checked = check(fleet._replace(machines=(machine,)), session.knowledge, session.day)
    waived = waiving(request.waivers, None, None)
    report = judged_by(checked, parse_fail_on(FAIL_ON), waived, session.knowledge)
    query = OpeningQuery(session.day, None, request.most)
    return ShowView(machine_details(fleet, report, query), report.general_lines)
