"""How late a restart may end, against the proof of the scheduler."""

from pathlib import Path
from random import Random

import pytest
from random_fleets import fleet, with_rings
from test_start_reasons import planned

from hotpatch_cli.outputs.plan_view import nights
from hotpatch_cli.planning.latest_times import latest_times
from hotpatch_cli.scheduler import verify


@pytest.mark.parametrize("seed", range(24))
def test_all_later_restarts_of_the_night_still_fit(tmp_path: Path, seed: int) -> None:
    """Where a restart ends at its latest end, the later ones of its night, at their latest starts,
    and all of other nights, at their planned ones, break no rule. No latest time is before the
    planned one.
    """
    pick = Random(seed)  # noqa: S311  the same fleets every time
    found = planned(tmp_path, with_rings(pick, fleet(pick)))
    prepared, starts = found.prepared, list(found.result.starts)
    tasks = {machine.label: number for number, machine in enumerate(prepared.machines)}
    of_night = {
        tasks[reboot.machine.label]: number
        for number, night in enumerate(nights(found.reboots))
        for reboot in night.reboots
    }
    times = latest_times(prepared, starts, of_night)
    for late, end in times.ends.items():
        start, task = starts[late], prepared.problem.tasks[late]
        assert start is not None
        assert end >= start + task.duration
        longer = task._replace(duration=end - start, windows=((start, end),))
        changed = list(prepared.problem.tasks)
        changed[late] = longer
        moved = list(starts)
        for other, latest in times.starts.items():
            planned_start = starts[other]
            assert planned_start is not None
            assert latest >= planned_start
            if of_night[other] == of_night[late] and planned_start >= start + task.duration:
                moved[other] = latest
        problem = prepared.problem._replace(tasks=tuple(changed))
        assert verify(problem, moved) == [], late
