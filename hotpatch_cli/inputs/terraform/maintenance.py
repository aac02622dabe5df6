"""Maintenance configurations and assignments of Terraform plans and states; HCL itself is not read.

Before an apply the ids that connect them are not known: then the references of the plan's
configuration do.
https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs/resources/maintenance_configuration
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from hotpatch_cli.documents.tree import Document, Log, Mapping
from hotpatch_cli.inputs.dynamic_scopes import is_any, merged_tags, region, subscription_in
from hotpatch_cli.inputs.maintenance_records import (
    FIELDS,
    MODE,
    PATCHES,
    Assignment,
    Configuration,
    Maintenance,
)
from hotpatch_cli.inputs.source import NodeOrigin, dig, items
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
_INDEX = re.compile(r"\[(?:\d+|\"(?:[^\"\\]|\\.)*\")\]")
_WINDOW = {
    "startDateTime": "start_date_time",
    "expirationDateTime": "expiration_date_time",
    "duration": "duration",
    "timeZone": "time_zone",
    "recurEvery": "recur_every",
}


def maintenance_of(
    resources: Sequence[TerraformResource], document: Document, log: Log
) -> Maintenance | None:
    """The maintenance data of the resources of a plan or state; None where there is none."""
    found = [resource for resource in resources if resource.type in TYPES]
    if not found:
        return None
    addresses = [resource.address for resource in resources]
    links = _Links(dig(document.root, "configuration", "root_module"), addresses)
    return Maintenance(
        tuple(
            _configuration(resource, document, log)
            for resource in found
            if resource.type == CONFIGURATION
        ),
        tuple(
            _assignment(resource, links, document, log)
            for resource in found
            if resource.type != CONFIGURATION
        ),
        alone=False,
    )


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


class _Links:
    """From a resource's attribute to the resource that it refers to, both by their addresses."""

    def __init__(self, configuration: Any, addresses: Sequence[str]) -> None:
        self.expressions = dict(_expressions(configuration))
        self.instances: dict[str, list[str]] = {}
        for address in addresses:
            self.instances.setdefault(_INDEX.sub("", address), []).append(address)

    def target(self, address: str, attribute: str) -> str | None:
        """The address that an attribute refers to: the only instance, or the one with the same
        index.
        """
        plain = _INDEX.sub("", address)
        module = plain[: plain.rindex(CONFIGURATION[:8])] if CONFIGURATION[:8] in plain else ""
        for reference in items(dig(self.expressions.get(plain), attribute, "references")):
            words = str(reference).split(".")
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
