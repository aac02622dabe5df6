"""Machines whose facts are missing, and the words for what isn't scheduled."""

from typing import Any

import pytest

from tests.planning.test_done_restarts import HEAD, RINGS, planned

ORDERS = {
    "ring": RINGS + "machines: [{name: x, ring: canary, FACT}, {name: b, ring: broad}]",
    "group": HEAD
    + "groups: {db: {max_unavailable: 1}, app: {max_unavailable: 1, after: [db]}}\n"
    + "machines: [{name: x, groups: [db], FACT}, {name: b, groups: [app]}]",
}
FACTS = {"HP402": "os: null", "HP413": "timezone: null"}
WINDOWS = {"HP501": "window: null", "HP502": "reboot_minutes: 300"}


def codes(plan: Any) -> dict[str, str]:
    """The code of each machine that isn't scheduled, in the order of the plan."""
    return {row["machine"]: row["reasons"][0]["code"] for row in plan["unplaced"]}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("code", FACTS)
def test_a_missing_fact_blocks_no_other(hotpatch: Any, order: str, code: str) -> None:
    """The machine is named, and those that come after it are scheduled. Whether all could be is
    unknown.
    """
    plan = planned(hotpatch, ORDERS[order].replace("FACT", FACTS[code]), as_of="2026-01-14")
    assert codes(plan) == {"x": code}
    assert [row["machine"] for row in plan["reboots"]] == ["b"]
    assert plan["status"] == "incomplete"
    assert any(note.startswith("Facts are missing") and code in note for note in plan["notes"])


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("code", FACTS)
def test_with_strict_a_missing_fact_blocks_what_comes_after(
    hotpatch: Any, order: str, code: str
) -> None:
    """Nothing is proven by that: the status is `incomplete`, and `verify` accepts the plan."""
    body = ORDERS[order].replace("FACT", FACTS[code])
    plan = planned(hotpatch, body, "--strict", as_of="2026-01-14")
    assert codes(plan) == {"x": code, "b": "HP505"}
    assert (plan["status"], plan["asked"]["strict"]) == ("incomplete", True)
    assert hotpatch("verify", "plan.json", "fleet.yaml", "--as-of", "2026-01-14").code == 0


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("code", WINDOWS)
def test_without_a_usable_window_others_are_blocked(hotpatch: Any, order: str, code: str) -> None:
    """The machine surely doesn't restart, and those that depend on it are named with it."""
    plan = planned(hotpatch, ORDERS[order].replace("FACT", WINDOWS[code]), as_of="2026-01-14")
    assert codes(plan) == {"x": code, "b": "HP505"}
    assert plan["status"] == "infeasible"
    assert "depends on x" in plan["unplaced"][1]["reasons"][0]["message"]


def test_one_machine_without_a_fact_leaves_an_estate_planned(hotpatch: Any) -> None:
    """Its machines that are known are all scheduled, and it comes first of those that aren't."""
    rows = ", ".join(f"{{name: m{number}, ring: broad}}" for number in range(60))
    body = RINGS + f"machines: [{rows}, {{name: none, window: null}}, {{name: p, ring: canary, "
    plan = planned(hotpatch, body + "os: null}]", as_of="2026-01-14")
    assert len(plan["reboots"]) == 60
    assert list(codes(plan).items()) == [("p", "HP402"), ("none", "HP501")]


def test_a_machine_without_room_has_a_window(hotpatch: Any) -> None:
    """Where limits leave no room, the code isn't that of a missing window."""
    body = HEAD + "limits: {max_concurrent: 1}\nmachines: [{name: a}, {name: b}]"
    body = body.replace("window: w", "window: w\n  reboot_minutes: 120")
    plan = planned(hotpatch, body, "--deadline", "5d", as_of="2026-01-14")
    assert list(codes(plan).values()) == ["HP502"]
    assert "leave no room" in plan["unplaced"][0]["reasons"][0]["message"]


@pytest.mark.parametrize("form", ["csv", "svg", "ics"])
def test_standard_error_is_bounded(hotpatch: Any, form: str) -> None:
    """However many machines aren't scheduled: a line for each rule, with the first names."""
    rows = ", ".join(
        f"{{name: m{number}, {'window: null' if number % 2 else 'os: null'}}}"
        for number in range(300)
    )
    name = hotpatch.write("fleet.yaml", HEAD + f"machines: [{rows}]")
    done = hotpatch("plan", name, "--as-of", "2026-01-14", "-f", form)
    assert done.code == 4
    lines = done.err.splitlines()
    assert len(lines) < 20
    assert max(map(len, lines)) < 600
    assert "and 140 more: not scheduled (150 machines): no-window (HP501)" in done.err
    assert "use the format json or table" in done.err
