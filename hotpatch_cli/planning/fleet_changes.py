"""Single changes of a fleet: what they make of it, so that it can be planned again."""

from collections.abc import Callable, Collection
from datetime import date, time, timedelta
from typing import Any, NamedTuple

from hotpatch_cli.model import Fleet, Machine
from hotpatch_cli.planning.window_slots import PlanSpan
from hotpatch_cli.schedule.day_rules import Weekdays
from hotpatch_cli.schedule.windows import Window


class PlannedFleet(NamedTuple):
    """A fleet, those of its machines that restart, and the time of the plan."""

    fleet: Fleet
    machines: tuple[Machine, ...]
    span: PlanSpan

    def with_span(self, span: PlanSpan) -> "PlannedFleet":
        """The fleet with a plan of another time."""
        return self._replace(span=span)

    def with_limits(self, **limits: Any) -> "PlannedFleet":
        """The fleet with other limits."""
        return self._with(limits=self.fleet.limits._replace(**limits))

    def with_group(self, name: str, **rule: Any) -> "PlannedFleet":
        """The fleet with another rule for a group."""
        groups = {**self.fleet.groups, name: self.fleet.groups[name]._replace(**rule)}
        return self._with(groups=groups)

    def with_soak(self, name: str, soak: timedelta) -> "PlannedFleet":
        """The fleet with another soak time of a ring."""
        rings = (
            ring._replace(soak=soak) if ring.name == name else ring for ring in self.fleet.rings
        )
        return self._with(rings=tuple(rings))

    def with_freeze_days(self, name: str, **days: Any) -> "PlannedFleet":
        """The fleet with another first or last day of a freeze."""
        freezes = (
            freeze._replace(**days) if freeze.name == name else freeze
            for freeze in self.fleet.freezes
        )
        return self._with(freezes=tuple(freezes))

    def without_freezes(self, names: Collection[str]) -> "PlannedFleet":
        """The fleet without some freezes."""
        kept = (freeze for freeze in self.fleet.freezes if freeze.name not in names)
        return self._with(freezes=tuple(kept))

    def with_length(self, window: str, duration: timedelta) -> "PlannedFleet":
        """The fleet with a window of another length."""
        changed = self.fleet.windows[window]._replace(duration=duration)
        return self._with(windows={**self.fleet.windows, window: changed})

    def with_opening(self, window: str, opening: Window) -> "PlannedFleet":
        """The fleet with one more opening for all machines of a window."""
        more = self._with(windows={**self.fleet.windows, opening.name: opening})

        def use(machine: Machine) -> Machine:
            windows = (*machine.placement.windows, opening.name)
            return machine._replace(placement=machine.placement._replace(windows=windows))

        named = (machine for machine in self.machines if window in machine.placement.windows)
        return more.with_machines({machine.label for machine in named}, use)

    def with_machines(
        self, labels: Collection[str], change: Callable[[Machine], Machine]
    ) -> "PlannedFleet":
        """The fleet with some machines changed."""

        def changed(machines: tuple[Machine, ...]) -> tuple[Machine, ...]:
            return tuple(
                change(machine) if machine.label in labels else machine for machine in machines
            )

        fleet = self.fleet._replace(machines=changed(self.fleet.machines))
        return self._replace(fleet=fleet, machines=changed(self.machines))

    def _with(self, **changes: Any) -> "PlannedFleet":
        return self._replace(fleet=self.fleet._replace(**changes))


def single_opening(like: Window, day: date, start: time, duration: timedelta) -> Window:
    """A window that opens once, on a day, in the zone of another window."""
    return Window(
        f"{like.name} on {day}",
        Weekdays((day.weekday(),)),
        start,
        duration,
        like.timezone,
        from_day=day,
        until=day,
        runner=like.runner,
    )


def placed_in(machine: Machine, **placement: Any) -> Machine:
    """The machine with another placement."""
    return machine._replace(placement=machine.placement._replace(**placement))
