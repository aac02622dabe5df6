"""`hotpatch rollback`: what to uninstall, which baseline is the last good one, and when the restart
has room.
"""

from typing import Annotated

import typer

from hotpatch_cli.cli.options.azure import live
from hotpatch_cli.cli.options.common import (
    AsOf,
    MatrixFiles,
    NoColor,
    Output,
    Quiet,
    ReleaseFiles,
    WindowFiles,
    today,
)
from hotpatch_cli.cli.options.gate import known_word

app = typer.Typer(add_completion=False)


@app.command(
    epilog="Example: hotpatch rollback examples/fleet.yaml --machine net01 --as-of 2025-12-15"
)
@live("fleet")
def rollback(
    fleet: Annotated[
        list[str],
        typer.Argument(metavar="FLEET...", help="Inventories or exports; - is standard input."),
    ],
    machine: Annotated[
        list[str] | None,
        typer.Option(
            "--machine", metavar="NAME", envvar="HOTPATCH_MACHINE", help="This machine; repeatable."
        ),
    ] = None,
    kb: Annotated[
        str | None,
        typer.Option(
            "--kb", metavar="KB", envvar="HOTPATCH_KB", help="The machines that have this update."
        ),
    ] = None,
    windows: WindowFiles = None,
    as_of: AsOf = None,
    form: Annotated[
        str,
        typer.Option(
            "--format", "-f", metavar="FORMAT", envvar="HOTPATCH_FORMAT", help="table, json"
        ),
    ] = "table",
    output: Output = "-",
    matrix: MatrixFiles = None,
    releases: ReleaseFiles = None,
    quiet: Quiet = False,
    no_color: NoColor = False,
) -> None:
    """Say how a machine goes back to the last good baseline, since hotpatches have no automatic
    rollback.
    """
    from hotpatch_cli.cli.console import deliver, say, screen
    from hotpatch_cli.documents.codec import did_you_mean
    from hotpatch_cli.eligibility.verdict import Judge
    from hotpatch_cli.inputs.fleet import load_fleet
    from hotpatch_cli.knowledge.cache import load_knowledge
    from hotpatch_cli.outputs.formats import ROLLBACK_FORMATS
    from hotpatch_cli.use_cases.rollback import rollbacks

    render = ROLLBACK_FORMATS[known_word(form, tuple(ROLLBACK_FORMATS), "--format")]
    if not machine and kb is None:
        raise typer.BadParameter("name a machine, or an update with --kb.", param_hint="--machine")
    wanted = None if kb is None else _kb(kb)
    loaded, notes = load_fleet(fleet, windows=tuple(windows or ()))
    for note in notes:
        say(note, quiet=quiet)
    judge = Judge(load_knowledge(tuple(matrix or ()), tuple(releases or ())), as_of or today())
    try:
        found = rollbacks(loaded, judge, machine or (), wanted)
    except KeyError as error:
        name = str(error.args[0])
        advice = did_you_mean(name, [each.label for each in loaded.machines])
        raise typer.BadParameter(
            f"no machine is called {name!r}. {advice}".strip(), param_hint="--machine"
        ) from None
    deliver(render(found, screen(output, no_color=no_color)), output)


def _kb(text: str) -> str:
    """A KB as releases name it: KB5072033, from `5072033` too. Raises BadParameter."""
    number = text.strip().upper().removeprefix("KB")
    if not (number.isascii() and number.isdecimal() and len(number) in range(6, 9)):
        raise typer.BadParameter(f"{text!r} is no KB. Write it as KB5072033.", param_hint="--kb")
    return f"KB{number}"
