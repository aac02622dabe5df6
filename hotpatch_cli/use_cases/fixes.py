"""The changes that make machines ready, for a script: each machine gets all of its changes at once,
in their order, and machines that need the same changes are a batch.
"""

from collections.abc import Collection, Iterable, Mapping
from fnmatch import fnmatchcase
from typing import NamedTuple

from hotpatch_cli.knowledge.records import Change, Rule
from hotpatch_cli.model import Machine
from hotpatch_cli.report import Checked, Reason, Report
from hotpatch_cli.use_cases.fix_edits import CodeEdit, CodeEdits, CodeSources, FileDiff
from hotpatch_cli.use_cases.fix_ranking import (
    FixRanking,
    RankedFix,
    blocking_rules,
    fix_name,
    fixes_of,
    kind_of,
)

_SCALE_SET = "/virtualmachinescalesets/"
_MEMBERS = "/virtualmachines/"


class Wanted(NamedTuple):
    """What is asked for: a rule by its code, a machine by its name or a pattern, or one of both."""

    code: str | None = None
    machine: str | None = None

    def fits(self, checked: Checked, codes: Collection[str]) -> bool:
        """Whether a change of a machine that answers these rules is asked for."""
        if self.code is not None and self.code not in codes:
            return False
        return self.machine is None or self.names_one_of((checked.machine,))

    def names_one_of(self, machines: Iterable[Machine]) -> bool:
        """Whether one of the machines has the name, or fits the pattern."""
        asked = (self.machine or "").casefold()
        for machine in machines:
            for name in (machine.label.casefold(), machine.name.casefold()):
                if name == asked or fnmatchcase(name, asked):
                    return True
        return False


class MachineFix(NamedTuple):
    """A machine, the findings that its changes answer, in the order of the changes, and what to
    edit where code declares it.
    """

    checked: Checked
    reasons: tuple[Reason, ...]
    edits: tuple[CodeEdit, ...]

    @property
    def changes(self) -> tuple[Change, ...]:
        """The changes, in their order."""
        found = (reason.rule.change_of(reason.finding.variant) for reason in self.reasons)
        return tuple(change for change in found if change is not None)

    @property
    def is_in_code(self) -> bool:
        """Whether Terraform, a template, or Bicep declares the machine."""
        return bool(self.edits)

    @property
    def is_scale_set(self) -> bool:
        """Whether it's a scale set, which no command for a VM takes."""
        _, found, below = (self.checked.machine.id or "").lower().partition(_SCALE_SET)
        return bool(found) and _MEMBERS not in below

    @property
    def has_commands(self) -> bool:
        """Whether commands take it: not where it's only in code, and no scale set."""
        if self.is_scale_set:
            return False
        machine = self.checked.machine
        return bool(machine.id) or not (self.is_in_code or machine.facts.declared)

    @property
    def steps(self) -> tuple[str, ...]:
        """What no command does, each once."""
        found: dict[str, None] = {}
        for change in self.changes:
            if self.is_scale_set and not self.is_in_code:
                found |= dict.fromkeys(change.scale_set)
            found |= dict.fromkeys(change.steps)
        return tuple(found)


class FixBatch(NamedTuple):
    """Machines that need the same changes. `also` names what else they need, which is no change of
    theirs: missing facts, or another Windows.
    """

    names: tuple[str, ...]
    codes: tuple[str, ...]
    machines: tuple[MachineFix, ...]
    restarts: bool | None
    also: tuple[str, ...] = ()
    whole: bool = True

    @property
    def makes_ready(self) -> int:
        """How many machines it makes ready."""
        return len(self.machines) if self.whole and not self.also else 0


class ChangeOfFleet(NamedTuple):
    """A ranked change, with what each of its machines needs of it."""

    fix: RankedFix
    machines: tuple[MachineFix, ...]


class FleetFixes(NamedTuple):
    """The changes of a fleet, ranked by rule and as batches, and the files that they edit."""

    report: Report
    changes: tuple[ChangeOfFleet, ...]
    batches: tuple[FixBatch, ...]
    diffs: tuple[FileDiff, ...]


def fleet_fixes(
    report: Report, sources: CodeSources | None = None, wanted: Collection[Wanted] = ()
) -> FleetFixes:
    """The changes of a fleet; of these, what is asked for. Waived machines are left out."""
    code = sources or CodeSources()
    ranking = FixRanking()
    edits = CodeEdits(code)
    batched: dict[_BatchKey, list[MachineFix]] = {}
    fixes: dict[str, list[MachineFix]] = {}
    for checked in report.machines:
        if checked.outcome == "waived":
            continue
        needed = fixes_of(checked.reasons)
        asked = {
            name: rules
            for name, rules in needed.items()
            if _is_asked(wanted, checked, _answered(checked, (name,), needed))
        }
        ranking.add(checked, names=asked)
        for name in asked:
            reasons = _answered(checked, (name,), needed)
            edited = edits.of(checked, reasons)
            fixes.setdefault(name, []).append(MachineFix(checked, reasons, edited))
        own = tuple(name for name, rules in asked.items() if _is_change(rules))
        if own:
            reasons = _answered(checked, own, needed)
            whole = MachineFix(checked, reasons, edits.of(checked, reasons))
            names = _ordered_names(reasons, own)
            also = tuple(name for name, rules in asked.items() if not _is_change(rules))
            key = _BatchKey(names, also, len(asked) == len(needed))
            batched.setdefault(key, []).append(whole)
    ranked = sorted(ranking.ranked(), key=lambda fix: -fix.makes_ready)
    changes = tuple(ChangeOfFleet(fix, tuple(fixes[fix.name])) for fix in ranked)
    batches = sorted((_batch(key, machines) for key, machines in batched.items()), key=_order)
    return FleetFixes(report, changes, tuple(batches), edits.diffs())


def _is_asked(wanted: Collection[Wanted], checked: Checked, reasons: Collection[Reason]) -> bool:
    codes = {reason.rule.code for reason in reasons}
    return not wanted or any(one.fits(checked, codes) for one in wanted)


def _is_change(rules: Mapping[str, Rule]) -> bool:
    return all(kind_of(rule) == "change" for rule in rules.values())


def _answered(
    checked: Checked, names: Collection[str], needed: Mapping[str, Mapping[str, Rule]]
) -> tuple[Reason, ...]:
    """The findings that some changes answer, in the order in which the changes are made; also those
    of rules that are done with them.
    """
    codes: set[str] = set()
    for name in names:
        codes |= needed[name].keys()
    blocking = blocking_rules(checked.reasons)
    reasons = []
    for reason in checked.reasons:
        rule = reason.rule
        if rule.verdict_of(reason.finding.variant) is None:
            continue
        done_with = rule.change.done_with if rule.change else ""
        if rule.code in codes or (done_with in codes and rule.code in blocking):
            reasons.append(reason)
    return tuple(sorted(reasons, key=_place))


def _place(reason: Reason) -> int:
    change = reason.rule.change_of(reason.finding.variant)
    return change.order if change else 0


def _ordered_names(reasons: Iterable[Reason], names: Collection[str]) -> tuple[str, ...]:
    ordered = dict.fromkeys(fix_name(reason.rule) for reason in reasons)
    return tuple(name for name in ordered if name in names)


class _BatchKey(NamedTuple):
    names: tuple[str, ...]
    also: tuple[str, ...]
    whole: bool


def _batch(key: _BatchKey, machines: list[MachineFix]) -> FixBatch:
    rules = {reason.rule.name: reason.rule.code for reason in machines[0].reasons}
    restarts: set[bool | None] = set()
    for machine in machines:
        restarts |= {change.restarts for change in machine.changes}
    return FixBatch(
        key.names,
        tuple(rules[name] for name in key.names),
        tuple(machines),
        next((value for value in (True, None) if value in restarts), False),
        key.also,
        key.whole,
    )


def _order(batch: FixBatch) -> tuple[int, int, tuple[str, ...]]:
    return -batch.makes_ready, -len(batch.machines), batch.names
