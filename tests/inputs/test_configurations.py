"""Maintenance configurations of Azure as windows: `--windows FILE`, and as a source
beside others.
"""

import json
from typing import Any

import pytest

from tests.conftest import Done, Hotpatch

SUBSCRIPTION = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups"
FLEET = """
machines:
  - {name: a, platform: arc, timezone: Europe/Stockholm, window: nights}
"""


def configuration(
    name: str = "nights", group: str = "rg1", scope: str = "InGuestPatch", **window: Any
) -> Any:
    """A configuration as the service returns it; keywords replace fields of its window, None as
    null.
    """
    usual = {
        "startDateTime": "2026-01-03 22:00",
        "duration": "03:00",
        "timeZone": "W. Europe Standard Time",
        "recurEvery": "1Week Saturday",
    }
    return {
        "id": (
            f"{SUBSCRIPTION}/{group}/providers/Microsoft.Maintenance/"
            f"maintenanceConfigurations/{name}"
        ),
        "name": name,
        "location": "westeurope",
        "type": "Microsoft.Maintenance/maintenanceConfigurations",
        "properties": {
            "maintenanceScope": scope,
            "maintenanceWindow": usual | window,
            "installPatches": {"rebootSetting": "IfRequired"},
            "extensionProperties": {"InGuestPatchMode": "User"},
        },
    }


def assignment(machine: str, *, name: str = "nights", group: str = "rg1") -> Any:
    """The assignment of a configuration to an Azure VM."""
    vm = f"{SUBSCRIPTION}/{group}/providers/Microsoft.Compute/virtualMachines/{machine}"
    return {
        "id": f"{vm}/providers/Microsoft.Maintenance/configurationAssignments/x",
        "name": "x",
        "type": "Microsoft.Maintenance/configurationAssignments",
        "properties": {
            "maintenanceConfigurationId": configuration(name, group)["id"].upper(),
            "resourceId": vm.lower(),
        },
    }


def listed(
    hotpatch: Hotpatch, content: Any, *options: str, fleet: str = FLEET, begin: str = "2026-02-01"
) -> Done:
    """`windows list` of a fleet with a file of configurations."""
    file = hotpatch.write("mc.json", json.dumps(content, indent=1))
    inventory = hotpatch.write("fleet.yaml", fleet)
    return hotpatch(
        "windows", "list", inventory, "--windows", file, "--from", begin, "-f", "json", *options
    )


def starts(done: Done) -> list[str]:
    """The starts that were listed."""
    assert done.code == 0, done.err
    return [each["start"][:16] for each in done.json["openings"]]


def flattened(resource: Any) -> Any:
    """What az makes of a resource: no `properties`, and the window's fields on top."""
    properties = dict(resource["properties"])
    window = properties.pop("maintenanceWindow")
    return (
        {key: value for key, value in resource.items() if key != "properties"} | properties | window
    )


def table(resource: Any) -> Any:
    """What Resource Graph's table format makes of a resource."""
    columns = [{"name": key, "type": "string"} for key in resource]
    return {"data": {"columns": columns, "rows": [list(resource.values())]}}


@pytest.mark.parametrize(
    "wrap",
    [
        pytest.param(lambda each: each, id="bare"),
        pytest.param(lambda each: [each], id="list"),
        pytest.param(lambda each: {"value": [each]}, id="value"),
        pytest.param(lambda each: {"data": [each], "count": 1}, id="Resource Graph"),
        pytest.param(table, id="Resource Graph, table"),
        pytest.param(flattened, id="flattened by az"),
        pytest.param(
            lambda each: {key: each[key] for key in each if key not in ("id", "type")},
            id="no type, no id",
        ),
        pytest.param(
            lambda each: {"parameters": {}, "responses": {"200": {"body": each}}},
            id="the API's example",
        ),
    ],
)
def test_every_wrapping_is_read(hotpatch: Hotpatch, wrap: Any) -> None:
    """The window opens as the configuration says, whatever the export wraps it in."""
    assert starts(listed(hotpatch, wrap(configuration()), "--next", "2")) == [
        "2026-02-07T22:00",
        "2026-02-14T22:00",
    ]


@pytest.mark.parametrize(
    ("recurs", "expected"),
    [
        ("Day", ["2026-02-01T22:00", "2026-02-02T22:00"]),
        ("2Days", ["2026-02-02T22:00", "2026-02-04T22:00"]),
        ("1Weeks Tuesday", ["2026-02-03T22:00", "2026-02-10T22:00"]),
        ("3Weeks Tuesday,Sunday", ["2026-02-10T22:00", "2026-02-15T22:00"]),
        ("8Hours", ["2026-02-01T06:00", "2026-02-01T14:00"]),
        ("1Months day31", ["2026-03-31T22:00", "2026-05-31T22:00"]),
        ("Month", ["2026-02-03T22:00", "2026-03-03T22:00"]),
        ("2Months Third Monday Offset3", ["2026-03-19T22:00", "2026-05-21T22:00"]),
        ("1Month Third,Fourth Monday,Tuesday", ["2026-02-16T22:00", "2026-02-17T22:00"]),
        ("Month Last Sunday Offset-3", ["2026-02-19T22:00", "2026-03-26T22:00"]),
        ("35Month day1", ["2028-12-01T22:00"]),
    ],
)
def test_what_the_service_returns_opens(
    hotpatch: Hotpatch, recurs: str, expected: list[str]
) -> None:
    """Forms that the documentation has, and forms that only the service returns."""
    done = listed(hotpatch, configuration(recurEvery=recurs), "--until", "2029-01-01")
    assert starts(done)[: len(expected)] == expected


@pytest.mark.parametrize(
    ("expires", "last"),
    [
        ("2026-02-14 23:00", "2026-02-14T22:00"),
        ("2026-02-14 22:00", "2026-02-14T22:00"),
        ("2026-02-14 21:59", "2026-02-07T22:00"),
        ("2026-02-15 00:00", "2026-02-14T22:00"),
        ("9999-12-31 23:59:59", "2026-02-28T22:00"),
        (None, "2026-02-28T22:00"),
    ],
)
def test_it_does_not_open_once_it_has_expired(
    hotpatch: Hotpatch, expires: str | None, last: str
) -> None:
    """The last day is the day before where the expiration comes before that day's start."""
    done = listed(hotpatch, configuration(expirationDateTime=expires), "--until", "2026-02-28")
    assert starts(done)[-1] == last


@pytest.mark.parametrize(
    ("recurs", "expires", "said"),
    [
        (
            "6Hours",
            "2026-01-06 13:00",
            "expires on 2026-01-06 at 13:00, but a window ends with a whole day.",
        ),
        ("6Hours", "2026-01-06 13:00", "No opening on that day is included."),
        ("6Hours", "2026-01-03 23:00", "Every opening on that day is included."),
        ("6Hours", "2026-01-06 00:00", None),
        ("6Hours", "2026-01-06 23:59", None),
        ("6Hours", None, None),
        ("6Hours", "9999-12-31 23:59", None),
        ("Day", "2026-01-06 13:00", None),
    ],
)
def test_a_day_that_is_cut_is_told(
    hotpatch: Hotpatch, recurs: str, expires: str | None, said: str | None
) -> None:
    """An hour recurrence opens several times on the day on which it expires: what becomes of them
    is said.
    """
    content = configuration(
        startDateTime="2026-01-03 22:00", recurEvery=recurs, expirationDateTime=expires
    )
    done = listed(hotpatch, content)
    assert done.code == 0
    assert (said in done.err) if said else ("expires" not in done.err)


def test_without_a_zone_the_machine_rules(hotpatch: Hotpatch) -> None:
    """A null zone is the machine's, which is said."""
    done = listed(
        hotpatch,
        configuration(timeZone=None),
        "--next",
        "1",
        fleet=FLEET.replace("Stockholm", "Lisbon"),
    )
    assert done.json["openings"][0]["start"] == "2026-02-07T22:00:00+00:00"
    assert "nights has no timeZone" in done.err


@pytest.mark.parametrize(
    ("change", "field", "reason"),
    [
        (
            {"scope": "Host"},
            "maintenanceScope",
            "The scope is Host. Only InGuestPatch restarts guests",
        ),
        ({"recurEvery": "Fortnight"}, "recurEvery", "the Azure recurrence 'Fortnight' isn't valid"),
        ({"recurEvery": None}, "recurEvery", "`recurEvery` is missing"),
        ({"recurEvery": "1Hours"}, "recurEvery", "opens again after 1:00:00"),
        ({"timeZone": "W. Europe Standart Time"}, "timeZone", "W. Europe Standard Time"),
        ({"startDateTime": "2026-02-30 22:00"}, "startDateTime", "isn't a valid local time"),
        ({"startDateTime": None}, "startDateTime", "`startDateTime` is missing"),
        ({"duration": "03:99"}, "duration", "isn't a valid duration"),
        ({"expirationDateTime": "2025-12-31 00:00"}, "expirationDateTime", "before it starts"),
    ],
)
def test_what_cannot_be_a_window_is_refused_with_its_place(
    hotpatch: Hotpatch, change: dict[str, Any], field: str, reason: str
) -> None:
    """A file of nothing else is refused; the line is that of the field."""
    content = configuration(**change)
    done = listed(hotpatch, content)
    assert done.code == 2
    assert "'nights' can't be used as a window" in done.err
    assert reason.lower() in done.err.lower()
    lines = json.dumps(content, indent=1).splitlines()
    place = next((number for number, line in enumerate(lines, 1) if f'"{field}"' in line), None)
    assert f"mc.json:{place}:" in done.err


def test_a_refused_configuration_is_told_and_the_others_are_read(hotpatch: Hotpatch) -> None:
    """One that nobody uses is named with its reason; the fleet is listed."""
    content = [
        configuration(),
        configuration("hourly", recurEvery="1Hours"),
        configuration("hosts", scope="Host"),
    ]
    done = listed(hotpatch, content, "--next", "1")
    assert starts(done) == ["2026-02-07T22:00"]
    assert "'hourly' can't be used as a window. The window lasts 3:00:00" in done.err
    assert "ignored: hosts. The scope is Host. Only InGuestPatch restarts guests." in done.err


def test_a_machine_that_needs_a_refused_one_is_a_problem(hotpatch: Hotpatch) -> None:
    """The machine's line is named, and the reason."""
    content = [configuration("other"), configuration(scope="Host")]
    done = listed(hotpatch, content)
    assert done.code == 2
    assert "fleet.yaml:3:" in done.err
    assert "The scope is Host" in done.err


def test_two_of_one_name_are_told_apart_by_their_group(hotpatch: Hotpatch) -> None:
    """The plain name is nobody's then; the group makes it clear."""
    content = [configuration(), configuration(group="rg2", recurEvery="Week Sunday")]
    assert listed(hotpatch, content).code == 2
    fleet = FLEET.replace("nights", "rg2/nights")
    assert starts(listed(hotpatch, content, "--next", "1", fleet=fleet)) == ["2026-02-01T22:00"]


def test_a_scope_of_several_words_counts(hotpatch: Hotpatch) -> None:
    """The service returns "Host, InGuestPatch" too."""
    assert starts(listed(hotpatch, configuration(scope="Host, InGuestPatch"), "--next", "1"))


VM = {
    "name": "vm1",
    "id": f"{SUBSCRIPTION}/rg1/providers/Microsoft.Compute/virtualMachines/vm1",
    "type": "Microsoft.Compute/virtualMachines",
    "location": "westeurope",
    "properties": {
        "storageProfile": {"osDisk": {"osType": "Windows"}},
        "osProfile": {"windowsConfiguration": {"timeZone": "UTC"}},
    },
}


@pytest.mark.parametrize("apart", [False, True], ids=["one file", "three files"])
def test_assignments_connect_machines_and_windows(hotpatch: Hotpatch, apart: bool) -> None:
    """A machine has the windows that are assigned to it, by resource ids in any letter case, in any
    file.
    """
    parts = [VM, configuration(), configuration("more", recurEvery="Week Sunday")]
    parts += [assignment("vm1"), assignment("vm1", name="more")]
    files = [parts] if not apart else [[parts[0]], parts[1:3], parts[3:]]
    names = [
        hotpatch.write(f"{number}.json", json.dumps(each)) for number, each in enumerate(files)
    ]
    done = hotpatch("windows", "list", *names, "--from", "2026-02-01", "--next", "2", "-f", "json")
    assert done.code == 0, done.err
    found = [
        (each["machine"], each["window"], each["start"][:10]) for each in done.json["openings"]
    ]
    assert found == [("vm1", "more", "2026-02-01"), ("vm1", "nights", "2026-02-07")]


def test_assignments_that_lead_nowhere_are_told(hotpatch: Hotpatch) -> None:
    """To a configuration that is not there, or to a dynamic scope: nothing is guessed."""
    dynamic = assignment("x")
    dynamic["id"] = f"{SUBSCRIPTION}/rg1/providers/Microsoft.Maintenance/configurationAssignments/x"
    dynamic["properties"]["resourceId"] = f"{SUBSCRIPTION}/rg1"
    content = [VM, configuration(), assignment("vm1", name="gone"), dynamic]
    done = hotpatch(
        "check",
        hotpatch.write("all.json", json.dumps(content)),
        "-f",
        "json",
        "--as-of",
        "2026-02-01",
    )
    assert done.code in (0, 1, 3), done.err
    assert "1 assignment to configurations that no source contains: GONE." in done.err


def test_a_window_that_differs_from_the_inventory_is_a_problem(hotpatch: Hotpatch) -> None:
    """One name for two windows is never decided in silence."""
    fleet = FLEET + "windows:\n  nights: {days: [Sun], start: 22:00, duration: 3h}\n"
    done = listed(hotpatch, configuration(), fleet=fleet)
    assert done.code == 2
    assert "is defined differently in another file" in done.err


def test_converted_it_is_the_same_window(hotpatch: Hotpatch) -> None:
    """`convert` writes the window into the inventory, with the same openings."""
    content = configuration(
        duration="03:55", expirationDateTime="2026-04-01 00:00", recurEvery="2Weeks Saturday"
    )
    before = listed(hotpatch, content, "--until", "2026-12-31")
    done = hotpatch("convert", "fleet.yaml", "mc.json", "-o", "all.yaml")
    assert done.code == 0, done.err
    after = hotpatch(
        "windows", "list", "all.yaml", "--from", "2026-02-01", "--until", "2026-12-31", "-f", "json"
    )
    assert after.json == before.json


@pytest.mark.parametrize(
    "command", [("check", "fleet.yaml"), ("plan", "fleet.yaml", "--baseline", "2026-01")]
)
def test_other_commands_take_it_too(hotpatch: Hotpatch, command: tuple[str, ...]) -> None:
    """`check` and `plan` place the restart in the configuration's window."""
    hotpatch.write("mc.json", json.dumps(configuration()))
    facts = "os: Windows Server 2025 Standard, build: 26100.7092, pending: [{kind: driver}]"
    hotpatch.write("fleet.yaml", FLEET.replace("window: nights", f"window: nights, {facts}"))
    done = hotpatch(*command, "--windows", "mc.json", "--as-of", "2026-01-15", "-f", "json")
    assert "2026-01-17T22:00:00+01:00" in done.out, done.err


def test_a_file_that_is_none_is_refused(hotpatch: Hotpatch) -> None:
    """`--windows` with something else says what is expected."""
    hotpatch.write("mc.json", json.dumps([VM]))
    done = hotpatch("check", hotpatch.write("fleet.yaml", FLEET), "--windows", "mc.json")
    assert done.code == 2
    assert "no maintenance configuration" in done.err
