"""The state of one restart of a plan, with the fact of a newer export that shows it.

A build or a KB of the baseline's day or later shows that a restart is done. Where no fact shows
whether a machine has the baseline, its state isn't certain.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Literal, NamedTuple

from hotpatch_cli.eligibility.verdict import Judge, Judgment
from hotpatch_cli.knowledge.records import PRODUCT_NAMES, Release
from hotpatch_cli.model import Finding, Location, Machine, meaning_of
from hotpatch_cli.planning.plan_record import PlannedRestart, PlanRecord
from hotpatch_cli.planning.prepare import (
    is_done,
    is_installed,
    products_with_baseline,
    unknown_product,
    why_not_needed,
)
from hotpatch_cli.report import sentence
from hotpatch_cli.servicing.restart import PLATFORM_DAYS, restarted_by_platform
from hotpatch_cli.servicing.track import NOT_NOW

State = Literal["done", "due", "late", "failed", "not-needed", "gone", "new"]
STATES: tuple[State, ...] = ("done", "due", "late", "failed", "not-needed", "gone", "new")
UNNEEDED = ("not-needed", "gone")
"""States of restarts that are no longer a part of the rollout."""
_KINDS = {
    "standard": "a standard update",
    "out-of-band": "an out-of-band update",
    "preview": "a preview update",
}
_ON_TRACK = ("current", "behind", "baseline-due")


class PlanMismatch(ValueError):  # noqa: N818  the noun says that it is an error
    """The plan isn't one of this fleet or of a baseline, and what to do."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


class MachineProgress(NamedTuple):
    """The state of one restart, with the fact that shows it.

    `planned` is None for a machine that isn't in the plan, `machine` for one that isn't in the
    fleet. It isn't `certain` where no fact decides; `remedy` is then how to find out, and `rule`
    the code and the name of the rule that explains it. `moved` is true if the planned start isn't
    valid any more, `in_progress` if it has passed and the end hasn't. `ended` is when a restart
    that is done ended; it's `assumed` where no source states it.
    """

    name: str
    state: State
    evidence: str
    planned: PlannedRestart | None = None
    machine: Machine | None = None
    certain: bool = True
    moved: bool = False
    in_progress: bool = False
    fact: tuple[str, str] | None = None
    location: Location | None = None
    remedy: str = ""
    rule: tuple[str, str] | None = None
    ended: datetime | None = None
    assumed: bool = False

    @property
    def ring(self) -> str | None:
        """The ring of the machine; of the plan, if the machine is gone."""
        if self.machine is not None:
            return self.machine.placement.ring
        return self.planned.ring if self.planned else None

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups of the machine; of the plan, if the machine is gone."""
        if self.machine is not None:
            return self.machine.placement.groups
        return self.planned.groups if self.planned else ()

    @property
    def start(self) -> datetime | None:
        """The planned start."""
        return self.planned.start if self.planned else None

    @property
    def end(self) -> datetime | None:
        """The planned end; from the length of the restart now, where the plan has none."""
        return _planned_end(self.planned, self.machine)


def _planned_end(planned: PlannedRestart | None, machine: Machine | None) -> datetime | None:
    if planned is None or planned.end is not None or planned.start is None or machine is None:
        return planned.end if planned else None
    return planned.start + machine.placement.reboot


class StateAssessor:
    """Finds the state of each restart, and the fact that shows it."""

    def __init__(self, judge: Judge, record: PlanRecord, at: datetime) -> None:
        self.judge, self.record, self.at = judge, record, at
        self.rules = judge.knowledge.rules
        self.day = record.release
        self.concerned = products_with_baseline(judge, self.day)
        if not self.concerned and not record.wish.everything:
            raise PlanMismatch(
                f"The plan is for a baseline of {self.day:%a %Y-%m-%d}, but no baseline is "
                "released or planned on that day.",
                "Make a new plan: run `hotpatch plan -f json`.",
            )

    def planned(self, planned: PlannedRestart, machine: Machine | None) -> MachineProgress:
        """The state of a restart of the plan."""
        if machine is None:
            return MachineProgress(
                planned.machine, "gone", "The fleet doesn't have this machine.", planned
            )
        judgment = self.judge.judge(machine.facts)
        row = MachineProgress(machine.label, "due", "", planned, machine)
        if judgment.verdict is None:
            return row._replace(state="not-needed", evidence="The machine doesn't run Windows.")
        if is_done(machine, judgment, self.day, self.concerned):
            return self._marked(row, machine, judgment)
        if self._left_track(planned, machine, judgment):
            return self._off_track(row, machine, judgment)
        if self._has_baseline(planned, machine, judgment):
            return self._done(row, machine, judgment)
        return self._remaining(row, machine, judgment)

    def _remaining(
        self, row: MachineProgress, machine: Machine, judgment: Judgment
    ) -> MachineProgress:
        why = self._why_not_needed(machine, judgment)
        if why is None:
            return self._open(row, machine, judgment)
        return self._not_needed(row, machine, judgment, why)

    def unplanned(self, machine: Machine) -> Iterable[MachineProgress]:
        """The state of a machine that isn't in the plan, if it restarts for the baseline."""
        judgment = self.judge.judge(machine.facts)
        if self._why_not_needed(machine, judgment) is None:
            row = MachineProgress(machine.label, "new", "", None, machine)
            yield self._open(row, machine, judgment)

    def _why_not_needed(self, machine: Machine, judgment: Judgment) -> str | None:
        everything = self.record.wish.everything
        return why_not_needed(machine, judgment, self.day, self.concerned, everything=everything)

    def _has_baseline(self, planned: PlannedRestart, machine: Machine, judgment: Judgment) -> bool:
        """Whether the facts show the baseline of the plan, or the older one that the machine was
        due for.
        """
        if is_installed(machine.facts, judgment, self.day):
            return True
        was_due = planned.track == "baseline-due" and judgment.product not in self.concerned
        return was_due and judgment.track.state in ("current", "behind")

    def _left_track(self, planned: PlannedRestart, machine: Machine, judgment: Judgment) -> bool:
        """Whether the machine is off the track since the plan."""
        if judgment.track.state != "off-track" or judgment.verdict in NOT_NOW:
            return False
        if is_installed(machine.facts, judgment, self.day):
            # a machine that restarts every month takes that month's standard update
            return judgment.product in self.concerned or planned.track in _ON_TRACK
        if planned.track is not None:
            return planned.track in _ON_TRACK
        newest = max((row.date for row in _candidates(judgment) if row.date), default=date.min)
        return self.record.as_of is not None and newest > self.record.as_of

    def _marked(
        self, row: MachineProgress, machine: Machine, judgment: Judgment
    ) -> MachineProgress:
        """Done by the mark of the inventory; the facts may not show it, or contradict it."""
        location = machine.origin.locate("done")
        moment = machine.done if isinstance(machine.done, datetime) else None
        value = moment.isoformat() if moment else "true"
        evidence = f"`done` is {value}{_place(location)}."
        older = self._is_older(machine, judgment)
        if older:
            evidence += f" {self._installed_text(machine, judgment)}"
        return row._replace(
            state="done",
            evidence=evidence,
            fact=("done", value),
            location=location,
            certain=not older,
            ended=moment or self._assumed_end(row),
            assumed=moment is None,
        )

    def _done(self, row: MachineProgress, machine: Machine, judgment: Judgment) -> MachineProgress:
        return self._with_fact(row, machine, judgment)._replace(
            state="done",
            evidence=self._installed_text(machine, judgment),
            ended=self._assumed_end(row),
            assumed=True,
        )

    def _off_track(
        self, row: MachineProgress, machine: Machine, judgment: Judgment
    ) -> MachineProgress:
        kind = next((release.kind for release in _candidates(judgment)), None)
        what = _KINDS.get(kind or "", "an update that isn't a hotpatch")
        restarted = is_installed(machine.facts, judgment, self.day)
        return self._with_fact(row, machine, judgment)._replace(
            state="failed",
            evidence=f"{self._installed_text(machine, judgment)} The machine is off the track: "
            f"this is {what}.",
            ended=self._assumed_end(row) if restarted else None,
            assumed=restarted,
        )

    def _assumed_end(self, row: MachineProgress) -> datetime:
        """The planned end of a restart that is done, if that has passed; otherwise the moment at
        which it's seen.
        """
        return min(row.end, self.at) if row.end is not None else self.at

    def _not_needed(
        self, row: MachineProgress, machine: Machine, judgment: Judgment, why: str
    ) -> MachineProgress:
        if why != "unsupported":
            product = PRODUCT_NAMES[judgment.product] if judgment.product else "this machine"
            evidence = f"{product} has no baseline on {self.day}."
            return row._replace(state="not-needed", evidence=evidence)
        cause = next(
            finding
            for finding in judgment.findings
            if self.rules[finding.code].verdict_of(finding.variant) == "unsupported"
        )
        field, value = cause.evidence[0] if cause.evidence else ("name", machine.name)
        location = machine.origin.locate(field)
        rule = self.rules[cause.code]
        return row._replace(
            state="not-needed",
            evidence=f"Not eligible for hotpatching: {rule.name} ({cause.code}){_place(location)}.",
            fact=(field, value),
            location=location,
        )

    def _open(self, row: MachineProgress, machine: Machine, judgment: Judgment) -> MachineProgress:
        """A restart that isn't shown to be done: due, late, failed, or new."""
        parts = []
        pending = machine.facts.restart_pending
        waiting = self._waiting(judgment, machine)
        if pending and (waiting is None or _is_of(waiting, self.day)):
            location = machine.origin.locate("restart_pending")
            what = f"{waiting.name} is installed, and its" if waiting else "A"
            parts.append(f"{what} restart is pending{_place(location)}.")
            row = row._replace(
                fact=("restart_pending", "true"), location=location, certain=waiting is not None
            )
            state: State = "failed"
        else:
            row = self._with_fact(row, machine, judgment)
            state = "late"
        older = self._is_older(machine, judgment)
        if older:
            parts.append(self._installed_text(machine, judgment))
        elif not parts:
            row = self._unknown(row, machine, judgment)
            parts.append(row.evidence)
        if row.planned is not None and row.planned.start is None:
            parts.append("The plan doesn't schedule it.")
            state = "new"
        elif row.planned is None:
            parts.append("The plan doesn't have it.")
            state = "new"
        elif row.end is None or row.end > self.at:
            state = "due"
            if row.start is not None and row.start <= self.at:
                row = row._replace(in_progress=True)
                parts.append("By the plan, its restart is in progress.")
        if isinstance(machine.done, datetime):
            place = _place(machine.origin.locate("done"))
            parts.append(f"`done` is {machine.done.isoformat()}{place}, before the release.")
        if restarted_by_platform(machine.facts):
            last = self.day + PLATFORM_DAYS
            parts.append(f"Azure chooses the moment, until {last}.")
        return row._replace(state=state, evidence=" ".join(parts))

    def _waiting(self, judgment: Judgment, machine: Machine) -> Release | None:
        """The installed update that takes effect after the pending restart."""
        possible = judgment.track.possible
        if possible.waiting is not None:
            return possible.waiting
        return possible.release if not _has_revision(machine) else None

    def _is_older(self, machine: Machine, judgment: Judgment) -> bool:
        """Whether the facts show that a machine runs without the baseline."""
        possible = judgment.track.possible
        if possible.candidates:
            return all(row.date is not None and row.date < self.day for row in possible.candidates)
        if possible.lacks is None or possible.lacks.date is None:
            return False
        if possible.lacks.date <= self.day:
            return True
        build, product = meaning_of(machine.facts.build), possible.lacks.product
        builds = [
            row.build
            for row in self.judge.history(product).out
            if row.date == self.day and row.is_baseline and row.build
        ]
        return build is not None and any(build < other for other in builds)

    def _with_fact(
        self, row: MachineProgress, machine: Machine, judgment: Judgment
    ) -> MachineProgress:
        """The row with the fact that shows what is installed, and its place."""
        facts = machine.facts
        release = judgment.track.possible.release
        if facts.build is not None and (_has_revision(machine) or not facts.kbs):
            return row._replace(
                fact=("build", str(facts.build)), location=machine.origin.locate("build")
            )
        if facts.kbs:
            kb = release.kb if release and release.kb in facts.kbs else ", ".join(facts.kbs)
            return row._replace(fact=("kbs", str(kb)), location=machine.origin.locate("kbs"))
        return row._replace(location=machine.origin.locate("build"))

    def _installed_text(self, machine: Machine, judgment: Judgment) -> str:
        """The build or the KB of a machine, its place, and how it compares with the baseline."""
        possible = judgment.track.possible
        row = self._with_fact(MachineProgress("", "due", ""), machine, judgment)
        field, value = row.fact or ("build", "missing")
        days = sorted({str(release.date) for release in possible.candidates if release.date})
        of = f" of {' or '.join(days)}" if days else ""
        if field == "kbs":
            text = f"{value}{_place(row.location)} is the newest listed update{of}"
        else:
            name = f" is {possible.name}{of}" if possible.candidates else ""
            text = f"Build {value}{_place(row.location)}{name}"
        if not self._is_older(machine, judgment):
            return f"{text}."
        verb = ", which is older" if possible.candidates else " is older"
        return f"{text}{verb} than the baseline."

    def _unknown(
        self, row: MachineProgress, machine: Machine, judgment: Judgment
    ) -> MachineProgress:
        """Why no fact shows whether a machine has the baseline, and how to find out."""
        finding = unknown_product(machine, judgment) or self._question(judgment)
        if finding is None:
            text = "No fact shows whether the baseline is installed."
            return row._replace(certain=False, evidence=text)
        rule = self.rules[finding.code]
        return row._replace(
            certain=False,
            evidence=sentence(rule, finding),
            remedy=rule.remedy_of(finding.variant),
            rule=(rule.code, rule.name),
        )

    def _question(self, judgment: Judgment) -> Finding | None:
        """The finding on what is installed, where that isn't known."""
        possible = judgment.track.possible
        asked = [finding for finding in (possible.question, possible.settled) if finding]
        asked += [
            finding
            for finding in judgment.findings
            if self.rules[finding.code].track_of(finding.variant) == "unknown"
        ]
        return asked[0] if asked else None


def _candidates(judgment: Judgment) -> tuple[Release, ...]:
    return judgment.track.possible.candidates


def _has_revision(machine: Machine) -> bool:
    build = meaning_of(machine.facts.build)
    return build is not None and build.revision is not None


def _is_of(release: Release, day: date) -> bool:
    """Whether a release is of a day or later."""
    return release.date is not None and release.date >= day


def _place(location: Location | None) -> str:
    """A place in parentheses, for a sentence."""
    if location is None:
        return ""
    line = f":{location.line}" if location.line else ""
    return f" ({location.file}{line})"
