"""The README says what the program does: its block of output, its commands, its exit codes."""

import re
from datetime import date
from pathlib import Path

import pytest

from hotpatch_cli.inputs.fleet import load_fleet
from hotpatch_cli.knowledge.load import load_knowledge
from hotpatch_cli.outputs.report_table import render_table
from hotpatch_cli.outputs.view_options import Screen
from hotpatch_cli.use_cases.check import check

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_block_is_what_a_terminal_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every line that the README shows is printed by the program at 80 columns, in that order."""
    monkeypatch.chdir(ROOT)
    report = check(load_fleet(["examples/fleet.yaml"])[0], load_knowledge(), date(2025, 12, 15))
    printed = render_table(report, Screen(terminal=True, width=80))
    block = re.search(r"\$ hotpatch check .*\n((?:.|\n)*?)\n```", README)
    assert block is not None
    at = 0
    for part in block[1].split("\n...\n"):
        at = printed.index(part, at)


def test_every_command_of_the_readme_exists() -> None:
    """A command that the README names is one that the program has."""
    from hotpatch_cli.cli.root import COMMANDS

    named = set(re.findall(r"`hotpatch ([a-z]+)", README))
    assert named
    assert named <= set(COMMANDS)


def test_the_commands_are_one_line_each() -> None:
    """The two commands of the README do all the set-up themselves, each on one line."""
    lines = [line for line in README.splitlines() if line.startswith("python3 -m venv")]
    assert len(lines) == 2
    assert all("pip install" in line for line in lines)
