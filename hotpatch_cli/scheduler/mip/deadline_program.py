"""Deadline program: whether all tasks can be over by the end of their windows, by HiGHS."""

from bisect import bisect_left
from itertools import chain
from typing import NamedTuple

from hotpatch_cli.scheduler.bounds.lagrangian import Prices
from hotpatch_cli.scheduler.mip.time_indexed_lp import (
    INFINITE,
    Program,
    ProgramTooLarge,
    SolverStopped,
    run,
)
from hotpatch_cli.scheduler.slot_model import NOWHERE
from hotpatch_cli.scheduler.work_budget import WorkBudget

MOST_SIZE = 200_000
"""Numbers in the matrix of a program: with more, a relaxation takes seconds."""
MOST_NODES = 200
"""Nodes of a search by HiGHS: with more, a program without an answer takes longer."""


class DeadlineAnswer(NamedTuple):
    """A plan if one was found, or the proof that there is none; neither if the question is open."""

    starts: list[int] | None
    impossible: bool


def count_columns(prices: Prices) -> int:
    """How many starts a program has: tasks that don't differ share theirs."""
    model, sizes = prices.model, dict[tuple[object, ...], int]()
    for task, start_set in zip(model.live, prices.start_sets, strict=True):
        key = (id(start_set), model.weight[task], model.waits[task], model.opens[task])
        sizes[key] = start_set.size()
    return sum(sizes.values())


def place_all(prices: Prices, budget: WorkBudget, *, whole: bool) -> DeadlineAnswer:
    """Ask for a plan of all live tasks of a model, by its windows.

    `whole`: in whole numbers; without it only the relaxation is asked, which finds no plan.
    """
    import highspy

    still_open = DeadlineAnswer(None, impossible=False)
    try:
        program = Program(prices, 1, most_size=MOST_SIZE)
        program.cost = [0.0] * len(program.cost)
        for number in range(len(prices.model.gates)):
            _add_gate(program, number)
            if len(program.entries[0]) > MOST_SIZE:
                return still_open
        options = {"mip_max_nodes": MOST_NODES, "mip_heuristic_effort": 0.1} if whole else {}
        solver = program.highs(options, whole=whole)
        run(solver, budget)
    except (ProgramTooLarge, SolverStopped):
        return still_open
    status, answers = solver.getModelStatus(), highspy.HighsModelStatus
    if status == answers.kInfeasible:
        return DeadlineAnswer(None, impossible=True)
    if whole and status == answers.kOptimal:
        starts = _starts(program, list(solver.getSolution().col_value))
        return DeadlineAnswer(starts, impossible=False)
    return still_open


def _add_gate(program: Program, number: int) -> None:
    """The columns and rows of one gate: it is open from some slot on.

    At each slot at which a task behind it can start, the tasks before it are over or it is closed,
    and the tasks behind it start later or it is open. All columns on one side of the slot count, so
    that few fractions satisfy the rows.
    """
    model = program.model
    gate = model.gates[number]
    before = [each for each in program.classes if number in model.opens[each.tasks[0]]]
    after = [each for each in program.classes if number in model.waits[each.tasks[0]]]
    slots = sorted(set(chain.from_iterable(task_class.columns for task_class in after)))
    is_open = [program.add_column(0.0, 1.0) for _ in slots]
    for index in range(1, len(slots)):
        row = program.add_row(-INFINITE, 0.0)
        program.add_entry(row, is_open[index - 1], 1.0)
        program.add_entry(row, is_open[index], -1.0)
    for task_class in before:
        count = float(len(task_class.tasks))
        reach = model.duration[task_class.tasks[0]] + gate.lag
        starts = sorted(task_class.columns)
        for slot, column in zip(slots, is_open, strict=True):
            late = starts[bisect_left(starts, slot - reach + 1) :]
            if late:
                row = program.add_row(-INFINITE, count)
                program.add_entry(row, column, count)
                for start in late:
                    program.add_entry(row, task_class.columns[start], 1.0)
    for task_class in after:
        count = float(len(task_class.tasks))
        starts = sorted(task_class.columns)
        for slot, column in zip(slots, is_open, strict=True):
            row = program.add_row(-INFINITE, 0.0)
            program.add_entry(row, column, -count)
            for start in starts[: bisect_left(starts, slot + 1)]:
                program.add_entry(row, task_class.columns[start], 1.0)


def _starts(program: Program, values: list[float]) -> list[int]:
    """The plan of some columns: a class's starts go to its tasks in their order."""
    starts = [NOWHERE] * len(program.model.duration)
    for task_class in program.classes:
        chosen: list[int] = []
        for start, column in task_class.columns.items():
            chosen += [start] * round(values[column])
        for task, start in zip(task_class.tasks, chosen, strict=True):
            starts[task] = start
    return starts
