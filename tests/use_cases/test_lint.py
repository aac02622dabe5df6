"""`hotpatch windows lint`: each limit of the platform that runs a window, where it breaks and where
it just holds.
"""

import json
import re
from typing import Any

import pytest

from hotpatch_cli.knowledge.limits import load_limits
from hotpatch_cli.knowledge.load import load_rules
from tests.conftest import Done, Hotpatch
from tests.inputs.test_configurations import SUBSCRIPTION, VM, assignment, configuration

READY = "os: Windows Server 2025 Datacenter, timezone: Europe/Stockholm"
AS_OF = ("--as-of", "2026-02-01")


def lint(hotpatch: Hotpatch, content: Any, *options: str, name: str = "mc.json") -> Done:
    """`windows lint` of one file."""
    text = content if isinstance(content, str) else json.dumps(content, indent=1)
    return hotpatch("windows", "lint", hotpatch.write(name, text), *AS_OF, "-f", "json", *options)


def broken(done: Done) -> list[str]:
    """The names of the limits that are broken; the exit code says whether there are any."""
    assert done.code in (0, 1), done.err
    names = [each["limit"]["name"] for each in done.json["findings"]]
    assert done.code == bool(names)
    assert done.json["summary"]["findings"] == len(names)
    return names


WINDOWS: list[tuple[dict[str, Any], list[str]]] = [
    ({}, []),
    ({"duration": "01:30"}, []),
    ({"duration": "01:29"}, ["shortest"]),
    ({"duration": "03:55"}, []),
    ({"duration": "03:56"}, ["longest"]),
    ({"duration": "00:24"}, ["shortest", "needed"]),
    ({"duration": "00:25"}, ["shortest"]),
    ({"recurEvery": "6Hours"}, []),
    ({"recurEvery": "5Hours"}, ["repeat"]),
    ({"recurEvery": "Hour", "duration": "01:30"}, ["readable", "repeat"]),
    ({"startDateTime": "2026-01-03 23:44"}, []),
    ({"startDateTime": "2026-01-03 23:45"}, ["late-start"]),
    ({"startDateTime": "2026-01-03 23:59"}, ["late-start"]),
    ({"startDateTime": "2026-01-03 00:00"}, []),
    ({"startDateTime": "2026-01-03 05:50", "recurEvery": "6Hours"}, ["late-start"]),
    ({"recurEvery": "Month Second Tuesday Offset6"}, []),
    ({"recurEvery": "Month Second Tuesday Offset7"}, ["offset"]),
    ({"recurEvery": "Month Second Tuesday Offset-7"}, ["offset"]),
    ({"expirationDateTime": "2026-02-02 00:00"}, []),
    ({"expirationDateTime": "2026-02-01 00:00"}, ["expired"]),
    ({"recurEvery": "Fortnight"}, ["readable"]),
    ({"duration": "soon", "timeZone": "Stockholm time"}, ["readable", "readable"]),
]


@pytest.mark.parametrize(("window", "expected"), WINDOWS)
def test_each_limit_of_a_window(
    hotpatch: Hotpatch, window: dict[str, Any], expected: list[str]
) -> None:
    """A limit is broken just beyond its number and holds at it."""
    assert sorted(broken(lint(hotpatch, configuration(**window)))) == sorted(expected)


@pytest.mark.parametrize(("window", "expected"), [each for each in WINDOWS if each[1]])
def test_a_finding_says_where_what_and_why(
    hotpatch: Hotpatch, window: dict[str, Any], expected: list[str]
) -> None:
    """File, line, column, limit, observation, remedy and a public source; the line holds the field
    that was changed.
    """
    lines = json.dumps(configuration(**window), indent=1).splitlines()
    for each in lint(hotpatch, configuration(**window)).json["findings"]:
        assert each["limit"]["name"] in expected
        assert (each["code"], each["name"], each["level"], each["window"]) == (
            "HP503",
            "window-rule",
            "error",
            "nights",
        )
        assert each["observed"]
        assert each["remedy"]
        assert each["source"].startswith("https://")
        place = each["location"]
        assert place["file"] == "mc.json"
        words = ("startDateTime", "duration", "recurEvery", "expirationDateTime", "timeZone")
        assert any(f'"{word}"' in lines[place["line"] - 1] for word in words)
        assert place["column"] > 1


def test_other_scopes_have_other_limits(hotpatch: Hotpatch) -> None:
    """A host's window is none of ours, whatever its length."""
    done = lint(hotpatch, [configuration(), configuration("hosts", scope="Host", duration="08:00")])
    assert broken(done) == []
    assert done.json["summary"]["windows"] == 1


@pytest.mark.parametrize(
    ("reboot", "expected"),
    [("NeverReboot", ["never-reboot"]), ("Never", ["never-reboot"])]
    + [(word, []) for word in ("IfRequired", "AlwaysReboot", "Always", None)],
)
def test_a_schedule_that_never_restarts(
    hotpatch: Hotpatch, reboot: str | None, expected: list[str]
) -> None:
    """Both spellings of the service; the next baseline is named."""
    content = configuration()
    content["properties"]["installPatches"]["rebootSetting"] = reboot
    done = lint(hotpatch, content)
    assert broken(done) == expected
    assert ("2026-04-14" in done.out) is bool(expected)


def test_a_machine_with_two_configurations(hotpatch: Hotpatch) -> None:
    """Told of the machine, with both names."""
    content = [
        VM,
        configuration(),
        configuration("more"),
        assignment("vm1"),
        assignment("vm1", name="more"),
    ]
    done = lint(hotpatch, content)
    assert broken(done) == ["one-schedule"]
    assert done.json["findings"][0]["machine"] == "vm1"
    assert done.json["findings"][0]["window"] == "nights, more"


def test_a_schedule_with_too_many_machines(hotpatch: Hotpatch) -> None:
    """3,000 are fine, 3,001 are not."""
    head = (
        "windows: {w: {days: [Sat], start: 22:00, duration: 3h, runner: "
        "azure-update-manager}}\nmachines:\n"
    )
    rows = [f"  - {{name: m{n}, platform: arc, {READY}, window: w}}\n" for n in range(3001)]
    assert broken(lint(hotpatch, head + "".join(rows[:-1]), name="a.yaml")) == []
    done = lint(hotpatch, head + "".join(rows), name="a.yaml")
    assert broken(done) == ["machines"]
    assert done.json["findings"][0]["observed"] == "3001 machines"


def test_too_many_schedules_in_a_region(hotpatch: Hotpatch) -> None:
    """250 are fine, the 251st is told."""
    content = [configuration(f"mc{n}") for n in range(251)]
    assert broken(lint(hotpatch, content[:-1])) == []
    done = lint(hotpatch, content)
    assert broken(done) == ["schedules"]
    assert done.json["findings"][0]["window"] == "mc250"


INVENTORY = """
windows:
  w: {{{window}}}
machines:
  - {{name: m, {machine}, window: w}}
"""
LONG = "days: [Sat], start: 22:00, duration: 5h"
AZURE = (
    f"platform: azure, {READY}, image: "
    f"MicrosoftWindowsServer:WindowsServer:2025-datacenter-azure-edition"
)
AUTOMATIC = "mode: AutomaticByPlatform, hotpatching: true"


@pytest.mark.parametrize(
    ("window", "machine", "expected"),
    [
        (f"{LONG}, runner: azure-update-manager", f"platform: arc, {READY}", ["longest"]),
        (f"{LONG}, runner: platform", f"platform: arc, {READY}", ["longest"]),
        (f"{LONG}, runner: owner", f"platform: arc, {READY}", []),
        (LONG, f"platform: arc, {READY}", []),
        (LONG, f"{AZURE}, patching: {{{AUTOMATIC}, bypass_safety_checks: true}}", ["longest"]),
        (LONG, f"{AZURE}, patching: {{{AUTOMATIC}, bypass_safety_checks: false}}", []),
        (
            f"{LONG}, runner: owner",
            f"{AZURE}, patching: {{{AUTOMATIC}, bypass_safety_checks: true}}",
            [],
        ),
        (
            "patch_tuesday: 9, start: 22:00, duration: 3h, runner: azure-update-manager",
            AZURE,
            ["offset"],
        ),
        (
            "days: [Sat], start: 22:00, duration: 3h, runner: azure-update-manager",
            f"{AZURE}, reboot_minutes: 200",
            ["needed"],
        ),
        (
            "days: [Sat], start: 22:00, duration: 3h, runner: azure-update-manager",
            f"platform: azure-local, {READY}",
            ["azure-local"],
        ),
        (
            "days: [Sat], start: 22:00, duration: 3h, runner: azure-update-manager",
            f"{AZURE}, build: 26100.7092, patching: {{{AUTOMATIC}, reboot: NeverReboot}}",
            ["never-reboot"],
        ),
    ],
)
def test_an_inventory_is_held_to_the_limits_of_who_runs_it(
    hotpatch: Hotpatch, window: str, machine: str, expected: list[str]
) -> None:
    """Limits of Azure hold only where Azure runs the window: by its runner, or by the machine's
    settings.
    """
    done = lint(hotpatch, INVENTORY.format(window=window, machine=machine), name="fleet.yaml")
    assert broken(done) == expected
    for each in done.json["findings"]:
        assert each["location"]["line"] in (3, 5)


def test_the_examples_of_the_rule_are_true(hotpatch: Hotpatch) -> None:
    """The wrong example of HP503 is found, the right one is clean."""
    rule = load_rules()["HP503"]
    assert broken(lint(hotpatch, rule.wrong, name="wrong.yaml")) == ["longest"]
    assert broken(lint(hotpatch, rule.right, name="right.yaml")) == []


OF_FLEETS = {"never-reboot", "one-schedule", "machines", "schedules", "azure-local"}
"""Limits that tests of their own raise."""


def test_no_limit_is_dead() -> None:
    """The tests raise every limit; each has a public source."""
    limits = load_limits()
    assert limits.keys() == {name for _, expected in WINDOWS for name in expected} | OF_FLEETS
    assert all(
        source.url and source.url.startswith("https://")
        for each in limits.values()
        for source in each.source
    )


# --- Terraform ----------------------------------------


def terraform(known: bool = False, **window: Any) -> Any:
    """A plan with a configuration, a VM and an assignment; before the apply their ids are not
    known.
    """
    usual = {
        "start_date_time": "2026-01-03 22:00",
        "expiration_date_time": None,
        "duration": "03:00",
        "time_zone": "W. Europe Standard Time",
        "recur_every": "1Week Saturday",
    }
    mc, vm = "azurerm_maintenance_configuration.nights", "azurerm_windows_virtual_machine.web"
    link = "azurerm_maintenance_assignment_virtual_machine.web"
    ids = {
        mc: f"{SUBSCRIPTION}/rg/providers/Microsoft.Maintenance/maintenanceConfigurations/nights",
        vm: f"{SUBSCRIPTION}/rg/providers/Microsoft.Compute/virtualMachines/web",
    }
    values: dict[str, Any] = {
        mc: {
            "name": "nights",
            "scope": "InGuestPatch",
            "window": [usual | window],
            "install_patches": [{"reboot": "Never"}],
        },
        vm: {"name": "web", "source_image_reference": [], "timezone": "UTC"},
        link: {"location": "westeurope"},
    }
    unknown: dict[str, Any] = {address: {"id": True} for address in (mc, vm)}
    unknown[link] = {"maintenance_configuration_id": True, "virtual_machine_id": True}
    if known:
        unknown = {}
        values[mc]["id"], values[vm]["id"] = ids[mc], ids[vm]
        values[link] |= {"maintenance_configuration_id": ids[mc], "virtual_machine_id": ids[vm]}
    resources = [
        {"address": address, "mode": "managed", "type": address.split(".")[0], "values": each}
        for address, each in values.items()
    ]
    expressions = {
        "maintenance_configuration_id": {"references": [f"{mc}.id", mc]},
        "virtual_machine_id": {"references": [f"{vm}.id", vm]},
    }
    return {
        "format_version": "1.2",
        "terraform_version": "1.9.0",
        "planned_values": {"root_module": {"resources": resources}},
        "resource_changes": [
            {"address": address, "change": {"after_unknown": each}}
            for address, each in unknown.items()
        ],
        "configuration": {
            "root_module": {"resources": [{"address": link, "expressions": expressions}]}
        },
    }


@pytest.mark.parametrize("known", [False, True], ids=["before apply", "applied"])
def test_a_terraform_plan_is_checked(hotpatch: Hotpatch, known: bool) -> None:
    """Its configuration is held to the limits, and its lines are named."""
    plan = terraform(known, duration="04:00", recur_every="Month Second Tuesday Offset8")
    done = lint(hotpatch, plan, name="plan.json")
    assert broken(done) == ["longest", "offset", "never-reboot"]
    lines = json.dumps(plan, indent=1).splitlines()
    for each, word in zip(
        done.json["findings"], ("duration", "recur_every", "reboot"), strict=True
    ):
        assert f'"{word}"' in lines[each["location"]["line"] - 1]


@pytest.mark.parametrize("known", [False, True], ids=["before apply", "applied"])
def test_a_terraform_plan_connects_its_machines(hotpatch: Hotpatch, known: bool) -> None:
    """The VM has the window that is assigned to it, by id or by reference."""
    name = hotpatch.write("plan.json", json.dumps(terraform(known)))
    done = hotpatch("windows", "list", name, "--from", "2026-02-01", "--next", "1", "-f", "json")
    assert done.code == 0, done.err
    assert [(each["machine"], each["window"]) for each in done.json["openings"]] == [
        ("azurerm_windows_virtual_machine.web", "nights")
    ]


def test_what_a_plan_leaves_open_is_no_finding(hotpatch: Hotpatch) -> None:
    """A start that is known only after apply is not called missing; the rest is still checked."""
    plan = terraform(duration="04:00")
    values = plan["planned_values"]["root_module"]["resources"][0]["values"]
    del values["window"][0]["start_date_time"]
    change = plan["resource_changes"][0]["change"]
    change["after_unknown"] = {"id": True, "window": [{"start_date_time": True}]}
    done = lint(hotpatch, plan, name="plan.json")
    assert broken(done) == ["longest", "never-reboot"]
    assert "startDateTime is known only after" in done.err


# --- output and bad input ----------------------------------------


NIGHTLY = """
windows: {{night: {{azure: Day, start: 22:00, duration: {duration}, timezone: UTC,
  runner: azure-update-manager}}}}
machines: [{{name: a, platform: azure, window: night}}]
"""


def test_files_that_share_names_are_checked_each_by_itself(hotpatch: Hotpatch) -> None:
    """Two inventories with another window and another machine of one name are no fleet, and still
    can be checked.
    """
    files = [
        hotpatch.write(f"{each}.yaml", NIGHTLY.format(duration=each)) for each in ("1h", "2h", "5h")
    ]
    done = hotpatch("windows", "lint", *files, *AS_OF, "-f", "json")
    assert broken(done) == ["shortest", "longest"]
    assert done.json["summary"]["windows"] == 3
    assert "Each file is checked alone" in done.err


def test_a_file_that_is_wrong_by_itself_stays_so(hotpatch: Hotpatch) -> None:
    """Nothing is checked where one of the files cannot be read."""
    files = [
        hotpatch.write("a.yaml", NIGHTLY.format(duration="1h")),
        hotpatch.write("b.yaml", "windows: ["),
    ]
    done = hotpatch("windows", "lint", *files, *AS_OF)
    assert (done.code, done.out) == (2, "")
    assert "b.yaml" in done.err


def test_the_table_says_the_same(hotpatch: Hotpatch) -> None:
    """Place, limit, observation, remedy and source; hostile names cannot write to the terminal."""
    content = configuration("evil\x1b[31m\nname", duration="05:00")
    file = hotpatch.write("mc.json", json.dumps(content))
    done = hotpatch("windows", "lint", file, *AS_OF)
    assert done.code == 1
    assert "\x1b" not in done.out + done.err
    assert re.search(r"mc\.json:1:\d+: [a-z-]+ \(HP503\) evil", done.out)
    assert "Expected a guest window of at most 3 h 55 min; found 5 h." in done.out
    assert "1 finding in 1 window that Azure runs." in done.out


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("machines: [{name: a, platform: arc}]", "No window was found"),
        ("windows: {w: {days: [Sat], start: 22:00}}", "has no duration"),
        ("[1, 2", ""),
        ('resource "azurerm_maintenance_configuration" "x" {}', ""),
    ],
)
def test_bad_input_is_code_2(hotpatch: Hotpatch, content: str, said: str) -> None:
    """Nothing to check is not clean."""
    done = lint(hotpatch, content, name="a.yaml")
    assert done.code == 2
    assert done.out == ""
    assert said in done.err
