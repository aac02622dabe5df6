"""The rows of knowledge. Each has its sources; `from_day` and `until` are the first and last day on
which it is valid.
"""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Literal, NamedTuple

from hotpatch_cli.model import Build, HostRelease, TrackState, Verdict, parse_host_release

Product = Literal["ws2022", "ws2025"]
PRODUCTS: tuple[Product, ...] = ("ws2022", "ws2025")
PRODUCT_NAMES = {"ws2022": "Windows Server 2022", "ws2025": "Windows Server 2025"}

Day = date

BASELINES = ("planned-baseline", "unplanned-baseline")
STANDARD = ("standard", "out-of-band", "preview")
KINDS = (*BASELINES, "hotpatch", "out-of-band-hotpatch", *STANDARD, "general-availability")
CONFIDENCES = ("high", "medium", "low")
EVENTS = (
    "generally-available",
    "hotpatch-generally-available",
    "last-hotpatch-month",
    "mainstream-support-ends",
    "extended-support-ends",
)


class Source(NamedTuple):
    """The source of a fact: title, public address (None where none was recorded), and its date."""

    title: str
    read: date
    url: str | None = None


class Release(NamedTuple):
    """One update of a product. No kind: no source states it; no date: it was not seen."""

    product: Product
    confidence: str
    source: tuple[Source, ...]
    date: Day | None = None
    kind: str | None = None
    kb: str | None = None
    build: Build | None = None
    platforms: tuple[str, ...] = ()
    component: str | None = None
    notes: str | None = None
    kind_confidence: str | None = None

    @property
    def confidence_of_kind(self) -> str:
        """The confidence in the kind, and with it the track; that in KB and build can be higher."""
        return self.kind_confidence or self.confidence

    @property
    def is_baseline(self) -> bool:
        """A cumulative update, planned or not, that hotpatches build on."""
        return self.kind in BASELINES

    @property
    def identified(self) -> bool:
        """Whether it has a KB or a build and more than low confidence: it isn't only scheduled."""
        return bool(self.kb or self.build) and self.confidence != "low"

    @property
    def name(self) -> str:
        """The KB, or a description without one."""
        return self.kb or (f"build {self.build}" if self.build else f"the release of {self.date}")


class ImageRow(NamedTuple):
    """A marketplace image that is eligible."""

    product: Product
    publisher: str
    offer: str
    sku: str
    platforms: tuple[str, ...]
    from_day: date
    source: tuple[Source, ...]

    @property
    def urn(self) -> str:
        """publisher:offer:sku"""
        return f"{self.publisher}:{self.offer}:{self.sku}"


class Lookalike(NamedTuple):
    """A SKU that looks eligible, and why it isn't."""

    pattern: str
    why: str
    source: tuple[Source, ...]


class EditionRow(NamedTuple):
    """An edition that is eligible through Azure Arc."""

    product: Product
    edition: str
    from_day: date
    source: tuple[Source, ...]


class ArcPhase(NamedTuple):
    """A phase of hotpatching through Azure Arc: preview, paid, free."""

    phase: str
    from_day: date
    terms: str
    source: tuple[Source, ...]
    until: date | None = None


class HostRow(NamedTuple):
    """The oldest Azure Local version on which VMs are eligible, in a span of days."""

    minimum: str
    from_day: date
    source: tuple[Source, ...]
    until: date | None = None

    @property
    def release(self) -> HostRelease | None:
        """The oldest release, to compare."""
        return parse_host_release(self.minimum)


class RegionRow(NamedTuple):
    """Regions known to offer a product's images while others did not."""

    product: Product
    known: tuple[str, ...]
    from_day: date
    until: date
    source: tuple[Source, ...]


class LifecycleRow(NamedTuple):
    """An event in a product's life, as it was known between two days."""

    product: Product
    event: str
    day: date
    from_day: date
    source: tuple[Source, ...]
    until: date | None = None
    notes: str | None = None


class Statement(NamedTuple):
    """A sentence about a platform, or about all of them: a prerequisite, a tool, a behavior."""

    text: str
    source: tuple[Source, ...]
    platform: str | None = None
    rule: str | None = None


class Matrix(NamedTuple):
    """The whole support matrix."""

    minimum_build: Build | None = None
    images: tuple[ImageRow, ...] = ()
    lookalikes: tuple[Lookalike, ...] = ()
    editions: tuple[EditionRow, ...] = ()
    arc_phases: tuple[ArcPhase, ...] = ()
    azure_local_hosts: tuple[HostRow, ...] = ()
    regions: tuple[RegionRow, ...] = ()
    lifecycle: tuple[LifecycleRow, ...] = ()
    prerequisites: tuple[Statement, ...] = ()
    orchestration: tuple[Statement, ...] = ()
    behaviour: tuple[Statement, ...] = ()
    not_carried: tuple[Statement, ...] = ()
    rollback: tuple[Statement, ...] = ()

    def event(self, product: str | None, event: str, as_of: date) -> LifecycleRow | None:
        """A product's event as it was known on a day."""
        known = (row for row in self.lifecycle if row.product == product and row.event == event)
        return next((row for row in known if holds(row.from_day, row.until, as_of)), None)


ChangeKind = Literal["setting", "step", "upgrade", "new-machine"]
CHANGE_KINDS: tuple[ChangeKind, ...] = ("setting", "step", "upgrade", "new-machine")


class Fallback(NamedTuple):
    """The command for each shell where the first one finds nothing to update."""

    bash: str
    powershell: str


class Change(NamedTuple):
    """What makes a machine ready that a rule blocks: commands, settings in code, and steps.

    A `setting` has commands, a `step` only steps; an `upgrade` replaces Windows, and a
    `new-machine` the machine. Changes of one machine are made in the order of `order`. The change
    of the rule `done_with` makes this one, too. `restarts` is None where no source states it.
    `arm` and `terraform` are properties and attributes with their values, `scale_set` are the
    steps on a scale set, which the commands don't take.
    """

    kind: ChangeKind
    order: int = 0
    done_with: str = ""
    restarts: bool | None = None
    source: tuple[str, ...] = ()
    bash: tuple[str, ...] = ()
    powershell: tuple[str, ...] = ()
    not_found: Fallback | None = None
    steps: tuple[str, ...] = ()
    scale_set: tuple[str, ...] = ()
    arm: Mapping[str, "Setting"] = MappingProxyType({})
    terraform: Mapping[str, Mapping[str, "Setting"]] = MappingProxyType({})


Setting = str | bool


class Rule(NamedTuple):
    """A rule of the catalog: its texts, its level, and its source.

    `verdict` is the verdict of an error; after an error of a rule that `stops`, no rule that
    depends on the image or the Windows version is raised. `track` is the track state that it
    explains, `fix` the change that lets a machine be scheduled, `change` the one that makes it
    ready. `levels`, `remedies`, `changes`, and `tracks` are those of single sentences that differ
    from the rule's.
    """

    code: str
    name: str
    level: str
    platforms: tuple[str, ...]
    title: str
    meaning: str
    sentences: Mapping[str, str]
    remedy: str
    source: str
    read: date
    wrong: str
    right: str
    levels: Mapping[str, str] = MappingProxyType({})
    remedies: Mapping[str, str] = MappingProxyType({})
    verdict: Verdict | None = None
    stops: bool = False
    track: TrackState | None = None
    tracks: Mapping[str, TrackState] = MappingProxyType({})
    fix: str = ""
    change: Change | None = None
    changes: Mapping[str, Change] = MappingProxyType({})

    def level_of(self, variant: str) -> str:
        """The level of a sentence: the rule's, unless the sentence has its own."""
        return self.levels.get(variant, self.level)

    def remedy_of(self, variant: str) -> str:
        """The remedy of a sentence: the rule's, unless the sentence has its own."""
        return self.remedies.get(variant, self.remedy)

    def change_of(self, variant: str) -> Change | None:
        """The change of a sentence: the rule's, unless the sentence has its own."""
        return self.changes.get(variant, self.change)

    def verdict_of(self, variant: str) -> Verdict | None:
        """The verdict of a sentence; None where it isn't an error or has no verdict."""
        return self.verdict if self.level_of(variant) == "error" else None

    def track_of(self, variant: str) -> TrackState | None:
        """The track state that a sentence explains: the rule's, unless it has its own."""
        return self.tracks.get(variant, self.track)

    @property
    def all_levels(self) -> str:
        """The levels of its sentences, the rule's own first: `warning or error`."""
        return " or ".join(dict.fromkeys((self.level, *self.levels.values())))


class Knowledge(NamedTuple):
    """The knowledge of one run."""

    matrix: Matrix
    releases: tuple[Release, ...]
    rules: Mapping[str, Rule]


def holds(from_day: date, until: date | None, as_of: date) -> bool:
    """Whether a row that is valid from one day to another (both included) is valid on a day."""
    return from_day <= as_of and (until is None or as_of <= until)
