"""A supposed world in words: what changes, in which window; for the report and for the calendar."""

from collections.abc import Callable
from typing import Any

from hotpatch_cli.knowledge.records import PRODUCT_NAMES
from hotpatch_cli.outputs.restart_text import when
from hotpatch_cli.outputs.table import TextTable, columns, drawn
from hotpatch_cli.outputs.view_options import ViewOptions, folded
from hotpatch_cli.report import RestartChange, ScenarioDiff
from hotpatch_cli.restarts import Restart
from hotpatch_cli.servicing.calendar import CalendarEntry, YearDifference

_KINDS = {
    "planned-baseline": "baseline",
    "unplanned-baseline": "UNPLANNED baseline",
    None: "unknown",
}


def render_difference(found: ScenarioDiff, options: ViewOptions) -> str:
    """The difference as a table: machine by machine the restart without and with it."""
    added = sum(change.known is None for change in found.changes)
    moved = len(found.changes) - added
    head = f"What if {', '.join(found.texts)}: {added} more restarts, {moved} moved, "
    head += f"of {found.machines} machines."
    if found.unknown:
        head += f" Machines of which nothing is known, and which may restart too: {found.unknown}."
    if not found.changes:
        return folded(f"{head}\n", options)
    listed = found.changes[: options.most]
    rows = [_row(change) for change in listed]
    grid = TextTable(columns("machine", "without", "with", "window"), rows)
    table = drawn(grid, options)
    rest = len(found.changes) - len(listed)
    return (
        folded(f"{head}\n", options)
        + table
        + (f"... and {rest} more: --all shows them.\n" if rest else "")
    )


def _row(change: RestartChange) -> tuple[str, ...]:
    known = _when(change.known) if change.known else "no restart"
    opening = (
        change.scenario.opening if change.scenario.runner != "platform" else None
    )  # there it is only a wish
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
    """The difference of a year as it stands in JSON, its releases as the calendar has them."""
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
    """The difference of a year, a line each."""
    lines = [f"What if {', '.join(found.texts)}:"]
    for change in found.turned:
        without = (
            _KINDS.get(change.without.kind, change.without.kind) if change.without else "no release"
        )
        kind = _KINDS.get(change.scenario.kind, change.scenario.kind)
        product_name = PRODUCT_NAMES[change.scenario.product]
        lines.append(f"  {change.scenario.date} {product_name}: {without} -> {kind}, restarts")
    for product, (known, supposed) in found.restarts.items():
        if known != supposed:
            lines.append(f"  {PRODUCT_NAMES[product]}: {known} -> {supposed} restarts")
    return lines if len(lines) > 1 else [f"{lines[0]} nothing changes in this year."]
