"""`hotpatch windows open`: may machines restart at a moment, and what decides."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import Done, Hotpatch

FLEET = """
windows:
  night: {days: [Sat], start: "22:00", duration: 4h}
  azure:
    azure: Month Second Saturday
    start: "22:00"
    duration: 3h
    runner: azure-update-manager
    timezone: UTC
    from: 2026-01-01
freezes: [{name: stop, from: 2026-01-18, to: 2026-01-18}]
machines:
"""
BERLIN = "{name: a, platform: arc, window: night, timezone: Europe/Berlin}"
NEW_YORK = "{name: b, platform: arc, window: night, timezone: America/New_York}"
NO_WINDOW = "{name: c, platform: arc, timezone: UTC}"
NO_ZONE = "{name: d, platform: arc, window: night}"
BY_OS = "{name: e, platform: azure, window: azure, patching: {mode: AutomaticByOS}}"
NO_MODE = "{name: f, platform: azure, window: azure}"
SCHEDULED = (
    "{name: g, platform: azure, window: azure, patching: {mode: AutomaticByPlatform, "
    "bypass_safety_checks: true}}"
)


def asked(hotpatch: Hotpatch, machine: str, at: str, *options: str) -> Done:
    """The run for a fleet of some machines."""
    rows = "".join(f"- {row}\n" for row in machine.splitlines())
    hotpatch.write("fleet.yaml", FLEET + rows)
    return hotpatch("windows", "open", "fleet.yaml", "--at", at, "-f", "json", *options)


CASES: dict[str, tuple[str, str, int, dict[str, Any]]] = {
    "in the window": (
        BERLIN,
        "2026-01-10T22:00+01:00",
        0,
        {"open": True, "window": "night", "until": "2026-01-11T02:00:00+01:00"},
    ),
    "at its last fitting minute": (BERLIN, "2026-01-11T01:45+01:00", 0, {"open": True}),
    "too late for the restart": (
        BERLIN,
        "2026-01-11T01:46+01:00",
        1,
        {"open": False, "state": "too-short", "until": "2026-01-11T02:00:00+01:00"},
    ),
    "at its end": (BERLIN, "2026-01-11T02:00+01:00", 1, {"open": False, "state": "closed"}),
    "before it": (
        BERLIN,
        "2026-01-10T21:59+01:00",
        1,
        {
            "state": "closed",
            "next": {
                "window": "night",
                "start": "2026-01-10T22:00:00+01:00",
                "end": "2026-01-11T02:00:00+01:00",
            },
        },
    ),
    "in a freeze": (
        BERLIN,
        "2026-01-18T00:30+01:00",
        1,
        {"state": "frozen", "freezes": ["stop"], "window": "night"},
    ),
    "before a freeze that cuts it": (
        BERLIN,
        "2026-01-17T23:46+01:00",
        1,
        {"state": "too-short", "freezes": ["stop"], "until": "2026-01-18T00:00:00+01:00"},
    ),
    "a local time": (BERLIN, "2026-01-10T22:30", 0, {"at": "2026-01-10T22:30:00+01:00"}),
    "a local time elsewhere": (NEW_YORK, "2026-01-10T22:30", 0, {"open": True}),
    "no window": (NO_WINDOW, "2026-01-10T22:30Z", 1, {"open": None, "state": "unknown"}),
    "no zone": (NO_ZONE, "2026-01-10T22:30Z", 1, {"open": None, "state": "unknown"}),
    "no zone for a local time": (NO_ZONE, "2026-01-10T22:30", 1, {"open": None}),
    "a window that Azure runs": (SCHEDULED, "2026-01-10T22:30Z", 0, {"open": True}),
    "a window that Azure doesn't run": (BY_OS, "2026-01-10T22:30Z", 1, {"open": False}),
    "a window that Azure may not run": (NO_MODE, "2026-01-10T22:30Z", 1, {"open": None}),
}


@pytest.mark.parametrize(("machine", "at", "code", "expected"), CASES.values(), ids=CASES)
def test_what_decides(
    hotpatch: Hotpatch, machine: str, at: str, code: int, expected: dict[str, Any]
) -> None:
    """Only a known opening in which the restart fits is a yes; what is missing is never one."""
    done = asked(hotpatch, machine, at)
    (answer,) = done.json["machines"]
    assert (done.code, answer | expected) == (code, answer)
    assert bool(answer["why"]) == (answer["open"] is None or machine == BY_OS)


def test_one_machine_of_a_fleet(hotpatch: Hotpatch) -> None:
    """A pipeline asks for the machines that it restarts."""
    both = f"{BERLIN}\n{NO_WINDOW}"
    at = "2026-01-10T22:30+01:00"
    assert asked(hotpatch, both, at).code == 1
    assert asked(hotpatch, both, at, "--machine", "a").code == 0
    wrong = asked(hotpatch, both, at, "--machine", "aa")
    assert (wrong.code, wrong.out) == (2, "")
    assert "Did you mean 'a'?" in wrong.err


@pytest.mark.parametrize(("minutes", "code"), [("60", 0), ("90", 0), ("91", 1)])
def test_a_restart_of_another_length(hotpatch: Hotpatch, minutes: str, code: int) -> None:
    """--for is the time that must be left of the opening."""
    at = "2026-01-11T00:30+01:00"
    assert asked(hotpatch, BERLIN, at, "--for", minutes).code == code


@pytest.mark.parametrize("at", ["25:00", "2026-13-01T00:00Z", "0001-01-01T00:00", "now"])
def test_what_is_no_moment(hotpatch: Hotpatch, at: str) -> None:
    """A moment that can't be read is the fault of the command line."""
    done = asked(hotpatch, BERLIN, at)
    assert (done.code, done.out) == (2, "")
    assert "--at" in done.err


def test_the_last_line_and_the_table(hotpatch: Hotpatch) -> None:
    """People read the decision, and for each machine what decides."""
    hotpatch.write("fleet.yaml", f"{FLEET}- {BERLIN}\n- {NO_WINDOW}\n")
    done = hotpatch("windows", "open", "fleet.yaml", "--at", "2026-01-10T22:30+01:00")
    assert "night is open until Sun 2026-01-11 02:00 +0100." in done.out
    assert "Specify `window` on the machine." in done.out
    assert done.err.splitlines()[-1] == "FAIL: 1 of 2 machines unknown."


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 60 * 24 * 14), st.sampled_from(["Europe/Berlin", "America/New_York"]))
def test_every_minute_is_as_a_clock_says(hotpatch: Hotpatch, minute: int, zone: str) -> None:
    """A referee that only looks at clocks: Saturday from 22:00, 15 minutes before 02:00 at last,
    and not on the frozen Sunday.
    """
    at = datetime(2026, 1, 8, tzinfo=UTC) + timedelta(minutes=minute)
    row = f"{{name: a, platform: arc, window: night, timezone: {zone}}}"
    done = asked(hotpatch, row, at.isoformat())
    local = at.astimezone(ZoneInfo(zone))
    frozen = datetime(2026, 1, 18, tzinfo=ZoneInfo(zone))
    clock = local.hour * 60 + local.minute
    saturday, sunday = local.weekday() == 5 and clock >= 22 * 60, local.weekday() == 6
    expected = saturday or (sunday and clock <= 105)
    if frozen - timedelta(minutes=15) < local < frozen + timedelta(days=1):
        expected = False
    assert (done.code == 0) == expected
