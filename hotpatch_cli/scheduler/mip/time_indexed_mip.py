"""Time-indexed mixed-integer program: the best plan there is, by HiGHS, gates included.

It decides in stages, each kept as a row of the next: the least weight out and the least number of
tasks out, the fewest moved starts, the least weighted ends.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import chain, pairwise
from math import ceil
from typing import Any, NamedTuple

from hotpatch_cli.scheduler.bounds.lagrangian import Prices
from hotpatch_cli.scheduler.bounds.release_times import ReleaseTimes, first_fit
from hotpatch_cli.scheduler.mip.time_indexed_lp import (
    INFINITE,
    NUMBERS_OF_WORK,
    RELAXED_NUMBERS_OF_WORK,
    Program,
    TaskClass,
    program_work,
    run,
    task_classes,
)
from hotpatch_cli.scheduler.slot_model import NOWHERE, SlotModel
from hotpatch_cli.scheduler.work_budget import WorkBudget

ROUNDING = 1e-6
"""What starts may cost more, as a share of the plan's cost: prices are floats."""
ITERATIONS_A_ROW = 4
"""This many rows of a program cost an iteration, about: many do nothing."""
ITERATIONS_A_NODE = 20
"""Iterations at a node: with more, few nodes are asked; with less, they overrun the work."""
MOST_PRESOLVED = 20_000
"""Numbers in a matrix up to which HiGHS simplifies a program first.

With more, that takes longer than to solve it: cliques of long holds are compared with each other.
"""
CERTAIN_SIZE = 10_000
"""Numbers in a matrix up to which the relaxation of a program needn't be tried first."""
LONGEST_RELAXATION = 2
"""A relaxation whose iterations in the program itself would take this many times the work left is
given up: with more, cuts overrun the work; with less, proofs are missed that are found soon.
"""
OPTIONS = {
    "mip_rel_gap": 0.0,
    "mip_abs_gap": 0.5,  # all costs are whole numbers
    "primal_feasibility_tolerance": 1e-7,
    "mip_feasibility_tolerance": 1e-7,
}
EXACT = 1e6
"""Up to this sum of weights HiGHS tells two plans apart by the weight that they leave out."""
EXACT_ENDS = 1e9
"""Up to this sum of weighted slots it tells two plans apart by their ends."""


class Question(NamedTuple):
    """What to plan: a model, an older plan to keep, tasks that must stay in, and room that is left.

    `room` has, for each limit, the slots in which less than its capacity is left. `candidates` are
    the slots at which tasks start, as bits; None for all.
    """

    prices: Prices
    release: ReleaseTimes
    keep: Sequence[int] | None = None
    must: frozenset[int] = frozenset()
    room: Sequence[Mapping[int, int]] | None = None
    candidates: int | None = None

    def labels(self) -> list[object]:
        """What tells tasks apart that are alike otherwise."""
        keep = self.keep
        return [
            (task in self.must, None if keep is None else keep[task])
            for task in range(len(self.prices.model.duration))
        ]

    def work(self) -> int:
        """About the work that its program takes."""
        lengths = [numbering.length for numbering in self.prices.numberings]
        if self.candidates is not None:
            lengths = [min(length, self.candidates.bit_count()) for length in lengths]
        rows = sum(lengths)
        return program_work(self.size(), rows // ITERATIONS_A_ROW)

    def size(self) -> int:
        """About the numbers in its program's matrix."""
        size = 0
        for _, start_set in task_classes(self.prices, self.labels()):
            for starts in start_set.ranges:
                count = starts.width
                if self.candidates is not None:
                    count = (self.candidates >> starts.first & (1 << count) - 1).bit_count()
                hold = sum(term.hold for term in (*starts.shared, *starts.own))
                size += count + count * hold * count // starts.width
        return size


class Answer(NamedTuple):
    """What HiGHS found: starts in slots (None if no plan), and what it proved.

    `least_out`: no plan leaves out less weight, or as much in fewer tasks. `ends_bound`: of the
    plans that leave out as much as this one, none has less weighted ends; None if unknown.
    `complete`: no plan is better.
    """

    starts: list[int] | None
    least_out: tuple[int, int]
    ends_bound: int | None
    complete: bool


class _Gate(NamedTuple):
    """The columns for whether a gate is open by a slot, in order of the slots: y[slot]."""

    number: int
    columns: dict[int, int]


Costs = dict[int, float]
"""Costs by column."""


class PlanProgram:
    """The program of a question; `best` is a plan of it, in slots.

    Without `optional`, every task has a start. `slack` and `upper`, the weighted ends of the best
    plan, then leave out what no better plan has. Raises ProgramTooLarge.
    """

    def __init__(
        self,
        question: Question,
        best: Sequence[int],
        *,
        optional: bool,
        slack: float = INFINITE,
        upper: int | None = None,
        most_size: float = INFINITE,
    ) -> None:
        self._question, self._best, self._upper = question, best, upper
        self.program = program = Program(
            question.prices,
            1,
            slack,
            labels=question.labels(),
            room=question.room,
            candidates=question.candidates,
            most_size=most_size,
        )
        self.model = program.model
        self.classes = program.classes
        self._out: dict[int, TaskClass] = {}
        self._out_of: dict[int, int] = {}  # the row of a class -> its column
        if optional:
            for task_class in self.classes:
                if task_class.tasks[0] not in question.must:
                    column = program.add_column(0.0, float(len(task_class.tasks)))
                    program.add_entry(task_class.row, column, 1.0)
                    self._out[column] = task_class
                    self._out_of[task_class.row] = column
        self._gates = [
            gate
            for number in range(len(self.model.gates))
            if (gate := self._add_gate(number)) is not None
        ]

    def out_costs(self, weigh: Callable[[int], float]) -> Costs:
        """Costs of leaving tasks out, by weight."""
        return {
            column: weigh(self.model.weight[task_class.tasks[0]])
            for column, task_class in self._out.items()
        }

    def move_costs(self) -> Costs:
        """One for each start other than the kept one."""
        keep = self._question.keep
        costs: Costs = {}
        for task_class in self.classes:
            kept = NOWHERE if keep is None else keep[task_class.tasks[0]]
            if kept != NOWHERE:
                costs.update(
                    (column, 1.0) for start, column in task_class.columns.items() if start != kept
                )
        return costs

    def delay_costs(self) -> tuple[Costs, int]:
        """The weighted slots after the first start of each task, and the ends at those starts."""
        costs: Costs = {}
        constant = 0
        for task_class in self.classes:
            task = task_class.tasks[0]
            weight, first = self.model.weight[task], min(task_class.columns, default=0)
            earliest = weight * (first + self.model.duration[task])
            constant += len(task_class.tasks) * earliest
            for start, column in task_class.columns.items():
                costs[column] = float(weight * (start - first))
            if task_class.row in self._out_of:
                costs[self._out_of[task_class.row]] = -float(earliest)
        return costs, constant

    def starts(self, values: Sequence[float]) -> list[int] | None:
        """The plan of some columns: a class's starts go to its tasks in their order."""
        starts = [NOWHERE] * len(self.model.duration)
        for task_class in self.classes:
            chosen: list[int] = []
            for start, column in task_class.columns.items():
                chosen += [start] * round(values[column])
            if len(chosen) > len(task_class.tasks):
                return None
            for task, start in zip(task_class.tasks, chosen, strict=False):
                starts[task] = start
        return starts

    def values(self) -> list[float] | None:
        """The columns of the best plan, for the solver to start from; None if it lacks one."""
        values = [0.0] * len(self.program.cost)
        for task_class in self.classes:
            for task in task_class.tasks:
                start = self._best[task]
                if start == NOWHERE:
                    column = self._out_of.get(task_class.row)
                else:
                    column = task_class.columns.get(start)
                if column is None:
                    return None
                values[column] += 1.0
        for number, columns in self._gates:
            placed = [self._best[task] for task in self.model.gates[number].after]
            first = min((start for start in placed if start != NOWHERE), default=INFINITE)
            for slot, column in columns.items():
                values[column] = float(slot >= first)
        return values

    def _add_gate(self, number: int) -> _Gate | None:
        """One gate: it opens once, y[earlier] <= y[later], if none of those before it is out."""
        program, model, gate = self.program, self.model, self.model.gates[number]
        before = [one for one in self.classes if number in model.opens[one.tasks[0]]]
        after = [one for one in self.classes if number in model.waits[one.tasks[0]]]
        starts_after = set(chain.from_iterable(one.columns for one in after))
        slots = sorted(starts_after)
        if not slots:
            return None
        if self._upper is not None:
            slots = _paying_slots(model, self._question.release, gate.after, self._upper, slots)
        columns = {slot: program.add_column(0.0, 1.0) for slot in slots}
        for earlier, later in pairwise(columns.values()):
            row = program.add_row(-INFINITE, 0.0)
            program.add_entry(row, earlier, 1.0)
            program.add_entry(row, later, -1.0)
        if not self._out:
            program.add_entry(program.add_row(1.0, 1.0), columns[slots[-1]], 1.0)
        for task_class in before:
            reach = model.duration[task_class.tasks[0]] + gate.lag
            late = _by_slot(slots, task_class, partial(_last_before, slots, reach))
            if task_class.row in self._out_of:
                late.setdefault(len(slots) - 1, []).append(self._out_of[task_class.row])
            for index, late_columns in sorted(late.items()):
                self._forbid_late(task_class, columns[slots[index]], late_columns)
        for task_class in after:
            early = _by_slot(slots, task_class, partial(bisect_left, slots))
            for index, early_columns in sorted(early.items()):
                self._forbid_early(task_class, columns[slots[index]], early_columns)
        return _Gate(number, columns)

    def _forbid_late(self, task_class: TaskClass, gate: int, columns: list[int]) -> None:
        """No task before a gate is late where it is open: sum of x <= count * (1 - y)."""
        count = float(len(task_class.tasks))
        row = self.program.add_row(-INFINITE, count)
        for column in columns:
            self.program.add_entry(row, column, 1.0)
        self.program.add_entry(row, gate, count)

    def _forbid_early(self, task_class: TaskClass, gate: int, columns: list[int]) -> None:
        """No task after a gate starts where it is closed: sum of x <= count * y."""
        count = float(len(task_class.tasks))
        row = self.program.add_row(-INFINITE, 0.0)
        for column in columns:
            self.program.add_entry(row, column, 1.0)
        self.program.add_entry(row, gate, -count)


def _by_slot(
    slots: list[int], task_class: TaskClass, index_of: Callable[[int], int]
) -> dict[int, list[int]]:
    """The columns of a class by the one slot that binds them.

    The gate opens once: the slots on one side of that one add nothing.
    """
    columns: dict[int, list[int]] = {}
    for start, column in task_class.columns.items():
        index = index_of(start)
        if 0 <= index < len(slots):
            columns.setdefault(index, []).append(column)
    return columns


def _paying_slots(
    model: SlotModel, release: ReleaseTimes, waiting: Iterable[int], upper: int, slots: list[int]
) -> list[int]:
    """The slots by which a gate may open, up to the last that allows a cost below `upper`."""
    spare = upper - sum(
        model.weight[task] * (release.start[task] + model.duration[task]) for task in model.live
    )
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


def _last_before(slots: Sequence[int], reach: int, start: int) -> int:
    """The index of the last slot before a start and its reach."""
    return bisect_left(slots, start + reach) - 1


class _Found(NamedTuple):
    """The values of a stage, its bound, and whether it is solved."""

    values: list[float]
    bound: float
    solved: bool


class _Stages:
    """One program, solved for one cost after the other, with a limit on its nodes and work."""

    def __init__(self, plan: PlanProgram, nodes: int, work: int, budget: WorkBudget) -> None:
        size = len(plan.program.entries[0])
        presolve = "off" if size > MOST_PRESOLVED else "choose"
        self._solver: Any = plan.program.highs({**OPTIONS, "presolve": presolve}, whole=True)
        self._plan, self._columns, self._nodes = plan, len(plan.program.cost), nodes
        self._node_work = 1 + program_work(size, ITERATIONS_A_NODE)
        self._budget, self._goal = budget, budget.work + work
        self.values = plan.values()

    def minimize(self, costs: Costs) -> _Found | None:
        """Solve for some costs; None if there is no plan, or no work left."""
        import highspy
        import numpy

        left = self._goal - self._budget.work
        if left <= 0:
            return None
        if not self._is_in_reach(left):
            return None
        self._solver.setOptionValue("mip_max_nodes", min(self._nodes, 1 + left // self._node_work))
        columns = numpy.arange(self._columns, dtype=numpy.int32)
        every = numpy.zeros(self._columns)
        every[list(costs)] = list(costs.values())
        self._solver.changeColsCost(self._columns, columns, every)
        if self.values is not None:
            hint = highspy.HighsSolution()
            hint.col_value = self.values
            self._solver.setSolution(hint)
        found = self._run(costs)
        if found is None and self.values is not None:
            # HiGHS 1.16 may hand back the plan to start from, with the cost of a better one.
            self._solver.clearSolver()
            found = self._run(costs)
        if found is not None:
            self.values = found.values
        return found

    def _run(self, costs: Costs) -> _Found | None:
        """Solve; None if there is no plan, or if its cost isn't what HiGHS says."""
        import highspy

        run(self._solver, self._budget)
        info, status = self._solver.getInfo(), self._solver.getModelStatus()
        if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            return None
        values = list(self._solver.getSolution().col_value)
        cost = sum(value * values[column] for column, value in costs.items())
        tolerance = 0.1 + ROUNDING * sum(abs(value) for value in costs.values())
        if abs(cost - info.objective_function_value) > tolerance:
            return None
        solved = status == highspy.HighsModelStatus.kOptimal
        return _Found(values, info.mip_dual_bound, solved)

    def _is_in_reach(self, work: int) -> bool:
        """Whether the relaxation is solved in few enough iterations: it alone is fast."""
        import highspy

        size = self._solver.getNumNz()
        if size <= CERTAIN_SIZE:
            return True
        most = min(LONGEST_RELAXATION * work * NUMBERS_OF_WORK // size, highspy.kHighsIInf)
        self._set({"solve_relaxation": True, "simplex_iteration_limit": most})
        run(self._solver, self._budget, RELAXED_NUMBERS_OF_WORK)
        stopped = self._solver.getModelStatus() == highspy.HighsModelStatus.kIterationLimit
        self._set({"solve_relaxation": False, "simplex_iteration_limit": highspy.kHighsIInf})
        self._solver.clearSolver()
        return not stopped

    def _set(self, options: Mapping[str, object]) -> None:
        for name, value in options.items():
            self._solver.setOptionValue(name, value)

    def starts(self) -> list[int] | None:
        """The plan of the last stage; None if there is none."""
        return None if self.values is None else self._plan.starts(self.values)

    def fix(self, costs: Costs, value: int) -> None:
        """Keep what the last stage found as a row."""
        import numpy

        columns = numpy.array(list(costs), dtype=numpy.int32)
        self._solver.addRow(
            -INFINITE, value + 0.5, len(costs), columns, numpy.array(list(costs.values()))
        )


def solve_exactly(
    question: Question,
    best: Sequence[int],
    nodes: int,
    work: int,
    budget: WorkBudget,
    *,
    level_only: bool = False,
) -> Answer:
    """Look for the best plan with about this much work; `best` is one.

    With `level_only`, only for one that leaves out less. Raises SolverStopped.
    """
    model = question.prices.model
    optional = any(best[task] == NOWHERE for task in model.live)
    plan = PlanProgram(question, best, optional=optional)
    stages = _Stages(plan, nodes, work, budget)
    out, complete = (0, 0), True
    if optional:
        level = _least_out(plan, stages)
        if level is None:
            return Answer(None, out, None, complete=False)
        out, complete = level
        if level_only:
            return Answer(stages.starts(), out, None, complete=False)
    delays, constant = plan.delay_costs()
    moves = plan.move_costs()
    ends_bound = None
    if moves:
        fewest = stages.minimize(moves)
        if fewest is None:
            return Answer(stages.starts(), out, ends_bound, complete=False)
        complete = complete and fewest.solved
        stages.fix(moves, round(sum(fewest.values[column] for column in moves)))
    found = stages.minimize(delays)
    if found is None:
        return Answer(stages.starts(), out, ends_bound, complete=False)
    exact = constant <= EXACT_ENDS and max(delays.values(), default=0.0) <= EXACT_ENDS
    if complete and exact and not moves:
        ends_bound = constant + _whole(found.bound)
    return Answer(
        plan.starts(found.values),
        out,
        ends_bound,
        complete=complete and exact and found.solved,
    )


def _least_out(plan: PlanProgram, stages: _Stages) -> tuple[tuple[int, int], bool] | None:
    """Fix the least weight out and the least number; (what is proven, whether it's reached)."""
    weights = plan.model.weight
    count = len(plan.model.live) + 1
    exact = sum(weights[task] for task in plan.model.live) * count <= EXACT
    if exact:
        costs = plan.out_costs(lambda weight: float(weight * count + 1))
    else:
        # Too many digits for HiGHS: only whether all fit is certain then.
        unit = max(weights) / EXACT * count
        costs = plan.out_costs(lambda weight: float(round(weight / unit) * count + 1))
    found = stages.minimize(costs)
    if found is None:
        return None
    value = round(sum(costs[column] * found.values[column] for column in costs))
    bound = max(0, _whole(found.bound))
    stages.fix(costs, value)
    if exact:
        return (bound // count, bound % count), found.solved
    return ((0, 1) if bound > 0 else (0, 0)), not value


def _whole(bound: float) -> int:
    """A bound of HiGHS on whole costs."""
    return ceil(bound - ROUNDING * max(1.0, abs(bound)))


def prove(  # noqa: PLR0917  a question, what is known of its answer, and how long to look
    question: Question,
    best: Sequence[int],
    upper: int,
    most_size: int,
    nodes: int,
    work: int,
    budget: WorkBudget,
) -> Answer | None:
    """Look for a plan of all tasks that is cheaper than the best one, which costs `upper`.

    Starts that no cheaper plan has are left out by prices. Raises ProgramTooLarge if too many are
    left, and SolverStopped.
    """
    prices = question.prices
    prices.use_best()
    slack = max(0.0, upper - prices.value(prices.relaxed_starts()))
    plan = PlanProgram(
        question,
        best,
        optional=False,
        slack=slack + ROUNDING * upper + 1.0,
        upper=upper,
        most_size=most_size,
    )
    stages = _Stages(plan, nodes, work, budget)
    delays, constant = plan.delay_costs()
    found = stages.minimize(delays)
    if found is None or constant > EXACT_ENDS:
        return None
    bound = constant + _whole(found.bound)
    # A better plan has none of the starts that were left out: others cost as much as the best.
    return Answer(plan.starts(found.values), (0, 0), min(bound, upper), found.solved)
