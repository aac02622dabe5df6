"""Azure VMs and scale sets, the model and the members: az, REST, Resource Graph, PSRule."""

from typing import Any

from hotpatch_cli.documents.tree import Document, Log, Mapping
from hotpatch_cli.inputs.reading import NodeOrigin, Reader, Reading, dig, items
from hotpatch_cli.inputs.resources import (
    MEMBER,
    SCALE_SET,
    VM,
    View,
    body_of,
    is_projected,
    kind_of,
    note_truncated,
    resources,
    tags_of,
)
from hotpatch_cli.model import Facts, Image, Machine, Patching, Placement

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
    "generation": ("instanceView", "hyperVGeneration"),
    "build": ("instanceView", "osVersion"),
    "power": ("instanceView", "statuses"),
    "region": ("location",),
}


def _recognises(document: Document) -> bool:
    return any(kind_of(each) in _TYPES and not is_projected(each) for each in resources(document))


def _read(document: Document) -> Reading:
    log = Log(document)
    note_truncated(document, log)
    reading = Reading(keyed_by_id=True)
    for resource in resources(document):
        kind = kind_of(resource)
        machine = _machine(resource, kind, document, log) if kind in _TYPES else None
        if machine is not None:
            reading.machines.append(machine)
            if kind == SCALE_SET and machine.id:
                reading.shared[machine.id.lower()] = _of_members(machine)
    log.finish()
    return reading


def _of_members(scale_set: Machine) -> Machine:
    """What a scale set says of its members."""
    facts = Facts(scale_set=scale_set.facts.scale_set, health_extension=scale_set.facts.health_extension)
    return scale_set._replace(facts=facts, placement=Placement())


def _machine(resource: Mapping, kind: str | None, document: Document, log: Log) -> Machine | None:
    top, properties = View(resource, log), body_of(resource)
    body = dig(properties, "virtualMachineProfile") if kind == SCALE_SET else properties
    view = View(body if isinstance(body, Mapping) else properties, log)
    name = top.text("name") or top.text("ResourceName")
    if name is None:
        log.add(resource.mark, "A virtual machine without a name.", "Export the column `name` too.")
        return None
    facts = Facts(
        platform="azure",
        windows=_is_windows(view),
        image=_image(view),
        restored=_lost_image(view),
        region=top.text("location"),
        generation=_generation(view),
        scale_set=_scale_set(kind, properties),
        patching=_patching(view),
        health_extension=_health(view) if kind == SCALE_SET else None,
        power=_power(view),
        build=view.text("extended", "instanceView", "osVersion") or view.text("instanceView", "osVersion"),
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
        refers=tuple(filter(None, (View(properties, log).text("virtualMachineScaleSet", "id"),))),
        zone=next((str(each) for each in items(dig(resource, "zones")) if isinstance(each, str)), None),
        availability_set=View(properties, log).text("availabilitySet", "id"),
    )


def _paths(resource: Mapping, body: Any) -> dict[str, tuple[str, ...]]:
    """Where this shape has each field: flattened, under properties, or in a scale set's profile."""
    if body is resource:
        return _PATHS
    prefix = ("properties",) if body is dig(resource, "properties") else ("properties", "virtualMachineProfile")
    if dig(resource, *prefix) is not body:
        prefix = ("virtualMachineProfile",)
    return _PATHS_UNDER.setdefault(
        prefix, {field: (() if field == "region" else prefix) + path for field, path in _PATHS.items()}
    )


_PATHS_UNDER: dict[tuple[str, ...], dict[str, tuple[str, ...]]] = {}


def _is_windows(view: View) -> bool:
    system = (view.text("storageProfile", "osDisk", "osType") or "").lower()
    if system:
        return system == "windows"
    return dig(view.body, "osProfile", "linuxConfiguration") is None


def _image(view: View) -> Image | None:
    at = ("storageProfile", "imageReference")
    if not isinstance(dig(view.body, *at), Mapping):
        return None
    for key in ("id", "sharedGalleryImageId", "communityGalleryImageId"):
        if found := view.text(*at, key):
            return Image(id=found)
    image = Image(*(view.text(*at, key) for key in ("publisher", "offer", "sku", "version")))
    return image if image != Image() else None


def _lost_image(view: View) -> bool:
    """A storage profile without an image reference: attached from a disk, or restored elsewhere."""
    return isinstance(dig(view.body, "storageProfile"), Mapping) and _image(view) is None


def _patching(view: View) -> Patching:
    """The patch settings. Without a windowsConfiguration nothing is known; within one, the service's default holds."""
    if not isinstance(dig(view.body, *_SETTINGS), Mapping):
        return Patching()
    return Patching(
        mode=view.text(*_PATCH, "patchMode"),
        hotpatching=bool(view.flag(*_PATCH, "enableHotpatching")),
        vm_agent=view.flag(*_SETTINGS, "provisionVMAgent"),
        bypass_safety_checks=view.flag(*_PLATFORM, "bypassPlatformSafetyChecksOnUserSchedule"),
        reboot=_reboot(view.text(*_PLATFORM, "rebootSetting")),
        assessment=view.text(*_PATCH, "assessmentMode"),
    )


def _reboot(setting: str | None) -> str | None:
    """The reboot setting; `Unknown` is what the service says where nobody has set it."""
    return None if setting is None or setting.lower() == "unknown" else setting


def _generation(view: View) -> int | None:
    word = view.text("extended", "instanceView", "hyperVGeneration") or view.text("instanceView", "hyperVGeneration")
    return {"v1": 1, "v2": 2}.get((word or "").lower())


def _scale_set(kind: str | None, properties: Mapping) -> str | None:
    """Uniform or flexible. Members that are listed as VMs belong to a flexible set; old uniform sets name no mode."""
    if kind == MEMBER:
        return "uniform"
    if kind == SCALE_SET:
        return "flexible" if str(dig(properties, "orchestrationMode")).lower() == "flexible" else "uniform"
    return "flexible" if dig(properties, "virtualMachineScaleSet", "id") else None


def _health(view: View) -> bool:
    listed = items(dig(view.body, "extensionProfile", "extensions"))
    kinds = {str(dig(each, "properties", "type") or dig(each, "typePropertiesType")).lower() for each in listed}
    return bool(kinds & {"applicationhealthwindows", "applicationhealthlinux"})


def _power(view: View) -> str | None:
    codes = [str(dig(each, "code")) for each in items(dig(view.body, "instanceView", "statuses"))]
    codes.append(str(dig(view.body, "extended", "instanceView", "powerState", "code")))
    codes.append(str(dig(view.body, "powerState")).replace("VM ", "PowerState/"))
    state = next((code.split("/", 1)[1].lower() for code in codes if code.startswith("PowerState/")), None)
    if state is None:
        return None
    return "off" if state in ("deallocated", "deallocating", "stopped", "stopping") else "on"


READER = Reader(_recognises, _read)
