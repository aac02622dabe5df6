"""`hotpatch diff`: the machines that gain or lose eligibility, for a pull request that changes an
image or a setting.
"""

from datetime import date
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from hotpatch_cli.cli.decision import FAIL, PASS, conclude
from hotpatch_cli.cli.options.common import (
    AllowEmpty,
    AsOf,
    ConfigOption,
    EveryRow,
    MatrixFiles,
    NoColor,
    Output,
    Quiet,
    ReleaseFiles,
    SetFacts,
)
from hotpatch_cli.cli.output_targets import renderer_for
from hotpatch_cli.cli.request import RequestCommand, format_option
from hotpatch_cli.outputs.phrases import counted

if TYPE_CHECKING:
    from hotpatch_cli.gate.diff import ReportDiff, Side
    from hotpatch_cli.inputs.others.report import PastReport
    from hotpatch_cli.knowledge.records import Knowledge

app = typer.Typer(add_completion=False)
_PEEKED = 4096
"""Bytes of a file that are enough to tell a report from a fleet."""


@app.command(cls=RequestCommand)
class DiffRequest(NamedTuple):
    """Show the machines that gain or lose eligibility, between two fleets or by applying a plan.
    The exit code is 1 if one loses it.
    """

    old: Annotated[
        str,
        typer.Argument(
            metavar="OLD",
            help="Fleet or JSON report before the change; alone, a Terraform plan or a what-if.",
        ),
    ]
    new: Annotated[
        str | None,
        typer.Argument(metavar="NEW", help="The fleet after it; - is standard input."),
    ] = None
    as_of: AsOf = None
    form: Annotated[str, format_option("outputs.formats.DIFF_FORMATS")] = "table"
    output: Output = "-"
    every: EveryRow = False
    facts: SetFacts = None
    allow_empty: AllowEmpty = False
    matrix: MatrixFiles = None
    releases: ReleaseFiles = None
    quiet: Quiet = False
    no_color: NoColor = False
    config: ConfigOption = None

    def run(self) -> None:
        """Write the difference of the two. Raises InputError and BadParameter."""
        from hotpatch_cli.cli.console import deliver, screen
        from hotpatch_cli.cli.session import day_of, knowledge_of
        from hotpatch_cli.gate.diff import report_diff
        from hotpatch_cli.outputs.formats import DIFF_FORMATS

        render = renderer_for(self, DIFF_FORMATS)
        if self.old == self.new == "-":
            raise typer.BadParameter("Only one of the two can be standard input.", param_hint="NEW")
        knowledge, day = knowledge_of(self), day_of(self)
        if self.new is None:
            old, new = _plan_sides(self.old, self, knowledge, day)
        else:
            old, new = (_side(name, self, knowledge, day) for name in (self.old, self.new))
        difference = report_diff(old, new)
        view = screen(self.output, no_color=self.no_color, everything=self.every)
        deliver(render(difference, view), self.output)
        conclude(_decision(difference, allowed=self.allow_empty), [self.output], quiet=self.quiet)
        raise typer.Exit(1 if difference.counts["loses"] else 0)


def _decision(difference: "ReportDiff", *, allowed: bool) -> str:
    counts = difference.counts
    total = counted(sum(counts.values()), "machine")
    words = [f"{counts[change]:,} {change}" for change in ("new", "gone") if counts[change]]
    more = f" ({', '.join(words)})" if words else ""
    if lost := counts["loses"]:
        return f"{FAIL}: {lost:,} of {total} {'loses' if lost == 1 else 'lose'} eligibility{more}"
    if allowed and not sum(counts.values()):
        return f"{PASS}: nothing to compare (--allow-empty)"
    return f"{PASS}: none of {total} loses eligibility{more}"


def _plan_sides(
    name: str, request: DiffRequest, knowledge: "Knowledge", day: date
) -> "tuple[Side, Side]":
    """A plan before and after it's applied. Raises InputError and BadParameter."""
    from hotpatch_cli.cli.session import tell
    from hotpatch_cli.errors import refuse
    from hotpatch_cli.gate.diff import side_of
    from hotpatch_cli.inputs.fleet import load_sides
    from hotpatch_cli.use_cases.check import check as check_fleet
    from hotpatch_cli.use_cases.check import nothing_to_check

    sides = None if _report(name) else load_sides(name)
    if sides is None:
        raise typer.BadParameter(
            f"Specify a second file. {name} alone isn't a Terraform plan or a what-if result.",
            param_hint="NEW",
        )
    tell(sides.notes, quiet=request.quiet)
    before, after = (check_fleet(fleet, knowledge, day) for fleet in (sides.before, sides.after))
    if not before.machines and not after.machines and not request.allow_empty:
        skipped = max(len(before.skipped), len(after.skipped))
        raise refuse(name, nothing_to_check(skipped), "Nothing was compared.")
    return side_of(f"{name} before", before), side_of(f"{name} after", after)


def _side(name: str, request: DiffRequest, knowledge: "Knowledge", day: date) -> "Side":
    """A fleet as of a date, or a report as it was written. Raises InputError."""
    from hotpatch_cli.cli.session import set_facts, tell
    from hotpatch_cli.errors import refuse
    from hotpatch_cli.gate.diff import side_of
    from hotpatch_cli.inputs.fleet import load_sources
    from hotpatch_cli.inputs.source_files import source_files
    from hotpatch_cli.use_cases.check import check as check_fleet
    from hotpatch_cli.use_cases.check import require_something

    past = _report(name)
    if past is not None:
        if not past.machines and not request.allow_empty:
            raise refuse(name, "The report has no machines.", "Nothing was compared.")
        return side_of(name, past)
    fleet, notes, _ = load_sources(
        source_files([name]), allow_empty=request.allow_empty, facts=set_facts(request)
    )
    tell(notes, quiet=request.quiet)
    report = check_fleet(fleet, knowledge, day)
    if not request.allow_empty:
        require_something(report, [name])
    return side_of(name, report)


def _report(name: str) -> "PastReport | None":
    """The report in a file; None where the file has something else."""
    from hotpatch_cli.documents.files import read_document
    from hotpatch_cli.inputs.others.report import is_report, read_report

    if b'"schema_version"' not in _beginning(name):
        return None
    document = read_document(name)
    return read_report(document) if is_report(document) else None


def _beginning(name: str) -> bytes:
    """The first bytes of a file; standard input is kept, so that it can be read again from its
    beginning.
    """
    import io
    import sys
    from pathlib import Path

    from hotpatch_cli.documents.files import read_bytes

    if name == "-":
        data = read_bytes("-")
        sys.stdin = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8")
        return data[:_PEEKED]
    try:
        with Path(name).open("rb") as stream:
            return stream.read(_PEEKED) if Path(name).is_file() else b""
    except (OSError, ValueError):  # the reader of the file reports the problem
        return b""
