"""`hotpatch rollback`: what to uninstall, which baseline is the last good one, and when the restart
has room.
"""

from typing import Annotated, NamedTuple

import typer

from hotpatch_cli.cli.options.common import (
    AsOf,
    Azure,
    Cloud,
    ConfigOption,
    FleetFiles,
    ManagementGroups,
    MatrixFiles,
    NoColor,
    Output,
    Quiet,
    ReleaseFiles,
    Subscriptions,
    WindowFiles,
)
from hotpatch_cli.cli.request import RequestCommand, format_option, option
from hotpatch_cli.cli.words import chosen_format

app = typer.Typer(add_completion=False)


@app.command(
    cls=RequestCommand,
    epilog="Example: hotpatch rollback examples/fleet.yaml --machine net01 --as-of 2025-12-15",
)
class RollbackRequest(NamedTuple):
    """Say how a machine goes back to the last good baseline, since hotpatches have no automatic
    rollback.
    """

    fleet: FleetFiles = None
    machine: Annotated[
        list[str] | None, option("--machine", "NAME", "This machine; repeatable.")
    ] = None
    kb: Annotated[str | None, option("--kb", "KB", "The machines that have this update.")] = None
    windows: WindowFiles = None
    as_of: AsOf = None
    form: Annotated[str, format_option("outputs.formats.ROLLBACK_FORMATS")] = "table"
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
        """Write the way back of each machine. Raises InputError and BadParameter."""
        from hotpatch_cli.cli.console import deliver, screen
        from hotpatch_cli.cli.session import Session, source_names, tell
        from hotpatch_cli.documents.codec import did_you_mean
        from hotpatch_cli.eligibility.verdict import Judge
        from hotpatch_cli.knowledge.release_age import age_notes, stale
        from hotpatch_cli.outputs.formats import ROLLBACK_FORMATS
        from hotpatch_cli.outputs.rollback import RollbackView
        from hotpatch_cli.use_cases.rollback import rollbacks

        names = source_names(self, self.fleet)
        render = chosen_format(ROLLBACK_FORMATS, self.form)
        if not self.machine and self.kb is None:
            message = "name a machine, or an update with --kb."
            raise typer.BadParameter(message, param_hint="--machine")
        kb = None if self.kb is None else _kb(self.kb)
        session = Session.load(self, names)
        tell((*session.notes, stale(session.knowledge, session.day)), quiet=self.quiet)
        judge = Judge(session.knowledge, session.day)
        try:
            ways = rollbacks(session.fleet, judge, self.machine or (), kb)
        except KeyError as error:
            name = str(error.args[0])
            advice = did_you_mean(name, [machine.label for machine in session.fleet.machines])
            message = f"no machine is called {name!r}. {advice}".strip()
            raise typer.BadParameter(message, param_hint="--machine") from None
        view = RollbackView(ways, age_notes(session.knowledge, session.day))
        deliver(render(view, screen(self.output, no_color=self.no_color)), self.output)


def _kb(text: str) -> str:
    """A KB as releases name it: KB5072033, from `5072033` too. Raises BadParameter."""
    number = text.strip().upper().removeprefix("KB")
    if not (number.isascii() and number.isdecimal() and len(number) in range(6, 9)):
        raise typer.BadParameter(f"{text!r} is no KB. Write it as KB5072033.", param_hint="--kb")
    return f"KB{number}"
