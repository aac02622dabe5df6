"""What users have that isn't as expected, and inputs that repeat one thing many times."""

import json
from typing import Any

import pytest
from source_samples import vm

from hotpatch_cli.documents.tree import Mapping
from hotpatch_cli.schedule import zones

DIGITS = "9" * 5000


def _vm_in(zone: str) -> str:
    machine = vm("web01")
    machine["properties"]["osProfile"]["windowsConfiguration"]["timeZone"] = zone
    return json.dumps([machine])


@pytest.mark.parametrize("command", ["check", "convert", "report"])
def test_a_time_zone_that_does_not_exist_is_a_problem_with_the_nearest_name(
    hotpatch: Any, command: str
) -> None:
    """A wrong `timeZone` of an export is code 2, wherever it is used."""
    hotpatch.write("vms.json", _vm_in("W. Europe Standart Time"))
    done = hotpatch(command, "vms.json")
    assert done.code == 2
    assert "W. Europe Standard Time" in done.err


@pytest.mark.parametrize("zone", [*zones.OBSOLETE, " W. Europe Standard Time"])
def test_a_real_zone_of_windows_is_no_problem(hotpatch: Any, zone: str) -> None:
    """Obsolete zones and outer spaces are in exports, and a VM can't change its zone."""
    hotpatch.write("vms.json", _vm_in(zone))
    assert hotpatch("check", "vms.json", "--fail-on", "never").code == 0


def test_an_obsolete_zone_in_an_inventory_is_refused_with_its_current_name(hotpatch: Any) -> None:
    """Whoever writes a zone gets a name that has a clock."""
    for zone, current in zones.OBSOLETE.items():
        hotpatch.write("f.yaml", f"machines:\n- {{name: a, platform: arc, timezone: {zone}}}\n")
        done = hotpatch("check", "f.yaml")
        assert (done.code, current in done.err) == (2, True)
        assert zones.known_zone(current)


def test_a_wrong_zone_of_many_machines_is_advised_on_once(
    hotpatch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The search of near names runs once for each name."""
    searched: list[str] = []
    search = zones._advice
    monkeypatch.setattr(zones, "_advice", lambda name: searched.append(name) or search(name))
    names = "".join(f"- {{name: m{number}, platform: arc}}\n" for number in range(50))
    hotpatch.write("f.yaml", f"defaults: {{timezone: Europe/Stokhholm}}\nmachines:\n{names}")
    assert hotpatch("check", "f.yaml").code == 2
    assert searched == ["Europe/Stokhholm"]


@pytest.mark.parametrize(
    ("name", "text", "arguments"),
    [
        ("c.toml", f"[check]\nfail_on = {DIGITS}\n", ("--config", "c.toml")),
        ("x.pkr.hcl", f'source "azure-arm" "x" {{ image_sku = {DIGITS} }}\n', ("x.pkr.hcl",)),
        (
            "r.json",
            json.dumps({"CurrentBuildNumber": "26100", "UBR": DIGITS, "PSComputerName": "a"}),
            ("r.json",),
        ),
    ],
)
def test_a_number_of_5000_digits_is_a_problem(
    hotpatch: Any, name: str, text: str, arguments: tuple[str, ...]
) -> None:
    """Python refuses to read such numbers; the user gets a message."""
    hotpatch.write("f.yaml", "machines:\n- {name: a, platform: arc}\n")
    hotpatch.write(name, text)
    assert hotpatch("check", "f.yaml", *arguments).code == 2


def test_a_packer_builder_with_an_empty_name_has_the_name_of_its_type(hotpatch: Any) -> None:
    """`convert` writes an inventory that can be read again."""
    builder = {"type": "azure-arm", "name": "", "image_sku": "2025-datacenter-azure-edition"}
    hotpatch.write("p.json", json.dumps({"builders": [builder]}))
    assert "name: azure-arm" in hotpatch("convert", "p.json").out


def test_a_matrix_that_replaces_and_has_no_images_supports_none(hotpatch: Any) -> None:
    """No image is the nearest one of none."""
    hotpatch.write("m.yaml", "replace: true\n")
    hotpatch.write("f.yaml", "machines:\n- {name: a, platform: azure, image: {sku: x}}\n")
    done = hotpatch("check", "f.yaml", "--matrix", "m.yaml", "-f", "json")
    assert done.json["machines"][0]["verdict"] == "unsupported"


def test_a_large_mapping_finds_its_marks_while_it_grows() -> None:
    """Each entry has its own marks, in small mappings and in indexed ones."""
    node = Mapping()
    for number in range(100):
        node.put(f"k{number}", number, number, number + 1000)
        assert node.key_mark(f"k{number // 2}") == number // 2
    assert [node.at(f"k{number}") for number in range(100)] == list(range(1000, 1100))


def test_a_large_table_is_written_with_the_bytes_of_a_small_one(hotpatch: Any) -> None:
    """Line ends, quotes and cells that are formulas are the same with and without --bulk."""
    pytest.importorskip("duckdb")
    rows = 'a,arc,Windows Server 2025\n"b,""c",arc,x\n"d\ne",arc,\n=1+2,arc,\n'
    hotpatch.write("f.csv", f"name,platform,os\n{rows}")
    hotpatch("check", "f.csv", "-o", "small.csv")
    hotpatch("check", "f.csv", "--bulk", "-o", "large.csv")
    small, large = ((hotpatch.folder / f"{size}.csv").read_bytes() for size in ("small", "large"))
    assert small == large
