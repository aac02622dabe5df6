"""`hotpatch windows`: when machines may restart."""

from datetime import date
from typing import Annotated

import typer

from hotpatch_cli.cli.options.azure import live
from hotpatch_cli.cli.options.common import (
    AsOf,
    Columns,
    NoColor,
    Output,
    Prefer,
    Quiet,
    ReleaseFiles,
    WindowFiles,
    day_option,
    today,
)
from hotpatch_cli.cli.options.feeds import Previous, feed_options
from hotpatch_cli.cli.options.gate import known_source, known_word

app = typer.Typer(add_completion=False, no_args_is_help=True)


@app.callback()
def windows() -> None:
    """Maintenance windows: when they open, whether Azure takes them."""


@app.command(
    "list", epilog="Example: hotpatch windows list examples/fleet.yaml --from 2026-01-01 --next 3"
)
@live("fleet")
def list_command(
    fleet: Annotated[
        list[str],
        typer.Argument(metavar="FLEET...", help="Inventories or exports; - is standard input."),
    ],
    most: Annotated[
        int,
        typer.Option(
            "--next", min=1, max=1000, envvar="HOTPATCH_NEXT", help="So many of each machine."
        ),
    ] = 5,
    begin: Annotated[
        date | None, day_option("--from", "HOTPATCH_WINDOWS_FROM", "From this day in UTC; today.")
    ] = None,
    until: Annotated[
        date | None, day_option("--until", "HOTPATCH_UNTIL", "All up to this day, included.")
    ] = None,
    by: Annotated[
        str,
        typer.Option(
            "--by", metavar="WORD", envvar="HOTPATCH_BY", help="machine, or window with its zone"
        ),
    ] = "machine",
    named: Annotated[
        list[str] | None,
        typer.Option(
            "--window",
            metavar="NAME",
            envvar="HOTPATCH_WINDOW",
            help="Only this window; repeatable.",
        ),
    ] = None,
    form: Annotated[
        str,
        typer.Option(
            "--format",
            "-f",
            metavar="FORMAT",
            envvar="HOTPATCH_FORMAT",
            help="table, json, csv, ics",
        ),
    ] = "table",
    output: Output = "-",
    windows_from: WindowFiles = None,
    previous: Previous = None,
    columns: Columns = None,
    prefer: Prefer = None,
    quiet: Quiet = False,
    no_color: NoColor = False,
) -> None:
    """List the next openings of each machine, in local time and UTC, with what a freeze takes of
    them.
    """
    from hotpatch_cli.cli.console import deliver, say, screen
    from hotpatch_cli.errors import InputError
    from hotpatch_cli.inputs.fleet import load_fleet
    from hotpatch_cli.outputs.formats import OPENING_FORMATS
    from hotpatch_cli.use_cases.windows import OpeningQuery, list_openings

    render = OPENING_FORMATS[known_word(form, tuple(OPENING_FORMATS), "--format")]
    feed = feed_options(form, begin or today(), previous=previous)
    if until is not None and until < (begin or today()):
        raise typer.BadParameter(
            f"{until} is before {begin or today()}, from which on it lists.", param_hint="--until"
        )
    by_window = known_word(by, ("machine", "window"), "--by") == "window"
    loaded, notes = load_fleet(
        fleet, None, known_source(prefer, fleet), windows_from or (), columns or ()
    )
    for note in notes:
        say(note, quiet=quiet)
    wanted = frozenset(known_word(each, tuple(loaded.windows), "--window") for each in named or ())
    found, problems = list_openings(
        loaded, OpeningQuery(begin or today(), until, most, by_window, wanted)
    )
    if problems:
        raise InputError(problems)
    if without := sum(not each.placement.windows for each in loaded.machines):
        say(
            f"Machines without a window, which are not listed: {without} of {len(loaded.machines)}.",
            quiet=quiet,
        )
    deliver(render(found, screen(output, no_color=no_color)._replace(feed=feed)), output)


@app.command(
    "lint", epilog="Example: hotpatch windows lint fleet.yaml configurations.json plan.json"
)
def lint_command(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="Inventories, maintenance configurations, `terraform show -json`.",
        ),
    ],
    as_of: AsOf = None,
    form: Annotated[
        str,
        typer.Option(
            "--format", "-f", metavar="FORMAT", envvar="HOTPATCH_FORMAT", help="table, json"
        ),
    ] = "table",
    output: Output = "-",
    releases: ReleaseFiles = None,
    quiet: Quiet = False,
    no_color: NoColor = False,
) -> None:
    """Check windows against the limits of Azure, where Azure runs them: exit code 1 on findings."""
    from hotpatch_cli.cli.console import deliver, say, screen
    from hotpatch_cli.cli.lint_sources import load_linted
    from hotpatch_cli.eligibility.verdict import Judge
    from hotpatch_cli.errors import refuse
    from hotpatch_cli.knowledge.cache import load_knowledge
    from hotpatch_cli.knowledge.limits import load_limits
    from hotpatch_cli.outputs.formats import LINT_FORMATS
    from hotpatch_cli.outputs.lint import LintView
    from hotpatch_cli.use_cases.lint import Lint

    render = LINT_FORMATS[known_word(form, tuple(LINT_FORMATS), "--format")]
    parts = load_linted(files)
    for note in (note for part in parts for note in part.notes):
        say(note, quiet=quiet)
    if not any(part.schedules for part in parts):
        raise refuse(", ".join(files), "There is no window in it.", "Nothing was checked.")
    knowledge = load_knowledge((), releases or ())
    judge, limits = Judge(knowledge, as_of or today()), load_limits()
    lints = [(Lint(limits, part.fleet, judge), part.schedules) for part in parts]
    found = tuple(broken for lint, schedules in lints for broken in lint.check(schedules))
    runs = [lint.runs(each) for lint, schedules in lints for each in schedules]
    view = LintView(found, len(runs), runs.count(False), knowledge.rules)
    deliver(render(view, screen(output, no_color=no_color)), output)
    raise typer.Exit(1 if found else 0)


@app.command(
    "export",
    epilog="Example: hotpatch windows export fleet.yaml --to azure --output configurations.json",
)
def export_command(
    fleet: Annotated[
        list[str],
        typer.Argument(metavar="FLEET...", help="Inventories or exports; - is standard input."),
    ],
    to: Annotated[
        str, typer.Option("--to", metavar="PLATFORM", envvar="HOTPATCH_TO", help="azure")
    ] = "azure",
    begin: Annotated[
        date | None,
        day_option("--from", "HOTPATCH_WINDOWS_FROM", "The first opening, from this day; today."),
    ] = None,
    location: Annotated[
        str | None,
        typer.Option(
            "--location",
            metavar="REGION",
            envvar="HOTPATCH_LOCATION",
            help="Where the configurations lie.",
        ),
    ] = None,
    output: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE|DIR",
            envvar="HOTPATCH_OUTPUT",
            help="A file, or one each in it.",
        ),
    ] = "-",
    windows_from: WindowFiles = None,
    quiet: Quiet = False,
) -> None:
    """Write windows as Azure takes them: maintenance configurations; exit code 1 where one cannot
    be said.
    """
    from hotpatch_cli.cli.console import say
    from hotpatch_cli.cli.export_files import deliver_configurations, tell
    from hotpatch_cli.errors import refuse
    from hotpatch_cli.inputs.fleet import load_fleet
    from hotpatch_cli.knowledge.limits import load_limits
    from hotpatch_cli.use_cases.export import export

    known_word(to, ("azure",), "--to")
    loaded, notes = load_fleet(fleet, windows=windows_from or ())
    if not loaded.windows:
        raise refuse(", ".join(fleet), "There is no window in it.", "Nothing was written.")
    for note in notes:
        say(note, quiet=quiet)
    found = export(loaded, load_limits(), begin or today(), location)
    deliver_configurations(found, output)
    tell(found, quiet=quiet)
    raise typer.Exit(1 if found.refused else 0)
