"""The goal `earliest-end`: least ends, their bounds, and their proofs."""

from random import Random

import pytest
import small_problems
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from hotpatch_cli.scheduler import (
    ResourceLimit,
    SchedulingProblem,
    Task,
    TaskGroup,
    cost,
    solve,
    verify,
)
from hotpatch_cli.scheduler.bounds.end_bound import EndBound, latest_starts
from hotpatch_cli.scheduler.bounds.lagrangian import Prices
from hotpatch_cli.scheduler.bounds.release_times import release_times
from hotpatch_cli.scheduler.earliest_end import narrowed
from hotpatch_cli.scheduler.mip.deadline_program import place_all
from hotpatch_cli.scheduler.mip.time_indexed_lp import has_highs
from hotpatch_cli.scheduler.problem import Starts
from hotpatch_cli.scheduler.search.genetic_search import (
    ListDecoder,
    ProjectDecoder,
    as_project,
    in_order,
)
from hotpatch_cli.scheduler.slot_model import compile_model
from hotpatch_cli.scheduler.work_budget import WorkBudget

SLOW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def worth(problem: SchedulingProblem, starts: Starts) -> tuple[float, int, int]:
    """The weight and the number left out, and the last end: what the goal compares, in order."""
    missing = [task for task, start in zip(problem.tasks, starts, strict=True) if start is None]
    return sum(task.weight for task in missing), len(missing), cost(problem, starts).makespan


@pytest.mark.slow
@SLOW
@given(small_problems.problems(most=4))
def test_small_problems_end_as_early_as_any_plan(problem: SchedulingProblem) -> None:
    """The plan of a small problem places as much as brute force and ends with it, proven; its bound
    is that end.
    """
    result = solve(problem, goal="earliest-end")
    best = min(
        worth(problem, plan)
        for plan in small_problems.plans(problem)
        if small_problems.allowed(problem, plan)
    )
    assert worth(problem, result.starts) == best
    assert (result.bound, result.gap, result.goal) == (best[2], 0, "earliest-end")
    assert (result.status == "optimal") == (not best[1])


@pytest.mark.slow
@SLOW
@given(small_problems.problems(most=4))
def test_no_plan_of_all_is_over_by_a_contradicted_end(problem: SchedulingProblem) -> None:
    """The bound, and the programs of HiGHS, contradict no end that a plan of all tasks has; the
    program in whole numbers contradicts every earlier one.
    """
    model = compile_model(problem)
    ends = [
        cost(problem, plan).makespan
        for plan in small_problems.plans(problem)
        if None not in plan and small_problems.allowed(problem, plan)
    ]
    assume(ends)
    release, best = release_times(model), model.grid.slot(min(ends))
    bounds = EndBound(model, release)
    assert not bounds.contradicts(best)
    assert bounds.least(best + 3) <= best
    for end in (best, best - 1):
        last = latest_starts(model, end)
        if has_highs() and all(last[task] >= release.start[task] for task in model.live):
            prices = Prices(narrowed(model, release.start, last), release)
            budget = WorkBudget(10**6, None, None)
            answer = place_all(prices, budget, whole=True)
            assert answer.impossible == (end < best)
            if answer.starts is not None:
                assert not verify(problem, model.starts(answer.starts))
            assert not (end == best and place_all(prices, budget, whole=False).impossible)


@pytest.mark.slow
@SLOW
@given(small_problems.problems(most=4), st.integers(0, 2**32))
def test_the_genetic_search_keeps_the_rules(problem: SchedulingProblem, seed: int) -> None:
    """Whatever order a decoder gets, its plan keeps all rules, in projects up to the deadline."""
    model = compile_model(problem)
    random = Random(seed)  # noqa: S311 - a seeded order, not a secret
    order = in_order(model, [random.random() for _ in model.duration])
    assume(order)
    assert not verify(problem, model.starts(ListDecoder(model).plan(order)))
    project = as_project(model)
    if project is not None:
        starts = model.starts(ProjectDecoder(model, project).plan(order))
        late = {violation.rule for violation in verify(problem, starts)}
        assert late <= {"window", "deadline"}


def test_twelve_restarts_of_a_group_end_with_the_last_room() -> None:
    """Twelve members of two groups over nights with gaps end when the capacity lets them, proven
    without trying all orders.
    """
    nights = tuple((day * 100, day * 100 + 10) for day in range(6))
    tasks = tuple(Task(f"t{n}", 3, nights, 1, (n % 2,), None, (0,)) for n in range(12))
    groups = (TaskGroup("a", 1, 1), TaskGroup("b", 1, 1))
    problem = SchedulingProblem(tasks, groups, resources=(ResourceLimit("all", 1),))
    result = solve(problem, effort=0.1, goal="earliest-end")
    assert not verify(problem, result.starts)
    # One at a time, three a night: four nights, and the last of them until its ninth slot.
    assert (result.status, result.makespan, result.bound) == ("optimal", 309, 309)


@pytest.mark.parametrize("seed", range(4))
def test_crowded_fleets_keep_the_rules_and_end_no_later(seed: int) -> None:
    """A fleet over weekly nights ends no later than its plan of the least exposure, all rules kept,
    and its bound is no later than its end.
    """
    problem = small_problems.crowded_fleet(40, seed)
    result = solve(problem, effort=0.1, goal="earliest-end")
    assert not verify(problem, result.starts)
    assert result.bound <= result.makespan <= solve(problem, effort=0.1).makespan


def test_the_same_effort_gives_the_same_plan() -> None:
    """Two runs of the same problem and effort give the same result."""
    problem = small_problems.crowded_fleet(40, 7)
    once = solve(problem, effort=0.2, goal="earliest-end")
    assert solve(problem, effort=0.2, goal="earliest-end") == once


def test_exposure_is_least_under_the_same_end() -> None:
    """Of plans that end first, one with the least exposure is taken: heavy tasks come first, though
    their part isn't the last one.
    """
    window = ((0, 50),)
    first = tuple(Task(f"a{n}", 5, window, 1, (0,)) for n in range(4))
    then = tuple(Task(f"b{n}", 5, window, 1 + 4 * (n == 2), (1,)) for n in range(3))
    problem = SchedulingProblem((*first, *then), (TaskGroup("a", 1), TaskGroup("b", 1)))
    result = solve(problem, goal="earliest-end")
    assert (result.status, result.makespan) == ("optimal", 20)
    assert result.starts[6] == 0
