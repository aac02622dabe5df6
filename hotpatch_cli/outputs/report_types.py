"""The types of the report in JSON, from which its JSON Schema is made."""

from typing import NotRequired

from typing_extensions import TypedDict


class KnowledgeJson(TypedDict):
    """How new the knowledge is: newest release that is out, the day the data was read, and what it is older than."""

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


class WaivedJson(TypedDict):
    """The waiver that covers a finding."""

    reason: str
    owner: str
    expires: str


class SeverityJson(TypedDict):
    """The level of the catalogue, and why the policy has another."""

    catalogue: str
    reason: str


class ReasonJson(TypedDict):
    """A rule that speaks of the machine. What the gate adds stands only where it applies."""

    code: str
    name: str
    level: str
    message: str
    remedy: str
    source: str
    evidence: list[EvidenceJson]
    location: LocationJson
    counts: NotRequired[bool]
    waived: NotRequired[WaivedJson]
    known: NotRequired[bool]
    severity: NotRequired[SeverityJson]


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
    outcome: str


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


class DifferenceSummaryJson(TypedDict):
    """Machines in all, restarts that are added and moved, and machines of which nothing is known."""

    machines: int
    restarts_added: int
    restarts_moved: int
    not_known: int


class DifferenceJson(TypedDict):
    """What a supposed world (`--what-if`) changes."""

    questions: list[str]
    summary: DifferenceSummaryJson
    changes: list[ChangeJson]


class HeadJson(TypedDict):
    """What is said of the whole fleet."""

    schema_version: int
    as_of: str
    knowledge: KnowledgeJson
    summary: SummaryJson
    gate: GateJson
    what_if: NotRequired[DifferenceJson]


class ReportJson(HeadJson):
    """The report of `hotpatch check` and `hotpatch image`."""

    machines: list[MachineJson]
