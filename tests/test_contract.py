"""What users rely on, on the example fleet: verdicts, tracks, restarts and exit codes as they are
promised.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Hotpatch

ROOT = Path(__file__).parents[1]
ARC = "machines: [{name: a, platform: arc}]"
DESKTOP = "MicrosoftWindowsServer:WindowsServer:2022-datacenter-azure-edition:latest"


def process(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run the program as a process of its own, beside the examples."""
    command = [sys.executable, "-m", "hotpatch_cli", *arguments]
    return subprocess.run(
        command,
        input=stdin,
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=ROOT,
        check=False,
    )


@pytest.fixture(scope="module")
def example() -> dict[str, Any]:
    """The report on the example fleet as of 2025-12-15, machines by name."""
    done = process("check", "examples/fleet.yaml", "--as-of", "2025-12-15", "--format", "json")
    report: dict[str, Any] = json.loads(done.stdout)
    report["by_name"] = {machine["name"]: machine for machine in report["machines"]}
    return report


@pytest.mark.parametrize(
    ("name", "verdict", "state", "codes"),
    [
        ("web01", "ready", "behind", set()),
        ("web02", "unsupported", None, {"HP101"}),
        ("web03", "action-required", "unknown", {"HP202"}),
        ("sql01", "ready", "behind", set()),
        ("sql02", "ready", "unknown", {"HP304"}),
        ("app01", "ready", "off-track", {"HP303"}),
        ("img01", "unsupported", None, {"HP102"}),
        ("old01", "unsupported", None, {"HP105"}),
        ("vmss01", "unsupported", "unknown", {"HP106"}),
        ("net01", "ready", "current", {"HP306"}),
        ("mystery01", "unknown", "unknown", {"HP402", "HP403", "HP407", "HP408", "HP409", "HP410"}),
    ],
)
def test_the_example(
    example: dict[str, Any], name: str, verdict: str, state: str | None, codes: set[str]
) -> None:
    """Each machine of the example has its verdict, its track state and at least these codes."""
    machine = example["by_name"][name]
    assert machine["verdict"] == verdict
    assert machine["track"]["state"] == state
    assert codes <= {reason["code"] for reason in machine["reasons"]}


def test_the_next_baseline_of_the_example_is_a_forecast(example: dict[str, Any]) -> None:
    """Every machine of the example that is supported waits for the baseline of 2026-01-13, not
    confirmed.
    """
    expected = {"date": "2026-01-13", "kind": "planned", "confirmed": False}
    supported = [
        machine
        for machine in example["machines"]
        if machine["product"] and machine["verdict"] != "unsupported"
    ]
    assert len(supported) == 6
    assert all(machine["next_baseline"] == expected for machine in supported)


@pytest.mark.parametrize(
    ("name", "reason", "start"),
    [
        ("sql01", "baseline", "2026-01-17T22:00:00+01:00"),
        ("app01", "off-track", "2026-01-11T02:00:00+01:00"),
        ("net01", "pending", "2026-01-11T02:00:00+01:00"),
    ],
)
def test_the_next_restart_of_the_example(
    example: dict[str, Any], name: str, reason: str, start: str
) -> None:
    """The restart of a machine of the example has this reason and begins at this moment."""
    restart = example["by_name"][name]["next_reboot"]
    assert restart["reason"] == reason
    assert restart["window"]["start"] == start


def test_azure_restarts_a_machine_by_itself(example: dict[str, Any]) -> None:
    """A VM in AutomaticByPlatform is restarted by the platform within 30 days, and its window is a
    wish.
    """
    restart = example["by_name"]["web01"]["next_reboot"]
    assert (restart["runner"], restart["enforced"], restart["by"]) == (
        "platform",
        False,
        "2026-02-12",
    )


def test_a_reason_knows_its_place(example: dict[str, Any]) -> None:
    """The off-track warning of app01 points to the value of its build."""
    location = next(
        reason["location"]
        for reason in example["by_name"]["app01"]["reasons"]
        if reason["code"] == "HP303"
    )
    line = (ROOT / location["file"]).read_text(encoding="utf-8").splitlines()[location["line"] - 1]
    assert line[location["column"] - 1 :].startswith("26100.7178")


@pytest.mark.parametrize("form", ["table", "json", "csv"])
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["image", "MicrosoftWindowsServer:WindowsServer:2025-datacenter-azure-edition:latest"], 0),
        (["image", DESKTOP], 1),
        (["image", "not an image"], 2),
        (["image", DESKTOP, "--fail-on", "never"], 0),
        (
            [
                "image",
                "MicrosoftWindowsServer:WindowsServer:2025-datacenter-azure-edition",
                "--fail-on",
                "nonsense",
            ],
            2,
        ),
    ],
)
def test_exit_codes_do_not_depend_on_the_format(
    hotpatch: Hotpatch, arguments: list[str], code: int, form: str
) -> None:
    """An exit code is the same in every format."""
    assert hotpatch(*arguments, "--format", form, "--quiet").code == code


def test_unknown_is_code_3_and_can_be_made_1() -> None:
    """A fleet in which only a verdict is unknown gives 3, and 1 where --fail-on names unknown."""
    assert process("check", "-", stdin=ARC).returncode == 3
    assert process("check", "-", "--fail-on", "unknown", stdin=ARC).returncode == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("machines: []", "Nothing was checked"),
        ("machines: [{name: a, platform: azur}]", "Did you mean 'azure'"),
        ("machines: [{name: a, platform: arc, buid: 1}]", "Did you mean 'build'"),
        (
            "machines: [{name: a, platform: arc}, {name: a, platform: arc}]",
            "is defined twice (first in <stdin>, line 1)",
        ),
        ("a: 1\na: 2\nmachines: []", "is defined twice"),
        ("machines:\n\t- name: a", "tab"),
        ('machines: [{name: "a', "never closed"),
        ("[1, 2, 3]", "Unrecognized file type"),
        ("[" * 10_000, "deeper than"),
        ("machines: [{name: a, platform: arc, window: w}]", "The window 'w' isn't defined"),
        ("machines: [{name: a, platform: arc, timezone: Europe/Stokholm}]", "Europe/Stockholm"),
        (f"freezes: [{{name: f, from: 2026-01-02, to: 2026-01-01}}]\n{ARC}", "before it starts"),
        (f"groups: {{a: {{after: [b]}}, b: {{after: [a]}}}}\n{ARC}", "depend on each other"),
        ("machines: [{name: a, platform: arc, done: maybe}]", "true or false"),
    ],
)
def test_bad_input_is_named_and_nothing_is_written(
    hotpatch: Hotpatch, text: str, message: str
) -> None:
    """Bad input gives its message with its place, exit code 2, and no output."""
    done = hotpatch("check", "-", "-f", "json", "-o", "report.json", stdin=text)
    assert done.code == 2
    assert message in done.err
    assert "Traceback" not in done.err
    assert not (hotpatch.folder / "report.json").exists()


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_a_day_beyond_all_calendars_is_refused(day: str) -> None:
    """A day far outside the years of this program is a wrong option, not a crash."""
    assert process("check", "examples/fleet.yaml", "--as-of", day).returncode == 2


def test_a_file_given_twice_is_refused() -> None:
    """The same inventory twice would count its machines twice: a problem for each machine."""
    done = process("check", "examples/fleet.yaml", "examples/fleet.yaml")
    assert done.returncode == 2
    assert done.stderr.count("is defined twice") == 11


def test_two_machines_of_one_name_stay_two() -> None:
    """VMs of an export are known by their resource id, and shown with their group where a name is
    not enough.
    """
    done = process("check", "examples/az-vm-list.json", "--as-of", "2026-02-20", "-f", "json")
    names = [machine["name"] for machine in json.loads(done.stdout)["machines"]]
    assert names == ["prod/web01", "test/web01", "app01", "old01"]
    assert json.loads(done.stdout)["summary"]["skipped"] == 1


@pytest.mark.parametrize(
    "name", ["web[01]", "=1+1", "[red]x[/red]", "a\\nb", "\\u001b[31mx", "\\u202egnp"]
)
@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_a_hostile_name_survives_every_format(hotpatch: Hotpatch, name: str, form: str) -> None:
    """A name with markup, a formula or control codes is shown as text, and no control code reaches
    the output.
    """
    done = hotpatch(
        "check", "-", "-f", form, stdin=f'machines: [{{platform: arc, name: "{name}"}}]'
    )
    assert done.code == 3
    assert "\x1b" not in done.out
    if form == "csv":
        assert not any(
            cell.startswith("=") for line in done.out.splitlines() for cell in line.split(",")
        )
    if form == "json":
        assert done.json["machines"][0]["name"] == name.encode().decode("unicode_escape")
