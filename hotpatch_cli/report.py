"""The use cases: fleet, knowledge and day go in, values come out. Nothing here reads, prints or
asks the time.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Literal, NamedTuple

from hotpatch_cli.eligibility.verdict import VERDICTS, Judge, Judgement
from hotpatch_cli.errors import refuse
from hotpatch_cli.knowledge.records import PRODUCT_NAMES, PRODUCTS, Knowledge, Release, Rule
from hotpatch_cli.model import Finding, Fleet, Location, Machine, make_finding
from hotpatch_cli.restarts import Restart, Restarts

if TYPE_CHECKING:
    from hotpatch_cli.servicing.calendar import Year


Outcome = Literal["passes", "fails", "undecided", "waived", "known"]
"""What the gate makes of a machine; `undecided` is an unknown verdict that counts. See `counting`.
"""


class Suppressed(NamedTuple):
    """Why a finding does not count: it is waived (with the reason, the owner and the last day), or
    was known before.
    """

    kind: Literal["waived", "known"]
    reason: str = ""
    owner: str = ""
    expires: date | None = None


class Severity(NamedTuple):
    """The level that a policy gives a rule in place of the catalogue's, and why."""

    level: str
    reason: str


class Reason(NamedTuple):
    """A finding as people read it: the rule, its sentence filled in, and where the cause stands.

    `counts` says that it is what makes its machine fail.
    """

    finding: Finding
    rule: Rule
    message: str
    location: Location
    cover: Suppressed | None = None
    severity: Severity | None = None
    counts: bool = False

    @property
    def level(self) -> str:
        """error, warning or note, as the policy or otherwise the catalogue has it."""
        return self.severity.level if self.severity else self.catalogue_level

    @property
    def catalogue_level(self) -> str:
        """The level that the catalogue gives its sentence."""
        return self.rule.level_of(self.finding.variant)

    @property
    def remedy(self) -> str:
        """What to do."""
        return self.rule.remedy_of(self.finding.variant)


class Checked(NamedTuple):
    """One machine, judged: verdict, track and baseline, its next restart, and every reason."""

    machine: Machine
    judgement: Judgement
    restart: Restart
    reasons: tuple[Reason, ...]
    outcome: Outcome = "passes"

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the reasons, each once."""
        return tuple(dict.fromkeys(reason.rule.code for reason in self.reasons))


class GateResult(NamedTuple):
    """What the gate says of the whole fleet: what it looked at, the exit code, and what its owner
    should hear of.

    `notes` are sentences: waivers that are over, waivers that match nothing, known findings that
    are fixed.
    """

    fail_on: tuple[str, ...] = ()
    exit_code: int = 0
    notes: tuple[str, ...] = ()


class RestartChange(NamedTuple):
    """A restart that a supposed world adds (nothing is `known` of it) or moves to another time."""

    checked: Checked
    known: Restart | None
    supposed: Restart


class ScenarioDiff(NamedTuple):
    """What a supposed world (`texts`: the questions) changes; `unknown` machines may restart too,
    or may not.
    """

    texts: tuple[str, ...]
    changes: tuple[RestartChange, ...]
    machines: int
    unknown: int = 0


class Report(NamedTuple):
    """A fleet, judged on a day. `skipped` machines do not run Windows: counted, never judged.

    `missed` is the last Patch Tuesday where the release data is older than that; None where it is
    not. `general` are findings on the whole run, which are said once and not of each machine.
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

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences that stand in the report itself: the age of its data, where it is old, and what
        the gate says.
        """
        if self.missed is None:
            return self.gate.notes
        newest = f"ends with {self.newest_release}" if self.newest_release else "has nothing yet"
        old = f"The release data {newest}, older than Patch Tuesday {self.missed}: what is after it is a forecast."
        return old, *self.gate.notes

    @property
    def counts(self) -> dict[str, int]:
        """How many machines have each verdict, and how many were skipped."""
        verdicts = Counter(each.judgement.verdict for each in self.machines)
        counted: dict[str, int] = {verdict: verdicts[verdict] for verdict in VERDICTS}
        waived = sum(each.outcome == "waived" for each in self.machines)
        return {
            "machines": len(self.machines),
            **counted,
            "waived": waived,
            "skipped": len(self.skipped),
        }


def check(
    fleet: Fleet, knowledge: Knowledge, as_of: date, supposed: Iterable[Release] = ()
) -> Report:
    """Judge every machine of a fleet with the knowledge of a day.

    Work is done for each distinct profile, window and build, then joined to the machines that share
    it.
    """
    return _report(fleet, Judge(knowledge, as_of, supposed))


def check_images(images: Fleet, knowledge: Knowledge, as_of: date) -> Report:
    """Judge images alone, for which there is no machine yet: each stands for itself as a machine of
    the fleet.
    """
    return _report(images, Judge(knowledge, as_of, image_only=True))


def _report(fleet: Fleet, judge: Judge) -> Report:
    knowledge, as_of = judge.knowledge, judge.as_of
    restarts = Restarts(fleet, as_of)
    tell = _ReasonBuilder(knowledge.rules)
    checked, skipped = [], []
    for machine in fleet.machines:
        judgement = judge.judge(machine.facts)
        if judgement.verdict is None:
            skipped.append(machine)
            continue
        restart = restarts.of(machine, judgement.causes)
        findings = (*judgement.findings, *machine.disputes, *_heard(judgement, restart))
        reasons = tuple(tell.reason(each, machine) for each in findings)
        checked.append(Checked(machine, judgement, restart, reasons))
    newest, missed = newest_release(knowledge, as_of), missed_patch_tuesday(knowledge, as_of)
    general = tuple(tell.general(each) for each in _on_the_run(judge, checked))
    read = last_read(knowledge)
    return Report(
        as_of, newest, read, tuple(checked), tuple(skipped), fleet, missed=missed, general=general
    )


def _on_the_run(judge: Judge, checked: Iterable[Checked]) -> Iterable[Finding]:
    """HP310: planned baselines whose day has passed and that the data does not have, of products
    with a track here.
    """
    used = {each.judgement.product for each in checked if each.judgement.track.state is not None}
    ended = []
    for product in PRODUCTS:
        baseline = judge.history(product).newest_baseline if product in used else None
        if baseline is not None and not baseline.confirmed:
            ended.append((product, baseline.date, judge.history(product).newest_known))
    if ended:
        which = " and ".join(f"{PRODUCT_NAMES[product]}: {day}" for product, day, _ in ended)
        newest = max((known for _, _, known in ended if known), default="no day")
        yield make_finding("HP310", which=which, newest=newest)


def _heard(judgement: Judgement, restart: Restart) -> tuple[Finding, ...]:
    """What is said of a restart; of an image or a release that is unsupported, missing facts are
    not raised.
    """
    if judgement.track.state is not None:
        return restart.findings
    return tuple(each for each in restart.findings if not each.code.startswith("HP4"))


class _ReasonBuilder:
    """Turns findings into reasons; a sentence is filled in once, however many machines it is true
    of.
    """

    def __init__(self, rules: Mapping[str, Rule]) -> None:
        self._rules = rules
        self._told: dict[Finding, tuple[Rule, str, str]] = {}

    def reason(self, finding: Finding, machine: Machine) -> Reason:
        """The reason that a finding is for a machine, with the place of the field that it speaks
        of.
        """
        told = self._told.get(finding)
        if told is None:
            rule = self._rules[finding.code]
            field = finding.evidence[0][0] if finding.evidence else "name"
            told = self._told[finding] = (rule, sentence(rule, finding), field)
        rule, message, field = told
        return Reason(finding, rule, message, machine.origin.locate(field))

    def general(self, finding: Finding) -> Reason:
        """The reason that a finding on the whole run is; its place is the release data, which is no
        file of a user.
        """
        rule = self._rules[finding.code]
        return Reason(finding, rule, sentence(rule, finding), Location("the release data"))


def sentence(rule: Rule, finding: Finding) -> str:
    """The rule's sentence with the values of a finding."""
    return rule.sentences[finding.variant].format_map(dict(finding.values))


def year_of(
    knowledge: Knowledge,
    year: int,
    as_of: date,
    product: str = "all",
    supposed: Iterable[Release] = (),
) -> "Year":
    """The year of one product or of all, as known on a day; with releases to reckon with that are
    not known.
    """
    supposed = tuple(supposed)
    from hotpatch_cli.servicing.calendar import Year, calendar, turned

    products = tuple(each for each in PRODUCTS if product in ("all", each))
    return Year(
        year,
        as_of,
        products,
        {each: calendar(knowledge, each, year, as_of, supposed) for each in products},
        {each: turned(knowledge, each, as_of) for each in products},
    )


def newest_release(knowledge: Knowledge, as_of: date) -> date | None:
    """The day of the newest confirmed release that is out."""
    days = (
        row.date for row in knowledge.releases if row.date and row.identified and row.date <= as_of
    )
    return max(days, default=None)


def last_read(knowledge: Knowledge) -> date:
    """The newest day on which a source of the release data was read."""
    return max(
        (source.read for row in knowledge.releases for source in row.source), default=date.min
    )


def missed_patch_tuesday(knowledge: Knowledge, as_of: date) -> date | None:
    """The last Patch Tuesday, where the release data is older than that; None where it is not."""
    from hotpatch_cli.schedule.patch_tuesday import patch_tuesday

    last = patch_tuesday(as_of.year, as_of.month)
    if last > as_of:
        year, month = (as_of.year - 1, 12) if as_of.month == 1 else (as_of.year, as_of.month - 1)
        last = patch_tuesday(year, month)
    newest = newest_release(knowledge, as_of)
    return None if newest is not None and newest >= last else last


def stale(knowledge: Knowledge, as_of: date) -> str | None:
    """One sentence where the release data is older than the last Patch Tuesday; None where it is
    not.
    """
    last = missed_patch_tuesday(knowledge, as_of)
    if last is None:
        return None
    newest = newest_release(knowledge, as_of)
    known = f"the newest release it knows is of {newest}" if newest else "it knows no release yet"
    return (
        f"The release data is older than Patch Tuesday {last}: {known}. "
        "Run `hotpatch releases update`, or add rows with --releases FILE; what follows is a forecast."
    )


def general_lines(report: Report) -> tuple[str, ...]:
    """What is said of the whole run, a line each."""
    return tuple(f"{each.rule.code} {each.level}: {each.message}" for each in report.general)


def require_something(report: Report, names: Iterable[str]) -> None:
    """Raise InputError where nothing was judged: that must never look green."""
    if not report.machines:
        count = len(report.skipped)
        all_of_them = (
            "The one machine in it was" if count == 1 else f"All {count} machines in it were"
        )
        why = (
            f"{all_of_them} skipped: none runs Windows." if count else "There is no machine in it."
        )
        raise refuse(", ".join(names), why, "Nothing was checked.")
