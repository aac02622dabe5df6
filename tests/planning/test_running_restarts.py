"""Restarts that are in progress while a plan is made again within a night."""

import json
from typing import Any

import pytest

FLEET = """
windows: {w: {days: [Sat], start: '22:00', duration: 2h}}
defaults:
  platform: arc
  timezone: UTC
  os: Windows Server 2025 Standard
  build: 26100.7392
  arc: {status: Connected, hotpatch: Enabled, vbs: running, secure_boot: true, uefi: true}
  window: w
  reboot_minutes: 30
limits: {max_concurrent: 1}
"""
ONE = "machines: [{name: a}, {name: b}]"
NOW = "2026-01-17T22:40Z"


def planned(hotpatch: Any, body: str, *options: str) -> Any:
    """A plan as JSON, in plan.json too."""
    done = hotpatch("plan", hotpatch.write("fleet.yaml", FLEET + body), "-f", "json", *options)
    hotpatch.write("plan.json", done.out)
    return done.json


def starts(plan: Any) -> dict[str, str]:
    """The hour of each start."""
    return {row["machine"]: row["start"][11:16] for row in plan["reboots"]}


def test_a_restart_in_progress_keeps_its_time(hotpatch: Any) -> None:
    """Others start after it, and `verify` accepts the plan."""
    before = starts(planned(hotpatch, ONE, "--as-of", "2026-01-14"))
    assert sorted(before.values()) == ["22:00", "22:30"]
    hotpatch.write("old.json", (hotpatch.folder / "plan.json").read_text())
    more = ONE.replace("]", ", {name: c}]")
    after = starts(planned(hotpatch, more, "--now", NOW, "--keep", "old.json"))
    (running,) = (name for name, start in before.items() if start == "22:30")
    assert after.pop(running) == "22:30"
    assert sorted(after.values()) == ["23:00", "23:30"]
    assert hotpatch("verify", "plan.json", "fleet.yaml", "--as-of", "2026-01-18").code == 0


@pytest.mark.parametrize("command", ["plan", "progress"])
def test_a_restart_in_progress_makes_room_for_no_other(hotpatch: Any, command: str) -> None:
    """Even where a heavier machine has no other time, its start stays."""
    limit = ("--until", "2026-01-17")
    planned(hotpatch, "machines: [{name: a}]", "--as-of", "2026-01-14", *limit)
    hotpatch.write("old.json", (hotpatch.folder / "plan.json").read_text())
    body = "machines: [{name: a}, {name: b, weight: 9, reboot_minutes: 100}]"
    if command == "plan":
        made = planned(hotpatch, body, "--now", "2026-01-17T22:10Z", "--keep", "old.json", *limit)
    else:
        hotpatch.write("fleet.yaml", FLEET + body)
        at = ("--at", "2026-01-17T22:10Z", "--replan", "plan.json")
        hotpatch("progress", "old.json", "fleet.yaml", *at)
        made = json.loads((hotpatch.folder / "plan.json").read_text())
    assert starts(made) == {"a": "22:00"}
    assert [row["machine"] for row in made["unplaced"]] == ["b"]
    exposure, bound = made["objective"]["exposure_hours"], made["objective"]["lower_bound"]
    assert (made["status"], exposure) == ("infeasible", bound)
    assert exposure == pytest.approx(4 * 24 + 4.5)


def test_a_restart_in_its_last_opening_stays(hotpatch: Any) -> None:
    """What is in progress needs no other opening, even if none is left in time."""
    limit = ("--until", "2026-01-17")
    planned(hotpatch, "machines: [{name: a, reboot_minutes: 110}]", "--as-of", "2026-01-14", *limit)
    hotpatch.write("old.json", (hotpatch.folder / "plan.json").read_text())
    body = "machines: [{name: a, reboot_minutes: 110}]"
    made = planned(hotpatch, body, "--now", "2026-01-17T22:30Z", "--keep", "old.json", *limit)
    assert (made["status"], starts(made)) == ("optimal", {"a": "22:00"})


@pytest.mark.parametrize("share", [1, 2])
def test_a_settle_time_makes_room_for_no_other(hotpatch: Any, share: int) -> None:
    """The settle time of a restart that is done isn't left out to schedule one more machine."""
    done = "".join(
        f"{{name: d{number}, groups: [db], done: 2026-01-17T22:00:00Z}}, "
        for number in range(share)
    )
    body = (
        f"groups: {{db: {{max_unavailable: {share}, settle: 8d}}}}\n"
        f"machines: [{done}{{name: b, groups: [db], weight: 9}}]"
    )
    made = planned(hotpatch, body, "--as-of", "2026-01-18", "--deadline", "14d")
    assert (made["reboots"], made["objective"]["exposure_hours"]) == ([], 0)
    assert [row["machine"] for row in made["unplaced"]] == ["b"]
