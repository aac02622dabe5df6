"""The guide says what the program does: every command in it runs, with its exit code and the output
that is shown.
"""

import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.conftest import Hotpatch

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs").glob("*.md"))
_CODE = re.compile(r"\s+# exit code (\d+)$")
_ANY = (0, 1, 3, 4)
"""Without a word on its exit code, a command may find something; it must not be refused."""


_SEARCHED = ("planning.md",)
"""Pages that show what a whole search for a plan finds; on others the first plan is enough, and
quicker.
"""


class Shown(NamedTuple):
    """A command of a page: its line, the exit code that the page gives, and the output below it."""

    line: str
    code: int | None
    output: tuple[str, ...]


def shown(page: Path) -> Iterator[Shown]:
    """The commands in the console blocks of a page, in their order."""
    for block in re.findall(r"```console\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        for part in re.split(r"(?m)^\$ ", block)[1:]:
            line, *output = part.rstrip("\n").split("\n")
            code = _CODE.search(line)
            yield Shown(_CODE.sub("", line), int(code[1]) if code else None, tuple(output))


def runs_here(line: str) -> bool:
    """Whether a test can run it: the program itself, and no cloud."""
    return line.startswith("hotpatch ") and "--azure" not in line.split()


def pieces(output: tuple[str, ...]) -> list[str]:
    """The stretches of lines between the dots that stand for what is left out."""
    return [
        piece.strip("\n") for piece in re.split(r"(?m)^\.\.\.$", "\n".join(output)) if piece.strip()
    ]


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_runs(hotpatch: Hotpatch, page: Path) -> None:
    """The commands of a page, one after the other in one folder beside the examples, end and say
    what the page says.
    """
    shutil.copytree(ROOT / "examples", hotpatch.folder / "examples")
    if page.name not in _SEARCHED:
        hotpatch.monkeypatch.setenv("HOTPATCH_TIME_LIMIT", "0")
    for command in shown(page):
        if not runs_here(command.line):
            continue
        line, _, file = command.line.partition(" < ")
        stdin = (hotpatch.folder / file.strip()).read_bytes() if file else b""
        done = hotpatch(*shlex.split(line)[1:], stdin=stdin)
        expected = _ANY if command.code is None else (command.code,)
        assert done.code in expected, f"{command.line}\n{done.err}"
        at = 0
        for piece in pieces(command.output):
            at = done.out.find(piece, at)
            assert at >= 0, f"{command.line}\ndoes not say\n{piece}\nbut\n{done.out}"
            at += len(piece)


@pytest.mark.parametrize("page", [*PAGES, ROOT / "README.md"], ids=lambda page: page.name)
def test_what_a_page_links_to_is_there(page: Path) -> None:
    """No page or picture of the guide is linked that does not exist."""
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert missing == []


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="pictures of a terminal need a pseudo-terminal")
@pytest.mark.parametrize("name", ["check", "calendar", "year", "plan"])
def test_pictures_are_up_to_date(name: str) -> None:
    """What a picture shows is what the program prints now; `python tools/pictures.py` makes it."""
    from tools.pictures import PICTURES, TERMINALS, drawn, terminal

    made = terminal(name) if name in TERMINALS else drawn(name)
    kept = (PICTURES / f"{name}.svg").read_text(encoding="utf-8")
    assert texts(kept) == texts(made)
    assert re.findall(r"https?://(?!www\.w3\.org/)", kept) == []


def texts(picture: str) -> list[str]:
    """The texts of a picture; where they stand depends on the fonts of the machine that drew it."""
    return re.findall(r"<text[^>]*>([^<]*)</text>", picture)


def test_the_report_is_a_picture() -> None:
    """The photograph of the report is there, as PNG."""
    assert (ROOT / "docs" / "pictures" / "report.png").read_bytes().startswith(b"\x89PNG")
