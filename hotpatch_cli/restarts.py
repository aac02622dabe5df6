"""When each machine restarts next: its causes, fitted into its windows, less its freezes."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from hotpatch_cli.model import Facts, Finding, Fleet, Machine, Placement, make_finding, written
from hotpatch_cli.schedule.durations import duration_text
from hotpatch_cli.schedule.fit import Fit, NoFit, OpeningCache, first_fit
from hotpatch_cli.schedule.freezes import Freeze, applies
from hotpatch_cli.schedule.windows import Opening, Window, ZoneMissing
from hotpatch_cli.schedule.zones import find_zone
from hotpatch_cli.servicing.restart import (
    PLATFORM_DAYS,
    Cause,
    customer_managed,
    restarted_by_platform,
)

RUN_BY_AZURE = ("platform", "azure-update-manager")
"""The runners of windows that Azure runs."""


class Restart(NamedTuple):
    """The next restart. `reason` is None where it's unknown; `opening` is None where no window is
    known.

    `runner` is `platform` where Azure chooses the moment, by the day `by`; the owner's window is
    then only a preference, and `enforced` is False. The same applies to a window that Azure doesn't
    run on the machine; where that is unknown, `enforced` is None. `overdue` is true if the day `by`
    has passed. It is not `certain` where the machine may be due now, since what it has installed is
    not known.
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
    certain: bool = False
    overdue: bool = False


class _Runner(NamedTuple):
    """Who runs the restart of a machine: Azure at a moment of its own, or the owner in windows that
    are run.
    """

    by_platform: bool
    promised: bool | None = True
    findings: tuple[Finding, ...] = ()


class Restarts:
    """Fits restarts into a fleet's windows; equal questions are answered once."""

    def __init__(self, fleet: Fleet, as_of: date) -> None:
        self.fleet = fleet
        self.as_of = as_of
        self._openings = OpeningCache()
        self._fits: dict[tuple[object, ...], Fit | NoFit | ZoneMissing] = {}
        self._restarts: dict[tuple[object, ...], Restart] = {}

    def of(self, machine: Machine, causes: Sequence[Cause]) -> Restart:
        """The next restart of a machine, from the causes in its judgment."""
        facts = machine.facts
        key = (tuple(causes), machine.placement, facts.platform, facts.patching)
        known = self._restarts.get(key)
        if known is None:
            placement, runner = self._runner(machine.placement, facts)
            known = self._restarts[key] = self._restart(placement, causes, runner)
        return known

    def _runner(self, placement: Placement, facts: Facts) -> tuple[Placement, _Runner]:
        """Who runs the restart, and the windows that are run: Azure's own only where it runs
        schedules on the VM.
        """
        by_platform = restarted_by_platform(facts)
        findings = tuple(findings_on_windows(self.fleet, facts, placement))
        others = run_windows(self.fleet, facts, placement)
        if others == placement.windows:
            return placement, _Runner(by_platform, findings=findings)
        if others:
            return placement._replace(windows=others), _Runner(by_platform, findings=findings)
        promised = None if findings[0].variant == "unknown" else False
        return placement, _Runner(by_platform, promised=promised, findings=findings)

    def _restart(self, placement: Placement, causes: Sequence[Cause], runner: _Runner) -> Restart:
        if not causes:
            return Restart(findings=runner.findings)
        by_platform = runner.by_platform
        fitted = [(cause, self._fit(placement, cause.not_before)) for cause in causes]
        cause, fit = min(fitted, key=_moment)
        opening = fit.opening if isinstance(fit, Fit) else None
        shared = [other.reason for other, fits in fitted if opening and fits == fit]
        reasons = tuple(dict.fromkeys((cause.reason, *shared)))
        released = cause.release_date or self._out_since(causes)
        by = released + PLATFORM_DAYS if by_platform and released else None
        overdue = by is not None and by < self.as_of
        late = (
            (make_finding("HP312", seen={"next_reboot.by": by}, by=by, date=released),)
            if overdue
            else ()
        )
        missing = () if isinstance(fit, Fit) else _missing(fit, placement, by_platform=by_platform)
        restart = Restart(
            reason=cause.reason,
            reasons=reasons,
            release_date=cause.release_date,
            runner="platform" if by_platform else "owner",
            enforced=not by_platform and runner.promised,
            by=by,
            opening=opening,
            not_before=cause.not_before,
            findings=(*late, *missing, *runner.findings),
            certain=cause.certain,
            overdue=overdue,
        )
        return restart._replace(sentence=_sentence(cause, restart))

    def _out_since(self, causes: Sequence[Cause]) -> date | None:
        """The day of the release that is due beside a cause without one: its 30 days run all the
        same.
        """
        due = (
            cause.release_date
            for cause in causes
            if cause.release_date and cause.release_date <= self.as_of
        )
        return min(due, default=None)

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
            return first_fit(
                windows, zone, freezes, placement.reboot, not_before, cache=self._openings
            )
        except ZoneMissing as error:
            return error


def windows_of(fleet: Fleet, placement: Placement) -> tuple[Window, ...]:
    """The windows that a machine names."""
    return tuple(fleet.windows[name] for name in placement.windows)


def relevant(freezes: Sequence[Freeze], placement: Placement) -> tuple[Freeze, ...]:
    """The freezes that apply to a machine."""
    tags = dict(placement.tags)
    return tuple(
        freeze
        for freeze in freezes
        if applies(freeze, placement.groups, placement.ring, placement.region, tags)
    )


def findings_on_windows(fleet: Fleet, facts: Facts, placement: Placement) -> Sequence[Finding]:
    """HP504 on the windows of a machine."""
    return schedule_findings(facts, placement, _azures(fleet, placement))


def run_windows(fleet: Fleet, facts: Facts, placement: Placement) -> tuple[str, ...]:
    """The windows of a machine in which somebody surely restarts it: Azure's only where it runs
    schedules on the VM, and all of them where Azure chooses the moment by itself.
    """
    azures = _azures(fleet, placement)
    if restarted_by_platform(facts) or not schedule_findings(facts, placement, azures):
        return placement.windows
    return tuple(name for name in placement.windows if name not in azures)


def _azures(fleet: Fleet, placement: Placement) -> tuple[str, ...]:
    windows = windows_of(fleet, placement)
    return tuple(window.name for window in windows if window.runner in RUN_BY_AZURE)


def schedule_findings(
    facts: Facts, placement: Placement, azures: Sequence[str]
) -> Sequence[Finding]:
    """HP504: a window that Azure runs (`azures`) on a VM where it runs none, or where that is
    unknown, or a VM that nothing patches without a window.
    """
    settings = facts.patching
    if facts.platform != "azure":
        return ()
    if customer_managed(facts):
        lacking = {"patching.bypass_safety_checks": True, "window": None}
        return () if placement.windows else (make_finding("HP504", "no_schedule", seen=lacking),)
    if not azures:
        return ()
    names = ", ".join(azures)
    flag = settings.bypass_safety_checks
    seen: dict[str, object] = {
        "window": names,
        "patching.mode": settings.mode,
        "patching.bypass_safety_checks": flag,
    }
    if settings.mode is None and flag is not False:
        return (make_finding("HP504", "unknown", seen=seen, window=names),)
    words = {"window": names, "mode": written(settings.mode), "flag": written(flag)}
    return (make_finding("HP504", seen=seen, **words),)


def _moment(fitted: tuple[Cause, Fit | NoFit | ZoneMissing]) -> datetime:
    """What decides which cause comes first: its opening, or without one the moment from which it
    may happen.
    """
    cause, fit = fitted
    return fit.opening.start if isinstance(fit, Fit) else cause.not_before


def _missing(
    fit: NoFit | ZoneMissing, placement: Placement, *, by_platform: bool
) -> tuple[Finding, ...]:
    """HP413, HP501 and HP502: why there is no opening. Azure needs no window of the owner's."""
    names = ", ".join(placement.windows)
    if isinstance(fit, ZoneMissing):
        return (make_finding("HP413", seen={"timezone": None}),)
    if by_platform:
        return ()
    if fit.reason == "no-window":
        return (make_finding("HP501", "none", seen={"window": None}),)
    if fit.reason == "too-short":
        seen = {"window": names, "reboot_minutes": fit.needed // timedelta(minutes=1)}
        return (
            make_finding(
                "HP502",
                seen=seen,
                need=duration_text(fit.needed),
                longest=duration_text(fit.longest),
                window=names,
            ),
        )
    variant = "frozen" if fit.reason == "frozen" else "never"
    return (make_finding("HP501", variant, seen={"window": names}, windows=names),)


_WORDS = {
    "baseline": "restarts for the baseline of {day}",
    "baseline-due": "restarts for the due baseline of {day}",
    "off-track": "restarts for the cumulative update of {day} because it's off the hotpatch track",
    "pending": "restarts for pending updates that aren't delivered as hotpatches",
    "monthly-update": (
        "restarts for the cumulative update of {day} because it isn't eligible for hotpatching"
    ),
    "restart-pending": "restarts to finish an update that is already installed",
}


def _sentence(cause: Cause, restart: Restart) -> str:
    """The next restart in words: why, when, who runs it, and what is not sure."""
    why = _WORDS[cause.reason].format(day=cause.release_date)
    words = f"It {why}: {_when(restart)}."
    if cause.certain:
        return words
    return f"{words} It might be due now because the installed update isn't known."


def _when(restart: Restart) -> str:
    opening = restart.opening
    window = f"the window {opening.window}, {opening.start:%Y-%m-%d %H:%M %z}" if opening else None
    wish = f"; {window}, is only a preference" if window else ""
    if restart.overdue:
        return f"Azure should have restarted it by {restart.by}{wish}"
    if restart.runner == "platform":
        last = f" by {restart.by}" if restart.by else ""
        return f"Azure chooses off-peak hours{last}{wish}"
    if window is None:
        return "no opening found"
    if restart.enforced is None:
        return f"in {window}, if Azure runs it on this VM"
    if restart.enforced or opening is None:
        return f"in {window}"
    return f"Azure doesn't apply the window {opening.window} to this VM"
