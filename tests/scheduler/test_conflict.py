"""The reasons for what cannot be placed."""

import small_problems
from hypothesis import HealthCheck, given, settings

from hotpatch_cli.scheduler import (
    Freezes,
    ResourceLimit,
    SchedulingProblem,
    Task,
    TaskGroup,
    TaskRing,
    explain,
    solve,
    verify,
)
from hotpatch_cli.scheduler.infeasible.conflict import Conflict
from hotpatch_cli.scheduler.infeasible.constraints import Constraint, constraints_of, without
from hotpatch_cli.scheduler.infeasible.subproblems import only

NIGHT = ((0, 240),)
DAY = 24 * 60


def conflicts(problem: SchedulingProblem) -> list[Conflict]:
    """The conflicts of a problem behind its own plan."""
    return explain(problem, solve(problem).starts)


def sql_team(**group: int) -> SchedulingProblem:
    """Five members, one at a time with half an hour between: more than a night has room for."""
    tasks = tuple(Task(f"sql{n}", 35, NIGHT, 1, (0,)) for n in range(5))
    return SchedulingProblem(tasks, (TaskGroup("sql", 1, 30)._replace(**group),))


def test_a_machine_without_windows_is_its_own_conflict() -> None:
    """A machine that never has an opening conflicts with nothing but its windows."""
    assert conflicts(SchedulingProblem((Task("old", 5, ()),))) == [
        Conflict(("old",), (Constraint("windows", "old"),), proven=True)
    ]


def test_a_crowded_group_is_named_with_what_helps() -> None:
    """Five members do not fit in one night: the group is a reason."""
    (conflict,) = conflicts(sql_team())
    assert conflict.proven
    assert set(conflict.tasks) == {f"sql{n}" for n in range(5)}
    assert Constraint("group", "sql") in conflict.reasons


def test_a_deadline_is_a_reason() -> None:
    """If the deadline cuts off the second opening, it's a reason."""
    later = (*NIGHT, (10 * DAY, 10 * DAY + 240))
    problem = sql_team()
    tasks = tuple(task._replace(windows=later) for task in problem.tasks)
    (conflict,) = conflicts(problem._replace(tasks=tasks, deadline=8 * DAY))
    assert Constraint("deadline", None) in conflict.reasons


def test_order_between_groups_is_a_reason() -> None:
    """A machine whose only opening is before its predecessor's names the order between them."""
    problem = SchedulingProblem(
        (Task("sql", 20, ((300, 400),), 1, (0,)), Task("app", 20, NIGHT, 1, (1,))),
        (TaskGroup("sql", 1), TaskGroup("app", 1, 0, (0,))),
    )
    (conflict,) = conflicts(problem)
    assert set(conflict.tasks) == {"sql", "app"}
    assert Constraint("after", "app") in conflict.reasons


def test_a_soak_that_is_too_long_is_a_reason() -> None:
    """A ring whose openings are over when the soak ends names the ring."""
    problem = SchedulingProblem(
        (Task("canary", 20, NIGHT, 1, (), 0), Task("broad", 20, NIGHT, 1, (), 1)),
        rings=(TaskRing("c", DAY), TaskRing("b")),
    )
    (conflict,) = conflicts(problem)
    assert Constraint("ring", "b") in conflict.reasons


def test_a_limit_is_a_reason() -> None:
    """Three machines under a limit of one in a window for two name the limit."""
    tasks = tuple(Task(f"m{n}", 20, ((0, 40),), 1, (), None, (0,)) for n in range(3))
    (conflict,) = conflicts(SchedulingProblem(tasks, resources=(ResourceLimit("all", 1),)))
    assert Constraint("resource", "all") in conflict.reasons


def test_a_freeze_is_a_reason() -> None:
    """A machine whose only opening is frozen names the freeze, and of two that overlap one."""

    def windows(_name: str, lifted: frozenset[str]) -> tuple[tuple[int, int], ...]:
        return NIGHT if lifted >= {"one", "two"} else ()

    freezes = Freezes(lambda _name: ("one", "two", "other"), windows)
    problem = SchedulingProblem((Task("a", 20, ()),))
    (conflict,) = explain(problem, (None,), freezes=freezes)
    assert conflict.reasons == (Constraint("freeze", "two"), Constraint("windows", "a"))


def test_who_only_waits_is_not_explained_again() -> None:
    """Machines that are unplaced because their predecessor is make no conflict of their own."""
    problem = SchedulingProblem(
        (
            Task("sql", 20, (), 1, (0,)),
            Task("app1", 5, NIGHT, 1, (1,)),
            Task("app2", 5, NIGHT, 1, (1,)),
        ),
        (TaskGroup("sql", 1), TaskGroup("app", 1, 0, (0,))),
    )
    assert [conflict.tasks for conflict in conflicts(problem)] == [("sql",)]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(small_problems.problems(most=4))
def test_conflicts_are_irreducible(problem: SchedulingProblem) -> None:
    """A plan that leaves tasks out has a conflict; its tasks alone do not fit, and without any one
    they do.
    """
    starts = solve(problem).starts
    explained = explain(problem, starts)
    assert bool(explained) == (None in starts)
    for conflict in explained:
        chosen = [n for n, task in enumerate(problem.tasks) if task.name in conflict.tasks]
        assert not _all_fit(problem, chosen)
        assert all(_all_fit(problem, [n for n in chosen if n != left_out]) for left_out in chosen)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(small_problems.problems(most=2))
def test_reasons_are_irreducible(problem: SchedulingProblem) -> None:
    """The reasons alone, without all other rules, still conflict; without any one of them there is
    room.
    """
    for conflict in explain(problem, solve(problem).starts):
        if not conflict.proven:
            continue
        chosen = {n for n, task in enumerate(problem.tasks) if task.name in conflict.tasks}
        part = only(problem, chosen)
        for rule in constraints_of(part):
            part = part if rule in conflict.reasons else without(part, rule)
        assert not _any_plan_of_all(part)
        assert all(_any_plan_of_all(without(part, reason)) for reason in conflict.reasons)


def _any_plan_of_all(problem: SchedulingProblem) -> bool:
    """By trying all plans, judged by the proof: without a rule, windows reach beyond the oracle's
    horizon.
    """
    return any(
        None not in starts and not verify(problem, starts)
        for starts in small_problems.plans(problem)
    )


def _all_fit(problem: SchedulingProblem, chosen: list[int]) -> bool:
    number = {task: new for new, task in enumerate(chosen)}
    tasks = tuple(
        problem.tasks[n]._replace(
            after=tuple(number[other] for other in problem.tasks[n].after if other in number)
        )
        for n in chosen
    )
    return not small_problems.best(problem._replace(tasks=tasks))[1]
