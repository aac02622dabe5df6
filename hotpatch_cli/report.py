"""The report: the findings on a fleet on a day. Types, and the sentence of a finding."""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Literal, NamedTuple

from hotpatch_cli.documents.phrases import counted
from hotpatch_cli.eligibility.verdict import Judgment
from hotpatch_cli.knowledge.records import Rule
from hotpatch_cli.model import VERDICTS, Finding, Fleet, Location, Machine
from hotpatch_cli.restarts import Restart

Outcome = Literal["passes", "fails", "undecided", "waived", "known"]
"""The gate's outcome for a machine; `undecided` is an unknown verdict that counts."""


class Suppressed(NamedTuple):
    """Why a finding does not count: it is waived (with the reason, the owner and the last day), or
    was known before.
    """

    kind: Literal["waived", "known"]
    reason: str = ""
    owner: str = ""
    expires: date | None = None


OFF = "off"
"""The level of a rule whose findings a policy leaves out."""


class Severity(NamedTuple):
    """The level that a policy gives a rule in place of the catalog's, and why. The findings of a
    rule of level `off` are left out of the gate and of reports, and counted.
    """

    level: str
    reason: str


class Reason(NamedTuple):
    """A finding as people read it: the rule, its sentence filled in, and the place of the cause.
    `counts` is true if it makes its machine fail; `judged` if it's part of the judgment, and not of
    the windows or of what sources differ on.
    """

    finding: Finding
    rule: Rule
    message: str
    location: Location
    suppressed: Suppressed | None = None
    severity: Severity | None = None
    counts: bool = False
    judged: bool = False

    @property
    def level(self) -> str:
        """error, warning or note, from the policy or otherwise the catalog."""
        return self.severity.level if self.severity else self.catalog_level

    @property
    def catalog_level(self) -> str:
        """The catalog's level of its sentence."""
        return self.rule.level_of(self.finding.variant)

    @property
    def remedy(self) -> str:
        """What to do: the rule's remedy, with the KB of the finding where it has one."""
        text = self.rule.remedy_of(self.finding.variant)
        kb = dict(self.finding.values).get("kb") if "<kb>" in text else None
        return text.replace("<kb>", kb) if kb else text


class LeftOut(NamedTuple):
    """The findings of a rule that the policy leaves out: how many, and why."""

    code: str
    name: str
    findings: int
    reason: str


class Checked(NamedTuple):
    """One machine, judged: verdict, track and baseline, its next restart, and every reason.

    `left_out` are the reasons that the policy leaves out.
    """

    machine: Machine
    judgment: Judgment
    restart: Restart
    reasons: tuple[Reason, ...]
    outcome: Outcome = "passes"
    left_out: tuple[Reason, ...] = ()

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the reasons, each once."""
        return tuple(dict.fromkeys(reason.rule.code for reason in self.reasons))


class GateResult(NamedTuple):
    """The gate's result on the whole fleet: its criteria, the exit code, and notes for the owner.

    `notes` are sentences: expired waivers, waivers that match nothing, known findings that are
    fixed. `failing` and `undecided` count machines, also those that `--only` doesn't show.
    """

    fail_on: tuple[str, ...] = ()
    exit_code: int = 0
    notes: tuple[str, ...] = ()
    failing: int = 0
    undecided: int = 0


class RestartChange(NamedTuple):
    """A restart that a scenario adds (nothing is `known` of it) or moves to another time."""

    checked: Checked
    known: Restart | None
    scenario: Restart


class ScenarioDiff(NamedTuple):
    """What a scenario (`texts`: the questions) changes; `unknown` machines may restart too,
    or may not.
    """

    texts: tuple[str, ...]
    changes: tuple[RestartChange, ...]
    machines: int
    unknown: int = 0


class Report(NamedTuple):
    """A fleet, judged on a day. `skipped` machines do not run Windows: counted, never judged.

    `missed` is the last Patch Tuesday where the release data is older than that; None where it is
    not. `general` are findings on the whole run, reported once and not for each machine;
    `general_left_out` those of them that the policy leaves out. With `image_only` each machine is
    an image that no machine was created from yet.
    """

    as_of: date
    newest_release: date | None
    read: date
    machines: tuple[Checked, ...]
    skipped: tuple[Machine, ...]
    fleet: Fleet
    gate: GateResult = GateResult()
    missed: date | None = None
    what_if: ScenarioDiff | None = None
    general: tuple[Reason, ...] = ()
    image_only: bool = False
    general_left_out: tuple[Reason, ...] = ()

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """The findings that the policy leaves out, by rule, the most frequent first."""
        tally = LeftOutTally()
        for checked in self.machines:
            tally.add(checked.left_out)
        tally.add(self.general_left_out)
        return tally.rows()

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences of the report itself: the age of its data, where it's old, the gate's notes,
        and the findings that are left out.
        """
        return (*self._notes, *left_out_note(self.left_out))

    @property
    def _notes(self) -> tuple[str, ...]:
        if self.missed is None:
            return self.gate.notes
        newest = f"ends on {self.newest_release}" if self.newest_release else "is empty"
        old = (
            f"The release data {newest} and is older than Patch Tuesday {self.missed}. "
            "Later releases are forecasts. Run: hotpatch releases update"
        )
        return old, *self.gate.notes

    @property
    def general_lines(self) -> tuple[str, ...]:
        """The findings on the whole run, a line each."""
        return tuple(
            f"{reason.rule.code} {reason.level}: {reason.message}" for reason in self.general
        )

    @property
    def counts(self) -> dict[str, int]:
        """How many machines have each verdict, and how many were skipped."""
        verdicts = Counter(checked.judgment.verdict for checked in self.machines)
        counted: dict[str, int] = {verdict: verdicts[verdict] for verdict in VERDICTS}
        waived = sum(checked.outcome == "waived" for checked in self.machines)
        return {
            "machines": len(self.machines),
            **counted,
            "waived": waived,
            "skipped": len(self.skipped),
        }


class LeftOutTally:
    """Counts the findings that the policy leaves out."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._first: dict[str, Reason] = {}

    def add(self, reasons: Iterable[Reason], machines: int = 1) -> None:
        """Count the reasons of a machine, or of a number of machines that are alike."""
        for reason in reasons:
            self._first.setdefault(reason.rule.code, reason)
            self._counts[reason.rule.code] += machines

    def rows(self) -> tuple[LeftOut, ...]:
        """The counts by rule, the most frequent first."""
        return tuple(
            LeftOut(code, first.rule.name, self._counts[code], first.severity.reason)
            for code, first in sorted(
                self._first.items(), key=lambda item: (-self._counts[item[0]], item[0])
            )
            if first.severity
        )


def left_out_text(rows: Iterable[LeftOut]) -> str:
    """How many findings of which rules are left out; empty where none is."""
    return ", ".join(
        f"{counted(row.findings, 'finding')} of {row.name} ({row.code})" for row in rows
    )


def left_out_note(rows: Iterable[LeftOut]) -> tuple[str, ...]:
    """The same as a sentence, if there is one."""
    text = left_out_text(rows)
    return (f"Left out by the configuration: {text}.",) if text else ()


def sentence(rule: Rule, finding: Finding) -> str:
    """The rule's sentence with the values of a finding."""
    return rule.sentences[finding.variant].format_map(dict(finding.values))
