"""The progress of random plans in random newer fleets, against a few lines that read the inventory
themselves; and the plan of the rest against the judge of plans.
"""

import json
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, NamedTuple

import pytest
from random_fleets import RELEASE, Fleet, Times, broken, fleet, openings, with_rings

from tests.conftest import Hotpatch

OLD, NEW, STANDARD = "26100.7392", "26100.32230", "26100.32234"
"""Before the January baseline, the baseline, and the out-of-band update after it."""
STANDARD_OUT = datetime(2026, 1, 17, tzinfo=UTC)
"""Before this day, its build is one that no release has: nothing shows what is installed."""
KB = "KB5073379"
CHANGES: dict[str, dict[str, Any]] = {
    "old": {"build": OLD},
    "new": {"build": NEW},
    "kb": {"build": None, "kbs": [KB]},
    "standard": {"build": STANDARD},
    "waiting": {"build": OLD, "kbs": [KB], "restart_pending": True},
    "unknown": {"build": None},
    "marked": {"build": None, "done": True},
    "other system": {"os": "Windows Server 2019 Standard", "build": None},
}


class Rollout(NamedTuple):
    """A plan, a newer fleet with what became of each machine, and a moment."""

    plan: Any
    newer: Fleet
    changes: dict[str, str]
    at: datetime


def rollout(hotpatch: Hotpatch, pick: Random) -> Rollout:
    """A random plan in the middle of its work."""
    inventory = with_rings(pick, fleet(pick))
    hotpatch.write("fleet.json", json.dumps(inventory))
    asked = ("--as-of", "2025-12-15", "--deadline", "30d", "-f", "json", "-q", "--effort", "0.01")
    plan = hotpatch("plan", "fleet.json", *asked)
    hotpatch.write("plan.json", plan.out)
    starts = sorted(datetime.fromisoformat(each["start"]) for each in plan.json["reboots"])
    moments = [RELEASE + timedelta(hours=1), *starts]
    at = pick.choice(moments) + timedelta(minutes=pick.choice([0, 0, 5, 30, 600, 3000]))
    machines, changes = [], {}
    for machine in inventory["machines"]:
        change = pick.choice([*CHANGES, "old", "new", "new", "gone"])
        changes[machine["name"]] = change
        if change != "gone":
            machines.append(machine | CHANGES[change])
    extra = inventory["machines"][0] | {"name": "extra", "groups": [], "done": False}
    extra.pop("reboot_at", None)
    extra.pop("ring", None)
    changes["extra"] = pick.choice(["old", "new"])
    machines.append(extra | CHANGES[changes["extra"]])
    newer = inventory | {"machines": machines}
    hotpatch.write("newer.json", json.dumps(newer))
    return Rollout(plan.json, newer, changes, at.astimezone(UTC))


def progress(hotpatch: Hotpatch, run: Rollout, *more: str) -> Any:
    """The progress as JSON."""
    at = ("--at", run.at.isoformat())
    return hotpatch("progress", "plan.json", "newer.json", *at, "-f", "json", "-q", *more)


def expected(run: Rollout) -> dict[str, str]:
    """The state of each restart, by the definitions."""
    ends = {each["machine"]: datetime.fromisoformat(each["end"]) for each in run.plan["reboots"]}
    without = {each["machine"] for each in run.plan["unplaced"]}
    marked = {machine["name"] for machine in run.newer["machines"] if machine.get("done")}
    states = {}
    for name, change in run.changes.items():
        is_planned = name in ends or name in without
        past = name in ends and ends[name] <= run.at
        if change == "gone":
            state = "gone"
        elif name in marked or change in ("new", "kb"):
            state = "done"
        elif change == "standard" and run.at >= STANDARD_OUT:
            state = "failed"
        elif change == "other system":
            state = "not-needed"
        elif name not in ends:
            state = "new"
        elif not past:
            state = "due"
        else:
            state = "failed" if change == "waiting" else "late"
        if is_planned or state == "new":
            states[name] = state
    return states


@pytest.mark.parametrize("seed", range(24))
def test_states_are_those_of_the_definitions(hotpatch: Hotpatch, seed: int) -> None:
    """Each machine has the state that a few independent lines give, and the exit code follows."""
    run = rollout(hotpatch, Random(seed))  # noqa: S311 - the same fleets every time
    done = progress(hotpatch, run)
    if done.code == 2:
        pytest.skip("no machine of the plan is left")
    found = {row["machine"]: row["state"] for row in done.json["machines"]}
    assert found == expected(run)
    assert done.code == (not {"late", "failed"}.isdisjoint(found.values()))


def restarts(run: Rollout, found: dict[str, str]) -> Times:
    """Starts and ends of the plan that are past or ahead: those that are done, and those due."""
    moment = datetime.fromisoformat
    return {
        each["machine"]: (moment(each["start"]), moment(each["end"]))
        for each in run.plan["reboots"]
        if found.get(each["machine"]) == "due"
    }


@pytest.mark.parametrize("seed", range(100, 130))
def test_what_may_start_breaks_no_rule(hotpatch: Hotpatch, seed: int) -> None:
    """All machines that may start can start together, each in an opening, within every limit, and
    without one that the plan has ahead breaking a limit.
    """
    run = rollout(hotpatch, Random(seed))  # noqa: S311 - the same fleets every time
    done = progress(hotpatch, run)
    if done.code == 2:
        pytest.skip("no machine of the plan is left")
    found = {row["machine"]: row["state"] for row in done.json["machines"]}
    machines = {machine["name"]: machine for machine in run.newer["machines"]}
    minute = run.at + timedelta(minutes=bool(run.at.second))
    times = restarts(run, found)
    before = "at once" in broken(run.newer, times, 365)
    for name in done.json["startable"]:
        assert found[name] in ("due", "late", "failed", "new")
        length = timedelta(minutes=machines[name]["reboot_minutes"])
        times[name] = (minute, minute + length)
        assert list(openings(run.newer, machines[name], times[name]))
    assert before or "at once" not in broken(run.newer, times, 365)


@pytest.mark.parametrize("seed", range(200, 224))
def test_the_plan_of_the_rest_keeps_every_rule(hotpatch: Hotpatch, seed: int) -> None:
    """`verify` accepts it, nothing starts before the moment but what is in progress, and it has
    exactly the machines that aren't done.
    """
    run = rollout(hotpatch, Random(seed))  # noqa: S311 - the same fleets every time
    done = progress(hotpatch, run, "--replan", "rest.json", "--deadline", "60d")
    if done.code == 2:
        pytest.skip("no machine of the plan is left")
    found = {row["machine"]: row["state"] for row in done.json["machines"]}
    rest = json.loads((hotpatch.folder / "rest.json").read_text())
    day = ("--as-of", str(run.at.date()))
    verified = hotpatch("verify", "rest.json", "newer.json", *day)
    assert verified.code == 0, verified.out + verified.err
    moment = datetime.fromisoformat
    times = {
        each["machine"]: (moment(each["start"]), moment(each["end"])) for each in rest["reboots"]
    }
    assert broken(_without_done(run, found), times, 60) == set()
    left = {name for name in found if is_left(run, found, name)}
    assert {*times, *(row["machine"] for row in rest["unplaced"])} == left
    old = {each["machine"]: moment(each["start"]) for each in run.plan["reboots"]}
    for name, (start, _) in times.items():
        assert start >= run.at or (found[name] == "due" and start == old[name])


def is_left(run: Rollout, found: dict[str, str], name: str) -> bool:
    """Whether a machine still has to restart: one that left the track after the baseline hasn't."""
    state = found.get(name)
    return state in ("due", "late", "new") or (state == "failed" and run.changes[name] == "waiting")


def _without_done(run: Rollout, found: dict[str, str]) -> Fleet:
    """The newer fleet in which only what is left restarts."""
    machines = [
        machine | {"done": not is_left(run, found, machine["name"])}
        for machine in run.newer["machines"]
    ]
    return run.newer | {"machines": machines}


@pytest.mark.parametrize("seed", range(300, 312))
def test_a_plan_on_schedule_stays(hotpatch: Hotpatch, seed: int) -> None:
    """Where every restart whose time has passed is done, no other restart moves."""
    pick = Random(seed)  # noqa: S311 - the same fleets every time
    inventory = with_rings(pick, fleet(pick))
    hotpatch.write("fleet.json", json.dumps(inventory))
    asked = ("--as-of", "2025-12-15", "--deadline", "30d", "-f", "json", "-q", "--effort", "0.01")
    plan = hotpatch("plan", "fleet.json", *asked).json
    hotpatch.write("plan.json", json.dumps(plan))
    moment = datetime.fromisoformat
    ends = sorted(moment(each["end"]).astimezone(UTC) for each in plan["reboots"])
    if not ends:
        pytest.skip("nothing is scheduled")
    at = ends[len(ends) // 2]
    done = {each["machine"] for each in plan["reboots"] if moment(each["end"]) <= at}
    machines = [
        machine | {"build": NEW} if machine["name"] in done else machine
        for machine in inventory["machines"]
    ]
    hotpatch.write("newer.json", json.dumps(inventory | {"machines": machines}))
    options = ("--at", at.isoformat(), "--replan", "rest.json", "-f", "json")
    answer = hotpatch("progress", "plan.json", "newer.json", *options)
    assert answer.code == (4 if plan["unplaced"] else 0), answer.err
    rest = json.loads((hotpatch.folder / "rest.json").read_text())
    before = {each["machine"]: each["start"] for each in plan["reboots"]}
    after = {each["machine"]: each["start"] for each in rest["reboots"]}
    stay = {name: before[name] for name in before.keys() - done}
    assert {name: after[name] for name in stay} == stay
    assert {each["machine"] for each in rest.get("done", [])} >= done
