"""Seeded estates in the likeness of real ones: clusters, availability groups, domain controllers,
farms, rings and a freeze. Times are minutes from the release.

The release is a Patch Tuesday at 18:00 UTC; the fiscal quarter ends on the third weekend after it.
"""

from random import Random
from typing import NamedTuple

from fleets import DAY, Fleet, HiddenPlan, Interval, plant

from hotpatch_cli.scheduler import (
    ResourceLimit,
    SchedulingProblem,
    Task,
    TaskGroup,
    TaskRing,
)

ZONES = (-8, -5, 0, 1, 5.5, 8)
"""Hours from UTC of the six regions."""
DURATIONS = (10, 15, 15, 15, 20, 20, 20, 25, 30, 45)
SETTLES = (10, 15, 15, 20, 30)
PILOT, EARLY, BROAD = range(3)
SHARE = (0.05, 0.2, 0.75)  # of the machines in each ring
RELEASE_MINUTE = 18 * 60

Night = tuple[int, int, int]
"""Days from the release's Tuesday, minute of the local day, length."""
LATE, SMALL_HOURS = (22 * 60, 240), (60, 240)
WEEKLY: tuple[tuple[Night, ...], ...] = (
    ((4, *LATE),),  # Saturday
    ((3, *LATE), (4, *LATE), (5, *LATE)),  # Friday to Sunday
    ((4, *LATE), (5, *LATE)),
    ((5, *SMALL_HOURS), (6, *SMALL_HOURS)),  # early on Sunday and on Monday
    ((1, *LATE), (2, *LATE)),  # Wednesday and Thursday
    ((6, *LATE), (7, *LATE), (8, *LATE), (9, *LATE)),  # Monday to Thursday
)
WEEKLY_SHARE = (3, 4, 3, 2, 1, 2)
MONTHLY = 0.25
"""The share of machines with a window of Patch Tuesday + n, for two nights."""


class Shape(NamedTuple):
    """What tells one kind from another; days are counted from the release."""

    days: tuple[int, ...]  # the deadline, one of these
    soaks: tuple[tuple[int, ...], tuple[int, ...]]  # days after pilot and early, one of these each
    phases: tuple[int, int]  # the days by which the hidden plan has pilot and early done
    freeze: tuple[int, int]  # the days from which and to which it lasts
    frozen: float  # the share of the systems that the freeze is for
    at_once: int  # of 1,000 machines
    a_region: int  # of 1,000 machines
    weights: tuple[int, ...]
    slow: float  # the share of broad clusters too slow for their windows


ROOMY = Shape(
    (28, 30), ((3, 4, 5), (3, 5, 7)), (6, 13), (16, 20), 1.0, 25, 8, (1, 1, 1, 1, 2, 5), 0.0
)
TIGHT = ROOMY._replace(
    days=(21,), soaks=((3,), (3,)), freeze=(17, 19), frozen=0.3, at_once=10, a_region=4
)
FULL = TIGHT._replace(frozen=0.5, at_once=6, a_region=2)
SHORT = TIGHT._replace(
    days=(14,),
    phases=(3, 8),
    frozen=0.0,
    at_once=8,
    a_region=3,
    weights=tuple(range(1, 11)),
    slow=0.5,
)
ESTATES = {
    "estate": ROOMY,
    "estate-tight": TIGHT,
    "estate-full": FULL,
    "estate-short": SHORT,
}


def make_estate(kind: str, machines: int, seed: int) -> Fleet:
    """An estate of about `machines` machines with a hidden plan.

    The hidden plan holds all machines, except for `estate-short`: no plan of it does, since some
    clusters are too slow for their windows.
    """
    builder = _Builder(ESTATES[kind], machines, Random(f"{kind} {machines} {seed}"))
    problem = builder.problem()
    phases = (*builder.shape.phases, builder.days)
    if not builder.shape.slow:
        return plant(problem, phases, builder.random)
    if not any(_too_slow(problem, group) for group in range(len(problem.groups))):
        raise ValueError(f"{kind} {machines} {seed}: every machine may fit. Take another seed")
    return Fleet(problem, _partial_plan(problem))


class _Builder:
    """Adds systems until there are machines enough."""

    def __init__(self, shape: Shape, machines: int, random: Random) -> None:
        self.shape, self.machines, self.random = shape, machines, random
        self.days = random.choice(shape.days)
        self.soaks = [random.choice(soaks) for soaks in shape.soaks]
        self.groups: list[TaskGroup] = []
        self.tasks: list[Task] = []
        self._openings: dict[tuple[tuple[Night, ...], int, bool], tuple[Interval, ...]] = {}

    def problem(self) -> SchedulingProblem:
        """All systems, under the limits of the estate."""
        kinds = (
            self._cluster,
            self._availability_group,
            self._controllers,
            self._farm,
            self._alone,
        )
        while len(self.tasks) < self.machines:
            self.random.choices(kinds, (6, 4, 1, 3, 45))[0]()
        share = max(1.0, self.machines / 1000) if self.shape.at_once >= 25 else self.machines / 1000
        at_once = max(2, round(self.shape.at_once * share))
        a_region = max(1, round(self.shape.a_region * share))
        regions = (ResourceLimit(f"region{number}", a_region) for number in range(len(ZONES)))
        rings = (
            TaskRing("pilot", self.soaks[PILOT] * DAY),
            TaskRing("early", self.soaks[EARLY] * DAY),
            TaskRing("broad"),
        )
        return SchedulingProblem(
            tuple(self.tasks),
            tuple(self.groups),
            rings,
            (ResourceLimit("fleet", at_once), *regions),
            self.days * DAY,
        )

    def _cluster(self) -> None:
        """A failover cluster: one node at a time, and the roles settle before the next."""
        ring, size = self._ring(), self.random.choice((2, 2, 2, 3, 4, 4, 6, 8))
        slow = ring == BROAD and self.random.random() < self.shape.slow
        if slow:
            size = 8
        elif self.shape.slow:
            size = min(size, 3)  # what cannot end before the next ring would block all that follows
        group = self._group(1, 30 if slow else self.random.choice(SETTLES))
        zone, windows = self._windows(ring, WEEKLY[0] if slow else None)
        for _ in range(size):
            self._add(ring, zone, windows, (group,), 45 if slow else None)

    def _availability_group(self) -> None:
        """SQL Server: the secondaries one at a time, and the primary after them."""
        ring, secondaries = self._ring(), self.random.choice((1, 1, 2, 2, 3))
        zone, windows = self._windows(ring)
        secondary = self._group(1, self.random.choice(SETTLES))
        primary = self._group(1, 0, (secondary,))
        for _ in range(secondaries):
            self._add(ring, zone, windows, (secondary,))
        self._add(ring, zone, windows, (primary,))

    def _controllers(self) -> None:
        """The domain controllers of a site: one at a time, the first of them in an earlier ring."""
        site = self._group(1, 30)
        zone = None
        for number in range(self.random.choice((2, 2, 3, 4))):
            ring = self.random.choice((PILOT, EARLY)) if not number else BROAD
            zone, windows = self._windows(ring, zone=zone)
            self._add(ring, zone, windows, (site,))

    def _farm(self) -> None:
        """Web servers behind a balancer: a quarter of them at once."""
        ring, size = self._ring(), self.random.choice((4, 6, 8, 12))
        farm = self._group(max(1, size // 4), 10)
        zone, windows = self._windows(ring)
        for _ in range(size):
            self._add(ring, zone, windows, (farm,))

    def _alone(self) -> None:
        ring = self._ring()
        zone, windows = self._windows(ring)
        self._add(ring, zone, windows, ())

    def _ring(self) -> int:
        return self.random.choices((PILOT, EARLY, BROAD), SHARE)[0]

    def _group(self, capacity: int, settle: int, after: tuple[int, ...] = ()) -> int:
        self.groups.append(TaskGroup(f"group{len(self.groups)}", capacity, settle, after))
        return len(self.groups) - 1

    def _add(
        self,
        ring: int,
        zone: int,
        windows: tuple[Interval, ...],
        groups: tuple[int, ...],
        duration: int | None = None,
    ) -> None:
        self.tasks.append(
            Task(
                f"machine{len(self.tasks)}",
                duration or self.random.choice(DURATIONS),
                windows,
                self.random.choice(self.shape.weights),
                groups,
                ring,
                (0, 1 + zone),
            )
        )

    def _windows(
        self, ring: int, nights: tuple[Night, ...] | None = None, zone: int | None = None
    ) -> tuple[int, tuple[Interval, ...]]:
        """A zone and windows that open at least once in the time of a ring."""
        frozen = self.random.random() < self.shape.frozen
        first = self.shape.phases[ring - 1] + self.soaks[ring - 1] if ring else 0
        last = (*self.shape.phases, self.days)[ring]
        while True:
            place = self.random.randrange(len(ZONES)) if zone is None else zone
            key = (nights or self._nights(first, last), place, frozen)
            if key not in self._openings:
                self._openings[key] = self._opened(*key[:2], frozen=frozen)
            opened = self._openings[key]
            if any(first * DAY <= start and end <= last * DAY for start, end in opened):
                return place, opened

    def _nights(self, first: int, last: int) -> tuple[Night, ...]:
        if self.random.random() < MONTHLY:
            after = self.random.randrange(first, last)
            return ((-after, *LATE), (-after - 1, *LATE))  # negative: once a month
        return self.random.choices(WEEKLY, WEEKLY_SHARE)[0]

    def _opened(
        self, nights: tuple[Night, ...], zone: int, *, frozen: bool
    ) -> tuple[Interval, ...]:
        """The openings of a window up to the deadline, without those that touch the freeze."""
        freeze_start, freeze_end = (day * DAY for day in self.shape.freeze)
        opened = []
        for day, minute, length in nights:
            step = 28 if day <= 0 else 7
            for number in range(-1, self.days // step + 1):
                moment = (step * number + abs(day)) * DAY + minute
                start = int(moment - RELEASE_MINUTE - ZONES[zone] * 60)
                end = start + length
                touches = frozen and start < freeze_end and freeze_start < end
                if start >= 0 and end <= self.days * DAY and not touches:
                    opened.append((start, end))
        return tuple(sorted(set(opened)))


def _too_slow(problem: SchedulingProblem, number: int) -> bool:
    members = [task for task in problem.tasks if number in task.groups]
    return len(members) > problem.most_starts(members, problem.groups[number])


def _partial_plan(problem: SchedulingProblem) -> tuple[int | None, ...]:
    """As soon as possible, the heaviest first; whoever waits for one without a start has none."""
    plan = HiddenPlan(problem)
    tasks = problem.tasks
    ready = plan.order()
    turn = {task: place for place, task in enumerate(ready)}
    for task in sorted(ready, key=lambda task: (tasks[task].ring or 0, turn[task])):
        before = (other for gate in plan.waits[task] for other in plan.gates[gate].before)
        if any(plan.starts[other] is None for other in before):
            continue
        start = plan.earliest(task, plan.release(task), plan.limit(task, problem.deadline or 0))
        if start is not None:
            plan.place(task, start)
    return tuple(plan.starts)
