"""Two reports beside each other: which machines would win or lose hotpatch. Values only."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Literal, NamedTuple

from hotpatch_cli.inputs.others.report import PastReport, ReportedMachine
from hotpatch_cli.report import Report

Change = Literal["loses", "wins", "changed", "new", "gone", "same"]
CHANGES: tuple[Change, ...] = ("loses", "wins", "changed", "new", "gone", "same")


class Side(NamedTuple):
    """One of the two: how it is called, the day of its judgement, and its machines."""

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
        found = self.new or self.old
        assert found is not None  # noqa: S101  a pair has one at least
        return found

    @property
    def change(self) -> Change:
        """What became of it: it loses hotpatch where it was ready and is not now, or not known to
        be.
        """
        if self.old is None or self.new is None:
            return "new" if self.old is None else "gone"
        before, after = self.old.verdict, self.new.verdict
        if (before == "ready") != (after == "ready"):
            return "loses" if before == "ready" else "wins"
        same = (before, self.old.track, set(self.old.codes)) == (
            after,
            self.new.track,
            set(self.new.codes),
        )
        return "same" if same else "changed"

    @property
    def raised(self) -> tuple[tuple[str, str], ...]:
        """(code, message) of what is said of it now and was not."""
        known = set(self.old.codes) if self.old else set()
        return tuple(
            each for each in (self.new.reasons if self.new else ()) if each[0] not in known
        )

    @property
    def settled(self) -> tuple[str, ...]:
        """Codes that are no longer said of it."""
        known = set(self.new.codes) if self.new else set()
        return tuple(code for code in (self.old.codes if self.old else ()) if code not in known)


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
        found = Counter(each.change for each in self.pairs)
        return {change: found[change] for change in CHANGES}


def side_of(name: str, report: Report | PastReport) -> Side:
    """A side, of a report that was made now or read."""
    if isinstance(report, PastReport):
        return Side(name, report.as_of, report.machines)
    machines = tuple(
        ReportedMachine(
            each.machine.label,
            each.machine.id,
            each.judgement.verdict or "",
            each.judgement.track.state,
            tuple((reason.rule.code, reason.message) for reason in each.reasons),
        )
        for each in report.machines
    )
    return Side(name, report.as_of, machines)


def report_diff(old: Side, new: Side) -> ReportDiff:
    """Every machine of both sides: the same one by resource id, or by name where one side knows no
    id.
    """
    pairs = sorted(_pairs(old.machines, new.machines), key=lambda each: CHANGES.index(each.change))
    return ReportDiff(old, new, tuple(pairs))


def _pairs(old: Iterable[ReportedMachine], new: Iterable[ReportedMachine]) -> Iterator[Pair]:
    rest = dict(enumerate(old))
    by_id: dict[str, list[int]] = {}
    by_name: dict[str, list[int]] = {}
    for at, each in rest.items():
        by_name.setdefault(each.name, []).append(at)
        if each.id:
            by_id.setdefault(each.id.lower(), []).append(at)
    unmatched = []
    for each in new:  # by id first, so that no name takes a machine away from its id
        found = _taken(rest, by_id.get(each.id.lower(), ())) if each.id else None
        if found is None:
            unmatched.append(each)
        else:
            yield Pair(found, each)
    for each in unmatched:
        named = [
            at for at in by_name.get(each.name, ()) if at in rest and not (each.id and rest[at].id)
        ]
        yield Pair(_taken(rest, named), each)
    yield from (Pair(each, None) for each in rest.values())


def _taken(rest: dict[int, ReportedMachine], places: Iterable[int]) -> ReportedMachine | None:
    """The first that is still there, which then is no longer."""
    return next((rest.pop(at) for at in places if at in rest), None)
