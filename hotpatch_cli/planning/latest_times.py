"""How late the restarts of a night can be, so that all later ones of the night still fit.

Each restart starts after those before it: by the order of groups and rings, and for each place in a
group or a limit after the restart that had the place before. As long as that is so, no rule breaks,
however late they are. Restarts of other nights keep their times.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from heapq import heappop, heappush
from typing import NamedTuple

from hotpatch_cli.planning.prepare import PlanningInput
from hotpatch_cli.planning.start_reasons import Limit, LimitUse, limits_of

_NEVER = 10**12
_DONE = -1
_Rule = tuple[str, int]
"""`group` or `ring`, and its number."""


class LatestTimes(NamedTuple):
    """By task, in minutes since the release: the latest start, and the latest end for those that
    another restart of the same night comes after.
    """

    starts: Mapping[int, int]
    ends: Mapping[int, int]


class _FirstStart(NamedTuple):
    """Of a rule in a night: the first planned start, and the first of the latest starts."""

    planned: int = _NEVER
    latest: int = _NEVER


def latest_times(
    prepared: PlanningInput, starts: Sequence[int | None], nights: Mapping[int, int]
) -> LatestTimes:
    """The latest times of scheduled restarts; `nights` has the night of each by a number."""
    return _Times(prepared, starts, nights).found()


class _Times:
    def __init__(
        self, prepared: PlanningInput, starts: Sequence[int | None], nights: Mapping[int, int]
    ) -> None:
        self.prepared, self.problem, self.nights = prepared, prepared.problem, nights
        self.planned = {task: start for task, start in enumerate(starts) if start is not None}
        self.order = sorted(self.planned, key=lambda task: (self.planned[task], task))
        self.following = dict(self.problem.ring_steps())
        self.after: dict[int, list[int]] = defaultdict(list)
        for follower, group in enumerate(self.problem.groups):
            for before in group.after:
                self.after[before].append(follower)
        self.next_users = self._next_users()
        self.first: dict[_Rule, dict[int, _FirstStart]] = defaultdict(dict)
        self.latest: dict[int, int] = {}

    def found(self) -> LatestTimes:
        """The latest times, from the last restart to the first."""
        ends: dict[int, int] = {}
        for number in reversed(self.order):
            task = self.problem.tasks[number]
            waiting = list(self._waiting(number))
            end = min((minute for minute, _ in waiting), default=_NEVER)
            if any(tonight for _, tonight in waiting):
                ends[number] = end
            start = min(self._last_in_opening(number), end - task.duration)
            self.latest[number] = start
            rules = [("group", group) for group in task.groups]
            rules += [] if task.ring is None else [("ring", task.ring)]
            for rule in rules:
                nights, night = self.first[rule], self.nights[number]
                first = nights.get(night, _FirstStart())
                planned = min(first.planned, self.planned[number])
                nights[night] = _FirstStart(planned, min(first.latest, start))
        return LatestTimes(self.latest, ends)

    def _waiting(self, number: int) -> Iterator[tuple[int, bool]]:
        """(an end that lets a later restart start in time, whether that one is of this night)."""
        task, night = self.problem.tasks[number], self.nights[number]
        for other, settle in self.next_users.get(number, ()):
            tonight = self.nights[other] == night
            start = self.latest[other] if tonight else self.planned[other]
            yield start - settle, tonight
        for group in task.groups:
            for follower in self.after.get(group, ()):
                yield from self._before(("group", follower), night, 0)
        ring = None if task.ring is None else self.following.get(task.ring)
        if task.ring is not None and ring is not None:
            yield from self._before(("ring", ring), night, self.problem.rings[task.ring].soak)

    def _before(self, rule: _Rule, night: int, wait: int) -> Iterator[tuple[int, bool]]:
        for other, first in self.first.get(rule, {}).items():
            tonight = other == night
            yield (first.latest if tonight else first.planned) - wait, tonight

    def _last_in_opening(self, number: int) -> int:
        """The last start in the opening of a restart; a fixed one has no other."""
        task, start = self.problem.tasks[number], self.planned[number]
        if task.pinned is not None or number in self.prepared.running:
            return start
        end = start + task.duration
        pieces = self.prepared.pieces[number]
        ends = (piece.end for piece in pieces if piece.start <= start and end <= piece.end)
        return max(ends, default=end) - task.duration

    def _next_users(self) -> dict[int, list[tuple[int, int]]]:
        """The restarts that take the place of a restart in a group or a limit, each with the
        minutes that it settles.
        """
        use = LimitUse(self.problem)
        places: dict[Limit, list[tuple[int, int]]] = defaultdict(list)
        found: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for task in self.prepared.settling:
            for limit in limits_of(task):
                end = (task.pinned or 0) + task.duration + use.settle(limit)
                heappush(places[limit], (end, _DONE))
        for number in self.order:
            start, task = self.planned[number], self.problem.tasks[number]
            for limit in limits_of(task):
                taken, settle = places[limit], use.settle(limit)
                while len(taken) >= use.capacity(limit):
                    _, before = heappop(taken)
                    if before != _DONE:
                        found[before].append((number, settle))
                heappush(taken, (start + task.duration + settle, number))
        return found
