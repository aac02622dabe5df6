"""The bodies of Azure VMs and scale sets as machines.

Exports, templates, plans, and playbooks contain the same bodies: under `properties`, flattened as
az writes them, or within the VM profile of a scale set.
"""

from typing import Any

from hotpatch_cli.documents.tree import Log, Mapping, quoted
from hotpatch_cli.inputs.azure_facts import generation_of, image_of, power_of
from hotpatch_cli.inputs.os_names import configured_by, has_value
from hotpatch_cli.inputs.resources import MEMBER, SCALE_SET, VM, ResourceView, body_of, tags_of
from hotpatch_cli.inputs.source import NodeOrigin, dig, items
from hotpatch_cli.inputs.updates import newer, restart_left
from hotpatch_cli.model import (
    Build,
    Facts,
    Image,
    Machine,
    Patching,
    PatchMode,
    Placement,
    RebootSetting,
    Security,
    SecurityType,
    SourceValue,
)

TYPES = (VM, SCALE_SET, MEMBER)
HEALTH_EXTENSIONS = frozenset({"applicationhealthwindows", "applicationhealthlinux"})

_SETTINGS = ("osProfile", "windowsConfiguration")
_PATCH = (*_SETTINGS, "patchSettings")
_PLATFORM = (*_PATCH, "automaticByPlatformSettings")
_PATHS: dict[str, tuple[str, ...]] = {
    "image": ("storageProfile", "imageReference"),
    "restored": ("storageProfile",),
    "patching.mode": (*_PATCH, "patchMode"),
    "patching.hotpatching": (*_PATCH, "enableHotpatching"),
    "patching.assessment": (*_PATCH, "assessmentMode"),
    "patching.reboot": (*_PLATFORM, "rebootSetting"),
    "patching.bypass_safety_checks": (*_PLATFORM, "bypassPlatformSafetyChecksOnUserSchedule"),
    "patching.vm_agent": (*_SETTINGS, "provisionVMAgent"),
    "timezone": (*_SETTINGS, "timeZone"),
    "security.type": ("securityProfile", "securityType"),
    "security.secure_boot": ("securityProfile", "uefiSettings", "secureBootEnabled"),
    "security.vtpm": ("securityProfile", "uefiSettings", "vTpmEnabled"),
    "os": ("instanceView", "osName"),
    "generation": ("instanceView", "hyperVGeneration"),
    "build": ("instanceView", "osVersion"),
    "power": ("instanceView", "statuses"),
    "restart_pending": ("instanceView", "patchStatus"),
    "region": ("location",),
}


def without_profile(resource: Mapping, kind: str | None) -> bool:
    """Whether this is a flexible scale set without a VM profile: its VMs are machines."""
    properties = body_of(resource)
    if kind != SCALE_SET or _scale_set(kind, properties) != "flexible":
        return False
    return not has_value(dig(properties, "virtualMachineProfile"))


def no_machine(file: str, name: str) -> str:
    """A sentence on such a scale set."""
    return (
        f"{file}: the flexible scale set {quoted(name)} has no VM profile. "
        "Its VMs are separate machines."
    )


def machine_of(resource: Mapping, kind: str | None, name: str, log: Log) -> Machine:
    """The machine of a VM, a scale set or a member of one; what is no fact goes to the log."""
    top, properties = ResourceView(resource, log), body_of(resource)
    body = dig(properties, "virtualMachineProfile") if kind == SCALE_SET else properties
    view = ResourceView(body if isinstance(body, Mapping) else properties, log)
    own = ResourceView(properties, log)
    watched = kind == SCALE_SET and not without_profile(resource, kind)
    image = _image(view)
    facts = Facts(
        platform="azure",
        os_type=view.os_type("storageProfile", "osDisk", "osType"),
        configured=configured_by(dig(view.body, "osProfile")),
        image=image,
        # A profile without a reference: made from a disk, or restored elsewhere.
        restored=image is None and isinstance(dig(view.body, "storageProfile"), Mapping),
        region=top.text("location"),
        generation=generation_of(_seen(view, "hyperVGeneration")),
        scale_set=_scale_set(kind, properties),
        patching=_patching(view),
        health_extension=_health(view) if watched else None,
        power=_power(view),
        os=_seen(view, "osName"),
        security=_security(view),
        build=Build.parse(_seen(view, "osVersion")),
        restart_pending=_restart_pending(view),
    )
    placement = Placement(
        timezone=view.timezone("osProfile", "windowsConfiguration", "timeZone"),
        region=facts.region,
        tags=tags_of(resource),
    )
    computer = view.text("osProfile", "computerName")
    scale_set = own.text("virtualMachineScaleSet", "id")
    zones = (str(zone) for zone in items(dig(resource, "zones")) if isinstance(zone, str))
    return Machine(
        name=name,
        facts=facts,
        placement=placement,
        origin=NodeOrigin(log.document, resource, _paths(resource, body)),
        aliases=(computer,) if computer else (),
        refers=(scale_set,) if scale_set else (),
        zone=next(zones, None),
        availability_set=own.text("availabilitySet", "id"),
    )


def _paths(resource: Mapping, body: Any) -> dict[str, tuple[str, ...]]:
    """Where this shape has each field: flattened, under properties, or in a scale set's profile."""
    if body is resource:
        return _PATHS
    prefix = (
        ("properties",)
        if body is dig(resource, "properties")
        else ("properties", "virtualMachineProfile")
    )
    if dig(resource, *prefix) is not body:
        prefix = ("virtualMachineProfile",)
    return _PATHS_UNDER.setdefault(
        prefix,
        {field: (() if field == "region" else prefix) + path for field, path in _PATHS.items()},
    )


_PATHS_UNDER: dict[tuple[str, ...], dict[str, tuple[str, ...]]] = {}


def _seen(view: ResourceView, key: str) -> str | None:
    """What the agent reports of the running system; Resource Graph has it under `extended`."""
    return view.text("extended", "instanceView", key) or view.text("instanceView", key)


def _security(view: ResourceView) -> Security:
    """Boot security, where the source states it."""
    return Security(
        SecurityType.parse(view.text("securityProfile", "securityType")),
        view.flag("securityProfile", "uefiSettings", "secureBootEnabled"),
        view.flag("securityProfile", "uefiSettings", "vTpmEnabled"),
    )


def _restart_pending(view: ResourceView) -> bool | None:
    """Whether a restart is pending, by the newer of the last assessment and installation."""
    for above in (("extended", "instanceView"), ("instanceView",)):
        at = (*above, "patchStatus")
        if isinstance(dig(view.body, *at), Mapping):
            assessed, installed = (
                (*at, "availablePatchSummary"),
                (*at, "lastPatchInstallationSummary"),
            )
            return newer(
                (view.text(*assessed, "lastModifiedTime"), view.flag(*assessed, "rebootPending")),
                (
                    view.text(*installed, "lastModifiedTime"),
                    restart_left(view.text(*installed, "rebootStatus")),
                ),
            )
    return None


def _image(view: ResourceView) -> Image | None:
    at = ("storageProfile", "imageReference")
    if not isinstance(dig(view.body, *at), Mapping):
        return None
    for key in ("id", "sharedGalleryImageId", "communityGalleryImageId"):
        if identity := view.text(*at, key):
            return Image(id=identity)
    return image_of(*(view.text(*at, key) for key in ("publisher", "offer", "sku", "version")))


def _patching(view: ResourceView) -> Patching:
    """The patch settings. Without a windowsConfiguration nothing is known; within one, the
    service's default applies.
    """
    if not isinstance(dig(view.body, *_SETTINGS), Mapping):
        return Patching()
    return Patching(
        mode=PatchMode.parse(view.text(*_PATCH, "patchMode")),
        hotpatching=bool(view.flag(*_PATCH, "enableHotpatching")),
        vm_agent=view.flag(*_SETTINGS, "provisionVMAgent"),
        bypass_safety_checks=view.flag(*_PLATFORM, "bypassPlatformSafetyChecksOnUserSchedule"),
        reboot=_reboot_setting(view.text(*_PLATFORM, "rebootSetting")),
        assessment=view.text(*_PATCH, "assessmentMode"),
    )


def _reboot_setting(setting: str | None) -> SourceValue[RebootSetting] | None:
    """The restart setting; `Unknown` is the service's value where it isn't set."""
    if setting is None or setting.lower() == "unknown":
        return None
    return RebootSetting.parse(setting)


def _scale_set(kind: str | None, properties: Mapping) -> str | None:
    """Uniform or flexible. Members that are listed as VMs belong to a flexible set; old uniform
    sets name no mode.
    """
    if kind == MEMBER:
        return "uniform"
    if kind == SCALE_SET:
        flexible = str(dig(properties, "orchestrationMode")).lower() == "flexible"
        return "flexible" if flexible else "uniform"
    return "flexible" if dig(properties, "virtualMachineScaleSet", "id") else None


def _health(view: ResourceView) -> bool:
    """Whether an extension watches the health of the application."""
    extensions = items(dig(view.body, "extensionProfile", "extensions"))
    kinds = {
        str(dig(extension, "properties", "type") or dig(extension, "typePropertiesType")).lower()
        for extension in extensions
    }
    return not HEALTH_EXTENSIONS.isdisjoint(kinds)


def _power(view: ResourceView) -> str | None:
    statuses = items(dig(view.body, "instanceView", "statuses"))
    codes = [str(dig(status, "code")) for status in statuses]
    codes.append(str(dig(view.body, "extended", "instanceView", "powerState", "code")))
    codes.append(str(dig(view.body, "powerState")).replace("VM ", "PowerState/"))
    states = [code.split("/", 1)[1] for code in codes if code.startswith("PowerState/")]
    # Any other state, such as `creating`, is of a machine that is not off.
    return (power_of(states[0]) or "on") if states else None
