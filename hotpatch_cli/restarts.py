"""When each machine restarts next: its causes, fitted into its windows, less its freezes."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from hotpatch_cli.model import Finding, Fleet, Machine, Placement, found
from hotpatch_cli.schedule.fit import Fit, NoFit, Openings, first_fit
from hotpatch_cli.schedule.freezes import Freeze, applies
from hotpatch_cli.schedule.windows import Opening, Window, ZoneMissing
from hotpatch_cli.schedule.zones import find_zone
from hotpatch_cli.servicing.restart import PLATFORM_DAYS, Cause, restarted_by_platform


class Restart(NamedTuple):
    """The next restart. `reason` is None where nothing tells; `opening` is None where no window is known.

    `runner` is `platform` where Azure chooses the moment, by the day `by`; the owner's window is then a wish,
    and `enforced` is False.
    """

    reason: str | None = None
    reasons: tuple[str, ...] = ()
    release_date: date | None = None
    runner: str | None = None
    enforced: bool | None = None
    by: date | None = None
    opening: Opening | None = None
    not_before: datetime | None = None
    sentence: str = ""
    findings: tuple[Finding, ...] = ()


class Restarts:
    """Fits restarts into a fleet's windows; equal questions are answered once."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self._openings = Openings()
        self._fits: dict[tuple[object, ...], Fit | NoFit | ZoneMissing] = {}
        self._restarts: dict[tuple[object, ...], Restart] = {}

    def of(self, machine: Machine, causes: Sequence[Cause]) -> Restart:
        """The next restart of a machine, from the causes that its judgement gives."""
        by_platform = restarted_by_platform(machine.facts)
        key = (tuple(causes), machine.placement, by_platform)
        known = self._restarts.get(key)
        if known is None:
            known = self._restarts[key] = self._restart(machine.placement, causes, by_platform=by_platform)
        return known

    def _restart(self, placement: Placement, causes: Sequence[Cause], *, by_platform: bool) -> Restart:
        if not causes:
            return Restart()
        fits = [self._fit(placement, cause.not_before) for cause in causes]
        moments = [_moment(fit, cause) for fit, cause in zip(fits, causes, strict=True)]
        first = moments.index(min(moments))
        cause, fit = causes[first], fits[first]
        opening = fit.opening if isinstance(fit, Fit) else None
        shared = [each for each, other in zip(causes, fits, strict=True) if other == fit and isinstance(fit, Fit)]
        reasons = tuple(dict.fromkeys((cause.reason, *(each.reason for each in shared))))
        by = cause.release_date + PLATFORM_DAYS if by_platform and cause.release_date else None
        return Restart(
            reason=cause.reason,
            reasons=reasons,
            release_date=cause.release_date,
            runner="platform" if by_platform else "owner",
            enforced=not by_platform,
            by=by,
            opening=opening,
            not_before=cause.not_before,
            sentence=_sentence(cause, opening, by, by_platform=by_platform),
            findings=() if opening else _missing(fit, placement, by_platform=by_platform),
        )

    def _fit(self, placement: Placement, not_before: datetime) -> Fit | NoFit | ZoneMissing:
        freezes = relevant(self.fleet.freezes, placement)
        key = (placement.windows, placement.timezone, placement.reboot, not_before, freezes)
        if key not in self._fits:
            self._fits[key] = self._search(placement, not_before, freezes)
        return self._fits[key]

    def _search(
        self, placement: Placement, not_before: datetime, freezes: tuple[Freeze, ...]
    ) -> Fit | NoFit | ZoneMissing:
        zone = find_zone(placement.timezone) if placement.timezone else None
        windows = windows_of(self.fleet, placement)
        try:
            return first_fit(windows, zone, freezes, placement.reboot, not_before, cache=self._openings)
        except ZoneMissing as error:
            return error


def windows_of(fleet: Fleet, placement: Placement) -> tuple[Window, ...]:
    """The windows that a machine names."""
    return tuple(fleet.windows[name] for name in placement.windows)


def relevant(freezes: Sequence[Freeze], placement: Placement) -> tuple[Freeze, ...]:
    """The freezes that hold for a machine."""
    tags = dict(placement.tags)
    return tuple(each for each in freezes if applies(each, placement.groups, placement.ring, placement.region, tags))


def _moment(fit: Fit | NoFit | ZoneMissing, cause: Cause) -> datetime:
    """What decides which cause comes first: its opening, or without one the moment from which it may happen."""
    return fit.opening.start if isinstance(fit, Fit) else cause.not_before


def _missing(fit: Fit | NoFit | ZoneMissing, placement: Placement, *, by_platform: bool) -> tuple[Finding, ...]:
    """HP413, HP501 and HP502: why there is no opening. Azure needs no window of the owner's."""
    names = ", ".join(placement.windows)
    if isinstance(fit, ZoneMissing):
        return (found("HP413", seen={"timezone": None}),)
    if by_platform or not isinstance(fit, NoFit):
        return ()
    if fit.reason == "no-window":
        return (found("HP501", "none", seen={"window": None}),)
    if fit.reason == "too-short":
        seen = {"window": names, "reboot_minutes": fit.needed // timedelta(minutes=1)}
        return (found("HP502", seen=seen, need=span(fit.needed), longest=span(fit.longest), window=names),)
    variant = "frozen" if fit.reason == "frozen" else "never"
    return (found("HP501", variant, seen={"window": names}, windows=names),)


def span(length: timedelta) -> str:
    """A duration in words: 3 h 55 min."""
    hours, minutes = divmod(length // timedelta(minutes=1), 60)
    return (
        " ".join(part for part in (f"{hours} h" if hours else "", f"{minutes} min" if minutes else "") if part)
        or "0 min"
    )


_WORDS = {
    "baseline": "restarts for the baseline of {day}",
    "baseline-due": "restarts for the baseline of {day}, which is due",
    "off-track": "restarts for the cumulative update of {day}, since it is off the track",
    "pending": "restarts for updates that wait and that hotpatch does not carry",
    "monthly-update": "restarts for the cumulative update of {day}, since it does not hotpatch",
}


def _sentence(cause: Cause, opening: Opening | None, by: date | None, *, by_platform: bool) -> str:
    """The next restart in words: why, when, and who runs it."""
    words = "It " + _WORDS[cause.reason].format(day=cause.release_date)
    window = f"the window {opening.window}, {opening.start:%Y-%m-%d %H:%M %z}" if opening else None
    if by_platform:
        last = f" by {by}" if by else ""
        wish = f"; {window}, is only a wish" if window else ""
        return f"{words}: Azure restarts it in off-peak hours of its own choosing{last}{wish}."
    return f"{words}: in {window}." if window else f"{words}: no opening is known."
