"""`hotpatch waive`: add a waiver to a file, which otherwise stays as people wrote it."""

import os
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from hotpatch_cli.cli.config.config import current
from hotpatch_cli.cli.options.common import AsOf, Quiet, day_option, today

app = typer.Typer(add_completion=False)


@app.command(
    epilog="Example: hotpatch waive 'img*' HP102 --reason 'moves in March' --owner platform --expires 2026-03-31"
)
def waive(
    machine: Annotated[
        str,
        typer.Argument(metavar="MACHINE", help="A name, a pattern with * ? [ ], or a resource id."),
    ],
    rule: Annotated[
        str, typer.Argument(metavar="RULE", help="A code such as HP101, or * for all.")
    ],
    reason: Annotated[
        str,
        typer.Option(
            "--reason", metavar="TEXT", envvar="HOTPATCH_REASON", help="Why this is fine for now."
        ),
    ],
    owner: Annotated[
        str,
        typer.Option(
            "--owner", metavar="TEXT", envvar="HOTPATCH_OWNER", help="Who answers for it."
        ),
    ],
    expires: Annotated[
        date, day_option("--expires", "HOTPATCH_EXPIRES", "The last day on which it counts.")
    ],
    waivers: Annotated[
        str,
        typer.Option(
            "--waivers",
            metavar="FILE",
            envvar="HOTPATCH_WAIVERS",
            help="The file that it is added to.",
        ),
    ] = "waivers.yaml",
    as_of: AsOf = None,
    quiet: Quiet = False,
) -> None:
    """Add a waiver: this finding of this machine does not count until a day, and somebody answers
    for it.
    """
    from hotpatch_cli.cli.console import say, write_whole
    from hotpatch_cli.errors import refuse
    from hotpatch_cli.inputs.gate_files.waiver_text import WaiverEntry, with_entry
    from hotpatch_cli.inputs.gate_files.waivers import parse_rule
    from hotpatch_cli.knowledge.load import load_rules

    _require_one(waivers)
    codes = load_rules()
    try:
        entry = WaiverEntry(machine, parse_rule(rule, codes), reason, owner, expires)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="RULE") from None
    if expires < (as_of or today()):
        raise refuse("--expires", f"{expires} is over already.", "Name a day that comes.")
    write_whole(Path(waivers).resolve(), with_entry(waivers, entry, codes))
    say(f"{waivers}: {entry.rule} of {machine} is waived until {expires}.", quiet=quiet)


def _require_one(name: str) -> None:
    """Raise BadParameter unless a single file is named: of the variable, `check` reads several."""
    if name == "-":
        raise typer.BadParameter("name a file: a waiver is added to one.", param_hint="--waivers")
    context = current.get().context
    source = context.get_parameter_source("waivers") if context else None
    if source is not None and source.name == "ENVIRONMENT" and os.pathsep in name:
        raise typer.BadParameter(
            "HOTPATCH_WAIVERS names several files: say which one.", param_hint="--waivers"
        )
