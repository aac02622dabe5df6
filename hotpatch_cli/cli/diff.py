"""`hotpatch diff`: who would win or lose hotpatch, for a pull request that changes an image or a
setting.
"""

from datetime import date
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from hotpatch_cli.cli.options.common import (
    AsOf,
    ConfigOption,
    EveryRow,
    MatrixFiles,
    NoColor,
    Output,
    Quiet,
    ReleaseFiles,
)
from hotpatch_cli.cli.request import RequestCommand, format_option
from hotpatch_cli.cli.words import chosen_format

if TYPE_CHECKING:
    from hotpatch_cli.gate.diff import Side
    from hotpatch_cli.inputs.others.report import PastReport
    from hotpatch_cli.knowledge.records import Knowledge

app = typer.Typer(add_completion=False)
_PEEKED = 4096
"""So many bytes of a file are enough to tell a report from a fleet."""


@app.command(
    cls=RequestCommand, epilog="Example: hotpatch diff main.json fleet.yaml --format markdown"
)
class DiffRequest(NamedTuple):
    """Show which machines would win or lose hotpatch; the exit code is 1 where one loses it."""

    old: Annotated[
        str, typer.Argument(metavar="OLD", help="A fleet, or a report of `check --format json`.")
    ]
    new: Annotated[
        str, typer.Argument(metavar="NEW", help="The same, as it would be; - is standard input.")
    ]
    as_of: AsOf = None
    form: Annotated[str, format_option("outputs.formats.DIFF_FORMATS")] = "table"
    output: Output = "-"
    every: EveryRow = False
    matrix: MatrixFiles = None
    releases: ReleaseFiles = None
    quiet: Quiet = False
    no_color: NoColor = False
    config: ConfigOption = None

    def run(self) -> None:
        """Write the difference of the two. Raises InputError and BadParameter."""
        from hotpatch_cli.cli.console import deliver, screen
        from hotpatch_cli.cli.output_targets import refuse_overwriting_inputs
        from hotpatch_cli.cli.session import day_of, knowledge_of
        from hotpatch_cli.gate.diff import report_diff
        from hotpatch_cli.outputs.formats import DIFF_FORMATS

        render = chosen_format(DIFF_FORMATS, self.form)
        if self.old == self.new == "-":
            raise typer.BadParameter("standard input can be one of the two.", param_hint="NEW")
        refuse_overwriting_inputs([self.output], [self.old, self.new])
        knowledge, day = knowledge_of(self), day_of(self)
        old = _side(self.old, knowledge, day, quiet=self.quiet)
        new = _side(self.new, knowledge, day, quiet=self.quiet)
        difference = report_diff(old, new)
        view = screen(self.output, no_color=self.no_color, everything=self.every)
        deliver(render(difference, view), self.output)
        raise typer.Exit(1 if difference.counts["loses"] else 0)


def _side(name: str, knowledge: "Knowledge", day: date, *, quiet: bool) -> "Side":
    """A fleet, judged on a day, or a report as it was written. Raises InputError, also where
    nothing is in it.
    """
    from hotpatch_cli.cli.session import tell
    from hotpatch_cli.errors import refuse
    from hotpatch_cli.gate.diff import side_of
    from hotpatch_cli.inputs.fleet import load_fleet
    from hotpatch_cli.use_cases.check import check as check_fleet
    from hotpatch_cli.use_cases.check import require_something

    past = _report(name)
    if past is not None:
        if not past.machines:
            raise refuse(name, "There is no machine in this report.", "Nothing was compared.")
        return side_of(name, past)
    fleet, notes = load_fleet([name])
    tell(notes, quiet=quiet)
    report = check_fleet(fleet, knowledge, day)
    require_something(report, [name])
    return side_of(name, report)


def _report(name: str) -> "PastReport | None":
    """The report in a file; None where it holds something else."""
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

    from hotpatch_cli.documents.files import MAX_BYTES

    if name == "-":
        data = sys.stdin.buffer.read(MAX_BYTES + 1)
        sys.stdin = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8")
        return data[:_PEEKED]
    try:
        with Path(name).open("rb") as stream:
            return stream.read(_PEEKED) if Path(name).is_file() else b""
    except (OSError, ValueError):  # whoever reads it says what is wrong with it
        return b""
