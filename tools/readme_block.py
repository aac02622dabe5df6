"""Writes the first screen of the example into the README: `python tools/readme_block.py` in the
root of the project.
"""

import re
from datetime import date
from pathlib import Path

from hotpatch_cli.cli.options.gate import Waiving, judged_by
from hotpatch_cli.cli.words import FAIL_ON, parse_fail_on
from hotpatch_cli.inputs.fleet import load_fleet
from hotpatch_cli.knowledge.load import load_knowledge
from hotpatch_cli.outputs.report_table import render_table
from hotpatch_cli.outputs.view_options import ViewOptions
from hotpatch_cli.use_cases.check import check

README = Path(__file__).parents[1] / "README.md"
COMMAND = "$ hotpatch check examples/fleet.yaml --as-of 2025-12-15"


def first_screen() -> str:
    """What the command shows in a terminal of 80 columns, without the findings."""
    knowledge = load_knowledge()
    report = check(load_fleet(["examples/fleet.yaml"])[0], knowledge, date(2025, 12, 15))
    gated = judged_by(report, parse_fail_on(FAIL_ON), Waiving(), knowledge)
    screen = render_table(gated, ViewOptions(terminal=True, width=80))
    parts = screen.rstrip("\n").split("\n\n")
    return "\n\n".join("..." if part.startswith("finding ") else part for part in parts)


def with_screen(readme: str) -> str:
    """The README with the screen as it is now, in its first block."""
    block = f"```\n{COMMAND}\n{first_screen()}\n```"
    return re.sub(r"```\n.*?\n```", lambda _: block, readme, count=1, flags=re.DOTALL)


if __name__ == "__main__":
    README.write_text(with_screen(README.read_text(encoding="utf-8")), encoding="utf-8")
