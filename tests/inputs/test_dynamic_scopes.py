"""The filters of dynamic scopes: what exports, Resource Graph and Terraform state of them."""

import json
from typing import Any

import pytest

from hotpatch_cli.errors import InputError
from hotpatch_cli.inputs.fleet import load_sources
from hotpatch_cli.inputs.maintenance_records import Assignment, DynamicScope
from tests.inputs.test_configurations import VM, assignment, configuration

SUBSCRIPTION = "00000000-0000-0000-0000-00000000000A"
FILTER = {
    "locations": ["West Europe", "northeurope"],
    "osTypes": ["Windows"],
    "resourceGroups": ["RG-Web"],
    "resourceTypes": ["Microsoft.Compute/virtualMachines", "Microsoft.HybridCompute/machines"],
    "tagSettings": {"filterOperator": "Any", "tags": {"Ring": ["Pilot", "broad"]}},
}
SCOPE = DynamicScope(
    SUBSCRIPTION.lower(),
    locations=("westeurope", "northeurope"),
    os_types=("windows",),
    resource_types=("microsoft.compute/virtualmachines", "microsoft.hybridcompute/machines"),
    resource_groups=("rg-web",),
    tags=(("ring", ("Pilot", "broad")),),
    any_tag=True,
)
BLOCK = {
    "locations": FILTER["locations"],
    "os_types": ["Windows"],
    "resource_groups": ["RG-Web"],
    "resource_types": FILTER["resourceTypes"],
    "tag_filter": "Any",
    "tags": [{"tag": "Ring", "values": ["Pilot", "broad"]}],
}


def dynamic(filter_: Any = FILTER, group: str = "") -> dict[str, Any]:
    """An assignment to a subscription or a resource group, as the service returns it."""
    owner = f"/subscriptions/{SUBSCRIPTION}" + (f"/resourceGroups/{group}" if group else "")
    properties = {
        "maintenanceConfigurationId": configuration()["id"],
        "resourceId": owner.lower(),
        "filter": filter_,
    }
    return {
        "id": f"{owner}/providers/Microsoft.Maintenance/configurationAssignments/ring1",
        "name": "ring1",
        "type": "microsoft.maintenance/configurationassignments",
        "properties": properties,
    }


def assignments(hotpatch: Any, content: Any) -> list[Assignment]:
    """The assignments that a file has."""
    name = str(hotpatch.folder / hotpatch.write("export.json", json.dumps(content)))
    _, _, sources = load_sources([name], strict=False)
    told = [source.maintenance for source in sources if source.maintenance]
    return [one for maintenance in told for one in maintenance.assignments]


def flattened(resource: dict[str, Any]) -> dict[str, Any]:
    """A resource as az flattens it."""
    inner = resource.pop("properties")
    return {**resource, **inner}


@pytest.mark.parametrize(
    "content",
    [
        [configuration(), dynamic()],
        [configuration(), flattened(dynamic())],
        {"count": 2, "data": [configuration(), dynamic()], "total_records": 2},
    ],
)
def test_exports_have_the_filter(hotpatch: Any, content: Any) -> None:
    """REST, az and Resource Graph state one filter."""
    (found,) = assignments(hotpatch, content)
    assert (found.machine, found.name, found.scope) == (None, "ring1", SCOPE)


def test_a_filter_without_parts_takes_all(hotpatch: Any) -> None:
    """Null, empty and left out are the same: every machine of the subscription."""
    everything = DynamicScope(SUBSCRIPTION.lower())
    empty: dict[str, Any] = {"locations": [], "osTypes": None, "tagSettings": None}
    for filter_ in (None, {}, empty):
        (found,) = assignments(hotpatch, [configuration(), dynamic(filter_)])
        assert found.scope == everything


def test_an_assignment_to_a_group_takes_its_machines_alone(hotpatch: Any) -> None:
    """The group of the assignment is the filter's, where the filter names none."""
    content = [configuration(), dynamic({"osTypes": ["Windows"]}, group="RG1")]
    (found,) = assignments(hotpatch, content)
    assert found.scope is not None
    assert found.scope.resource_groups == ("rg1",)


def test_an_assignment_to_a_machine_has_no_filter(hotpatch: Any) -> None:
    """One machine needs no dynamic scope."""
    machine = {**assignment("vm1"), "type": "microsoft.maintenance/configurationassignments"}
    (found,) = assignments(hotpatch, [VM, configuration(), machine])
    assert (found.scope, found.name) == (None, "x")


@pytest.mark.parametrize(
    ("filter_", "said"),
    [
        ({"locations": {"a": 1}}, "Expected a list in filter.locations"),
        ({"osTypes": [7]}, "Expected text in filter.osTypes"),
    ],
)
def test_a_filter_of_another_shape_is_named(hotpatch: Any, filter_: Any, said: str) -> None:
    """A wrong value in a filter is a problem: a filter without it would take more machines."""
    with pytest.raises(InputError) as raised:
        assignments(hotpatch, [configuration(), dynamic(filter_)])
    assert said in str(raised.value)


def plan(block: dict[str, Any], unknown: Any) -> dict[str, Any]:
    """A plan with a configuration and a dynamic scope."""
    address = "azurerm_maintenance_assignment_dynamic_scope.ring1"
    values = {"name": "ring1", "id": None, "filter": [block]}
    window = configuration()["properties"]["maintenanceWindow"]
    nights = {
        "name": "nights",
        "scope": "InGuestPatch",
        "window": [
            {
                "start_date_time": window["startDateTime"],
                "duration": window["duration"],
                "time_zone": window["timeZone"],
                "recur_every": window["recurEvery"],
            }
        ],
    }
    kind = address.partition(".")[0]
    other = "azurerm_maintenance_configuration.nights"
    resources = [
        {"address": address, "mode": "managed", "type": kind, "values": values},
        {
            "address": other,
            "mode": "managed",
            "type": other.partition(".")[0],
            "values": nights,
        },
    ]
    change = {"actions": ["create"], "before": None, "after": values, "after_unknown": unknown}
    return {
        "format_version": "1.2",
        "terraform_version": "1.9.8",
        "planned_values": {"root_module": {"resources": resources}},
        "resource_changes": [{"address": address, "mode": "managed", "change": change}],
    }


def test_terraform_has_the_filter(hotpatch: Any) -> None:
    """The block of azurerm states what Azure's filter states, but for the subscription."""
    (found,) = assignments(hotpatch, plan(BLOCK, {"id": True}))
    assert found.scope == SCOPE._replace(subscription=None)


def test_what_is_known_only_after_the_apply_is_left_open(hotpatch: Any) -> None:
    """A part of a filter that is unknown, also in part, isn't taken as empty."""
    unknown = {"id": True, "filter": [{"locations": True, "tags": [{"values": [False, True]}]}]}
    (found,) = assignments(hotpatch, plan({**BLOCK, "locations": None}, unknown))
    assert found.scope is not None
    assert set(found.scope.left_open) == {"locations", "tags"}
    assert (found.scope.locations, found.scope.tags) == ((), ())
