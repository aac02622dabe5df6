"""Check a fleet, or images alone: every machine judged on a day."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from hotpatch_cli.documents.phrases import counted
from hotpatch_cli.eligibility.verdict import Judge, Judgment
from hotpatch_cli.errors import refuse
from hotpatch_cli.knowledge.records import PRODUCT_NAMES, PRODUCTS, Knowledge, Release, Rule
from hotpatch_cli.knowledge.release_age import last_read, missed_patch_tuesday, newest_release
from hotpatch_cli.model import Finding, Fleet, Location, Machine, make_finding
from hotpatch_cli.report import Checked, Reason, Report, sentence
from hotpatch_cli.restarts import Restart, Restarts
from hotpatch_cli.use_cases.planned_changes import nothing_judged


def check(
    fleet: Fleet, knowledge: Knowledge, as_of: date, scenario: Iterable[Release] = ()
) -> Report:
    """Judge every machine of a fleet with the knowledge of a day.

    Work is done for each distinct profile, window and build, then joined to the machines that share
    it.
    """
    return _report(fleet, Judge(knowledge, as_of, scenario))


def check_images(images: Fleet, knowledge: Knowledge, as_of: date) -> Report:
    """Judge images that have no machine yet, each like a machine of the fleet."""
    report = _report(images, Judge(knowledge, as_of, image_only=True))
    return report._replace(image_only=True)


def _report(fleet: Fleet, judge: Judge) -> Report:
    knowledge, as_of = judge.knowledge, judge.as_of
    restarts = Restarts(fleet, as_of)
    builder = _ReasonBuilder(knowledge.rules)
    checked, skipped = [], []
    for machine in fleet.machines:
        judgment = judge.judge(machine.facts)
        if judgment.verdict is None:
            skipped.append(machine)
            continue
        restart = restarts.of(machine, judgment.causes)
        of_restart = _restart_findings(judgment, restart, knowledge.rules)
        findings = (*judgment.findings, *machine.disputes, *of_restart)
        judged = len(judgment.findings)
        reasons = tuple(
            builder.reason(finding, machine, judged=number < judged)
            for number, finding in enumerate(findings)
        )
        checked.append(Checked(machine, judgment, restart, reasons))
    return Report(
        as_of,
        newest_release(knowledge, as_of),
        last_read(knowledge),
        tuple(checked),
        tuple(skipped),
        fleet,
        missed=missed_patch_tuesday(knowledge, as_of),
        general=tuple(builder.general(finding) for finding in _run_findings(judge, checked)),
    )


def _run_findings(judge: Judge, checked: Iterable[Checked]) -> Iterable[Finding]:
    """HP310: planned baselines whose day has passed and that aren't in the data, for products with
    a track here.
    """
    used = {
        machine.judgment.product for machine in checked if machine.judgment.track.state is not None
    }
    ended = []
    for product in PRODUCTS:
        baseline = judge.history(product).newest_baseline if product in used else None
        if baseline is not None and not baseline.confirmed:
            ended.append((product, baseline.date, judge.history(product).newest_known))
    if ended:
        which = " and ".join(f"{PRODUCT_NAMES[product]}: {day}" for product, day, _ in ended)
        newest = max((known for _, _, known in ended if known), default=None)
        extent = f"ends on {newest}" if newest else "has no confirmed release"
        yield make_finding("HP310", which=which, extent=extent)


def _restart_findings(
    judgment: Judgment, restart: Restart, rules: Mapping[str, Rule]
) -> tuple[Finding, ...]:
    """The findings on a restart; without those on missing facts where the image or Windows version
    is unsupported, because no fact is needed then.
    """
    if judgment.track.state is not None:
        return restart.findings
    return tuple(
        finding for finding in restart.findings if rules[finding.code].verdict != "unknown"
    )


class _FilledSentence(NamedTuple):
    """A finding's rule, its message, and its field."""

    rule: Rule
    message: str
    field: str


class _ReasonBuilder:
    """Turns findings into reasons; a sentence is filled in once, however many machines share it."""

    def __init__(self, rules: Mapping[str, Rule]) -> None:
        self._rules = rules
        self._filled: dict[Finding, _FilledSentence] = {}

    def reason(self, finding: Finding, machine: Machine, *, judged: bool) -> Reason:
        """The reason that a finding is for a machine, with the place of its field."""
        filled = self._filled.get(finding)
        if filled is None:
            rule = self._rules[finding.code]
            field = finding.evidence[0][0] if finding.evidence else "name"
            filled = _FilledSentence(rule, sentence(rule, finding), field)
            self._filled[finding] = filled
        place = machine.origin.locate(filled.field)
        return Reason(finding, filled.rule, filled.message, place, judged=judged)

    def general(self, finding: Finding) -> Reason:
        """The reason of a finding on the whole run. Its place is the release data, not a user's
        file.
        """
        rule = self._rules[finding.code]
        return Reason(finding, rule, sentence(rule, finding), Location("the release data"))


def require_something(report: Report, names: Iterable[str]) -> None:
    """Raise InputError where nothing was judged: an empty fleet must never pass."""
    if not report.machines:
        changes = None if report.skipped else report.fleet.changes
        why = nothing_judged(changes) or nothing_to_check(
            len(report.skipped), len(report.fleet.windows)
        )
        raise refuse(", ".join(names), why, "Nothing was checked.")


def nothing_to_check(skipped: int, windows: int = 0) -> str:
    """Why there is nothing to judge in a fleet of which all machines were skipped, or that has
    `windows` alone.
    """
    if skipped == 0 and windows:
        return (
            f"{counted(windows, 'maintenance schedule')} and no machine found. Add an inventory or "
            "an export that lists the machines, or run `hotpatch windows list` or "
            "`hotpatch windows lint`."
        )
    if skipped == 0:
        return "No machine was found. Add machines under `machines`, or specify another file."
    if skipped == 1:
        return "The only machine was skipped because it doesn't run Windows."
    return f"All {skipped} machines were skipped because none of them runs Windows."
