"""A window that Azure doesn't run on a VM (HP504) is promised by no command."""

import json
from typing import Any

import pytest

from tests.conftest import Hotpatch

AS_OF = ("--as-of", "2026-09-20")
ID = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers"
FLEET = """
windows:
  azures: {days: [Sat], start: 22:00, duration: 3h, runner: azure-update-manager}
  own: {days: [Sun], start: 22:00, duration: 3h, runner: owner}
defaults:
  platform: azure
  image: MicrosoftWindowsServer:WindowsServer:2025-datacenter-azure-edition:latest
  build: 26100.32230
  timezone: Europe/Berlin
  region: westeurope
machines:
"""
SETTINGS = {
    "run": "mode: AutomaticByPlatform, bypass_safety_checks: true, ",
    "manual": "mode: Manual, ",
    "os": "mode: AutomaticByOS, ",
    "image": "mode: ImageDefault, ",
    "unknown": "",
    "platform": "mode: AutomaticByPlatform, bypass_safety_checks: false, ",
}
CONDITIONS = (
    "if Azure runs it on this VM",
    "is only a preference",
    "Azure chooses the moment",
    "(HP504)",
)
"""What a line says that has an opening and doesn't promise it."""
NOT_RUN = ("manual", "os", "image")


def fleet(name: str, window: str = "azures") -> str:
    """A fleet of one VM with the patch settings of a name."""
    settings = f"patching: {{{SETTINGS[name]}hotpatching: true, vm_agent: true}}"
    vm = f"{ID}/Microsoft.Compute/virtualMachines/{name}"
    return f"{FLEET}  - {{name: {name}, id: {vm}, {settings}, window: {window}}}\n"


def run(hotpatch: Hotpatch, text: str, *words: str) -> Any:
    """A command on a fleet."""
    return hotpatch(*words[:1], *words[1:], hotpatch.write("fleet.yaml", text))


@pytest.mark.parametrize("name", SETTINGS)
def test_a_plan_has_no_restart_in_a_window_that_is_not_run(hotpatch: Hotpatch, name: str) -> None:
    """The VM isn't scheduled and HP504 says why; where the patch mode is missing, a note does."""
    done = run(hotpatch, fleet(name), "plan", *AS_OF, "-f", "json")
    unplaced = [reason["code"] for each in done.json["unplaced"] for reason in each["reasons"]]
    assert unplaced == (["HP504"] if name in NOT_RUN else [])
    assert done.code == (4 if name in NOT_RUN else 0)
    assert any("HP504" in note for note in done.json["notes"]) == (name == "unknown")


@pytest.mark.parametrize("name", NOT_RUN)
def test_a_plan_takes_the_window_that_somebody_runs(hotpatch: Hotpatch, name: str) -> None:
    """Of Azure's window and the owner's, the owner's has the restart."""
    done = run(hotpatch, fleet(name, "[azures, own]"), "plan", *AS_OF, "-f", "json")
    assert [each["window"] for each in done.json["reboots"]] == ["own"]


@pytest.mark.parametrize("name", NOT_RUN)
def test_a_plan_proposes_no_window_that_is_not_run(hotpatch: Hotpatch, name: str) -> None:
    """The change that lets the VM be scheduled is the owner's window."""
    done = run(hotpatch, fleet(name), "plan", *AS_OF)
    assert "Specify `window: own`" in done.out
    assert "Specify `window: azures`" not in done.out


def test_a_plan_says_that_nothing_patches_a_machine_without_a_schedule(
    hotpatch: Hotpatch,
) -> None:
    """The bypass flag without a window is HP504, as in `check`."""
    done = run(hotpatch, fleet("run", "null"), "plan", *AS_OF, "-f", "json")
    (reason,) = done.json["unplaced"][0]["reasons"]
    assert reason["code"] == "HP504"
    assert "never patched" in reason["message"]


@pytest.mark.parametrize("name", SETTINGS)
def test_a_plan_for_azure_names_the_rule(hotpatch: Hotpatch, name: str) -> None:
    """Every VM on which Azure wouldn't run the exported schedule has a warning with HP504."""
    done = run(hotpatch, fleet(name, "own"), "plan", *AS_OF, "-f", "azure")
    assert done.code == 0, done.err
    assert ("HP504" in done.err) == (name != "run")


RUNNERS = dict.fromkeys(NOT_RUN, "none") | {
    "run": "azure-update-manager",
    "unknown": "unknown",
    "platform": "platform",
}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_listing_says_who_runs_each_opening(hotpatch: Hotpatch, name: str) -> None:
    """`runner` is `none` or `unknown` for a window of Azure, and that of the owner's window stays;
    the feed has such an opening as tentative.
    """
    text = fleet(name, "[azures, own]")
    begin = ("--from", "2026-09-20", "--next", "2")
    rows = run(hotpatch, text, "windows", "list", *begin, "-f", "json").json["openings"]
    own = "platform" if name == "platform" else "owner"
    assert {each["window"]: each["runner"] for each in rows} == {
        "azures": RUNNERS[name],
        "own": own,
    }
    table = run(hotpatch, text, "windows", "list", *begin).out
    assert ("HP504" in table) == (RUNNERS[name] in ("none", "unknown"))
    feed = run(hotpatch, text, "feed", "openings", *begin).out
    events = feed.split("BEGIN:VEVENT")[1:]
    states = {("azures" in event): "TENTATIVE" in event for event in events}
    assert states == {True: name != "run", False: name == "platform"}


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("command", ["show", "next", "check", "feed restarts", "rollback"])
def test_no_other_command_promises_the_opening(hotpatch: Hotpatch, name: str, command: str) -> None:
    """The hour of the opening is shown only where the window runs, or with the condition."""
    words_of_command = command.split()
    more = [name] if command == "show" else []
    options = ["--machine", name] if command == "rollback" else []
    file = hotpatch.write("fleet.yaml", fleet(name))
    done = hotpatch(*words_of_command, file, *more, *options, *AS_OF)
    lines = [
        line
        for line in done.out.splitlines()
        if "2026-09-26 22:00" in line or "20260926T200000Z" in line
    ]
    promised = any(not any(words in line for words in CONDITIONS) for line in lines)
    if (command, name) != ("rollback", "platform"):  # its owner uninstalls, whoever restarts it
        assert promised == (name == "run"), lines


@pytest.mark.parametrize("name", SETTINGS)
def test_check_has_the_truth_in_json(hotpatch: Hotpatch, name: str) -> None:
    """`enforced` is true, false, or unknown, and the sentence has no promise without it."""
    found = json.loads(run(hotpatch, fleet(name), "check", *AS_OF, "-f", "json").out)
    restart = found["machines"][0]["next_reboot"]
    expected = {"run": True, "unknown": None}.get(name, False)
    assert restart["enforced"] is expected
    codes = [each["code"] for each in found["machines"][0]["reasons"]]
    assert ("HP504" in codes) == (name != "run")
