"""`hotpatch calendar`: a year of baselines and hotpatches."""

from typing import Annotated

import typer

from hotpatch_cli.cli.options.common import AsOf, NoColor, Output, Quiet, ReleaseFiles, today
from hotpatch_cli.cli.options.feeds import ICS, Alarms, Previous, feed_options
from hotpatch_cli.cli.options.gate import known_word
from hotpatch_cli.cli.options.what_if import OPTION, WhatIfOption, parse_what_if

app = typer.Typer(add_completion=False)


@app.command(epilog="Example: hotpatch calendar --year 2025")
def calendar(
    year: Annotated[
        int | None,
        typer.Option(
            "--year",
            min=2000,
            max=2100,
            envvar="HOTPATCH_YEAR",
            help="This year if not given; with ics the next one too.",
        ),
    ] = None,
    product: Annotated[
        str,
        typer.Option(
            "--product", metavar="NAME", envvar="HOTPATCH_PRODUCT", help="ws2022, ws2025 or all"
        ),
    ] = "all",
    as_of: AsOf = None,
    form: Annotated[
        str,
        typer.Option(
            "--format",
            "-f",
            metavar="FORMAT",
            envvar="HOTPATCH_FORMAT",
            help="table, json, csv, markdown, ics, svg, png",
        ),
    ] = "table",
    output: Output = "-",
    what_if: WhatIfOption = None,
    alarms: Alarms = None,
    previous: Previous = None,
    releases: ReleaseFiles = None,
    quiet: Quiet = False,
    no_color: NoColor = False,
) -> None:
    """Show a year: planned and unplanned baselines, hotpatches, KBs and builds; confirmed or
    forecast.
    """
    from hotpatch_cli.cli.console import deliver, say, screen
    from hotpatch_cli.knowledge.cache import load_knowledge
    from hotpatch_cli.knowledge.release_age import stale
    from hotpatch_cli.outputs.calendar import CALENDAR_FORMATS
    from hotpatch_cli.servicing.calendar import year_of

    render = CALENDAR_FORMATS[known_word(form, tuple(CALENDAR_FORMATS), "--format")]
    wanted = known_word(product, ("all", "ws2022", "ws2025"), "--product")
    knowledge, day = load_knowledge(release_files=releases or ()), as_of or today()
    feed = feed_options(form, day, alarms, previous)
    if note := stale(knowledge, day):
        say(note, quiet=quiet)
    found = year_of(knowledge, year or day.year, day, wanted)
    if form == ICS and year is None:  # who subscribes in December must see January's baseline
        coming = year_of(knowledge, day.year + 1, day, wanted)
        found = found._replace(
            entries={each: found.entries[each] + coming.entries[each] for each in found.products}
        )
    if world := parse_what_if(what_if, day):
        from hotpatch_cli.use_cases.what_if import scenario_releases, year_difference

        if world.freezes:
            raise typer.BadParameter(
                "a calendar of releases has no freeze: ask `check` or `plan`.", param_hint=OPTION
            )
        if form not in ("table", "json", "markdown"):
            raise typer.BadParameter(
                "the difference is shown in table, json and markdown.", param_hint=OPTION
            )
        releases_then = scenario_releases(knowledge, day, world.releases)
        then = year_of(knowledge, found.year, day, wanted, releases_then)
        found = found._replace(what_if=year_difference(found, then, world.texts))
    view = screen(output, no_color=no_color)._replace(feed=feed)
    deliver(render(found, view), output)
