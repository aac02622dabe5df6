"""Solves one independent part: a first plan, prices, annealing, and a proof if one is in reach."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cached_property
from random import Random
from typing import NamedTuple

from hotpatch_cli.scheduler.bounds.lagrangian import Prices
from hotpatch_cli.scheduler.bounds.release_times import release_times
from hotpatch_cli.scheduler.decomposition import ModelPart
from hotpatch_cli.scheduler.incumbent import Incumbent
from hotpatch_cli.scheduler.mip.dual_prices import DualPrices
from hotpatch_cli.scheduler.mip.time_indexed_lp import ProgramTooLarge, SolverStopped, has_highs
from hotpatch_cli.scheduler.mip.time_indexed_mip import Answer, Question
from hotpatch_cli.scheduler.search.annealing import Annealing
from hotpatch_cli.scheduler.search.branch_and_bound import SMALL, BranchAndBound
from hotpatch_cli.scheduler.search.list_scheduling import Priority, left_shift, list_schedule
from hotpatch_cli.scheduler.search.partial_schedule import PartialSchedule
from hotpatch_cli.scheduler.search.priority_rules import MOST_REPAIRS, PriorityRules, density
from hotpatch_cli.scheduler.slot_model import NEVER, NOWHERE, SlotModel
from hotpatch_cli.scheduler.start_candidates import only_candidates, start_candidates
from hotpatch_cli.scheduler.work_budget import WorkBudget

# Shares of the work. What more and less of one does follows from the mechanism; the shares were not
# measured one by one.
ROUGH_PRICES = Fraction(1, 15)
"""Work of a first linear program for prices.

With more, its buckets are finer and the prices better, but on a clock that is short there may be
no time left to anneal. With less, no program fits, and the prices come from subgradient steps.
"""
ROUGH_STEPS = Fraction(1, 10)
"""Work of subgradient steps where no rough program could be solved.

With more, the first annealing has better prices to follow, but less work. With less, the prices
are still near zero, and annealing has little to tell a good start from a bad one.
"""
FIRST_ANNEALING = Fraction(3, 10)
"""Work of annealing on rough prices.

With more, a search that the clock ends early has the better plan, but the better prices come
later. With less, fine prices are found for a plan that is still poor, and the cost of a plan is
what the subgradient steps aim at.
"""
FINE_PRICES = Fraction(1, 4)
"""Work of a second linear program, with narrower buckets than the first one had.

With more, the bound is tighter, and the last annealing has less work. With less, the rough prices
are often the last ones of a large part.
"""
FINE_STEPS = Fraction(1, 5)
"""Work of subgradient steps where the programs were too wide to price single restarts.

With more, the bound of a part too large for HiGHS gets tighter, at the cost of its plan. With less,
the reported gap stays wide although the plan is good.
"""
ROUNDS = 4
"""Times that annealing starts over within its work: more rounds get stuck less, but are shorter."""
MOVES_BETWEEN_CHECKS = 100
"""Moves of annealing between two looks at the budget: more of them overrun it, fewer cost time."""
TEMPERATURE = 0.1
"""The first temperature, as a share of a mean task's cost: hotter wanders, colder gets stuck."""
COMPLETE_NODES = 3000
"""Nodes of a complete search: with more of them, more of the small parts are proven, but slower."""
SMALL_SIZE = 40_000
"""Numbers in a matrix up to which a part is solved exactly before anything else.

With more, a part that HiGHS can't prove takes long; with less, it's left to the search.
"""
FIRST_QUESTION = Fraction(1, 2)
"""Work of such a question: with more, little is left to search if it isn't answered."""
FIRST_NODES = 50
"""Nodes of HiGHS for such a part."""
SIZE_OF_WORK = 4
"""Numbers of a matrix that HiGHS may take for a unit of work, if it can prove a plan."""
STARTS_OF_WORK = 300
"""Starts whose prices annealing adds up for a unit of work."""
SIZE_OF_A_LOOK = 60
"""Numbers of a matrix that are worth a unit of work if it's only found to be too large."""
MOST_SIZE = 600_000
"""Numbers in a matrix above which HiGHS needs too much memory."""
LAST_NODES = 1000
EARLY = Fraction(1, 3)
"""Work of the finest linear program, if it's solved before all else.

With more, it may take all of the work; with less, parts that are proven at once are searched first.
"""
EARLY_ANNEALING = Fraction(1, 20)
"""Work of annealing before the first look for a proof: with less, the program is larger."""
REPAIRS = Fraction(1, 3)
"""Work of repairs where the search leaves tasks out.

With more, the rest of the plan is searched less; with less, tasks stay out that fit.
"""


class Step(NamedTuple):
    """A step of a solver, and its share of the work; None for all that the steps before it left."""

    run: Callable[["PartSolver", DualPrices, int], None]
    share: Fraction | None


class PartSolver:
    """Works on the plan of one part, within a budget that it shares with the other parts."""

    def __init__(
        self, part: ModelPart, budget: WorkBudget, keep: Sequence[int] | None = None
    ) -> None:
        # A kept start may be any.
        self._candidates = start_candidates(part.model) if keep is None else None
        self.part, self.model = part, only_candidates(part.model, self._candidates)
        self._budget = budget
        self._keep = None if keep is None else [keep[task] for task in part.tasks]
        self._release = release_times(self.model)
        self._random = Random(len(part.tasks))  # noqa: S311 - the same search every time is the point
        self.best = Incumbent(self.model, self._release, self._keep)

    @cached_property
    def _rules(self) -> PriorityRules:
        return PriorityRules(self.model, self._release)

    def first_plan(self) -> None:
        """Try some priority rules, then put first the tasks that the last plan didn't schedule."""
        if not self.model.capacity and not self.model.gates and self._keep is None:
            # Nothing binds: every task starts when it can, and no other plan is better.
            self.best.offer(list(self._release.start))
            return
        if self._keep is not None:
            kept = [start if start != NOWHERE else NEVER for start in self._keep]
            starts = self._try(list(zip(kept, density(self.model), strict=True)))
            if self.best.proven or not self.best.score.left_out:
                return
        for priority in self._rules.orders():
            starts = self._try(priority)
            if self.best.proven or (not self.best.score.left_out and self._budget.stops()):
                return
            if self.best.score.left_out and self._rules.large:
                break
        for _ in range(MOST_REPAIRS):
            if not self.best.score.left_out or self._budget.expired():
                return
            starts = self._try(self._rules.repaired(starts))

    def improve(self, work: int) -> None:
        """Spend about this much work on this part."""
        goal = self._budget.work + work
        if len(self.model.live) <= SMALL:
            self.search_completely(work)
            if self.best.complete:
                self.bound_freely(goal - self._budget.work)
                return
        dual = DualPrices(self.model, self._release, self._budget)
        self.best.prices = dual.prices
        if self.best.engine == "greedy":
            self.best.engine = "search"
        self.solve_small(work)
        self.prove_early(dual, goal - self._budget.work)
        work = goal - self._budget.work
        for step in PIPELINE:
            if self.best.proven or self._budget.stops():
                break
            left = goal - self._budget.work
            step.run(self, dual, left if step.share is None else int(work * step.share))
        self.prove(dual, work)
        self.bound_freely(goal - self._budget.work)

    def bound_freely(self, work: int) -> None:
        """Take the bounds of plans that keep nothing: they are those of all plans."""
        if self._keep is None or self.best.meets_bound or work <= 0 or self._budget.stops():
            return
        free = PartSolver(self.part, self._budget)
        free.best.offer(self.best.starts)
        free.improve(work)
        self.best.take_bounds(free.best)

    def search_completely(self, work: int) -> None:
        """Try all orders of a small part, within a number of nodes."""
        nodes = min(COMPLETE_NODES, max(work, 100))
        search = BranchAndBound(
            self.model, self._release, self.best.starts, self.best.score, nodes, self._keep
        )
        self.best.complete = search.run()
        self._budget.spend(search.nodes)
        self.best.offer(search.best)
        if self.best.complete:
            self.best.engine = "search"

    def solve_small(self, work: int) -> None:
        """Decide who stays out or moves by a mixed-integer program, if the part is small."""
        if not self.best.score.left_out and self._keep is None:
            return  # prices leave out most starts of such a program: see `prove`
        if not has_highs() or self._budget.expired():
            return
        if self._keep is not None and self._ask(self._pinned(self._keep), work):
            # All others stay where they were: no plan moves fewer.
            self.best.complete |= not self.best.score.left_out
        if not self.best.complete:
            self._ask(self.model, work, whole=True)

    def _pinned(self, keep: Sequence[int]) -> SlotModel:
        """The model with each task at its kept start, if that is in its windows."""
        model = self.model
        pinned = list(model.windows)
        for task, start in enumerate(keep):
            end = start + model.duration[task]
            if start >= 0 and any(
                opens <= start and end <= closes for opens, closes in model.windows[task]
            ):
                pinned[task] = ((start, end),)
        return model._replace(windows=tuple(pinned))

    def _ask(self, model: SlotModel, work: int, *, whole: bool = False) -> bool:
        """Ask for the best plan of a small model; whether it schedules all tasks.

        Unless it's the `whole` model, nothing is proven for others.
        """
        release = release_times(model)
        if any(release.start[task] >= NEVER for task in model.live):
            return False
        question = Question(
            Prices(model, release), release, self._keep, candidates=self._candidates
        )
        work = int(work * FIRST_QUESTION)
        if question.size() > SMALL_SIZE or question.work() > work:
            return False
        from hotpatch_cli.scheduler.mip.time_indexed_mip import solve_exactly

        try:
            answer = solve_exactly(question, self.best.starts, FIRST_NODES, work, self._budget)
        except SolverStopped:
            return False
        if whole:
            self._take(answer)
            return False
        if answer.starts is None:
            return False
        self.best.offer(answer.starts, "exact")
        return answer.complete and answer.starts == self.best.starts

    def prove_early(self, dual: DualPrices, work: int) -> None:
        """Solve the finest linear program at once, if it's small, and look for a proof."""
        if self.best.proven or self.best.score.left_out:
            return
        question = Question(dual.prices, self._release, candidates=self._candidates)
        if min(question.work(), dual.prices.count_starts()) > work * EARLY:
            return
        self.solve_program(dual, int(work * EARLY))
        if dual.width is not None:
            self.anneal(dual, int(work * EARLY_ANNEALING))
            self.prove(dual, work)

    def repair(self, dual: DualPrices, work: int) -> None:  # noqa: ARG002  as all steps
        """Place tasks that the search left out or moved, by planning their neighbors again."""
        if not (self.best.score.left_out or self.best.score.moved) or not has_highs():
            return
        from hotpatch_cli.scheduler.repair import Repair

        Repair(self.model, self.best, self._random, self._keep).run(work, self._budget)

    def solve_program(self, dual: DualPrices, work: int) -> None:
        """Take prices from a linear program, finer than the one before it."""
        width = None if self.best.meets_bound else dual.exactly(work, dual.width)
        if dual.infeasible:
            self.best.raise_least_out((0, 1))
        if width is not None:
            dual.width = width
            self.best.raise_bound(dual.prices.best)
            self._follow_prices(dual)

    def replace_program(self, dual: DualPrices, work: int) -> None:
        """Take subgradient steps instead of a linear program that was not solved."""
        if dual.width is None:
            self._step_prices(dual, work)

    def refine_program(self, dual: DualPrices, work: int) -> None:
        """Take subgradient steps after a linear program with buckets too wide for one restart."""
        if dual.width is None or dual.width >= dual.prices.bucket:
            self._step_prices(dual, work)

    def anneal(self, dual: DualPrices, work: int) -> None:
        """Improve the plan by moves, guided by the best prices, until this much work is done."""
        prices, best, budget = dual.prices, self.best, self._budget
        prices.use_best()
        weight = sum(self.model.weight) or 1.0
        first, goal = budget.work, budget.work + work
        while budget.work < goal and not best.proven and not budget.stops():
            until = min(goal, budget.work + max((goal - first) // ROUNDS, 1))
            # The first half starts from the cheapest plan, even if it leaves tasks out: placing
            # them is what the moves are best at. Only then the plan to hand out is polished.
            early = budget.work - first < (goal - first) // 2
            # Placing all comes first, even if more tasks move for it.
            keep = None if early and best.score.left_out and not best.most_placed else self._keep
            from_cheapest = early and self._keep is None
            schedule = self._schedule(best.cheapest if from_cheapest else best.starts)
            annealing = Annealing(schedule, prices, self._random, keep)
            hottest = TEMPERATURE * best.score.ends / weight
            hottest = hottest * (goal - budget.work) / max(goal - first, 1)
            begun = budget.work
            while budget.work < until and not budget.stops():
                left = 1 - (budget.work - begun) / max(until - begun, 1)
                annealing.work = annealing.scanned = 0
                for _ in range(MOVES_BETWEEN_CHECKS):
                    annealing.step(hottest * left * left)
                scanned = annealing.scanned // STARTS_OF_WORK
                budget.spend(annealing.work + scanned + MOVES_BETWEEN_CHECKS // 4)
            if keep is None:
                left_shift(schedule)
            best.offer(schedule.starts)

    def prove(self, dual: DualPrices, work: int) -> None:
        """Find the best plan of all tasks by a mixed-integer program, if its size is in reach.

        Prices leave out most starts, but say nothing of plans without some tasks, or with an older
        plan to keep.
        """
        if self.best.proven or self.best.score.left_out or self._keep is not None:
            return
        if not has_highs() or self._budget.expired():
            return
        question = Question(dual.prices, self._release, candidates=self._candidates)
        from hotpatch_cli.scheduler.mip.time_indexed_mip import prove

        most_size = min(MOST_SIZE, work * SIZE_OF_WORK)
        try:
            answer = prove(
                question,
                self.best.starts,
                self.best.score.ends,
                most_size,
                LAST_NODES,
                work,
                self._budget,
            )
        except (ProgramTooLarge, SolverStopped):
            self._budget.spend(most_size // SIZE_OF_A_LOOK)
            return
        if answer is not None:
            self._take(answer)

    def _take(self, answer: Answer) -> None:
        """Take the plan and the proofs of HiGHS."""
        self.best.raise_least_out(answer.least_out)
        if answer.starts is not None:
            self.best.offer(answer.starts)
            self.best.engine = "exact"
        if answer.ends_bound is not None:
            self.best.raise_bound(answer.ends_bound, self.best.score.level)
        self.best.complete |= answer.complete

    def _try(self, priority: Priority) -> list[int]:
        schedule = list_schedule(self.model, priority, self._keep)
        self._budget.spend(len(self.model.live) // 4)
        self.best.offer(schedule.starts)
        return schedule.starts

    def _step_prices(self, dual: DualPrices, work: int) -> None:
        goal = self._budget.work + work
        for step in dual.steps(goal, lambda: self.best.cheapest_cost):
            self.best.raise_bound(dual.prices.best)
            if self.best.proven:
                return
            if step % 2:
                self._follow_prices(dual)

    def _follow_prices(self, dual: DualPrices) -> None:
        """Try a plan in the order of the mean starts that the prices ask for."""
        if self._keep is None:
            self._try(self._rules.by_prices(dual.wanted))

    def _schedule(self, starts: Sequence[int]) -> PartialSchedule:
        schedule = PartialSchedule(self.model)
        for task in self.model.live:
            if starts[task] != NOWHERE:
                schedule.place(task, starts[task])
        return schedule


# A good plan on rough prices comes first: should the clock end the search early, that plan is worth
# more than a bound.
PIPELINE = (
    Step(PartSolver.solve_program, ROUGH_PRICES),
    Step(PartSolver.replace_program, ROUGH_STEPS),
    Step(PartSolver.anneal, FIRST_ANNEALING),
    Step(PartSolver.repair, REPAIRS),
    Step(PartSolver.solve_program, FINE_PRICES),
    Step(PartSolver.refine_program, FINE_STEPS),
    Step(PartSolver.anneal, None),
)
