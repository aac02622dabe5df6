"""The referee: the rules of the contract as a CP-SAT model."""

from collections.abc import Sequence
from fractions import Fraction
from math import lcm
from typing import NamedTuple

from fleet_reading import Rules
from ortools.sat.python import cp_model

WORK = 1.0
"""The deterministic time of one search: the same on every machine."""


class Most(NamedTuple):
    """The most weight and, of that weight, the most restarts that the referee can place.

    Without `proven`, more may be possible.
    """

    weight: Fraction
    count: int
    proven: bool


class Least(NamedTuple):
    """The exposure in hours of the referee's plan, a bound below that of every plan, and the start
    of each restart that the plan places.
    """

    exposure: Fraction
    bound: float
    starts: dict[int, int]


class Referee:
    """The rules as a model. `scale` makes whole numbers of all weights."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.model = cp_model.CpModel()
        self.scale = lcm(*(restart.weight.denominator for restart in rules.restarts))
        self.weights = [int(restart.weight * self.scale) for restart in rules.restarts]
        self.placed: list[cp_model.IntVar] = []
        self.starts: list[cp_model.IntVar] = []
        for restart in rules.restarts:
            self._add(restart.name, self._spans(restart.openings, restart.minutes, restart.pinned))
        self._shares()
        self._turns()

    @staticmethod
    def _spans(
        openings: Sequence[tuple[str, int, int]], minutes: int, pinned: int | None
    ) -> list[tuple[int, int]]:
        """The first and last start in each opening that holds the restart."""
        spans = [(start, end - minutes) for _, start, end in openings if end - start >= minutes]
        if pinned is None:
            return spans
        return [(pinned, pinned)] if any(a <= pinned <= b for a, b in spans) else []

    def _add(self, name: str, spans: list[tuple[int, int]]) -> None:
        placed = self.model.new_bool_var(f"{name} placed")
        if not spans:
            self.model.add(placed == 0)
        domain = cp_model.Domain.from_intervals(spans or [(0, 0)])
        start = self.model.new_int_var_from_domain(domain, f"{name} start")
        # The start of what isn't placed means nothing: one value for it shrinks the search.
        self.model.add(start == domain.min()).only_enforce_if(placed.negated())
        self.placed.append(placed)
        self.starts.append(start)

    def _shares(self) -> None:
        for share in self.rules.shares:
            occupied = [
                self.model.new_optional_fixed_size_interval_var(
                    self.starts[n],
                    self.rules.restarts[n].minutes + share.settle,
                    self.placed[n],
                    f"{share.name} {n}",
                )
                for n in share.restarts
            ]
            if share.most == 1:
                self.model.add_no_overlap(occupied)
            else:
                self.model.add_cumulative(occupied, [1] * len(occupied), share.most)

    def _turns(self) -> None:
        for turn in self.rules.turns:
            for first in turn.first:
                ready = self.starts[first] + self.rules.restarts[first].minutes + turn.wait
                for then in turn.then:
                    self.model.add_implication(self.placed[then], self.placed[first])
                    self.model.add(self.starts[then] >= ready).only_enforce_if(self.placed[then])

    def most(self) -> Most:
        """Most weight first, then most restarts."""
        many = len(self.placed) + 1
        terms = zip(self.weights, self.placed, strict=True)
        self.model.maximize(sum((weight * many + 1) * placed for weight, placed in terms))
        solver, status = self._solve(self.model)
        inside = [solver.boolean_value(placed) for placed in self.placed]
        weight = sum(weight for weight, is_in in zip(self.weights, inside, strict=True) if is_in)
        return Most(Fraction(weight, self.scale), sum(inside), status == cp_model.OPTIMAL)

    def least(self, weight: Fraction, count: int) -> Least | None:
        """The least exposure of a plan of exactly this weight and number; None if there is none."""
        model = self._placing(weight, count)
        cost = 0
        for restart, w, placed, start in zip(
            self.rules.restarts, self.weights, self.placed, self.starts, strict=True
        ):
            # An absent restart starts at the first value of its domain, and costs nothing.
            first = start.proto.domain[0]
            cost += w * (start - first + (first + restart.minutes) * placed)
        model.minimize(cost)
        solver, status = self._solve(model)
        if status not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
            return None
        hours = self.scale * self.rules.per_hour
        value = Fraction(round(solver.objective_value), hours)
        pairs = enumerate(zip(self.placed, self.starts, strict=True))
        starts = {
            number: solver.value(start)
            for number, (placed, start) in pairs
            if solver.boolean_value(placed)
        }
        return Least(value, solver.best_objective_bound / hours, starts)

    def fewest_moved(self, weight: Fraction, count: int, old: dict[int, int]) -> int | None:
        """How few starts differ from an older plan where this weight and number are placed.

        What isn't placed anymore didn't move. None if the search ends without a proof.
        """
        model = self._placing(weight, count)
        moved = []
        for number, before in old.items():
            kept = model.new_bool_var(f"{number} kept")
            model.add(self.starts[number] == before).only_enforce_if(kept)
            moved.append(self.placed[number] - kept)
            model.add_implication(kept, self.placed[number])
        model.minimize(sum(moved))
        solver, status = self._solve(model)
        return round(solver.objective_value) if status == cp_model.OPTIMAL else None

    def _placing(self, weight: Fraction, count: int) -> cp_model.CpModel:
        """The rules for plans of exactly this weight and number."""
        model = self.model.clone()
        chosen = sum(w * placed for w, placed in zip(self.weights, self.placed, strict=True))
        model.add(chosen == int(weight * self.scale))
        model.add(sum(self.placed) == count)
        return model

    @staticmethod
    def _solve(model: cp_model.CpModel) -> tuple[cp_model.CpSolver, cp_model.CpSolverStatus]:
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.max_deterministic_time = WORK
        return solver, solver.solve(model)
