"""The scheduler against brute force over small random problems."""

from itertools import islice
from random import Random

import pytest
import small_problems
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from hotpatch_cli.scheduler import SchedulingProblem, cost, solve, verify
from hotpatch_cli.scheduler.bounds.lagrangian import Prices
from hotpatch_cli.scheduler.bounds.release_times import release_times
from hotpatch_cli.scheduler.decomposition import split
from hotpatch_cli.scheduler.mip.dual_prices import DualPrices
from hotpatch_cli.scheduler.mip.time_indexed_lp import has_highs
from hotpatch_cli.scheduler.part_solver import PartSolver
from hotpatch_cli.scheduler.problem import Starts
from hotpatch_cli.scheduler.slot_model import NEVER, compile_model
from hotpatch_cli.scheduler.work_budget import WorkBudget

pytestmark = pytest.mark.slow
SLOW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@SLOW
@given(small_problems.problems(most=3), st.integers(0, 2**32))
def test_verify_accepts_exactly_what_the_rules_allow(problem: SchedulingProblem, seed: int) -> None:
    """The judge accepts exactly the plans that the rules, read moment by moment, allow."""
    sample = list(small_problems.plans(problem))
    chosen = Random(seed).sample(sample, min(300, len(sample)))  # noqa: S311 - a seeded choice, not a secret
    for starts in chosen:
        assert (not verify(problem, starts)) == small_problems.allowed(problem, starts), starts


@SLOW
@given(small_problems.problems(most=4))
def test_small_problems_are_solved_to_the_optimum(problem: SchedulingProblem) -> None:
    """A small problem is proven, and equals brute force in tasks placed and exposure."""
    result = solve(problem)
    placed, exposure = small_problems.best(problem)
    assert (-cost(problem, result.starts).placed, pytest.approx(result.exposure)) == (
        placed,
        exposure,
    )
    assert result.most_placed
    assert result.gap == 0


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(small_problems.tight_problems(6))
def test_six_tasks_are_solved_to_the_optimum(problem: SchedulingProblem) -> None:
    """Six tasks on a short horizon equal brute force."""
    result = solve(problem)
    assert (
        -cost(problem, result.starts).placed,
        pytest.approx(result.exposure),
    ) == small_problems.best(problem)


def load_levels(prices: Prices, levels: list[float]) -> None:
    """Load prices that repeat some levels, slot after slot."""
    lengths = [numbering.length for numbering in prices.numberings]
    prices.load([[levels[slot % len(levels)] for slot in range(length)] for length in lengths])


@SLOW
@given(small_problems.problems(most=4), st.lists(st.floats(0, 9), min_size=1, max_size=5))
def test_no_plan_beats_the_bound_at_any_prices(
    problem: SchedulingProblem, levels: list[float]
) -> None:
    """Whatever the prices, the certified bound is not above the cost of any plan that places all
    that can be.
    """
    model = compile_model(problem)
    release = release_times(model)
    plans = (
        plan for plan in small_problems.plans(problem) if small_problems.allowed(problem, plan)
    )
    complete = [plan for plan in plans if all(plan[task] is not None for task in model.live)]
    if not complete or any(start >= NEVER for start in release.start):
        return
    best = min(cost(problem, plan).exposure for plan in complete)
    prices = Prices(model, release)
    load_levels(prices, levels)
    origin, step = model.grid.origin / model.grid.step, model.grid.step / model.per_hour
    assert prices.value(prices.relaxed_starts(), 0, origin) * step <= best + 1e-6


@SLOW
@given(small_problems.problems(most=4), st.lists(st.floats(0, 9), min_size=1, max_size=5))
def test_no_plan_that_leaves_tasks_out_beats_their_bound(
    problem: SchedulingProblem, levels: list[float]
) -> None:
    """Whatever the prices, the bound on plans that leave out as many tasks is not above the cost of
    any of them.
    """
    model = compile_model(problem)
    prices = Prices(model, release_times(model))
    load_levels(prices, levels)
    origin, step = model.grid.origin / model.grid.step, model.grid.step / model.per_hour
    allowed = (
        plan for plan in small_problems.plans(problem) if small_problems.allowed(problem, plan)
    )
    for plan in islice(allowed, 200):
        left_out = sum(plan[task] is None for task in model.live)
        bound = prices.value(prices.relaxed_starts(), left_out, origin) * step
        assert bound <= cost(problem, plan).exposure + 1e-6


@SLOW
@given(small_problems.problems(most=4))
def test_release_times_are_never_later_than_a_plan(problem: SchedulingProblem) -> None:
    """In no plan that places all live tasks does one start before its release time."""
    model = compile_model(problem)
    release = release_times(model)
    allowed = (
        plan for plan in small_problems.plans(problem) if small_problems.allowed(problem, plan)
    )
    complete = (plan for plan in allowed if all(plan[task] is not None for task in model.live))
    for plan in islice(complete, 200):
        slots = model.slots(plan)
        assert all(slots[task] >= release.start[task] for task in model.live if slots[task] >= 0)


@SLOW
@given(small_problems.problems(most=4), st.integers(0, 1500))
def test_search_without_complete_enumeration_is_sound(
    problem: SchedulingProblem, work: int
) -> None:
    """Annealing alone never beats brute force, and its bound never exceeds it."""
    model = compile_model(problem)
    placed, exposure = small_problems.best(problem)
    solvers = []
    slots = [-1] * len(problem.tasks)
    for part in split(model):
        budget = WorkBudget(work, None, None)
        solver = PartSolver(part, budget)
        solvers.append(solver)
        solver.first_plan()
        if not solver.best.proven:
            solver.anneal(DualPrices(part.model, release_times(part.model), budget), work)
        for task, start in zip(part.tasks, solver.best.starts, strict=True):
            slots[task] = start
    starts = model.starts(slots)
    assert not verify(problem, starts)
    worth = cost(problem, starts)
    assert -worth.placed >= placed
    if -worth.placed == placed:
        assert worth.exposure >= exposure - 1e-9
        assert sum(solver.best.exposure_bound() for solver in solvers) <= exposure + 1e-6


@pytest.mark.skipif(not has_highs(), reason="needs the extra `exact`")
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(small_problems.problems(most=4), st.booleans())
def test_the_mixed_integer_program_equals_brute_force(
    problem: SchedulingProblem, priced: bool
) -> None:
    """HiGHS, given only a greedy plan of all tasks, ends with the least exposure; at prices it
    weighs fewer starts.
    """
    model = compile_model(problem)
    placed, exposure = small_problems.best(problem)
    total = 0.0
    for part in split(model):
        solver = PartSolver(part, WorkBudget(10**6, 60, None))
        solver.first_plan()
        if solver.best.score.left_out:
            return
        if not solver.best.proven:
            dual = DualPrices(part.model, release_times(part.model), WorkBudget(10**6, 60, None))
            if priced:
                dual.exactly(10**6)
            solver.prove(dual, 10**6)
        assert solver.best.proven
        total += solver.best.exposure()
    assert len(model.live) == -placed
    assert total == pytest.approx(exposure)


@SLOW
@given(small_problems.problems(most=4), st.integers(0, 2**32))
def test_keeping_a_plan_moves_as_few_as_brute_force(problem: SchedulingProblem, seed: int) -> None:
    """Near any older plan, as many are placed as can be, the fewest of its starts move, and the
    rest costs least.
    """
    every = list(small_problems.plans(problem))
    keep = Random(seed).choice(every)  # noqa: S311 - a seeded choice, not a secret
    whole = [plan for plan in every if None not in plan and small_problems.allowed(problem, plan)]
    assume(whole)

    def worth(plan: Starts) -> tuple[int, float]:
        moved = sum(old is not None and old != new for old, new in zip(keep, plan, strict=True))
        return moved, cost(problem, plan).exposure

    result = solve(problem, keep=keep)
    assert worth(result.starts) == pytest.approx(min(map(worth, whole)))
    assert result.bound <= min(cost(problem, plan).exposure for plan in whole) + 1e-9


@SLOW
@given(small_problems.problems(most=6), st.lists(st.none() | st.integers(0, 9), min_size=6))
def test_a_plan_near_any_other_keeps_all_rules(
    problem: SchedulingProblem, keep: list[int | None]
) -> None:
    """Near any older plan, however wrong, and whatever does not fit, no rule is broken."""
    result = solve(problem, keep=tuple(keep[: len(problem.tasks)]), effort=0.006)
    assert verify(problem, result.starts) == []
