"""What to fix first: the changes by the number of machines that each alone makes ready."""

from typing import NamedTuple

from hotpatch_cli.knowledge.records import Rule
from hotpatch_cli.outputs.escaping import visible
from hotpatch_cli.report import Report
from hotpatch_cli.use_cases.fix_ranking import COLLECTED, IN_AZURE, RankedFix, ranked_fixes

SHOWN, NAMED = 12, 6
"""How many changes are listed, and how many machines of each are named."""
_RESTARTS = {True: "yes", False: "no", None: "not stated"}


class FixRow(NamedTuple):
    """A change: what it is called, its effect, and the machines that it concerns, the first of
    them those that it alone makes ready.
    """

    name: str
    rules: tuple[Rule, ...]
    title: str
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
    ordered = dict.fromkeys(visible(one.machine.label) for one in (*fix.alone, *fix.machines))
    return FixRow(
        fix.name,
        fix.rules,
        fix.rules[0].title if len(fix.rules) == 1 else "Facts that no source states",
        _how(fix),
        _effect(fix),
        _RESTARTS[fix.restarts],
        tuple(ordered)[:NAMED],
        fix.total,
    )


def _how(fix: RankedFix) -> str:
    """What finds missing facts; other changes have their commands under their rule."""
    codes = set(fix.codes)
    ways = [("`hotpatch collect`", COLLECTED), ("`hotpatch check --azure`", IN_AZURE)]
    found = [words for words, known in ways if codes & known]
    return f"Run {' and '.join(found)}." if found and fix.kind == "missing-facts" else ""


def _effect(fix: RankedFix) -> str:
    """How many machines become ready by this change alone, of those that it concerns."""
    if fix.kind in ("new-machine", "upgrade"):
        return f"{fix.total:,}"
    most = "up to " if fix.kind == "missing-facts" else ""
    return f"{most}{fix.total_alone:,} of {fix.total:,}"
