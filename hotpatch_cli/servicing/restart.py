"""The causes of a machine's next restart, and the earliest moment of each."""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from hotpatch_cli.model import Facts, PatchMode, meaning_of
from hotpatch_cli.schedule.patch_tuesday import next_patch_tuesday, release_moment
from hotpatch_cli.servicing.history import Baseline, History
from hotpatch_cli.servicing.offers import Offers
from hotpatch_cli.servicing.track import NOT_NOW, Track, standard_update

PLATFORM_DAYS = timedelta(days=30)
"""Azure installs within 30 days of release.
https://learn.microsoft.com/en-us/azure/virtual-machines/automatic-vm-guest-patching"""


class Cause(NamedTuple):
    """A cause of a restart: its release, and the earliest moment (UTC).

    It isn't `certain` where the machine may be due earlier, because its installed update is
    unknown.
    """

    reason: str
    release_date: date | None
    not_before: datetime
    certain: bool = True


def start_of(as_of: date) -> datetime:
    """The first moment of a day in UTC."""
    return datetime.combine(as_of, time(), UTC)


def next_baseline(track: Track, history: History) -> Baseline | None:
    """The baseline to install next: the newest one out while it is due, otherwise the first after
    the as-of day.
    """
    if track.state == "baseline-due":
        return track.baseline
    return history.planned_after(history.as_of)


def causes(
    verdict: str, facts: Facts, track: Track, history: History, offers: Offers
) -> tuple[Cause, ...]:
    """Why the machine restarts next: a pending restart, its track or verdict, other updates."""
    now = start_of(history.as_of)
    main = _main_cause(verdict, track, history)
    found = (
        Cause("restart-pending", None, now) if facts.restart_pending else None,
        main,
        Cause("pending", None, now) if _others_wait(verdict, track, offers) else None,
    )
    # A KB without a title may restart the machine before all known causes.
    certain = not track.may_be_due and not offers.untitled
    return tuple(
        cause._replace(certain=cause.certain and certain) for cause in found if cause is not None
    )


def _others_wait(verdict: str, track: Track, offers: Offers) -> bool:
    """Whether pending updates restart the machine that its track or verdict doesn't cover."""
    if offers.others:
        return True
    if verdict in NOT_NOW:
        return False
    if track.state == "unknown" and offers.cumulative:
        return True
    standard = offers.leaves_track and track.state != "off-track"
    return standard or bool(offers.open) or any(row.kind is None for row in offers.rows)


def _main_cause(verdict: str, track: Track, history: History) -> Cause | None:
    now = start_of(history.as_of)
    if verdict in NOT_NOW:
        return _monthly(track, history)
    if track.state == "baseline-due" and track.baseline is not None and not track.gets_baseline:
        return _out("baseline-due", track.baseline.date, now)
    if track.state == "off-track":
        if track.next_update is not None:
            return _out("off-track", track.next_update.date, now)
        return _at_release("off-track", next_patch_tuesday(history.as_of))
    following = history.planned_after(history.as_of)
    if verdict == "ready" and following is not None:
        return _at_release("baseline", following.date)
    return None


def _monthly(track: Track, history: History) -> Cause:
    """The monthly standard update: the one that is out, or the next one. Where the installed update
    is unknown, the one that is out may be due.
    """
    if track.next_update is not None:
        return _out("monthly-update", track.next_update.date, start_of(history.as_of))
    following = _at_release("monthly-update", next_patch_tuesday(history.as_of))
    update_is_out = any(
        standard_update(track.possible._replace(candidates=(row,)), history, Offers())
        for row in track.possible.candidates
    )
    return following._replace(certain=track.possible.known and not update_is_out)


def _out(reason: str, day: date, now: datetime) -> Cause:
    """A release that is out on the as-of day; on its own day, from its release hour on."""
    return Cause(reason, day, max(now, release_moment(day)))


def _at_release(reason: str, day: date) -> Cause:
    return Cause(reason, day, release_moment(day))


def restarted_by_platform(facts: Facts) -> bool:
    """Whether Azure chooses the moment: AutomaticByPlatform without bypassed safety checks."""
    settings = facts.patching
    automatic = meaning_of(settings.mode) is PatchMode.AUTOMATIC_BY_PLATFORM
    return facts.platform == "azure" and automatic and not settings.bypass_safety_checks


def customer_managed(facts: Facts) -> bool:
    """Whether a schedule of Azure runs on a VM: AutomaticByPlatform with the safety checks
    bypassed.

    https://learn.microsoft.com/en-us/azure/update-manager/manage-update-settings
    """
    settings = facts.patching
    automatic = meaning_of(settings.mode) is PatchMode.AUTOMATIC_BY_PLATFORM
    return facts.platform == "azure" and automatic and settings.bypass_safety_checks is True
