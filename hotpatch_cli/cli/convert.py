"""`hotpatch convert`: any supported source as an inventory."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from hotpatch_cli.cli.decision import conclude
from hotpatch_cli.cli.options.common import (
    Azure,
    Cloud,
    Columns,
    ConfigOption,
    InputFormat,
    ManagementGroups,
    Prefer,
    Quiet,
    SetFacts,
    Subscriptions,
)
from hotpatch_cli.cli.output_targets import output_option
from hotpatch_cli.cli.request import RequestCommand

app = typer.Typer(add_completion=False)


@app.command(cls=RequestCommand)
class ConvertRequest(NamedTuple):
    """Write all sources as one inventory that gives the same verdicts."""

    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SOURCE",
            help="Files, folders, or patterns; - is standard input.",
        ),
    ] = None
    output: Annotated[str, output_option("yaml")] = "-"
    input_format: InputFormat = None
    prefer: Prefer = None
    columns: Columns = None
    facts: SetFacts = None
    quiet: Quiet = False
    azure: Azure = False
    subscription: Subscriptions = None
    management_group: ManagementGroups = None
    cloud: Cloud = "public"
    config: ConfigOption = None

    def run(self) -> None:
        """Write the inventory. Raises InputError and BadParameter."""
        from hotpatch_cli.cli.console import deliver
        from hotpatch_cli.cli.session import source_names

        names = source_names(self, self.sources)
        deliver(converted(self, names), self.output)
        conclude("", [self.output], quiet=self.quiet)


def converted(request: ConvertRequest, names: Sequence[str]) -> str:
    """The sources as the text of an inventory. Raises InputError."""
    from hotpatch_cli.cli.progress_bar import working
    from hotpatch_cli.cli.session import Sources, tell
    from hotpatch_cli.errors import refuse
    from hotpatch_cli.inputs.inventory.sections import kept_parts
    from hotpatch_cli.outputs.inventory_yaml import inventory_yaml

    with working("reading the sources", quiet=request.quiet):
        sources = Sources.load(request, names)
    fleet = sources.fleet
    if not fleet.machines:
        raise refuse(", ".join(names), "No machine was found.", "Nothing was written.")
    tell(sources.notes, quiet=request.quiet)
    folder = Path() if request.output == "-" else Path(request.output).parent
    parts = fleet.machines, fleet.name, kept_parts(sources.data, folder), list(names)
    text = inventory_yaml(*parts)
    if _unreadable(text):
        from hotpatch_cli.outputs.unrepresentable import notes_on, unrepresentable

        values = unrepresentable(fleet.machines)
        text = inventory_yaml(*parts, values)
        if why := _unreadable(text):
            message = f"An inventory can't represent a value of the sources: {why}"
            raise refuse(request.output, message, "Nothing was written.")
        tell(notes_on(fleet.machines, values), quiet=request.quiet)
    return text


def _unreadable(text: str) -> str:
    """The reason that a text can't be loaded as an inventory; empty where it can."""
    from hotpatch_cli.documents.files import parse
    from hotpatch_cli.errors import InputError
    from hotpatch_cli.inputs.inventory.reader import READER

    try:
        READER.read(parse("fleet.yaml", text))
    except InputError as error:
        return error.problems[0].message
    return ""
