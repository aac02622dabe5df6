"""The types of the report in JSON, from which its JSON Schema is made."""

from typing import Literal, NotRequired

from typing_extensions import TypedDict

PlatformWord = Literal["azure", "azure-local", "arc"]
ProductWord = Literal["ws2022", "ws2025"]
VerdictWord = Literal["ready", "action-required", "unsupported", "unknown"]
StateWord = Literal["current", "behind", "baseline-due", "off-track", "unknown"]
UpdateKind = Literal[
    "planned-baseline",
    "unplanned-baseline",
    "hotpatch",
    "out-of-band-hotpatch",
    "standard",
    "out-of-band",
    "preview",
]
RestartReason = Literal[
    "restart-pending", "baseline", "baseline-due", "off-track", "pending", "monthly-update"
]
Level = Literal["error", "warning", "note"]
OutcomeWord = Literal["passes", "fails", "undecided", "waived", "known"]


class KnowledgeJson(TypedDict):
    """How new the knowledge is: newest release that is out, the day the data was read, and what it
    is older than.
    """

    newest_release: str | None
    read: str
    older_than_patch_tuesday: NotRequired[str]


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
    kind: UpdateKind
    reboot: bool


class TrackJson(TypedDict):
    """Where the machine stands; no state where hotpatch is out of reach. `pending_restart` is a KB
    that is installed and takes effect with the restart that the machine waits for.
    """

    state: StateWord | None
    installed: InstalledJson | None
    latest: LatestJson | None
    next_update: UpdateJson | None
    pending_restart: str | None
    why: str


class BaselineJson(TypedDict):
    """A baseline; confirmed by data or a forecast."""

    date: str
    kind: Literal["planned", "unplanned"]
    confirmed: bool


class WindowJson(TypedDict):
    """The opening in which it restarts, in the zone that rules it."""

    name: str
    start: str
    end: str
    notes: list[str]


class RestartJson(TypedDict):
    """The next restart; no reason where nothing tells.

    It is not certain where the machine may be due now; it is overdue where the day `by` has passed.
    """

    reason: RestartReason | None
    reasons: list[RestartReason]
    release_date: str | None
    runner: Literal["platform", "owner"] | None
    enforced: bool | None
    by: str | None
    certain: bool
    overdue: bool
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


class WaivedJson(TypedDict):
    """The waiver that covers a finding."""

    reason: str
    owner: str
    expires: str


class SeverityJson(TypedDict):
    """The level of the catalogue, and why the policy has another."""

    catalogue: Level
    reason: str


class ReasonJson(TypedDict):
    """A rule that speaks of the machine. What the gate adds stands only where it applies."""

    code: str
    name: str
    level: Level
    message: str
    remedy: str
    source: str
    evidence: list[EvidenceJson]
    location: LocationJson
    counts: NotRequired[bool]
    waived: NotRequired[WaivedJson]
    known: NotRequired[bool]
    severity: NotRequired[SeverityJson]


class RunReasonJson(TypedDict):
    """A rule that speaks of the whole run, not of a machine."""

    code: str
    name: str
    level: Level
    message: str
    remedy: str
    source: str


class MachineJson(TypedDict):
    """One machine, judged. `next_baseline` is the one to install next, which is out where it is
    due; `coming_baseline` is the first after the as-of day.
    """

    name: str
    id: str | None
    platform: PlatformWord | None
    product: ProductWord | None
    verdict: VerdictWord
    track: TrackJson
    next_baseline: BaselineJson | None
    coming_baseline: BaselineJson | None
    next_reboot: RestartJson
    reasons: list[ReasonJson]
    outcome: OutcomeWord


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


class GateJson(TypedDict):
    """What fails, the exit code, and what is said of waivers and known findings."""

    fail_on: list[str]
    exit_code: int
    notes: list[str]


ChangeJson = TypedDict(  # `with` is a word of Python, so not as a class
    "ChangeJson",
    {
        "machine": str,
        "id": str | None,
        "product": str | None,
        "without": RestartJson | None,
        "with": RestartJson,
    },
)
"""A restart that a supposed world adds (`without` is null) or moves."""


class ScenarioSummaryJson(TypedDict):
    """Machines in all, restarts that are added and moved, and machines of which nothing is known."""

    machines: int
    restarts_added: int
    restarts_moved: int
    not_known: int


class ScenarioDiffJson(TypedDict):
    """What a supposed world (`--what-if`) changes."""

    questions: list[str]
    summary: ScenarioSummaryJson
    changes: list[ChangeJson]


class HeadJson(TypedDict):
    """What is said of the whole fleet."""

    schema_version: int
    as_of: str
    knowledge: KnowledgeJson
    summary: SummaryJson
    gate: GateJson
    run_reasons: list[RunReasonJson]
    what_if: NotRequired[ScenarioDiffJson]


class ReportJson(HeadJson):
    """The report of `hotpatch check` and `hotpatch image`."""

    machines: list[MachineJson]
