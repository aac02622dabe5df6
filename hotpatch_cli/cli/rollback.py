"""`hotpatch rollback`: the update to uninstall, the last good baseline, and when to restart."""

from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from hotpatch_cli.cli.decision import conclude
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
    SetFacts,
    Subscriptions,
    WindowFiles,
)
from hotpatch_cli.cli.output_targets import renderer_for
from hotpatch_cli.cli.request import RequestCommand, format_option, option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hotpatch_cli.cli.session import Session
    from hotpatch_cli.outputs.rollback import RollbackView

app = typer.Typer(add_completion=False)


@app.command(cls=RequestCommand)
class RollbackRequest(NamedTuple):
    """Show how to return a machine to the last good baseline.

    Hotpatches have no automatic rollback.
    """

    fleet: FleetFiles = None
    machine: Annotated[
        list[str] | None, option("--machine", "NAME", "Machine to roll back. Repeatable.")
    ] = None
    kb: Annotated[str | None, option("--kb", "KB", "All machines that have this update.")] = None
    facts: SetFacts = None
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
        """Write the rollback of each machine. Raises InputError and BadParameter."""
        from hotpatch_cli.cli.console import deliver, screen
        from hotpatch_cli.cli.session import Session, source_names, tell
        from hotpatch_cli.knowledge.release_age import stale
        from hotpatch_cli.outputs.formats import ROLLBACK_FORMATS

        names = source_names(self, self.fleet)
        render = renderer_for(self, ROLLBACK_FORMATS)
        kb = _kb(self)
        session = Session.load(self, names)
        tell((*session.notes, stale(session.knowledge, session.day)), quiet=self.quiet)
        view = _rollbacks(session, self.machine or (), kb)
        deliver(render(view, screen(self.output, no_color=self.no_color)), self.output)
        conclude("", [self.output], quiet=self.quiet)


def _rollbacks(session: "Session", machines: "Sequence[str]", kb: str | None) -> "RollbackView":
    """The rollbacks of the named machines, or of all with a KB. Raises BadParameter."""
    from hotpatch_cli.documents.codec import did_you_mean
    from hotpatch_cli.eligibility.verdict import Judge
    from hotpatch_cli.knowledge.release_age import age_notes
    from hotpatch_cli.outputs.rollback import RollbackView
    from hotpatch_cli.use_cases.rollback import rollbacks

    judge = Judge(session.knowledge, session.day)
    try:
        found = rollbacks(session.fleet, judge, machines, kb)
    except KeyError as error:
        name = str(error.args[0])
        advice = did_you_mean(name, [machine.label for machine in session.fleet.machines])
        message = f"The fleet has no machine {name!r}. {advice}".strip()
        raise typer.BadParameter(message, param_hint="--machine") from None
    return RollbackView(found, age_notes(session.knowledge, session.day))


def _kb(request: RollbackRequest) -> str | None:
    """The KB of a request as releases name it: KB5072033, also from `5072033`. Raises BadParameter,
    also where the request names neither a machine nor a KB.
    """
    text = request.kb
    if text is None:
        if not request.machine:
            message = "Specify a machine, or an update with --kb."
            raise typer.BadParameter(message, param_hint="--machine")
        return None
    number = text.strip().upper().removeprefix("KB")
    if not (number.isascii() and number.isdecimal() and len(number) in range(6, 9)):
        message = f"{text!r} isn't a KB number. Use the format KB5072033."
        raise typer.BadParameter(message, param_hint="--kb")
    return f"KB{number}"
