"""Openings of maintenance windows: table, JSON, CSV and feed."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC
from typing import Any

from hotpatch_cli.openings import Listed
from hotpatch_cli.outputs.grid import Grid, plain, terminal
from hotpatch_cli.outputs.safe import csv_text
from hotpatch_cli.outputs.screen import Screen
from hotpatch_cli.schedule.zones import windows_name


def opening_dict(listed: Listed) -> dict[str, Any]:
    """An opening as it stands in JSON."""
    opening = listed.opening
    return {
        "machine": listed.machine,
        "window": opening.window,
        "start": opening.start.isoformat(),
        "end": opening.end.isoformat(),
        "minutes": listed.minutes,
        "removed": [{"freeze": each.freeze, "minutes": each.minutes} for each in listed.removed],
        "notes": list(opening.notes),
    }


def render_json(found: Sequence[Listed], _screen: Screen) -> str:
    """The openings as JSON."""
    content = {"schema_version": 1, "openings": [opening_dict(each) for each in found]}
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def render_csv(found: Sequence[Listed], _screen: Screen) -> str:
    """The openings as CSV, one line each."""
    header = ("machine", "window", "start", "end", "start_utc", "minutes", "removed", "notes")
    return csv_text(header, map(_csv_row, found))


def _csv_row(listed: Listed) -> tuple[object, ...]:
    row, opening = opening_dict(listed), listed.opening
    utc = opening.start.astimezone(UTC).isoformat()
    return (*list(row.values())[:4], utc, listed.minutes, _removed(listed), "; ".join(opening.notes))


def _removed(listed: Listed) -> str:
    return ", ".join(f"{each.freeze} {each.minutes} min" for each in listed.removed)


def render_table(found: Sequence[Listed], screen: Screen) -> str:
    """The openings as a table: local time with its offset, UTC, and what a freeze took."""
    by_machine = any(each.machine for each in found)
    first = ("machine",) if by_machine else ("zone",)
    rows = [((each.machine,) if by_machine else (_zone(each),)) + _row(each) for each in found]
    grid = Grid((*first, "window", "start", "UTC", "minutes", "remarks"), rows, whole=("start", "UTC", "minutes"))
    if not found:
        return "No window opens in this time.\n"
    return terminal(grid, screen.width, colour=screen.colour) if screen.terminal else plain(grid)


def _row(listed: Listed) -> tuple[str, ...]:
    opening = listed.opening
    remarks = "; ".join([*([f"frozen: {_removed(listed)}"] if listed.removed else []), *opening.notes])
    start, utc = f"{opening.start:%Y-%m-%d %H:%M %z}", f"{opening.start.astimezone(UTC):%d %H:%M}"
    return opening.window, start, utc, str(listed.minutes), remarks


def _zone(listed: Listed) -> str:
    """Both names of the zone: Azure takes the one of Windows, everybody else the one of IANA."""
    name = str(listed.opening.start.tzinfo)
    windows = windows_name(name)
    return f"{name} ({windows})" if windows else name


def _ics(found: Sequence[Listed], screen: Screen) -> str:
    from hotpatch_cli.outputs.feeds import render_openings

    return render_openings(found, screen)


OPENING_FORMATS: dict[str, Callable[[Sequence[Listed], Screen], str]] = {
    "table": render_table,
    "json": render_json,
    "csv": render_csv,
    "ics": _ics,
}
