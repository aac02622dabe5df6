"""Azure VMs and scale sets: az, REST, Resource Graph (both result formats), and PSRule exports.

All are the same resource in other clothes: under `properties` or flattened, in this or that letter case, so
keys are looked up in any case and every shape is brought to one list of resources first.
"""

from collections.abc import Iterator
from typing import Any

from hotpatch_cli.documents.tree import Document, Log, Mapping, Sequence, shown
from hotpatch_cli.inputs.reading import NodeOrigin, Reader, Reading, dig, items
from hotpatch_cli.model import Facts, Image, Machine, Patching, Placement

_VM, _SCALE_SET = "microsoft.compute/virtualmachines", "microsoft.compute/virtualmachinescalesets"
_MEMBER = "microsoft.compute/virtualmachinescalesets/virtualmachines"
_TYPES = (_VM, _SCALE_SET, _MEMBER)

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


def resources(document: Document) -> Iterator[Mapping]:
    """The resources of an export, whatever wraps them."""
    yield from _unwrapped(document.root)


def _unwrapped(root: Any) -> Iterator[Mapping]:
    if isinstance(root, Sequence):
        for each in root:
            if isinstance(each, Mapping):
                yield from _unwrapped(each) if isinstance(each.get("data"), Mapping) else [each]
    elif isinstance(root, Mapping):
        data = root.get("data")
        if isinstance(data, Mapping) and isinstance(data.get("columns"), Sequence):
            yield from _table(data)
        elif isinstance(data, Sequence) or isinstance(root.get("value"), Sequence):
            listed = data if isinstance(data, Sequence) else root["value"]
            yield from (each for each in listed if isinstance(each, Mapping))
        elif isinstance(body := dig(root, "responses", "200", "body"), Mapping):
            yield from _unwrapped(body)
        else:
            yield root


def _table(data: Mapping) -> Iterator[Mapping]:
    """Resource Graph's table format: columns, then rows of cells."""
    names = [str(dig(column, "name")) for column in data["columns"]]
    rows = data.get("rows")
    for row, mark in zip(rows, rows.marks, strict=True) if isinstance(rows, Sequence) else ():
        if isinstance(row, Sequence):
            resource = Mapping(mark)
            for name, cell, at in zip(names, row, row.marks, strict=False):
                if name not in resource:
                    resource.put(name, cell, at, at)
            yield resource


def kind_of(resource: Mapping) -> str | None:
    """The resource type in lower case; for a VM that does not carry its type, by its parts."""
    named = dig(resource, "type") or dig(resource, "ResourceType")
    if isinstance(named, str) and "/" in named:
        return named.lower()
    if dig(_properties(resource), "storageProfile") is not None:
        return _VM
    return _SCALE_SET if dig(_properties(resource), "virtualMachineProfile") is not None else None


def _properties(resource: Mapping) -> Mapping:
    """The body of a resource: under `properties`, or the resource itself where az flattened it."""
    found = dig(resource, "properties")
    return found if isinstance(found, Mapping) else resource


def _recognises(document: Document) -> bool:
    return any(kind_of(each) in _TYPES for each in resources(document))


def _note_truncated(document: Document, log: Log) -> None:
    """Part of the data is never taken for all of it."""
    root = document.root
    if not isinstance(root, Mapping):
        return
    truncated = str(root.get("resultTruncated")).lower() == "true"
    more = next((key for key in ("nextLink", "skip_token", "$skipToken", "skipToken") if root.get(key)), None)
    if truncated or more:
        log.add(
            root.at(more or "resultTruncated"),
            "This is only a part of the result: more pages follow.",
            "Make one list of them: `az vm list` does; pages of `az graph query` are joined by jq -s '[.[].data[]]'.",
        )


def _read(document: Document) -> Reading:
    log = Log(document)
    _note_truncated(document, log)
    reading = Reading(keyed_by_id=True)
    others: dict[str, int] = {}
    for resource in resources(document):
        kind = kind_of(resource)
        if kind in _TYPES:
            machine = _machine(resource, kind or "", document, log)
            if machine is not None:
                reading.machines.append(machine)
        else:
            others[kind or "other things"] = others.get(kind or "other things", 0) + 1
    log.finish()
    reading.notes += [f"{document.file}: ignored {count} of {kind}" for kind, count in sorted(others.items())]
    return reading


class _View:
    """A resource as a reader of facts sees it: text and flags by path, problems into the log."""

    def __init__(self, body: Mapping, log: Log) -> None:
        self.body = body
        self.log = log

    def text(self, *path: str) -> str | None:
        """The text under a path; None where it is missing, null or empty."""
        value = dig(self.body, *path)
        if value is None or value == "":
            return None
        if isinstance(value, str):
            return value
        parent = dig(self.body, *path[:-1])
        mark = parent.at(next(key for key in parent if key.lower() == path[-1].lower()))
        self.log.add(mark, f"Expected text in {'.'.join(path)}, found {shown(value)}.")
        return None

    def flag(self, *path: str) -> bool | None:
        """The truth under a path; None where it is missing or null."""
        value = dig(self.body, *path)
        if isinstance(value, bool):
            return value
        word = self.text(*path)
        if word is None or word.lower() in ("true", "false"):
            return None if word is None else word.lower() == "true"
        self.log.add(self.body.mark, f"Expected true or false in {'.'.join(path)}, found {shown(value)}.")
        return None


def _machine(resource: Mapping, kind: str, document: Document, log: Log) -> Machine | None:
    top, properties = _View(resource, log), _properties(resource)
    body = dig(properties, "virtualMachineProfile") if kind == _SCALE_SET else properties
    view = _View(body if isinstance(body, Mapping) else properties, log)
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
        health_extension=_health(view) if kind == _SCALE_SET else None,
        power=_power(view),
        build=view.text("extended", "instanceView", "osVersion") or view.text("instanceView", "osVersion"),
    )
    placement = Placement(
        timezone=view.text("osProfile", "windowsConfiguration", "timeZone"),
        region=facts.region,
        tags=_tags(resource),
    )
    return Machine(
        name=name,
        id=top.text("id"),
        facts=facts,
        placement=placement,
        origin=NodeOrigin(document, resource, _paths(resource, body)),
        zone=next((str(each) for each in items(dig(resource, "zones"))), None),
        availability_set=_View(properties, log).text("availabilitySet", "id"),
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


def _is_windows(view: _View) -> bool:
    system = (view.text("storageProfile", "osDisk", "osType") or "").lower()
    if system:
        return system == "windows"
    return dig(view.body, "osProfile", "linuxConfiguration") is None


def _image(view: _View) -> Image | None:
    at = ("storageProfile", "imageReference")
    if not isinstance(dig(view.body, *at), Mapping):
        return None
    for key in ("id", "sharedGalleryImageId", "communityGalleryImageId"):
        if found := view.text(*at, key):
            return Image(id=found)
    image = Image(*(view.text(*at, key) for key in ("publisher", "offer", "sku", "version")))
    return image if image != Image() else None


def _lost_image(view: _View) -> bool:
    """A storage profile without an image reference: attached from a disk, or restored elsewhere."""
    return isinstance(dig(view.body, "storageProfile"), Mapping) and _image(view) is None


def _patching(view: _View) -> Patching:
    """The patch settings. Without a windowsConfiguration nothing is known; within one, the service's default holds."""
    if not isinstance(dig(view.body, *_SETTINGS), Mapping):
        return Patching()
    return Patching(
        mode=view.text(*_PATCH, "patchMode"),
        hotpatching=bool(view.flag(*_PATCH, "enableHotpatching")),
        vm_agent=view.flag(*_SETTINGS, "provisionVMAgent"),
        bypass_safety_checks=view.flag(*_PLATFORM, "bypassPlatformSafetyChecksOnUserSchedule"),
        reboot=view.text(*_PLATFORM, "rebootSetting"),
        assessment=view.text(*_PATCH, "assessmentMode"),
    )


def _generation(view: _View) -> int | None:
    word = view.text("extended", "instanceView", "hyperVGeneration") or view.text("instanceView", "hyperVGeneration")
    return {"v1": 1, "v2": 2}.get((word or "").lower())


def _scale_set(kind: str, properties: Mapping) -> str | None:
    """Uniform or flexible. Members that are listed as VMs belong to a flexible set; old uniform sets name no mode."""
    if kind == _MEMBER:
        return "uniform"
    if kind == _SCALE_SET:
        return "flexible" if str(dig(properties, "orchestrationMode")).lower() == "flexible" else "uniform"
    return "flexible" if dig(properties, "virtualMachineScaleSet", "id") else None


def _health(view: _View) -> bool:
    listed = items(dig(view.body, "extensionProfile", "extensions"))
    kinds = {str(dig(each, "properties", "type") or dig(each, "typePropertiesType")).lower() for each in listed}
    return bool(kinds & {"applicationhealthwindows", "applicationhealthlinux"})


def _power(view: _View) -> str | None:
    codes = [str(dig(each, "code")) for each in items(dig(view.body, "instanceView", "statuses"))]
    codes.append(str(dig(view.body, "extended", "instanceView", "powerState", "code")))
    codes.append(str(dig(view.body, "powerState")).replace("VM ", "PowerState/"))
    state = next((code.split("/", 1)[1].lower() for code in codes if code.startswith("PowerState/")), None)
    if state is None:
        return None
    return "off" if state in ("deallocated", "deallocating", "stopped", "stopping") else "on"


def _tags(resource: Mapping) -> tuple[tuple[str, str], ...]:
    tags = dig(resource, "tags")
    if not isinstance(tags, Mapping):
        return ()
    return tuple((key, value) for key, value in tags.items() if isinstance(value, str))


READER = Reader(_recognises, _read)
