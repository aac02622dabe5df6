"""The hotpatch track: current, behind, baseline-due, off-track or unknown.

Source of the rules: https://learn.microsoft.com/en-us/windows-server/get-started/enable-hotpatch-azure-arc-enabled-servers
and https://learn.microsoft.com/en-us/troubleshoot/azure/virtual-machines/windows/troubleshoot-hotpatch-failures-azure-vm
"""

from datetime import date
from typing import Literal, NamedTuple

from hotpatch_cli.knowledge.rows import STANDARD, Day, Release
from hotpatch_cli.model import Facts, Finding, found
from hotpatch_cli.servicing.history import Baseline, History
from hotpatch_cli.servicing.installed import Installed, identify

State = Literal["current", "behind", "baseline-due", "off-track", "unknown"]
STATES: tuple[State, ...] = ("current", "behind", "baseline-due", "off-track", "unknown")


class Update(NamedTuple):
    """What Windows Update offers next."""

    kb: str | None
    build: str | None
    date: Day
    kind: str
    reboot: bool


class Track(NamedTuple):
    """Where a machine stands. `state` is None where hotpatch is out of reach, so that there is no track."""

    state: State | None
    installed: Release | None = None
    latest: Release | None = None
    next_update: Update | None = None
    baseline: Baseline | None = None
    findings: tuple[Finding, ...] = ()
    why: str = ""


def track(facts: Facts, history: History) -> Track:
    """The track of a machine, by the newest baseline that is out and the release that is installed."""
    baseline, latest = history.newest_baseline, history.latest(facts.platform)
    identified = identify(facts, history)
    installed = identified.release
    if installed is None or installed.date is None:
        return Track("unknown", None, latest, None, baseline, identified.findings, identified.why)
    state, findings, why = _judge(facts, installed, baseline, history)
    update = _next_update(facts, state, installed, baseline, history)
    return Track(state, installed, latest, update, baseline, identified.findings + findings, why)


def _judge(
    facts: Facts, installed: Release, baseline: Baseline | None, history: History
) -> tuple[State, tuple[Finding, ...], str]:
    """The decision table, from its first line to its last."""
    day = installed.date or date.min
    if baseline is not None and day < baseline.date:
        return "baseline-due", _due(facts, installed, baseline, history), ""
    undecided = _undecided(installed, baseline, history)
    if undecided is not None:
        finding = found("HP309", seen=_seen(facts), kb=undecided.name, date=undecided.date)
        return "unknown", (finding,), f"no source states the kind of {undecided.name}"
    if installed.is_baseline or installed.kind in ("hotpatch", "out-of-band-hotpatch"):
        return _on_track(facts, installed, history)
    if baseline is None or installed.kind not in STANDARD:
        finding = found("HP309", "no_baseline", seen=_seen(facts), date=history.as_of)
        return "unknown", (finding,), f"no baseline is on record on or before {history.as_of}"
    return "off-track", (_off(facts, installed, history),), ""


def _undecided(installed: Release, baseline: Baseline | None, history: History) -> Release | None:
    """A release of unknown kind without which the state cannot be told: the installed one, or one that is newer than
    it and than the baseline, since it may be the baseline."""
    after = max(day for day in (baseline and baseline.date, installed.date, date.min) if day)
    unknown = [row for row in history.out if row.kind is None]
    deciding = [row for row in unknown if row == installed or (row.date and row.date > after)]
    return deciding[-1] if deciding else None


def _on_track(facts: Facts, installed: Release, history: History) -> tuple[State, tuple[Finding, ...], str]:
    newest = next(reversed(history.hotpatches(facts.platform)), None)
    if newest is None or not _newer(newest, installed):
        return "current", (), ""
    finding = found("HP301", seen=_seen(facts), installed=installed.name, latest=newest.name)
    return "behind", (finding,), ""


def _newer(one: Release, other: Release) -> bool:
    if one.date != other.date:
        return (one.date or date.min) > (other.date or date.min)
    return one.build is not None and other.build is not None and one.build > other.build


def _due(facts: Facts, installed: Release, baseline: Baseline, history: History) -> tuple[Finding, ...]:
    seen, day = _seen(facts), baseline.date
    if baseline.release is None:
        missed = found("HP302", "not_known", seen=seen, installed=installed.name, baseline=baseline)
        ends = history.newest_known or "no day"
        return missed, found("HP310", seen=seen, date=day, newest=ends)
    findings = [_missed(installed, baseline.release, history, seen)]
    if not baseline.planned:
        findings.append(found("HP305", seen=seen, kb=baseline.release.name, date=day, month=f"{day:%B %Y}"))
    return tuple(findings)


def _missed(installed: Release, baseline: Release, history: History, seen: dict[str, object]) -> Finding:
    """HP302, with the cumulative update that would now be installed in the baseline's place, where there is one."""
    other = history.newest_standard(out_of_band=True)
    tempting = other is not None and _newer(other, baseline)
    more = {"standard": other.name, "month": f"{other.date:%B %Y}"} if other and tempting else {}
    return found(
        "HP302",
        variant="tempting" if tempting else "default",
        seen=seen,
        installed=installed.name,
        baseline=baseline.name,
        baseline_date=baseline.date,
        **more,
    )


_STANDARD_KINDS = {"out-of-band": "an out-of-band update", "preview": "a preview update"}


def _off(facts: Facts, installed: Release, history: History) -> Finding:
    following = history.planned_after(history.as_of)
    kind = _STANDARD_KINDS.get(installed.kind or "", "a standard cumulative update")
    if following is None:
        return found("HP303", "ended", seen=_seen(facts), installed=installed.name, kind=kind)
    return found("HP303", seen=_seen(facts), installed=installed.name, kind=kind, next_baseline=following.date)


def _seen(facts: Facts) -> dict[str, object]:
    return {"build": facts.build} if facts.build else {"kbs": list(facts.kbs)}


def _next_update(
    facts: Facts, state: State, installed: Release, baseline: Baseline | None, history: History
) -> Update | None:
    if state == "baseline-due" and baseline is not None:
        row = baseline.release
        build = str(row.build) if row and row.build else None
        return Update(row.kb if row else None, build, baseline.date, f"{baseline.kind}-baseline", reboot=True)
    if state == "behind":
        return _offer(history.hotpatches(facts.platform)[-1], reboot=False)
    standard = history.newest_standard()
    if state == "off-track" and standard is not None and _newer(standard, installed):
        return _offer(standard, reboot=True)
    return None


def _offer(row: Release, *, reboot: bool) -> Update:
    return Update(row.kb, str(row.build) if row.build else None, row.date or date.min, row.kind or "", reboot)


def no_track() -> Track:
    """The track of a machine that cannot hotpatch: there is none."""
    return Track(None)


def unknown_track(why: str) -> Track:
    """The track of a machine whose product is not known."""
    return Track("unknown", why=why)


__all__ = ["STATES", "Installed", "State", "Track", "Update", "no_track", "track", "unknown_track"]
