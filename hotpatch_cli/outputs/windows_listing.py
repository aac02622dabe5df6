"""Openings of maintenance windows: table, JSON, CSV and feed."""

import json
from collections.abc import Sequence
from datetime import UTC
from typing import Any, NamedTuple

from hotpatch_cli.outputs.escaping import csv_text
from hotpatch_cli.outputs.table import Column, TextTable, drawn
from hotpatch_cli.outputs.view_options import ViewOptions, folded
from hotpatch_cli.schedule.zones import windows_name
from hotpatch_cli.use_cases.windows import UpcomingOpening

COLUMNS = (
    Column("window"),
    Column("start"),
    Column("UTC", rank=2),
    Column("min"),
    Column("remarks", rank=1, prose=True),
)
_REMARKS = {
    "platform": "Azure chooses the moment",
    "azure-update-manager": "run by Azure",
    "none": "Azure doesn't run it on this VM (HP504)",
    "unknown": "run by Azure only with the right patch mode, which is missing (HP504)",
}


class ListedOpenings(NamedTuple):
    """The openings of a listing, and the sentences on the age of the release data."""

    openings: Sequence[UpcomingOpening]
    age: tuple[str, ...] = ()


def opening_dict(listed: UpcomingOpening) -> dict[str, Any]:
    """An opening as a JSON object."""
    opening = listed.opening
    return {
        "machine": listed.machine,
        "window": opening.window,
        "start": opening.start.isoformat(),
        "end": opening.end.isoformat(),
        "minutes": listed.minutes,
        "removed": [{"freeze": cut.freeze, "minutes": cut.minutes} for cut in listed.removed],
        "notes": list(opening.notes),
        "runner": listed.runner,
    }


def render_json(listed: ListedOpenings, _options: ViewOptions) -> str:
    """The openings as JSON."""
    content = {
        "schema_version": 1,
        "notes": list(listed.age),
        "openings": [opening_dict(opening) for opening in listed.openings],
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def render_csv(listed: ListedOpenings, _options: ViewOptions) -> str:
    """The openings as CSV, one line each."""
    header = (
        "machine",
        "window",
        "start",
        "end",
        "start_utc",
        "minutes",
        "removed",
        "notes",
        "runner",
    )
    return csv_text(header, map(_csv_row, listed.openings))


def _csv_row(listed: UpcomingOpening) -> tuple[object, ...]:
    row, opening = opening_dict(listed), listed.opening
    utc = opening.start.astimezone(UTC).isoformat()
    return (
        *list(row.values())[:4],
        utc,
        listed.minutes,
        _removed(listed),
        "; ".join(opening.notes),
        listed.runner,
    )


def _removed(listed: UpcomingOpening) -> str:
    return ", ".join(f"{cut.freeze} {cut.minutes} min" for cut in listed.removed)


def render_table(listed: ListedOpenings, options: ViewOptions) -> str:
    """The openings as a table: local time with its offset, UTC, the minutes that are left, and
    remarks on freezes, clock changes and who restarts. Then the age of the release data.
    """
    age = "".join(folded(f"- {note}\n", options) for note in listed.age)
    return "\n".join(filter(None, (_table(listed.openings, options), age)))


def _table(found: Sequence[UpcomingOpening], options: ViewOptions) -> str:
    if not found:
        return "No window opens in this period.\n"
    by_machine = any(opening.machine for opening in found)
    columns: tuple[Column, ...] = (Column("machine" if by_machine else "zone"), *COLUMNS)
    rows = [opening_row(opening, by_machine=by_machine) for opening in found]
    if not any(row[-1] for row in rows):
        columns, rows = columns[:-1], [row[:-1] for row in rows]
    listing = drawn(TextTable(columns, rows), options)
    return listing if by_machine else listing + "\n" + folded(_zones(found), options)


def opening_row(listed: UpcomingOpening, *, by_machine: bool) -> tuple[str, ...]:
    """The machine or the zone of an opening, then its cells. It has the offset unless it has the
    zone.
    """
    opening = listed.opening
    frozen = f"frozen: {_removed(listed)}" if listed.removed else ""
    remarks = "; ".join(filter(None, (frozen, *opening.notes, _REMARKS.get(listed.runner))))
    first, offset = (
        (listed.machine, f" {opening.start:%z}") if by_machine else (str(opening.start.tzinfo), "")
    )
    utc = f"{opening.start.astimezone(UTC):%Y-%m-%d %H:%M}"
    return (
        first,
        opening.window,
        f"{opening.start:%a %Y-%m-%d %H:%M}{offset}",
        utc,
        str(listed.minutes),
        remarks,
    )


def _zones(found: Sequence[UpcomingOpening]) -> str:
    """Both names of each zone: Azure uses the Windows name, other tools the IANA name."""
    names = dict.fromkeys(str(opening.opening.start.tzinfo) for opening in found)
    pairs = ((name, windows_name(name)) for name in names)
    return "".join(
        f"{name} is {windows} in Windows and Azure.\n" for name, windows in pairs if windows
    )
