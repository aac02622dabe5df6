"""What blocks machines, and what else was found: rules, their sentences, remedies, and machines."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import NamedTuple

from hotpatch_cli.knowledge.records import Rule
from hotpatch_cli.outputs.ci_findings import aside
from hotpatch_cli.outputs.escaping import visible
from hotpatch_cli.outputs.remedy_commands import Command, filled, names_of, steps
from hotpatch_cli.report import Checked, Reason, Report

SAID, LISTED = 3, 200
"""How many sentences of a rule are shown, and how many machines; the table has them all."""
COMMANDED = 3
"""If a rule has more machines, only the first one has its commands under the rule; the table has
those of every machine.
"""
_LEVELS = {"error": 0, "warning": 1, "note": 2}


class CommandLine(NamedTuple):
    """A command with its values, in chunks between which a line may break."""

    shell: str
    chunks: tuple[str, ...]


class RemedyStep(NamedTuple):
    """A sentence, and the commands after it: those of the first machines, one after the other."""

    prose: str
    lines: tuple[CommandLine, ...]


class Remedy(NamedTuple):
    """What to do about a sentence of a rule; `more` machines have their commands in the table."""

    steps: tuple[RemedyStep, ...]
    more: int


class Blocker(NamedTuple):
    """A rule that was found: its sentences, its machines (the first of them), and their number.

    `level` is the policy's, where it has one; `asides` say what waivers, known findings and the
    policy make of it; `covered` counts, in words, the machines on which it is waived or was known.
    """

    rule: Rule
    level: str
    said: tuple[str, ...]
    unsaid: int
    asides: tuple[str, ...]
    unaside: int
    machines: tuple[str, ...]
    total: int
    covered: str
    remedies: tuple[Remedy, ...]


def blockers(report: Report) -> tuple[Blocker, ...]:
    """Every rule that was found: errors first, then warnings, then notes; those of most machines
    first.
    """
    found: dict[str, list[tuple[Checked, Reason]]] = {}
    for checked in report.machines:
        for reason in checked.reasons:
            found.setdefault(reason.rule.code, []).append((checked, reason))
    weights = {
        code: _LEVELS[_worst(reason.catalog_level for _, reason in rows)]
        for code, rows in found.items()
    }
    return tuple(
        sorted(
            map(_blocker, found.values()),
            key=lambda blocker: (weights[blocker.rule.code], -blocker.total, blocker.rule.code),
        )
    )


def _worst(levels: Iterable[str]) -> str:
    """The most severe level: sentences of one rule may have levels of their own."""
    return min(levels, key=lambda level: _LEVELS[level])


def _blocker(rows: Sequence[tuple[Checked, Reason]]) -> Blocker:
    machines = {id(checked): checked.machine.label for checked, _ in rows}
    covers = {
        (id(checked), reason.suppressed.kind) for checked, reason in rows if reason.suppressed
    }
    kinds = Counter(kind for _, kind in sorted(covers))
    covered = "".join(f", {number:,} {kind}" for kind, number in kinds.items())
    said, unsaid = _first(reason.message for _, reason in rows)
    asides, unaside = _first(aside(reason) for _, reason in rows)
    names = tuple(map(visible, list(machines.values())[:LISTED]))
    rule, level = rows[0][1].rule, _worst(reason.level for _, reason in rows)
    return Blocker(
        rule, level, said, unsaid, asides, unaside, names, len(machines), covered, _remedies(rows)
    )


def _first(texts: Iterable[str]) -> tuple[tuple[str, ...], int]:
    """The first of the texts, each once, and how many more there are."""
    found = [text for text in dict.fromkeys(texts) if text]
    return tuple(map(visible, found[:SAID])), max(0, len(found) - SAID)


def _remedies(rows: Sequence[tuple[Checked, Reason]]) -> tuple[Remedy, ...]:
    """The remedies of a rule, each with the commands of its first machines."""
    concerned: dict[str, dict[int, tuple[Checked, Reason]]] = {}
    for checked, reason in rows:
        concerned.setdefault(reason.remedy, {}).setdefault(id(checked), (checked, reason))
    return tuple(_remedy(text, list(of.values())) for text, of in concerned.items())


def _remedy(text: str, rows: Sequence[tuple[Checked, Reason]]) -> Remedy:
    names = [names_of(checked.machine, reason.finding.values) for checked, reason in rows]
    shown = names if len(rows) <= COMMANDED else names[:1]
    found = steps(text)
    made = tuple(RemedyStep(step.prose, tuple(_lines(step.commands, shown))) for step in found)
    commands = chain.from_iterable(step.commands for step in found)
    differ = any(command.blanks.intersection(*map(set, names)) for command in commands)
    return Remedy(made, len(rows) - len(shown) if differ else 0)


def _lines(commands: Sequence[Command], names: Sequence[dict[str, str]]) -> Iterable[CommandLine]:
    """The commands of the first machine, then those of the next; equal ones once."""
    runs = dict.fromkeys(
        tuple(CommandLine(command.shell, filled(command, of)) for command in commands)
        for of in names
    )
    for run in runs:
        yield from run
