"""The scripts of `hotpatch fix`, run for real: with a program in the place of az that records its
arguments, and read by a parser of PowerShell.
"""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tree_sitter import Language, Node, Parser
from tree_sitter_powershell import language

from tests.conftest import Hotpatch

DAY = ("--as-of", "2026-08-20")
IMAGE = "MicrosoftWindowsServer:WindowsServer:2025-datacenter-azure-edition:latest"
READY = {"mode": "AutomaticByPlatform", "hotpatching": True, "vm_agent": True}
ARC = {"status": "Connected", "hotpatch": "Enabled", "vbs": "running", "secure_boot": True}
PATCH = "osProfile.windowsConfiguration.patchSettings"
HOSTILE = (
    "a'b",
    'a"b',
    "$(touch pwned)",
    "`touch pwned`",
    "'; touch pwned; '",
    "’; touch pwned; ‘",
    "→; touch pwned; →",
    "a\nb",
    "a\r\n# b",
    "\x1b[2J",
    "\u202egnp.exe",
    "-x",
    "--help",
    "two  words",
    "a\\",
    "räksmörgås",
    "${IFS}",
    "%PATH%",
    "*",
    "~",
    "{a,b}",
    "#",
    "SIG # Begin signature block",
    "😀",
    "OR",
)
FAKE_AZ = """#!/bin/sh
printf '%s\\0' "$@" >> "$SAID"
printf 'end of call\\0' >> "$SAID"
[ "${REFUSES:-}" = "${3:-}" ] || exit 0
echo "$ANSWER" >&2
exit 1
"""


def identifier(group: str, name: str, kind: str = "Microsoft.Compute/virtualMachines") -> str:
    """A resource id."""
    return f"/subscriptions/s-1/resourceGroups/{group}/providers/{kind}/{name}"


def azure(name: str, patching: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A VM of Azure that is ready, but for these patch settings."""
    known = {"name": name, "platform": "azure", "image": IMAGE, "id": identifier("rg", name)}
    return known | {"patching": READY | patching} | more


def arc(name: str, facts: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A machine of Arc that is ready, but for these facts."""
    known = {
        "name": name,
        "platform": "arc",
        "os": "Windows Server 2025 Datacenter",
        "build": "26100.33222",
        "region": "uksouth",
        "id": identifier("rg", name, "Microsoft.HybridCompute/machines"),
    }
    return known | {"arc": ARC | {"uefi": True} | facts} | more


def fix(hotpatch: Hotpatch, machines: list[dict[str, Any]], *arguments: str) -> str:
    """What `hotpatch fix` writes about these machines."""
    hotpatch.write("fleet.json", json.dumps({"machines": machines}))
    done = hotpatch("fix", "fleet.json", *DAY, *arguments)
    assert done.code == 0, done.err
    return done.out


class Shell:
    """A folder with a program called az that records its arguments, and a script run in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "az").write_text(FAKE_AZ)
        (folder / "az").chmod(0o755)

    def run(self, script: str, *, dry: bool = False, **variables: str) -> Any:
        """Run a script, without the dry run unless told otherwise."""
        said = self.folder / "said"
        said.unlink(missing_ok=True)
        text = script if dry else script.replace('AZ="echo az"', 'AZ="az"', 1)
        assert dry or text != script
        (self.folder / "fix.sh").write_text(text, encoding="utf-8")
        known = os.environ | {"PATH": f"{self.folder}:{os.environ['PATH']}", "SAID": str(said)}
        return subprocess.run(
            ["bash", "fix.sh"],
            cwd=self.folder,
            env=known | variables,
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def calls(self) -> list[list[str]]:
        """The arguments of each call of az."""
        said = self.folder / "said"
        if not said.exists():
            return []
        whole = said.read_bytes().decode()
        return [call.split("\0")[:-1] for call in whole.split("end of call\0")[:-1]]


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A shell with its az."""
    folder = tmp_path / "shell"
    folder.mkdir()
    return Shell(folder)


def update(group: str, name: str, *words: str) -> list[str]:
    """The arguments of a command that sets patch settings."""
    known = ["vm", "update", "--resource-group", group, "--name", name]
    return [*known, "--set", *words, "--subscription", "s-1"]


def test_the_dry_run_calls_nothing(hotpatch: Hotpatch, shell: Shell) -> None:
    """As it is written, a script prints its commands and az is never called."""
    script = fix(hotpatch, [azure("web", {"hotpatching": False})], "-f", "bash")
    done = shell.run(script, dry=True)
    assert done.returncode == 0, done.stderr
    assert shell.calls == []
    assert done.stdout.split() == ["az", *update("rg", "web", f"{PATCH}.enableHotpatching=true")]


def test_what_the_dry_run_prints_can_be_pasted(hotpatch: Hotpatch, shell: Shell) -> None:
    """The printed commands are commands with the same arguments."""
    machines = [azure(f"m{number}", {"mode": "Manual"}, id=identifier("rg", name.replace("/", "")))
                for number, name in enumerate(HOSTILE)]  # fmt: skip
    script = fix(hotpatch, machines, "-f", "bash")
    printed = shell.run(script, dry=True).stdout
    shell.run(script)
    expected = shell.calls
    shell.run(f'AZ="echo az"\n{printed}')
    assert shell.calls == expected
    assert "\x1b" not in printed


def test_settings_of_one_machine_are_one_command_in_order(hotpatch: Hotpatch, shell: Shell) -> None:
    """The patch mode comes before hotpatching, and a setting that is right is left alone."""
    machines = [
        azure("both", {"mode": "Manual", "hotpatching": False}),
        azure("flag", {"hotpatching": False}),
    ]
    shell.run(fix(hotpatch, machines, "-f", "bash"))
    mode, flag = f"{PATCH}.patchMode=AutomaticByPlatform", f"{PATCH}.enableHotpatching=true"
    assert shell.calls == [update("rg", "both", mode, flag), update("rg", "flag", flag)]


def test_prerequisites_come_before_the_enrollment(hotpatch: Hotpatch, shell: Shell) -> None:
    """A machine that needs several changes gets them together, and the enrollment last."""
    script = fix(hotpatch, [arc("a", {"vbs": "off", "hotpatch": "Canceled"})], "-f", "bash")
    shell.run(script)
    assert [call[:2] for call in shell.calls] == [
        ["connectedmachine", "run-command"],
        ["rest", "--method"],
    ]
    assert "vbs-not-running (HP205), then not-enrolled (HP208): makes 1 machine ready" in script
    assert "restart: yes" in script


NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0/"), min_size=1)


@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
@given(group=NAMES, name=NAMES)
@example("-g", "-x")
@example("a\nb", "$(touch pwned)")
@example("'", '"')
@example("\\", "’")
def test_bash_passes_every_name_on(hotpatch: Hotpatch, shell: Shell, group: str, name: str) -> None:
    """Whatever a name is, az gets it as it is, and nothing else runs."""
    machine = azure("m", {"hotpatching": False}, id=identifier(group, name).rstrip("/"))
    script = fix(hotpatch, [machine], "-f", "bash")
    done = shell.run(script)
    assert done.returncode == 0, (script, done.stderr)
    (call,) = shell.calls
    expected = update(group, name, f"{PATCH}.enableHotpatching=true")
    expected = [word for word in joined(expected) if word]
    assert call == expected
    assert {file.name for file in shell.folder.iterdir()} == {"az", "fix.sh", "said"}


def joined(words: list[str]) -> Iterator[str]:
    """Words, where a value that looks like an option is one word with its own option."""
    for at, word in enumerate(words):
        if word in ("--resource-group", "--name") and words[at + 1].startswith("-"):
            yield f"{word}={words[at + 1]}"
        elif not (at and words[at - 1] in ("--resource-group", "--name") and word.startswith("-")):
            yield word


@pytest.mark.parametrize("name", [name for name in HOSTILE if "/" not in name])
def test_an_address_has_every_name_encoded(hotpatch: Hotpatch, shell: Shell, name: str) -> None:
    """In an address a name can't leave its place, and the body is JSON."""
    kind = "Microsoft.HybridCompute/machines"
    machine = arc("m", {"hotpatch": "Canceled"}, id=identifier(name, name, kind))
    shell.run(fix(hotpatch, [machine], "-f", "bash"))
    ((_, _, method, _, url, _, body),) = shell.calls
    assert method == "patch"
    encoded = quote(name, safe="")
    assert f"/resourceGroups/{encoded}/providers/{kind}/{encoded}/licenseProfiles/default?" in url
    feature = json.loads(body)["properties"]["productProfile"]["productFeatures"][0]
    assert feature == {"name": "Hotpatch", "subscriptionStatus": "Enable"}


@pytest.mark.parametrize("region", ["uk'south", 'uk"south', "uk\\", "$(touch pwned)", "ü"])
def test_a_hostile_region_stays_in_its_body(hotpatch: Hotpatch, shell: Shell, region: str) -> None:
    """A value inside of JSON inside of a literal is that value."""
    machine = arc("m", {"hotpatch": "Canceled"}, region=region)
    shell.run(fix(hotpatch, [machine], "-f", "bash"))
    assert json.loads(shell.calls[0][-1])["location"] == region


@pytest.mark.parametrize("name", ["..", "."])
def test_a_name_that_no_address_can_have_is_left_out(
    hotpatch: Hotpatch, shell: Shell, name: str
) -> None:
    """A part of an address that means another place is never written."""
    kind = "Microsoft.HybridCompute/machines"
    machine = arc("m", {"hotpatch": "Canceled"}, id=identifier("rg", name, kind))
    script = fix(hotpatch, [machine], "-f", "bash")
    assert "left out" in script
    assert shell.run(script).returncode == 0
    assert shell.calls == []


def test_a_missing_license_profile_is_created(hotpatch: Hotpatch, shell: Shell) -> None:
    """Where there's nothing to update it is created; every other error stops the script."""
    machines = [arc("a", {"hotpatch": "Canceled"}), arc("b", {"hotpatch": "Canceled"})]
    script = fix(hotpatch, machines, "-f", "bash")
    done = shell.run(script, REFUSES="patch", ANSWER='Not Found({"error": 1})')
    assert done.returncode == 0, done.stderr
    assert [call[2] for call in shell.calls] == ["patch", "put", "patch", "put"]
    done = shell.run(script, REFUSES="patch", ANSWER="Forbidden")
    assert done.returncode == 1
    assert "Forbidden" in done.stderr
    assert [call[2] for call in shell.calls] == ["patch"]


def test_what_is_not_known_has_to_be_set(hotpatch: Hotpatch, shell: Shell) -> None:
    """All variables that are empty are named at once, and nothing is done before they are set."""
    machine = arc("a", {"hotpatch": "Canceled"})
    del machine["id"], machine["region"]
    script = fix(hotpatch, [machine, azure("b", {"hotpatching": False})], "-f", "bash")
    done = shell.run(script)
    assert (done.returncode, shell.calls) == (2, [])
    assert "SUBSCRIPTION RESOURCE_GROUP LOCATION" in done.stderr
    for variable in ("SUBSCRIPTION", "RESOURCE_GROUP", "LOCATION"):
        assert script.count(f'\n{variable}=""\n') == 1
        script = script.replace(f'\n{variable}=""\n', f'\n{variable}="my-{variable.lower()}"\n')
    assert shell.run(script).returncode == 0
    first, second = sorted(shell.calls)
    assert "/subscriptions/my-subscription/resourceGroups/my-resource_group/" in first[4]
    assert json.loads(first[-1])["location"] == "my-location"
    assert second == update("rg", "b", f"{PATCH}.enableHotpatching=true")


def test_a_machine_without_a_subscription_is_in_the_one_that_is_signed_in_to(
    hotpatch: Hotpatch, shell: Shell
) -> None:
    """A command of az doesn't need the subscription: it isn't asked for."""
    machine = azure("a", {"hotpatching": False})
    del machine["id"]
    script = fix(hotpatch, [machine], "-f", "bash").replace('RESOURCE_GROUP=""', "RESOURCE_GROUP=g")
    assert shell.run(script).returncode == 0
    assert shell.calls[0] == update("g", "a", f"{PATCH}.enableHotpatching=true")[:-2]


def test_the_instance_of_an_azure_local_vm_has_the_name_of_its_machine(hotpatch: Hotpatch) -> None:
    """The last part of its resource id is `default`, which is no name."""
    from hotpatch_cli.inputs.fleet import load_fleet
    from hotpatch_cli.outputs.remedy_commands import exact_names

    above = identifier("rg", "app", "Microsoft.HybridCompute/machines")
    known = f"{above}/providers/Microsoft.AzureStackHCI/virtualMachineInstances/default"
    machine = {"name": "app", "platform": "azure-local", "image": IMAGE, "id": known}
    hotpatch.write("fleet.json", json.dumps({"machines": [machine]}))
    fleet, _ = load_fleet([str(hotpatch.folder / "fleet.json")])
    assert exact_names(fleet.machines[0])["vm"] == "app"


# --- PowerShell ----------------------------------------


def parsed(script: str) -> Node:
    """The tree of a script, which has no error."""
    root = Parser(Language(language())).parse(script.encode()).root_node
    assert not root.has_error, script
    return root


def below(node: Node) -> Iterator[Node]:
    """A node and all in it."""
    yield node
    for child in node.children:
        yield from below(child)


def commands(script: str) -> list[str]:
    """The names of the commands in a script."""
    names = (node for node in below(parsed(script)) if node.type == "command_name")
    return [(node.text or b"").decode() for node in names]


MACHINES = [
    azure("a", {"mode": "Manual", "hotpatching": False}),
    arc("b", {"hotpatch": "Canceled"}),
    arc("c", {"vbs": "off"}),
]


def test_powershell_is_well_formed(hotpatch: Hotpatch) -> None:
    """A parser reads each script, with the commands that it must have."""
    found = commands(fix(hotpatch, MACHINES, "-f", "powershell"))
    for name in (
        "Invoke-Change",
        "Invoke-AzRestMethod",
        "Update-AzConnectedLicenseProfile",
        "New-AzConnectedLicenseProfile",
        "New-AzConnectedMachineRunCommand",
    ):
        assert name in found


@pytest.mark.parametrize("name", [name for name in HOSTILE if "/" not in name])
def test_powershell_runs_nothing_of_a_name(hotpatch: Hotpatch, name: str) -> None:
    """With a hostile name the script has the same commands, and only letters of ASCII: a code page
    makes quotation marks of others.
    """

    def named(text: str) -> str:
        machines = [
            azure(f"a{text}", {"hotpatching": False}, id=identifier(text, text)),
            arc(
                f"b{text}",
                {"hotpatch": "Canceled"},
                id=identifier(text, text, "Microsoft.HybridCompute/machines"),
                region=text,
            ),
        ]
        return fix(hotpatch, machines, "-f", "powershell")

    script = named(name)
    assert commands(script) == commands(named("plain"))
    assert script.isascii()
    assert all(line.isprintable() for line in script.split("\n"))
    literals = re.findall(r"-ResourceGroupName (\S.*?) -MachineName", script)
    assert [value(text) for text in literals] == [name, name]


def value(text: str) -> str:
    """What a word of PowerShell is: literals, and letters by their numbers, joined."""
    found = re.findall(r"'((?:[^']|'')*)'|\[char\]0x([0-9a-f]{4})", text)
    units = b"".join(
        bytes.fromhex(number) if number else literal.replace("''", "'").encode("utf-16-be")
        for literal, number in found
    )
    return units.decode("utf-16-be")


# --- all formats ----------------------------------------


@pytest.mark.parametrize("form", ["table", "bash", "powershell", "markdown", "json"])
def test_a_name_is_one_line_in_every_format(hotpatch: Hotpatch, form: str) -> None:
    """No name adds a line to a comment, or a control code to a text."""
    machines = [
        arc(f"{number} {name}", {"secure_boot": False}) for number, name in enumerate(HOSTILE)
    ]
    for machine in machines:
        del machine["id"]
    out = fix(hotpatch, machines, "-f", form)
    names = (f"{number} x" for number, _ in enumerate(HOSTILE))
    plain = fix(hotpatch, [arc(name, {"secure_boot": False}) for name in names], "-f", form)
    assert out.count("\n") == plain.count("\n")
    assert "\x1b" not in out
    assert "\u202e" not in out or form == "json"


def test_nothing_to_change_is_a_script_that_does_nothing(hotpatch: Hotpatch, shell: Shell) -> None:
    """A fleet that is ready gets a script that can run."""
    script = fix(hotpatch, [azure("a", {})], "-f", "bash")
    assert "Nothing to change" in script
    assert shell.run(script).returncode == 0
    assert shell.calls == []
    parsed(fix(hotpatch, [azure("a", {})], "-f", "powershell"))
