"""Azure Local: VM instances, and the marketplace and gallery images that they were made from.

A VM names only the resource of its image; publisher, offer and SKU stand on that resource, in
another list.
https://learn.microsoft.com/en-us/azure/azure-local/manage/virtual-machine-image-azure-marketplace
"""

import re

from hotpatch_cli.documents.tree import Document, Log, Mapping
from hotpatch_cli.eligibility.product import hyphenated, parse_system
from hotpatch_cli.inputs.azure.resources import (
    LOCAL_IMAGES,
    LOCAL_VM,
    ResourceView,
    body_of,
    kind_of,
    name_in,
    note_truncated,
    resources,
    tags_of,
)
from hotpatch_cli.inputs.os_names import configured_by
from hotpatch_cli.inputs.source import NodeOrigin, Reader, SourceData, dig
from hotpatch_cli.model import (
    Arc,
    Facts,
    Image,
    Machine,
    Placement,
    Platform,
    Security,
    SecurityType,
)

_REFERENCE = ("storageProfile", "imageReference", "id")
_SECURE_BOOT = ("securityProfile", "uefiSettings", "secureBootEnabled")
_VTPM = ("securityProfile", "enableTPM")
_INSTANCE = re.compile(
    r"/providers/Microsoft\.AzureStackHCI/virtualMachineInstances\b.*", re.IGNORECASE
)


def _recognises(document: Document) -> bool:
    return any(kind_of(each) in (LOCAL_VM, *LOCAL_IMAGES) for each in resources(document))


def _read(document: Document) -> SourceData:
    log = Log(document)
    note_truncated(document, log)
    reading = SourceData(keyed_by_id=True)
    for resource in resources(document):
        kind = kind_of(resource)
        if kind == LOCAL_VM and (machine := _machine(resource, log)) is not None:
            reading.machines.append(machine)
        elif kind in LOCAL_IMAGES and (image := _image(resource, log)) is not None and image.id:
            reading.shared[image.id.lower()] = image
    log.finish()
    return reading


def _machine(resource: Mapping, log: Log) -> Machine | None:
    """A VM: an extension of a machine of Azure Arc, whose id and name it bears."""
    top, view = ResourceView(resource, log), ResourceView(body_of(resource), log)
    owner = _INSTANCE.sub("", top.text("id") or "")
    if "/" not in owner:
        log.add(
            resource.mark,
            "A VM instance without the id of its machine.",
            "Export the column `id` too.",
        )
        return None
    reference, region, secure_boot = (
        view.text(*_REFERENCE),
        top.text("location"),
        view.flag(*_SECURE_BOOT),
    )
    facts = Facts(
        platform="azure-local",
        os_type=view.os_type("storageProfile", "osDisk", "osType"),
        configured=configured_by(dig(view.body, "osProfile")),
        region=region,
        arc=Arc(secure_boot=secure_boot),
        security=Security(
            SecurityType.parse(view.text("securityProfile", "securityType")),
            secure_boot,
            view.flag(*_VTPM),
        ),
        unresolved=(("image", name_in(reference)),) if reference else (),
    )
    computer = view.text("osProfile", "computerName")
    return Machine(
        name=name_in(owner),
        id=owner,
        facts=facts,
        placement=Placement(region=region, tags=tags_of(resource)),
        origin=NodeOrigin(log.document, resource, _paths(resource)),
        aliases=(computer,) if computer else (),
        refers=(reference,) if reference else (),
    )


def _paths(resource: Mapping) -> dict[str, tuple[str, ...]]:
    prefix = () if body_of(resource) is resource else ("properties",)
    inside = {
        "image": _REFERENCE,
        "arc.secure_boot": _SECURE_BOOT,
        "security.secure_boot": _SECURE_BOOT,
        "security.type": ("securityProfile", "securityType"),
        "security.vtpm": _VTPM,
    }
    return {field: (*prefix, *path) for field, path in inside.items()} | {"region": ("location",)}


def _image(resource: Mapping, log: Log) -> Machine | None:
    """What an image says of the VMs made from it; without names only a gallery image, a disk of the
    user's, says it.
    """
    top, view = ResourceView(resource, log), ResourceView(body_of(resource), log)
    identifier, name = top.text("id"), top.text("name")
    if identifier is None:
        log.add(resource.mark, "An image without an id.", "Export the column `id` too.")
        return None
    publisher, offer, sku = (view.text("identifier", key) for key in ("publisher", "offer", "sku"))
    image: Image | None = Image(publisher, offer, sku, view.text("version", "name"))
    if not (publisher or offer or sku):
        image = Image(id=identifier) if kind_of(resource) == LOCAL_IMAGES[1] else None
    generation = {"v1": 1, "v2": 2}.get((view.text("hyperVGeneration") or "").lower())
    prefix = () if body_of(resource) is resource else ("properties",)
    paths = {"image": (*prefix, "identifier"), "generation": (*prefix, "hyperVGeneration")}
    facts = Facts(os_type=view.os_type("osType"), image=image, generation=generation)
    return Machine(
        name or name_in(identifier), facts, NodeOrigin(log.document, resource, paths), id=identifier
    )


def platform_of(facts: Facts) -> Platform:
    """By whose rules a VM of Azure Local is judged that is also a machine of Azure Arc.

    By those of Azure Local where its image or its edition is an Azure Edition, or where neither is
    known; by Arc's otherwise.
    """
    image, edition = facts.image, parse_system(facts.os).edition if facts.os else None
    if edition == "azure edition" or (image and "azure-edition" in hyphenated(image.sku or "")):
        return "azure-local"
    return "azure-local" if image is None and facts.os is None else "arc"


READER = Reader(_recognises, _read)
