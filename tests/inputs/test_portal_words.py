"""Columns of the portal and of queries: their words mean the facts of the machine's platform."""

import json
from typing import Any

import pytest
import yaml

HEADER = (
    "Name,Resource type,Operating system,OS name,Patch orchestration,Hotpatch status,"
    "Image publisher,Image offer,Image SKU\n"
)
IMAGE = "MicrosoftWindowsServer,WindowsServer,2025-datacenter-azure-edition"
VM = "vm1,Azure virtual machine,Windows,Windows Server 2025 Datacenter Azure Edition"
ARC = "arc1,Arc-enabled server,Windows,Windows Server 2025 Datacenter"


def machine(hotpatch: Any, text: str, name: str = "machines.csv") -> dict[str, Any]:
    """The only machine of a table, as an inventory has it."""
    done = hotpatch("convert", hotpatch.write(name, text))
    assert done.code == 0, done.err
    fleet = yaml.safe_load(done.out)
    (found,) = fleet["machines"]
    return fleet.get("defaults", {}) | found


@pytest.mark.parametrize(
    ("words", "patching"),
    [
        ("Customer Managed Schedules", {"mode": "AutomaticByPlatform", "bypass": True}),
        ("Azure Managed - Safe Deployment", {"mode": "AutomaticByPlatform", "bypass": False}),
        ("Windows automatic updates", {"mode": "AutomaticByOS"}),
        ("Manual updates", {"mode": "Manual"}),
        ("Image Default", {"mode": "ImageDefault"}),
        ("AutomaticByPlatform", {"mode": "AutomaticByPlatform"}),
        ("N/A", {}),
    ],
)
def test_an_orchestration_is_a_patch_mode(
    hotpatch: Any, words: str, patching: dict[str, Any]
) -> None:
    """The portal's words for patch orchestration are a mode and the bypass flag."""
    found = machine(hotpatch, f"{HEADER}{VM},{words},,{IMAGE}\n").get("patching", {})
    if "bypass_safety_checks" in found:
        found["bypass"] = found.pop("bypass_safety_checks")
    assert found == patching


@pytest.mark.parametrize(
    ("words", "vm", "arc"),
    [
        ("Enabled", {"hotpatching": True}, {"hotpatch": "Enabled"}),
        ("Disabled", {"hotpatching": False}, {"hotpatch": "Disabled"}),
        ("Not Available", {}, {}),
        ("In Progress", {}, {"hotpatch": "Pending"}),
        ("Pending", {}, {"hotpatch": "Pending"}),
        ("Cancelled", {}, {"hotpatch": "Canceled"}),
        ("Canceled", {}, {"hotpatch": "Canceled"}),
        ("Not enrolled", {}, {"hotpatch": "Not Enrolled"}),
        ("Pending evaluation", {}, {"enablement": "PendingEvaluation"}),
    ],
)
def test_a_hotpatch_status_is_of_the_platform(
    hotpatch: Any, words: str, vm: dict[str, Any], arc: dict[str, Any]
) -> None:
    """The status is the setting of an Azure VM, and the license of an Arc machine."""
    found = machine(hotpatch, f"{HEADER}{VM},,{words},{IMAGE}\n")
    assert (found["platform"], found.get("patching", {})) == ("azure", vm)
    found = machine(hotpatch, f"{HEADER}{ARC},,{words},,,\n")
    assert (found["platform"], found.get("arc", {})) == ("arc", arc)


def test_an_unknown_word_names_its_column(hotpatch: Any) -> None:
    """A word that the portal doesn't have is one problem."""
    done = hotpatch("check", hotpatch.write("m.csv", f"{HEADER}{VM},Sometimes,,{IMAGE}\n"))
    assert (done.code, done.err.count("m.csv:")) == (2, 1)
    assert "m.csv:2:1: In the column 'Patch orchestration': 'Sometimes' isn't one of" in done.err


def test_linux_machines_of_the_view_are_skipped(hotpatch: Any) -> None:
    """`Operating system` is the type where another column has the name."""
    rows = f"{HEADER}{ARC},N/A,Enabled,,,\nlin1,Arc-enabled server,Linux,,N/A,Something,,,\n"
    done = hotpatch("check", hotpatch.write("m.csv", rows), "-f", "json")
    assert (list(done.machines), done.code) == (["arc1"], 3)


@pytest.mark.parametrize(
    ("words", "platform"),
    [
        ("microsoft.compute/virtualmachines", "azure"),
        ("Virtual machine", "azure"),
        ("microsoft.hybridcompute/machines", "arc"),
        ("Machine - Azure Arc", "arc"),
        ("Azure Local VM", "azure-local"),
    ],
)
def test_a_type_is_the_platform(hotpatch: Any, words: str, platform: str) -> None:
    """Types of Azure Resource Manager and of the portal name the platform, in every table."""
    text = f"name,type,build\nweb01,{words},26100.7392\n"
    assert machine(hotpatch, text)["platform"] == platform
    rows = [{"name": f"web0{number}", "type": words, "build": "26100.7392"} for number in (1, 2)]
    lines = "\n".join(map(json.dumps, rows)) + "\n"
    done = hotpatch("check", hotpatch.write("m.jsonl", lines), "-f", "json")
    assert {found["platform"] for found in done.machines.values()} == {platform}


def test_another_type_names_no_platform(hotpatch: Any) -> None:
    """A column `type` of other words decides nothing."""
    done = hotpatch("check", hotpatch.write("m.csv", "name,type,build\nweb01,Physical,26100.1\n"))
    assert "The platform is missing for this row." in done.err


def test_columns_may_end_in_a_path_of_azure(hotpatch: Any) -> None:
    """What stands before the path doesn't matter, nor how its parts are joined."""
    part = "properties_storageProfile_imageReference_"
    text = (
        f"name,type,{part}publisher,{part}offer,"
        "vm.properties.storageProfile.imageReference.sku,hotpatchEnabled\n"
        f"web01,microsoft.compute/virtualmachines,{IMAGE},true\n"
    )
    found = machine(hotpatch, text)
    assert found["image"] == IMAGE.replace(",", ":")
    assert found["patching"] == {"hotpatching": True}


@pytest.mark.parametrize(
    ("columns", "arc"),
    [
        ({"hotpatchStatus": "Enabled", "hotpatchEnabled": True}, {"hotpatch": "Enabled"}),
        ({"hotpatchEnabled": True}, {"hotpatch": "Enabled"}),
        ({"hotpatchEnabled": "false"}, {"hotpatch": "Disabled"}),
        ({"hotpatchStatus": "Cancelled", "hotpatchEnabled": False}, {"hotpatch": "Canceled"}),
    ],
)
def test_an_arc_query_keeps_its_hotpatch_columns(
    hotpatch: Any, columns: dict[str, Any], arc: dict[str, Any]
) -> None:
    """Rows with Arc's own columns and the query's have both; the status counts first."""
    row = {
        "name": "arc1",
        "id": "/subscriptions/0/resourceGroups/g/providers/Microsoft.HybridCompute/machines/arc1",
        "type": "microsoft.hybridcompute/machines",
        "osSku": "Windows Server 2025 Datacenter",
    }
    assert machine(hotpatch, json.dumps([row | columns]), "q.json")["arc"] == arc


def test_an_image_of_az_has_its_own_keys(hotpatch: Any) -> None:
    """az adds `exactVersion` and the ids of galleries to each image reference."""
    image = {
        "communityGalleryImageId": None,
        "exactVersion": "26100.4652.250808",
        "id": None,
        "offer": "WindowsServer",
        "publisher": "MicrosoftWindowsServer",
        "sku": "2025-datacenter-azure-edition",
        "sharedGalleryImageId": None,
        "version": "latest",
    }
    expected = IMAGE.replace(",", ":") + ":latest"
    assert machine(hotpatch, json.dumps([{"name": "a", "image": image}]), "q.json")["image"] == (
        expected
    )
    cell = json.dumps(image).replace('"', '""')
    assert machine(hotpatch, f'name,image\na,"{cell}"\n')["image"] == expected


def test_an_unknown_key_of_an_image_stays_a_problem(hotpatch: Any) -> None:
    """Only what Azure writes is known."""
    text = json.dumps([{"name": "a", "image": {"publisher": "x", "colour": "y"}}])
    done = hotpatch("check", hotpatch.write("q.json", text))
    assert (done.code, "Unknown key 'colour' in an image" in done.err) == (2, True)


def test_a_whole_number_may_have_a_zero_fraction(hotpatch: Any) -> None:
    """pandas writes 30 as 30.0 where a column has gaps; a build is never changed."""
    header = "name,platform,build,reboot_minutes,generation,zone,restart_pending\n"
    found = machine(hotpatch, f"{header}a,azure,26100.7392,30.0,2.0,1.0,0.0\n")
    assert (found["reboot_minutes"], found["generation"], found["zone"]) == (30, 2, "1")
    assert (found["build"], found["restart_pending"]) == ("26100.7392", False)
    done = hotpatch("check", hotpatch.write("m.csv", f"{header}a,azure,,30.5,,,\n"))
    assert "In the column 'reboot_minutes': Expected a whole number" in done.err


def test_a_build_keeps_its_zeros(hotpatch: Any) -> None:
    """26100.0 isn't 26100."""
    assert machine(hotpatch, "name,platform,build\na,arc,26100.0\n")["build"] == "26100.0"
