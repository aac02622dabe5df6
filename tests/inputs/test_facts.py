"""Every source that can carry a fact fills it: boot security, the running system, pending updates,
what is declared.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from source_samples import ARC, BUILDER, COMPUTE, GROUP, HCL, IMAGE, PACKER, arc, vm

from hotpatch_cli.inputs.fleet import load_fleet
from hotpatch_cli.model import Facts, PendingUpdate, Security, SecurityType
from tests.conftest import Hotpatch


def facts_of(folder: Path, content: Any, name: str = "export.json", **more: Any) -> Facts:
    """The facts of the only machine in a file, with what other files say of it."""
    files = {name: content} | {key.replace("_", "."): value for key, value in more.items()}
    for each, text in files.items():
        (folder / each).write_text(
            text if isinstance(text, str) else json.dumps(text), encoding="utf-8"
        )
    fleet, _ = load_fleet([str(folder / each) for each in files])
    (machine,) = fleet.machines
    return machine.facts


# --- boot security and the running system ----------------------------------------

PROFILE = {
    "securityType": "TrustedLaunch",
    "uefiSettings": {"secureBootEnabled": True, "vTpmEnabled": False},
}
TRUSTED = Security(SecurityType.parse("TrustedLaunch"), secure_boot=True, vtpm=False)
VIEW = {"hyperVGeneration": "V2", "osName": "Windows Server 2025 Datacenter Azure Edition"}
VIEW |= {"osVersion": "10.0.26100.33158"}


def flat(machine: dict[str, Any]) -> dict[str, Any]:
    """A VM as az prints it."""
    return {**machine, **machine["properties"], "properties": None}


def template(*resources: dict[str, Any]) -> dict[str, Any]:
    """A template of Azure Resource Manager."""
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    return {"$schema": schema, "parameters": {"x": {"type": "bool"}}, "resources": list(resources)}


def plan(
    kind: str, values: dict[str, Any], key: str = "planned_values", *actions: str
) -> dict[str, Any]:
    """A plan, or with another key a state, of one resource."""
    resource = {"address": "vm", "mode": "managed", "type": kind, "values": values}
    changes = [{"address": "vm", "change": {"actions": list(actions)}}] if actions else []
    return {
        "format_version": "1.2",
        "terraform_version": "1.9",
        key: {"root_module": {"resources": [resource]}},
        "resource_changes": changes,
    }


AZAPI = {"type": "Microsoft.Compute/virtualMachines@2024-07-01", "name": "web01"}
ROW = {"name": "web01", "id": f"{COMPUTE}/virtualMachines/web01"}
INSTANCE = {
    "id": f"{ARC}/app01/providers/Microsoft.AzureStackHCI/virtualMachineInstances/default",
    "type": "Microsoft.AzureStackHCI/virtualMachineInstances",
    "properties": {"securityProfile": {**PROFILE, "enableTPM": False}},
}
SECURITY: dict[str, tuple[Any, Security]] = {
    "REST": (vm("web01", securityProfile=PROFILE), TRUSTED),
    "az": ([flat(vm("web01", securityProfile=PROFILE))], TRUSTED),
    "Resource Graph": ({"data": [vm("web01", securityProfile=PROFILE)], "count": 1}, TRUSTED),
    "template": (template(vm("web01", securityProfile=PROFILE)), TRUSTED),
    "template with an open flag": (
        template(
            vm(
                "web01",
                securityProfile=PROFILE
                | {"uefiSettings": {"secureBootEnabled": "[parameters('x')]"}},
            )
        ),
        Security(SecurityType.parse("TrustedLaunch")),
    ),
    "azapi": (
        plan("azapi_resource", AZAPI | {"body": vm("web01", securityProfile=PROFILE)}),
        TRUSTED,
    ),
    "azurerm": (
        plan(
            "azurerm_windows_virtual_machine", {"secure_boot_enabled": True, "vtpm_enabled": False}
        ),
        Security(None, secure_boot=True, vtpm=False),
    ),
    "azurerm, confidential": (
        plan(
            "azurerm_windows_virtual_machine",
            {"os_disk": [{"security_encryption_type": "VMGuestStateOnly"}]},
        ),
        Security(SecurityType.parse("ConfidentialVM")),
    ),
    "azurerm, not stated": (
        plan("azurerm_windows_virtual_machine", {"secure_boot_enabled": None}),
        Security(),
    ),
    "Azure Local": ([INSTANCE], TRUSTED),
    "columns": (
        [ROW | {"securityType": "TrustedLaunch", "secureBootEnabled": "true", "vTpmEnabled": 0}],
        TRUSTED,
    ),
    "columns of paths": (
        [
            ROW
            | {
                "properties.securityProfile.securityType": "TrustedLaunch",
                "properties_securityProfile_uefiSettings_secureBootEnabled": "true",
                "securityProfile.uefiSettings.vTpmEnabled": "false",
            }
        ],
        TRUSTED,
    ),
    "rows of Resource Graph": (
        {"count": 1, "data": [ROW | {"securityType": "Standard"}]},
        Security(SecurityType.parse("Standard")),
    ),
    "nothing said": (vm("web01"), Security()),
}


@pytest.mark.parametrize(("content", "expected"), SECURITY.values(), ids=SECURITY)
def test_boot_security(tmp_path: Path, content: Any, expected: Security) -> None:
    """Security type, Secure Boot and vTPM are read where the source states them, and missing where
    it does not.
    """
    assert facts_of(tmp_path, content).security == expected


def test_secure_boot_of_another_machine_is_of_arc(tmp_path: Path) -> None:
    """The same column of a machine of Azure Arc is a fact of Arc."""
    row = {"name": "sql01", "platform": "arc", "secureBootEnabled": "true"}
    facts = facts_of(tmp_path, [row])
    assert (facts.arc.secure_boot, facts.security) == (True, Security())


def test_secure_boot_alone_makes_no_machine_of_arc(tmp_path: Path) -> None:
    """With an image beside it the row is a VM of Azure."""
    row = {"name": "web01", "image": ":".join(IMAGE.values()), "secureBootEnabled": "true"}
    assert facts_of(tmp_path, [row]).platform == "azure"


RUNNING: dict[str, Any] = {
    "REST": vm("web01", instanceView=VIEW, extended=None),
    "az": [flat(vm("web01", instanceView=VIEW, extended=None))],
    "Resource Graph": vm("web01", extended={"instanceView": VIEW}),
    "columns": [ROW | VIEW],
    "columns of paths": [
        ROW | {f"properties.extended.instanceView.{key}": value for key, value in VIEW.items()}
    ],
}


@pytest.mark.parametrize("content", RUNNING.values(), ids=RUNNING)
def test_the_running_system(tmp_path: Path, content: Any) -> None:
    """Name, build and generation of the instance view are facts, however the export has it."""
    facts = facts_of(tmp_path, content)
    assert (facts.os, str(facts.build), facts.generation) == (VIEW["osName"], VIEW["osVersion"], 2)


# --- what is only declared ----------------------------------------

MACHINE = "azurerm_windows_virtual_machine"
DECLARED: dict[str, tuple[str, Any, bool]] = {
    "template": ("main.json", template(vm("web01")), True),
    "plan": ("plan.json", plan(MACHINE, {}), True),
    "plan that creates": ("plan.json", plan(MACHINE, {}, "planned_values", "create"), True),
    "plan that updates": ("plan.json", plan(MACHINE, {}, "planned_values", "update"), True),
    "plan that changes nothing": ("plan.json", plan(MACHINE, {}, "planned_values", "no-op"), False),
    "state": ("state.json", plan(MACHINE, {}, "values"), False),
    "azapi in a plan": ("plan.json", plan("azapi_resource", AZAPI | {"body": vm("web01")}), True),
    "azapi in a state": (
        "state.json",
        plan("azapi_resource", AZAPI | {"body": vm("web01")}, "values"),
        False,
    ),
    "Packer": ("golden.json", PACKER, True),
    "Packer in HCL": ("golden.pkr.hcl", HCL, True),
    "Image Builder": ("win.json", BUILDER, True),
    "export": ("vms.json", [vm("web01")], False),
    "inventory": ("fleet.yaml", "machines:\n- {name: a, platform: azure}\n", False),
}


@pytest.mark.parametrize(("name", "content", "declared"), DECLARED.values(), ids=DECLARED)
def test_what_is_declared(tmp_path: Path, name: str, content: Any, declared: bool) -> None:
    """Templates, plans and pipelines declare machines; exports and states have
    machines that exist.
    """
    assert facts_of(tmp_path, content, name).declared is declared


# --- installed and pending ----------------------------------------

STANDARD = (
    "2026-08 Cumulative Update for Microsoft server operating system version 24H2 "
    "for x64 (KB5120233)"
)
HOTPATCH = "2026-08 Hotpatch for Windows Server 2025 (KB5120228)"
SHORT = "2026-08 Security Update (KB5120233) (26100.33296)"
DOTNET = "2026-08 Cumulative Update for .NET Framework 4.8.1 (KB5121000)"
DRIVER = "Intel driver update 1.2"
DEFENDER = "Security Intelligence Update for Microsoft Defender Antivirus - KB2267602 (Version 1.4)"
TITLES = (STANDARD, HOTPATCH, DOTNET, DRIVER, DEFENDER)
PENDING = (
    PendingUpdate(STANDARD, "KB5120233"),
    PendingUpdate(HOTPATCH, "KB5120228"),
    PendingUpdate(DOTNET, "KB5121000", "dotnet"),
    PendingUpdate(DRIVER, None, "driver"),
)
HOST = (
    f"name,platform,id,os,build\nsql01,arc,{ARC}/sql01,Windows Server 2025 Datacenter,26100.33158\n"
)


def results(kind: str, *titles: str, **said: Any) -> list[dict[str, Any]]:
    """Single patches as Resource Graph lists them; a driver has no KB."""
    found = []
    for number, title in enumerate(titles):
        number_in = title.partition("KB")[2][:7]
        properties = {
            "patchName": title,
            "kbId": number_in or None,
            "classifications": ["Security"],
            **said,
        }
        where = f"{ARC}/sql01/patch{kind}Results/latest/softwarePatches/{number}"
        name = f"microsoft.hybridcompute/machines/patch{kind}results/softwarepatches"
        found.append({"id": where, "type": name, "properties": properties})
    return found


def named(*titles: str) -> list[dict[str, Any]]:
    """Patches as assessPatches answers them."""
    return [{"name": title, "classifications": ["Security"]} for title in titles]


Listed = Callable[..., tuple[str, Any]]
LISTS: dict[str, Listed] = {
    "assessment": lambda *titles: ("state.json", {"data": results("Assessment", *titles)}),
    "installation": lambda *titles: (
        "state.json",
        {"data": results("Installation", *titles, installationState="Pending")},
    ),
    "assessPatches": lambda *titles: (
        "sql01.json",
        {"assessmentActivityId": "x", "availablePatches": named(*titles)},
    ),
    "win_updates": lambda *titles: (
        "state.json",
        {
            "sql01": {
                "found_update_count": len(titles),
                "updates": {
                    str(number): {
                        "title": title,
                        "kb": [title.partition("KB")[2][:7]],
                        "installed": False,
                    }
                    for number, title in enumerate(titles)
                },
            }
        },
    ),
    "collected": lambda *titles: (
        "state.json",
        {
            "HotpatchCollect": 1,
            "ComputerName": "sql01",
            "Waiting": [
                {"Title": title, "Kbs": [], "Categories": ["Security Updates"]} for title in titles
            ],
        },
    ),
    "table": lambda *titles: (
        "more.csv",
        f"name,platform,Pending updates\nsql01,arc,{'; '.join(titles)}\n",
    ),
    "table of JSON": lambda *titles: (
        "more.jsonl",
        json.dumps(
            {"name": "sql01", "platform": "arc", "pending": [{"title": each} for each in titles]}
        )
        + "\n",
    ),
    "inventory": lambda *titles: (
        "more.json",
        {
            "machines": [
                {
                    "name": "sql01",
                    "platform": "arc",
                    "pending": [{"title": each} for each in titles],
                }
            ]
        },
    ),
}
EVERY_LIST = pytest.mark.parametrize("listed", LISTS.values(), ids=LISTS)


@EVERY_LIST
def test_one_list_of_pending_updates(tmp_path: Path, listed: Listed) -> None:
    """Whatever the source, each update that may restart is pending with its KB, and only others
    have a kind.
    """
    name, content = listed(*TITLES)
    facts = facts_of(tmp_path, content, name, fleet_csv=HOST)
    assert facts.pending == PENDING


@EVERY_LIST
@pytest.mark.parametrize(
    ("title", "code"),
    [(DOTNET, "HP306"), (DRIVER, "HP306"), (DEFENDER, None)],
)
def test_a_conversion_has_the_same_pending_updates(
    hotpatch: Hotpatch, listed: Listed, title: str, code: str | None
) -> None:
    """An update has the same findings by itself, and in the inventory that `convert` writes."""
    name, content = listed(title, STANDARD)
    hotpatch.write(name, content if isinstance(content, str) else json.dumps(content))
    hotpatch.write("fleet.csv", HOST)
    day = ("--as-of", "2026-08-20", "-f", "json")
    first = hotpatch("check", name, "fleet.csv", *day)
    assert hotpatch("convert", name, "fleet.csv", "-o", "out.yaml").code == 0
    second = hotpatch("check", "out.yaml", *day)
    codes = [
        [reason["code"] for reason in done.machines["sql01"]["reasons"]] for done in (first, second)
    ]
    assert codes[0] == codes[1]
    assert code is None or code in codes[0]
    assert "KB5120233" in (hotpatch.folder / "out.yaml").read_text()


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("KB5120233", (PendingUpdate(None, "KB5120233"),)),
        (
            "KB5120233; 5121000",
            (PendingUpdate(None, "KB5120233"), PendingUpdate(None, "KB5121000")),
        ),
        (SHORT, (PendingUpdate(SHORT, "KB5120233"),)),
        ("0", ()),
        ("3", ()),
        ("none", ()),
    ],
)
def test_a_cell_of_pending_updates(
    tmp_path: Path, cell: str, expected: tuple[PendingUpdate, ...]
) -> None:
    """A KB alone is a KB, a title names its own, and a number of updates names none."""
    table = f"name,platform,missing updates\nsql01,arc,{cell}\n"
    assert facts_of(tmp_path, table, "fleet.csv").pending == expected


def test_sources_add_to_one_list(tmp_path: Path) -> None:
    """An update that two sources list is one, and one that another source has as installed is
    pending no more.
    """
    name, content = LISTS["assessment"](STANDARD, DOTNET)
    more = "name,platform,kbs,pending\nsql01,arc,KB5121000,KB5120233; Driver for x\n"
    facts = facts_of(tmp_path, content, name, fleet_csv=HOST, more_csv=more)
    assert set(facts.pending) == {
        PendingUpdate(STANDARD, "KB5120233"),
        PendingUpdate("Driver for x", None, "driver"),
    }


def test_installed_and_waiting_for_the_restart(tmp_path: Path) -> None:
    """An installation that requires a restart gives the KB and the restart that waits."""
    run = {
        "id": f"{ARC}/sql01/patchInstallationResults/run",
        "type": "microsoft.hybridcompute/machines/patchinstallationresults",
        "properties": {
            "osType": "Windows",
            "rebootStatus": "Required",
            "startDateTime": "2026-07-15T02:00:00Z",
        },
    }
    rows = [
        run,
        *results(
            "Installation", "2026-07 Cumulative Update (KB5099536)", installationState="Installed"
        ),
    ]
    facts = facts_of(tmp_path, {"data": rows}, fleet_csv=HOST)
    assert (facts.kbs, facts.restart_pending, facts.pending) == (("KB5099536",), True, ())
    assert facts.os_type == "windows"


def summary(
    assessed: Any = None, status: Any = None, first: int = 1, then: int = 2
) -> dict[str, Any]:
    """The patch status of an instance view: the assessment on one day, the
    installation on another.
    """
    return {
        "availablePatchSummary": {
            "rebootPending": assessed,
            "lastModifiedTime": f"2026-07-0{first}T00:00:00Z",
        },
        "lastPatchInstallationSummary": {
            "rebootStatus": status,
            "lastModifiedTime": f"2026-07-0{then}T00:00:00Z",
        },
    }


STATUS: dict[str, tuple[dict[str, Any] | None, bool | None]] = {
    "assessed": ({"availablePatchSummary": {"rebootPending": True}}, True),
    "assessed, none": ({"availablePatchSummary": {"rebootPending": False}}, False),
    "installed": ({"lastPatchInstallationSummary": {"rebootStatus": "Required"}}, True),
    "installed, without times": (
        {
            "availablePatchSummary": {"rebootPending": False},
            "lastPatchInstallationSummary": {"rebootStatus": "Failed"},
        },
        True,
    ),
    "installed after the assessment": (summary(assessed=False, status="Required"), True),
    "assessed after the installation": (summary(assessed=False, status="Required", first=3), False),
    "restarted after the assessment": (summary(assessed=True, status="Completed"), False),
    "no restart needed by the last one": (summary(assessed=True, status="NotNeeded"), True),
    "nothing said": ({}, None),
    "null": (None, None),
}


@pytest.mark.parametrize(("status", "waits"), STATUS.values(), ids=STATUS)
@pytest.mark.parametrize("shape", ["REST", "az", "Resource Graph"])
def test_the_restart_of_an_instance_view(
    tmp_path: Path, status: dict[str, Any] | None, waits: bool | None, shape: str
) -> None:
    """What was looked at last tells whether a restart waits."""
    inside = {"patchStatus": status}
    where = (
        {"extended": {"instanceView": inside}}
        if shape == "Resource Graph"
        else {"instanceView": inside}
    )
    machine = vm("web01", **where)
    assert (
        facts_of(tmp_path, [flat(machine) if shape == "az" else machine]).restart_pending is waits
    )


def test_the_last_of_assessment_and_installation_tells(tmp_path: Path) -> None:
    """An assessment that is newer than an installation says that its restart is done."""
    rows = [
        {
            "id": f"{ARC}/sql01/patchInstallationResults/run",
            "type": "microsoft.hybridcompute/machines/patchinstallationresults",
            "properties": {
                "rebootStatus": "Required",
                "lastModifiedDateTime": "2026-07-15T02:00:00Z",
            },
        },
        {
            "id": f"{ARC}/sql01/patchAssessmentResults/latest",
            "type": "microsoft.hybridcompute/machines/patchassessmentresults",
            "properties": {"rebootPending": False, "lastModifiedDateTime": "2026-07-16T02:00:00Z"},
        },
    ]
    assert facts_of(tmp_path, {"data": rows}, fleet_csv=HOST).restart_pending is False


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"osName": "windows", "osType": "windows"}, "windows"),
        ({"osName": None, "osType": "linux", "osSku": None}, "linux"),
        ({"osName": "linux", "osType": None, "osSku": None}, "linux"),
        ({"osName": "Windows Server 2025 Datacenter", "osType": None, "osSku": None}, None),
    ],
)
def test_the_system_of_arc(tmp_path: Path, said: dict[str, Any], expected: str | None) -> None:
    """`osType` and `osName` have the type; a name in full is the words for the system."""
    facts = facts_of(tmp_path, [arc("sql01", **said)])
    assert facts.os_type == expected
    assert facts.os is None or facts.os.startswith("Windows Server 2025")


def test_a_local_image_tells_the_system(tmp_path: Path) -> None:
    """The image of a VM of Azure Local says what runs in it, where the VM does not."""
    image = f"{GROUP}/Microsoft.AzureStackHCI/galleryImages/mine"
    kind = "Microsoft.AzureStackHCI/galleryImages"
    rows = [
        INSTANCE | {"properties": {"storageProfile": {"imageReference": {"id": image}}}},
        {"id": image, "name": "mine", "type": kind, "properties": {"osType": "Linux"}},
    ]
    assert facts_of(tmp_path, rows).os_type == "linux"


@pytest.mark.parametrize("actions", [["create"], ["no-op"]])
def test_a_conversion_keeps_what_is_declared(hotpatch: Any, actions: list[str]) -> None:
    """A plan that fails a gate fails it as an inventory too: what Azure and azurerm refuse is not
    forgotten.
    """
    address = "azurerm_windows_virtual_machine.web"
    resource = {
        "address": address,
        "mode": "managed",
        "type": "azurerm_windows_virtual_machine",
        "name": "web",
    }
    image = {"publisher": "MicrosoftWindowsServer", "offer": "WindowsServer"}
    values = {
        "source_image_reference": [
            image | {"sku": "2022-Datacenter-Azure-Edition-Core", "version": "latest"}
        ],
        "patch_mode": "AutomaticByPlatform",
        "hotpatching_enabled": True,
        "bypass_platform_safety_checks_on_user_schedule_enabled": True,
    }
    plan = {
        "format_version": "1.2",
        "terraform_version": "1.9.0",
        "planned_values": {"root_module": {"resources": [resource | {"values": values}]}},
        "resource_changes": [resource | {"change": {"actions": actions, "after": values}}],
    }
    hotpatch.write("plan.json", json.dumps(plan))
    hotpatch.write("fleet.yaml", hotpatch("convert", "plan.json").out)
    first, second = (
        hotpatch("check", each, "--as-of", "2026-11-26", "-f", "json")
        for each in ("plan.json", "fleet.yaml")
    )
    levels = [
        [(each["code"], each["level"]) for each in done.machines[address]["reasons"]]
        for done in (first, second)
    ]
    assert levels[0] == levels[1]
    assert ("HP110", "error") in levels[0]
    assert first.code == second.code == 1


@pytest.mark.parametrize(
    ("block", "skipped"), [([{"disable_password_authentication": None}], 0), ([{"a": True}], 1)]
)
def test_a_block_of_nulls_configures_nothing(hotpatch: Any, block: list[Any], skipped: int) -> None:
    """Terraform's Linux block without a value is no sign of Linux."""
    names = [("a", block), ("b", [])]
    listed = [
        {
            "address": f"azurerm_virtual_machine.{name}",
            "mode": "managed",
            "type": "azurerm_virtual_machine",
            "values": {"os_profile_linux_config": linux},
        }
        for name, linux in names
    ]
    state = {
        "format_version": "1.0",
        "terraform_version": "1.9.0",
        "values": {"root_module": {"resources": listed}},
    }
    done = hotpatch.check(json.dumps(state), name="state.json")
    assert done.json["summary"]["skipped"] == skipped
