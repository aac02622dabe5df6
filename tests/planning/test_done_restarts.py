"""Restarts that are done: their soak and settle times, and what a plan says of them later."""

import json
from typing import Any

import pytest

HEAD = """
windows: {w: {days: [Sat, Sun], start: '22:00', duration: 2h}}
defaults:
  platform: arc
  timezone: Europe/Stockholm
  os: Windows Server 2025 Standard
  build: 26100.7392
  arc: {status: Connected, hotpatch: Enabled, vbs: running, secure_boot: true, uefi: true}
  window: w
"""
RINGS = HEAD + "rings: [{name: canary, soak: 7d}, {name: broad}]\n"
INSTALLED = "build: 26100.32230"


def planned(hotpatch: Any, body: str, *more: str, as_of: str = "2026-01-19") -> Any:
    """A plan as JSON, in plan.json too."""
    name = hotpatch.write("fleet.yaml", body)
    done = hotpatch("plan", name, "--as-of", as_of, "-f", "json", *more)
    hotpatch.write("plan.json", done.out)
    return done.json


def start_of(plan: Any, name: str) -> str:
    """The planned start of a machine."""
    return next(row["start"] for row in plan["reboots"] if row["machine"] == name)


def rings(canary: str) -> str:
    """A fleet whose canary has a fact, and a machine of the next ring."""
    return RINGS + f"machines: [{{name: a, ring: canary, {canary}}}, {{name: b, ring: broad}}]"


@pytest.mark.parametrize(
    ("canary", "as_of", "start", "noted"),
    [
        ("done: 2026-01-17T22:30:00Z", "2026-01-19", "2026-01-24T23:30:00+01:00", False),
        ("done: 2026-01-17T21:15:00Z", "2026-01-19", "2026-01-24T22:15:00+01:00", False),
        ("done: true", "2026-01-19", "2026-01-31T22:00:00+01:00", True),
        (INSTALLED, "2026-01-19", "2026-01-31T22:00:00+01:00", True),
        ("done: true", "2026-01-12", "2026-01-17T22:00:00+01:00", False),
        ("os: Windows Server 2019 Standard", "2026-01-19", "2026-01-24T22:00:00+01:00", False),
    ],
)
def test_the_soak_time_counts_from_the_end_that_is_known(
    hotpatch: Any, canary: str, as_of: str, start: str, *, noted: bool
) -> None:
    """From the moment of `done`; otherwise from the as-of date, which a note says. A machine that
    needs no restart, or is done before the release, delays nothing.
    """
    plan = planned(hotpatch, rings(canary), as_of=as_of)
    assert start_of(plan, "b") == start
    assert any("No source states when" in note for note in plan["notes"]) == noted


def test_a_settle_time_counts_for_a_plan_within_the_night(hotpatch: Any) -> None:
    """The group is occupied until the settle time after `done` has passed."""
    body = (
        HEAD + "groups: {sql: {max_unavailable: 1, settle: 30m}}\n"
        "machines: [{name: a, groups: [sql], done: 2026-01-17T21:15:00Z}, {name: b, groups: [sql]}]"
    )
    name = hotpatch.write("fleet.yaml", body)
    done = hotpatch("plan", name, "--now", "2026-01-17T22:20+01:00", "-f", "json")
    assert start_of(done.json, "b") == "2026-01-17T22:45:00+01:00"


def test_a_plan_to_keep_knows_when_a_restart_ended(hotpatch: Any) -> None:
    """Without a moment in the fleet, the soak time counts from the planned end."""
    planned(hotpatch, rings("reboot_minutes: 15"), as_of="2026-01-14")
    again = planned(hotpatch, rings(INSTALLED), "--keep", "plan.json")
    assert start_of(again, "b") == "2026-01-24T22:15:00+01:00"
    assert again["kept"]["moved"] == []


@pytest.mark.parametrize("fact", ["done: 2026-01-17T21:15:00Z", "done: true", INSTALLED])
def test_verify_accepts_what_is_done_in_the_middle_of_a_rollout(hotpatch: Any, fact: str) -> None:
    """A past restart that the fleet shows as done breaks no rule."""
    planned(hotpatch, rings("reboot_minutes: 15"), as_of="2026-01-14")
    name = hotpatch.write("newer.yaml", rings(fact))
    assert hotpatch("verify", "plan.json", name, "--as-of", "2026-01-20").code == 0


def test_verify_counts_the_real_end_of_a_restart(hotpatch: Any) -> None:
    """A restart that ended later than planned leaves less time for the soak."""
    planned(hotpatch, rings("reboot_minutes: 15"), as_of="2026-01-14")
    name = hotpatch.write("newer.yaml", rings("done: 2026-01-17T22:40:00Z"))
    verified = hotpatch("verify", "plan.json", name, "--as-of", "2026-01-20", "-f", "json")
    assert [row["rule"] for row in verified.json["broken"]] == ["ring"]


@pytest.mark.parametrize("gone", [(), ("asked",)])
def test_past_restarts_are_inside_their_windows(hotpatch: Any, gone: tuple[str, ...]) -> None:
    """Restarts that are past now are compared with the as-of date of the plan."""
    plan = planned(hotpatch, rings("reboot_minutes: 15"), as_of="2026-01-14")
    hotpatch.write("plan.json", json.dumps({k: v for k, v in plan.items() if k not in gone}))
    assert hotpatch("verify", "plan.json", "fleet.yaml", "--as-of", "2026-01-28").code == 0


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("exposure_hours", 1.5, "an exposure of 1.5 weighted hours, but"),
        ("makespan", "2030-01-01T00:00:00+00:00", "2030-01-01 00:00 +0000 as the end"),
        (None, None, ""),
    ],
)
def test_verify_says_what_a_plan_states_and_has_not(
    hotpatch: Any, key: str | None, value: Any, said: str
) -> None:
    """A false exposure or end of a plan file is a note; the rules are kept all the same."""
    plan = planned(hotpatch, HEAD + "machines: [{name: a}, {name: b}]", as_of="2026-01-14")
    if key:
        plan["objective"][key] = value
    hotpatch.write("plan.json", json.dumps(plan))
    done = hotpatch("verify", "plan.json", "fleet.yaml", "--as-of", "2026-01-14", "-f", "json")
    assert done.code == 0
    notes = [note for note in done.json["notes"] if note.startswith("The file states")]
    assert [said in note for note in notes] == ([True] if key else [])


def test_verify_says_which_machines_a_plan_should_not_have(hotpatch: Any) -> None:
    """A machine that the fleet doesn't have, one that isn't of the baseline, and one whose restart
    is ahead although it's done are findings that say which of them it is.
    """
    body = HEAD + "machines: [{name: a}, {name: b}, {name: c}]"
    planned(hotpatch, body, as_of="2026-01-14")
    newer = "machines: [{name: b, os: Windows Server 2019 Standard}, {name: c, done: true}]"
    name = hotpatch.write("newer.yaml", HEAD + newer)
    done = hotpatch("verify", "plan.json", name, "--as-of", "2026-01-14", "-f", "json")
    assert done.code == 1
    found = {row["machines"][0]: (row["rule"], row["message"]) for row in done.json["broken"]}
    assert found == {
        "a": ("machine", "'a': the fleet has no machine with this name"),
        "b": ("not-needed", "'b': the machine needs no restart for this baseline (unsupported)"),
        "c": ("not-needed", "'c': the machine needs no restart for this baseline (done)"),
    }
