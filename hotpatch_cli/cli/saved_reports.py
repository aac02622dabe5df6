"""Saved reports of `hotpatch check -f json`, read back for a trend."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import TYPE_CHECKING

from hotpatch_cli.cli.options.common import YEARS
from hotpatch_cli.documents.files import STDIN, read_document
from hotpatch_cli.errors import InputError, Problem, refuse
from hotpatch_cli.inputs.others.report import PastReport, ReportedMachine, is_report, read_report
from hotpatch_cli.use_cases.trend import SavedReport, past_report, trend

if TYPE_CHECKING:
    from hotpatch_cli.knowledge.records import Knowledge
    from hotpatch_cli.outputs.page.trend import TrendPart
    from hotpatch_cli.outputs.trend_view import TrendView
    from hotpatch_cli.report import Report


def trend_view(reports: Iterable[SavedReport], knowledge: "Knowledge") -> "TrendView":
    """The trend of reports, with what its formats show. Raises InputError."""
    from hotpatch_cli.knowledge.release_age import stale
    from hotpatch_cli.outputs.trend_view import TrendView

    made = trend(reports, knowledge)
    newest: date = made.points[-1].as_of
    return TrendView(made, knowledge.rules, stale(knowledge, newest))


def trend_part(report: "Report", knowledge: "Knowledge", names: Iterable[str]) -> "TrendPart":
    """The trend of saved reports up to the report of a page, unless one of them is of its day or
    newer. Raises InputError.
    """
    from hotpatch_cli.outputs.page.trend import TrendPart

    saved = saved_reports(names)
    if all(earlier.report.as_of < report.as_of for earlier in saved):
        saved.append(SavedReport("this report", past_report(report)))
    return TrendPart(trend_view(saved, knowledge))


def saved_reports(names: Iterable[str]) -> list[SavedReport]:
    """The reports of some files. Raises InputError with the problems of all of them.

    Most machines are alike from report to report: each distinct one is held once.
    """
    known: dict[ReportedMachine, ReportedMachine] = {}
    saved, problems = [], list(_repeated_input(names := list(names)))
    for name in names:
        try:
            report = _read(name)
        except InputError as error:
            problems += error.problems
            continue
        machines = tuple(known.setdefault(machine, machine) for machine in report.machines)
        shown = STDIN if name == "-" else name
        saved.append(SavedReport(shown, report._replace(machines=machines)))
    if problems:
        raise InputError(problems)
    return saved


def _repeated_input(names: list[str]) -> Iterator[Problem]:
    if names.count("-") > 1:
        yield Problem(STDIN, None, None, "Standard input has one report.", "Specify - once.")


def _read(name: str) -> PastReport:
    document = read_document(name)
    if not is_report(document):
        remedy = "Create one with `hotpatch check FLEET -f json -o FILE`."
        raise refuse(document.file, "This isn't a JSON report of `hotpatch check`.", remedy)
    report = read_report(document)
    if report.as_of.year not in YEARS:
        message = f"The date {report.as_of} is out of range."
        place = document.position(document.root.at("as_of"))
        remedy = f"Reports are from {YEARS[0]} to {YEARS[-1]}."
        raise InputError([Problem(*place, message, remedy)])
    return report
