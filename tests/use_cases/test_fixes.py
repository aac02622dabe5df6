"""The changes of a fleet: batches, what is asked for, and edits of code."""

import json
import re
import subprocess
from time import perf_counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hotpatch_cli.knowledge.load import load_knowledge
from tests.conftest import Hotpatch
from tests.inputs.templates.test_arm_template import CORE, template, vm
from tests.outputs.test_fix_scripts import arc, azure, identifier

DAY = ("--as-of", "2026-08-20")
RULES = load_knowledge().rules
OFF = {"hotpatching": False}


def changes(hotpatch: Hotpatch, content: Any, *arguments: str, name: str = "fleet.json") -> Any:
    """The JSON of `hotpatch fix` on a file."""
    tree = content if isinstance(content, dict) else {"machines": content}
    hotpatch.write(name, json.dumps(tree, indent=2))
    done = hotpatch("fix", name, *DAY, "-f", "json", *arguments)
    assert done.code == 0, done.err
    return done.json


def test_a_change_has_the_keys_that_are_promised(hotpatch: Hotpatch) -> None:
    """The change that makes most machines ready is first, with its commands and its steps."""
    machines = [azure("off1", OFF), azure("off2", OFF), arc("d", {"hotpatch": "Canceled"})]
    written = changes(hotpatch, machines)
    assert written["schema_version"] == 1
    first, second = written["changes"]
    assert {key: first[key] for key in ("rule", "machines", "makes_ready", "restarts")} == {
        "rule": "HP201",
        "machines": ["off1", "off2"],
        "makes_ready": 2,
        "restarts": False,
    }
    assert [command.split()[:3] for command in first["commands"]] == [["az", "vm", "update"]] * 2
    assert first["steps"] == []
    assert (second["rule"], second["makes_ready"], second["restarts"]) == ("HP208", 1, None)
    assert second["steps"]


def test_missing_facts_come_after_what_makes_machines_ready(hotpatch: Hotpatch) -> None:
    """What promises nothing is never first, however many machines it concerns."""
    unknown = [{"name": f"u{number}", "platform": "arc"} for number in range(3)]
    written = changes(hotpatch, [*unknown, azure("off", OFF)])["changes"]
    assert [change["makes_ready"] for change in written] == [1, 0]
    assert written[1]["kind"] == "missing-facts"
    assert "Run `hotpatch collect`." in written[1]["steps"]


def test_a_new_machine_is_steps(hotpatch: Hotpatch) -> None:
    """What no setting helps has steps and no command, and the finding names the nearest image."""
    image = "MicrosoftWindowsServer:WindowsServer:2022-datacenter:latest"
    (change,) = changes(hotpatch, [azure("a", {}, image=image)])["changes"]
    assert (change["kind"], change["makes_ready"], change["commands"]) == ("new-machine", 0, [])
    assert change["steps"]
    assert "2022-datacenter-azure-edition-hotpatch" in change["findings"][0]


def test_a_scale_set_is_no_vm(hotpatch: Hotpatch) -> None:
    """No command for a VM is written for a scale set; its settings are a step."""
    kind = "Microsoft.Compute/virtualMachineScaleSets"
    machine = azure("set", OFF, id=identifier("rg", "set", kind), scale_set="flexible")
    (change,) = changes(hotpatch, [machine])["changes"]
    assert change["commands"] == change["powershell"] == []
    assert "enableHotpatching" in change["steps"][0]
    member = azure("vm", OFF, id=identifier("rg", "vm"), scale_set="flexible")
    assert changes(hotpatch, [member])["changes"][0]["commands"]


@pytest.mark.parametrize(
    ("only", "machines"),
    [
        ("HP201", ["off", "both"]),
        ("hotpatch-not-enabled", ["off", "both"]),
        ("off", ["off"]),
        ("OFF", ["off"]),
        ("o*", ["off"]),
        ("HP201/both", ["both"]),
        ("HP202", ["both"]),
        ("off,HP208", ["off", "arc"]),
        ("HP205", []),
        ("ready", []),
    ],
)
def test_only(hotpatch: Hotpatch, only: str, machines: list[str]) -> None:
    """A rule, a machine, a pattern, or a rule on a machine; also a rule that another one's change
    answers.
    """
    fleet = [
        azure("off", OFF),
        azure("both", OFF | {"mode": "Manual"}),
        arc("arc", {"hotpatch": "Canceled"}),
        azure("ready", {}),
    ]
    written = changes(hotpatch, fleet, "--only", only)["changes"]
    found = []
    for change in written:
        found += change["machines"]
    assert found == machines


def test_only_what_exists(hotpatch: Hotpatch) -> None:
    """A name that is neither a rule nor a machine is refused with the nearest one."""
    hotpatch.write("fleet.json", json.dumps({"machines": [azure("web01", OFF)]}))
    done = hotpatch("fix", "fleet.json", *DAY, "--only", "web02")
    assert done.code == 2
    assert "Did you mean 'web01'" in done.err


def test_exit_codes(hotpatch: Hotpatch) -> None:
    """Changes are no failure; a fleet without machines is code 2, as everywhere."""
    for machines, code in (([azure("a", OFF)], 0), ([azure("a", {})], 0)):
        hotpatch.write("fleet.json", json.dumps({"machines": machines}))
        assert hotpatch("fix", "fleet.json", *DAY).code == code
    linux = {"name": "l", "platform": "azure", "image": "canonical:server:22_04:latest"}
    hotpatch.write("linux.json", json.dumps({"machines": [linux]}))
    assert hotpatch("fix", "linux.json", *DAY).code == 2


def test_the_last_line_names_the_file(hotpatch: Hotpatch) -> None:
    """The suffix chooses the format, and the decision says what was written."""
    hotpatch.write("fleet.json", json.dumps({"machines": [azure("a", OFF)]}))
    done = hotpatch("fix", "fleet.json", *DAY, "-o", "fix.sh")
    assert done.err.splitlines()[-1] == "1 change makes 1 of 1 machine ready. Wrote fix.sh."
    assert (hotpatch.folder / "fix.sh").read_text().startswith("#!/usr/bin/env bash\n")
    hotpatch("fix", "fleet.json", *DAY, "-o", "fix.ps1")
    assert "Invoke-AzRestMethod" in (hotpatch.folder / "fix.ps1").read_text()


# --- the data ----------------------------------------


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.code)
def test_every_rule_that_blocks_has_a_change(rule: Any) -> None:
    """A rule that blocks a machine says what makes it ready; a missing fact is found instead."""
    blocks = any(rule.verdict_of(variant) for variant in rule.sentences)
    is_missing = rule.verdict == "unknown" and rule.code.startswith("HP4") and rule.code != "HP415"
    assert (rule.change is not None) == (blocks and not is_missing)
    for change in (rule.change, *rule.changes.values()):
        if change is None:
            continue
        assert (change.kind == "setting") == bool(change.bash) == bool(change.powershell)
        assert change.bash or change.steps
        assert change.restarts is None or change.source
        assert not change.done_with or change.done_with in RULES
        assert {*rule.changes} <= {*rule.sentences}


# --- templates ----------------------------------------

PLACES: list[Any] = [
    {"provisionVMAgent": True, "patchSettings": {"patchMode": "Manual"}},
    {"provisionVMAgent": True},
    {},
    {"patchSettings": {}},
    {"patchSettings": None, "provisionVMAgent": True},
    {"patchSettings": {"patchMode": "AutomaticByPlatform", "enableHotpatching": False}},
    {"PatchSettings": {"PatchMode": "AutomaticByOS", "EnableHotpatching": None}},
    {"patchSettings": "[variables('patch')]"},
]


def windows(settings: Any, name: str) -> dict[str, Any]:
    """A VM resource with this Windows configuration."""
    made = vm(name)
    made["properties"]["osProfile"]["windowsConfiguration"] = settings
    return made


def applied(hotpatch: Hotpatch, text: str) -> Any:
    """The report on a template after its diff was applied by git."""
    (hotpatch.folder / "main.json").write_bytes(text.encode())
    done = hotpatch("fix", "main.json", *DAY, "-f", "json")
    (diff,) = done.json["diffs"]
    (hotpatch.folder / "fix.diff").write_bytes(diff["diff"].encode())
    subprocess.run(["git", "apply", "fix.diff"], cwd=hotpatch.folder, check=True)
    (hotpatch.folder / "fix.diff").unlink()
    return hotpatch("check", "main.json", *DAY, "-f", "json").json


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("indent", [None, 1, 2, 4, "\t"])
def test_the_diff_of_a_template_makes_its_machines_ready(
    hotpatch: Hotpatch, indent: Any, ending: str
) -> None:
    """Applied by git, it changes the settings of each machine, in every layout of a file."""
    resources = [windows(settings, f"m{at}") for at, settings in enumerate(PLACES)]
    tree = template(*resources, variables={"patch": {"patchMode": "Manual"}})
    text = json.dumps(tree, indent=indent).replace("\n", ending)
    report = applied(hotpatch, text)
    assert {machine["verdict"] for machine in report["machines"]} == {"ready"}
    assert len(report["machines"]) == len(PLACES)
    assert len(json.loads((hotpatch.folder / "main.json").read_text())["resources"]) == len(PLACES)


@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
@given(
    places=st.lists(st.sampled_from(PLACES[:7]), min_size=1, max_size=6),
    indent=st.sampled_from([None, 1, 3]),
    final=st.booleans(),
    copies=st.integers(1, 3),
)
def test_any_template(
    hotpatch: Hotpatch, places: list[Any], indent: Any, final: bool, copies: int
) -> None:
    """Machines of one resource are one edit, and a file without a last line feed stays so."""
    resources = [
        windows(settings, f"[concat('m{at}-', copyIndex())]")
        | {"copy": {"name": f"loop{at}", "count": copies}}
        for at, settings in enumerate(places)
    ]
    text = json.dumps(template(*resources), indent=indent) + ("\n" if final else "")
    report = applied(hotpatch, text)
    assert {machine["verdict"] for machine in report["machines"]} == {"ready"}
    assert (hotpatch.folder / "main.json").read_text().endswith("\n") == final


def test_an_expression_is_never_overwritten(hotpatch: Hotpatch) -> None:
    """A value that a parameter gives isn't edited: the edit says what to change instead."""
    made = windows({"patchSettings": {"patchMode": "[parameters('mode')]"}}, "a")
    mode = {"mode": {"type": "string", "defaultValue": "Manual"}}
    written = changes(hotpatch, template(made, parameters=mode), name="main.json")
    (edit,) = written["changes"][0]["edits"]
    assert "[parameters('mode')]" in edit["note"]
    assert written["diffs"] == []


def test_an_open_object_is_never_written_twice(hotpatch: Hotpatch) -> None:
    """Where a deployment decides on the settings, no second key of their name is written."""
    made = windows({"patchSettings": "[parameters('patch')]"}, "a")
    made["properties"]["osProfile"]["windowsConfiguration"]["provisionVMAgent"] = False
    tree = template(made, parameters={"patch": {"type": "object"}})
    hotpatch.write("main.json", json.dumps(tree, indent=2))
    done = hotpatch("fix", "main.json", *DAY, "-f", "json")
    assert done.code == 0
    for diff in done.json["diffs"]:
        assert not re.search(r"(?m)^\+.*patchSettings", diff["diff"])


def test_a_compiled_template_is_edited_as_bicep(hotpatch: Hotpatch) -> None:
    """The compiler writes the JSON again: its edit is shown in Bicep and is no diff."""
    generated = {"metadata": {"_generator": {"name": "bicep", "version": "0.30"}}}
    tree = template(windows({}, "a"), **generated)
    written = changes(hotpatch, tree, name="main.json")
    assert written["diffs"] == []
    assert written["changes"][0]["edits"][0]["tool"] == "bicep"
    page = hotpatch("fix", "main.json", *DAY, "-f", "markdown").out
    assert "```bicep\nproperties: {\n  osProfile: {" in page
    assert "patchMode: 'AutomaticByPlatform'" in page


def test_a_machine_that_only_code_knows_has_no_command(hotpatch: Hotpatch) -> None:
    """Without a resource id there may be nothing to update yet."""
    written = changes(hotpatch, template(windows({}, "a")), name="main.json")
    assert written["changes"][0]["commands"] == []


# --- Terraform ----------------------------------------


def plan(*resources: dict[str, Any]) -> dict[str, Any]:
    """A plan with these resources."""
    return {
        "format_version": "1.2",
        "terraform_version": "1.9.0",
        "planned_values": {"root_module": {"resources": list(resources)}},
        "resource_changes": [],
    }


def planned(address: str, kind: str = "azurerm_windows_virtual_machine", **more: Any) -> Any:
    """A VM in a plan on which hotpatching is off."""
    values = {
        "source_image_reference": [CORE],
        "patch_mode": "AutomaticByOS",
        "hotpatching_enabled": False,
        "provision_vm_agent": True,
    }
    return {"address": address, "mode": "managed", "type": kind, "values": values | more}


def test_terraform_gets_its_attributes(hotpatch: Hotpatch) -> None:
    """Instances of one resource are one block; a VM that exists has its command, too."""
    kind = "azurerm_windows_virtual_machine"
    known = identifier("rg", "web01")
    tree = plan(
        planned(f"{kind}.web[0]"),
        planned(f"{kind}.web[1]"),
        planned(f'module.m["a.b"].{kind}.old', id=known),
    )
    (change,) = changes(hotpatch, tree, name="plan.json")["changes"]
    assert change["edits"][0]["settings"] == {
        "patch_mode": "AutomaticByPlatform",
        "hotpatching_enabled": True,
    }
    assert len(change["commands"]) == 1
    page = hotpatch("fix", "plan.json", *DAY, "-f", "markdown").out
    assert page.count(f'resource "{kind}" "web" {{\n  patch_mode          = "Auto') == 1
    assert page.count(f'resource "{kind}" "old" {{') == 1
    assert page.index("the next deployment undoes the commands") < page.index("az vm update")
    script = hotpatch("fix", "plan.json", *DAY, "-f", "bash").out
    assert "$AZ vm" not in script
    assert "#   az vm update --resource-group rg --name web01" in script


def test_a_type_without_the_attribute_says_so(hotpatch: Hotpatch) -> None:
    """The old resource type has no patch settings."""
    old = planned("azurerm_virtual_machine.a", "azurerm_virtual_machine")
    old["values"] = {
        "storage_image_reference": [CORE],
        "os_profile_windows_config": [{"provision_vm_agent": True}],
    }
    (change,) = changes(hotpatch, plan(old), name="plan.json")["changes"]
    (edit,) = change["edits"]
    assert edit["settings"] == {}
    assert "No attribute of azurerm_virtual_machine" in edit["note"]


def test_an_export_beside_the_plan_keeps_the_code_first(hotpatch: Hotpatch) -> None:
    """A machine of a plan and of an export is under Terraform, by its address there."""
    known = identifier("rg", "web01")
    tree = plan(planned("azurerm_windows_virtual_machine.web", id=known))
    hotpatch.write("plan.json", json.dumps(tree))
    machine = {"name": "web01", "platform": "azure", "id": known}
    hotpatch.write("fleet.json", json.dumps({"machines": [machine]}))
    done = hotpatch("fix", "fleet.json", "plan.json", *DAY, "-f", "json")
    (change,) = done.json["changes"]
    assert change["edits"][0]["resource"] == "azurerm_windows_virtual_machine.web"


@pytest.mark.slow
def test_fixes_grow_linearly(hotpatch: Hotpatch) -> None:
    """Ten times the resources take about ten times as long, with a diff of all of them."""

    def seconds(number: int) -> float:
        resources = [windows({"patchSettings": {}}, f"m{at}") for at in range(number)]
        (hotpatch.folder / "main.json").write_text(json.dumps(template(*resources), indent=1))
        start = perf_counter()
        assert hotpatch("fix", "main.json", *DAY, "-f", "bash").code == 0
        return perf_counter() - start

    seconds(10)
    assert seconds(3_000) < 30 * seconds(300)
