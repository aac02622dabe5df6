"""The best plan there is, by HiGHS: a whole-number program over start times, with the gates."""

from math import inf
from typing import NamedTuple

from hotpatch_cli.planner.bound import Prices
from hotpatch_cli.planner.heads import Heads, first_fit
from hotpatch_cli.planner.model import Model
from hotpatch_cli.planner.program import INFINITE, Kind, Program


class Answer(NamedTuple):
    """What the solver found: starts in slots (None if no plan), a lower bound, and whether time ran out."""

    starts: list[int] | None
    bound: float
    cut_short: bool


def solve_exactly(prices: Prices, known: Heads, best: list[int], upper: float, seconds: float) -> Answer:
    """Look for a plan of all live tasks that costs less than `upper`, the cost of the plan `best`."""
    import highspy

    program = Program(prices, 1)
    for number in range(len(prices.model.gates)):
        _add_gate(program, known, number, upper)
    options = {"time_limit": seconds, "mip_rel_gap": 0.0, "mip_abs_gap": 0.5, "mip_feasibility_tolerance": 1e-7}
    solver = program.highs(options)
    columns = list(range(len(program.cost)))
    solver.changeColsIntegrality(len(columns), columns, [highspy.HighsVarType.kInteger] * len(columns))
    hint = highspy.HighsSolution()
    hint.col_value = _values(program, best)
    solver.setSolution(hint)
    solver.run()
    info, status = solver.getInfo(), solver.getModelStatus()
    found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    starts = _starts(program, list(solver.getSolution().col_value)) if found else None
    return Answer(starts, max(0.0, info.mip_dual_bound), status != highspy.HighsModelStatus.kOptimal)
