"""Maintenance configurations and their assignments that Terraform sends in Azure's own words."""

import json
from typing import Any

import pytest

from hotpatch_cli.inputs.fleet import load_sources
from hotpatch_cli.inputs.maintenance_records import DynamicScope
from tests.inputs.test_configurations import configuration
from tests.inputs.test_dynamic_scopes import FILTER, SCOPE, SUBSCRIPTION

VM = "azurerm_windows_virtual_machine"
NIGHTS = "Microsoft.Maintenance/maintenanceConfigurations@2023-04-01"
ASSIGNED = "Microsoft.Maintenance/configurationAssignments@2023-04-01"
ID_OF_NIGHTS = configuration()["id"]
OWNER = f"/subscriptions/{SUBSCRIPTION}"
ID_OF_VM = f"{OWNER}/resourceGroups/rg1/providers/Microsoft.Compute/virtualMachines/web"


def resource(address: str, **values: Any) -> dict[str, Any]:
    """A planned resource."""
    kind = address.split(".")[-2]
    return {"address": address, "mode": "managed", "type": kind, "values": values}


def nights(**more: Any) -> dict[str, Any]:
    """A configuration of azapi."""
    body = {"properties": configuration()["properties"]}
    values = {"type": NIGHTS, "name": "nights", "location": "westeurope", "body": body}
    return resource("azapi_resource.nights", **values | more)


def assigned(body: Any, **more: Any) -> dict[str, Any]:
    """An assignment of azapi."""
    values = {"type": ASSIGNED, "name": "ring1", "body": body, **more}
    return resource("azapi_resource.assigned", **values)


def plan(*resources: Any, unknown: Any = None, **references: list[str]) -> dict[str, Any]:
    """A plan; `unknown` and the references are those of the assignment."""
    address = "azapi_resource.assigned"
    change = {"actions": ["create"], "after_unknown": unknown or {}, "after": {}}
    expressions = {key: {"references": words} for key, words in references.items()}
    return {
        "format_version": "1.2",
        "terraform_version": "1.9.8",
        "planned_values": {"root_module": {"resources": list(resources)}},
        "resource_changes": [{"address": address, "mode": "managed", "change": change}],
        "configuration": {
            "root_module": {"resources": [{"address": address, "expressions": expressions}]}
        },
    }


def loaded(hotpatch: Any, tree: Any) -> Any:
    """The fleet of a plan, and its maintenance data."""
    name = str(hotpatch.folder / hotpatch.write("plan.json", json.dumps(tree)))
    fleet, _, sources = load_sources([name], strict=False)
    return fleet, sources[0].maintenance


@pytest.mark.parametrize("as_text", [False, True])
def test_a_state_connects_by_ids(hotpatch: Any, as_text: bool) -> None:
    """After the apply, the assignment's parent and the configuration have their ids."""
    body: Any = {"properties": {"maintenanceConfigurationId": ID_OF_NIGHTS}}
    schedule: Any = {"properties": configuration()["properties"]}
    if as_text:
        body, schedule = json.dumps(body), json.dumps(schedule)
    tree = plan(
        resource(f"{VM}.web", name="web", id=ID_OF_VM),
        nights(id=ID_OF_NIGHTS, body=schedule),
        assigned(body, parent_id=ID_OF_VM),
    )
    fleet, maintenance = loaded(hotpatch, tree)
    assert [machine.placement.windows for machine in fleet.machines] == [("nights",)]
    (found,) = maintenance.configurations
    assert (found.guest_mode, found.installs, found.location) == ("User", True, "westeurope")


@pytest.mark.parametrize("open_body", [False, True])
def test_a_plan_connects_by_references(hotpatch: Any, open_body: bool) -> None:
    """Before the apply, the expressions of the configuration do, also of a body that is text."""
    hidden: Any = True if open_body else {"properties": {"maintenanceConfigurationId": True}}
    tree = plan(
        resource(f"{VM}.web", name="web"),
        resource(f"{VM}.other", name="other"),
        nights(),
        assigned(None if open_body else {"properties": {}}),
        unknown={"parent_id": True, "body": hidden},
        parent_id=[f"{VM}.web.id", f"{VM}.web"],
        body=[f"{VM}.web.id", f"{VM}.web", "azapi_resource.nights.id", "azapi_resource.nights"],
    )
    fleet, _ = loaded(hotpatch, tree)
    windows = {machine.name: machine.placement.windows for machine in fleet.machines}
    assert windows == {f"{VM}.web": ("nights",), f"{VM}.other": ()}


def test_a_dynamic_scope_of_azapi_has_its_filter(hotpatch: Any) -> None:
    """The parent is a subscription; a part of the filter that is unknown is left open."""
    body = {"properties": {"maintenanceConfigurationId": ID_OF_NIGHTS, "filter": FILTER}}
    tree = plan(nights(id=ID_OF_NIGHTS), assigned(body, parent_id=OWNER))
    assert loaded(hotpatch, tree)[1].assignments[0].scope == SCOPE
    hidden = {"body": {"properties": {"filter": {"locations": True}}}}
    found = loaded(hotpatch, {**tree, **changed(tree, hidden)})[1].assignments[0].scope
    assert found == SCOPE._replace(locations=(), left_open=("locations",))


def changed(tree: Any, unknown: Any) -> dict[str, Any]:
    """The changes of a plan with other unknown values."""
    (one,) = tree["resource_changes"]
    return {"resource_changes": [{**one, "change": {**one["change"], "after_unknown": unknown}}]}


def test_an_open_filter_is_left_open_as_a_whole(hotpatch: Any) -> None:
    """A filter that is unknown isn't an empty one, which would take all machines."""
    body = {"properties": {"maintenanceConfigurationId": ID_OF_NIGHTS}}
    hidden = {"body": {"properties": {"filter": True}}}
    tree = plan(nights(id=ID_OF_NIGHTS), assigned(body, parent_id=OWNER), unknown=hidden)
    found = loaded(hotpatch, tree)[1].assignments[0].scope
    assert isinstance(found, DynamicScope)
    assert set(found.left_open) == {
        "locations",
        "os_types",
        "resource_types",
        "resource_groups",
        "tags",
        "any_tag",
    }


def test_a_plan_of_schedules_alone_is_listed(hotpatch: Any) -> None:
    """`windows list` has the openings, and `check` says that there is no machine."""
    name = hotpatch.write("plan.json", json.dumps(plan(nights())))
    listed = hotpatch("windows", "list", name)
    assert (listed.code, "nights" in listed.out) == (0, True)
    done = hotpatch("check", name)
    assert (done.code, "1 maintenance schedule and no machine" in done.err) == (2, True)


def test_a_refusal_names_the_type_of_azure(hotpatch: Any) -> None:
    """A plan with another resource of azapi isn't told that azapi is supported."""
    other = resource("azapi_resource.net", type="Microsoft.Network/virtualNetworks@2024-05-01")
    done = hotpatch.check(json.dumps(plan(other)), name="plan.json")
    assert "1 of 'azapi_resource of Microsoft.Network/virtualNetworks'" in done.err
