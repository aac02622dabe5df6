"""The changes that make machines ready, ranked: the one that alone makes most of them ready first.

A change answers one rule, with two exceptions. Facts that are missing are collected in one go, and
the setting that enables hotpatching on an Azure VM sets its patch mode too.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
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

_GROUPS: Mapping[FixKind, int] = MappingProxyType(
    {"change": 0, "missing-facts": 0, "upgrade": 1, "new-machine": 2}
)


class RankedFix(NamedTuple):
    """A change, the machines that it concerns, and those of them that nothing else blocks.

    `name` is that of the rule, or `missing facts`; `rules` are the rules that it answers. `total`
    and `total_alone` count the machines, which a large table doesn't list. `restarts` is None where
    no source states whether the change restarts the machine.
    """

    name: str
    kind: FixKind
    rules: tuple[Rule, ...]
    machines: tuple[Checked, ...]
    alone: tuple[Checked, ...]
    total: int
    total_alone: int
    restarts: bool | None = None

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of its rules."""
        return tuple(rule.code for rule in self.rules)

    @property
    def makes_ready(self) -> int:
        """How many machines become ready by this change alone; a missing fact promises none."""
        return self.total_alone if self.kind == "change" else 0


def ranked_fixes(report: Report) -> tuple[RankedFix, ...]:
    """The changes of a fleet: first what alone is enough for most machines, then what concerns
    most. Machines that need an upgrade or a new machine follow.

    Ready machines need no change. Waived machines keep their verdict, and are left out.
    """
    ranking = FixRanking()
    for checked in report.machines:
        ranking.add(checked)
    return ranking.ranked()


class FixRanking:
    """Collects what machines need. With `named` it keeps the machines, otherwise only counts."""

    def __init__(self, *, named: bool = True) -> None:
        self._named = named
        self._rules: dict[str, dict[str, Rule]] = {}
        self._machines: dict[str, list[Checked]] = {}
        self._alone: dict[str, list[Checked]] = {}
        self._totals: Counter[str] = Counter()
        self._totals_alone: Counter[str] = Counter()

    def add(
        self, checked: Checked, machines: int = 1, names: Collection[str] | None = None
    ) -> None:
        """Count a machine, or several that are alike; of its changes only `names`, if given."""
        if checked.outcome == "waived":
            return
        needed = fixes_of(checked.reasons)
        for name, rules in needed.items():
            if names is not None and name not in names:
                continue
            self._rules.setdefault(name, {}).update(rules)
            self._totals[name] += machines
            if self._named:
                self._machines.setdefault(name, []).append(checked)
            if len(needed) == 1:
                self._totals_alone[name] += machines
                if self._named:
                    self._alone.setdefault(name, []).append(checked)

    def ranked(self) -> tuple[RankedFix, ...]:
        """The changes in their order."""
        return tuple(sorted(map(self._fix, self._rules), key=_order))

    def _fix(self, name: str) -> RankedFix:
        rules = tuple(sorted(self._rules[name].values(), key=lambda rule: rule.code))
        return RankedFix(
            name,
            kind_of(rules[0]),
            rules,
            tuple(self._machines.get(name, ())),
            tuple(self._alone.get(name, ())),
            self._totals[name],
            self._totals_alone[name],
            rules[0].change.restarts if rules[0].change else None,
        )


def fixes_of(reasons: Iterable[Reason]) -> dict[str, dict[str, Rule]]:
    """The changes that a machine needs to be ready, by name, each with the rules that it answers
    by code. Where only a new machine helps, no other change is worth its while.
    """
    blocking = blocking_rules(reasons)
    new_machine = {code: rule for code, rule in blocking.items() if kind_of(rule) == "new-machine"}
    needed: dict[str, dict[str, Rule]] = {}
    for code, rule in (new_machine or blocking).items():
        if rule.change is None or rule.change.done_with not in blocking:
            needed.setdefault(fix_name(rule), {})[code] = rule
    return needed


def blocking_rules(reasons: Iterable[Reason]) -> dict[str, Rule]:
    """The rules that keep a machine from being ready, by code, the most severe first."""
    return {
        reason.rule.code: reason.rule
        for reason in reasons
        if reason.rule.verdict_of(reason.finding.variant) is not None
    }


def is_missing_fact(rule: Rule) -> bool:
    """Whether a rule asks for a fact that no source states."""
    return rule.verdict == "unknown" and rule.level == "error" and rule.change is None


def fix_name(rule: Rule) -> str:
    """The name of the change that answers a rule: missing facts are one change."""
    return MISSING_FACTS if is_missing_fact(rule) else rule.name


def kind_of(rule: Rule) -> FixKind:
    """The kind of change that answers a rule."""
    if rule.change is not None and rule.change.kind in ("upgrade", "new-machine"):
        return rule.change.kind
    return "missing-facts" if is_missing_fact(rule) else "change"


def _order(fix: RankedFix) -> tuple[int, int, bool, int, str]:
    promises_nothing = fix.kind == "missing-facts"
    return _GROUPS[fix.kind], -fix.total_alone, promises_nothing, -fix.total, fix.name
