"""The vocabulary: machines, their facts, and the fleet they form. Values only; nothing here reads
or prints.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Generic, Literal, NamedTuple, Protocol, Self, TypeVar, overload

from hotpatch_cli.schedule.freezes import Freeze
from hotpatch_cli.schedule.windows import Window

Platform = Literal["azure", "azure-local", "arc"]
PLATFORMS: tuple[Platform, ...] = ("azure", "azure-local", "arc")
OsType = Literal["windows", "linux"]
"""Linux means everything that isn't Windows."""
Verdict = Literal["ready", "action-required", "unsupported", "unknown"]
VERDICTS: tuple[Verdict, ...] = ("ready", "action-required", "unsupported", "unknown")
TrackState = Literal["current", "behind", "baseline-due", "off-track", "unknown"]
TRACK_STATES: tuple[TrackState, ...] = ("current", "behind", "baseline-due", "off-track", "unknown")

PlannedChange = Literal[
    "create", "replace", "update", "unevaluated", "unchanged", "destroy", "forget"
]
"""What a plan does with a machine.

`unevaluated` machines may change: the plan doesn't say how. `forget` takes a machine out of the
plan's state, and it stays as it is.
"""
JUDGED_CHANGES: tuple[PlannedChange, ...] = ("create", "replace", "update", "unevaluated")
"""The changes that `--changes-only` judges."""

DEFAULT_REBOOT = timedelta(minutes=15)
_BUILD = r"(?:10\.0\.)?([0-9]{4,6})(?:\.([0-9]{1,6}))?"
_HOST_RELEASE = r"(?:v?\d{2}\.)?(\d{2})(?:H([12])|(\d{2}))(?:\..*)?"
_MONTHS = 12
T = TypeVar("T")


class SourceValue(NamedTuple, Generic[T]):
    """A value as a source states it: its text, for messages and `convert`, and its meaning.

    The meaning is None for a text that has none: an unreadable build, a status of a newer service.
    """

    text: str
    meaning: T | None = None

    def __str__(self) -> str:
        return self.text


def meaning_of(value: SourceValue[T] | None) -> T | None:
    """What a value means; None where it is missing, or where its text has no meaning."""
    return None if value is None else value.meaning


class Build(NamedTuple):
    """An operating-system build such as 26100.7092; `revision` is None where only the build number
    is known.
    """

    number: int
    revision: int | None

    def __str__(self) -> str:
        return str(self.number) if self.revision is None else f"{self.number}.{self.revision}"

    @staticmethod
    def parse(text: str | None) -> "SourceValue[Build] | None":
        """The build that a source states; None where the text is missing or empty."""
        return SourceValue(text, parse_build(text)) if text else None


@lru_cache(maxsize=4096)
def parse_build(text: str) -> Build | None:
    """A build from `26100.7092`, `10.0.26100.7092` or, without its revision, `26100`; None for
    anything else.

    In three-part versions (`10.0.26100`) the revision is missing, not zero.
    """
    match = re.fullmatch(_BUILD, text.strip())
    if match is None:
        return None
    return Build(int(match[1]), None if match[2] is None else int(match[2]))


class HostRelease(NamedTuple):
    """A release of Azure Local, to compare: 22H2 < 23H2 < 24H2 < 2503.

    A half-year counts from its first month, since 2311 is a release of 23H2.
    """

    year: int
    month: int

    @staticmethod
    def parse(text: str | None) -> "SourceValue[HostRelease] | None":
        """The release that a source states as `23H2`, `2503` or `12.2503.1`; None for no text."""
        return SourceValue(text, parse_host_release(text)) if text else None


def parse_host_release(text: str) -> HostRelease | None:
    """A release of Azure Local from `23H2`, `2503` or `12.2503.1`; None for anything else."""
    match = re.fullmatch(_HOST_RELEASE, text.strip(), re.IGNORECASE)
    if match is None:
        return None
    if match[2]:
        return HostRelease(int(match[1]), 6 * int(match[2]) - 5)
    month = int(match[3])
    return HostRelease(int(match[1]), month) if 1 <= month <= _MONTHS else None


class SourceWord(StrEnum):
    """The values of a fact that has a fixed set of words. A member's value is the usual word."""

    @classmethod
    def synonyms(cls) -> Mapping[str, Self]:
        """Further words, folded, that mean a member."""
        return {}

    @staticmethod
    def fold(text: str) -> str:
        """The text without letter case, which doesn't distinguish words."""
        return text.lower()

    @overload
    @classmethod
    def parse(cls, text: str) -> SourceValue[Self]: ...
    @overload
    @classmethod
    def parse(cls, text: None) -> None: ...
    @classmethod
    def parse(cls, text: str | None) -> SourceValue[Self] | None:
        """The value that a source states; a word of no member has no meaning, only its text."""
        return None if text is None else _source_word(cls, text.strip())


@lru_cache(maxsize=4096)
def _source_word(words: type[SourceWord], text: str) -> SourceValue[Any]:
    """Thousands of machines state the same word: they share one value."""
    known = {words.fold(member): member for member in words} | dict(words.synonyms())
    return SourceValue(text, known.get(words.fold(text)))


class PatchMode(SourceWord):
    """Who patches an Azure VM (patchMode).

    https://learn.microsoft.com/en-us/azure/virtual-machines/automatic-vm-guest-patching
    """

    AUTOMATIC_BY_PLATFORM = "AutomaticByPlatform"
    AUTOMATIC_BY_OS = "AutomaticByOS"
    MANUAL = "Manual"
    IMAGE_DEFAULT = "ImageDefault"


class RebootSetting(SourceWord):
    """Whether Azure restarts a machine after it installed updates (rebootSetting)."""

    IF_REQUIRED = "IfRequired"
    ALWAYS = "Always"
    NEVER = "Never"

    @classmethod
    def synonyms(cls) -> Mapping[str, Self]:
        """Guest configurations use AlwaysReboot and NeverReboot."""
        return {"alwaysreboot": cls("Always"), "neverreboot": cls("Never")}


class ArcStatus(SourceWord):
    """The status of the Connected Machine agent."""

    CONNECTED = "Connected"
    DISCONNECTED = "Disconnected"
    ERROR = "Error"
    EXPIRED = "Expired"


class LicenseStatus(SourceWord):
    """The status of the Hotpatch license (subscriptionStatus), in the portal's words.

    https://learn.microsoft.com/en-us/azure/update-manager/manage-hot-patching-arc-machines
    """

    ENABLED = "Enabled"
    PENDING = "Pending"
    DISABLING = "Disabling"
    CANCELED = "Canceled"
    FAILED = "Failed"
    NOT_ENROLLED = "Not Enrolled"
    ACTION_REQUIRED = "Action Required"
    UNKNOWN = "Unknown"

    @classmethod
    def synonyms(cls) -> Mapping[str, Self]:
        """The API's words for what the portal calls otherwise."""
        return {
            "enable": cls("Enabled"),
            "enabling": cls("Pending"),
            "disable": cls("Canceled"),
            "disabled": cls("Canceled"),
            "cancelled": cls("Canceled"),
        }

    @staticmethod
    def fold(text: str) -> str:
        """API and portal differ in spaces and hyphens too."""
        return text.lower().replace(" ", "").replace("-", "")


class Enablement(SourceWord):
    """Whether hotpatching is switched on for an enrolled machine (hotpatchEnablementStatus)."""

    ENABLED = "Enabled"
    DISABLED = "Disabled"
    ACTION_REQUIRED = "ActionRequired"
    PENDING_EVALUATION = "PendingEvaluation"
    UNKNOWN = "Unknown"


class SecurityType(SourceWord):
    """The security type of a VM (securityType)."""

    STANDARD = "Standard"
    TRUSTED_LAUNCH = "TrustedLaunch"
    CONFIDENTIAL_VM = "ConfidentialVM"


class Image(NamedTuple):
    """What a machine was made from: a marketplace image, or the resource id of a gallery or custom
    image.
    """

    publisher: str | None = None
    offer: str | None = None
    sku: str | None = None
    version: str | None = None
    id: str | None = None
    container: str | None = None

    def __str__(self) -> str:
        if self.id or self.container:
            return self.id or self.container or ""
        return ":".join(part or "?" for part in (self.publisher, self.offer, self.sku))


class Patching(NamedTuple):
    """Patch settings of an Azure VM (osProfile.windowsConfiguration); None is a missing fact."""

    mode: SourceValue[PatchMode] | None = None
    hotpatching: bool | None = None
    vm_agent: bool | None = None
    bypass_safety_checks: bool | None = None
    reboot: SourceValue[RebootSetting] | None = None
    assessment: str | None = None


class Arc(NamedTuple):
    """What Azure Arc knows of a machine; None is a missing fact."""

    status: SourceValue[ArcStatus] | None = None
    hotpatch: SourceValue[LicenseStatus] | None = None
    enablement: SourceValue[Enablement] | None = None
    vbs: str | None = None
    secure_boot: bool | None = None
    uefi: bool | None = None
    agent: str | None = None


class AzureLocal(NamedTuple):
    """The Azure Local instance under a VM: host release, and whether Azure verification for VMs is
    on.

    `iso_hotpatch` is true for a VM that was installed or upgraded from an ISO if the steps of
    Microsoft's page "Enable Hotpatch for Azure Edition virtual machines built from ISO" are done.
    """

    version: SourceValue[HostRelease] | None = None
    azure_verification: bool | None = None
    iso_hotpatch: bool | None = None


class Security(NamedTuple):
    """Boot security of an Azure or Azure Local VM (securityProfile); None is a missing fact."""

    type: SourceValue[SecurityType] | None = None
    secure_boot: bool | None = None
    vtpm: bool | None = None


class PendingUpdate(NamedTuple):
    """A pending update: kind is dotnet, driver, firmware, non-security or other.

    It is None for an update of the operating system, such as a cumulative update or a hotpatch.
    """

    title: str | None = None
    kb: str | None = None
    kind: str | None = None

    def __str__(self) -> str:
        return self.title or self.kb or self.kind or "an update"


class Facts(NamedTuple):
    """All that decides a verdict and a track. Thousands of machines share one value, and one
    judgment.

    `os_type` is the type of the disk or of the export; `configured` names the one of
    windowsConfiguration and linuxConfiguration that has a value. By them, `os` and `image`,
    `eligibility.windows` decides what is skipped. `built` names the tool that makes an image of its
    own. `unresolved` has, for facts that a template or a plan leaves open until deployment, (field,
    expression): `("image", "sku = [parameters('sku')]")`. `declared` means that a template or a
    plan declares the machine: Azure hasn't refused any of it yet. `provider` is the Terraform
    provider whose plan has it, where that has rules of its own: azurerm. `others` has the facts of
    the table of facts that have no attribute here, by their paths.
    """

    platform: Platform | None = None
    os_type: OsType | None = None
    configured: OsType | None = None
    image: Image | None = None
    os: str | None = None
    region: str | None = None
    generation: int | None = None
    scale_set: str | None = None
    restored: bool = False
    built: str | None = None
    patching: Patching = Patching()
    arc: Arc = Arc()
    azure_local: AzureLocal = AzureLocal()
    security: Security = Security()
    health_extension: bool | None = None
    power: str | None = None
    build: SourceValue[Build] | None = None
    kbs: tuple[str, ...] = ()
    pending: tuple[PendingUpdate, ...] = ()
    restart_pending: bool | None = None
    unresolved: tuple[tuple[str, str], ...] = ()
    declared: bool = False
    provider: str | None = None
    others: tuple[tuple[str, Any], ...] = ()


class Finding(NamedTuple):
    """A rule that applies to a machine: the variant of its sentence, the values for that sentence,
    and the evidence.

    `evidence` holds (field, observed) pairs, the field as in an inventory: `patching.mode`.
    """

    code: str
    variant: str = "default"
    values: tuple[tuple[str, str], ...] = ()
    evidence: tuple[tuple[str, str], ...] = ()


def make_finding(
    code: str,
    variant: str = "default",
    *,
    seen: Mapping[str, object] | None = None,
    **values: object,
) -> Finding:
    """A finding from keyword values; `seen` maps fields to their observed values."""
    return Finding(
        code,
        variant,
        tuple((key, str(value)) for key, value in values.items()),
        tuple((key, written(value)) for key, value in (seen or {}).items()),
    )


def missing(code: str, field: str, facts: Facts) -> Finding:
    """A finding on a fact that is missing, or that an expression leaves open."""
    expression = dict(facts.unresolved).get(field)
    if expression is None:
        return make_finding(code, seen={field: None})
    return make_finding(code, "unresolved", seen={field: expression}, expression=expression)


def written(value: object) -> str:
    """A fact as evidence shows it."""
    if value is None:
        return "missing"
    if isinstance(value, bool):
        return "true" if value else "false"
    # An image and a build are tuples too, with words of their own: only a plain one is a list.
    if isinstance(value, list | set | frozenset) or type(value) is tuple:
        return ", ".join(map(str, value))
    return str(value)


class Location(NamedTuple):
    """A place in a file that a user can edit; line and column count from 1."""

    file: str
    line: int | None = None
    column: int | None = None


class Waiver(NamedTuple):
    """A finding that an owner accepts until a day, which is included.

    `machine` is a name, a pattern with * ? [ ], or a resource id; `rule` is a code, or * for all of
    the machine.
    """

    machine: str
    rule: str
    reason: str
    owner: str
    expires: date
    location: Location


class Origin(Protocol):
    """Where a machine was read."""

    def locate(self, field: str) -> Location:
        """The place of a field such as `patching.mode`; of the machine where it is missing."""


class Placement(NamedTuple):
    """What decides when a machine may restart, apart from its track. Shared like Facts."""

    timezone: str | None = None
    windows: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    ring: str | None = None
    region: str | None = None
    tags: tuple[tuple[str, str], ...] = ()
    reboot: timedelta = DEFAULT_REBOOT


NO_PLACEMENT = Placement()


class Machine(NamedTuple):
    """One machine: its name, its facts, where it was read, and when it may restart.

    `label` is the name that users see: the name, or `resource-group/name` where two machines share
    a name, with the subscription where they share that too. `aliases` are other names by which
    sources call it, such as the computer name; `refers` are the resource ids of other resources
    with facts about it: its image, its scale set. `disputes` are the conflicts of sources.
    `supposed` are facts that a source infers and doesn't state, and `defaulted` those that it has
    from the defaults of its inventory; a source that states them wins. `change` is what a plan does
    with it; None where the source is no plan. `done` is true, or the moment at which its restart
    for the baseline ended.
    """

    name: str
    facts: Facts
    origin: Origin
    id: str | None = None
    placement: Placement = NO_PLACEMENT
    label: str = ""
    zone: str | None = None
    availability_set: str | None = None
    weight: float = 1.0
    reboot_at: datetime | None = None
    done: bool | datetime = False
    owner: str | None = None
    aliases: tuple[str, ...] = ()
    refers: tuple[str, ...] = ()
    disputes: tuple[Finding, ...] = ()
    supposed: tuple[str, ...] = ()
    defaulted: tuple[str, ...] = ()
    change: PlannedChange | None = None

    @property
    def identity(self) -> str:
        """What tells it from other machines in every output: its resource ID, the same in any
        letter case; without one, its label, where `A` and `a` are two machines.
        """
        return self.id.lower() if self.id else self.label


class ChangeCounts(NamedTuple):
    """How many Windows machines a plan changes how; with `only`, no others were judged."""

    create: int = 0
    replace: int = 0
    update: int = 0
    unevaluated: int = 0
    unchanged: int = 0
    destroy: int = 0
    forget: int = 0
    only: bool = False


class GroupRule(NamedTuple):
    """Members of a group that may be down at once (a number, or a percentage of all members), and
    its order.
    """

    max_unavailable: int | None = None
    percent: int | None = None
    settle: timedelta = timedelta()
    after: tuple[str, ...] = ()


class Ring(NamedTuple):
    """A ring of the rollout; the next one starts when `soak` has passed since this one's last
    restart ended.
    """

    name: str
    soak: timedelta = timedelta()


class Limits(NamedTuple):
    """Restarts in progress at once: in all, per region, and per value of a tag."""

    max_concurrent: int | None = None
    per_region: int | None = None
    per_tag: tuple[tuple[str, int], ...] = ()


NO_LIMITS = Limits()


class DynamicScope(NamedTuple):
    """The filter of a dynamic scope: which machines of a subscription a configuration takes.

    An empty filter takes all. `subscription` is an id in lower case, None where the source doesn't
    tell. Locations, types and groups are in lower case, locations without spaces; a tag has its
    name in lower case and its values as written. With `any_tag` one tag is enough. `left_open` has
    the parts that are known only after an apply or a deployment.
    """

    subscription: str | None
    locations: tuple[str, ...] = ()
    os_types: tuple[str, ...] = ()
    resource_types: tuple[str, ...] = ()
    resource_groups: tuple[str, ...] = ()
    tags: tuple[tuple[str, tuple[str, ...]], ...] = ()
    any_tag: bool = False
    left_open: tuple[str, ...] = ()


class ScopeMembers(NamedTuple):
    """What a dynamic scope takes of a fleet, by the labels of machines.

    `configuration` is the name of the window, `assignment` that of the assignment. `undecided` has
    (machine, what is missing) of machines that may be in it.
    """

    configuration: str
    assignment: str
    scope: DynamicScope
    machines: tuple[str, ...]
    undecided: tuple[tuple[str, tuple[str, ...]], ...] = ()


class Fleet(NamedTuple):
    """Machines with their windows, freezes, groups, rings and limits.

    `changes` counts what plans do with machines; None where no source is a plan.
    """

    machines: tuple[Machine, ...]
    name: str | None = None
    windows: Mapping[str, Window] = MappingProxyType({})
    freezes: tuple[Freeze, ...] = ()
    groups: Mapping[str, GroupRule] = MappingProxyType({})
    rings: tuple[Ring, ...] = ()
    limits: Limits = NO_LIMITS
    changes: ChangeCounts | None = None
    scopes: tuple[ScopeMembers, ...] = ()
