"""The planner against brute force over small random problems."""

import importlib.util
import sys
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings

from hotpatch_cli.planner.plan import solve
from hotpatch_cli.planner.problem import Problem
from hotpatch_cli.planner.proof import cost, verify

_spec = importlib.util.spec_from_file_location("small_problems", Path(__file__).with_name("small_problems.py"))
assert _spec is not None
assert _spec.loader is not None
small_problems = importlib.util.module_from_spec(_spec)
sys.modules["small_problems"] = small_problems
_spec.loader.exec_module(small_problems)

SLOW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@SLOW
@given(small_problems.problems(most=3))
def test_verify_accepts_what_brute_force_allows(problem: Problem) -> None:
    """The judge accepts exactly the plans that the rules allow when they are read moment by moment."""
    sample = list(small_problems.plans(problem))
    for starts in Random(1).sample(sample, min(300, len(sample))):  # noqa: S311  a sample, no secret
        assert (not verify(problem, starts)) == small_problems.allowed(problem, starts), starts


@SLOW
@given(small_problems.problems(most=4))
def test_small_problems_are_solved_to_the_optimum(problem: Problem) -> None:
    """A small problem is proven, and equals brute force in tasks placed and exposure."""
    result = solve(problem)
    placed, exposure = small_problems.best(problem)
    assert (-cost(problem, result.starts).placed, pytest.approx(result.exposure)) == (placed, exposure)
    assert result.most_placed
    assert result.gap == 0
