"""`hotpatch waive`: add a waiver to a file, which otherwise stays as people wrote it."""

import os
from datetime import date
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from hotpatch_cli.cli.config.config import current
from hotpatch_cli.cli.options.common import AsOf, ConfigOption, Quiet, day_option
from hotpatch_cli.cli.request import RequestCommand, option

app = typer.Typer(add_completion=False)


@app.command(
    cls=RequestCommand,
    epilog="Example: hotpatch waive 'img*' HP102 --reason 'moves in March' --owner platform "
    "--expires 2026-03-31",
)
class WaiveRequest(NamedTuple):
    """Add a waiver: this finding of this machine does not count until a day, and somebody answers
    for it.
    """

    machine: Annotated[
        str,
        typer.Argument(metavar="MACHINE", help="A name, a pattern with * ? [ ], or a resource id."),
    ]
    rule: Annotated[str, typer.Argument(metavar="RULE", help="A code such as HP101, or * for all.")]
    reason: Annotated[str, option("--reason", "TEXT", "Why this is fine for now.")]
    owner: Annotated[str, option("--owner", "TEXT", "Who answers for it.")]
    expires: Annotated[date, day_option("--expires", "The last day on which it counts.")]
    waivers: Annotated[str, option("--waivers", "FILE", "The file that it is added to.")] = (
        "waivers.yaml"
    )
    as_of: AsOf = None
    quiet: Quiet = False
    config: ConfigOption = None

    def run(self) -> None:
        """Add the waiver to its file. Raises InputError and BadParameter."""
        from hotpatch_cli.cli.atomic_write import write_whole
        from hotpatch_cli.cli.session import day_of, tell
        from hotpatch_cli.errors import refuse
        from hotpatch_cli.inputs.gate_files.waiver_text import WaiverEntry, with_entry
        from hotpatch_cli.inputs.gate_files.waivers import parse_rule
        from hotpatch_cli.knowledge.load import load_rules

        _require_one(self.waivers)
        codes = load_rules()
        try:
            code = parse_rule(self.rule, codes)
            entry = WaiverEntry(self.machine, code, self.reason, self.owner, self.expires)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="RULE") from None
        if self.expires < day_of(self):
            raise refuse("--expires", f"{self.expires} is over already.", "Name a day that comes.")
        write_whole(Path(self.waivers).resolve(), with_entry(self.waivers, entry, codes))
        note = f"{self.waivers}: {entry.rule} of {self.machine} is waived until {self.expires}."
        tell([note], quiet=self.quiet)


def _require_one(name: str) -> None:
    """Raise BadParameter unless a single file is named: of the variable, `check` reads several."""
    if name == "-":
        raise typer.BadParameter("name a file: a waiver is added to one.", param_hint="--waivers")
    if current.get().source_of("waivers") == "ENVIRONMENT" and os.pathsep in name:
        raise typer.BadParameter(
            "HOTPATCH_WAIVERS names several files: say which one.", param_hint="--waivers"
        )
