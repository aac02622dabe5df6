"""`hotpatch report`: one self-contained page of HTML."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hotpatch_cli.cli.live import live
from hotpatch_cli.cli.options import (
    AsOf,
    Columns,
    FromReader,
    MatrixFiles,
    Output,
    Prefer,
    Quiet,
    ReleaseFiles,
    WindowFiles,
    today,
)

if TYPE_CHECKING:
    from hotpatch_cli.eligibility.verdict import Judge
    from hotpatch_cli.model import Fleet
    from hotpatch_cli.outputs.page.plan import PlanPart

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
    windows: WindowFiles = None,
    plan: Annotated[
        str | None, typer.Option("--plan", metavar="PLAN", envvar="HOTPATCH_PLAN", help="Show this plan (JSON).")
    ] = None,
    no_plan: Annotated[
        bool, typer.Option("--no-plan", envvar="HOTPATCH_NO_PLAN", help="Leave the restart plan out.")
    ] = False,
    time_limit: Annotated[
        float,
        typer.Option(
            "--time-limit", min=0, max=86400, envvar="HOTPATCH_TIME_LIMIT", help="Seconds to improve the plan."
        ),
    ] = 5,
    matrix: MatrixFiles = None,
    releases: ReleaseFiles = None,
    quiet: Quiet = False,
) -> None:
    """Write one page for a change board: the answer, the year, what stands in the way, every machine."""
    from hotpatch_cli import app as use_cases
    from hotpatch_cli.cli.gate import known_reader, known_source
    from hotpatch_cli.cli.talk import deliver, say, write_all
    from hotpatch_cli.cli.working import working
    from hotpatch_cli.eligibility.verdict import Judge
    from hotpatch_cli.inputs.fleet import load_fleet
    from hotpatch_cli.knowledge.cache import load_knowledge
    from hotpatch_cli.outputs.page.machines import MOST
    from hotpatch_cli.outputs.page.render import Contents, render_page
    from hotpatch_cli.outputs.report_table import render_csv

    chosen, source = known_reader(reader), known_source(prefer, fleet)
    with working("reading and judging", quiet=quiet):
        loaded, notes = load_fleet(fleet, chosen, source, windows or (), columns or ())
        knowledge, day = load_knowledge(matrix or (), releases or ()), as_of or today()
        checked = use_cases.check(loaded, knowledge, day)
    use_cases.require_something(checked, fleet)
    for note in notes:
        say(note, quiet=quiet)
    year, stale = use_cases.year_of(knowledge, day.year, day), use_cases.stale(knowledge, day)
    beside = _beside(output) if len(checked.machines) > MOST else None
    csv = beside.name if beside else None
    with working("planning and drawing", quiet=quiet):
        planned = None if no_plan else _plan(loaded, Judge(knowledge, day), plan, time_limit)
        page = render_page(Contents(checked, year, knowledge, stale=stale, csv=csv, plan=planned))
    if not beside:
        deliver(page, output)
        return
    write_all([(beside.resolve(), render_csv(checked)), (Path(output).resolve(), page)])
    say(f"All {len(checked.machines):,} machines are in {beside}.", quiet=quiet)


def _beside(output: str) -> Path | None:
    """Where the table of all machines goes that a page does not hold; a pipe or a device has no place beside it."""
    path = Path(output)
    return None if output == "-" or (path.exists() and not path.is_file()) else path.with_suffix(".machines.csv")


def _plan(fleet: "Fleet", judge: "Judge", given_plan: str | None, time_limit: float) -> "PlanPart | str":
    """The plan of a file, or one made now; a sentence where no baseline is waited for."""
    from hotpatch_cli.cli.read_plan import read_plan
    from hotpatch_cli.errors import refuse
    from hotpatch_cli.outputs.page.plan import computed, given
    from hotpatch_cli.planning import Wish, plan, prepare

    read = None if given_plan is None else read_plan(given_plan)
    try:
        prepared = prepare(fleet, judge, read.wish if read else Wish())
    except ValueError as error:
        if given_plan is None:
            return str(error)
        raise refuse(given_plan, str(error), "Make the plan anew with `hotpatch plan -f json`.") from None
    if read is not None:
        return given(prepared, read.starts)
    return computed(plan(prepared, time_limit=time_limit), judge.knowledge.rules)
