"""Azure VMs: one and the same fleet in all the clothes in which Azure's tools hand it out."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

DATA = Path(__file__).parent / "data"
SHAPES = [
    "az-list-old.json",
    "az-list-new.json",
    "rest.json",
    "arg-objects.json",
    "arg-table.json",
    "psrule.json",
]


def check(hotpatch: Any, name: str, *arguments: str) -> Any:
    """The report on a file of these tests."""
    return hotpatch("check", str(DATA / name), "--as-of", "2025-12-15", "-f", "json", *arguments)


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_gives_the_same_verdicts(hotpatch: Any, name: str) -> None:
    """Old and newer az, REST, both Resource Graph formats and PSRule agree on every machine and
    every rule.
    """
    done = check(hotpatch, name)
    machines = {name.lower(): each for name, each in done.machines.items()}
    assert done.code == 1
    assert {
        name: (each["verdict"], {reason["code"] for reason in each["reasons"]})
        for name, each in machines.items()
    } == {
        "rg-blue/app01": ("ready", {"HP313"}),
        "app02": ("action-required", {"HP201", "HP313"}),
        "rg-green/app01": ("action-required", {"HP202", "HP313", "HP501"}),
    }


@pytest.mark.parametrize("name", SHAPES)
def test_what_is_not_windows_is_skipped_and_counted(hotpatch: Any, name: str) -> None:
    """The Linux VM among the four is skipped: counted, not judged."""
    summary = check(hotpatch, name).json["summary"]
    assert (summary["machines"], summary["skipped"]) == (3, 1)


@pytest.mark.parametrize("name", SHAPES)
def test_a_reason_stands_where_the_setting_is(hotpatch: Any, name: str) -> None:
    """The place of HP202 is the line on which the patch mode of that machine stands."""
    done = check(hotpatch, name)
    reason = next(
        reason
        for each in done.machines.values()
        for reason in each["reasons"]
        if reason["code"] == "HP202"
    )
    line = (DATA / name).read_text().splitlines()[reason["location"]["line"] - 1]
    assert '"AutomaticByOS"' in line
    assert line[reason["location"]["column"] - 1 :].startswith('"AutomaticByOS"')


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le-bom", "utf-16-be-bom", "utf-8-sig"])
def test_what_powershell_wrote_is_read(hotpatch: Any, encoding: str) -> None:
    """A file that PowerShell wrote with `>` is UTF-16 with a byte order mark, and read like one in
    UTF-8.
    """
    text = (DATA / "rest.json").read_text().replace("app02", "äpp02")
    marks = {
        "utf-16-le-bom": ("﻿" + text).encode("utf-16-le"),
        "utf-16-be-bom": ("﻿" + text).encode("utf-16-be"),
    }
    done = hotpatch.check(marks.get(encoding) or text.encode(encoding), name="vms.json")
    assert done.code == 1
    assert "äpp02" in done.machines


@pytest.mark.parametrize(
    ("name", "line"), [("truncated-table.json", 4), ("next-page.json", 42), ("skip-token.json", 48)]
)
def test_part_of_a_result_is_refused(hotpatch: Any, name: str, line: int) -> None:
    """A page that says that more follow is code 2 at the line that says so, and its token is not
    repeated.
    """
    done = check(hotpatch, name)
    assert (done.code, done.out) == (2, "")
    assert f"{name}:{line}:" in done.err
    assert "SECRETTOKEN" not in done.err


def test_scale_sets_are_judged_by_their_orchestration(hotpatch: Any) -> None:
    """Uniform sets, also old ones that name no mode, are HP106; a flexible one without health is
    HP212.
    """
    machines = check(hotpatch, "scale-sets.json").machines
    codes = {
        name: {reason["code"] for reason in each["reasons"]} - {"HP313"}
        for name, each in machines.items()
    }
    assert codes == {
        "uniform": {"HP106"},
        "old-uniform": {"HP106"},
        "flexible": set(),
        "flexible-bare": {"HP212"},
    }


def test_one_vm_alone_is_read(hotpatch: Any) -> None:
    """The output for a single VM is a fleet of one."""
    done = check(hotpatch, "bare-vm.json")
    assert (done.code, list(done.machines)) == (0, ["app01"])


def test_other_resources_are_ignored_and_said(hotpatch: Any) -> None:
    """A network among the VMs is no machine; one line on standard error counts it."""
    assert "ignored 1 of microsoft.network/virtualnetworks" in check(hotpatch, "psrule.json").err


def test_a_forced_reader_is_used(hotpatch: Any) -> None:
    """With `--input-format inventory` an export is read as an inventory, and refused as one."""
    done = check(hotpatch, "rest.json", "--input-format", "inventory")
    assert done.code == 2
    assert "Unknown key 'value' in an inventory." in done.err


@pytest.mark.parametrize("text", ["[]", "{}", '{"value": []}', '{"data": [], "count": 0}', "null"])
def test_an_empty_export_is_never_green(hotpatch: Any, text: str) -> None:
    """An export with nothing in it is code 2 and says that there is nothing."""
    done = hotpatch.check(text, name="vms.json")
    assert (done.code, done.out) == (2, "")
    assert "The file contains no data." in done.err


@pytest.mark.parametrize(
    "text", ["[1, 2, 3]", "[null]", '["a"]', "5", '"x"', '{"a": 1}', '{"value": [1]}']
)
def test_json_of_something_else_is_refused(hotpatch: Any, text: str) -> None:
    """JSON that is no fleet is code 2 and names what is read."""
    done = hotpatch.check(text, name="vms.json")
    assert (done.code, done.out) == (2, "")
    assert "Unrecognized file type" in done.err


def test_a_list_of_names_is_no_list_of_facts(hotpatch: Any) -> None:
    """`az resource list` leaves properties out: its VMs aren't unknown, the export is wrong."""
    resource = {
        "id": "/subscriptions/0/resourceGroups/r/providers/Microsoft.Compute/virtualMachines/a",
        "name": "a",
        "type": "Microsoft.Compute/virtualMachines",
        "location": "westeurope",
        "sku": None,
        "properties": None,
        "tags": {"env": "prod"},
    }
    done = hotpatch.check(json.dumps([resource]), name="vms.json")
    assert (done.code, done.out) == (2, "")
    assert "vms.json:1:2: The export has no fact of 'a' beside its name and region." in done.err
    assert "az vm list" in done.err


def test_an_object_that_powershell_cut_is_named_as_such(hotpatch: Any) -> None:
    """Below its depth, ConvertTo-Json writes the name of a type in place of the object."""
    cut = "Microsoft.Azure.Management.Compute.Models.StorageProfile"
    resource = {"Name": "a", "Type": "Microsoft.Compute/virtualMachines", "StorageProfile": cut}
    done = hotpatch.check(json.dumps([resource | {"OSProfile": {}}]), name="vms.json")
    assert done.code == 2
    assert "The content of storageProfile is missing: PowerShell wrote the name" in done.err
    assert "-Depth 10" in done.err


def _snake(node: Any) -> Any:
    """A tree with its keys as the SDK for Python writes them."""
    if isinstance(node, dict):
        return {
            re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", key).lower(): _snake(value)
            for key, value in node.items()
        }
    return [_snake(item) for item in node] if isinstance(node, list) else node


def test_the_keys_of_the_sdk_for_python_mean_the_same(hotpatch: Any) -> None:
    """`[vm.as_dict() for vm in ...]` has `storage_profile` where REST has `storageProfile`."""
    exported = json.loads((DATA / "az-list-new.json").read_text(encoding="utf-8"))
    done = hotpatch.check(json.dumps(_snake(exported)), name="vms.json")
    oracle = check(hotpatch, "az-list-new.json")
    assert done.machines.keys() == oracle.machines.keys()
    for name, machine in done.machines.items():
        same = oracle.machines[name]
        assert machine["verdict"] == same["verdict"]
        codes = [[reason["code"] for reason in row["reasons"]] for row in (machine, same)]
        assert codes[0] == codes[1]
