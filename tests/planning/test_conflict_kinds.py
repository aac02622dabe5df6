"""Each kind of cause by a fleet of its own: the cause, the machines, and the changes that help."""

from typing import Any

import pytest
from conflict_cases import CASES, Case


def planned(hotpatch: Any, case: Case) -> Any:
    """The plan of a case as JSON."""
    name = hotpatch.write("fleet.yaml", case.head + case.body)
    return hotpatch("plan", name, "--as-of", "2025-12-15", "-f", "json", *case.options)


def sentences(conflict: Any) -> str:
    """All that is said of a conflict."""
    told = [conflict["summary"], *(row["message"] for row in conflict["reasons"])]
    return "\n".join([*told, *(row["message"] for row in conflict["helps"])])


@pytest.mark.parametrize("kind", CASES)
def test_each_kind_names_its_cause_its_machines_and_what_helps(hotpatch: Any, kind: str) -> None:
    """The only conflict has the machines, the causes and the kinds of changes of the case."""
    case = CASES[kind]
    done = planned(hotpatch, case)
    assert done.code == 4
    (conflict,) = done.json["conflicts"]
    assert conflict["proven"]
    assert sorted(conflict["machines"]) == sorted(case.machines.split())
    causes = {(row["kind"], row["name"]) for row in conflict["reasons"] if row["kind"] != "windows"}
    assert causes == set(case.causes)
    helps = {row["kind"] for row in conflict["helps"]}
    assert helps == set(case.helps)
    said = sentences(conflict)
    assert [part for part in case.told if part not in said] == []
    if case.out is not None:
        assert sorted(row["machine"] for row in done.json["unplaced"]) == sorted(case.out.split())


def test_groups_that_depend_on_each_other_are_refused(hotpatch: Any) -> None:
    """A cycle of groups is an error of the inventory, not a conflict of a plan."""
    name = hotpatch.write(
        "fleet.yaml",
        CASES["no system"].head + "groups: {a: {after: [b]}, b: {after: [a]}}\nmachines: []\n",
    )
    done = hotpatch("plan", name, "--as-of", "2025-12-15")
    assert done.code == 2
    assert "Groups depend on each other: 'a' after 'b' after 'a'" in done.err


def test_a_member_that_restarted_before_is_told_with_the_end_of_its_settle_time(
    hotpatch: Any,
) -> None:
    """A restart that is done occupies its group: the cause names until when, and no machine."""
    body = (
        "groups: {db: {max_unavailable: 1, settle: 8d}}\nmachines:\n"
        "- {name: a, groups: [db], done: 2026-01-17T22:00:00Z}\n- {name: b, groups: [db]}\n"
    )
    name = hotpatch.write("fleet.yaml", CASES["window too short"].head.replace("300", "35") + body)
    done = hotpatch("plan", name, "--as-of", "2026-01-18", "-f", "json", "--deadline", "14d")
    (conflict,) = done.json["conflicts"]
    assert conflict["machines"] == ["b"]
    said = sentences(conflict)
    assert "1 member of db restarted before, and the settle time ends Sun 2026-01-25 22:00" in said
    assert {"deadline", "settle"} <= {row["kind"] for row in conflict["helps"]}


def test_a_soak_time_of_restarts_that_are_done_is_told(hotpatch: Any) -> None:
    """The openings of a ring count from the end of the soak time, which is named."""
    body = (
        "rings: [{name: canary, soak: 10d}, {name: broad}]\nmachines:\n"
        "- {name: a, ring: canary, done: 2026-01-17T22:00:00Z}\n- {name: b, ring: broad}\n"
    )
    name = hotpatch.write("fleet.yaml", CASES["window too short"].head.replace("300", "35") + body)
    done = hotpatch("plan", name, "--as-of", "2026-01-18", "-f", "json", "--deadline", "14d")
    (conflict,) = done.json["conflicts"]
    assert "from Tue 2026-01-27 22:00 UTC (end of the soak time)" in sentences(conflict)
    assert {"deadline", "soak"} <= {row["kind"] for row in conflict["helps"]}
