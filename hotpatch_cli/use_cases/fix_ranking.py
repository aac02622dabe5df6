"""The changes that make machines ready, ranked: the one that alone makes most of them ready first.

A change answers one rule, with two exceptions. Facts that are missing are collected in one go, and
the setting that enables hotpatching on an Azure VM sets its patch mode too.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple

from hotpatch_cli.knowledge.records import Rule
from hotpatch_cli.report import Checked, Reason, Report

FixKind = Literal["change", "missing-facts", "upgrade", "new-machine"]
"""`change`: a setting, on the machine or around it. `missing-facts`: nothing but data is missing.
`upgrade`: another version or edition of Windows. `new-machine`: no change of this machine helps.
"""
MISSING_FACTS = "missing facts"
COLLECTED = frozenset({"HP401", "HP402", "HP403", "HP407", "HP409", "HP410"})
"""Missing facts that the script of `hotpatch collect` finds on the machine."""
IN_AZURE = frozenset({"HP401", "HP402", "HP404", "HP405", "HP406", "HP407", "HP408"})
"""Missing facts that an export from Azure has."""

_NEW_MACHINE = frozenset({"HP101", "HP102", "HP103", "HP106", "HP107", "HP108", "HP111", "HP203"})
_UPGRADE = frozenset({"HP104", "HP105"})
_CONFLICTS = frozenset({"HP415"})
"""Rules of an unknown verdict where no fact is missing: two facts contradict each other."""
_CHANGED_WITH = MappingProxyType({"HP202": "HP201"})
"""The remedy of the second rule mends the first one too, on a machine that both block."""
_RESTARTS = MappingProxyType(
    {"HP201": False, "HP202": False, "HP205": True, "HP206": True, "HP209": True, "HP216": True}
)
"""Whether a change restarts the machine: a patch setting of a VM doesn't, and the other remedies
include a restart.
"""
_GROUPS: Mapping[FixKind, int] = MappingProxyType(
    {"change": 0, "missing-facts": 0, "upgrade": 1, "new-machine": 2}
)


class RankedFix(NamedTuple):
    """A change, the machines that it concerns, and those of them that nothing else blocks.

    `name` is that of the rule, or `missing facts`; `rules` are the rules that it answers.
    `restarts` is None where no source states whether the change restarts the machine.
    """

    name: str
    kind: FixKind
    rules: tuple[Rule, ...]
    machines: tuple[Checked, ...]
    alone: tuple[Checked, ...]
    restarts: bool | None = None

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of its rules."""
        return tuple(rule.code for rule in self.rules)

    @property
    def makes_ready(self) -> int:
        """How many machines become ready by this change alone; a missing fact promises none."""
        return len(self.alone) if self.kind == "change" else 0


def ranked_fixes(report: Report) -> tuple[RankedFix, ...]:
    """The changes of a fleet: first what alone is enough for most machines, then what concerns
    most. Machines that need an upgrade or a new machine follow.

    Ready machines need no change. Waived machines keep their verdict, and are left out.
    """
    rules: dict[str, dict[str, Rule]] = {}
    machines: dict[str, list[Checked]] = {}
    alone: dict[str, list[Checked]] = {}
    for checked in report.machines:
        if checked.outcome == "waived":
            continue
        needed = fixes_of(checked.reasons)
        for name, of_machine in needed.items():
            rules.setdefault(name, {}).update(of_machine)
            machines.setdefault(name, []).append(checked)
            if len(needed) == 1:
                alone.setdefault(name, []).append(checked)
    fixes = (
        _fix(tuple(found.values()), machines[name], alone.get(name, ()))
        for name, found in rules.items()
    )
    return tuple(sorted(fixes, key=_order))


def fixes_of(reasons: Iterable[Reason]) -> dict[str, dict[str, Rule]]:
    """The changes that a machine needs to be ready, by name, each with the rules that it answers
    by code.
    """
    blocking = blocking_rules(reasons)
    needed: dict[str, dict[str, Rule]] = {}
    for code, rule in blocking.items():
        if _CHANGED_WITH.get(code) not in blocking:
            needed.setdefault(_name(rule), {})[code] = rule
    return needed


def blocking_rules(reasons: Iterable[Reason]) -> dict[str, Rule]:
    """The rules that keep a machine from being ready, by code, the most severe first."""
    return {
        reason.rule.code: reason.rule
        for reason in reasons
        if reason.rule.verdict_of(reason.finding.variant) is not None
    }


def _name(rule: Rule) -> str:
    return MISSING_FACTS if _kind(rule) == "missing-facts" else rule.name


def _kind(rule: Rule) -> FixKind:
    if rule.code in _NEW_MACHINE:
        return "new-machine"
    if rule.code in _UPGRADE:
        return "upgrade"
    if rule.verdict == "unknown" and rule.code not in _CONFLICTS:
        return "missing-facts"
    return "change"


def _fix(
    rules: tuple[Rule, ...], machines: Iterable[Checked], alone: Iterable[Checked]
) -> RankedFix:
    ordered = tuple(sorted(rules, key=lambda rule: rule.code))
    first = ordered[0]
    return RankedFix(
        _name(first),
        _kind(first),
        ordered,
        tuple(machines),
        tuple(alone),
        _RESTARTS.get(first.code),
    )


def _order(fix: RankedFix) -> tuple[int, int, int, str]:
    return _GROUPS[fix.kind], -len(fix.alone), -len(fix.machines), fix.name
