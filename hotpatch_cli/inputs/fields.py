"""The facts of a machine, one row each: what the inventory, tables, joining, `convert`, the JSON
Schema and the documentation know of a fact, they know from here.

A new fact is a row here; it is then read, joined and written. A fact that a rule judges gets an
attribute of its own in `model`; one without is kept in `Facts.others` under its path.
"""

from collections.abc import Callable, Iterator, Mapping
from operator import attrgetter
from typing import Any, Literal, NamedTuple

from hotpatch_cli.documents import codec as c
from hotpatch_cli.documents.codec import Codec, Field
from hotpatch_cli.inputs import field_types as t
from hotpatch_cli.inputs.field_types import FactType
from hotpatch_cli.model import (
    Arc,
    ArcStatus,
    AzureLocal,
    Enablement,
    Facts,
    Machine,
    Patching,
    PatchMode,
    Placement,
    RebootSetting,
    Security,
    SecurityType,
)

Holder = Literal["facts", "placement", "machine"]
"""Where the model has a fact: in what decides a verdict, in what decides when a machine may
restart, or in the machine itself.
"""
Joining = Literal["stated", "union", "first", "all", "alone"]
"""How the facts of several sources become one.

`stated`: they must agree, and the more specific one counts. `union`: they add to each other.
`first`: the first that is not the default counts. `all`: it is true where it is true in all.
`alone`: it is no fact of its own, but a part or another spelling of one.
"""


class Fact(NamedTuple):
    """One fact of a machine.

    `path` is its name in an inventory, in tables and in findings; a dot separates it from its
    group. `columns` are other names of its column in tables, in words; `azure` is where a resource
    of Azure has it. `attribute` is its name in the holder, where that is not the path. A fact that
    is not `written` has no key in an inventory. `default` is the value where no source states one.
    """

    path: str
    type: FactType
    doc: str
    example: str = ""
    columns: tuple[str, ...] = ()
    azure: str = ""
    holder: Holder = "facts"
    attribute: str = ""
    joining: Joining = "stated"
    default: str = "unknown"
    required: bool = False
    written: bool = True

    @property
    def field(self) -> Field:
        """The fact as a key of an inventory."""
        return Field(self.type.codec, self.doc, required=self.required)


class Group(NamedTuple):
    """Facts grouped under one key, and their class in the model."""

    kind: type[Any]
    doc: str


GROUPS: dict[str, Group] = {
    "patching": Group(Patching, "patch settings of the Azure VM"),
    "arc": Group(Arc, "Azure Arc settings and status"),
    "azure_local": Group(AzureLocal, "settings of the Azure Local instance that hosts the VM"),
    "security": Group(Security, "boot security of the Azure or Azure Local VM"),
}

_SETTINGS = "osProfile.windowsConfiguration"
_PATCH = f"{_SETTINGS}.patchSettings"
_BY_PLATFORM = f"{_PATCH}.automaticByPlatformSettings"
_REFERENCE = "storageProfile.imageReference"

IMAGE_PARTS: tuple[Fact, ...] = (
    Fact(
        "image.publisher",
        t.TEXT,
        "image publisher",
        example="MicrosoftWindowsServer",
        columns=("publisher", "image publisher", "image reference publisher"),
        azure=f"{_REFERENCE}.publisher",
        joining="alone",
    ),
    Fact(
        "image.offer",
        t.TEXT,
        "image offer",
        example="WindowsServer",
        columns=("offer", "image offer", "image reference offer"),
        azure=f"{_REFERENCE}.offer",
        joining="alone",
    ),
    Fact(
        "image.sku",
        t.TEXT,
        "image SKU",
        example="2025-datacenter-azure-edition",
        columns=("sku", "image sku", "image reference sku"),
        azure=f"{_REFERENCE}.sku",
        joining="alone",
    ),
    Fact(
        "image.version",
        t.TEXT,
        "image version",
        example="26100.4652.250808",
        columns=("image version", "image reference version"),
        azure=f"{_REFERENCE}.version",
        joining="alone",
    ),
    Fact(
        "image.id",
        t.TEXT,
        "resource id of a gallery or custom image",
        example="/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/images/i",
        columns=("image reference id",),
        azure=f"{_REFERENCE}.id",
        joining="alone",
    ),
)

FACTS: tuple[Fact, ...] = (
    Fact(
        "name",
        t.NAME,
        "machine name, unique in the inventory",
        example="web01",
        columns=(
            *("vm name", "vm", "machine", "machine name", "computer", "computer name"),
            *("host name", "server", "server name", "device name", "node"),
        ),
        holder="machine",
        joining="alone",
        required=True,
    ),
    Fact(
        "platform",
        t.PLATFORM,
        "platform of the machine: azure, azure-local, or arc",
        example="azure",
        columns=("hosted on", "hosting"),
        required=True,
    ),
    Fact(
        "os_type",
        t.TEXT,
        "type of operating system: Windows or Linux",
        example="Windows",
        columns=("operating system type", "os family"),
        azure="storageProfile.osDisk.osType",
        written=False,
    ),
    Fact(
        "id",
        t.TEXT,
        "Azure resource id of the machine",
        example="/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/w",
        columns=("resource id", "azure resource id", "arm id"),
        holder="machine",
        joining="first",
    ),
    Fact(
        "image",
        t.image_type({part.path.partition(".")[2]: part.field for part in IMAGE_PARTS}),
        "image: URN, resource id, or {publisher, offer, sku, version}",
        example="MicrosoftWindowsServer:WindowsServer:2025-datacenter-azure-edition:latest",
        columns=("image urn", "urn", "image reference"),
    ),
    *IMAGE_PARTS,
    Fact(
        "os",
        t.SYSTEM,
        "operating system with version and edition",
        example="Windows Server 2025 Datacenter",
        columns=(
            "os name",
            "operating system",
            "operating system name",
            "os caption",
            "caption",
            "os sku",
        ),
        azure="instanceView.osName",
    ),
    Fact(
        "region",
        t.TEXT,
        "Azure region",
        example="westeurope",
        columns=("location", "azure region"),
    ),
    Fact(
        "zone",
        t.TEXT,
        "availability zone",
        example="1",
        columns=("availability zone",),
        holder="machine",
    ),
    Fact("availability_set", t.TEXT, "availability set", example="as-web", holder="machine"),
    Fact(
        "generation",
        t.GENERATION,
        "VM generation, 1 or 2",
        example="2",
        columns=("vm generation", "hyper v generation"),
        azure="instanceView.hyperVGeneration",
    ),
    Fact(
        "scale_set",
        t.choice("uniform", "flexible"),
        "orchestration mode of the scale set: uniform or flexible",
        example="flexible",
        columns=("orchestration mode", "scale set mode"),
    ),
    Fact(
        "built",
        t.TEXT,
        "tool that builds a custom image from the image",
        example="Packer",
        written=False,
    ),
    Fact(
        "container",
        t.CONTAINER,
        "true for a container, or the name of the container image",
        example="true",
        attribute="image",
        joining="alone",
        default="false",
    ),
    Fact(
        "restored",
        t.FLAG,
        "true if the VM was restored without its image reference",
        example="true",
        joining="first",
        default="false",
    ),
    Fact(
        "declared",
        t.FLAG,
        "true if a template or plan declares the machine but it isn't deployed",
        example="true",
        joining="all",
        default="false",
    ),
    Fact(
        "provider",
        t.choice("azurerm"),
        "Terraform provider whose validation also applies",
        example="azurerm",
        joining="first",
        default="none",
    ),
    Fact(
        "patching.mode",
        t.word(PatchMode),
        "patch mode of the VM (patchMode)",
        example="AutomaticByPlatform",
        columns=("patch mode",),
        azure=f"{_PATCH}.patchMode",
    ),
    Fact(
        "patching.hotpatching",
        t.FLAG,
        "true if hotpatching is enabled (enableHotpatching)",
        example="true",
        columns=("enable hotpatching", "hotpatching enabled", "hotpatching"),
        azure=f"{_PATCH}.enableHotpatching",
    ),
    Fact(
        "patching.vm_agent",
        t.FLAG,
        "true if the VM agent is installed (provisionVMAgent)",
        example="true",
        columns=("provision vm agent", "vm agent"),
        azure=f"{_SETTINGS}.provisionVMAgent",
    ),
    Fact(
        "patching.bypass_safety_checks",
        t.FLAG,
        "true if safety checks are bypassed (bypassPlatformSafetyChecksOnUserSchedule)",
        example="true",
        columns=("bypass platform safety checks on user schedule",),
        azure=f"{_BY_PLATFORM}.bypassPlatformSafetyChecksOnUserSchedule",
    ),
    Fact(
        "patching.reboot",
        t.word(RebootSetting, also={"AlwaysReboot": "Always", "NeverReboot": "Never"}),
        "restart setting of the VM (rebootSetting)",
        example="IfRequired",
        columns=("reboot setting",),
        azure=f"{_BY_PLATFORM}.rebootSetting",
    ),
    Fact(
        "patching.assessment",
        t.choice("ImageDefault", "AutomaticByPlatform"),
        "patch assessment mode of the VM (assessmentMode)",
        example="AutomaticByPlatform",
        columns=("assessment mode",),
        azure=f"{_PATCH}.assessmentMode",
    ),
    Fact(
        "arc.status",
        t.word(ArcStatus),
        "status of the Connected Machine agent",
        example="Connected",
        columns=("arc status", "agent status", "connection status"),
    ),
    Fact(
        "arc.hotpatch",
        t.LICENSE,
        "status of the Hotpatch license (subscriptionStatus)",
        example="Enabled",
        columns=(
            *("hotpatch subscription", "hotpatch subscription status"),
            *("hotpatch licence", "hotpatch license"),
        ),
    ),
    Fact(
        "arc.enablement",
        t.word(Enablement),
        "hotpatch enablement status (hotpatchEnablementStatus)",
        example="Enabled",
        columns=("hotpatch enablement status", "hotpatch enablement"),
        azure=f"{_PATCH}.status.hotpatchEnablementStatus",
    ),
    Fact(
        "arc.vbs",
        t.choice("running", "configured", "off"),
        "status of virtualization-based security: running, configured, or off",
        example="running",
        columns=("vbs", "vbs status", "virtualization based security"),
    ),
    Fact(
        "arc.secure_boot",
        t.FLAG,
        "true if Secure Boot is on",
        example="true",
        columns=("secure boot", "secure boot enabled"),
    ),
    Fact(
        "arc.uefi",
        t.FLAG,
        "true if the firmware is UEFI",
        example="true",
        columns=("uefi",),
    ),
    Fact(
        "arc.agent",
        t.TEXT,
        "version of the Connected Machine agent",
        example="1.48",
        columns=("agent version", "arc agent version"),
    ),
    Fact(
        "azure_local.version",
        t.HOST_RELEASE,
        "Azure Local version of the host, such as 23H2 or 2503",
        example="23H2",
        columns=("azure local version", "host release", "azure stack hci version"),
    ),
    Fact(
        "azure_local.azure_verification",
        t.FLAG,
        "true if Azure verification for VMs is on",
        example="true",
        columns=("azure verification", "azure verification for vms"),
    ),
    Fact(
        "azure_local.iso_hotpatch",
        t.FLAG,
        "true if the setup steps for a VM built from an ISO are complete",
        example="true",
        columns=("iso hotpatch",),
    ),
    Fact(
        "security.type",
        t.word(SecurityType),
        "security type of the VM (securityType)",
        example="TrustedLaunch",
        columns=("security type",),
        azure="securityProfile.securityType",
    ),
    Fact(
        "security.secure_boot",
        t.FLAG,
        "true if Secure Boot is on (secureBootEnabled)",
        example="true",
        azure="securityProfile.uefiSettings.secureBootEnabled",
    ),
    Fact(
        "security.vtpm",
        t.FLAG,
        "true if the virtual TPM is on (vTpmEnabled)",
        example="true",
        columns=("vtpm", "vtpm enabled"),
        azure="securityProfile.uefiSettings.vTpmEnabled",
    ),
    Fact(
        "health_extension",
        t.FLAG,
        "true if the flexible scale set has application health monitoring",
        example="true",
    ),
    Fact(
        "power",
        t.POWER,
        "power state: on or off",
        example="on",
        columns=("power state",),
        azure="instanceView.powerState.code",
    ),
    Fact(
        "build",
        t.BUILD,
        "OS build with revision, such as 26100.7092",
        example="26100.7092",
        columns=(
            "os build",
            "build number",
            "os build number",
            "os version",
            "full build",
            "build ext",
        ),
        azure="instanceView.osVersion",
    ),
    Fact(
        "kbs",
        t.KBS,
        "installed KBs",
        example="KB5066835",
        columns=("installed kbs", "installed updates", "hotfixes", "hotfix ids", "kb"),
        joining="union",
    ),
    Fact(
        "pending",
        t.PENDING,
        "pending updates of Windows, drivers, firmware, and other software",
        example='[{"title": "Firmware 1.2", "kind": "firmware"}]',
        columns=("pending updates", "missing updates"),
        joining="union",
    ),
    Fact(
        "restart_pending",
        t.FLAG,
        "true if a restart is pending",
        example="true",
        columns=(
            *("reboot pending", "pending reboot", "pending restart"),
            *("reboot required", "restart required"),
        ),
        azure="instanceView.patchStatus.availablePatchSummary.rebootPending",
    ),
    Fact(
        "timezone",
        t.ZONE,
        "time zone, as an IANA or Windows name",
        example="Europe/Berlin",
        columns=("tz",),
        azure=f"{_SETTINGS}.timeZone",
        holder="placement",
    ),
    Fact(
        "window",
        t.NAMES,
        "maintenance window, or a list of windows",
        example="weekend",
        columns=("windows", "maintenance window", "patch window"),
        holder="placement",
        attribute="windows",
        default="none",
    ),
    Fact(
        "groups",
        t.NAMES,
        "groups of the machine",
        example="cluster",
        columns=("group", "patch group"),
        holder="placement",
        joining="union",
        default="none",
    ),
    Fact(
        "ring",
        t.TEXT,
        "rollout ring of the machine",
        example="pilot",
        columns=("patch ring", "update ring", "deployment ring"),
        holder="placement",
        default="none",
    ),
    Fact(
        "reboot_minutes",
        t.MINUTES,
        "duration of a restart in minutes",
        example="20",
        columns=("restart minutes",),
        holder="placement",
        attribute="reboot",
        joining="first",
        default="15",
    ),
    Fact(
        "weight",
        t.WEIGHT,
        "relative cost of an hour of exposure",
        example="2.5",
        holder="machine",
        joining="first",
        default="1",
    ),
    Fact(
        "reboot_at",
        t.WHOLE_MINUTE,
        "fixed date and time of the restart, a whole minute",
        example="2026-01-17T22:00:00+01:00",
        holder="machine",
        default="none",
    ),
    Fact(
        "done",
        t.DONE,
        "true if the machine has already restarted for the baseline, or when that restart ended",
        example="2026-01-17T22:30:00+01:00",
        holder="machine",
        joining="first",
        default="false",
    ),
    Fact(
        "owner",
        t.TEXT,
        "owner of the machine",
        example="web team",
        columns=("owned by", "contact"),
        holder="machine",
    ),
    Fact(
        "tags",
        t.TAGS,
        "tags of your choice",
        example='{"env": "prod"}',
        holder="placement",
        default="none",
    ),
)
"""Every fact of a machine. In the order of an inventory."""

BY_PATH: dict[str, Fact] = {fact.path: fact for fact in FACTS}
_HOLDERS: dict[Holder, Any] = {"facts": Facts, "placement": Placement, "machine": Machine}
_HOLDER_INDEX = {holder: index for index, holder in enumerate(_HOLDERS)}


def top_level() -> Iterator[str]:
    """The keys of a machine in an inventory, in their order."""
    yield from dict.fromkeys(fact.path.partition(".")[0] for fact in FACTS if fact.written)


def _field(key: str) -> Field:
    """A key of a machine: a fact, or a group of them."""
    if key in BY_PATH:
        return BY_PATH[key].field
    group = GROUPS[key]
    facts = {
        fact.path.partition(".")[2]: fact.field for fact in FACTS if fact.path.startswith(f"{key}.")
    }
    return Field(c.record(group.kind, facts, key, _spellings(key)), group.doc)


def _spellings(group: str = "") -> dict[str, str]:
    """Plain name -> the key that it means, for keys that other tools use: `hostname` is `name`.

    Within a `group` only its own keys; in a machine also keys that belong under a group.
    """
    meant: dict[str, set[str]] = {}
    for fact in FACTS:
        place, _, key = fact.path.rpartition(".")
        if not fact.written or (group and place != group):
            continue
        advice = f"'{key}'" if place == group else f"'{key}' under '{place}'"
        for word in (key, fact.azure.rpartition(".")[2], *fact.columns):
            meant.setdefault(c.plain_name(word), set()).add(advice)
    return {name: keys.pop() for name, keys in meant.items() if name and len(keys) == 1}


MACHINE_FIELDS: dict[str, Field] = {key: _field(key) for key in top_level()}
MACHINE: Codec[dict[str, Any]] = c.record(dict, MACHINE_FIELDS, "a machine", _spellings())


# --- kinds of facts, as tables see them ----------------------------------------


def schemas_of(fact: Fact) -> tuple[dict[str, Any], ...]:
    """The JSON Schemas of the shapes that a fact may have."""
    schema = fact.type.codec.schema
    return (schema, *schema.get("anyOf", ()))


def _paths_of_type(*kinds: str) -> frozenset[str]:
    return frozenset(
        fact.path
        for fact in FACTS
        if any(schema.get("type") in kinds for schema in schemas_of(fact))
    )


FLAGS = frozenset(fact.path for fact in FACTS if True in fact.type.codec.schema.get("enum", ()))
"""Facts that are true or false."""
LISTS = _paths_of_type("array")
"""Facts of several values."""
TREES = _paths_of_type("array", "object")
"""Facts whose cells may hold JSON."""
WHOLE = _paths_of_type("object") | {
    fact.path for fact in FACTS if fact.type.codec.schema.get("items", {}).get("type") == "object"
}
"""Facts whose mapping is one value."""
WHOLE_NUMBERS = _paths_of_type("integer") | {"zone"}
"""Facts that are whole numbers. Where a column has gaps, pandas writes 1 as 1.0."""
NO_PROFILE = frozenset(fact.path for fact in FACTS if fact.holder == "machine") | {"tags"}
"""Facts that decide neither a verdict nor a restart."""
FREE_TEXTS = frozenset(fact.path for fact in FACTS if fact.type in (t.TEXT, t.NAME))
"""Facts that may be any text of a person."""


# --- where the model has a fact ----------------------------------------


def attribute_of(fact: Fact) -> str:
    """The name of a fact in its holder; empty where it has none and is one of `Facts.others`."""
    name = fact.attribute or fact.path
    return name if name in _HOLDERS[fact.holder]._fields else ""


def default_of(fact: Fact) -> Any:
    """The model's value where no source states a fact."""
    return _HOLDERS[fact.holder]._field_defaults.get(attribute_of(fact))


def _getter(fact: Fact) -> Callable[[Machine], Any]:
    """What gives the value that a machine has for a fact, stated or by default."""
    if fact.path.partition(".")[0] in GROUPS:
        return attrgetter(f"facts.{fact.path}")
    if not attribute_of(fact):
        return lambda machine: dict(machine.facts.others).get(fact.path)
    if fact.holder == "machine":
        return attrgetter(attribute_of(fact))
    return attrgetter(f"{fact.holder}.{attribute_of(fact)}")


GETTERS = {fact.path: _getter(fact) for fact in FACTS if fact not in IMAGE_PARTS}
"""Path -> what gives the value of a fact that a machine has."""


class Holders(NamedTuple):
    """The attributes of Facts, of Placement and of Machine itself."""

    facts: dict[str, Any]
    placement: dict[str, Any]
    machine: dict[str, Any]


_ATTRIBUTES = {fact.path: (_HOLDER_INDEX[fact.holder], attribute_of(fact)) for fact in FACTS}


def by_holder(values: Mapping[str, Any]) -> Holders:
    """Values of facts, and groups of them, as the attributes of what holds them."""
    holders = Holders({}, {}, {})
    others = []
    for key, value in values.items():
        if value is None:
            continue
        if key in GROUPS:
            holders.facts[key] = value
            continue
        holder, attribute = _ATTRIBUTES[key]
        if attribute:
            holders[holder][attribute] = value
        else:
            others.append((key, value))
    if others:
        holders.facts["others"] = tuple(others)
    if "region" in holders.facts:  # it decides a verdict and a restart
        holders.placement["region"] = holders.facts["region"]
    return holders
