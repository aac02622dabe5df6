"""Fleets on which a planner is easily wrong, each with the fact that a plan of it must state."""

import json
from typing import Any

import pytest
from fleet_reading import Case
from judgment import judge

DEFAULTS = {
    "platform": "arc",
    "os": "Windows Server 2025 Datacenter",
    "timezone": "UTC",
    "window": "w",
    "reboot_minutes": 10,
}
WEDNESDAYS = {"w": {"days": ["Wed"], "start": "18:00", "duration": "1h"}}
AS_OF, RELEASE = "2026-01-14", "2026-01-13"


def plan_of(hotpatch: Any, asked: Case, *more: str) -> Any:
    """The JSON plan of a case, in which the referee finds nothing wrong."""
    name = hotpatch.write("fleet.json", json.dumps(asked.fleet))
    days = (
        "--as-of",
        asked.as_of,
        "--baseline",
        RELEASE[:7],
        "--deadline",
        f"{asked.deadline_hours}h",
    )
    done = hotpatch("plan", name, *days, "-f", "json", "-q", *more)
    assert judge(asked, done.json, done.code).wrong == []
    return done.json


def chain(pilots: int, rest: str) -> Case:
    """Five machines that must precede one more, and two others, one at a time in two hours."""
    machines: list[dict[str, Any]] = [{"name": f"db{n}", "groups": ["db"]} for n in range(pilots)]
    machines[-2]["reboot_minutes"] = 20
    machines[-1] |= {"reboot_minutes": 30, "weight": 5}
    machines.append({"name": "app1", "groups": ["app"], "reboot_minutes": 30})
    machines += [{"name": f"web{n}", "groups": ["web"]} for n in range(2)]
    groups: dict[str, Any] = {name: {"max_unavailable": 1} for name in ("db", "app", "web")}
    rings: list[dict[str, Any]] = []
    if rest == "group":
        groups["app"]["after"] = ["db"]
    else:
        rings = [{"name": "pilot"}, {"name": "broad"}]
        for machine in machines:
            if machine["groups"] != ["web"]:
                machine["ring"] = "pilot" if machine["groups"] == ["db"] else "broad"
    fleet = {
        "defaults": DEFAULTS,
        "windows": WEDNESDAYS,
        "groups": groups,
        "rings": rings,
        "limits": {"max_concurrent": 1},
        "machines": machines,
    }
    return Case(fleet, AS_OF, RELEASE, 9 * 24)


@pytest.mark.parametrize("order", ["group", "ring"])
def test_who_waits_for_a_machine_that_does_not_fit_is_left_out_with_it(
    hotpatch: Any, order: str
) -> None:
    """Where not all fit and one machine waits for others, a plan is made."""
    plan = plan_of(hotpatch, chain(5, order))
    assert len(plan["reboots"]) + len(plan["unplaced"]) == 8


def test_the_bound_is_true_for_what_is_placed(hotpatch: Any) -> None:
    """Of two restarts of which one fits, each of the same weight, the shorter wait is the bound."""
    windows = {
        "early": {"days": ["Thu"], "start": "18:00", "duration": "1h"},
        "late": {"days": ["Tue"], "start": "18:00", "duration": "1h"},
    }
    machines = [
        {"name": "a", "window": ["early", "late"], "reboot_minutes": 60, "groups": ["g"]},
        {"name": "b", "window": "early", "reboot_minutes": 60, "groups": ["g"]},
        {"name": "c", "window": "early", "reboot_minutes": 50, "groups": ["g"]},
    ]
    fleet = {
        "defaults": DEFAULTS,
        "windows": windows,
        "groups": {"g": {"max_unavailable": 1}},
        "machines": machines,
    }
    plan = plan_of(hotpatch, Case(fleet, AS_OF, RELEASE, 8 * 24))
    assert plan["status"] == "infeasible"
    assert [row["machine"] for row in plan["reboots"]] == ["c", "a"]


def test_the_most_important_machines_restart_where_room_is_short(hotpatch: Any) -> None:
    """Machines of weight 10 go before test machines that come first by name or length."""
    machines: list[dict[str, Any]] = [
        {"name": f"prod{n}", "weight": 10, "reboot_minutes": 20} for n in range(3)
    ]
    machines += [{"name": f"a-test{n}"} for n in range(6)]
    fleet = {
        "defaults": DEFAULTS,
        "windows": WEDNESDAYS,
        "limits": {"max_concurrent": 1},
        "machines": machines,
    }
    plan = plan_of(hotpatch, Case(fleet, AS_OF, RELEASE, 7 * 24))
    assert {row["machine"] for row in plan["reboots"]} == {"prod0", "prod1", "prod2"}
    assert plan["objective"]["most_placed"] is True


def test_a_restart_may_use_each_of_two_windows_that_overlap(hotpatch: Any) -> None:
    """The first window holds the restart exactly, and the second opens before it closes."""
    windows = {
        "first": {"days": ["Wed"], "start": "15:30", "duration": "45m"},
        "then": {"days": ["Wed"], "start": "16:10", "duration": "2h"},
    }
    machines = [{"name": "a", "window": ["first", "then"], "reboot_minutes": 45}]
    fleet = {"defaults": DEFAULTS, "windows": windows, "machines": machines}
    plan = plan_of(hotpatch, Case(fleet, AS_OF, RELEASE, 7 * 24))
    assert [row["start"] for row in plan["reboots"]] == ["2026-01-14T15:30:00+00:00"]


def test_a_plan_is_least_where_a_pin_leaves_the_usual_minutes(hotpatch: Any) -> None:
    """One machine is pinned to 17:02 among restarts of five minutes and more, not all of which fit.

    HiGHS 1.16 calls a worse plan optimal here if it presolves and is given a first plan.
    """
    members = [("g1", 10), ("", 30), ("g1", 35), ("g0 g1", 10), ("", 45), ("", 15), ("g0", 5)]
    members += [("g1", 30), ("g0", 15), ("g1", 30)]
    machines: list[dict[str, Any]] = [
        {"name": f"m{n}", "groups": groups.split(), "reboot_minutes": minutes}
        for n, (groups, minutes) in enumerate(members)
    ]
    machines[3]["weight"] = 2.5
    machines[9] |= {"weight": 5, "reboot_at": "2026-01-14T17:02:00Z"}
    fleet = {
        "defaults": DEFAULTS,
        "windows": {"w": {"days": ["Wed"], "start": "17:00", "duration": "1h"}},
        "groups": {
            "g0": {"max_unavailable": "50%"},
            "g1": {"max_unavailable": "34%", "settle": "10m"},
        },
        "limits": {"max_concurrent": 1},
        "machines": machines,
    }
    plan = plan_of(hotpatch, Case(fleet, AS_OF, RELEASE, 2 * 24))
    assert len(plan["reboots"]) == 3


def test_keeping_a_plan_moves_what_it_must_to_place_all(hotpatch: Any) -> None:
    """An older plan fills the hour badly for a new machine: all eight fit after moves."""
    lengths = (10, 5, 10, 5, 10, 5, 5)
    machines: list[dict[str, Any]] = [
        {"name": f"m{n}", "reboot_minutes": minutes} for n, minutes in enumerate(lengths)
    ]
    fleet = {
        "defaults": DEFAULTS,
        "windows": WEDNESDAYS,
        "limits": {"max_concurrent": 1},
        "machines": machines,
    }
    asked = Case(fleet, AS_OF, RELEASE, 7 * 24)
    old = plan_of(hotpatch, asked)
    # 50 minutes are taken; a gap of five minutes at each end is too short for a restart of ten.
    for row in old["reboots"]:
        for key in ("start", "end"):
            hour, minute = map(int, row[key][11:16].split(":"))
            later = hour * 60 + minute + 5
            row[key] = f"{row[key][:11]}{later // 60:02}:{later % 60:02}{row[key][16:]}"
    hotpatch.write("old.json", json.dumps(old))
    machines.append({"name": "m7"})
    plan = plan_of(hotpatch, asked, "--keep", "old.json")
    assert len(plan["reboots"]) == 8
