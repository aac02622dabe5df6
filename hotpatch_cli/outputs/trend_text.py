"""The trend of a fleet: table, JSON, CSV and Markdown."""

import json
from collections.abc import Iterator, Sequence

from hotpatch_cli.json_shapes.trend import TREND
from hotpatch_cli.outputs.escaping import csv_text, markdown, markdown_cell, visible
from hotpatch_cli.outputs.phrases import and_rest
from hotpatch_cli.outputs.report_markdown import MOST
from hotpatch_cli.outputs.restart_text import day_text
from hotpatch_cli.outputs.table import Column, TextTable, drawn
from hotpatch_cli.outputs.trend_view import (
    TrendView,
    changes_text,
    days_text,
    newest_first,
    products_text,
    share_text,
    span,
    state_text,
)
from hotpatch_cli.outputs.view_options import ViewOptions, folded
from hotpatch_cli.use_cases.baseline_rollouts import BaselineRollout
from hotpatch_cli.use_cases.trend import TrendChange, TrendPoint

MARK = "<!-- hotpatch-trend -->"
"""By this line a pipeline finds the comment that it wrote last time."""
_REPORTS = (
    Column("day"),
    Column("machines", 1),
    Column("ready", colored=False),
    Column("newest baseline"),
    Column("off track"),
    Column("baseline due", 1),
    Column("action required", 2),
    Column("unsupported", 3),
    Column("unknown verdict", 4),
    Column("unknown track", 5),
)
_BASELINES = (
    Column("baseline"),
    Column("days, median"),
    Column("days, 90%"),
    Column("seen with it"),
    Column("without it", 1),
    Column("unknown", 2),
    Column("new with it", 3),
    Column("releases", 4, prose=True),
)
_CHANGES = (
    Column("day"),
    Column("machine"),
    Column("change"),
    Column("was", 1, prose=True),
    Column("is", prose=True),
    Column("rules", 2, prose=True),
)


def render_json(view: TrendView, _options: ViewOptions) -> str:
    """The trend as JSON."""
    return json.dumps(TREND(view), ensure_ascii=False, indent=1) + "\n"


def render_csv(view: TrendView, _options: ViewOptions) -> str:
    """The reports as CSV, a line each: the counts that a spreadsheet draws."""
    points = view.trend.points
    names = [*points[0].summary, *(f"track_{state}" for state in points[0].states)]
    header = ("as_of", "file", *(name.replace("-", "_") for name in names))
    rows = (
        (point.as_of, point.name, *point.summary.values(), *point.states.values())
        for point in points
    )
    return csv_text(header, rows)


def render_table(view: TrendView, options: ViewOptions) -> str:
    """The reports, the baselines, and the machines that changed, the newest changes first."""
    trend, most = view.trend, options.most
    points = trend.points if most is None else trend.points[-most:]
    changes = newest_first(trend.changes)[:most]
    parts = [folded(f"Trend of {span(trend)}\n", options)]
    parts.append(drawn(TextTable(_REPORTS, list(map(_report_row, points))), options))
    if len(points) < len(trend.points):
        parts.append(and_rest(len(trend.points) - len(points), "reports", "--all"))
    if trend.rollouts:
        rows = list(map(_baseline_row, trend.rollouts))
        parts.append(drawn(TextTable(_BASELINES, rows), options))
    if changes:
        rows = [_change_row(view, change) for change in changes]
        parts.append(drawn(TextTable(_CHANGES, rows), options))
    if len(changes) < len(trend.changes):
        parts.append(and_rest(len(trend.changes) - len(changes), "changes", "--all"))
    last = [changes_text(trend), *view.notes]
    parts.append("".join(folded(f"{visible(line)}\n", options) for line in last))
    return "\n".join(parts)


def _report_row(point: TrendPoint) -> tuple[str, ...]:
    return (
        day_text(point.as_of),
        f"{point.machines:,}",
        share_text(point, point.ready),
        share_text(point, point.on_baseline),
        share_text(point, point.off_track),
        _number(point.states["baseline-due"]),
        _number(point.verdicts["action-required"]),
        _number(point.verdicts["unsupported"]),
        _number(point.verdicts["unknown"]),
        _number(point.states["unknown"]),
    )


def _baseline_row(rollout: BaselineRollout) -> tuple[str, ...]:
    return (
        day_text(rollout.date),
        days_text(rollout.median_days),
        days_text(rollout.p90_days),
        f"{len(rollout.days):,} of {rollout.machines:,}",
        _number(rollout.missing),
        _number(rollout.unknown),
        _number(rollout.new_with_it),
        products_text(rollout),
    )


def _change_row(view: TrendView, change: TrendChange) -> tuple[str, ...]:
    return (
        day_text(change.as_of),
        change.machine.name,
        change.kind,
        state_text(change.old),
        state_text(change.new),
        view.rules_of(change) or "-",
    )


def _number(number: int) -> str:
    return f"{number:,}" if number else "-"


def render_markdown(view: TrendView, _options: ViewOptions) -> str:
    """The trend for a wiki or a comment; what is too long for a comment loses its end."""
    trend = view.trend
    lines = [MARK, f"## hotpatch trend: {markdown(span(trend))}", ""]
    lines += _markdown_table(_REPORTS, map(_report_row, trend.points))
    lines += _markdown_table(_BASELINES, map(_baseline_row, trend.rollouts))
    lines += [changes_text(trend), "", *(f"- {markdown(note)}" for note in view.notes)]
    lines += ["", "### Changes", ""] if trend.changes else []
    rows = (_change_row(view, change) for change in newest_first(trend.changes))
    room = MOST - sum(len(line) + 1 for line in lines)
    return "\n".join([*lines, *_bounded(_markdown_table(_CHANGES, rows), room)]).rstrip() + "\n"


def _markdown_table(columns: Sequence[Column], rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    """The lines of a table, and an empty one; nothing without a row."""
    for number, row in enumerate(rows):
        if not number:
            yield f"| {' | '.join(column.name for column in columns)} |"
            yield "|" + " --- |" * len(columns)
        yield f"| {' | '.join(map(markdown_cell, row))} |"
    yield ""


def _bounded(lines: Iterator[str], room: int) -> Iterator[str]:
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            yield from ("", "... the rest is too long for a comment.")
            return
        yield line
