"""Days of a plan are days in the zone of each opening, and a plan can begin within a night."""

import json
from typing import Any

import pytest

from tests.planning.test_done_restarts import HEAD, planned

FLEET = HEAD.replace("[Sat, Sun]", "[Fri, Sat, Sun, Mon]") + (
    "machines: [{name: seattle, timezone: America/Los_Angeles}, "
    "{name: sydney, timezone: Australia/Sydney}]"
)
ONE = HEAD + "machines: [{name: a}]"


def starts(plan: Any) -> dict[str, str]:
    """The planned start of each machine, to the minute."""
    return {row["machine"]: row["start"][:16] for row in plan["reboots"]}


@pytest.mark.parametrize(
    ("options", "as_of"), [(("--from", "2026-01-18"), "2026-01-14"), ((), "2026-01-18")]
)
def test_a_first_day_is_the_local_one(hotpatch: Any, options: tuple[str, ...], as_of: str) -> None:
    """Seattle doesn't restart on the 17th, and Sydney does on the 18th."""
    plan = planned(hotpatch, FLEET, *options, as_of=as_of)
    assert starts(plan) == {"seattle": "2026-01-18T22:00", "sydney": "2026-01-18T22:00"}
    assert hotpatch("verify", "plan.json", "fleet.yaml", "--as-of", as_of).code == 0


def test_a_last_day_includes_all_of_it(hotpatch: Any) -> None:
    """A restart ends by local midnight, in each zone."""
    body = FLEET.replace("window: w", "window: w\n  reboot_minutes: 120")
    same = ("--from", "2026-01-18", "--until", "2026-01-18")
    plan = planned(hotpatch, body, *same, as_of="2026-01-14")
    assert starts(plan) == {"seattle": "2026-01-18T22:00", "sydney": "2026-01-18T22:00"}
    late = planned(hotpatch, body.replace("22:00", "22:01"), *same, as_of="2026-01-14")
    assert {row["reasons"][0]["code"] for row in late["unplaced"]} == {"HP502"}


@pytest.mark.parametrize("zone", ["Europe/Stockholm", "America/Los_Angeles"])
def test_the_zone_of_a_window_rules_its_days(hotpatch: Any, zone: str) -> None:
    """Not that of the machine."""
    body = FLEET.replace("w: {", f"w: {{timezone: {zone}, ")
    plan = planned(hotpatch, body, "--from", "2026-01-18", as_of="2026-01-14")
    assert starts(plan) == {"seattle": "2026-01-18T22:00", "sydney": "2026-01-18T22:00"}


@pytest.mark.parametrize("command", [("windows", "list"), ("feed", "openings")])
def test_listed_openings_have_local_days_too(hotpatch: Any, command: tuple[str, ...]) -> None:
    """The same days as in a plan."""
    name = hotpatch.write("fleet.yaml", FLEET)
    form = ("-f", "json") if command[0] == "windows" else ()
    done = hotpatch(*command, name, "--from", "2026-01-18", "--until", "2026-01-18", *form)
    if form:
        days = [row["start"][:10] for row in done.json["openings"]]
        assert days == ["2026-01-18", "2026-01-18"]
    else:
        assert done.out.count("BEGIN:VEVENT") == 2
        assert {"DTSTART:20260118T110000Z", "DTSTART:20260119T060000Z"} <= set(done.out.split())


@pytest.mark.parametrize(
    ("now", "start"),
    [
        ("2026-01-17T21:00+01:00", "2026-01-17T22:00"),
        ("2026-01-17T23:10+01:00", "2026-01-17T23:10"),
        ("2026-01-17T23:10:30+01:00", "2026-01-17T23:11"),
        ("2026-01-17T23:50+01:00", "2026-01-18T22:00"),
        ("2026-01-18T00:30+01:00", "2026-01-18T22:00"),
    ],
)
def test_nothing_starts_before_now(hotpatch: Any, now: str, start: str) -> None:
    """What is left of an opening counts, and `verify` and `progress` read such a plan."""
    name = hotpatch.write("fleet.yaml", ONE)
    done = hotpatch("plan", name, "--now", now, "-f", "json")
    assert starts(done.json) == {"a": start}
    hotpatch.write("plan.json", done.out)
    assert hotpatch("verify", "plan.json", name, "--as-of", "2026-01-19").code == 0
    assert hotpatch("progress", "plan.json", name, "--at", now).code == 0
    if start != "2026-01-17T22:00":
        plan = done.json
        plan["reboots"][0] |= {
            "start": "2026-01-17T22:00:00+01:00",
            "end": "2026-01-17T22:15:00+01:00",
        }
        hotpatch.write("early.json", json.dumps(plan))
        assert hotpatch("verify", "early.json", name, "--as-of", "2026-01-19").code == 1


@pytest.mark.parametrize(
    ("as_of", "code"), [("2026-01-17", 0), ("2026-01-18", 0), ("2026-01-16", 2), ("2026-01-19", 2)]
)
def test_now_and_the_as_of_date_agree(hotpatch: Any, as_of: str, code: int) -> None:
    """By the date of the moment, in UTC or as it's written; otherwise the command is refused."""
    name = hotpatch.write("fleet.yaml", ONE)
    moment = "2026-01-18T00:30+01:00"
    done = hotpatch("plan", name, "--now", moment, "--as-of", as_of)
    assert done.code == code
    assert ("isn't on the as-of date" in done.err) == (code == 2)
