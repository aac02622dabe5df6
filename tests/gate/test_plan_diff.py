"""`hotpatch diff` of one plan or what-if result: who gains or loses eligibility by applying it."""

import json
import re
from typing import Any

import pytest

DAY = ("--as-of", "2025-12-15")
VM = "azurerm_windows_virtual_machine"
IMAGE = {
    "publisher": "MicrosoftWindowsServer",
    "offer": "WindowsServer",
    "sku": "2025-datacenter-azure-edition-core",
    "version": "latest",
}
SETTINGS = {
    "patch_mode": "AutomaticByPlatform",
    "hotpatching_enabled": True,
    "provision_vm_agent": True,
}
READY = {"source_image_reference": [IMAGE], **SETTINGS}
OFF = READY | {"hotpatching_enabled": False}
WRONG = READY | {"source_image_reference": [IMAGE | {"sku": "2019-datacenter"}]}
UPPER = READY | {"source_image_reference": [IMAGE | {"sku": IMAGE["sku"].upper()}]}
FOUND = {"id": "/subscriptions/0/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/a"}


def terraform(before: Any, after: Any, actions: list[str], **more: Any) -> str:
    """A plan of one VM, with its own Azure ID before, and after where it isn't made anew."""
    address = f"{VM}.a"
    was = before and before | FOUND
    will = after and (after | FOUND if before and actions == ["update"] else after)
    resource = {"address": address, "mode": "managed", "type": VM, "values": will}
    change = {"actions": actions, "before": was, "after": will} | more.pop("change", {})
    return json.dumps(
        {
            "format_version": "1.2",
            "terraform_version": "1.9.8",
            "planned_values": {"root_module": {"resources": [resource] if after else []}},
            "resource_changes": [
                {"address": address, "mode": "managed", "type": VM, "change": change} | more
            ],
        }
    )


def body(values: Any) -> Any:
    """The same VM in the words of Azure."""
    if values is None:
        return None
    patch = {
        "patchMode": values["patch_mode"],
        "enableHotpatching": values["hotpatching_enabled"],
    }
    windows = {"provisionVMAgent": True, "patchSettings": patch}
    return FOUND | {
        "name": "a",
        "type": "Microsoft.Compute/virtualMachines",
        "properties": {
            "storageProfile": {"imageReference": values["source_image_reference"][0]},
            "osProfile": {"windowsConfiguration": windows},
        },
    }


def what_if(before: Any, after: Any, actions: list[str]) -> str:
    """The what-if result of the same change."""
    kinds = {"create": "Create", "delete": "Delete", "no-op": "NoChange"}
    kind = kinds.get(" ".join(actions), "Modify")
    entry = {"changeType": kind, "before": body(before), "after": body(after)} | {
        "resourceId": FOUND["id"]
    }
    return json.dumps({"status": "Succeeded", "changes": [entry]})


CASES: dict[str, tuple[Any, Any, list[str], str, int]] = {
    "loses by an update": (READY, OFF, ["update"], "loses", 1),
    "loses by a replacement": (READY, WRONG, ["delete", "create"], "loses", 1),
    "gains": (OFF, READY, ["update"], "wins", 0),
    "changes from bad to worse": (OFF, WRONG, ["update"], "changed", 0),
    "created": (None, READY, ["create"], "new", 0),
    "created, and not eligible": (None, WRONG, ["create"], "new", 0),
    "destroyed": (READY, None, ["delete"], "gone", 0),
    "unchanged": (READY, READY, ["no-op"], "same", 0),
    "unchanged and not eligible": (OFF, OFF, ["no-op"], "same", 0),
    "updated elsewhere": (UPPER, UPPER, ["update"], "same", 0),
}


@pytest.mark.parametrize("form", [terraform, what_if])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_what_becomes_of_a_machine(
    hotpatch: Any, form: Any, case: tuple[Any, Any, list[str], str, int]
) -> None:
    """Eligible before and not after is lost: code 1. A destroyed machine is gone, a created one
    new.
    """
    *changed, change, code = case
    text = form(*changed)
    done = hotpatch("diff", hotpatch.write("plan.json", text), *DAY, "-f", "json")
    counts = {key: count for key, count in done.json["summary"].items() if count}
    assert (done.code, counts) == (code, {change: 1})
    assert len(done.json["machines"]) == (change != "same")


def test_a_forgotten_machine_stays_as_it_is(hotpatch: Any) -> None:
    """A machine that leaves the state isn't destroyed: nothing is gone."""
    text = terraform(READY, None, ["forget"])
    done = hotpatch("diff", hotpatch.write("plan.json", text), *DAY, "-f", "json")
    assert (done.code, done.json["summary"]["same"]) == (0, 1)


def test_a_value_that_only_apply_knows_is_a_loss(hotpatch: Any) -> None:
    """A machine whose eligibility isn't known any more loses it."""
    after = {key: value for key, value in READY.items() if key != "patch_mode"}
    text = terraform(READY, after, ["update"], change={"after_unknown": {"patch_mode": True}})
    done = hotpatch("diff", hotpatch.write("plan.json", text), *DAY, "-f", "json")
    assert (done.code, done.json["summary"]["loses"]) == (1, 1)


@pytest.mark.parametrize("form", ["table", "markdown"])
def test_gone_machines_are_listed(hotpatch: Any, form: str) -> None:
    """A destroyed machine has its row, and the last line counts it."""
    hotpatch.write("plan.json", terraform(READY, None, ["delete"]))
    done = hotpatch("diff", "plan.json", *DAY, "-f", form)
    assert done.code == 0
    row = next(line for line in done.out.splitlines() if re.match(r"(?:\| )?gone\b", line))
    assert VM in row.replace("&#95;", "_").replace("\\", "")
    assert "1 gone" in done.err


def test_one_plan_from_standard_input(hotpatch: Any) -> None:
    """`-` alone is the plan."""
    done = hotpatch("diff", "-", *DAY, "-f", "json", stdin=terraform(READY, OFF, ["update"]))
    assert (done.code, done.json["summary"]["loses"]) == (1, 1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("machines: [{name: a, platform: azure}]", "Specify a second file."),
        ('{"schema_version": 1, "as_of": "2025-12-15", "summary": {}, "machines": []}', "second"),
        ('{"status": "Succeeded", "changes": []}', "No machine was found."),
        ('{"format_version": "1.0"}', "found no plan"),
    ],
    ids=["inventory", "report", "nothing", "empty"],
)
def test_one_file_that_is_no_plan_is_code_2(hotpatch: Any, text: str, said: str) -> None:
    """A file without changes needs another to compare it with."""
    done = hotpatch("diff", hotpatch.write("one.json", text))
    assert (done.code, done.out) == (2, "")
    assert said in " ".join(done.err.split())
