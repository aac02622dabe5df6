"""`hotpatch calendar`: a year of baselines and hotpatches."""

from datetime import date
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from hotpatch_cli.cli.options.common import (
    Alarms,
    AsOf,
    ConfigOption,
    NoColor,
    Output,
    Previous,
    Product,
    Quiet,
    ReleaseFiles,
    WhatIfOption,
)
from hotpatch_cli.cli.request import RequestCommand, format_option, option
from hotpatch_cli.cli.words import chosen_format, known_product

if TYPE_CHECKING:
    from hotpatch_cli.knowledge.records import Knowledge
    from hotpatch_cli.servicing.calendar import Year

app = typer.Typer(add_completion=False)


@app.command(cls=RequestCommand, epilog="Example: hotpatch calendar --year 2025")
class CalendarRequest(NamedTuple):
    """Show a year: planned and unplanned baselines, hotpatches, KBs and builds; confirmed or
    forecast.
    """

    year: Annotated[
        int | None,
        option(
            "--year", None, "This year if not given; with ics the next one too.", min=2000, max=2100
        ),
    ] = None
    product: Product = "all"
    as_of: AsOf = None
    form: Annotated[str, format_option("outputs.formats.CALENDAR_FORMATS")] = "table"
    output: Output = "-"
    what_if: WhatIfOption = None
    alarms: Alarms = None
    previous: Previous = None
    releases: ReleaseFiles = None
    quiet: Quiet = False
    no_color: NoColor = False
    config: ConfigOption = None

    def run(self) -> None:
        """Write the calendar. Raises InputError and BadParameter."""
        from hotpatch_cli.cli.console import deliver, screen
        from hotpatch_cli.cli.options.feeds import ICS, feed_options
        from hotpatch_cli.cli.session import day_of, knowledge_of, tell
        from hotpatch_cli.knowledge.release_age import stale
        from hotpatch_cli.outputs.formats import CALENDAR_FORMATS
        from hotpatch_cli.servicing.calendar import year_of

        render = chosen_format(CALENDAR_FORMATS, self.form)
        product = known_product(self.product)
        knowledge, day = knowledge_of(self), day_of(self)
        feed = feed_options(self.form, day, self.alarms, self.previous)
        tell([stale(knowledge, day)], quiet=self.quiet)
        year = year_of(knowledge, self.year or day.year, day, product)
        if self.form == ICS and self.year is None:
            # who subscribes in December must see January's baseline
            coming = year_of(knowledge, day.year + 1, day, product)
            both = {name: year.entries[name] + coming.entries[name] for name in year.products}
            year = year._replace(entries=both)
        if self.what_if:
            year = _with_scenario(year, self, knowledge, day)
        view = screen(self.output, no_color=self.no_color)._replace(feed=feed)
        deliver(render(year, view), self.output)


def _with_scenario(
    year: "Year", request: CalendarRequest, knowledge: "Knowledge", day: date
) -> "Year":
    """The year with the difference that a supposed world makes. Raises BadParameter."""
    from hotpatch_cli.cli.options.what_if import OPTION, parse_what_if
    from hotpatch_cli.servicing.calendar import year_of
    from hotpatch_cli.use_cases.what_if import scenario_releases, year_difference

    world = parse_what_if(request.what_if, day)
    if world.freezes:
        raise typer.BadParameter(
            "a calendar of releases has no freeze: ask `check` or `plan`.", param_hint=OPTION
        )
    if request.form not in ("table", "json", "markdown"):
        raise typer.BadParameter(
            "the difference is shown in table, json and markdown.", param_hint=OPTION
        )
    releases = scenario_releases(knowledge, day, world.releases)
    then = year_of(knowledge, year.year, day, request.product, releases)
    return year._replace(what_if=year_difference(year, then, world.texts))
