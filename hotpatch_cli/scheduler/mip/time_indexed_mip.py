"""Time-indexed mixed-integer program: the best plan there is, by HiGHS, gates included."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import NamedTuple

from hotpatch_cli.scheduler.bounds.lagrangian import Prices
from hotpatch_cli.scheduler.bounds.release_times import ReleaseTimes, first_fit
from hotpatch_cli.scheduler.mip.time_indexed_lp import INFINITE, Program, TaskClass
from hotpatch_cli.scheduler.slot_model import NOWHERE, SlotModel

ROUNDING = 1e-6
"""What starts may cost more, as a share of the plan's cost: prices are floats."""
OPTIONS = {
    "mip_rel_gap": 0.0,
    "mip_abs_gap": 0.5,  # weights are whole mostly, and so no two costs lie closer
    "primal_feasibility_tolerance": 1e-7,
}
LEAST_SECONDS = 0.1


class Answer(NamedTuple):
    """What the solver found: starts in slots (None if no plan), a bound, whether time ran out."""

    starts: list[int] | None
    bound: float
    cut_short: bool


def solve_exactly(  # noqa: PLR0917  what a program is made of, and how large and long it may get
    prices: Prices,
    release: ReleaseTimes,
    best: Sequence[int],
    upper: float,
    most_columns: float,
    seconds: Callable[[], float],
) -> Answer | None:
    """Look for the cheapest plan of all live tasks; `best` is a plan of all that costs `upper`.

    None if the program would have more than `most_columns`.
    """
    import highspy

    prices.use_best()
    slack = max(0.0, upper - prices.value(prices.relaxed_starts()))
    program = Program(prices, 1, slack + ROUNDING * upper + 1.0)
    if len(program.cost) > most_columns:
        return None
    gates = range(len(prices.model.gates))
    openings = [_add_gate(program, release, number, upper) for number in gates]
    time_limit = max(LEAST_SECONDS, seconds())
    solver = program.highs({"time_limit": time_limit, **OPTIONS}, whole=True)
    hint = highspy.HighsSolution()
    hint.col_value = _values(program, openings, best)
    solver.setSolution(hint)
    solver.run()
    info, status = solver.getInfo(), solver.getModelStatus()
    starts = None
    if info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible:
        starts = _starts(program, list(solver.getSolution().col_value))
    cut_short = status != highspy.HighsModelStatus.kOptimal
    return Answer(starts, max(0.0, info.mip_dual_bound), cut_short)


class _GateColumns(NamedTuple):
    """The columns for whether a gate is open by a slot, in order of the slots: y[slot]."""

    gate: int
    columns: dict[int, int]


def _add_gate(program: Program, release: ReleaseTimes, number: int, upper: float) -> _GateColumns:
    """One gate: it opens once, at the latest by the last slot that can pay off.

    y[earlier] <= y[later] and y[last] = 1.
    """
    model, gate = program.model, program.model.gates[number]
    before, after = [], []
    starts_after: set[int] = set()
    for task_class in program.classes:
        if number in model.opens[task_class.tasks[0]]:
            before.append(task_class)
        if number in model.waits[task_class.tasks[0]]:
            after.append(task_class)
            starts_after.update(task_class.columns)
    slots = _opening_slots(model, release, number, upper, sorted(starts_after))
    columns = {slot: program.add_column(0.0, 1.0) for slot in slots}
    for earlier, later in pairwise(columns.values()):
        row = program.add_row(-INFINITE, 0.0)
        program.add_entry(row, earlier, 1.0)
        program.add_entry(row, later, -1.0)
    program.add_entry(program.add_row(1.0, 1.0), columns[slots[-1]], 1.0)
    for task_class in before:
        reach = model.duration[task_class.tasks[0]] + gate.lag
        last_before = partial(_last_before, slots, reach)
        for index, late_columns in _by_slot(slots, task_class, last_before):
            _forbid_late(program, task_class, columns[slots[index]], late_columns)
    for task_class in after:
        for index, early_columns in _by_slot(slots, task_class, partial(bisect_left, slots)):
            _forbid_early(program, task_class, columns[slots[index]], early_columns)
    return _GateColumns(number, columns)


def _by_slot(
    slots: list[int], task_class: TaskClass, index_of: Callable[[int], int]
) -> list[tuple[int, list[int]]]:
    """The columns of a class by the one slot that binds them.

    The gate opens once: the slots on one side of that one add nothing.
    """
    columns: dict[int, list[int]] = {}
    for start, column in task_class.columns.items():
        index = index_of(start)
        if 0 <= index < len(slots):
            columns.setdefault(index, []).append(column)
    return sorted(columns.items())


def _forbid_late(program: Program, task_class: TaskClass, gate: int, columns: list[int]) -> None:
    """No task before a gate is late where it is open: sum of x <= count * (1 - y)."""
    count = float(len(task_class.tasks))
    row = program.add_row(-INFINITE, count)
    for column in columns:
        program.add_entry(row, column, 1.0)
    program.add_entry(row, gate, count)


def _forbid_early(program: Program, task_class: TaskClass, gate: int, columns: list[int]) -> None:
    """No task after a gate starts where it is closed: sum of x <= count * y."""
    count = float(len(task_class.tasks))
    row = program.add_row(-INFINITE, 0.0)
    for column in columns:
        program.add_entry(row, column, 1.0)
    program.add_entry(row, gate, -count)


def _opening_slots(
    model: SlotModel, release: ReleaseTimes, number: int, upper: float, slots: list[int]
) -> list[int]:
    """The slots by which a gate may open, up to the last that allows a cost below `upper`."""
    spare = upper - sum(
        model.weight[task] * (release.start[task] + model.duration[task]) for task in model.live
    )
    waiting = model.gates[number].after
    low, high = 0, len(slots) - 1
    while low < high:
        middle = (low + high + 1) // 2
        delay = sum(
            model.weight[task]
            * (
                first_fit(model, task, max(release.start[task], slots[middle]))
                - release.start[task]
            )
            for task in waiting
        )
        if delay <= spare:
            low = middle
        else:
            high = middle - 1
    return slots[: low + 1]


def _values(program: Program, openings: list[_GateColumns], best: Sequence[int]) -> list[float]:
    """The columns of a plan, for the solver to start from."""
    values = [0.0] * len(program.cost)
    for task_class in program.classes:
        for task in task_class.tasks:
            values[task_class.columns[best[task]]] += 1.0
    for gate, columns in openings:
        first = min(best[task] for task in program.model.gates[gate].after)
        for slot, column in columns.items():
            values[column] = float(slot >= first)
    return values


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


def _last_before(slots: Sequence[int], reach: int, start: int) -> int:
    """The index of the last slot before a start and its reach."""
    return bisect_left(slots, start + reach) - 1
