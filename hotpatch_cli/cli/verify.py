"""`hotpatch verify`: does a plan, perhaps edited by hand, keep every rule of the fleet?"""

from datetime import date
from typing import Annotated

import typer

from hotpatch_cli.cli.live import live
from hotpatch_cli.cli.options import AsOf, Columns, MatrixFiles, Output, ReleaseFiles, WindowFiles, day_option, today

app = typer.Typer(add_completion=False)


@app.command(epilog="Example: hotpatch verify plan.json examples/fleet.yaml --as-of 2025-12-15")
@live("fleet")
def verify(
    plan: Annotated[str, typer.Argument(metavar="PLAN", help="A plan as `hotpatch plan --format json` writes it.")],
    fleet: Annotated[list[str], typer.Argument(metavar="FLEET...", help="The fleet that it is for.")],
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
    everything: Annotated[bool, typer.Option("--all", envvar="HOTPATCH_ALL", help="Unsupported machines too.")] = False,
    windows: WindowFiles = None,
    columns: Columns = None,
    as_of: AsOf = None,
    output: Output = "-",
    matrix: MatrixFiles = None,
    releases: ReleaseFiles = None,
) -> None:
    """Check a plan against the fleet: exit code 1 where it breaks a rule, with every rule that it breaks."""
    from hotpatch_cli.cli.plan import _length, _month
    from hotpatch_cli.cli.planned import Search, load, read_plan
    from hotpatch_cli.cli.talk import deliver, say
    from hotpatch_cli.planning import Wish, broken_rules, left_out

    starts = read_plan(plan)
    wish = Wish(_month(release), begin, until, _length(deadline), everything)
    options = Search(
        tuple(matrix or ()),
        tuple(releases or ()),
        as_of or today(),
        windows=tuple(windows or ()),
        columns=tuple(columns or ()),
    )
    prepared, _ = load(fleet, wish, options)
    broken = broken_rules(prepared, starts)
    if missing := left_out(prepared, starts):
        say(f"Not in the plan, though a restart is due: {', '.join(missing)}.")
    said = "".join(f"{line}\n" for line in broken) or f"The plan keeps every rule: {len(starts)} restarts.\n"
    deliver(said, output)
    raise typer.Exit(1 if broken else 0)
