"""The difference of two reports: which machines gain or lose hotpatching. Values only."""

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Literal, NamedTuple

from hotpatch_cli.inputs.others.report import PastReport, ReportedMachine
from hotpatch_cli.report import Report

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


def _pairs(old: Iterable[ReportedMachine], new: Iterable[ReportedMachine]) -> Iterator[Pair]:
    unpaired = dict(enumerate(old))
    by_id: dict[str, deque[int]] = {}
    by_name: dict[tuple[str, bool], deque[int]] = {}
    for number, machine in unpaired.items():
        by_name.setdefault((machine.name, bool(machine.id)), deque()).append(number)
        if machine.id:
            by_id.setdefault(machine.id.lower(), deque()).append(number)
    # By ID first: a name must not claim a machine that matches another by ID.
    without_match = []
    for machine in new:
        match = _take(unpaired, by_id.get(machine.id.lower())) if machine.id else None
        if match is None:
            without_match.append(machine)
        else:
            yield Pair(match, machine)
    for machine in without_match:
        yield Pair(_take_named(unpaired, by_name, machine), machine)
    for machine in unpaired.values():
        yield Pair(machine, None)


def _take_named(
    unpaired: dict[int, ReportedMachine],
    by_name: dict[tuple[str, bool], deque[int]],
    machine: ReportedMachine,
) -> ReportedMachine | None:
    """The first machine of this name that has no pair yet; of two with IDs, the IDs differ."""
    without_id = by_name.get((machine.name, False), deque())
    with_id = by_name.get((machine.name, True), deque())
    lists = [_paired_removed(unpaired, without_id)]
    if not machine.id:
        lists.append(_paired_removed(unpaired, with_id))
    first = min(filter(None, lists), key=lambda numbers: numbers[0], default=None)
    return _take(unpaired, first)


def _take(
    unpaired: dict[int, ReportedMachine], numbers: deque[int] | None
) -> ReportedMachine | None:
    """The first of these machines that has no pair yet, taken out of the unpaired ones."""
    if not numbers or not _paired_removed(unpaired, numbers):
        return None
    return unpaired.pop(numbers.popleft())


def _paired_removed(unpaired: dict[int, ReportedMachine], numbers: deque[int]) -> deque[int]:
    """The machines of a list without those at its front that have a pair."""
    while numbers and numbers[0] not in unpaired:
        numbers.popleft()
    return numbers
