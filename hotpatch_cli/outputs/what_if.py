"""A scenario in words: what changes, and in which window; for the report and the calendar."""

from collections.abc import Callable
from typing import Any

from hotpatch_cli.knowledge.records import PRODUCT_NAMES
from hotpatch_cli.outputs.phrases import and_rest, counted
from hotpatch_cli.outputs.restart_text import when
from hotpatch_cli.outputs.table import Column, TextTable, drawn
from hotpatch_cli.outputs.view_options import ViewOptions, folded
from hotpatch_cli.report import RestartChange, ScenarioDiff
from hotpatch_cli.restarts import Restart
from hotpatch_cli.servicing.calendar import CalendarEntry, YearDifference

_KINDS = {
    "planned-baseline": "baseline",
    "unplanned-baseline": "UNPLANNED baseline",
    None: "unknown",
}
_COLUMNS = (Column("machine"), Column("without"), Column("with"), Column("window", rank=1))


def render_difference(found: ScenarioDiff, options: ViewOptions) -> str:
    """The difference as a table: for each machine the restart without and with the scenario."""
    added = sum(change.known is None for change in found.changes)
    moved = len(found.changes) - added
    more = counted(added, "more restart")
    head = f"What if {' and '.join(found.texts)}: {more}, {moved} moved, "
    head += f"of {counted(found.machines, 'machine')}."
    if found.unknown:
        of = counted(found.unknown, "machine")
        head += f" {of} with an unknown verdict might also restart."
    if not found.changes:
        return folded(f"{head}\n", options)
    listed = found.changes[: options.most]
    rows = [_row(change) for change in listed]
    table = drawn(TextTable(_COLUMNS, rows), options)
    rest = len(found.changes) - len(listed)
    return (
        folded(f"{head}\n", options) + table + (and_rest(rest, "changes", "--all") if rest else "")
    )


def _row(change: RestartChange) -> tuple[str, ...]:
    known = _when(change.known) if change.known else "no restart"
    opening = (
        change.scenario.opening if change.scenario.runner != "platform" else None
    )  # Azure ignores the window
    return (
        change.checked.machine.label,
        known,
        _when(change.scenario),
        opening.window if opening else "",
    )


def _when(restart: Restart) -> str:
    if restart.runner == "platform" or restart.opening is not None:
        return when(restart)
    return "no opening"


def year_dict(
    found: YearDifference, entry_dict: Callable[[CalendarEntry], dict[str, object]]
) -> dict[str, Any]:
    """The difference of a year as a JSON object, with releases as the calendar has them."""
    return {
        "questions": list(found.texts),
        "changes": [
            {
                "without": entry_dict(change.without) if change.without else None,
                "with": entry_dict(change.scenario),
            }
            for change in found.turned
        ],
        "restarts": {
            product: {"without": without, "with": supposed}
            for product, (without, supposed) in found.restarts.items()
        },
    }


def year_lines(found: YearDifference) -> list[str]:
    """The difference of a year, a line for each change."""
    lines = [f"What if {' and '.join(found.texts)}:"]
    for change in found.turned:
        without = (
            _KINDS.get(change.without.kind, change.without.kind) if change.without else "no release"
        )
        kind = _KINDS.get(change.scenario.kind, change.scenario.kind)
        product_name = PRODUCT_NAMES[change.scenario.product]
        day = f"{change.scenario.date:%a %Y-%m-%d}"
        lines.append(f"  {day} {product_name}: {without} -> {kind}, with a restart")
    for product, (known, supposed) in found.restarts.items():
        if known != supposed:
            after = counted(supposed, "restart")
            lines.append(f"  {PRODUCT_NAMES[product]}: {known} -> {after} in the year")
    return lines if len(lines) > 1 else [f"{lines[0]} nothing changes in this year."]
