"""What counts: which machines fail the gate, which are waived or known, and the exit code. Values
only.

A verdict is a fact of the machine, and nothing here changes it. What is computed is which of its
words (its verdict, its track state) are left once findings are taken away that are waived, known,
or lowered by the policy.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import NamedTuple, Protocol

from hotpatch_cli.report import Checked, GateResult, Outcome, Reason, Report, Severity, Suppressed

VERDICT_WORDS = ("unsupported", "action-required", "unknown")
TRACK_WORDS = ("behind", "baseline-due", "off-track", "track:unknown")
NEVER = "never"
RAISED = "raised"
"""The word of a machine with a finding that the policy raised to an error: it fails, unless nothing
ever does.
"""

_WORD_OF = {"1": "unsupported", "2": "action-required", "4": "unknown"}
_CAUSES = {
    "behind": {"HP301"},
    "baseline-due": {"HP302", "HP308 finish", "HP308 finish_due", "HP308 finish_off"},
    "off-track": {"HP303"},
    "track:unknown": {"HP304", "HP307", "HP309", "HP313", "HP415"},
}
"""The rules, or variants of them, that speak of a track state."""
_WEIGHTS = {"error": 2, "warning": 1, "note": 0}


class Suppression(Protocol):
    """Something that takes findings away: waivers, known findings."""

    def covers(self, checked: Checked) -> tuple[Suppressed | None, Mapping[str, Suppressed]]:
        """(what covers all of a machine, what covers its findings by code)."""

    def notes(self) -> Iterable[str]:
        """What its owner should hear, once every machine was seen."""


class Policy(Protocol):
    """Which words of a machine fail."""

    def failing(self, checked: Checked) -> frozenset[str]:
        """Words of VERDICT_WORDS and TRACK_WORDS, or `never` alone."""


class GateRules(NamedTuple):
    """All that decides what counts: the words that fail, what takes findings away, and levels that
    were changed.
    """

    policy: Policy
    shields: Sequence[Suppression] = ()
    severities: Mapping[str, Severity] = MappingProxyType({})


def words_of(checked: Checked) -> set[str]:
    """The verdict and the track state of a machine, as `--fail-on` and `--only` name them."""
    state = checked.judgement.track.state
    return {checked.judgement.verdict or "", "track:unknown" if state == "unknown" else state or ""}


def apply_gate(report: Report, rules: GateRules, fail_on: Iterable[str]) -> Report:
    """The report with what counts: the outcome of each machine, and the exit code that follows."""
    machines = tuple(_gate_machine(each, rules) for each in report.machines)
    notes = tuple(note for shield in rules.shields for note in shield.notes())
    words = tuple(fail_on)
    general = tuple(
        each._replace(severity=rules.severities.get(each.rule.code)) for each in report.general
    )
    raised = NEVER not in words and any(
        _words_from(each, judged=False) & {RAISED} for each in general
    )
    code = 1 if raised else _exit_code(machines)
    return report._replace(machines=machines, general=general, gate=GateResult(words, code, notes))


def _exit_code(machines: Iterable[Checked]) -> int:
    """1 where a machine fails, 3 where none does but a verdict is unknown, otherwise 0."""
    outcomes = {each.outcome for each in machines}
    return 1 if "fails" in outcomes else 3 if "undecided" in outcomes else 0


def _gate_machine(checked: Checked, rules: GateRules) -> Checked:
    failing = rules.policy.failing(checked)
    if (
        not rules.shields
        and not rules.severities
        and not words_of(checked) & (failing | {"unknown"})
    ):
        return checked
    whole, silent, reasons = _covered(checked, rules)
    left = _words_left(checked, reasons, silent) if whole is None else set()
    if NEVER not in failing and left & {*failing, RAISED}:
        return checked._replace(
            reasons=_mark_failing(checked, reasons, left & {*failing, RAISED}), outcome="fails"
        )
    if NEVER not in failing and "unknown" in left:
        return checked._replace(reasons=reasons, outcome="undecided")
    covers = (
        [whole]
        if whole
        else [each.cover for each in reasons if each.cover and _words_from(each, judged=True)]
    )
    return checked._replace(reasons=reasons, outcome=_outcome(checked, covers, left))


def _mark_failing(
    checked: Checked, reasons: Sequence[Reason], named: set[str]
) -> tuple[Reason, ...]:
    """The reasons, with a mark on those that bring a word by which the machine fails."""
    decided = len(checked.judgement.findings)
    return tuple(
        each._replace(
            counts=each.cover is None and bool(_words_from(each, judged=at < decided) & named)
        )
        for at, each in enumerate(reasons)
    )


def _outcome(checked: Checked, covers: Sequence[Suppressed], left: set[str]) -> Outcome:
    """Of a machine that does not fail: waived or known where that covers its whole verdict or its
    track.
    """
    spoke = words_of(checked) & {*VERDICT_WORDS, *TRACK_WORDS}
    if not covers or not spoke or left & set(VERDICT_WORDS):
        return "passes"
    return "waived" if all(each.kind == "waived" for each in covers) else "known"


def _covered(
    checked: Checked, rules: GateRules
) -> tuple[Suppressed | None, set[str], tuple[Reason, ...]]:
    """(what covers the whole machine, words without a finding that are covered, its reasons as the
    policy has them).
    """
    reasons, whole = checked.reasons, None
    silent: set[str] = set()
    if rules.severities:
        reasons = tuple(
            each._replace(severity=rules.severities.get(each.rule.code)) for each in reasons
        )
    for shield in rules.shields:
        every, by_code = shield.covers(checked)
        whole = whole or every
        silent |= by_code.keys() & set(TRACK_WORDS)
        if every or by_code:
            reasons = tuple(
                each if each.cover else each._replace(cover=by_code.get(each.rule.code, every))
                for each in reasons
            )
    return whole, silent, reasons


def _words_left(checked: Checked, reasons: Sequence[Reason], silent: set[str]) -> set[str]:
    """The words that still speak against a machine: its worst remaining verdict, its track, a
    raised finding.
    """
    decided = len(checked.judgement.findings)
    words: set[str] = set()
    for at, each in enumerate(reasons):
        if each.cover is None:
            words |= _words_from(each, judged=at < decided)
    track = words_of(checked) & set(TRACK_WORDS)
    for word in track:
        if word not in silent and not explains_track(word, reasons):
            words.add(word)
    worst = next((word for word in VERDICT_WORDS if word in words), None)
    return {word for word in words if word not in VERDICT_WORDS or word == worst} - (
        set(TRACK_WORDS) - track
    )


def explains_track(word: str, reasons: Iterable[Reason]) -> bool:
    """Whether a finding stands for a track state; a track may be unknown without any."""
    return any(_speaks(each, word) for each in reasons)


def _speaks(reason: Reason, word: str) -> bool:
    code, variant = reason.rule.code, reason.finding.variant
    return code in _CAUSES[word] or f"{code} {variant}" in _CAUSES[word]


def _words_from(reason: Reason, *, judged: bool) -> set[str]:
    """The words that a finding brings; one that the policy lowered brings none.

    `judged` says that it is of the judgement: what sources dispute, or a window lacks, never makes
    a verdict.
    """
    before, now = _WEIGHTS[reason.catalogue_level], _WEIGHTS[reason.level]
    if now < before:
        return set()
    words = {word for word in _CAUSES if _speaks(reason, word)}
    if reason.catalogue_level == "error" and judged and reason.rule.code[2] in _WORD_OF:
        words.add(_WORD_OF[reason.rule.code[2]])
    if now > before and reason.level == "error":
        words.add(RAISED)
    return words


def over(expires: date, day: date) -> bool:
    """Whether a waiver is over: its last day still counts."""
    return day > expires
