"""The difference of two reports: which machines gain or lose hotpatching. Values only."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Literal, NamedTuple

from hotpatch_cli.inputs.others.report import PastReport, ReportedMachine
from hotpatch_cli.report import Report
from hotpatch_cli.use_cases.machine_histories import MachineHistory, Roster

Change = Literal["loses", "wins", "changed", "new", "gone", "same"]
CHANGES: tuple[Change, ...] = ("loses", "wins", "changed", "new", "gone", "same")


class Side(NamedTuple):
    """One of the two reports: its name, the day of its judgment, and its machines."""

    name: str
    as_of: date
    machines: tuple[ReportedMachine, ...]


class Pair(NamedTuple):
    """A machine on both sides; None on the side where it is not."""

    old: ReportedMachine | None
    new: ReportedMachine | None

    @property
    def machine(self) -> ReportedMachine:
        """The machine as it is now, or was."""
        machine = self.new or self.old
        assert machine is not None  # noqa: S101  a pair has one at least
        return machine

    @property
    def change(self) -> Change:
        """How it changed: it loses eligibility if it was ready and now isn't."""
        if self.old is None or self.new is None:
            return "new" if self.old is None else "gone"
        before, after = self.old.verdict, self.new.verdict
        if (before == "ready") != (after == "ready"):
            return "loses" if before == "ready" else "wins"
        same = (
            before == after
            and self.old.track == self.new.track
            and set(self.old.codes) == set(self.new.codes)
        )
        return "same" if same else "changed"

    @property
    def raised(self) -> tuple[tuple[str, str], ...]:
        """(code, message) of each new finding."""
        known = set(self.old.codes) if self.old else set()
        reasons = self.new.reasons if self.new else ()
        return tuple(reason for reason in reasons if reason[0] not in known)

    @property
    def settled(self) -> tuple[str, ...]:
        """Codes of findings that are gone."""
        known = set(self.new.codes) if self.new else set()
        codes = self.old.codes if self.old else ()
        return tuple(code for code in codes if code not in known)


class ReportDiff(NamedTuple):
    """Two sides, and every machine of both: first what loses, then what wins, in the order of
    CHANGES.
    """

    old: Side
    new: Side
    pairs: tuple[Pair, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many machines changed how."""
        counts = Counter(pair.change for pair in self.pairs)
        return {change: counts[change] for change in CHANGES}


def side_of(name: str, report: Report | PastReport) -> Side:
    """A side, from a report made in this run or read from a file."""
    if isinstance(report, PastReport):
        return Side(name, report.as_of, report.machines)
    machines = tuple(
        ReportedMachine(
            checked.machine.label,
            checked.machine.id,
            checked.judgment.verdict or "",
            checked.judgment.track.state,
            tuple((reason.rule.code, reason.message) for reason in checked.reasons),
        )
        for checked in report.machines
    )
    return Side(name, report.as_of, machines)


def report_diff(old: Side, new: Side) -> ReportDiff:
    """Every machine of both sides, matched by resource ID, or by name where one side has no ID."""
    pairs = sorted(_pairs(old.machines, new.machines), key=lambda pair: CHANGES.index(pair.change))
    return ReportDiff(old, new, tuple(pairs))


def _pairs(old: Sequence[ReportedMachine], new: Sequence[ReportedMachine]) -> Iterator[Pair]:
    """Pairs of one ID first, then those of one name and new machines, then those that are gone."""
    roster = Roster()
    roster.match(0, old)
    histories, gone = roster.match(1, new)
    pairs = [_pair(history) for history in histories]
    yield from sorted(pairs, key=lambda pair: not _has_one_id(pair))
    yield from (Pair(history.seen[0][1], None) for history in gone)


def _pair(history: MachineHistory) -> Pair:
    *before, (_, now) = history.seen
    return Pair(before[0][1] if before else None, now)


def _has_one_id(pair: Pair) -> bool:
    return bool(pair.old and pair.new and pair.old.id and pair.new.id)
