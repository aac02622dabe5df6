"""The gate of `check` and `image`: waivers, known findings, levels, and the rows to show."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import typer

from hotpatch_cli.cli.config.config import current
from hotpatch_cli.documents.run_files import files_of_run
from hotpatch_cli.gate.outcome import GateRules, Suppression, apply_gate, conditions_of
from hotpatch_cli.gate.overrides import ByMachine, ForSome, Override
from hotpatch_cli.gate.suppressions import Known, KnownFindings, Waivers, known_in
from hotpatch_cli.inputs.gate_files.waivers import known_text, read_known, read_waivers
from hotpatch_cli.knowledge.records import Knowledge
from hotpatch_cli.report import Checked, Outcome, Report


class Waiving(NamedTuple):
    """Waiver files, known findings to read, and the file to write them to."""

    waivers: tuple[str, ...] = ()
    known: str | None = None
    write: str | None = None


def waiving(waivers: Iterable[Path] | None, known: str | None, write: str | None) -> Waiving:
    """The options as values. Raises BadParameter."""
    if write == "-":
        raise typer.BadParameter(
            "Specify a file, because standard output has the report.", param_hint="--write-known"
        )
    return Waiving(tuple(map(str, waivers or ())), known, write)


def judged_by(
    report: Report, failing: frozenset[str], asked: Waiving, knowledge: Knowledge
) -> Report:
    """The report with the outcome of each machine, by options and configuration. Raises InputError.

    Where known findings are only written, the exit code is 0.
    """
    config, day = current.get(), report.as_of
    suppressions: list[Suppression] = []
    if asked.waivers:
        suppressions.append(Waivers(read_waivers(asked.waivers, knowledge.rules), day))
    words: list[Override] = []
    if config.file is not None and config.own("overrides"):
        from hotpatch_cli.cli.config.tables import overrides_of

        heed_words = not config.given("fail_on")
        for selector, fail_on, files in overrides_of(config.file, heed_words=heed_words):
            if fail_on:
                words.append(Override(selector, fail_on))
            if files:
                some = Waivers(read_waivers(files, knowledge.rules), day)
                suppressions.append(ForSome(selector, some))
    if asked.known is not None:
        with files_of_run().reading_older():
            rows = read_known(asked.known)
        suppressions.append(KnownFindings(Known(*row) for row in rows))
    levels = {}
    if table := config.own("severity"):
        from hotpatch_cli.cli.config.tables import severities

        levels = severities(table)
    rules = GateRules(ByMachine(failing, words), suppressions, levels)
    report = apply_gate(report, rules, sorted(failing))
    return report._replace(gate=report.gate._replace(exit_code=0)) if asked.write else report


def known_findings(asked: Waiving, report: Report) -> list[tuple[str, str]]:
    """The file of known findings, as (name, text), where one is requested."""
    if asked.write is None:
        return []
    return [(asked.write, known_text(report.as_of, known_in(report)))]


def is_asked_for(checked: Checked, only: frozenset[str] | None) -> bool:
    """Whether --only names a machine: by its verdict, its track, or one of its codes."""
    return only is None or bool(only & (conditions_of(checked) | set(checked.codes)))


def narrowed(report: Report, only: frozenset[str] | None) -> Report:
    """The report with only the machines that --only names, and a note on failing machines that it
    hides.
    """
    if only is None:
        return report
    kept = tuple(machine for machine in report.machines if is_asked_for(machine, only))
    hidden = Counter(machine.outcome for machine in report.machines)
    hidden.subtract(machine.outcome for machine in kept)
    words: dict[Outcome, str] = {"fails": "failing", "undecided": "unknown"}
    left = " and ".join(
        f"{hidden[outcome]:,} {word}" for outcome, word in words.items() if hidden[outcome]
    )
    gate = report.gate
    if left and gate.exit_code:
        note = f"The exit code covers all machines, including {left} that --only hides."
        gate = gate._replace(notes=(*gate.notes, note))
    return report._replace(machines=kept, gate=gate)
