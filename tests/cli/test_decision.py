"""The last line of a run: the decision, what made it, and the files that were written."""

from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
DAY = ("--as-of", "2025-12-15")
OLD = "{name: old, platform: arc, os: Windows Server 2019}"
UNKNOWN = "{name: blank, platform: arc}"
ENROLLED = (
    "arc: {status: Connected, hotpatch: Enabled, vbs: running, secure_boot: true, uefi: true}"
)
READY = (
    f"{{name: good, platform: arc, os: Windows Server 2025 Datacenter, build: 26100.7392, "
    f"{ENROLLED}}}"
)
RULES = "--fail-on unsupported,action-required"

CHECKS = {
    "fails": ([OLD, READY], (), f"FAIL: 1 of 2 machines ({RULES}): release-not-supported (HP105)."),
    "unknown": (
        [UNKNOWN, READY],
        (),
        "UNKNOWN: 1 of 2 machines with an unknown verdict: ",
    ),
    "passes": ([READY], (), f"PASS: 1 machine ({RULES})."),
    "by a state": (
        [READY.replace("7392", "7092")],
        ("--fail-on", "behind"),
        "FAIL: 1 of 1 machine (--fail-on behind): ",
    ),
    "never": ([OLD], ("--fail-on", "never"), "PASS: 1 machine (--fail-on never)."),
    "recorded": (
        [OLD],
        ("--write-known", "known.yaml"),
        "PASS: 1 machine, all findings recorded (--write-known). Wrote known.yaml.",
    ),
    "two files": (
        [OLD],
        ("-f", "sarif", "-o", "x.sarif", "-f", "csv", "-o", "x.csv"),
        f"FAIL: 1 of 1 machine ({RULES}): release-not-supported (HP105). Wrote x.sarif, x.csv.",
    ),
}


@pytest.mark.parametrize(("machines", "options", "line"), CHECKS.values(), ids=CHECKS)
def test_check_ends_with_its_decision(
    hotpatch: Any, machines: list[str], options: tuple[str, ...], line: str
) -> None:
    """One line says the outcome, the machines, the option and the rules; --quiet silences it."""
    name = hotpatch.write("fleet.yaml", f"machines: [{', '.join(machines)}]")
    done = hotpatch("check", name, *DAY, *options)
    assert done.err.splitlines()[-1].startswith(line)
    assert done.err.count(line.partition(":")[0] + ":") == 1
    quiet = hotpatch("check", name, *DAY, *options, "--quiet")
    assert (quiet.err, quiet.out, quiet.code) == ("", done.out, done.code)


@pytest.mark.parametrize("form", ["table", "json", "csv", "sarif", "junit", "markdown", "ics"])
def test_the_decision_is_the_same_in_every_format(hotpatch: Any, form: str) -> None:
    """And it's never on standard output."""
    fleet = str(EXAMPLES / "fleet.yaml")
    done = hotpatch("check", fleet, *DAY, "-f", form)
    line = done.err.splitlines()[-1]
    assert line == hotpatch("check", fleet, *DAY).err.splitlines()[-1]
    assert line.startswith("FAIL: ")
    assert line not in done.out


def test_the_decision_counts_waived_machines(hotpatch: Any) -> None:
    """A waived machine doesn't fail, and the line says how many there are."""
    hotpatch.write("fleet.yaml", f"machines: [{OLD}]")
    waive = ("waive", "old", "HP105", "--reason", "r", "--owner", "o", "--expires", "2026-03-01")
    said = hotpatch(*waive, *DAY).err
    assert said == (
        "HP105 is waived for old until 2026-03-01. Wrote waivers.yaml. "
        "To apply it, run `hotpatch check FLEET --waivers waivers.yaml`.\n"
    )
    done = hotpatch("check", "fleet.yaml", *DAY, "--waivers", "waivers.yaml")
    assert done.err.endswith(f"PASS: 1 machine ({RULES}; 1 waived).\n")


def test_a_table_as_a_whole_has_the_decision_of_its_machines(hotpatch: Any) -> None:
    """`--bulk` counts machines, not profiles."""
    pytest.importorskip("duckdb")
    rows = "".join(f"m{number},Windows Server 2019,arc\n" for number in range(30))
    hotpatch.write("fleet.csv", f"name,os,platform\n{rows}")
    lines = [
        hotpatch("check", "fleet.csv", *DAY, how).err.splitlines()[-1]
        for how in ("--bulk", "--no-bulk")
    ]
    assert lines[0] == lines[1]
    assert "30 of 30 machines" in lines[0]


HEAD = f"""
windows: {{nights: {{days: [Sat], start: 22:00, duration: 1h}}}}
defaults: {{platform: arc, os: Windows Server 2025 Standard, build: 26100.7392, {ENROLLED},
  timezone: Europe/Stockholm, window: nights, reboot_minutes: 60}}
"""


def test_a_plan_says_what_it_scheduled(hotpatch: Any) -> None:
    """All restarts, or how many are left and by which rules; also where a file is written."""
    name = hotpatch.write("fleet.yaml", HEAD + "machines: [{name: a}]")
    done = hotpatch("plan", name, *DAY, "-o", "plan.json")
    assert (done.code, done.out) == (0, "")
    assert done.err.endswith("PASS: 1 of 1 restart scheduled (optimal). Wrote plan.json.\n")
    verified = hotpatch("verify", "plan.json", name, *DAY)
    assert verified.err.endswith("PASS: the plan keeps all rules (1 restart).\n")
    fleet = HEAD + "limits: {max_concurrent: 1}\nmachines: [{name: a}, {name: b}]"
    full = hotpatch(
        "plan", hotpatch.write("full.yaml", fleet), *DAY, "--deadline", "7d", "-f", "csv"
    )
    assert full.code == 4
    assert full.err.splitlines()[-1].startswith("FAIL: 1 of 2 restarts not scheduled: ")
    assert "(HP502)" in full.err.splitlines()[-1]


def test_diff_says_how_many_lose_eligibility(hotpatch: Any) -> None:
    """And how many were compared."""
    hotpatch.write("old.yaml", f"machines: [{READY}]")
    hotpatch.write("new.yaml", f"machines: [{OLD.replace('old', 'good')}]")
    lost = hotpatch("diff", "old.yaml", "new.yaml", *DAY)
    assert (lost.code, lost.err) == (1, "FAIL: 1 of 1 machine loses eligibility.\n")
    same = hotpatch("diff", "old.yaml", "old.yaml", *DAY)
    assert (same.code, same.err) == (0, "PASS: none of 1 machine loses eligibility.\n")


WRITING = {
    "init": ("init", "-o", "x.yaml"),
    "collect": ("collect", "-o", "x.ps1"),
    "schema": ("schema", "plan", "-o", "x.json"),
    "matrix": ("matrix", "-o", "x.csv"),
    "calendar": ("calendar", "--year", "2025", *DAY, "-o", "x.ics"),
    "releases": ("releases", "-o", "x.csv"),
    "convert": ("convert", str(EXAMPLES / "az-vm-list.json"), "-o", "x.yaml"),
    "windows list": (
        *("windows", "list", str(EXAMPLES / "fleet.yaml"), "--from", "2026-01-01"),
        *("-o", "x.csv"),
    ),
    "feed": ("feed", "releases", "--year", "2025", *DAY, "-o", "x.ics"),
    "rollback": (
        *("rollback", str(EXAMPLES / "fleet.yaml"), "--machine", "net01", *DAY),
        *("-o", "x.json"),
    ),
}


@pytest.mark.parametrize("command", WRITING.values(), ids=WRITING)
def test_a_written_file_is_named(hotpatch: Any, command: tuple[str, ...]) -> None:
    """Every command that writes a file says so; one that writes to standard output doesn't."""
    done = hotpatch(*command)
    assert (done.code, done.out) == (0, "")
    assert f"Wrote {command[-1]}" in done.err.splitlines()[-1]
    assert "Wrote" not in hotpatch(*command[:-2]).err


def test_windows_lint_and_export_say_their_decision(hotpatch: Any) -> None:
    """Findings, configurations, and what Azure can't represent."""
    fleet = str(EXAMPLES / "fleet.yaml")
    lint = hotpatch("windows", "lint", fleet, *DAY)
    assert lint.err.splitlines()[-1].startswith("FAIL: " if lint.code else "PASS: ")
    export = hotpatch("windows", "export", fleet, "--from", "2026-01-01", "-o", "x.json")
    word = "FAIL" if export.code else "PASS"
    last = export.err.splitlines()[-1]
    assert last.startswith(f"{word}: ")
    assert last.endswith("Wrote x.json.")
