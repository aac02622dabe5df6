"""`hotpatch init`: a commented inventory to start from."""

from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False)


@app.command(epilog="Example: hotpatch init -o fleet.yaml")
def init(
    output: Annotated[
        str,
        typer.Option(
            "--output", "-o", metavar="FILE", envvar="HOTPATCH_OUTPUT", help="Write here, if it is not there."
        ),
    ] = "-",
) -> None:
    """Write a commented starter inventory."""
    from hotpatch_cli.cli.talk import deliver
    from hotpatch_cli.errors import refuse

    if output != "-" and Path(output).exists():
        raise refuse(output, "This file is there already.", "Name another one; nothing was overwritten.")
    deliver(files("hotpatch_cli.cli").joinpath("starter.yaml").read_text(encoding="utf-8"), output)
