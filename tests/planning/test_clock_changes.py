"""Plans over the night in which the clocks go back: everything is in the order of real time."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from hotpatch_cli.schedule.clock import in_zone

PROGRAM = Path(__file__).parents[2] / "hotpatch_cli"
FLEET = """
windows: {{w: {{days: [Sun], start: '{start}', duration: 2h}}}}
limits: {{max_concurrent: 1}}
groups: {{sql: {{max_unavailable: 1, settle: 10m}}}}
defaults:
  {{platform: arc, os: Windows Server 2025 Datacenter, timezone: {zone}, window: w,
  reboot_minutes: 20, groups: [sql]}}
machines: [{{name: a, weight: 4}}, {{name: b, weight: 3}}, {{name: c, weight: 2}}, {{name: d}}]
"""
NIGHTS = [
    ("Europe/Stockholm", "02:10", "2026-10-24"),
    ("America/New_York", "01:10", "2026-10-31"),
    ("Australia/Lord_Howe", "01:20", "2026-04-04"),
]
"""Zone, start of the window on the local day after a date of the plan."""
ORDER = ["a", "b", "c", "d"]


@pytest.fixture(params=NIGHTS, ids=lambda night: night[0])
def night(request: pytest.FixtureRequest, hotpatch: Any) -> tuple[str, ...]:
    """The command of a plan over the night of a clock change."""
    zone, start, day = request.param
    name = hotpatch.write("fleet.yaml", FLEET.format(zone=zone, start=start))
    month = "2026-01" if day < "2026-04-14" else "2026-10"
    return ("plan", name, "--as-of", day, "--baseline", month)


def test_the_json_is_in_the_order_of_time(hotpatch: Any, night: tuple[str, ...]) -> None:
    """And the makespan is the last end, by which `verify` finds no broken rule."""
    plan = hotpatch(*night, "-o", "plan.json")
    assert plan.code == 0
    found = hotpatch(*night, "-f", "json").json
    starts = [datetime.fromisoformat(row["start"]) for row in found["reboots"]]
    assert [row["machine"] for row in found["reboots"]] == ORDER
    steps = {later - earlier for earlier, later in pairwise(starts)}
    assert steps == {timedelta(minutes=30)}
    offsets = {row["start"][-6:] for row in found["reboots"]}
    assert len(offsets) == 2
    last = datetime.fromisoformat(found["objective"]["makespan"])
    assert last == starts[-1] + timedelta(minutes=20)
    assert hotpatch("verify", "plan.json", *night[1:4]).code == 0


@pytest.mark.parametrize("form", ["table", "markdown", "runsheet", "csv", "svg"])
def test_every_format_is_in_the_order_of_time(
    hotpatch: Any, night: tuple[str, ...], form: str
) -> None:
    """The machines are listed one after the other as they restart."""
    text = hotpatch(*night, "-f", form).out
    if form == "csv":
        found = [row["machine"] for row in csv.DictReader(io.StringIO(text))]
    elif form == "svg":
        found = re.findall(r">([abcd])</text>", text)
    elif form == "runsheet":
        found = re.findall(r"<td[^>]*>([abcd])</td>", text) or re.findall(r"\b([abcd])\b", text)
    else:
        found = re.findall(r"^(?:\| )?([abcd]) ", text, re.MULTILINE)
    assert list(dict.fromkeys(found)) == ORDER, text


def test_the_run_sheet_knows_what_continues(hotpatch: Any, night: tuple[str, ...]) -> None:
    """The first restart comes before all others, whatever the clocks show."""
    text = hotpatch(*night, "-f", "runsheet").out
    assert "0 of 3" in text


def test_one_restart_is_down_at_once(hotpatch: Any, night: tuple[str, ...]) -> None:
    """As the limit says, also where the same clock time occurs twice."""
    text = hotpatch(*night, "-f", "markdown").out
    line = next(line for line in text.splitlines() if "Down at once" in line or "at once" in line)
    assert " 0 " not in line


def test_local_moments_compare_as_instants() -> None:
    """Before, in, and after the hour that occurs twice."""
    zone = ZoneInfo("Europe/Stockholm")
    begin = datetime(2026, 10, 24, 23, tzinfo=UTC)
    moments = [begin + timedelta(minutes=10 * step) for step in range(24)]
    local = [in_zone(moment, zone) for moment in moments]
    assert local == moments
    assert all(earlier < later for earlier, later in pairwise(local))
    assert len(set(local)) == len(local)
    assert {str(moment.tzinfo) for moment in local} == {"Europe/Stockholm"}
    assert {moment.tzname() for moment in local} == {"CEST", "CET"}
    assert moments[-1].astimezone(local[0].tzinfo).isoformat() == local[-1].isoformat()


def test_only_the_clock_converts_to_a_zone() -> None:
    """Moments of any other conversion would compare by what the clocks show. A recurrence has only
    days and clock times.
    """
    others = [
        f"{path.relative_to(PROGRAM)}: {line.strip()}"
        for path in PROGRAM.rglob("*.py")
        if path.name != "clock.py" and path.parent.name != "recurrence"
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(r"astimezone\((?!UTC\))", line)
    ]
    assert others == []


def test_azure_gets_the_second_occurrence_in_utc(hotpatch: Any) -> None:
    """A local start that occurs twice would be the first one."""
    body = FLEET.format(zone="Europe/Stockholm", start="02:30")
    rows = ", ".join(
        f"{{name: {name}, weight: {4 - place}, region: westeurope, platform: azure, "
        f"id: '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/"
        f"Microsoft.Compute/virtualMachines/{name}'}}"
        for place, name in enumerate("ab")
    )
    body = body[: body.index("machines:")] + f"machines: [{rows}]\n"
    name = hotpatch.write("fleet.yaml", body)
    done = hotpatch("plan", name, "--as-of", "2026-10-24", "--baseline", "2026-10", "-f", "azure")
    zones = re.findall(r'"timeZone": "([^"]*)"', done.out)
    starts = re.findall(r'"startDateTime": "([^"]*)"', done.out)
    assert sorted(zip(starts, zones, strict=True)) == [
        ("2026-10-25 01:00", "UTC"),
        ("2026-10-25 02:30", "W. Europe Standard Time"),
    ]
