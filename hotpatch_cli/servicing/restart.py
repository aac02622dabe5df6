"""What makes a machine restart next, and not before which moment."""

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from hotpatch_cli.model import Facts
from hotpatch_cli.schedule.patch_tuesday import next_patch_tuesday, release_moment
from hotpatch_cli.servicing.carried import carried
from hotpatch_cli.servicing.history import Baseline, History
from hotpatch_cli.servicing.track import Track

PLATFORM_DAYS = timedelta(days=30)
"""Azure installs within 30 days of release.
https://learn.microsoft.com/en-us/azure/virtual-machines/automatic-vm-guest-patching"""


class Cause(NamedTuple):
    """A reason to restart: the release behind it, and the moment (UTC) before which it does not happen."""

    reason: str
    release_date: date | None
    not_before: datetime


def start_of(as_of: date) -> datetime:
    """The first moment of a day in UTC."""
    return datetime.combine(as_of, time(), UTC)


def next_baseline(track: Track, history: History) -> Baseline | None:
    """The baseline to install next: the newest one out while it is due, otherwise the first after the as-of day."""
    if track.state == "baseline-due":
        return track.baseline
    return history.planned_after(history.as_of)


def causes(verdict: str, facts: Facts, track: Track, history: History) -> tuple[Cause, ...]:
    """Why the machine restarts next: what its track or its verdict asks for, and updates that wait."""
    main = _main_cause(verdict, track, history)
    others = any(not carried(update) for update in facts.pending)
    waiting = (Cause("pending", None, start_of(history.as_of)),) if others else ()
    return ((main,) if main else ()) + waiting


def _main_cause(verdict: str, track: Track, history: History) -> Cause | None:
    now = start_of(history.as_of)
    if track.state == "baseline-due" and track.baseline is not None:
        return _out("baseline-due", track.baseline.date, now)
    if track.state == "off-track":
        if track.next_update is not None:
            return _out("off-track", track.next_update.date, now)
        return _at_release("off-track", next_patch_tuesday(history.as_of))
    if verdict in ("action-required", "unsupported"):
        return _at_release("monthly-update", next_patch_tuesday(history.as_of))
    following = next_baseline(track, history)
    if verdict == "ready" and following is not None:
        return _at_release("baseline", following.date)
    return None


def _out(reason: str, day: date, now: datetime) -> Cause:
    """A release that is out on the as-of day; on that day itself it is out from its hour on."""
    return Cause(reason, day, max(now, release_moment(day)))


def _at_release(reason: str, day: date) -> Cause:
    return Cause(reason, day, release_moment(day))


def restarted_by_platform(facts: Facts) -> bool:
    """Whether Azure chooses the moment: AutomaticByPlatform whose safety checks are not bypassed."""
    settings = facts.patching
    automatic = (settings.mode or "").lower() == "automaticbyplatform"
    return facts.platform == "azure" and automatic and not settings.bypass_safety_checks
