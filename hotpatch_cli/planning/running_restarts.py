"""Restarts of an older plan that are in progress at the moment of a new one: they keep their time,
and occupy their groups and limits.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from hotpatch_cli.planning.prepare import PlanningInput
from hotpatch_cli.planning.rules import with_fixed_starts
from hotpatch_cli.planning.window_slots import MINUTE, WindowSlots
from hotpatch_cli.schedule.windows import ZoneMissing


def with_running(prepared: PlanningInput, starts: Mapping[str, datetime]) -> PlanningInput:
    """The fleet as a problem with the restarts that are in progress at `now` by these starts.

    Each can only be where it is. One that isn't inside an opening of its machine is planned again.
    """
    span = prepared.span
    if span.now is None:
        return prepared
    calendar = WindowSlots(prepared.fleet, prepared.release, span._replace(now=None))
    pieces, running = list(prepared.pieces), dict[int, int]()
    for task, machine in enumerate(prepared.machines):
        start, length = starts.get(machine.label), machine.placement.reboot
        if start is None or not start < span.now < start + length:
            continue
        first = (start.astimezone(UTC) - prepared.release) // MINUTE
        last = first + length // MINUTE
        try:
            whole = calendar.of(machine.placement)
        except ZoneMissing:
            continue
        around = tuple(piece for piece in whole if piece.start <= first and last <= piece.end)
        if around:
            pieces[task], running[task] = around, first
    missing = {task: why for task, why in prepared.missing.items() if task not in running}
    return prepared._replace(
        problem=with_fixed_starts(prepared.problem, running),
        pieces=tuple(pieces),
        missing=missing,
        running=running,
    )
