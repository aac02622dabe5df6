"""A small input for each reader, with everything that it reads and with secrets where people have
them.

`SAMPLES` maps a name to the files of one call; the first file is of the reader that the name begins
with. No text of PLANTED may ever come out.
"""

import io
import json
from typing import Any, NamedTuple

PLANTED = "Pl4nted-S3cret"
SAS = f"https://a.blob.core.windows.net/c/x.vhd?sv=2024-01-01&sig={PLANTED}"
GROUP = "/subscriptions/0/resourceGroups/rg/providers"
COMPUTE = f"{GROUP}/Microsoft.Compute"
ARC = f"{GROUP}/Microsoft.HybridCompute/machines"
IMAGE = {
    "publisher": "MicrosoftWindowsServer",
    "offer": "WindowsServer",
    "sku": "2025-datacenter-azure-edition",
}
SETTINGS = {
    "provisionVMAgent": True,
    "timeZone": "W. Europe Standard Time",
    "patchSettings": {
        "patchMode": "AutomaticByPlatform",
        "enableHotpatching": True,
        "assessmentMode": "ImageDefault",
        "automaticByPlatformSettings": {
            "rebootSetting": "Never",
            "bypassPlatformSafetyChecksOnUserSchedule": True,
        },
    },
    "additionalUnattendContent": [{"content": PLANTED}],
    "winRM": {"listeners": [{"certificateUrl": SAS}]},
}


class Sample(NamedTuple):
    """The files of a call, and its options."""

    files: dict[str, str | bytes]
    options: tuple[str, ...] = ()


def _json(value: Any) -> str:
    return json.dumps(value, indent=1)


# --- Azure ----------------------------------------


def vm(name: str, **parts: Any) -> dict[str, Any]:
    """A VM as REST has it, with its secrets."""
    profile = {
        "computerName": name,
        "adminUsername": "me",
        "adminPassword": PLANTED,
        "customData": PLANTED,
    }
    body = {
        "storageProfile": {
            "imageReference": {**IMAGE, "version": "latest"},
            "osDisk": {"vhd": {"uri": SAS}},
        },
        "osProfile": {
            **profile,
            "windowsConfiguration": SETTINGS,
            "secrets": [{"vaultCertificates": [PLANTED]}],
        },
        "userData": PLANTED,
        "diagnosticsProfile": {"bootDiagnostics": {"storageUri": SAS}},
        "extended": {"instanceView": {"hyperVGeneration": "V2", "osVersion": "10.0.26100.7392"}},
        **parts,
    }
    extension = {"properties": {"type": "CustomScriptExtension", "settings": {"fileUris": [SAS]}}}
    extension["properties"]["protectedSettings"] = {"commandToExecute": f"net user x {PLANTED}"}
    return {
        "id": f"{COMPUTE}/virtualMachines/{name}",
        "name": name,
        "type": "Microsoft.Compute/virtualMachines",
        "location": "uksouth",
        "zones": ["1"],
        "tags": {"env": "prod", "x": "1"},
        "properties": body,
        "resources": [extension],
    }


def scale_set(name: str, mode: str) -> dict[str, Any]:
    """A scale set."""
    inner = {
        key: value
        for key, value in vm(name)["properties"].items()
        if key in ("storageProfile", "osProfile")
    }
    inner["extensionProfile"] = {
        "extensions": [{"properties": {"type": "ApplicationHealthWindows"}}]
    }
    body = {"orchestrationMode": mode, "virtualMachineProfile": inner}
    whole = vm(name) | {"id": f"{COMPUTE}/virtualMachineScaleSets/{name}", "properties": body}
    return whole | {"type": "Microsoft.Compute/virtualMachineScaleSets"}


def _azure_vms() -> list[dict[str, Any]]:
    gallery = {
        "storageProfile": {
            "imageReference": {"id": f"{COMPUTE}/galleries/g/images/i/versions/1.0.0"}
        }
    }
    no_settings = {
        "osProfile": {"windowsConfiguration": {"patchSettings": None, "provisionVMAgent": False}}
    }
    linux = {
        "storageProfile": {"osDisk": {"osType": "Linux"}},
        "osProfile": {"linuxConfiguration": {}},
    }
    member = {"virtualMachineScaleSet": {"id": f"{COMPUTE}/virtualMachineScaleSets/flex"}}
    off = {"instanceView": {"statuses": [{"code": "PowerState/deallocated"}]}, "extended": {}}
    twin = vm("web01") | {"id": f"{COMPUTE}/virtualMachines/web01".replace("/rg/", "/other/")}
    return [
        *(
            vm("web01"),
            vm("web02", **no_settings),
            vm("web03", **gallery),
            vm("web04", osProfile=None),
            vm("lin", **linux),
        ),
        *(
            vm("flex_1", **member),
            vm("web05", **off),
            vm("web06", storageProfile={"osDisk": {"osType": "Windows"}}),
        ),
        *(twin, scale_set("uni", "Uniform"), scale_set("flex", "Flexible")),
    ]


def arc(
    name: str, licence: str | None = "Enabled", enabled: str | None = "Enabled", **changes: Any
) -> dict[str, Any]:
    """A machine of Azure Arc."""
    features = [{"name": "Hotpatch", "subscriptionStatus": licence}] if licence else []
    patch = {"patchSettings": {"status": {"hotpatchEnablementStatus": enabled}}} if enabled else {}
    top = {key: changes.pop(key) for key in ("kind", "tags") if key in changes}
    body = {
        "osName": "windows",
        "osSku": "Windows Server 2025 Datacenter",
        "osEdition": "serverdatacenter",
        "osVersion": "10.0.26100.7392",
        "status": "Connected",
        "agentVersion": "1.47.02843.1892",
        "clientPublicKey": PLANTED,
        "machineFqdn": f"{name}.contoso.com",
        "licenseProfile": {"productProfile": {"productFeatures": features}},
        "osProfile": {"computerName": name, "windowsConfiguration": patch},
        "extensions": [{"name": PLANTED}],
        **changes,
    }
    return {
        "id": f"{ARC}/{name}",
        "name": name,
        "type": "Microsoft.HybridCompute/machines",
        "location": "westeurope",
        "identity": {"principalId": PLANTED},
        "properties": body,
        **top,
    }


def _arc() -> list[dict[str, Any]]:
    licence = {
        "id": f"{ARC}/sql08/licenseProfiles/default",
        "type": "Microsoft.HybridCompute/machines/licenseProfiles",
        "properties": {
            "productProfile": {
                "productFeatures": [{"name": "Hotpatch", "subscriptionStatus": "Enabled"}]
            }
        },
    }
    return [
        *(
            arc("sql01"),
            arc("sql02", "Disabled"),
            arc("sql03", "Enabling"),
            arc("sql04", None),
            arc("sql05", "Enabled", None),
        ),
        *(
            arc("sql06", "Enabled", "ActionRequired"),
            arc("sql07", enabled="PendingEvaluation"),
            arc("sql08", None, None),
        ),
        arc(
            "lap",
            osSku="Windows 10 Enterprise",
            osEdition="enterprise",
            osVersion="10.0.19045.5011",
        ),
        arc(
            "eval",
            osSku="Windows Server 2025 Datacenter Evaluation",
            osEdition="serverdatacentereval",
        ),
        arc("edition", osSku="Windows Server 2025 Datacenter", osEdition="serverturbine"),
        arc("hci", osSku=None, osEdition=None, osVersion=None, kind="HCI", osProfile={}),
        arc(
            "old",
            osSku="Windows Server 2019 Datacenter",
            osVersion="10.0.17763.7558",
            tags={"owner": "team: a"},
        ),
        *(
            arc("lost", status="Disconnected"),
            arc("lin", osName="linux", osSku="Ubuntu 22.04"),
            licence,
        ),
    ]


def _azure_local() -> list[dict[str, Any]]:
    local = f"{GROUP}/Microsoft.AzureStackHCI"
    marketplace, gallery = f"{local}/marketplaceGalleryImages/ws2025", f"{local}/galleryImages/mine"

    def instance(name: str, image: str) -> dict[str, Any]:
        body = {
            "storageProfile": {"imageReference": {"id": image}, "osDisk": {"osType": "Windows"}},
            "osProfile": {"computerName": name, "adminPassword": PLANTED},
            "securityProfile": {"uefiSettings": {"secureBootEnabled": True}},
        }
        where = f"{ARC}/{name}/providers/Microsoft.AzureStackHCI/virtualMachineInstances/default"
        return {
            "id": where,
            "type": "Microsoft.AzureStackHCI/virtualMachineInstances",
            "properties": body,
        }

    return [
        *(
            instance("app01", marketplace),
            instance("app02", gallery),
            instance("app03", marketplace + "-unknown"),
        ),
        {
            "id": marketplace,
            "name": "ws2025",
            "type": "Microsoft.AzureStackHCI/marketplaceGalleryImages",
            "properties": {
                "identifier": IMAGE,
                "osType": "Windows",
                "hyperVGeneration": "V2",
                "containerId": SAS,
            },
        },
        {
            "id": gallery,
            "name": "mine",
            "type": "Microsoft.AzureStackHCI/galleryImages",
            "properties": {"imagePath": SAS},
        },
    ]


def _patches() -> list[dict[str, Any]]:
    base = f"{ARC}/sql01/patchAssessmentResults/latest"
    return [
        {
            "id": base,
            "type": "microsoft.hybridcompute/machines/patchassessmentresults",
            "properties": {"rebootPending": True, "errorDetails": {"message": PLANTED}},
        },
        {
            "id": f"{base}/softwarePatches/1",
            "type": "microsoft.hybridcompute/machines/patchassessmentresults/softwarepatches",
            "properties": {
                "patchName": "2025-12 .NET 8",
                "kbId": "5099999",
                "classifications": ["Updates"],
            },
        },
    ]


def _maintenance() -> list[dict[str, Any]]:
    configuration = f"{GROUP}/Microsoft.Maintenance/maintenanceConfigurations/monthly"
    window = {
        "startDateTime": "2025-01-01 22:00",
        "duration": "03:00",
        "timeZone": "UTC",
        "recurEvery": "Month Second Tuesday",
    }
    return [
        {
            "id": configuration,
            "name": "monthly",
            "type": "Microsoft.Maintenance/maintenanceConfigurations",
            "location": "uksouth",
            "properties": {
                "maintenanceScope": "InGuestPatch",
                "extensionProperties": {"InGuestPatchMode": "User", "secret": PLANTED},
                "maintenanceWindow": window,
            },
        },
        {
            "id": (
                f"{COMPUTE}/virtualMachines/web01/providers/Microsoft.Maintenance/"
                f"configurationAssignments/a"
            ),
            "name": "a",
            "type": "Microsoft.Maintenance/configurationAssignments",
            "properties": {
                "maintenanceConfigurationId": configuration,
                "resourceId": f"{COMPUTE}/virtualMachines/web01",
            },
        },
    ]


# --- pipelines ----------------------------------------


def _terraform() -> dict[str, Any]:
    def resource(
        address: str, kind: str = "azurerm_windows_virtual_machine", **values: Any
    ) -> dict[str, Any]:
        secret = {
            "admin_password": PLANTED,
            "custom_data": PLANTED,
            "location": "uksouth",
            "user_data": PLANTED,
        }
        return {
            "address": address,
            "mode": "managed",
            "type": kind,
            "values": secret | values,
            "sensitive_values": {},
        }

    ready = {
        "source_image_reference": [{**IMAGE, "version": "latest"}],
        "patch_mode": "AutomaticByPlatform",
        "hotpatching_enabled": True,
        "provision_vm_agent": True,
        "tags": {"env": "prod"},
    }
    profile = {
        "windows_configuration": [{"patch_mode": "AutomaticByPlatform", "admin_password": PLANTED}]
    }
    hidden = resource("vm.hidden", **ready | {"patch_mode": PLANTED}) | {
        "sensitive_values": {"patch_mode": True}
    }
    return {
        "format_version": "1.2",
        "terraform_version": "1.9.0",
        "variables": {"password": {"value": PLANTED}},
        "planned_values": {
            "outputs": {"key": {"sensitive": True, "value": PLANTED}},
            "root_module": {
                "resources": [
                    resource("vm.web[0]", **ready),
                    resource('vm.web["a"]', **ready | {"hotpatching_enabled": False}),
                    resource("vm.open", **ready),
                    hidden,
                    resource("db", "azurerm_mssql_server", administrator_login_password=PLANTED),
                    resource(
                        "flex",
                        "azurerm_orchestrated_virtual_machine_scale_set",
                        source_image_reference=ready["source_image_reference"],
                        os_profile=[profile],
                        extension=[
                            {"type": "CustomScriptExtension", "protected_settings": PLANTED}
                        ],
                    ),
                ],
                "child_modules": [
                    {
                        "resources": [
                            resource("module.m.vm.x", source_image_id=f"{COMPUTE}/images/i")
                        ]
                    }
                ],
            },
        },
        "resource_changes": [
            {
                "address": "vm.open",
                "change": {
                    "after": {"x": PLANTED},
                    "after_unknown": {"source_image_reference": True},
                },
            }
        ],
    }


def _template() -> dict[str, Any]:
    machine = {
        key: value
        for key, value in vm("t").items()
        if key in ("type", "location", "tags", "properties", "resources")
    }
    open_image = {"storageProfile": {"imageReference": {**IMAGE, "sku": "[parameters('sku')]"}}}
    nested = {
        "type": "Microsoft.Resources/deployments",
        "name": "inner",
        "properties": {"mode": "Incremental"},
    }
    nested["properties"]["template"] = {"resources": [{**machine, "name": "nested"}]}
    return {
        "$schema": (
            "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
        ),
        "contentVersion": "1.0.0.0",
        "parameters": {
            "sku": {"type": "string"},
            "password": {"type": "securestring", "defaultValue": PLANTED},
            "count": {"type": "int", "defaultValue": 2},
        },
        "variables": {"secret": f"{PLANTED}", "name": "vm"},
        "resources": [
            {
                **machine,
                "name": "[concat(variables('name'), copyIndex())]",
                "copy": {"name": "c", "count": 2},
            },
            {**machine, "name": "open", "properties": {**machine["properties"], **open_image}},
            nested,
            {
                "type": "Microsoft.KeyVault/vaults/secrets",
                "name": "x",
                "properties": {"value": PLANTED},
            },
        ],
    }


def _what_if() -> dict[str, Any]:
    def change(kind: str, before: Any, after: Any, **more: Any) -> dict[str, Any]:
        body = after or before
        entry = {"changeType": kind, "before": before, "after": after, "delta": None}
        return entry | ({"resourceId": body["id"]} if body else {}) | more

    open_image = {"storageProfile": {"imageReference": {**IMAGE, "sku": "[reference('x').sku]"}}}
    return {
        "status": "Succeeded",
        "changes": [
            change("Create", None, vm("web01")),
            change("Modify", vm("web02"), vm("web02", **open_image)),
            change("Ignore", vm("web03"), vm("web03")),
            change("Delete", vm("web04"), None),
            change("Create", None, scale_set("uni", "Uniform")),
            change("Ignore", arc("sql01", None), arc("sql01", None)),
            change("Unsupported", None, None, resourceId=f"{COMPUTE}/virtualMachines/web05"),
        ],
        "potentialChanges": [change("Create", None, vm("web06"))],
        "diagnostics": [{"code": "Some", "level": "Warning", "message": PLANTED}],
    }


PACKER = {
    "variables": {"sku": IMAGE["sku"], "client_secret": PLANTED},
    "sensitive-variables": ["client_secret"],
    "builders": [
        {
            "type": "azure-arm",
            "name": "golden",
            "client_secret": PLANTED,
            "winrm_password": PLANTED,
            "image_publisher": "MicrosoftWindowsServer",
            "image_offer": "WindowsServer",
            "image_sku": "{{user `sku`}}",
            "os_type": "Windows",
        }
    ],
    "provisioners": [{"type": "powershell", "environment_vars": [f"P={PLANTED}"]}],
}
HCL = f"""
variable "secret" {{
  sensitive = true
  default   = "{PLANTED}"
}}
source "azure-arm" "golden" {{
  client_secret   = var.secret
  winrm_password  = "{PLANTED}"
  image_publisher = "MicrosoftWindowsServer"
  image_offer     = "WindowsServer"
  image_sku       = "2022-datacenter-azure-edition-core"
}}
"""
BUILDER = {
    "type": "Microsoft.VirtualMachineImages/imageTemplates",
    "name": "win",
    "properties": {
        "source": {"type": "PlatformImage", **IMAGE, "version": "latest"},
        "customize": [
            {"type": "PowerShell", "scriptUri": SAS, "inline": [f"net user x {PLANTED}"]}
        ],
    },
}

# --- guests and tables ----------------------------------------

COLLECTED = {
    "HotpatchCollect": 1,
    "ComputerName": "WEB01",
    "DnsName": "web01.contoso.com",
    "Windows": {"ProductName": "Windows Server 2025 Datacenter", "EditionID": "ServerDatacenter"}
    | {"CurrentBuildNumber": "26100", "UBR": 7392, "RegisteredOwner": PLANTED},
    "HotFixes": ["KB5072014"],
    "Waiting": [
        {
            "Title": "2025-12 Update for .NET Framework",
            "Kbs": ["KB5099999"],
            "Categories": ["Updates"],
        }
    ],
    "RestartPending": True,
    "VbsStatus": 1,
    "SecureBoot": 1,
    "FirmwareType": 2,
    "Arc": {"Installed": True, "status": "Connected", "agentVersion": "1.5", "tenantId": PLANTED},
    "Azure": None,
}
ANSIBLE = {
    "_meta": {
        "hostvars": {
            "web01_ab12": {
                "id": f"{COMPUTE}/virtualMachines/web01",
                "name": "web01",
                "location": "uksouth",
                "powerstate": "running",
                "tags": {"env": "prod"},
                "os_profile": {"system": "windows", "admin_password": PLANTED},
                "os_disk": {"id": SAS, "operating_system_type": "windows"},
                "image": IMAGE,
                "ansible_password": PLANTED,
                "ansible_become_pass": PLANTED,
            }
        }
    },
    "all": {"vars": {"vault": PLANTED}},
}
TABLE = (
    "name,platform,os,build,kbs,arc.status,arc.hotpatch,arc.vbs,secure boot,tags.env,password\n"
    f"a,arc,Windows Server 2025 Datacenter,26100.7392,KB5072014,Connected,Enabled,"
    f"running,true,prod,{PLANTED}\n"
    f'"b ""x""\n: y",arc,Windows Server 2025 Standard,26100.6905,,Connected,N/A,off,,,{PLANTED}\n'
    f"c,azure-local,,26100.7178,,,,,,dev,{PLANTED}\n"
)
INVENTORY = f"""
fleet: contoso
defaults: {{timezone: Europe/Stockholm, window: sun, reboot_minutes: 20}}
windows:
  sun: {{rrule: FREQ=WEEKLY;BYDAY=SU, start: 02:00, duration: 4h}}
freezes:
- {{name: year end, from: 2025-12-20, to: 2026-01-06, groups: [web]}}
groups:
  web: {{max_unavailable: 25%}}
rings:
- {{name: canary, soak: 24h}}
limits: {{max_concurrent: 3, per_tag: {{env: 1}}}}
machines:
- name: web01
  platform: azure
  id: {COMPUTE}/virtualMachines/web01
  image: MicrosoftWindowsServer:WindowsServer:2022-datacenter-azure-edition-core:latest
  region: uksouth
  generation: 2
  patching: {{mode: AutomaticByPlatform, hotpatching: true, vm_agent: true, reboot: NeverReboot}}
  build: 20348.4346
  kbs: [KB5068840]
  groups: [web]
  ring: canary
  tags: {{env: "on", "a: b": "00123"}}
  x-note: {PLANTED}
- {{name: "null", platform: arc, os: Windows Server 2025 Datacenter, build: 26100.6905,
     weight: 2.5, done: true}}
- {{name: c1, platform: azure, timezone: null,
     container: mcr.microsoft.com/windows/servercore:ltsc2025}}
- {{name: r1, platform: azure, restored: true, reboot_at: 2026-01-18T02:00+01:00, owner: "a #b"}}
- name: p1
  platform: azure-local
  image: {{publisher: MicrosoftWindowsServer, offer: WindowsServer,
            sku: 2025-datacenter-azure-edition}}
  azure_local: {{version: "2503", azure_verification: true}}
  restart_pending: true
  pending: [{{title: ".NET, x", kind: dotnet}}, {{kb: KB5099999}}]
"""


def _excel() -> bytes:
    import csv

    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in csv.reader(io.StringIO(TABLE)):
        sheet.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


HOSTS = (
    "machines:\n- {name: sql01, platform: arc, os: Windows Server 2025 Datacenter, "
    "arc: {status: Connected}}\n"
)
SYSTEMINFO = (
    "\nHost Name:                     SQL01\nOS Name:                       Microsoft "
    "Windows Server 2025 Datacenter\n"
    f"OS Version:                    10.0.26100 N/A Build 26100\nRegistered Owner:       "
    f"       {PLANTED}\n"
    "Hotfix(s):                     1 Hotfix(s) Installed.\n                             "
    "  [01]: KB5072014\n"
)
SAMPLES: dict[str, Sample] = {
    "inventory": Sample({"fleet.yaml": INVENTORY}),
    "inventory as JSON": Sample(
        {"fleet.json": _json({"machines": [{"name": "a", "platform": "arc", "x-s": PLANTED}]})}
    ),
    "collected": Sample(
        {
            "web01.json": json.dumps(COLLECTED)
            + "\n"
            + json.dumps(COLLECTED | {"ComputerName": "B"})
            + "\n"
        }
    ),
    "azure-vms": Sample({"vms.json": _json({"value": _azure_vms()})}),
    "arc": Sample({"arc.json": _json(_arc())}),
    "azure-local": Sample({"local.json": _json(_azure_local())}),
    "patch-state": Sample(
        {"patches.json": _json({"data": _patches()}), "arc.json": _json([arc("sql01")])}
    ),
    "patch-state of guests": Sample({"sql01.txt": SYSTEMINFO, "fleet.yaml": HOSTS}),
    "maintenance": Sample({"mc.json": _json(_maintenance()), "vms.json": _json([vm("web01")])}),
    "terraform": Sample({"plan.json": _json(_terraform())}),
    "arm-template": Sample({"main.json": _json(_template())}),
    "what-if": Sample({"what-if.json": _json(_what_if())}),
    "packer": Sample({"golden.json": _json(PACKER)}),
    "packer in HCL": Sample({"golden.pkr.hcl": HCL}),
    "image-builder": Sample({"win.json": _json(BUILDER)}),
    "ansible": Sample({"hosts.json": _json(ANSIBLE)}),
    "table": Sample({"fleet.csv": TABLE}),
    "table in Excel": Sample({"fleet.xlsx": _excel()}),
    "several, joined": Sample(
        {
            "vms.json": _json([vm("web01"), vm("web02")]),
            "hosts.json": _json(ANSIBLE),
            "more.csv": "name,patching.mode,tags.team\nweb02,Manual,a\n",
            "fleet.yaml": "windows: {w: {days: [Sat], start: 1:00, duration: 2h}}\nmachines:\n"
            "- {name: web02, platform: azure, window: w, timezone: Europe/Paris}\n",
        }
    ),
    "several, contradicting": Sample(
        {
            "vms.json": _json([vm("web01")]),
            "fleet.yaml": f"machines:\n- {{name: web01, platform: azure, id: {COMPUTE}/"
            f"virtualMachines/web01, "
            "build: 26100.7178, patching: {mode: Manual}}\n",
        }
    ),
}
