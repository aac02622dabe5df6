"""Maintenance configurations and assignments of Terraform plans and states; HCL itself is not read.

Before an apply the ids that connect them are not known: then the references of the plan's
configuration do.
https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs/resources/maintenance_configuration
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from hotpatch_cli.documents.tree import Document, Log, Mapping
from hotpatch_cli.inputs import resources as azure
from hotpatch_cli.inputs.deployments import Deployed
from hotpatch_cli.inputs.dynamic_scopes import (
    is_any,
    merged_tags,
    open_parts,
    region,
    scope_of,
    subscription_in,
)
from hotpatch_cli.inputs.maintenance_records import (
    FIELDS,
    MODE,
    PATCHES,
    Assignment,
    Configuration,
    Maintenance,
)
from hotpatch_cli.inputs.maintenance_resources import configuration_of, open_fields
from hotpatch_cli.inputs.source import NodeOrigin, dig, group_of, items
from hotpatch_cli.inputs.terraform.attributes import Attributes, TerraformResource
from hotpatch_cli.model import DynamicScope

CONFIGURATION = "azurerm_maintenance_configuration"
ASSIGNMENT = "azurerm_maintenance_assignment_virtual_machine"
DYNAMIC = "azurerm_maintenance_assignment_dynamic_scope"
TYPES = (CONFIGURATION, ASSIGNMENT, DYNAMIC)

_FILTER_LISTS = ("locations", "os_types", "resource_types", "resource_groups")
_FILTER_PARTS = {f"filter.{key}": key for key in (*_FILTER_LISTS, "tags")} | {
    "filter.tag_filter": "any_tag"
}
AZAPI = "azapi_resource"
MACHINES = (
    "azurerm_windows_virtual_machine",
    "azurerm_linux_virtual_machine",
    "azurerm_virtual_machine",
    "azurerm_arc_machine",
)
_MACHINE_TYPES = (azure.VM, azure.SCALE_SET, azure.ARC)
_MODULES = re.compile(r"(?:module\.[^.]+\.)*")
_INDEX = re.compile(r"\[(?:\d+|\"(?:[^\"\\]|\\.)*\")\]")
_WINDOW = {
    "startDateTime": "start_date_time",
    "expirationDateTime": "expiration_date_time",
    "duration": "duration",
    "timeZone": "time_zone",
    "recurEvery": "recur_every",
}


def maintenance_of(
    resources: Sequence[TerraformResource],
    azapi: Sequence[tuple[TerraformResource, Deployed]],
    document: Document,
    log: Log,
) -> Maintenance | None:
    """The maintenance data of the resources of a plan or state; None where there is none.

    `azapi` are the resources that are written in Azure's own words.
    """
    found = [resource for resource in resources if resource.type in TYPES]
    written = {kind: _of_kind(azapi, kind) for kind in (azure.CONFIGURATION, azure.ASSIGNMENT)}
    if not found and not any(written.values()):
        return None
    addresses = [resource.address for resource in resources]
    schedules = [resource.address for resource in found if resource.type == CONFIGURATION]
    schedules += [resource.address for resource, _ in written[azure.CONFIGURATION]]
    machines = [resource.address for resource in resources if _is_machine(resource)]
    expressions = dig(document.root, "configuration", "root_module")
    links = _Links(expressions, addresses, schedules, machines)
    configurations = [
        _configuration(resource, document, log)
        for resource in found
        if resource.type == CONFIGURATION
    ]
    configurations += [
        _azapi_configuration(*one, document, log) for one in written[azure.CONFIGURATION]
    ]
    assignments = [
        _assignment(resource, links, document, log)
        for resource in found
        if resource.type != CONFIGURATION
    ]
    assignments += [
        _azapi_assignment(*one, links, document, log) for one in written[azure.ASSIGNMENT]
    ]
    return Maintenance(tuple(configurations), tuple(assignments), alone=False)


def _of_kind(
    azapi: Sequence[tuple[TerraformResource, Deployed]], kind: str
) -> list[tuple[TerraformResource, Deployed]]:
    return [one for one in azapi if str(dig(one[1].body, "type")).split("@")[0].lower() == kind]


def _configuration(resource: TerraformResource, document: Document, log: Log) -> Configuration:
    view = Attributes(resource, log)
    said = {field: view.text(field, "window", key) for field, key in _WINDOW.items()}
    reboot = view.text("rebootSetting", "install_patches", "reboot")
    mode = view.text(MODE, "in_guest_user_patch_mode") or view.text(MODE, "properties", MODE)
    installs = not view.is_open(PATCHES, "install_patches") and bool(
        view.node("install_patches")[0]
    )
    paths: dict[str, tuple[str, ...]] = {
        field: ("window", "0", key) for field, key in _WINDOW.items()
    }
    paths |= {
        "maintenanceScope": ("scope",),
        "rebootSetting": ("install_patches", "0", "reboot"),
        MODE: ("in_guest_user_patch_mode",),
        PATCHES: ("install_patches",),
    }
    return Configuration(
        name=view.text("name", "name") or resource.address,
        id=view.text("id", "id") or resource.address,
        scope=view.text("scope", "scope") or "none",
        starts=said["startDateTime"],
        expires=said["expirationDateTime"],
        duration=said["duration"],
        timezone=said["timeZone"],
        recurs=said["recurEvery"],
        reboot=reboot,
        origin=NodeOrigin(document, resource.values, paths),
        left_open=tuple(field for field in (*FIELDS, MODE, PATCHES) if field in view.left_open),
        guest_mode=mode,
        installs=installs,
        location=view.text("location", "location"),
        by_azurerm=True,
    )


def _assignment(
    resource: TerraformResource, links: "_Links", document: Document, log: Log
) -> Assignment:
    view = Attributes(resource, log)
    configuration = view.text("window", "maintenance_configuration_id")
    machine = view.text("machine", "virtual_machine_id")
    if resource.type == ASSIGNMENT:
        machine = (
            machine or links.target(resource.address, "virtual_machine_id") or "an unknown machine"
        )
    return Assignment(
        configuration
        or links.target(resource.address, "maintenance_configuration_id")
        or resource.address,
        machine if resource.type == ASSIGNMENT else None,
        NodeOrigin(
            document,
            resource.values,
            {"window": ("maintenance_configuration_id",), "filter": ("filter",)},
        ),
        scope=_dynamic_scope(view) if resource.type == DYNAMIC else None,
        name=view.text("name", "name") or resource.address,
    )


def _dynamic_scope(view: Attributes) -> DynamicScope:
    """The filter of a dynamic scope. Before an apply the subscription isn't known: it's that of the
    provider.
    """
    lists = {key: _words(_filter_part(view, key)) for key in _FILTER_LISTS}
    tags, operator = (_filter_part(view, key) for key in ("tags", "tag_filter"))
    return DynamicScope(
        subscription_in(view.text("filter.subscription", "id")),
        locations=tuple(map(region, lists["locations"])),
        os_types=tuple(map(str.lower, lists["os_types"])),
        resource_types=tuple(map(str.lower, lists["resource_types"])),
        resource_groups=tuple(map(str.lower, lists["resource_groups"])),
        tags=merged_tags((str(dig(tag, "tag")), _words(dig(tag, "values"))) for tag in items(tags)),
        any_tag=is_any(operator),
        left_open=tuple(part for field, part in _FILTER_PARTS.items() if field in view.left_open),
    )


def _filter_part(view: Attributes, key: str) -> Any:
    """A part of a filter; None where it's open, also in part: then it isn't the whole."""
    if view.is_open(f"filter.{key}", "filter", key):
        return None
    for tree in (view.resource.unknown, view.resource.sensitive):
        if any(_has_mark(dig(block, key)) for block in items(dig(tree, "filter"))):
            view.left_open[f"filter.{key}"] = key
            return None
    return view.node("filter", key)[0]


def _has_mark(tree: Any) -> bool:
    """Whether a tree of marks has one, at any depth."""
    if isinstance(tree, Mapping):
        return any(map(_has_mark, tree.values()))
    return tree is True or any(map(_has_mark, items(tree)))


def _words(listed: Any) -> list[str]:
    return [value for value in items(listed) if isinstance(value, str)]


def _azapi_configuration(
    resource: TerraformResource, deployed: Deployed, document: Document, log: Log
) -> Configuration:
    configuration = configuration_of(deployed.body, document, log)
    return configuration._replace(
        id=_text(resource.values, "id") or resource.address,
        location=_text(resource.values, "location") or configuration.location,
        left_open=open_fields(path for path, _ in deployed.open_at),
    )


def _azapi_assignment(
    resource: TerraformResource,
    deployed: Deployed,
    links: "_Links",
    document: Document,
    log: Log,
) -> Assignment:
    """An assignment on its parent: a machine, or a subscription or a group with a dynamic scope."""
    body = dig(deployed.body, "properties")
    configuration = _text(body, "maintenanceConfigurationId") or links.target(
        resource.address, "body", links.schedules
    )
    parent = _text(resource.values, "parent_id") or _text(body, "resourceId") or ""
    machine = parent if "/providers/" in parent.lower() else None
    filter_, parts = dig(body, "filter"), open_parts(path for path, _ in deployed.open_at)
    if not parent:
        machine = links.target(resource.address, "parent_id", links.machines)
    if not parent and machine is None and filter_ is None and not parts:
        machine = "an unknown machine"
    scope = None
    if machine is None:
        scope = scope_of(filter_, subscription_in(parent), group_of(parent), log, parts)
    return Assignment(
        configuration or resource.address,
        machine,
        NodeOrigin(document, resource.values, {"window": ("body",), "filter": ("body",)}),
        scope=scope,
        name=_text(resource.values, "name") or resource.address,
    )


def _is_machine(resource: TerraformResource) -> bool:
    """Whether a resource can have an assignment."""
    kind = str(resource.values.get("type")).split("@")[0].lower()
    return resource.type in MACHINES or (resource.type == AZAPI and kind in _MACHINE_TYPES)


def _text(node: Any, key: str) -> str | None:
    value = dig(node, key)
    return value if isinstance(value, str) and value else None


class _Links:
    """From a resource's attribute to the resource that it refers to, both by their addresses."""

    def __init__(
        self,
        configuration: Any,
        addresses: Sequence[str],
        schedules: Iterable[str],
        machines: Iterable[str],
    ) -> None:
        self.schedules = frozenset(_INDEX.sub("", address) for address in schedules)
        self.machines = frozenset(_INDEX.sub("", address) for address in machines)
        self.expressions = dict(_expressions(configuration))
        self.instances: dict[str, list[str]] = {}
        for address in addresses:
            self.instances.setdefault(_INDEX.sub("", address), []).append(address)

    def target(
        self, address: str, attribute: str, among: frozenset[str] | None = None
    ) -> str | None:
        """The address that an attribute refers to: the only instance, or the one with the same
        index. With `among`, only to one of these resources.
        """
        plain = _INDEX.sub("", address)
        module = _MODULES.match(plain)[0]  # type: ignore[index]  # it matches any text
        for reference in items(dig(self.expressions.get(plain), attribute, "references")):
            words = str(reference).split(".")
            if among is not None and module + ".".join(words[:2]) not in among:
                continue
            instances = (
                self.instances.get(module + ".".join(words[:2]), []) if len(words) > 1 else []
            )
            if len(instances) == 1:
                return instances[0]
            index = _INDEX.findall(address)[-1:]
            if same := [
                instance for instance in instances if _INDEX.findall(instance)[-1:] == index
            ]:
                return same[0]
        return None


def _expressions(module: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """(address without indices, expressions) of the resources of a module's configuration and of
    those in it.
    """
    for resource in items(dig(module, "resources")):
        yield f"{prefix}{dig(resource, 'address')}", dig(resource, "expressions")
    calls = dig(module, "module_calls")
    for name, call in calls.items() if isinstance(calls, Mapping) else ():
        yield from _expressions(dig(call, "module"), f"{prefix}module.{name}.")
