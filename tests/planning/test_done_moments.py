"""What `done` means before the release, in the future, and for the reasons of a plan."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from hotpatch_cli.cli.options import common, moment
from tests.planning.test_done_restarts import HEAD, RINGS, rings, start_of

APRIL = (
    HEAD.replace("Standard\n  build: 26100.7392", "Datacenter").replace(
        "[Sat, Sun]", "[Mon, Tue, Wed, Thu, Fri, Sat, Sun]"
    )
    + "rings: [{name: canary, soak: 7d}, {name: broad}]\n"
)
FUTURE = RINGS + (
    "machines:\n"
    "  - {name: a, ring: canary, done: 2026-02-15T22:30:00Z}\n"
    "  - {name: b, ring: broad, done: 2026-03-15T22:30:00Z}\n"
    "  - {name: c, ring: broad}\n"
)


@pytest.mark.parametrize("as_of", ["2026-01-17", "2026-04-12", "2026-04-14", "2026-04-20"])
@pytest.mark.parametrize("canary", ["done: true", "done: 2026-01-16T22:30:00Z"])
@pytest.mark.parametrize("later", [0, 1])
def test_verify_accepts_what_plan_makes(
    hotpatch: Any, as_of: str, canary: str, *, later: int
) -> None:
    """For restarts that are done before or after the release of the baseline, also a week later."""
    machines = f"machines: [{{name: a, ring: canary, {canary}}}, {{name: b, ring: broad}}]"
    name = hotpatch.write("fleet.yaml", APRIL + machines)
    assert hotpatch("plan", name, "--as-of", as_of, "-o", "plan.json").code == 0
    day = "2026-04-27" if later else as_of
    verified = hotpatch("verify", "plan.json", name, "--as-of", day, "--baseline", "2026-04")
    assert verified.code == 0, verified.out


def test_a_restart_before_the_release_is_an_earlier_one(hotpatch: Any) -> None:
    """The machine restarts again, and a note says why."""
    machines = (
        "machines: [{name: a, ring: canary, done: 2026-01-16T22:30:00Z}, {name: b, ring: broad}, "
        "{name: c, ring: broad, done: true}]"
    )
    name = hotpatch.write("fleet.yaml", APRIL + machines)
    plan = hotpatch("plan", name, "--as-of", "2026-01-17", "--baseline", "2026-04", "-f", "json")
    assert [row["machine"] for row in plan.json["reboots"]] == ["a", "b"]
    assert plan.json["left_alone"] == {"done": 1}
    notes = " ".join(plan.json["notes"])
    assert "(Tue 2026-04-14 17:00 +0000): a. That was an earlier restart" in notes
    assert "(Tue 2026-04-14 17:00 +0000): c. They aren't scheduled" in notes


def test_the_progress_says_that_a_moment_is_of_an_earlier_restart(hotpatch: Any) -> None:
    """The machine is due, as in the plan."""
    name = hotpatch.write("fleet.yaml", rings("done: 2026-01-10T22:30:00Z"))
    hotpatch("plan", name, "--as-of", "2026-01-14", "-o", "plan.json")
    rows = hotpatch("progress", "plan.json", name, "--as-of", "2026-01-15", "-f", "json").json
    states = {row["machine"]: row for row in rows["machines"]}
    assert states["a"]["state"] == "due"
    assert "before the release" in states["a"]["evidence"]


@pytest.mark.parametrize(
    ("canary", "machine"), [("done: 2026-01-17T22:30:00Z", "a"), ("done: true", "a")]
)
def test_a_reason_names_the_ring_that_is_done(hotpatch: Any, canary: str, machine: str) -> None:
    """And its soak time: it, not the past, keeps the next ring from starting."""
    name = hotpatch.write("fleet.yaml", rings(canary))
    plan = hotpatch("plan", name, "--as-of", "2026-01-19", "-f", "json").json
    (row,) = plan["reboots"]
    assert f"168 h after the ring canary ({machine} is done)" in row["why"]


@pytest.mark.parametrize("command", ["plan", "verify", "progress"])
def test_a_restart_in_the_future_is_refused(hotpatch: Any, command: str) -> None:
    """Each with its line, all at once."""
    hotpatch.write("before.yaml", rings("reboot_minutes: 15"))
    hotpatch("plan", "before.yaml", "--as-of", "2026-01-14", "-o", "plan.json")
    name = hotpatch.write("fleet.yaml", FUTURE)
    files = (name,) if command == "plan" else ("plan.json", name)
    done = hotpatch(command, *files, "--as-of", "2026-01-17")
    assert done.code == 2
    assert "fleet.yaml:12:" in done.err
    assert "fleet.yaml:13:" in done.err
    assert done.err.count("which is after the as-of date, 2026-01-17") == 2


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--as-of", "2026-01-17"), 0),
        (("--as-of", "2026-01-16"), 2),
        (("--now", "2026-01-17T22:30Z"), 0),
        (("--now", "2026-01-17T22:29Z"), 2),
    ],
)
def test_the_day_of_the_restart_is_not_the_future(
    hotpatch: Any, options: tuple[str, ...], code: int
) -> None:
    """With a moment, the restart ended by then."""
    name = hotpatch.write("fleet.yaml", rings("done: 2026-01-17T22:30:00Z"))
    assert hotpatch("plan", name, *options).code == code


def test_a_plan_of_today_begins_now(hotpatch: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without --as-of nothing starts in the past, in any zone, and `verify` accepts the plan."""
    clock = datetime(2026, 11, 27, 7, 15, 20, tzinfo=UTC)
    for module in (common, moment):
        monkeypatch.setattr(module, "now", lambda: clock)
    body = APRIL.replace("22:00", "02:00") + (
        "machines: [{name: syd, timezone: Australia/Sydney}, {name: utc, timezone: UTC}, "
        "{name: sea, timezone: America/Los_Angeles}, "
        "{name: rio, timezone: America/Sao_Paulo}]"
    )
    name = hotpatch.write("fleet.yaml", body)
    done = hotpatch("plan", name, "--baseline", "2026-10", "-f", "json")
    starts = [datetime.fromisoformat(row["start"]) for row in done.json["reboots"]]
    assert len(starts) == 4
    assert min(starts) > clock
    assert done.json["asked"]["now"] == "2026-11-27T07:16:00+00:00"
    hotpatch.write("plan.json", json.dumps(done.json))
    assert hotpatch("verify", "plan.json", name).code == 0
    assert start_of(done.json, "sea").startswith("2026-11-27T02:00")


def test_verify_accepts_the_plan_of_the_rest(hotpatch: Any) -> None:
    """A restart that was done before the first plan, at an unknown moment, delays no later one
    again.
    """
    name = hotpatch.write("fleet.yaml", rings("done: true"))
    options = ("--as-of", "2026-01-14")
    assert hotpatch("plan", name, *options, "-o", "plan.json").code == 0
    at = ("--at", "2026-01-23T12:00Z")
    assert hotpatch("progress", "plan.json", name, *at, "--replan", "rest.json").code == 0
    assert hotpatch("verify", "rest.json", name, "--as-of", "2026-01-23").code == 0
