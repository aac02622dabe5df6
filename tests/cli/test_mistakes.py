"""Usual mistakes of a new user: each is refused with a true message and the next step."""

import pytest

from tests.conftest import Hotpatch

FLEET = """
machines:
  - name: vm1
    platform: azure
    patching: {mode: AutomaticByPlatform, hotpatching: true, vm_agent: true}
  - name: sql1
    platform: arc
    os: Windows Server 2025 Datacenter
    arc: {status: Connected, hotpatch: Not Enrolled, vbs: running, secure_boot: true}
"""


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (("check", "fleet.yaml", "--only", "not-enroled"), "Did you mean 'not-enrolled'?"),
        (("check", "fleet.yaml", "--only", "HP999"), "To list the rules, run `hotpatch explain`."),
        (
            ("waive", "sql1", "HP999", "--reason", "r", "--owner", "o", "--expires", "2060-01-01"),
            "To list the rules",
        ),
        (("calendar", "--year", "26"), "Specify a number from 2000 to 2100."),
        (("windows", "list", "fleet.yaml", "--next", "x"), "Specify a number from 1 to 1000."),
        (("verify", "fleet.yaml", "plan.json"), "Specify the plan first, and then the fleet."),
        (("check", "plan.json"), "This is a plan, not an inventory."),
        (("check", "empty.yaml"), "Add machines under `machines`"),
        (("check", "dotted.yaml"), "Did you mean 'mode' under 'patching'?"),
    ],
)
def test_a_mistake_is_refused_with_a_next_step(
    hotpatch: Hotpatch, arguments: tuple[str, ...], advice: str
) -> None:
    """The exit code is 2, and the message has the advice and no variable of an option."""
    hotpatch.write("fleet.yaml", FLEET)
    hotpatch.write("plan.json", '{"schema_version": 1, "reboots": []}')
    hotpatch.write("empty.yaml", "machines: []\n")
    hotpatch.write("dotted.yaml", "machines: [{name: a, platform: azure, patching.mode: Manual}]\n")
    done = hotpatch(*arguments)
    assert done.code == 2
    assert advice in " ".join(done.err.split())
    assert "env var" not in done.err


def test_a_rule_is_selected_by_name(hotpatch: Hotpatch) -> None:
    """`--only` and `waive` take the name of a rule, which screens show, as well as its code."""
    hotpatch.write("fleet.yaml", FLEET)
    common = ("check", "fleet.yaml", "--as-of", "2025-12-15", "-f", "csv", "--only")
    assert hotpatch(*common, "not-enrolled").out == hotpatch(*common, "hp208").out
    assert hotpatch(*common, "not-enrolled").out.count("\n") == 2
    more = ("--reason", "r", "--owner", "o", "--expires", "2060-01-01")
    assert hotpatch("waive", "sql1", "not-enrolled", *more).code == 0
    assert "rule: HP208" in (hotpatch.folder / "waivers.yaml").read_text()


def test_a_plan_agrees_with_the_check_on_who_restarts(hotpatch: Hotpatch) -> None:
    """A VM that Azure restarts has no owner who does, with or without a window."""
    image = "image: MicrosoftWindowsServer:WindowsServer:2025-datacenter-azure-edition"
    hotpatch.write("fleet.yaml", FLEET.replace("platform: azure", f"platform: azure\n    {image}"))
    checked = hotpatch("check", "fleet.yaml", "--as-of", "2026-01-14", "-f", "json").machines["vm1"]
    assert checked["next_reboot"]["runner"] == "platform"
    out = hotpatch("plan", "fleet.yaml", "--as-of", "2026-01-14").out
    assert "vm1: no-window (HP501): Azure chooses when to restart the machine" in out


def test_missing_facts_lead_to_what_finds_them(hotpatch: Hotpatch) -> None:
    """The first screen names the script and the export, and a rule only for facts of neither."""
    hotpatch.write(
        "fleet.yaml", "machines: [{name: a, platform: arc}, {name: b, platform: azure-local}]\n"
    )
    out = hotpatch("check", "fleet.yaml", "--as-of", "2025-12-15").out
    head = out.partition("\nmachine ")[0]
    assert "hotpatch collect" in head
    assert "hotpatch check --azure" in head
    assert "hotpatch explain HP401" not in head
    assert "enrollment (1)" in out


CMDB = """Name;Operating System;OS Version;Hosted on;Reboot pending;Maintenance window
app1;Microsoft Windows Server 2025 Standard;10.0.26100.7392;Arc;false;{window}
app2;Microsoft Windows Server 2025 Standard;10.0.26100.7392;Arc;false;{window}
lnx1;Linux Red Hat;8.10;Arc;nein;{window}
"""


def test_a_row_of_linux_is_skipped_whatever_its_cells(hotpatch: Hotpatch) -> None:
    """The version of a Linux isn't a build of Windows, and its row isn't refused."""
    done = hotpatch.check(CMDB.format(window=""), name="cmdb.csv")
    assert set(done.machines) == {"app1", "app2"}
    assert done.json["summary"]["skipped"] == 1


def test_an_undefined_window_of_a_table_is_one_problem(hotpatch: Hotpatch) -> None:
    """All rows of a table are mended in one place, and the message says where."""
    done = hotpatch.check(CMDB.format(window="weekend"), name="cmdb.csv")
    assert done.code == 2
    assert done.err.count("The window 'weekend' isn't defined.") == 1
    assert "in an inventory, and specify that file too" in done.err


def test_the_columns_of_configuration_manager_are_known(hotpatch: Hotpatch) -> None:
    """Its views append 0 to each column."""
    rows = "Name0,Caption0,BuildExt,platform\ns1,Windows Server 2025 Standard,10.0.26100.7392,arc\n"
    assert hotpatch.check(rows, name="sccm.csv").machines["s1"]["product"] == "ws2025"


def test_a_mapping_is_not_blamed_for_a_table_that_was_refused(hotpatch: Hotpatch) -> None:
    """A table that can't be read has its own problem, and its --map is right."""
    hotpatch.write("t.csv", "Server label,Caption0\ns1,Windows Server 2025 Standard\n")
    done = hotpatch("check", "t.csv", "--map", "Server label=name")
    assert done.code == 2
    assert "The platform is missing" in done.err
    assert "--map: No input" not in done.err
