"""Commands are requests: their options are the fields, and help comes from the registries."""

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from hotpatch_cli.cli.config.config import commands_of, options_of
from hotpatch_cli.cli.help_page import registry
from hotpatch_cli.cli.request import RequestCommand, RequestGroup, option
from hotpatch_cli.cli.root import COMMANDS, app

ROOT = Path(__file__).parents[2]
CLI = ROOT / "hotpatch_cli" / "cli"
REGISTRIES = {
    "calendar": "outputs.formats.CALENDAR_FORMATS",
    "check": "outputs.formats.CHECK_FORMATS",
    "diff": "outputs.formats.DIFF_FORMATS",
    "image": "outputs.formats.CHECK_FORMATS",
    "matrix": "outputs.formats.MATRIX_FORMATS",
    "plan": "outputs.formats.PLAN_FORMATS",
    "releases": "outputs.formats.RELEASE_FORMATS",
    "rollback": "outputs.formats.ROLLBACK_FORMATS",
    "verify": "outputs.formats.REVIEW_FORMATS",
    "windows lint": "outputs.formats.LINT_FORMATS",
    "windows list": "outputs.formats.OPENING_FORMATS",
}


def words_of(text: str) -> str:
    """The words of a help page in one line."""
    return " ".join(text.split())


@pytest.mark.parametrize(("command", "place"), REGISTRIES.items(), ids=REGISTRIES)
def test_the_help_lists_the_formats_of_the_registry(
    hotpatch: Any, command: str, place: str
) -> None:
    """`--format` names every format that the command writes, in the order of the registry."""
    page = words_of(hotpatch(*command.split(), "--help").out)
    assert f"FORMAT {', '.join(registry(place))}" in page


def test_the_help_lists_the_readers(hotpatch: Any) -> None:
    """`--input-format` names every file type in the order in which they are asked."""
    page = words_of(hotpatch("check", "--help").out)
    assert f"File type: {', '.join(registry('inputs.fleet.READERS'))}." in page


@pytest.mark.parametrize(
    ("names", "variable"),
    [("--as-of", "HOTPATCH_AS_OF"), ("--output -o", "HOTPATCH_OUTPUT")],
)
def test_an_option_has_the_variable_of_its_name(names: str, variable: str) -> None:
    """The variable of --as-of is HOTPATCH_AS_OF."""
    assert option(names, "WORD", "What it is.").envvar == variable


def test_an_option_has_one_variable_in_all_commands() -> None:
    """Every option has the variable of its name, in every command."""
    for path, command in commands_of(typer.main.get_command(app)):
        for key, found in options_of(command).items():
            assert found.envvar == f"HOTPATCH_{key.replace('-', '_').upper()}", (path, key)


def test_every_command_is_a_request() -> None:
    """Each command makes a frozen request of its options and runs it; nothing else is a command."""
    for path, command in commands_of(typer.main.get_command(app)):
        assert isinstance(command, RequestCommand | RequestGroup), path
        assert {param.name for param in options_of(command).values()} <= set(
            command.callback.__wrapped__._fields
        )


def test_the_body_of_a_command_is_short() -> None:
    """Parse, load, run, write: the body of a command has less than 25 lines."""
    bodies = 0
    for name in COMMANDS:
        for node in ast.walk(ast.parse((CLI / f"{name}.py").read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name == "run":
                first, last = node.body[1].lineno, node.body[-1].end_lineno or 0
                assert last - first + 1 < 25, name
                bodies += 1
    assert bodies >= len(COMMANDS)


def test_a_check_starts_without_the_planner() -> None:
    """Start-up time is a promise: `check` imports neither the planner nor another command."""
    script = (
        "import os, sys\nsys.argv = ['', 'check', 'examples/fleet.yaml', '-o', os.devnull]\n"
        "from hotpatch_cli.cli import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print('hotpatch_cli.scheduler' in sys.modules, 'hotpatch_cli.cli.plan' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "False False\n"
