"""`hotpatch schema`: the JSON Schemas of what the program reads and writes."""

from typing import Annotated, NamedTuple

import typer

from hotpatch_cli.cli.decision import conclude
from hotpatch_cli.cli.options.common import ConfigOption, Quiet
from hotpatch_cli.cli.output_targets import output_option
from hotpatch_cli.cli.request import RequestCommand
from hotpatch_cli.cli.words import known_word

app = typer.Typer(add_completion=False)


@app.command(cls=RequestCommand)
class SchemaRequest(NamedTuple):
    """Write the JSON Schema of an inventory, a report, a plan, its progress, or a lint."""

    name: Annotated[
        str, typer.Argument(metavar="NAME", help="inventory, report, plan, progress, or lint.")
    ]
    output: Annotated[str, output_option("json")] = "-"
    quiet: Quiet = False
    config: ConfigOption = None

    def run(self) -> None:
        """Write the schema. Raises BadParameter."""
        from hotpatch_cli.cli.console import deliver
        from hotpatch_cli.outputs.schemas import SCHEMAS, schema_text

        deliver(schema_text(known_word(self.name, SCHEMAS, "NAME")), self.output)
        conclude("", [self.output], quiet=self.quiet)
