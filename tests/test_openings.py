"""`hotpatch windows list`: openings of machines, less freezes, as they are promised."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

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
    """Each opening names machine, window, start, end, minutes, what was removed, and notes."""
    first = openings(tmp_path, "--from", "2025-12-08", "--next", "1")[0]
    assert first == {
        "machine": "a",
        "window": "nights",
        "start": "2025-12-13T22:00:00+01:00",
        "end": "2025-12-14T02:00:00+01:00",
        "minutes": 240,
        "removed": [],
        "notes": [],
    }


def test_a_freeze_takes_minutes_but_not_the_opening(tmp_path: Path) -> None:
    """An opening that a freeze takes whole stays with 0 minutes, one that it touches keeps the rest."""
    found = [each for each in openings(tmp_path, "--from", "2025-12-15", "--next", "3") if each["machine"] == "a"]
    assert [each["minutes"] for each in found] == [0, 120, 120]
    assert found[0]["removed"] == [{"freeze": "year end", "minutes": 240}]


def test_until_includes_its_day(tmp_path: Path) -> None:
    """The last day counts, and all openings up to it are listed."""
    found = openings(tmp_path, "--from", "2026-01-05", "--until", "2026-01-17")
    assert [each["start"][:10] for each in found if each["machine"] == "a"] == ["2026-01-10", "2026-01-17"]


def test_by_window_lists_a_window_once(tmp_path: Path) -> None:
    """Two machines with the same window and zone give one line, with both names of the zone."""
    done = _run(tmp_path, "--from", "2026-01-05", "--next", "1", "--by", "window")
    assert done.stdout.count("nights") == 1
    assert "Europe/Berlin (W. Europe Standard Time)" in done.stdout


@pytest.mark.parametrize("options", [("--by", "moon"), ("--from", "2026-02-30"), ("--next", "0")])
def test_a_wrong_option_is_code_2(tmp_path: Path, options: tuple[str, str]) -> None:
    """An option that is not understood is refused."""
    assert _run(tmp_path, *options).returncode == 2


def test_a_missing_zone_is_named(tmp_path: Path) -> None:
    """A machine without a zone is a problem with its line, never UTC in silence."""
    done = _run(tmp_path, fleet=FLEET.replace("timezone: W. Europe Standard Time, ", ""))
    assert done.returncode == 2
    assert "no `timezone`" in done.stderr
