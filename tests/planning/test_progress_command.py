"""`hotpatch progress` as a command: plan files that are refused, its formats, the plan of the rest,
and the page.
"""

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

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
DONE = "build: 26100.32230"
DAY = ("--as-of", "2026-01-18")


def planned(hotpatch: Hotpatch, body: str) -> Any:
    """A plan for the January baseline, written to a file."""
    fleet = hotpatch.write("fleet.yaml", HEAD + body)
    done = hotpatch("plan", fleet, "--as-of", "2025-12-15", "-f", "json")
    hotpatch.write("plan.json", done.out)
    return done.json


def compared(hotpatch: Hotpatch, body: str, *more: str) -> Done:
    """The progress of the plan in a newer fleet."""
    day = () if {"--as-of", "--at"} & set(more) else DAY
    return hotpatch("progress", "plan.json", hotpatch.write("newer.yaml", HEAD + body), *day, *more)


# --- plan files ----------------------------------------

REBOOT = {"machine": "a", "start": "2026-01-17T22:00:00+00:00"}
PLAN = {"release": "2026-01-13", "reboots": [REBOOT]}
WRONG: dict[str, tuple[Any, str]] = {
    "no mapping": ([1], "list `reboots`"),
    "no restarts": ({"release": "2026-01-13"}, "list `reboots`"),
    "restarts of another type": (PLAN | {"reboots": "all"}, "list `reboots`"),
    "a restart of another type": (PLAN | {"reboots": [7]}, "The key 'machine'"),
    "no start": (PLAN | {"reboots": [{"machine": "a"}]}, "The key 'start'"),
    "a machine of another type": (PLAN | {"reboots": [REBOOT | {"machine": [1]}]}, "found a list"),
    "a start without an offset": (
        PLAN | {"reboots": [REBOOT | {"start": "2026-01-17T22:00:00"}]},
        "no UTC offset",
    ),
    "a start in another age": (
        PLAN | {"reboots": [REBOOT | {"start": "9999-12-31T23:59:59-12:00"}]},
        "1990 to 2199",
    ),
    "an end of another type": (PLAN | {"reboots": [REBOOT | {"end": {}}]}, "a moment"),
    "groups of another type": (PLAN | {"reboots": [REBOOT | {"groups": "web"}]}, "a list"),
    "a ring of another type": (PLAN | {"reboots": [REBOOT | {"ring": ["a"]}]}, "found a list"),
    "an unknown track state": (PLAN | {"reboots": [REBOOT | {"track": "fast"}]}, "'fast'"),
    "a machine twice": (PLAN | {"reboots": [REBOOT, REBOOT]}, "restarts twice"),
    "a machine that is done twice": (PLAN | {"done": [REBOOT]}, "restarts twice"),
    "done of another type": (PLAN | {"done": 5}, "a list of restarts"),
    "unplaced of another type": (PLAN | {"unplaced": {"a": 1}}, "a list of machines"),
    "unplaced without names": (PLAN | {"unplaced": [3]}, "The key 'machine'"),
    "no baseline": ({"reboots": [REBOOT]}, "no date of its baseline"),
    "a baseline that isn't a date": (PLAN | {"release": "soon"}, "isn't a valid date"),
    "a date of another type": (PLAN | {"as_of": [2026]}, "a date"),
    "a request of another type": (PLAN | {"asked": 3}, "the request"),
    "a begin without an offset": (PLAN | {"asked": {"begin": "2026-01-13"}}, "no UTC offset"),
    "another baseline": (PLAN | {"release": "2026-02-10"}, "no baseline is released or planned"),
    "a baseline of another month than asked for": (
        PLAN | {"asked": {"month": "2026-04"}},
        "asked for 2026-04",
    ),
    "a version to come": (PLAN | {"schema_version": 2}, "`schema_version` 1, found '2'"),
    "an unknown status": (PLAN | {"status": "banana"}, "'banana' isn't one of optimal, feasible"),
    "an effort that is no number": (PLAN | {"effort": "NaN"}, "a number from 0 to 10000"),
    "another fleet": (PLAN | {"reboots": [REBOOT | {"machine": "z"}]}, "No machine of the plan"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_plan_is_refused(hotpatch: Hotpatch, name: str) -> None:
    """A plan that isn't one, or that belongs to something else, has a clear message and the exit
    code 2; nothing is written.
    """
    content, words = WRONG[name]
    hotpatch.write("plan.json", json.dumps(content))
    done = compared(hotpatch, "machines: [{name: a}]", "--replan", "rest.json")
    assert (done.code, done.out) == (2, ""), done.out
    assert words in done.err
    assert done.err.startswith("plan.json")
    assert not (hotpatch.folder / "rest.json").exists()


def test_verify_refuses_a_plan_of_another_day(hotpatch: Hotpatch) -> None:
    """A plan whose day of the baseline was edited is refused, with both days."""
    body = "machines: [{name: a}]"
    made = planned(hotpatch, body)
    hotpatch.write("plan.json", json.dumps(made | {"release": "2026-01-14"}))
    done = hotpatch("verify", "plan.json", "fleet.yaml", "--as-of", "2025-12-15")
    assert (done.code, done.out) == (2, "")
    assert "2026-01-14 (`release`), but that of the month is of 2026-01-13" in done.err


def test_all_problems_of_a_plan_are_reported(hotpatch: Hotpatch) -> None:
    """Two problems are two lines, each with its place."""
    rows = [REBOOT | {"start": "x"}, REBOOT | {"machine": "b", "groups": 1}]
    hotpatch.write("plan.json", json.dumps(PLAN | {"reboots": rows}, indent=1))
    err = compared(hotpatch, "machines: [{name: a}]").err
    assert re.findall(r"^plan\.json:(\d+):", err, re.MULTILINE) == ["6", "11"]


def test_a_plan_with_the_least_keys(hotpatch: Hotpatch) -> None:
    """A plan that people wrote has the baseline, machines, and starts alone."""
    hotpatch.write("plan.json", json.dumps(PLAN))
    done = compared(hotpatch, "machines: [{name: a}]", "-f", "json")
    assert done.json["machines"][0]["state"] == "late"
    assert done.json["machines"][0]["planned_end"] == "2026-01-17T22:30:00+00:00"


# --- formats ----------------------------------------

BODY = "rings: [{name: one}]\nmachines: [%s]"
MACHINES = "{name: a%s, ring: one}, {name: b}, {name: '=c', build: null}"


def several(hotpatch: Hotpatch, *more: str) -> Done:
    """A progress with a machine of several states."""
    planned(hotpatch, BODY % (MACHINES % ""))
    rows = MACHINES % f", {DONE}" + ", {name: new01}"
    return compared(hotpatch, BODY % rows, *more)


def test_formats_show_the_same_states(hotpatch: Hotpatch) -> None:
    """Table, CSV, and Markdown have the state of each machine that JSON has."""
    machines = several(hotpatch, "-f", "json").json["machines"]
    states = {row["machine"]: row["state"] for row in machines}
    assert states == {"a": "done", "b": "late", "=c": "late", "new01": "new"}
    rows = list(csv.DictReader(io.StringIO(several(hotpatch, "-f", "csv").out)))
    assert {row["machine"].lstrip("'"): row["state"] for row in rows} == states
    assert "'=c" in [row["machine"] for row in rows]
    table = several(hotpatch).out
    page = several(hotpatch, "-f", "markdown").out
    for name, state in states.items():
        assert re.search(rf"(?m)^{re.escape(name)} +{state} ", table)
        assert f"| {name} | {state} |" in page


@pytest.mark.parametrize(
    ("name", "begin"), [("p.json", "{"), ("p.csv", "machine,"), ("p.md", "# Progress")]
)
def test_the_suffix_chooses_the_format(hotpatch: Hotpatch, name: str, begin: str) -> None:
    """An output is written in the format of its suffix, and the last line names it."""
    done = several(hotpatch, "-o", name)
    assert (hotpatch.folder / name).read_text().startswith(begin)
    assert done.err.splitlines()[-1] == f"FAIL: 2 late; 1 of 4 machines done. Wrote {name}."


def test_the_decision(hotpatch: Hotpatch) -> None:
    """On schedule, the last line says so, and the exit code is 0."""
    planned(hotpatch, "machines: [{name: a}, {name: b}]")
    done = compared(hotpatch, f"machines: [{{name: a, {DONE}}}, {{name: b, {DONE}}}]")
    assert (done.code, done.err) == (0, "PASS: on schedule, 2 of 2 machines done.\n")


def test_hostile_names_are_escaped(hotpatch: Hotpatch) -> None:
    """Control codes, markup, and formulas of a plan reach no format as such."""
    name = "\x1b[31m<b>|=1"
    plan = planned(hotpatch, "machines: [{name: a}]")
    plan["reboots"].append(plan["reboots"][0] | {"machine": name, "ring": "<i>", "id": None})
    hotpatch.write("plan.json", json.dumps(plan))
    for form in ("table", "csv", "markdown"):
        out = compared(hotpatch, "machines: [{name: a}]", "-f", form).out
        assert "\x1b" not in out
        assert ("<b>" in out) == (form != "markdown")
    page = hotpatch("report", "newer.yaml", *DAY, "--plan", "plan.json").out
    assert "<b>" not in page
    assert "\x1b" not in page


# --- the plan of the rest ----------------------------------------


def test_the_plan_of_the_rest(hotpatch: Hotpatch) -> None:
    """It has what isn't done, at a new time only where that's needed; `verify` accepts it, and the
    next progress counts what was done before.
    """
    rules = "rings: [{name: one, soak: 20h}, {name: two}]\n"
    rows = "{name: a, ring: one%s}, {name: b, ring: one}, {name: c, ring: two}"
    plan = planned(hotpatch, f"{rules}machines: [{rows % ''}]")
    assert [each["start"][8:10] for each in plan["reboots"]] == ["17", "17", "18"]
    newer = f"{rules}machines: [{rows % f', {DONE}'}]"
    done = compared(hotpatch, newer, "--replan", "rest.json", "-f", "json")
    assert done.code == 1
    assert "Plan of the rest: 2 restarts, 2 moved. Wrote rest.json." in done.err
    rest = json.loads((hotpatch.folder / "rest.json").read_text())
    starts = {each["machine"]: each["start"] for each in rest["reboots"]}
    assert starts == {"b": "2026-01-18T22:00:00+00:00", "c": "2026-01-24T22:00:00+00:00"}
    assert [each["machine"] for each in rest["done"]] == ["a"]
    assert [move["machine"] for move in rest["kept"]["moved"]] == ["b", "c"]
    assert hotpatch("verify", "rest.json", "newer.yaml", *DAY).code == 0
    later = ("--as-of", "2026-01-19", "-f", "json")
    after = hotpatch("progress", "rest.json", "newer.yaml", *later).json
    states = {row["machine"]: row["state"] for row in after["machines"]}
    assert states == {"a": "done", "b": "late", "c": "due"}
    assert after["rings"][0]["percent"] == 50


def test_soak_counts_from_what_is_done(hotpatch: Hotpatch) -> None:
    """The next ring isn't planned before the soak time since the restarts that are done."""
    rules = "rings: [{name: one, soak: 7d}, {name: two}]\n"
    planned(hotpatch, f"{rules}machines: [{{name: a, ring: one}}, {{name: b, ring: two}}]")
    done = "done: 2026-01-18T22:59:20Z"
    body = f"{rules}machines: [{{name: a, ring: one, {done}}}, {{name: b, ring: two}}]"
    answer = compared(hotpatch, body, "--as-of", "2026-01-19", "--replan", "rest.json")
    assert answer.code == 0, answer.err
    rest = json.loads((hotpatch.folder / "rest.json").read_text())
    assert rest["reboots"][0]["start"] == "2026-01-25T23:00:00+00:00"
    assert rest["done"][0]["end"] == "2026-01-18T22:59:20+00:00"


def test_verify_counts_what_is_done(hotpatch: Hotpatch) -> None:
    """A restart of the rest that starts before the soak time of a restart that is done breaks the
    order of the rings.
    """
    rules = "rings: [{name: one, soak: 7d}, {name: two}]\n"
    planned(hotpatch, f"{rules}machines: [{{name: a, ring: one}}, {{name: b, ring: two}}]")
    done = "done: 2026-01-18T23:00:00Z"
    body = f"{rules}machines: [{{name: a, ring: one, {done}}}, {{name: b, ring: two}}]"
    compared(hotpatch, body, "--as-of", "2026-01-19", "--replan", "rest.json")
    checked = ("verify", "rest.json", "newer.yaml", "--as-of", "2026-01-19")
    assert hotpatch(*checked).code == 0
    rest = (hotpatch.folder / "rest.json").read_text()
    earlier = rest.replace("2026-01-25T23:", "2026-01-25T22:")
    assert earlier != rest
    hotpatch.write("rest.json", earlier)
    found = hotpatch(*checked)
    assert (found.code, "'b'" in found.out) == (1, True), found.out
    feed = hotpatch("feed", "plan", *checked[1:])
    assert (feed.code, "breaks the rules of the fleet" in feed.err) == (2, True), feed.err


def test_the_rest_of_the_night(hotpatch: Hotpatch) -> None:
    """At a moment within an opening, the plan of the rest uses what is left of it, and a restart
    that is in progress by the plan stays.
    """
    rules = "limits: {max_concurrent: 1}\n"
    planned(hotpatch, f"{rules}machines: [{{name: a}}, {{name: b}}]")
    body = f"{rules}machines: [{{name: a}}, {{name: b}}, {{name: c}}]"
    compared(hotpatch, body, "--at", "2026-01-17T22:40Z", "--replan", "rest.json")
    rest = json.loads((hotpatch.folder / "rest.json").read_text())
    starts = {each["machine"]: each["start"][8:16] for each in rest["reboots"]}
    assert starts["b"] == "17T22:30"
    assert sorted((starts["a"], starts["c"])) == ["17T23:00", "17T23:30"]
    assert hotpatch("verify", "rest.json", "newer.yaml", "--as-of", "2026-01-18").code == 0


def test_a_rest_that_does_not_fit(hotpatch: Hotpatch) -> None:
    """Machines that can't be scheduled any more are named; on schedule otherwise, the exit code is
    that of a plan that isn't complete.
    """
    planned(hotpatch, "machines: [{name: a}]")
    freeze = "freezes: [{name: f, from: 2026-01-14, to: 2026-04-01}]\n"
    day = ("--as-of", "2026-01-15", "--replan", "rest.json")
    done = compared(hotpatch, f"{freeze}machines: [{{name: a}}]", *day)
    assert done.code == 4
    assert "0 restarts, 0 moved, 1 not scheduled" in done.err
    done = compared(hotpatch, "machines: [{name: a}]", *day, "--until", "2026-01-16")
    assert done.code == 4


def test_the_plan_of_the_rest_in_other_formats(hotpatch: Hotpatch) -> None:
    """Its suffix chooses the format, and another suffix is refused."""
    planned(hotpatch, "machines: [{name: a}]")
    body = "machines: [{name: a}]"
    compared(hotpatch, body, "--replan", "rest.ics")
    assert (hotpatch.folder / "rest.ics").read_text().startswith("BEGIN:VCALENDAR")
    for name in ("rest.html", "-", "plan.json", "newer.yaml"):
        done = compared(hotpatch, body, "--replan", name)
        assert (done.code, done.out) == (2, ""), name


@pytest.mark.parametrize("option", [("--until", "2026-02-01"), ("--deadline", "30d")])
def test_limits_belong_to_the_plan_of_the_rest(hotpatch: Hotpatch, option: tuple[str, str]) -> None:
    """A limit without --replan has no effect, and is refused."""
    planned(hotpatch, "machines: [{name: a}]")
    done = compared(hotpatch, "machines: [{name: a}]", *option)
    assert done.code == 2
    assert "Add --replan" in done.err


# --- the page ----------------------------------------


def test_the_page_shows_the_progress(hotpatch: Hotpatch) -> None:
    """A page with a plan has the states of its restarts, and what is done breaks no rule."""
    planned(hotpatch, "machines: [{name: a}, {name: b}]")
    hotpatch.write("newer.yaml", HEAD + f"machines: [{{name: a, {DONE}}}, {{name: b}}]")
    page = hotpatch("report", "newer.yaml", *DAY, "--plan", "plan.json").out
    assert "1 of 2 machines done (50%), 1 late." in page
    assert re.search(r"<bdi>b</bdi></th><td>late</td>", page)
    assert "no machine with this name" not in page
    assert page.index("<bdi>b</bdi></th><td>late") < page.index("<bdi>a</bdi></th><td>done")


def test_the_page_of_a_new_plan_has_no_progress(hotpatch: Hotpatch) -> None:
    """A plan that is made for the page has no restarts to compare."""
    hotpatch.write("fleet.yaml", HEAD + "machines: [{name: a}]")
    page = hotpatch("report", "fleet.yaml", *DAY).out
    assert 'id="progress"' not in page


# --- the mark of an inventory ----------------------------------------


@pytest.mark.parametrize("value", ["true", "2026-01-17T22:30:00+00:00"])
def test_the_mark_is_a_flag_or_a_moment(hotpatch: Hotpatch, value: str) -> None:
    """`done` is true or the moment of its end, and `convert` writes it as it was."""
    hotpatch.write("fleet.yaml", HEAD + f"machines: [{{name: a, done: {value}}}]")
    written = hotpatch("convert", "fleet.yaml").out
    assert re.search(rf"done: ['\"]?{re.escape(value)}['\"]?$", written, re.MULTILINE)


@pytest.mark.parametrize("value", ["maybe", "2026-01-17", "2026-01-17T22:30:00", "[true]"])
def test_a_wrong_mark_is_refused(hotpatch: Hotpatch, value: str) -> None:
    """Other values have a message with their line."""
    done = hotpatch.check(HEAD + f"machines: [{{name: a, done: {value}}}]")
    assert done.code == 2
    assert done.err.startswith("fleet.yaml:12:28: ")


def test_the_example_of_a_newer_export(hotpatch: Hotpatch) -> None:
    """The export of the examples has a machine of each state that the page shows."""
    examples = Path(__file__).parents[2] / "examples"
    fleet, export = str(examples / "fleet.yaml"), str(examples / "fleet-january.csv")
    asked = ("--as-of", "2025-12-15", "--deadline", "35d", "-o", "plan.json")
    hotpatch("plan", fleet, *asked)
    done = hotpatch(
        *("progress", "plan.json", fleet, export, "--prefer", export),
        *("--as-of", "2026-01-26", "-f", "json"),
    )
    counts = done.json["summary"]
    assert [counts[state] for state in ("done", "due", "late", "failed", "new")] == [2, 1, 1, 2, 1]
