"""`hotpatch plan`: when each machine restarts for a baseline."""

import re
from datetime import date, timedelta
from typing import Annotated

import typer

from hotpatch_cli.cli.gate import known_word
from hotpatch_cli.cli.live import live
from hotpatch_cli.cli.options import (
    AsOf,
    Columns,
    MatrixFiles,
    NoColor,
    Output,
    Quiet,
    ReleaseFiles,
    WindowFiles,
    day_option,
    today,
)

app = typer.Typer(add_completion=False)
NO_PLAN = 4


@app.command(epilog="Example: hotpatch plan examples/fleet.yaml --as-of 2025-12-15 --deadline 14d")
@live("fleet")
def plan(
    fleet: Annotated[
        list[str], typer.Argument(metavar="FLEET...", help="Inventories or exports; - is standard input.")
    ],
    release: Annotated[
        str | None,
        typer.Option("--release", metavar="YYYY-MM", envvar="HOTPATCH_RELEASE", help="Month of the baseline."),
    ] = None,
    begin: Annotated[date | None, day_option("--from", "HOTPATCH_PLAN_FROM", "No restart before this day.")] = None,
    until: Annotated[date | None, day_option("--until", "HOTPATCH_UNTIL", "The last day, included, in UTC.")] = None,
    deadline: Annotated[
        str | None,
        typer.Option("--deadline", metavar="DURATION", envvar="HOTPATCH_DEADLINE", help="After the release: 14d, 48h."),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", envvar="HOTPATCH_ALL", help="Plan unsupported machines too; show all rows.")
    ] = False,
    time_limit: Annotated[
        float, typer.Option("--time-limit", min=0, max=86400, envvar="HOTPATCH_TIME_LIMIT", help="Seconds to improve.")
    ] = 10,
    keep: Annotated[
        str | None, typer.Option("--keep", metavar="PLAN", envvar="HOTPATCH_KEEP", help="Stay near this plan (JSON).")
    ] = None,
    windows: WindowFiles = None,
    columns: Columns = None,
    as_of: AsOf = None,
    form: Annotated[
        str,
        typer.Option(
            "--format", "-f", metavar="FORMAT", envvar="HOTPATCH_FORMAT", help="table, json, csv, markdown, svg, png"
        ),
    ] = "table",
    output: Output = "-",
    matrix: MatrixFiles = None,
    releases: ReleaseFiles = None,
    quiet: Quiet = False,
    no_color: NoColor = False,
) -> None:
    """Place every restart for a baseline: inside windows, outside freezes, within groups, rings and limits."""
    from hotpatch_cli.cli.planned import Search, read_plan, search
    from hotpatch_cli.cli.talk import deliver, screen
    from hotpatch_cli.outputs.plan import PLAN_FORMATS
    from hotpatch_cli.planning import Wish

    render = PLAN_FORMATS[known_word(form, tuple(PLAN_FORMATS), "--format")]
    wish = Wish(_month(release), begin, until, _length(deadline), everything)
    kept = None if keep is None else read_plan(keep)
    options = Search(
        tuple(matrix or ()),
        tuple(releases or ()),
        as_of or today(),
        time_limit,
        kept,
        quiet,
        tuple(windows or ()),
        tuple(columns or ()),
    )
    view = search(fleet, wish, options)
    deliver(render(view, screen(output, no_color=no_color, everything=everything)), output)
    raise typer.Exit(NO_PLAN if view.plan.status == "infeasible" else 0)


def _month(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    found = re.fullmatch(r"(20\d\d)-(0[1-9]|1[0-2])", text)
    if found is None:
        raise typer.BadParameter(f"{text!r} is not a month. Write it as 2026-01.", param_hint="--release")
    return int(found[1]), int(found[2])


def _length(text: str | None) -> timedelta | None:
    from hotpatch_cli.documents.codec import parse_duration

    try:
        return None if text is None else parse_duration(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--deadline") from None
