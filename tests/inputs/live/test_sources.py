"""Every table of Resource Graph goes through the reader of its exports, and all make one fleet."""

from typing import Any

from azure_stand import SUBSCRIPTION, Azure, vm

from hotpatch_cli.inputs.fleet import load_sources
from hotpatch_cli.inputs.live.scope import source_name
from hotpatch_cli.inputs.maintenance_records import DynamicScope

DAY = ("--as-of", "2025-12-15", "-f", "json")
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers"
ARC = f"{GROUP}/Microsoft.HybridCompute/machines"


def row(identifier: str, /, **properties: Any) -> dict[str, Any]:
    """A row with the type and the name that its id tells."""
    provider, *rest = identifier.rpartition("/providers/")[2].split("/")
    kind = "/".join([provider, *rest[::2]]).lower()
    return {
        "id": identifier,
        "name": rest[-1],
        "type": kind,
        "location": "westeurope",
        "properties": properties,
    }


def arc(name: str, **more: Any) -> dict[str, Any]:
    """A Windows Server 2025 under Arc that is enrolled and enabled, but for its licence."""
    status = {"hotpatchEnablementStatus": "Enabled"}
    return row(
        f"{ARC}/{name}",
        osName="windows",
        osSku="Windows Server 2025 Datacenter",
        osEdition="serverdatacenter",
        osVersion="10.0.26100.7171",
        status="Connected",
        agentVersion="1.55.02843.1892",
        osProfile={
            "windowsConfiguration": {"patchSettings": {"enableHotpatching": True, "status": status}}
        },
        **more,
    )


def licence(name: str, state: str) -> dict[str, Any]:
    """The licence profile of a machine, in a row of its own."""
    features = [{"name": "Hotpatch", "subscriptionStatus": state}]
    return row(
        f"{ARC}/{name}/licenseProfiles/default", productProfile={"productFeatures": features}
    )


def test_a_licence_in_a_row_of_its_own(hotpatch: Any, azure: Azure) -> None:
    """The licence profile of an Arc machine is joined with it by its id."""
    azure.tables["resources"] = [
        arc("sql01"),
        arc("sql02"),
        licence("sql01", "Enabled"),
        licence("sql02", "Disabled"),
    ]
    done = hotpatch("check", "--azure", *DAY)
    said = {
        name: {reason["code"] for reason in each["reasons"]} for name, each in done.machines.items()
    }
    assert said["sql01"] < said["sql02"]


def test_a_vm_of_azure_local(hotpatch: Any, azure: Azure) -> None:
    """A VM of Azure Local, its parent machine and its image come from two tables, and are one
    machine.
    """
    image = f"{GROUP}/Microsoft.AzureStackHCI/marketplaceGalleryImages/ws2025"
    identifier = {
        "publisher": "MicrosoftWindowsServer",
        "offer": "WindowsServer",
        "sku": "2025-datacenter-azure-edition",
    }
    azure.tables["resources"] = [
        arc("app01") | {"kind": "HCI"},
        row(image, identifier=identifier, osType="Windows", hyperVGeneration="V2"),
    ]
    azure.tables["extensibilityresources"] = [
        row(
            f"{ARC}/app01/providers/Microsoft.AzureStackHCI/virtualMachineInstances/default",
            storageProfile={"imageReference": {"id": image}, "osDisk": {"osType": "Windows"}},
            securityProfile={"uefiSettings": {"secureBootEnabled": True}},
        )
    ]
    done = hotpatch("check", "--azure", *DAY)
    assert done.code in (0, 1, 3), done.err
    assert [
        (each["name"], each["platform"], each["product"]) for each in done.json["machines"]
    ] == [("app01", "azure-local", "ws2025")]


def test_members_of_a_scale_set(hotpatch: Any, azure: Azure) -> None:
    """Members of a scale set come from their own table, beside the set and single VMs."""
    member = vm("set_0")
    member["id"] = f"{GROUP}/Microsoft.Compute/virtualMachineScaleSets/set/virtualMachines/0"
    member["type"] = "microsoft.compute/virtualmachinescalesets/virtualmachines"
    azure.tables["resources"] = [vm("web01")]
    azure.tables["computeresources"] = [member]
    done = hotpatch("check", "--azure", *DAY)
    assert [machine["name"] for machine in done.json["machines"]] == ["web01", "set_0"]


def test_a_pending_restart_of_an_assessment_is_live(hotpatch: Any, azure: Azure) -> None:
    """A restart that an assessment says is pending is told of the machine that it was made on."""
    azure.tables["resources"] = [vm("web01"), vm("web02")]
    azure.tables["patchassessmentresources"] = [
        row(
            f"{vm(name)['id']}/patchAssessmentResults/latest",
            rebootPending=pending,
            osType="Windows",
            status="Succeeded",
        )
        for name, pending in (("web01", True), ("web02", False))
    ]
    said = {
        name: {reason["code"] for reason in each["reasons"]}
        for name, each in hotpatch("check", "--azure", *DAY).machines.items()
    }
    assert said["web01"] - said["web02"] == {"HP308"}


def test_a_maintenance_configuration_becomes_a_window(hotpatch: Any, azure: Azure) -> None:
    """A maintenance configuration becomes a window, and its assignment gives it to the machine."""
    configuration = f"{GROUP}/Microsoft.Maintenance/maintenanceConfigurations/second-tuesday"
    times = {
        "startDateTime": "2025-01-01 22:00",
        "duration": "03:00",
        "timeZone": "UTC",
        "recurEvery": "Month Second Tuesday",
    }
    assignment = row(
        f"{vm('web01')['id']}/providers/Microsoft.Maintenance/configurationAssignments/a",
        maintenanceConfigurationId=configuration,
        resourceId=vm("web01")["id"],
    )
    azure.tables["resources"] = [
        vm("web01"),
        row(configuration, maintenanceScope="InGuestPatch", maintenanceWindow=times),
    ]
    azure.tables["maintenanceresources"] = [assignment]
    done = hotpatch(
        "windows", "list", "--azure", "--from", "2026-01-01", "--next", "1", "-f", "json"
    )
    [opening] = done.json["openings"]
    assert (opening["machine"], opening["window"], opening["start"]) == (
        "web01",
        "second-tuesday",
        "2026-01-13T22:00:00+00:00",
    )


def test_the_filter_of_a_dynamic_scope_is_live(hotpatch: Any, azure: Azure) -> None:
    """Resource Graph has assignments to subscriptions beside those to machines."""
    configuration = f"{GROUP}/Microsoft.Maintenance/maintenanceConfigurations/ring1"
    times = {
        "startDateTime": "2025-01-01 22:00",
        "duration": "03:00",
        "timeZone": "UTC",
        "recurEvery": "Month Second Tuesday",
    }
    owner = f"/subscriptions/{SUBSCRIPTION}"
    scope = row(
        f"{owner}/providers/Microsoft.Maintenance/configurationAssignments/ring1",
        maintenanceConfigurationId=configuration,
        resourceId=owner,
        filter={"osTypes": ["Windows"], "locations": ["uksouth"]},
    )
    azure.tables["resources"] = [
        vm("web01"),
        row(configuration, maintenanceScope="InGuestPatch", maintenanceWindow=times),
    ]
    azure.tables["maintenanceresources"] = [scope]
    assert hotpatch("check", "--azure", *DAY).code == 0
    _, _, sources = load_sources([source_name((), (), "public")], strict=False)
    [maintenance] = [source.maintenance for source in sources if source.maintenance]
    [found] = maintenance.assignments
    assert found.scope == DynamicScope(SUBSCRIPTION, locations=("uksouth",), os_types=("windows",))
