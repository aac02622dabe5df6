"""A plan on a terminal: 80 columns hold it, a bar shows the search, and Ctrl-C keeps the best plan
so far.
"""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from hotpatch_cli.eligibility.verdict import Judge
from hotpatch_cli.inputs.fleet import load_fleet
from hotpatch_cli.knowledge.load import load_knowledge
from hotpatch_cli.outputs.plan_table import render_table
from hotpatch_cli.outputs.plan_view import PlanView
from hotpatch_cli.outputs.view_options import ViewOptions
from hotpatch_cli.planning import PlanRequest, plan, prepare
from hotpatch_cli.planning.conflicts import with_conflicts

ROOT = Path(__file__).parents[2]
TERMINAL = ViewOptions(terminal=True, width=80)
KNOWLEDGE = load_knowledge()


def shown(name: str, as_of: date, options: ViewOptions = TERMINAL) -> str:
    """The table of an example's plan with a deadline of two weeks."""
    fleet = load_fleet([str(ROOT / "examples" / name)])[0]
    found = plan(
        prepare(fleet, Judge(KNOWLEDGE, as_of), PlanRequest(deadline=timedelta(days=14))),
    )
    rules = KNOWLEDGE.rules
    found, why = with_conflicts(found, rules)
    return render_table(PlanView(found, rules, why=why), options)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "as_of"), [("fleet.yaml", date(2025, 12, 15)), ("large.yaml", date(2026, 3, 20))]
)
def test_every_line_fits_into_80_columns(name: str, as_of: date) -> None:
    """No line of an example's plan is wider than the terminal."""
    assert max(map(len, shown(name, as_of).splitlines())) <= 80


def test_a_terminal_names_the_run_sheet() -> None:
    """The last line says how to print the run sheets; a file doesn't have it."""
    command = "`-f runsheet -o night.html`"
    assert command in shown("fleet.yaml", date(2025, 12, 15)).splitlines()[-1]
    assert command not in shown("fleet.yaml", date(2025, 12, 15), ViewOptions())


def test_a_night_is_drawn_over_its_hours() -> None:
    """In a wide terminal, a restart from 02:00 to 02:20 fills a third of its hour, below the
    hour.
    """
    table = shown("fleet.yaml", date(2025, 12, 15), ViewOptions(terminal=True, width=140))
    head = next(line for line in table.splitlines() if "  02 " in line)
    row = next(line for line in table.splitlines() if line.startswith("web01"))
    bar = row[head.index("  02 ") + 2 :].split()[0]
    assert abs(bar.count("#") - len(bar) / 3) <= 1
    assert "#.." in bar


@pytest.mark.parametrize("width", [60, 80, 100, 140, 200])
def test_every_row_has_its_date_who_restarts_and_the_baseline(width: int) -> None:
    """In a terminal of any width, each restart has its machine, day and start, and says whether
    Azure chooses the moment and the baseline is a forecast.
    """
    options = ViewOptions(terminal=True, width=width)
    lines = shown("fleet.yaml", date(2025, 12, 15), options).splitlines()
    rows = [line.split("  ") for line in lines if "  forecast" in line]
    facts = {tuple(filter(None, map(str.strip, row)))[:2] for row in rows}
    assert {
        ("net01", "Sun 2026-01-18 02:00"),
        ("web01", "Sun 2026-01-18 02:00"),
        ("sql02", "Sun 2026-01-25 02:00"),
        ("web03", "Sun 2026-01-25 02:00"),
    } == facts
    by = {row[0]: ("Azure, proposed" in row, "you" in row) for row in rows}
    assert by.pop("web01") == (True, False)
    assert set(by.values()) == {(False, True)}


def test_the_night_has_both_its_days() -> None:
    """A restart on Sunday at 02:00 is in the night that starts on Saturday."""
    table = shown("fleet.yaml", date(2025, 12, 15))
    assert "Night of Sat 2026-01-17 to Sun 2026-01-18: 2 restarts (+0100)" in table


@pytest.mark.slow
def test_colours_stay_out_of_files() -> None:
    """What does not go to a terminal has no escape in it."""
    assert "\x1b" not in shown("large.yaml", date(2026, 3, 20), ViewOptions())


CONTENDED = (
    """
defaults:
  platform: arc
  timezone: Europe/Stockholm
  os: Windows Server 2025 Standard
  build: 26100.7392
  arc: {status: Connected, hotpatch: Enabled, vbs: running, secure_boot: true, uefi: true}
  window: nights
windows: {nights: {days: [Mon, Tue, Wed, Thu, Fri, Sat, Sun], start: 21:00, duration: 5h}}
limits: {max_concurrent: 7}
groups:
"""
    + "".join(
        f"  g{number}: {{max_unavailable: 1, settle: {7 * (number % 5)}m}}\n"
        for number in range(60)
    )
    + "machines:\n"
)


@pytest.mark.skipif(sys.platform == "win32", reason="it needs a pseudo-terminal and SIGINT")
def test_ctrl_c_gives_the_best_plan_so_far(tmp_path: Path) -> None:
    """After SIGINT while the bar is shown, a whole plan is printed that says it was cut short; the
    code is 130.
    """
    rows = (
        f"- {{name: m{n}, groups: [g{n % 60}], reboot_minutes: {11 + 7 * n % 37}, "
        f"weight: {1 + n % 9}}}\n"
        for n in range(600)
    )
    (tmp_path / "fleet.yaml").write_text(CONTENDED + "".join(rows), encoding="utf-8")
    command = [sys.executable, "-m", "hotpatch_cli", "plan", "fleet.yaml", "--as-of", "2025-12-15"]
    master, slave = os.openpty()
    with subprocess.Popen(
        [*command, "-f", "json", "--effort", "1"],
        stdout=subprocess.PIPE,
        stderr=slave,
        cwd=tmp_path,
    ) as running:
        os.close(slave)
        seen, until = b"", time.monotonic() + 60
        while b"improving the plan" not in seen and time.monotonic() < until:
            seen += os.read(master, 4096)
        running.send_signal(signal.SIGINT)
        out, _ = running.communicate(timeout=60)
        os.close(master)
    assert running.returncode == 130
    found = json.loads(out[out.index(b"{") :])
    assert len(found["reboots"]) == 600
    assert found["cut_short"] is True


@pytest.mark.slow
@pytest.mark.parametrize(
    "more", [(), ("--what-if", "freeze:2026-01-17..2026-01-18"), ("--keep", "old.json")]
)
def test_plans_validate_against_their_schema(hotpatch: Any, more: tuple[str, ...]) -> None:
    """What `plan` writes is what `schema plan` says, with conflicts, with a difference, and beside
    a kept plan.
    """
    same = (
        "plan",
        str(ROOT / "examples" / "fleet.yaml"),
        "--as-of",
        "2025-12-15",
        "--deadline",
        "14d",
        "-f",
        "json",
    )
    hotpatch.write("old.json", hotpatch(*same).out)
    schema = hotpatch("schema", "plan").json
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(hotpatch(*same, *more).json, schema)
