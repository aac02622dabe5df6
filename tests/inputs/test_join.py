"""Joining: several sources make one fleet, and what they contradict each other on is told, not
chosen.
"""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotpatch_cli.documents.files import parse
from hotpatch_cli.inputs.inventory import reader as inventory
from hotpatch_cli.inputs.join import join
from hotpatch_cli.inputs.source import SourceData

GROUPS = "/subscriptions/0/resourceGroups/{}/providers/Microsoft.Compute/virtualMachines/{}"
IMAGE = {
    "publisher": "MicrosoftWindowsServer",
    "offer": "WindowsServer",
    "sku": "2025-datacenter-azure-edition-core",
}


def vm(name: str = "web01", group: str = "rg", **more: Any) -> dict[str, Any]:
    """A VM that is ready, as REST lists it; `more` changes its windowsConfiguration or its
    properties.
    """
    settings = {
        "provisionVMAgent": True,
        "timeZone": more.pop("timeZone", "UTC"),
        "patchSettings": {
            "patchMode": more.pop("patchMode", "AutomaticByPlatform"),
            "enableHotpatching": True,
        },
    }
    return {
        "id": GROUPS.format(group, name),
        "name": name,
        "type": "Microsoft.Compute/virtualMachines",
        "location": "uksouth",
        "properties": {
            "storageProfile": {"imageReference": IMAGE},
            "osProfile": {"computerName": f"{name}-host", "windowsConfiguration": settings},
        }
        | more,
    }


def seen(build: str) -> dict[str, Any]:
    """The instance view in which Resource Graph tells the running build."""
    return {"extended": {"instanceView": {"osVersion": build}}}


def one(rest: str = "", name: str = "web01") -> str:
    """An inventory of one machine."""
    return f"machines:\n- {{name: {name}, platform: azure{rest}}}\n"


def check(hotpatch: Any, *sources: Any, options: tuple[str, ...] = ()) -> Any:
    """The report on sources: exports as JSON values in 0.json and so on, inventories as text in
    1.yaml and so on.
    """
    names = []
    for n, each in enumerate(sources):
        text, suffix = (
            (each, "yaml") if isinstance(each, str) else (json.dumps(each, indent=1), "json")
        )
        names.append(hotpatch.write(f"{n}.{suffix}", text))
    return hotpatch("check", *names, "-f", "json", "--as-of", "2025-12-15", *options)


def reasons(machine: dict[str, Any]) -> dict[str, Any]:
    """The reasons of a machine by code."""
    return {reason["code"]: reason for reason in machine["reasons"]}


WINDOW = "windows: {sat: {days: [Sat], start: 22:00, duration: 4h}}\n"


@pytest.mark.parametrize("order", [1, -1], ids=["export first", "inventory first"])
@pytest.mark.parametrize(
    "key", ["name: WEB01", "name: web01-host", f"name: x, id: {GROUPS.format('RG', 'WEB01')}"]
)
def test_an_inventory_adds_to_an_exported_machine(hotpatch: Any, key: str, order: int) -> None:
    """Windows, groups, rings and a zone come to the exported machine by its name, its computer name
    or its id.
    """
    own = (
        f"{WINDOW}groups: {{web: {{}}}}\nrings: [{{name: broad}}]\n"
        f"machines: [{{{key}, platform: azure, window: sat, groups: [web], ring: broad, "
        "timezone: UTC}]"
    )
    done = check(hotpatch, *[[vm()], own][::order])
    machine = next(iter(done.machines.values()))
    assert len(done.machines) == 1
    assert machine["verdict"] == "ready"
    assert machine["next_reboot"]["window"]["name"] == "sat"


def test_two_exports_of_one_machine_complete_each_other(hotpatch: Any) -> None:
    """`az vm list` has the settings, Resource Graph the running build: together they are one
    machine on its track.
    """
    graph = {
        "data": [vm(**seen("10.0.26100.7392")) | {"type": "microsoft.compute/virtualmachines"}]
    }
    machine = check(hotpatch, [vm()], graph).machines["web01"]
    assert (machine["verdict"], machine["track"]["state"]) == ("ready", "current")


def test_the_order_is_that_of_the_sources(hotpatch: Any) -> None:
    """Machines stand in the order in which the files, first to last, have them."""
    done = check(
        hotpatch,
        one(name="z") + "- {name: web02, platform: azure}",
        [vm("a"), vm("web02"), vm("b")],
    )
    assert list(done.machines) == ["z", "web02", "a", "b"]


CONTRADICTIONS = [
    (", patching: {mode: Manual}", {}, "patching.mode", "AutomaticByPlatform", "Manual", "HP404"),
    (
        ", build: 26100.7178",
        seen("10.0.26100.7392"),
        "build",
        "10.0.26100.7392",
        "26100.7178",
        None,
    ),
    (", timezone: Europe/Stockholm", {}, "timezone", "UTC", "Europe/Stockholm", None),
    (
        ", image: a:b:c",
        {},
        "image",
        "MicrosoftWindowsServer:WindowsServer:" + IMAGE["sku"],
        "a:b:c",
        "HP401",
    ),
    (", region: westeurope", {}, "region", "uksouth", "westeurope", None),
]


@pytest.mark.parametrize(("own", "theirs", "field", "first", "second", "missing"), CONTRADICTIONS)
def test_a_contradiction_is_told_and_nothing_is_chosen(  # noqa: PLR0917  a row of the table
    hotpatch: Any,
    own: str,
    theirs: dict[str, Any],
    field: str,
    first: str,
    second: str,
    missing: str | None,
) -> None:
    """HP414 says who says what, standard error says it too, and a fact that decides is unknown."""
    done = check(hotpatch, [vm(**theirs)], one(own))
    machine = done.machines["web01"]
    said = [each["observed"] for each in reasons(machine)["HP414"]["evidence"]]
    assert said == [f"{first} in 0.json", f"{second} in 1.yaml"]
    assert (
        f"Sources conflict: web01: {field} is {first} in 0.json and {second} in 1.yaml." in done.err
    )
    assert machine["verdict"] == ("unknown" if missing else "ready")
    assert missing is None or missing in reasons(machine)


@pytest.mark.parametrize(
    ("prefer", "verdict"),
    [("inventory", "action-required"), ("azure-vms", "ready"), ("0.json", "ready")],
)
def test_the_preferred_source_decides(hotpatch: Any, prefer: str, verdict: str) -> None:
    """--prefer takes the value of a reader or of a file, and says how often it decided."""
    done = check(hotpatch, [vm()], one(", patching: {mode: Manual}"), options=("--prefer", prefer))
    assert done.machines["web01"]["verdict"] == verdict
    assert "HP414" not in reasons(done.machines["web01"])
    assert f"Sources conflict on 1 fact. Resolved with --prefer {prefer}." in done.err


def test_a_preference_for_nothing_is_refused(hotpatch: Any) -> None:
    """--prefer takes a reader or a file of the call; another word is code 2."""
    done = check(hotpatch, [vm()], one(), options=("--prefer", "inventry"))
    assert done.code == 2
    assert "inventory" in done.err


AGREEMENTS = [
    (", build: 26100.7392", seen("10.0.26100.7392"), "current"),
    (", build: 26100", seen("10.0.26100.7392"), "current"),
    (", build: 26100.7392", seen("10.0.26100"), "current"),
    (", os: Windows Server 2025, build: 26100.7392", {}, "current"),
    (f", image: {':'.join(IMAGE.values()).upper()}:1.2.3, build: 26100.7392", {}, "current"),
    (
        ", region: UK South, timezone: Europe/London, build: 26100.7392",
        {"timeZone": "GMT Standard Time"},
        "current",
    ),
]


@pytest.mark.parametrize(("own", "theirs", "state"), AGREEMENTS)
def test_other_words_for_the_same_are_no_contradiction(
    hotpatch: Any, own: str, theirs: dict[str, Any], state: str
) -> None:
    """A build with or without its revision, letter case, spaces and another name of a zone
    contradict nothing.
    """
    machine = check(hotpatch, [vm(**theirs)], one(own)).machines["web01"]
    assert "HP414" not in reasons(machine)
    assert machine["track"]["state"] == state


def test_lists_are_added_to_each_other(hotpatch: Any) -> None:
    """KBs of two inventories and exports are all installed; none contradicts another."""
    machine = check(hotpatch, [vm(**seen("10.0.26100.6905"))], one(", kbs: [KB5070893]")).machines[
        "web01"
    ]
    assert (machine["track"]["state"], "HP304" in reasons(machine)) == ("behind", False)


def test_a_name_of_two_machines_is_refused(hotpatch: Any) -> None:
    """A name that two exported machines have does not tell which is meant: code 2, with both
    groups.
    """
    done = check(hotpatch, [vm(group="g1"), vm(group="g2")], one())
    assert (done.code, done.out) == (2, "")
    assert "1.yaml:2:10: 2 machines are named 'web01' (in 'g1', 'g2'). Specify the `id`" in done.err


TWINS = """machines:
  - {name: WEB01, platform: arc, os: Windows Server 2025 Datacenter}
  - {name: web01, platform: arc, os: Windows Server 2025 Standard}
"""


@pytest.mark.parametrize("others", [(), ("other.csv",), ("builds.csv",)], ids=str)
def test_two_spellings_in_one_source_are_two_machines(
    hotpatch: Any, others: tuple[str, ...]
) -> None:
    """Alone and with other sources, WEB01 and web01 of one inventory are two machines, and a source
    that has both spellings means the one that it spells alike.
    """
    hotpatch.write("fleet.yaml", TWINS)
    hotpatch.write("other.csv", "name,platform,os\nsrv,arc,Windows Server 2025 Datacenter\n")
    hotpatch.write(
        "builds.csv", "name,platform,build\nweb01,arc,26100.1742\nWEB01,arc,26100.7392\n"
    )
    for files in (("fleet.yaml", *others), (*others, "fleet.yaml")):
        machines = _judged(hotpatch, *files)
        assert {"WEB01", "web01"} <= set(machines)
        if "builds.csv" in files:
            assert _build(machines["WEB01"]) == "26100.7392"
            assert _build(machines["web01"]) == "26100.1742"


def _judged(hotpatch: Any, *files: str) -> dict[str, Any]:
    done = hotpatch("check", *files, "--as-of", "2026-03-01", "-f", "json")
    return dict(done.machines)


def _build(machine: dict[str, Any]) -> str:
    return str(machine["track"]["installed"]["build"])


def test_a_name_that_is_one_of_two_spellings_is_refused(hotpatch: Any) -> None:
    """Web01 may be WEB01 or web01 of another source: nothing is chosen, in either order."""
    hotpatch.write("fleet.yaml", TWINS)
    hotpatch.write("builds.csv", "name,platform,build\nWeb01,arc,20348.4529\n")
    for files in (("fleet.yaml", "builds.csv"), ("builds.csv", "fleet.yaml")):
        done = hotpatch("check", *files, "--as-of", "2026-03-01")
        assert done.code == 2
        assert "Web01" in done.err


def test_other_letters_between_sources_are_one_machine(hotpatch: Any) -> None:
    """A name of Windows is the same in any letter case."""
    hotpatch.write("fleet.yaml", TWINS.replace("  - {name: web01", "  - {name: db01"))
    hotpatch.write("builds.csv", "name,platform,build\nweb01,arc,26100.7392\n")
    machines = hotpatch(
        "check", "fleet.yaml", "builds.csv", "--as-of", "2026-03-01", "-f", "json"
    ).machines
    assert set(machines) == {"WEB01", "db01"}
    assert _build(machines["WEB01"]) == "26100.7392"


def test_a_contradiction_on_the_platform_is_refused(hotpatch: Any) -> None:
    """Rules differ by platform: sources that name two are code 2, unless one is preferred."""
    own = "machines: [{name: web01, platform: arc}]"
    done = check(hotpatch, [vm()], own)
    assert (done.code, done.out) == (2, "")
    assert "Sources conflict: platform is azure in 0.json and arc in 1.yaml" in done.err
    assert (
        check(hotpatch, [vm()], own, options=("--prefer", "azure-vms")).machines["web01"][
            "platform"
        ]
        == "azure"
    )


def test_a_value_stands_where_the_believed_source_has_it(hotpatch: Any) -> None:
    """The place of a reason is in the file that said the fact."""
    machine = check(hotpatch, [vm(patchMode="Manual")], one(", build: 26100.7178")).machines[
        "web01"
    ]
    assert reasons(machine)["HP202"]["location"]["file"] == "0.json"
    assert reasons(machine)["HP303"]["location"] == {"file": "1.yaml", "line": 2, "column": 41}


def test_many_contradictions_are_ten_lines_and_a_count(hotpatch: Any) -> None:
    """Standard error shows ten contradictions and counts the rest; the report has them all."""
    names = [f"w{n}" for n in range(30)]
    own = "machines:\n" + "".join(
        f"- {{name: {name}, platform: azure, timezone: Asia/Tokyo}}\n" for name in names
    )
    done = check(hotpatch, [vm(name) for name in names], own)
    assert done.err.count("Sources conflict: ") == 10
    assert "... and 20 more conflicts" in done.err
    assert all("HP414" in reasons(machine) for machine in done.machines.values())


def test_members_learn_from_their_scale_set(hotpatch: Any) -> None:
    """A member of a flexible set has the application health of its set, which stands in another
    file.
    """
    scale_set = GROUPS.format("rg", "set").replace("virtualMachines", "virtualMachineScaleSets")
    health = {"properties": {"type": "ApplicationHealthWindows"}}
    model = {
        "id": scale_set,
        "name": "set",
        "type": "Microsoft.Compute/virtualMachineScaleSets",
        "properties": {
            "orchestrationMode": "Flexible",
            "virtualMachineProfile": {"extensionProfile": {"extensions": [health]}}
            | vm()["properties"],
        },
    }
    member = vm(virtualMachineScaleSet={"id": scale_set.upper()})
    assert "HP212" in reasons(check(hotpatch, [member]).machines["web01"])
    assert "HP212" not in reasons(check(hotpatch, [member], [model]).machines["web01"])


FACTS = st.fixed_dictionaries(
    {"name": st.sampled_from(["a", "b", "c"])},
    optional={
        "build": st.sampled_from(["26100.7392", "26100.7178", "26100"]),
        "region": st.sampled_from(["uksouth", "westeurope"]),
        "kbs": st.lists(st.sampled_from(["KB5070893", "KB5070881"]), unique=True),
        "timezone": st.sampled_from(["UTC", "Europe/Stockholm", "W. Europe Standard Time"]),
    },
)


def _reading(machines: list[dict[str, Any]], reader: str) -> SourceData:
    rows = [each | {"platform": "azure"} for each in machines]
    reading = inventory.READER.read(parse(f"{reader}.json", json.dumps({"machines": rows})))
    reading.reader = reading.file = reader
    return reading


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(FACTS, max_size=3, unique_by=lambda each: each["name"]), min_size=2, max_size=3
    )
)
def test_joining_loses_nothing_and_invents_nothing(sources: list[list[dict[str, Any]]]) -> None:
    """Every name is one machine; a fact is what all said of it, and is told as disputed where they
    differ.
    """
    joined = join([_reading(each, f"reader-{n}") for n, each in enumerate(sources)])
    said = [row for source in sources for row in source]
    assert sorted(machine.name for machine in joined.machines) == sorted(
        {row["name"] for row in said}
    )
    for machine in joined.machines:
        mine = [row for row in said if row["name"] == machine.name]
        regions = {row["region"] for row in mine if "region" in row}
        assert machine.facts.region == (next(iter(regions)) if len(regions) == 1 else None)
        assert (len(regions) > 1) is any(
            ("field", "region") in each.values for each in machine.disputes
        )
        assert set(machine.facts.kbs) == {kb for row in mine for kb in row.get("kbs", ())}
