"""The figures that a plan file states, compared with those of its restarts."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from hotpatch_cli.planning.prepare import PlanningInput
from hotpatch_cli.planning.window_slots import MINUTE
from hotpatch_cli.schedule.clock import in_zone
from hotpatch_cli.scheduler import cost

_ROUNDED = 1e-4
_MOMENT = "%Y-%m-%d %H:%M %z"


class StatedFigures(NamedTuple):
    """The exposure in weighted hours and the end of the last restart, as a plan file has them."""

    exposure: float | None = None
    makespan: datetime | None = None


def false_figures(
    stated: StatedFigures, prepared: PlanningInput, starts: Mapping[str, datetime]
) -> Iterator[str]:
    """A sentence for each figure that isn't that of the restarts, with the weights and durations of
    the fleet. A plan with restarts that aren't due any more has no figures to compare with.
    """
    if not starts or not starts.keys() <= {machine.label for machine in prepared.machines}:
        return
    found = cost(prepared.problem, prepared.minutes(starts))
    last = prepared.release + found.makespan * MINUTE
    if stated.exposure is not None and abs(stated.exposure - found.exposure) > _ROUNDED:
        yield (
            f"The file states an exposure of {stated.exposure:,.1f} weighted hours, but its "
            f"restarts in this fleet have {found.exposure:,.1f}."
        )
    if stated.makespan is not None and stated.makespan != last:
        end = in_zone(last, stated.makespan.tzinfo)
        yield (
            f"The file states {stated.makespan:{_MOMENT}} as the end of the last restart, but in "
            f"this fleet it's {end:{_MOMENT}}."
        )
