"""`hotpatch show`: one machine with its facts and their sources, and the way to fix it."""

import json
import re
import shlex
from typing import Any

import pytest

from tests.outputs.test_tables import in_terminal

DAY = ("--as-of", "2025-12-15")
ID = "/subscriptions/sub-1/resourceGroups/rg-1/providers/Microsoft.Compute/virtualMachines/{}"
FLEET = """\
fleet: contoso
defaults:
  timezone: Europe/Stockholm
windows:
  sunday: {rrule: FREQ=WEEKLY;BYDAY=SU, start: "02:00", duration: 4h}
groups:
  web: {max_unavailable: 25%}
rings: [{name: pilot}, {name: broad}]
machines:
  - name: web01
    id: ID_1
    platform: azure
    image: MicrosoftWindowsServer:WindowsServer:2022-datacenter-azure-edition-core:latest
    patching: {mode: AutomaticByOS, hotpatching: true, vm_agent: true}
    build: 20348.4346
    window: sunday
    groups: [web]
    ring: broad
    tags: {env: prod}
  - {name: web02, platform: azure, groups: [web]}
  - {name: sql01, platform: arc, os: Windows Server 2019 Datacenter}
  - {name: tux, platform: azure, os: Ubuntu}
""".replace("ID_1", ID.format("web01"))


@pytest.fixture(autouse=True)
def _fleet(hotpatch: Any) -> None:
    """A fleet in its file."""
    hotpatch.write("fleet.yaml", FLEET)


def shown(hotpatch: Any, name: str, *arguments: str) -> Any:
    """What is shown of a machine, as JSON."""
    done = hotpatch("show", "fleet.yaml", name, *DAY, "-f", "json", *arguments)
    assert done.code == 0, done.err
    return done.json


def test_each_fact_has_its_source(hotpatch: Any) -> None:
    """Stated facts alone are listed, each with its line; a default has the line of the defaults."""
    facts = {fact["field"]: fact for fact in shown(hotpatch, "web01")["facts"]}
    lines = {field: fact["location"]["line"] for field, fact in facts.items()}
    assert lines == {
        "platform": 12,
        "image": 13,
        "patching.mode": 14,
        "patching.hotpatching": 14,
        "patching.vm_agent": 14,
        "build": 15,
        "timezone": 3,
        "window": 16,
        "groups": 17,
        "ring": 18,
        "tags.env": 19,
    }
    assert facts["build"]["value"] == "20348.4346"
    assert {fact["state"] for fact in facts.values()} == {"stated"}


def test_a_fact_of_another_file_and_of_set(hotpatch: Any) -> None:
    """A joined fact has the file that states it; one of --set has --set."""
    hotpatch.write("state.csv", "name,platform,kbs\nweb01,azure,KB5068840\n")
    facts = {fact["field"] for fact in shown(hotpatch, "web01", "--set", "owner=ops")["facts"]}
    assert "owner" not in facts  # a machine of an inventory alone
    done = hotpatch(
        "show", "fleet.yaml", "state.csv", "web01", *DAY, "-f", "json", "--set", "owner=ops"
    )
    facts = {fact["field"]: fact["location"] for fact in done.json["facts"]}
    assert facts["kbs"] == {"file": "state.csv", "line": 2, "column": 1}
    assert facts["owner"] == {"file": "--set", "line": None, "column": None}


def test_facts_without_a_value(hotpatch: Any) -> None:
    """A conflict of sources, and a platform that a table infers, say so."""
    hotpatch.write("a.csv", "name,patching.mode,build\nm1,Manual,20348.4346\n")
    hotpatch.write("b.csv", "name,patching.mode,build\nm1,Manual,20348.4529\n")
    done = hotpatch("show", "a.csv", "b.csv", "m1", *DAY, "-f", "json")
    states = {fact["field"]: fact["state"] for fact in done.json["facts"]}
    assert states == {"build": "conflict", "platform": "inferred", "patching.mode": "stated"}
    text = hotpatch("show", "a.csv", "b.csv", "m1", *DAY).out
    assert "unknown, because sources differ: 20348.4346 in a.csv and 20348.4529 in b.csv" in text
    assert "azure (inferred)" in text


def test_the_machine_is_as_in_the_report(hotpatch: Any) -> None:
    """Verdict, track, next restart, reasons and waivers are those of `check`."""
    hotpatch.write(
        "waivers.yaml",
        "waivers: [{machine: web01, rule: HP202, reason: later, owner: ops, expires: 2026-01-31}]",
    )
    waived = ("--waivers", "waivers.yaml")
    report = hotpatch("check", "fleet.yaml", *DAY, "-f", "json", *waived)
    for name in ("web01", "web02", "sql01"):
        assert shown(hotpatch, name, *waived)["machine"] == report.machines[name]
    text = hotpatch("show", "fleet.yaml", "web01", *DAY, *waived).out
    assert "waiver         HP202 until 2026-01-31 by ops: later" in text


def test_groups_ring_and_openings(hotpatch: Any) -> None:
    """The place in the rollout, and the openings that `windows list` has."""
    found = shown(hotpatch, "web01", "--next", "2")
    assert found["groups"] == [{"name": "web", "max_unavailable": "25%", "members": 2}]
    assert found["ring"] == "broad"
    listed = hotpatch(
        *("windows", "list", "fleet.yaml", "--from", "2025-12-15", "--next", "2", "-f", "json")
    ).json["openings"]
    assert [opening | {"machine": "web01"} for opening in found["openings"]] == [
        opening for opening in listed if opening["machine"] == "web01"
    ]
    text = hotpatch("show", "fleet.yaml", "web01", *DAY).out
    assert "web (25% at once, 2 machines)" in text
    assert "broad (2 of 2)" in text


def test_the_fix_is_filled_in(hotpatch: Any) -> None:
    """Commands have the name, the group and the subscription of the machine's resource id."""
    (fix,) = [fix for fix in shown(hotpatch, "web01")["fixes"] if fix["code"] == "HP202"]
    command = next(
        command
        for step in fix["steps"]
        for command in step["commands"]
        if command.startswith("az vm update")
    )
    words = shlex.split(command)
    assert words[words.index("--name") + 1] == "web01"
    assert words[words.index("--resource-group") + 1] == "rg-1"
    assert words[words.index("--subscription") + 1] == "sub-1"


def test_a_machine_without_windows(hotpatch: Any) -> None:
    """A skipped machine has its facts, and no verdict."""
    found = shown(hotpatch, "tux")
    assert (found["machine"], found["name"], found["fixes"]) == (None, "tux", [])
    assert "skipped" in hotpatch("show", "fleet.yaml", "tux", *DAY).out


# --- which machine ----------------------------------------


@pytest.mark.parametrize(
    ("text", "name"),
    [("sql01", "sql01"), ("SQL01", "sql01"), ("sql", "sql01"), ("b01", "web01"),
     (ID.format("web01"), "web01"), (ID.format("WEB01").lower(), "web01")],
)  # fmt: skip
def test_a_machine_is_found(hotpatch: Any, text: str, name: str) -> None:
    """By its name, its resource id in any letter case, or a part of the name that is unique."""
    assert shown(hotpatch, text)["name"] == name


def test_a_whole_name_is_not_a_part(hotpatch: Any) -> None:
    """A name that is also a part of another one is that machine."""
    hotpatch.write("f.yaml", "machines: [{name: a, platform: arc}, {name: ab, platform: arc}]")
    assert hotpatch("show", "f.yaml", "a", *DAY, "-f", "json").json["name"] == "a"


MISSED = {
    "several": ("web", "'web' matches 2 machines: web01, web02. Specify one of them."),
    "close": ("wbe01", "Did you mean 'web01'"),
    "far": ("zzz", "'zzz' (4 machines). To list them, run `hotpatch check`."),
}


@pytest.mark.parametrize(("text", "message"), MISSED.values(), ids=MISSED)
def test_a_machine_that_is_not_found(hotpatch: Any, text: str, message: str) -> None:
    """Several matches are listed, and close names suggested, with code 2."""
    done = hotpatch("show", "fleet.yaml", text, *DAY)
    assert (done.code, done.out) == (2, "")
    assert message in " ".join(done.err.split())


def test_two_machines_of_one_name(hotpatch: Any) -> None:
    """Machines of one name are told apart by their groups, and listed for the name alone."""
    ids = [ID.format("vm").replace("rg-1", group) for group in ("rg-a", "rg-b")]
    kind = {"type": "Microsoft.Compute/virtualMachines", "storageProfile": {}, "osProfile": {}}
    vms = [kind | {"id": one, "name": "vm"} for one in ids]
    hotpatch.write("vms.json", json.dumps(vms))
    assert hotpatch("show", "vms.json", "rg-b/vm", *DAY, "-f", "json").json["id"] == ids[1]
    done = hotpatch("show", "vms.json", "vm", *DAY)
    assert (done.code, "rg-a/vm, rg-b/vm" in done.err) == (2, True)


def test_a_fleet_without_a_machine(hotpatch: Any) -> None:
    """One argument alone is a machine of the configured fleet, or a mistake."""
    done = hotpatch("show", "fleet.yaml")
    assert (done.code, "Specify the fleet and then the machine" in done.err) == (2, True)
    hotpatch.write("hotpatch.toml", 'fleet = ["fleet.yaml"]\n')
    assert hotpatch("show", "web01", *DAY, "-f", "json").json["name"] == "web01"


# --- forms ----------------------------------------


@pytest.mark.parametrize("width", [60, 80, 140])
def test_nothing_is_cropped(hotpatch: Any, width: int) -> None:
    """At each width the facts, their sources and the commands are whole; a command that goes on
    is still one command.
    """
    text = in_terminal(hotpatch, width, ("show", "fleet.yaml", "web01", *DAY))
    for fact in shown(hotpatch, "web01")["facts"]:
        place = f"fleet.yaml:{fact['location']['line']}"
        assert re.search(rf"^{re.escape(fact['field'])}\b", text, re.MULTILINE)
        assert fact["value"] in text
        assert place in text
    joined = re.sub(r" [\\`]\n +", " ", text)
    for fix in shown(hotpatch, "web01")["fixes"]:
        for step in fix["steps"]:
            for command in step["commands"]:
                assert command in joined


HOSTILE = ["a'; rm -rf ~ #", "a`id`$(id)", "-o json", "a|b\n# c", "```\n<script>", "\x1b[31mred"]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names(hotpatch: Any, name: str) -> None:
    """A name is never code, markup or a control code: Bash takes it as one word."""
    machine = {
        "name": name,
        "platform": "azure",
        "image": "MicrosoftWindowsServer:WindowsServer:2022-datacenter-azure-edition-core",
        "patching": {"mode": "AutomaticByOS", "hotpatching": True, "vm_agent": True},
    }
    hotpatch.write("f.json", json.dumps({"machines": [machine]}))
    for form in ("table", "markdown"):
        out = hotpatch("show", "--format", form, "--quiet", "--", "f.json", name).out
        assert "\x1b" not in out
        assert form == "table" or "<script>" not in re.sub(r"(`{3,})\w+\n.*\n\1", "", out)
    done = hotpatch("show", "--format", "json", "--", "f.json", name)
    commands = [
        command
        for fix in done.json["fixes"]
        for step in fix["steps"]
        for command in step["commands"]
        if command.startswith("az vm update")
    ]
    assert commands
    for command in commands:
        words = shlex.split(command)
        assert words[words.index("--name") + 1] in (name, "<vm>")


def test_markdown(hotpatch: Any) -> None:
    """Markdown has the commands in fences of their shell, and the facts as a table."""
    hotpatch("show", "fleet.yaml", "web01", *DAY, "-o", "web01.md")
    text = (hotpatch.folder / "web01.md").read_text()
    assert text.startswith("## web01: action-required")
    assert re.search(r"```sh\naz vm update .*\n```", text)
    assert re.search(r"```powershell\n.*Invoke-AzRestMethod .*\n```", text)
    assert "| build | 20348.4346 | fleet.yaml:15 |" in text
