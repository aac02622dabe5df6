"""Azure Local: VM instances, and the marketplace and gallery images that they were made from.

A VM names only the resource of its image. Publisher, offer, and SKU are on that resource, in
another list.
https://learn.microsoft.com/en-us/azure/azure-local/manage/virtual-machine-image-azure-marketplace
"""

import re

from hotpatch_cli.documents.tree import Document, Log, Mapping
from hotpatch_cli.inputs.azure_local_vms import instance_of, take_image
from hotpatch_cli.inputs.resources import (
    GALLERY_IMAGE,
    LOCAL_VM,
    MARKETPLACE_IMAGE,
    ResourceView,
    Taker,
    kind_of,
    read_resources,
    resources,
)
from hotpatch_cli.inputs.source import Reader, SourceData

_INSTANCE = re.compile(
    r"/providers/Microsoft\.AzureStackHCI/virtualMachineInstances\b.*", re.IGNORECASE
)


def _recognizes(document: Document) -> bool:
    return any(kind_of(resource) in _TAKERS for resource in resources(document))


def _read(document: Document) -> SourceData:
    return read_resources(document, _TAKERS)


def _take_machine(resource: Mapping, _kind: str, source: SourceData, log: Log) -> None:
    """Add a VM: an extension of a machine of Azure Arc, whose id and name it bears."""
    owner = _INSTANCE.sub("", ResourceView(resource, log).text("id") or "")
    if "/" not in owner:
        log.add(
            resource.mark,
            "A VM instance has no machine id.",
            "Include the `id` column in the export.",
        )
        return
    source.machines.append(instance_of(resource, owner, log))


_TAKERS: dict[str, Taker] = {
    LOCAL_VM: _take_machine,
    MARKETPLACE_IMAGE: take_image,
    GALLERY_IMAGE: take_image,
}
READER = Reader(_recognizes, _read)
