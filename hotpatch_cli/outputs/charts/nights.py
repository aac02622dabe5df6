"""A plan by night, on one clock: the restarts of each lane, with openings and their frozen parts
behind them.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import groupby
from typing import NamedTuple

from hotpatch_cli.outputs.charts.clock import clock_of, on_clock, zone_name
from hotpatch_cli.outputs.phrases import counted
from hotpatch_cli.planning import PlanningInput, Reboot
from hotpatch_cli.schedule.clock import in_zone
from hotpatch_cli.schedule.windows import Opening

FEW = 60
"""A plan of no more restarts has a lane for each machine; a larger one has a lane for each group.
"""
LANES = 40
"""The most lanes of a night; the rest share the last one."""
NOON = time(12)


class ChartSpan(NamedTuple):
    """A stretch of a night, in hours since the noon before it, on the clock of the chart."""

    begin: float
    end: float


class ChartLane(NamedTuple):
    """A row of a night: a machine, or a group; when it restarts, in words too; further notes;
    openings, and their frozen parts.
    """

    label: str
    bars: tuple[ChartSpan, ...]
    words: str
    extra: str
    openings: tuple[ChartSpan, ...]
    frozen: tuple[ChartSpan, ...]


class ChartNight(NamedTuple):
    """A night by the day on which it begins, and how many machines restart in it."""

    day: date
    lanes: tuple[ChartLane, ...]
    restarts: int


def night_of(moment: datetime) -> date:
    """The night of a moment: before noon it is that of the day before."""
    return moment.date() if moment.time() >= NOON else moment.date() - timedelta(days=1)


def group_of(reboot: Reboot) -> str:
    """The group by which a restart is shown: its first one."""
    return next(iter(reboot.machine.placement.groups), "no group")


def nights(prepared: PlanningInput, reboots: Sequence[Reboot]) -> tuple[ChartNight, ...]:
    """The nights in which something restarts, in their order, on the clock of the plan."""
    clock = clock_of(reboots)
    behind = _Behind(prepared, clock)
    locals_ = {row.machine.label: row for row in reboots}
    ordered = sorted(
        on_clock(reboots, clock),
        key=lambda reboot: (
            night_of(reboot.start),
            group_of(reboot),
            reboot.start,
            reboot.machine.label,
        ),
    )
    found = []
    for day, rows in groupby(ordered, key=lambda reboot: night_of(reboot.start)):
        listed = list(rows)
        lanes = (
            _machines(day, listed, behind, locals_)
            if len(reboots) <= FEW
            else _groups(day, listed, behind)
        )
        found.append(ChartNight(day, tuple(lanes), len(listed)))
    return tuple(found)


def _machines(
    day: date, rows: Iterable[Reboot], behind: "_Behind", local: Mapping[str, Reboot]
) -> Iterable[ChartLane]:
    for reboot in rows:
        placement = reboot.machine.placement
        own = local[reboot.machine.label].start
        there = (
            f"{own:%H:%M} in {zone_name(own)}"
            if own.utcoffset() != reboot.start.utcoffset()
            else ""
        )
        runner = "Azure, proposed" if reboot.runner == "platform" else ""
        certain = "" if reboot.confirmed else "forecast"
        parts = (there, ", ".join(placement.groups), placement.ring, runner, certain)
        yield ChartLane(
            reboot.machine.label,
            (_span(day, reboot.start, reboot.end),),
            _times(reboot.start, reboot.end),
            " · ".join(part for part in parts if part),
            *behind.of(day, [reboot]),
        )


def _groups(day: date, rows: Iterable[Reboot], behind: "_Behind") -> Iterable[ChartLane]:
    grouped = [(group, list(members)) for group, members in groupby(rows, key=group_of)]
    if len(grouped) > LANES:
        rest: list[Reboot] = []
        for _, members in grouped[LANES - 1 :]:
            rest += members
        grouped = [*grouped[: LANES - 1], (f"{len(grouped) - LANES + 1} more groups", rest)]
    for group, listed in grouped:
        begin, end = min(reboot.start for reboot in listed), max(reboot.end for reboot in listed)
        bars = _merged(_span(day, reboot.start, reboot.end) for reboot in listed)
        yield ChartLane(
            group,
            bars,
            _times(begin, end),
            f"{counted(len(listed), 'restart')}, at most {_at_once(listed):,} at once",
            *behind.of(day, listed),
        )


def _times(start: datetime, end: datetime) -> str:
    """From a start to an end, with the offset of the end where the clocks have changed."""
    offset = "" if end.utcoffset() == start.utcoffset() else f" {end:%z}"
    return f"{start:%H:%M}–{end:%H:%M}{offset}"


def _at_once(rows: Sequence[Reboot]) -> int:
    """The most restarts in progress at one moment; one may start at the moment another ends."""
    moments = sorted(
        [(row.start.astimezone(UTC), 1) for row in rows]
        + [(row.end.astimezone(UTC), -1) for row in rows]
    )
    most = now = 0
    for _, change in moments:
        now += change
        most = max(most, now)
    return most


def _span(day: date, start: datetime, end: datetime) -> ChartSpan:
    noon = datetime.combine(day, NOON)
    hour = timedelta(hours=1)
    begin = (start.replace(tzinfo=None) - noon) / hour
    # The length is real time, also where the clocks change in between.
    return ChartSpan(begin, begin + max((end - start) / hour, 1 / 60))


def _merged(spans: Iterable[ChartSpan]) -> tuple[ChartSpan, ...]:
    merged: list[ChartSpan] = []
    for span in sorted(spans):
        if merged and span.begin <= merged[-1].end:
            merged[-1] = ChartSpan(merged[-1].begin, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return tuple(merged)


class _Behind:
    """The openings of machines by night, whole and what is left of them, read once for machines
    that share them.
    """

    def __init__(self, prepared: PlanningInput, clock: tzinfo) -> None:
        self._release = prepared.release
        self._clock = clock
        self._pieces = {
            machine.label: pieces
            for machine, pieces in zip(prepared.machines, prepared.pieces, strict=True)
        }
        self._nights: dict[int, dict[date, tuple[set[ChartSpan], set[ChartSpan]]]] = {}

    def of(
        self, day: date, rows: Iterable[Reboot]
    ) -> tuple[tuple[ChartSpan, ...], tuple[ChartSpan, ...]]:
        """(openings, frozen parts) of the machines that restart in a night."""
        whole: set[ChartSpan] = set()
        left: set[ChartSpan] = set()
        for reboot in rows:
            opened, kept = self._by_night(self._pieces.get(reboot.machine.label, ())).get(
                day, (set(), set())
            )
            whole |= opened
            left |= kept
        openings = _merged(whole)
        return openings, tuple(_without(openings, _merged(left)))

    def _by_night(
        self, pieces: Sequence[tuple[int, int, Opening]]
    ) -> dict[date, tuple[set[ChartSpan], set[ChartSpan]]]:
        known = self._nights.get(id(pieces))
        if known is None:
            known = self._nights[id(pieces)] = {}
            for start, end, opening in pieces:
                opens, shuts = self._moved(opening.start), self._moved(opening.end)
                begin, finish = (
                    self._moved(self._release + timedelta(minutes=minute))
                    for minute in (start, end)
                )
                # On the clock of another zone an opening may reach from one night into the next.
                for day in {night_of(opens), night_of(shuts - timedelta.resolution)}:
                    opened, kept = known.setdefault(day, (set(), set()))
                    opened.add(_span(day, opens, shuts))
                    kept.add(_span(day, begin, finish))
        return known

    def _moved(self, moment: datetime) -> datetime:
        return in_zone(moment, self._clock)


def _without(spans: Iterable[ChartSpan], kept: Sequence[ChartSpan]) -> Iterable[ChartSpan]:
    """What is in the spans and not in those that are kept."""
    for span in spans:
        begin = span.begin
        for part in kept:
            if part.end <= begin or part.begin >= span.end:
                continue
            if part.begin > begin:
                yield ChartSpan(begin, part.begin)
            begin = max(begin, part.end)
        if begin < span.end:
            yield ChartSpan(begin, span.end)
