"""The limits of the platform that runs a window: the values that break them, with their place."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

from hotpatch_cli.documents.phrases import counted
from hotpatch_cli.eligibility.verdict import Judge
from hotpatch_cli.inputs.azure.schedules import Schedule
from hotpatch_cli.knowledge.limits import Limit
from hotpatch_cli.model import (
    Finding,
    Fleet,
    Location,
    Machine,
    RebootSetting,
    make_finding,
    meaning_of,
)
from hotpatch_cli.restarts import RUN_BY_AZURE, needs_schedule, schedule_findings
from hotpatch_cli.schedule.durations import duration_text
from hotpatch_cli.schedule.overlaps import LOOKED_AHEAD, Meeting, first_meeting
from hotpatch_cli.schedule.patch_tuesday import next_planned_baseline
from hotpatch_cli.schedule.windows import Window, WindowError, ZoneMissing
from hotpatch_cli.schedule.zones import find_zone
from hotpatch_cli.servicing.restart import customer_managed, start_of
from hotpatch_cli.use_cases.schedule_limits import Broken, own_breaches, zone_without_name

_TO_INSTALL = timedelta(minutes=15)  # of the limit `needed`; the rest of it is the restart
CODE = "HP503"
_OF_VARIANT = {"default": "not-run", "no_schedule": "no-schedule", "unknown": "mode-unknown"}
"""The limits that stand for the sentences of HP504."""


class LimitBreach(NamedTuple):
    """A limit that a window breaks, with the machine that it concerns, the value and its place.

    `rule` is the finding where another rule than HP503 raises it.
    """

    limit: Limit
    window: str
    observed: str
    place: Location
    machine: str | None = None
    rule: Finding | None = None

    @property
    def finding(self) -> Finding:
        """The finding, whose rule has its sentence."""
        if self.rule is not None:
            return self.rule
        return make_finding(
            CODE, window=self.window, limit=self.limit.limit, observed=self.observed
        )


class Lint:
    """Checks the windows that Azure runs, and the machines in them, against the limits."""

    def __init__(self, limits: Mapping[str, Limit], fleet: Fleet, judge: Judge) -> None:
        self.limits = limits
        self.fleet = fleet
        self.judge = judge
        self.members: dict[str, list[Machine]] = {}
        self._meetings: dict[tuple[tuple[str, ...], str | None], Meeting | None] = {}
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
        breaches += self._scopes(run)
        breaches += self._machines({schedule.name for schedule in run})
        breaches += self._not_run(schedules)
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
            return schedule.runner in RUN_BY_AZURE
        return any(
            customer_managed(machine.facts) for machine in self.members.get(schedule.name, ())
        )

    def _window(self, schedule: Schedule) -> Iterator[LimitBreach]:
        def number(name: str) -> int:
            return self.limits[name].number

        for broken in own_breaches(schedule, number, self.judge.as_of):
            yield self._broken(broken.limit, schedule, broken.part, broken.observed)
        if schedule.configuration is None:
            for broken in self._rewritten(schedule):
                yield self._broken(broken.limit, schedule, broken.part, broken.observed)
        if meaning_of(schedule.reboot) is RebootSetting.NEVER:
            yield self._broken("never-reboot", schedule, "reboot", self._never(schedule))
        count = len(self.members.get(schedule.name, ()))
        if count > self.limits["machines"].number:
            yield self._broken("machines", schedule, "name", f"{count} machines")

    def _rewritten(self, schedule: Schedule) -> Iterator[Broken]:
        """What an export can't write for Azure of the zones and days of an inventory's window."""
        window = self.fleet.windows.get(schedule.name)
        if window is None:
            return
        if window.exdates:
            yield Broken("recurrence", "rule", "a problem: Azure doesn't support excluded days")
        members = self.members.get(schedule.name, ())
        zones = {machine.placement.timezone for machine in members}
        for zone in {window.timezone} if window.timezone else zones:
            if zone and (problem := zone_without_name(zone)):
                yield Broken("zone", "zone", problem)

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

    def _scopes(self, schedules: Sequence[Schedule]) -> Iterator[LimitBreach]:
        """Dynamic scopes above a limit: each by itself, those of a schedule, and those of a
        subscription in a region, which are reported at the schedule that is the last of them.
        """
        places: Counter[tuple[str, str]] = Counter()
        for schedule in schedules:
            scopes = [scope for scope in self.fleet.scopes if scope.configuration == schedule.name]
            for scope in scopes:
                yield from self._above(schedule, "scope-tags", len(scope.scope.tags), "tags")
                groups = len(scope.scope.resource_groups)
                yield from self._above(schedule, "scope-groups", groups, "resource groups")
                where = f"machines in {scope.assignment}"
                yield from self._above(schedule, "scope-machines", len(scope.machines), where)
            yield from self._above(schedule, "scopes-of-schedule", len(scopes), "dynamic scopes")
            if schedule.scope is not None:
                places[schedule.scope] += len(scopes)
                where = f"in {schedule.scope[0]}, {schedule.scope[1]}"
                yield from self._above(schedule, "scopes", places[schedule.scope], where)

    def _above(
        self, schedule: Schedule, limit: str, count: int, what: str
    ) -> Iterator[LimitBreach]:
        if count > self.limits[limit].number:
            yield self._broken(limit, schedule, "name", f"{count} {what}")

    def _machines(self, run: set[str]) -> Iterator[LimitBreach]:
        for machine in self.fleet.machines:
            names = [name for name in machine.placement.windows if name in run]
            if names:
                yield from self._machine(machine, names)

    def _machine(self, machine: Machine, names: Sequence[str]) -> Iterator[LimitBreach]:
        def broken(name: str, field: str, observed: str) -> LimitBreach:
            place = machine.origin.locate(field)
            return LimitBreach(self.limits[name], ", ".join(names), observed, place, machine.label)

        meeting = self._meeting(names, machine.placement.timezone) if len(names) > 1 else None
        if meeting is not None:
            yield broken("overlap", "window", _both(meeting, machine))
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

    def _meeting(self, names: Sequence[str], timezone: str | None) -> Meeting | None:
        """The first time at which two of a machine's windows are open, from the as-of date on."""
        windows = [self.fleet.windows[name] for name in names if name in self.fleet.windows]
        zone = None if all(window.timezone for window in windows) else timezone
        key = (tuple(names), zone)
        if key not in self._meetings:
            self._meetings[key] = self._first_meeting(windows, zone)
        return self._meetings[key]

    def _first_meeting(self, windows: Sequence[Window], timezone: str | None) -> Meeting | None:
        begin = start_of(self.judge.as_of)
        zone = find_zone(timezone) if timezone else None
        try:
            return first_meeting(windows, zone, begin, begin + LOOKED_AHEAD)
        except (ZoneMissing, WindowError):
            return None  # `check` and the reader say which zone or time is missing

    def _not_run(self, schedules: Sequence[Schedule]) -> Iterator[LimitBreach]:
        """HP504: the machines on which Azure doesn't run its windows, and those without one."""
        runners = {schedule.name: schedule.runner for schedule in schedules}
        for machine in self.fleet.machines:
            if self.judge.judge(machine.facts).verdict is None:
                continue  # not Windows
            names = [
                name
                for name in machine.placement.windows
                if needs_schedule(runners.get(name), machine.facts)
            ]
            for finding in schedule_findings(machine.facts, machine.placement, names):
                limit = self.limits[_OF_VARIANT[finding.variant]]
                field = "patching.bypass_safety_checks" if not names else "patching.mode"
                place = machine.origin.locate(field)
                observed = ", ".join(
                    f"{name} {value}" for name, value in finding.evidence if name != "window"
                )
                yield LimitBreach(limit, ", ".join(names), observed, place, machine.label, finding)

    def _broken(self, name: str, schedule: Schedule, part: str, observed: str) -> LimitBreach:
        return LimitBreach(self.limits[name], schedule.name, observed, schedule.places[part])


def _both(meeting: Meeting, machine: Machine) -> str:
    start, end = meeting.start, meeting.end
    until = f"{end:%H:%M}" if end.date() == start.date() else f"{end:%Y-%m-%d %H:%M}"
    names = f"{meeting.earlier.window} and {meeting.later.window}"
    return (
        f"{names}, both open on {start:%Y-%m-%d} from {start:%H:%M} to {until} on {machine.label}"
    )
