"""`hotpatch diff`: who would win or lose hotpatch, for a pull request that changes an image or a
setting.
"""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from hotpatch_cli.cli.options.common import (
    AsOf,
    MatrixFiles,
    NoColor,
    Output,
    Quiet,
    ReleaseFiles,
    today,
)
from hotpatch_cli.cli.options.gate import known_word
from hotpatch_cli.cli.output_targets import refuse_overwriting_inputs

if TYPE_CHECKING:
    from hotpatch_cli.gate.diff import Side
    from hotpatch_cli.inputs.others.report import PastReport
    from hotpatch_cli.knowledge.records import Knowledge

app = typer.Typer(add_completion=False)
_PEEKED = 4096


@app.command(epilog="Example: hotpatch diff main.json fleet.yaml --format markdown")
def diff(
    old: Annotated[
        str, typer.Argument(metavar="OLD", help="A fleet, or a report of `check --format json`.")
    ],
    new: Annotated[
        str, typer.Argument(metavar="NEW", help="The same, as it would be; - is standard input.")
    ],
    as_of: AsOf = None,
    form: Annotated[
        str,
        typer.Option(
            "--format",
            "-f",
            metavar="FORMAT",
            envvar="HOTPATCH_FORMAT",
            help="table, json, markdown",
        ),
    ] = "table",
    output: Output = "-",
    every: Annotated[
        bool, typer.Option("--all", envvar="HOTPATCH_ALL", help="Show all rows in a terminal.")
    ] = False,
    matrix: MatrixFiles = None,
    releases: ReleaseFiles = None,
    quiet: Quiet = False,
    no_color: NoColor = False,
) -> None:
    """Show which machines would win or lose hotpatch; the exit code is 1 where one loses it."""
    from hotpatch_cli.cli.console import deliver, screen
    from hotpatch_cli.gate.diff import report_diff
    from hotpatch_cli.knowledge.cache import load_knowledge
    from hotpatch_cli.outputs.report_diff import DIFF_FORMATS

    render = DIFF_FORMATS[known_word(form, tuple(DIFF_FORMATS), "--format")]
    if old == new == "-":
        raise typer.BadParameter("standard input can be one of the two.", param_hint="NEW")
    refuse_overwriting_inputs((old, new), (output,))
    knowledge, day = load_knowledge(matrix or (), releases or ()), as_of or today()
    before, after = (_side(name, knowledge, day, quiet=quiet) for name in (old, new))
    found = report_diff(before, after)
    deliver(render(found, screen(output, no_color=no_color, everything=every)), output)
    raise typer.Exit(1 if found.counts["loses"] else 0)


def _side(name: str, knowledge: "Knowledge", day: date, *, quiet: bool) -> "Side":
    """A fleet, judged on a day, or a report as it was written. Raises InputError, also where
    nothing is in it.
    """
    from hotpatch_cli.cli.console import say
    from hotpatch_cli.errors import refuse
    from hotpatch_cli.gate.diff import side_of
    from hotpatch_cli.inputs.fleet import load_fleet
    from hotpatch_cli.use_cases import check as use_cases

    past = _report(name)
    if past is not None:
        if not past.machines:
            raise refuse(name, "There is no machine in this report.", "Nothing was compared.")
        return side_of(name, past)
    fleet, notes = load_fleet([name])
    for note in notes:
        say(note, quiet=quiet)
    report = use_cases.check(fleet, knowledge, day)
    use_cases.require_something(report, [name])
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
