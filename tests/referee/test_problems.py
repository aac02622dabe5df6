"""Plans of the scheduler, on plain numbers, against the referee."""

import os
from fractions import Fraction

import pytest
from cp_referee import Referee
from plan_checker import Spans, broken_rules, exposure_of, weight_of
from problem_generator import problem, rules_of

from hotpatch_cli.scheduler import SchedulingProblem, solve

PROBLEMS = int(os.environ.get("REFEREE_FLEETS", "100"))
CHUNK = 50
CLOSE = Fraction(1, 10_000)


def spans_of(asked: SchedulingProblem, starts: tuple[int | None, ...]) -> Spans:
    """Start and end of each task that is scheduled."""
    return {
        number: (start, start + asked.tasks[number].duration)
        for number, start in enumerate(starts)
        if start is not None
    }


def faults(seed: int) -> list[str]:
    """What the referee finds wrong with the scheduler's plan of a seeded problem."""
    asked = problem(seed)
    rules = rules_of(asked)
    result = solve(asked)
    spans = spans_of(asked, result.starts)
    wrong = list(broken_rules(rules, spans))
    referee = Referee(rules)
    most = referee.most()
    weight, count, exposure = weight_of(rules, spans), len(spans), exposure_of(rules, spans)
    if (weight, count) < (most.weight, most.count):
        wrong.append(f"{float(weight)} in {count} tasks; referee {most}; {result.most_placed=}")
    if result.status == "incomplete" or (most.proven and not result.most_placed):
        wrong.append(f"not proven: {result.status}, {result.most_placed=}")
    if result.status == "infeasible" and most.count == len(asked.tasks):
        wrong.append("infeasible, but the referee schedules all")
    if (result.status in {"optimal", "feasible"}) != (count == len(asked.tasks)):
        wrong.append(f"status {result.status} with {count} of {len(asked.tasks)} tasks")
    if abs(result.exposure - exposure) > CLOSE:
        wrong.append(f"exposure {result.exposure}, but it is {float(exposure)}")
    if not 0 <= result.bound <= result.exposure + CLOSE:
        wrong.append(f"bound {result.bound} of exposure {result.exposure}")
    least = referee.least(weight, count)
    if least is not None and result.bound > least.exposure + CLOSE:
        wrong.append(f"bound {result.bound}, but the referee has {float(least.exposure)}")
    return wrong


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, PROBLEMS, CHUNK))
def test_the_scheduler_claims_nothing_that_the_referee_disproves(first: int) -> None:
    """On small problems, the most is scheduled and proven, and no bound is above a plan."""
    found = {seed: faults(seed) for seed in range(first, min(first + CHUNK, PROBLEMS))}
    assert {seed: wrong for seed, wrong in found.items() if wrong} == {}


def moves_too_many(seed: int) -> str | None:
    """Plan a problem, make its first task a little longer, and plan again with as few moves as
    possible: what the referee does better.
    """
    asked = problem(seed)
    old = solve(asked).starts
    first = asked.tasks[0]
    tasks = (first._replace(duration=first.duration + 1), *asked.tasks[1:])
    changed = asked._replace(tasks=tasks)
    starts = solve(changed, keep=old).starts
    rules, spans = rules_of(changed), spans_of(changed, starts)
    assert list(broken_rules(rules, spans)) == []
    referee = Referee(rules)
    most = referee.most()
    placed = (weight_of(rules, spans), len(spans))
    if placed < (most.weight, most.count):
        return f"{placed} placed, the referee places {most}"
    before = {number: start for number, start in enumerate(old) if start is not None}
    moved = sum(number in spans and spans[number][0] != at for number, at in before.items())
    fewest = referee.fewest_moved(*placed, before)
    better = fewest is not None and fewest < moved
    return f"{moved} moved, the referee moves {fewest}" if better else None


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, PROBLEMS, CHUNK))
def test_keeping_a_plan_moves_as_few_as_possible(first: int) -> None:
    """To schedule the most comes first; of such plans, the scheduler finds the fewest moves."""
    found = {seed: moves_too_many(seed) for seed in range(first, min(first + CHUNK, PROBLEMS))}
    assert {seed: wrong for seed, wrong in found.items() if wrong} == {}
