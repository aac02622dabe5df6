"""The contents of sections of the page: restarts saved, and the age of the data."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from hotpatch_cli.knowledge.records import PRODUCT_NAMES, Knowledge, Product, Source
from hotpatch_cli.report import Report
from hotpatch_cli.servicing.calendar import Year
from hotpatch_cli.servicing.savings import Savings, saved_by, savings


class SavingsRow(NamedTuple):
    """What hotpatch saves the ready machines of a product in the year."""

    product: str
    year: Savings
    ready: int
    saved: int


class Saved(NamedTuple):
    """Restarts saved, by product and in all; by position in the report for each machine; `more` is
    what those that need a change would add in a whole year.
    """

    rows: tuple[SavingsRow, ...]
    by_machine: Mapping[int, int]
    total: int
    months: int
    more: int


def saved_restarts(report: Report, year: Year) -> Saved:
    """The restarts that hotpatch saves the machines of a report this year."""
    years = {product: savings(entries) for product, entries in year.entries.items()}
    by_machine: dict[int, int] = {}
    ready: dict[Product, int] = {}
    sums: dict[Product, int] = {}
    more = 0
    for number, checked in enumerate(report.machines):
        judgment, product = checked.judgment, checked.judgment.product
        if product is None:
            continue
        if judgment.verdict == "action-required":
            more += years[product].hotpatches
        if judgment.verdict != "ready":
            continue
        saved = saved_by(
            judgment.track, judgment.next_baseline, year.entries[product], report.as_of
        )
        by_machine[number] = saved
        ready[product] = ready.get(product, 0) + 1
        sums[product] = sums.get(product, 0) + saved
    rows = tuple(
        SavingsRow(PRODUCT_NAMES[name], years[name], ready[name], sums[name])
        for name in year.products
        if name in ready
    )
    months = sum(row.year.months * row.ready for row in rows)
    return Saved(rows, by_machine, sum(sums.values()), months, more)


class Age(NamedTuple):
    """The age of the data on the as-of day, and the sources of the releases of the year and of
    the support matrix.
    """

    newest: date | None
    newest_days: int | None
    read: date
    read_days: int
    sources: tuple[Source, ...]
    stale: str | None


def knowledge_age(report: Report, knowledge: Knowledge, stale: str | None) -> Age:
    """The age of the knowledge; negative days are days after the as-of day."""
    newest = report.newest_release
    used = (
        row
        for row in knowledge.releases
        if row.date and row.date.year == report.as_of.year and row.date <= report.as_of
    )
    matrix = knowledge.matrix
    cited = (*(row.source for row in used), *(row.source for row in matrix.images))
    sources = dict.fromkeys(source for sources in cited for source in sources)
    ordered = tuple(sorted(sources, key=lambda source: (-source.read.toordinal(), source.title)))
    days = (report.as_of - newest).days if newest else None
    return Age(newest, days, report.read, (report.as_of - report.read).days, ordered, stale)
