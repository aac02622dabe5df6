"""Objects that PowerShell wrote as text are no values: what decides is a problem, the rest is left
out.
"""

from typing import Any

import pytest

VM = "/subscriptions/0/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm1"
TAGS = "System.Collections.Generic.Dictionary`2[System.String,System.String]"
EXPORTED = (
    "#TYPE Microsoft.Azure.Commands.Compute.Models.PSVirtualMachineList\r\n"
    '"Name","Id","OSProfile","StorageProfile","Tags"\r\n'
    f'"vm1","{VM}","Microsoft.Azure.Management.Compute.Models.OSProfile",'
    f'"Microsoft.Azure.Management.Compute.Models.StorageProfile","{TAGS}"\r\n'
)


def test_an_export_of_objects_is_one_problem(hotpatch: Any) -> None:
    """Export-Csv of Get-AzVM has only the names of types: no machine is called unknown."""
    done = hotpatch("check", hotpatch.write("vms.csv", EXPORTED))
    assert (done.code, done.out, done.err.count("vms.csv:")) == (2, "", 1)
    assert "vms.csv:3:1: PowerShell cut off the objects in the columns" in done.err
    assert "-Depth 10" in done.err
    assert "Select-Object" in done.err


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("kbs", "System.Object[]"),
        ("pending", "System.String[]"),
        ("image", "@{publisher=MicrosoftWindowsServer; offer=WindowsServer}"),
        ("image", "Microsoft.Azure.Management.Compute.Models.ImageReference"),
        ("os", "Microsoft.Management.Infrastructure.CimInstance"),
    ],
)
def test_a_cell_that_decides_is_one_problem(hotpatch: Any, column: str, text: str) -> None:
    """However many rows have it."""
    rows = "".join(f"web{number},arc,{text}\n" for number in range(3))
    done = hotpatch("check", hotpatch.write("m.csv", f"name,platform,{column}\n{rows}"))
    assert (done.code, done.err.count("m.csv:")) == (2, 1)
    assert f"m.csv:2:1: PowerShell cut off the objects in the column '{column}'" in done.err


@pytest.mark.parametrize("text", ["System.Collections.Hashtable", TAGS, "@{env=prod}"])
def test_tags_are_left_out_with_one_note(hotpatch: Any, text: str) -> None:
    """Tags decide no verdict."""
    rows = "".join(f'web{number},arc,"{text}"\n' for number in range(3))
    done = hotpatch("check", hotpatch.write("m.csv", f"name,platform,tags\n{rows}"))
    assert (done.code, done.err.count("PowerShell wrote no values in the columns 'tags'")) == (3, 1)


def test_words_of_people_are_no_objects(hotpatch: Any) -> None:
    """A name may begin as a type does."""
    done = hotpatch.check("name,platform,region\nSystem.Db.01,arc,Microsoft.Web\n", name="m.csv")
    assert done.code == 3


@pytest.mark.parametrize(
    "part",
    [
        '"StorageProfile":{"ImageReference":"Microsoft.Azure.Management.Compute.Models.Image"}',
        '"properties":"@{osProfile=; storageProfile=}"',
        '"OSProfile": {"WindowsConfiguration": "System.Object"}',
    ],
)
def test_json_without_depth_is_refused_by_its_first_object(hotpatch: Any, part: str) -> None:
    """ConvertTo-Json has a depth of 2 by default."""
    text = f'[{{"Name":"vm1","Id":"{VM}","Type":"Microsoft.Compute/virtualMachines",{part}}}]'
    done = hotpatch("check", hotpatch.write("vms.json", text))
    assert (done.code, done.err.count("vms.json:")) == (2, 1)
    assert "is missing: PowerShell wrote the name of its type. Export again with" in done.err
