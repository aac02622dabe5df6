"""Azure Arc: machines and their license profiles, from az connectedmachine, REST and Resource
Graph.

az flattens `properties`, the license's product profile and the patch settings; REST and Resource
Graph do not.
https://learn.microsoft.com/en-us/azure/update-manager/manage-hot-patching-arc-machines
"""

from typing import Any

from hotpatch_cli.documents.tree import Document, Log, Mapping
from hotpatch_cli.eligibility.os_type import os_type
from hotpatch_cli.eligibility.product import parse_system
from hotpatch_cli.inputs.os_names import system_in_words
from hotpatch_cli.inputs.portal_words import STATUS, SWITCH, meanings
from hotpatch_cli.inputs.resources import (
    ARC,
    LICENSE,
    ResourceView,
    body_of,
    is_projected,
    kind_of,
    name_in,
    read_resources,
    resources,
    tags_of,
)
from hotpatch_cli.inputs.source import NodeOrigin, Reader, SourceData, actual_key, dig, items
from hotpatch_cli.model import (
    Arc,
    ArcStatus,
    Build,
    Enablement,
    Facts,
    LicenseStatus,
    Machine,
    Placement,
    Platform,
)

_SETTINGS = ("osProfile", "windowsConfiguration")
_STATUS = ("status", "hotpatchEnablementStatus")
_SUBSCRIPTION_STATES = {"enable": "Enabled", "disable": "Disabled"}
"""Requests use the verb where answers have the state; a reader may meet both."""
NOT_ENROLLED = "Not Enrolled"


def _recognizes(document: Document) -> bool:
    return any(
        kind_of(resource) in (ARC, LICENSE) and not _is_foreign(resource)
        for resource in resources(document)
    )


def _is_foreign(resource: Mapping) -> bool:
    """Whether a row has only custom columns and the type, but none of Arc's own columns."""
    own = ("osSku", "osVersion", "status")
    return is_projected(resource) and not any(actual_key(resource, key) for key in own)


def _read(document: Document) -> SourceData:
    return read_resources(document, {ARC: _take_machine, LICENSE: _take_license})


def _take_machine(resource: Mapping, _kind: str, source: SourceData, log: Log) -> None:
    """Add a machine."""
    top, view = ResourceView(resource, log), ResourceView(body_of(resource), log)
    name = top.text("name")
    if name is None:
        log.add(resource.mark, "A machine has no name.", "Include the `name` column in the export.")
        return
    facts = Facts(
        os_type=view.os_type("osType") or view.os_type("osName"),
        os=system_in_words(_words(view), view.text("osEdition"), view.text("osVersion")),
        region=top.text("location"),
        build=Build.parse(view.text("osVersion")),
    )
    profile = dig(view.body, "licenseProfile")
    feature = _feature(profile)
    query = _of_query(view)
    facts = facts._replace(
        platform=_platform(top.text("kind"), facts.os),
        arc=Arc(
            status=ArcStatus.parse(view.text("status")),
            hotpatch=LicenseStatus.parse(
                _license_state(profile, feature, log) or query.get("arc.hotpatch")
            ),
            enablement=Enablement.parse(_enablement(view) or query.get("arc.enablement")),
            uefi=_uefi(view.text("firmwareProfile", "type")),
            agent=view.text("agentVersion"),
        ),
    )
    aliases = (view.text("osProfile", "computerName"), *(view.text(key) for key in _NAMES))
    machine = Machine(
        name=name,
        id=top.text("id"),
        facts=facts,
        placement=Placement(region=facts.region, tags=tags_of(resource)),
        origin=NodeOrigin(log.document, resource, _paths(resource, feature)),
        aliases=tuple(dict.fromkeys(filter(None, aliases))),
    )
    source.machines.append(machine)


def _of_query(view: ResourceView) -> dict[str, str]:
    """What the columns `hotpatchStatus` and `hotpatchEnabled` of a query mean, by field."""
    found: dict[str, str] = {}
    for path, key in ((STATUS, "hotpatchStatus"), (SWITCH, "hotpatchEnabled")):
        cell = dig(view.body, key)
        if isinstance(cell, bool | str):
            found = dict(meanings(path, str(cell), "arc")) | found
    return found


_NAMES = ("displayName", "machineFqdn", "dnsFqdn", "adFqdn")


def _words(view: ResourceView) -> str | None:
    """The name of the operating system; some agents have it in `osName`, where others have its
    type.
    """
    name = view.text("osName")
    return view.text("osSku") or (name if os_type(name) is None else None)


def _platform(kind: str | None, system: str | None) -> Platform:
    """A machine of kind HCI is a VM of Azure Local: by its rules, unless its edition is another
    than Azure Edition.
    """
    if (kind or "").lower() != "hci":
        return "arc"
    return (
        "azure-local"
        if system is None or parse_system(system).edition == "azure edition"
        else "arc"
    )


def _uefi(firmware: str | None) -> bool | None:
    return {"efi": True, "uefi": True, "bios": False}.get((firmware or "").lower())


def _enablement(view: ResourceView) -> str | None:
    """The enablement status. The portal shows a machine whose OS profile has none as disabled."""
    settings = dig(view.body, *_SETTINGS)
    if not isinstance(settings, Mapping):
        return "Disabled" if isinstance(dig(view.body, "osProfile"), Mapping) else None
    for path in (("patchSettings", *_STATUS), _STATUS):
        if status := ResourceView(settings, view.log).text(*path):
            return status
    return "Disabled"


# --- licenses ----------------------------------------


def _take_license(resource: Mapping, _kind: str, source: SourceData, log: Log) -> None:
    """Add what a license profile states of its machine."""
    identifier = ResourceView(resource, log).text("id") or ""
    owner = identifier[: max(identifier.lower().rfind("/licenseprofiles"), 0)]
    if not owner:
        log.add(
            resource.mark,
            "A license profile has no machine id.",
            "Include the `id` column in the export.",
        )
        return
    body = body_of(resource)
    feature = _feature(body)
    prefix = () if body is resource else ("properties",)
    paths = {"arc.hotpatch": (*prefix, *feature[0])} if feature else {}
    facts = Facts(arc=Arc(hotpatch=LicenseStatus.parse(_license_state(body, feature, log))))
    origin = NodeOrigin(log.document, resource, paths)
    source.parts.append(Machine(name_in(owner), facts, origin, id=owner))


def _feature(profile: Any) -> tuple[tuple[str, ...], Mapping] | None:
    """(path, node) of the Hotpatch feature in a license profile; another feature that is enabled is
    not it.
    """
    for path in (("productProfile", "productFeatures"), ("productFeatures",)):
        for index, feature in enumerate(items(dig(profile, *path))):
            if str(dig(feature, "name")).lower() == "hotpatch" and isinstance(feature, Mapping):
                return (*path, str(index), "subscriptionStatus"), feature
    return None


def _license_state(
    profile: Any, feature: tuple[tuple[str, ...], Mapping] | None, log: Log
) -> str | None:
    """The feature's state; a profile without a Hotpatch feature means that the machine isn't
    enrolled.
    """
    if feature is None:
        return NOT_ENROLLED if isinstance(profile, Mapping) else None
    state = ResourceView(feature[1], log).text("subscriptionStatus")
    return _SUBSCRIPTION_STATES.get((state or "").lower(), state)


# --- places ----------------------------------------


def _paths(
    resource: Mapping, feature: tuple[tuple[str, ...], Mapping] | None
) -> dict[str, tuple[str, ...]]:
    prefix = () if body_of(resource) is resource else ("properties",)
    inside: dict[str, tuple[str, ...]] = {
        "os": ("osSku",),
        "build": ("osVersion",),
        "arc.status": ("status",),
        "arc.agent": ("agentVersion",),
        "arc.uefi": ("firmwareProfile", "type"),
        "arc.hotpatch": ("licenseProfile", *(feature[0] if feature else ())),
        "arc.enablement": (*_SETTINGS, *(_STATUS if not prefix else ("patchSettings", *_STATUS))),
    }
    return {field: (*prefix, *path) for field, path in inside.items()} | {"region": ("location",)}


READER = Reader(_recognizes, _read)
