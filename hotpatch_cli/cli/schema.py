"""`hotpatch schema`: the JSON Schema of the inventory, of a report or of a plan."""

from typing import Annotated

import typer

from hotpatch_cli.cli.options.common import Output
from hotpatch_cli.cli.options.gate import known_word

app = typer.Typer(add_completion=False)


@app.command(epilog="Example: hotpatch schema inventory -o inventory.schema.json")
def schema(
    name: Annotated[str, typer.Argument(metavar="NAME", help="inventory, report or plan")],
    output: Output = "-",
) -> None:
    """Write the JSON Schema that describes an inventory, a report or a plan, for editors and
    validators.
    """
    from hotpatch_cli.cli.console import deliver
    from hotpatch_cli.outputs.schemas import SCHEMAS, schema_text

    deliver(schema_text(known_word(name, tuple(SCHEMAS), "NAME")), output)
