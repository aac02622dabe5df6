"""The gate's outcome of one machine, the exit code of a fleet, and what the gate counts."""

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotpatch_cli.eligibility.verdict import Judgment
from hotpatch_cli.gate.outcome import (
    NEVER,
    TRACK_CONDITIONS,
    VERDICT_CONDITIONS,
    GateRules,
    GateTally,
    apply_gate,
    conditions_of,
    explains_track,
    gate_counts,
)
from hotpatch_cli.gate.overrides import ByMachine
from hotpatch_cli.gate.suppressions import ALL, Known, KnownFindings, Waivers
from hotpatch_cli.knowledge.load import load_knowledge
from hotpatch_cli.model import NO_PLACEMENT, Facts, Finding, Fleet, Location, Machine, Waiver
from hotpatch_cli.report import OFF, Checked, Reason, Report, Severity
from hotpatch_cli.restarts import Restart
from hotpatch_cli.servicing.track import Track

RULES = load_knowledge().rules
DAY = date(2025, 12, 15)
DEFAULT = ("unsupported", "action-required")
HERE = Location("fleet.yaml", 1)


class Origin(NamedTuple):
    """All facts of a machine are on one line."""

    place: Location = HERE

    def locate(self, _field: str) -> Location:
        """That line."""
        return self.place


def reason(text: str, *, judged: bool = True) -> Reason:
    """A finding of a rule, `HP110 declared` of one sentence of it."""
    code, _, variant = text.partition(" ")
    return Reason(Finding(code, variant or "default"), RULES[code], text, HERE, judged=judged)


def machine(verdict: Any, state: Any, *codes: str, disputes: Iterable[str] = ()) -> Checked:
    """A machine with a verdict, a track state and findings, as a judgment has them."""
    reasons = [*map(reason, codes), *(reason(code, judged=False) for code in disputes)]
    there = Machine("a", Facts(platform="arc"), Origin(), placement=NO_PLACEMENT, label="a")
    return Checked(there, Judgment(verdict, track=Track(state)), Restart(), tuple(reasons))


def gated(
    checked: Checked,
    fail_on: Iterable[str] = DEFAULT,
    *,
    waived: Iterable[str] = (),
    known: Iterable[str] = (),
    levels: dict[str, str] | None = None,
    general: Iterable[str] = (),
) -> Report:
    """The report on one machine after the gate, with waivers, known findings and levels."""
    waivers = [Waiver("a", rule, "why", "who", DAY, HERE) for rule in waived]
    suppressions = [
        *([Waivers(waivers, DAY)] if waivers else []),
        *([KnownFindings([Known("a", rule) for rule in known])] if known else []),
    ]
    severities = {code: Severity(level, "why") for code, level in (levels or {}).items()}
    conditions = frozenset(fail_on)
    rules = GateRules(ByMachine(conditions, ()), suppressions, severities)
    whole = tuple(reason(code, judged=False) for code in general)
    report = Report(DAY, None, DAY, (checked,), (), Fleet((checked.machine,)), general=whole)
    return apply_gate(report, rules, conditions)


OLD = machine("unsupported", None, "HP105")
OFF_TRACK = machine("ready", "off-track", "HP303")
UNKNOWN = machine("unknown", "unknown", "HP402", "HP313")
TWICE_UNKNOWN = machine("unknown", "unknown", "HP402", "HP404")
BLIND = machine("ready", "unknown")
"""Its track is unknown, and no finding says so."""
BOTH = machine("unsupported", None, "HP105", "HP402")
MANUAL = machine("action-required", "current", "HP201", "HP202", "HP213")

CASES: dict[str, tuple[Checked, dict[str, Any], str, int]] = {
    "unsupported": (OLD, {}, "fails", 1),
    "unsupported, never": (OLD, {"fail_on": [NEVER]}, "passes", 0),
    "unsupported, unknown fails": (OLD, {"fail_on": ["unknown"]}, "passes", 0),
    "waived": (OLD, {"waived": ["HP105"]}, "waived", 0),
    "waived, another rule": (OLD, {"waived": ["HP104"]}, "fails", 1),
    "waived, all rules": (OLD, {"waived": [ALL]}, "waived", 0),
    "known": (OLD, {"known": ["HP105"]}, "known", 0),
    "ready, all rules waived": (machine("ready", "current"), {"waived": [ALL]}, "passes", 0),
    "one of two rules waived": (BOTH, {"waived": ["HP105"]}, "undecided", 3),
    "the milder of two rules waived": (BOTH, {"waived": ["HP402"]}, "fails", 1),
    "one waived, one known": (BOTH, {"waived": ["HP105"], "known": ["HP402"]}, "known", 0),
    "both waived": (BOTH, {"waived": ["HP105", "HP402"]}, "waived", 0),
    "one of two equal rules waived": (MANUAL, {"waived": ["HP201"]}, "fails", 1),
    "only a warning waived": (MANUAL, {"waived": ["HP213"]}, "fails", 1),
    "waived, never": (OLD, {"waived": ["HP105"], "fail_on": [NEVER]}, "waived", 0),
    "lowered to a warning": (OLD, {"levels": {"HP105": "warning"}}, "passes", 0),
    "lowered to a note": (OLD, {"levels": {"HP105": "note"}}, "passes", 0),
    "left out": (OLD, {"levels": {"HP105": OFF}}, "passes", 0),
    "one of two lowered": (BOTH, {"levels": {"HP105": "warning"}}, "undecided", 3),
    "an error that stays one": (OLD, {"levels": {"HP105": "error"}}, "fails", 1),
    "off-track": (OFF_TRACK, {}, "passes", 0),
    "off-track fails": (OFF_TRACK, {"fail_on": ["off-track"]}, "fails", 1),
    "off-track, behind fails": (OFF_TRACK, {"fail_on": ["behind"]}, "passes", 0),
    "off-track waived": (OFF_TRACK, {"fail_on": ["off-track"], "waived": ["HP303"]}, "waived", 0),
    "off-track lowered": (
        OFF_TRACK,
        {"fail_on": ["off-track"], "levels": {"HP303": "note"}},
        "passes",
        0,
    ),
    "off-track raised": (OFF_TRACK, {"levels": {"HP303": "error"}}, "fails", 1),
    "off-track raised, never": (
        OFF_TRACK,
        {"levels": {"HP303": "error"}, "fail_on": [NEVER]},
        "passes",
        0,
    ),
    "off-track raised and waived": (
        OFF_TRACK,
        {"levels": {"HP303": "error"}, "waived": ["HP303"]},
        "waived",
        0,
    ),
    "a note left out": (
        machine("ready", "behind", "HP301"),
        {"fail_on": ["behind"], "levels": {"HP301": OFF}},
        "passes",
        0,
    ),
    "a note that counts": (
        machine("ready", "behind", "HP301"),
        {"fail_on": ["behind"]},
        "fails",
        1,
    ),
    "a note raised to a warning": (
        machine("ready", "behind", "HP301"),
        {"levels": {"HP301": "warning"}},
        "passes",
        0,
    ),
    "a note raised to an error": (
        machine("ready", "behind", "HP301"),
        {"levels": {"HP301": "error"}},
        "fails",
        1,
    ),
    "a warning with a verdict": (machine("ready", "current", "HP213"), {}, "passes", 0),
    "unknown": (UNKNOWN, {}, "undecided", 3),
    "unknown fails": (UNKNOWN, {"fail_on": ["unknown"]}, "fails", 1),
    "unknown, never": (UNKNOWN, {"fail_on": [NEVER]}, "passes", 0),
    "unknown waived": (UNKNOWN, {"waived": ["HP402", "HP313"]}, "waived", 0),
    "the verdict waived, not the track": (UNKNOWN, {"waived": ["HP402"]}, "waived", 0),
    "the track waived, not the verdict": (UNKNOWN, {"waived": ["HP313"]}, "undecided", 3),
    "the track waived, never": (UNKNOWN, {"waived": ["HP313"], "fail_on": [NEVER]}, "passes", 0),
    "a finding waived that brings no condition": (
        machine("ready", "off-track", "HP303", "HP306"),
        {"waived": ["HP306"]},
        "passes",
        0,
    ),
    "the track unknown, all rules waived": (
        BLIND,
        {"fail_on": ["track:unknown"], "waived": [ALL]},
        "waived",
        0,
    ),
    "the track unknown, all rules waived, another known": (
        BLIND,
        {"fail_on": ["track:unknown"], "waived": [ALL], "known": ["HP105"]},
        "waived",
        0,
    ),
    "the track unknown": (BLIND, {}, "passes", 0),
    "the track unknown fails": (BLIND, {"fail_on": ["track:unknown"]}, "fails", 1),
    "the track known to be of another state": (
        BLIND,
        {"fail_on": ["track:unknown"], "known": ["behind"]},
        "fails",
        1,
    ),
    "a dispute": (machine("ready", "current", disputes=["HP402"]), {}, "passes", 0),
    "a dispute beside a waiver": (
        machine("ready", "current", disputes=["HP402"]),
        {"waived": ["HP105"]},
        "passes",
        0,
    ),
    "a dispute raised": (
        machine("ready", "current", disputes=["HP414"]),
        {"levels": {"HP414": "error"}},
        "fails",
        1,
    ),
    "ready": (machine("ready", "current"), {"fail_on": DEFAULT}, "passes", 0),
}


@pytest.mark.parametrize("name", CASES)
def test_the_outcome_of_a_machine(name: str) -> None:
    """What is left of a machine's verdict and track state, without what is waived, known or
    lowered, decides.
    """
    checked, options, outcome, code = CASES[name]
    report = gated(checked, **options)
    assert (report.machines[0].outcome, report.gate.exit_code) == (outcome, code)
    assert report.machines[0].judgment == checked.judgment
    assert (report.gate.failing, report.gate.undecided) == (
        outcome == "fails",
        outcome == "undecided",
    )


def test_a_waiver_of_a_machine_is_on_each_of_its_findings() -> None:
    """A waiver of all rules of a machine is named at each of its findings, also next to a waiver of
    one rule.
    """
    for waived in ([ALL], [ALL, "HP201"], ["HP201", ALL]):
        (checked,) = gated(MANUAL, waived=waived).machines
        assert all(reason.suppressed is not None for reason in checked.reasons)
        assert checked.outcome == "waived"


def test_a_track_that_is_known_to_be_unknown_fails_nothing() -> None:
    """Where no finding explains an unknown track, the state itself is what was known before."""
    report = gated(BLIND, ["track:unknown"], known=["track:unknown"])
    assert report.gate.exit_code == 0


@pytest.mark.parametrize(
    ("checked", "options", "counting"),
    [
        (OLD, {}, {"HP105"}),
        (BOTH, {}, {"HP105"}),
        (BOTH, {"fail_on": [*DEFAULT, "unknown"]}, {"HP105"}),
        (BOTH, {"fail_on": ["unknown"], "waived": ["HP105"]}, {"HP402"}),
        (MANUAL, {}, {"HP201", "HP202"}),
        (MANUAL, {"waived": ["HP201"]}, {"HP202"}),
        (MANUAL, {"levels": {"HP213": "error"}}, {"HP201", "HP202", "HP213"}),
        (UNKNOWN, {}, {"HP402"}),
        (TWICE_UNKNOWN, {}, {"HP402", "HP404"}),
        (TWICE_UNKNOWN, {"waived": ["HP402"]}, {"HP404"}),
        (UNKNOWN, {"fail_on": ["track:unknown"]}, {"HP313"}),
        (OFF_TRACK, {"fail_on": ["off-track"]}, {"HP303"}),
        (OFF_TRACK, {}, set()),
        (BLIND, {"fail_on": ["track:unknown"]}, set()),
    ],
)
def test_the_rules_that_decide(
    checked: Checked, options: dict[str, Any], counting: set[str]
) -> None:
    """The gate names the rules by which a machine fails, or that leave it undecided: no others."""
    report = gated(checked, **options)
    assert {code for code, _ in gate_counts(report).rules} == counting
    fails = report.machines[0].outcome == "fails"
    counted = {found.rule.code for found in report.machines[0].reasons if found.counts}
    assert counted == (counting if fails else set())


@pytest.mark.parametrize(
    ("fail_on", "levels", "code"),
    [
        (DEFAULT, {}, 0),
        (DEFAULT, {"HP310": "error"}, 1),
        (DEFAULT, {"HP310": OFF}, 0),
        ([NEVER], {"HP310": "error"}, 0),
    ],
)
def test_a_finding_on_the_whole_run(
    fail_on: Iterable[str], levels: dict[str, str], code: int
) -> None:
    """A finding on the whole run fails it only where the policy raises it to an error."""
    report = gated(machine("ready", "current"), fail_on, levels=levels, general=["HP310"])
    counts = gate_counts(report)
    assert (report.gate.exit_code, counts.exit_code) == (code, code)
    assert ("HP310" in dict(counts.rules)) == (code == 1)
    left_out = levels.get("HP310") == OFF
    assert [found.rule.code for found in report.general] == ([] if left_out else ["HP310"])
    assert [row.code for row in counts.left_out] == (["HP310"] if left_out else [])


def test_what_is_left_out_is_set_apart() -> None:
    """A finding of level `off` isn't a reason of its machine, and it's counted."""
    report = gated(MANUAL, levels={"HP201": OFF})
    (checked,) = report.machines
    assert [found.rule.code for found in checked.reasons] == ["HP202", "HP213"]
    assert [found.rule.code for found in checked.left_out] == ["HP201"]
    assert [(row.code, row.findings) for row in gate_counts(report).left_out] == [("HP201", 1)]


def test_a_tally_counts_machines_and_rules() -> None:
    """Machines are counted by outcome, and rules by their machines, the most frequent first; of a
    fleet of which none fails, the rules of the undecided machines.
    """
    tally = GateTally()
    samples = [
        (gated(OLD), 3),
        (gated(MANUAL), 5),
        (gated(UNKNOWN), 7),
        (gated(OLD, waived=["HP105"]), 11),
        (gated(OLD, known=["HP105"]), 13),
        (gated(machine("ready", "current")), 17),
    ]
    for report, number in samples:
        tally.add(report.machines[0], number)
    fails = tally.result(samples[0][0].gate)
    assert (fails.total, fails.fails, fails.undecided, fails.waived, fails.known) == (
        56,
        8,
        7,
        11,
        13,
    )
    assert [code for code, _ in fails.rules] == ["HP201", "HP202", "HP105"]
    assert fails.fail_on == DEFAULT
    undecided = tally.result(samples[2][0].gate)
    assert [code for code, _ in undecided.rules] == ["HP402"]
    assert tally.result(samples[5][0].gate).rules == ()
    one = GateTally()
    one.add(samples[0][0].machines[0])
    assert (one.result(samples[0][0].gate).total, one.result(samples[0][0].gate).fails) == (1, 1)


def test_conditions_are_named_in_one_order() -> None:
    """The gate names its conditions worst first, whatever the order in which they were given."""
    words = (*VERDICT_CONDITIONS, *TRACK_CONDITIONS)
    report = gated(OLD, reversed(words))
    assert gate_counts(report).fail_on == words
    assert gate_counts(gated(OLD, [NEVER])).fail_on == (NEVER,)


def test_the_conditions_of_a_machine() -> None:
    """A machine has its verdict and its track state as conditions; unknown is a word of both."""
    assert conditions_of(UNKNOWN) == {"unknown", "track:unknown"}
    assert conditions_of(OFF_TRACK) == {"ready", "off-track"}
    assert conditions_of(machine(None, None)) == {""}
    assert explains_track("off-track", OFF_TRACK.reasons)
    assert not explains_track("behind", OFF_TRACK.reasons)
    assert not explains_track("track:unknown", ())


MACHINES = st.sampled_from([OLD, OFF_TRACK, UNKNOWN, BLIND, BOTH, MANUAL])
SOME = st.sets(st.sampled_from(["HP105", "HP201", "HP202", "HP303", "HP313", "HP402"]))
WORDS = st.sets(st.sampled_from(["unknown", *TRACK_CONDITIONS])).map(lambda more: {*DEFAULT, *more})
BADNESS = {"fails": 2, "undecided": 1, "passes": 0, "waived": 0, "known": 0}


@given(MACHINES, WORDS, SOME, SOME)
def test_a_waiver_never_makes_it_worse(
    checked: Checked, words: set[str], waived: set[str], more: set[str]
) -> None:
    """Where unsupported and action-required machines fail, a machine that passes doesn't fail with
    more waivers, and one that fails doesn't pass with more conditions.
    """
    fewer, all_of_them = (
        BADNESS[gated(checked, sorted(words), waived=sorted(some)).machines[0].outcome]
        for some in (waived, waived | more)
    )
    assert all_of_them <= fewer
    stricter = gated(checked, [*VERDICT_CONDITIONS, *TRACK_CONDITIONS], waived=sorted(waived))
    assert BADNESS[stricter.machines[0].outcome] >= fewer
