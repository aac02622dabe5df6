"""The next openings of a fleet's machines, and the minutes that freezes remove."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import chain, count, islice
from typing import NamedTuple

from hotpatch_cli.documents.tree import quoted
from hotpatch_cli.errors import Problem
from hotpatch_cli.model import Fleet, Machine, Placement
from hotpatch_cli.restarts import RUN_BY_AZURE, findings_on_windows, relevant, windows_of
from hotpatch_cli.schedule.clock import in_zone
from hotpatch_cli.schedule.freezes import FrozenPart, cut
from hotpatch_cli.schedule.windows import (
    Opening,
    Window,
    ZoneMissing,
    common_days,
    interval_of,
    openings,
)
from hotpatch_cli.schedule.zones import find_zone
from hotpatch_cli.servicing.restart import restarted_by_platform

_RAREST = 4 * 365 + 1  # days: of all rules with interval 1, 29 February opens most seldom
_MOST_DAYS = 100_000
_ZONES = timedelta(days=1)
"""More than the offset of any zone from UTC."""
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)


class UpcomingOpening(NamedTuple):
    """An opening of a machine's window: the real minutes that are left, what each freeze removes,
    and who restarts.

    `runner` is that of the window (`owner` where it has none), and `platform` on a machine whose
    moment Azure chooses. It's `none` for a window that Azure doesn't run on the machine, and
    `unknown` where the patch mode, which decides that, is missing (HP504).
    """

    machine: str
    opening: Opening
    minutes: int
    removed: tuple[FrozenPart, ...]
    runner: str = "owner"


class OpeningQuery(NamedTuple):
    """Which openings: from a day to another or up to a number, by machine or by window.

    The days are those on which an opening starts in its own zone. With `today`, the clock, the
    first day is today in that zone. An empty `windows` means all windows.
    """

    from_day: date
    until: date | None = None
    most: int = 5
    by_window: bool = False
    windows: frozenset[str] = frozenset()
    today: datetime | None = None


def list_openings(
    fleet: Fleet, question: OpeningQuery
) -> tuple[tuple[UpcomingOpening, ...], tuple[Problem, ...]]:
    """(the openings, machine by machine in the order of the fleet; machines whose zone is unknown,
    as problems).
    """
    if not fleet.machines:
        return _openings_alone(fleet, question)
    shared, problems = openings_by_machine(fleet, question)
    if question.by_window:
        distinct: dict[UpcomingOpening, None] = {}
        for _, upcoming in shared:
            distinct |= dict.fromkeys(upcoming)
        by_window = sorted(distinct, key=lambda row: (row.opening.window, row.opening.start))
        return tuple(by_window), problems
    by_machine: list[UpcomingOpening] = []
    machines = {machine.label: machine for machine in fleet.machines}
    for name, upcoming in shared:
        runner, azures = _runners_on(fleet, machines[name])
        for row in upcoming:
            by_azure = azures if row.runner in RUN_BY_AZURE else None
            by_machine.append(row._replace(machine=name, runner=runner or by_azure or row.runner))
    return tuple(by_machine), problems


def _openings_alone(
    fleet: Fleet, question: OpeningQuery
) -> tuple[tuple[UpcomingOpening, ...], tuple[Problem, ...]]:
    """The openings of a fleet that has windows and no machine, such as exported schedules."""
    book = _Book(fleet, question)
    found: list[UpcomingOpening] = []
    problems: list[Problem] = []
    for name in sorted(fleet.windows):
        upcoming = book.of(Placement(windows=(name,)))
        if isinstance(upcoming, ZoneMissing):
            problems.append(Problem("windows", None, None, f"{quoted(name)}: {upcoming}."))
        else:
            found += upcoming
    return tuple(found), tuple(problems)


def _runners_on(fleet: Fleet, machine: Machine) -> tuple[str | None, str | None]:
    """Who restarts a machine in all of its windows, and in those of Azure; None where that is the
    runner of the window.
    """
    if restarted_by_platform(machine.facts):
        return "platform", None
    found = findings_on_windows(fleet, machine.facts, machine.placement)
    if not found or not machine.placement.windows:
        return None, None
    return None, "unknown" if found[0].variant == "unknown" else "none"


def openings_by_machine(
    fleet: Fleet, question: OpeningQuery
) -> tuple[list[tuple[str, tuple[UpcomingOpening, ...]]], tuple[Problem, ...]]:
    """(each machine's label with its openings, which machines share; machines whose zone is
    unknown, as problems).

    Openings are computed once for each distinct window and zone. By window, only the first of the
    machines with the same placement is listed.
    """
    book = _Book(fleet, question)
    by_placement: dict[int, tuple[UpcomingOpening, ...] | ZoneMissing] = {}
    found: list[tuple[str, tuple[UpcomingOpening, ...]]] = []
    problems: list[Problem] = []
    for machine in fleet.machines:
        known = by_placement.get(id(machine.placement))  # the fleet keeps it alive
        if known is None:
            known = by_placement[id(machine.placement)] = book.of(machine.placement)
        elif question.by_window:
            continue
        if isinstance(known, ZoneMissing):
            problems.append(_zone_missing(machine, known))
        else:
            found.append((machine.label, known))
    return found, tuple(problems)


def _zone_missing(machine: Machine, error: ZoneMissing) -> Problem:
    place = machine.origin.locate("timezone")
    return Problem(
        place.file, place.line, place.column, f"The machine {quoted(machine.label)}: {error}."
    )


class _Book:
    """The openings of windows for a query, computed once for each window and zone."""

    def __init__(self, fleet: Fleet, question: OpeningQuery) -> None:
        self.fleet = fleet
        self.wanted = question.windows
        self.most = None if question.until is not None else question.most
        self.first, self.today = question.from_day, question.today
        self.begin = datetime.combine(self.first, time(), UTC) - _ZONES
        self.last = question.until
        self.until = None
        if self.last is not None:
            self.until = datetime.combine(self.last, time(), UTC) + timedelta(days=1) + _ZONES
        self._known: dict[tuple[object, ...], tuple[UpcomingOpening, ...] | ZoneMissing] = {}
        self._opened: dict[tuple[str, str | None], tuple[Opening, ...]] = {}
        self._days: dict[str, _Days | None] = {}

    def of(self, placement: Placement) -> tuple[UpcomingOpening, ...] | ZoneMissing:
        """The openings of a placement, in their order; ZoneMissing where the zone is unknown."""
        key = (placement.windows, placement.timezone, relevant(self.fleet.freezes, placement))
        if key not in self._known:
            try:
                self._known[key] = tuple(self._listed(placement))
            except ZoneMissing as error:
                self._known[key] = error
        return self._known[key]

    def _listed(self, placement: Placement) -> Iterator[UpcomingOpening]:
        windows = windows_of(self.fleet, placement)
        wanted = [window for window in windows if not self.wanted or window.name in self.wanted]
        opened = [self._of_window(window, placement.timezone) for window in wanted]
        ordered = (
            opened[0]
            if len(opened) == 1
            else sorted(chain(*opened), key=lambda opening: opening.start)
        )
        freezes = relevant(self.fleet.freezes, placement)
        for opening in ordered[: self.most]:
            runner = self._runner(opening.window)
            if not freezes:
                yield UpcomingOpening("", opening, opening.minutes, (), runner)
                continue
            pieces, removed = cut(opening, freezes)
            left = sum((piece.length for piece in pieces), timedelta())
            yield UpcomingOpening("", opening, left // timedelta(minutes=1), removed, runner)

    def _runner(self, window: str) -> str:
        return self.fleet.windows[window].runner or "owner"

    def _of_window(self, window: Window, zone: str | None) -> tuple[Opening, ...]:
        """The openings of a window, no more than the query needs."""
        key = (window.name, None if window.timezone else zone)
        if key not in self._opened:
            found = openings(
                window,
                find_zone(zone) if zone else None,
                self.begin,
                self._end(window),
                self._days_of(window),
            )
            self._opened[key] = tuple(islice(filter(self._is_wanted, found), self.most))
        return self._opened[key]

    def _is_wanted(self, opening: Opening) -> bool:
        """Whether an opening starts on one of the days, in its own zone."""
        day = opening.start.date()
        first = self.first
        if self.today is not None:
            first = in_zone(self.today, opening.start.tzinfo).date()
        return first <= day and (self.last is None or day <= self.last)

    def _end(self, window: Window) -> datetime:
        """The last moment of the search: far enough for the openings of the rarest rule."""
        if self.until is not None or self.most is None:
            return self.until or _LATEST
        begin = max(self.begin, datetime.combine(window.from_day or date.min, time(), UTC))
        days = min(_RAREST * interval_of(window.rule) * self.most, _MOST_DAYS)
        return min(begin + timedelta(days=days), _LATEST)

    def _days_of(self, window: Window) -> "_Days | None":
        """The days of a window, found once for all zones."""
        if window.name not in self._days:
            found = common_days(window, self.begin, self._end(window))
            self._days[window.name] = None if found is None else _Days(found)
        return self._days[window.name]


class _Days:
    """Days that several zones iterate from the first one; each is computed once, when needed."""

    def __init__(self, source: Iterator[date]) -> None:
        self._source = source
        self._found: list[date] = []

    def __iter__(self) -> Iterator[date]:
        for at in count():
            if at == len(self._found):
                following = next(self._source, None)
                if following is None:
                    return
                self._found.append(following)
            yield self._found[at]
