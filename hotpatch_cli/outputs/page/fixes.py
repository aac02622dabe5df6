"""What to fix first: the changes by the number of machines that each alone makes ready."""

from typing import NamedTuple

from hotpatch_cli.knowledge.records import Rule
from hotpatch_cli.outputs.escaping import visible
from hotpatch_cli.outputs.phrases import counted
from hotpatch_cli.report import Checked, Report
from hotpatch_cli.use_cases.fix_ranking import COLLECTED, IN_AZURE, RankedFix, ranked_fixes

SHOWN, NAMED = 12, 12
"""How many changes are listed, and how many machines of each are named."""
_RESTARTS = {True: "yes", False: "no", None: "not stated"}


class FixRow(NamedTuple):
    """A change: what it is called, its effect, and the machines that it concerns, the first of
    them those that it alone makes ready.
    """

    name: str
    kind: str
    rules: tuple[Rule, ...]
    how: str
    effect: str
    restart: str
    machines: tuple[str, ...]
    total: int


class FixFirst(NamedTuple):
    """The changes that make machines ready, and those that replace a machine or its Windows."""

    changes: tuple[FixRow, ...]
    replacements: tuple[FixRow, ...]
    more: int


def fix_first(report: Report) -> FixFirst:
    """The changes of a fleet, the most effective first."""
    ranked = ranked_fixes(report)
    shown = ranked[:SHOWN]
    changes = tuple(_row(fix) for fix in shown if fix.kind in ("change", "missing-facts"))
    others = tuple(_row(fix) for fix in shown if fix.kind not in ("change", "missing-facts"))
    return FixFirst(changes, others, len(ranked) - len(shown))


def _row(fix: RankedFix) -> FixRow:
    ordered = dict.fromkeys(_name(checked) for checked in (*fix.alone, *fix.machines))
    return FixRow(
        fix.name,
        fix.kind,
        fix.rules,
        _how(fix),
        _effect(fix),
        _RESTARTS[fix.restarts],
        tuple(ordered)[:NAMED],
        len(fix.machines),
    )


def _name(checked: Checked) -> str:
    return visible(checked.machine.label)


def _how(fix: RankedFix) -> str:
    """What finds missing facts; other changes have their commands under their rule."""
    if fix.kind != "missing-facts":
        return ""
    codes = set(fix.codes)
    ways = [
        ("run `hotpatch collect` on the machines", COLLECTED),
        ("export the machines from Azure again", IN_AZURE),
    ]
    found = [words for words, known in ways if codes & known]
    return " or ".join(found)


def _effect(fix: RankedFix) -> str:
    """How many machines need nothing else."""
    alone = counted(len(fix.alone), "machine")
    if not fix.alone:
        return "ready only with other changes"
    if fix.kind == "change":
        return f"makes {alone} ready"
    return f"{alone} can be judged" if fix.kind == "missing-facts" else f"only cause on {alone}"
