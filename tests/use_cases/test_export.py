"""`hotpatch windows export --to azure`: what is written opens as our windows do; what Azure cannot
say is named.
"""

import json
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hotpatch_cli.documents.json_text import parse_json
from hotpatch_cli.inputs.azure.maintenance import READER, window_of
from hotpatch_cli.inputs.fleet import load_fleet
from hotpatch_cli.knowledge.limits import load_limits
from hotpatch_cli.model import DynamicScope, Fleet
from hotpatch_cli.outputs.maintenance_json import window_template
from hotpatch_cli.schedule.day_rules import (
    DayRule,
    Weekdays,
    after_patch_tuesday,
    parse_azure,
    parse_rrule,
)
from hotpatch_cli.schedule.windows import Window, openings
from hotpatch_cli.schedule.zones import find_zone
from hotpatch_cli.use_cases.export import (
    Export,
    ExportOptions,
    WindowScope,
    export,
)
from tests.azure_template import deployed
from tests.conftest import Done, Hotpatch

LIMITS = load_limits()
DAY = date(2026, 2, 1)
ZONES = (
    "Europe/Stockholm",
    "America/New_York",
    "America/Sao_Paulo",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "Africa/Casablanca",
    "UTC",
)


def exported(window: Window, day: date = DAY) -> Export:
    """The export of one window without machines."""
    return export(
        Fleet((), windows={window.name: window}), LIMITS, day, ExportOptions("westeurope")
    )


def bodies(template: Any, kind: str = "maintenanceConfigurations") -> list[Any]:
    """The resources of a type in a template."""
    return [
        resource
        for _, resource in deployed(template)
        if resource["type"] == f"Microsoft.Maintenance/{kind}"
    ]


def read_back(found: Export) -> list[Window]:
    """What a reader of Azure's JSON makes of it."""
    document = parse_json("mc.json", json.dumps(bodies(window_template(found.configurations))))
    return [window_of(each) for each in READER.read(document).maintenance.configurations]


def spans(windows: list[Window], zone: str, years: int = 3) -> set[tuple[datetime, datetime]]:
    """When windows are open, in UTC, in the years from the day on."""
    here = find_zone(zone)
    begin = datetime.combine(DAY, time(), here)
    found = (
        each
        for window in windows
        for each in openings(window, here, begin, begin + timedelta(days=366 * years))
    )
    return {(each.start.astimezone(UTC), each.end.astimezone(UTC)) for each in found}


SAYABLE: list[tuple[DayRule, list[str]]] = [
    (Weekdays((5, 6)), ["Week Saturday,Sunday"]),
    (Weekdays(tuple(range(7))), ["Day"]),
    (after_patch_tuesday(0), ["Month Second Tuesday"]),
    (after_patch_tuesday(6), ["Month Second Tuesday Offset6"]),
    (after_patch_tuesday(11), ["Month Third Tuesday Offset4"]),
    (after_patch_tuesday(20), ["Month Fourth Tuesday Offset6"]),
    (after_patch_tuesday(-13), ["Month First Tuesday Offset-6"]),
    (parse_azure("3Days"), ["3Days"]),
    (parse_azure("2Weeks Monday,Friday"), ["2Weeks Monday,Friday"]),
    (parse_azure("Month day1,day31"), ["Month day1,day31"]),
    (parse_azure("Month Last Sunday Offset-3"), ["Month Last Sunday Offset-3"]),
    (parse_azure("Month First,Third Monday"), ["Month First Monday", "Month Third Monday"]),
    (parse_azure("8Hours"), ["8Hours"]),
    (parse_rrule("FREQ=WEEKLY;BYDAY=SA,SU"), ["Week Saturday,Sunday"]),
    (parse_rrule("FREQ=WEEKLY;INTERVAL=2;BYDAY=SA"), ["2Weeks Saturday"]),
    (parse_rrule("FREQ=MONTHLY;BYDAY=2TU,-1FR"), ["Month Last Friday", "Month Second Tuesday"]),
    (parse_rrule("FREQ=MONTHLY;BYMONTHDAY=1,15"), ["Month day1,day15"]),
    (
        parse_rrule("FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=12,13,14,15,16,17,18"),
        ["Month Second Tuesday Offset4"],
    ),
    (
        parse_rrule(["FREQ=WEEKLY;BYDAY=SA", "FREQ=MONTHLY;BYDAY=1WE"]),
        ["Week Saturday", "Month First Wednesday"],
    ),
]


@pytest.mark.parametrize(("rule", "expected"), SAYABLE, ids=lambda each: str(each)[:40])
def test_what_azure_can_say(rule: DayRule, expected: list[str]) -> None:
    """The recurrence in Azure's words, and the same openings when it is read back."""
    window = Window("w", rule, time(22), timedelta(hours=3), "Europe/Stockholm", DAY)
    found = exported(window)
    assert found.refused == ()
    said = [each.recurrence.text for each in found.configurations]
    assert said == expected
    assert spans(read_back(found), "Europe/Stockholm") == spans([window], "Europe/Stockholm")


RULES = st.sampled_from([rule for rule, _ in SAYABLE])
STARTS = st.times(time(0), time(23, 44)).map(
    lambda each: time(each.hour, each.minute)
)  # no text has a `fold`


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(
    rule=RULES,
    zone=st.sampled_from(ZONES),
    start=STARTS,
    minutes=st.integers(90, 235),
    begin=st.dates(date(2025, 1, 1), date(2026, 6, 30)),
    until=st.one_of(st.none(), st.dates(date(2027, 1, 1), date(2028, 12, 31))),
)
def test_what_is_written_opens_as_our_window_does(
    *, rule: DayRule, zone: str, start: time, minutes: int, begin: date, until: date | None
) -> None:
    """Over three years and all changes of the clocks: the same starts and ends, or a refusal."""
    window = Window("w", rule, start, timedelta(minutes=minutes), zone, begin, until)
    found = exported(window)
    if found.refused:
        assert "not between 23:45" in found.refused[0]  # an hour recurrence comes there too
        return
    assert spans(read_back(found), zone) == spans([window], zone)


@pytest.mark.parametrize(("hours", "start"), [(5, time(2)), (5, time(22)), (9, time(20))])
@pytest.mark.parametrize(
    "rule", [Weekdays((5,)), after_patch_tuesday(4), parse_azure("Day")], ids=str
)
def test_a_longer_window_is_split(rule: DayRule, hours: int, start: time) -> None:
    """Parts within the limits that follow each other and cover the same time, midnight or not."""
    window = Window("w", rule, start, timedelta(hours=hours), "UTC", DAY)
    found = exported(window)
    assert found.refused == ()
    assert any("split into" in note and "Azure runs only one" in note for note in found.notes)
    parts = read_back(found)
    assert all(
        timedelta(minutes=90) <= (each.duration or timedelta()) <= timedelta(minutes=235)
        for each in parts
    )
    joined: list[list[datetime]] = []
    for begin, end in sorted(spans(parts, "UTC")):
        if joined and joined[-1][1] == begin:
            joined[-1][1] = end
        else:
            joined.append([begin, end])
    ours = sorted(spans([window], "UTC"))
    assert [tuple(each) for each in joined][: len(ours) - 1] == ours[:-1]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"rule": after_patch_tuesday(30)}, "it opens 30 days from a numbered weekday"),
        ({"rule": after_patch_tuesday(-20)}, "offset of -6 to 6"),
        ({"rule": parse_azure("Month Last Sunday Offset9")}, "offset of -6 to 6"),
        ({"rule": parse_rrule("FREQ=MONTHLY;BYDAY=5TU")}, "doesn't support"),
        ({"rule": parse_rrule("FREQ=YEARLY;BYYEARDAY=60")}, "no days and no weeks of the year"),
        ({"rule": parse_rrule("FREQ=WEEKLY;BYDAY=SA;COUNT=3")}, "Specify `until` on the window"),
        ({"rule": parse_rrule("FREQ=WEEKLY;BYDAY=SA\nEXDATE:20260214")}, "EXDATE"),
        ({"exdates": (date(2026, 2, 14),)}, "`exdates`"),
        ({"duration": timedelta(minutes=89)}, "at least 1 h 30 min"),
        ({"start": time(23, 45)}, "not between 23:45 and 00:00"),
        ({"rule": parse_azure("5Hours"), "duration": timedelta(hours=2)}, "every 6 hours or more"),
        ({"rule": parse_azure("6Hours"), "duration": timedelta(hours=5)}, "at most 3 h 55 min"),
        ({"rule": parse_azure("Month day5"), "duration": timedelta(hours=7)}, "on the next day"),
        ({"until": date(2026, 2, 1), "rule": Weekdays((5,))}, "doesn't open on or after"),
        ({"timezone": "Antarctica/Troll"}, "has none"),
    ],
)
def test_what_azure_cannot_say_is_refused(change: dict[str, Any], reason: str) -> None:
    """One sentence, with the window's name and the reason; nothing of it is written."""
    window = Window(
        "w", Weekdays((5,)), time(22), timedelta(hours=3), "Europe/Stockholm", DAY
    )._replace(**change)
    found = exported(window)
    assert found.configurations == ()
    assert len(found.refused) == 1
    assert found.refused[0].startswith("w: ")
    assert reason in found.refused[0]


READY = "os: Windows Server 2025 Datacenter, timezone: Europe/Stockholm, region: westeurope"
WINDOW = "windows: {w: {days: [Sat], start: 22:00, duration: 3h}}\n"


def run(hotpatch: Hotpatch, fleet: str, *options: str) -> Done:
    """`windows export` of an inventory."""
    name = hotpatch.write("fleet.yaml", fleet)
    return hotpatch("windows", "export", name, "--to", "azure", "--from", "2026-02-01", *options)


def test_the_body_is_what_the_api_takes(hotpatch: Hotpatch) -> None:
    """Scope, mode, window, zone by its Windows name, and a restart where one is needed."""
    done = run(hotpatch, WINDOW + f"machines: [{{name: a, platform: arc, {READY}, window: w}}]")
    assert done.code == 0, done.err
    [body] = bodies(done.json)
    assert (body["name"], body["location"]) == ("w", "westeurope")
    properties = body["properties"]
    assert properties["maintenanceScope"] == "InGuestPatch"
    assert properties["extensionProperties"] == {"InGuestPatchMode": "User"}
    assert properties["installPatches"]["rebootSetting"] == "IfRequired"
    assert properties["maintenanceWindow"] == {
        "startDateTime": "2026-02-07 22:00",
        "duration": "03:00",
        "timeZone": "W. Europe Standard Time",
        "recurEvery": "Week Saturday",
    }
    assert "Europe/Stockholm is W. Europe Standard Time in Azure" in done.err


def test_it_reads_back_through_the_program(hotpatch: Hotpatch) -> None:
    """What `--windows` makes of it has the openings of the inventory's own window."""
    fleet = WINDOW + f"machines: [{{name: a, platform: arc, {READY}, window: w}}]"
    run(hotpatch, fleet, "-o", "mc.json")
    listing = (
        "windows",
        "list",
        "fleet.yaml",
        "--from",
        "2026-02-01",
        "--until",
        "2026-12-31",
        "-f",
        "json",
    )
    before = hotpatch(*listing)
    template = json.loads((hotpatch.folder / "mc.json").read_text())
    hotpatch.write("mc.json", json.dumps(bodies(template)))
    hotpatch.write("fleet.yaml", fleet.removeprefix(WINDOW))
    after = hotpatch(*listing, "--windows", "mc.json")
    assert after.code == 0, after.err
    moments = [
        [(datetime.fromisoformat(each["start"]), each["minutes"]) for each in done.json["openings"]]
        for done in (before, after)
    ]
    assert moments[0] == moments[1]


def test_the_lint_finds_nothing_in_it(hotpatch: Hotpatch) -> None:
    """What is written keeps the limits that the lint knows."""
    run(
        hotpatch,
        WINDOW + f"machines: [{{name: a, platform: arc, {READY}, window: w}}]",
        "-o",
        "template.json",
    )
    template = json.loads((hotpatch.folder / "template.json").read_text())
    hotpatch.write("mc.json", json.dumps(bodies(template)))
    done = hotpatch("windows", "lint", "mc.json", "--as-of", "2026-02-01")
    assert done.code == 0, done.out


def test_too_many_machines_are_shared_out(hotpatch: Hotpatch) -> None:
    """3,001 machines need two schedules."""
    rows = [f"  - {{name: m{n}, platform: arc, {READY}, window: w}}\n" for n in range(3001)]
    done = run(hotpatch, WINDOW + "machines:\n" + "".join(rows))
    assert [each["name"] for each in bodies(done.json)] == ["w", "w-2"]
    assert "3,001 machines are split across 2" in done.err


def test_machines_in_two_zones_need_two_configurations(hotpatch: Hotpatch) -> None:
    """A window without a zone is ruled by its machines'; one without any is named."""
    other = READY.replace("Stockholm", "Lisbon")
    nowhere = READY.replace("timezone: Europe/Stockholm, ", "")
    rows = (("a", READY), ("b", other), ("c", nowhere))
    machines = ", ".join(
        f"{{name: {name}, platform: arc, {facts}, window: w}}" for name, facts in rows
    )
    done = run(hotpatch, WINDOW + f"machines: [{machines}]")
    zones = [each["properties"]["maintenanceWindow"]["timeZone"] for each in bodies(done.json)]
    assert zones == ["W. Europe Standard Time", "GMT Standard Time"]
    assert done.code == 1
    assert "Azure needs a time zone, and none is defined: c." in done.err


def test_azure_local_is_refused_by_name(hotpatch: Hotpatch) -> None:
    """Its machines are named, and a window of nobody else is not written."""
    done = run(
        hotpatch, WINDOW + f"machines: [{{name: a, platform: azure-local, {READY}, window: w}}]"
    )
    assert (done.code, done.json["resources"]) == (1, [])
    assert "Azure Local: a." in done.err


def test_a_freeze_is_named(hotpatch: Hotpatch) -> None:
    """Azure knows none: the rest is written, and the code says that something is missing."""
    fleet = WINDOW + f"machines: [{{name: a, platform: arc, {READY}, window: w}}]\n"
    done = run(hotpatch, fleet + "freezes: [{name: stop, from: 2026-03-01, to: 2026-03-31}]")
    assert (done.code, len(bodies(done.json))) == (1, 1)
    assert "freeze stop (2026-03-01 to 2026-03-31): Azure doesn't support freezes" in done.err
    assert (
        run(hotpatch, fleet + "freezes: [{name: past, from: 2025-03-01, to: 2025-03-31}]").code == 0
    )


def test_hotpatch_in_azure_is_warned_of(hotpatch: Hotpatch) -> None:
    """HP204: sources contradict each other on a customer's schedule."""
    patching = "patching: {mode: AutomaticByPlatform, hotpatching: true}"
    done = run(
        hotpatch,
        WINDOW + f"machines: [{{name: web, platform: azure, {READY}, {patching}, window: w}}]",
    )
    assert done.code == 0
    assert "(HP204): web" in done.err
    assert "HTTP 400" in done.err


def test_a_window_of_its_owner_is_left_alone(hotpatch: Hotpatch) -> None:
    """It is told, and is no failure."""
    fleet = (
        WINDOW.replace("3h}", "3h, runner: owner}")
        + f"machines: [{{name: a, platform: arc, {READY}, window: w}}]"
    )
    done = run(hotpatch, fleet)
    assert (done.code, done.json["resources"]) == (0, [])
    assert "because you run it" in done.err


def test_into_a_folder_each_has_its_file(hotpatch: Hotpatch) -> None:
    """Names become names that Azure and file systems take."""
    (hotpatch.folder / "out").mkdir()
    fleet = (
        WINDOW.replace("{w:", '{"../ev/il":')
        + f'machines: [{{name: a, platform: arc, {READY}, window: "../ev/il"}}]'
    )
    done = run(hotpatch, fleet, "-o", "out")
    assert done.code == 0, done.err
    [file] = (hotpatch.folder / "out").iterdir()
    assert file.name == "ev-il.json"
    assert [body["name"] for body in bodies(json.loads(file.read_text()))] == ["ev-il"]


@pytest.mark.parametrize(
    ("fleet", "options", "said"),
    [
        ("machines: [{name: a, platform: arc}]", (), "No window was found"),
        (WINDOW, ("--to", "aws"), "isn't valid"),
    ],
)
def test_bad_input_is_code_2(
    hotpatch: Hotpatch, fleet: str, options: tuple[str, ...], said: str
) -> None:
    """Nothing is written."""
    done = run(hotpatch, fleet, *options)
    assert (done.code, done.out) == (2, "")
    assert said in done.err


def test_a_dynamic_scope_takes_the_place_of_single_assignments(hotpatch: Hotpatch) -> None:
    """The machines that a scope takes aren't assigned one by one; the others are."""
    group = "/subscriptions/s/resourceGroups/g/providers/Microsoft.HybridCompute/machines"
    rows = ", ".join(
        f"{{name: {name}, platform: arc, id: '{group}/{name}', {READY}, window: w}}"
        for name in ("a", "b")
    )
    name = hotpatch.write("fleet.yaml", WINDOW + f"machines: [{rows}]")
    fleet, _ = load_fleet([str(hotpatch.folder / name)])
    scope = WindowScope(
        DynamicScope("s", os_types=("windows",), tags=(("ring", ("pilot",)),), any_tag=True),
        frozenset({"a"}),
    )
    found = export(fleet, LIMITS, DAY, ExportOptions("westeurope"), {"w": [scope]})
    written = bodies(window_template(found.configurations), "configurationAssignments")
    assert [body["properties"]["resourceId"] for body in written] == [
        "/subscriptions/s",
        f"{group}/b",
    ]
    assert written[0]["properties"]["filter"] == {
        "osTypes": ["windows"],
        "tagSettings": {"filterOperator": "Any", "tags": {"ring": ["pilot"]}},
    }
