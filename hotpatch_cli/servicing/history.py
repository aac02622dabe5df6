"""A product's releases as they are known on a day: released, scheduled, and baselines.

Nothing after the as-of day is known. The planned cadence (January, April, July, October, second
Tuesday; https://learn.microsoft.com/en-us/windows/release-health/windows-server-release-info) is a
forecast until the data confirms it.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from functools import cached_property
from typing import NamedTuple

from hotpatch_cli.knowledge.records import (
    BASELINES,
    STANDARD,
    Day,
    Knowledge,
    Matrix,
    Product,
    Release,
)
from hotpatch_cli.model import Build
from hotpatch_cli.schedule.patch_tuesday import next_planned_baseline


class Baseline(NamedTuple):
    """A baseline that is out or planned; `release` is None where it is only scheduled."""

    date: Day
    planned: bool
    release: Release | None = None

    @property
    def confirmed(self) -> bool:
        """A KB or a build is known for it, with more than low confidence."""
        return self.release is not None

    def __str__(self) -> str:
        return (
            f"the baseline {self.release.name}"
            if self.release
            else f"the {self.kind} baseline of {self.date}"
        )

    @property
    def kind(self) -> str:
        """planned or unplanned"""
        return "planned" if self.planned else "unplanned"


class History:
    """The releases of one product as of a day."""

    def __init__(
        self, knowledge: Knowledge, product: Product, as_of: date, scenario: Iterable[Release] = ()
    ) -> None:
        """`scenario` are the releases of a `--what-if` scenario, which are treated as released."""
        self.product = product
        self.as_of = as_of
        self.scenario = tuple(row for row in scenario if row.product == product)
        self.all = tuple(row for row in knowledge.releases if row.product == product)
        self.out = tuple(row for row in self.all if row.date is not None and row.date <= as_of)
        self.last_day = _last_day(knowledge.matrix, product, as_of)
        ours = (row.date for row in self.all if row.date and row.kind not in STANDARD)
        self.first_day = min(ours, default=date.max)

    @cached_property
    def newest_baseline(self) -> Baseline | None:
        """The newest baseline that is out: confirmed by the data, or planned and due by now."""
        confirmed = [row for row in self.out if row.is_baseline and row.identified]
        newest = max(confirmed, key=day_of, default=None)
        best = (
            None
            if newest is None
            else Baseline(day_of(newest), newest.kind == "planned-baseline", newest)
        )
        scheduled = self.planned_after(best.date if best else self.first_day)
        while scheduled is not None and scheduled.date <= self.as_of:
            best = scheduled
            scheduled = self.planned_after(scheduled.date)
        return best

    def planned_after(self, day: date) -> Baseline | None:
        """The first scheduled baseline after a day, not before the product's first release; None
        once hotpatching has ended.
        """
        if day >= self.last_day:
            return None
        if self.first_day < date.max:
            day = max(day, self.first_day - timedelta(days=1))
        planned = next_planned_baseline(day)
        unplanned = min(
            (day_of(row) for row in self.scenario if day < day_of(row) < planned), default=None
        )
        if unplanned is not None:
            return Baseline(unplanned, planned=False)
        return Baseline(planned, planned=True) if planned <= self.last_day else None

    @cached_property
    def newest_known(self) -> date | None:
        """The day of the newest release that is out and confirmed."""
        return max((day_of(row) for row in self.out if row.identified), default=None)

    def hotpatches(self, platform: str | None) -> list[Release]:
        """The hotpatches that are out and count for a platform, oldest first."""
        return sorted((row for row in self.out if qualifies(row, platform)), key=age)

    def latest(self, platform: str | None) -> Release | None:
        """The newest baseline or hotpatch that is out."""
        baselines = [row for row in self.out if row.is_baseline and row.identified]
        return max((*baselines, *self.hotpatches(platform)), key=age, default=None)

    def baseline_above(self, build: Build) -> Release | None:
        """The newest confirmed baseline with a build, where that is above a build of the same
        Windows.
        """
        baselines = [row for row in self.out if row.is_baseline and row.identified and row.build]
        newest = max(baselines, key=age, default=None)
        if newest is None or newest.build is None or newest.build.number != build.number:
            return None
        return newest if build < newest.build else None

    def newest_cumulative(self) -> Release | Baseline | None:
        """The newest monthly cumulative update that is out, as machines without hotpatching get it:
        in the month of a baseline the baseline. A release of unknown kind counts too: it is one or
        the other.
        """
        kinds = ("standard", *BASELINES, None)
        newest = max(
            (row for row in self.out if row.kind in kinds and row.identified), key=age, default=None
        )
        scheduled = self.newest_baseline
        if (
            scheduled is None
            or scheduled.confirmed
            or (newest is not None and day_of(newest) >= scheduled.date)
        ):
            return newest
        return scheduled

    def newest_standard(self, *, out_of_band: bool = False) -> Release | None:
        """The newest cumulative update for machines off the track: the monthly one, or any."""
        kinds = STANDARD if out_of_band else ("standard",)
        return max(
            (row for row in self.out if row.kind in kinds and row.identified), key=age, default=None
        )


def _last_day(matrix: Matrix, product: Product, as_of: date) -> date:
    """The last day of hotpatching as it was known on a day, or, before any source stated it, as
    first stated.
    """
    known = matrix.event(product, "last-hotpatch-month", as_of)
    told = [
        row
        for row in matrix.lifecycle
        if row.product == product and row.event == "last-hotpatch-month"
    ]
    first = known or min(told, key=lambda row: row.from_day, default=None)
    return first.day if first else date.max


def qualifies(row: Release, platform: str | None) -> bool:
    """Whether a row is a hotpatch that counts for the track: of kind hotpatch, or an out-of-band
    one that has a build, updates the operating system, and is for this platform.
    """
    if not row.identified:
        return False
    if row.kind == "hotpatch":
        return True
    meant = not row.platforms or platform in row.platforms
    return (
        row.kind == "out-of-band-hotpatch"
        and row.build is not None
        and row.component is None
        and meant
    )


def day_of(row: Release) -> date:
    """Its day; the first of all where none is known."""
    return row.date or date.min


def before(row: Release, other: Release) -> bool:
    """Whether a release is surely of an earlier day than another."""
    return row.date is not None and other.date is not None and row.date < other.date


def age(row: Release) -> tuple[date, tuple[int, int]]:
    """Order of releases: by day, and by build on the same day."""
    return day_of(row), ((row.build.number, row.build.revision or 0) if row.build else (0, 0))
