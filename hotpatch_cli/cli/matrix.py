"""`hotpatch matrix`: the support matrix as of a date."""

from typing import Annotated, NamedTuple

import typer

from hotpatch_cli.cli.decision import conclude
from hotpatch_cli.cli.options.common import (
    AsOf,
    ConfigOption,
    MatrixFiles,
    NoColor,
    Output,
    Quiet,
)
from hotpatch_cli.cli.output_targets import renderer_for
from hotpatch_cli.cli.request import RequestCommand, format_option

app = typer.Typer(add_completion=False)


@app.command(cls=RequestCommand)
class MatrixRequest(NamedTuple):
    """Show the images, editions, prerequisites, and tools that support hotpatching."""

    as_of: AsOf = None
    form: Annotated[str, format_option("outputs.formats.MATRIX_FORMATS")] = "table"
    output: Output = "-"
    matrix: MatrixFiles = None
    quiet: Quiet = False
    no_color: NoColor = False
    config: ConfigOption = None

    def run(self) -> None:
        """Write the matrix as of a date. Raises InputError and BadParameter."""
        from hotpatch_cli.cli.console import deliver, screen
        from hotpatch_cli.cli.session import day_of, knowledge_of
        from hotpatch_cli.outputs.formats import MATRIX_FORMATS
        from hotpatch_cli.outputs.matrix import MatrixView

        render = renderer_for(self, MATRIX_FORMATS)
        view = MatrixView(knowledge_of(self).matrix, day_of(self))
        deliver(render(view, screen(self.output, no_color=self.no_color)), self.output)
        conclude("", [self.output], quiet=self.quiet)
