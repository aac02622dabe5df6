"""The guide to planning names options that exist; test_docs.py proves that its commands run."""

import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "docs" / "planning.md").read_text(encoding="utf-8")


def test_every_option_of_the_guide_exists(hotpatch: Any) -> None:
    """An option that the guide names is one of the commands."""
    help_pages = "".join(hotpatch(name, "--help").out for name in ("plan", "verify", "rollback"))
    named = set(re.findall(r"`(--[a-z-]+)", GUIDE))
    assert named
    assert all(option in help_pages for option in named)
