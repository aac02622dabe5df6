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
