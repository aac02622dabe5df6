"""Words of services that an inventory does not have, columns that have spaces, and whom to believe
in every command.
"""

import json
import time
from typing import Any

import pytest
from test_arc import enrolled, rest

from hotpatch_cli.documents.json_text import parse_json
from hotpatch_cli.errors import InputError
from hotpatch_cli.inputs.fleet import load_fleet

DAY = ("--as-of", "2025-12-15")


def arc_fleet(status: str) -> str:
    """An inventory with one machine, of which only the enablement may be in doubt."""
    return (
        "machines:\n- name: sql01\n  platform: arc\n  os: Windows Server 2025 Standard\n "
        " build: 26100.7392\n  arc: "
        f"{{status: Connected, hotpatch: Enabled, enablement: {status}, vbs: running, "
        f"secure_boot: true, uefi: true}}\n"
    )


@pytest.mark.parametrize(("status", "verdict"), [("Unknown", "unknown"), ("Enabled", "ready")])
def test_an_enablement_that_arc_does_not_know_is_not_enabled(
    hotpatch: Any, status: str, verdict: str
) -> None:
    """A licence that is Enabled does not make a machine ready whose enablement the service calls
    Unknown.
    """
    machine = hotpatch.check(arc_fleet(status)).machines["sql01"]
    said = [each["message"] for each in machine["reasons"] if each["code"] == "HP408"]
    assert machine["verdict"] == verdict
    assert bool(said) is (status == "Unknown")
    assert not said or "reported as Unknown" in said[0]


@pytest.mark.parametrize(
    ("sku", "edition", "build"),
    [
        ("Windows 10 Enterprise", "enterprise", "10.0.19045.5011"),
        ("Windows Server 2022 Datacenter", "serverdatacenter", "10.0.20348.2762"),
        ("Windows Server 2025 Datacenter", "serverturbine", "10.0.26100.7092"),
    ],
)
def test_what_cannot_enrol_is_not_available(
    hotpatch: Any, sku: str, edition: str, build: str
) -> None:
    """A machine that Update Manager shows as Not Available is told in that word, whatever its
    licence.
    """
    machine = rest(**enrolled("Enabled", "Enabled"), osSku=sku, osEdition=edition, osVersion=build)
    reasons = hotpatch.check(json.dumps(machine), name="arc.json").machines["sql01"]["reasons"]
    assert any(
        "Not Available" in each["message"] for each in reasons if each["code"] in ("HP104", "HP105")
    )


@pytest.mark.parametrize(
    ("licence", "status", "agent", "code"),
    [
        ("Enabled", "Reticent", "Connected", "HP408"),
        ("Reticent", "Enabled", "Connected", "HP408"),
        ("Enabled", "Enabled", "Reticent", "HP407"),
    ],
)
def test_a_word_that_an_inventory_lacks_is_not_known_there(
    hotpatch: Any, licence: str, status: str, agent: str, code: str
) -> None:
    """A status that is younger than the program does not stop a conversion: told, in a comment, and
    unknown in it.
    """
    machine = rest(**enrolled(licence, status), status=agent)
    hotpatch.write(
        "arc.json", json.dumps([machine, rest("other", **enrolled("Enabled", "Enabled"))])
    )
    done = hotpatch("convert", "arc.json", "-o", "fleet.yaml")
    assert done.code == 0
    assert "sql01: an inventory can't hold arc." in done.err
    assert "'Reticent'" in done.err
    assert "# no word for arc." in (hotpatch.folder / "fleet.yaml").read_text()
    read = hotpatch("check", "fleet.yaml", *DAY, "-f", "json").machines
    assert read["sql01"]["verdict"] == "unknown"
    assert code in {each["code"] for each in read["sql01"]["reasons"]}
    assert read["other"]["verdict"] == "ready"


# --- columns ----------------------------------------

TABLE = "Server Name,Sits On\nweb01,arc\n"
CHOICES = {
    "spaces": "Server Name=name Sits On=platform",
    "semicolon": "Server Name=name; Sits On=platform",
    "lines": "Server Name=name\nSits On=platform\n",
}


@pytest.mark.parametrize("text", CHOICES.values(), ids=CHOICES)
def test_a_variable_maps_columns_with_spaces(hotpatch: Any, text: str) -> None:
    """HOTPATCH_MAP holds several choices, of columns that have spaces too."""
    hotpatch.monkeypatch.setenv("HOTPATCH_MAP", text)
    assert list(hotpatch.check(TABLE, name="t.csv").machines) == ["web01"]


FILES = {
    "list": 'map = ["Server Name=name", "Sits On=platform"]\n',
    "list of a command": '[check]\nmap = ["Server Name=name", "Sits On=platform"]\n',
    "table": '[map]\n"Server Name" = "name"\n"Sits On" = "platform"\n',
    "table of a command": '[check.map]\n"Server Name" = "name"\n"Sits On" = "platform"\n',
}


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_the_configuration_maps_columns(hotpatch: Any, text: str) -> None:
    """The mapping stands in the configuration as a list or as a table, and harms no source that has
    no columns.
    """
    hotpatch.write("hotpatch.toml", text)
    assert list(hotpatch.check(TABLE, name="t.csv").machines) == ["web01"]
    assert list(hotpatch.check(arc_fleet("Enabled")).machines) == ["sql01"]


def test_a_table_in_place_of_an_option_is_told(hotpatch: Any) -> None:
    """A table under the name of an option says that it is one, and not that the key is unknown."""
    hotpatch.write("hotpatch.toml", '[check.fail-on]\nx = "never"\n')
    done = hotpatch.check(arc_fleet("Enabled"))
    assert done.code == 2
    assert "'fail-on' is an option, not a table." in done.err


ROW = "MicrosoftWindowsServer,WindowsServer,2025-datacenter-azure-edition,vm1,azure\n"


@pytest.mark.parametrize(
    ("header", "code"), [("publisher,offer,sku", None), ("maker,range,sku", "HP401")]
)
def test_the_parts_of_an_image_by_their_bare_names(
    hotpatch: Any, header: str, code: str | None
) -> None:
    """Columns publisher, offer and sku are those of an image where all three are there; a sku alone
    may be a size.
    """
    machine = hotpatch.check(f"{header},name,platform\n{ROW}", name="t.csv").machines["vm1"]
    assert (
        (code in {each["code"] for each in machine["reasons"]})
        if code
        else machine["product"] == "ws2025"
    )


# --- whom to believe ----------------------------------------

COMMANDS = {
    "plan": ("plan", "--deadline", "60d", "--as-of", "2026-01-10"),
    "windows list": ("windows", "list", "--from", "2026-01-10"),
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_every_command_knows_whom_to_believe(hotpatch: Any, command: tuple[str, ...]) -> None:
    """--prefer decides on a zone that two sources contradict each other on, and with it on the
    start.
    """
    owned = {
        "id": rest()["id"],
        "name": "sql01",
        "platform": "arc",
        "window": "night",
        "timezone": "Asia/Tokyo",
    }
    night = {"days": "Sat", "start": "22:00", "duration": "4h"}
    hotpatch.write("fleet.yaml", json.dumps({"windows": {"night": night}, "machines": [owned]}))
    machine = rest(**enrolled("Enabled", "Enabled"))
    hotpatch.write("arc.json", json.dumps([machine]))
    hotpatch.write(
        "other.csv", f"id,name,platform,timezone\n{machine['id']},sql01,arc,America/New_York\n"
    )
    for source, offset in (("inventory", "+09:00"), ("other.csv", "-05:00")):
        done = hotpatch(
            *command, "fleet.yaml", "arc.json", "other.csv", "--prefer", source, "-f", "json"
        )
        assert f"T22:00:00{offset}" in done.out


# --- whose rules ----------------------------------------


@pytest.mark.parametrize(
    ("sku", "platform", "verdict"),
    [
        ("2025-datacenter", "arc", "unknown"),
        ("2022-datacenter-azure-edition-core", "azure-local", "unknown"),
    ],
)
def test_a_vm_of_azure_local_without_its_parent_machine(
    hotpatch: Any, sku: str, platform: str, verdict: str
) -> None:
    """Of another image than an Azure Edition it is judged by Arc's rules, its parent
    given or not.
    """
    group = "/subscriptions/0/resourceGroups/rg/providers"
    image = f"{group}/Microsoft.AzureStackHCI/marketplaceGalleryImages/win"
    named = {"publisher": "MicrosoftWindowsServer", "offer": "WindowsServer", "sku": sku}
    body = {"storageProfile": {"imageReference": {"id": image}}}
    kind = "Microsoft.AzureStackHCI/virtualMachineInstances"
    local = f"{group}/Microsoft.HybridCompute/machines/app01/providers/{kind}/default"
    images = [
        {
            "id": image,
            "type": "Microsoft.AzureStackHCI/marketplaceGalleryImages",
            "properties": {"identifier": named},
        }
    ]
    hotpatch.write(
        "vms.json", json.dumps([{"id": local, "name": "default", "type": kind, "properties": body}])
    )
    hotpatch.write("images.json", json.dumps(images))
    machine = hotpatch("check", "vms.json", "images.json", *DAY, "-f", "json").machines["app01"]
    assert (machine["platform"], machine["verdict"]) == (platform, verdict)


def test_the_provider_asks_no_patch_mode_of_its_old_resource(hotpatch: Any) -> None:
    """azurerm_virtual_machine has no patch settings, so the provider refuses none; the verdict says
    what is missing.
    """
    image = {
        "publisher": "MicrosoftWindowsServer",
        "offer": "WindowsServer",
        "sku": "2025-datacenter-azure-edition",
    }
    values = {
        "storage_image_reference": [image],
        "os_profile_windows_config": [{"provision_vm_agent": True}],
    }
    old = {
        "address": "azurerm_virtual_machine.a",
        "mode": "managed",
        "type": "azurerm_virtual_machine",
        "name": "a",
    }
    plan = {
        "format_version": "1.2",
        "planned_values": {"root_module": {"resources": [old | {"values": values}]}},
    }
    done = hotpatch.check(json.dumps({**plan, "terraform_version": "1.9.0"}), name="plan.json")
    assert "refuses" not in done.err
    assert "HP202" in {each["code"] for each in done.json["machines"][0]["reasons"]}


# --- size ----------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("item", ['{"a":1}', '{"type":"x","properties":{"b":1}}'])
def test_a_long_list_of_nothing_is_refused_soon(hotpatch: Any, item: str) -> None:
    """To recognize that a long list is no source takes little more than to parse it, though every
    reader looks.
    """
    text = "[" + ",".join([item] * 30_000) + "]"
    name = str(hotpatch.folder / hotpatch.write("list.json", text))
    ratios = []
    for _ in range(3):  # the best of three: a busy machine slows either of them
        start = time.process_time()
        parse_json("list.json", text)
        parsed = time.process_time() - start
        with pytest.raises(
            InputError, match=r"Unrecognized file type|No column has the names of machines"
        ):
            load_fleet([name])
        ratios.append((time.process_time() - start - parsed) / parsed)
    assert min(ratios) < 5


# --- wrong kinds ----------------------------------------

BODY = {"osProfile": {"windowsConfiguration": {"patchSettings": {"enableHotpatching": True}}}}
WRONG = {
    "number": ({"name": 5}, "Expected text in name, found the number 5."),
    "long list": (
        {"properties": BODY | {"storageProfile": [1] * 100_000}},
        "in storageProfile, found a list.",
    ),
    "text": (
        {"properties": {"osProfile": {"windowsConfiguration": "x"}}},
        "osProfile.windowsConfiguration, found 'x'.",
    ),
}


@pytest.mark.parametrize(("change", "said"), WRONG.values(), ids=WRONG)
def test_what_is_of_the_wrong_kind_is_no_default(
    hotpatch: Any, change: dict[str, Any], said: str
) -> None:
    """A number where text belongs, and anything where a mapping does, is code 2 and named: never
    taken for missing.
    """
    machine = {
        "name": "web01",
        "type": "Microsoft.Compute/virtualMachines",
        "properties": BODY,
        **change,
    }
    done = hotpatch.check(json.dumps([machine]), name="vms.json")
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_what_is_no_resource_is_not_passed_over(hotpatch: Any) -> None:
    """An item of a list that is no resource is code 2: part of the data is never taken for all of
    it.
    """
    machine = {"name": "web01", "type": "Microsoft.Compute/virtualMachines", "properties": BODY}
    done = hotpatch.check(json.dumps({"value": [machine, 5]}), name="vms.json")
    assert (done.code, done.out) == (2, "")
    assert "Expected a resource (a mapping), found '5'." in done.err


@pytest.mark.parametrize(
    "mode", ["AutomaticByPlatform", " automaticbyplatform", "AutomaticByOS\t "]
)
def test_spaces_around_a_word_are_no_part_of_it(hotpatch: Any, mode: str) -> None:
    """A patch mode means the same with spaces around it, in an export and in its conversion."""
    image = {
        "publisher": "MicrosoftWindowsServer",
        "offer": "WindowsServer",
        "sku": "2022-datacenter-azure-edition-core",
    }
    settings = {"patchMode": mode, "enableHotpatching": True, "rebootSetting": "IfRequired"}
    vm = {
        "name": "a",
        "type": "Microsoft.Compute/virtualMachines",
        "storageProfile": {"imageReference": image, "osDisk": {"osType": "Windows"}},
        "osProfile": {
            "windowsConfiguration": {"provisionVMAgent": True, "patchSettings": settings}
        },
    }
    plain = {**settings, "patchMode": mode.strip()}
    usual = json.dumps([vm]).replace(json.dumps(settings), json.dumps(plain))
    expected = hotpatch.check(usual, *DAY, name="plain.json").machines["a"]
    hotpatch.write("vm.json", json.dumps([vm]))
    assert hotpatch("convert", "vm.json", "-o", "out.yaml").code == 0
    for name in ("vm.json", "out.yaml"):
        machine = hotpatch("check", name, *DAY, "-f", "json").machines["a"]
        assert machine["verdict"] == expected["verdict"]
        assert [each["code"] for each in machine["reasons"]] == [
            each["code"] for each in expected["reasons"]
        ]
