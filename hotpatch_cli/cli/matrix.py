"""`hotpatch matrix`: what can hotpatch where, and what it takes."""

from typing import Annotated, NamedTuple

import typer

from hotpatch_cli.cli.options.common import AsOf, ConfigOption, MatrixFiles, NoColor, Output
from hotpatch_cli.cli.request import RequestCommand, format_option
from hotpatch_cli.cli.words import chosen_format

app = typer.Typer(add_completion=False)


@app.command(cls=RequestCommand, epilog="Example: hotpatch matrix --as-of 2024-12-01")
class MatrixRequest(NamedTuple):
    """Show images, editions, prerequisites, tools, what is not carried, and how to go back."""

    as_of: AsOf = None
    form: Annotated[str, format_option("outputs.formats.MATRIX_FORMATS")] = "table"
    output: Output = "-"
    matrix: MatrixFiles = None
    no_color: NoColor = False
    config: ConfigOption = None

    def run(self) -> None:
        """Write the matrix as it stood on a day. Raises InputError and BadParameter."""
        from hotpatch_cli.cli.console import deliver, screen
        from hotpatch_cli.cli.session import day_of, knowledge_of
        from hotpatch_cli.outputs.formats import MATRIX_FORMATS
        from hotpatch_cli.outputs.matrix import MatrixView

        render = chosen_format(MATRIX_FORMATS, self.form)
        view = MatrixView(knowledge_of(self).matrix, day_of(self))
        deliver(render(view, screen(self.output, no_color=self.no_color)), self.output)
