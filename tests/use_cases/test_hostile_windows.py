"""Windows and calendars that somebody wrote to hurt: a clear message, in bounded time and
memory.
"""

import time
import tracemalloc

import pytest

from tests.conftest import Done, Hotpatch

HEAD = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n"
EVENT = (
    "BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTART:20260103T220000Z\r\n"
    "DTEND:20260104T010000Z\r\n{more}END:VEVENT\r\n"
)
SECONDS = 20
"""Far more than any of these takes, far less than an endless loop."""


def listed(hotpatch: Hotpatch, window: str, *options: str) -> Done:
    """`windows list` of one machine in a window, within a bounded time."""
    machine = "{name: a, platform: arc, timezone: Europe/Stockholm, window: w}"
    fleet = f"windows:\n  w: {{{window}}}\nmachines: [{machine}]\n"
    began = time.process_time()
    done = hotpatch(
        "windows", "list", hotpatch.write("fleet.yaml", fleet), "--from", "2026-01-01", *options
    )
    assert time.process_time() - began < SECONDS
    assert "Traceback" not in done.err
    return done


TIMES = "start: 22:00, duration: 3h"


@pytest.mark.parametrize(
    ("window", "said"),
    [
        (f"rrule: 'FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30', {TIMES}", "never opens"),
        (f"rrule: 'FREQ=MONTHLY;BYDAY=MO;BYMONTHDAY=31;BYSETPOS=5', {TIMES}", "never opens"),
        (f"azure: Month day31, {TIMES}, from: 2026-02-01, until: 2026-02-28", "never opens"),
        (f"days: [Sat], {TIMES}, from: 2026-01-05, until: 2026-01-09", "never opens"),
        (f"rrule: 'FREQ=SECONDLY', {TIMES}", "SECONDLY"),
        (f"rrule: 'FREQ=MINUTELY;INTERVAL=30', {TIMES}", "MINUTELY"),
        ("days: [Sat, Sun], start: 22:00, duration: 25h", "opens again after"),
        ("azure: Day, start: 22:00, duration: 30h", "opens again after"),
        ("azure: 2Hours, start: 22:00, duration: 3h, from: 2026-01-01", "opens again after"),
        (f"azure: 9999999Days, {TIMES}", "isn't valid"),
        (f"rrule: 'FREQ=DAILY;INTERVAL=99999999999', {TIMES}", "INTERVAL"),
        (f"rrule: ['FREQ=DAILY'{', FREQ=DAILY' * 200}], {TIMES}", "Specify 1 to 100"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused(hotpatch: Hotpatch, window: str, said: str) -> None:
    """Code 2, the line of the window, and what is wrong with it."""
    done = listed(hotpatch, window)
    assert (done.code, done.out) == (2, "")
    assert "fleet.yaml:2:" in done.err
    assert said in done.err


def calendar(*events: str) -> str:
    """A calendar file."""
    return HEAD + "".join(events) + "END:VCALENDAR\r\n"


@pytest.mark.parametrize("rule", ["FREQ=DAILY", "FREQ=WEEKLY;BYDAY=SA", "FREQ=YEARLY"])
def test_a_recurrence_without_end_is_read_as_far_as_somebody_asks(
    hotpatch: Hotpatch, rule: str
) -> None:
    """An event that goes on for ever gives five openings, or all up to a day."""
    hotpatch.write("w.ics", calendar(EVENT.format(uid="1", more=f"RRULE:{rule}\r\n")))
    assert listed(hotpatch, "ics: w.ics", "--until", "2026-12-31").code == 0
    done = listed(hotpatch, "ics: w.ics", "-f", "json")
    assert done.code == 0, done.err
    assert 1 <= len(done.json["openings"]) <= 5


def test_an_event_every_second_is_refused(hotpatch: Hotpatch) -> None:
    """A calendar may say it; no window can mean it."""
    hotpatch.write("w.ics", calendar(EVENT.format(uid="1", more="RRULE:FREQ=SECONDLY\r\n")))
    done = listed(hotpatch, "ics: w.ics")
    assert done.code == 2
    assert "SECONDLY" in done.err


def test_a_calendar_of_fifty_megabytes_is_refused_at_once(hotpatch: Hotpatch) -> None:
    """Its size is said; it is not parsed, so time and memory stay small."""
    event = EVENT.format(uid="1", more="DESCRIPTION:" + "x" * 60 + "\r\n")
    hotpatch.write("w.ics", calendar(event * (50 * 2**20 // len(event))))
    tracemalloc.start()
    try:
        done = listed(hotpatch, "ics: w.ics")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert done.code == 2
    assert "w.ics" in done.err
    assert "the limit is 20,000,000" in done.err
    assert peak < 400 * 2**20


@pytest.mark.parametrize("command", [("--windows", "big.json"), ("big.json",)])
def test_a_large_export_of_configurations_is_read(
    hotpatch: Hotpatch, command: tuple[str, ...]
) -> None:
    """Three thousand configurations, as a subscription has them, are no burden."""
    one = (
        '{{"name":"mc{n}","properties":{{"maintenanceScope":"InGuestPatch","maintenanceWindow":{{"startDateTime":'
        '"2026-01-03 22:00","duration":"03:00","timeZone":"UTC","recurEvery":"{every}Days"}}}}}}'
    )
    hotpatch.write(
        "big.json", "[" + ",".join(one.format(n=n, every=n % 999 + 1) for n in range(3000)) + "]"
    )
    hotpatch.write("fleet.yaml", "machines: [{name: a, platform: arc, window: mc0}]\n")
    before = time.process_time()
    done = hotpatch(
        "windows",
        "list",
        "fleet.yaml",
        *command,
        "--from",
        "2026-02-01",
        "--next",
        "1",
        "-f",
        "json",
    )
    assert done.code == 0, done.err[:500]
    assert time.process_time() - before < SECONDS
    assert [each["window"] for each in done.json["openings"]] == ["mc0"]


@pytest.mark.parametrize(
    ("zone", "near"),
    [
        ("Europe/Stokholm", "Europe/Stockholm"),
        ("W. Europe Standart Time", "W. Europe Standard Time"),
        ("stockholm", "Europe/Stockholm"),
        ("UTC-2", "Etc/GMT+2"),
    ],
)
def test_an_unknown_zone_gives_the_nearest_names(hotpatch: Hotpatch, zone: str, near: str) -> None:
    """By either kind of name."""
    done = listed(hotpatch, f"days: [Sat], {TIMES}, timezone: {zone}")
    assert done.code == 2
    assert near in done.err


@pytest.mark.parametrize(
    "zone", ["UTC-02", "Dateline Standard Time", "UTC+12", "gtb standard time"]
)
def test_windows_ids_of_every_kind_are_zones(hotpatch: Hotpatch, zone: str) -> None:
    """Also those that Windows has and IANA has not, in any letter case."""
    assert listed(hotpatch, f"days: [Sat], {TIMES}, timezone: {zone}").code == 0
