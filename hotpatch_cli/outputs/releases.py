"""The release data, and what a page changes in it: table, JSON and CSV."""

import json
from collections.abc import Iterable

from hotpatch_cli.knowledge.records import Knowledge, Release
from hotpatch_cli.knowledge.release_age import last_read
from hotpatch_cli.outputs.escaping import csv_text, visible
from hotpatch_cli.outputs.phrases import counted
from hotpatch_cli.outputs.restart_text import day_text
from hotpatch_cli.outputs.table import Column, TextTable, columns, drawn
from hotpatch_cli.outputs.view_options import ViewOptions, folded
from hotpatch_cli.release_import import MergedRows, ReleasePage, ReleaseRow

_HEADER = ("product", "date", "kind", "kb", "build", "confidence", "read", "source")
_COLUMNS = (
    Column("product", 1),
    *columns("date", "kind", "kb", "build"),
    Column("confidence", 2),
    Column("read", 3),
    Column("source", 4, prose=True),
)
_FACTS = ("date", "kind", "kb", "build", "confidence")


def release_dict(row: Release) -> dict[str, object]:
    """A row in JSON."""
    return {
        "product": row.product,
        "date": str(row.date) if row.date else None,
        "kind": row.kind,
        "kb": row.kb,
        "build": str(row.build) if row.build else None,
        "confidence": row.confidence,
        "platforms": list(row.platforms),
        "component": row.component,
        "notes": row.notes,
        "sources": [
            {"title": source.title, "url": source.url, "read": str(source.read)}
            for source in row.source
        ],
    }


def _shown(row: Release | ReleaseRow) -> tuple[str, ...]:
    """The cells of a row as people read them: a day with its weekday."""
    product, _, *rest = _cells(row)
    return product, day_text(row.date) if row.date else "", *rest


def _cells(row: Release | ReleaseRow) -> tuple[str, ...]:
    facts = (
        row.product,
        row.date or "",
        row.kind or "",
        row.kb or "",
        row.build or "",
        row.confidence,
    )
    read = max((source.read for source in row.source), default="")
    return (*map(str, facts), str(read), "; ".join(source.title for source in row.source))


def render_table(knowledge: Knowledge, options: ViewOptions) -> str:
    """The rows as a table, with the day of the data."""
    grid = TextTable(_COLUMNS, [_shown(row) for row in knowledge.releases])
    head = folded(f"{_day_of(knowledge)}\n", options)
    return f"{head}\n{drawn(grid, options)}"


def _day_of(knowledge: Knowledge) -> str:
    newest = max(
        (row.date for row in knowledge.releases if row.date and row.identified), default=None
    )
    read = last_read(knowledge)
    releases = counted(len(knowledge.releases), "release")
    if newest is None:
        return f"{releases}. Sources read up to {read}."
    return f"{releases}, the newest of {day_text(newest)}. Sources read up to {read}."


def render_json(knowledge: Knowledge, _options: ViewOptions) -> str:
    """The rows as JSON."""
    rows = [release_dict(row) for row in knowledge.releases]
    content = {"schema_version": 1, "read": str(last_read(knowledge)), "releases": rows}
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def render_csv(knowledge: Knowledge, _options: ViewOptions) -> str:
    """The rows as CSV."""
    return csv_text(_HEADER, map(_cells, knowledge.releases))


def render_difference(page: ReleasePage, merged: MergedRows, options: ViewOptions) -> str:
    """What a page changes: new rows, corrected ones, and where it is older than what is known."""
    rows_text = f"{counted(len(page.rows), 'dated row')}, {_changes_text(merged)}"
    head = f"{visible(page.title)}, of {page.updated}: {rows_text}.\n"
    rows = [("new", *_shown(row)[:6], "") for row in merged.new]
    rows += [
        ("changed", *_shown(after)[:6], _changes(before, after)) for before, after in merged.changed
    ]
    rows += [
        ("kept", *_shown(known)[:6], f"the page has {_changes(known, said)}")
        for known, said in merged.refused
    ]
    change = Column("change", 1, prose=True)
    grid = TextTable((*columns("what"), *_COLUMNS[:6], change), rows)
    left = [f"Skipped: {visible(reason)}." for reason in page.left_out]
    return "\n".join(
        [head, *([drawn(grid, options)] if rows else []), *left, *([""] if left else [])]
    )


def _changes_text(merged: MergedRows) -> str:
    new, changed = len(merged.new), len(merged.changed)
    if not (new or changed):
        return "all known"
    return f"{new} new, {changed} changed"


def _changes(before: ReleaseRow, after: ReleaseRow) -> str:
    pairs: Iterable[tuple[str, object, object]] = (
        (key, getattr(before, key), getattr(after, key)) for key in _FACTS
    )
    return ", ".join(
        f"{key} {old or 'none'} -> {new}"
        for key, old, new in pairs
        if new is not None and old != new
    )
