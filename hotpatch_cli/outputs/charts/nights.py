"""A plan by night: who restarts in which lane, with the openings behind and what freezes take of
them.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import NamedTuple

from hotpatch_cli.planning import PlanningInput, Reboot
from hotpatch_cli.schedule.windows import Opening

FEW = 60
"""A plan of so many restarts has a lane for each machine; a larger one has a lane for each group.
"""
LANES = 40
"""So many lanes a night has; the rest share the last one."""
NOON = time(12)


class ChartSpan(NamedTuple):
    """A stretch of a night, in hours of the local clock since the noon before it."""

    begin: float
    end: float


class ChartLane(NamedTuple):
    """A row of a night: a machine, or a group; when it restarts, in words too; openings, and their
    frozen parts.
    """

    label: str
    bars: tuple[ChartSpan, ...]
    words: str
    openings: tuple[ChartSpan, ...]
    frozen: tuple[ChartSpan, ...]


class ChartNight(NamedTuple):
    """A night by the day on which it begins, and how many machines restart in it."""

    day: date
    lanes: tuple[ChartLane, ...]
    restarts: int


def night_of(moment: datetime) -> date:
    """The night that a local time belongs to: before noon it is that of the day before."""
    return moment.date() if moment.time() >= NOON else moment.date() - timedelta(days=1)


def group_of(reboot: Reboot) -> str:
    """The group by which a restart is shown: its first one."""
    return next(iter(reboot.machine.placement.groups), "no group")


def nights(prepared: PlanningInput, reboots: Sequence[Reboot]) -> tuple[ChartNight, ...]:
    """The nights in which something restarts, in their order."""
    behind = _Behind(prepared)
    ordered = sorted(
        reboots,
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
            _machines(day, listed, behind) if len(reboots) <= FEW else _groups(day, listed, behind)
        )
        found.append(ChartNight(day, tuple(lanes), len(listed)))
    return tuple(found)


def _machines(day: date, rows: Iterable[Reboot], behind: "_Behind") -> Iterable[ChartLane]:
    for reboot in rows:
        groups = ", ".join(reboot.machine.placement.groups)
        extra = " · ".join(part for part in (groups, reboot.machine.placement.ring) if part)
        words = f"{reboot.start:%H:%M}–{reboot.end:%H:%M}" + (f"  {extra}" if extra else "")
        yield ChartLane(
            reboot.machine.label,
            (_span(day, reboot.start, reboot.end),),
            words,
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
        words = (
            f"{len(listed):,} restarts, {begin:%H:%M}–{end:%H:%M}, "
            f"at most {_at_once(listed):,} at once"
        )
        bars = _merged(_span(day, reboot.start, reboot.end) for reboot in listed)
        yield ChartLane(group, bars, words, *behind.of(day, listed))


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
    begin, finish = start.replace(tzinfo=None), end.replace(tzinfo=None)
    hour = timedelta(hours=1)
    return ChartSpan(
        (begin - noon) / hour, max((finish - noon) / hour, (begin - noon) / hour + 1 / 60)
    )


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

    def __init__(self, prepared: PlanningInput) -> None:
        self._release = prepared.release
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
                day = night_of(opening.start)
                opened, kept = known.setdefault(day, (set(), set()))
                opened.add(_span(day, opening.start, opening.end))
                zone = opening.start.tzinfo
                begin, finish = (
                    self._release + timedelta(minutes=minute) for minute in (start, end)
                )
                kept.add(_span(day, begin.astimezone(zone), finish.astimezone(zone)))
        return known


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
