"""docs/comparison.md: made of its data, true to the rules that it quotes, and our verdict is the
program's.
"""

import re
import runpy
from datetime import date
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
COMPARISON = runpy.run_path(str(ROOT / "docs" / "comparison.py"))
DATA = COMPARISON["load"]()
PREVIEWS = "MicrosoftWindowsServer:microsoftserveroperatingsystems-previews"
PREFIX = "MicrosoftWindowsServer:WindowsServer:"


def test_the_page_is_up_to_date() -> None:
    """The page is what the script makes of the data and of the matrix today: `python
    docs/comparison.py` writes it.
    """
    assert (ROOT / "docs" / "comparison.md").read_text(encoding="utf-8") == COMPARISON["page"](DATA)


def test_every_rule_has_its_source_and_its_day() -> None:
    """No rule without an address and the day on which it was read."""
    for peer in DATA["peers"].values():
        assert peer["source"].startswith("https://")
        assert isinstance(peer["read"], date)
        assert peer["what"].strip()


# Written by hand from the sources, not from the script: image, then what policy, Terraform and the
# portal say of it.
SAID = {
    f"{PREFIX}2022-datacenter-azure-edition": ("yes", "no", "no"),
    f"{PREFIX}2022-datacenter-azure-edition-smalldisk": ("yes", "no", "no"),
    f"{PREFIX}2022-datacenter-azure-edition-core": ("yes", "yes", "yes"),
    f"{PREFIX}2022-datacenter-azure-edition-hotpatch": ("no", "yes", "yes"),
    f"{PREFIX}2022-Datacenter-Azure-Edition-Hotpatch": ("no", "no", "yes"),
    f"{PREFIX}2025-datacenter-azure-edition-core-smalldisk": ("no", "yes", "yes"),
    f"{PREVIEWS}:windows-server-2025-azure-edition-hotpatch": (
        "no",
        "no",
        "yes",
    ),
    "contoso:windows:2022-datacenter-azure-edition-core": ("yes", "no", "no"),
    f"{PREFIX}2019-datacenter": ("no", "no", "no"),
    "/subscriptions/0/images/a": ("-", "no", "no"),
}


@pytest.mark.parametrize(("image", "said"), SAID.items(), ids=SAID)
def test_a_rule_says_what_its_source_says(image: str, said: tuple[str, ...]) -> None:
    """Of each image the three rules say what stands in their sources."""
    assert (
        tuple(
            COMPARISON["answer"](DATA["peers"][name], image)
            for name in ("policy", "terraform", "portal")
        )
        == said
    )


def test_our_column_is_what_the_program_says(hotpatch: Any) -> None:
    """Each row has the verdict of `hotpatch image` on that image and day."""
    page = (ROOT / "docs" / "comparison.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `([^`]+)` \| (yes|no) \|", page, re.MULTILINE))
    done = hotpatch("image", *rows, "--as-of", str(DATA["as_of"]), "-f", "json")
    assert {
        name: "yes" if each["verdict"] == "ready" else "no" for name, each in done.machines.items()
    } == rows
    assert len(rows) == 14
