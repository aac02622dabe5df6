"""The contents of a page besides the report: the year, the plan, and the file for machines that
exceed the page.
"""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from hotpatch_cli.knowledge.records import Knowledge
from hotpatch_cli.report import Report

if TYPE_CHECKING:
    from hotpatch_cli.eligibility.verdict import Judge
    from hotpatch_cli.outputs.page.plan import PlanPart
    from hotpatch_cli.outputs.page.render import PageContents

PART = "This page shows a part of the fleet. For a plan of all machines, run `hotpatch report`."


def contents(report: Report, knowledge: Knowledge, plan: "PlanPart | str | None") -> "PageContents":
    """All that a page holds: the report, the year of its day, how old its data is, and the plan."""
    from hotpatch_cli.knowledge.release_age import stale
    from hotpatch_cli.outputs.page.render import PageContents
    from hotpatch_cli.servicing.calendar import year_of

    day = report.as_of
    return PageContents(
        report, year_of(knowledge, day.year, day), knowledge, stale=stale(knowledge, day), plan=plan
    )


def plan_part(
    report: Report,
    knowledge: Knowledge,
    plan_name: str | None = None,
    effort: float = 1.0,
    at: datetime | None = None,
) -> "PlanPart | str":
    """The plan of a file with its progress at a moment, or a plan made now; a sentence if no
    machine needs a baseline. Raises InputError.
    """
    from hotpatch_cli.eligibility.verdict import Judge
    from hotpatch_cli.outputs.page.plan import computed
    from hotpatch_cli.planning import PlanRequest, plan, prepare
    from hotpatch_cli.planning.plan import SearchOptions
    from hotpatch_cli.servicing.restart import start_of

    judge = Judge(knowledge, report.as_of)
    if plan_name is not None:
        return _plan_of_file(report, judge, plan_name, at)
    try:
        # A day begins at the midnight of each zone, the clock of the program at its moment.
        now = None if at == start_of(report.as_of) else at
        prepared = prepare(report.fleet, judge, PlanRequest(now=now))
    except ValueError as error:
        return str(error)
    return computed(plan(prepared, SearchOptions(effort)), knowledge.rules)


def _plan_of_file(
    report: Report, judge: "Judge", plan_name: str, at: datetime | None
) -> "PlanPart":
    """A plan of a file, checked against the fleet, with its progress. Raises InputError."""
    from hotpatch_cli.cli.plan_file import progress_of, read_plan
    from hotpatch_cli.errors import refuse
    from hotpatch_cli.outputs.page.plan import given
    from hotpatch_cli.planning import prepare
    from hotpatch_cli.servicing.restart import start_of

    read = read_plan(plan_name)
    try:
        prepared = prepare(report.fleet, judge, read.wish)
    except ValueError as error:
        raise refuse(
            plan_name, str(error), "Make a new plan: run `hotpatch plan -f json`."
        ) from None
    if read.release is None:
        return given(prepared, read.starts)
    found = progress_of(read, report.fleet, judge, at or start_of(report.as_of))
    return given(prepared, found.remaining_starts, found.done)._replace(progress=found)


def machine_table(report: Report, output: str) -> Path | None:
    """The file for the table of all machines where a page can't list them; None beside a pipe or a
    device.
    """
    from hotpatch_cli.documents.run_files import exists, is_file
    from hotpatch_cli.outputs.page.machines import MOST

    path = Path(output)
    if len(report.machines) <= MOST or output == "-" or (exists(output) and not is_file(output)):
        return None
    return path.with_suffix(".machines.csv")


def machine_tables(report: Report, pages: Iterable[str]) -> list[tuple[str, str]]:
    """The tables beside the pages among the outputs, as (name, text)."""
    places = [machine_table(report, page) for page in pages]
    if not any(places):
        return []
    from hotpatch_cli.outputs.report_csv import render_csv

    return [(str(place), render_csv(report)) for place in places if place]
