"""The hotpatch track: current, behind, baseline-due, off-track or unknown.

Source of the rules:
https://learn.microsoft.com/en-us/windows-server/get-started/enable-hotpatch-azure-arc-enabled-servers
and
https://learn.microsoft.com/en-us/troubleshoot/azure/virtual-machines/windows/troubleshoot-hotpatch-failures-azure-vm
"""

from datetime import date
from typing import NamedTuple

from hotpatch_cli.knowledge.records import STANDARD, Day, Release
from hotpatch_cli.model import Build, Facts, Finding, TrackState, make_finding
from hotpatch_cli.servicing.history import Baseline, History, age, day_of
from hotpatch_cli.servicing.installation import Installed
from hotpatch_cli.servicing.offers import Offers, offered_findings

HOTPATCHES = ("hotpatch", "out-of-band-hotpatch")
NOT_NOW = ("action-required", "unsupported")
"""The verdicts of machines that get the standard update each month."""


class Update(NamedTuple):
    """What Windows Update offers next."""

    kb: str | None
    build: Build | None
    date: Day
    kind: str
    reboot: bool


class Track(NamedTuple):
    """The track of a machine. `state` is None where the machine isn't eligible and has no track.

    `possible` are the releases that it may have installed; `installed` is set where only one is
    possible.
    """

    state: TrackState | None
    installed: Release | None = None
    latest: Release | None = None
    next_update: Update | None = None
    baseline: Baseline | None = None
    findings: tuple[Finding, ...] = ()
    why: str = ""
    possible: Installed = Installed()

    @property
    def pending_restart(self) -> Release | None:
        """The installed update that takes effect after the pending restart."""
        return self.possible.waiting

    @property
    def gets_baseline(self) -> bool:
        """Whether the pending restart completes the newest baseline or a newer update."""
        waiting = self.possible.waiting
        return (
            waiting is not None
            and self.baseline is not None
            and day_of(waiting) >= self.baseline.date
        )

    @property
    def may_be_due(self) -> bool:
        """Whether a baseline is out, and no fact shows whether it is installed."""
        return self.state == "unknown" and self.baseline is not None


class Standing(NamedTuple):
    """The state that an installed release gives; `undecided` is the release of unknown kind that
    keeps it unknown.
    """

    state: TrackState
    undecided: Release | None = None


def track(
    facts: Facts, possible: Installed, history: History, verdict: str, offers: Offers
) -> Track:
    """The track of a machine: the state that all of its candidates share, otherwise unknown."""
    baseline = history.newest_baseline
    standings = tuple(standing(row, history, facts.platform) for row in possible.candidates)
    if possible.lacks is not None:
        standings = (Standing("baseline-due"),)
    agreed = standings[0] if len({result.state for result in standings}) == 1 else None
    own = possible.settled if agreed else possible.question
    findings = [*filter(None, (own,)), *possible.findings]
    if agreed is not None:
        findings += _told(facts, agreed, possible, history, verdict)
    state = agreed.state if agreed else "unknown"
    if verdict == "ready" and state != "off-track":
        findings += offered_findings(offers)
    why = _why_unknown(agreed, history) if agreed else possible.why
    update = _next_update(facts, state, possible, history, verdict, offers)
    latest = history.latest(facts.platform)
    return Track(state, possible.release, latest, update, baseline, tuple(findings), why, possible)


def standing(installed: Release, history: History, platform: str | None) -> Standing:
    """The decision table for one release, from its first line to its last."""
    baseline = history.newest_baseline
    if baseline is not None and day_of(installed) < baseline.date:
        return Standing("baseline-due")
    undecided = _undecided(installed, baseline, history)
    if undecided is not None:
        return Standing("unknown", undecided)
    if installed.is_baseline or installed.kind in HOTPATCHES:
        newest = next(reversed(history.hotpatches(platform)), None)
        return Standing("behind" if newest is not None and _newer(newest, installed) else "current")
    if baseline is None or installed.kind not in STANDARD:
        return Standing("unknown")
    return Standing("off-track")


def _undecided(installed: Release, baseline: Baseline | None, history: History) -> Release | None:
    """A release of unknown kind that makes the state unknown: the installed one, or one newer than
    it and the baseline, because it may be a baseline.
    """
    after = max(day for day in (baseline and baseline.date, installed.date, date.min) if day)
    unknown = [row for row in history.out if row.kind is None]
    deciding = [row for row in unknown if row == installed or (row.date and row.date > after)]
    return max(deciding, key=age, default=None)


def _newer(one: Release, other: Release) -> bool:
    if one.date != other.date:
        return day_of(one) > day_of(other)
    return one.build is not None and other.build is not None and one.build > other.build


# --- what is said ----------------------------------------


def _told(
    facts: Facts, agreed: Standing, possible: Installed, history: History, verdict: str
) -> tuple[Finding, ...]:
    """The findings on a state. While a restart that completes an update is pending, HP308 replaces
    them.
    """
    match agreed.state:
        case "baseline-due":
            baseline = history.newest_baseline
            return (
                _due(facts, possible, baseline, history)
                if baseline and not possible.waiting
                else ()
            )
        case "behind":
            return (
                (_behind(facts, possible, history),)
                if verdict == "ready" and not possible.waiting
                else ()
            )
        case "off-track":
            return (_off(facts, possible, history),)
        case "unknown" if agreed.undecided is not None:
            row = agreed.undecided
            return (make_finding("HP309", seen=_seen(facts), kb=row.name, date=row.date),)
        case "unknown":
            return (make_finding("HP309", "no_baseline", seen=_seen(facts), date=history.as_of),)
    return ()


def _why_unknown(agreed: Standing, history: History) -> str:
    if agreed.state != "unknown":
        return ""
    if agreed.undecided is not None:
        return f"no source states the kind of {agreed.undecided.name}"
    return f"the release data has no baseline on or before {history.as_of}"


def _behind(facts: Facts, possible: Installed, history: History) -> Finding:
    newest = history.hotpatches(facts.platform)[-1]
    kb = {"kb": newest.kb} if newest.kb else {}
    return make_finding(
        "HP301", seen=_seen(facts), installed=possible.name, latest=newest.name, **kb
    )


def _due(
    facts: Facts, possible: Installed, baseline: Baseline, history: History
) -> tuple[Finding, ...]:
    seen, day = _seen(facts), baseline.date
    if baseline.release is None or baseline.release.kb is None:
        findings = [
            make_finding(
                "HP302", "not_known", seen=seen, installed=possible.name, baseline=baseline
            )
        ]
    else:
        findings = [_missed(possible, baseline.release, history, seen)]
    if baseline.release is not None and not baseline.planned:
        findings.append(
            make_finding(
                "HP305", seen=seen, kb=baseline.release.name, date=day, month=f"{day:%B %Y}"
            )
        )
    return tuple(findings)


def _missed(
    possible: Installed, baseline: Release, history: History, seen: dict[str, object]
) -> Finding:
    """HP302, with the cumulative update that would now be installed in the baseline's place, where
    there is one.
    """
    other = history.newest_standard(out_of_band=True)
    tempting = other is not None and _newer(other, baseline)
    more = {"standard": other.name, "month": f"{other.date:%B %Y}"} if other and tempting else {}
    return make_finding(
        "HP302",
        variant="tempting" if tempting else "default",
        seen=seen,
        installed=possible.name,
        baseline=baseline.name,
        baseline_date=baseline.date,
        kb=baseline.kb,
        **more,
    )


_STANDARD_KINDS = {"out-of-band": "an out-of-band update", "preview": "a preview update"}


def _off(facts: Facts, possible: Installed, history: History) -> Finding:
    """HP303, with the confidence of the updates that may have taken the machine off the track."""
    rows = possible.candidates
    following = history.planned_after(history.as_of)
    # Two updates may have the build: what is said of one kind must be true of both.
    shared = rows[0].kind if len({row.kind for row in rows}) == 1 else None
    kind = _STANDARD_KINDS.get(shared or "", "a standard cumulative update")
    doubtful = next(
        (row.confidence_of_kind for row in rows if row.confidence_of_kind != "high"), None
    )
    values: dict[str, object] = {"installed": possible.name, "kind": kind}
    if doubtful is not None:
        values["confidence"] = doubtful
    if following is not None:
        values["next_baseline"] = following.date
    variant = "default" if following else "ended"
    if doubtful is not None:
        variant = "doubtful" if following else "doubtful_ended"
    return make_finding("HP303", variant, seen=_seen(facts), **values)


def _seen(facts: Facts) -> dict[str, object]:
    return {"build": facts.build} if facts.build else {"kbs": list(facts.kbs)}


# --- what comes next ----------------------------------------


def _next_update(  # noqa: PLR0917  the whole of a judgment
    facts: Facts,
    state: TrackState,
    possible: Installed,
    history: History,
    verdict: str,
    offers: Offers,
) -> Update | None:
    if verdict in NOT_NOW:
        return standard_update(possible, history, offers)
    baseline = history.newest_baseline
    if state == "baseline-due" and baseline is not None:
        waiting = possible.waiting
        return (
            None
            if waiting is not None and day_of(waiting) >= baseline.date
            else _of_baseline(baseline)
        )
    offered = max((row for row in offers.rows if _offered_next(row, state)), key=age, default=None)
    if offered is not None:
        return _offer(offered, reboot=True)
    newest = _newest_of_state(facts, state, possible, history)
    if newest is None or _brings(possible.waiting, newest):
        return None
    return _offer(newest, reboot=state == "off-track")


def _offered_next(row: Release, state: TrackState) -> bool:
    """Whether an offered cumulative update comes next. Off the track, the newest one comes next in
    any case.
    """
    if state == "unknown":
        return row.kind is not None
    return state != "off-track" and row.kind in STANDARD


def _newest_of_state(
    facts: Facts, state: TrackState, possible: Installed, history: History
) -> Release | None:
    """The newest update that the running build lacks, of the kind that its state needs."""
    if state == "behind":
        return history.hotpatches(facts.platform)[-1]
    standard = history.newest_standard()
    if state == "off-track" and standard is not None and possible.lacks_release(standard):
        return standard
    return None


def _brings(waiting: Release | None, update: Release) -> bool:
    """Whether the pending restart completes an update or a newer one, which isn't offered again."""
    return waiting is not None and age(waiting) >= age(update)


def standard_update(possible: Installed, history: History, offers: Offers) -> Update | None:
    """The newest cumulative update that is out and certainly not installed: the next update of a
    machine without hotpatching.

    An offered update isn't installed, whatever other facts state.
    """
    waiting = possible.waiting
    newest = history.newest_cumulative()
    offered = max(offers.rows, key=age, default=None)
    if newest is None or not possible.known:
        return None if offered is None else _offer(offered, reboot=True)
    if isinstance(newest, Baseline):
        lacking = possible.lacks is not None or all(
            day_of(row) < newest.date for row in possible.candidates
        )
        has_it = waiting is not None and day_of(waiting) >= newest.date
        return _of_baseline(newest) if lacking and not has_it else None
    lacking = possible.lacks_release(newest) and not _brings(waiting, newest)
    return _offer(newest, reboot=True) if lacking else None


def _of_baseline(baseline: Baseline) -> Update:
    row = baseline.release
    return Update(
        row.kb if row else None,
        row.build if row else None,
        baseline.date,
        f"{baseline.kind}-baseline",
        reboot=True,
    )


def _offer(row: Release, *, reboot: bool) -> Update:
    return Update(row.kb, row.build, day_of(row), row.kind or "standard", reboot)


def no_track(next_update: Update | None = None, possible: Installed | None = None) -> Track:
    """The track of a machine that isn't eligible: no state, but a next update."""
    return Track(None, next_update=next_update, possible=possible or Installed())


def unknown_track(facts: Facts, why: str) -> Track:
    """The track of a machine whose product is unknown."""
    if facts.build or facts.kbs:
        return Track("unknown", why=why)
    return Track(
        "unknown", findings=(make_finding("HP313", seen={"build": None, "kbs": None}),), why=why
    )


__all__ = [
    "Installed",
    "Track",
    "Update",
    "no_track",
    "standing",
    "track",
    "unknown_track",
]
