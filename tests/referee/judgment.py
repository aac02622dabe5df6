"""A plan against the referee: what is wrong with it, in one line each."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, NamedTuple

from cp_referee import Least, Most, Referee
from fleet_reading import Case, read
from plan_checker import broken_rules, exposure_of, misnamed, spans_of, weight_of

CLOSE = 1e-4
"""Hours: a plan rounds its figures."""
EXIT_CODES = {"optimal": 0, "feasible": 0, "incomplete": 4, "infeasible": 4}


class Judgment(NamedTuple):
    """What is wrong with a plan; whether not all fit; whether the plan places less than the
    referee; its status; and by which share its exposure is above the referee's.
    """

    wrong: list[str]
    infeasible: bool
    fewer: bool
    status: str
    excess: float = 0.0


def judge(case: Case, plan: Any, code: int) -> Judgment:
    """Compare a plan with the contract's rules and with the best plan that the referee finds."""
    rules = read(case)
    spans = spans_of(rules, plan)
    wrong = [*misnamed(rules, plan), *broken_rules(rules, spans)]
    if EXIT_CODES.get(plan["status"]) != code:
        wrong.append(f"status {plan['status']} with exit code {code}")
    referee = Referee(rules)
    most = referee.most()
    weight, count = weight_of(rules, spans), len(spans)
    exposure = exposure_of(rules, spans)
    wrong += _status(plan, count, len(rules.restarts), most)
    wrong += _placed(plan, weight, count, most)
    wrong += _figures(plan, exposure)
    least = None if wrong else referee.least(weight, count)
    if least is not None:
        wrong += _exposure(plan, exposure, least)
    infeasible = most.proven and most.count < len(rules.restarts)
    fewer = (weight, count) < (most.weight, most.count)
    excess = 0.0
    if least is not None and least.exposure:
        excess = float(exposure / least.exposure) - 1
    return Judgment(wrong, infeasible, fewer, plan["status"], excess)


def _status(plan: Any, count: int, due: int, most: Most) -> Iterator[str]:
    status = plan["status"]
    if (status in {"optimal", "feasible"}) != (count == due):
        yield f"status {status}, but {count} of {due} are placed"
    if count == due and most.proven and most.count < due:
        yield f"the referee proves that only {most.count} of {due} fit"
    if status == "infeasible" and most.count == due:
        yield f"status infeasible, but the referee places all {due}"


def _placed(plan: Any, weight: Fraction, count: int, most: Most) -> Iterator[str]:
    mine, best = (weight, count), (most.weight, most.count)
    texts = [f"weight {float(w):g} in {n} restarts" for w, n in (mine, best)]
    if mine > best and most.proven:
        yield f"{texts[0]} placed, but the referee proves that {texts[1]} is the most"
    if not plan["unplaced"] and not plan["objective"]["most_placed"]:
        yield "all are placed, but most_placed is false"
    if mine < best and plan["objective"]["most_placed"]:
        yield f"{texts[0]} is told as the most, but the referee places {texts[1]}"


def _figures(plan: Any, exposure: Fraction) -> Iterator[str]:
    told = plan["objective"]
    hours, bound, gap = told["exposure_hours"], told["lower_bound"], told["gap"]
    if abs(hours - exposure) > CLOSE:
        yield f"exposure_hours {hours}, but the restarts add up to {float(exposure):.6f}"
    if bound < 0 or bound > hours + CLOSE:
        yield f"lower_bound {bound} isn't between 0 and exposure_hours {hours}"
    expected = (hours - bound) / hours if hours else 0.0
    if abs(gap - expected) > CLOSE:
        yield f"gap {gap}, but (exposure - lower bound) / exposure is {expected:.6f}"
    if plan["status"] == "optimal" and gap:
        yield f"status optimal with gap {gap}"


def _exposure(plan: Any, exposure: Fraction, least: Least) -> Iterator[str]:
    bound = plan["objective"]["lower_bound"]
    texts = f"the referee has {float(least.exposure):.6f} h for the same weight and number"
    if bound > least.exposure + CLOSE:
        yield f"lower_bound {bound}, but {texts}"
    if plan["status"] == "optimal" and exposure > least.exposure + CLOSE:
        yield f"optimal with {float(exposure):.6f} h, but {texts}"
    if exposure < least.bound - CLOSE:
        yield f"exposure {float(exposure):.6f} is below the referee's bound {least.bound:.6f}"
