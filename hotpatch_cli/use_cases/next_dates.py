"""What comes next: the first baseline of each product from a day on, and the first restarts of a
fleet.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import NamedTuple

from hotpatch_cli.eligibility.verdict import Judge
from hotpatch_cli.knowledge.records import PRODUCTS, Product
from hotpatch_cli.report import Checked
from hotpatch_cli.restarts import Restart
from hotpatch_cli.servicing.history import Baseline


class NextBaseline(NamedTuple):
    """The first baseline of a product from the as-of date on; None after the end of hotpatching,
    whose last day is `ended`.
    """

    product: Product
    baseline: Baseline | None
    days: int | None
    ended: date | None = None


def next_baselines(judge: Judge, products: Iterable[str] = ()) -> tuple[NextBaseline, ...]:
    """The next baseline of each of the products, or of all where none is named."""
    wanted = set(products) or set(PRODUCTS)
    return tuple(_next_baseline(judge, product) for product in PRODUCTS if product in wanted)


def _next_baseline(judge: Judge, product: Product) -> NextBaseline:
    history = judge.history(product)
    newest = history.newest_baseline
    today = newest if newest is not None and newest.date == judge.as_of else None
    baseline = today or history.planned_after(judge.as_of)
    if baseline is None:
        return NextBaseline(product, None, None, history.last_day)
    return NextBaseline(product, baseline, (baseline.date - judge.as_of).days)


def first_restarts(machines: Iterable[Checked]) -> tuple[Checked, ...]:
    """The machines whose next restart is known, the first one first."""
    known = [checked for checked in machines if checked.restart.reason is not None]
    return tuple(sorted(known, key=lambda checked: _moment(checked.restart)))


def _moment(restart: Restart) -> datetime:
    """The moment that decides the order: the last day where Azure runs the restart, the start of
    the window where somebody runs it, or the first moment at which it's possible.
    """
    if restart.by is not None:
        return datetime.combine(restart.by, time(), UTC)
    if restart.enforced and restart.opening is not None:
        return restart.opening.start
    return restart.not_before or datetime.max.replace(tzinfo=UTC)
