"""The trend of a fleet: its saved reports over time, and what became of each machine."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Literal, NamedTuple

from hotpatch_cli.errors import InputError, Problem
from hotpatch_cli.inputs.others.report import PastReport, ReportedMachine
from hotpatch_cli.knowledge.records import Knowledge
from hotpatch_cli.model import TRACK_STATES, VERDICTS
from hotpatch_cli.report import Report
from hotpatch_cli.use_cases.baseline_rollouts import ON_BASELINE, BaselineRollout, Rollouts
from hotpatch_cli.use_cases.machine_histories import MachineHistory, Roster

TrendKind = Literal["worse", "better", "changed", "gone", "new", "back"]
TREND_KINDS: tuple[TrendKind, ...] = ("worse", "better", "changed", "gone", "new", "back")
_VERDICTS = ("ready", "action-required", "unsupported")
_STATES = ("current", "behind", "baseline-due", "off-track")
"""From best to worst. What is unknown is neither better nor worse."""


class SavedReport(NamedTuple):
    """A report and the name of its file."""

    name: str
    report: PastReport


class TrendPoint(NamedTuple):
    """The counts of one report. A machine that isn't eligible can have no track state."""

    name: str
    as_of: date
    machines: int
    verdicts: Mapping[str, int]
    states: Mapping[str, int]
    waived: int
    skipped: int

    @property
    def summary(self) -> dict[str, int]:
        """The counts of machines, as in a report."""
        counts = {"machines": self.machines, **self.verdicts}
        return counts | {"waived": self.waived, "skipped": self.skipped}

    @property
    def ready(self) -> int:
        """How many machines are ready."""
        return self.verdicts["ready"]

    @property
    def on_baseline(self) -> int:
        """How many machines are on the hotpatch track of the newest baseline."""
        return sum(self.states[state] for state in ON_BASELINE)

    @property
    def off_track(self) -> int:
        """How many machines are off the track."""
        return self.states["off-track"]

    def share(self, number: int) -> float | None:
        """A number of machines as a share of all; None where the report has no machine."""
        return number / self.machines if self.machines else None


class TrendChange(NamedTuple):
    """A machine that changed from one report to another, and the days of the two."""

    since: date
    as_of: date
    kind: TrendKind
    old: ReportedMachine | None
    new: ReportedMachine | None

    @property
    def machine(self) -> ReportedMachine:
        """The machine as it is now, or was."""
        machine = self.new or self.old
        assert machine is not None  # noqa: S101  a change has one at least
        return machine

    @property
    def raised(self) -> tuple[tuple[str, str], ...]:
        """(code, message) of each new finding that made the change."""
        codes, _ = self._causes
        reasons = self.new.reasons if self.new else ()
        return tuple(reason for reason in reasons if reason[0] in codes)

    @property
    def settled(self) -> tuple[str, ...]:
        """The codes of findings whose end made the change."""
        return self._causes[1]

    @property
    def _causes(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The codes of findings that came and of those that ended: errors if the verdict changed,
        otherwise findings on the track.
        """
        if self.old is None or self.new is None or self.kind == "back":
            return (), ()
        before, after = set(self.old.codes), set(self.new.codes)
        came = tuple(code for code in self.new.codes if code not in before)
        ended = tuple(code for code in self.old.codes if code not in after)
        if self.old.verdict == self.new.verdict:
            return tuple(filter(_is_of_track, came)), tuple(filter(_is_of_track, ended))
        errors = {*self.old.errors, *self.new.errors}
        made = tuple(code for code in came if code in errors)
        unmade = tuple(code for code in ended if code in errors)
        return made, unmade


class Trend(NamedTuple):
    """The reports of a fleet in the order of their days, the baselines that were released in their
    time, and the changes of machines.
    """

    points: tuple[TrendPoint, ...]
    rollouts: tuple[BaselineRollout, ...]
    changes: tuple[TrendChange, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many changes there are of each kind."""
        counts = Counter(change.kind for change in self.changes)
        return {kind: counts[kind] for kind in TREND_KINDS}

    @property
    def longest_gap(self) -> int:
        """The most days from one report to the next."""
        return max(((b.as_of - a.as_of).days for a, b in pairwise(self.points)), default=0)


def trend(reports: Iterable[SavedReport], knowledge: Knowledge) -> Trend:
    """The trend of reports of one fleet. Raises InputError where two reports are of one day, or of
    different fleets.
    """
    ordered = _in_order(reports)
    days = [saved.report.as_of for saved in ordered]
    roster = Roster()
    changes: list[TrendChange] = []
    strangers = []
    for number, saved in enumerate(ordered):
        known = bool(roster.histories)
        histories, gone = roster.match(number, saved.report.machines)
        if known and histories and all(len(history.seen) == 1 for history in histories):
            strangers.append(_stranger(saved, ordered[0]))
        if number:
            found = [*_changes(histories, number, days), *_departures(gone, number, days)]
            changes += sorted(found, key=lambda change: TREND_KINDS.index(change.kind))
    if strangers:
        raise InputError(strangers)
    rollouts = Rollouts([saved.report for saved in ordered], knowledge).of(roster.histories)
    return Trend(tuple(map(_point, ordered)), tuple(rollouts), tuple(changes))


def past_report(report: Report) -> PastReport:
    """A report of this run as it would be read back from its file."""
    machines = []
    for checked in report.machines:
        judgment, installed = checked.judgment, checked.judgment.track.installed
        build = str(installed.build) if installed and installed.build else None
        errors = [reason.rule.code for reason in checked.reasons if reason.catalog_level == "error"]
        machines.append(
            ReportedMachine(
                checked.machine.label,
                checked.machine.id,
                judgment.verdict or "",
                judgment.track.state,
                tuple((reason.rule.code, reason.message) for reason in checked.reasons),
                judgment.product,
                (build, installed.kb if installed else None),
                tuple(dict.fromkeys(errors)),
            )
        )
    counts = report.counts
    return PastReport(
        report.as_of, tuple(machines), report.newest_release, counts["waived"], counts["skipped"]
    )


def _point(saved: SavedReport) -> TrendPoint:
    report = saved.report
    verdicts = Counter(machine.verdict for machine in report.machines)
    states = Counter(machine.track for machine in report.machines)
    return TrendPoint(
        saved.name,
        report.as_of,
        len(report.machines),
        {verdict: verdicts[verdict] for verdict in VERDICTS},
        {state: states[state] for state in TRACK_STATES},
        report.waived,
        report.skipped,
    )


def _is_of_track(code: str) -> bool:
    return code.startswith("HP3")


# --- the order of reports ----------------------------------------


def _in_order(reports: Iterable[SavedReport]) -> list[SavedReport]:
    """The reports by day. The same report twice counts once; two different ones of one day are
    refused, because nothing in them states which is newer.
    """
    by_day: dict[date, SavedReport] = {}
    problems = []
    for saved in reports:
        other = by_day.setdefault(saved.report.as_of, saved)
        if other.report != saved.report:
            message = f"This report and {other.name} are both of {saved.report.as_of}, and differ."
            problems.append(Problem(saved.name, None, None, message, "Specify one report a day."))
    if problems:
        raise InputError(problems)
    return [by_day[day] for day in sorted(by_day)]


def _stranger(saved: SavedReport, first: SavedReport) -> Problem:
    earlier = f"the reports before it, such as {first.name}"
    message = f"This report of {saved.report.as_of} has no machine in common with {earlier}."
    return Problem(saved.name, None, None, message, "Specify reports of one fleet.")


# --- changes ----------------------------------------


def _changes(
    histories: Iterable[MachineHistory], number: int, days: Sequence[date]
) -> Iterator[TrendChange]:
    """What became of the machines of a report since the last report that had them."""
    for history in histories:
        _, new = history.seen[-1]
        if len(history.seen) == 1:
            yield TrendChange(days[number - 1], days[number], "new", None, new)
            continue
        last, old = history.seen[-2]
        kind = _kind(old, new) if last == number - 1 else "back"
        if kind is not None:
            yield TrendChange(days[last], days[number], kind, old, new)


def _departures(
    gone: Iterable[MachineHistory], number: int, days: Sequence[date]
) -> Iterator[TrendChange]:
    """The machines that only the report before has."""
    for history in gone:
        yield TrendChange(days[number - 1], days[number], "gone", history.seen[-1][1], None)


def _kind(old: ReportedMachine, new: ReportedMachine) -> TrendKind | None:
    """How a machine changed: by its verdict, otherwise by its track. None if it didn't.

    Ready against anything else is better, as in `hotpatch diff`.
    """
    if old.verdict != new.verdict:
        if "ready" in (old.verdict, new.verdict):
            return "better" if new.verdict == "ready" else "worse"
        return _compared(_VERDICTS, old.verdict, new.verdict)
    if old.track == new.track or new.verdict == "unsupported":
        return None
    if (old.track, new.track) == ("off-track", "baseline-due"):
        return "changed"  # the release of a baseline made it, nobody's work
    return _compared(_STATES, old.track, new.track)


def _compared(order: Sequence[str], old: str | None, new: str | None) -> TrendKind:
    if old not in order or new not in order:
        return "changed"
    return "better" if order.index(new) < order.index(old) else "worse"
