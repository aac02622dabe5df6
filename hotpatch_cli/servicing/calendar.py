"""A product's year: known releases, and the schedule of the other months."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from hotpatch_cli.knowledge.records import PRODUCTS, Day, Knowledge, Product, Release
from hotpatch_cli.schedule.patch_tuesday import PLANNED_BASELINE_MONTHS, patch_tuesday
from hotpatch_cli.servicing.history import History, day_of

MONTHLY = ("planned-baseline", "unplanned-baseline", "hotpatch", None)
_SHOWN = (*MONTHLY, "out-of-band", "out-of-band-hotpatch")
_RESTARTS: dict[str | None, bool] = {
    "planned-baseline": True,
    "unplanned-baseline": True,
    "hotpatch": False,
    "out-of-band": True,
    "out-of-band-hotpatch": False,
}


class CalendarEntry(NamedTuple):
    """A release of the calendar. `kind` and `reboot` are None where no source states the kind."""

    product: Product
    date: Day
    kind: str | None
    reboot: bool | None
    confirmed: bool
    release: Release | None = None

    @property
    def monthly(self) -> bool:
        """The release of a Patch Tuesday, not one between two of them."""
        return self.kind in MONTHLY


class ChangedRelease(NamedTuple):
    """A release of the calendar that a scenario changes: without and with the scenario."""

    without: CalendarEntry | None
    scenario: CalendarEntry


class YearDifference(NamedTuple):
    """What a scenario changes in a year: releases, and by product the restarts without and with
    it.
    """

    texts: tuple[str, ...]
    turned: tuple[ChangedRelease, ...]
    restarts: dict[Product, tuple[int, int]]


class Year(NamedTuple):
    """A year of releases, by product, as known on a day; `months` counts the hotpatches that became
    baselines.
    """

    year: int
    as_of: Day
    products: tuple[Product, ...]
    entries: dict[Product, tuple[CalendarEntry, ...]]
    months: dict[Product, tuple[int, int]]
    what_if: YearDifference | None = None


def calendar(
    knowledge: Knowledge, product: Product, year: int, as_of: date, scenario: Iterable[Release] = ()
) -> tuple[CalendarEntry, ...]:
    """The year's releases in their order: those out on the as-of day, then the schedule."""
    history = History(knowledge, product, as_of, scenario)
    rows = [row for row in (*history.out, *history.scenario) if day_of(row).year == year]
    known = [_entry(product, row) for row in rows if row.kind in _SHOWN]
    covered = {entry.date.month for entry in known if entry.monthly}
    planned = [
        _planned(product, year, month, history) for month in range(1, 13) if month not in covered
    ]
    return tuple(sorted((*known, *filter(None, planned)), key=lambda entry: entry.date))


def _entry(product: Product, row: Release) -> CalendarEntry:
    restarts_machines = _RESTARTS.get(row.kind)
    return CalendarEntry(product, day_of(row), row.kind, restarts_machines, row.identified, row)


def _planned(product: Product, year: int, month: int, history: History) -> CalendarEntry | None:
    day = patch_tuesday(year, month)
    if not history.first_day <= day <= history.last_day:
        return None
    kind = "planned-baseline" if month in PLANNED_BASELINE_MONTHS else "hotpatch"
    return CalendarEntry(product, day, kind, _RESTARTS[kind], confirmed=False)


def restarts(entries: Iterable[CalendarEntry]) -> tuple[int, int]:
    """(restarts for the baselines of a year, months whose kind no source states)."""
    listed = list(entries)
    baselines = sum(entry.kind in ("planned-baseline", "unplanned-baseline") for entry in listed)
    return baselines, sum(entry.kind is None for entry in listed)


def turned(knowledge: Knowledge, product: Product, as_of: date) -> tuple[int, int]:
    """(hotpatch months that became baselines so far, hotpatch months so far), of the months whose
    kind is known.
    """
    history = History(knowledge, product, as_of)
    rows = [row for row in history.out if row.identified]
    months = [row.kind for row in rows if day_of(row).month not in PLANNED_BASELINE_MONTHS]
    unplanned = months.count("unplanned-baseline")
    return unplanned, unplanned + months.count("hotpatch")


def year_of(
    knowledge: Knowledge,
    year: int,
    as_of: date,
    product: str = "all",
    scenario: Iterable[Release] = (),
) -> Year:
    """The year of one product or of all, as known on a day; with the releases of a
    scenario.
    """
    scenario = tuple(scenario)
    products = tuple(one for one in PRODUCTS if product in ("all", one))
    return Year(
        year,
        as_of,
        products,
        {one: calendar(knowledge, one, year, as_of, scenario) for one in products},
        {one: turned(knowledge, one, as_of) for one in products},
    )
