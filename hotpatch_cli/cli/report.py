"""`hotpatch report`: one self-contained page of HTML."""

from pathlib import Path
from typing import Annotated

import typer

from hotpatch_cli.cli.html_report import TIME_LIMIT, beside, contents, planned
from hotpatch_cli.cli.options.azure import live
from hotpatch_cli.cli.options.common import (
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
from hotpatch_cli.cli.options.suppressions import WaiverFiles, judged_by, waiving

app = typer.Typer(add_completion=False)


@app.command(
    epilog="Example: hotpatch report examples/fleet.yaml --as-of 2025-12-15 -o report.html"
)
@live("fleet")
def report(
    fleet: Annotated[
        list[str],
        typer.Argument(metavar="FLEET...", help="Inventories or exports; - is standard input."),
    ],
    output: Output = "-",
    as_of: AsOf = None,
    reader: FromReader = None,
    prefer: Prefer = None,
    columns: Columns = None,
    windows: WindowFiles = None,
    waivers: WaiverFiles = None,
    plan: Annotated[
        str | None,
        typer.Option(
            "--plan", metavar="PLAN", envvar="HOTPATCH_PLAN", help="Show this plan (JSON)."
        ),
    ] = None,
    no_plan: Annotated[
        bool,
        typer.Option("--no-plan", envvar="HOTPATCH_NO_PLAN", help="Leave the restart plan out."),
    ] = False,
    time_limit: Annotated[
        float,
        typer.Option(
            "--time-limit",
            min=0,
            max=86400,
            envvar="HOTPATCH_TIME_LIMIT",
            help="Seconds to improve the plan.",
        ),
    ] = TIME_LIMIT,
    matrix: MatrixFiles = None,
    releases: ReleaseFiles = None,
    quiet: Quiet = False,
) -> None:
    """Write one page for a change board: the answer, the year, what stands in the way, every
    machine.
    """
    from hotpatch_cli.cli.console import deliver, say, write_all
    from hotpatch_cli.cli.options.gate import FAIL_ON, known_reader, known_source, parse_fail_on
    from hotpatch_cli.cli.output_targets import refuse_overwriting_inputs
    from hotpatch_cli.cli.progress_bar import working
    from hotpatch_cli.inputs.fleet import load_fleet
    from hotpatch_cli.knowledge.cache import load_knowledge
    from hotpatch_cli.outputs.page.render import render_page
    from hotpatch_cli.outputs.report_table import render_csv
    from hotpatch_cli.use_cases import check as use_cases

    inputs = (
        *fleet,
        *([plan] if plan else ()),
        *(waivers or ()),
        *(windows or ()),
        *(matrix or ()),
        *(releases or ()),
    )
    refuse_overwriting_inputs(inputs, [output])
    chosen, source = known_reader(reader), known_source(prefer, fleet)
    with working("reading and judging", quiet=quiet):
        loaded, notes = load_fleet(fleet, chosen, source, windows or (), columns or ())
        knowledge, day = load_knowledge(matrix or (), releases or ()), as_of or today()
        judged = use_cases.check(loaded, knowledge, day)
        checked = judged_by(judged, parse_fail_on(FAIL_ON), waiving(waivers, None, None), knowledge)
    use_cases.require_something(checked, fleet)
    for note in (*notes, *checked.gate.notes):
        say(note, quiet=quiet)
    place = beside(checked, output)
    with working("planning and drawing", quiet=quiet):
        part = None if no_plan else planned(checked, knowledge, plan, time_limit)
        page = render_page(
            contents(checked, knowledge, part)._replace(csv=place.name if place else None)
        )
    if not place:
        deliver(page, output)
        return
    write_all([(place.resolve(), render_csv(checked)), (Path(output).resolve(), page)])
    say(f"All {len(checked.machines):,} machines are in {place}.", quiet=quiet)
