"""The report of `check` and `image` as JSON. Its writer, its schema and its reader are made from
this.
"""

from operator import attrgetter, itemgetter
from typing import Any

from hotpatch_cli.json_shapes.shape import (
    INTEGER,
    TEXT,
    TRUTH,
    Field,
    ListOf,
    Maybe,
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
    "How new the knowledge is: newest release that is out, the day the data was read, "
    "and what it is older than.",
    (
        Field("newest_release", nullable(TEXT), lambda report: _day(report.newest_release)),
        Field("read", TEXT, lambda report: str(report.read)),
        Field(
            "older_than_patch_tuesday",
            TEXT,
            lambda report: _day(report.missed),
            given=attrgetter("missed"),
        ),
    ),
)
INSTALLED = Shape(
    "InstalledJson",
    "The release that the machine has.",
    (
        Field("build", nullable(TEXT), lambda release: _day(release.build)),
        Field("kb", nullable(TEXT), attrgetter("kb")),
    ),
)
LATEST = Shape(
    "LatestJson",
    "The newest baseline or hotpatch of the product.",
    (
        Field("kb", nullable(TEXT), attrgetter("kb")),
        Field("build", nullable(TEXT), lambda release: _day(release.build)),
        Field("date", TEXT, lambda release: str(release.date)),
    ),
)
UPDATE = Shape(
    "UpdateJson",
    "What Windows Update offers next.",
    (
        Field("kb", nullable(TEXT), attrgetter("kb")),
        Field("build", nullable(TEXT), lambda update: _day(update.build)),
        Field("date", TEXT, lambda update: str(update.date)),
        Field("kind", _UPDATE_KIND, attrgetter("kind")),
        Field("reboot", TRUTH, attrgetter("reboot")),
    ),
)
TRACK = Shape(
    "TrackJson",
    "Where the machine stands; no state where hotpatch is out of reach. `pending_restart` is a KB "
    "that is installed\nand takes effect with the restart that the machine waits for.",
    (
        Field("state", nullable(_STATE), attrgetter("state")),
        Field("installed", Maybe(INSTALLED), attrgetter("installed")),
        Field("latest", Maybe(LATEST), attrgetter("latest")),
        Field("next_update", Maybe(UPDATE), attrgetter("next_update")),
        Field(
            "pending_restart",
            nullable(TEXT),
            lambda track: track.pending_restart.kb if track.pending_restart else None,
        ),
        Field("why", TEXT, attrgetter("why")),
    ),
)
BASELINE = Shape(
    "BaselineJson",
    "A baseline; confirmed by data or a forecast.",
    (
        Field("date", TEXT, lambda baseline: str(baseline.date)),
        Field("kind", words("planned", "unplanned"), attrgetter("kind")),
        Field("confirmed", TRUTH, attrgetter("confirmed")),
    ),
)
WINDOW = Shape(
    "WindowJson",
    "The opening in which it restarts, in the zone that rules it.",
    (
        Field("name", TEXT, attrgetter("window")),
        Field("start", TEXT, lambda opening: opening.start.isoformat()),
        Field("end", TEXT, lambda opening: opening.end.isoformat()),
        Field("notes", listed(TEXT), lambda opening: list(opening.notes)),
    ),
)
RESTART = Shape(
    "RestartJson",
    "The next restart; no reason where nothing tells.\n\nIt is not certain where the machine may "
    "be due now; it is overdue where the day `by` has passed.",
    (
        Field("reason", nullable(_RESTART_REASON), attrgetter("reason")),
        Field("reasons", listed(_RESTART_REASON), lambda restart: list(restart.reasons)),
        Field("release_date", nullable(TEXT), lambda restart: _day(restart.release_date)),
        Field("runner", nullable(words("platform", "owner")), attrgetter("runner")),
        Field("enforced", nullable(TRUTH), attrgetter("enforced")),
        Field("by", nullable(TEXT), lambda restart: _day(restart.by)),
        Field("certain", TRUTH, attrgetter("certain")),
        Field("overdue", TRUTH, attrgetter("overdue")),
        Field("window", Maybe(WINDOW), attrgetter("opening")),
        Field("sentence", TEXT, attrgetter("sentence")),
    ),
)
EVIDENCE = Shape(
    "EvidenceJson",
    "A field and what stood there.",
    (Field("field", TEXT, itemgetter(0)), Field("observed", TEXT, itemgetter(1))),
)
LOCATION = Shape(
    "LocationJson",
    "A place in a file; line and column count from 1.",
    (
        Field("file", TEXT, attrgetter("file")),
        Field("line", nullable(INTEGER), attrgetter("line")),
        Field("column", nullable(INTEGER), attrgetter("column")),
    ),
)
WAIVED = Shape(
    "WaivedJson",
    "The waiver that covers a finding.",
    (
        Field("reason", TEXT, attrgetter("reason")),
        Field("owner", TEXT, attrgetter("owner")),
        Field("expires", TEXT, lambda waiver: str(waiver.expires)),
    ),
)
SEVERITY = Shape(
    "SeverityJson",
    "The level of the catalogue, and why the policy has another.",
    (
        Field("catalogue", _LEVEL, attrgetter("catalogue_level")),
        Field("reason", TEXT, attrgetter("severity.reason")),
    ),
)


def _waiver(reason: Any) -> Any:
    return reason.cover if reason.cover and reason.cover.kind == "waived" else None


def _is_known(reason: Any) -> bool | None:
    return True if reason.cover and reason.cover.kind != "waived" else None


def _severity(reason: Any) -> Any:
    return reason if reason.severity else None


def _is_gated(reason: Any) -> bool:
    """Whether the gate adds something, which it does to few."""
    return bool(reason.counts or reason.cover or reason.severity)


_FINDING = attrgetter("finding")
"""Machines share findings: what one says is the same for all of them."""
REASON = Shape(
    "ReasonJson",
    "A rule that speaks of the machine. What the gate adds stands only where it applies.",
    (
        Field("code", TEXT, attrgetter("rule.code"), owner=_FINDING),
        Field("name", TEXT, attrgetter("rule.name"), owner=_FINDING),
        Field("level", _LEVEL, attrgetter("level"), owner=_FINDING),
        Field("message", TEXT, attrgetter("message"), owner=_FINDING),
        Field("remedy", TEXT, attrgetter("remedy"), owner=_FINDING),
        Field("source", TEXT, attrgetter("rule.source"), owner=_FINDING),
        Field("evidence", ListOf(EVIDENCE), attrgetter("finding.evidence"), owner=_FINDING),
        Field("location", LOCATION, attrgetter("location")),
        Field("counts", TRUTH, lambda reason: reason.counts or None, given=_is_gated),
        Field("waived", WAIVED, _waiver, given=_is_gated),
        Field("known", TRUTH, _is_known, given=_is_gated),
        Field("severity", SEVERITY, _severity, given=_is_gated),
    ),
)
RUN_REASON = Shape(
    "RunReasonJson",
    "A rule that speaks of the whole run, not of a machine.",
    (
        Field("code", TEXT, attrgetter("rule.code")),
        Field("name", TEXT, attrgetter("rule.name")),
        Field("level", _LEVEL, attrgetter("level")),
        Field("message", TEXT, attrgetter("message")),
        Field("remedy", TEXT, attrgetter("remedy")),
        Field("source", TEXT, attrgetter("rule.source")),
    ),
)
_JUDGEMENT, _RESTART = attrgetter("judgement"), attrgetter("restart")
MACHINE = Shape(
    "MachineJson",
    "One machine, judged. `next_baseline` is the one to install next, which is out where it is "
    "due;\n`coming_baseline` is the first after the as-of day.",
    (
        Field("name", TEXT, attrgetter("machine.label")),
        Field("id", nullable(TEXT), attrgetter("machine.id")),
        Field(
            "platform", nullable(_PLATFORM), attrgetter("machine.facts.platform"), owner=_JUDGEMENT
        ),
        Field("product", nullable(_PRODUCT), attrgetter("judgement.product"), owner=_JUDGEMENT),
        Field(
            "verdict",
            words(*VERDICTS),
            lambda checked: checked.judgement.verdict or "",
            owner=_JUDGEMENT,
        ),
        Field("track", TRACK, attrgetter("judgement.track"), owner=_JUDGEMENT),
        Field(
            "next_baseline",
            Maybe(BASELINE),
            attrgetter("judgement.next_baseline"),
            owner=_JUDGEMENT,
        ),
        Field(
            "coming_baseline",
            Maybe(BASELINE),
            attrgetter("judgement.coming_baseline"),
            owner=_JUDGEMENT,
        ),
        Field("next_reboot", RESTART, _RESTART, owner=_RESTART),
        Field("reasons", ListOf(REASON), attrgetter("reasons")),
        Field("outcome", _OUTCOME, attrgetter("outcome")),
    ),
)
SUMMARY = Shape(
    "SummaryJson",
    "",
    tuple(
        Field(key, INTEGER, itemgetter(key)) for key in ("machines", *VERDICTS, "waived", "skipped")
    ),
)
GATE = Shape(
    "GateJson",
    "What fails, the exit code, and what is said of waivers and known findings.",
    (
        Field("fail_on", listed(TEXT), lambda gate: list(gate.fail_on)),
        Field("exit_code", INTEGER, attrgetter("exit_code")),
        Field("notes", listed(TEXT), lambda gate: list(gate.notes)),
    ),
)
RESTART_CHANGE = Shape(
    "ChangeJson",
    "",
    (
        Field("machine", TEXT, attrgetter("checked.machine.label")),
        Field("id", nullable(TEXT), attrgetter("checked.machine.id")),
        Field("product", nullable(TEXT), attrgetter("checked.judgement.product")),
        Field("without", Maybe(RESTART), attrgetter("known")),
        Field("with", RESTART, attrgetter("supposed")),
    ),
)
"""A restart that a supposed world adds (`without` is null) or moves."""
SCENARIO_SUMMARY = Shape(
    "DifferenceSummaryJson",
    "Machines in all, restarts that are added and moved, and machines of which nothing is known.",
    (
        Field("machines", INTEGER, attrgetter("machines")),
        Field(
            "restarts_added",
            INTEGER,
            lambda diff: sum(change.known is None for change in diff.changes),
        ),
        Field(
            "restarts_moved",
            INTEGER,
            lambda diff: sum(change.known is not None for change in diff.changes),
        ),
        Field("not_known", INTEGER, attrgetter("unknown")),
    ),
)
SCENARIO_DIFF = Shape(
    "DifferenceJson",
    "What a supposed world (`--what-if`) changes.",
    (
        Field("questions", listed(TEXT), lambda diff: list(diff.texts)),
        Field("summary", SCENARIO_SUMMARY, lambda diff: diff),
        Field("changes", ListOf(RESTART_CHANGE), attrgetter("changes")),
    ),
)
HEAD = Shape(
    "HeadJson",
    "What is said of the whole fleet.",
    (
        Field("schema_version", INTEGER, lambda _: SCHEMA_VERSION),
        Field("as_of", TEXT, lambda report: str(report.as_of)),
        Field("knowledge", KNOWLEDGE, lambda report: report),
        Field("summary", SUMMARY, attrgetter("counts")),
        Field("gate", GATE, attrgetter("gate")),
        Field("run_reasons", ListOf(RUN_REASON), attrgetter("general")),
        Field("what_if", SCENARIO_DIFF, attrgetter("what_if"), given=attrgetter("what_if")),
    ),
)
REPORT = Shape(
    "ReportJson",
    "The report of `hotpatch check` and `hotpatch image`.",
    (*HEAD.fields, Field("machines", ListOf(MACHINE), attrgetter("machines"))),
)
