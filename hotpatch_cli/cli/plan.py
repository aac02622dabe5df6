"""`hotpatch plan`: when each machine restarts for a baseline."""

from datetime import date
from typing import Annotated

import typer

from hotpatch_cli.cli.options.azure import live
from hotpatch_cli.cli.options.common import (
    AsOf,
    Columns,
    MatrixFiles,
    NoColor,
    Output,
    Prefer,
    Quiet,
    ReleaseFiles,
    WindowFiles,
    day_option,
    today,
)
from hotpatch_cli.cli.options.feeds import Alarms, Previous, feed_options
from hotpatch_cli.cli.options.gate import known_source, known_word
from hotpatch_cli.cli.options.plan import (
    AvailabilitySets,
    Deadline,
    MonthOption,
    Zones,
    in_order,
    length,
    month,
    share,
)
from hotpatch_cli.cli.options.what_if import WhatIfOption, parse_what_if

app = typer.Typer(add_completion=False)
NO_PLAN = 4
STOPPED = 130
RESTARTS_ALONE = ("csv", "ics", "azure", "svg", "png")
"""Formats without a place for who is left out and why: standard error says it."""


@app.command(epilog="Example: hotpatch plan examples/fleet.yaml --as-of 2025-12-15 --deadline 14d")
@live("fleet")
def plan(
    fleet: Annotated[
        list[str],
        typer.Argument(metavar="FLEET...", help="Inventories or exports; - is standard input."),
    ],
    release: MonthOption = None,
    begin: Annotated[
        date | None, day_option("--from", "HOTPATCH_PLAN_FROM", "No restart before this day.")
    ] = None,
    until: Annotated[
        date | None, day_option("--until", "HOTPATCH_UNTIL", "The last day, included, in UTC.")
    ] = None,
    deadline: Deadline = None,
    everything: Annotated[
        bool,
        typer.Option(
            "--all",
            envvar="HOTPATCH_ALL",
            help="Plan the machines too that restart every month; show all rows.",
        ),
    ] = False,
    availability_sets: AvailabilitySets = None,
    zones: Zones = None,
    time_limit: Annotated[
        float,
        typer.Option(
            "--time-limit",
            min=0,
            max=86400,
            envvar="HOTPATCH_TIME_LIMIT",
            help="Seconds to improve.",
        ),
    ] = 10,
    keep: Annotated[
        str | None,
        typer.Option(
            "--keep",
            metavar="PLAN",
            envvar="HOTPATCH_KEEP",
            help="Move as little of this plan (JSON) as possible.",
        ),
    ] = None,
    what_if: WhatIfOption = None,
    windows: WindowFiles = None,
    columns: Columns = None,
    prefer: Prefer = None,
    as_of: AsOf = None,
    form: Annotated[
        str,
        typer.Option(
            "--format",
            "-f",
            metavar="FORMAT",
            envvar="HOTPATCH_FORMAT",
            help="table, json, csv, markdown, ics, azure, svg, png",
        ),
    ] = "table",
    by: Annotated[
        str,
        typer.Option(
            "--by",
            metavar="WORD",
            envvar="HOTPATCH_PLAN_BY",
            help="With ics: an event per machine or group.",
        ),
    ] = "machine",
    alarms: Alarms = None,
    previous: Previous = None,
    output: Output = "-",
    matrix: MatrixFiles = None,
    releases: ReleaseFiles = None,
    quiet: Quiet = False,
    no_color: NoColor = False,
) -> None:
    """Place every restart for a baseline: inside windows, outside freezes, within groups, rings and
    limits.

    Exit code 4 where something cannot be placed; Ctrl-C ends the search with the best plan so far
    and code 130.
    """
    from hotpatch_cli.cli.console import deliver, say, screen
    from hotpatch_cli.cli.plan_file import read_plan
    from hotpatch_cli.cli.plan_session import Extras, Search, load, search
    from hotpatch_cli.outputs.formats import PLAN_FORMATS
    from hotpatch_cli.outputs.plan_view import told_left_out
    from hotpatch_cli.planning import PlanRequest
    from hotpatch_cli.planning.implied_groups import Implied

    render = PLAN_FORMATS[known_word(form, tuple(PLAN_FORMATS), "--format")]
    in_order(begin, until)
    wish = PlanRequest(month(release), begin, until, length(deadline), everything)
    day = as_of or today()
    feed = feed_options(form, day, alarms, previous, by)
    world = parse_what_if(what_if, day)
    implied = Implied(share(availability_sets, "--availability-sets"), share(zones, "--zones"))
    kept = None if keep is None else read_plan(keep)
    extras = Extras.of(windows, columns, matrix, releases)._replace(
        prefer=known_source(prefer, fleet)
    )
    loaded = load(fleet, extras, implied, quiet=quiet)
    view, stopped = search(loaded, wish, Search(day, time_limit, kept, world, quiet))
    lines = told_left_out(view) if form in RESTARTS_ALONE else []
    if form == "azure":
        from hotpatch_cli.outputs.plan_azure import told

        lines += told(view)
    for line in lines:
        say(line, quiet=quiet)
    deliver(
        render(view, screen(output, no_color=no_color, everything=everything)._replace(feed=feed)),
        output,
    )
    if stopped:
        raise typer.Exit(STOPPED)
    raise typer.Exit(NO_PLAN if view.plan.status == "infeasible" else 0)
