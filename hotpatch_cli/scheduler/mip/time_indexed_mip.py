"""The best plan there is, by HiGHS: a whole-number program over start times, gates included."""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import NamedTuple

from hotpatch_cli.scheduler.bounds.lagrangian import Prices
from hotpatch_cli.scheduler.bounds.release_times import ReleaseTimes, first_fit
from hotpatch_cli.scheduler.mip.time_indexed_lp import INFINITE, Program, TaskClass
from hotpatch_cli.scheduler.slot_model import SlotModel


class Answer(NamedTuple):
    """What the solver found: starts in slots (None if no plan), a lower bound, and whether time ran
    out.
    """

    starts: list[int] | None
    bound: float
    cut_short: bool


def solve_exactly(  # noqa: PLR0917  what a program is made of, and how large and long it may get
    prices: Prices,
    known: ReleaseTimes,
    best: Sequence[int],
    upper: float,
    most: float,
    seconds: Callable[[], float],
) -> Answer | None:
    """Look for the cheapest plan of all live tasks; `best` is a plan of them all that costs
    `upper`.

    None if the program would have more than `most` columns.
    """
    import highspy

    prices.use_best()
    slack = max(0.0, upper - prices.value(prices.quotes()))
    program = Program(prices, 1, slack + 1e-6 * upper + 1.0)
    if len(program.cost) > most:
        return None
    opened = [_add_gate(program, known, number, upper) for number in range(len(prices.model.gates))]
    options = {
        "time_limit": max(0.1, seconds()),
        "mip_rel_gap": 0.0,
        "mip_abs_gap": 0.5,
        "primal_feasibility_tolerance": 1e-7,
    }
    solver = program.highs(options, whole=True)
    hint = highspy.HighsSolution()
    hint.col_value = _values(program, opened, best)
    solver.setSolution(hint)
    solver.run()
    info, status = solver.getInfo(), solver.getModelStatus()
    found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    starts = _starts(program, list(solver.getSolution().col_value)) if found else None
    return Answer(
        starts, max(0.0, info.mip_dual_bound), status != highspy.HighsModelStatus.kOptimal
    )


class _Opening(NamedTuple):
    """The columns that say whether a gate is open by a slot, in order of the slots."""

    gate: int
    columns: dict[int, int]


def _add_gate(program: Program, known: ReleaseTimes, number: int, upper: float) -> _Opening:
    gate = program.model.gates[number]
    before = [kind for kind in program.kinds if number in program.model.opens[kind.tasks[0]]]
    after = [kind for kind in program.kinds if number in program.model.waits[kind.tasks[0]]]
    slots = _opening_slots(
        program.model, known, number, upper, sorted({s for kind in after for s in kind.columns})
    )
    columns = {slot: program.add_column(0.0, 1.0) for slot in slots}
    for earlier, later in pairwise(columns.values()):
        row = program.add_row(-INFINITE, 0.0)
        program.add_entry(row, earlier, 1.0)
        program.add_entry(row, later, -1.0)
    program.add_entry(program.add_row(1.0, 1.0), columns[slots[-1]], 1.0)
    for kind in before:
        reach = program.model.duration[kind.tasks[0]] + gate.lag
        for index, late in _sorted_into(slots, kind, partial(_last_before, slots, reach)):
            _forbid(program, kind, columns[slots[index]], late, opens=True)
    for kind in after:
        for index, early in _sorted_into(slots, kind, lambda start: bisect_left(slots, start)):
            _forbid(program, kind, columns[slots[index]], early, opens=False)
    return _Opening(number, columns)


def _sorted_into(
    slots: list[int], kind: TaskClass, place: Callable[[int], int]
) -> list[tuple[int, list[int]]]:
    """The columns of a kind by the one slot that matters to them: what holds there holds on one
    side of it.
    """
    found: dict[int, list[int]] = {}
    for start, column in kind.columns.items():
        index = place(start)
        if 0 <= index < len(slots):
            found.setdefault(index, []).append(column)
    return sorted(found.items())


def _forbid(
    program: Program, kind: TaskClass, gate: int, columns: list[int], *, opens: bool
) -> None:
    """None of a kind starts in `columns` while the gate is open (`opens`), or while it is closed."""
    if columns:
        count = float(len(kind.tasks))
        row = program.add_row(-INFINITE, count if opens else 0.0)
        for column in columns:
            program.add_entry(row, column, 1.0)
        program.add_entry(row, gate, count if opens else -count)


def _opening_slots(
    model: SlotModel, known: ReleaseTimes, number: int, upper: float, slots: list[int]
) -> list[int]:
    """The slots by which a gate may open, up to the last one with which a plan can cost less than
    `upper`.
    """
    spare = upper - sum(
        model.weight[task] * (known.start[task] + model.duration[task]) for task in model.live
    )
    waiting = model.gates[number].after
    low, high = 0, len(slots) - 1
    while low < high:
        middle = (low + high + 1) // 2
        late = (
            first_fit(model, task, max(known.start[task], slots[middle])) - known.start[task]
            for task in waiting
        )
        delay = sum(
            model.weight[task] * slots_late for task, slots_late in zip(waiting, late, strict=True)
        )
        low, high = (middle, high) if delay <= spare else (low, middle - 1)
    return slots[: low + 1]


def _values(program: Program, opened: list[_Opening], best: Sequence[int]) -> list[float]:
    values = [0.0] * len(program.cost)
    for kind in program.kinds:
        for task in kind.tasks:
            values[kind.columns[best[task]]] += 1.0
    for gate, columns in opened:
        first = min(best[task] for task in program.model.gates[gate].after)
        for slot, column in columns.items():
            values[column] = float(slot >= first)
    return values


def _starts(program: Program, values: list[float]) -> list[int]:
    starts = [-1] * len(program.model.duration)
    for kind in program.kinds:
        chosen = [
            start for start, column in kind.columns.items() for _ in range(round(values[column]))
        ]
        for task, start in zip(kind.tasks, chosen, strict=True):
            starts[task] = start
    return starts


def _last_before(slots: Sequence[int], reach: int, start: int) -> int:
    """The last slot that lies before a start and its reach."""
    return bisect_left(slots, start + reach) - 1
