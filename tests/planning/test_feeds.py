"""A plan as a calendar feed, and as maintenance configurations of Azure."""

import json
from typing import Any

import pytest
from icalendar import Calendar

from tests.azure_template import deployed

ENROLLED = (
    "arc: {status: Connected, hotpatch: Enabled, vbs: running, secure_boot: true, uefi: true}"
)
HEAD = f"""
defaults:
  platform: arc
  timezone: Europe/Stockholm
  region: swedencentral
  os: Windows Server 2025 Standard
  build: 26100.7392
  {ENROLLED}
  window: nights
  reboot_minutes: 30
windows:
  nights: {{days: [Sat, Sun], start: 22:00, duration: 3h}}
groups: {{sql: {{max_unavailable: 1}}}}
"""
GROUP = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/RG"
ARC = f"{GROUP}/providers/Microsoft.HybridCompute/machines/"
VM = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/"
IMAGE = "MicrosoftWindowsServer:WindowsServer:2025-datacenter-azure-edition-core:latest"
TWO = (
    f"machines: [{{name: a, groups: [sql], id: '{ARC}a'}}, "
    f"{{name: b, groups: [sql], id: '{ARC}b'}}]"
)


def planned(hotpatch: Any, body: str, *more: str) -> Any:
    """A plan of the January baseline."""
    return hotpatch(
        "plan", hotpatch.write("fleet.yaml", HEAD + body), "--as-of", "2025-12-15", *more
    )


def events(text: str) -> list[Any]:
    """The events of a feed."""
    return list(Calendar.from_ical(text).walk("VEVENT"))


def test_each_machine_has_an_event_at_its_restart(hotpatch: Any) -> None:
    """Start and end are those of the plan, and the event says window and reason."""
    found = events(planned(hotpatch, TWO, "-f", "ics").out)
    times = sorted(
        (str(each["SUMMARY"]), each["DTSTART"].dt.isoformat(), each["DTEND"].dt.isoformat())
        for each in found
    )
    assert [each[1:] for each in times] == [
        ("2026-01-17T21:00:00+00:00", "2026-01-17T21:30:00+00:00"),
        ("2026-01-17T21:30:00+00:00", "2026-01-17T22:00:00+00:00"),
    ]
    assert all("(baseline of 2026-01-13, forecast)" in each[0] for each in times)
    assert all("Window nights: Sat 2026-01-17 22:" in str(each["DESCRIPTION"]) for each in found)


def test_a_restart_keeps_its_identity_when_it_moves(hotpatch: Any) -> None:
    """The same plan is the same feed, byte for byte; a later restart has the same UID and a higher
    SEQUENCE.
    """
    first, again = (planned(hotpatch, TWO, "-f", "ics").out for _ in range(2))
    assert first == again
    later = planned(hotpatch, TWO, "-f", "ics", "--from", "2026-01-18").out
    before = {str(each["UID"]): int(each["SEQUENCE"]) for each in events(first)}
    after = {str(each["UID"]): int(each["SEQUENCE"]) for each in events(later)}
    assert before.keys() == after.keys()
    assert all(after[uid] > before[uid] for uid in before)


def test_a_group_has_one_event_a_night(hotpatch: Any) -> None:
    """By group there is one event from the first start to the last end, which names its
    machines.
    """
    planned(hotpatch, TWO, "-o", "plan.json")
    feed = ("feed", "plan", "plan.json", "fleet.yaml", "--as-of", "2025-12-15")
    (event,) = events(hotpatch(*feed, "--by", "group").out)
    assert str(event["SUMMARY"]) == "sql: 2 machines restart (baseline of 2026-01-13, forecast)"
    assert (event["DTEND"].dt - event["DTSTART"].dt).total_seconds() == 3600


def test_the_feed_of_a_written_plan_is_that_of_the_plan(hotpatch: Any) -> None:
    """`feed plan` reads the plan back and gives the same events as `plan -f ics`."""
    plain = planned(hotpatch, TWO, "-f", "ics")
    planned(hotpatch, TWO, "-o", "plan.json")
    done = hotpatch("feed", "plan", "plan.json", "fleet.yaml", "--as-of", "2025-12-15")
    assert (done.code, done.out) == (0, plain.out)
    alarmed = hotpatch(
        *("feed", "plan", "plan.json", "fleet.yaml", "--as-of", "2025-12-15", "--alarm", "1d")
    )
    assert [len(event.walk("VALARM")) for event in events(alarmed.out)] == [1, 1]


def test_a_plan_that_breaks_a_rule_has_no_feed(hotpatch: Any) -> None:
    """A start outside its window is refused with code 2, and the command that lists the rules."""
    planned(hotpatch, TWO, "-o", "plan.json")
    text = (hotpatch.folder / "plan.json").read_text(encoding="utf-8")
    hotpatch.write("plan.json", text.replace("2026-01-17T22:00", "2026-01-17T12:00"))
    done = hotpatch("feed", "plan", "plan.json", "fleet.yaml", "--as-of", "2025-12-15")
    assert (done.code, done.out) == (2, "")
    assert "hotpatch verify" in done.err


def azure(hotpatch: Any, body: str, *more: str) -> Any:
    """A plan for Azure."""
    return planned(hotpatch, body, "-f", "azure", *more)


def of_type(done: Any, kind: str) -> list[Any]:
    """The resources of a type, in all nested deployments, with their ids."""
    return [
        {**each, "id": f"{scope}/providers/{each['type']}/{each['name']}"}
        for scope, each in deployed(done.json)
        if each["type"] == f"Microsoft.Maintenance/{kind}"
    ]


def about(done: Any) -> Any:
    """What the template has no place for."""
    return done.json["metadata"]["hotpatch"]


def test_each_start_is_a_configuration_with_its_assignments(hotpatch: Any) -> None:
    """Two starts make two configurations in the zone's Windows name, each assigned to its machine
    by resource id.
    """
    done = azure(hotpatch, TWO)
    windows = [
        each["properties"]["maintenanceWindow"]
        for each in of_type(done, "maintenanceConfigurations")
    ]
    assert [each["startDateTime"] for each in windows] == ["2026-01-17 22:00", "2026-01-17 22:30"]
    assert {(each["duration"], each["timeZone"]) for each in windows} == {
        ("01:30", "W. Europe Standard Time")
    }
    assignments = of_type(done, "configurationAssignments")
    assert {each["properties"]["resourceId"] for each in assignments} == {f"{ARC}a", f"{ARC}b"}
    ids = {each["id"] for each in of_type(done, "maintenanceConfigurations")}
    assert {each["properties"]["maintenanceConfigurationId"] for each in assignments} == ids


def test_what_azure_may_overlap_is_told(hotpatch: Any) -> None:
    """A group that restarts one at a time could overlap in openings of 90 minutes: that is a
    warning.
    """
    done = azure(hotpatch, TWO)
    assert "more members of sql down at once than" in done.err
    assert any("sql" in each["message"] for each in about(done)["warnings"])


def test_a_configuration_opens_once(hotpatch: Any) -> None:
    """Read back as windows, the configurations of a plan open at its starts and never again."""
    done = azure(hotpatch, TWO)
    bodies = [*of_type(done, "maintenanceConfigurations")]
    bodies += of_type(done, "configurationAssignments")
    hotpatch.write("azure.json", json.dumps(bodies))
    fleet = (
        f"machines: [{{name: a, platform: arc, id: '{ARC}a'}}, "
        f"{{name: b, platform: arc, id: '{ARC}b'}}]"
    )
    hotpatch.write("bare.yaml", fleet)
    read = hotpatch(
        "windows",
        "list",
        "bare.yaml",
        "--windows",
        "azure.json",
        "--from",
        "2025-12-15",
        "-f",
        "json",
    )
    starts = sorted(each["start"] for each in read.json["openings"])
    assert starts == ["2026-01-17T22:00:00+01:00", "2026-01-17T22:30:00+01:00"]


@pytest.mark.parametrize(
    ("machine", "why"),
    [
        ("{name: x}", "resource id is missing"),
        ("{name: x, id: /subscriptions/s}", "`id`) isn't that of a virtual machine"),
        (f"{{name: x, id: '{ARC}x', region: null}}", "region is missing"),
        (
            f"{{name: x, platform: azure-local, image: '{IMAGE}'}}",
            "Azure Local",
        ),
    ],
)
def test_what_azure_cannot_run_is_named(hotpatch: Any, machine: str, why: str) -> None:
    """A machine that cannot be assigned is refused by name with the reason; the others are
    written.
    """
    done = azure(hotpatch, f"machines: [{{name: a, id: '{ARC}a'}}, {machine}]")
    assert [each["machine"] for each in about(done)["refused"]] == ["x"]
    assert why in about(done)["refused"][0]["reason"]
    assert f"x: not written for Azure: {about(done)['refused'][0]['reason']}." in done.err
    assert len(of_type(done, "configurationAssignments")) == 1


def test_hotpatch_machines_of_azure_are_marked(hotpatch: Any) -> None:
    """HP204: a schedule on a virtual machine that hotpatches may be refused by Azure. HP504:
    without the bypass flag, Azure doesn't run it.
    """
    vm = f"{{name: v, platform: azure, id: '{VM}v', image: '{IMAGE}', os: null, arc: null, "
    vm += "patching: {mode: AutomaticByPlatform, hotpatching: true, vm_agent: true}}"
    done = azure(hotpatch, f"machines: [{vm}]")
    warnings = [(each["machine"], each["code"]) for each in about(done)["warnings"]]
    assert warnings == [("v", "HP204"), ("v", "HP504")]
    assert "v: HP204" in done.err
    assert "v: HP504 Azure runs the window of this plan, but not on this VM." in done.err


def test_configurations_are_split_at_the_limit_of_azure(hotpatch: Any) -> None:
    """More than 3,000 machines at one start make two configurations."""
    machines = "".join(f"- {{name: m{number}, id: '{ARC}m{number}'}}\n" for number in range(3001))
    done = azure(hotpatch, f"machines:\n{machines}")
    sizes = [0, 0]
    names = [each["id"] for each in of_type(done, "maintenanceConfigurations")]
    assert len(names) == 2
    for each in of_type(done, "configurationAssignments"):
        sizes[names.index(each["properties"]["maintenanceConfigurationId"])] += 1
    assert sizes == [3000, 1]


def test_the_export_is_one_json_document(hotpatch: Any) -> None:
    """Written to a file it is whole, with the notes of the plan, and standard output stays
    empty.
    """
    done = azure(hotpatch, TWO, "-o", "out.json")
    assert done.out == ""
    written = json.loads((hotpatch.folder / "out.json").read_text(encoding="utf-8"))
    about = written["metadata"]["hotpatch"]
    assert about["schema_version"] == 1
    assert "The baseline of Tue 2026-01-13 is a forecast." in about["notes"]


def test_a_plan_and_its_windows_are_written_alike(hotpatch: Any) -> None:
    """Apart from when they open, the configurations of `plan` and of `windows export` are one."""
    (one, *_) = of_type(azure(hotpatch, TWO), "maintenanceConfigurations")
    export = ("windows", "export", "fleet.yaml", "--from", "2025-12-15", "--to", "azure", "-o", "-")
    other, *_ = hotpatch(*export).json["resources"]
    assert one.pop("id").endswith(one["name"])
    assert other["location"] == "[parameters('location')]"
    other["location"] = "swedencentral"
    for body in (one, other):
        window = body["properties"].pop("maintenanceWindow")
        assert {"startDateTime", "duration", "timeZone", "recurEvery"} <= window.keys()
        del body["name"]
    assert one == other


def test_a_restart_that_azure_cannot_run_is_code_4(hotpatch: Any) -> None:
    """The template has the others; without any other, nothing is written at all."""
    done = azure(hotpatch, f"machines: [{{name: a, id: '{ARC}a'}}, {{name: x}}]")
    assert done.code == 4
    assert "1 of 2 restarts not written for Azure" in done.err
    alone = azure(hotpatch, "machines: [{name: x}]", "-o", "azure.json")
    assert (alone.code, alone.out) == (4, "")
    assert "x: not written for Azure: its resource id is missing" in alone.err
    assert not (hotpatch.folder / "azure.json").exists()


def installs(done: Any) -> dict[str, Any]:
    """The mode of each configuration, and its updates, by machine."""
    found = {each["id"]: each["properties"] for each in of_type(done, "maintenanceConfigurations")}
    chosen = {}
    for each in of_type(done, "configurationAssignments"):
        properties = found[each["properties"]["maintenanceConfigurationId"]]
        mode = properties["extensionProperties"]["InGuestPatchMode"]
        updates = properties.get("installPatches", {}).get("windowsParameters")
        chosen[each["properties"]["resourceId"].rpartition("/")[2]] = (mode, updates)
    return chosen


def test_each_ring_installs_its_own_updates(hotpatch: Any) -> None:
    """`--install` names the updates of a ring, or of all others; each ring is a configuration."""
    rings = "rings: [{name: pilot}, {name: broad}]\n"
    machines = ", ".join(
        f"{{name: {ring[0]}, id: '{ARC}{ring[0]}', ring: {ring}}}" for ring in ("pilot", "broad")
    )
    body = f"{rings}machines: [{machines}]"
    done = azure(hotpatch, body, "--install", "pilot=KB5073379", "--install", "kb5073450")
    assert installs(done) == {
        "p": ("User", {"kbNumbersToInclude": ["KB5073379"]}),
        "b": ("User", {"kbNumbersToInclude": ["KB5073450"]}),
    }
    one = azure(hotpatch, body, "--install", "pilot=5073379")
    assert installs(one)["b"] == ("User", {"classificationsToInclude": ["Critical", "Security"]})


def test_azure_chooses_the_updates_of_machines_that_hotpatch(hotpatch: Any) -> None:
    """With `--install platform`, their configurations name no updates, and HP204 isn't in doubt."""
    vm = f"{{name: v, platform: azure, id: '{VM}v', image: '{IMAGE}', os: null, arc: null, "
    vm += "patching: {mode: AutomaticByPlatform, hotpatching: true, vm_agent: true}}"
    body = f"machines: [{vm}, {{name: a, id: '{ARC}a'}}]"
    done = azure(hotpatch, body, "--install", "platform", "--install", "KB5073379")
    assert installs(done) == {
        "v": ("Platform", None),
        "a": ("User", {"kbNumbersToInclude": ["KB5073379"]}),
    }
    assert "HP204" not in done.err


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("-f", "azure", "--install", "night=KB5073379"), "The fleet has no ring 'night'"),
        (("-f", "azure", "--install", "all"), "Specify a KB"),
        (("-f", "csv", "--install", "KB5073379"), "Use it with `--format azure`"),
    ],
)
def test_updates_that_cannot_be_installed_are_refused(
    hotpatch: Any, options: tuple[str, ...], why: str
) -> None:
    """An unknown ring, no KB, and another format are code 2."""
    done = planned(hotpatch, TWO, *options)
    assert (done.code, done.out) == (2, "")
    assert why in " ".join(done.err.split())
