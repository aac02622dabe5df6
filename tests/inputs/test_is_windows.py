"""Is it Windows? Every reader decides by the same order of signs, and only by signs that have a
value.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import duckdb
import pytest
from source_samples import ARC, COMPUTE, GROUP

from hotpatch_cli.inputs.fleet import READERS
from tests.conftest import Hotpatch

EXPRESSION = "[parameters('open')]"
OTHERS = ("missing", "null", "empty", "open")
STATES: dict[str, tuple[str, ...]] = {
    "os_type": ("windows", "linux", *OTHERS),
    "words": ("windows", "linux", "missing"),
    "publisher": ("windows", "linux", "other", *OTHERS),
    "windows_configuration": ("windows", *OTHERS),
    "linux_configuration": ("linux", *OTHERS),
}
"""What each sign may say, the strongest sign first."""
TYPES = {"windows": "Windows", "linux": "Linux", "null": None, "empty": "", "open": EXPRESSION}
PUBLISHERS = {
    "windows": "MicrosoftWindowsServer",
    "linux": "Canonical",
    "other": "contoso",
    "null": None,
    "empty": "",
    "open": EXPRESSION,
}
WINDOWS = {"windows": {"provisionVMAgent": True}, "null": None, "empty": {}, "open": EXPRESSION}
LINUX = {
    "linux": {"disablePasswordAuthentication": True},
    "null": None,
    "empty": {},
    "open": EXPRESSION,
}
WORDS = {"windows": "Windows Server 2025 Datacenter", "linux": "Ubuntu 24.04"}
Signs = dict[str, str]
FULL = ("os_type", "publisher", "windows_configuration", "linux_configuration")


def combinations(*signs: str) -> Iterator[tuple[str, Signs]]:
    """(name, state of each sign) for every combination of what some signs may say."""
    for number, states in enumerate(product(*(STATES[sign] for sign in signs))):
        yield f"m{number}", dict(zip(signs, states, strict=True))


def is_skipped(signs: Signs, *, blocks: bool) -> bool:
    """What the strongest sign with a value says; an empty configuration is a weak one, an empty
    block none.
    """
    said = [signs.get(sign, "missing") for sign in STATES]
    if found := next((state for state in said if state in ("windows", "linux")), None):
        return found == "linux"
    empty = [sign for sign in FULL[2:] if signs.get(sign) == "empty"]
    return empty == ["linux_configuration"] and not blocks


def stated(values: dict[str, Any], **signs: str) -> dict[str, Any]:
    """Key -> what a sign in its state puts there; a missing sign has no key."""
    return {key: values[state] for key, state in signs.items() if state != "missing"}


def put(node: dict[str, Any], path: str, values: dict[str, Any], state: str) -> None:
    """Put what a sign says under a path of keys, unless it is missing."""
    *above, last = path.split(".")
    for key in above:
        node = node.setdefault(key, {})
    if state != "missing":
        node[last] = values[state]


def body(signs: Signs) -> dict[str, Any]:
    """The properties of a VM."""
    found: dict[str, Any] = {}
    put(found, "storageProfile.osDisk.osType", TYPES, signs["os_type"])
    put(found, "storageProfile.imageReference.publisher", PUBLISHERS, signs["publisher"])
    found["storageProfile"]["imageReference"] |= {"offer": "o", "sku": "s"}
    put(found, "osProfile.windowsConfiguration", WINDOWS, signs["windows_configuration"])
    put(found, "osProfile.linuxConfiguration", LINUX, signs["linux_configuration"])
    return found


def vm(name: str, signs: Signs) -> dict[str, Any]:
    """A VM as REST has it; an answer of Azure has no configuration that is an expression."""
    open_to_null = {sign: "null" for sign in FULL[2:] if signs[sign] == "open"}
    return template_vm(name, signs | open_to_null)


def template_vm(name: str, signs: Signs) -> dict[str, Any]:
    """A VM as a template has it."""
    where = {"name": name, "id": f"{COMPUTE}/virtualMachines/{name}", "location": "uksouth"}
    return where | {"type": "Microsoft.Compute/virtualMachines", "properties": body(signs)}


def rest() -> tuple[str, Any]:
    """A list of VMs of Azure's own interface."""
    return "vms.json", {"value": [vm(*each) for each in combinations(*FULL)]}


def az() -> tuple[str, Any]:
    """A list of VMs of the command line, which has no `properties`."""
    machines = [vm(*each) for each in combinations(*FULL)]
    return "vms.json", [{**each, **each.pop("properties")} for each in machines]


def powershell() -> tuple[str, Any]:
    """A list of VMs of PowerShell: keys begin with capitals, and OS types are numbers."""

    def pascal(node: Any) -> Any:
        if not isinstance(node, dict):
            return node
        return {key[:1].upper() + key[1:]: pascal(value) for key, value in node.items()}

    found = []
    for name, signs in combinations(*FULL):
        machine = vm(name, signs)
        machine |= machine.pop("properties")
        if signs["os_type"] in ("windows", "linux"):
            machine["storageProfile"]["osDisk"]["osType"] = ["windows", "linux"].index(
                signs["os_type"]
            )
        found.append(pascal(machine))
    return "vms.json", found


def arc() -> tuple[str, Any]:
    """Machines of Azure Arc."""
    found = []
    for name, signs in combinations("os_type", "words"):
        said = (
            stated(TYPES, osType=signs["os_type"])
            | stated(WORDS, osSku=signs["words"])
            | {"status": "Connected"}
        )
        kind = {"name": name, "id": f"{ARC}/{name}", "type": "Microsoft.HybridCompute/machines"}
        found.append(kind | {"properties": said})
    return "arc.json", found


def azure_local() -> tuple[str, Any]:
    """VM instances of Azure Local, each with the image that it was made from."""
    found = []
    for name, signs in combinations(*FULL):
        properties = body(signs)
        identifier = properties["storageProfile"].pop("imageReference")
        image = f"{GROUP}/Microsoft.AzureStackHCI/marketplaceGalleryImages/{name}"
        properties["storageProfile"]["imageReference"] = {"id": image}
        where = f"{ARC}/{name}/providers/Microsoft.AzureStackHCI/virtualMachineInstances/default"
        kind = "Microsoft.AzureStackHCI/"
        found.append(
            {"id": where, "type": kind + "virtualMachineInstances", "properties": properties}
        )
        made = {"id": image, "name": name, "type": kind + "marketplaceGalleryImages"}
        found.append(made | {"properties": {"identifier": identifier}})
    return "local.json", found


def template() -> tuple[str, Any]:
    """A template of Azure Resource Manager."""
    schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    machines = [
        {key: value for key, value in template_vm(*each).items() if key != "id"}
        for each in combinations(*FULL)
    ]
    return "main.json", {
        "$schema": schema,
        "parameters": {"open": {"type": "object"}},
        "resources": machines,
    }


def what_if() -> tuple[str, Any]:
    """A result of what-if, whose expressions are those that Azure couldn't evaluate."""
    machines = [template_vm(*each) for each in combinations(*FULL)]
    changes = [
        {"changeType": "Create", "resourceId": each["id"], "before": None, "after": each}
        for each in machines
    ]
    return "what-if.json", {"status": "Succeeded", "changes": changes}


def plan(resources: list[dict[str, Any]], unknown: dict[str, Any]) -> dict[str, Any]:
    """A plan of Terraform, with what is known only after apply, by address."""
    changes = [
        {"address": key, "change": {"after_unknown": value}} for key, value in unknown.items()
    ]
    planned = {"root_module": {"resources": resources}}
    return {"terraform_version": "1.9.0", "planned_values": planned, "resource_changes": changes}


def terraform() -> tuple[str, Any]:
    """The old resource type, which has every sign; blocks that are not written are empty lists."""
    found, unknown = [], {}
    blocks = {
        "windows_configuration": "os_profile_windows_config",
        "linux_configuration": "os_profile_linux_config",
    }
    for name, signs in combinations(*FULL):
        disk = stated(TYPES, os_type=signs["os_type"])
        image = {"offer": "o", "sku": "s"} | stated(PUBLISHERS, publisher=signs["publisher"])
        values: dict[str, Any] = {"storage_os_disk": [disk], "storage_image_reference": [image]}
        hidden: dict[str, Any] = {}
        for sign, block in blocks.items():
            values[block] = {"null": None, "windows": [{"x": 1}], "linux": [{"x": 1}]}.get(
                signs[sign], []
            )
            hidden |= {block: True} if signs[sign] == "open" else {}
        for key, at in (("os_type", "storage_os_disk"), ("publisher", "storage_image_reference")):
            if signs[key] == "open":
                del values[at][0][key]
                hidden[at] = [{key: True}]
        found.append(
            {
                "address": name,
                "mode": "managed",
                "type": "azurerm_virtual_machine",
                "values": values,
            }
        )
        unknown[name] = hidden
    return "plan.json", plan(found, unknown)


def azapi() -> tuple[str, Any]:
    """VMs in Azure's own words within a plan of Terraform."""
    found, unknown = [], {}
    at = {
        "os_type": ("storageProfile", "osDisk", "osType"),
        "publisher": ("storageProfile", "imageReference", "publisher"),
        "windows_configuration": ("osProfile", "windowsConfiguration"),
        "linux_configuration": ("osProfile", "linuxConfiguration"),
    }
    for name, signs in combinations(*FULL):
        properties, hidden = body(signs), {}
        for sign, path in at.items():
            if signs[sign] != "open":
                continue
            node, marks = properties, hidden
            for key in path[:-1]:
                node, marks = node[key], marks.setdefault(key, {})
            del node[path[-1]]
            marks[path[-1]] = True
        values = {"type": "Microsoft.Compute/virtualMachines@2024-07-01", "name": name}
        values["body"] = {"properties": properties}
        found.append(
            {"address": name, "mode": "managed", "type": "azapi_resource", "values": values}
        )
        unknown[name] = {"body": {"properties": hidden}}
    return "plan.json", plan(found, unknown)


def packer() -> tuple[str, Any]:
    """Builders of Packer; a variable without a default is open."""
    found = []
    for name, signs in combinations("os_type", "publisher"):
        builder = {"type": "azure-arm", "name": name, "image_offer": "o", "image_sku": "s"}
        types, publishers = (
            TYPES | {"open": "{{user `os`}}"},
            PUBLISHERS | {"open": "${var.publisher}"},
        )
        builder |= stated(types, os_type=signs["os_type"])
        found.append(builder | stated(publishers, image_publisher=signs["publisher"]))
    return "golden.json", {"builders": found}


def image_builder() -> tuple[str, Any]:
    """Templates of Azure Image Builder."""
    found = []
    for name, signs in combinations("publisher"):
        source = {"type": "PlatformImage", "offer": "o", "sku": "s"} | stated(
            PUBLISHERS, publisher=signs["publisher"]
        )
        kind = {"name": name, "type": "Microsoft.VirtualMachineImages/imageTemplates"}
        found.append(kind | {"properties": {"source": source}})
    return "win.json", found


def ansible() -> tuple[str, Any]:
    """Hosts of Ansible's azure_rm; its `system` comes from the configuration of the VM."""
    found = {}
    for name, signs in combinations("os_type", "publisher", "windows_configuration"):
        image = {"offer": "o", "sku": "s"} | stated(PUBLISHERS, publisher=signs["publisher"])
        disk = stated(TYPES, operating_system_type=signs["os_type"])
        system = stated(TYPES, system=signs["windows_configuration"])
        where = {"name": name, "id": f"{COMPUTE}/virtualMachines/{name}"}
        found[name] = where | {"image": image, "os_disk": disk, "os_profile": system}
    return "hosts.json", {"_meta": {"hostvars": found}}


def inventory() -> tuple[str, Any]:
    """An inventory: its words are the OS type of the export."""
    found = []
    for name, signs in combinations("words", "publisher"):
        image = {"offer": "o", "sku": "s"}
        if signs["publisher"] in ("windows", "linux", "other"):
            image["publisher"] = PUBLISHERS[signs["publisher"]]
        found.append(
            {"name": name, "platform": "azure", "image": image} | stated(WORDS, os=signs["words"])
        )
    return "fleet.json", {"machines": found}


def collected() -> tuple[str, Any]:
    """What machines say of themselves, with the image that Azure tells them."""
    found = []
    for name, signs in combinations("words", "publisher"):
        image = {"offer": "o", "sku": "s"} | stated(PUBLISHERS, publisher=signs["publisher"])
        windows = stated(WORDS, ProductName=signs["words"])
        found.append(
            {
                "HotpatchCollect": 1,
                "ComputerName": name,
                "Windows": windows,
                "Azure": {"image": image},
            }
        )
    return "collected.json", found


def rows() -> list[dict[str, Any]]:
    """Rows of a table with the columns that people ask Resource Graph for."""
    found = []
    for name, signs in combinations("os_type", "publisher"):
        row = {"name": name, "platform": "azure", "offer": "o", "sku": "s"}
        row |= {
            "osType": TYPES.get(signs["os_type"]),
            "publisher": PUBLISHERS.get(signs["publisher"]),
        }
        found.append(row)
    return found


def table() -> tuple[str, Any]:
    """A table as CSV."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(rows()[0]))
    writer.writeheader()
    writer.writerows(rows())
    return "fleet.csv", stream.getvalue()


def json_lines() -> tuple[str, Any]:
    """The same table as JSON Lines."""
    return "fleet.jsonl", "".join(json.dumps(row) + "\n" for row in rows())


def projected() -> tuple[str, Any]:
    """The same rows as Resource Graph answers them."""
    return "rows.json", {
        "count": len(rows()),
        "data": rows(),
        "total_records": len(rows()),
        "skip_token": None,
    }


def paths_as_columns() -> tuple[str, Any]:
    """The same rows with columns that have the names of their paths."""
    named = {
        "osType": "properties.storageProfile.osDisk.osType",
        "sku": "properties_storageProfile_imageReference_sku",
    }
    named |= {key: f"storageProfile.imageReference.{key}" for key in ("publisher", "offer")}
    return "rows.json", [
        {named.get(key, key): value for key, value in row.items()} for row in rows()
    ]


Source = Callable[[], tuple[str, Any]]
SOURCES: dict[str, tuple[Source, tuple[str, ...]]] = {
    "azure-vms, REST": (rest, FULL),
    "azure-vms, az": (az, FULL),
    "azure-vms, PowerShell": (powershell, FULL),
    "arc": (arc, ("os_type", "words")),
    "azure-local": (azure_local, FULL),
    "arm-template": (template, FULL),
    "what-if": (what_if, FULL),
    "terraform": (terraform, FULL),
    "terraform, azapi": (azapi, FULL),
    "packer": (packer, ("os_type", "publisher")),
    "image-builder": (image_builder, ("publisher",)),
    "ansible": (ansible, ("os_type", "publisher", "windows_configuration")),
    "inventory": (inventory, ("words", "publisher")),
    "collected": (collected, ("words", "publisher")),
    "table, CSV": (table, ("os_type", "publisher")),
    "table, JSON Lines": (json_lines, ("os_type", "publisher")),
    "table, rows of Resource Graph": (projected, ("os_type", "publisher")),
    "table, paths as columns": (paths_as_columns, ("os_type", "publisher")),
}
WITHOUT_SIGNS = {"patch-state", "maintenance"}
"""Readers that give no machines: what they say is of machines that others have."""
EVERY = pytest.mark.parametrize(("source", "signs"), SOURCES.values(), ids=SOURCES)


def test_every_reader_is_walked() -> None:
    """A new reader needs a source here, or has no sign of an operating system."""
    assert {name.split(",")[0] for name in SOURCES} | WITHOUT_SIGNS == set(READERS)


def judged(hotpatch: Hotpatch, name: str, content: Any, *options: str) -> set[str]:
    """The names of the machines that were judged, not skipped."""
    hotpatch.write(name, content if isinstance(content, str) else json.dumps(content))
    done = hotpatch("check", name, "--as-of", "2025-12-15", "-f", "json", *options)
    assert done.out, done.err
    return {machine["name"].removeprefix("azure-arm.") for machine in done.json["machines"]}


@EVERY
def test_the_strongest_sign_decides(
    hotpatch: Hotpatch, source: Source, signs: tuple[str, ...]
) -> None:
    """Whatever the other signs say, and whichever of them are null, empty or open."""
    name, content = source()
    blocks = source in (terraform, ansible)
    expected = {
        machine for machine, said in combinations(*signs) if not is_skipped(said, blocks=blocks)
    }
    assert judged(hotpatch, name, content) == expected


@pytest.mark.slow
@EVERY
def test_an_inventory_skips_what_its_source_skipped(
    hotpatch: Hotpatch, source: Source, signs: tuple[str, ...]
) -> None:
    """A conversion says of each machine what its source said."""
    del signs
    name, content = source()
    before = judged(hotpatch, name, content)
    assert hotpatch("convert", name, "-o", "out.yaml").code == 0
    done = hotpatch("check", "out.yaml", "--as-of", "2025-12-15", "-f", "json")
    assert {machine["name"] for machine in done.json["machines"]} == before


@pytest.mark.parametrize("source", [table, json_lines], ids=["csv", "jsonl"])
def test_a_whole_table_skips_the_same(hotpatch: Hotpatch, source: Source) -> None:
    """A table that is taken as a whole skips what it skips machine by machine."""
    name, content = source()
    hotpatch.write(name, content)
    done = hotpatch("check", name, "--as-of", "2025-12-15", "--bulk", "-f", "csv")
    found = {row["name"] for row in csv.DictReader(io.StringIO(done.out))}
    assert found == judged(hotpatch, name, content)


def test_a_whole_parquet_file_skips_the_same(hotpatch: Hotpatch) -> None:
    """The column `osType` decides in a Parquet file too, also as a number."""
    with duckdb.connect() as connection:
        path = hotpatch.folder / "fleet.parquet"
        connection.execute(
            'CREATE TABLE machine (name VARCHAR, platform VARCHAR, "osType" INTEGER)'
        )
        connection.execute(
            "INSERT INTO machine VALUES ('a', 'azure', 0), ('b', 'azure', 1), ('c', 'azure', NULL)"
        )
        connection.execute(f"COPY machine TO '{path}' (FORMAT parquet)")
    for way in ("--bulk", "--no-bulk"):
        done = hotpatch("check", "fleet.parquet", "--as-of", "2025-12-15", way, "-f", "csv")
        assert {row["name"] for row in csv.DictReader(io.StringIO(done.out))} == {"a", "c"}


@pytest.mark.parametrize(
    ("urn", "skipped"),
    [
        ("canonical:ubuntu-24_04-lts:server:latest", True),
        ("RedHat:RHEL:9-lvm-gen2", True),
        ("SUSE:sles-15-sp5:gen2", True),
        ("Debian:debian-12:12-gen2", True),
        ("almalinux:almalinux-x86_64:9-gen2", True),
        ("resf:rockylinux-x86_64:9-lvm", True),
        ("kinvolk:flatcar-container-linux-free:stable", True),
        ("MicrosoftCBLMariner:azure-linux-3:azure-linux-3-gen2", True),
        ("MicrosoftSQLServer:sql2019-ubuntu2004:standard", True),
        ("MicrosoftSQLServer:sql2022-ws2022:enterprise-gen2", False),
        ("microsoft-dsvm:dsvm-win-2022:winserver-2022", False),
        ("microsoft-dsvm:ubuntu-2204:2204-gen2", True),
        (
            "center-for-internet-security-inc:cis-windows-server:cis-windows-server2022-l1-gen2",
            False,
        ),
        ("MicrosoftWindowsDesktop:windows-11:win11-24h2-ent", False),
        ("contoso:appliance:v1", False),
    ],
)
def test_an_image_of_linux_is_skipped(hotpatch: Hotpatch, urn: str, skipped: bool) -> None:
    """`image`, an inventory and a table agree; an image of a publisher that nobody
    knows is judged.
    """
    known = "MicrosoftWindowsServer:WindowsServer:2025-datacenter-azure-edition"
    count = int(skipped)
    done = hotpatch("image", urn, known, "--as-of", "2025-12-15", "-f", "json")
    assert done.json["summary"]["skipped"] == count
    for name, text in (
        (
            "fleet.yaml",
            (
                f"machines:\n- {{name: a, platform: azure, image: '{urn}'}}\n- {{name: b, "
                f"platform: azure}}\n"
            ),
        ),
        ("fleet.csv", f"name,platform,image\na,azure,{urn}\nb,azure,\n"),
    ):
        assert hotpatch.check(text, name=name).json["summary"]["skipped"] == count


def test_images_of_linux_alone_are_code_2(hotpatch: Hotpatch) -> None:
    """Where every image was skipped nothing was checked, as with a fleet."""
    done = hotpatch("image", "canonical:ubuntu-24_04-lts:server", "-f", "json")
    assert (done.code, done.out) == (2, "")
    assert "skipped" in done.err


def test_a_part_of_a_configuration_that_is_open_is_a_value(hotpatch: Hotpatch) -> None:
    """A Linux configuration whose members are parameters is one all the same."""
    name, content = template()
    machine = vm("lin", dict.fromkeys(FULL, "missing"))
    machine["properties"]["osProfile"]["linuxConfiguration"] = {"ssh": {"publicKeys": EXPRESSION}}
    content["resources"] = [
        machine,
        vm("win", dict.fromkeys(FULL, "missing") | {"os_type": "windows"}),
    ]
    assert judged(hotpatch, name, content) == {"win"}


def test_sources_that_contradict_each_other_skip_nothing(hotpatch: Hotpatch) -> None:
    """One says Windows and one says Linux of the same machine: that is a finding, not a skipped
    machine.
    """
    hotpatch.write(
        "vms.json",
        json.dumps([vm("web01", dict.fromkeys(FULL, "missing") | {"os_type": "windows"})]),
    )
    identifier = vm("web01", dict.fromkeys(FULL, "missing"))["id"]
    hotpatch.write("more.csv", f"name,id,osType\nweb01,{identifier},Linux\n")
    done = hotpatch("check", "vms.json", "more.csv", "--as-of", "2025-12-15", "-f", "json")
    assert "HP414" in {reason["code"] for reason in done.machines["web01"]["reasons"]}


# --- scale sets ----------------------------------------

SET = {"type": "Microsoft.Compute/virtualMachineScaleSets", "location": "uksouth"}


@pytest.mark.parametrize(
    "profile", [{}, {"virtualMachineProfile": None}, {"virtualMachineProfile": {}}]
)
@pytest.mark.parametrize("nested", [True, False])
def test_a_flexible_set_without_a_profile_is_no_machine(
    hotpatch: Hotpatch, profile: dict[str, Any], nested: bool
) -> None:
    """It only holds VMs, which are machines of their own: a note, and no verdict on the set."""
    identifier = f"{COMPUTE}/virtualMachineScaleSets/flex"
    inside = {"orchestrationMode": "Flexible", "additionalCapabilities": {"x": True}} | profile
    whole = (
        SET | {"name": "flex", "id": identifier} | ({"properties": inside} if nested else inside)
    )
    member = vm("flex_1", dict.fromkeys(FULL, "missing") | {"os_type": "windows"})
    member["properties"]["virtualMachineScaleSet"] = {"id": identifier}
    hotpatch.write("vms.json", json.dumps([whole, member]))
    done = hotpatch("check", "vms.json", "--as-of", "2025-12-15", "-f", "json")
    assert list(done.machines) == ["flex_1"]
    assert "has no VM profile" in done.err
    alone = hotpatch.check(json.dumps([whole]), name="set.json")
    assert (alone.code, alone.out) == (2, "")


@pytest.mark.parametrize("mode", ["Uniform", None, "open"])
def test_other_sets_stay_machines(hotpatch: Hotpatch, mode: str | None) -> None:
    """A uniform set is judged, and so is one whose mode or profile is open."""
    name, content = template()
    inside = {"orchestrationMode": EXPRESSION if mode == "open" else mode}
    inside |= {"virtualMachineProfile": EXPRESSION if mode == "open" else {}}
    content["resources"] = [SET | {"name": "set", "properties": inside}]
    assert judged(hotpatch, name, content) == {"set"}


def test_a_template_and_a_plan_with_such_a_set(hotpatch: Hotpatch) -> None:
    """Templates, azapi and azurerm say the same of a set without a profile."""
    name, content = template()
    empty = SET | {"name": "flex", "properties": {"orchestrationMode": "Flexible"}}
    content["resources"] = [empty, vm("web01", dict.fromkeys(FULL, "missing"))]
    assert judged(hotpatch, name, content) == {"web01"}
    azurerm = {"address": "azurerm.flex", "type": "azurerm_orchestrated_virtual_machine_scale_set"}
    resource = {"address": "azapi.flex", "type": "azapi_resource"}
    values = {
        "type": empty["type"] + "@2024-07-01",
        "name": "flex",
        "body": {"properties": empty["properties"]},
    }
    machine = {
        "address": "vm",
        "type": "azurerm_windows_virtual_machine",
        "values": {"location": "uksouth"},
    }
    listed = [azurerm | {"values": {"location": "uksouth"}}, resource | {"values": values}, machine]
    done = hotpatch.check(
        json.dumps(plan([{"mode": "managed"} | each for each in listed], {})), name="plan.json"
    )
    assert list(done.machines) == ["vm"]
    assert done.err.count("has no VM profile") == 2
