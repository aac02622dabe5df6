"""The guide to planning says what the program does: each of its commands runs, and prints what it shows."""

import re
import shutil
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "docs" / "planning.md").read_text(encoding="utf-8")


def blocks() -> list[tuple[str, str]]:
    """(command, what is shown below it), in the order of the guide."""
    found = []
    for block in re.findall(r"```console\n(.*?)```", GUIDE, re.DOTALL):
        for part in block.split("$ hotpatch ")[1:]:
            command, _, shown = part.partition("\n")
            found.append((command, shown))
    return found


def test_every_command_of_the_guide_prints_what_is_shown(hotpatch: Any) -> None:
    """In the order of the guide, each command ends as it should, and its output holds the lines that are shown."""
    shutil.copytree(ROOT / "examples", hotpatch.folder / "examples")
    listed = blocks()
    assert len(listed) > 8
    for command, shown in listed:
        done = hotpatch(*command.split())
        assert done.code in (0, 4), f"{command}: {done.err}"
        at = 0
        for part in filter(str.strip, re.split(r"^\.\.\.\n", shown, flags=re.MULTILINE)):
            assert part in done.out[at:], f"{command} does not print:\n{part}"
            at = done.out.index(part, at)


def test_every_option_of_the_guide_exists(hotpatch: Any) -> None:
    """An option that the guide names is one of the commands."""
    help_pages = "".join(hotpatch(name, "--help").out for name in ("plan", "verify", "rollback"))
    named = set(re.findall(r"`(--[a-z-]+)", GUIDE))
    assert named
    assert all(option in help_pages for option in named)
