"""What stands in the way: the rules that spoke, with what they said, the remedy, and the machines."""

from typing import NamedTuple

from hotpatch_cli.app import Checked, Report
from hotpatch_cli.knowledge.rows import Rule
from hotpatch_cli.outputs.safe import visible

SAID, LISTED = 3, 200
"""So many sentences of one rule are shown, and so many machines; the table has them all."""
_LEVELS = {"error": 0, "warning": 1, "note": 2}


class Obstacle(NamedTuple):
    """A rule that spoke: its sentences, its machines (the first of them), and how many there are."""

    rule: Rule
    said: tuple[str, ...]
    unsaid: int
    machines: tuple[str, ...]
    total: int


def obstacles(report: Report) -> tuple[Obstacle, ...]:
    """Every rule that spoke: errors first, then warnings, then notes; what concerns most machines first."""
    rules: dict[str, Rule] = {}
    said: dict[str, dict[str, None]] = {}
    machines: dict[str, list[Checked]] = {}
    for checked in report.machines:
        for reason in checked.reasons:
            rules[reason.rule.code] = reason.rule
            said.setdefault(reason.rule.code, {})[reason.message] = None
        for code in checked.codes:
            machines.setdefault(code, []).append(checked)
    found = [_obstacle(rule, list(said[code]), machines[code]) for code, rule in rules.items()]
    return tuple(sorted(found, key=lambda each: (_LEVELS[each.rule.level], -each.total, each.rule.code)))


def _obstacle(rule: Rule, said: list[str], machines: list[Checked]) -> Obstacle:
    names = tuple(visible(each.machine.label) for each in machines[:LISTED])
    return Obstacle(rule, tuple(map(visible, said[:SAID])), max(0, len(said) - SAID), names, len(machines))
