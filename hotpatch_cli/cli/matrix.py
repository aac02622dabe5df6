"""`hotpatch matrix`: what can hotpatch where, and what it takes."""

from typing import Annotated

import typer

from hotpatch_cli.cli.options.common import AsOf, MatrixFiles, NoColor, Output, today
from hotpatch_cli.cli.options.gate import known_word

app = typer.Typer(add_completion=False)


@app.command(epilog="Example: hotpatch matrix --as-of 2024-12-01")
def matrix(
    as_of: AsOf = None,
    form: Annotated[
        str,
        typer.Option(
            "--format", "-f", metavar="FORMAT", envvar="HOTPATCH_FORMAT", help="table, json, csv"
        ),
    ] = "table",
    output: Output = "-",
    files: MatrixFiles = None,
    no_color: NoColor = False,
) -> None:
    """Show images, editions, prerequisites, tools, what is not carried, and how to go back."""
    from hotpatch_cli.cli.console import deliver, screen
    from hotpatch_cli.knowledge.cache import load_knowledge
    from hotpatch_cli.outputs.formats import MATRIX_FORMATS
    from hotpatch_cli.outputs.matrix import MatrixView

    render = MATRIX_FORMATS[known_word(form, tuple(MATRIX_FORMATS), "--format")]
    view = MatrixView(load_knowledge(files or ()).matrix, as_of or today())
    deliver(render(view, screen(output, no_color=no_color)), output)
