"""The options of a search, and the keys of a plan that tell of it."""

import json
from typing import Any

import jsonschema
import pytest

from tests.planning.test_done_restarts import HEAD, planned

FLEET = HEAD + (
    "limits: {max_concurrent: 2}\ngroups: {g: {max_unavailable: 1, settle: 20m}}\n"
    "machines: [{name: a, groups: [g], weight: 5}, {name: b, groups: [g], reboot_minutes: 40}, "
    "{name: c}, {name: d, window: null}]"
)
EFFORT = ("--effort", "0.5")


@pytest.mark.parametrize(
    "options", [(), EFFORT, ("--goal", "earliest-end"), ("--strict",), ("--deadline", "5d")]
)
def test_a_plan_is_valid_by_its_schema(hotpatch: Any, options: tuple[str, ...]) -> None:
    """With any goal, effort, and status."""
    schema = json.loads(hotpatch("schema", "plan").out)
    jsonschema.validate(planned(hotpatch, FLEET, *options, as_of="2026-01-14"), schema)


def test_a_plan_says_how_it_was_searched(hotpatch: Any) -> None:
    """Its goal, its effort, whether the search was cut short, and what is proven."""
    plan = planned(hotpatch, FLEET, *EFFORT, as_of="2026-01-14")
    assert (plan["goal"], plan["effort"], plan["cut_short"]) == ("exposure", 0.5, False)
    objective = plan["objective"]
    assert (objective["most_placed"], objective["end_bound"]) == (True, None)


def test_the_earliest_end_has_a_bound(hotpatch: Any) -> None:
    """No plan ends earlier; of the exposure, nothing is proven."""
    plan = planned(hotpatch, FLEET, "--goal", "earliest-end", as_of="2026-01-14")
    objective = plan["objective"]
    assert plan["goal"] == "earliest-end"
    assert objective["end_bound"] <= objective["makespan"]
    assert objective["lower_bound"] == 0


def test_an_exceeded_time_limit_is_told(hotpatch: Any) -> None:
    """In the plan, in a note, and on the last line."""
    machines = ", ".join(
        f"{{name: m{n}, groups: [g{n % 9}], weight: {1 + n % 5}, reboot_minutes: {9 + n % 37}}}"
        for n in range(90)
    )
    groups = ", ".join(f"g{n}: {{max_unavailable: 1}}" for n in range(9))
    body = HEAD + f"limits: {{max_concurrent: 3}}\ngroups: {{{groups}}}\nmachines: [{machines}]"
    name = hotpatch.write("fleet.yaml", body)
    same = ("plan", name, "--as-of", "2026-01-14", "-f", "json")
    done = hotpatch(*same, "--time-limit", "0")
    assert done.json["cut_short"]
    assert any("time limit or the user ended the search" in note for note in done.json["notes"])
    assert "the time limit ended the search" in done.err.splitlines()[-1]


def test_the_same_effort_makes_the_same_plan(hotpatch: Any) -> None:
    """Byte by byte."""
    name = hotpatch.write("fleet.yaml", FLEET)
    same = ("plan", name, "--as-of", "2026-01-14", "-f", "json", *EFFORT)
    assert hotpatch(*same).out == hotpatch(*same).out


@pytest.mark.parametrize("effort", ["0", "-1", "nan", "inf", "much", "100000"])
def test_an_effort_is_a_positive_number(hotpatch: Any, effort: str) -> None:
    """Anything else is refused with the range."""
    done = hotpatch("plan", hotpatch.write("fleet.yaml", FLEET), "--effort", effort)
    assert done.code == 2
    assert "above 0 and up to 10,000" in done.err


def test_the_plan_of_the_rest_keeps_the_goal(hotpatch: Any) -> None:
    """The goal, `strict`, and the limits of a plan are those of its rest."""
    body = FLEET.replace(", {name: d, window: null}", "")
    plan = planned(hotpatch, body, "--goal", "earliest-end", "--strict", as_of="2026-01-14")
    asked = ("progress", "plan.json", "fleet.yaml", "--as-of", "2026-01-14", *EFFORT)
    hotpatch(*asked, "--replan", "rest.json")
    rest = json.loads((hotpatch.folder / "rest.json").read_text())
    assert (rest["goal"], rest["effort"], rest["asked"]["strict"]) == ("earliest-end", 0.5, True)
    times = [[(row["machine"], row["start"]) for row in made["reboots"]] for made in (plan, rest)]
    assert times[0] == times[1]


AZURE = """
windows: {w: {days: [Sat], start: '22:00', duration: 2h}}
limits: {max_concurrent: 1}
defaults:
  platform: azure
  timezone: Europe/Stockholm
  image: MicrosoftWindowsServer:WindowsServer:2022-datacenter-azure-edition-hotpatch:latest
  patching: {mode: AutomaticByPlatform, hotpatching: true, vm_agent: true}
  build: 20348.4405
  window: w
machines: [{name: v1}, {name: v2}]
"""


def test_a_plan_says_that_azure_applies_no_limits(hotpatch: Any) -> None:
    """Where Azure chooses the moment, rows and a note say that the start is a proposal."""
    plan = planned(hotpatch, AZURE, as_of="2026-01-14")
    assert {row["runner"] for row in plan["reboots"]} == {"platform"}
    assert any("Azure doesn't apply the groups, rings, limits" in note for note in plan["notes"])
