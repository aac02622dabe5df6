"""The release data, and what a page changes in it: table, JSON and CSV."""

import json
from collections.abc import Callable, Iterable

from hotpatch_cli.knowledge.merge_releases import MergedReleases
from hotpatch_cli.knowledge.records import Knowledge, Release
from hotpatch_cli.knowledge.release_age import last_read
from hotpatch_cli.knowledge.release_pages import ReleasePage
from hotpatch_cli.outputs.escaping import csv_text, visible
from hotpatch_cli.outputs.table import TextTable, plain, terminal
from hotpatch_cli.outputs.view_options import Screen

_HEADER = ("product", "date", "kind", "kb", "build", "confidence", "read", "source")
_FACTS = ("date", "kind", "kb", "build", "confidence")


def release_dict(row: Release) -> dict[str, object]:
    """A row as it stands in JSON."""
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
            {"title": each.title, "url": each.url, "read": str(each.read)} for each in row.source
        ],
    }


def _cells(row: Release) -> tuple[str, ...]:
    facts = (
        row.product,
        row.date or "",
        row.kind or "",
        row.kb or "",
        row.build or "",
        row.confidence,
    )
    read = max((each.read for each in row.source), default="")
    return (*map(str, facts), str(read), "; ".join(each.title for each in row.source))


def _drawn(grid: TextTable, screen: Screen) -> str:
    return terminal(grid, screen.width, colour=screen.colour) if screen.terminal else plain(grid)


def render_table(knowledge: Knowledge, screen: Screen) -> str:
    """The rows as a table, with the day of the data."""
    grid = TextTable(_HEADER, [_cells(row) for row in knowledge.releases], whole=_HEADER[:-1])
    return f"{_day_of(knowledge)}\n\n{_drawn(grid, screen)}"


def _day_of(knowledge: Knowledge) -> str:
    newest = max(
        (row.date for row in knowledge.releases if row.date and row.identified), default=None
    )
    return f"{len(knowledge.releases)} releases, the newest of {newest}; read up to {last_read(knowledge)}."


def render_json(knowledge: Knowledge, _screen: Screen) -> str:
    """The rows as JSON."""
    rows = [release_dict(row) for row in knowledge.releases]
    content = {"schema_version": 1, "read": str(last_read(knowledge)), "releases": rows}
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def render_csv(knowledge: Knowledge, _screen: Screen) -> str:
    """The rows as CSV."""
    return csv_text(_HEADER, map(_cells, knowledge.releases))


RELEASE_FORMATS: dict[str, Callable[[Knowledge, Screen], str]] = {
    "table": render_table,
    "json": render_json,
    "csv": render_csv,
}


def render_difference(page: ReleasePage, found: MergedReleases, screen: Screen) -> str:
    """What a page changes: new rows, corrected ones, and where it is older than what is known."""
    head = f"{visible(page.title)}, of {page.updated}: {len(page.rows)} dated rows, {_counted(found)}.\n"
    rows = [("new", *_cells(row)[:6], "") for row in found.new]
    rows += [
        ("changed", *_cells(after)[:6], _changes(before, after)) for before, after in found.changed
    ]
    rows += [
        ("kept", *_cells(known)[:6], f"the page says {_changes(known, said)}")
        for known, said in found.refused
    ]
    grid = TextTable(("what", *_HEADER[:6], "change"), rows)
    left = [f"Left out: {visible(each)}." for each in page.left_out]
    return "\n".join(
        [head, *([_drawn(grid, screen)] if rows else []), *left, *([""] if left else [])]
    )


def _counted(found: MergedReleases) -> str:
    new, changed = len(found.new), len(found.changed)
    if not (new or changed):
        return "all known"
    return f"{new} new, {changed} changed"


def _changes(before: Release, after: Release) -> str:
    pairs: Iterable[tuple[str, object, object]] = (
        (key, getattr(before, key), getattr(after, key)) for key in _FACTS
    )
    return ", ".join(
        f"{key} {old or 'none'} -> {new}"
        for key, old, new in pairs
        if new is not None and old != new
    )
