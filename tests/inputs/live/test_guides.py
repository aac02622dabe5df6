"""The commands of the guides run as they stand there: those of Azure on the stand-in, the others on
the examples.
"""

import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest
from azure_stand import Azure, subscription, vm

ROOT = Path(__file__).parents[3]
OWN = (
    'windows: {sunday: {days: [sun], start: "02:00", duration: 4h, timezone: UTC}}\nmachines: []\n'
)


def commands(guide: str, language: str) -> list[str]:
    """The hotpatch commands of the fenced blocks of a language."""
    text = (ROOT / "docs" / guide).read_text(encoding="utf-8")
    blocks = re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]
    return [line for line in lines if line.startswith("hotpatch ")]


@pytest.mark.parametrize("command", commands("knowledge.md", "console"))
def test_commands_on_the_examples(hotpatch: Any, command: str) -> None:
    """A command of the guide to knowledge gives its product."""
    shutil.copytree(ROOT / "examples", hotpatch.folder / "examples")
    done = hotpatch(*shlex.split(command)[1:])
    assert done.code == 0, done.err
    assert done.out


@pytest.mark.parametrize("command", commands("live.md", "sh"))
def test_commands_on_azure(hotpatch: Any, azure: Azure, command: str) -> None:
    """A command of the guide to Azure is understood and asks Azure."""
    azure.tables["resources"] = [vm("web01")]
    hotpatch.write("windows-and-groups.yaml", OWN)
    done = hotpatch(*shlex.split(command)[1:])
    assert done.code in (0, 1, 3, 4), done.err
    assert azure.asked


def test_there_are_commands() -> None:
    """The guides have commands, so that the tests above cannot pass over nothing."""
    assert len(commands("knowledge.md", "console")) > 5
    assert len(commands("live.md", "sh")) > 3


def test_a_source_by_its_name(hotpatch: Any, azure: Azure) -> None:
    """`azure:` may stand where a file may."""
    azure.tables["resourcecontainers"].append(subscription("3", "Lab"))
    azure.tables["resources"] = [vm("web01")]
    for name in ("azure:", "azure:?subscription=Production"):
        assert hotpatch("check", name, "-f", "json", "--as-of", "2025-12-15").machines.keys() == {
            "web01"
        }
