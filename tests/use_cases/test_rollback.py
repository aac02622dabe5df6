"""The way back from an update: what goes, the last good baseline, the restart and its window."""

from datetime import date
from typing import Any

import pytest

from hotpatch_cli.eligibility.verdict import Judge
from hotpatch_cli.inputs.fleet import load_fleet
from hotpatch_cli.knowledge.load import load_knowledge
from hotpatch_cli.outputs.rollback import RollbackView, render_table
from hotpatch_cli.outputs.view_options import ViewOptions
from hotpatch_cli.use_cases.rollback import rollbacks

ENROLLED = (
    "arc: {status: Connected, hotpatch: Enabled, vbs: running, secure_boot: true, uefi: true}"
)
FLEET = f"""
defaults: {{platform: arc, os: Windows Server 2025 Standard, timezone: Europe/Stockholm,
  window: nights, {ENROLLED}}}
windows: {{nights: {{days: [Sat], start: 22:00, duration: 4h}}}}
freezes: [{{name: year end, from: 2025-12-19, to: 2026-01-06}}]
machines:
- {{name: hot, build: 26100.7392, kbs: [KB5072014]}}
- {{name: base, build: 26100.6899, kbs: [KB5066835]}}
- {{name: lost, build: 26100.1}}
"""


def rolled_back(hotpatch: Any, *more: str) -> dict[str, Any]:
    """The way back as of mid December 2025, by machine."""
    done = hotpatch(
        "rollback",
        hotpatch.write("fleet.yaml", FLEET),
        "--as-of",
        "2025-12-15",
        "-f",
        "json",
        *more,
    )
    assert done.code == 0, done.err
    return {each["machine"]: each for each in done.json["machines"]}


def test_a_hotpatch_goes_back_to_the_baseline_it_builds_on(hotpatch: Any) -> None:
    """December's hotpatch is uninstalled, and the newest baseline before it is the last good
    one.
    """
    found = rolled_back(hotpatch, "--machine", "hot")["hot"]
    assert (found["uninstall"]["kb"], found["uninstall"]["kind"]) == ("KB5072014", "hotpatch")
    assert found["baseline"]["date"] < found["uninstall"]["date"]
    assert "baseline" in found["baseline"]["kind"]
    assert found["restart"] is True


def test_a_baseline_goes_back_to_the_one_before(hotpatch: Any) -> None:
    """October's baseline is uninstalled in favour of July's."""
    found = rolled_back(hotpatch, "--machine", "base")["base"]
    assert found["uninstall"]["kb"] == "KB5066835"
    assert found["baseline"]["date"] == "2025-07-08"


def test_the_restart_is_in_the_next_opening_that_no_freeze_takes(hotpatch: Any) -> None:
    """Saturdays until 6 January are frozen, so it is the one of the tenth."""
    window = rolled_back(hotpatch, "--machine", "hot")["hot"]["window"]
    assert (window["name"], window["start"]) == ("nights", "2026-01-10T22:00:00+01:00")


def test_a_kb_finds_its_machines(hotpatch: Any) -> None:
    """By KB, with or without its letters, only the machines that have it are listed."""
    assert list(rolled_back(hotpatch, "--kb", "KB5072014")) == ["hot"]
    assert list(rolled_back(hotpatch, "--kb", "5066835")) == ["base"]
    assert rolled_back(hotpatch, "--kb", "KB5000001") == {}


def test_an_unknown_build_says_so(hotpatch: Any) -> None:
    """Where nothing tells what is installed, nothing is to be uninstalled, and the reason is
    given.
    """
    found = rolled_back(hotpatch, "--machine", "lost")["lost"]
    assert found["uninstall"] is None
    assert "26100.1" in found["why"]


def test_a_build_of_two_updates_goes_back_to_the_baseline_of_both(hotpatch: Any) -> None:
    """26100.6905 is KB5070881 or KB5070893: whichever it is, October's baseline was before it."""
    name = hotpatch.write("two.yaml", FLEET + "- {name: two, build: 26100.6905}\n")
    done = hotpatch("rollback", name, "--as-of", "2025-12-15", "--machine", "two", "-f", "json")
    (found,) = done.json["machines"]
    assert (found["uninstall"], found["baseline"]["kb"], found["restart"]) == (
        None,
        "KB5066835",
        True,
    )
    assert "KB5070881 and KB5070893" in found["why"]


@pytest.mark.parametrize("more", [(), ("--machine", "hott"), ("--kb", "December")])
def test_what_nobody_is_called_is_refused(hotpatch: Any, more: tuple[str, ...]) -> None:
    """Without a machine or a KB, or with a wrong one, the code is 2 and nothing is written."""
    done = hotpatch("rollback", hotpatch.write("fleet.yaml", FLEET), "--as-of", "2025-12-15", *more)
    assert (done.code, done.out) == (2, "")


def test_the_table_tells_the_steps(hotpatch: Any) -> None:
    """People read what to do in order, and that there is no automatic rollback."""
    done = hotpatch(
        "rollback", hotpatch.write("fleet.yaml", FLEET), "--as-of", "2025-12-15", "--machine", "hot"
    )
    assert "DISM /Online /Remove-Package" in done.out
    assert "Hotpatches have no automatic rollback." in done.out


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_names_and_commands_are_whole(hotpatch: Any, width: int) -> None:
    """In a terminal of any width, KBs, builds and days are whole, and a command is one line."""
    name = hotpatch.write("fleet.yaml", FLEET)
    judge = Judge(load_knowledge(), date(2025, 12, 15))
    view = RollbackView(
        rollbacks(load_fleet([str(hotpatch.folder / name)])[0], judge, ("hot", "lost"), None)
    )
    lines = render_table(view, ViewOptions(terminal=True, width=width)).splitlines()
    words = set(" ".join(lines).replace(",", "").replace(".", " .").split())
    text = " ".join(" ".join(lines).split())
    assert {"hot:", "lost:", "KB5072014", "KB5066835"} <= words
    for fact in ("26100.7392", "26100.6899", "Tue 2025-12-09", "Sat 2026-01-10 22:00 +0100"):
        assert fact in text
    assert "     DISM /Online /Get-Packages /Format:Table" in lines


def test_machines_that_are_rolled_back_alike_share_their_steps(hotpatch: Any) -> None:
    """The steps are printed once, with the next window of each machine."""
    fleet = FLEET + "- {name: warm, build: 26100.7392, kbs: [KB5072014]}\n"
    name = hotpatch.write("fleet.yaml", fleet)
    out = hotpatch("rollback", name, "--as-of", "2025-12-15", "--kb", "KB5072014").out
    assert out.startswith("2 machines: uninstall KB5072014")
    assert out.count("Remove-Package") == 1
    assert {line.split()[0] for line in out.splitlines() if "2026-01-10 22:00" in line} == {
        "hot",
        "warm",
    }
