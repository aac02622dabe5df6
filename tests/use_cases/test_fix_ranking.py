"""The changes that make machines ready: grouped, ranked, and never more than is certain."""

import json
from datetime import date
from time import perf_counter
from typing import Any

import pytest

from hotpatch_cli.inputs.fleet import load_fleet
from hotpatch_cli.knowledge.load import load_knowledge
from hotpatch_cli.report import Report
from hotpatch_cli.use_cases.check import check
from hotpatch_cli.use_cases.fix_ranking import RankedFix, ranked_fixes

IMAGE = "MicrosoftWindowsServer:WindowsServer:2025-datacenter-azure-edition:latest"
READY = {"mode": "AutomaticByPlatform", "hotpatching": True, "vm_agent": True}
ARC = {"status": "Connected", "hotpatch": "Enabled", "vbs": "running", "secure_boot": True}


def report_on(hotpatch: Any, machines: list[dict[str, Any]]) -> Report:
    """The report on these machines."""
    hotpatch.write("fleet.json", json.dumps({"machines": machines}))
    fleet = load_fleet([str(hotpatch.folder / "fleet.json")])[0]
    return check(fleet, load_knowledge(), date(2025, 12, 15))


def azure(name: str, **settings: Any) -> dict[str, Any]:
    """A VM of Azure that is ready, but for these patch settings."""
    return {"name": name, "platform": "azure", "image": IMAGE, "patching": READY | settings}


def arc(name: str, build: str | None = "26100.7178", **facts: Any) -> dict[str, Any]:
    """A machine of Arc that is ready, but for these facts."""
    given = {key: value for key, value in (ARC | {"uefi": True} | facts).items() if value != ""}
    machine = {"name": name, "platform": "arc", "os": "Windows Server 2025 Datacenter"}
    return machine | {"arc": given} | ({"build": build} if build else {})


def names(fix: RankedFix) -> tuple[list[str], list[str]]:
    """The machines of a change, and those that it alone makes ready."""
    return (
        [checked.machine.label for checked in fix.machines],
        [checked.machine.label for checked in fix.alone],
    )


def test_what_alone_makes_most_machines_ready_comes_first(hotpatch: Any) -> None:
    """A change that two machines lack alone is before one that three machines lack among others."""
    fixes = ranked_fixes(
        report_on(
            hotpatch,
            [
                arc("a", vbs="off", secure_boot=False),
                arc("b", vbs="off", secure_boot=False),
                arc("c", vbs="off", secure_boot=False, hotpatch="Canceled"),
                arc("d", hotpatch="Canceled"),
                arc("e", hotpatch="Canceled"),
                arc("f"),
            ],
        )
    )
    assert [(fix.name, fix.total_alone, fix.total) for fix in fixes] == [
        ("not-enrolled", 2, 3),
        ("no-secure-boot", 0, 3),
        ("vbs-not-running", 0, 3),
    ]
    assert fixes[0].makes_ready == 2


def test_the_setting_that_enables_hotpatching_sets_the_patch_mode(hotpatch: Any) -> None:
    """Where both are wrong one change is enough; where only the mode is, that is its own change."""
    both = azure("both", mode="Manual", hotpatching=False)
    report = report_on(hotpatch, [both, azure("mode", mode="Manual")])
    fixes = {fix.name: names(fix) for fix in ranked_fixes(report)}
    assert fixes == {
        "hotpatch-not-enabled": (["both"], ["both"]),
        "patch-mode": (["mode"], ["mode"]),
    }
    remedy = load_knowledge().rules["HP201"].remedy
    assert "patchMode=AutomaticByPlatform" in remedy
    assert "enableHotpatching=true" in remedy


def test_missing_facts_are_one_fix_and_promise_nothing(hotpatch: Any) -> None:
    """All missing facts are one fix; a machine that lacks a prerequisite too isn't ready by it."""
    machines = [
        arc("nothing", vbs="", secure_boot=""),
        arc("build", build=None),
        arc("more", hotpatch="Canceled", vbs=""),
    ]
    first, second = ranked_fixes(report_on(hotpatch, machines))
    assert (first.name, first.kind) == ("missing facts", "missing-facts")
    assert first.codes == ("HP403", "HP409", "HP410")
    assert names(first) == (["nothing", "build", "more"], ["nothing", "build"])
    assert first.makes_ready == 0
    assert names(second) == (["more"], [])


@pytest.mark.parametrize(
    ("machine", "kind"),
    [
        ({"platform": "azure", "image": "a:b:c"}, "new-machine"),
        (azure("x", vm_agent=False), "new-machine"),
        (azure("x") | {"generation": 1}, "new-machine"),
        ({"platform": "arc", "os": "Windows Server 2019 Datacenter"}, "upgrade"),
        ({"platform": "arc", "os": "Windows Server 2025 Datacenter: Azure Edition"}, "upgrade"),
    ],
)
def test_what_no_setting_helps_comes_last(
    hotpatch: Any, machine: dict[str, Any], kind: str
) -> None:
    """A new machine and an upgrade follow all changes, and make no machine ready."""
    machines = [machine | {"name": f"m{number}"} for number in range(3)]
    fixes = ranked_fixes(report_on(hotpatch, [*machines, arc("a", hotpatch="Canceled")]))
    assert [fix.kind for fix in fixes] == ["change", kind]
    assert fixes[1].makes_ready == 0


def test_where_only_a_new_machine_helps_nothing_else_is_worth_its_while(hotpatch: Any) -> None:
    """A generation 1 VM with a wrong patch mode and missing facts needs a new machine, and no
    more.
    """
    machine = {"name": "a", "platform": "azure", "image": IMAGE, "generation": 1}
    machine["patching"] = {"mode": "Manual"}
    assert [fix.name for fix in ranked_fixes(report_on(hotpatch, [machine]))] == ["generation-1"]


def test_waived_machines_are_left_out(hotpatch: Any) -> None:
    """Somebody accepted what blocks a waived machine."""
    report = report_on(hotpatch, [arc("a", hotpatch="Canceled"), arc("b", hotpatch="Canceled")])
    waived, other = report.machines
    report = report._replace(machines=(waived._replace(outcome="waived"), other))
    assert [names(fix) for fix in ranked_fixes(report)] == [(["b"], ["b"])]


def test_the_ranking_grows_linearly(hotpatch: Any) -> None:
    """Ten times the machines take about ten times as long."""
    report = report_on(hotpatch, [arc("a", vbs="off"), arc("b", hotpatch="Canceled"), arc("c")])
    few = report._replace(machines=report.machines * 2_000)
    many = report._replace(machines=report.machines * 20_000)
    assert _seconds(many) < 30 * _seconds(few)
    assert [fix.total_alone for fix in ranked_fixes(many)] == [20_000, 20_000]


def _seconds(report: Report) -> float:
    times = []
    for _ in range(3):
        start = perf_counter()
        ranked_fixes(report)
        times.append(perf_counter() - start)
    return min(times)
