"""Output of the `hotpatch collect` script: data of a machine about itself, one object per line or a
list of objects.

It includes the build with the revision, and the boot security. Facts that only the cloud has (patch
settings of an Azure VM, the Arc license) are missing: join it with an export.
"""

from typing import Any

from hotpatch_cli.documents.tree import Document, Log, Mapping
from hotpatch_cli.inputs.azure_facts import image_of, platform_of
from hotpatch_cli.inputs.guest_facts import build_of, uefi_of, vbs_of
from hotpatch_cli.inputs.os_names import system_in_words
from hotpatch_cli.inputs.resources import GuestView, resources
from hotpatch_cli.inputs.source import NodeOrigin, Reader, SourceData, actual_key, dig, items
from hotpatch_cli.inputs.updates import kb_of, kbs_of, pending_of, waiting
from hotpatch_cli.model import (
    Arc,
    ArcStatus,
    Build,
    Facts,
    Image,
    Machine,
    PendingUpdate,
    Placement,
    SourceValue,
)

SIGNATURE = "HotpatchCollect"
VERSION = "1"
_ON = {"0": False, "1": True, "false": False, "true": True}
_PATHS: dict[str, tuple[str, ...]] = {
    "name": ("ComputerName",),
    "os": ("Windows", "ProductName"),
    "build": ("Windows", "CurrentBuildNumber"),
    "kbs": ("HotFixes",),
    "pending": ("Waiting",),
    "restart_pending": ("RestartPending",),
    "arc.vbs": ("VbsStatus",),
    "arc.secure_boot": ("SecureBoot",),
    "arc.uefi": ("FirmwareType",),
    "arc.status": ("Arc", "status"),
    "arc.agent": ("Arc", "agentVersion"),
    "image": ("Azure", "image"),
    "region": ("Azure", "location"),
}


def _recognizes(document: Document) -> bool:
    return any(actual_key(record, SIGNATURE) for record in resources(document))


def _read(document: Document) -> SourceData:
    log, reading = Log(document), SourceData(keyed_by_id=True)
    for node in resources(document):
        view = GuestView(node, log)
        version, name = view.text(SIGNATURE), view.text("ComputerName")
        if version != VERSION:
            said = (
                "This record is from another version of the script."
                if version
                else "This record isn't from the script."
            )
            log.add(
                node.mark,
                said,
                "Recreate the script with `hotpatch collect`, and then run it again.",
            )
        elif name is None:
            log.add(node.mark, "A record has no machine name.", "Run the script again.")
        else:
            reading.machines.append(_machine(name, view))
    log.finish()
    return reading


def _machine(name: str, view: GuestView) -> Machine:
    azure = dig(view.body, "Azure")
    region = view.text("Azure" if isinstance(azure, Mapping) else "Arc", "location")
    facts = Facts(
        os=system_in_words(
            view.text("Windows", "ProductName"),
            view.text("Windows", "EditionID"),
            view.text("Windows", "CurrentBuildNumber"),
        ),
        image=_image(view),
        region=region,
        arc=_arc(view),
        build=_build(view),
        kbs=kbs_of(_texts(dig(view.body, "HotFixes"))),
        pending=pending_of(
            [_update(update, view) for update in _listed(dig(view.body, "Waiting"))]
        ),
        restart_pending=view.flag("RestartPending"),
    )
    in_azure = isinstance(azure, Mapping)
    outside = platform_of(facts) if facts.os else "arc"
    names = (view.text("DnsName"), view.text("Azure", "name"), view.text("Arc", "resourceName"))
    return Machine(
        name=name,
        id=_id(view),
        facts=facts._replace(platform="azure" if in_azure else outside),
        placement=Placement(region=region),
        origin=NodeOrigin(view.log.document, view.body, _PATHS),
        zone=view.text("Azure", "zone"),
        aliases=tuple(
            dict.fromkeys(alias for alias in names if alias and alias.casefold() != name.casefold())
        ),
        supposed=()
        if in_azure
        else ("platform",),  # no guest knows whether Azure Local is under it
    )


def _arc(view: GuestView) -> Arc:
    """What the machine knows of Arc and its protection; one without the agent is not connected."""
    status = (
        "Disconnected" if view.flag("Arc", "Installed") is False else view.text("Arc", "status")
    )
    return Arc(
        status=None if isinstance(dig(view.body, "Azure"), Mapping) else ArcStatus.parse(status),
        vbs=vbs_of(view.text("VbsStatus")),
        secure_boot=_ON.get(_word(dig(view.body, "SecureBoot"))),
        uefi=uefi_of(view.text("FirmwareType")),
        agent=view.text("Arc", "agentVersion"),
    )


def _word(value: Any) -> str:
    return str(value).lower()


def _build(view: GuestView) -> SourceValue[Build] | None:
    windows = dig(view.body, "Windows")
    if not isinstance(windows, Mapping):
        return None
    inside = GuestView(windows, view.log)
    return build_of(
        inside.text("CurrentBuildNumber"), inside.text("UBR"), "CurrentBuildNumber", inside
    )


def _image(view: GuestView) -> Image | None:
    keys = ("publisher", "offer", "sku", "version", "id")
    return image_of(*(view.text("Azure", "image", key) for key in keys))


def _id(view: GuestView) -> str | None:
    """The resource id: as Azure states it, or from the parts that the Arc agent reports."""
    if found := view.text("Azure", "resourceId"):
        return found
    subscription, group, name = (
        view.text("Arc", key) for key in ("subscriptionId", "resourceGroup", "resourceName")
    )
    if not (subscription and group and name):
        return None
    return (
        f"/subscriptions/{subscription}/resourceGroups/{group}"
        f"/providers/Microsoft.HybridCompute/machines/{name}"
    )


def _listed(node: Any) -> list[Any]:
    """Items; PowerShell writes a list of one as the one."""
    return [node] if isinstance(node, Mapping | str) else items(node)


def _texts(node: Any) -> list[Any]:
    return [item for item in _listed(node) if isinstance(item, str)]


def _update(node: Any, view: GuestView) -> PendingUpdate | None:
    if not isinstance(node, Mapping):
        return None
    title = GuestView(node, view.log).text("Title")
    kbs = [kb for text in _texts(dig(node, "Kbs")) if (kb := kb_of(text))]
    return waiting(title, kbs[0] if kbs else None, None, tuple(_texts(dig(node, "Categories"))))


READER = Reader(_recognizes, _read)
