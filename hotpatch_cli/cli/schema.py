"""`hotpatch schema`: the JSON Schema of the inventory, of a report or of a plan."""

from typing import Annotated, NamedTuple

import typer

from hotpatch_cli.cli.options.common import ConfigOption, Output
from hotpatch_cli.cli.request import RequestCommand
from hotpatch_cli.cli.words import known_word

app = typer.Typer(add_completion=False)


@app.command(
    cls=RequestCommand, epilog="Example: hotpatch schema inventory -o inventory.schema.json"
)
class SchemaRequest(NamedTuple):
    """Write the JSON Schema that describes an inventory, a report or a plan, for editors and
    validators.
    """

    name: Annotated[str, typer.Argument(metavar="NAME", help="inventory, report or plan")]
    output: Output = "-"
    config: ConfigOption = None

    def run(self) -> None:
        """Write the schema. Raises BadParameter."""
        from hotpatch_cli.cli.console import deliver
        from hotpatch_cli.outputs.schemas import SCHEMAS, schema_text

        deliver(schema_text(known_word(self.name, SCHEMAS, "NAME")), self.output)
