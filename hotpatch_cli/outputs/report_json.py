"""The report as JSON; report_types.py describes it."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from hotpatch_cli.knowledge.records import Release
from hotpatch_cli.report import Checked, Reason, Report
from hotpatch_cli.restarts import Restart
from hotpatch_cli.schedule.windows import Opening
from hotpatch_cli.servicing.history import Baseline
from hotpatch_cli.servicing.track import Track, Update

if (
    TYPE_CHECKING
):  # the types are for readers and for the schema; making them takes time that a run can save
    from hotpatch_cli.outputs.report_types import (
        BaselineJson,
        HeadJson,
        InstalledJson,
        KnowledgeJson,
        LatestJson,
        MachineJson,
        ReasonJson,
        ReportJson,
        RestartJson,
        RunReasonJson,
        TrackJson,
        UpdateJson,
        WindowJson,
    )

SCHEMA_VERSION = 1


def render_json(report: Report) -> str:
    """The report as JSON, machines in the order of the input: one a line, so that a change is a
    line of a diff.
    """
    head = json.dumps(_head(report), ensure_ascii=False, indent=1)
    fragments = _Fragments()
    machines = ",\n".join(map(fragments.machine, report.machines))
    return f'{head[:-2]},\n "machines": [\n{machines}\n]}}\n'


class _Fragments:
    """Writes machines. They share judgements, restarts and findings, so each distinct one is made
    text once.
    """

    def __init__(self) -> None:
        self._known: dict[int, str] = {}

    def machine(self, checked: Checked) -> str:
        """What `json.dumps` writes for a machine of `report_dict`."""
        name, identity = _text(checked.machine.label), _text(checked.machine.id)
        judged = self._once(checked.judgement, lambda: _judged(checked))
        restart = self._once(
            checked.restart, lambda: {"next_reboot": restart_dict(checked.restart)}
        )
        reasons = ", ".join(map(self._reason, checked.reasons))
        last = f'"outcome": "{checked.outcome}"'
        return f'{{"name": {name}, "id": {identity}, {judged}, {restart}, "reasons": [{reasons}], {last}}}'

    def _reason(self, reason: Reason) -> str:
        told = self._once(reason.finding, lambda: _told(reason))
        file, line, column = reason.location
        place = f'"file": {_text(file)}, "line": {_number(line)}, "column": {_number(column)}'
        return f'{{{told}, "location": {{{place}}}{_extra(reason)}}}'

    def _once(self, value: object, make: Callable[[], Any]) -> str:
        """The entries of a mapping that belongs to a value, as text; the report keeps the value
        alive.
        """
        known = self._known.get(id(value))
        if known is None:
            known = self._known[id(value)] = json.dumps(make(), ensure_ascii=False)[1:-1]
        return known


def _extra(reason: Reason) -> str:
    """What the gate adds to a finding, as text; most have nothing."""
    if not (reason.counts or reason.suppressed or reason.severity):
        return ""
    return ", " + json.dumps(_gated(reason), ensure_ascii=False)[1:-1]


def _gated(reason: Reason) -> dict[str, Any]:
    """What the gate adds to a finding."""
    added: dict[str, Any] = {"counts": True} if reason.counts else {}
    cover, severity = reason.suppressed, reason.severity
    if cover and cover.kind == "waived":
        added["waived"] = {
            "reason": cover.reason,
            "owner": cover.owner,
            "expires": str(cover.expires),
        }
    elif cover:
        added["known"] = True
    if severity:
        added["severity"] = {"catalogue": reason.catalogue_level, "reason": severity.reason}
    return added


_text = json.JSONEncoder(ensure_ascii=False).encode


def _number(value: int | None) -> str:
    return "null" if value is None else str(value)


def report_dict(report: Report) -> "ReportJson":
    """The report as it stands in JSON. `hotpatch schema report` describes it."""
    return {**_head(report), "machines": [_machine(each) for each in report.machines]}


def _head(report: Report) -> "HeadJson":
    newest, missed = report.newest_release, report.missed
    counts: Any = report.counts
    fail_on, code, notes = report.gate
    knowledge: KnowledgeJson = {
        "newest_release": str(newest) if newest else None,
        "read": str(report.read),
    }
    if missed:
        knowledge["older_than_patch_tuesday"] = str(missed)
    head: HeadJson = {
        "schema_version": SCHEMA_VERSION,
        "as_of": str(report.as_of),
        "knowledge": knowledge,
        "summary": counts,
        "gate": {"fail_on": list(fail_on), "exit_code": code, "notes": list(notes)},
        "run_reasons": [_run_reason(each) for each in report.general],
    }
    if report.what_if is not None:
        from hotpatch_cli.outputs.what_if import difference_dict

        head["what_if"] = cast("Any", difference_dict(report.what_if))
    return head


def _machine(checked: Checked) -> "MachineJson":
    machine: Any = {
        "name": checked.machine.label,
        "id": checked.machine.id,
        **_judged(checked),
        "next_reboot": restart_dict(checked.restart),
        "reasons": [_reason(each) for each in checked.reasons],
        "outcome": checked.outcome,
    }
    return cast("MachineJson", machine)


def _judged(checked: Checked) -> Any:
    """What machines with the same judgement have in common."""
    judgement = checked.judgement
    return {
        "platform": checked.machine.facts.platform,
        "product": judgement.product,
        "verdict": judgement.verdict or "",
        "track": _track(judgement.track),
        "next_baseline": _baseline(judgement.next_baseline),
        "coming_baseline": _baseline(judgement.coming_baseline),
    }


def _track(track: Track) -> "TrackJson":
    found: Any = {
        "state": track.state,
        "installed": _installed(track.installed),
        "latest": _latest(track.latest),
        "next_update": _update(track.next_update),
        "pending_restart": track.pending_restart.kb if track.pending_restart else None,
        "why": track.why,
    }
    return cast("TrackJson", found)


def _installed(release: Release | None) -> "InstalledJson | None":
    return (
        None
        if release is None
        else {"build": str(release.build) if release.build else None, "kb": release.kb}
    )


def _latest(release: Release | None) -> "LatestJson | None":
    if release is None:
        return None
    return {
        "kb": release.kb,
        "build": str(release.build) if release.build else None,
        "date": str(release.date),
    }


def _update(update: Update | None) -> "UpdateJson | None":
    if update is None:
        return None
    found: Any = {
        "kb": update.kb,
        "build": str(update.build) if update.build else None,
        "date": str(update.date),
        "kind": update.kind,
        "reboot": update.reboot,
    }
    return cast("UpdateJson", found)


def _baseline(baseline: Baseline | None) -> "BaselineJson | None":
    if baseline is None:
        return None
    found: Any = {
        "date": str(baseline.date),
        "kind": baseline.kind,
        "confirmed": baseline.confirmed,
    }
    return cast("BaselineJson", found)


def restart_dict(restart: Restart) -> "RestartJson":
    """A restart as it stands in JSON."""
    found: Any = {
        "reason": restart.reason,
        "reasons": list(restart.reasons),
        "release_date": str(restart.release_date) if restart.release_date else None,
        "runner": restart.runner,
        "enforced": restart.enforced,
        "by": str(restart.by) if restart.by else None,
        "certain": restart.certain,
        "overdue": restart.overdue,
        "window": opening_dict(restart.opening),
        "sentence": restart.sentence,
    }
    return cast("RestartJson", found)


def opening_dict(opening: Opening | None) -> "WindowJson | None":
    """An opening with its moments in ISO 8601, in the zone that rules it."""
    if opening is None:
        return None
    start, end = opening.start.isoformat(), opening.end.isoformat()
    return {"name": opening.window, "start": start, "end": end, "notes": list(opening.notes)}


def _reason(reason: Reason) -> "ReasonJson":
    file, line, column = reason.location
    told: Any = {
        **_told(reason),
        "location": {"file": file, "line": line, "column": column},
        **_gated(reason),
    }
    return cast("ReasonJson", told)


def _run_reason(reason: Reason) -> "RunReasonJson":
    rule = reason.rule
    level: Any = reason.level
    return {
        "code": rule.code,
        "name": rule.name,
        "level": level,
        "message": reason.message,
        "remedy": reason.remedy,
        "source": rule.source,
    }


def _told(reason: Reason) -> Any:
    """What a finding says, wherever it is found."""
    rule = reason.rule
    return {
        "code": rule.code,
        "name": rule.name,
        "level": reason.level,
        "message": reason.message,
        "remedy": reason.remedy,
        "source": rule.source,
        "evidence": [
            {"field": field, "observed": observed} for field, observed in reason.finding.evidence
        ],
    }
