"""The trend of a fleet: its saved reports over time, and what became of each machine."""

from bisect import bisect_left
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import pairwise
from math import ceil
from statistics import median
from typing import Literal, NamedTuple

from hotpatch_cli.errors import InputError, Problem
from hotpatch_cli.inputs.others.report import PastReport, ReportedMachine
from hotpatch_cli.knowledge.records import PRODUCTS, Knowledge
from hotpatch_cli.model import TRACK_STATES, VERDICTS
from hotpatch_cli.report import Report
from hotpatch_cli.schedule.patch_tuesday import next_patch_tuesday
from hotpatch_cli.servicing.history import Baseline, History, day_of

TrendKind = Literal["worse", "better", "changed", "gone", "new", "back"]
TREND_KINDS: tuple[TrendKind, ...] = ("worse", "better", "changed", "gone", "new", "back")
ON_BASELINE = ("current", "behind")
"""Track states of a machine on the hotpatch track of the newest baseline."""
_HAVE_BASELINE = (*ON_BASELINE, "off-track")
_VERDICTS = ("ready", "action-required", "unsupported")
_STATES = ("current", "behind", "baseline-due", "off-track")
"""From best to worst. What is unknown is neither better nor worse."""
_SHARE = 0.9


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


class BaselineRollout(NamedTuple):
    """How a baseline, of one product or of several on the same day, reached its machines.

    `days` has, in order, the days from the release to the first report that shows a machine with
    the baseline or a later update. All other machines are counted apart: those that no report shows
    with it, those of which it is unknown, and new machines that had it when they were first seen.
    """

    date: date
    releases: Mapping[str, Baseline]
    days: tuple[int, ...]
    missing: int
    unknown: int
    new_with_it: int

    @property
    def confirmed(self) -> bool:
        """Whether the release data has it."""
        return all(baseline.confirmed for baseline in self.releases.values())

    @property
    def machines(self) -> int:
        """How many machines of its products the reports have since its release."""
        return len(self.days) + self.missing + self.unknown + self.new_with_it

    @property
    def median_days(self) -> float | None:
        """The median of the days."""
        return float(median(self.days)) if self.days else None

    @property
    def p90_days(self) -> float | None:
        """The days within which 90 % of these machines had it (nearest rank)."""
        return float(self.days[ceil(_SHARE * len(self.days)) - 1]) if self.days else None


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
    roster = _Roster()
    changes: list[TrendChange] = []
    strangers = []
    for number, saved in enumerate(ordered):
        known = bool(roster.threads)
        threads, gone = roster.match(number, saved.report.machines)
        if known and threads and all(len(thread.seen) == 1 for thread in threads):
            strangers.append(_stranger(saved, ordered[0]))
        if number:
            found = [*_changes(threads, number, days), *_departures(gone, number, days)]
            changes += sorted(found, key=lambda change: TREND_KINDS.index(change.kind))
    if strangers:
        raise InputError(strangers)
    rollouts = _Rollouts(ordered, knowledge).of(roster.threads)
    return Trend(tuple(map(_point, ordered)), tuple(rollouts), tuple(changes))


def past_report(report: Report) -> PastReport:
    """A report of this run as it would be read back from its file."""
    machines = []
    for checked in report.machines:
        judgment, installed = checked.judgment, checked.judgment.track.installed
        build = str(installed.build) if installed and installed.build else None
        machines.append(
            ReportedMachine(
                checked.machine.label,
                checked.machine.id,
                judgment.verdict or "",
                judgment.track.state,
                tuple((reason.rule.code, reason.message) for reason in checked.reasons),
                judgment.product,
                (build, installed.kb if installed else None),
                tuple(
                    dict.fromkeys(
                        reason.rule.code
                        for reason in checked.reasons
                        if reason.catalog_level == "error"
                    )
                ),
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


# --- machines over time ----------------------------------------


class _Thread:
    """One machine over time: each report that has it, by number, and the machine in it."""

    __slots__ = ("identity", "seen")

    def __init__(self) -> None:
        self.identity: str | None = None
        self.seen: list[tuple[int, ReportedMachine]] = []

    def add(self, number: int, machine: ReportedMachine) -> None:
        """The machine is in a report."""
        self.seen.append((number, machine))
        if machine.id:
            self.identity = machine.id.lower()

    @property
    def last(self) -> int:
        """The number of the last report that has the machine."""
        return self.seen[-1][0]

    @property
    def name(self) -> str:
        """The name of the machine in that report."""
        return self.seen[-1][1].name


_Queues = defaultdict[str, deque[_Thread]]


class _ThreadIndex:
    """Threads by resource ID and by name. Each entry is looked at once: growth is linear."""

    def __init__(self, threads: Iterable[_Thread] = ()) -> None:
        self._by_id: _Queues = defaultdict(deque)
        self._by_name: _Queues = defaultdict(deque)
        self._without_id: _Queues = defaultdict(deque)
        for thread in threads:
            self.add(thread)

    def add(self, thread: _Thread) -> None:
        """A thread that can be found from now on."""
        self._by_name[thread.name].append(thread)
        if thread.identity is None:
            self._without_id[thread.name].append(thread)
        else:
            self._by_id[thread.identity].append(thread)

    def by_id(self, machine: ReportedMachine, before: int) -> _Thread | None:
        """The first thread with the ID of a machine that ends before a report."""
        if not machine.id:
            return None
        queue = self._by_id.get(machine.id.lower())
        return _first(queue, lambda thread: thread.last < before)

    def by_name(self, machine: ReportedMachine, before: int) -> _Thread | None:
        """The same by name, if one of the two has no ID."""
        queues = self._without_id if machine.id else self._by_name
        return _first(
            queues.get(machine.name),
            lambda thread: (
                thread.last < before
                and thread.name == machine.name
                and not (machine.id and thread.identity)
            ),
        )


def _first(queue: deque[_Thread] | None, fits: Callable[[_Thread], bool]) -> _Thread | None:
    """The first thread of a queue that fits, taken out of it with all before it."""
    while queue:
        thread = queue.popleft()
        if fits(thread):
            return thread
    return None


class _Roster:
    """All machines so far. A machine of the next report is found by its resource ID, or by its name
    where one of the two has no ID; those of the report before come first.
    """

    def __init__(self) -> None:
        self.threads: list[_Thread] = []
        self._present: list[_Thread] = []
        self._gone = _ThreadIndex()

    def match(
        self, number: int, machines: Sequence[ReportedMachine]
    ) -> tuple[list[_Thread], list[_Thread]]:
        """(the threads of the machines of a report, those of machines that are gone with it)"""
        present = _ThreadIndex(self._present)
        matched: list[_Thread | None] = [None] * len(machines)
        # By ID first: a name must not claim a machine that matches another by ID.
        for find in (_ThreadIndex.by_id, _ThreadIndex.by_name):
            for index, before in ((present, number), (self._gone, number - 1)):
                for place, machine in enumerate(machines):
                    thread = find(index, machine, before) if matched[place] is None else None
                    if thread is not None:
                        thread.add(number, machine)
                        matched[place] = thread
        threads = []
        for thread, machine in zip(matched, machines, strict=True):
            threads.append(thread or self._begun(number, machine))
        gone = [thread for thread in self._present if thread.last < number]
        for thread in gone:
            self._gone.add(thread)
        self._present = threads
        return threads, gone

    def _begun(self, number: int, machine: ReportedMachine) -> _Thread:
        thread = _Thread()
        thread.add(number, machine)
        self.threads.append(thread)
        return thread


# --- changes ----------------------------------------


def _changes(
    threads: Iterable[_Thread], number: int, days: Sequence[date]
) -> Iterator[TrendChange]:
    """What became of the machines of a report since the last report that had them."""
    for thread in threads:
        _, new = thread.seen[-1]
        if len(thread.seen) == 1:
            yield TrendChange(days[number - 1], days[number], "new", None, new)
            continue
        last, old = thread.seen[-2]
        kind = _kind(old, new) if last == number - 1 else "back"
        if kind is not None:
            yield TrendChange(days[last], days[number], kind, old, new)


def _departures(
    gone: Iterable[_Thread], number: int, days: Sequence[date]
) -> Iterator[TrendChange]:
    """The machines that only the report before has."""
    for thread in gone:
        yield TrendChange(days[number - 1], days[number], "gone", thread.seen[-1][1], None)


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


# --- baselines ----------------------------------------


_Outcome = int | Literal["missing", "unknown", "new"] | None
"""The days until a machine was seen with a baseline, or why they aren't counted; None for a machine
that doesn't get it.
"""


class _Rollouts:
    """The baselines in the time of some reports, and the machines that reached them."""

    def __init__(self, ordered: Sequence[SavedReport], knowledge: Knowledge) -> None:
        self._reports = [saved.report for saved in ordered]
        self._days = [report.as_of for report in self._reports]
        self._histories: dict[str, History] = {
            product: History(knowledge, product, max(self._days, default=date.min))
            for product in PRODUCTS
        }
        used = {machine.product for report in self._reports for machine in report.machines}
        self._baselines = {
            name: tuple(_baselines(history))
            for name, history in self._histories.items()
            if name in used
        }
        self._installed: dict[tuple[object, ...], tuple[date, ...]] = {}

    def of(self, threads: Sequence[_Thread]) -> Iterator[BaselineRollout]:
        """Each baseline by day, with the machines that were seen with it.

        One that was released before the first report counts if its month wasn't over then: of
        earlier ones the days would only show when the reports began.
        """
        by_day: dict[date, dict[str, Baseline]] = {}
        for product, baselines in self._baselines.items():
            for baseline in baselines:
                if self._days and self._days[0] < next_patch_tuesday(baseline.date):
                    by_day.setdefault(baseline.date, {})[product] = baseline
        for day in sorted(by_day):
            rollout = self._rollout(day, by_day[day], threads)
            if rollout.machines:
                yield rollout

    def _rollout(
        self, day: date, releases: Mapping[str, Baseline], threads: Iterable[_Thread]
    ) -> BaselineRollout:
        first = bisect_left(self._days, day)
        outcomes = Counter(self._outcome(thread, day, first, releases) for thread in threads)
        days = []
        for outcome in sorted(known for known in outcomes if isinstance(known, int)):
            days += [outcome] * outcomes[outcome]
        left = outcomes["missing"], outcomes["unknown"], outcomes["new"]
        return BaselineRollout(day, dict(releases), tuple(days), *left)

    def _outcome(
        self, thread: _Thread, day: date, first: int, releases: Mapping[str, Baseline]
    ) -> _Outcome:
        start = bisect_left(thread.seen, first, key=lambda seen: seen[0])
        answers = []
        for number, machine in thread.seen[start:]:
            if machine.product not in releases or machine.verdict == "unsupported":
                continue
            answers.append(self._has(machine, self._reports[number], day))
            if answers[-1]:
                is_new = number > 0 and number == thread.seen[0][0]
                return "new" if is_new else (self._days[number] - day).days
        if not answers:
            return None
        return "unknown" if answers[-1] is None else "missing"

    def _has(self, machine: ReportedMachine, report: PastReport, day: date) -> bool | None:
        """Whether a machine has the baseline of a day or a later update; None where that is open.

        The installed update decides, by the release data of today; otherwise the track state, as
        far as the report knew the releases.
        """
        installed = self._installed_days(machine)
        if installed and installed[0] >= day:
            return True
        if installed:
            return False if installed[-1] < day else None
        if machine.track in _HAVE_BASELINE:
            known = report.newest_release
            return True if known is None or known >= day else None
        lacks = machine.track == "baseline-due" and not self._is_older(machine, day, report.as_of)
        return False if lacks else None

    def _is_older(self, machine: ReportedMachine, day: date, as_of: date) -> bool:
        """Whether a newer baseline was out: then the track state isn't about that of the day."""
        baselines = self._baselines.get(machine.product or "", ())
        return any(day < baseline.date <= as_of for baseline in baselines)

    def _installed_days(self, machine: ReportedMachine) -> tuple[date, ...]:
        """The days of the releases that the installed update can be, in order; none where the data
        doesn't have it.
        """
        build, kb = machine.installed
        key = machine.product, build, kb
        if key not in self._installed:
            history = self._histories.get(machine.product or "")
            rows = history.all if history and (build or kb) else ()
            named = [row for row in rows if row.kb == kb] if kb else []
            found = named or [row for row in rows if row.build and str(row.build) == build]
            known = tuple(sorted(row.date for row in found if row.date))
            self._installed[key] = known if len(known) == len(found) else ()
        return self._installed[key]


def _baselines(history: History) -> Iterator[Baseline]:
    """The baselines that are out; the newest one also if only the schedule has it."""
    for row in history.out:
        if row.is_baseline and row.identified:
            yield Baseline(day_of(row), row.kind == "planned-baseline", row)
    newest = history.newest_baseline
    if newest is not None and not newest.confirmed:
        yield newest
