"""docs/gate.md: its commands run, its files are read, its tables are complete."""

import re
from pathlib import Path
from typing import Any

from hotpatch_cli.outputs.formats import CHECK_FORMATS

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "gate.md").read_text(encoding="utf-8")
FLEET = "machines: [{name: img01, platform: arc, os: Windows Server 2019 Datacenter}]\n"


def blocks(kind: str) -> list[str]:
    """The blocks of code of a kind."""
    return re.findall(rf"```{kind}\n(.*?)```", GUIDE, re.DOTALL)


def test_the_configuration_is_taken(hotpatch: Any) -> None:
    """The example of a configuration is read by the program, and does what it says."""
    (text,) = blocks("toml")
    hotpatch.write("hotpatch.toml", text)
    hotpatch.write("waivers.yaml", "waivers: []")
    done = hotpatch("check", hotpatch.write("fleet.yaml", FLEET), "--as-of", "2025-12-15")
    assert done.code == 1, done.err
    assert (hotpatch.folder / "hotpatch.sarif").is_file()


def test_every_format_stands_in_the_guide() -> None:
    """The table of formats has each format of a report, but for the calendar, which is none of a
    gate.
    """
    listed = set(re.findall(r"^\| `([a-z]+)` \|", GUIDE, re.MULTILINE))
    assert listed == set(CHECK_FORMATS) - {"ics"}


def test_links_lead_somewhere() -> None:
    """Files that the guide links to exist."""
    for target in re.findall(r"\]\(([^):]+)\)", GUIDE):
        assert (ROOT / "docs" / target).is_file(), target
