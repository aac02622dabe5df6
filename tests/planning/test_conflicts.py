"""What `plan` says where not everything can restart in time: reasons that conflict, and what would
help.
"""

import csv
import re
from typing import Any

import pytest

HEAD = """
defaults:
  platform: arc
  timezone: Europe/Stockholm
  os: Windows Server 2025 Standard
  build: 26100.7392
  arc: {status: Connected, hotpatch: Enabled, vbs: running, secure_boot: true, uefi: true}
  window: saturday
  reboot_minutes: 35
windows:
  saturday: {patch_tuesday: 4, start: 22:00, duration: 4h}
  sunday: {patch_tuesday: 5, start: 22:00, duration: 4h}
"""
SQL = "groups: {sql: {max_unavailable: 1, settle: 30m}}\nmachines:\n" + "".join(
    f"- {{name: sql{number}, groups: [sql]}}\n" for number in range(5)
)


def planned(hotpatch: Any, body: str, *more: str) -> Any:
    """A plan as JSON for the January baseline, two weeks to go unless told otherwise."""
    name = hotpatch.write("fleet.yaml", HEAD + body)
    deadline = () if "--deadline" in more else ("--deadline", "14d")
    return hotpatch("plan", name, "--as-of", "2025-12-15", "-f", "json", *deadline, *more)


def the_conflict(done: Any) -> Any:
    """The only conflict of a plan that does not place all."""
    assert done.code == 4
    (conflict,) = done.json["conflicts"]
    return conflict


def messages(told: Any) -> str:
    """The sentences of reasons or helps."""
    return "\n".join(each["message"] for each in told)


def test_a_group_without_room_says_how_much_it_needs_and_has(hotpatch: Any) -> None:
    """Five members, one at a time, need more than the four hours of their only opening."""
    conflict = the_conflict(planned(hotpatch, SQL))
    assert sorted(conflict["machines"]) == [f"sql{number}" for number in range(5)]
    said = messages(conflict["reasons"])
    assert "5 members of sql restart one at a time with 30 min to settle" in said
    assert "All of them take 4 h 55 min" in said
    assert "offers 4 h, room for 4 at most; 1 can't restart." in said
    assert conflict["proven"] is True
    assert {"opening", "capacity", "deadline"} <= {each["kind"] for each in conflict["helps"]}
    assert "max_unavailable: 2" in messages(conflict["helps"])


@pytest.mark.parametrize("change", ["max_unavailable: 2", "19 days", "sunday"])
def test_what_is_said_to_help_does_help(hotpatch: Any, change: str) -> None:
    """Each of the changes alone makes a plan that places all."""
    conflict = the_conflict(planned(hotpatch, SQL))
    if change == "max_unavailable: 2":
        done = planned(hotpatch, SQL.replace("max_unavailable: 1", change))
    elif change == "sunday":
        done = planned(hotpatch, SQL.replace("name:", "window: [saturday, sunday], name:"))
    else:
        (told,) = (each["message"] for each in conflict["helps"] if each["kind"] == "deadline")
        (days,) = re.findall(r"by (\d+) days", told)
        done = planned(hotpatch, SQL, "--deadline", f"{14 + int(days)}d")
        day_less = planned(hotpatch, SQL, "--deadline", f"{13 + int(days)}d")
        assert day_less.code == 4
    assert done.code == 0


def test_a_ring_that_opens_too_late_is_told_with_its_soak(hotpatch: Any) -> None:
    """A machine whose only opening is over before the first ring has soaked names ring, opening and
    deadline.
    """
    body = (
        "rings: [{name: canary, soak: 24h}, {name: broad}]\nmachines: [{name: a, ring: "
        "canary}, {name: b, ring: broad}]"
    )
    conflict = the_conflict(planned(hotpatch, body))
    assert "The ring broad starts 24 h after the last restart of the ring canary." in messages(
        conflict["reasons"]
    )
    assert "a and b have 1 opening of saturday" in messages(conflict["reasons"])


@pytest.mark.slow
def test_a_limit_of_a_region_is_told(hotpatch: Any) -> None:
    """Seven machines, one at once in their region, do not fit into one opening; two at once
    help.
    """
    machines = "".join(f"- {{name: m{number}, region: uksouth}}\n" for number in range(7))
    conflict = the_conflict(planned(hotpatch, f"limits: {{per_region: 1}}\nmachines:\n{machines}"))
    assert "7 machines in region uksouth restart one at a time" in messages(conflict["reasons"])
    assert "Raise `per_region` to 2" in messages(conflict["helps"])


def test_a_machine_pinned_outside_its_window_is_told(hotpatch: Any) -> None:
    """A pinned time outside the window conflicts with the window."""
    conflict = the_conflict(
        planned(hotpatch, "machines: [{name: a, reboot_at: 2026-01-17T12:00+01:00}]")
    )
    assert {each["kind"] for each in conflict["reasons"]} == {"pinned", "windows"}
    assert "a is pinned to Sat 2026-01-17 12:00 +0100" in messages(conflict["reasons"])


def test_who_waits_for_a_machine_without_a_window_stays_out(hotpatch: Any) -> None:
    """A predecessor that cannot be placed leaves its dependents unplaced; only the first is a
    conflict.
    """
    body = "groups: {sql: {}, app: {after: [sql]}}\n"
    body += "machines: [{name: s, groups: [sql], window: null}, {name: a, groups: [app]}]"
    done = planned(hotpatch, body)
    conflict = the_conflict(done)
    assert conflict["machines"] == ["s"]
    assert [each["machine"] for each in done.json["unplaced"]] == ["s", "a"]
    assert [each["reasons"][0]["code"] for each in done.json["unplaced"]] == ["HP501", "HP505"]
    assert (
        done.json["unplaced"][1]["reasons"][0]["message"]
        == "The machine depends on s, which can't be scheduled."
    )


def test_a_ring_behind_one_that_cannot_be_scheduled_names_it(hotpatch: Any) -> None:
    """Machines of a later ring that have windows get HP505, which names who keeps them, and never
    HP501.
    """
    body = "rings: [{name: first, soak: 1h}, {name: second, soak: 1h}, {name: third}]\n"
    body += (
        "machines: [{name: s, ring: first, window: null}, {name: a, ring: second}, "
        "{name: b, ring: third}]"
    )
    done = planned(hotpatch, body)
    told = {each["machine"]: each["reasons"][0] for each in done.json["unplaced"]}
    assert {name: reason["code"] for name, reason in told.items()} == {
        "s": "HP501",
        "a": "HP505",
        "b": "HP505",
    }
    assert "depends on s," in told["a"]["message"]


def test_an_opening_after_the_deadline_is_told_with_the_days_that_are_missing(
    hotpatch: Any,
) -> None:
    """A window that first opens after the deadline names the deadline, and the days that bring it
    in.
    """
    conflict = the_conflict(planned(hotpatch, "machines: [{name: a}]", "--deadline", "3d"))
    assert {each["kind"] for each in conflict["reasons"]} == {"windows", "deadline"}
    helps = messages(conflict["helps"])
    assert "Extend the deadline by 2 days, to Sun 2026-01-18 18:00 UTC (`--deadline 5d`)." in helps


def test_conflicts_stand_in_table_and_markdown(hotpatch: Any) -> None:
    """The same sentences are shown to people."""
    name = hotpatch.write("fleet.yaml", HEAD + SQL)
    same = ("plan", name, "--as-of", "2025-12-15", "--deadline", "14d")
    said = "5 members of sql restart one at a time"
    assert said in hotpatch(*same).out
    assert said in hotpatch(*same, "-f", "markdown").out


def test_a_plan_that_fits_has_no_conflicts(hotpatch: Any) -> None:
    """Where all are placed nothing is explained."""
    done = planned(hotpatch, "machines: [{name: a}, {name: b}]")
    assert done.code == 0
    assert done.json["conflicts"] == []


def test_unsupported_machines_are_planned_with_all(hotpatch: Any) -> None:
    """An unsupported machine restarts every month: with --include-monthly it is planned,
    whatever its release.
    """
    body = (
        "machines: [{name: a}, {name: old, os: Windows Server 2019 Datacenter, build: 17763.7558}]"
    )
    assert planned(hotpatch, body).json["left_alone"] == {"unsupported": 1}
    assert {
        each["machine"] for each in planned(hotpatch, body, "--include-monthly").json["reboots"]
    } == {
        "a",
        "old",
    }
    monthly = planned(hotpatch, body, "--include-monthly", "--baseline", "2026-02")
    assert [each["machine"] for each in monthly.json["reboots"]] == ["old"]
    assert monthly.json["left_alone"] == {"no baseline in this month": 1}


def test_a_fleet_of_unsupported_machines_is_planned_with_all(hotpatch: Any) -> None:
    """Where no machine needs a baseline, --include-monthly plans the next Patch Tuesday; without
    it the code is 2.
    """
    body = "machines: [{name: old, os: Windows Server 2019 Datacenter, build: 17763.7558}]"
    assert planned(hotpatch, body).code == 2
    done = planned(hotpatch, body, "--include-monthly")
    assert (done.code, done.json["release"]) == (0, "2026-01-13")


@pytest.mark.slow
def test_a_crowd_is_told_as_one_conflict_with_what_it_needs(hotpatch: Any) -> None:
    """150 machines, 20 at once, have room for 120 in their only opening; the limit that is said to
    help does.
    """
    body = "limits: {max_concurrent: 20}\nmachines:\n" + "".join(
        f"- {{name: m{number}}}\n" for number in range(150)
    )
    conflict = the_conflict(planned(hotpatch, body))
    assert len(conflict["machines"]) == 150
    said = messages(conflict["reasons"])
    assert "150 machines restart at most 20 at once (`max_concurrent: 20`)" in said
    assert "room for 120 at most; 30 can't restart" in said
    (more,) = (each["message"] for each in conflict["helps"] if each["kind"] == "capacity")
    assert more == "Raise `max_concurrent` to 25."
    assert planned(hotpatch, body.replace("20", "25", 1)).code == 0


@pytest.mark.parametrize("form", ["csv", "ics", "azure", "svg"])
def test_formats_of_restarts_alone_say_who_is_left_out(hotpatch: Any, form: str) -> None:
    """A format without a place for conflicts leaves nobody out in silence: standard error names who
    and why.
    """
    name = hotpatch.write(
        "fleet.yaml", HEAD + "machines: [{name: a}, {name: b, window: [], ring: null}]"
    )
    done = hotpatch("plan", name, "--as-of", "2025-12-15", "-f", form)
    assert done.code == 4
    assert "b: not scheduled: no-window (HP501)" in done.err
    assert "Conflict 1: b can't be scheduled." in done.err


def test_csv_has_a_line_for_who_is_not_placed(hotpatch: Any) -> None:
    """A machine that is not placed stands in the CSV without a start, and with the reason."""
    name = hotpatch.write("fleet.yaml", HEAD + "machines: [{name: a}, {name: b, window: []}]")
    rows = list(
        csv.DictReader(
            hotpatch("plan", name, "--as-of", "2025-12-15", "-f", "csv").out.splitlines()
        )
    )
    assert [(row["machine"], bool(row["start"]), row["why"][:5]) for row in rows] == [
        ("a", True, "first"),
        ("b", False, "HP501"),
    ]


@pytest.mark.parametrize("form", ["csv", "ics", "runsheet"])
def test_standard_error_has_a_line_for_each_rule(hotpatch: Any, form: str) -> None:
    """Where a format has room for restarts alone, 60 machines of one rule are one line, with ten
    names and the number of the rest.
    """
    machines = "\n".join(f"- {{name: m{number:02}, window: short}}" for number in range(60))
    text = (
        "defaults: {platform: arc, os: Windows Server 2025 Standard, timezone: UTC}\n"
        "windows: {short: {days: [Sat], start: 22:00, duration: 10m}}\n"
        f"machines:\n{machines}\n"
    )
    done = hotpatch("plan", hotpatch.write("f.yaml", text), "--as-of", "2026-01-14", "-f", form)
    assert "m09 and 50 more: not scheduled (60 machines): " in done.err
    assert len(done.err.splitlines()) < 10
