"""`hotpatch check`: the verdict, the track, the next baseline and the next restart of every
machine.
"""

from typing import Annotated

import typer

from hotpatch_cli.cli.html_report import HTML, PART, beside_all, contents, planned
from hotpatch_cli.cli.options.azure import live
from hotpatch_cli.cli.options.bulk import bulk
from hotpatch_cli.cli.options.common import (
    AsOf,
    Columns,
    FromReader,
    MatrixFiles,
    NoColor,
    Prefer,
    Quiet,
    ReleaseFiles,
    WindowFiles,
    today,
)
from hotpatch_cli.cli.options.feeds import ICS, Alarms, Previous, feed_options, tell_left_out
from hotpatch_cli.cli.options.gate import FAIL_ON, FailOn, parse_fail_on
from hotpatch_cli.cli.options.suppressions import (
    KnownFile,
    WaiverFiles,
    WriteKnown,
    judged_by,
    to_write,
    waiving,
)
from hotpatch_cli.cli.options.what_if import OPTION, WhatIfOption, parse_what_if
from hotpatch_cli.cli.output_targets import (
    Formats,
    Outputs,
    View,
    paired,
    refuse_overwriting_inputs,
    write_all_targets,
)

app = typer.Typer(add_completion=False)


@app.command(epilog="Example: hotpatch check fleet.yaml --as-of 2025-12-15 --format json")
@live("fleet")
@bulk
def check(
    fleet: Annotated[
        list[str],
        typer.Argument(metavar="FLEET...", help="Inventories or exports; - is standard input."),
    ],
    as_of: AsOf = None,
    form: Formats = None,
    output: Outputs = None,
    reader: FromReader = None,
    prefer: Prefer = None,
    columns: Columns = None,
    windows: WindowFiles = None,
    only: Annotated[
        str | None,
        typer.Option(
            "--only",
            metavar="LIST",
            envvar="HOTPATCH_ONLY",
            help="Show only these verdicts, track states or codes.",
        ),
    ] = None,
    fail_on: FailOn = FAIL_ON,
    waivers: WaiverFiles = None,
    known: KnownFile = None,
    write_known: WriteKnown = None,
    every: Annotated[
        bool, typer.Option("--all", envvar="HOTPATCH_ALL", help="Show all rows in a terminal.")
    ] = False,
    explain: Annotated[
        bool, typer.Option("--explain", envvar="HOTPATCH_EXPLAIN", help="Add reasons and remedies.")
    ] = False,
    by: Annotated[
        str,
        typer.Option(
            "--by",
            metavar="WORD",
            envvar="HOTPATCH_CHECK_BY",
            help="With ics: an event per machine or group.",
        ),
    ] = "machine",
    what_if: WhatIfOption = None,
    alarms: Alarms = None,
    previous: Previous = None,
    matrix: MatrixFiles = None,
    releases: ReleaseFiles = None,
    quiet: Quiet = False,
    no_color: NoColor = False,
) -> None:
    """Judge every machine of a fleet: can it hotpatch, why not, and when does it restart next?"""
    from hotpatch_cli.cli.console import say
    from hotpatch_cli.cli.options.gate import chosen, known_reader, known_source, narrowed
    from hotpatch_cli.cli.progress_bar import working
    from hotpatch_cli.inputs.fleet import load_fleet
    from hotpatch_cli.knowledge.cache import load_knowledge
    from hotpatch_cli.knowledge.release_age import stale
    from hotpatch_cli.use_cases import check as use_cases

    asked = waiving(waivers, known, write_known)
    deliveries, failing, wanted = paired(form, output), parse_fail_on(fail_on), chosen(only)
    read = (*fleet, *(waivers or ()), *(matrix or ()), *(releases or ()), *(windows or ()))
    refuse_overwriting_inputs(read, (*(each.output for each in deliveries), write_known))
    calendar = any(each.form == ICS for each in deliveries)
    feed = feed_options(ICS if calendar else "", as_of or today(), alarms, previous, by)
    chose, source = known_reader(reader), known_source(prefer, fleet)
    with working("reading and judging", quiet=quiet):
        loaded, notes = load_fleet(fleet, chose, source, windows or (), columns or ())
        knowledge, day = load_knowledge(matrix or (), releases or ()), as_of or today()
        report = judged_by(use_cases.check(loaded, knowledge, day), failing, asked, knowledge)
    use_cases.require_something(report, fleet)
    if world := parse_what_if(what_if, day):
        from hotpatch_cli.use_cases.what_if import scenario_diff, scenario_releases

        if not {each.form for each in deliveries} <= {"table", "json"}:
            raise typer.BadParameter(
                "the difference is shown in table and json.", param_hint=OPTION
            )
        releases_then = scenario_releases(knowledge, day, world.releases)
        world = world._replace(releases=releases_then)
        report = report._replace(what_if=scenario_diff(report, world))
    shown = narrowed(report, wanted)
    silent = all(
        each.form in ("csv", ICS) for each in deliveries
    )  # these have no room for what is said of the run
    general = shown.general_lines if silent else ()
    for note in (*notes, stale(knowledge, day), *general, *shown.gate.notes):
        if note:
            say(note, quiet=quiet)
    page = None
    if any(each.form == HTML for each in deliveries):
        with working("planning and drawing", quiet=quiet):
            page = contents(
                shown, knowledge, planned(report, knowledge) if wanted is None else PART
            )
    extra = [*to_write(asked, report), *beside_all(shown, deliveries)]
    write_all_targets(shown, deliveries, View(no_color, every, explain, feed, page), extra)
    if calendar:
        tell_left_out(shown, quiet=quiet)
    raise typer.Exit(report.gate.exit_code)
