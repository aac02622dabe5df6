"""Ansible: machines of the azure_rm inventory, and what azure_rm_virtualmachine_info answers.

Neither has patch settings: joined with an export that does, the machines are the same by their
resource ids. Of a host's variables only those of the plugin are read; the rest can be secret.
https://docs.ansible.com/ansible/latest/collections/azure/azcollection/azure_rm_inventory.html
"""

from collections.abc import Iterator
from typing import Any

from hotpatch_cli.documents.phrases import counted
from hotpatch_cli.documents.tree import Document, Log, Mapping
from hotpatch_cli.inputs.azure_facts import image_of, power_of
from hotpatch_cli.inputs.guest_facts import by_host, task_results
from hotpatch_cli.inputs.resources import MEMBER, SCALE_SET, VM, ResourceView, tags_of
from hotpatch_cli.inputs.source import NodeOrigin, Reader, SourceData, dig, items
from hotpatch_cli.model import Facts, Image, Machine, OsType, Placement

_PATHS: dict[str, tuple[str, ...]] = {
    "image": ("image",),
    "region": ("location",),
    "power": ("powerstate",),
    "scale_set": ("vmss",),
}
_MOST_GROUPS = 100_000


def _hosts(root: Any) -> Iterator[tuple[str, Mapping]]:
    """(name, variables) of each host of an inventory, as JSON (`_meta`) or as YAML (groups in
    groups).
    """
    listed = dig(root, "_meta", "hostvars")
    if isinstance(listed, Mapping):
        yield from by_host(listed)
    waiting = [dig(root, "all")] if isinstance(dig(root, "all"), Mapping) else []
    for _ in range(_MOST_GROUPS):
        if not waiting:
            return
        group = waiting.pop()
        yield from by_host(dig(group, "hosts"))
        children = dig(group, "children")
        waiting += [child for _, child in by_host(children)]


def _answers(root: Any) -> Iterator[Mapping]:
    """The VMs of each answer of azure_rm_virtualmachine_info: alone, of a loop, or in what a play
    printed.
    """
    results = task_results(root)
    for result in [root] if results is None else [result for _, result in results]:
        for answer in (result, *items(dig(result, "results"))):
            yield from (vm for vm in items(dig(answer, "vms")) if isinstance(vm, Mapping))


def _kind(variables: Mapping) -> str | None:
    """The resource type of a host: VM, or member of a scale set; None for a host that no Azure
    plugin gave.
    """
    identifier = str(dig(variables, "id")).lower()
    if f"/providers/{SCALE_SET}/" in identifier:
        return MEMBER
    return VM if f"/providers/{VM}/" in identifier else None


def _recognizes(document: Document) -> bool:
    root = document.root
    if isinstance(dig(root, "_meta", "hostvars"), Mapping):
        return True
    return any(_kind(variables) for _, variables in _hosts(root)) or any(
        _kind(variables) for variables in _answers(root)
    )


def _read(document: Document) -> SourceData:
    log, reading = Log(document), SourceData(keyed_by_id=True)
    hosts = list(_hosts(document.root))
    others = [name for name, variables in hosts if _kind(variables) is None]
    found: dict[str, Machine] = {}
    for name, variables in (*hosts, *(("", vm) for vm in _answers(document.root))):
        if (kind := _kind(variables)) is not None:
            machine = _machine(name, kind, variables, log)
            found.setdefault(
                (machine.id or "").lower(), machine
            )  # groups and tasks name the same host again
    if others:
        reading.notes.append(
            f"{document.file}: ignored {counted(len(others), 'host')} not from azure_rm."
        )
    if hosts and not found:
        said = "No host in this inventory comes from azure_rm: none has a VM id."
        log.add(
            document.root_mark,
            said,
            "Create the file with `ansible-inventory -i azure_rm.yml --list`.",
        )
    log.finish()
    reading.machines = list(found.values())
    return reading


def _machine(host: str, kind: str, variables: Mapping, log: Log) -> Machine:
    view = ResourceView(variables, log)
    region = view.text("location")
    image = _image(view)
    facts = Facts(
        platform="azure",
        os_type=_system(view),
        configured=view.os_type("os_profile", "system"),
        image=image,
        restored=image is None and _has_disk(host, variables),
        region=region,
        scale_set=_scale_set(kind, view),
        power=power_of(view.text("powerstate") or view.text("power_state")),
    )
    identifier = view.text("id") or ""
    name = view.text("name") or identifier.rpartition("/")[2]
    aliases = (host, view.text("computer_name"))
    return Machine(
        name=name,
        id=identifier,
        facts=facts,
        placement=Placement(region=region, tags=tags_of(variables)),
        origin=NodeOrigin(log.document, variables, _PATHS),
        aliases=tuple(
            dict.fromkeys(
                alias for alias in aliases if alias and alias.casefold() != name.casefold()
            )
        ),
        refers=tuple(filter(None, (view.text("vmss", "id"),))),
        zone=_zone(variables),
    )


def _scale_set(kind: str, view: ResourceView) -> str | None:
    """A member that has an id of its own as a VM belongs to a flexible set."""
    if kind == MEMBER:
        return "uniform"
    return "flexible" if view.text("vmss", "id") else None


def _image(view: ResourceView) -> Image | None:
    keys = ("publisher", "offer", "sku", "version", "id")
    return image_of(*(view.text("image", key) for key in keys))


def _has_disk(host: str, variables: Mapping) -> bool:
    """Whether the storage profile was there: the module always reads it, and the plugin then
    reports the disk.
    """
    return not host or bool(dig(variables, "os_disk"))


def _system(view: ResourceView) -> OsType | None:
    """The type of the disk. The system of `os_profile` is not it: the plugin takes that from the
    configurations.
    """
    return (
        view.os_type("os_disk", "operating_system_type")
        or view.os_type("os_disk", "os_type")
        or view.os_type("os_type")
    )


def _zone(variables: Mapping) -> str | None:
    """The zone: a word, or a list of one."""
    for key in ("availability_zone", "zones"):
        zone = dig(variables, key)
        first = next(iter(zone), None) if isinstance(zone, list) else zone
        if isinstance(first, str) and first:
            return str(first)
    return None


READER = Reader(_recognizes, _read)
