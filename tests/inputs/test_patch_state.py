"""Patch state: what Azure, Windows and Ansible tell of installed and waiting updates, given to the
right machine.
"""

import json
from typing import Any

import pytest

from hotpatch_cli.inputs.updates import kb_of, waiting

MACHINE = (
    "machines:\n- {name: web01, platform: arc, os: Windows Server 2025 Datacenter, arc: "
    "{status: Connected, "
    "hotpatch: Enabled, vbs: running, secure_boot: true}}\n"
)
TWO = MACHINE + "- {name: web02, platform: arc}\n"
ID = "/subscriptions/0/resourceGroups/rg/providers/Microsoft.HybridCompute/machines/web01"
WITH_ID = MACHINE.replace("name: web01", f"name: web01, id: {ID}")


def check(hotpatch: Any, state: Any, name: str = "state.json", fleet: str = MACHINE) -> Any:
    """The report on an inventory and a patch state: JSON values, or text as it stands."""
    text = state if isinstance(state, str | bytes) else json.dumps(state, indent=1)
    files = hotpatch.write("fleet.yaml", fleet), hotpatch.write(name, text)
    return hotpatch("check", *files, "-f", "json", "--as-of", "2025-12-15")


def codes(machine: dict[str, Any]) -> set[str]:
    """The codes of a machine of a report."""
    return {reason["code"] for reason in machine["reasons"]}


REG = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion"
SYSTEMINFO = """
Host Name:                     WEB01
OS Name:                       Microsoft Windows Server 2025 Datacenter
OS Version:                    10.0.26100 N/A Build 26100
System Boot Time:              12/10/2025, 3:00:00 AM
Processor(s):                  1 Processor(s) Installed.
                               [01]: Intel64 Family 6
Hotfix(s):                     2 Hotfix(s) Installed.
                               [01]: KB5054979
                               [02]: KB5072014
"""
GUESTS: dict[str, tuple[str, Any]] = {
    "Get-HotFix": (
        "fixes.csv",
        (
            '"PSComputerName","Description","HotFixID","InstalledBy","InstalledOn"\r\n'
            '"WEB01","Update","KB5054979","NT AUTHORITY\\SYSTEM","12/9/2025 12:00:00 AM"\r\n'
            '"WEB01","Security Update","KB5072014","","12/10/2025 12:00:00 AM"\r\n'
        ),
    ),
    "Get-HotFix without a machine": (
        "web01.csv",
        "Description,HotFixID,InstalledBy,InstalledOn\nx,KB5072014,,\n",
    ),
    "Get-HotFix with a type line": (
        "fixes.csv",
        (
            '#TYPE Microsoft.Management.Infrastructure.CimInstance\n"Source",'
            '"HotFixID"\n"WEB01.contoso.com","KB5072014"\n'
        ),
    ),
    "Get-HotFix of a German Excel": ("fixes.csv", "PSComputerName;HotFixID\r\nweb01;KB5072014\r\n"),
    "Get-HotFix as JSON": ("fixes.json", [{"PSComputerName": "web01", "HotFixID": "KB5072014"}]),
    "Get-ComputerInfo 7": (
        "info.json",
        {
            "CsName": "WEB01",
            "OsVersion": "10.0.26100",
            "OsBuildNumber": "26100",
            "WindowsUBR": 7392,
        },
    ),
    "Get-ComputerInfo 5.1": (
        "info.json",
        {
            "CsDNSHostName": "web01",
            "OsName": "Microsoft Windows Server 2025 Datacenter",
            "OsVersion": "10.0.26100",
            "OsHotFixes": [{"HotFixID": "KB5054979"}, {"HotFixID": "KB5072014"}],
        },
    ),
    "registry as JSON": (
        "web01.json",
        {"CurrentBuildNumber": "26100", "UBR": 7392, "EditionID": "ServerDatacenter"},
    ),
    "reg query": (
        "web01.txt",
        (
            f"\r\n{REG}\r\n    CurrentBuildNumber    REG_SZ    26100\r\n    UBR    REG_DWORD "
            f"   0x1ce0\r\n\r\n"
        ),
    ),
    "reg file": (
        "web01.reg",
        (
            f"Windows Registry Editor Version 5.00\r\n\r\n[{REG}]\r\n"
            '"CurrentBuildNumber"="26100"\r\n"UBR"=dword:00001ce0\r\n'
        ).encode("utf-16"),
    ),
    "Format-List": (
        "web01.txt",
        "\r\nCurrentBuildNumber : 26100\r\nUBR                : 7392\r\n\r\n",
    ),
    "Get-HotFix as a table": (
        "fixes.txt",
        (
            "\r\nSource        Description      HotFixID      InstalledBy          InstalledOn\r\n"
            "------        -----------      --------      -----------          -----------\r\n"
            "WEB01         Update           KB5054979     NT AUTHORITY\\SYSTEM  12/9/2025 12:00:00"
            " AM\r\n"
            "WEB01         Security Update  KB5072014                          12/10/2025 12:00:00"
            " AM\r\n\r\n\r\n"
        ).encode("utf-16"),
    ),
    "registry as a table": (
        "web01.txt",
        "\nCurrentBuildNumber  UBR\n------------------  ---\n26100              7392\n\n",
    ),
    "registry of many machines": (
        "builds.txt",
        (
            "\nCurrentBuildNumber  UBR PSComputerName RunspaceId\n"
            "------------------  --- -------------- ----------\n"
            "26100              7392 WEB01          2d7e2ad4-5d2b-4f9c-8f1c-0a6b1f3c9d11\n\n"
        ),
    ),
    "Get-ComputerInfo as a list": (
        "info.txt",
        (
            "\r\nWindowsBuildLabEx : 26100.1.amd64fre.ge_release.240331-1435\r\n"
            "OsHotFixes        : {KB5054979, KB5072014}\r\n"
            "CsName            : WEB01\r\nOsVersion         : 10.0.26100\r\n"
            "WindowsUBR        : 7392\r\n\r\n"
        ),
    ),
    "systeminfo": ("state.txt", SYSTEMINFO),
    "systeminfo in French": (
        "state.txt",
        (
            "\nNom de l'hôte:                              WEB01\n"
            "Nom du système d'exploitation:              Microsoft Windows Server 2025 Datacenter\n"
            "Version du système:                         10.0.26100 N/A version 26100\n"
            "Correctif(s):                               2 Correctif(s) installé(s).\n"
            "                                            [01]: KB5054979\n"
            "                                            [02]: KB5072014\n"
        ),
    ),
    "systeminfo in Japanese": (
        "state.txt",
        (
            "\nホスト名:               WEB01\nOS 名:                  Microsoft Windows Server"
            " 2025 Datacenter\nOS バージョン:          10.0.26100 N/A ビルド 26100\n"
            "ホットフィックス:       1 ホットフィックスがインストールされています。\n"
            "                        [01]: KB5072014\n"
        ),
    ),
    "systeminfo as CSV in German": (
        "state.txt",
        (
            '"Hostname","Betriebssystemname","Betriebssystemversion","Hotfix(es)"\n'
            '"WEB01","Microsoft Windows Server 2025 Datacenter",'
            '"10.0.26100 Nicht zutreffend Build 26100","2 Hotfix(e) installiert.,'
            '[01]: KB5054979,[02]: KB5072014"\n'
        ),
    ),
    "systeminfo as CSV": (
        "state.csv",
        (
            '"Host Name","OS Name","OS Version","Hotfix(s)"\n'
            '"WEB01","Microsoft Windows Server 2025 Datacenter","10.0.26100 N/A Build 26100",'
            '"2 Hotfix(s) Installed.,[01]: KB5054979,[02]: KB5072014"\n'
        ),
    ),
    "installPatches": (
        "web01.json",
        {
            "installationActivityId": "1",
            "rebootStatus": "NotNeeded",
            "patches": [{"name": "x", "kbId": "5072014", "installationState": "Installed"}],
            "error": {"code": "Success"},
        },
    ),
    "win_updates": (
        "updates.json",
        {
            "web01": {
                "updates": {"g": {"title": "Hotpatch", "kb": ["5072014"], "installed": True}},
                "found_update_count": 1,
                "reboot_required": False,
            }
        },
    ),
    "win_updates of a callback": (
        "updates.json",
        {
            "plays": [
                {
                    "tasks": [
                        {
                            "hosts": {
                                "web01": {
                                    "updates": {
                                        "g": {"title": "x", "kb": ["5072014"], "installed": True}
                                    },
                                    "found_update_count": 1,
                                }
                            }
                        }
                    ]
                }
            ]
        },
    ),
}


@pytest.mark.parametrize(("name", "state"), GUESTS.values(), ids=GUESTS)
def test_the_december_hotpatch_is_found_in_every_clothing(
    hotpatch: Any, name: str, state: Any
) -> None:
    """Each kind of patch state tells that web01, and not web02, has the hotpatch of
    December 2025.
    """
    done = check(hotpatch, state, name, TWO)
    assert done.machines["web01"]["track"]["installed"] == {
        "build": "26100.7392",
        "kb": "KB5072014",
    }
    assert done.machines["web01"]["verdict"] in ("ready", "unknown")
    assert done.machines["web02"]["track"]["installed"] is None
    assert "ignored" not in done.err


THREE_PARTS = {
    "systeminfo": ("state.txt", SYSTEMINFO.split("Hotfix(s)", maxsplit=1)[0]),
    "Get-ComputerInfo": (
        "info.json",
        {"CsName": "web01", "OsVersion": "10.0.26100", "OsBuildNumber": "26100"},
    ),
    "Get-ComputerInfo -Property": (
        "info.json",
        {
            "OsName": "Microsoft Windows Server 2025 Datacenter",
            "OsVersion": "10.0.26100",
            "CsName": "WEB01",
        },
    ),
    "Get-ComputerInfo -Property as a list": (
        "info.txt",
        (
            "\r\nOsName    : Microsoft Windows Server 2025 Datacenter\r\n"
            "OsVersion : 10.0.26100\r\nCsName    : WEB01\r\n\r\n"
        ),
    ),
    "Get-ComputerInfo -Property without a name": (
        "web01.txt",
        (
            "\nOsName                                   OsVersion\n"
            "------                                   ---------\n"
            "Microsoft Windows Server 2025 Datacenter 10.0.26100\n\n"
        ),
    ),
    "registry": ("web01.json", {"CurrentBuildNumber": "26100"}),
}


def test_a_table_of_several_machines_gives_each_its_own(hotpatch: Any) -> None:
    """Rows of Get-HotFix belong to the machine in their column Source."""
    text = (
        "Source Description     HotFixID  InstalledBy InstalledOn\n"
        "------ -----------     --------  ----------- -----------\n"
        "WEB01  Security Update KB5072014             12/10/2025 12:00:00 AM\n"
        "WEB02  Update          KB5066835             10/14/2025 12:00:00 AM\n"
    )
    fleet = TWO.replace("web02, platform: arc", "web02, platform: arc, os: Windows Server 2025")
    done = check(hotpatch, text, "fixes.txt", fleet)
    kbs = {name: machine["track"]["installed"]["kb"] for name, machine in done.machines.items()}
    assert kbs == {"web01": "KB5072014", "web02": "KB5066835"}


def test_a_name_that_the_console_cut_off_is_refused(hotpatch: Any) -> None:
    """A machine isn't guessed from the beginning of its name."""
    text = "Source   HotFixID\n------   --------\nweb01... KB5072014\n"
    done = check(hotpatch, text, "fixes.txt")
    assert (done.code, done.err.count("fixes.txt:")) == (2, 1)
    assert "fixes.txt:3:1: PowerShell cut off the value 'web01...'" in done.err
    assert "| ConvertTo-Json" in done.err


def test_an_azure_query_of_os_names_is_no_computer_info(hotpatch: Any) -> None:
    """Columns of a query with a name are a table."""
    rows = "name,osName,osVersion\nweb01,Windows Server 2025 Datacenter,10.0.26100.7392\n"
    done = hotpatch("check", hotpatch.write("q.csv", rows), "--set", "platform=arc", "-f", "json")
    assert done.machines["web01"]["track"]["installed"]["build"] == "26100.7392"


@pytest.mark.parametrize(("name", "state"), THREE_PARTS.values(), ids=THREE_PARTS)
def test_three_parts_of_a_build_decide_nothing(hotpatch: Any, name: str, state: Any) -> None:
    """Without its revision a build gives an unknown track, and the verdict asks for it."""
    machine = check(hotpatch, state, name).machines["web01"]
    assert machine["track"]["state"] == "unknown"
    assert {"HP403", "HP307"} <= codes(machine)


def result(kind: str, name: str = "latest", **properties: Any) -> dict[str, Any]:
    """A row of patchassessmentresources or patchinstallationresources, as Resource Graph has it."""
    single = "/softwarepatches" if "/" in name else ""
    return {
        "id": f"{ID.lower()}/patch{kind}results/{name}",
        "type": f"microsoft.hybridcompute/machines/patch{kind}results{single}",
        "properties": properties,
    }


def patch(kind: str, title: str, **properties: Any) -> dict[str, Any]:
    """A single patch of a result."""
    return result(kind, f"latest/softwarePatches/{title[:3]}", patchName=title, **properties)


OPEN = [
    ("2025-12 Cumulative Update for .NET Framework 3.5 and 4.8.1", ["Security"], None, "dotnet"),
    ("Intel - net - 12.19.2.60", ["Drivers"], None, "driver"),
    ("Dell - Firmware - 1.2", ["Updates"], "CanRequestReboot", "firmware"),
    (
        "2025-12 Cumulative Update Preview for Windows Server 2025",
        ["Updates"],
        None,
        "non-security",
    ),
    ("Update for Windows (KB1234567)", ["UpdateRollUp"], None, "non-security"),
    ("Security Update for SQL Server 2022", ["Security"], None, "other"),
    (
        "2025-12 Cumulative Update for Microsoft server operating system version 24H2",
        ["Security"],
        None,
        "system",
    ),
    ("2025-12 Hotpatch for Windows Server 2025", ["Security"], None, "system"),
    ("2026-08 Security Update (KB5120233) (26100.33296)", ["Security"], None, "system"),
    ("Security Intelligence Update for Microsoft Defender Antivirus", ["Definition"], None, None),
    ("Windows Malicious Software Removal Tool x64", ["UpdateRollUp"], None, None),
    ("Some tool", ["Updates"], "NeverReboots", None),
    ("", ["Security"], None, "system"),
]


@pytest.mark.parametrize(("title", "classes", "restarts", "kind"), OPEN)
def test_every_update_that_may_restart_is_pending(
    title: str, classes: list[str], restarts: str | None, kind: str | None
) -> None:
    """Title or class state the kind. An update of the operating system has none; one that never
    restarts is dropped.
    """
    update = waiting(title, "KB5072014", None, tuple(classes), restarts)
    assert (update and (update.kind or "system")) == kind


@pytest.mark.parametrize(
    ("texts", "kb"),
    [
        (("5030211",), "KB5030211"),
        (("KB5030211",), "KB5030211"),
        (("kb 5030211",), "KB5030211"),
        ((None, "Tool (KB890830)"), "KB890830"),
        (("", "no number"), None),
        (("12",), None),
    ],
)
def test_a_kb_is_found_with_and_without_its_letters(
    texts: tuple[str | None, ...], kb: str | None
) -> None:
    """The number alone, the number with KB, and a title that names it are the same KB."""
    assert kb_of(*texts) == kb


def test_an_assessment_tells_what_waits(hotpatch: Any) -> None:
    """A .NET update that is available is a restart in a hotpatch month; available is
    not installed.
    """
    rows = [
        result("assessment", rebootPending=True),
        patch("assessment", "2025-12 .NET Framework", kbId="5072015", classifications=["Security"]),
        patch("assessment", "2025-12 Hotpatch", kbId="5072014", classifications=["Security"]),
    ]
    machine = check(hotpatch, {"data": rows, "count": 3}, fleet=WITH_ID).machines["web01"]
    assert codes(machine) >= {"HP306", "HP308"}
    assert machine["track"]["installed"] is None


@pytest.mark.parametrize(
    ("older", "newer", "waits"),
    [
        ("Required", "Completed", False),
        ("Completed", "Required", True),
        ("NotNeeded", "Failed", True),
    ],
)
def test_the_newest_installation_tells_of_the_restart(
    hotpatch: Any, older: str, newer: str, waits: bool
) -> None:
    """Of two runs of one machine the newer one's reboot status counts, whatever their order."""
    rows = [
        result("installation", "b", rebootStatus=newer, startDateTime="2025-12-11T00:00:00Z"),
        result("installation", "a", rebootStatus=older, startDateTime="2025-12-10T00:00:00Z"),
        patch("installation", "December", kbId="KB5072014", installationState="Installed"),
    ]
    machine = check(hotpatch, rows, fleet=WITH_ID).machines["web01"]
    assert ("HP308" in codes(machine)) is waits
    assert machine["track"]["state"] == "current"


def test_what_was_installed_later_waits_no_more(hotpatch: Any) -> None:
    """An update that one run left and another installed is installed."""
    dotnet = "2025-12 .NET Framework"
    rows = [
        patch("assessment", dotnet, kbId="5072015"),
        patch("installation", dotnet, kbId="5072015", installationState="Installed"),
    ]
    assert "HP306" not in codes(check(hotpatch, rows, fleet=WITH_ID).machines["web01"])


def test_a_column_of_json_is_read(hotpatch: Any) -> None:
    """Resource Graph's CSV, whose `properties` column is JSON, is read as its objects are."""
    row = patch(
        "assessment", "2025-12 .NET Framework", kbId="5072015", classifications=["Security"]
    )
    cells = [row["id"], row["type"], json.dumps(row["properties"])]
    text = (
        "id,type,properties\n"
        + ",".join('"' + cell.replace('"', '""') + '"' for cell in cells)
        + "\n"
    )
    assert "HP306" in codes(check(hotpatch, text, "state.csv", WITH_ID).machines["web01"])


def test_a_state_without_a_name_belongs_to_the_only_machine(hotpatch: Any) -> None:
    """In a fleet of one, a state that names no machine is that one's."""
    machine = check(
        hotpatch, {"CurrentBuildNumber": "26100", "UBR": "7392"}, "anything.json"
    ).machines["web01"]
    assert machine["track"]["state"] == "current"


def test_a_state_that_nobody_can_place_is_refused(hotpatch: Any) -> None:
    """In a larger fleet, a state without a name in a file named after no machine is code 2."""
    done = check(hotpatch, {"CurrentBuildNumber": "26100", "UBR": "7392"}, "anything.json", TWO)
    assert (done.code, done.out) == (2, "")
    assert (
        "anything.json:1:1: The file names no machine, and no machine is named 'anything'"
        in done.err
    )


def test_a_state_of_a_stranger_is_told(hotpatch: Any) -> None:
    """Records of machines that are not in the fleet change nothing and are counted on standard
    error.
    """
    done = check(hotpatch, [{"PSComputerName": "web99", "HotFixID": "KB5072014"}], fleet=TWO)
    assert "Ignored records of 1 machine not in the fleet: web99." in done.err
    assert done.machines["web01"]["track"]["installed"] is None


def test_a_state_alone_is_no_fleet(hotpatch: Any) -> None:
    """A patch state without a machine is code 2 and says what to add."""
    done = hotpatch.check(SYSTEMINFO, name="state.txt")
    assert (done.code, done.out) == (2, "")
    assert "Add an inventory or an export that lists the machines" in done.err


@pytest.mark.parametrize(
    ("name", "state", "said"),
    [
        (
            "web01.json",
            {"CurrentBuildNumber": "many", "UBR": "1"},
            "web01.json:2:24: 'many' isn't a valid build.",
        ),
        ("web01.json", {"CurrentBuildNumber": "26100", "UBR": "-1"}, "'-1' isn't a valid build."),
        (
            "web01.json",
            {"CurrentBuildNumber": ["26100"]},
            "Expected text in CurrentBuildNumber, found a list.",
        ),
        (
            "web01.json",
            [{"CurrentBuildNumber": "26100"}] * 2,
            "more than one record without a machine name",
        ),
        ("fixes.csv", 'HotFixID,"PSComp\nKB1,x', "Invalid CSV"),
        ("fixes.csv", "HotFixID,HotFixID\nKB5072014,x\n", "has the column 'hotfixid' twice"),
        (
            "fixes.csv",
            "PSComputerName,HotFixID\nweb01,KB5072014,x\n",
            "fixes.csv:2:1: This row has 3 cells",
        ),
        (
            "web01.reg",
            "Windows Registry Editor Version 5.00\n\n",
            "The text contains no recognized values.",
        ),
        ("state.json", '[{"HotFixID": "KB5072014"', "state.json:1:"),
        (
            "state.json",
            {"error": {"code": "AuthorizationFailed", "message": "TOKEN"}},
            "(AuthorizationFailed)",
        ),
        (
            "state.json",
            {"data": [{"type": "microsoft.x/patchassessmentresults"}]},
            "has no id",
        ),
    ],
)
def test_a_wrong_state_is_refused(hotpatch: Any, name: str, state: Any, said: str) -> None:
    """What is wrong with a patch state is code 2 with its place, nothing is written, and no secret
    is told.
    """
    done = check(hotpatch, state, name)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert "TOKEN" not in done.err
    assert "Traceback" not in done.err


def test_an_update_that_is_no_mapping_is_one_problem(hotpatch: Any) -> None:
    """Text in place of an update of win_updates is code 2 with its place and what to do."""
    hotpatch.write(
        "vms.json", '[{"id": "/subscriptions/0/x", "name": "web01", "storageProfile": {}}]'
    )
    hotpatch.write(
        "updates.json", '{"web01": {"found_update_count": 1, "updates": {"a": "text", "b": null}}}'
    )
    done = hotpatch("check", "vms.json", "updates.json")
    assert (done.code, done.out) == (2, "")
    assert (
        "updates.json:1:54: Expected an update (a mapping), found 'text'. Run win_updates again"
        in done.err
    )
    assert "found nothing" in done.err
