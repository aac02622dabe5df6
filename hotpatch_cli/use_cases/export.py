"""Windows as maintenance configurations of Azure, if Azure can express them.

Each configuration is checked before it's written: it opens when the window opens.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from typing import NamedTuple
from zoneinfo import ZoneInfo

from hotpatch_cli.azure_machines import hotpatches_in_azure, machine_id
from hotpatch_cli.documents.phrases import and_more, counted
from hotpatch_cli.knowledge.limits import Limit
from hotpatch_cli.model import DynamicScope, Fleet, Machine
from hotpatch_cli.restarts import relevant
from hotpatch_cli.schedule.azure import AzureRecurrence
from hotpatch_cli.schedule.azure_export import azure_rules, parts, shifted
from hotpatch_cli.schedule.azure_rule import AzureRule, CannotSay
from hotpatch_cli.schedule.baseline_window import baseline_window
from hotpatch_cli.schedule.clock import in_zone
from hotpatch_cli.schedule.day_rules import DayRule
from hotpatch_cli.schedule.durations import duration_text
from hotpatch_cli.schedule.freezes import Freeze
from hotpatch_cli.schedule.windows import Window, interval_of, openings
from hotpatch_cli.schedule.zones import find_zone, iana_name, windows_name

RUNNER = "azure-update-manager"
MINUTE = timedelta(minutes=1)
_LOOKED_AHEAD = timedelta(days=3 * 366)
_LONGEST_MONTH = timedelta(days=31)
_NAMED = 5


class WindowScope(NamedTuple):
    """A dynamic scope of a window, and the labels of the machines that it takes."""

    filtered: DynamicScope
    machines: frozenset[str] = frozenset()


class ExportedWindow(NamedTuple):
    """A configuration to write: `window` is a window as Azure accepts it, with the Windows name of
    its zone.

    It's assigned to `machines`, and to those that `scopes` take. With `platform`, Azure chooses the
    updates.
    """

    name: str
    origin: str
    window: Window
    recurrence: AzureRecurrence
    location: str | None
    machines: tuple[Machine, ...]
    scopes: tuple[DynamicScope, ...] = ()
    platform: bool = False


class Export(NamedTuple):
    """All configurations, sentences on what Azure can't express, and notes on the rest."""

    configurations: tuple[ExportedWindow, ...]
    refused: tuple[str, ...]
    notes: tuple[str, ...]


class ExportOptions(NamedTuple):
    """What to write: `location` is the region of the configurations, by default that of most
    machines. `baseline_months` leaves out openings between baselines. `platform_mode` lets Azure
    choose the updates of virtual machines that hotpatch.
    """

    location: str | None = None
    baseline_months: bool = False
    platform_mode: bool = False


DEFAULT_OPTIONS = ExportOptions()


def export(
    fleet: Fleet,
    limits: Mapping[str, Limit],
    day: date,
    options: ExportOptions = DEFAULT_OPTIONS,
    scopes: Mapping[str, Sequence[WindowScope]] = MappingProxyType({}),
) -> Export:
    """The fleet's windows from a day on. `scopes` are the dynamic scopes of windows by their names,
    by default those of the fleet: the machines that they take aren't assigned one by one.
    """
    exporter = _Exporter(fleet, limits, day, options)
    exporter.scopes = scopes or exporter.scopes
    for window in fleet.windows.values():
        exporter.add(window)
    return exporter.done()


class _AnchoredWindow(NamedTuple):
    """A window as Azure accepts it, and earlier openings whose start the clocks skip."""

    window: Window
    skipped: tuple[datetime, ...]


class _Exporter:
    def __init__(
        self, fleet: Fleet, limits: Mapping[str, Limit], day: date, options: ExportOptions
    ) -> None:
        self.fleet, self.limits, self.day, self.options = fleet, limits, day, options
        self.found: list[ExportedWindow] = []
        self.refused: list[str] = []
        self.notes: list[str] = []
        self.scopes: Mapping[str, Sequence[WindowScope]] = self._scopes()
        self.names: set[str] = set()

    def _scopes(self) -> dict[str, list[WindowScope]]:
        """The dynamic scopes of the fleet; machines of one that can't be written keep assignments
        of their own.
        """
        scopes: dict[str, list[WindowScope]] = {}
        for members in self.fleet.scopes:
            if members.scope.subscription is None or members.scope.left_open:
                self.notes.append(
                    f"{members.configuration}: the dynamic scope {members.assignment} isn't "
                    "written: the source doesn't have all of it. Its machines are assigned one by "
                    "one."
                )
                continue
            scope = WindowScope(members.scope, frozenset(members.machines))
            scopes.setdefault(members.configuration, []).append(scope)
        return scopes

    def add(self, window: Window) -> None:
        """Add a window, or the reason why Azure can't express it."""
        members = [
            machine for machine in self.fleet.machines if window.name in machine.placement.windows
        ]
        if window.runner == "owner":
            self.notes.append(f"{window.name}: not written, because you run it (`runner: owner`).")
            return
        local = [machine for machine in members if machine.facts.platform == "azure-local"]
        members = [machine for machine in members if machine.facts.platform != "azure-local"]
        if local:
            self.refused.append(
                f"{window.name}: Azure Update Manager doesn't configure hotpatching on "
                f"Azure Local: {_names(local)}."
            )
            if not members:
                return
        for zone, machines in self._zones(window, members):
            try:
                self._write(window, zone, machines)
            except CannotSay as error:
                self.refused.append(f"{window.name}: {error}.")

    def _zones(
        self, window: Window, members: Sequence[Machine]
    ) -> Iterator[tuple[ZoneInfo, Sequence[Machine]]]:
        """The zones of a window, each with its machines; machines without a zone are refused."""
        if window.timezone is not None:
            yield find_zone(window.timezone), members
            return
        found: dict[str, list[Machine]] = {}
        without = [machine for machine in members if machine.placement.timezone is None]
        for machine in members:
            if machine.placement.timezone is not None:
                found.setdefault(iana_name(machine.placement.timezone), []).append(machine)
        if without or not members:
            which = _names(without) if without else "no machine uses the window"
            self.refused.append(
                f"{window.name}: Azure needs a time zone, and none is defined: {which}. "
                "Add `timezone` to the window."
            )
        yield from ((find_zone(name), machines) for name, machines in found.items())

    def _write(self, window: Window, zone: ZoneInfo, machines: Sequence[Machine]) -> None:
        words = windows_name(zone.key)
        if words is None:
            raise CannotSay(f"Azure needs the Windows name of a zone, and {zone.key} has none")
        if window.exdates:
            raise CannotSay("Azure doesn't support excluded days (`exdates`)")
        self._within_limits(window)
        day = max(self.day, window.from_day or self.day)
        if self.options.baseline_months:
            rules = azure_rules(window.rule, window.from_day)
            window = baseline_window(window, rules, zone, day)
        longest = self.limits["longest"].number * MINUTE
        pieces = list(parts(window, longest))
        rules = azure_rules(window.rule, window.from_day)
        written = [
            [self._anchored(part, rule, later, words, zone) for rule in rules]
            for part, later in pieces
        ]
        self._opens_alike(window, written[0], zone, day)
        if len(pieces) > 1:
            self.notes.append(
                f"{window.name}: its {duration_text(window.duration or timedelta())} are more than "
                f"Azure's {duration_text(longest)}: split into {len(pieces)} consecutive "
                "configurations. Each machine is assigned to one of them: "
                "of conflicting schedules, Azure runs only one."
            )
        self.notes.append(f"{window.name}: {zone.key} is {words} in Azure.")
        scopes = self.scopes.get(window.name, ())
        scoped = frozenset[str]().union(*(scope.machines for scope in scopes))
        singles = [machine for machine in machines if machine.label not in scoped]
        self._one_subscription(window.name, singles)
        for piece, windows in enumerate(written):
            filters = [] if piece else [scope.filtered for scope in scopes]
            self._take([part.window for part in windows], singles[piece :: len(pieces)], filters)

    def _within_limits(self, window: Window) -> None:
        minutes = (window.duration or timedelta()) // MINUTE
        if minutes < self.limits["shortest"].number:
            expected = self.limits["shortest"].limit
            raise CannotSay(
                f"Azure expects {expected}, and the window has {duration_text(minutes * MINUTE)}"
            )
        rule = window.rule
        if isinstance(rule, AzureRecurrence) and rule.unit == "Hour":
            if rule.interval * 60 < self.limits["repeat"].number:
                expected = self.limits["repeat"].limit
                found = f"the window opens every {rule.interval} h"
                raise CannotSay(f"Azure expects {expected}, and {found}")
            if minutes > self.limits["longest"].number:
                expected = self.limits["longest"].limit
                raise CannotSay(
                    f"Azure expects {expected}, and the window has "
                    f"{duration_text(minutes * MINUTE)}"
                )

    def _anchored(
        self, part: Window, rule: AzureRule, later: int, words: str, zone: ZoneInfo
    ) -> _AnchoredWindow:
        """A part as Azure accepts it, from its first opening on whose start the clocks have."""
        shift = timedelta(days=later)
        recurrence = shifted(rule.recurrence, later)
        day = max(self.day, part.from_day or self.day) + shift
        moved = part._replace(
            rule=recurrence,
            timezone=words,
            runner=RUNNER,
            from_day=rule.grid_day(day) or (part.from_day + shift if part.from_day else None),
            until=part.until + shift if part.until else None,
        )
        begin = datetime.combine(day, time(), zone)
        skipped: list[datetime] = []
        for opening in openings(moved, None, begin, begin + _reach(recurrence)):
            start = opening.start.time() if recurrence.unit == "Hour" else part.start
            if start == opening.start.time():
                break
            # A first start that doesn't exist keeps Azure from creating the configuration.
            skipped.append(opening.start.astimezone(UTC))
        else:
            raise CannotSay(f"the window doesn't open on or after {self.day:%a %Y-%m-%d}")
        self._not_too_late(opening.start.time())
        if skipped:
            self.notes.append(
                f"{part.name}: the clocks skip {part.start:%H:%M} on "
                f"{in_zone(skipped[0], zone):%a %Y-%m-%d}: the configuration begins on "
                f"{opening.start:%a %Y-%m-%d}."
            )
        exact = moved._replace(from_day=opening.start.date(), start=_plain(opening.start))
        return _AnchoredWindow(exact, tuple(skipped))

    def _not_too_late(self, start: time) -> None:
        if start.hour * 60 + start.minute >= self.limits["late-start"].number:
            raise CannotSay(
                f"Azure expects {self.limits['late-start'].limit}, "
                f"and the window starts at {start:%H:%M}"
            )

    def _opens_alike(
        self, window: Window, written: Sequence[_AnchoredWindow], zone: ZoneInfo, day: date
    ) -> None:
        """Raise CannotSay if the configurations open at other moments than the window."""
        begin = datetime.combine(day, time(), zone)
        end = begin + max(_reach(part.window.rule) for part in written)
        ours = {opening.start.astimezone(UTC) for opening in openings(window, zone, begin, end)}
        theirs: set[datetime] = set()
        for part, skipped in written:
            theirs |= set(skipped)
            theirs |= {
                opening.start.astimezone(UTC) for opening in openings(part, None, begin, end)
            }
        if ours != theirs:
            other = in_zone(min(ours ^ theirs), zone)
            moment = f"{other:%a %Y-%m-%d %H:%M}"
            raise CannotSay(f"Azure's openings differ from the window's, first on {moment}")

    def _take(
        self,
        written: Sequence[Window],
        machines: Sequence[Machine],
        scopes: Sequence[DynamicScope],
    ) -> None:
        """Add the configurations of a window for its machines, split by mode and at the limit; the
        first one without a mode of its own has the dynamic scopes.
        """
        chosen = [
            machine
            for machine in machines
            if self.options.platform_mode and hotpatches_in_azure(machine)
        ]
        others = [machine for machine in machines if machine not in chosen]
        most = self.limits["machines"].number
        for members, platform in ((chosen, True), (others, False)):
            shares = _shares(members, most)
            if not platform and not others and (scopes or not machines):
                shares = [()]  # a window is written without machines, too
            if len(shares) > 1:
                self.notes.append(
                    f"{written[0].name}: {counted(len(members), 'machine')} are split across "
                    f"{len(shares)} configurations."
                )
            for number, share in enumerate(shares):
                given = () if platform or number else tuple(scopes)
                self._add(written, share, given, platform=platform)

    def _one_subscription(self, origin: str, machines: Sequence[Machine]) -> None:
        """A note on machines of several subscriptions.

        Source: https://learn.microsoft.com/azure/update-manager/scheduled-patching (2024-10-28).
        """
        places = [machine_id(machine.id) for machine in machines]
        found = {place.subscription.lower() for place in places if place is not None}
        if len(found) > 1:
            self.notes.append(
                f"{origin}: its machines are in {len(found)} subscriptions, and Azure's portal "
                "supports only those in the subscription of the configuration. "
                "Export the machines of each subscription separately."
            )

    def _add(
        self,
        written: Sequence[Window],
        machines: Sequence[Machine],
        scopes: tuple[DynamicScope, ...],
        *,
        platform: bool,
    ) -> None:
        for window in written:
            rule = window.rule
            if isinstance(rule, AzureRecurrence):
                name = self._name(f"{window.name}-platform" if platform else window.name)
                self.found.append(
                    ExportedWindow(
                        name,
                        window.name,
                        window,
                        rule,
                        self._place(machines),
                        tuple(machines),
                        scopes,
                        platform,
                    )
                )

    def _name(self, name: str) -> str:
        """A name that Azure accepts and no other configuration has."""
        plain = re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-.") or "window"
        plain, number = plain[:100], 1
        unique = plain
        while unique.lower() in self.names:
            number += 1
            unique = f"{plain}-{number}"
        self.names.add(unique.lower())
        return unique

    def _place(self, machines: Sequence[Machine]) -> str | None:
        regions = [machine.placement.region for machine in machines if machine.placement.region]
        return self.options.location or (max(regions, key=regions.count) if regions else None)

    def done(self) -> Export:
        """The export, with the notes that concern all of it."""
        if missing := [exported.name for exported in self.found if exported.location is None]:
            self.notes.append(
                f"The region is unknown for {and_more(missing, _NAMED)}. Specify --location, "
                "or the parameter `location` of the deployment."
            )
        self.refused += self._freezes()
        return Export(tuple(self.found), tuple(self.refused), tuple(dict.fromkeys(self.notes)))

    def _freezes(self) -> Iterator[str]:
        """Freezes of exported machines that haven't ended: Azure has none."""
        ahead = [
            freeze
            for freeze in self.fleet.freezes
            if freeze.to_day is None or freeze.to_day >= self.day
        ]
        in_force: dict[Freeze, None] = {}
        for placement in {machine.placement for machine in _distinct_machines(self.found)}:
            in_force |= dict.fromkeys(relevant(ahead, placement))
        for freeze in in_force:
            days = (
                f" ({freeze.from_day} to {freeze.to_day})"
                if freeze.from_day or freeze.to_day
                else ""
            )
            yield (
                f"freeze {freeze.name}{days}: Azure doesn't support freezes. "
                "Remove the assignments for that time. Otherwise machines might restart during it."
            )


def _reach(rule: DayRule) -> timedelta:
    """How far to look ahead: far enough for three openings of any interval."""
    return _LOOKED_AHEAD + 3 * interval_of(rule) * _LONGEST_MONTH


def _plain(start: datetime) -> time:
    """What the clocks show; text has neither a zone nor a fold."""
    return start.time().replace(tzinfo=None, fold=0)


def hotpatched_in_azure(found: Export) -> tuple[Machine, ...]:
    """The Azure VMs with hotpatching whose updates Azure doesn't choose: rule HP204 is about
    them.
    """
    named = [exported for exported in found.configurations if not exported.platform]
    return tuple(filter(hotpatches_in_azure, _distinct_machines(named)))


def unassigned(found: Export) -> tuple[Machine, ...]:
    """The machines of configurations that have no assignment, because their ids are missing."""
    machines = _distinct_machines(found.configurations)
    return tuple(machine for machine in machines if machine_id(machine.id) is None)


def _shares(machines: Sequence[Machine], most: int) -> list[Sequence[Machine]]:
    return [machines[first : first + most] for first in range(0, len(machines), most)]


def _distinct_machines(configurations: Iterable[ExportedWindow]) -> Iterable[Machine]:
    """The machines of configurations, each once, in their order."""
    machines: dict[int, Machine] = {}
    for exported in configurations:
        machines |= {id(machine): machine for machine in exported.machines}
    return machines.values()


def _names(machines: Sequence[Machine]) -> str:
    return and_more([machine.label for machine in machines], _NAMED)
