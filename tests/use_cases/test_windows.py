"""`hotpatch windows list`: openings of machines, less freezes, as they are promised."""

import json
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from hotpatch_cli.outputs.formats import OPENING_FORMATS
from hotpatch_cli.outputs.view_options import ViewOptions
from hotpatch_cli.outputs.windows_listing import ListedOpenings
from hotpatch_cli.schedule.windows import Opening
from hotpatch_cli.use_cases.windows import UpcomingOpening
from tests.conftest import Hotpatch

FLEET = """
windows:
  nights: {days: [Sat], start: 22:00, duration: 4h}
freezes:
  - {name: year end, from: 2025-12-20, to: 2025-12-27}
  - {name: first hours, from: 2026-01-03, to: 2026-01-03}
machines:
  - {name: a, platform: arc, timezone: W. Europe Standard Time, window: nights}
  - {name: b, platform: arc, timezone: W. Europe Standard Time, window: nights}
"""


def openings(tmp_path: Path, *options: str, fleet: str = FLEET) -> list[dict[str, Any]]:
    """The openings that the program lists as JSON."""
    done = _run(tmp_path, *options, "--format", "json", fleet=fleet)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)["openings"]
    return found


def _run(tmp_path: Path, *options: str, fleet: str = FLEET) -> subprocess.CompletedProcess[str]:
    path = tmp_path / "fleet.yaml"
    path.write_text(fleet, encoding="utf-8")
    command = [sys.executable, "-m", "hotpatch_cli", "windows", "list", str(path), *options]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)


def test_an_opening_has_the_promised_keys(tmp_path: Path) -> None:
    """Each opening has machine, window, start, end, minutes, what was removed, notes, and who
    restarts.
    """
    first = openings(tmp_path, "--from", "2025-12-08", "--next", "1")[0]
    assert first == {
        "machine": "a",
        "window": "nights",
        "start": "2025-12-13T22:00:00+01:00",
        "end": "2025-12-14T02:00:00+01:00",
        "minutes": 240,
        "removed": [],
        "notes": [],
        "runner": "owner",
    }


def test_a_freeze_takes_minutes_but_not_the_opening(tmp_path: Path) -> None:
    """An opening that a freeze takes whole stays with 0 minutes, one that it touches keeps the
    rest.
    """
    found = [
        each
        for each in openings(tmp_path, "--from", "2025-12-15", "--next", "3")
        if each["machine"] == "a"
    ]
    assert [each["minutes"] for each in found] == [0, 120, 120]
    assert found[0]["removed"] == [{"freeze": "year end", "minutes": 240}]


@pytest.mark.parametrize(
    ("rule", "most", "days"),
    [
        (
            "rrule: FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
            3,
            ["2028-02-29", "2032-02-29", "2036-02-29"],
        ),
        ("azure: 35Month day1, from: 2024-01-01", 3, ["2026-12-01", "2029-11-01", "2032-10-01"]),
        ("rrule: FREQ=YEARLY, from: 2040-05-01", 1, ["2040-05-01"]),
        (
            "rrule: FREQ=YEARLY, from: 2020-05-01, until: 2027-06-01",
            5,
            ["2026-05-01", "2027-05-01"],
        ),
        ("rrule: FREQ=YEARLY;COUNT=8, from: 2020-05-01", 5, ["2026-05-01", "2027-05-01"]),
    ],
)
def test_so_many_are_listed_however_rare(
    tmp_path: Path, rule: str, most: int, days: list[str]
) -> None:
    """`--next` finds its openings years ahead; fewer only where the rule has no more."""
    fleet = FLEET.replace("days: [Sat]", rule)
    found = openings(tmp_path, "--from", "2026-01-05", "--next", str(most), fleet=fleet)
    assert [each["start"][:10] for each in found if each["machine"] == "a"] == days


def test_a_thousand_of_a_monthly_window(tmp_path: Path) -> None:
    """The most that may be asked for."""
    found = openings(
        tmp_path, "--next", "1000", fleet=FLEET.replace("days: [Sat]", "patch_tuesday: 4")
    )
    assert len(found) == 2 * 1000


def test_the_age_of_the_release_data_is_listed(hotpatch: Any) -> None:
    """The table and JSON tell the age of the data, as `check` does; old data is also a message."""
    hotpatch.write("fleet.yaml", FLEET)
    known = "As of Mon 2025-12-08: release data up to "
    listed = hotpatch("windows", "list", "fleet.yaml", "--from", "2025-12-08")
    assert known in listed.out
    assert "older than Patch Tuesday" not in listed.err
    as_json = hotpatch("windows", "list", "fleet.yaml", "--from", "2025-12-08", "-f", "json").json
    assert as_json["notes"][0].startswith(known)
    late = hotpatch("windows", "list", "fleet.yaml", "--from", "2040-01-01")
    assert "older than Patch Tuesday" in late.err


def test_until_includes_its_day(tmp_path: Path) -> None:
    """The last day counts, and all openings up to it are listed."""
    found = openings(tmp_path, "--from", "2026-01-05", "--until", "2026-01-17")
    assert [each["start"][:10] for each in found if each["machine"] == "a"] == [
        "2026-01-10",
        "2026-01-17",
    ]


def test_by_window_lists_a_window_once(tmp_path: Path) -> None:
    """Two machines with the same window and zone give one line, with both names of the zone."""
    done = _run(tmp_path, "--from", "2026-01-05", "--next", "1", "--by", "window")
    assert done.stdout.count("nights") == 1
    assert "Europe/Berlin is W. Europe Standard Time in Windows and Azure." in done.stdout


@pytest.mark.parametrize("by", ["machine", "window"])
@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_names_and_times_are_whole(by: str, width: int) -> None:
    """Names and starts are never cropped, in a terminal of any width."""
    start = datetime(2026, 3, 29, 2, tzinfo=ZoneInfo("Europe/Stockholm"))
    for name in ("saturday-after", "x" * 60):
        opening = Opening(
            name, start, start + timedelta(hours=4), ("02:00 does not exist: moved to 03:00",)
        )
        listed = UpcomingOpening("machine01" if by == "machine" else "", opening, 240, ())
        lines = OPENING_FORMATS["table"](
            ListedOpenings([listed]), ViewOptions(terminal=True, width=width)
        ).splitlines()
        assert max(map(len, lines)) <= max(width, len("machine  ") + len(name))
        assert any("Sun 2026-03-29 02:00" in line for line in lines)
        assert any(name in line for line in lines)


@pytest.mark.slow
def test_machines_without_a_window_are_counted(tmp_path: Path) -> None:
    """They have no openings, and that is said; where each has a window, nothing is."""
    fleet = FLEET + "  - {name: c, platform: arc}\n"
    listing = _run(tmp_path, "--from", "2026-01-05", fleet=fleet)
    assert "not listed: 1 of 3 machines." in listing.stderr
    assert "not listed" not in _run(tmp_path, "--from", "2026-01-05").stderr


@pytest.mark.slow
def test_the_end_is_not_before_the_beginning(tmp_path: Path) -> None:
    """Code 2, not a list of nothing."""
    assert _run(tmp_path, "--from", "2026-02-01", "--until", "2026-01-31").returncode == 2
    assert _run(tmp_path, "--from", "2026-02-01", "--until", "2026-02-01").returncode == 0


@pytest.mark.parametrize("options", [("--by", "moon"), ("--from", "2026-02-30"), ("--next", "0")])
def test_a_wrong_option_is_code_2(tmp_path: Path, options: tuple[str, str]) -> None:
    """An option that is not understood is refused."""
    assert _run(tmp_path, *options).returncode == 2


def test_a_missing_zone_is_named(tmp_path: Path) -> None:
    """A machine without a zone is a problem with its line, never UTC in silence."""
    done = _run(tmp_path, fleet=FLEET.replace("timezone: W. Europe Standard Time, ", ""))
    assert done.returncode == 2
    assert "nor the machine has a time zone" in done.stderr


def test_one_window_of_several(hotpatch: Hotpatch) -> None:
    """--window leaves the openings of that window only; a name that is not known is refused with
    the nearest.
    """
    fleet = str(Path(__file__).parents[2] / "examples" / "fleet.yaml")
    asked = ("windows", "list", fleet, "--from", "2026-01-01", "--next", "2", "-f", "json")
    every = hotpatch(*asked).json["openings"]
    some = hotpatch(*asked, "--window", "sunday-night").json["openings"]
    assert some == [each for each in every if each["window"] == "sunday-night"]
    assert {each["window"] for each in every} > {"sunday-night"}
    refused = hotpatch(*asked, "--window", "sunday-nigt")
    assert refused.code == 2
    assert "'sunday-night'" in refused.err
