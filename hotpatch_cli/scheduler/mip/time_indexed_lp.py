"""Linear programs over start times for HiGHS (the extra `exact`): prices from one, proofs from
another.
"""

from importlib.util import find_spec
from itertools import repeat
from typing import Any, NamedTuple

from hotpatch_cli.scheduler.bounds.lagrangian import Prices, WindowLane

Row = tuple[float, float]
INFINITE = float("inf")
TINY = 1e-9


def has_highs() -> bool:
    """Whether HiGHS is installed, without importing it."""
    return find_spec("highspy") is not None


class TaskClass(NamedTuple):
    """Tasks that nothing tells apart, and the columns of their starts: how many of them start in
    each slot.
    """

    tasks: list[int]
    lane: WindowLane
    columns: dict[int, int]  # start slot -> column


class Program:
    """Every kind starts as often as it has tasks; in each bucket of time a limit gives what it has.

    With buckets of one slot the whole-number solutions are exactly the plans, but for the gates;
    with wider ones it is a relaxation with far fewer rows. Cost is weight times end slot.

    Starts are left out that cost their task, at the prices, more than `slack` above its cheapest
    one. With the slack from the bound at these prices to the cost of a plan, no plan that is
    cheaper has such a start.
    """

    def __init__(self, prices: Prices, bucket: int, slack: float = INFINITE) -> None:
        self.model, self.bucket = prices.model, bucket
        self.cost: list[float] = []
        self.most: list[float] = []
        self.rows: list[Row] = []
        self.entries: tuple[list[int], list[int], list[float]] = ([], [], [])  # row, column, value
        self.slots: dict[tuple[int, int], int] = {}  # limit, bucket -> row
        self.kinds = [TaskClass(tasks, lane, {}) for tasks, lane in _kinds(prices)]
        cheapest = (
            dict(zip(self.model.live, prices.quotes(), strict=True)) if slack < INFINITE else {}
        )
        for kind in self.kinds:
            dear = cheapest[kind.tasks[0]].cost + slack if cheapest else INFINITE
            rents = [
                prices.rents(kind.lane, number) if cheapest else None
                for number in range(len(kind.lane.stretches))
            ]
            self._add_kind(kind, dear, rents)

    def add_row(self, lower: float, upper: float) -> int:
        """A new row without entries."""
        self.rows.append((lower, upper))
        return len(self.rows) - 1

    def add_column(self, cost: float, most: float) -> int:
        """A new column without entries, from 0 to `most`."""
        self.cost.append(cost)
        self.most.append(most)
        return len(self.cost) - 1

    def add_entry(self, row: int, column: int, value: float) -> None:
        """One number of the matrix."""
        rows, columns, values = self.entries
        rows.append(row)
        columns.append(column)
        values.append(value)

    def _add_kind(self, kind: TaskClass, dear: float, rents: list[list[float] | None]) -> None:
        count = len(kind.tasks)
        weight, duration = self.model.weight[kind.tasks[0]], self.model.duration[kind.tasks[0]]
        row = self.add_row(count, count)
        for stretch, rent in zip(kind.lane.stretches, rents, strict=True):
            places = (*stretch.shared, *stretch.own)
            for late in range(stretch.width):
                if not self._turns(late, [(place.begin, place.hold) for place in places]):
                    continue
                start = stretch.first + late
                if weight * (start + duration) + (rent[late] if rent else 0.0) > dear:
                    continue
                kind.columns[start] = column = self.add_column(weight * (start + duration), count)
                self.add_entry(row, column, 1.0)
                for limit, units, index, hold in places:
                    self._occupy(column, limit, units, index + late, index + late + hold)

    def _turns(self, late: int, places: list[tuple[int, int]]) -> bool:
        """Whether a start can be a corner of the cost: between corners prices are even, so cost is
        linear.
        """
        if late == 0 or self.bucket == 1:
            return True
        return any(
            not (index + late) % self.bucket or not (index + late + hold) % self.bucket
            for index, hold in places
        )

    def _occupy(self, column: int, limit: int, units: int, begin: int, end: int) -> None:
        while begin < end:
            number = begin // self.bucket
            stop = min(end, (number + 1) * self.bucket)
            row = self.slots.get((limit, number))
            if row is None:
                row = self.add_row(-INFINITE, float(self.model.capacity[limit] * self.bucket))
                self.slots[limit, number] = row
            self.add_entry(row, column, float(units * (stop - begin)))
            begin = stop

    def highs(self, options: dict[str, Any], *, whole: bool = False) -> Any:
        """HiGHS with this program loaded, ready to run on one thread without a word; `whole`
        forbids fractions.
        """
        import highspy
        import numpy

        rows, columns, values = (numpy.array(part) for part in self.entries)
        order = numpy.argsort(columns, kind="stable")
        program = highspy.HighsLp()
        program.num_col_, program.num_row_ = len(self.cost), len(self.rows)
        program.col_cost_ = numpy.array(self.cost, dtype=float)
        program.col_lower_, program.col_upper_ = (
            numpy.zeros(len(self.cost)),
            numpy.array(self.most, dtype=float),
        )
        program.row_lower_ = numpy.array([lower for lower, _ in self.rows], dtype=float)
        program.row_upper_ = numpy.array([upper for _, upper in self.rows], dtype=float)
        program.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        ends = numpy.cumsum(numpy.bincount(columns, minlength=len(self.cost)))
        program.a_matrix_.start_ = numpy.concatenate(([0], ends))
        program.a_matrix_.index_, program.a_matrix_.value_ = (
            rows[order],
            values[order].astype(float),
        )
        if whole:
            program.integrality_ = [highspy.HighsVarType.kInteger] * len(self.cost)

        class Silent(highspy.Highs):
            def enableCallbacks(self) -> None:  # noqa: N802 - highspy's name
                """None are used, and 1.16 prints its name on standard output here, whatever its
                options say.
                """

        solver = Silent()  # type: ignore[no-untyped-call]  # highspy has no types
        for name, value in {"output_flag": False, "threads": 1, **options}.items():
            solver.setOptionValue(name, value)
        solver.passModel(program)
        return solver


class TooSlow(Exception):  # noqa: N818 - it is what it says
    """The solver was stopped by the clock."""


def best_prices(prices: Prices, bucket: int, seconds: float) -> list[float] | None:
    """Load the prices that a linear program finds, and return when it starts each task on average.

    None if there is no plan of all tasks even in fractions. Raises TooSlow after `seconds`.
    """
    import highspy

    program = Program(prices, bucket)
    solver = program.highs({"solver": "ipm", "run_crossover": "off", "time_limit": seconds})
    solver.run()
    status = solver.getModelStatus()
    if status == highspy.HighsModelStatus.kTimeLimit:
        raise TooSlow
    if status != highspy.HighsModelStatus.kOptimal:
        return None
    solution = solver.getSolution()
    duals = list(solution.row_dual)
    prices.load(
        [_of_limit(program, duals, limit, axis.length) for limit, axis in enumerate(prices.axes)]
    )
    return _mean_starts(program, list(solution.col_value))


def _mean_starts(program: Program, values: list[float]) -> list[float]:
    """The fractions of a kind's starts dealt out to its tasks, soonest first, one whole start to
    each.
    """
    found = [0.0] * len(program.model.duration)
    for kind in program.kinds:
        dealt = 0.0
        for start, column in kind.columns.items():
            left = min(max(values[column], 0.0), len(kind.tasks) - dealt)
            while left > 0 and dealt < len(kind.tasks):
                number = int(dealt)
                share = min(left, number + 1 - dealt) if number + 1 - dealt > TINY else 0.0
                found[kind.tasks[number]] += share * start
                dealt = dealt + share if share else number + 1.0
                left -= share
    return found


def _of_limit(program: Program, duals: list[float], limit: int, length: int) -> list[float]:
    found: list[float] = []
    for number in range(-(-length // program.bucket)):
        row = program.slots.get((limit, number))
        found.extend(repeat(0.0 if row is None else max(0.0, -duals[row]), program.bucket))
    return found[:length]


def _kinds(prices: Prices) -> list[tuple[list[int], WindowLane]]:
    """Live tasks that share lane, weight and gates."""
    model = prices.model
    kinds: dict[tuple[object, ...], tuple[list[int], WindowLane]] = {}
    for task, lane in zip(model.live, prices.lanes, strict=True):
        key = (id(lane), model.weight[task], model.waits[task], model.opens[task])
        kinds.setdefault(key, ([], lane))[0].append(task)
    return list(kinds.values())
