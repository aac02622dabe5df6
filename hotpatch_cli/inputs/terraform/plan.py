"""Terraform: plans and states of `terraform show -json`, and state files.

Plans and states contain passwords in clear text. Only the attributes named here are read, except
values that Terraform marks as sensitive.
https://developer.hashicorp.com/terraform/internals/json-format
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from hotpatch_cli.documents.tree import (
    Document,
    Log,
    Mapping,
    NumberText,
    Sequence,
    at_one_mark,
    quoted,
)
from hotpatch_cli.eligibility.os_type import os_type
from hotpatch_cli.inputs import deployments
from hotpatch_cli.inputs.deployments import Deployed
from hotpatch_cli.inputs.os_names import has_value
from hotpatch_cli.inputs.resources import ASSIGNMENT, CONFIGURATION, SCALE_SET, VM
from hotpatch_cli.inputs.source import NodeOrigin, Reader, SourceData, dig, items
from hotpatch_cli.inputs.terraform.attributes import (
    SENSITIVE,
    UNKNOWN,
    Attributes,
    TerraformResource,
    is_hidden,
    marks_of_paths,
)
from hotpatch_cli.inputs.terraform.changes import ResourceChange, changes_in, earlier_resources
from hotpatch_cli.inputs.terraform.maintenance import maintenance_of
from hotpatch_cli.inputs.vm_resources import no_machine
from hotpatch_cli.model import (
    Facts,
    Image,
    Machine,
    OsType,
    Patching,
    PatchMode,
    Placement,
    RebootSetting,
    Security,
    SecurityType,
)

_STATE_FILE = "4"
_PLAN_KEYS = ("planned_values", "values")


class ResourceKind(NamedTuple):
    """A resource type of the provider azurerm: where it has the facts, and what is fixed for it.

    https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs
    """

    image: tuple[str, ...]
    settings: tuple[str, ...] = ()
    scale_set: str | None = None
    system: OsType | None = None
    patched: bool = True
    agent: bool = True


_OLD_PROFILE = ("os_profile_windows_config",)
_ORCHESTRATED = ("os_profile", "windows_configuration")
KINDS = {
    "azurerm_windows_virtual_machine": ResourceKind(("source_image_reference",), system="windows"),
    "azurerm_linux_virtual_machine": ResourceKind(("source_image_reference",), system="linux"),
    "azurerm_orchestrated_virtual_machine_scale_set": ResourceKind(
        ("source_image_reference",), _ORCHESTRATED, "flexible"
    ),
    "azurerm_windows_virtual_machine_scale_set": ResourceKind(
        ("source_image_reference",), scale_set="uniform", system="windows", patched=False
    ),
    "azurerm_linux_virtual_machine_scale_set": ResourceKind(
        ("source_image_reference",), scale_set="uniform", system="linux"
    ),
    "azurerm_virtual_machine": ResourceKind(
        ("storage_image_reference",), _OLD_PROFILE, patched=False, agent=False
    ),
    "azurerm_virtual_machine_scale_set": ResourceKind(
        ("storage_profile_image_reference",), _OLD_PROFILE, "uniform", patched=False
    ),
}
_AZAPI = "azapi_resource"
_AZAPI_TYPES = (*deployments.MACHINE_TYPES, CONFIGURATION, ASSIGNMENT)
_BLOCKS: tuple[tuple[OsType, tuple[tuple[str, ...], ...]], ...] = (
    ("windows", (("os_profile_windows_config",), ("os_profile", "windows_configuration"))),
    ("linux", (("os_profile_linux_config",), ("os_profile", "linux_configuration"))),
)
_DISKS = ("storage_os_disk", "storage_profile_os_disk")


# --- resources ----------------------------------------


def _recognizes(document: Document) -> bool:
    root = document.root
    if not isinstance(root, Mapping):
        return False
    if _is_empty(root):
        return True
    if "terraform_version" not in root:
        return "resource_changes" in root and "planned_values" in root
    return "format_version" in root or _is_state_file(root) or "planned_values" in root


def _is_empty(root: Mapping) -> bool:
    """Whether this is what `terraform show -json` prints where there is no state."""
    return "format_version" in root and root.keys() <= {"format_version", "terraform_version"}


def _is_state_file(root: Mapping) -> bool:
    return root.get("version") == _STATE_FILE and isinstance(root.get("resources"), Sequence)


def _resources(
    root: Mapping, listed: Iterable[ResourceChange] | None
) -> Iterator[TerraformResource]:
    if _is_state_file(root):
        yield from _of_state_file(root)
        return
    changes = {change.address: change for change in listed or () if not change.deposed}
    planned, known = (root.get(key) for key in _PLAN_KEYS)
    if isinstance(planned, Mapping):
        yield from _of_module(dig(planned, "root_module"), changes, planned=True)
    else:
        yield from _of_module(dig(known, "root_module"), changes, planned=False)


def _of_module(
    module: Any, changes: dict[str, ResourceChange], *, planned: bool
) -> Iterator[TerraformResource]:
    """The managed resources of a module and of those in it."""
    for resource in items(dig(module, "resources")):
        address, kind, values = (
            dig(resource, "address"),
            dig(resource, "type"),
            dig(resource, "values"),
        )
        named = isinstance(address, str) and address.strip() and isinstance(kind, str)
        if named and isinstance(values, Mapping) and dig(resource, "mode") != "data":
            entry = changes.get(address)
            change = entry.change if entry else "unevaluated"
            yield TerraformResource(
                address,
                kind,
                values,
                dig(entry.node, "after_unknown") if entry else None,
                dig(resource, "sensitive_values"),
                declared=planned and change != "unchanged",
                change=change if planned else None,
            )
    for child in items(dig(module, "child_modules")):
        yield from _of_module(child, changes, planned=planned)


def _of_state_file(root: Mapping) -> Iterator[TerraformResource]:
    """The managed resources of a terraform.tfstate."""
    for resource in items(root["resources"]):
        kind, name, module = dig(resource, "type"), dig(resource, "name"), dig(resource, "module")
        if dig(resource, "mode") == "data" or not isinstance(kind, str):
            continue
        base = ".".join(
            filter(None, (module if isinstance(module, str) else None, kind, str(name)))
        )
        for instance in items(dig(resource, "instances")):
            values = dig(instance, "attributes")
            if isinstance(values, Mapping):
                address = base + _index(dig(instance, "index_key"))
                sensitive = marks_of_paths(dig(instance, "sensitive_attributes"))
                yield TerraformResource(address, kind, values, sensitive=sensitive)


def _index(key: Any) -> str:
    """The index of an instance, as an address writes it."""
    if key is None:
        return ""
    return f"[{key}]" if isinstance(key, NumberText) else f'["{key}"]'


# --- machines ----------------------------------------


def _machine(resource: TerraformResource, document: Document, log: Log) -> Machine:
    kind, view = KINDS[resource.type], Attributes(resource, log)
    image = _image(view, kind)
    facts = Facts(
        platform="azure",
        os_type=kind.system or _disk_type(view),
        configured=_configured(view),
        image=image,
        restored=image is None and "image" not in view.left_open and _from_disk(view),
        region=view.text("region", "location"),
        scale_set=kind.scale_set or ("flexible" if _is_member(view) else None),
        patching=_patching(view, kind),
        security=_security(view),
        health_extension=_health(view) if kind.scale_set == "flexible" else None,
        declared=resource.declared,
        provider="azurerm" if kind.patched and _is_validated(resource) else None,
    )
    origin = NodeOrigin(document, resource.values, _paths(kind))
    return Machine(
        name=resource.address,
        id=view.text("id", "id"),
        facts=facts._replace(unresolved=view.deciding()),
        origin=origin,
        placement=Placement(
            timezone=view.timezone("timezone", *kind.settings, "timezone"),
            region=facts.region,
            tags=_tags(view),
        ),
        zone=view.text("zone", "zone"),
        availability_set=view.text("availability_set", "availability_set_id"),
        change=resource.change,
    )


def _is_validated(resource: TerraformResource) -> bool:
    """Whether the provider validates a resource: it's in a plan, and stays in it."""
    return resource.change not in (None, "destroy", "forget")


def _paths(kind: ResourceKind) -> dict[str, tuple[str, ...]]:
    """Where a resource type has the fields; blocks are lists of one."""
    at = tuple(key for block in kind.settings for key in (block, "0"))
    return {
        "image": kind.image,
        "restored": ("os_managed_disk_id",),
        "region": ("location",),
        "timezone": (*at, "timezone"),
        "patching.mode": (*at, "patch_mode"),
        "patching.hotpatching": (*at, "hotpatching_enabled"),
        "patching.vm_agent": (*at, "provision_vm_agent"),
        "patching.assessment": (*at, "patch_assessment_mode"),
        "patching.reboot": ("reboot_setting",),
        "patching.bypass_safety_checks": (
            "bypass_platform_safety_checks_on_user_schedule_enabled",
        ),
        "security.secure_boot": ("secure_boot_enabled",),
        "security.vtpm": ("vtpm_enabled",),
        "health_extension": ("extension",),
    }


def _image(view: Attributes, kind: ResourceKind) -> Image | None:
    """The image: an id is of a gallery or custom image, and so is one that is not known yet."""
    block, _ = view.node(*kind.image)
    if not block and is_hidden(view.resource.unknown, ("source_image_id",)):
        return Image(id=f"({UNKNOWN})")
    named = view.text("image", "source_image_id") or view.text("image", *kind.image, "id")
    if named:
        return Image(id=named)
    words = (view.text("image", *kind.image, key) for key in ("publisher", "offer", "sku"))
    publisher, offer, sku = words
    if not (publisher or offer or sku):
        return None
    return Image(publisher, offer, sku, view.text("version", *kind.image, "version"))


def _from_disk(view: Attributes) -> bool:
    """Made from a specialized disk, which has lost its image."""
    return view.is_open("restored", "os_managed_disk_id") or view.node("os_managed_disk_id")[
        0
    ] not in (None, "")


def _disk_type(view: Attributes) -> OsType | None:
    """The OS type of the disk, which only the old resource types state."""
    return next(
        filter(None, (os_type(view.text("os_type", disk, "os_type")) for disk in _DISKS)), None
    )


def _configured(view: Attributes) -> OsType | None:
    """Which operating system a block sets up; a block of nulls is none."""
    return next(
        (
            system
            for system, paths in _BLOCKS
            if any(has_value(view.node(*path)[0]) for path in paths)
        ),
        None,
    )


def _security(view: Attributes) -> Security:
    """Boot security, where it is stated; an encrypted state of the disk makes a confidential VM."""
    encrypted = view.text("security.type", "os_disk", "security_encryption_type")
    return Security(
        SecurityType.parse("ConfidentialVM" if encrypted else None),
        view.flag("security.secure_boot", "secure_boot_enabled"),
        view.flag("security.vtpm", "vtpm_enabled"),
    )


def _without_profile(view: Attributes, kind: ResourceKind) -> bool:
    """Whether this is a flexible scale set that makes no VMs by itself: it has neither a size nor a
    profile.
    """
    said = ("sku_name", "os_profile", "source_image_id", *kind.image)
    stated = any(view.node(key)[0] or is_hidden(view.resource.unknown, (key,)) for key in said)
    return kind.scale_set == "flexible" and not stated


def _is_member(view: Attributes) -> bool:
    return view.node("virtual_machine_scale_set_id")[0] not in (None, "")


def _patching(view: Attributes, kind: ResourceKind) -> Patching:
    """The patch settings, with the provider's defaults where nothing is stated.

    Types without such settings leave the VM with what Azure does by itself.
    """
    at = kind.settings
    agent = view.flag("patching.vm_agent", *at, "provision_vm_agent")
    if agent is None and "patching.vm_agent" not in view.left_open:
        agent = kind.agent
    if not kind.patched:
        return Patching(PatchMode.parse("AutomaticByOS"), hotpatching=False, vm_agent=agent)
    mode = view.text("patching.mode", *at, "patch_mode")
    hotpatching = view.flag("patching.hotpatching", *at, "hotpatching_enabled")
    return Patching(
        mode=PatchMode.parse(
            mode or (None if "patching.mode" in view.left_open else "AutomaticByOS")
        ),
        hotpatching=hotpatching if "patching.hotpatching" in view.left_open else bool(hotpatching),
        vm_agent=agent,
        bypass_safety_checks=view.flag(
            "patching.bypass_safety_checks",
            "bypass_platform_safety_checks_on_user_schedule_enabled",
        ),
        reboot=RebootSetting.parse(view.text("patching.reboot", "reboot_setting")),
        assessment=view.text("patching.assessment", *at, "patch_assessment_mode"),
    )


def _health(view: Attributes) -> bool | None:
    """Whether an extension of the set watches application health; None where that is open."""
    extensions, _ = view.node("extension")
    kinds = {str(dig(extension, "type")).lower() for extension in items(extensions)}
    if "applicationhealthwindows" in kinds or "applicationhealthlinux" in kinds:
        return True
    return None if view.is_open("health_extension", "extension") else False


def _tags(view: Attributes) -> tuple[tuple[str, str], ...]:
    tags, _ = view.node("tags")
    hidden = view.resource.sensitive
    if not isinstance(tags, Mapping):
        return ()
    return tuple(
        (key, value)
        for key, value in tags.items()
        if isinstance(value, str) and key.isprintable() and not is_hidden(hidden, ("tags", key))
    )


# --- azapi ----------------------------------------


def _azapi(resource: TerraformResource, log: Log) -> Deployed | None:
    """A resource in Azure's own words; its body is a mapping, or with older providers JSON in a
    text. None for a type that isn't read.
    """
    values = resource.values
    kind = values.get("type")
    if not isinstance(kind, str) or kind.split("@")[0].lower() not in _AZAPI_TYPES:
        return None
    body, mark = values.get("body"), values.at("body")
    if isinstance(body, str):
        body = _embedded(body, mark, log)
    whole = Mapping(values.mark)
    whole.put("type", kind, values.at("type"), values.at("type"))
    for key, value, key_mark, at in body.placed() if isinstance(body, Mapping) else ():
        if key.lower() != "type":  # the resource states it, with the version of the API
            whole.put(key, value, key_mark, at)
    for key in ("name", "location"):
        if key not in whole:
            whole.put(key, values.get(key), values.at(key), values.at(key))
    left_open = [*_open_paths(dig(resource.unknown, "body"), UNKNOWN)]
    left_open += _open_paths(dig(resource.sensitive, "body"), SENSITIVE)
    known = _without(whole, _branches(path for path, _ in left_open))
    return Deployed(resource.address, known, tuple(left_open), resource.declared)


def _embedded(text: str, mark: int, log: Log) -> Any:
    """The tree of a JSON text within the document; all of it has the place of the text."""
    from hotpatch_cli.documents.json_text import parse_json
    from hotpatch_cli.errors import InputError

    try:
        return at_one_mark(parse_json(log.document.file, text).root, mark)
    except InputError:
        log.add(mark, "The body of this azapi_resource isn't JSON.", "Create the plan again.")
        return None


def _open_paths(
    tree: Any, why: str, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], str]]:
    """The paths at which a tree of marks has true."""
    if tree is True:
        yield path, f"{'.'.join(('body', *path))} is {why}"
    elif isinstance(tree, Mapping):
        for key, value in tree.items():
            yield from _open_paths(value, why, (*path, key.lower()))


def _branches(paths: Iterable[tuple[str, ...]]) -> dict[str, Any]:
    """Paths as nested mappings; the key "" ends a path."""
    root: dict[str, Any] = {}
    for path in paths:
        branch = root
        for key in path:
            branch = branch.setdefault(key, {})
        branch[""] = {}
    return root


def _without(node: Mapping, branches: dict[str, Any]) -> Mapping:
    """A tree without the values at the ends of some branches."""
    result = Mapping(node.mark)
    for key, value, key_mark, mark in node.placed():
        inner = branches.get(key.lower()) or {}
        if "" in inner:
            continue
        kept = _without(value, inner) if isinstance(value, Mapping) and inner else value
        result.put(key, kept, key_mark, mark)
    return result


# --- reading ----------------------------------------


def _read(document: Document) -> SourceData:
    """The machines after a plan, and before it. Raises InputError."""
    log, source, root = Log(document), SourceData(), document.root
    if not isinstance(root, Mapping):
        log.add(document.root_mark, f"Expected a plan (a mapping), found {quoted(root)}.", _SHOW)
        log.finish()
    if _is_empty(root):
        log.add(document.root_mark, "`terraform show -json` found no plan and no state.", _SHOW)
        log.finish()
    if root.get("errored") is True:
        source.notes.append(
            f"{document.file}: the plan is incomplete because Terraform stopped with an error."
        )
    changes = changes_in(root)
    resources = list(_resources(root, changes))
    earlier = list(earlier_resources(changes or []))
    azapi = [
        (resource, deployed)
        for resource in resources
        if resource.type == _AZAPI and (deployed := _azapi(resource, log))
    ]
    source.maintenance = maintenance_of(resources, azapi, document, log)
    notes = len(source.notes)
    source.machines = _machines(resources, document, log, source.notes)
    machines_before = _machines(earlier, document, log, [])
    found = source.machines or len(source.notes) > notes or machines_before
    if not found and source.maintenance is None:
        log.refuse_empty(document.root_mark, *_refusal(resources))
    log.finish()
    if changes is not None:
        unchanged = [machine for machine in source.machines if machine.change == "unchanged"]
        source.before = SourceData()
        source.before.machines = [*machines_before, *unchanged]
    return source


_SHOW = "Run `terraform plan -out tfplan`, and then `terraform show -json tfplan`."


def _machines(
    resources: list[TerraformResource], document: Document, log: Log, notes: list[str]
) -> list[Machine]:
    """The machines of resources: first those of the provider azurerm, then those of azapi."""
    machines: list[Machine] = []
    azapi: list[Deployed] = []
    for resource in resources:
        if resource.type in KINDS and _without_profile(
            Attributes(resource, log), KINDS[resource.type]
        ):
            notes.append(no_machine(document.file, resource.address))
        elif resource.type in KINDS:
            machines.append(_machine(resource, document, log))
        elif (
            resource.type == _AZAPI
            and (deployed := _azapi(resource, log))
            and deployments.is_machine(deployed.body)
        ):
            azapi.append(deployed)
    changes = {resource.address: resource.change for resource in resources}
    of_azapi = deployments.machines(document, azapi, notes)
    return machines + [machine._replace(change=changes[machine.name]) for machine in of_azapi]


def _refusal(resources: list[TerraformResource]) -> tuple[str, str]:
    """The message for a plan without a machine, such as one of another provider."""
    counted = Counter(map(_type_in_words, resources)).most_common(5)
    there = ", ".join(f"{count} of {quoted(name)}" for name, count in counted) or "none"
    message = f"The plan or state contains no Azure virtual machine. Resources found: {there}."
    azapi = f"{_AZAPI} of {VM} or {SCALE_SET}"
    return message, f"Supported types: {', '.join(KINDS)}, {azapi}."


def _type_in_words(resource: TerraformResource) -> str:
    """The type of a resource; of azapi, also that of Azure."""
    kind = resource.values.get("type")
    if resource.type != _AZAPI or not isinstance(kind, str):
        return resource.type
    return f"{_AZAPI} of {kind.split('@')[0]}"


READER = Reader(_recognizes, _read)
