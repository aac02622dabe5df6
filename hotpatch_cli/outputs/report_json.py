"""The report as JSON, and the types that describe it."""

import json
from typing import Any

from typing_extensions import TypedDict

from hotpatch_cli.app import Checked, Reason, Report
from hotpatch_cli.knowledge.rows import Release
from hotpatch_cli.restarts import Restart
from hotpatch_cli.schedule.windows import Opening
from hotpatch_cli.servicing.history import Baseline
from hotpatch_cli.servicing.track import Track, Update

SCHEMA_VERSION = 1


class KnowledgeJson(TypedDict):
    """How new the knowledge is: newest release that is out, and the day the data was read."""

    newest_release: str | None
    read: str


class InstalledJson(TypedDict):
    """The release that the machine has."""

    build: str | None
    kb: str | None


class LatestJson(TypedDict):
    """The newest baseline or hotpatch of the product."""

    kb: str | None
    build: str | None
    date: str


class UpdateJson(TypedDict):
    """What Windows Update offers next."""

    kb: str | None
    build: str | None
    date: str
    kind: str
    reboot: bool


class TrackJson(TypedDict):
    """Where the machine stands; no state where hotpatch is out of reach."""

    state: str | None
    installed: InstalledJson | None
    latest: LatestJson | None
    next_update: UpdateJson | None
    why: str


class BaselineJson(TypedDict):
    """The baseline to install next; confirmed by data or a forecast."""

    date: str
    kind: str
    confirmed: bool


class WindowJson(TypedDict):
    """The opening in which it restarts, in the zone that rules it."""

    name: str
    start: str
    end: str
    notes: list[str]


class RestartJson(TypedDict):
    """The next restart; no reason where nothing tells."""

    reason: str | None
    reasons: list[str]
    release_date: str | None
    runner: str | None
    enforced: bool | None
    by: str | None
    window: WindowJson | None
    sentence: str


class EvidenceJson(TypedDict):
    """A field and what stood there."""

    field: str
    observed: str


class LocationJson(TypedDict):
    """A place in a file; line and column count from 1."""

    file: str
    line: int | None
    column: int | None


class ReasonJson(TypedDict):
    """A rule that speaks of the machine."""

    code: str
    name: str
    level: str
    message: str
    remedy: str
    source: str
    evidence: list[EvidenceJson]
    location: LocationJson


class MachineJson(TypedDict):
    """One machine, judged."""

    name: str
    id: str | None
    platform: str | None
    product: str | None
    verdict: str
    track: TrackJson
    next_baseline: BaselineJson | None
    next_reboot: RestartJson
    reasons: list[ReasonJson]


SummaryJson = TypedDict(
    "SummaryJson",
    {
        "machines": int,
        "ready": int,
        "action-required": int,
        "unsupported": int,
        "unknown": int,
        "waived": int,
        "skipped": int,
    },
)


class ReportJson(TypedDict):
    """The report of `hotpatch check` and `hotpatch image`."""

    schema_version: int
    as_of: str
    knowledge: KnowledgeJson
    summary: SummaryJson
    machines: list[MachineJson]


def render_json(report: Report) -> str:
    """The report as JSON, machines in the order of the input."""
    return json.dumps(report_dict(report), ensure_ascii=False, indent=1) + "\n"


def report_dict(report: Report) -> ReportJson:
    """The report as it stands in JSON. `hotpatch schema report` describes it."""
    newest = report.newest_release
    counts: Any = report.counts
    return {
        "schema_version": SCHEMA_VERSION,
        "as_of": str(report.as_of),
        "knowledge": {"newest_release": str(newest) if newest else None, "read": str(report.read)},
        "summary": counts,
        "machines": [_machine(each) for each in report.machines],
    }


def _machine(checked: Checked) -> MachineJson:
    machine, judgement = checked.machine, checked.judgement
    return {
        "name": machine.label,
        "id": machine.id,
        "platform": machine.facts.platform,
        "product": judgement.product,
        "verdict": judgement.verdict or "",
        "track": _track(judgement.track),
        "next_baseline": _baseline(judgement.next_baseline),
        "next_reboot": _restart(checked.restart),
        "reasons": [_reason(each) for each in checked.reasons],
    }


def _track(track: Track) -> TrackJson:
    return {
        "state": track.state,
        "installed": _installed(track.installed),
        "latest": _latest(track.latest),
        "next_update": _update(track.next_update),
        "why": track.why,
    }


def _installed(release: Release | None) -> InstalledJson | None:
    return None if release is None else {"build": str(release.build) if release.build else None, "kb": release.kb}


def _latest(release: Release | None) -> LatestJson | None:
    if release is None:
        return None
    return {"kb": release.kb, "build": str(release.build) if release.build else None, "date": str(release.date)}


def _update(update: Update | None) -> UpdateJson | None:
    if update is None:
        return None
    kb, build, day, kind, reboot = update
    return {"kb": kb, "build": build, "date": str(day), "kind": kind, "reboot": reboot}


def _baseline(baseline: Baseline | None) -> BaselineJson | None:
    if baseline is None:
        return None
    return {"date": str(baseline.date), "kind": baseline.kind, "confirmed": baseline.confirmed}


def _restart(restart: Restart) -> RestartJson:
    return {
        "reason": restart.reason,
        "reasons": list(restart.reasons),
        "release_date": str(restart.release_date) if restart.release_date else None,
        "runner": restart.runner,
        "enforced": restart.enforced,
        "by": str(restart.by) if restart.by else None,
        "window": opening_dict(restart.opening),
        "sentence": restart.sentence,
    }


def opening_dict(opening: Opening | None) -> WindowJson | None:
    """An opening with its moments in ISO 8601, in the zone that rules it."""
    if opening is None:
        return None
    start, end = opening.start.isoformat(), opening.end.isoformat()
    return {"name": opening.window, "start": start, "end": end, "notes": list(opening.notes)}


def _reason(reason: Reason) -> ReasonJson:
    rule, location = reason.rule, reason.location
    return {
        "code": rule.code,
        "name": rule.name,
        "level": rule.level,
        "message": reason.message,
        "remedy": rule.remedy,
        "source": rule.source,
        "evidence": [{"field": field, "observed": observed} for field, observed in reason.finding.evidence],
        "location": {"file": location.file, "line": location.line, "column": location.column},
    }
