"""`hotpatch windows lint`: each limit of the platform that runs a window, where it breaks and where
it just holds.
"""

import json
import re
from typing import Any

import jsonschema
import pytest

from hotpatch_cli.knowledge.limits import load_limits
from hotpatch_cli.knowledge.load import load_rules
from hotpatch_cli.outputs.schemas import SCHEMAS
from tests.conftest import Done, Hotpatch
from tests.inputs.test_configurations import SUBSCRIPTION, VM, assignment, configuration

READY = "os: Windows Server 2025 Datacenter, timezone: Europe/Stockholm"
AS_OF = ("--as-of", "2026-02-01")


def lint(hotpatch: Hotpatch, content: Any, *options: str, name: str = "mc.json") -> Done:
    """`windows lint` of one file."""
    text = content if isinstance(content, str) else json.dumps(content, indent=1)
    return hotpatch("windows", "lint", hotpatch.write(name, text), *AS_OF, "-f", "json", *options)


LIMITS = load_limits()


def broken(done: Done) -> list[str]:
    """The names of the limits that are broken; the exit code says whether one is more than a note.

    HP504 is left out: tests of its own are about it.
    """
    assert done.code in (0, 1), done.err
    findings = done.json["findings"]
    jsonschema.validate(done.json, SCHEMAS["lint"]())
    levels = [each["level"] for each in findings]
    assert done.code == any(level != "note" for level in levels), levels
    summary = done.json["summary"]
    assert summary["findings"] == len(findings)
    assert [summary[f"{level}s"] for level in ("error", "warning", "note")] == [
        levels.count(level) for level in ("error", "warning", "note")
    ]
    return [each["limit"]["name"] for each in findings if each["code"] == "HP503"]


SKIPPED = {"startDateTime": "2026-10-04 02:30", "timeZone": "AUS Eastern Standard Time"}
WINDOWS: list[tuple[dict[str, Any], list[str]]] = [
    ({}, []),
    ({"duration": "01:30"}, []),
    ({"duration": "01:29"}, ["shortest"]),
    ({"duration": "03:55"}, []),
    ({"duration": "03:56"}, ["longest"]),
    ({"duration": "00:24"}, ["shortest", "needed"]),
    ({"duration": "00:25"}, ["shortest"]),
    ({"duration": "3:00"}, ["duration-format"]),
    ({"duration": "3h"}, ["duration-format"]),
    ({"duration": "24:00"}, ["duration-format", "longest"]),
    ({"recurEvery": "6Hours"}, []),
    ({"recurEvery": "5Hours"}, ["repeat"]),
    ({"recurEvery": "Hour", "duration": "01:30"}, ["readable", "repeat"]),
    ({"startDateTime": "2026-01-03 23:44"}, []),
    ({"startDateTime": "2026-01-03 23:45"}, ["late-start"]),
    ({"startDateTime": "2026-01-03 23:59"}, ["late-start"]),
    ({"startDateTime": "2026-01-03 00:00"}, []),
    ({"startDateTime": "2026-01-03 05:50", "recurEvery": "6Hours"}, ["late-start"]),
    ({"startDateTime": "2026-02-01 22:00"}, ["start-soon"]),
    ({"startDateTime": "2026-02-02 00:00"}, []),
    ({"startDateTime": "2026-01-31 22:00"}, []),
    ({"startDateTime": "2026-01-03T22:00"}, ["moment-format"]),
    ({"startDateTime": "2026-01-03 22:00:00"}, ["moment-format"]),
    ({"startDateTime": "2026-01-03T22:00:00Z"}, ["moment-format"]),
    ({"startDateTime": "tomorrow"}, ["moment-format"]),
    ({"startDateTime": "2026-02-30 22:00"}, ["readable"]),
    ({"startDateTime": None}, ["readable"]),
    ({"expirationDateTime": "9999-12-31 23:59:59"}, []),
    ({"expirationDateTime": "31.12.2026"}, ["moment-format"]),
    (SKIPPED, ["skipped-start"]),
    (SKIPPED | {"startDateTime": "2026-10-04 01:59"}, []),
    (SKIPPED | {"startDateTime": "2026-10-04 02:00"}, ["skipped-start"]),
    (SKIPPED | {"startDateTime": "2026-10-04 03:00"}, []),
    (SKIPPED | {"startDateTime": "2026-10-05 02:30"}, []),
    (SKIPPED | {"timeZone": "E. Australia Standard Time"}, []),
    (SKIPPED | {"timeZone": None}, []),
    ({"recurEvery": "Month"}, ["month-day"]),
    ({"recurEvery": "3Months"}, ["month-day"]),
    ({"recurEvery": "1Month"}, ["month-day"]),
    ({"recurEvery": "3Months day5"}, []),
    ({"recurEvery": "3Months Third Saturday"}, []),
    ({"recurEvery": "Week"}, []),
    ({"recurEvery": "Month Second,Fourth Tuesday"}, ["one-weekday"]),
    ({"recurEvery": "Month Second Tuesday,Friday"}, ["one-weekday"]),
    ({"recurEvery": "Month day1,day15"}, []),
    ({"recurEvery": "Month Second Tuesday Offset6"}, []),
    ({"recurEvery": "Month Second Tuesday Offset7"}, ["offset"]),
    ({"recurEvery": "Month Second Tuesday Offset-7"}, ["offset"]),
    ({"timeZone": "Europe/Stockholm"}, ["zone"]),
    ({"timeZone": "Etc/UTC"}, ["zone"]),
    ({"timeZone": "UTC"}, []),
    ({"timeZone": "w. europe standard time"}, []),
    ({"timeZone": "Stockholm Standard Time"}, ["zone"]),
    ({"expirationDateTime": "2026-02-02 00:00"}, []),
    ({"expirationDateTime": "2026-02-01 00:00"}, ["expired"]),
    ({"recurEvery": "Fortnight"}, ["readable"]),
    ({"duration": "soon", "timeZone": "Stockholm time"}, ["duration-format", "zone"]),
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
        limit = LIMITS[each["limit"]["name"]]
        assert (each["code"], each["name"], each["level"], each["window"]) == (
            "HP503",
            "window-rule",
            limit.level,
            "nights",
        )
        assert each["observed"]
        assert each["answer"] == limit.answer
        assert each["limit"]["expected"] in each["message"]
        assert each["observed"] in each["message"]
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
    assert broken(done) == ["overlap"]
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


RULES = {
    "patch_tuesday: 11": [],
    "patch_tuesday: 9": [],
    "patch_tuesday: 27": ["offset"],
    "azure: Month Second Tuesday Offset9": [],
    "azure: Month Last Sunday Offset9": ["offset"],
    "azure: Month, from: 2026-01-05": [],
    "days: [Sat], exdates: [2026-12-26]": ["recurrence"],
    "rrule: FREQ=MONTHLY;BYDAY=2TU": [],
    "rrule: FREQ=MONTHLY;BYDAY=2TU;COUNT=50, from: 2026-01-05": ["recurrence"],
    "rrule: FREQ=MONTHLY;BYMONTHDAY=-1": ["recurrence"],
    "days: [Sat], timezone: Antarctica/Troll": ["zone"],
    "days: [Sat], timezone: Europe/Stockholm": [],
    "days: [Sat], timezone: W. Europe Standard Time": [],
}


@pytest.mark.parametrize("rule", RULES)
def test_lint_and_export_agree_on_an_inventory(hotpatch: Hotpatch, rule: str) -> None:
    """A window of an inventory is a finding exactly where an export refuses it."""
    window = f"{rule}, start: 22:00, duration: 3h, runner: azure-update-manager"
    text = INVENTORY.format(window=window, machine=f"platform: arc, {READY}")
    assert broken(lint(hotpatch, text, name="fleet.yaml")) == RULES[rule]
    file = hotpatch.write("fleet.yaml", text)
    done = hotpatch("windows", "export", file, "--from", "2026-02-01", "--location", "x")
    assert done.code == bool(RULES[rule]), done.err


# --- the patch mode, and names ----------------------------------------

MODES: dict[str, tuple[dict[str, Any] | None, bool, list[str], list[str]]] = {
    "user": ({"InGuestPatchMode": "User"}, True, [], []),
    "platform": ({"InGuestPatchMode": "Platform"}, False, [], ["provider-patches"]),
    "letter case": ({"inGuestPatchMode": "user"}, True, [], []),
    "no mode": ({}, True, ["guest-mode"], ["guest-mode"]),
    "no properties": (None, True, ["guest-mode"], ["guest-mode"]),
    "another mode": ({"InGuestPatchMode": "Auto"}, True, ["guest-mode"], ["guest-mode"]),
    "neither": ({}, False, ["guest-mode"], ["guest-mode", "provider-patches"]),
    "platform and patches": (
        {"InGuestPatchMode": "Platform"},
        True,
        ["platform-patches"],
        ["platform-patches"],
    ),
    "user without patches": (
        {"InGuestPatchMode": "User"},
        False,
        ["no-patches"],
        ["provider-patches"],
    ),
}


def with_mode(properties: dict[str, Any] | None, installs: bool) -> Any:
    """A configuration with these extension properties, and with or without `installPatches`."""
    content = configuration()
    content["properties"]["extensionProperties"] = properties
    if not installs:
        del content["properties"]["installPatches"]
    return content


@pytest.mark.parametrize("name", MODES)
def test_what_azure_requires_of_the_patch_mode(hotpatch: Hotpatch, name: str) -> None:
    """With the scope InGuestPatch, a mode is required; Platform and patches exclude each other."""
    properties, installs, expected, _ = MODES[name]
    assert broken(lint(hotpatch, with_mode(properties, installs))) == expected


@pytest.mark.parametrize("name", MODES)
def test_what_the_provider_requires_of_the_patch_mode(hotpatch: Hotpatch, name: str) -> None:
    """The azurerm provider requires `install_patches` with each mode."""
    properties, installs, _, expected = MODES[name]
    plan = terraform()
    values = plan["planned_values"]["root_module"]["resources"][0]["values"]
    mode = next(iter((properties or {}).values()), None)
    values["in_guest_user_patch_mode"] = mode
    values["install_patches"] = [{"reboot": "IfRequired"}] if installs else []
    found = broken(lint(hotpatch, plan, name="plan.json"))
    assert sorted(found) == sorted(expected)


def test_the_provider_takes_the_mode_from_properties(hotpatch: Hotpatch) -> None:
    """`properties = {InGuestPatchMode = "User"}` is a mode as well."""
    plan = terraform()
    values = plan["planned_values"]["root_module"]["resources"][0]["values"]
    del values["in_guest_user_patch_mode"]
    values["properties"] = {"InGuestPatchMode": "User"}
    assert broken(lint(hotpatch, plan, name="plan.json")) == ["never-reboot"]


def test_a_mode_that_is_known_after_apply_is_no_finding(hotpatch: Hotpatch) -> None:
    """What a plan leaves open is not called missing."""
    plan = terraform()
    values = plan["planned_values"]["root_module"]["resources"][0]["values"]
    del values["in_guest_user_patch_mode"], values["install_patches"]
    change = plan["resource_changes"][0]["change"]
    change["after_unknown"] |= {"in_guest_user_patch_mode": True, "install_patches": True}
    assert broken(lint(hotpatch, plan, name="plan.json")) == []


def test_the_refused_mode_is_said_with_the_answer_of_azure(hotpatch: Hotpatch) -> None:
    """The finding has the field's line, Azure's answer, and the public threads."""
    content = with_mode({"InGuestPatchMode": "Platform"}, installs=True)
    (found,) = lint(hotpatch, content).json["findings"]
    lines = json.dumps(content, indent=1).splitlines()
    assert '"installPatches"' in lines[found["location"]["line"] - 1]
    assert "Patch configuration not supported for InGuestPatchMode = Platform" in found["answer"]
    assert [each["url"].rsplit("/", 1)[1] for each in found["threads"]] == [
        "7354",
        "azure-update-manager-azure-arc",
    ]


def test_a_window_of_the_platform_needs_no_flag(hotpatch: Hotpatch) -> None:
    """In the mode Platform, Azure patches a VM without the bypass flag; the mode User needs it."""
    vm = json.loads(json.dumps(VM))
    vm["properties"]["osProfile"]["windowsConfiguration"] = {
        "patchSettings": {"patchMode": "AutomaticByPlatform"}
    }
    platform = with_mode({"InGuestPatchMode": "Platform"}, installs=False)
    for content, expected in ((platform, []), (configuration(), ["not-run"])):
        done = lint(hotpatch, [vm, content, assignment("vm1")])
        assert [each["limit"]["name"] for each in done.json["findings"]] == expected


@pytest.mark.parametrize(
    ("name", "group", "expected"),
    [
        (63, 64, []),
        (64, 64, ["names-together"]),
        (127, 1, ["names-together"]),
        (126, 1, []),
        (128, 1, ["name-length"]),
        (1, 128, ["name-length"]),
        (128, 128, ["name-length"]),
    ],
)
def test_the_length_of_names(
    hotpatch: Hotpatch, name: int, group: int, expected: list[str]
) -> None:
    """Each name has fewer than 128 characters; whether both together is not documented."""
    assert broken(lint(hotpatch, configuration("n" * name, "g" * group))) == expected


# --- a schedule against its machines ----------------------------------------

RUN = f"{AUTOMATIC}, bypass_safety_checks: true"
AGAINST: dict[str, tuple[str, list[str]]] = {
    "run": (f"patching: {{{RUN}}}, window: w", []),
    "AutomaticByOS": ("patching: {mode: AutomaticByOS}, window: w", ["not-run"]),
    "Manual": ("patching: {mode: Manual}, window: w", ["not-run"]),
    "ImageDefault": ("patching: {mode: ImageDefault}, window: w", ["not-run"]),
    "no flag": (
        f"patching: {{{AUTOMATIC}, bypass_safety_checks: false}}, window: w",
        ["not-run"],
    ),
    "unknown": ("window: w", ["mode-unknown"]),
    "no schedule": (f"patching: {{{RUN}}}", ["no-schedule"]),
    "the owner's": ("patching: {mode: Manual}, window: o", []),
    "no window": ("patching: {mode: Manual}", []),
}


@pytest.mark.parametrize("name", AGAINST)
def test_a_schedule_that_a_machine_does_not_run(hotpatch: Hotpatch, name: str) -> None:
    """HP504 in both directions, with the machine's line, the rule's sentence, and the level of the
    rule.
    """
    machine, expected = AGAINST[name]
    text = (
        "windows:\n"
        "  w: {days: [Sat], start: 22:00, duration: 3h, runner: azure-update-manager}\n"
        "  o: {days: [Sun], start: 22:00, duration: 3h, runner: owner}\n"
        f"machines:\n  - {{name: m, {AZURE}, {machine}}}\n"
    )
    done = lint(hotpatch, text, name="fleet.yaml")
    assert broken(done) == []
    findings = done.json["findings"]
    assert [each["limit"]["name"] for each in findings] == expected
    rule = load_rules()["HP504"]
    for each in findings:
        assert (each["code"], each["name"], each["machine"]) == ("HP504", rule.name, "m")
        assert each["level"] == rule.level == LIMITS[each["limit"]["name"]].level
        assert each["location"]["line"] == 5
    file = hotpatch.write("fleet.yaml", text)
    table = hotpatch("windows", "lint", file, *AS_OF).out
    for each in findings:
        assert each["message"] in " ".join(table.split())


def test_notes_alone_pass(hotpatch: Hotpatch) -> None:
    """Advice is exit code 0, and counted in words."""
    file = hotpatch.write("mc.json", json.dumps(configuration(startDateTime="2026-01-03 23:50")))
    done = hotpatch("windows", "lint", file, *AS_OF)
    assert (done.code, done.err) == (0, "PASS: 1 finding (1 note) in 1 window.\n")
    assert "note window-rule (HP503) nights" in done.out
    assert "1 finding (1 note) in 1 window that Azure runs." in done.out


TWO = """
windows:
  a: {{{first}, runner: azure-update-manager}}
  b: {{{second}, runner: azure-update-manager}}
machines:
  - {{name: m, platform: arc, {ready}, window: [a, b]}}
"""
DAY = "azure: Day, timezone: Europe/Stockholm, duration: 2h"


@pytest.mark.parametrize(
    ("first", "second", "shared"),
    [
        (f"{DAY}, start: 20:00", f"{DAY}, start: 22:00", None),
        (f"{DAY}, start: 20:00", f"{DAY}, start: 21:59", "2026-02-01 from 21:59 to 22:00"),
        (f"{DAY}, start: 23:00", f"{DAY}, start: 00:00", "2026-02-02 from 00:00 to 01:00"),
        (
            f"{DAY}, start: 20:00, from: 2027-05-01",
            f"{DAY}, start: 20:30",
            "2027-05-01 from 20:30 to 22:00",
        ),
        (f"{DAY}, start: 20:00, until: 2026-05-01", f"{DAY}, start: 20:30, from: 2026-05-02", None),
        # The clocks of the two zones change on different days.
        (
            f"{DAY}, start: 20:00",
            "azure: Day, timezone: America/New_York, duration: 2h, start: 16:00",
            "2026-03-08 from 16:00 to 17:00",
        ),
        (
            "azure: Month day13, start: 20:00, duration: 2h",
            "azure: Month Second Friday, start: 20:00, duration: 2h",
            "2026-02-13 from 20:00 to 22:00",
        ),
    ],
)
def test_two_schedules_are_a_finding_only_where_they_meet(
    hotpatch: Hotpatch, first: str, second: str, shared: str | None
) -> None:
    """Consecutive windows don't meet; others do from the first day on which both are open."""
    text = TWO.format(first=first, second=second, ready=READY)
    done = lint(hotpatch, text, name="fleet.yaml")
    assert broken(done) == (["overlap"] if shared else [])
    for each in done.json["findings"]:
        assert shared
        assert shared in each["observed"]
        assert each["level"] == "warning"
        assert "after the first has finished" in each["answer"]


def test_two_of_three_schedules_meet_before_the_third_begins(hotpatch: Hotpatch) -> None:
    """A window that begins later doesn't hide that two others meet now."""
    text = TWO.format(first=f"{DAY}, start: 20:00", second=f"{DAY}, start: 21:00", ready=READY)
    third = "  c: {days: [Mon], from: 2030-01-01, start: 08:00, duration: 2h, runner: platform}\n"
    text = text.replace("machines:", f"{third}machines:").replace("[a, b]", "[c, a, b]")
    done = lint(hotpatch, text, name="fleet.yaml")
    assert broken(done) == ["overlap"]
    assert "a and b, both open on 2026-02-01 from 21:00" in done.json["findings"][0]["observed"]


def test_the_examples_of_the_rule_are_true(hotpatch: Hotpatch) -> None:
    """The wrong example of HP503 is found, the right one is clean."""
    rule = load_rules()["HP503"]
    assert broken(lint(hotpatch, rule.wrong, name="wrong.yaml")) == ["longest"]
    assert broken(lint(hotpatch, rule.right, name="right.yaml")) == []


OF_FLEETS = {"never-reboot", "overlap", "machines", "schedules", "azure-local", "recurrence"}
OF_MODES = {"guest-mode", "platform-patches", "provider-patches", "no-patches"}
OF_NAMES = {"name-length", "names-together"}
OF_MACHINES = {"not-run", "mode-unknown", "no-schedule"}
"""Limits that tests of their own raise."""


def test_no_limit_is_dead() -> None:
    """The tests raise every limit; each has a public source."""
    of_windows = {name for _, expected in WINDOWS for name in expected}
    of_scopes = {"scope-machines", "scopes-of-schedule", "scopes", "scope-tags", "scope-groups"}
    known = of_windows | OF_FLEETS | OF_MODES | OF_NAMES | OF_MACHINES | of_scopes
    assert LIMITS.keys() == known
    assert all(
        source.url and source.url.startswith("https://")
        for each in LIMITS.values()
        for source in (*each.source, *each.threads)
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
            "in_guest_user_patch_mode": "User",
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
    findings = [each for each in done.json["findings"] if each["code"] == "HP503"]
    for each, word in zip(findings, ("duration", "recur_every", "reboot"), strict=True):
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
    assert re.search(r"mc\.json:1:\d+: error window-rule \(HP503\) evil", done.out)
    assert "Expected a guest window of at most 3 h 55 min; found 5 h." in done.out
    assert LIMITS["longest"].answer in done.out
    assert "1 finding (1 error) in 1 window that Azure runs." in done.out
    assert done.err == "FAIL: 1 finding (1 error) in 1 window: window-rule (HP503).\n"


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
