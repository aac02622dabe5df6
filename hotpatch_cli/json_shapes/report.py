"""The report of `check` and `image` as JSON. Its writer, schema, and reader are made from this."""

from operator import attrgetter, itemgetter
from typing import Any

from hotpatch_cli.json_shapes.shape import (
    INTEGER,
    TEXT,
    TRUTH,
    ListOf,
    Maybe,
    Property,
    Shape,
    listed,
    nullable,
    words,
)

SCHEMA_VERSION = 1
VERDICTS = ("ready", "action-required", "unsupported", "unknown")
_PLATFORM = words("azure", "azure-local", "arc")
_PRODUCT = words("ws2022", "ws2025")
_STATE = words("current", "behind", "baseline-due", "off-track", "unknown")
_LEVEL = words("error", "warning", "note")
_OUTCOME = words("passes", "fails", "undecided", "waived", "known")
_RESTART_REASON = words(
    "restart-pending", "baseline", "baseline-due", "off-track", "pending", "monthly-update"
)
_UPDATE_KIND = words(
    "planned-baseline",
    "unplanned-baseline",
    "hotpatch",
    "out-of-band-hotpatch",
    "standard",
    "out-of-band",
    "preview",
)


def _day(value: Any) -> str | None:
    return str(value) if value else None


KNOWLEDGE = Shape(
    "KnowledgeJson",
    "The age of the release data: its newest release, its date, and a Patch Tuesday that it lacks.",
    (
        Property("newest_release", nullable(TEXT), lambda report: _day(report.newest_release)),
        Property("read", TEXT, lambda report: str(report.read)),
        Property(
            "older_than_patch_tuesday",
            TEXT,
            lambda report: _day(report.missed),
            given=attrgetter("missed"),
        ),
    ),
)
INSTALLED = Shape(
    "InstalledJson",
    "The release that is installed on the machine.",
    (
        Property("build", nullable(TEXT), lambda release: _day(release.build)),
        Property("kb", nullable(TEXT), attrgetter("kb")),
    ),
)
LATEST = Shape(
    "LatestJson",
    "The newest baseline or hotpatch of the product.",
    (
        Property("kb", nullable(TEXT), attrgetter("kb")),
        Property("build", nullable(TEXT), lambda release: _day(release.build)),
        Property("date", TEXT, lambda release: str(release.date)),
    ),
)
UPDATE = Shape(
    "UpdateJson",
    "The update that Windows Update offers next.",
    (
        Property("kb", nullable(TEXT), attrgetter("kb")),
        Property("build", nullable(TEXT), lambda update: _day(update.build)),
        Property("date", TEXT, lambda update: str(update.date)),
        Property("kind", _UPDATE_KIND, attrgetter("kind")),
        Property("reboot", TRUTH, attrgetter("reboot")),
    ),
)
TRACK = Shape(
    "TrackJson",
    "The hotpatch track of the machine; no state where the machine isn't eligible. "
    "`pending_restart` is an installed KB\nthat takes effect after the pending restart.",
    (
        Property("state", nullable(_STATE), attrgetter("state")),
        Property("installed", Maybe(INSTALLED), attrgetter("installed")),
        Property("latest", Maybe(LATEST), attrgetter("latest")),
        Property("next_update", Maybe(UPDATE), attrgetter("next_update")),
        Property(
            "pending_restart",
            nullable(TEXT),
            lambda track: track.pending_restart.kb if track.pending_restart else None,
        ),
        Property("why", TEXT, attrgetter("why")),
    ),
)
BASELINE = Shape(
    "BaselineJson",
    "A baseline, confirmed by the release data or a forecast.",
    (
        Property("date", TEXT, lambda baseline: str(baseline.date)),
        Property("kind", words("planned", "unplanned"), attrgetter("kind")),
        Property("confirmed", TRUTH, attrgetter("confirmed")),
    ),
)
WINDOW = Shape(
    "WindowJson",
    "The window opening of the restart, in the time zone that applies.",
    (
        Property("name", TEXT, attrgetter("window")),
        Property("start", TEXT, lambda opening: opening.start.isoformat()),
        Property("end", TEXT, lambda opening: opening.end.isoformat()),
        Property("notes", listed(TEXT), lambda opening: list(opening.notes)),
    ),
)
RESTART = Shape(
    "RestartJson",
    "The next restart; no reason where it is unknown.\n\n`certain` is false if the machine might "
    "be due now; `overdue` is true if the day `by` has passed.",
    (
        Property("reason", nullable(_RESTART_REASON), attrgetter("reason")),
        Property("reasons", listed(_RESTART_REASON), lambda restart: list(restart.reasons)),
        Property("release_date", nullable(TEXT), lambda restart: _day(restart.release_date)),
        Property("runner", nullable(words("platform", "owner")), attrgetter("runner")),
        Property("enforced", nullable(TRUTH), attrgetter("enforced")),
        Property("by", nullable(TEXT), lambda restart: _day(restart.by)),
        Property("certain", TRUTH, attrgetter("certain")),
        Property("overdue", TRUTH, attrgetter("overdue")),
        Property("window", Maybe(WINDOW), attrgetter("opening")),
        Property("sentence", TEXT, attrgetter("sentence")),
    ),
)
EVIDENCE = Shape(
    "EvidenceJson",
    "A field and its observed value.",
    (Property("field", TEXT, itemgetter(0)), Property("observed", TEXT, itemgetter(1))),
)
LOCATION = Shape(
    "LocationJson",
    "A place in a file; line and column count from 1.",
    (
        Property("file", TEXT, attrgetter("file")),
        Property("line", nullable(INTEGER), attrgetter("line")),
        Property("column", nullable(INTEGER), attrgetter("column")),
    ),
)
WAIVED = Shape(
    "WaivedJson",
    "The waiver that covers a finding.",
    (
        Property("reason", TEXT, attrgetter("reason")),
        Property("owner", TEXT, attrgetter("owner")),
        Property("expires", TEXT, lambda waiver: str(waiver.expires)),
    ),
)
SEVERITY = Shape(
    "SeverityJson",
    "The default level of the rule, and why the policy changes it.",
    (
        Property("catalogue", _LEVEL, attrgetter("catalog_level")),
        Property("reason", TEXT, attrgetter("severity.reason")),
    ),
)


def _waiver(reason: Any) -> Any:
    return reason.suppressed if reason.suppressed and reason.suppressed.kind == "waived" else None


def _is_known(reason: Any) -> bool | None:
    return True if reason.suppressed and reason.suppressed.kind != "waived" else None


def _severity(reason: Any) -> Any:
    return reason if reason.severity else None


def _is_gated(reason: Any) -> bool:
    """Whether the gate adds something, which is rare."""
    return bool(reason.counts or reason.suppressed or reason.severity)


_FINDING = attrgetter("finding")
"""Machines share findings: the text of a finding is the same for all of them."""
REASON = Shape(
    "ReasonJson",
    "A finding on the machine. The keys of the gate are present only where they apply.",
    (
        Property("code", TEXT, attrgetter("rule.code"), owner=_FINDING),
        Property("name", TEXT, attrgetter("rule.name"), owner=_FINDING),
        Property("level", _LEVEL, attrgetter("level"), owner=_FINDING),
        Property("message", TEXT, attrgetter("message"), owner=_FINDING),
        Property("remedy", TEXT, attrgetter("remedy"), owner=_FINDING),
        Property("source", TEXT, attrgetter("rule.source"), owner=_FINDING),
        Property("evidence", ListOf(EVIDENCE), attrgetter("finding.evidence"), owner=_FINDING),
        Property("location", LOCATION, attrgetter("location")),
        Property("counts", TRUTH, lambda reason: reason.counts or None, given=_is_gated),
        Property("waived", WAIVED, _waiver, given=_is_gated),
        Property("known", TRUTH, _is_known, given=_is_gated),
        Property("severity", SEVERITY, _severity, given=_is_gated),
    ),
)
RUN_REASON = Shape(
    "RunReasonJson",
    "A finding on the whole run, not on a machine.",
    (
        Property("code", TEXT, attrgetter("rule.code")),
        Property("name", TEXT, attrgetter("rule.name")),
        Property("level", _LEVEL, attrgetter("level")),
        Property("message", TEXT, attrgetter("message")),
        Property("remedy", TEXT, attrgetter("remedy")),
        Property("source", TEXT, attrgetter("rule.source")),
    ),
)
_JUDGMENT, _RESTART = attrgetter("judgment"), attrgetter("restart")
MACHINE = Shape(
    "MachineJson",
    "One checked machine. `next_baseline` is the baseline to install next, already released if it "
    "is due;\n`coming_baseline` is the first one after the as-of date.",
    (
        Property("name", TEXT, attrgetter("machine.label")),
        Property("id", nullable(TEXT), attrgetter("machine.id")),
        Property(
            "platform", nullable(_PLATFORM), attrgetter("machine.facts.platform"), owner=_JUDGMENT
        ),
        Property("product", nullable(_PRODUCT), attrgetter("judgment.product"), owner=_JUDGMENT),
        Property(
            "verdict",
            words(*VERDICTS),
            lambda checked: checked.judgment.verdict or "",
            owner=_JUDGMENT,
        ),
        Property("track", TRACK, attrgetter("judgment.track"), owner=_JUDGMENT),
        Property(
            "next_baseline",
            Maybe(BASELINE),
            attrgetter("judgment.next_baseline"),
            owner=_JUDGMENT,
        ),
        Property(
            "coming_baseline",
            Maybe(BASELINE),
            attrgetter("judgment.coming_baseline"),
            owner=_JUDGMENT,
        ),
        Property("next_reboot", RESTART, _RESTART, owner=_RESTART),
        Property("reasons", ListOf(REASON), attrgetter("reasons")),
        Property("outcome", _OUTCOME, attrgetter("outcome")),
    ),
)
SUMMARY = Shape(
    "SummaryJson",
    "",
    tuple(
        Property(key, INTEGER, itemgetter(key))
        for key in ("machines", *VERDICTS, "waived", "skipped")
    ),
)
GATE = Shape(
    "GateJson",
    "The failing conditions, the exit code, and notes on waivers and known findings.",
    (
        Property("fail_on", listed(TEXT), lambda gate: list(gate.fail_on)),
        Property("exit_code", INTEGER, attrgetter("exit_code")),
        Property("notes", listed(TEXT), lambda gate: list(gate.notes)),
    ),
)
LEFT_OUT = Shape(
    "LeftOutJson",
    "The findings of a rule that the configuration leaves out (level off).",
    (
        Property("code", TEXT, attrgetter("code")),
        Property("name", TEXT, attrgetter("name")),
        Property("findings", INTEGER, attrgetter("findings")),
        Property("reason", TEXT, attrgetter("reason")),
    ),
)
RESTART_CHANGE = Shape(
    "ChangeJson",
    "",
    (
        Property("machine", TEXT, attrgetter("checked.machine.label")),
        Property("id", nullable(TEXT), attrgetter("checked.machine.id")),
        Property("product", nullable(TEXT), attrgetter("checked.judgment.product")),
        Property("without", Maybe(RESTART), attrgetter("known")),
        Property("with", RESTART, attrgetter("scenario")),
    ),
)
"""A restart that a scenario adds (`without` is null) or moves."""
SCENARIO_SUMMARY = Shape(
    "DifferenceSummaryJson",
    "The number of machines, of added and moved restarts, and of machines whose change is unknown.",
    (
        Property("machines", INTEGER, attrgetter("machines")),
        Property(
            "restarts_added",
            INTEGER,
            lambda diff: sum(change.known is None for change in diff.changes),
        ),
        Property(
            "restarts_moved",
            INTEGER,
            lambda diff: sum(change.known is not None for change in diff.changes),
        ),
        Property("not_known", INTEGER, attrgetter("unknown")),
    ),
)
SCENARIO_DIFF = Shape(
    "DifferenceJson",
    "The changes of a scenario (`--what-if`).",
    (
        Property("questions", listed(TEXT), lambda diff: list(diff.texts)),
        Property("summary", SCENARIO_SUMMARY, lambda diff: diff),
        Property("changes", ListOf(RESTART_CHANGE), attrgetter("changes")),
    ),
)
PLANNED_CHANGES = Shape(
    "PlannedChangesJson",
    "How many Windows machines a Terraform plan or a what-if changes how. With `only`, machines "
    "that are\nunchanged weren't judged; machines to destroy or forget never are.",
    (
        *(
            Property(key, INTEGER, attrgetter(key))
            for key in (
                "create",
                "replace",
                "update",
                "unevaluated",
                "unchanged",
                "destroy",
                "forget",
            )
        ),
        Property("only", TRUTH, attrgetter("only")),
    ),
)
HEAD = Shape(
    "HeadJson",
    "The part of the report on the whole fleet.",
    (
        Property("schema_version", INTEGER, lambda _: SCHEMA_VERSION),
        Property("as_of", TEXT, lambda report: str(report.as_of)),
        Property("knowledge", KNOWLEDGE, lambda report: report),
        Property("summary", SUMMARY, attrgetter("counts")),
        Property("gate", GATE, attrgetter("gate")),
        Property(
            "left_out", ListOf(LEFT_OUT), attrgetter("left_out"), given=attrgetter("left_out")
        ),
        Property("run_reasons", ListOf(RUN_REASON), attrgetter("general")),
        Property(
            "changes",
            PLANNED_CHANGES,
            attrgetter("fleet.changes"),
            given=attrgetter("fleet.changes"),
        ),
        Property("what_if", SCENARIO_DIFF, attrgetter("what_if"), given=attrgetter("what_if")),
    ),
)
REPORT = Shape(
    "ReportJson",
    "The report of `hotpatch check` and `hotpatch image`.",
    (*HEAD.fields, Property("machines", ListOf(MACHINE), attrgetter("machines"))),
)
