"""The gate: which machines fail, which are waived or known, and the exit code. Values only.

A verdict is a fact of the machine, and nothing here changes it. The gate computes the conditions
(verdict, track state) that are left without the findings that are waived, known, or lowered by the
policy.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple, Protocol

from hotpatch_cli.report import (
    OFF,
    Checked,
    GateResult,
    LeftOut,
    LeftOutTally,
    Outcome,
    Reason,
    Report,
    Severity,
    Suppressed,
)

VERDICT_CONDITIONS = ("unsupported", "action-required", "unknown")
"""The verdicts that can fail a machine, the worst first."""
_UNKNOWN_TRACK = "track:unknown"
TRACK_CONDITIONS = ("behind", "baseline-due", "off-track", _UNKNOWN_TRACK)
NEVER = "never"
RAISED = "raised"
"""The condition of a machine with a finding that the policy raised to an error: it fails, except
with `never`.
"""
PASSED, FAILED, UNDECIDED = 0, 1, 3
"""Exit codes."""
_DECISIVE = {FAILED: "fails", UNDECIDED: "undecided"}
"""Exit code -> the outcome of the machines that made it."""
_WEIGHT = (OFF, "note", "warning", "error").index


class MachineSuppressions(NamedTuple):
    """What suppresses findings of a machine: all of them, or those of a rule by its code.

    In `by_rule`, a track state is a key of its own where no finding explains it.
    """

    machine: Suppressed | None = None
    by_rule: Mapping[str, Suppressed] = MappingProxyType({})


class Suppression(Protocol):
    """A source of suppressed findings: waivers, known findings."""

    def applies(self, checked: Checked) -> MachineSuppressions:
        """What it suppresses of a machine."""

    def notes(self) -> Iterable[str]:
        """Notes for its owner, after all machines were gated."""


class Policy(Protocol):
    """Which conditions of a machine fail."""

    def failing(self, checked: Checked) -> frozenset[str]:
        """Words of VERDICT_CONDITIONS and TRACK_CONDITIONS, or `never` alone."""


class GateRules(NamedTuple):
    """The rules of the gate: failing conditions, suppressions, and changed levels."""

    policy: Policy
    suppressions: Sequence[Suppression] = ()
    severities: Mapping[str, Severity] = MappingProxyType({})


def conditions_of(checked: Checked) -> set[str]:
    """The verdict and the track state of a machine, as `--fail-on` and `--only` name them."""
    return {checked.judgment.verdict or "", _track_condition(checked.judgment.track.state)}


def _track_condition(state: str | None) -> str:
    """A track state as a condition: `unknown` is a verdict too."""
    return _UNKNOWN_TRACK if state == "unknown" else state or ""


def apply_gate(report: Report, rules: GateRules, fail_on: Iterable[str]) -> Report:
    """The report with the outcome of each machine, and the exit code that follows."""
    machines = tuple(_gate_machine(checked, rules) for checked in report.machines)
    notes: list[str] = []
    for suppression in rules.suppressions:
        notes += suppression.notes()
    conditions = tuple(fail_on)
    general = _with_severities(report.general, rules)
    raised = any(RAISED in _conditions_from(reason, judged=False) for reason in general)
    general, left_out = _parted(general)
    machines = tuple(map(_without_left_out, machines))
    code = FAILED if raised and NEVER not in conditions else _exit_code(machines)
    outcomes = [checked.outcome for checked in machines]
    failing, undecided = outcomes.count("fails"), outcomes.count("undecided")
    gate = GateResult(conditions, code, tuple(notes), failing, undecided)
    return report._replace(machines=machines, general=general, general_left_out=left_out, gate=gate)


def _without_left_out(checked: Checked) -> Checked:
    """A machine whose reasons of level `off` are set apart, once they have had no effect."""
    reasons, left_out = _parted(checked.reasons)
    return checked._replace(reasons=reasons, left_out=left_out) if left_out else checked


def _parted(reasons: tuple[Reason, ...]) -> tuple[tuple[Reason, ...], tuple[Reason, ...]]:
    """(the reasons that are reported, those that the policy leaves out)."""
    left_out = tuple(reason for reason in reasons if reason.level == OFF)
    if not left_out:
        return reasons, ()
    return tuple(reason for reason in reasons if reason.level != OFF), left_out


class GateCounts(NamedTuple):
    """What the gate counted: machines by outcome, and the rules that made them fail (or that left
    them undecided where none fails), the most frequent first, as (code, name).
    """

    fail_on: tuple[str, ...]
    exit_code: int
    total: int
    fails: int = 0
    undecided: int = 0
    waived: int = 0
    known: int = 0
    rules: tuple[tuple[str, str], ...] = ()
    left_out: tuple[LeftOut, ...] = ()


class GateTally:
    """Counts machines, one after another, to which the gate was applied."""

    def __init__(self) -> None:
        self._outcomes: Counter[str] = Counter()
        self._rules: dict[str, Counter[tuple[str, str]]] = {}
        self._left_out = LeftOutTally()

    def add(self, checked: Checked, number: int = 1) -> None:
        """Count a machine, or a number of machines that are alike."""
        self._outcomes[checked.outcome] += number
        self._left_out.add(checked.left_out, number)
        rules = self._rules.setdefault(checked.outcome, Counter())
        for reason in _decisive(checked):
            rules[reason.rule.code, reason.rule.name] += number

    def result(
        self,
        gate: GateResult,
        general: Iterable[Reason] = (),
        general_left_out: Iterable[Reason] = (),
    ) -> GateCounts:
        """The counts under a result; `general` are the findings on the whole run."""
        self._left_out.add(general_left_out)
        rules = Counter(self._rules.get(_DECISIVE.get(gate.exit_code, ""), {}))
        if gate.exit_code == FAILED:
            raised = (
                reason for reason in general if RAISED in _conditions_from(reason, judged=False)
            )
            rules.update((reason.rule.code, reason.rule.name) for reason in raised)
        words = (*VERDICT_CONDITIONS, *TRACK_CONDITIONS, NEVER)
        return GateCounts(
            tuple(word for word in words if word in gate.fail_on),
            gate.exit_code,
            self._outcomes.total(),
            self._outcomes["fails"],
            self._outcomes["undecided"],
            self._outcomes["waived"],
            self._outcomes["known"],
            tuple(sorted(rules, key=lambda rule: (-rules[rule], rule))),
            self._left_out.rows(),
        )


def gate_counts(report: Report) -> GateCounts:
    """The counts of a report to which the gate was applied."""
    tally = GateTally()
    for checked in report.machines:
        tally.add(checked)
    return tally.result(report.gate, report.general, report.general_left_out)


def _decisive(checked: Checked) -> Iterable[Reason]:
    """The reasons, one a rule, by which a machine fails or is undecided."""
    found: dict[str, Reason] = {}
    for reason in checked.reasons:
        unknown = "unknown" in _conditions_from(reason, judged=reason.judged)
        undecided = checked.outcome == "undecided" and unknown and reason.suppressed is None
        if reason.counts or undecided:
            found.setdefault(reason.rule.code, reason)
    return found.values()


def _exit_code(machines: Iterable[Checked]) -> int:
    """Undecided is a fleet of which no machine fails, and one has an unknown verdict."""
    outcomes = {checked.outcome for checked in machines}
    if "fails" in outcomes:
        return FAILED
    if "undecided" in outcomes:
        return UNDECIDED
    return PASSED


def _with_severities(reasons: tuple[Reason, ...], rules: GateRules) -> tuple[Reason, ...]:
    if not rules.severities:
        return reasons
    return tuple(
        reason._replace(severity=rules.severities.get(reason.rule.code)) for reason in reasons
    )


def _gate_machine(checked: Checked, rules: GateRules) -> Checked:
    failing = rules.policy.failing(checked)
    changed = rules.suppressions or rules.severities
    if not changed and not conditions_of(checked) & (failing | {"unknown"}):
        return checked
    gated = _suppress(checked, rules)
    left = _conditions_left(checked, gated) if gated.machine is None else set()
    reasons = gated.reasons
    if NEVER not in failing:
        named = left & {*failing, RAISED}
        if named:
            return checked._replace(reasons=_mark_failing(reasons, named), outcome="fails")
        if "unknown" in left:
            return checked._replace(reasons=reasons, outcome="undecided")
    if gated.machine is not None:
        used = [gated.machine]
    else:
        used = [
            reason.suppressed
            for reason in reasons
            if reason.suppressed and _conditions_from(reason, judged=True)
        ]
    return checked._replace(reasons=reasons, outcome=_outcome(checked, used, left))


def _mark_failing(reasons: Sequence[Reason], named: set[str]) -> tuple[Reason, ...]:
    """The reasons, with a mark on those that bring a condition by which the machine fails."""
    marked = []
    for reason in reasons:
        conditions = _conditions_from(reason, judged=reason.judged)
        counts = reason.suppressed is None and not conditions.isdisjoint(named)
        marked.append(reason._replace(counts=counts))
    return tuple(marked)


def _outcome(checked: Checked, used: Sequence[Suppressed], left: set[str]) -> Outcome:
    """Of a machine that does not fail: waived or known where its whole verdict or its track is
    suppressed.
    """
    conditions = conditions_of(checked) & {*VERDICT_CONDITIONS, *TRACK_CONDITIONS}
    if not used or not conditions or left & set(VERDICT_CONDITIONS):
        return "passes"
    return "waived" if all(suppressed.kind == "waived" for suppressed in used) else "known"


class _Gated(NamedTuple):
    """A machine after its suppressions: what suppresses all of it, the track states that are
    suppressed without a finding, and its reasons as the policy has them.
    """

    machine: Suppressed | None
    states: set[str]
    reasons: tuple[Reason, ...]


def _suppress(checked: Checked, rules: GateRules) -> _Gated:
    reasons = _with_severities(checked.reasons, rules)
    machine: Suppressed | None = None
    states: set[str] = set()
    for suppression in rules.suppressions:
        everything, by_rule = suppression.applies(checked)
        machine = machine or everything
        states |= by_rule.keys() & set(TRACK_CONDITIONS)
        if everything or by_rule:
            reasons = tuple(
                reason
                if reason.suppressed
                else reason._replace(suppressed=by_rule.get(reason.rule.code, everything))
                for reason in reasons
            )
    return _Gated(machine, states, reasons)


def _conditions_left(checked: Checked, gated: _Gated) -> set[str]:
    """The conditions of a machine that nothing suppresses: its worst verdict, its track state, a
    raised finding.
    """
    conditions: set[str] = set()
    for reason in gated.reasons:
        if reason.suppressed is None:
            conditions |= _conditions_from(reason, judged=reason.judged)
    own = conditions_of(checked) & set(TRACK_CONDITIONS)
    for state in own:
        # A track may be unknown without a finding; then the state itself is what can be known.
        if state not in gated.states and not explains_track(state, gated.reasons):
            conditions.add(state)
    worst = next((verdict for verdict in VERDICT_CONDITIONS if verdict in conditions), None)
    milder = set(VERDICT_CONDITIONS) - {worst}
    return conditions - milder - (set(TRACK_CONDITIONS) - own)


def explains_track(condition: str, reasons: Iterable[Reason]) -> bool:
    """Whether a finding explains a track state; a track may be unknown without any."""
    return any(
        _track_condition(reason.rule.track_of(reason.finding.variant)) == condition
        for reason in reasons
    )


def _conditions_from(reason: Reason, *, judged: bool) -> set[str]:
    """The conditions that a finding brings; one that the policy lowered brings none.

    `judged` is true for findings of the judgment: disputes between sources and findings on windows
    never make a verdict.
    """
    before, now = _WEIGHT(reason.catalog_level), _WEIGHT(reason.level)
    if now < before:
        return set()
    variant = reason.finding.variant
    conditions = {_track_condition(reason.rule.track_of(variant))} - {""}
    verdict = reason.rule.verdict_of(variant)
    if judged and verdict is not None:
        conditions.add(verdict)
    if now > before and reason.level == "error":
        conditions.add(RAISED)
    return conditions
