"""Options of waivers and known findings, the same for `check` and `image`."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from hotpatch_cli.cli.config.config import current
from hotpatch_cli.cli.config.tables import overrides_of, severities
from hotpatch_cli.gate.outcome import GateRules, Suppression, apply_gate
from hotpatch_cli.gate.overrides import ByMachine, ForSome, Override
from hotpatch_cli.gate.suppressions import Known, KnownFindings, Waivers, known_in
from hotpatch_cli.inputs.gate_files.waivers import known_text, read_known, read_waivers
from hotpatch_cli.knowledge.records import Knowledge
from hotpatch_cli.report import Report

WaiverFiles = Annotated[
    list[Path]
    | None,  # a Path, so that in the variable a colon parts them (on Windows a semicolon) and no space does
    typer.Option(
        "--waivers",
        metavar="FILE",
        envvar="HOTPATCH_WAIVERS",
        help="Findings that somebody answers for until a day; repeatable. `hotpatch waive` adds one.",
        show_default=False,
    ),
]
KnownFile = Annotated[
    str | None,
    typer.Option(
        "--known",
        metavar="FILE",
        envvar="HOTPATCH_KNOWN",
        help="Fail only on what is not in this file.",
    ),
]
WriteKnown = Annotated[
    str | None,
    typer.Option(
        "--write-known",
        metavar="FILE",
        envvar="HOTPATCH_WRITE_KNOWN",
        help="Write the findings of today for --known; the exit code is 0.",
    ),
]


class Waiving(NamedTuple):
    """What the options said: waiver files, known findings to read, and the file to write them to."""

    waivers: tuple[str, ...] = ()
    known: str | None = None
    write: str | None = None


def waiving(waivers: Iterable[Path] | None, known: str | None, write: str | None) -> Waiving:
    """The options as values. Raises BadParameter."""
    if write == "-":
        raise typer.BadParameter(
            "name a file: standard output has the report.", param_hint="--write-known"
        )
    return Waiving(tuple(map(str, waivers or ())), known, write)


def judged_by(
    report: Report, failing: frozenset[str], asked: Waiving, knowledge: Knowledge
) -> Report:
    """The report with what counts, by the options and by the configuration. Raises InputError.

    Where known findings are only written, the exit code is 0.
    """
    config = current.get()
    file, day = config.file, report.as_of
    overrides = [] if file is None else overrides_of(file, heed_words=not config.given("fail_on"))
    everywhere = Waivers(read_waivers(asked.waivers, knowledge.rules), day)
    some = [
        ForSome(each, Waivers(read_waivers(names, knowledge.rules), day))
        for each, _, names in overrides
        if names
    ]
    known = (
        []
        if asked.known is None
        else [KnownFindings(Known(*each) for each in read_known(asked.known))]
    )
    shields: list[Suppression] = [*([everywhere] if asked.waivers else []), *some, *known]
    words = [Override(selector, each) for selector, each, _ in overrides if each]
    rules = GateRules(ByMachine(failing, words), shields, severities(config.own("severity")))
    report = apply_gate(report, rules, sorted(failing))
    return report._replace(gate=report.gate._replace(exit_code=0)) if asked.write else report


def to_write(asked: Waiving, report: Report) -> list[tuple[str, str]]:
    """The file of known findings, as (name, text), where it is asked for."""
    if asked.write is None:
        return []

    return [(asked.write, known_text(report.as_of, known_in(report)))]
