"""The guide to inventories and sources says what the program does: its commands run, and print what
it shows.
"""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from hotpatch_cli.inputs.fleet import READERS

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "docs" / "inventory.md").read_text(encoding="utf-8")
COMMANDS = [
    (command, shown)
    for block in re.findall(r"```console\n(.*?)```", GUIDE, re.DOTALL)
    for command, _, shown in (part.partition("\n") for part in block.split("$ hotpatch ")[1:])
]


@pytest.mark.slow
def test_every_command_of_the_guide_prints_what_is_shown(hotpatch: Any) -> None:
    """Each command runs on the examples, and its output holds the lines that are shown."""
    shutil.copytree(ROOT / "examples", hotpatch.folder / "examples")
    assert len(COMMANDS) > 5
    for command, shown in COMMANDS:
        done = hotpatch(*command.split())
        assert done.code in (0, 1, 3), f"{command}: {done.err}"
        for part in filter(str.strip, re.split(r"^\.\.\.\n", shown, flags=re.MULTILINE)):
            assert part in done.out, f"{command} does not print:\n{part}"


def test_the_table_of_facts_is_up_to_date() -> None:
    """The facts in the guide are those of the program: made anew with `python
    tools/facts_table.py`.
    """
    from tools.facts_table import with_facts

    assert "| `patching.mode` |" in GUIDE
    assert with_facts(GUIDE) == GUIDE


def test_the_guide_names_every_reader() -> None:
    """The table of sources has every reader that --input-format knows."""
    assert all(f"`{name}`" in GUIDE for name in READERS)


def test_every_option_of_the_guide_exists(hotpatch: Any) -> None:
    """An option that the guide names is one of check, collect or convert."""
    pages = "".join(hotpatch(name, "--help").out for name in ("check", "convert"))
    assert all(option in pages for option in set(re.findall(r"`(--[a-z-]+)", GUIDE)))
