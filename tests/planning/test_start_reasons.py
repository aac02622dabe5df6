"""Why a restart is at its time: the reason names the rule that an earlier start breaks."""

import json
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from random_fleets import READY, fleet, with_rings

from hotpatch_cli.eligibility.verdict import Judge
from hotpatch_cli.inputs.fleet import load_fleet
from hotpatch_cli.knowledge.load import load_knowledge
from hotpatch_cli.planning import Plan, PlanRequest, plan, prepare
from hotpatch_cli.planning.prepare import PlanningInput
from hotpatch_cli.planning.start_reasons import StartReason, start_reasons
from hotpatch_cli.scheduler import Task, verify

JUDGE = Judge(load_knowledge(), date(2026, 1, 13))
DAYS = PlanRequest(deadline=timedelta(days=14))


def planned(folder: Path, inventory: Any, request: PlanRequest = DAYS) -> Plan:
    """The plan of an inventory for the baseline of January."""
    file = folder / "fleet.json"
    file.write_text(json.dumps(inventory), encoding="utf-8")
    return plan(prepare(load_fleet([str(file)])[0], JUDGE, request))


def reasons_of(found: Plan) -> dict[str, StartReason]:
    """The reasons by machine."""
    reasons = start_reasons(found.prepared, found.result.starts)
    machines = found.prepared.machines
    pairs = zip(machines, reasons, strict=True)
    return {machine.label: reason for machine, reason in pairs if reason}


def earlier_starts(task: Task, start: int) -> list[int]:
    """All earlier starts in the windows of a task, the last one first."""
    found: list[int] = []
    for opens, closes in task.windows:
        found += range(opens, min(closes - task.duration + 1, start))
    return sorted(found, reverse=True)


def broken_by(prepared: PlanningInput, starts: list[int | None], task: int, start: int) -> Any:
    """The rules that a plan with one other start breaks, apart from pins."""
    moved = [*starts[:task], start, *starts[task + 1 :]]
    return [one for one in verify(prepared.problem, moved) if one.rule != "pinned"]


def without(prepared: PlanningInput, name: str) -> PlanningInput:
    """The same fleet with no freeze of a name."""
    freezes = tuple(one for one in prepared.fleet.freezes if one.name != name)
    return prepare(prepared.fleet._replace(freezes=freezes), JUDGE, DAYS)


@pytest.mark.parametrize("seed", range(24))
def test_an_earlier_start_breaks_the_rule_that_is_named(tmp_path: Path, seed: int) -> None:
    """The last earlier start in the windows of a machine breaks the rule of its reason and names
    its other machine; the reason is the search only where an earlier start breaks nothing.
    """
    pick = Random(seed)  # noqa: S311  the same fleets every time
    found = planned(tmp_path, with_rings(pick, fleet(pick)))
    prepared, starts = found.prepared, list(found.result.starts)
    for number, reason in enumerate(start_reasons(prepared, starts)):
        start = starts[number]
        if start is None:
            assert reason is None
            continue
        assert reason is not None
        task = prepared.problem.tasks[number]
        before = earlier_starts(task, start)
        if reason.rule == "pinned":
            assert task.pinned == start
        elif reason.rule == "window":
            assert before == []
        elif reason.rule == "search":
            assert any(not broken_by(prepared, starts, number, other) for other in before)
        elif reason.rule == "freeze":
            free = without(prepared, reason.name)
            assert len(earlier_starts(free.problem.tasks[number], start)) > len(before)
        else:
            broken = broken_by(prepared, starts, number, before[0])
            same = [one for one in broken if one.rule == reason.rule and number in one.tasks]
            assert same, (reason, broken)
            others = {prepared.problem.tasks[task].name for one in same for task in one.tasks}
            assert any(name in reason.text for name in others - {task.name}), (reason, others)


BODY: dict[str, Any] = {
    "defaults": {**READY, "timezone": "UTC", "window": "w", "reboot_minutes": 30},
    "windows": {"w": {"days": ["Sat", "Sun"], "start": "22:00", "duration": "3h"}},
}

LONG = {"name": "a", "weight": 9, "reboot_minutes": 180}


@pytest.mark.parametrize(
    ("rules", "text"),
    [
        ({}, "first opening"),
        ({"machines": [{"name": "b", "reboot_at": "2026-01-17T23:00Z"}]}, "pinned to this time"),
        (
            {"freezes": [{"name": "sale", "from": "2026-01-14", "to": "2026-01-17"}]},
            "first opening, outside the freeze sale",
        ),
        (
            {
                "rings": [{"name": "pilot", "soak": "20h"}, {"name": "broad"}],
                "machines": [{"name": "a", "ring": "pilot"}, {"name": "b", "ring": "broad"}],
            },
            "first opening 20 h after the ring pilot (a ends last)",
        ),
        (
            {
                "groups": {"db": {}, "app": {"after": ["db"]}},
                "machines": [{"name": "a", "groups": ["db"]}, {"name": "b", "groups": ["app"]}],
            },
            "after the group db (a ends last)",
        ),
        (
            {
                "groups": {"sql": {"max_unavailable": 1}},
                "machines": [
                    {"name": "a", "groups": ["sql"], "weight": 2},
                    {"name": "b", "groups": ["sql"]},
                ],
            },
            "one of the group sql at a time: after a",
        ),
        (
            {
                "groups": {"sql": {"max_unavailable": 1, "settle": "15m"}},
                "machines": [
                    {"name": "a", "groups": ["sql"], "weight": 2},
                    {"name": "b", "groups": ["sql"]},
                ],
            },
            "one of the group sql at a time: 15 min after a",
        ),
        (
            {
                "limits": {"max_concurrent": 2},
                "machines": [
                    {"name": "a", "weight": 2},
                    {"name": "c", "weight": 2, "reboot_minutes": 60},
                    {"name": "b"},
                ],
            },
            "2 at a time: after a",
        ),
        (
            {
                "limits": {"per_region": 1},
                "machines": [
                    {"name": "a", "weight": 2, "region": "eu"},
                    {"name": "b", "region": "eu"},
                ],
            },
            "one at a time in the region eu: after a",
        ),
        (
            {"limits": {"max_concurrent": 1}, "machines": [LONG, {"name": "b"}]},
            "first opening with room after a (one at a time)",
        ),
        (
            {
                "groups": {"sql": {"max_unavailable": 1, "settle": "15m"}},
                "freezes": [
                    {"name": "sale", "from": "2026-01-18", "to": "2026-01-18", "groups": ["sql"]}
                ],
                "machines": [
                    {**LONG, "groups": ["sql"], "reboot_minutes": 110},
                    {"name": "b", "groups": ["sql"]},
                ],
            },
            (
                "first opening with room 15 min after a (one of the group sql at a time), "
                "outside the freeze sale"
            ),
        ),
    ],
    ids=[
        *("first", "pin", "freeze", "ring", "after", "group", "settle", "limit", "region"),
        *("limit until the next opening", "group until a freeze ends"),
    ],
)
def test_the_reason_in_words(tmp_path: Path, rules: dict[str, Any], text: str) -> None:
    """Each rule has its words, with the machine that the restart follows."""
    inventory = {**BODY, "machines": [{"name": "b"}], **rules}
    assert reasons_of(planned(tmp_path, inventory))["b"].text == text


def test_a_time_that_is_kept_says_so(hotpatch: Any) -> None:
    """A restart that no rule keeps from an earlier start, and that has the time of the plan of
    --keep, says so.
    """
    two = {**BODY, "machines": [{"name": "a", "weight": 2}, {"name": "b"}]}
    one_at_a_time = {**two, "limits": {"max_concurrent": 1}}
    hotpatch.write("fleet.json", json.dumps(one_at_a_time))
    day = ("--as-of", "2026-01-13")
    assert hotpatch("plan", "fleet.json", *day, "-o", "plan.json").code == 0
    hotpatch.write("fleet.json", json.dumps(two))
    kept = hotpatch("plan", "fleet.json", *day, "--keep", "plan.json", "-f", "json").json
    whys = {row["machine"]: row["why"] for row in kept["reboots"]}
    assert whys == {"a": "first opening", "b": "kept from the older plan"}
