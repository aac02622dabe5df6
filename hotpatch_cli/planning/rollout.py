"""The restarts that are still a part of a rollout, as a problem of the scheduler: which of them the
rules of the fleet no longer allow at their planned time, and which may start now.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime

from hotpatch_cli.eligibility.verdict import Judge
from hotpatch_cli.model import Fleet, Machine
from hotpatch_cli.planning.plan import BROKEN_RULES
from hotpatch_cli.planning.prepare import unknown_product
from hotpatch_cli.planning.restart_state import UNNEEDED, MachineProgress
from hotpatch_cli.planning.rules import problem_of
from hotpatch_cli.planning.startable import RestartTimes, startable
from hotpatch_cli.planning.window_slots import MINUTE, MinuteInterval, WindowSlots, whole_minutes
from hotpatch_cli.schedule.durations import duration_text
from hotpatch_cli.schedule.windows import ZoneMissing
from hotpatch_cli.scheduler import SchedulingProblem, verify

_SHARED_RULES = ("group", "resource", "after", "ring")
_Broken = tuple[str, tuple[int, ...], str | None, int | None]
"""A violation as the scheduler has it: the rule, the tasks, the limit, and the moment."""


class Rollout:
    """The restarts that are still a part of the rollout, as a problem of the scheduler."""

    def __init__(
        self,
        fleet: Fleet,
        rows: Sequence[MachineProgress],
        calendar: WindowSlots,
        at: datetime,
    ) -> None:
        self.rows, self.calendar = list(rows), calendar
        self.at = whole_minutes(calendar.release, at)
        self._index = [
            number
            for number, row in enumerate(rows)
            if row.machine is not None and row.state not in UNNEEDED
        ]
        machines = [row.machine for row in rows if row.machine and row.state not in UNNEEDED]
        self._machines = machines
        self.problem: SchedulingProblem = problem_of(fleet, machines, calendar)._replace(
            deadline=None
        )

    def checked(self) -> list[MachineProgress]:
        """The rows; a restart that is ahead, and whose start the fleet's rules don't allow any
        more, has the rule in its evidence.
        """
        times = self._times()
        broken: dict[int, list[str]] = {}
        for task, (start, _) in times.planned.items():
            if start >= self.at and (text := self._start_problem(task, start)):
                broken.setdefault(task, []).append(text)
        violations = verify(self.problem, self._starts(times))
        ahead = {task for task, (start, _) in times.planned.items() if start >= self.at}
        for task, text in _broken_rules(violations, ahead, self.at):
            broken.setdefault(task, []).append(text)
        for task, texts in broken.items():
            self._note(task, texts, moved=True)
        for first, task in _blocked(violations, ahead):
            text = f"It starts after {self._machines[first].label}, which isn't done."
            self._note(task, [text], moved=False)
        return self.rows

    def _note(self, task: int, texts: Iterable[str], *, moved: bool) -> None:
        row = self.rows[self._index[task]]
        evidence = " ".join([row.evidence, *dict.fromkeys(texts)])
        self.rows[self._index[task]] = row._replace(evidence=evidence, moved=row.moved or moved)

    def _times(self) -> RestartTimes:
        ended, planned = {}, {}
        for task, number in enumerate(self._index):
            row = self.rows[number]
            if row.ended is not None:
                ended[task] = whole_minutes(self.calendar.release, row.ended)
            elif row.state == "due" and row.start is not None and row.end is not None:
                planned[task] = self._minutes(row.start), self._minutes(row.end)
        return RestartTimes(ended, planned)

    def _minutes(self, moment: datetime) -> int:
        return (moment.astimezone(UTC) - self.calendar.release) // MINUTE

    def _start_problem(self, task: int, start: int) -> str:
        """Why a machine can't start at its planned time: its own windows, length, or pin."""
        machine, row = self._machines[task], self.rows[self._index[task]]
        length = machine.placement.reboot
        if row.planned and row.planned.end and row.start and row.planned.end - row.start != length:
            return f"Its restart takes {duration_text(length)} now."
        pinned = self.problem.tasks[task].pinned
        if pinned is not None and pinned != start:
            return "Its planned start isn't the pinned time (`reboot_at`)."
        last = start + length // MINUTE
        if last > self._minutes(self.calendar.finish) or self._is_open(machine, start):
            return ""
        return "Its planned start isn't inside an opening of its window now, or is in a freeze."

    def _is_open(self, machine: Machine, start: int) -> bool:
        """Whether a restart that starts at a minute is inside one opening, outside all freezes."""
        last = start + machine.placement.reboot // MINUTE
        try:
            pieces = self.calendar.of(machine.placement)
        except ZoneMissing:
            return False
        return any(piece.start <= start and last <= piece.end for piece in pieces)

    def _starts(self, times: RestartTimes) -> list[int | None]:
        """The starts of restarts that are done, in progress, or ahead."""
        starts: list[int | None] = [None] * len(self.problem.tasks)
        for task, end in times.ended.items():
            starts[task] = end - self.problem.tasks[task].duration
        for task, (start, _) in times.planned.items():
            starts[task] = start
        return starts

    def startable(self, judge: Judge) -> list[str]:
        """The machines that may start at the moment, those first whose time it is by the plan."""
        times = self._times()
        candidates = []
        for task, number in enumerate(self._index):
            row, machine = self.rows[number], self._machines[task]
            pinned = self.problem.tasks[task].pinned
            if row.ended is not None or pinned not in (None, self.at):
                continue
            if unknown_product(machine, judge.judge(machine.facts)) is not None:
                continue
            if self._is_open(machine, self.at):
                candidates.append((*self._priority(row, times.planned.get(task)), task))
        order = [task for *_, task in sorted(candidates)]
        found = startable(self.problem, times, order, self.at)
        return [self._machines[task].label for task in found]

    def _priority(self, row: MachineProgress, planned: MinuteInterval | None) -> tuple[int, int]:
        """Restarts whose time it is, then those that are late, then those ahead, then new ones."""
        if planned is not None:
            return (0 if planned[0] <= self.at else 2), planned[0]
        return (1, self._minutes(row.start)) if row.start is not None else (3, 0)


def _broken_rules(
    violations: Iterable[_Broken], ahead: Collection[int], at: int
) -> Iterable[tuple[int, str]]:
    """The rules between machines that restarts ahead break, by task: limits and order."""
    for rule, tasks, limit, moment in violations:
        if rule not in _SHARED_RULES or moment is None or moment < at:
            continue
        broken = BROKEN_RULES[rule].format(limit=limit)
        for task in tasks:
            if task in ahead:
                yield task, f"Its planned start breaks a rule: {broken}."


def _blocked(violations: Iterable[_Broken], ahead: Collection[int]) -> Iterable[tuple[int, int]]:
    """(a restart that isn't done, a restart ahead that starts after it), once for each of those."""
    blocked = {}
    for rule, tasks, _, _ in violations:
        if rule == "unplaced" and tasks[1] in ahead:
            blocked[tasks[1]] = tasks[0]
    return [(first, task) for task, first in blocked.items()]
