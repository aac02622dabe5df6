"""Writes the table of facts in the guide to inventories: `python tools/facts_table.py` in the root
of the project.
"""

import re
from pathlib import Path

from hotpatch_cli.inputs.fields import FACTS, Fact

GUIDE = Path(__file__).parents[1] / "docs" / "inventory.md"
BEGIN = "<!-- facts: written by tools/facts_table.py -->\n"
END = "<!-- end of facts -->\n"


def facts_table() -> str:
    """All facts of a machine as a table in Markdown."""
    lines = [
        "| fact | what it is | example | if nobody states it | a column may also be called |",
        "|---|---|---|---|---|",
        *(_row(fact) for fact in FACTS if fact.written),
    ]
    return "\n".join(lines) + "\n"


def _row(fact: Fact) -> str:
    names = ", ".join(fact.columns) or "-"
    default = "required" if fact.required else fact.default
    return f"| `{fact.path}` | {fact.doc} | `{fact.example}` | {default} | {names} |"


def with_facts(guide: str) -> str:
    """The guide with the table as it is now."""
    return re.sub(
        f"(?<={re.escape(BEGIN)}).*(?={re.escape(END)})",
        lambda _: facts_table(),
        guide,
        flags=re.DOTALL,
    )


if __name__ == "__main__":
    GUIDE.write_text(with_facts(GUIDE.read_text(encoding="utf-8")), encoding="utf-8")
