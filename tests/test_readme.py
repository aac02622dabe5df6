"""The README says what the program does: its block of output, its commands, its exit codes."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_block_is_what_a_terminal_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """The block of the README is the screen of the example at 80 columns, as
    `tools/readme_block.py` writes it.
    """
    monkeypatch.chdir(ROOT)
    from tools.readme_block import with_screen

    assert with_screen(README) == README


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
