"""The progress of a plan on the page: how much is done, and the state of each restart."""

from typing import NamedTuple

from hotpatch_cli.outputs.escaping import visible
from hotpatch_cli.outputs.phrases import and_more
from hotpatch_cli.outputs.progress_view import (
    moment_of,
    next_steps,
    ordered,
    planned_text,
    shares,
    summary,
)
from hotpatch_cli.planning.progress import Progress

ROWS = 500
"""How many machines are listed; `hotpatch progress` lists all."""
_NAMED = 30


class ProgressPart(NamedTuple):
    """The progress as the page shows it. `rows` are the machines that need attention first."""

    on_schedule: bool
    summary: str
    startable: str
    notes: tuple[str, ...]
    shares: tuple[tuple[str, ...], ...]
    rows: tuple[dict[str, str], ...]
    total: int


def progress_part(progress: Progress) -> ProgressPart:
    """The progress of a plan for the page."""
    names = and_more(list(map(visible, progress.startable)), _NAMED)
    rows = ordered(progress)
    return ProgressPart(
        progress.on_schedule,
        f"At {moment_of(progress)}: {summary(progress)}.",
        f"{next_steps(progress)} {names}".rstrip(),
        tuple(map(visible, progress.notes)),
        tuple(tuple(map(visible, cells)) for cells in shares(progress)),
        tuple(
            {
                "machine": visible(row.name),
                "state": row.state,
                "planned": planned_text(row),
                "evidence": visible(row.evidence),
            }
            for row in rows[:ROWS]
        ),
        len(rows),
    )
