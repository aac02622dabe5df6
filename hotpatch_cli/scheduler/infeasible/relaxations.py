"""Relaxations: single changes that resolve a conflict.

They are one more opening, more at once, or a later deadline.
"""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import NamedTuple

from hotpatch_cli.scheduler.infeasible.constraints import Constraint, change_tasks, widen
from hotpatch_cli.scheduler.infeasible.feasibility import Feasibility
from hotpatch_cli.scheduler.problem import Interval, SchedulingProblem, Task

DAYS_LATER = 14
"""How much later than the longest opening one more is tried."""
DAYS_EARLIER = 28
"""How much earlier."""
TRIES = 8
"""Amounts and openings that are tried of each kind: with more, hard conflicts take longer."""


class Relaxation(NamedTuple):
    """A single change after which the conflict is gone.

    `kind` and `name` are as in Constraint. `opening`: one more opening of `amount` units of time,
    such as the one `within`; `capacity`: `amount` more at once; `deadline`: `amount` units later.
    """

    kind: str
    name: str | None
    amount: int
    within: Interval | None = None


def relaxations(
    problem: SchedulingProblem,
    reasons: tuple[Constraint, ...],
    feasibility: Feasibility,
    most_days: int,
) -> Iterator[Relaxation]:
    """The smallest single changes of each kind that resolve the conflict for certain."""
    day = 24 * problem.per_hour
    for shared in dict.fromkeys(task.windows for task in problem.tasks if task.windows):
        name = next(task.name for task in problem.tasks if task.windows == shared)
        for opening in islice(_more_openings(problem, shared, day), TRIES):
            if feasibility.fits(_with_opening(problem, shared, opening)) is True:
                yield Relaxation("opening", name, opening[1] - opening[0], opening)
                break
    for reason in reasons:
        if reason.kind not in {"group", "resource"}:
            continue
        if feasibility.fits(widen(problem, reason, 1)) is True:
            yield Relaxation("capacity", reason.name, 1)
    if problem.deadline is None or Constraint("deadline", None) not in reasons:
        return
    for later in range(day, (most_days + 1) * day, day):
        if feasibility.fits(problem._replace(deadline=problem.deadline + later)) is True:
            yield Relaxation("deadline", None, later)
            return


def _more_openings(
    problem: SchedulingProblem, shared: tuple[Interval, ...], day: int
) -> Iterator[Interval]:
    """Openings as long as the longest window, first on later days, then on earlier ones."""
    opened = problem.open_intervals([Task("", 1, shared)])
    start, end = max(opened, key=lambda opening: opening[1] - opening[0], default=shared[0])
    first = min((opens for opens, _ in problem.open_intervals(problem.tasks)), default=0)
    later, earlier = range(day, DAYS_LATER * day, day), range(-day, -DAYS_EARLIER * day, -day)
    for shift in (*later, *earlier):
        begin, finish = start + shift, end + shift
        free = all(finish <= opens or closes <= begin for opens, closes in shared)
        if free and begin >= first and (problem.deadline is None or finish <= problem.deadline):
            yield begin, finish


def _with_opening(
    problem: SchedulingProblem, shared: tuple[Interval, ...], opening: Interval
) -> SchedulingProblem:
    """The problem with one more opening, for all tasks that share these windows."""
    windows = tuple(sorted((*shared, opening)))
    return change_tasks(
        problem, lambda task: task._replace(windows=windows) if task.windows == shared else task
    )


def later_deadline(
    problem: SchedulingProblem,
    *,
    full: Callable[[int], bool],
    feasibility: Feasibility,
    most_days: int,
) -> Iterator[Relaxation]:
    """The fewest days more after which there is room, if a search finds it.

    `full` is the result by length alone: no room with a deadline.
    """
    if problem.deadline is None:
        return
    day = 24 * problem.per_hour
    tries = 0
    for days in range(1, most_days + 1):
        deadline = problem.deadline + days * day
        if not tries and full(deadline):
            continue
        tries += 1
        if feasibility.fits(problem._replace(deadline=deadline)) is True:
            yield Relaxation("deadline", None, days * day)
            return
        if tries == TRIES:
            return
