"""`hotpatch calendar`: a year of baselines and hotpatches."""

from datetime import date
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from hotpatch_cli.cli.decision import conclude
from hotpatch_cli.cli.options.common import (
    AsOf,
    ConfigOption,
    NoColor,
    Output,
    Product,
    Quiet,
    ReleaseFiles,
    WhatIfOption,
    Year,
)
from hotpatch_cli.cli.output_targets import format_for
from hotpatch_cli.cli.request import RequestCommand, format_option
from hotpatch_cli.cli.words import known_product

if TYPE_CHECKING:
    from hotpatch_cli.knowledge.records import Knowledge
    from hotpatch_cli.servicing.calendar import Year as CalendarYear

app = typer.Typer(add_completion=False)


@app.command(cls=RequestCommand)
class CalendarRequest(NamedTuple):
    """Show the baselines and hotpatches of a year, confirmed or forecast."""

    year: Year = None
    product: Product = "all"
    as_of: AsOf = None
    form: Annotated[str, format_option("outputs.formats.CALENDAR_FORMATS")] = "table"
    output: Output = "-"
    what_if: WhatIfOption = None
    releases: ReleaseFiles = None
    quiet: Quiet = False
    no_color: NoColor = False
    config: ConfigOption = None

    def run(self) -> None:
        """Write the calendar. Raises InputError and BadParameter."""
        from hotpatch_cli.cli.console import deliver, screen
        from hotpatch_cli.cli.session import day_of, knowledge_of, tell
        from hotpatch_cli.knowledge.release_age import stale
        from hotpatch_cli.outputs.formats import CALENDAR_FORMATS
        from hotpatch_cli.servicing.calendar import year_of

        form = format_for(self, CALENDAR_FORMATS)
        product = known_product(self.product)
        knowledge, day = knowledge_of(self), day_of(self)
        tell([stale(knowledge, day)], quiet=self.quiet)
        if form == "ics":
            year = years_of_feed(knowledge, self.year, day, product)
        else:
            year = year_of(knowledge, self.year or day.year, day, product)
        if self.what_if:
            year = _with_scenario(year, self, form, knowledge, day)
        view = screen(self.output, no_color=self.no_color)
        deliver(CALENDAR_FORMATS[form](year, view), self.output)
        conclude("", [self.output], quiet=self.quiet)


def years_of_feed(
    knowledge: "Knowledge", wanted: int | None, day: date, product: str
) -> "CalendarYear":
    """The year of a feed; without a wanted one the next year too, since a subscriber in December
    must see January's baseline.
    """
    from hotpatch_cli.servicing.calendar import year_of

    year = year_of(knowledge, wanted or day.year, day, product)
    if wanted is not None:
        return year
    coming = year_of(knowledge, day.year + 1, day, product)
    both = {name: year.entries[name] + coming.entries[name] for name in year.products}
    return year._replace(entries=both)


def _with_scenario(
    year: "CalendarYear", request: CalendarRequest, form: str, knowledge: "Knowledge", day: date
) -> "CalendarYear":
    """The year with the difference that a scenario makes. Raises BadParameter."""
    from hotpatch_cli.cli.options.what_if import OPTION, parse_what_if
    from hotpatch_cli.servicing.calendar import year_of
    from hotpatch_cli.use_cases.what_if import scenario_releases, year_difference

    scenario = parse_what_if(request.what_if, day)
    if scenario.freezes:
        message = "A calendar of releases has no freezes. Use `check` or `plan`."
        raise typer.BadParameter(message, param_hint=OPTION)
    if form not in ("table", "json", "markdown"):
        message = "Only the formats table, json, and markdown show the difference."
        raise typer.BadParameter(message, param_hint=OPTION)
    releases = scenario_releases(knowledge, day, scenario.releases)
    then = year_of(knowledge, year.year, day, request.product, releases)
    return year._replace(what_if=year_difference(year, then, scenario.texts))
