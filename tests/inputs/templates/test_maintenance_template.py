"""Maintenance configurations, their assignments and Azure Local VMs in ARM templates, in the
shapes that people write and that Bicep and its modules compile to.
"""

import json
from typing import Any

import pytest

from hotpatch_cli.inputs.fleet import load_sources
from hotpatch_cli.inputs.maintenance_records import DynamicScope, Maintenance
from tests.inputs.templates.test_arm_template import PARAMETERS, SCHEMA, template, vm

OF_SUBSCRIPTION = SCHEMA.replace("2019-04-01/d", "2018-05-01/subscriptionD")
WINDOW = {
    "startDateTime": "2026-01-03 22:00",
    "duration": "03:00",
    "timeZone": "W. Europe Standard Time",
    "recurEvery": "1Week Saturday",
}
TEXT = {"type": "string"}
CONFIGURATION = "Microsoft.Maintenance/maintenanceConfigurations"
VIRTUAL_MACHINE = "Microsoft.Compute/virtualMachines"
ID_OF_WEB = f"[resourceId('{VIRTUAL_MACHINE}', 'web')]"
ID_OF_NIGHTS = f"[resourceId('{CONFIGURATION}', 'nights')]"


def configuration(name: str = "nights", **more: Any) -> dict[str, Any]:
    """A configuration that restarts guests."""
    return {
        "type": CONFIGURATION,
        "apiVersion": "2023-04-01",
        "name": name,
        "location": "[resourceGroup().location]",
        "properties": {
            "maintenanceScope": "InGuestPatch",
            "maintenanceWindow": WINDOW,
            "extensionProperties": {"InGuestPatchMode": "User"},
            "installPatches": {"rebootSetting": "IfRequired"},
        },
        **more,
    }


def assignment(configured: str = ID_OF_NIGHTS, **more: Any) -> dict[str, Any]:
    """The assignment of a configuration."""
    properties = {"maintenanceConfigurationId": configured, **more.pop("properties", {})}
    return {
        "type": "Microsoft.Maintenance/configurationAssignments",
        "apiVersion": "2023-04-01",
        "name": "assigned",
        "location": "[resourceGroup().location]",
        "properties": properties,
        **more,
    }


def module(inner: dict[str, Any], parameters: Any = None, **more: Any) -> dict[str, Any]:
    """A module as Bicep compiles it."""
    given = {name: {"value": value} for name, value in (parameters or {}).items()}
    return {
        "type": "Microsoft.Resources/deployments",
        "apiVersion": "2025-04-01",
        "name": "[format('{0}-deploy', 'x')]",
        "properties": {
            "expressionEvaluationOptions": {"scope": "inner"},
            "mode": "Incremental",
            "parameters": given,
            "template": inner,
        },
        **more,
    }


def bicep(parameters: Any = None, **resources: Any) -> dict[str, Any]:
    """A template with the symbolic names of Bicep."""
    whole = template(parameters=parameters)
    whole["languageVersion"] = "2.0"
    whole["resources"] = resources
    return whole


def schedule_module() -> dict[str, Any]:
    """What a registry's module of a configuration compiles to, in short."""
    inner = bicep(
        {
            "name": TEXT,
            "maintenanceScope": {"type": "string", "defaultValue": "Host"},
            "maintenanceWindow": {"type": "object", "defaultValue": {}},
            "installPatches": {"type": "object", "defaultValue": {}},
            "extensionProperties": {"type": "object", "defaultValue": {}},
            "location": {"type": "string", "defaultValue": "[resourceGroup().location]"},
        },
        maintenanceConfiguration={
            "type": CONFIGURATION,
            "apiVersion": "2023-04-01",
            "name": "[parameters('name')]",
            "location": "[parameters('location')]",
            "properties": {
                "extensionProperties": "[parameters('extensionProperties')]",
                "maintenanceScope": "[parameters('maintenanceScope')]",
                "maintenanceWindow": "[parameters('maintenanceWindow')]",
                "installPatches": (
                    "[if(equals(parameters('maintenanceScope'), 'InGuestPatch'), "
                    "parameters('installPatches'), null())]"
                ),
            },
        },
    )
    value = f"[resourceId('{CONFIGURATION}', parameters('name'))]"
    location = "[reference('maintenanceConfiguration', '2023-04-01', 'full').location]"
    inner["outputs"] = {
        "resourceId": {"type": "string", "value": value},
        "location": {"type": "string", "value": location},
    }
    return inner


def machine_module() -> dict[str, Any]:
    """What a registry's module of a VM compiles to, in short: it has the assignment."""
    known = "parameters('maintenanceConfigurationResourceId')"
    return bicep(
        {
            "name": TEXT,
            "maintenanceConfigurationResourceId": {"type": "string", "defaultValue": ""},
        },
        vm=vm("[parameters('name')]"),
        vm_configurationAssignment=assignment(
            f"[{known}]",
            condition=f"[not(empty({known}))]",
            name="[format('{0}assignment', parameters('name'))]",
            scope=f"[resourceId('{VIRTUAL_MACHINE}', parameters('name'))]",
            properties={"resourceId": f"[resourceId('{VIRTUAL_MACHINE}', parameters('name'))]"},
        ),
    )


def of_modules(name: str = "nights", machine: str = "web", **more: Any) -> dict[str, Any]:
    """A template that connects two modules by the output of one."""
    patching = {
        "name": name,
        "maintenanceScope": "InGuestPatch",
        "maintenanceWindow": WINDOW,
        "installPatches": {"rebootSetting": "IfRequired"},
        "extensionProperties": {"InGuestPatchMode": "User"},
    }
    web = {
        "name": machine,
        "maintenanceConfigurationResourceId": "[reference('schedule').outputs.resourceId.value]",
    }
    return bicep(
        {"vmName": TEXT, "scheduleName": TEXT},
        schedule=module(schedule_module(), patching, **more),
        web=module(machine_module(), web),
    )


def read(hotpatch: Any, tree: Any, *others: str) -> tuple[Maintenance, dict[str, tuple[str, ...]]]:
    """The maintenance data of a template, and the windows of all machines."""
    names = (hotpatch.write("main.json", json.dumps(tree, indent=1)), *others)
    fleet, _, sources = load_sources([str(hotpatch.folder / name) for name in names], strict=False)
    windows = {machine.name: machine.placement.windows for machine in fleet.machines}
    return sources[0].maintenance, windows


def windows_of(hotpatch: Any, tree: Any) -> dict[str, tuple[str, ...]]:
    """The windows of a template's machines."""
    return read(hotpatch, tree)[1]


OWNERS = {
    "scope": assignment(scope=f"[format('{VIRTUAL_MACHINE}/{{0}}', 'web')]"),
    "scope of an id": assignment(scope=f"[resourceId('{VIRTUAL_MACHINE}', 'web')]"),
    "scope of a text": assignment(scope=f"{VIRTUAL_MACHINE}/web"),
    "resourceId": assignment(
        properties={"resourceId": f"[resourceId('{VIRTUAL_MACHINE}', 'web')]"}
    ),
    "type": assignment(
        type=f"{VIRTUAL_MACHINE}/providers/configurationAssignments",
        name="[concat('web', '/Microsoft.Maintenance/', 'assigned')]",
    ),
    "extension of a group": assignment(
        "[extensionResourceId(format('/subscriptions/{0}/resourceGroups/{1}', "
        f"subscription().subscriptionId, resourceGroup().name), '{CONFIGURATION}', 'nights')]",
        scope=f"[concat('{VIRTUAL_MACHINE}/', 'WEB')]",
    ),
}


@pytest.mark.parametrize("owner", OWNERS.values(), ids=OWNERS)
def test_an_assignment_is_on_its_machine(hotpatch: Any, owner: dict[str, Any]) -> None:
    """By its scope, its type and name, or its `resourceId`, a machine has the window."""
    tree = template(vm(), vm("other"), configuration(), owner)
    assert windows_of(hotpatch, tree) == {"web": ("nights",), "other": ()}


def test_an_assignment_written_in_its_machine(hotpatch: Any) -> None:
    """A child resource is on its parent."""
    child = assignment(
        type="providers/configurationAssignments", name="Microsoft.Maintenance/assigned"
    )
    tree = template(vm(resources=[child]), vm("other"), configuration())
    assert windows_of(hotpatch, tree) == {"web": ("nights",), "other": ()}


def test_names_that_stay_open_connect(hotpatch: Any) -> None:
    """Without a parameters file the same expression is the same name."""
    name, nights = "parameters('vmName')", "format('{0}-nights', parameters('stage'))"
    tree = bicep(
        {"vmName": TEXT, "stage": TEXT},
        web=vm(f"[{name}]"),
        other=vm("other"),
        nights=configuration(f"[{nights}]"),
        days=configuration("days"),
        assigned=assignment(
            f"[resourceId('{CONFIGURATION}', {nights})]",
            scope=f"[format('{VIRTUAL_MACHINE}/{{0}}', {name})]",
        ),
    )
    assert windows_of(hotpatch, tree) == {"web": ("nights",), "other": ()}


@pytest.mark.parametrize("group", ["ops", "[parameters('scheduleName')]", None])
@pytest.mark.parametrize("name", ["nights", "[parameters('scheduleName')]"])
@pytest.mark.parametrize("machine", ["web", "[parameters('vmName')]"])
def test_modules_connect_by_their_outputs(
    hotpatch: Any, machine: str, name: str, group: str | None
) -> None:
    """A module's output is the id of what it deploys, in another group too."""
    tree = of_modules(name, machine, **({"resourceGroup": group} if group else {}))
    maintenance, windows = read(hotpatch, tree)
    (found,) = maintenance.configurations
    assert list(windows.values()) == [(found.name,)]
    assert (found.guest_mode, found.installs) == ("User", True)


def test_deployments_of_older_templates_are_named_by_id(hotpatch: Any) -> None:
    """Without symbolic names a module is referred to by the id of its deployment."""
    tree = of_modules()
    schedule, web = tree["resources"].values()
    schedule["name"] = "schedule-x"
    web["properties"]["parameters"]["maintenanceConfigurationResourceId"]["value"] = (
        "[reference(resourceId('Microsoft.Resources/deployments', 'schedule-x'), "
        "'2022-09-01').outputs.resourceId.value]"
    )
    tree["resources"] = [schedule, web]
    assert list(windows_of(hotpatch, tree).values()) == [("nights",)]


def test_loops_assign_each_machine(hotpatch: Any) -> None:
    """Machines and assignments of a loop connect by their index; a false condition has none."""
    loop = {"name": "machines", "count": 3}
    tree = template(
        vm("[format('web{0}', copyIndex())]", copy=loop),
        configuration(),
        configuration("days"),
        assignment(
            f"[resourceId('{CONFIGURATION}', if(equals(copyIndex(), 1), 'days', 'nights'))]",
            copy=loop,
            scope=f"[resourceId('{VIRTUAL_MACHINE}', format('web{{0}}', copyIndex()))]",
        ),
        assignment(condition="[equals(1, 2)]", scope=f"{VIRTUAL_MACHINE}/web1"),
    )
    assert windows_of(hotpatch, tree) == {
        "web0": ("nights",),
        "web1": ("days",),
        "web2": ("nights",),
    }


def test_machines_of_two_groups_have_their_own_window(hotpatch: Any) -> None:
    """One name in two groups is two machines and two configurations."""
    inner = template(
        vm(), configuration(), assignment(scope=f"[resourceId('{VIRTUAL_MACHINE}', 'web')]")
    )
    tree = template(
        module(inner, name="one", resourceGroup="rg-one"),
        module(inner, name="two", resourceGroup="rg-two"),
    )
    assert windows_of(hotpatch, tree) == {
        "one/web": ("rg-one/nights",),
        "two/web": ("rg-two/nights",),
    }


FILTER = {
    "resourceTypes": ["Microsoft.Compute/virtualMachines"],
    "locations": ["[parameters('location')]", "West Europe"],
    "osTypes": ["Windows"],
    "resourceGroups": "[parameters('groups')]",
    "tagSettings": {"filterOperator": "Any", "tags": {"Ring": ["1"]}},
}


@pytest.mark.parametrize("location", ["uksouth", None])
def test_a_subscription_has_a_dynamic_scope(hotpatch: Any, location: str | None) -> None:
    """A filter is read with what the template knows of it; the rest is left open."""
    known = {"defaultValue": location} if location else {}
    tree = template(
        module(template(configuration()), name="schedules", resourceGroup="ops"),
        assignment(
            "[extensionResourceId(format('/subscriptions/{0}/resourceGroups/{1}', "
            f"subscription().subscriptionId, 'ops'), '{CONFIGURATION}', 'nights')]",
            properties={"filter": FILTER, "resourceId": "[subscription().id]"},
        ),
        parameters={"location": {**TEXT, **known}, "groups": {"type": "array"}},
    )
    tree["$schema"] = OF_SUBSCRIPTION
    maintenance, _ = read(hotpatch, tree)
    (found,) = maintenance.assignments
    assert (found.configuration, found.machine, found.name) == ("nights", None, "assigned")
    assert found.scope == DynamicScope(
        None,
        locations=("uksouth", "westeurope") if location else ("westeurope",),
        os_types=("windows",),
        resource_types=("microsoft.compute/virtualmachines",),
        tags=(("ring", ("1",)),),
        any_tag=True,
        left_open=("resource_groups",) if location else ("locations", "resource_groups"),
    )


def test_a_nested_deployment_names_the_subscription(hotpatch: Any) -> None:
    """The dynamic scope of a nested deployment is of its subscription."""
    subscription = "00000000-0000-0000-0000-00000000000a"
    inner = template(assignment(properties={"filter": {"osTypes": ["Windows"]}}))
    inner["$schema"] = OF_SUBSCRIPTION
    tree = template(configuration(), module(inner, subscriptionId=subscription, location="uksouth"))
    (found,) = read(hotpatch, tree)[0].assignments
    assert found.scope == DynamicScope(subscription, os_types=("windows",))


def test_machines_of_azure_arc_have_the_window(hotpatch: Any) -> None:
    """An assignment to a machine that another file has."""
    hotpatch.write("arc.yaml", "machines: [{name: arc1, platform: arc, timezone: UTC}]")
    tree = template(
        configuration(),
        assignment(scope="[resourceId('Microsoft.HybridCompute/machines', 'arc1')]"),
    )
    assert read(hotpatch, tree, "arc.yaml")[1] == {"arc1": ("nights",)}


def instance(scope: str, image: str, **more: Any) -> dict[str, Any]:
    """A VM of Azure Local."""
    return {
        "type": "Microsoft.AzureStackHCI/virtualMachineInstances",
        "apiVersion": "2024-01-01",
        "scope": scope,
        "name": "default",
        "properties": {
            "storageProfile": {"imageReference": {"id": image}, "osDisk": {"osType": "Windows"}},
            "osProfile": {"windowsConfiguration": {"provisionVMAgent": True}},
        },
        **more,
    }


def test_vms_of_azure_local_are_read(hotpatch: Any) -> None:
    """A VM instance has the name of its machine, the image of the template, and its window."""
    kind = "Microsoft.AzureStackHCI/marketplaceGalleryImages"
    image = {
        "type": kind,
        "name": "ws2025",
        "properties": {
            "osType": "Windows",
            "identifier": {
                "publisher": "MicrosoftWindowsServer",
                "offer": "WindowsServer",
                "sku": "2025-datacenter-azure-edition",
            },
        },
    }
    scope = "[resourceId('Microsoft.HybridCompute/machines', 'sql1')]"
    tree = template(
        {"type": "Microsoft.HybridCompute/machines", "name": "sql1", "kind": "HCI"},
        instance(scope, f"[resourceId('{kind}', 'ws2025')]"),
        instance("[format('Microsoft.HybridCompute/machines/{0}', 'sql2')]", "[parameters('i')]"),
        image,
        configuration(),
        assignment(scope=scope),
        parameters={"i": TEXT},
    )
    assert windows_of(hotpatch, tree) == {"sql1": ("nights",), "sql2": ()}
    one, two = hotpatch.check(json.dumps(tree), name="main.json").json["machines"]
    assert [(machine["product"], machine["id"]) for machine in (one, two)] == [
        ("ws2025", None),
        (None, None),
    ]


def test_a_template_of_schedules_alone_is_listed_and_checked(hotpatch: Any) -> None:
    """`windows list` and `windows lint` need no machine."""
    name = hotpatch.write("main.json", json.dumps(of_modules_without_machine()))
    listed = hotpatch("windows", "list", name, "--by", "window", "--from", "2026-01-01")
    assert (listed.code, "nights" in listed.out) == (0, True)
    linted = hotpatch("windows", "lint", name)
    assert "in 1 window" in linted.err


def test_a_template_can_give_the_windows_alone(hotpatch: Any) -> None:
    """`--windows` takes the schedules of a template for machines that another file has."""
    hotpatch.write("main.json", json.dumps(of_modules()))
    fleet = hotpatch.write("fleet.yaml", "machines: [{name: a, platform: arc, window: nights}]")
    done = hotpatch("windows", "list", fleet, "--windows", "main.json", "-f", "json")
    assert {opening["machine"] for opening in done.json["openings"]} == {"a"}


def of_modules_without_machine() -> dict[str, Any]:
    """A template with a configuration and the assignment of a machine that exists."""
    tree = of_modules()
    tree["resources"]["web"] = assignment(
        "[reference('schedule').outputs.resourceId.value]", scope=f"{VIRTUAL_MACHINE}/web"
    )
    return tree


def test_check_says_what_a_template_of_schedules_has(hotpatch: Any) -> None:
    """The refusal names the schedules that are there."""
    for tree in (of_modules_without_machine(), template(configuration())):
        done = hotpatch.check(json.dumps(tree), name="main.json")
        assert done.code == 2
        assert "schedule" in done.err
        assert "no machine" in done.err
        assert "contains no virtual machine" not in done.err


def test_what_stays_open_of_a_window_is_named(hotpatch: Any) -> None:
    """A configuration whose start is a parameter is no window yet, and says why."""
    window = {**WINDOW, "startDateTime": "[parameters('start')]"}
    open_start = configuration()
    open_start["properties"] = {**open_start["properties"], "maintenanceWindow": window}
    tree = template(
        vm(),
        open_start,
        assignment(scope=f"{VIRTUAL_MACHINE}/web"),
        parameters={"start": TEXT},
    )
    done = hotpatch.check(json.dumps(tree), name="main.json")
    assert "startDateTime is known only after the deployment" in done.err
    values = {"$schema": PARAMETERS, "parameters": {"start": {"value": "2026-01-03 22:00"}}}
    hotpatch.write("values.json", json.dumps(values))
    assert read(hotpatch, tree, "values.json")[1] == {"web": ("nights",)}


def test_deployments_that_need_each_other_stay_open(hotpatch: Any) -> None:
    """Modules in a circle are no endless work."""
    tree = of_modules()
    inner = tree["resources"]["web"]["properties"]["template"]
    inner["outputs"] = {"name": {"type": "string", "value": "[parameters('name')]"}}
    given = tree["resources"]["schedule"]["properties"]["parameters"]
    given["name"] = {"value": "[reference('web').outputs.name.value]"}
    tree["resources"]["web"]["properties"]["parameters"]["name"] = {
        "value": "[reference('schedule').outputs.name.value]"
    }
    maintenance, _ = read(hotpatch, tree)
    assert len(maintenance.configurations) == 1


def test_an_assignment_that_is_off_is_no_machine_that_is_off(hotpatch: Any) -> None:
    """A module without a schedule has an assignment whose condition is false: no note on that."""
    tree = of_modules()
    del tree["resources"]["web"]["properties"]["parameters"]["maintenanceConfigurationResourceId"]
    done = hotpatch.check(json.dumps(tree), name="main.json")
    assert "condition" not in done.err
    assert windows_of(hotpatch, tree) == {"x-deploy/web": ()}


def test_a_configuration_that_is_off_is_named(hotpatch: Any) -> None:
    """The refusal of a template says which schedule isn't deployed."""
    tree = template(configuration(condition="[equals(1, 2)]"))
    done = hotpatch.check(json.dumps(tree), name="main.json")
    assert "contains 1 maintenance configuration, but its condition is false" in done.err
