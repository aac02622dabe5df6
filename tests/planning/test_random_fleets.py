"""Plans of random fleets against a judge that reads the inventory itself: whole, by the rules, at
the told cost.
"""

import json
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from random_fleets import RELEASE, Fleet, Times, broken, fleet, openings, with_rings

DAY = ("--as-of", "2025-12-15", "-q")


def times_of(plan: Any) -> Times:
    """Starts and ends by machine."""
    moment = datetime.fromisoformat
    return {
        reboot["machine"]: (moment(reboot["start"]), moment(reboot["end"]))
        for reboot in plan["reboots"]
    }


def planned(hotpatch: Any, inventory: Fleet, days: int) -> Any:
    """A plan for the January baseline, written beside its fleet."""
    hotpatch.write("fleet.json", json.dumps(inventory))
    done = hotpatch(
        "plan", "fleet.json", *DAY, "--deadline", f"{days}d", "-f", "json", "--effort", "1"
    )
    assert done.code == (4 if done.json["status"] in {"infeasible", "incomplete"} else 0)
    return done.json


@pytest.mark.parametrize("seed", range(16))
def test_random_fleets_are_planned_by_the_rules(hotpatch: Any, seed: int) -> None:
    """Each machine that is due is placed or named, no rule of the contract is broken, and the cost
    is what it says.
    """
    pick = Random(seed)  # noqa: S311 - the same fleets every time
    inventory, days = with_rings(pick, fleet(pick)), pick.choice([3, 7, 14])
    plan = planned(hotpatch, inventory, days)
    times, machines = (
        times_of(plan),
        {machine["name"]: machine for machine in inventory["machines"]},
    )
    due = sorted(name for name, machine in machines.items() if not machine.get("done"))
    assert sorted([*times, *(row["machine"] for row in plan["unplaced"])]) == due
    assert broken(inventory, times, days) == set()
    for reboot in plan["reboots"]:
        assert reboot["window"] in openings(
            inventory, machines[reboot["machine"]], times[reboot["machine"]]
        )
    hours = sum(
        machines[name]["weight"] * ((end - RELEASE) / timedelta(hours=1))
        for name, (_, end) in times.items()
    )
    told = plan["objective"]
    assert told["exposure_hours"] == pytest.approx(hours, abs=1e-4)
    assert told["lower_bound"] <= told["exposure_hours"] + 1e-6
    assert (told["gap"] == 0) >= (plan["status"] == "optimal")


@pytest.mark.parametrize("seed", range(100, 112))
def test_verify_agrees_with_another_judge(hotpatch: Any, seed: int) -> None:
    """A plan in which some restarts were shifted by hand is refused exactly where the other judge
    finds it wrong.
    """
    pick = Random(seed)  # noqa: S311 - the same edits every time
    inventory = with_rings(pick, fleet(pick))
    plan = planned(hotpatch, inventory, 14)
    for _ in range(3):
        edited = json.loads(json.dumps(plan))
        for reboot in pick.sample(edited["reboots"], min(2, len(edited["reboots"]))):
            shift = timedelta(minutes=pick.choice([-15, 5, 10, 15, 60, 24 * 60]))
            reboot["start"], reboot["end"] = (
                (datetime.fromisoformat(reboot[key]) + shift).isoformat()
                for key in ("start", "end")
            )
        hotpatch.write("edited.json", json.dumps(edited))
        done = hotpatch("verify", "edited.json", "fleet.json", *DAY)
        assert done.code == bool(broken(inventory, times_of(edited), 14)), done.out
