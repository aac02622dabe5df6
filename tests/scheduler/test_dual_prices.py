"""Prices and fast starts: what linear programs answer, and who goes first after a failure."""

import pytest

from hotpatch_cli.scheduler import ResourceLimit, SchedulingProblem, Task, TaskGroup, TaskRing
from hotpatch_cli.scheduler.bounds.lagrangian import Prices
from hotpatch_cli.scheduler.bounds.release_times import release_times
from hotpatch_cli.scheduler.mip.dual_prices import DualPrices
from hotpatch_cli.scheduler.mip.time_indexed_lp import (
    NoFractions,
    Program,
    SolverStopped,
    best_prices,
    has_highs,
)
from hotpatch_cli.scheduler.search.list_scheduling import list_schedule
from hotpatch_cli.scheduler.search.priority_rules import MOST_REPAIRS, PriorityRules
from hotpatch_cli.scheduler.slot_model import compile_model
from hotpatch_cli.scheduler.work_budget import WorkBudget

pytestmark = pytest.mark.skipif(not has_highs(), reason="needs the extra `exact`")
NIGHT = ((0, 240),)
MOST = 10**6


def unlimited() -> WorkBudget:
    """Nothing stops the solver."""
    return WorkBudget(10**9, None, None)


def queue(*weights: int) -> SchedulingProblem:
    """Restarts of 20 minutes each under one limit of one at a time."""
    tasks = tuple(
        Task(f"m{n}", 20, NIGHT, weight, (), None, (0,)) for n, weight in enumerate(weights)
    )
    return SchedulingProblem(tasks, resources=(ResourceLimit("door", 1),))


def test_a_linear_program_gives_the_order_and_prices_that_prove_it() -> None:
    """One door, whole slots: the heavier goes first, and the bound at the prices found is the cost
    of that order.
    """
    model = compile_model(queue(1, 5, 3))
    prices = Prices(model, release_times(model))
    wanted = best_prices(prices, 1, MOST, unlimited())
    assert wanted == pytest.approx([2, 0, 1], abs=1e-5)
    prices.consider()
    assert prices.best == pytest.approx(5 * 1 + 3 * 2 + 1 * 3)


def test_equal_tasks_share_out_their_starts() -> None:
    """Tasks that nothing tells apart are one class of the program, yet each has its own start."""
    model = compile_model(queue(2, 2, 2))
    assert best_prices(Prices(model, release_times(model)), 1, MOST, unlimited()) == pytest.approx(
        [0, 1, 2], abs=1e-5
    )


def test_starts_that_no_better_plan_has_are_left_out() -> None:
    """At the best prices, with a plan that is the best, only starts remain that cost no more than
    the cheapest.
    """
    model = compile_model(queue(1, 5, 3))
    prices = Prices(model, release_times(model))
    best_prices(prices, 1, MOST, unlimited())
    prices.consider()
    every, few = Program(prices, 1), Program(prices, 1, 1e-3)
    assert len(few.cost) < len(every.cost)
    for task_class, start in zip(few.classes, (2, 0, 1), strict=True):
        assert start in task_class.columns


def test_a_program_without_any_plan_gives_no_prices() -> None:
    """Thirteen restarts of 20 minutes do not fit into four hours one after the other."""
    model = compile_model(queue(*range(1, 14)))
    with pytest.raises(NoFractions):
        best_prices(Prices(model, release_times(model)), 1, MOST, unlimited())


def test_a_program_that_is_stopped_says_so() -> None:
    """Stopped, the solver has no answer; that is not the answer that none exists."""
    model = compile_model(queue(*range(1, 13)))
    with pytest.raises(SolverStopped):
        best_prices(Prices(model, release_times(model)), 1, MOST, WorkBudget(1, 0, None))


def test_steps_close_in_on_the_bound_of_the_linear_program() -> None:
    """Without HiGHS, steps alone reach within a hundredth of the best prices there are."""
    model = compile_model(queue(5, 4, 3, 2, 1))
    dual = DualPrices(model, release_times(model), WorkBudget(10**6, None, None))
    least = 5 * 1 + 4 * 2 + 3 * 3 + 2 * 4 + 1 * 5
    assert list(dual.steps(10**6, lambda: least))
    assert least * 0.99 <= dual.prices.best <= least


def test_who_was_too_late_for_a_ring_goes_first_with_its_whole_group() -> None:
    """The canary that missed its night takes its group along, the longest first; the others keep
    their order.
    """
    nights = ((0, 60), (10_080, 10_140))
    team = tuple(
        Task(f"canary{n}", length, nights, 1, (0,), 0) for n, length in enumerate((10, 20, 30))
    )
    tasks = (*team, Task("alone", 10, nights, 9, (), 0), Task("broad", 10, ((100, 200),), 1, (), 1))
    model = compile_model(
        SchedulingProblem(tasks, (TaskGroup("team", 1),), (TaskRing("first"), TaskRing("then")))
    )
    slots = [0, 1, 10_080 // 10, 0, -1]
    order = PriorityRules(model, release_times(model)).repaired(slots)
    assert sorted(range(5), key=lambda task: order[task])[:3] == [2, 1, 0]


def test_a_ring_that_failed_once_is_rescued() -> None:
    """Within a few turns the group makes its night, and the ring behind it is placed as well."""
    nights = ((0, 60), (10_080, 10_140))
    team = tuple(
        Task(f"canary{n}", length, nights, 1, (0,), 0, (0,))
        for n, length in enumerate((10, 20, 30))
    )
    other = Task("other", 60, nights, 9, (), None, (0,))
    tasks = (*team, other, Task("broad", 10, ((100, 200),), 1, (), 1))
    model = compile_model(
        SchedulingProblem(
            tasks,
            (TaskGroup("team", 1),),
            (TaskRing("first"), TaskRing("then")),
            (ResourceLimit("door", 1),),
        )
    )
    starts = list_schedule(model, [1, 1, 1, 0, 0]).starts
    assert starts[4] < 0
    rules = PriorityRules(model, release_times(model))
    orders = 0
    while starts[4] < 0 and orders < MOST_REPAIRS:
        starts, orders = list_schedule(model, rules.repaired(starts)).starts, orders + 1
    assert starts[4] >= 0
