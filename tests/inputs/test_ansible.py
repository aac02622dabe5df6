"""Ansible: the azure_rm inventory and azure_rm_virtualmachine_info, by the fields that their code
writes.
"""

import json
from typing import Any

import pytest

GROUP = "/subscriptions/0/resourceGroups/RG/providers/Microsoft.Compute"
IMAGE = {
    "publisher": "MicrosoftWindowsServer",
    "offer": "WindowsServer",
    "sku": "2025-datacenter-azure-edition",
    "version": "latest",
}
HOST: dict[str, Any] = {
    "id": f"{GROUP}/virtualMachines/web01",
    "name": "web01",
    "computer_name": "WEB-ONE",
    "location": "uksouth",
    "availability_zone": ["2"],
    "powerstate": "running",
    "tags": {"env": "prod"},
    "resource_type": "Microsoft.Compute/virtualMachines",
    "os_profile": {"system": "windows"},
    "vmss": {},
    "resource_group": "rg",
    "image": IMAGE,
    "os_disk": {"name": "d", "operating_system_type": "windows", "id": "/x"},
    "ansible_password": "PLANTED",
}
VM = {
    "id": f"{GROUP}/virtualMachines/web01",
    "name": "web01",
    "location": "uksouth",
    "power_state": "running",
    "os_type": "Windows",
    "image": IMAGE,
    "zones": ["2"],
    "tags": {"env": "prod"},
    "admin_username": "PLANTED",
    "vm_size": "Standard_D2s_v5",
}


def inventory(**changes: Any) -> str:
    """What `ansible-inventory --list` prints for one host of azure_rm and one of another plugin."""
    hosts = {"web01_ab12": HOST | changes, "localhost": {"ansible_connection": "local"}}
    groups = {"all": {"children": ["ungrouped", "windows"]}, "windows": {"hosts": ["web01_ab12"]}}
    return json.dumps({"_meta": {"hostvars": hosts}, **groups}, indent=1)


YAML = f"""
all:
  children:
    windows:
      hosts:
        web01_ab12: {json.dumps(HOST)}
    prod:
      hosts:
        web01_ab12: {{}}
      children:
        again:
          hosts:
            web01_ab12: {json.dumps(HOST)}
"""
SHAPES = {
    "inventory": ("hosts.json", inventory()),
    "inventory in YAML": ("hosts.yml", YAML),
    "the module's answer": ("vms.json", json.dumps({"changed": False, "vms": [VM]}, indent=1)),
    "answers of a loop": (
        "vms.json",
        json.dumps({"results": [{"vms": [VM]}, {"vms": [VM]}]}, indent=1),
    ),
    "a play that printed JSON": (
        "run.json",
        json.dumps(
            {"plays": [{"tasks": [{"hosts": {"localhost": {"vms": [VM]}}}]}], "stats": {}}, indent=1
        ),
    ),
}


@pytest.mark.parametrize(("name", "text"), SHAPES.values(), ids=SHAPES)
def test_a_vm_is_found_once_in_every_shape_of_ansible(hotpatch: Any, name: str, text: str) -> None:
    """A VM is found once, with its image and place; its patch settings are unknown."""
    done = hotpatch.check(text, name=name)
    (machine,) = done.json["machines"]
    assert (machine["name"], machine["id"], machine["platform"]) == ("web01", VM["id"], "azure")
    assert {each["code"] for each in machine["reasons"] if each["level"] == "error"} == {
        "HP404",
        "HP405",
        "HP406",
    }
    converted = hotpatch("convert", name).out
    assert all(
        word in converted
        for word in ("region: uksouth", 'zone: "2"', 'power: "on"', "tags: {env: prod}")
    )
    assert "PLANTED" not in done.out + done.err + converted


def test_other_hosts_are_told(hotpatch: Any) -> None:
    """Hosts of other plugins are not judged, and are counted."""
    assert "ignored 1 host not from azure_rm" in hotpatch.check(inventory(), name="hosts.json").err


CHANGES: dict[str, tuple[dict[str, Any], str | None, str]] = {
    "a custom image": ({"image": {"id": f"{GROUP}/images/mine"}}, "unsupported", "HP102"),
    "no image reference": ({"image": {}}, "unsupported", "HP102"),
    "no storage profile": ({"image": {}, "os_disk": {}}, "unknown", "HP401"),
    "a member of a uniform scale set": (
        {
            "id": f"{GROUP}/virtualMachineScaleSets/s/virtualMachines/0",
            "vmss": {"id": f"{GROUP}/virtualMachineScaleSets/s"},
        },
        "unsupported",
        "HP106",
    ),
    "powered off": ({"powerstate": "deallocated"}, "unknown", "HP213"),
}


@pytest.mark.parametrize(("change", "verdict", "code"), CHANGES.values(), ids=CHANGES)
def test_what_a_host_tells(hotpatch: Any, change: dict[str, Any], verdict: str, code: str) -> None:
    """Image, scale set and power of a host decide as those of an export do."""
    (machine,) = hotpatch.check(inventory(**change), name="hosts.json").json["machines"]
    assert machine["verdict"] == verdict
    assert code in {each["code"] for each in machine["reasons"]}


def test_linux_is_skipped(hotpatch: Any) -> None:
    """A host that runs Linux is counted and not judged; alone it is nothing to report on."""
    done = hotpatch.check(inventory(os_disk={"operating_system_type": "linux"}), name="hosts.json")
    assert done.code == 2


def test_joined_by_id(hotpatch: Any) -> None:
    """An export adds the patch settings, in whatever letter case it has the id."""
    settings = {
        "provisionVMAgent": True,
        "patchSettings": {"patchMode": "AutomaticByPlatform", "enableHotpatching": True},
    }
    body = {
        "storageProfile": {"imageReference": IMAGE},
        "osProfile": {"windowsConfiguration": settings},
    }
    vm = {
        "id": VM["id"].upper(),
        "name": "WEB01",
        "type": "microsoft.compute/virtualmachines",
        "properties": body,
    }
    files = hotpatch.write("hosts.json", inventory()), hotpatch.write("vms.json", json.dumps([vm]))
    done = hotpatch("check", *files, "-f", "json", "--as-of", "2025-12-15")
    assert [each["verdict"] for each in done.json["machines"]] == ["ready"]


def test_no_host_of_azure(hotpatch: Any) -> None:
    """An inventory of other plugins is named as that."""
    done = hotpatch.check(
        json.dumps({"_meta": {"hostvars": {"a": {"ansible_host": "x"}}}, "all": {}}), name="h.json"
    )
    assert done.code == 2
    assert "No host in this inventory comes from azure_rm" in done.err


def test_a_value_of_another_kind(hotpatch: Any) -> None:
    """A list where text belongs is named with its place."""
    done = hotpatch.check(inventory(location=["x"]), name="hosts.json")
    assert (done.code, done.out) == (2, "")
    assert "Expected text in location, found a list" in done.err


# --- Azure Image Builder ----------------------------------------

SOURCE = {"type": "PlatformImage", **IMAGE}
PROPERTIES = {
    "source": SOURCE,
    "customize": [{"type": "PowerShell", "inline": ["net user a PLANTED"]}],
    "distribute": [],
}
TEMPLATES: dict[str, Any] = {
    "a file for az": {
        "type": "Microsoft.VirtualMachineImages/imageTemplates",
        "location": "x",
        "properties": PROPERTIES,
    },
    "az show, flattened": {
        "id": "/x/imageTemplates/win",
        "name": "win",
        "type": "Microsoft.VirtualMachineImages/imageTemplates",
    }
    | PROPERTIES,
    "a list of REST": {
        "value": [
            {
                "name": "win",
                "type": "Microsoft.VirtualMachineImages/imageTemplates",
                "properties": PROPERTIES,
            }
        ]
    },
    "Resource Graph": {
        "count": 1,
        "data": [
            {
                "name": "win",
                "type": "microsoft.virtualmachineimages/imagetemplates",
                "properties": PROPERTIES,
            }
        ],
    },
    "without its type": {"location": "x", "properties": PROPERTIES},
}


@pytest.mark.parametrize("template", TEMPLATES.values(), ids=TEMPLATES)
def test_an_image_builder_makes_a_custom_image(hotpatch: Any, template: Any) -> None:
    """What comes out cannot hotpatch, whatever the base is; the reason names both."""
    done = hotpatch.check(json.dumps(template, indent=1), name="template.json")
    (machine,) = done.json["machines"]
    (reason,) = machine["reasons"]
    assert (machine["verdict"], reason["code"]) == ("unsupported", "HP102")
    assert "Azure Image Builder" in reason["message"]
    assert "2025-datacenter-azure-edition" in reason["message"]
    assert reason["location"]["line"] > 1
    assert "PLANTED" not in done.out + done.err


def test_a_gallery_base(hotpatch: Any) -> None:
    """A base from a gallery is named by its id."""
    source = {
        "type": "SharedImageVersion",
        "imageVersionId": "/subscriptions/0/galleries/g/images/i/versions/1.0.0",
    }
    done = hotpatch.check(json.dumps({"properties": {"source": source}}), name="template.json")
    assert "/galleries/g/" in done.json["machines"][0]["reasons"][0]["message"]
