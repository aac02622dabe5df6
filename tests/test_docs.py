"""The documentation is true: its commands run, today and on any later day, with the exit code and
the output that it shows; what it names exists.
"""

import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer

from hotpatch_cli.cli.options import common
from hotpatch_cli.cli.root import app
from hotpatch_cli.inputs.fleet import READERS
from tests.conftest import Hotpatch

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs").glob("*.md"))
WITH_README = [*PAGES, ROOT / "README.md"]
FAR = date(2031, 5, 5)
"""A day on which every waiver and every release of today is long past."""
STAND_INS = {
    "fleet.yaml": "fleet.yaml",
    "machines.csv": "servers.csv",
    "vms.json": "az-vm-list.json",
    "images.txt": "images.txt",
}
"""Files of a reader that a page names, and the example that takes the place of each."""
ELSEWHERE = (
    "releases import",
    "--azure",
    "--install-completion",
    "machines.parquet",
    "releases update",
)
"""A command that needs a network, changes the shell, or reads a file that no example has, isn't
run; its options are checked.
"""
_CODE = re.compile(r"\s+# exit code (\d+)$")
_ANY = (0, 1, 3, 4)
"""A command without an exit code in the page may find something, but is never refused."""
_SEARCHED = ("planning.md",)
"""Pages that show the result of a full search for a plan; other pages take the first plan, which is
quicker.
"""


class Shown(NamedTuple):
    """A command of a page: its line, the exit code that the page gives, and the output below it."""

    line: str
    code: int | None
    output: tuple[str, ...]


def shown(page: Path) -> Iterator[Shown]:
    """The commands in the code blocks of a page, in their order."""
    text = page.read_text(encoding="utf-8")
    for kind, block in re.findall(r"^```(\w*)\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        if kind == "console":
            parts = [part.rstrip("\n").split("\n") for part in re.split(r"(?m)^\$ ", block)[1:]]
        elif kind in ("", "sh", "bash"):
            parts = [[line] for line in block.splitlines()]
        else:
            continue
        for line, *output in parts:
            code = _CODE.search(line)
            command = re.sub(r"^.*\.venv/bin/(?=hotpatch )", "", _CODE.sub("", line))
            if command.startswith("hotpatch "):
                yield Shown(command, int(code[1]) if code else None, tuple(output))


def runs_here(line: str) -> bool:
    """Whether a test can run it: it needs no cloud and no file of a reader."""
    return not any(word in line for word in ELSEWHERE)


def pieces(output: tuple[str, ...]) -> list[str]:
    """The stretches of lines between the dots that replace omitted lines."""
    return [
        piece.strip("\n") for piece in re.split(r"(?m)^\.\.\.$", "\n".join(output)) if piece.strip()
    ]


def set_clock(hotpatch: Hotpatch, day: date) -> None:
    """Make a day the today of the program, in each module that has its clock."""
    clock = common.today
    hotpatch.monkeypatch.setattr(common, "today", lambda: day)
    for name, module in list(sys.modules.items()):
        if name.startswith("hotpatch_cli.") and vars(module).get("today") is clock:
            hotpatch.monkeypatch.setattr(module, "today", lambda: day)


@pytest.mark.slow
@pytest.mark.parametrize("page", WITH_README, ids=lambda page: page.name)
def test_every_command_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hotpatch: Hotpatch, page: Path
) -> None:
    """The commands of a page, run in order beside the examples, have the exit code and the output
    that the page shows. None of them expires: far ahead, they still do.
    """
    if page.name not in _SEARCHED:
        hotpatch.monkeypatch.setenv("HOTPATCH_TIME_LIMIT", "0")
    codes = []
    for folder, day in (("today", None), ("far-ahead", FAR)):
        here = Hotpatch(tmp_path / folder, monkeypatch)
        shutil.copytree(ROOT / "examples", here.folder / "examples")
        for name, example in STAND_INS.items():
            shutil.copy(ROOT / "examples" / example, here.folder / name)
        if day:
            set_clock(here, day)
        codes.append([run(here, command) for command in shown(page) if runs_here(command.line)])
    assert codes[0] == codes[1]


def run(hotpatch: Hotpatch, command: Shown) -> int:
    """The exit code of a command, which does what its page says."""
    line, _, file = command.line.partition(" < ")
    stdin = (hotpatch.folder / file.strip()).read_bytes() if file else b""
    words = shlex.split(line, comments=True)[1:]
    if words[0] == "init":  # it refuses to overwrite a file, such as a stand-in
        (hotpatch.folder / words[-1]).unlink(missing_ok=True)
    done = hotpatch(*words, stdin=stdin)
    expected = _ANY if command.code is None else (command.code,)
    assert done.code in expected, f"{command.line}\n{done.err}"
    at = 0
    for piece in pieces(command.output):
        at = done.out.find(piece, at)
        assert at >= 0, f"{command.line}\ndoesn't print\n{piece}\nbut\n{done.out}"
        at += len(piece)
    return done.code


def named_commands(page: Path) -> Iterator[str]:
    """The command lines in code blocks and in the prose of a page."""
    yield from (command.line for command in shown(page))
    if page.name == "reference.md":  # its code has columns of tables
        return
    text = re.sub(r"(?ms)^```.*?^```", "", page.read_text(encoding="utf-8"))
    yield from re.findall(r"`(hotpatch [a-z][^`]*)`", text)


def params_of(line: str) -> tuple[str, set[str]]:
    """The command that a line calls, and its options; raises KeyError where there is none."""
    group: Any = typer.main.get_command(app)
    context: Any = None
    words = line.split()[1:]
    name = words.pop(0)
    command = group if name.startswith("-") else group.get_command(context, name)
    if command is None:
        raise KeyError(name)
    while words and words[0] in getattr(command, "commands", {}):
        command = command.commands[words.pop(0)]
    flags = {"--help", "-h"}
    for param in command.params:
        flags.update((*param.opts, *param.secondary_opts))
    return name, flags


@pytest.mark.parametrize("page", WITH_README, ids=lambda page: page.name)
def test_named_commands_and_options_exist(page: Path) -> None:
    """A command line in a page names a command of the program, and options of that command."""
    wrong = []
    for written in named_commands(page):
        line = re.split(r" \| | +# ", written)[0]
        try:
            _, known = params_of(line)
        except KeyError:
            wrong.append(line)
            continue
        used = re.findall(r"(?<= )--?[a-z][a-z-]*", line)
        wrong += [f"{line}: {flag}" for flag in used if flag not in known]
    assert wrong == []


@pytest.mark.parametrize("page", WITH_README, ids=lambda page: page.name)
def test_named_options_exist(page: Path) -> None:
    """An option in the prose of a page is one of a command of the program."""
    group: Any = typer.main.get_command(app)
    known = {"--help", "--version", "--install-completion"}
    commands = [group.get_command(None, name) for name in group.list_commands(None)]
    for command in commands:
        commands += getattr(command, "commands", {}).values()
        for param in command.params:
            known.update((*param.opts, *param.secondary_opts))
    named = re.findall(r"`(--[a-z][a-z-]+)", page.read_text(encoding="utf-8"))
    assert set(named) - known == set()


def test_the_guide_has_every_source() -> None:
    """The table of sources has every file type that --input-format knows."""
    guide = (ROOT / "docs" / "inventory.md").read_text(encoding="utf-8")
    assert [name for name in READERS if f"`{name}`" not in guide] == []


@pytest.mark.parametrize("page", WITH_README, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    """A page or picture that is linked exists, with the heading that the link names."""
    wrong = []
    for link in re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
        file, _, heading = link.partition("#")
        target = page.parent / file if file else page
        if "://" in link or (target.exists() and not heading):
            continue
        if not target.exists() or heading not in headings(target):
            wrong.append(link)
    assert wrong == []


def headings(page: Path) -> set[str]:
    """The headings of a page, as links name them."""
    titles = re.findall(r"(?m)^#+ (.+)$", page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="pictures of a terminal need a pseudo-terminal")
@pytest.mark.parametrize("name", ["check", "calendar", "year", "plan"])
def test_pictures_are_up_to_date(name: str) -> None:
    """A picture shows what the program prints now; `python tools/pictures.py` makes it."""
    from tools.pictures import PICTURES, TERMINALS, drawn, terminal

    made = terminal(name) if name in TERMINALS else drawn(name)
    kept = (PICTURES / f"{name}.svg").read_text(encoding="utf-8")
    assert texts(kept) == texts(made)
    assert re.findall(r"https?://(?!www\.w3\.org/)", kept) == []


def texts(picture: str) -> list[str]:
    """The texts of a picture; their places depend on the fonts of the machine that drew it."""
    return re.findall(r"<text[^>]*>([^<]*)</text>", picture)


def test_the_report_is_a_picture() -> None:
    """The photograph of the report exists, as PNG."""
    assert (ROOT / "docs" / "pictures" / "report.png").read_bytes().startswith(b"\x89PNG")
