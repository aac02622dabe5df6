"""What every format says is proven of a plan, by its status and its goal."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from hotpatch_cli.eligibility.verdict import Judge
from hotpatch_cli.inputs.fleet import load_fleet
from hotpatch_cli.knowledge.load import load_knowledge
from hotpatch_cli.outputs.plan_view import proof, proof_sentence
from hotpatch_cli.planning import Plan, PlanRequest, plan, prepare
from hotpatch_cli.planning.conflicts import with_conflicts
from hotpatch_cli.planning.plan import SearchOptions

KNOWLEDGE = load_knowledge()

HEAD = """
windows: {w: {days: [Sat], start: '22:00', duration: 1h}}
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
THREE = HEAD + "machines: [{name: a}, {name: b}, {name: c}]"
ALL = ("--deadline", "30d")
TWO = ("--until", "2026-01-18")
"""One opening, which two restarts fit into."""


def planned(hotpatch: Any, *options: str, body: str = THREE) -> Any:
    """A plan of the fleet."""
    name = hotpatch.write("fleet.yaml", body)
    return hotpatch("plan", name, "--as-of", "2026-01-14", *options)


@pytest.mark.parametrize(
    ("options", "proven"),
    [
        (ALL, "It's proven that no plan has less exposure."),
        ((*ALL, "--goal", "earliest-end"), "It's proven that no plan ends earlier."),
        (TWO, "No plan schedules more, by weight and then by number."),
    ],
)
def test_a_change_request_words_the_proof_of_its_goal(
    hotpatch: Any, options: Sequence[str], proven: str
) -> None:
    """The end where the goal is the end, otherwise the exposure, or that not all fit."""
    done = planned(hotpatch, *options, "-f", "markdown").out
    assert proven in done
    assert done.count("It's proven that no") == 1 + (options == TWO)


def test_the_bound_of_an_end_is_a_moment(hotpatch: Any) -> None:
    """With the goal of the earliest end, the table and Markdown have its bound, and no gap."""
    for form in ("table", "markdown"):
        out = planned(hotpatch, *ALL, "--goal", "earliest-end", "-f", form).out
        assert "ends before Sat 2026-01-24 22:30 +0000." in out
        assert "gap" not in out


def two_of_three(hotpatch: Any, body: str = THREE, **facts: Any) -> Plan:
    """A plan that schedules two of three machines, with other facts on its proof."""
    fleet = load_fleet([str(hotpatch.folder / hotpatch.write("fleet.yaml", body))])[0]
    wish = PlanRequest(until=date(2026, 1, 18))
    made = plan(prepare(fleet, Judge(KNOWLEDGE, date(2026, 1, 14)), wish), SearchOptions(0.01))
    result = made.result._replace(**facts)
    return made._replace(status=facts.get("status", made.status), result=result)


@pytest.mark.parametrize(
    ("most_placed", "bound", "sentence"),
    [
        (True, "at least 201.5 (gap", "No plan schedules more"),
        (
            False,
            "at least 201.5 in plans that schedule as much (gap",
            "Another plan might schedule more.",
        ),
    ],
)
def test_a_bound_says_which_plans_it_is_of(
    hotpatch: Any, bound: str, sentence: str, *, most_placed: bool
) -> None:
    """Unless it's proven that none schedules more, the bound is of plans that schedule as much."""
    made = two_of_three(hotpatch, most_placed=most_placed)
    assert bound in proof(made)
    assert sentence in proof_sentence(made)


def test_a_proven_conflict_shows_that_not_all_fit(hotpatch: Any) -> None:
    """Where the search leaves that open, the conflict decides for every format."""
    made = two_of_three(hotpatch, status="incomplete")
    assert "whether one exists is unknown" in proof_sentence(made)
    made, why = with_conflicts(made, KNOWLEDGE.rules)
    assert [conflict.proven for conflict in why.conflicts] == [True]
    assert (made.status, made.result.status) == ("infeasible", "infeasible")


@pytest.mark.parametrize(
    ("more", "status"), [("os: null", "incomplete"), ("window: []", "infeasible")]
)
def test_a_missing_fact_shows_nothing(hotpatch: Any, more: str, status: str) -> None:
    """What can't be judged might fit; what has no window doesn't restart."""
    body = HEAD + f"machines: [{{name: a}}, {{name: b, {more}}}]"
    made, why = with_conflicts(two_of_three(hotpatch, body), KNOWLEDGE.rules)
    assert [conflict.proven for conflict in why.conflicts] == [True]
    assert made.status == status


def test_a_note_names_a_few_machines_of_azure(hotpatch: Any) -> None:
    """Three names, and how many more."""
    rows = "".join(f"{{name: m{number:02}}}, " for number in range(30))
    patching = "{mode: AutomaticByPlatform, hotpatching: true, vm_agent: true}"
    image = "MicrosoftWindowsServer:WindowsServer:2025-datacenter-azure-edition-core:latest"
    defaults = f"  image: {image}\n  patching: {patching}\n  generation: 2\nmachines: [{rows}]"
    azure = HEAD.replace("platform: arc", "platform: azure").partition("  arc:")[0]
    body = azure + "  window: w\n" + defaults
    notes = planned(hotpatch, "-f", "json", body=body).json["notes"]
    (note,) = (note for note in notes if note.startswith("Azure chooses"))
    assert "restart m00, m01, m02 and 27 more (AutomaticByPlatform)" in note


@pytest.mark.parametrize("given", [False, True])
def test_the_page_says_why_each_restart_is_at_its_time(hotpatch: Any, *, given: bool) -> None:
    """For the plan that is made for the page, and for one of a file."""
    asked = ()
    if given:
        hotpatch.write("plan.json", planned(hotpatch, *ALL, "-f", "json").out)
        asked = ("--plan", "plan.json")
    name = hotpatch.write("fleet.yaml", THREE)
    page = hotpatch("report", name, "--as-of", "2026-01-14", *asked).out
    rows = re.findall(r"<bdi>([abc])</bdi></th><td class=\"when\">.*?<td>([^<]*)</td></tr>", page)
    whys = dict(rows)
    assert len(whys) == 3
    assert "first opening" in whys.values()
    assert sum("one at a time" in why for why in whys.values()) == 2
