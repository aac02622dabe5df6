"""From a fleet to a plan: who is planned, what a plan keeps, and what `plan` and `verify` say of
it.
"""

import json
import subprocess
import sys
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hotpatch_cli.eligibility.verdict import Judge
from hotpatch_cli.inputs.fleet import load_fleet
from hotpatch_cli.knowledge.load import load_knowledge
from hotpatch_cli.planning import PlanningInput, PlanRequest, broken_rules, plan, prepare

KNOWLEDGE = load_knowledge()
HEAD = """
defaults:
  platform: arc
  timezone: Europe/Stockholm
  os: Windows Server 2025 Standard
  build: 26100.7392
  arc: {status: Connected, hotpatch: Enabled, vbs: running, secure_boot: true, uefi: true}
  window: nights
  reboot_minutes: 30
windows:
  nights: {days: [Sat, Sun], start: 22:00, duration: 2h}
"""


def prepared(
    tmp_path: Path, body: str, wish: PlanRequest | None = None, as_of: date = date(2025, 12, 15)
) -> PlanningInput:
    """A fleet as a problem."""
    path = tmp_path / "fleet.yaml"
    path.write_text(HEAD + body, encoding="utf-8")
    return prepare(
        load_fleet([str(path)])[0],
        Judge(KNOWLEDGE, as_of),
        wish or PlanRequest(deadline=timedelta(days=14)),
    )


def starts(tmp_path: Path, body: str, wish: PlanRequest | None = None) -> dict[str, datetime]:
    """The planned starts by machine."""
    return {each.machine.name: each.start for each in plan(prepared(tmp_path, body, wish)).reboots}


def test_free_machines_restart_at_the_first_opening(tmp_path: Path) -> None:
    """Without limits every machine restarts when its first window after the release opens."""
    found = starts(tmp_path, "machines: [{name: a}, {name: b}]")
    assert {each.isoformat() for each in found.values()} == {"2026-01-17T22:00:00+01:00"}


def test_a_group_restarts_one_by_one_and_settles(tmp_path: Path) -> None:
    """With one member at a time and 30 minutes to settle, starts are an hour apart."""
    group = "groups: {sql: {max_unavailable: 1, settle: 30m}}\n"
    body = group + "machines: [{name: a, groups: [sql]}, {name: b, groups: [sql]}]"
    found = sorted(starts(tmp_path, body).values())
    assert found[1] - found[0] == timedelta(hours=1)


def test_a_percentage_is_rounded_down(tmp_path: Path) -> None:
    """A quarter of seven members is one at a time."""
    members = ", ".join(f"{{name: m{number}, groups: [web]}}" for number in range(7))
    problem = prepared(
        tmp_path, f"groups: {{web: {{max_unavailable: 25%}}}}\nmachines: [{members}]"
    ).problem
    assert problem.groups[0].capacity == 1


def test_a_group_waits_for_another(tmp_path: Path) -> None:
    """A group with `after` starts when every member of that group has ended."""
    body = (
        "groups: {db: {}, app: {after: [db]}}\nmachines: [{name: a, groups: [app]}, {name: "
        "d, groups: [db]}]"
    )
    found = starts(tmp_path, body)
    assert found["a"] == found["d"] + timedelta(minutes=30)


def test_a_ring_soaks(tmp_path: Path) -> None:
    """The second ring starts when the soak has passed since the first one's last end."""
    body = (
        "rings: [{name: one, soak: 20h}, {name: two}]\nmachines: [{name: a, ring: one}, "
        "{name: b, ring: two}]"
    )
    found = starts(tmp_path, body)
    assert found["b"] - found["a"] >= timedelta(hours=20, minutes=30)


@pytest.mark.parametrize(
    ("machine", "why"),
    [
        ("{name: b, done: true}", "done"),
        ("{name: b, build: 26100.32230}", "already installed"),
        ("{name: b, os: Windows Server 2019 Standard}", "unsupported"),
        ("{name: b, os: Ubuntu 22.04}", "not Windows"),
    ],
)
def test_who_needs_no_restart_is_left_alone(tmp_path: Path, machine: str, why: str) -> None:
    """A machine that is done, has the baseline, cannot hotpatch or is not Windows is counted, not
    planned.
    """
    as_of = date(2026, 1, 20)
    ready = prepared(tmp_path, f"machines: [{{name: a}}, {machine}]", as_of=as_of)
    assert [each.name for each in ready.machines] == ["a"]
    assert dict(ready.not_needed) == {why: 1}


@pytest.mark.parametrize(
    ("machine", "code"),
    [
        ("{name: b, window: null}", "HP501"),
        ("{name: b, timezone: null}", "HP413"),
        ("{name: b, reboot_minutes: 300}", "HP502"),
        ("{name: b, os: null}", "HP402"),
    ],
)
def test_who_cannot_be_placed_is_named(tmp_path: Path, machine: str, code: str) -> None:
    """A machine without window, zone, room or product is unplaced with the rule that says so."""
    found = plan(prepared(tmp_path, f"machines: [{{name: a}}, {machine}]"))
    facts_alone = code in ("HP402", "HP413")
    assert found.status == ("incomplete" if facts_alone else "infeasible")
    assert [(each.name, finding.code) for each, finding in found.unplaced] == [("b", code)]


def test_a_plan_that_was_edited_is_judged(tmp_path: Path) -> None:
    """A restart moved out of its window, or into a full group, breaks a rule."""
    body = (
        "groups: {sql: {max_unavailable: 1}}\nmachines: [{name: a, groups: [sql]}, {name: "
        "b, groups: [sql]}]"
    )
    ready = prepared(tmp_path, body)
    good = {each.machine.label: each.start for each in plan(ready).reboots}
    assert broken_rules(ready, good) == []
    assert broken_rules(ready, good | {"a": good["a"] - timedelta(hours=5)})
    assert broken_rules(ready, dict.fromkeys(good, good["a"]))
    assert broken_rules(ready, good | {"nobody": good["a"]})


def _run(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "hotpatch_cli", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", cwd=folder, check=False
    )


@pytest.mark.slow
def test_plan_and_verify_agree(tmp_path: Path) -> None:
    """A plan that the program writes has the promised keys, is verified with code 0, and after an
    edit with 1.
    """
    body = "machines: [{name: a}, {name: b}]"
    (tmp_path / "fleet.yaml").write_text(HEAD + body, encoding="utf-8")
    same = ("fleet.yaml", "--as-of", "2025-12-15", "--deadline", "14d")
    done = _run("plan", *same, "--format", "json", "-o", "plan.json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    written: dict[str, Any] = json.loads((tmp_path / "plan.json").read_text(encoding="utf-8"))
    assert {"schema_version", "status", "objective", "reboots", "unplaced", "conflicts"} <= set(
        written
    )
    assert written["status"] == "optimal"
    assert _run("verify", "plan.json", *same, folder=tmp_path).returncode == 0
    written["reboots"][0]["start"] = "2026-01-17T12:00:00+01:00"
    (tmp_path / "plan.json").write_text(json.dumps(written), encoding="utf-8")
    assert _run("verify", "plan.json", *same, folder=tmp_path).returncode == 1


def test_no_plan_is_code_4(tmp_path: Path) -> None:
    """Where something cannot be placed, the exit code is 4 and the rest is still planned."""
    (tmp_path / "fleet.yaml").write_text(
        HEAD + "machines: [{name: a}, {name: b, window: null}]", encoding="utf-8"
    )
    done = _run("plan", "fleet.yaml", "--as-of", "2025-12-15", folder=tmp_path)
    assert done.returncode == 4
    assert "1 scheduled, 1 not scheduled" in done.stdout
