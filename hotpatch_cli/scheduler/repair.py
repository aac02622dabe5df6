"""Repair: place tasks that a plan leaves out, or moves, by planning their neighbors again.

Large-neighborhood search (P. Shaw, 1998): the tasks without a start and those that share limits
with them near a window that they need are free, all others stay where they are, and the rest is
solved exactly.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from random import Random

from hotpatch_cli.scheduler.bounds.lagrangian import Prices
from hotpatch_cli.scheduler.bounds.release_times import release_times
from hotpatch_cli.scheduler.decomposition import ModelPart, part_of
from hotpatch_cli.scheduler.incumbent import Incumbent
from hotpatch_cli.scheduler.mip.time_indexed_lp import SolverStopped
from hotpatch_cli.scheduler.mip.time_indexed_mip import Question, solve_exactly
from hotpatch_cli.scheduler.slot_model import (
    NEVER,
    NOWHERE,
    Precedence,
    SlotInterval,
    SlotModel,
)
from hotpatch_cli.scheduler.start_candidates import start_candidates
from hotpatch_cli.scheduler.work_budget import WorkBudget

MOST_FREE = 30
"""Tasks that are planned again: with more, each question takes longer; with less, few help."""
NODES = 30
"""Nodes of HiGHS for one question; most are answered at the first."""
KEEP_STAGES = 3
"""Stages of a question near an older plan: who stays out, who moves, and the ends."""


class Repair:
    """Questions about one plan after the other, within a budget."""

    def __init__(
        self,
        model: SlotModel,
        best: Incumbent,
        random: Random,
        keep: Sequence[int] | None = None,
    ) -> None:
        self._model, self._best, self._random, self._keep = model, best, random, keep
        self._users: list[list[int]] = [[] for _ in model.capacity]
        for task in model.live:
            for use in model.uses[task]:
                self._users[use.limit].append(task)

    def run(self, work: int, budget: WorkBudget) -> None:
        """Go on until every task starts where it did, or about this much work is done."""
        goal = budget.work + work
        turns: dict[int, int] = {}
        starts = list(self._best.starts)
        asked: set[tuple[int, ...]] = set()  # about the plan as it is
        while budget.work < goal and not budget.stops():
            target = self._next(starts, turns)
            if target is None:
                return
            turn = turns[target] = turns.get(target, 0) + 1
            if turn > 2 * len(self._model.windows[target]):
                return  # every window of every task was tried, and nothing got better
            free = tuple(self._free(starts, target, turn))
            budget.spend(1)
            if free in asked:
                continue
            asked.add(free)
            try:
                found = self._replan(starts, free, goal - budget.work, budget)
            except SolverStopped:
                return
            if found is not None and found != starts:
                asked.clear()
                before, starts = self._best.score, found
                self._best.offer(starts, "exact")
                if self._best.score[:3] < before[:3]:
                    turns.clear()

    def _next(self, starts: Sequence[int], turns: dict[int, int]) -> int | None:
        """The task to place: the one with the fewest turns, of these the heaviest.

        If none is left out, it is one that moved.
        """
        model, keep = self._model, self._keep
        waiting = [
            task
            for task in model.live
            if starts[task] == NOWHERE
            and all(starts[before] != NOWHERE for before in model.tasks_before(task))
        ]
        if not waiting and keep is not None:
            waiting = [task for task in model.live if 0 <= keep[task] != starts[task]]
        return min(
            waiting, key=lambda task: (turns.get(task, 0), -model.weight[task], task), default=None
        )

    def _free(self, starts: Sequence[int], target: int, turn: int) -> list[int]:
        """The target, and tasks near one of its windows, those of its smallest limits first."""
        model = self._model
        windows = model.windows[target]
        opens, closes = windows[-turn % len(windows)]
        if self._keep is not None and self._keep[target] != NOWHERE and turn % 2:
            opens = self._keep[target]
            closes = opens + model.duration[target]
        chosen = dict.fromkeys([target, *self._behind(starts, target)])
        limits = sorted(model.uses[target], key=lambda use: len(self._users[use.limit]))
        for use in limits:
            near = [
                task
                for task in self._users[use.limit]
                if task not in chosen and opens - use.hold < starts[task] < closes + use.hold
            ]
            self._random.shuffle(near)
            chosen.update(dict.fromkeys(near[: max(0, MOST_FREE - len(chosen))]))
        limit = self._closing(starts, target)
        if limit < closes:
            chosen.update(dict.fromkeys(self._first_behind(starts, target, closes)))
        return sorted(chosen)

    def _behind(self, starts: Sequence[int], target: int) -> list[int]:
        """Tasks without a start that wait for the target alone."""
        model = self._model
        behind: list[int] = []
        for gate in model.opens[target]:
            for task in model.gates[gate].after[:MOST_FREE]:
                before = (one for one in model.tasks_before(task) if one != target)
                if starts[task] == NOWHERE and all(starts[one] != NOWHERE for one in before):
                    behind.append(task)
        return behind[: MOST_FREE // 4]

    def _closing(self, starts: Sequence[int], target: int) -> int:
        """The slot at which the first task behind the gates of the target starts."""
        closing = NEVER
        for number in self._model.opens[target]:
            _, after, lag = self._model.gates[number]
            behind = (starts[task] - lag for task in after if starts[task] != NOWHERE)
            closing = min(closing, min(behind, default=NEVER))
        return closing

    def _first_behind(self, starts: Sequence[int], target: int, end: int) -> list[int]:
        """The tasks behind the gates of the target that would have to wait for it."""
        early: list[tuple[int, int]] = []
        for number in self._model.opens[target]:
            _, after, lag = self._model.gates[number]
            early += [(starts[task], task) for task in after if NOWHERE < starts[task] < end + lag]
        return [task for _, task in sorted(early)[: MOST_FREE // 2]]

    def _replan(
        self, starts: list[int], free: Sequence[int], work: int, budget: WorkBudget
    ) -> list[int] | None:
        """The best plan of the free tasks around the others; None if it isn't found."""
        part, must, room = self._subproblem(starts, free)
        if part is None:
            return None
        release = release_times(part.model)
        keep = None if self._keep is None else [self._keep[task] for task in part.tasks]
        candidates = None
        if keep is None:
            candidates = start_candidates(part.model, chain.from_iterable(map(_changes, room)))
        question = Question(Prices(part.model, release), release, keep, must, room, candidates)
        before = [starts[task] for task in part.tasks]
        stages = 1 if keep is None else KEEP_STAGES
        if stages * question.work() > work:
            return None
        answer = solve_exactly(question, before, NODES, work, budget, level_only=keep is None)
        if answer.starts is None:
            return None
        found = list(starts)
        for task, start in zip(part.tasks, answer.starts, strict=True):
            found[task] = start
        return found

    def _subproblem(
        self, starts: Sequence[int], free: Sequence[int]
    ) -> tuple[ModelPart | None, frozenset[int], list[dict[int, int]]]:
        """The free tasks as a part, those that must stay in, and the room that the others leave."""
        model, chosen = self._model, set(free)
        shared: dict[tuple[int, int, int, int], tuple[SlotInterval, ...]] = {}
        windows = list(model.windows)
        needed: set[int] = set()
        for task in free:
            release, limit = 0, NEVER
            for number in model.waits[task]:
                before, _, lag = model.gates[number]
                ends = [starts[one] + model.duration[one] for one in before if one not in chosen]
                release = max([release, *(end + lag for end in ends)])
            for number in model.opens[task]:
                _, after, lag = model.gates[number]
                fixed = [starts[one] for one in after if one not in chosen and starts[one] >= 0]
                if fixed:
                    needed.add(task)
                    limit = min(limit, min(fixed) - lag)
            key = (id(model.windows[task]), release, limit, model.duration[task])
            if key not in shared:
                shared[key] = tuple(_clipped(model.windows[task], *key[1:]))
            windows[task] = shared[key]
        gates = []
        for number in sorted(set(chain.from_iterable(model.waits[task] for task in free))):
            before, after, lag = model.gates[number]
            first = tuple(task for task in before if task in chosen)
            then = tuple(task for task in after if task in chosen)
            if first and then:
                gates.append(Precedence(first, then, lag))
        able = [task for task in model.live if task in chosen and windows[task]]
        if len(able) < len(free):
            return None, frozenset(), []
        part = part_of(model._replace(windows=tuple(windows)), able, gates)
        must = frozenset(new for new, task in enumerate(part.tasks) if task in needed)
        return part, must, [self._room(starts, chosen, limit) for limit in part.limits]

    def _room(self, starts: Sequence[int], chosen: set[int], limit: int) -> dict[int, int]:
        """What the fixed users of a limit leave of it, by slot."""
        capacity = self._model.capacity[limit]
        room: dict[int, int] = {}
        for task in self._users[limit]:
            if task in chosen or starts[task] == NOWHERE:
                continue
            for use in self._model.uses[task]:
                if use.limit == limit:
                    for slot in range(starts[task], starts[task] + use.hold):
                        room[slot] = room.get(slot, capacity) - use.units
        return room


def _changes(room: Mapping[int, int]) -> Iterator[int]:
    """The slots in which more or less of a limit is left than in the one before."""
    for slot, left in room.items():
        if room.get(slot - 1) != left:
            yield slot
        if slot + 1 not in room:
            yield slot + 1


def _clipped(
    windows: Sequence[SlotInterval], release: int, limit: int, duration: int
) -> Iterator[SlotInterval]:
    for opens, closes in windows:
        start, end = max(opens, release), min(closes, limit)
        if end - start >= duration:
            yield start, end
