"""Makes the pictures of the docs with the program itself. In the root of the project, run
`python tools/pictures.py`.

rich draws the terminals from what the program writes to a real one. The Chromium of the system
takes the screenshot of the report. The year and the plan are charts of the program.
"""

import os
import pty
import shutil
import subprocess
import sys
import tempfile
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
DAY = ("--as-of", "2025-12-15")
COLUMNS = 100
TERMINALS = {
    "check": ("check", "examples/fleet.yaml", *DAY),
    "calendar": ("calendar", "--year", "2025", *DAY),
}
DRAWN = {
    "year": ("calendar", "--year", "2025", *DAY, "--format", "svg"),
    "plan": (
        "plan",
        "examples/large.yaml",
        "--as-of",
        "2026-02-20",
        "--effort",
        "0.1",
        "--format",
        "svg",
    ),
}
# rich's own frame loads a font from a host; this one uses the fonts of the reader's system.
_FRAME = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: Cascadia Mono, Menlo, Consolas, DejaVu Sans Mono, monospace;
 font-size: {char_height}px; line-height: {line_height}px; }}
.{unique_id}-title {{ font-size: 18px; font-family: Segoe UI, Helvetica Neue, Arial, sans-serif; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/></clipPath>{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def terminal(name: str) -> str:
    """What a command shows in a terminal, as SVG."""
    arguments = TERMINALS[name]
    console = Console(record=True, width=COLUMNS, file=StringIO())
    console.print(Text("$ hotpatch " + " ".join(arguments), style="bold"))
    console.print(Text.from_ansi(_typed(arguments)))
    return console.export_svg(title="hotpatch", theme=MONOKAI, code_format=_FRAME, unique_id=name)


def _typed(arguments: tuple[str, ...]) -> str:
    """What the program writes to a terminal, with its colors."""
    leader, follower = pty.openpty()
    environment = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith("HOTPATCH_") and key != "NO_COLOR"
    }
    environment |= {"COLUMNS": str(COLUMNS), "LINES": "50", "TERM": "xterm-256color"}
    command = [sys.executable, "-m", "hotpatch_cli", *arguments]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=follower, stderr=subprocess.DEVNULL
    ) as child:
        os.close(follower)
        output = b"".join(iter(lambda: _part(leader), b""))
        child.wait()
    os.close(leader)
    return output.decode().replace("\r\n", "\n")


def _part(leader: int) -> bytes:
    try:
        return os.read(leader, 65536)
    except OSError:  # the other end is closed: there is no more
        return b""


def drawn(name: str) -> str:
    """A chart of the program."""
    command = [sys.executable, "-m", "hotpatch_cli", *DRAWN[name], "--quiet"]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def photograph(target: Path) -> None:
    """The head of the report in a browser."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page_file = Path(folder) / "report.html"
        command = [
            sys.executable,
            "-m",
            "hotpatch_cli",
            "report",
            "examples/fleet.yaml",
            *DAY,
            "-o",
            str(page_file),
        ]
        subprocess.run(command, cwd=ROOT, check=True)
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--headless", "--no-sandbox", "--disable-gpu"],
        )
        page = browser.new_page(viewport={"width": 1180, "height": 1480})
        page.goto(page_file.as_uri())
        page.screenshot(path=str(target))
        browser.close()


def main() -> None:
    """Make all pictures."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for name in TERMINALS:
        (PICTURES / f"{name}.svg").write_text(terminal(name), encoding="utf-8")
    for name in DRAWN:
        (PICTURES / f"{name}.svg").write_text(drawn(name), encoding="utf-8")
    photograph(PICTURES / "report.png")


if __name__ == "__main__":
    main()
