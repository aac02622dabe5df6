"""`hotpatch convert`: any source that is read, written as an inventory."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from hotpatch_cli.cli.options.azure import live
from hotpatch_cli.cli.options.common import Columns, FromReader, Output, Prefer, Quiet

app = typer.Typer(add_completion=False)


@app.command(epilog="Example: hotpatch convert vms.json arc.json hotfixes.csv -o fleet.yaml")
@live("sources")
def convert(
    sources: Annotated[
        list[str],
        typer.Argument(metavar="SOURCE...", help="Inventories, exports; - is standard input."),
    ],
    output: Output = "-",
    reader: FromReader = None,
    prefer: Prefer = None,
    columns: Columns = None,
    quiet: Quiet = False,
) -> None:
    """Write what sources say as one inventory, which gives the same verdicts."""
    from hotpatch_cli.cli.console import deliver
    from hotpatch_cli.cli.options.gate import known_reader, known_source

    chosen, source = known_reader(reader), known_source(prefer, sources)
    deliver(converted(sources, output, chosen, source, columns or (), quiet=quiet), output)


def converted(
    sources: Sequence[str],
    output: str,
    reader: str | None = None,
    prefer: str | None = None,
    columns: Sequence[str] = (),
    *,
    quiet: bool = False,
) -> str:
    """The text of an inventory that says what sources say. Raises InputError."""
    from hotpatch_cli.cli.console import say
    from hotpatch_cli.cli.progress_bar import working
    from hotpatch_cli.errors import refuse
    from hotpatch_cli.inputs.fleet import load_sources
    from hotpatch_cli.inputs.inventory.sections import kept_parts
    from hotpatch_cli.outputs.inventory_yaml import inventory_yaml

    with working("reading", quiet=quiet):
        loaded = load_sources(sources, reader, prefer, columns=columns)
    fleet = loaded.fleet
    if not fleet.machines:
        raise refuse(", ".join(sources), "There is no machine in it.", "Nothing was written.")
    for note in loaded.notes:
        say(note, quiet=quiet)
    folder = Path() if output == "-" else Path(output).parent
    parts = fleet.machines, fleet.name, kept_parts(loaded.sources, folder), sources
    text = inventory_yaml(*parts)
    if _unreadable(text):
        from hotpatch_cli.outputs.unrepresentable import notes_on, unrepresentable

        found = unrepresentable(fleet.machines)
        text = inventory_yaml(*parts, found)
        if why := _unreadable(text):
            said = f"A value of the sources has no place in an inventory: {why}"
            raise refuse(output, said, "Nothing was written.")
        for note in notes_on(fleet.machines, found):
            say(note, quiet=quiet)
    return text


def _unreadable(text: str) -> str:
    """Why a text cannot be loaded as an inventory; empty where it can: better none than one that
    cannot be loaded.
    """
    from hotpatch_cli.documents.files import parse
    from hotpatch_cli.errors import InputError
    from hotpatch_cli.inputs.inventory.reader import READER

    try:
        READER.read(parse("fleet.yaml", text))
    except InputError as error:
        return error.problems[0].message
    return ""
