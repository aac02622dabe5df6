"""The next baseline and the first restarts of a fleet: table and JSON."""

import json
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from hotpatch_cli.json_shapes.next import NEXT
from hotpatch_cli.knowledge.records import PRODUCT_NAMES
from hotpatch_cli.outputs.escaping import visible
from hotpatch_cli.outputs.phrases import and_rest, counted
from hotpatch_cli.outputs.report_head import DataAge, age_line
from hotpatch_cli.outputs.restart_text import (
    day_text,
    is_in_window,
    next_restart,
    offset_text,
    runner,
)
from hotpatch_cli.outputs.table import Column, TextTable, drawn
from hotpatch_cli.outputs.view_options import ViewOptions, folded
from hotpatch_cli.report import Checked
from hotpatch_cli.use_cases.next_dates import NextBaseline

ROWS = 10
"""The number of restarts that a terminal shows."""
_COLUMNS = (
    Column("next restart"),
    Column("machine", colored=False),
    Column("window", 1, colored=False),
    Column("offset", 4),
    Column("run by", 2),
    Column("why", 3, colored=False),
)


class NextView(NamedTuple):
    """The next baselines, the first restarts, and how many machines have no known restart.

    `machines` is None where there is no fleet.
    """

    as_of: date
    age: DataAge
    baselines: tuple[NextBaseline, ...]
    restarts: tuple[Checked, ...] = ()
    machines: int | None = None


def render_json(view: NextView, _options: ViewOptions) -> str:
    """The baselines and all restarts as JSON."""
    restarts = [
        (one.machine.label, one.machine.id, next_restart(one.restart), one.restart)
        for one in view.restarts
    ]
    content = {"as_of": view.as_of, "baselines": view.baselines, "restarts": restarts}
    return json.dumps(NEXT(content), ensure_ascii=False, indent=1) + "\n"


def render_table(view: NextView, options: ViewOptions) -> str:
    """The next baseline in a line, or one a product where they differ, and the first restarts."""
    parts = [baseline_lines(view.baselines, options)]
    if view.age.old:
        parts.append(age_line(view.age, view.as_of, options))
    if view.machines is not None:
        parts.append(_restarts(view.restarts, view.machines, options))
    return "\n".join(parts)


def baseline_lines(baselines: Sequence[NextBaseline], options: ViewOptions) -> str:
    """`Next baseline: Tue 2026-01-13, in 29 days (forecast).`"""
    texts = {row.product: _baseline_text(row) for row in baselines}
    if len(set(texts.values())) == 1:
        return folded(f"Next baseline: {next(iter(texts.values()))}.\n", options)
    lines = (f"Next baseline of {PRODUCT_NAMES[name]}: {text}.\n" for name, text in texts.items())
    return "".join(folded(line, options) for line in lines)


def _baseline_text(row: NextBaseline) -> str:
    baseline = row.baseline
    if baseline is None or row.days is None:
        return f"none; the end of hotpatching is {day_text(row.ended)}" if row.ended else "none"
    when = f"in {counted(row.days, 'day')}" if row.days else "today"
    planned = "" if baseline.planned else f"{baseline.kind}, "
    return f"{day_text(baseline.date)}, {when} ({planned}{_sure(row)})"


def _sure(row: NextBaseline) -> str:
    return "confirmed" if row.baseline and row.baseline.confirmed else "forecast"


def _restarts(restarts: Sequence[Checked], machines: int, options: ViewOptions) -> str:
    shown = restarts if options.most is None else restarts[:ROWS]
    rest = len(restarts) - len(shown)
    table = drawn(TextTable(_COLUMNS, list(map(_row, shown))), options) if shown else ""
    more = and_rest(rest, "restarts", "--all") if rest else ""
    unknown = machines - len(restarts)
    without = f"No restart is known for {unknown:,} of {counted(machines, 'machine')}.\n"
    return table + more + (folded(without, options) if unknown else "")


def _row(checked: Checked) -> tuple[str, ...]:
    restart = checked.restart
    opening = restart.opening if is_in_window(restart) else None
    return (
        next_restart(restart),
        visible(checked.machine.label),
        opening.window if opening else "-",
        offset_text(opening.start) if opening else "-",
        runner(restart) or "-",
        restart.reason or "-",
    )
