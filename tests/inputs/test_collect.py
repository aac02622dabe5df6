"""`hotpatch collect`: a script that only reads, and the reader of what it writes.

No Windows was at hand: a parser of PowerShell reads the script, and the records are written by its
fields.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tree_sitter import Language, Node, Parser
from tree_sitter_powershell import language

RECORD: dict[str, Any] = {
    "HotpatchCollect": 1,
    "CollectedAt": "2025-12-12T10:00:00Z",
    "ComputerName": "WEB01",
    "DnsName": "web01.contoso.com",
    "Windows": {
        "ProductName": "Windows Server 2025 Datacenter",
        "EditionID": "ServerDatacenter",
        "DisplayVersion": "24H2",
        "CurrentBuildNumber": "26100",
        "UBR": 7392,
    },
    "HotFixes": ["KB5054979", "KB5072014"],
    "Waiting": [
        {
            "Title": "2025-12 Update for .NET Framework",
            "Kbs": ["KB5099999"],
            "Categories": ["Updates"],
        }
    ],
    "RestartPending": False,
    "VbsStatus": 2,
    "SecureBoot": 1,
    "FirmwareType": 2,
    "HotPatchTable": None,
    "Arc": {
        "Installed": True,
        "status": "Connected",
        "agentVersion": "1.57.03196.2634",
        "subscriptionId": "0",
        "resourceGroup": "rg",
        "resourceName": "web01",
        "location": "westeurope",
    },
    "Azure": None,
}
ID = "/subscriptions/0/resourceGroups/rg/providers/Microsoft.HybridCompute/machines/web01"
IN_AZURE = RECORD | {
    "ComputerName": "VM1",
    "Arc": {"Installed": False},
    "Azure": {
        "name": "vm-one",
        "resourceId": (
            "/subscriptions/0/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm-one"
        ),
        "location": "uksouth",
        "zone": "2",
        "image": {
            "id": "",
            "publisher": "MicrosoftWindowsServer",
            "offer": "WindowsServer",
            "version": "latest",
        }
        | {"sku": "2025-datacenter-azure-edition"},
    },
}
LICENCE = {
    "id": f"{ID}/licenseProfiles/default",
    "type": "Microsoft.HybridCompute/machines/licenseProfiles",
    "properties": {
        "productProfile": {
            "productFeatures": [{"name": "Hotpatch", "subscriptionStatus": "Enabled"}]
        }
    },
}


def lines(*records: dict[str, Any]) -> str:
    """What Invoke-Command leaves of several machines: a line of JSON for each."""
    return "".join(json.dumps(each, separators=(",", ":")) + "\r\n" for each in records)


# --- the script ----------------------------------------


def nodes(node: Node) -> Iterator[Node]:
    """All nodes of a syntax tree."""
    yield node
    for child in node.children:
        yield from nodes(child)


def script(hotpatch: Any) -> tuple[str, list[Node]]:
    """The script as the command writes it, and its syntax tree."""
    text = hotpatch("collect").out
    return text, list(nodes(Parser(Language(language())).parse(text.encode()).root_node))


def test_the_script_is_powershell(hotpatch: Any) -> None:
    """A parser of PowerShell finds nothing wrong in it."""
    _, tree = script(hotpatch)
    assert [each.text for each in tree if each.type == "ERROR" or each.is_missing] == []
    assert len(tree) > 500


def test_the_script_only_reads(hotpatch: Any) -> None:
    """Each command and each method that it calls is one that changes nothing, and nothing is
    redirected.
    """
    text, tree = script(hotpatch)
    named = {each.text.decode() for each in tree if each.type == "command_name" and each.text}
    assert named == {
        "Get-Value",
        "Get-Item",
        "Get-CimInstance",
        "ForEach-Object",
        "Test-Path",
        "ConvertFrom-Json",
    } | {
        "ConvertTo-Json",
        "Invoke-RestMethod",
    }
    methods = {
        each.text.decode()
        for each in tree
        if each.type == "member_name" and _is_call(each) and each.text
    }
    assert methods == {
        "GetValue",
        "CreateInstance",
        "GetTypeFromProgID",
        "CreateUpdateSearcher",
        "Search",
        "new",
    } | {"ToString"}
    assert not [each for each in tree if "redirect" in each.type]
    assert text.count("& $agent") == 1
    assert "& $agent show -j" in text
    assert "-Method" not in text  # a request without it is GET


def _is_call(member: Node) -> bool:
    return member.parent is not None and member.parent.type == "invokation_expression"


def test_the_script_is_ascii(hotpatch: Any) -> None:
    """Windows PowerShell 5.1 takes a script without a byte order mark for the local code page."""
    assert hotpatch("collect").out.isascii()


def test_the_script_has_no_syntax_of_later_versions(hotpatch: Any) -> None:
    """Operators and parameters that Windows PowerShell 5.1 does not know are not used."""
    text, _ = script(hotpatch)
    code = text.partition("#>")[2]
    assert not any(
        word in code for word in ("??", "?.", " && ", " || ", "-NoProxy", "-AsArray", " ? ")
    )


def test_the_script_writes_every_field_that_is_read(hotpatch: Any) -> None:
    """The sample records of these tests have the fields of the script, no other ones."""
    text, _ = script(hotpatch)
    for key in (
        *RECORD,
        *RECORD["Windows"],
        *RECORD["Waiting"][0],
        *IN_AZURE["Azure"],
        *IN_AZURE["Azure"]["image"],
    ):
        assert f"{key} " in text, key
    for key in RECORD["Arc"]:
        assert key == "Installed" or f"'{key}'" in text, key


def test_the_script_goes_into_a_file(hotpatch: Any) -> None:
    """-o writes it."""
    assert hotpatch("collect", "-o", "collect.ps1").code == 0
    assert (hotpatch.folder / "collect.ps1").read_text() == hotpatch("collect").out


# --- the reader ----------------------------------------

ENCODINGS = {
    "PowerShell 7": lambda text: text.encode(),
    "5.1, Out-File -Encoding utf8": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "5.1, Out-File": lambda text: b"\xff\xfe" + text.encode("utf-16-le"),
    "big endian": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
}
SHAPES = {
    "one object": json.dumps,
    "pretty": lambda record: json.dumps(record, indent=2),
    "a list": lambda record: json.dumps([record]),
    "one line": lines,
    "two lines": lambda record: lines(record, IN_AZURE),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("shape", SHAPES)
def test_every_way_to_save_it(hotpatch: Any, encoding: str, shape: str) -> None:
    """Both PowerShells, one machine or several: the same machine comes out."""
    done = hotpatch.check(ENCODINGS[encoding](SHAPES[shape](RECORD)), name="web.json")
    machine = done.machines["WEB01"]
    assert machine["id"] == ID
    assert machine["track"]["installed"] == {"build": "26100.7392", "kb": "KB5072014"}
    assert [each["code"] for each in machine["reasons"] if each["level"] == "error"] == ["HP408"]


def test_a_licence_is_joined_by_id(hotpatch: Any) -> None:
    """What the machine cannot tell comes from Arc, found by the id that the agent's words make."""
    files = (
        hotpatch.write("web.json", json.dumps(RECORD)),
        hotpatch.write("licence.json", json.dumps(LICENCE)),
    )
    done = hotpatch("check", *files, "-f", "json", "--as-of", "2025-12-15")
    assert done.machines["WEB01"]["verdict"] == "ready"


def test_a_vm_of_azure(hotpatch: Any) -> None:
    """The image is known from the metadata service; the patch settings are not, and are named."""
    machine = hotpatch.check(json.dumps(IN_AZURE)).machines["VM1"]
    assert machine["platform"] == "azure"
    assert machine["product"] == "ws2025"
    assert {each["code"] for each in machine["reasons"] if each["level"] == "error"} == {
        "HP404",
        "HP405",
        "HP406",
    }


PLATFORMS = {
    "no agent": ({"Arc": {"Installed": False}}, "arc", {"HP207", "HP408"}),
    "an agent that tells nothing": ({"Arc": {"Installed": True}}, "arc", {"HP407", "HP408"}),
    "Azure Edition": (
        {
            "Windows": RECORD["Windows"]
            | {"ProductName": "Windows Server 2025 Datacenter", "EditionID": "ServerTurbine"}
        },
        "azure-local",
        {"HP401", "HP411", "HP412"},
    ),
    "a gallery image": (
        {
            "Azure": IN_AZURE["Azure"]
            | {"image": {"id": "/subscriptions/0/images/x", "publisher": "", "sku": ""}}
        },
        "azure",
        {"HP102"},
    ),
    "a client": (
        {"Windows": {"ProductName": "Windows 10 Pro", "CurrentBuildNumber": "26100", "UBR": 1}},
        "arc",
        {"HP104"},
    ),
    "VBS off": ({"VbsStatus": 0}, "arc", {"HP205", "HP408"}),
    "BIOS": ({"FirmwareType": 1, "SecureBoot": None}, "arc", {"HP206", "HP408"}),
    "Secure Boot off": ({"SecureBoot": 0}, "arc", {"HP206", "HP408"}),
    "run without rights": (
        {"VbsStatus": None, "SecureBoot": None},
        "arc",
        {"HP409", "HP410", "HP408"},
    ),
    "no revision": ({"Windows": RECORD["Windows"] | {"UBR": None}}, "arc", {"HP408"}),
}


@pytest.mark.parametrize(("change", "platform", "codes"), PLATFORMS.values(), ids=PLATFORMS)
def test_what_a_machine_tells(
    hotpatch: Any, change: dict[str, Any], platform: str, codes: set[str]
) -> None:
    """What is found decides; what could not be read is missing, never guessed."""
    machine = hotpatch.check(json.dumps(RECORD | change)).machines["WEB01"]
    assert machine["platform"] == platform
    assert {each["code"] for each in machine["reasons"] if each["level"] == "error"} == codes


def test_a_platform_that_is_concluded_gives_way(hotpatch: Any) -> None:
    """A guest does not know that Azure Local is under it; an inventory that says so is no
    contradiction.
    """
    guest = RECORD | {"Arc": {"Installed": False}}
    fleet = hotpatch.write("fleet.yaml", "machines:\n- {name: web01, platform: azure-local}\n")
    done = hotpatch("check", fleet, hotpatch.write("web.json", json.dumps(guest)), "-f", "json")
    assert [each["platform"] for each in done.json["machines"]] == ["azure-local"]


def test_waiting_updates_and_restart(hotpatch: Any) -> None:
    """An update that hotpatch does not carry is named, a restart that waits is told; each points
    into the record.
    """
    done = hotpatch.check(json.dumps(RECORD | {"RestartPending": True}, indent=1))
    reasons = {each["code"]: each for each in done.machines["WEB01"]["reasons"]}
    assert ".NET Framework" in reasons["HP306"]["message"]
    assert reasons["HP308"]["location"]["line"] == 28


HOSTILE = {
    "another version": ({"HotpatchCollect": 2}, "another version of the script"),
    "no name": ({"ComputerName": None}, "no machine name"),
    "a number as name": ({"ComputerName": ["x"]}, "Expected text in ComputerName"),
    "a build of words": (
        {"Windows": {"CurrentBuildNumber": "26100; rm", "UBR": 1}},
        "isn't a valid build",
    ),
    "a revision of words": (
        {"Windows": {"CurrentBuildNumber": "26100", "UBR": "x"}},
        "isn't a valid build",
    ),
    "a restart of words": (
        {"RestartPending": "perhaps"},
        "Expected true or false in RestartPending",
    ),
    "an image that is a list": (
        {"Azure": {"name": "x", "image": {"sku": ["a"]}}},
        "Expected text in Azure.image.sku",
    ),
}


@pytest.mark.parametrize(("change", "message"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_values(hotpatch: Any, change: dict[str, Any], message: str) -> None:
    """A value that is no such value is named, and nothing is judged."""
    done = hotpatch.check(json.dumps(RECORD | change, indent=1))
    assert (done.code, done.out) == (2, "")
    assert message in done.err


@pytest.mark.parametrize(
    "key", ["Windows", "HotFixes", "Waiting", "Arc", "Azure", "VbsStatus", "SecureBoot"]
)
@pytest.mark.parametrize("value", [None, [], {}, [[1]], "x", [None], {"a": {"b": []}}], ids=repr)
def test_no_shape_is_a_bug(hotpatch: Any, key: str, value: Any) -> None:
    """Whatever stands under a key, the answer is a report or a problem, never a traceback."""
    assert hotpatch.check(json.dumps(RECORD | {key: value})).code in (0, 1, 2, 3)


def test_a_machine_that_was_collected_twice(hotpatch: Any) -> None:
    """The same machine twice in a file is named."""
    done = hotpatch.check(lines(RECORD, RECORD), name="servers.json")
    assert done.code == 2
    assert "is defined twice" in done.err


def test_a_line_that_is_cut(hotpatch: Any) -> None:
    """A line that breaks off is named with its number."""
    done = hotpatch.check(lines(RECORD, IN_AZURE)[:-40] + "\n", name="servers.json")
    assert (done.code, done.out) == (2, "")
    assert "servers.json:2:" in done.err
