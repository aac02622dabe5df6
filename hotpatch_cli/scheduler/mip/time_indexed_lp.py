"""Time-indexed linear programs for HiGHS (the extra `exact`), which give prices.

With whole numbers and gates, they give proofs: see `time_indexed_mip`.
"""

from array import array
from collections.abc import Iterable, Mapping, Sequence
from importlib.util import find_spec
from itertools import repeat
from threading import Event, Thread
from typing import Any, NamedTuple

from hotpatch_cli.scheduler.bounds.lagrangian import PenaltyTerm, Prices, StartSet
from hotpatch_cli.scheduler.slot_model import SlotModel
from hotpatch_cli.scheduler.work_budget import WorkBudget

Row = tuple[float, float]
INFINITE = float("inf")
TINY = 1e-9
LISTEN_SECONDS = 0.05
"""Seconds between two looks whether to stop."""
PATIENCE_SECONDS = 0.5
"""Seconds for HiGHS to end once it's told to."""
NUMBERS_OF_WORK = 1000
"""Numbers of a matrix, times iterations, that are worth a unit of work."""
RELAXED_NUMBERS_OF_WORK = 20_000
"""The same for simplex iterations outside of a search in whole numbers."""
SET_UP = 20
"""Iterations of HiGHS that take as long as to make a program and to load it."""
IPM_ITERATIONS = 25
"""Iterations of the interior-point method that a program takes; they hardly depend on its size."""
HEAVY = 1000
"""The largest weight in a program; with more, tolerances are as large as the light weights."""


def has_highs() -> bool:
    """Whether HiGHS is installed, without importing it."""
    return find_spec("highspy") is not None


class TaskClass(NamedTuple):
    """Tasks that don't differ, the row of their number, the columns of their starts, by slot."""

    tasks: list[int]
    start_set: StartSet
    row: int
    columns: dict[int, int]


class Program:
    """Columns count how many tasks of a class start in a slot: x[class, start].

    With buckets of one slot the whole-number solutions are exactly the plans, but for the gates;
    with wider ones it is a relaxation with far fewer rows. It minimizes the sum of
    weight * end slot * x.

    Starts are removed that cost their task, at the prices, more than `slack` above its cheapest
    one. With the slack from the bound at these prices to the cost of a plan, no plan that is
    cheaper has such a start.

    `labels` tell tasks apart that are alike otherwise. `room` has, for each limit, the slots in
    which less than its capacity is left: for whole slots only. `candidates` are the slots at
    which tasks start, as bits: between two of them, no limit gets fuller. Raises ProgramTooLarge if
    its matrix has more than `most_size` numbers.
    """

    def __init__(
        self,
        prices: Prices,
        bucket: int,
        slack: float = INFINITE,
        *,
        labels: Sequence[object] | None = None,
        room: Sequence[Mapping[int, int]] | None = None,
        candidates: int | None = None,
        most_size: float = INFINITE,
    ) -> None:
        self.model, self.bucket, self._room = prices.model, bucket, room
        self._candidates = candidates
        # HiGHS takes no costs of many digits; prices are certified whatever they are.
        self.cost_unit = max(1.0, max(self.model.weight, default=0) / HEAVY)
        self.cost: list[float] = []
        self.upper: list[float] = []
        self.rows: list[Row] = []
        # row, column, value
        self.entries = (array("i"), array("i"), array("d"))
        self.capacity_rows: dict[tuple[int, int], int] = {}  # limit, bucket -> row
        self.classes: list[TaskClass] = []
        relaxed_cost: dict[int, float] = {}
        if slack < INFINITE:
            relaxed = zip(self.model.live, prices.relaxed_starts(), strict=True)
            relaxed_cost = {task: cheapest.cost for task, cheapest in relaxed}
        for tasks, start_set in task_classes(prices, labels):
            row = self.add_row(len(tasks), len(tasks))
            task_class = TaskClass(tasks, start_set, row, {})
            self.classes.append(task_class)
            ranges = start_set.ranges
            highest_cost = INFINITE
            penalties: list[list[float] | None] = [None] * len(ranges)
            if relaxed_cost:
                highest_cost = relaxed_cost[task_class.tasks[0]] + slack
                penalties = [
                    prices.penalties(task_class.start_set, number) for number in range(len(ranges))
                ]
            self._add_starts(task_class, highest_cost, penalties)
            if len(self.entries[0]) > most_size:
                raise ProgramTooLarge

    def add_row(self, lower: float, upper: float) -> int:
        """A new row without entries."""
        self.rows.append((lower, upper))
        return len(self.rows) - 1

    def add_column(self, cost: float, upper: float) -> int:
        """A new column without entries, from 0 to `upper`."""
        self.cost.append(cost)
        self.upper.append(upper)
        return len(self.cost) - 1

    def add_entry(self, row: int, column: int, value: float) -> None:
        """One number of the matrix."""
        rows, columns, values = self.entries
        rows.append(row)
        columns.append(column)
        values.append(value)

    def _add_starts(
        self, task_class: TaskClass, highest_cost: float, penalties: list[list[float] | None]
    ) -> None:
        """For each class: sum over its starts of x[class, start] = number of its tasks."""
        count = len(task_class.tasks)
        weight = self.model.weight[task_class.tasks[0]]
        duration = self.model.duration[task_class.tasks[0]]
        for starts, penalty in zip(task_class.start_set.ranges, penalties, strict=True):
            terms = (*starts.shared, *starts.own)
            for late in range(starts.width):
                start = starts.first + late
                if not self._counts(start):
                    continue
                if not self._is_corner(late, terms) or not self._has_room(start, terms):
                    continue
                cost = weight * (start + duration)
                if cost + (penalty[late] if penalty else 0.0) > highest_cost:
                    continue
                column = self.add_column(cost, count)
                task_class.columns[start] = column
                self.add_entry(task_class.row, column, 1.0)
                for term in terms:
                    self._add_usage(column, term, late, start)

    def _counts(self, slot: int) -> bool:
        """Whether a task may start in a slot."""
        return self._candidates is None or bool(self._candidates >> slot & 1)

    def _is_corner(self, late: int, terms: tuple[PenaltyTerm, ...]) -> bool:
        """Whether a start can be a corner of the reduced cost.

        Prices are the same within a bucket, so that between two corners the cost is linear, and no
        start between them is cheaper than both.
        """
        if late == 0 or self.bucket == 1:
            return True
        for term in terms:
            begin = term.begin + late
            if not begin % self.bucket or not (begin + term.hold) % self.bucket:
                return True
        return False

    def _has_room(self, start: int, terms: Iterable[PenaltyTerm]) -> bool:
        """Whether no limit is too full for one task that starts here."""
        if self._room is None:
            return True
        for limit, units, _, hold in terms:
            room = self._room[limit]
            if any(room.get(slot, units) < units for slot in range(start, start + hold)):
                return False
        return True

    def _add_usage(self, column: int, term: PenaltyTerm, late: int, start: int) -> None:
        """For each limit and bucket: sum of units * slots used * x <= capacity * bucket."""
        limit, units, first, hold = term
        begin, end = first + late, first + late + hold
        shift = start - begin  # within a range, slots and their numbers go on side by side
        while begin < end:
            number = begin // self.bucket
            stop = min(end, (number + 1) * self.bucket)
            if not self._counts(begin + shift):
                begin = stop
                continue
            row = self.capacity_rows.get((limit, number))
            if row is None:
                capacity = self.model.capacity[limit] * self.bucket
                if self._room is not None:
                    capacity = self._room[limit].get(begin + shift, capacity)
                row = self.add_row(-INFINITE, float(capacity))
                self.capacity_rows[limit, number] = row
            self.add_entry(row, column, float(units * (stop - begin)))
            begin = stop

    def highs(self, options: dict[str, Any], *, whole: bool = False) -> Any:
        """HiGHS with this program loaded, for one thread and without output.

        `whole`: whether the variables are whole numbers.
        """
        import highspy
        import numpy

        rows, columns, values = (numpy.asarray(part) for part in self.entries)
        order = numpy.argsort(columns, kind="stable")
        program = highspy.HighsLp()
        program.num_col_, program.num_row_ = len(self.cost), len(self.rows)
        program.col_cost_ = numpy.array(self.cost, dtype=float) / self.cost_unit
        program.col_lower_ = numpy.zeros(len(self.cost))
        program.col_upper_ = numpy.array(self.upper, dtype=float)
        program.row_lower_ = numpy.array([lower for lower, _ in self.rows], dtype=float)
        program.row_upper_ = numpy.array([upper for _, upper in self.rows], dtype=float)
        program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        ends = numpy.cumsum(numpy.bincount(columns, minlength=len(self.cost)))
        program.a_matrix_.start_ = numpy.concatenate(([0], ends))
        program.a_matrix_.index_ = rows[order]
        program.a_matrix_.value_ = values[order].astype(float)
        if whole:
            program.integrality_ = [highspy.HighsVarType.kInteger] * len(self.cost)

        class Silent(highspy.Highs):
            def enableCallbacks(self) -> None:  # noqa: N802 - highspy's name
                """Enable none: none are used, and 1.16 prints its name on standard output here."""

        solver = Silent()  # type: ignore[no-untyped-call]  # highspy has no types
        for name, value in {"output_flag": False, "threads": 1, **options}.items():
            solver.setOptionValue(name, value)
        solver.passModel(program)
        return solver


class ProgramTooLarge(Exception):  # noqa: N818 - the noun says that it is an error
    """A program would take too much memory or work."""


class NoFractions(Exception):  # noqa: N818 - the noun says that it is an error
    """Not all tasks fit, even if they may be cut."""


class SolverStopped(Exception):  # noqa: N818 - the noun says that it is an error
    """The clock or the user stopped the solver."""


def program_work(size: int, iterations: int) -> int:
    """The work of a program with this many numbers in its matrix."""
    return size * (iterations + SET_UP) // NUMBERS_OF_WORK


def run(solver: Any, budget: WorkBudget, numbers_of_work: int = NUMBERS_OF_WORK) -> None:
    """Let HiGHS solve what it holds, in a thread of its own, so that the user is heard meanwhile.

    The work is spent that its iterations took. Raises SolverStopped if the budget expires. HiGHS
    listens between the steps of a search only; if it doesn't within a moment, it's left alone.
    """
    from highspy import cb

    if budget.expired():
        raise SolverStopped
    stopped = Event()

    def interrupt(*event: Any) -> None:
        _, _, _, answer, _ = event
        answer.user_interrupt = stopped.is_set()

    solver.setCallback(interrupt, None)
    for kind in (
        cb.HighsCallbackType.kCallbackSimplexInterrupt,
        cb.HighsCallbackType.kCallbackIpmInterrupt,
        cb.HighsCallbackType.kCallbackMipInterrupt,
    ):
        solver.startCallback(kind)
    thread = Thread(target=solver.run, daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(LISTEN_SECONDS)
        if thread.is_alive() and budget.expired():
            stopped.set()
            thread.join(PATIENCE_SECONDS)
            raise SolverStopped
    info = solver.getInfo()
    iterations = max(info.simplex_iteration_count, 0) + max(info.ipm_iteration_count, 0)
    budget.spend(solver.getNumNz() * (iterations + SET_UP) // numbers_of_work)


def best_prices(
    prices: Prices, bucket: int, most_size: float, budget: WorkBudget
) -> list[float] | None:
    """Load the prices that a linear program finds, and return its mean start of each task.

    None if HiGHS has no answer. Raises NoFractions if there is no plan of all tasks even in
    fractions, ProgramTooLarge, and SolverStopped.
    """
    import highspy

    program = Program(prices, bucket, most_size=most_size)
    # An interior solution without crossover: its prices are spread evenly over equal slots.
    solver = program.highs({"solver": "ipm", "run_crossover": "off"})
    run(solver, budget)
    status = solver.getModelStatus()
    if status == highspy.HighsModelStatus.kInfeasible:
        raise NoFractions
    if status != highspy.HighsModelStatus.kOptimal:
        return None
    solution = solver.getSolution()
    duals = list(solution.row_dual)
    prices.load(
        [
            _prices_of_limit(program, duals, limit, numbering.length)
            for limit, numbering in enumerate(prices.numberings)
        ]
    )
    return _mean_starts(program, list(solution.col_value))


def _mean_starts(program: Program, values: list[float]) -> list[float]:
    """The fractions of a class's starts dealt to its tasks, soonest first, one whole to each."""
    mean_starts = [0.0] * len(program.model.duration)
    for task_class in program.classes:
        dealt = 0.0
        for start, column in task_class.columns.items():
            left = min(max(values[column], 0.0), len(task_class.tasks) - dealt)
            while left > 0 and dealt < len(task_class.tasks):
                number = int(dealt)
                share = min(left, number + 1 - dealt) if number + 1 - dealt > TINY else 0.0
                mean_starts[task_class.tasks[number]] += share * start
                dealt = dealt + share if share else number + 1.0
                left -= share
    return mean_starts


def _prices_of_limit(program: Program, duals: list[float], limit: int, length: int) -> list[float]:
    prices: list[float] = []
    for number in range(-(-length // program.bucket)):
        row = program.capacity_rows.get((limit, number))
        prices.extend(
            repeat(
                0.0 if row is None else max(0.0, -duals[row] * program.cost_unit), program.bucket
            )
        )
    return prices[:length]


def task_classes(
    prices: Prices, labels: Sequence[object] | None = None
) -> list[tuple[list[int], StartSet]]:
    """Live tasks that share starts, weight and gates."""
    model: SlotModel = prices.model
    classes: dict[tuple[object, ...], tuple[list[int], StartSet]] = {}
    for task, start_set in zip(model.live, prices.start_sets, strict=True):
        label = None if labels is None else labels[task]
        key = (id(start_set), model.weight[task], model.waits[task], model.opens[task], label)
        classes.setdefault(key, ([], start_set))[0].append(task)
    return list(classes.values())
