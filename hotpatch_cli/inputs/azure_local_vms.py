"""VM instances of Azure Local and the images that they were made from, in exports and templates.

A VM names only the resource of its image. Publisher, offer, and SKU are on that resource, in
another list.
https://learn.microsoft.com/en-us/azure/azure-local/manage/virtual-machine-image-azure-marketplace
"""

from hotpatch_cli.documents.tree import Log, Mapping
from hotpatch_cli.inputs.azure_facts import generation_of, image_of
from hotpatch_cli.inputs.os_names import configured_by
from hotpatch_cli.inputs.resources import GALLERY_IMAGE, ResourceView, body_of, name_in, tags_of
from hotpatch_cli.inputs.source import NodeOrigin, SourceData, dig
from hotpatch_cli.model import (
    Arc,
    Facts,
    Image,
    Machine,
    Placement,
    Security,
    SecurityType,
)

_REFERENCE = ("storageProfile", "imageReference", "id")
_SECURE_BOOT = ("securityProfile", "uefiSettings", "secureBootEnabled")
_VTPM = ("securityProfile", "enableTPM")


def instance_of(resource: Mapping, owner: str, log: Log) -> Machine:
    """The machine of a VM instance: it has the id and name of its `owner`, the machine of Arc."""
    top, view = ResourceView(resource, log), ResourceView(body_of(resource), log)
    reference, region = view.text(*_REFERENCE), top.text("location")
    secure_boot = view.flag(*_SECURE_BOOT)
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


def take_image(resource: Mapping, kind: str, source: SourceData, log: Log) -> None:
    """Add what an image states of the VMs made from it; without names only a gallery image, a disk
    of the user's, states it.
    """
    top, view = ResourceView(resource, log), ResourceView(body_of(resource), log)
    identity, name = top.text("id"), top.text("name")
    if identity is None:
        log.add(resource.mark, "An image has no id.", "Include the `id` column in the export.")
        return
    publisher, offer, sku = (view.text("identifier", key) for key in ("publisher", "offer", "sku"))
    version = view.text("version", "name")
    # Images of the user have versions too; a version alone names no image.
    image = image_of(publisher, offer, sku, version) if publisher or offer or sku else None
    if image is None and kind == GALLERY_IMAGE:
        image = Image(id=identity)
    prefix = () if body_of(resource) is resource else ("properties",)
    paths = {"image": (*prefix, "identifier"), "generation": (*prefix, "hyperVGeneration")}
    facts = Facts(
        os_type=view.os_type("osType"),
        image=image,
        generation=generation_of(view.text("hyperVGeneration")),
    )
    origin = NodeOrigin(log.document, resource, paths)
    shared = Machine(name or name_in(identity), facts, origin, id=identity)
    source.shared[identity.lower()] = shared
