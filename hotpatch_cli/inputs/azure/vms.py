"""Azure VMs and scale sets, the model and the members: az, REST, Resource Graph, PSRule."""

from typing import Any

from hotpatch_cli.documents.tree import Document, Log, Mapping, quoted
from hotpatch_cli.inputs.azure.resources import (
    MEMBER,
    SCALE_SET,
    VM,
    ResourceView,
    body_of,
    is_projected,
    kind_of,
    note_truncated,
    resources,
    tags_of,
)
from hotpatch_cli.inputs.os_names import configured_by, has_value
from hotpatch_cli.inputs.source import NodeOrigin, Reader, SourceData, dig, items
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

_TYPES = (VM, SCALE_SET, MEMBER)

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


def _recognises(document: Document) -> bool:
    return any(kind_of(each) in _TYPES and not is_projected(each) for each in resources(document))


def _read(document: Document) -> SourceData:
    log = Log(document)
    note_truncated(document, log)
    reading = SourceData(keyed_by_id=True)
    for resource in resources(document):
        kind = kind_of(resource)
        machine = _machine(resource, kind, document, log) if kind in _TYPES else None
        if machine is None:
            continue
        if without_profile(resource):
            reading.notes.append(no_machine(document.file, machine.name))
        else:
            reading.machines.append(machine)
        if kind == SCALE_SET and machine.id:
            reading.shared[machine.id.lower()] = _of_members(machine)
    log.finish()
    return reading


def without_profile(resource: Mapping) -> bool:
    """Whether this is a flexible scale set without a VM profile: its VMs are machines, it is none."""
    properties = body_of(resource)
    flexible = (
        _scale_set(kind_of(resource), properties) == "flexible" and kind_of(resource) == SCALE_SET
    )
    return flexible and not has_value(dig(properties, "virtualMachineProfile"))


def no_machine(file: str, name: str) -> str:
    """A sentence on such a scale set."""
    return f"{file}: the flexible scale set {quoted(name)} has no VM profile; its VMs are machines of their own."


def _of_members(scale_set: Machine) -> Machine:
    """What a scale set says of its members."""
    facts = Facts(
        scale_set=scale_set.facts.scale_set, health_extension=scale_set.facts.health_extension
    )
    return scale_set._replace(facts=facts, placement=Placement())


def _machine(resource: Mapping, kind: str | None, document: Document, log: Log) -> Machine | None:
    top, properties = ResourceView(resource, log), body_of(resource)
    body = dig(properties, "virtualMachineProfile") if kind == SCALE_SET else properties
    view = ResourceView(body if isinstance(body, Mapping) else properties, log)
    name = top.text("name") or top.text("ResourceName")
    if name is None:
        log.add(resource.mark, "A virtual machine without a name.", "Export the column `name` too.")
        return None
    facts = Facts(
        platform="azure",
        os_type=view.os_type("storageProfile", "osDisk", "osType"),
        configured=configured_by(dig(view.body, "osProfile")),
        image=_image(view),
        restored=_lost_image(view),
        region=top.text("location"),
        generation=_generation(view),
        scale_set=_scale_set(kind, properties),
        patching=_patching(view),
        health_extension=_health(view)
        if kind == SCALE_SET and not without_profile(resource)
        else None,
        power=_power(view),
        os=_seen(view, "osName"),
        security=_security(view),
        build=Build.parse(_seen(view, "osVersion")),
        restart_pending=_restart_pending(view),
    )
    placement = Placement(
        timezone=view.text("osProfile", "windowsConfiguration", "timeZone"),
        region=facts.region,
        tags=tags_of(resource),
    )
    return Machine(
        name=name,
        id=top.text("id"),
        facts=facts,
        placement=placement,
        origin=NodeOrigin(document, resource, _paths(resource, body)),
        aliases=tuple(filter(None, (view.text("osProfile", "computerName"),))),
        refers=tuple(
            filter(None, (ResourceView(properties, log).text("virtualMachineScaleSet", "id"),))
        ),
        zone=next(
            (str(each) for each in items(dig(resource, "zones")) if isinstance(each, str)), None
        ),
        availability_set=ResourceView(properties, log).text("availabilitySet", "id"),
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
    """Whether a restart waits, by the newer of the last assessment and the last installation."""
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
        if found := view.text(*at, key):
            return Image(id=found)
    image = Image(*(view.text(*at, key) for key in ("publisher", "offer", "sku", "version")))
    return image if image != Image() else None


def _lost_image(view: ResourceView) -> bool:
    """A storage profile without an image reference: attached from a disk, or restored elsewhere."""
    return isinstance(dig(view.body, "storageProfile"), Mapping) and _image(view) is None


def _patching(view: ResourceView) -> Patching:
    """The patch settings. Without a windowsConfiguration nothing is known; within one, the
    service's default holds.
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
    """The reboot setting; `Unknown` is what the service says where nobody has set it."""
    if setting is None or setting.lower() == "unknown":
        return None
    return RebootSetting.parse(setting)


def _generation(view: ResourceView) -> int | None:
    return {"v1": 1, "v2": 2}.get((_seen(view, "hyperVGeneration") or "").lower())


def _scale_set(kind: str | None, properties: Mapping) -> str | None:
    """Uniform or flexible. Members that are listed as VMs belong to a flexible set; old uniform
    sets name no mode.
    """
    if kind == MEMBER:
        return "uniform"
    if kind == SCALE_SET:
        return (
            "flexible"
            if str(dig(properties, "orchestrationMode")).lower() == "flexible"
            else "uniform"
        )
    return "flexible" if dig(properties, "virtualMachineScaleSet", "id") else None


def _health(view: ResourceView) -> bool:
    listed = items(dig(view.body, "extensionProfile", "extensions"))
    kinds = {
        str(dig(each, "properties", "type") or dig(each, "typePropertiesType")).lower()
        for each in listed
    }
    return bool(kinds & {"applicationhealthwindows", "applicationhealthlinux"})


def _power(view: ResourceView) -> str | None:
    codes = [str(dig(each, "code")) for each in items(dig(view.body, "instanceView", "statuses"))]
    codes.append(str(dig(view.body, "extended", "instanceView", "powerState", "code")))
    codes.append(str(dig(view.body, "powerState")).replace("VM ", "PowerState/"))
    state = next(
        (code.split("/", 1)[1].lower() for code in codes if code.startswith("PowerState/")), None
    )
    if state is None:
        return None
    return "off" if state in ("deallocated", "deallocating", "stopped", "stopping") else "on"


READER = Reader(_recognises, _read)
