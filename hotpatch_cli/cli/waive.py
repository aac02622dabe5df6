"""`hotpatch waive`: add a waiver to a file, and leave the rest of the file as it is."""

import os
import shlex
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from hotpatch_cli.cli.config.config import current
from hotpatch_cli.cli.decision import conclude
from hotpatch_cli.cli.options.common import AsOf, ConfigOption, Quiet, day_option
from hotpatch_cli.cli.request import RequestCommand, option

if TYPE_CHECKING:
    from hotpatch_cli.inputs.gate_files.waiver_text import WaiverEntry

app = typer.Typer(add_completion=False)


@app.command(cls=RequestCommand)
class WaiveRequest(NamedTuple):
    """Accept a finding of a machine until a given date, and record the owner of the decision."""

    machine: Annotated[
        str,
        typer.Argument(metavar="MACHINE", help="Name, pattern with * ? [ ], or resource ID."),
    ]
    rule: Annotated[str, typer.Argument(metavar="RULE", help="Code such as HP101, or * for all.")]
    reason: Annotated[str, option("--reason", "TEXT", "Reason for the waiver.")]
    owner: Annotated[str, option("--owner", "TEXT", "Owner of the decision.")]
    expires: Annotated[date, day_option("--expires", "Last date of the waiver.")]
    waivers: Annotated[str, option("--waivers", "FILE", "File to add the waiver to.")] = (
        "waivers.yaml"
    )
    as_of: AsOf = None
    quiet: Quiet = False
    config: ConfigOption = None

    def run(self) -> None:
        """Add the waiver to its file. Raises InputError and BadParameter."""
        from hotpatch_cli.cli.session import day_of
        from hotpatch_cli.cli.words import rule_code
        from hotpatch_cli.errors import refuse
        from hotpatch_cli.inputs.gate_files.waiver_text import WaiverEntry
        from hotpatch_cli.inputs.gate_files.waivers import parse_rule
        from hotpatch_cli.knowledge.load import load_rules

        _require_one(self.waivers)
        codes = load_rules()
        try:
            code = rule_code(self.rule, codes.values()) or parse_rule(self.rule, codes)
            entry = WaiverEntry(self.machine, code, self.reason, self.owner, self.expires)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="RULE") from None
        if self.expires < day_of(self):
            message = f"The expiry date {self.expires} is in the past."
            raise refuse("--expires", message, "Specify a later date.")
        _add(self.waivers, entry, codes)
        decision = f"{entry.rule} is waived for {self.machine} until {self.expires}"
        conclude(decision, [self.waivers], how=_how_to_apply(self.waivers), quiet=self.quiet)


def _add(name: str, entry: "WaiverEntry", codes: Iterable[str]) -> None:
    """Add a waiver to a file, which no other run changes meanwhile. Raises InputError."""
    from hotpatch_cli.cli.atomic_write import write_whole
    from hotpatch_cli.documents.new_file import one_at_a_time
    from hotpatch_cli.documents.run_files import files_of_run
    from hotpatch_cli.inputs.gate_files.waiver_text import with_entry

    files_of_run().amend(name)
    with one_at_a_time(Path(name).parent):
        write_whole(name, with_entry(name, entry, codes))


def _how_to_apply(name: str) -> str:
    """How `check` finds the waivers: by its option or the variable."""
    if current.get().source_of("waivers") == "ENVIRONMENT":
        return "`hotpatch check` reads it, because HOTPATCH_WAIVERS names it."
    return f"To apply it, run `hotpatch check FLEET --waivers {shlex.quote(name)}`."


def _require_one(name: str) -> None:
    """Raise BadParameter unless a single file is named: the variable can have several."""
    if name == "-":
        raise typer.BadParameter("Specify a file.", param_hint="--waivers")
    if current.get().source_of("waivers") == "ENVIRONMENT" and os.pathsep in name:
        raise typer.BadParameter(
            "HOTPATCH_WAIVERS names several files. Specify one of them.", param_hint="--waivers"
        )
