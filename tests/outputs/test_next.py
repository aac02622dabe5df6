"""`hotpatch next`: the next baseline, and the first restarts of a fleet."""

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.outputs.test_tables import in_terminal

EXAMPLES = Path(__file__).parents[2] / "examples"
FLEET = str(EXAMPLES / "fleet.yaml")
LARGE = str(EXAMPLES / "large.yaml")
DAY = ("--as-of", "2025-12-15")
LINES = {
    "a forecast": ("2025-12-15", "Tue 2026-01-13, in 29 days (forecast)."),
    "the day before": ("2026-01-12", "Tue 2026-01-13, in 1 day (forecast)."),
    "the day itself": ("2026-01-13", "Tue 2026-01-13, today (confirmed)."),
    "a day that the data lacks": ("2031-01-14", "Tue 2031-01-14, today (forecast)."),
    "before an unplanned one": ("2026-05-20", "Tue 2026-07-14, in 55 days (forecast)."),
}


@pytest.mark.parametrize(("day", "text"), LINES.values(), ids=LINES)
def test_the_next_baseline(hotpatch: Any, day: str, text: str) -> None:
    """Without a fleet there is the baseline alone: its day, in how many days, and how certain."""
    done = hotpatch("next", "--as-of", day)
    assert done.code == 0
    assert any(
        line.startswith("Next baseline") and line.endswith(f": {text}")
        for line in done.out.splitlines()
    )
    assert "next restart" not in done.out


def test_products_that_differ(hotpatch: Any) -> None:
    """Where the products differ each has its line; one whose hotpatching ends has no baseline."""
    lines = hotpatch("next", "--as-of", "2027-10-15").out.splitlines()
    assert lines[0].startswith("Next baseline of Windows Server 2022: none; the end of hotpatching")
    assert lines[1].startswith("Next baseline of Windows Server 2025: Tue 2028-01-11")


def test_only_the_products_of_the_fleet(hotpatch: Any) -> None:
    """With a fleet, products that none of its machines has are left out."""
    machine = "{name: a, platform: arc, os: Windows Server 2025 Datacenter}"
    hotpatch.write("f.yaml", f"machines: [{machine}]")
    found = hotpatch("next", "f.yaml", *DAY, "-f", "json").json
    assert [row["product"] for row in found["baselines"]] == ["ws2025"]


@pytest.mark.parametrize("fleet", [FLEET, LARGE], ids=["fleet", "large"])
def test_restarts_are_those_of_check_in_order(hotpatch: Any, fleet: str) -> None:
    """Each machine with a known restart is there once, as in the report, the first one first."""
    report = hotpatch("check", fleet, *DAY, "-f", "json").machines
    restarts = hotpatch("next", fleet, *DAY, "-f", "json").json["restarts"]
    known = {name: one["next_reboot"] for name, one in report.items()}
    assert {row["machine"]: row["next_reboot"] for row in restarts} == {
        name: restart for name, restart in known.items() if restart["reason"]
    }
    moments = [
        datetime.fromisoformat(f"{row['next_reboot']['by']}T00:00:00+00:00")
        if row["next_reboot"]["by"]
        else datetime.fromisoformat(row["next_reboot"]["window"]["start"])
        for row in restarts
        if row["next_reboot"]["by"] or row["next_reboot"]["enforced"]
    ]
    assert moments == sorted(moments)
    assert len(moments) > 5


def test_the_table(hotpatch: Any) -> None:
    """A row has the moment, the machine, its window and who runs it; the rest is counted."""
    lines = hotpatch("next", FLEET, *DAY).out.splitlines()
    assert lines[0] == "Next baseline: Tue 2026-01-13, in 29 days (forecast)."
    cells = re.split(" {2,}", lines[4])
    assert cells == ["Sun 2026-01-11 02:00", "app01", "sunday-night", "+01:00", "you", "off-track"]
    assert lines[-1] == "No restart is known for 3 of 11 machines."


@pytest.mark.parametrize("width", [60, 80, 140])
def test_a_terminal_shows_the_first_ones(hotpatch: Any, width: int) -> None:
    """A terminal has ten rows, each whole, and the number of the others; --all has all."""
    text = in_terminal(hotpatch, width, ("next", LARGE, "--as-of", "2026-02-20"))
    assert "... and 18 more restarts: --all shows them." in text
    assert text.count(" 2026-0") == 11  # and the baseline
    assert max(map(len, text.splitlines())) <= width
    everything = in_terminal(hotpatch, width, ("next", LARGE, "--as-of", "2026-02-20", "--all"))
    assert everything.count(" 2026-0") == 29


def test_the_configured_fleet(hotpatch: Any) -> None:
    """Without files, the fleet of the configuration is used; an empty one is refused."""
    hotpatch.write("f.yaml", "machines: [{name: a, platform: arc}]")
    hotpatch.write("hotpatch.toml", 'fleet = ["f.yaml"]\n')
    assert "No restart is known for 1 of 1 machine." in hotpatch("next", *DAY).out
    hotpatch.write("f.yaml", "machines: []")
    assert hotpatch("next", *DAY).code == 2
