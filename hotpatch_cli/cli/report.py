"""`hotpatch report`: one self-contained page of HTML."""

from pathlib import Path
from typing import Annotated

import typer

from hotpatch_cli.cli.live import live
from hotpatch_cli.cli.options import AsOf, Columns, FromReader, MatrixFiles, Output, Prefer, Quiet, ReleaseFiles, today

app = typer.Typer(add_completion=False)


@app.command(epilog="Example: hotpatch report examples/fleet.yaml --as-of 2025-12-15 -o report.html")
@live("fleet")
def report(
    fleet: Annotated[
        list[str], typer.Argument(metavar="FLEET...", help="Inventories or exports; - is standard input.")
    ],
    output: Output = "-",
    as_of: AsOf = None,
    reader: FromReader = None,
    prefer: Prefer = None,
    columns: Columns = None,
    matrix: MatrixFiles = None,
    releases: ReleaseFiles = None,
    quiet: Quiet = False,
) -> None:
    """Write one page for a change board: the answer, the year, what stands in the way, every machine."""
    from hotpatch_cli import app as use_cases
    from hotpatch_cli.cli.gate import known_reader, known_source
    from hotpatch_cli.cli.talk import deliver, say
    from hotpatch_cli.inputs.fleet import load_fleet
    from hotpatch_cli.knowledge.cache import load_knowledge
    from hotpatch_cli.outputs.page.machines import MOST
    from hotpatch_cli.outputs.page.render import Contents, render_page
    from hotpatch_cli.outputs.report_table import render_csv

    loaded, notes = load_fleet(fleet, known_reader(reader), known_source(prefer, fleet), columns=columns or ())
    knowledge, day = load_knowledge(matrix or (), releases or ()), as_of or today()
    checked = use_cases.check(loaded, knowledge, day)
    use_cases.require_something(checked, fleet)
    for note in notes:
        say(note, quiet=quiet)
    year, stale = use_cases.year_of(knowledge, day.year, day), use_cases.stale(knowledge, day)
    beside = Path(output).with_suffix(".csv") if len(checked.machines) > MOST and output != "-" else None
    page = render_page(Contents(checked, year, knowledge, stale, beside.name if beside else None))
    if beside:
        deliver(render_csv(checked), str(beside))
        say(f"All {len(checked.machines):,} machines are in {beside}.", quiet=quiet)
    deliver(page, output)
