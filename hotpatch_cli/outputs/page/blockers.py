"""What stands in the way: the rules that spoke, their sentences, the remedy, the machines."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from hotpatch_cli.knowledge.records import Rule
from hotpatch_cli.outputs.ci_findings import aside
from hotpatch_cli.outputs.escaping import visible
from hotpatch_cli.report import Checked, Reason, Report

SAID, LISTED = 3, 200
"""So many sentences of one rule are shown, and so many machines; the table has them all."""
_LEVELS = {"error": 0, "warning": 1, "note": 2}


class Blocker(NamedTuple):
    """A rule that spoke: its sentences, its machines (the first of them), and how many there are.

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
    remedies: tuple[str, ...]


def blockers(report: Report) -> tuple[Blocker, ...]:
    """Every rule that spoke: errors first, then warnings, then notes; what concerns most machines
    first.
    """
    spoken: dict[str, list[tuple[Checked, Reason]]] = {}
    for checked in report.machines:
        for reason in checked.reasons:
            spoken.setdefault(reason.rule.code, []).append((checked, reason))
    weights = {
        code: _LEVELS[_worst(reason.catalogue_level for _, reason in told)]
        for code, told in spoken.items()
    }
    found = map(_blocker, spoken.values())
    return tuple(
        sorted(
            found,
            key=lambda blocker: (weights[blocker.rule.code], -blocker.total, blocker.rule.code),
        )
    )


def _worst(levels: Iterable[str]) -> str:
    """The level that weighs most: sentences of one rule may have levels of their own."""
    return min(levels, key=lambda level: _LEVELS[level])


def _blocker(spoken: Sequence[tuple[Checked, Reason]]) -> Blocker:
    machines = {id(checked): checked.machine.label for checked, _ in spoken}
    covers = {
        (id(checked), reason.suppressed.kind) for checked, reason in spoken if reason.suppressed
    }
    kinds = Counter(kind for _, kind in sorted(covers))
    covered = "".join(f", {number:,} {kind}" for kind, number in kinds.items())
    said, unsaid = _first(reason.message for _, reason in spoken)
    asides, unaside = _first(aside(reason) for _, reason in spoken)
    names = tuple(map(visible, list(machines.values())[:LISTED]))
    remedies = tuple(dict.fromkeys(reason.remedy for _, reason in spoken))
    rule, level = spoken[0][1].rule, _worst(reason.level for _, reason in spoken)
    return Blocker(
        rule, level, said, unsaid, asides, unaside, names, len(machines), covered, remedies
    )


def _first(texts: Iterable[str]) -> tuple[tuple[str, ...], int]:
    """The first of the texts, each once, and how many more there are."""
    found = [text for text in dict.fromkeys(texts) if text]
    return tuple(map(visible, found[:SAID])), max(0, len(found) - SAID)
