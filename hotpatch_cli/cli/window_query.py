"""Options of commands that list openings of windows, and the openings that they ask for."""

from datetime import date
from typing import Annotated, Protocol

import typer

from hotpatch_cli.cli.options.common import day_option, now, today
from hotpatch_cli.cli.request import option
from hotpatch_cli.cli.session import AzureRequest, Sources, source_names, tell
from hotpatch_cli.cli.words import known_word
from hotpatch_cli.errors import InputError
from hotpatch_cli.outputs.phrases import counted
from hotpatch_cli.use_cases.windows import OpeningQuery, UpcomingOpening, list_openings

FirstDay = Annotated[date | None, day_option("--from", "First local date. Default: today.")]
LastDay = Annotated[date | None, day_option("--until", "Last local date, instead of --next.")]
MostOpenings = Annotated[
    int, option("--next", "N", "Number of openings for each machine.", min=1, max=1000)
]
WindowNames = Annotated[
    list[str] | None, option("--window", "NAME", "List only this window. Repeatable.")
]


class OpeningsRequest(AzureRequest, Protocol):
    """The options of a request that decide which openings are listed."""

    @property
    def fleet(self) -> list[str] | None:
        """The files of the fleet."""

    @property
    def begin(self) -> date | None:
        """The first date."""

    @property
    def until(self) -> date | None:
        """The last date, included."""

    @property
    def most(self) -> int:
        """The number of openings for each machine, where there is no last date."""

    @property
    def named(self) -> list[str] | None:
        """The names of windows, where only some are listed."""


def first_day(request: OpeningsRequest) -> date:
    """The first date of a request."""
    return request.begin or today()


def found_openings(request: OpeningsRequest, *, by_window: bool) -> tuple[UpcomingOpening, ...]:
    """The openings of a request. Raises InputError and BadParameter."""
    names, begin = source_names(request, request.fleet), first_day(request)
    if request.until is not None and request.until < begin:
        message = f"{request.until} is before the first date, {begin}. Specify a later date."
        raise typer.BadParameter(message, param_hint="--until")
    sources = Sources.load(request, names)
    tell(sources.notes, quiet=request.quiet)
    fleet = sources.fleet
    only = frozenset(known_word(name, fleet.windows, "--window") for name in request.named or ())
    clock = None if request.begin else now()
    query = OpeningQuery(begin, request.until, request.most, by_window, only, clock)
    openings, problems = list_openings(fleet, query)
    if problems:
        raise InputError(problems)
    if without := sum(not machine.placement.windows for machine in fleet.machines):
        number = f"{without:,} of {counted(len(fleet.machines), 'machine')}"
        tell([f"Machines without a window, not listed: {number}."], quiet=request.quiet)
    return openings
