"""The scheduler against brute force over small random problems."""

from collections.abc import Callable
from itertools import islice
from random import Random

import pytest
import small_problems
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hotpatch_cli.scheduler import Result, SchedulingProblem, part_solver, solve, verify
from hotpatch_cli.scheduler.bounds.lagrangian import Prices
from hotpatch_cli.scheduler.bounds.release_times import release_times
from hotpatch_cli.scheduler.decomposition import split
from hotpatch_cli.scheduler.mip import time_indexed_lp
from hotpatch_cli.scheduler.mip.dual_prices import DualPrices
from hotpatch_cli.scheduler.mip.time_indexed_lp import has_highs
from hotpatch_cli.scheduler.part_solver import PartSolver
from hotpatch_cli.scheduler.problem import Starts
from hotpatch_cli.scheduler.slot_model import NEVER, SlotModel, compile_model
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


def holds(problem: SchedulingProblem, result: Result, keep: Starts | None = None) -> None:
    """Assert that all that a result claims is true, by trying all plans."""
    assert verify(problem, result.starts) == []
    mine = small_problems.worth(problem, result.starts, keep)
    least = float(small_problems.least_exposure(problem, result.starts))
    assert 0 <= result.bound <= least * (1 + 1e-9) + 1e-9
    assert 0 <= result.gap <= 1
    best = small_problems.best(problem, keep)
    assert mine >= best
    if result.most_placed:
        assert mine[:2] == best[:2]
    if result.status == "optimal":
        assert (mine[1], pytest.approx(result.exposure)) == (0, least)
    if result.status == "infeasible":
        assert best[1]
    assert (None in result.starts) == (result.status in {"infeasible", "incomplete"})


@SLOW
@given(small_problems.problems(most=4))
def test_small_problems_are_solved_to_the_optimum(problem: SchedulingProblem) -> None:
    """A small problem is proven, and equals brute force in what is placed and in exposure."""
    result = solve(problem)
    holds(problem, result)
    assert small_problems.worth(problem, result.starts) == small_problems.best(problem)
    assert result.most_placed
    assert result.gap == 0


@SLOW
@given(small_problems.problems(most=4), st.sampled_from((0.0, 0.004, 0.1)), st.booleans())
def test_what_a_result_claims_is_true(
    problem: SchedulingProblem, effort: float, exact: bool
) -> None:
    """With any effort, without complete enumeration, with HiGHS and without it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(part_solver, "SMALL", 0)
        if not exact:
            patch.setattr(part_solver, "has_highs", lambda: False)
            patch.setattr(time_indexed_lp, "has_highs", lambda: False)
        holds(problem, solve(problem, effort=effort))


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(small_problems.tight_problems(6))
def test_six_tasks_are_solved_to_the_optimum(problem: SchedulingProblem) -> None:
    """Six tasks on a short horizon equal brute force."""
    result = solve(problem)
    assert small_problems.worth(problem, result.starts) == small_problems.best(problem)


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
    plans = small_problems.possible_plans(problem)
    complete = [plan for plan in plans if all(plan[task] is not None for task in model.live)]
    if not complete or any(start >= NEVER for start in release.start):
        return
    prices = Prices(model, release)
    load_levels(prices, levels)
    assert prices.value(prices.relaxed_starts()) <= min(map(ends_of(model), complete)) + 1e-6


def ends_of(model: SlotModel) -> Callable[[Starts], float]:
    """The weighted ends of a plan in slots, on the grid or off it."""

    def ends(plan: Starts) -> float:
        return sum(
            model.weight[task] * ((start - model.grid.origin) / model.grid.step + length)
            for task, (start, length) in enumerate(zip(plan, model.duration, strict=True))
            if start is not None
        )

    return ends


@SLOW
@given(small_problems.problems(most=4), st.lists(st.floats(0, 9), min_size=1, max_size=5))
def test_no_plan_that_leaves_tasks_out_beats_their_bound(
    problem: SchedulingProblem, levels: list[float]
) -> None:
    """Whatever the prices, the bound on plans that leave out as much is not above the cost of any
    of them.
    """
    model = compile_model(problem)
    release = release_times(model)
    model = model._replace(live=tuple(t for t in model.live if release.start[t] < NEVER))
    prices = Prices(model, release)
    load_levels(prices, levels)
    for plan in islice(small_problems.possible_plans(problem), 200):
        out = [task for task in model.live if plan[task] is None]
        level = sum(model.weight[task] for task in out), len(out)
        ends = ends_of(model)(plan)
        assert prices.value(prices.relaxed_starts(), *level) <= ends + 1e-6 * max(1, ends)


@SLOW
@given(small_problems.problems(most=4))
def test_release_times_are_never_later_than_a_plan(problem: SchedulingProblem) -> None:
    """In no plan that places all live tasks does one start before its release time."""
    model = compile_model(problem)
    release = release_times(model)
    allowed = small_problems.possible_plans(problem)
    complete = (plan for plan in allowed if all(plan[task] is not None for task in model.live))
    for plan in islice(complete, 200):
        slots = model.slots(plan)
        assert all(slots[task] >= release.start[task] for task in model.live if slots[task] >= 0)


@pytest.mark.skipif(not has_highs(), reason="needs the extra `exact`")
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(small_problems.problems(most=4), st.booleans())
def test_the_mixed_integer_program_equals_brute_force(
    problem: SchedulingProblem, priced: bool
) -> None:
    """HiGHS, given only a greedy plan, decides who stays out and ends with the least exposure; at
    prices it weighs fewer starts.
    """
    model = compile_model(problem)
    release = release_times(model)
    model = model._replace(live=tuple(t for t in model.live if release.start[t] < NEVER))
    slots = [-1] * len(problem.tasks)
    for part in split(model):
        budget = WorkBudget(10**6, None, None)
        solver = PartSolver(part, budget)
        solver.first_plan()
        if priced and not solver.best.score.left_out:
            dual = DualPrices(part.model, release_times(part.model), budget)
            dual.exactly(10**6)
            solver.prove(dual, 10**6)
        if not solver.best.proven:
            solver.solve_small(10**6)
        for task, start in zip(part.tasks, solver.best.starts, strict=True):
            slots[task] = start
    starts = model.starts(slots)
    assert small_problems.worth(problem, starts) == small_problems.best(problem)


@SLOW
@given(small_problems.problems(most=4), st.integers(0, 2**32))
def test_keeping_a_plan_moves_as_few_as_brute_force(problem: SchedulingProblem, seed: int) -> None:
    """Near any older plan, as many are placed as can be, the fewest of its starts move, and the
    rest costs least.
    """
    keep = Random(seed).choice(list(small_problems.plans(problem)))  # noqa: S311 - a seeded choice
    result = solve(problem, keep=keep)
    holds(problem, result, keep)
    assert small_problems.worth(problem, result.starts, keep) == small_problems.best(problem, keep)


@SLOW
@given(small_problems.problems(most=6), st.lists(st.none() | st.integers(0, 9), min_size=6))
def test_a_plan_near_any_other_keeps_all_rules(
    problem: SchedulingProblem, keep: list[int | None]
) -> None:
    """Near any older plan, however wrong, and whatever does not fit, no rule is broken."""
    result = solve(problem, keep=tuple(keep[: len(problem.tasks)]), effort=0.006)
    assert verify(problem, result.starts) == []
