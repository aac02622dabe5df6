"""Whether machines may restart at a moment, and the window or the freeze that decides."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from hotpatch_cli.model import Fleet, Machine
from hotpatch_cli.restarts import findings_on_windows, relevant, run_windows
from hotpatch_cli.schedule.clock import in_zone, moment
from hotpatch_cli.schedule.fit import Fit, OpeningCache, first_fit
from hotpatch_cli.schedule.freezes import Freeze, cut
from hotpatch_cli.schedule.windows import Opening, Window, ZoneMissing
from hotpatch_cli.schedule.zones import find_zone

Answer = Literal["open", "too-short", "frozen", "closed", "unknown"]
_LONGEST = timedelta(days=8)
"""How long before a moment an opening that includes it can start: a window lasts a week at most."""
_LEFT_OUT = "Azure doesn't run {names} on this machine (HP504)."
_DOUBTED = "Azure runs {names} only with the right patch mode, which is missing (HP504)."
_NO_ZONE = "No time zone is known. Specify `timezone`."
_NO_WINDOW = "No window is known. Specify `window` on the machine."


class OpenWindow(NamedTuple):
    """Whether a machine may restart at a moment, `at`, in its zone where that is known.

    `window` and `until` are those of the opening around the moment, `until` the end of the piece
    that freezes leave; `freezes` are those that decide. `next` is the next piece in which the
    restart fits. `why` is a sentence where more is to say: what is missing, or what doesn't count.
    """

    machine: Machine
    at: datetime
    answer: Answer
    window: str | None = None
    until: datetime | None = None
    freezes: tuple[str, ...] = ()
    next: Opening | None = None
    why: str = ""

    @property
    def is_open(self) -> bool | None:
        """Whether it may restart; None where that is unknown."""
        return None if self.answer == "unknown" else self.answer == "open"


class _State(NamedTuple):
    """What the windows of a machine are at a moment: as in OpenWindow."""

    answer: Answer
    window: str | None = None
    until: datetime | None = None
    freezes: tuple[str, ...] = ()


def open_windows(
    fleet: Fleet, machines: Sequence[Machine], at: datetime, length: timedelta | None = None
) -> list[OpenWindow]:
    """Whether each machine may restart. A moment without an offset is one of each machine's zone.
    `length` is that of the restart, by default the machine's own.
    """
    cache = OpeningCache()
    return [_of_machine(fleet, machine, at, length, cache) for machine in machines]


def _of_machine(
    fleet: Fleet,
    machine: Machine,
    at: datetime,
    length: timedelta | None,
    cache: OpeningCache,
) -> OpenWindow:
    placement = machine.placement
    run = run_windows(fleet, machine.facts, placement)
    windows = [fleet.windows[name] for name in placement.windows if name in run]
    not_run = ", ".join(name for name in placement.windows if name not in run)
    doubted = any(
        finding.variant == "unknown"
        for finding in findings_on_windows(fleet, machine.facts, placement)
    )
    why = (_DOUBTED if doubted else _LEFT_OUT).format(names=not_run) if not_run else ""
    zone = find_zone(placement.timezone) if placement.timezone else None
    zones = [window.timezone for window in windows if window.timezone]
    local = zone or (find_zone(zones[0]) if zones else None)
    if at.tzinfo is None:
        if local is None:
            return OpenWindow(machine, at, "unknown", why=_NO_ZONE)
        at = moment(at.date(), at.time(), local).local
    when = in_zone(at, local) if local else at
    if not windows:
        answer: Answer = "closed" if not_run and not doubted else "unknown"
        return OpenWindow(machine, when, answer, why=why or _NO_WINDOW)
    freezes = relevant(fleet.freezes, placement)
    need = placement.reboot if length is None else length
    try:
        state = _state(_around(windows, zone, when, cache), freezes, when, need)
        fit = first_fit(windows, zone, freezes, need, when + timedelta.resolution, cache)
    except ZoneMissing as error:
        return OpenWindow(machine, when, "unknown", why=f"{str(error)[0].upper()}{str(error)[1:]}.")
    later = fit.opening if isinstance(fit, Fit) else None
    if doubted and not_run and state.answer != "open":  # Azure's window may be open
        state = _State("unknown")
    return OpenWindow(machine, when, *state, later, why)


def _around(
    windows: Sequence[Window], zone: ZoneInfo | None, when: datetime, cache: OpeningCache
) -> Iterator[Opening]:
    """The openings that include a moment."""
    for window in windows:
        for opening in cache.between(window, zone, when - _LONGEST, when):
            if when.astimezone(UTC) < opening.end.astimezone(UTC):
                yield opening


def _state(
    openings: Iterator[Opening], freezes: Sequence[Freeze], when: datetime, need: timedelta
) -> _State:
    """The best of the openings around a moment: one in which the restart fits, otherwise the
    freeze or the end that blocks it.
    """
    found = [_of_opening(opening, freezes, when, need) for opening in openings]
    order = ("open", "too-short", "frozen")
    return min(found, key=lambda state: order.index(state.answer), default=_State("closed"))


def _of_opening(
    opening: Opening, freezes: Sequence[Freeze], when: datetime, need: timedelta
) -> _State:
    pieces, removed = cut(opening, freezes)
    now = when.astimezone(UTC)
    for piece in pieces:
        start, end = piece.start.astimezone(UTC), piece.end.astimezone(UTC)
        if start <= now < end:
            if end - now >= need:
                return _State("open", opening.window, piece.end)
            # it's a freeze that ends the piece before the opening ends
            cutting = tuple(name for name, _ in removed) if piece.end != opening.end else ()
            return _State("too-short", opening.window, piece.end, cutting)
    return _State("frozen", opening.window, None, tuple(name for name, _ in removed))
