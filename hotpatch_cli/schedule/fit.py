"""The first opening that a restart fits into, or why there is none.

Several windows are a union: a restart may use any opening of any of them. Openings that touch or
overlap aren't joined, because a restart is inside one opening. The earliest start wins; of two
equal starts, the window that the machine names first. The pieces that a freeze leaves of an opening
are checked one by one.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Literal, NamedTuple, get_args
from zoneinfo import ZoneInfo

from hotpatch_cli.schedule.freezes import Freeze, cut
from hotpatch_cli.schedule.windows import Opening, Window, openings

HORIZON = timedelta(days=800)
"""The limit of the search: more than two years, so that a yearly window opens twice."""

Miss = Literal["no-window", "never-opens", "frozen", "too-short"]

_STRIDE = timedelta(days=366)
_NOTHING = timedelta(0)


class Fit(NamedTuple):
    """A restart fits at the start of `opening`, which is a piece outside of freezes."""

    opening: Opening

    @property
    def window(self) -> str:
        """The name of the window that opens."""
        return self.opening.window


class NoFit(NamedTuple):
    """Why no opening fits.

    `no-window`: the machine has none; `never-opens`: none opens before the horizon; `frozen`:
    freezes cover every opening; `too-short`: the longest piece is shorter than the restart.
    `needed` and `longest` are real time; `freezes` are the names of the freezes involved.
    """

    reason: Miss
    needed: timedelta
    longest: timedelta = _NOTHING
    freezes: tuple[str, ...] = ()


class OpeningCache:
    """The openings of windows in zones, shared by all machines.

    A window is expanded once for a zone, and only as far as needed.
    """

    def __init__(self) -> None:
        """An empty cache."""
        self._known: dict[tuple[Window, ZoneInfo | None], _Expansion] = {}

    def between(
        self, window: Window, zone: ZoneInfo | None, after: datetime, until: datetime
    ) -> Iterator[Opening]:
        """The same openings in the same order as from `openings`, with the same errors."""
        after, until = after.astimezone(UTC), until.astimezone(UTC)
        key = (window, None if window.timezone else zone)
        known = self._known.get(key)
        if known is None or after < known.since:
            known = self._known[key] = _Expansion(*key, after)
        while known.last < after and known.grows(after):
            pass
        for index in count(bisect_left(known.starts, after)):
            while index == len(known.starts):
                if not known.grows(until):
                    return
            if known.starts[index] > until:
                return
            yield known.openings[index]


class _Expansion:
    """The openings of one window in one zone from some moment on, in order; only ever longer."""

    def __init__(self, window: Window, zone: ZoneInfo | None, since: datetime) -> None:
        self._window, self._zone = window, zone
        self.since = self._until = since
        self._source: Iterator[Opening] = iter(())
        self.starts: list[datetime] = []  # in UTC, where moments can be compared
        self.openings: list[Opening] = []

    @property
    def last(self) -> datetime:
        """The latest start so far."""
        return self.starts[-1] if self.starts else self.since

    def grows(self, until: datetime) -> bool:
        """Find one more opening; False if there is none up to `until`."""
        opening = next(self._source, None)
        while opening is None:
            if self._until > until:
                return False
            begin, self._until = self._until, self._until + _STRIDE
            self._source = openings(
                self._window, self._zone, begin, self._until - timedelta.resolution
            )
            opening = next(self._source, None)
        self.starts.append(opening.start.astimezone(UTC))
        self.openings.append(opening)
        return True


def first_fit(  # noqa: PLR0917 - a question in six parts, and each has its own type
    windows: Sequence[Window],
    zone: ZoneInfo | None,
    freezes: Sequence[Freeze],
    need: timedelta,
    not_before: datetime,
    cache: OpeningCache | None = None,
    *,
    horizon: timedelta = HORIZON,
) -> Fit | NoFit:
    """The earliest piece of an opening that is as long as `need`, or why there is none.

    An opening counts if it starts at `not_before` or later. The machines of a fleet share `cache`.
    Raises ZoneMissing.
    """
    opened = cache or OpeningCache()
    after, best = not_before.astimezone(UTC), None
    until = after + horizon
    misses = [NoFit("no-window", need)]
    for window in windows:
        answer = _first_in(opened.between(window, zone, after, until), freezes, need)
        if isinstance(answer, NoFit):
            misses.append(answer)
        elif best is None or _utc_start(answer) < _utc_start(best):
            # No later window wins with a later start, so there is no need to look further.
            until, best = _utc_start(answer), answer
    return best or _combined(misses)


def _utc_start(fit: Fit) -> datetime:
    return fit.opening.start.astimezone(UTC)


def _first_in(
    openings_in_order: Iterator[Opening], freezes: Sequence[Freeze], need: timedelta
) -> Fit | NoFit:
    miss = NoFit("never-opens", need)
    for opening in openings_in_order:
        pieces, removed = cut(opening, freezes)
        for piece in pieces:
            if piece.length >= need:
                return Fit(opening._replace(start=piece.start, end=piece.end))
        longest = max((piece.length for piece in pieces), default=_NOTHING)
        frozen = tuple(name for name, _ in removed)
        miss = _combined([miss, NoFit("too-short" if pieces else "frozen", need, longest, frozen)])
    return miss


def _combined(misses: Sequence[NoFit]) -> NoFit:
    """One result for several: the miss nearest to a fit, and every freeze involved."""
    reason = max((miss.reason for miss in misses), key=get_args(Miss).index)
    freezes = dict.fromkeys(name for miss in misses for name in miss.freezes)
    return NoFit(reason, misses[0].needed, max(miss.longest for miss in misses), tuple(freezes))
