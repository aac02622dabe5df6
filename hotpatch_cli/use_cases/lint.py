"""The limits of the platform that runs a window: the values that break them, with their place."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from hotpatch_cli.documents.phrases import counted
from hotpatch_cli.eligibility.verdict import Judge
from hotpatch_cli.inputs.azure.maintenance import RUNNER
from hotpatch_cli.inputs.azure.schedules import Schedule
from hotpatch_cli.knowledge.limits import Limit
from hotpatch_cli.model import Fleet, Location, Machine, RebootSetting, meaning_of
from hotpatch_cli.schedule.azure import AzureRecurrence
from hotpatch_cli.schedule.day_rules import AfterPatchTuesday
from hotpatch_cli.schedule.durations import duration_text
from hotpatch_cli.schedule.patch_tuesday import next_planned_baseline
from hotpatch_cli.servicing.restart import customer_managed

MINUTE = timedelta(minutes=1)
_TO_INSTALL = timedelta(minutes=15)  # of the limit `needed`; the rest of it is the restart


class LimitBreach(NamedTuple):
    """A limit that a window breaks, with the machine that it concerns, the value and its place."""

    limit: Limit
    window: str
    observed: str
    place: Location
    machine: str | None = None


class Lint:
    """Checks the windows that Azure runs, and the machines in them, against the limits."""

    def __init__(self, limits: Mapping[str, Limit], fleet: Fleet, judge: Judge) -> None:
        self.limits = limits
        self.fleet = fleet
        self.judge = judge
        self.members: dict[str, list[Machine]] = {}
        for machine in fleet.machines:
            for name in machine.placement.windows:
                self.members.setdefault(name, []).append(machine)

    def check(self, schedules: Sequence[Schedule]) -> tuple[LimitBreach, ...]:
        """Every broken limit, in the order of files and lines."""
        run = [schedule for schedule in schedules if self.runs(schedule)]
        breaches: list[LimitBreach] = []
        for schedule in run:
            breaches += self._window(schedule)
        breaches += self._together(run)
        breaches += self._machines({schedule.name for schedule in run})
        files = dict.fromkeys(breach.place.file for breach in breaches)
        order = {name: number for number, name in enumerate(files)}
        return tuple(
            sorted(breaches, key=lambda breach: (order[breach.place.file], breach.place.line or 0))
        )

    def runs(self, schedule: Schedule) -> bool:
        """Whether Azure runs a window: by its `runner`, or because Azure runs a schedule on one of
        its machines.
        """
        if schedule.runner is not None:
            return schedule.runner in (RUNNER, "platform")
        return any(
            customer_managed(machine.facts) for machine in self.members.get(schedule.name, ())
        )

    def _window(self, schedule: Schedule) -> Iterator[LimitBreach]:
        for part, reason in schedule.broken:
            yield self._broken("readable", schedule, part, f"a problem: {reason.rstrip('.')}")
        for name, part, check in _CHECKS:
            observed = check(schedule, self.limits[name].number)
            if observed:
                yield self._broken(name, schedule, part, observed)
        if schedule.until is not None and schedule.until < self.judge.as_of:
            yield self._broken("expired", schedule, "until", f"its last day was {schedule.until}")
        if meaning_of(schedule.reboot) is RebootSetting.NEVER:
            yield self._broken("never-reboot", schedule, "reboot", self._never(schedule))
        count = len(self.members.get(schedule.name, ()))
        if count > self.limits["machines"].number:
            yield self._broken("machines", schedule, "name", f"{count} machines")

    def _never(self, schedule: Schedule) -> str:
        due = sum(self._is_due(machine) for machine in self.members.get(schedule.name, ()))
        if due:
            return f"{schedule.reboot}, and a baseline is due on {counted(due, 'machine')}"
        following = next_planned_baseline(self.judge.as_of)
        return f"{schedule.reboot}, and the next planned baseline is on {following:%a %Y-%m-%d}"

    def _is_due(self, machine: Machine) -> bool:
        return self.judge.judge(machine.facts).track.state == "baseline-due"

    def _together(self, schedules: Sequence[Schedule]) -> Iterator[LimitBreach]:
        """Subscriptions and regions with too many schedules, each reported at the first schedule
        above the limit.
        """
        limit = self.limits["schedules"]
        counts = Counter(schedule.scope for schedule in schedules if schedule.scope)
        for scope, count in counts.items():
            if count > limit.number and scope is not None:
                extra = [schedule for schedule in schedules if schedule.scope == scope][
                    limit.number
                ]
                yield self._broken("schedules", extra, "name", f"{count} in {scope[0]}, {scope[1]}")

    def _machines(self, run: set[str]) -> Iterator[LimitBreach]:
        for machine in self.fleet.machines:
            names = [name for name in machine.placement.windows if name in run]
            if names:
                yield from self._machine(machine, names)

    def _machine(self, machine: Machine, names: Sequence[str]) -> Iterator[LimitBreach]:
        def broken(name: str, field: str, observed: str) -> LimitBreach:
            place = machine.origin.locate(field)
            return LimitBreach(self.limits[name], ", ".join(names), observed, place, machine.label)

        if len(names) > 1:
            yield broken("one-schedule", "window", f"{len(names)} schedules on {machine.label}")
        if machine.facts.platform == "azure-local":
            yield broken("azure-local", "platform", f"{machine.label} on Azure Local")
        never = meaning_of(machine.facts.patching.reboot) is RebootSetting.NEVER
        if never and self._is_due(machine):
            yield broken(
                "never-reboot",
                "patching.reboot",
                f"Never on {machine.label}, and a baseline is due",
            )
        needed = _TO_INSTALL + machine.placement.reboot
        lengths = [
            window.duration
            for name in names
            if (window := self.fleet.windows.get(name)) and window.duration
        ]
        if lengths and min(lengths) < needed:
            yield broken(
                "needed",
                "reboot_minutes",
                (
                    f"{duration_text(min(lengths))}, while {machine.label} needs "
                    f"{duration_text(needed)}"
                ),
            )

    def _broken(self, name: str, schedule: Schedule, part: str, observed: str) -> LimitBreach:
        return LimitBreach(self.limits[name], schedule.name, observed, schedule.places[part])


# --- limits on a single window ----------------------------------------


def _too_short(schedule: Schedule, number: int) -> str | None:
    return _length(schedule, lambda minutes: minutes < number)


def _too_long(schedule: Schedule, number: int) -> str | None:
    return _length(schedule, lambda minutes: minutes > number)


def _length(schedule: Schedule, is_wrong: Callable[[float], bool]) -> str | None:
    wrong = schedule.duration is not None and is_wrong(schedule.duration / MINUTE)
    return duration_text(schedule.duration) if wrong and schedule.duration is not None else None


def _too_often(schedule: Schedule, number: int) -> str | None:
    rule = schedule.rule
    if isinstance(rule, AzureRecurrence) and rule.unit == "Hour" and rule.interval * 60 < number:
        return f"every {rule.interval} h"
    return None


def _too_late(schedule: Schedule, number: int) -> str | None:
    late = [start for start in _starts(schedule) if start.hour * 60 + start.minute >= number]
    return f"{late[0]:%H:%M}" if late else None


def _starts(schedule: Schedule) -> Iterable[time]:
    """The times of day at which a window starts; an hour recurrence has several."""
    if schedule.start is None:
        return ()
    rule, begin = schedule.rule, datetime.combine(date.min, schedule.start)
    if not isinstance(rule, AzureRecurrence) or rule.unit != "Hour":
        return (schedule.start,)
    return [(begin + number * timedelta(hours=rule.interval)).time() for number in range(24)]


def _too_far(schedule: Schedule, number: int) -> str | None:
    match schedule.rule:
        case AzureRecurrence(offset=days) | AfterPatchTuesday(days=days) if abs(days) > number:
            return f"{days} days"
    return None


_CHECKS: tuple[tuple[str, str, Callable[[Schedule, int], str | None]], ...] = (
    ("shortest", "duration", _too_short),
    ("longest", "duration", _too_long),
    ("needed", "duration", _too_short),
    ("repeat", "rule", _too_often),
    ("late-start", "start", _too_late),
    ("offset", "rule", _too_far),
)
