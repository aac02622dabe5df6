"""Openings of maintenance windows: table, JSON, CSV and feed."""

import json
from collections.abc import Sequence
from datetime import UTC
from typing import Any

from hotpatch_cli.outputs.escaping import csv_text
from hotpatch_cli.outputs.table import TextTable, cells, columns, drawn
from hotpatch_cli.outputs.view_options import ViewOptions, folded
from hotpatch_cli.schedule.zones import windows_name
from hotpatch_cli.use_cases.windows import UpcomingOpening

_BETWEEN = 2  # columns of a terminal between two of the table
_REMARKS = 11  # as wide as 2026-03-29, and a comma


def opening_dict(listed: UpcomingOpening) -> dict[str, Any]:
    """An opening as it stands in JSON."""
    opening = listed.opening
    return {
        "machine": listed.machine,
        "window": opening.window,
        "start": opening.start.isoformat(),
        "end": opening.end.isoformat(),
        "minutes": listed.minutes,
        "removed": [{"freeze": cut.freeze, "minutes": cut.minutes} for cut in listed.removed],
        "notes": list(opening.notes),
    }


def render_json(found: Sequence[UpcomingOpening], _options: ViewOptions) -> str:
    """The openings as JSON."""
    content = {"schema_version": 1, "openings": [opening_dict(opening) for opening in found]}
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def render_csv(found: Sequence[UpcomingOpening], _options: ViewOptions) -> str:
    """The openings as CSV, one line each."""
    header = ("machine", "window", "start", "end", "start_utc", "minutes", "removed", "notes")
    return csv_text(header, map(_csv_row, found))


def _csv_row(listed: UpcomingOpening) -> tuple[object, ...]:
    row, opening = opening_dict(listed), listed.opening
    utc = opening.start.astimezone(UTC).isoformat()
    return (
        *list(row.values())[:4],
        utc,
        listed.minutes,
        _removed(listed),
        "; ".join(opening.notes),
    )


def _removed(listed: UpcomingOpening) -> str:
    return ", ".join(f"{cut.freeze} {cut.minutes} min" for cut in listed.removed)


def render_table(found: Sequence[UpcomingOpening], options: ViewOptions) -> str:
    """The openings as a table: local time with its offset, UTC, and what a freeze took."""
    if not found:
        return "No window opens in this time.\n"
    by_machine = any(opening.machine for opening in found)
    header = ("machine" if by_machine else "zone", "window", "start", "UTC", "min", "remarks")
    rows = [_row(opening, by_machine=by_machine) for opening in found]
    grid = TextTable(columns(*header), rows)
    listing = drawn(grid, options)
    return listing if by_machine else listing + "\n" + folded(_zones(found), options)


def _row(listed: UpcomingOpening, *, by_machine: bool) -> tuple[str, ...]:
    """A row; where the zone stands in it, the offset need not."""
    opening = listed.opening
    remarks = "; ".join(
        [*([f"frozen: {_removed(listed)}"] if listed.removed else []), *opening.notes]
    )
    first, offset = (
        (listed.machine, f" {opening.start:%z}") if by_machine else (str(opening.start.tzinfo), "")
    )
    utc = f"{opening.start.astimezone(UTC):%d %H:%M}"
    return (
        first,
        opening.window,
        f"{opening.start:%Y-%m-%d %H:%M}{offset}",
        utc,
        str(listed.minutes),
        remarks,
    )


def _whole(
    header: Sequence[str], rows: Sequence[Sequence[str]], options: ViewOptions
) -> tuple[str, ...]:
    """The columns that stay whole: all but the remarks, as long as these keep room."""
    widths = [max(cells(text) for text in column) for column in zip(header, *rows, strict=True)][
        :-1
    ]
    room = options.width - sum(widths) - _BETWEEN * len(header)
    return tuple(header[:-1] if room >= _REMARKS else header[2:-1])


def _zones(found: Sequence[UpcomingOpening]) -> str:
    """Both names of each zone: Azure takes the one of Windows, everybody else the one of IANA."""
    names = dict.fromkeys(str(opening.opening.start.tzinfo) for opening in found)
    pairs = ((name, windows_name(name)) for name in names)
    return "".join(
        f"{name} is {windows} in Windows and Azure.\n" for name, windows in pairs if windows
    )
