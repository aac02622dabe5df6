"""Texts and files that are mistaken for data: one sentence, and the command that gives the data."""

import io
import zipfile
from typing import Any

import pytest


def binary_plan() -> bytes:
    """The members of a plan in Terraform's own format."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as packed:
        for name in ("tfplan", "tfstate", "tfstate-prev", "tfconfig/modules.json"):
            packed.writestr(name, b"\x0a\x00")
    return stream.getvalue()


EVENTS = (
    '{"@level":"info","@message":"Terraform 1.9.8","@module":"terraform.ui","type":"version"}\n'
    '{"@level":"info","@message":"Plan: 1 to add","type":"change_summary"}\n'
)
HUMAN = (
    "\nTerraform used the selected providers to generate the following execution plan.\n"
    "Resource actions are indicated with the following symbols:\n  + create\n"
)
PRETTY = (
    "Note: The result may contain false positive predictions (noise).\n\n"
    "\x1b[0mResource and property changes are indicated with this symbol:\n  + Create\n\n"
    "The deployment will update the following scope:\n\nScope: /subscriptions/0\n"
)
CASES: dict[str, tuple[str | bytes, str]] = {
    "binary plan": (binary_plan(), "terraform show -json plan.json"),
    "event stream": (EVENTS, "terraform show -json tfplan"),
    "event stream of one line": (EVENTS.splitlines()[0], "terraform show -json tfplan"),
    "wrapper": (
        '[command]/opt/terraform-bin show -json tfplan\n{"format_version":"1.2"}',
        "terraform_wrapper",
    ),
    "text of a plan": (HUMAN, "terraform show -json tfplan"),
    "text of a plan in color": (
        HUMAN.replace("\nTerr", "\n\x1b[0m\x1b[1mTerr"),
        "show -json tfplan",
    ),
    "text of a plan without changes": (
        "\nNo changes. Your infrastructure matches the configuration.\n",
        "show -json tfplan",
    ),
    "empty show": ('{"format_version":"1.0"}', "terraform show -json tfplan"),
    "empty show with a version": (
        '{"format_version":"1.0","terraform_version":"1.9.8"}',
        "terraform show -json tfplan",
    ),
    "pretty what-if": (PRETTY, "--no-pretty-print -o json"),
    "Get-AzVM": (
        (
            "\r\nResourceGroupName   Name   Location          VmSize  OsType         NIC "
            "ProvisioningState Zone\r\n-----------------   ----   --------          ------  ------"
            "         --- ----------------- ----\r\nRG                  web01  westeurope "
            "Standard_D2s_v5 Windows web01-nic         Succeeded    1\r\n\r\n"
        ),
        "`Get-AzVM | ConvertTo-Json -Depth 10`",
    ),
    "Get-AzVM of one VM": (
        (
            "\r\n\r\nResourceGroupName  : rg\r\nId                 : /subscriptions/0/x\r\n"
            "VmId               : 0\r\nName               : web01\r\n"
            "HardwareProfile    : {VmSize}\r\n"
        ),
        "`Get-AzVM | ConvertTo-Json -Depth 10`",
    ),
    "Get-AzConnectedMachine": (
        (
            "\nName  Location   OSName  Status    ProvisioningState\n"
            "----  --------   ------  ------    -----------------\n"
            "web01 westeurope windows Connected Succeeded\n"
        ),
        "`Get-AzConnectedMachine | ConvertTo-Json -Depth 10`",
    ),
    "Search-AzGraph": (
        (
            "\nid               : /subscriptions/0/x\nname             : web01\n"
            "type             : microsoft.compute/virtualmachines\ntenantId         : 0\n"
            "properties       : @{storageProfile=; osProfile=}\n"
        ),
        "`Search-AzGraph -Query QUERY | ConvertTo-Json -Depth 10`",
    ),
    "another table of PowerShell": (
        "\nName  State   Uptime\n----  -----   ------\nweb01 Running 1.02:03:04\n",
        "`| ConvertTo-Json -Depth 10`",
    ),
    "az -o table": (
        (
            "Name    ResourceGroup    Location    Zones\n"
            "------  ---------------  ----------  -------\nweb01   rg               westeurope  1\n"
        ),
        "with -o json",
    ),
    "warning of az": ('WARNING: A new release is available.\n[{"id": "x"}]', "--only-show-errors"),
}


@pytest.mark.parametrize(("content", "fix"), CASES.values(), ids=CASES)
def test_a_text_for_people_is_refused_with_the_right_command(
    hotpatch: Any, content: str | bytes, fix: str
) -> None:
    """One problem, exit code 2, and how to get the data."""
    done = hotpatch.check(content, name="plan.json")
    assert (done.code, done.out) == (2, "")
    (line,) = [line for line in done.err.splitlines() if line.startswith("plan.json")]
    assert fix in line


def test_a_binary_plan_is_known_by_any_name(hotpatch: Any) -> None:
    """The content decides, not the suffix."""
    for name in ("tfplan", "plan.xlsx", "out.tfplan"):
        done = hotpatch("check", hotpatch.write(name, binary_plan()))
        assert done.code == 2
        assert f"terraform show -json {name}" in done.err


def test_dashes_below_a_comment_begin_yaml(hotpatch: Any) -> None:
    """A document marker isn't the line below a header."""
    text = "# fleet of 2026\n---\nmachines:\n- name: a\n  platform: arc\n"
    assert hotpatch.check(text).code == 3


def test_such_words_within_data_are_data(hotpatch: Any) -> None:
    """A note of an inventory may quote what Terraform prints."""
    text = (
        "# Terraform used the selected providers\n"
        "machines:\n- name: a\n  platform: arc\n"
        "  x-note: |\n    Terraform used the selected providers\n"
    )
    assert hotpatch.check(text).code == 3


ROW = "web01,arc,Windows Server 2025 Datacenter,26100.7392\n"


@pytest.mark.parametrize("rows", [ROW, ROW + ROW.replace("01", "02")], ids=["one row", "two rows"])
def test_a_table_without_a_header_is_told_what_was_taken_for_it(hotpatch: Any, rows: str) -> None:
    """The first row has values, not names."""
    done = hotpatch.check(rows, name="m.csv")
    assert (done.code, done.err.count("m.csv:")) == (2, 1)
    assert "m.csv:1:1: The table has no header. Its first row is 'web01', 'arc', 'Wind" in done.err
    assert "Add a header row" in done.err


def test_a_header_alone_has_no_data(hotpatch: Any) -> None:
    """An export without machines is empty, not wrong."""
    done = hotpatch.check("name,platform,build\n", name="m.csv")
    assert "The file contains no data." in done.err
    assert hotpatch.check("name,platform\n", "--allow-empty", name="m.csv").code == 0


def test_one_bad_cell_of_a_mapped_table_is_one_problem(hotpatch: Any) -> None:
    """The columns that were mapped are there."""
    table = hotpatch.write("m.csv", "Srv,Plat,Ver\nweb01,arc,nonsense\n")
    choices = ("--map", "Srv=name", "--map", "Plat=platform", "--map", "Ver=build")
    done = hotpatch("check", table, *choices)
    assert (done.code, len(done.err.splitlines())) == (2, 1)
    assert "In the column 'Ver': 'nonsense' isn't a valid build" in done.err


def test_a_window_of_a_table_can_be_defined_in_two_ways(hotpatch: Any) -> None:
    """A CSV has no place for windows."""
    done = hotpatch.check("name,platform,window\nweb01,arc,weekend\n", name="m.csv")
    assert "Define it under 'windows' in an inventory, and specify that file too" in done.err
    assert "or specify its maintenance configuration with --windows FILE." in done.err
