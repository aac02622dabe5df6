"""Which single change would resolve a conflict: one more opening, more at once, or a later
deadline.
"""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import NamedTuple

from hotpatch_cli.scheduler.bounds.capacity import stretches
from hotpatch_cli.scheduler.infeasible.constraints import Constraint, change_tasks, widen
from hotpatch_cli.scheduler.infeasible.feasibility import Feasibility
from hotpatch_cli.scheduler.problem import Interval, SchedulingProblem, Task

MOST_DAYS = 28
TRIES = 8
"""So many places for one more opening are tried."""


class Relaxation(NamedTuple):
    """A single change after which the conflict is gone: `kind` and `name` as in Constraint,
    `amount` of it.

    `opening`: one more opening of `amount` units of time, such as the one `within`; `capacity`: so
    many more at once; `deadline`: so much later, in units of time.
    """

    kind: str
    name: str | None
    amount: int
    within: Interval | None = None


def relaxations(
    problem: SchedulingProblem, reasons: tuple[Constraint, ...], ask: Feasibility
) -> Iterator[Relaxation]:
    """The smallest single changes of each kind that resolve the conflict for certain."""
    day = 24 * problem.per_hour
    for shared in dict.fromkeys(task.windows for task in problem.tasks if task.windows):
        who = next(task.name for task in problem.tasks if task.windows == shared)
        for more in islice(_other_days(problem, shared, day), TRIES):
            if ask.fits(_one_more_opening(problem, shared, more)) is True:
                yield Relaxation("opening", who, more[1] - more[0], more)
                break
    for reason in reasons:
        if reason.kind in {"group", "resource"} and ask.fits(widen(problem, reason, 1)) is True:
            yield Relaxation("capacity", reason.name, 1)
    if problem.deadline is not None and Constraint("deadline", None) in reasons:
        for later in range(day, (MOST_DAYS + 1) * day, day):
            if ask.fits(problem._replace(deadline=problem.deadline + later)) is True:
                yield Relaxation("deadline", None, later)
                return


def _other_days(
    problem: SchedulingProblem, shared: tuple[Interval, ...], day: int
) -> Iterator[Interval]:
    """Where one more opening might be: as long as the longest one, on a later or an earlier day."""
    opened = stretches([Task("", 1, shared)], problem.deadline)
    start, end = max(opened, key=lambda span: span[1] - span[0], default=shared[0])
    first = min((span[0] for span in stretches(problem.tasks, problem.deadline)), default=0)
    for shift in (*range(day, 14 * day, day), *range(-day, -MOST_DAYS * day, -day)):
        begin, finish = start + shift, end + shift
        free = all(finish <= opens or closes <= begin for opens, closes in shared)
        if free and begin >= first and (problem.deadline is None or finish <= problem.deadline):
            yield begin, finish


def _one_more_opening(
    problem: SchedulingProblem, shared: tuple[Interval, ...], more: Interval
) -> SchedulingProblem:
    """The problem with an opening more, for all tasks that share these windows."""
    windows = tuple(sorted((*shared, more)))
    return change_tasks(
        problem, lambda task: task._replace(windows=windows) if task.windows == shared else task
    )


def later_deadline(
    part: SchedulingProblem, *, full: Callable[[int], bool], ask: Feasibility
) -> Iterator[Relaxation]:
    """The fewest days more after which there is room, if a search finds it."""
    if part.deadline is None:
        return
    day = 24 * part.per_hour
    enough = next(
        (days for days in range(1, MOST_DAYS + 1) if not full(part.deadline + days * day)), None
    )
    for days in range(enough, min(enough + TRIES, MOST_DAYS + 1)) if enough else ():
        if ask.fits(part._replace(deadline=part.deadline + days * day)) is True:
            yield Relaxation("deadline", None, days * day)
            return
