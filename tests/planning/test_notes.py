"""What a plan says beside its times: who restarts, whether the baseline is confirmed, and how old
the data is.
"""

import csv
from datetime import date
from typing import Any

import pytest
from icalendar import Calendar

FLEET = """
defaults:
  platform: azure
  timezone: Europe/Stockholm
  region: uksouth
  generation: 2
  image: MicrosoftWindowsServer:WindowsServer:2025-datacenter-azure-edition-core:latest
  build: 26100.6899
  window: nights
windows: {nights: {days: [Sat, Sun], start: 22:00, duration: 3h}}
machines:
  - {name: auto, patching: {mode: AutomaticByPlatform, hotpatching: true, vm_agent: true}}
  - name: scheduled
    patching:
      mode: AutomaticByPlatform
      hotpatching: true
      vm_agent: true
      bypass_safety_checks: true
"""
AZURE = "Azure chooses when to restart auto (AutomaticByPlatform), within 30 days of the release."
OLD = "2026-11-26"
"""A day after the last Patch Tuesday of the shipped release data."""


def planned(hotpatch: Any, *more: str, as_of: str = "2025-12-15", fleet: str = FLEET) -> Any:
    """A plan for the fleet."""
    return hotpatch("plan", hotpatch.write("fleet.yaml", fleet), "--as-of", as_of, *more)


def rows(hotpatch: Any, *more: str, as_of: str = "2025-12-15") -> dict[str, tuple[str, bool]]:
    """Who restarts each machine, and whether its baseline is confirmed."""
    plan = planned(hotpatch, "-f", "json", *more, as_of=as_of).json
    return {row["machine"]: (row["runner"], row["confirmed"]) for row in plan["reboots"]}


def test_azure_runs_only_what_it_manages(hotpatch: Any) -> None:
    """Azure chooses the moment of AutomaticByPlatform; with the safety checks bypassed, you do."""
    assert rows(hotpatch) == {"auto": ("platform", False), "scheduled": ("owner", False)}


def test_a_released_baseline_is_confirmed(hotpatch: Any) -> None:
    """January's baseline is a forecast in December, and confirmed once it is in the data."""
    found = rows(hotpatch, as_of="2026-01-14")
    assert {confirmed for _, confirmed in found.values()} == {True}


def test_a_supposed_baseline_is_a_forecast(hotpatch: Any) -> None:
    """The plan of a scenario says so, and confirms nothing."""
    more = ("--what-if", "unplanned:ws2025:2026-02")
    plan = planned(hotpatch, "-f", "json", *more).json
    assert not any(row["confirmed"] for row in plan["reboots"])
    assert "This plan is for a scenario: unplanned:ws2025:2026-02." in plan["notes"]


@pytest.mark.parametrize("form", ["table", "markdown", "json"])
def test_notes_are_in_every_format_that_has_room(hotpatch: Any, form: str) -> None:
    """Proposals and forecasts are named in the product itself."""
    out = planned(hotpatch, "-f", form).out
    assert AZURE in out
    assert "The baseline of Tue 2026-01-13 is a forecast." in out
    assert "As of Mon 2025-12-15: release data up to Tue 2025-12-09, read on " in out


@pytest.mark.parametrize("form", ["csv", "ics"])
def test_other_formats_have_their_notes_on_standard_error(hotpatch: Any, form: str) -> None:
    """A format without room for notes loses none of them."""
    done = planned(hotpatch, "-f", form)
    assert AZURE in done.err
    assert "The baseline of Tue 2026-01-13 is a forecast." in done.err


def test_each_row_of_a_csv_has_runner_and_confirmed(hotpatch: Any) -> None:
    """The words are those of the JSON."""
    found = csv.DictReader(planned(hotpatch, "-f", "csv").out.splitlines())
    assert {row["machine"]: (row["runner"], row["confirmed"]) for row in found} == {
        "auto": ("platform", "false"),
        "scheduled": ("owner", "false"),
    }


def test_each_row_of_markdown_has_its_day(hotpatch: Any) -> None:
    """Start and end have their weekday, and the row says that Azure's start is a proposal."""
    lines = planned(hotpatch, "-f", "markdown").out.splitlines()
    (auto,) = (line for line in lines if line.startswith("| auto |"))
    assert auto.count("Sat 2026-01-17 22:") == 2
    assert "| Azure, proposed | forecast |" in auto


def test_only_what_you_restart_is_an_appointment(hotpatch: Any) -> None:
    """A restart that you run has its time; what Azure restarts has one event with all days on which
    it can, which is never certain.
    """
    for as_of, certainty, yours in (
        ("2025-12-15", "forecast", "TENTATIVE"),
        ("2026-01-14", "confirmed", "CONFIRMED"),
    ):
        feed = Calendar.from_ical(planned(hotpatch, "-f", "ics", as_of=as_of).out)
        azure, scheduled = sorted(feed.walk("VEVENT"), key=lambda event: str(event["SUMMARY"]))
        baseline = f"(baseline of 2026-01-13, {certainty})"
        assert str(azure["SUMMARY"]) == f"1 machine restarts by Azure {baseline}"
        assert str(scheduled["SUMMARY"]) == f"scheduled: restart {baseline}"
        assert azure["DTSTART"].dt == max(date(2026, 1, 13), date.fromisoformat(as_of))
        assert azure["DTEND"].dt == date(2026, 2, 13)
        assert "Machines: auto." in str(azure["DESCRIPTION"])
        assert "You run the restart." in str(scheduled["DESCRIPTION"])
        assert (azure["STATUS"], scheduled["STATUS"]) == ("TENTATIVE", yours)
        assert azure["TRANSP"] == scheduled["TRANSP"] == "TRANSPARENT"


def test_the_feed_of_restarts_says_the_same(hotpatch: Any) -> None:
    """An event of `check` names Azure, and forecast or confirmed."""
    file = hotpatch.write("fleet.yaml", FLEET)
    for as_of, certainty in (("2025-12-15", "forecast"), ("2026-01-14", "confirmed")):
        feed = Calendar.from_ical(hotpatch("check", file, "--as-of", as_of, "-f", "ics").out)
        baseline = f"(baseline of 2026-01-13, {certainty})"
        assert {str(event["SUMMARY"]) for event in feed.events} == {
            f"1 machine restarts by Azure {baseline}",
            f"scheduled: restart {baseline}",
        }


def test_openings_say_who_restarts(hotpatch: Any) -> None:
    """The feed and the JSON of openings know where Azure ignores the window."""
    file = hotpatch.write("fleet.yaml", FLEET)
    same = ("windows", "list", file, "--from", "2026-01-05", "--next", "1")
    found = hotpatch(*same, "-f", "json").json["openings"]
    assert {row["machine"]: row["runner"] for row in found} == {
        "auto": "platform",
        "scheduled": "owner",
    }
    feed = Calendar.from_ical(hotpatch(*same, "-f", "ics").out)
    texts = {str(one["SUMMARY"]): str(one["DESCRIPTION"]) for one in feed.events}
    assert "Azure chooses when to restart" in texts["auto: nights"]
    assert "You run the restarts in this window." in texts["scheduled: nights"]


@pytest.mark.parametrize("command", ["plan", "verify", "rollback"])
def test_the_age_of_the_data_is_told_as_check_does(hotpatch: Any, command: str) -> None:
    """Standard error has the same sentence as `check`, and the JSON has it in its notes."""
    file = hotpatch.write("fleet.yaml", FLEET)
    told = hotpatch("check", file, "--as-of", OLD, "-f", "json").err
    (old,) = (line for line in told.splitlines() if "older than Patch Tuesday" in line)
    hotpatch.write("plan.json", planned(hotpatch, "-f", "json", as_of=OLD).out)
    arguments = {
        "plan": ("plan", file),
        "verify": ("verify", "plan.json", file),
        "rollback": ("rollback", file, "--machine", "auto"),
    }[command]
    done = hotpatch(*arguments, "--as-of", OLD, "-f", "json")
    assert old in done.err.splitlines()
    assert old in done.json["notes"]
    assert " ".join(old.split()) in " ".join(hotpatch(*arguments, "--as-of", OLD).out.split())


def test_a_soak_time_of_the_last_ring_is_noted(hotpatch: Any) -> None:
    """It has no effect: one note with its place. That of another ring has one."""
    for rings, noted in (
        ("rings: [{name: one, soak: 24h}, {name: two}]", False),
        ("rings: [{name: one, soak: 24h}, {name: two, soak: 24h}]", True),
    ):
        done = planned(hotpatch, fleet=f"{FLEET}{rings}\n")
        place = f"fleet.yaml:{len(FLEET.splitlines()) + 1}: The soak time of the ring 'two'"
        assert (place in done.err) is noted
        assert (done.out + done.err).count("has no effect") == int(noted)


@pytest.mark.parametrize(
    ("until", "why"),
    [("2025-12-14", "before the as-of date"), ("2026-01-12", "before the release")],
)
def test_a_last_date_that_no_restart_can_keep_is_refused(
    hotpatch: Any, until: str, why: str
) -> None:
    """A last date in the past, or before the release, is code 2, and nothing is written."""
    done = planned(hotpatch, "--until", until)
    assert (done.code, done.out) == (2, "")
    assert why in " ".join(done.err.replace("│", " ").split())
