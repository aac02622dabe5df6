"""Every format of a plan has the same restarts, and leaves out the same machines."""

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from typing import Any

import icalendar
import pytest

from hotpatch_cli.outputs.formats import PLAN_FORMATS
from tests.planning.random_fleets import fleet

EXAMPLE = Path(__file__).parents[2] / "examples" / "fleet.yaml"
DAY = ("--as-of", "2025-12-15", "--effort", "0.1")
TIME = r"(\d{4}-\d\d-\d\d \d\d:\d\d)"

Restarts = set[tuple[str, str]]
"""The names of machines with their local starts; without a start, they aren't scheduled."""


def _json(out: str) -> Restarts:
    plan = json.loads(out)
    placed = {
        (row["machine"], f"{datetime.fromisoformat(row['start']):%Y-%m-%d %H:%M}")
        for row in plan["reboots"]
    }
    return placed | {(row["machine"], "") for row in plan["unplaced"]}


def _csv(out: str) -> Restarts:
    rows = csv.DictReader(io.StringIO(out, newline=""))
    return {(row["machine"], row["start"][:16].replace("T", " ")) for row in rows}


def _table(out: str) -> Restarts:
    return set(re.findall(rf"^(\S+) +\w{{3}} {TIME}(?: \+\d{{4}})?  ", out, re.MULTILINE))


def _markdown(out: str) -> Restarts:
    return set(re.findall(rf"^\| (\S+) \| \w{{3}} {TIME} \+\d{{4}} \|", out, re.MULTILINE))


def _runsheet(out: str) -> Restarts:
    """A step has the day of the week alone; the night has its one or two dates."""
    found = set()
    for sheet in out.split("\n---\n"):
        title = sheet.strip().partition("\n")[0]
        days = [date.fromisoformat(day) for day in re.findall(r"\d{4}-\d\d-\d\d", title)]
        of_weekday = {f"{day:%a}": day for day in days}
        for weekday, start, name in re.findall(
            r"^- \[ \] \d+\. (\w{3}) (\d\d:\d\d)(?: \+\d{4})? to .*?: \*\*(\S+)\*\*",
            sheet,
            re.MULTILINE,
        ):
            found.add((name, f"{of_weekday[weekday]} {start}"))
    return found


FORMS: dict[str, Callable[[str], Restarts]] = {
    "table": _table,
    "csv": _csv,
    "markdown": _markdown,
    "runsheet": _runsheet,
}
WITHOUT_START = {"csv"}
"""Formats whose rows have the machines that aren't scheduled; the others have them in words."""


def _fleets() -> dict[str, str]:
    found = {
        f"seed {seed}": json.dumps(fleet(Random(seed)))  # noqa: S311  a seed
        for seed in range(12)
    }
    return found | {"example": EXAMPLE.read_text(encoding="utf-8")}


@pytest.mark.parametrize("text", _fleets().values(), ids=_fleets())
def test_every_format_has_the_restarts_of_json(hotpatch: Any, text: str) -> None:
    """Table, CSV, Markdown, run sheet and calendar have each restart at its start, and no other."""
    name = hotpatch.write("fleet.yaml", text)
    plan = hotpatch("plan", name, *DAY, "-f", "json")
    expected = _json(plan.out)
    scheduled = {(machine, start) for machine, start in expected if start}
    for form, read in FORMS.items():
        done = hotpatch("plan", name, *DAY, "-f", form)
        assert done.code == plan.code
        assert read(done.out) == (expected if form in WITHOUT_START else scheduled), form
        for machine, start in expected:
            assert start or machine in done.out, form
    by_owner = {
        (row["machine"], datetime.fromisoformat(row["start"]).astimezone(UTC))
        for row in plan.json["reboots"]
        if row["runner"] != "platform"
    }
    calendar = icalendar.Calendar.from_ical(hotpatch("plan", name, *DAY, "-f", "ics").out)
    events = {
        (str(event["SUMMARY"]).partition(":")[0], event["DTSTART"].dt.astimezone(UTC))
        for event in calendar.walk("VEVENT")
        if isinstance(event["DTSTART"].dt, datetime)
    }
    assert events == by_owner


def test_every_text_format_is_compared() -> None:
    """A new format of a plan has to have the same restarts too."""
    drawn_or_requests = {"svg", "png", "azure"}
    assert {*FORMS, "json", "ics"} == set(PLAN_FORMATS) - drawn_or_requests
