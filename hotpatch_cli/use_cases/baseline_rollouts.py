"""How baselines reached the machines of saved reports: the days from release to baseline."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from math import ceil
from statistics import median
from typing import Literal, NamedTuple

from hotpatch_cli.inputs.others.report import PastReport, ReportedMachine
from hotpatch_cli.knowledge.records import PRODUCTS, Knowledge
from hotpatch_cli.schedule.patch_tuesday import next_patch_tuesday
from hotpatch_cli.servicing.history import Baseline, History, day_of
from hotpatch_cli.use_cases.machine_histories import MachineHistory

ON_BASELINE = ("current", "behind")
"""Track states of a machine on the hotpatch track of the newest baseline."""
_HAVE_BASELINE = (*ON_BASELINE, "off-track")
_SHARE = 0.9


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


_Outcome = int | Literal["missing", "unknown", "new"] | None
"""The days until a machine was seen with a baseline, or why they aren't counted; None for a machine
that doesn't get it.
"""


class Rollouts:
    """The baselines in the time of some reports, and the machines that reached them."""

    def __init__(self, reports: Sequence[PastReport], knowledge: Knowledge) -> None:
        self._reports = reports
        self._days = [report.as_of for report in self._reports]
        self._histories: dict[str, History] = {
            product: History(knowledge, product, max(self._days, default=date.min))
            for product in PRODUCTS
        }
        used: set[str | None] = set()
        for report in self._reports:
            used.update(machine.product for machine in report.machines)
        self._baselines = {
            name: tuple(_baselines(history))
            for name, history in self._histories.items()
            if name in used
        }
        self._installed: dict[tuple[object, ...], tuple[date, ...]] = {}

    def of(self, histories: Sequence[MachineHistory]) -> Iterator[BaselineRollout]:
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
            rollout = self._rollout(day, by_day[day], histories)
            if rollout.machines:
                yield rollout

    def _rollout(
        self, day: date, releases: Mapping[str, Baseline], histories: Iterable[MachineHistory]
    ) -> BaselineRollout:
        first = bisect_left(self._days, day)
        outcomes = Counter(self._outcome(history, day, first, releases) for history in histories)
        days = []
        for outcome in sorted(known for known in outcomes if isinstance(known, int)):
            days += [outcome] * outcomes[outcome]
        left = outcomes["missing"], outcomes["unknown"], outcomes["new"]
        return BaselineRollout(day, dict(releases), tuple(days), *left)

    def _outcome(
        self, history: MachineHistory, day: date, first: int, releases: Mapping[str, Baseline]
    ) -> _Outcome:
        start = bisect_left(history.seen, first, key=lambda seen: seen[0])
        answers = []
        for number, machine in history.seen[start:]:
            if machine.product not in releases or machine.verdict == "unsupported":
                continue
            answers.append(self._has(machine, self._reports[number], day))
            if answers[-1]:
                is_new = number > 0 and number == history.seen[0][0]
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
