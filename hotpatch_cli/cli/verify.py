"""`hotpatch verify`: does a plan, perhaps edited by hand, keep every rule of the fleet?"""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from hotpatch_cli.cli.options.azure import live
from hotpatch_cli.cli.options.common import (
    AsOf,
    Columns,
    MatrixFiles,
    Output,
    Prefer,
    Quiet,
    ReleaseFiles,
    WindowFiles,
    day_option,
    today,
)
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

if TYPE_CHECKING:
    from hotpatch_cli.planning import PlanRequest

app = typer.Typer(add_completion=False)


@app.command(epilog="Example: hotpatch verify plan.json examples/fleet.yaml --as-of 2025-12-15")
@live("fleet")
def verify(
    plan: Annotated[
        str,
        typer.Argument(metavar="PLAN", help="A plan as `hotpatch plan --format json` writes it."),
    ],
    fleet: Annotated[
        list[str], typer.Argument(metavar="FLEET...", help="The fleet that it is for.")
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
            "--all", envvar="HOTPATCH_ALL", help="The machines too that restart every month."
        ),
    ] = False,
    availability_sets: AvailabilitySets = None,
    zones: Zones = None,
    what_if: WhatIfOption = None,
    windows: WindowFiles = None,
    columns: Columns = None,
    prefer: Prefer = None,
    as_of: AsOf = None,
    form: Annotated[
        str,
        typer.Option(
            "--format", "-f", metavar="FORMAT", envvar="HOTPATCH_FORMAT", help="table, json"
        ),
    ] = "table",
    output: Output = "-",
    matrix: MatrixFiles = None,
    releases: ReleaseFiles = None,
    quiet: Quiet = False,
) -> None:
    """Check a plan against the fleet: exit code 1 where it breaks a rule, with every rule that it
    breaks.

    Where an option is not given, what the plan itself was asked for holds: month, days, deadline,
    --all.
    """
    from hotpatch_cli.cli.console import deliver, say
    from hotpatch_cli.cli.plan_file import read_plan
    from hotpatch_cli.cli.plan_session import Extras, load, problem
    from hotpatch_cli.outputs.plan_review import JUDGED_FORMATS, PlanReview
    from hotpatch_cli.planning import PlanRequest, unscheduled
    from hotpatch_cli.planning.implied_groups import Implied
    from hotpatch_cli.planning.plan import violations

    render = JUDGED_FORMATS[known_word(form, tuple(JUDGED_FORMATS), "--format")]

    day = as_of or today()
    world = parse_what_if(what_if, day)
    implied = Implied(share(availability_sets, "--availability-sets"), share(zones, "--zones"))
    in_order(begin, until)
    wish = PlanRequest(month(release), begin, until, length(deadline), everything)
    read = read_plan(plan)
    extras = Extras.of(windows, columns, matrix, releases)._replace(
        prefer=known_source(prefer, fleet)
    )
    loaded = load(fleet, extras, implied, quiet=quiet)
    prepared = problem(loaded, _wish(wish, read.wish), day, world)
    missing = tuple(unscheduled(prepared, read.starts))
    judged = PlanReview(
        len(read.starts), tuple(violations(prepared, read.starts, read.ends)), missing
    )
    if missing:
        say(f"Not in the plan, though a restart is due: {', '.join(missing)}.", quiet=quiet)
    deliver(render(judged), output)
    raise typer.Exit(1 if judged.broken else 0)


def _wish(wish: "PlanRequest", asked: "PlanRequest") -> "PlanRequest":
    """What is not asked for on the command line is taken from the plan; the days and the deadline
    go together.
    """
    limited = wish.until is not None or wish.deadline is not None
    return wish._replace(
        month=wish.month or asked.month,
        from_day=wish.from_day or asked.from_day,
        until=wish.until if limited else asked.until,
        deadline=wish.deadline if limited else asked.deadline,
        everything=wish.everything or asked.everything,
    )
