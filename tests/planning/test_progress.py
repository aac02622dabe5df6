"""A plan against a newer fleet: the state of each restart, the fact that shows it, and what may
start now.
"""

import json
from typing import NamedTuple

import jsonschema
import pytest

from hotpatch_cli.outputs.schemas import SCHEMAS
from tests.conftest import Done, Hotpatch

HEAD = """
defaults:
  platform: arc
  timezone: UTC
  os: Windows Server 2025 Standard
  build: 26100.7392
  arc: {status: Connected, hotpatch: Enabled, vbs: running, secure_boot: true, uefi: true}
  window: nights
  reboot_minutes: 30
windows:
  nights: {days: [Sat, Sun], start: 22:00, duration: 2h}
"""
OLD = "{name: a}"
NEW = "build: 26100.32230, kbs: [KB5073379]"
"""The January baseline."""
PLANNED = "2026-01-17T22:00:00+00:00"
BEFORE, AFTER = "2026-01-17", "2026-01-19"
"""Days before and after the night of the plan."""


def planned(hotpatch: Hotpatch, body: str, *more: str) -> str:
    """A plan for the January baseline, written to a file."""
    fleet = hotpatch.write("fleet.yaml", HEAD + body)
    done = hotpatch("plan", fleet, "--as-of", "2025-12-15", "-f", "json", *more)
    return hotpatch.write("plan.json", done.out)


def compared(hotpatch: Hotpatch, body: str, *more: str, plan: str = "plan.json") -> Done:
    """The progress of a plan in a newer fleet, as JSON."""
    newer = hotpatch.write("newer.yaml", HEAD + body)
    form = () if "-f" in more else ("-f", "json")
    return hotpatch("progress", plan, newer, *form, *more)


def states(done: Done) -> dict[str, str]:
    """The states by machine."""
    return {row["machine"]: row["state"] for row in done.json["machines"]}


class Case(NamedTuple):
    """A fact: the machine of a newer fleet, the as-of date, its state, and words of the
    evidence.
    """

    fact: str
    machine: str
    day: str
    state: str
    words: str = ""
    certain: bool = True


CASES = [
    Case(
        "a build of the baseline", f"{{name: a, {NEW}}}", AFTER, "done", "KB5073379 of 2026-01-13"
    ),
    Case("it names its line", f"{{name: a, {NEW}}}", AFTER, "done", "(newer.yaml:12)"),
    Case("a later hotpatch", "{name: a, build: 26100.32313}", "2026-02-20", "done", "KB5075942"),
    Case("a later baseline", "{name: a, build: 26100.32690}", "2026-04-20", "done", "KB5082063"),
    Case(
        "a KB without a build",
        "{name: a, build: null, kbs: [KB5073379]}",
        AFTER,
        "done",
        "KB5073379 (newer.yaml:12) is the newest listed update",
    ),
    Case("done before its time", f"{{name: a, {NEW}}}", "2026-01-15", "done"),
    Case(
        "the mark of the inventory", "{name: a, build: null, done: true}", AFTER, "done", "`done`"
    ),
    Case(
        "a mark that the build contradicts",
        "{name: a, done: true}",
        AFTER,
        "done",
        "older than the baseline",
        certain=False,
    ),
    Case("its start is to come", OLD, BEFORE, "due", "26100.7392 (newer.yaml:6)"),
    Case("its end has passed", OLD, AFTER, "late", "older than the baseline"),
    Case(
        "no build, before its time",
        "{name: a, build: null}",
        BEFORE,
        "due",
        "missing",
        certain=False,
    ),
    Case("no build, after it", "{name: a, build: null}", AFTER, "late", "missing", certain=False),
    Case(
        "installed, and its restart pending past its time",
        "{name: a, kbs: [KB5072014, KB5073379], restart_pending: true}",
        AFTER,
        "failed",
        "KB5073379 is installed, and its restart is pending",
    ),
    Case(
        "installed, and its restart still to come",
        "{name: a, kbs: [KB5072014, KB5073379], restart_pending: true}",
        BEFORE,
        "due",
        "pending",
    ),
    Case(
        "a KB without a build, and a pending restart",
        "{name: a, build: null, kbs: [KB5073379], restart_pending: true}",
        AFTER,
        "failed",
        "pending",
    ),
    Case(
        "a pending restart of an unknown update",
        "{name: a, restart_pending: true}",
        AFTER,
        "failed",
        "A restart is pending",
        certain=False,
    ),
    Case(
        "off the track since",
        "{name: a, build: 26100.32234}",
        AFTER,
        "failed",
        "off the track: this is an out-of-band update",
    ),
    Case(
        "off the track before the baseline",
        "{name: a, build: 26100.7462}",
        "2026-01-10",
        "failed",
        "off the track: this is a standard update",
    ),
    Case(
        "a machine that isn't on the track gets standard updates",
        "{name: a, build: 26100.32234, arc: {hotpatch: Canceled}}",
        AFTER,
        "done",
    ),
    Case(
        "no longer eligible",
        "{name: a, os: Windows Server 2019 Standard, build: null}",
        AFTER,
        "not-needed",
        "release-not-supported (HP105)",
    ),
    Case(
        "no longer Windows",
        "{name: a, os: Ubuntu 22.04, build: null}",
        AFTER,
        "not-needed",
        "Windows",
    ),
    Case("no longer in the fleet", "{name: b, done: true}, {name: x}", AFTER, "gone"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.fact)
def test_the_state_of_a_restart(hotpatch: Hotpatch, case: Case) -> None:
    """Each fact gives its state, and the evidence names it; the exit code is 1 where a restart is
    late or failed.
    """
    planned(hotpatch, "machines: [{name: a}, {name: b}]")
    body = f"machines: [{case.machine}, {{name: b, done: true}}]"
    if case.state == "gone":
        body = f"machines: [{case.machine}]"
    done = compared(hotpatch, body, "--as-of", case.day)
    row = next(row for row in done.json["machines"] if row["machine"] == "a")
    assert (row["state"], row["certain"]) == (case.state, case.certain), row
    assert case.words in row["evidence"]
    assert row["planned"] == PLANNED
    assert done.code == (case.state in ("late", "failed"))
    assert done.json["on_schedule"] == (done.code == 0)
    jsonschema.validate(done.json, SCHEMAS["progress"]())


def test_a_machine_that_restarts_every_month_is_done_by_its_update(hotpatch: Hotpatch) -> None:
    """In a month without a baseline a machine off the track takes the standard update: it's done,
    and off the track as before.
    """
    body = "machines: [{name: a, build: 26100.32234}]"
    fleet = hotpatch.write("fleet.yaml", HEAD + body)
    asked = ("--baseline", "2026-02", "--include-monthly", "-f", "json")
    hotpatch.write("plan.json", hotpatch("plan", fleet, "--as-of", "2026-01-20", *asked).out)
    done = compared(hotpatch, "machines: [{name: a, build: 26100.32370}]", "--as-of", "2026-02-16")
    assert states(done) == {"a": "done"}
    late = compared(hotpatch, body, "--as-of", "2026-02-16")
    assert states(late) == {"a": "late"}


def test_a_machine_that_the_plan_does_not_have_is_new(hotpatch: Hotpatch) -> None:
    """A machine whose restart is due and that isn't in the plan is new; one that needs no restart
    isn't listed.
    """
    planned(hotpatch, "machines: [{name: a}]")
    done = compared(
        hotpatch, f"machines: [{{name: a}}, {{name: b}}, {{name: c, {NEW}}}]", "--as-of", BEFORE
    )
    assert states(done) == {"a": "due", "b": "new"}
    assert done.code == 0


def test_a_machine_that_the_plan_does_not_schedule_is_new(hotpatch: Hotpatch) -> None:
    """A machine that the plan names without a start is new while it isn't done."""
    planned(hotpatch, "machines: [{name: a}, {name: b, window: []}]")
    body = "machines: [{name: a}, {name: b, window: []%s}]"
    done = compared(hotpatch, body % "", "--as-of", BEFORE)
    assert states(done) == {"a": "due", "b": "new"}
    assert "doesn't schedule" in done.json["machines"][1]["evidence"]
    assert states(compared(hotpatch, body % f", {NEW}", "--as-of", BEFORE))["b"] == "done"


def test_names_with_and_without_a_resource_group_match(hotpatch: Hotpatch) -> None:
    """A machine is found by its ID, or by its name where only the resource group was added to
    tell two machines apart.
    """
    first = "/subscriptions/0/resourceGroups/one/providers/Microsoft.HybridCompute/machines/a"
    planned(hotpatch, f"machines: [{{name: a, id: {first}}}]")
    other = first.replace("one", "two")
    system = "arc,Windows Server 2025 Standard"
    rows = [f"{other},a,{system},26100.7392", f"{first},a,{system},26100.32230"]
    hotpatch.write("rows.csv", "\n".join(["id,name,platform,os,build", *rows]) + "\n")
    done = hotpatch("progress", "plan.json", "rows.csv", "--as-of", AFTER, "-f", "json")
    found = states(done)
    assert found == {"one/a": "done", "two/a": "new"}


# --- the moment ----------------------------------------


@pytest.mark.parametrize(
    ("moment", "state"),
    [
        (("--as-of", "2026-01-17"), "due"),
        (("--at", "2026-01-17T21:59+00:00"), "due"),
        (("--at", "2026-01-17T22:29:59+00:00"), "due"),
        (("--at", "2026-01-17T23:30:00+01:00"), "late"),
        (("--as-of", "2026-01-17", "--at", "2026-01-18T10:00Z"), "late"),
        (("--as-of", "2026-01-18"), "late"),
    ],
)
def test_a_restart_is_late_when_its_planned_end_has_passed(
    hotpatch: Hotpatch, moment: tuple[str, ...], state: str
) -> None:
    """A date is its first moment in UTC; at its planned end a restart is late."""
    planned(hotpatch, "machines: [{name: a}]")
    assert states(compared(hotpatch, "machines: [{name: a}]", *moment)) == {"a": state}


@pytest.mark.parametrize("moment", ["2026-01-17", "2026-01-17T22:00", "soon", "2026-01-16T22:00Z"])
def test_a_wrong_moment_is_refused(hotpatch: Hotpatch, moment: str) -> None:
    """A moment has an offset, and isn't before the as-of date."""
    planned(hotpatch, "machines: [{name: a}]")
    done = compared(hotpatch, "machines: [{name: a}]", "--as-of", "2026-01-17", "--at", moment)
    assert done.code == 2
    assert "--at" in done.err


def test_a_restart_in_progress(hotpatch: Hotpatch) -> None:
    """Between its planned start and end, a restart is due, and in progress by the plan."""
    planned(hotpatch, "machines: [{name: a}]")
    for minute, running in (("21:59", False), ("22:00", True), ("22:29", True)):
        done = compared(hotpatch, "machines: [{name: a}]", "--at", f"2026-01-17T{minute}Z")
        row = done.json["machines"][0]
        assert (row["state"], row["in_progress"]) == ("due", running)
        assert ("in progress" in row["evidence"]) == running


# --- shares ----------------------------------------


def test_percent_by_ring_and_group(hotpatch: Hotpatch) -> None:
    """Machines that no longer restart aren't counted."""
    rules = "rings: [{name: one}, {name: two}]\ngroups: {db: {}}\n"
    rows = "{name: a, ring: one, groups: [db]}, {name: b, ring: one, groups: [db]}"
    planned(hotpatch, f"{rules}machines: [{rows}, {{name: c, ring: two}}, {{name: d, ring: two}}]")
    later = f"{{name: a, ring: one, groups: [db], {NEW}}}, {{name: b, ring: one, groups: [db]}}"
    done = compared(
        hotpatch, f"{rules}machines: [{later}, {{name: c, ring: two}}]", "--as-of", AFTER
    )
    shares = {
        share["name"]: (share["done"], share["machines"], share["percent"])
        for share in (*done.json["rings"], *done.json["groups"])
    }
    assert shares == {"one": (1, 2, 50.0), "two": (0, 1, 0.0), "db": (1, 2, 50.0)}
    assert done.json["percent"] == 33.3


# --- what may start now ----------------------------------------

NIGHT = ("--at", "2026-01-17T22:00+00:00")


def startable(hotpatch: Hotpatch, rules: str, machines: str, *moment: str) -> list[str]:
    """The machines that may start, of a fleet in which nothing is done but what says so."""
    planned(hotpatch, f"{rules}machines: [{machines}]")
    found: list[str] = compared(
        hotpatch, f"{rules}machines: [{machines}]", *(moment or NIGHT)
    ).json["startable"]
    return found


def test_nothing_starts_outside_its_window(hotpatch: Hotpatch) -> None:
    """A restart may start while it still fits into an opening."""
    at = "2026-01-17T{}+00:00".format
    assert startable(hotpatch, "", OLD, "--at", at("21:59")) == []
    assert startable(hotpatch, "", OLD, "--at", at("22:00")) == ["a"]
    assert startable(hotpatch, "", OLD, "--at", at("23:30")) == ["a"]
    assert startable(hotpatch, "", OLD, "--at", at("23:31")) == []


def test_nothing_starts_in_a_freeze(hotpatch: Hotpatch) -> None:
    """A freeze that was added after the plan counts, and the planned start isn't valid any more."""
    planned(hotpatch, "machines: [{name: a}]")
    freeze = "freezes: [{name: f, from: 2026-01-17, to: 2026-01-17}]\n"
    done = compared(hotpatch, f"{freeze}machines: [{{name: a}}]", *NIGHT)
    assert done.json["startable"] == []
    assert done.json["machines"][0]["moved"]
    assert "is in a freeze" in done.json["machines"][0]["evidence"]


@pytest.mark.parametrize(
    ("rules", "more", "found"),
    [
        ("limits: {max_concurrent: 1}\n", "", ["a"]),
        ("limits: {max_concurrent: 2}\n", "", ["a", "b"]),
        ("limits: {per_region: 1}\n", "region: eu", ["a"]),
        ("limits: {per_tag: {rack: 1}}\n", "tags: {rack: A}", ["a"]),
        ("groups: {g: {max_unavailable: 1}}\n", "groups: [g]", ["a"]),
        ("groups: {g: {max_unavailable: 50%}}\n", "groups: [g]", ["a"]),
        ("groups: {g: {}}\n", "groups: [g]", ["a", "b", "c"]),
    ],
)
def test_limits_hold_for_all_that_start(
    hotpatch: Hotpatch, rules: str, more: str, found: list[str]
) -> None:
    """The machines that are named may start together."""
    rows = ", ".join(f"{{name: {name}, {more}}}" for name in "abc")
    assert startable(hotpatch, rules, rows) == found


def test_a_group_settles(hotpatch: Hotpatch) -> None:
    """A member that is done occupies its group until its settle time has passed."""
    rules = "groups: {g: {max_unavailable: 1, settle: 30m}}\n"
    rows = "{name: a, groups: [g], done: 2026-01-17T22:30:00Z}, {name: b, groups: [g]}"
    planned(hotpatch, f"{rules}machines: [{{name: a, groups: [g]}}, {{name: b, groups: [g]}}]")
    at = "2026-01-17T{}+00:00".format
    body = f"{rules}machines: [{rows}]"
    assert compared(hotpatch, body, "--at", at("22:59")).json["startable"] == []
    assert compared(hotpatch, body, "--at", at("23:00")).json["startable"] == ["b"]


@pytest.mark.parametrize(
    ("done", "at", "found"),
    [
        ("", "2026-01-24T22:00+00:00", ["a"]),
        (NEW, "2026-01-18T22:00+00:00", []),
        (NEW, "2026-01-24T22:00+00:00", []),
        (NEW, "2026-01-24T22:30+00:00", ["b"]),
        ("done: 2026-01-17T23:00:00Z", "2026-01-24T22:59+00:00", []),
        ("done: 2026-01-17T23:00:00Z", "2026-01-24T23:00+00:00", ["b"]),
        ("done: 2026-01-17T23:00:40Z", "2026-01-24T23:00+00:00", []),
        ("done: 2026-01-17T23:00:40Z", "2026-01-24T23:01+00:00", ["b"]),
        (f"{NEW}, restart_pending: true", "2026-01-24T22:30+00:00", ["b"]),
    ],
)
def test_a_ring_soaks(hotpatch: Hotpatch, done: str, at: str, found: list[str]) -> None:
    """The soak time counts from the end of the restarts before it: from the moment in the
    inventory, otherwise from the planned end.
    """
    rules = "rings: [{name: one, soak: 168h}, {name: two}]\n"
    planned(hotpatch, f"{rules}machines: [{{name: a, ring: one}}, {{name: b, ring: two}}]")
    body = f"{rules}machines: [{{name: a, ring: one, {done}}}, {{name: b, ring: two}}]"
    answer = compared(hotpatch, body, "--at", at)
    assert answer.json["startable"] == found
    notes = " ".join(answer.json["notes"])
    assert ("No source states when" in notes) == (NEW in done)


def test_a_group_starts_after_another(hotpatch: Hotpatch) -> None:
    """A group with `after` starts when all members of the other one are done."""
    rules = "groups: {db: {}, app: {after: [db]}}\n"
    body = rules + "machines: [{name: d, groups: [db]%s}, {name: e, groups: [db], %s}, "
    body += "{name: a, groups: [app]}]"
    planned(hotpatch, body % ("", ""))
    night = ("--at", "2026-01-17T22:30+00:00")
    assert compared(hotpatch, body % (f", {NEW}", ""), *night).json["startable"] == ["e"]
    assert compared(hotpatch, body % (f", {NEW}", NEW), *night).json["startable"] == ["a"]


def test_a_late_restart_does_not_take_the_place_of_one_that_is_due(hotpatch: Hotpatch) -> None:
    """A start now never makes a later restart of the plan break a limit."""
    rules = "limits: {max_concurrent: 1}\n"
    rows = "{name: a}, {name: b}, {name: c, reboot_minutes: 20}"
    planned(hotpatch, f"{rules}machines: [{rows}]")
    plan = json.loads((hotpatch.folder / "plan.json").read_text())
    times = {"a": "22:00/22:30", "b": "22:45/23:15", "c": "23:15/23:35"}
    for reboot in plan["reboots"]:
        start, end = times[reboot["machine"]].split("/")
        reboot["start"], reboot["end"] = (f"2026-01-17T{time}:00+00:00" for time in (start, end))
    hotpatch.write("plan.json", json.dumps(plan))
    body = f"{rules}machines: [{rows}]"
    at = "2026-01-17T{}+00:00".format
    assert compared(hotpatch, body, "--at", at("22:45")).json["startable"] == ["b"]
    assert compared(hotpatch, body, "--at", at("22:30")).json["startable"] == ["b"]
    assert compared(hotpatch, body, "--at", at("23:15")).json["startable"] == ["c"]


# --- a planned start that isn't valid any more ----------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("", "reboot_minutes: 45", "takes 45 min"),
        ("", "timezone: Asia/Tokyo", "isn't inside an opening"),
        ("", "reboot_at: 2026-01-18T22:00:00Z", "reboot_at"),
    ],
)
def test_a_start_that_is_no_longer_valid(
    hotpatch: Hotpatch, before: str, after: str, words: str
) -> None:
    """The state stays, and the evidence has the reason."""
    planned(hotpatch, f"machines: [{{name: a, {before}}}]")
    row = compared(hotpatch, f"machines: [{{name: a, {after}}}]", "--as-of", BEFORE).json[
        "machines"
    ][0]
    assert (row["state"], row["moved"]) == ("due", True)
    assert words in row["evidence"]


def test_new_rules_between_machines(hotpatch: Hotpatch) -> None:
    """A limit that was added after the plan is named at the restarts that break it."""
    planned(hotpatch, "machines: [{name: a}, {name: b}]")
    body = "limits: {max_concurrent: 1}\nmachines: [{name: a}, {name: b}]"
    rows = compared(hotpatch, body, "--as-of", BEFORE).json["machines"]
    assert [row["moved"] for row in rows] == [True, True]
    assert all("more restarts at once" in row["evidence"] for row in rows)


def test_a_restart_that_depends_on_a_late_one(hotpatch: Hotpatch) -> None:
    """A restart ahead names the late one that it starts after."""
    rules = "rings: [{name: one, soak: 24h}, {name: two}]\n"
    body = f"{rules}machines: [{{name: a, ring: one}}, {{name: b, ring: two}}]"
    planned(hotpatch, body)
    rows = compared(hotpatch, body, "--as-of", "2026-01-18").json["machines"]
    assert [(row["state"], row["moved"]) for row in rows] == [("late", False), ("due", False)]
    assert "It starts after a, which isn't done." in rows[1]["evidence"]
