"""What people at a terminal get: ordered help, examples that run, completion, source lines with a
caret, progress.
"""

import os
import pty
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from hotpatch_cli.cli import source_excerpt as caret
from hotpatch_cli.cli.config.config import commands_of, options_of
from hotpatch_cli.cli.help_panels import COMMAND_PANELS, EXAMPLES
from hotpatch_cli.cli.root import COMMANDS, app
from hotpatch_cli.errors import Problem
from tests.conftest import Hotpatch

ROOT = Path(__file__).parents[2]
RUN = (sys.executable, "-m", "hotpatch_cli")
NEEDS_A_PAGE = ("releases import", "releases update")
"""Commands that read a page of Microsoft; they have tests of their own."""
SAVED = {"december.json": "2025-12-15", "january.json": "2026-01-18"}
"""Reports that examples read, and the day of each."""
RUNNABLE = [
    line
    for command, examples in EXAMPLES.items()
    if command not in NEEDS_A_PAGE
    for line, _ in examples
]


def in_terminal(folder: Path, *arguments: str) -> str:
    """What the program writes to a terminal of 80 columns, standard output and error together."""
    leader, follower = pty.openpty()
    environment = os.environ | {"COLUMNS": "80", "TERM": "dumb", "NO_COLOR": "1"}
    with subprocess.Popen(
        [*RUN, *arguments], cwd=folder, env=environment, stdout=follower, stderr=follower
    ) as child:
        os.close(follower)
        said = b""
        while True:
            try:
                part = os.read(leader, 65536)
            except OSError:  # the other end is closed: all is said
                break
            if not part:
                break
            said += part
        child.wait()
    os.close(leader)
    return said.decode().replace("\r\n", "\n")


def test_the_age_of_the_data_is_on_a_screen_once(tmp_path: Path) -> None:
    """The head of a table has the age of the data, and a terminal shows no second sentence."""
    (tmp_path / "fleet.yaml").write_text("machines: [{name: a, platform: arc}]\n")
    shown = in_terminal(tmp_path, "check", "fleet.yaml", "--as-of", "2060-01-01")
    assert "Patch Tuesdays are missing" in shown
    assert "older than Patch Tuesday" not in shown


def test_the_line_of_a_machine_breaks_between_words(tmp_path: Path) -> None:
    """With --explain a machine's first line is folded as its paragraphs are: no date is cut."""
    shutil.copy(ROOT / "examples" / "fleet.yaml", tmp_path)
    shown = in_terminal(tmp_path, "check", "fleet.yaml", "--as-of", "2025-12-15", "--explain")
    titles = [line for line in shown.splitlines() if re.match(r"[a-z0-9]+: [+!x?] ", line)]
    assert titles
    assert max(map(len, titles)) <= 80


def offered(*words: str, folder: Path = ROOT) -> list[str]:
    """What bash is offered for the last word of a line."""
    environment = os.environ | {
        "_HOTPATCH_COMPLETE": "complete_bash",
        "COMP_WORDS": shlex.join(["hotpatch", *words])
        if words[-1]
        else shlex.join(["hotpatch", *words[:-1]]) + " ",
        "COMP_CWORD": str(len(words)),
    }
    done = subprocess.run(
        ["hotpatch"],
        executable=_program(),
        cwd=folder,
        env=environment,
        capture_output=True,
        check=False,
    )
    assert done.stderr == b""
    return done.stdout.decode().split()


def _program() -> str:
    return str(Path(sys.executable).parent / "hotpatch")


# --- help ----------------------------------------


def test_every_command_has_a_panel() -> None:
    """No command stands outside the panels of the first help page."""
    assert set(COMMANDS) <= {name for names in COMMAND_PANELS.values() for name in names}


@pytest.mark.slow
@pytest.mark.parametrize("line", RUNNABLE)
def test_every_example_of_the_help_pages_runs(hotpatch: Hotpatch, line: str) -> None:
    """An example that a help page shows works as it stands, beside the examples of this project."""
    hotpatch.monkeypatch.setenv("HOTPATCH_TIME_LIMIT", "0.2")
    shutil.copytree(ROOT / "examples", hotpatch.folder / "examples")
    stdin = b""
    if "|" in line:
        line, stdin = line.split("|")[1], (ROOT / "examples" / "az-vm-list.json").read_bytes()
    if "<" in line:
        line, file = line.split("<")
        stdin = (ROOT / file.strip()).read_bytes()
    words = shlex.split(line)[1:]
    for fleet in (word for word in words if word.startswith("examples/") and "plan.json" in words):
        day = "2026-02-20" if "large" in fleet else "2025-12-15"
        hotpatch("plan", fleet, "--as-of", day, "-f", "json", "-o", "plan.json")
        words += [] if "--as-of" in words else ["--as-of", day]
    for name, day in SAVED.items():
        if name in words:
            hotpatch("check", "examples/fleet.yaml", "--as-of", day, "-f", "json", "-o", name)
    done = hotpatch(*words, stdin=stdin)
    assert done.code in (0, 1, 3, 4), done.err


def pages() -> list[tuple[str, ...]]:
    """The words of all commands and groups that have a help page."""
    commands = [path for path, _ in commands_of(typer.main.get_command(app))]
    return [(), *dict.fromkeys(path[:1] for path in commands), *commands]


def test_help_shows_common_options_first_and_examples_last(hotpatch: Hotpatch) -> None:
    """Input, Azure and rare options follow, and the page ends with lines to type."""
    page = hotpatch("check", "--help").out
    assert re.search(
        r"Options:.*--format.*Input:.*--map.*Azure:.*--cloud.*Less common options:.*--config.*"
        r"Examples:.*hotpatch check",
        page,
        re.DOTALL,
    )


@pytest.mark.parametrize("command", ["check", "plan"])
def test_a_long_help_page_fits_a_screen(hotpatch: Hotpatch, command: str) -> None:
    """The pages of check and plan have less than 60 lines at 80 columns, with their examples."""
    hotpatch.monkeypatch.setenv("COLUMNS", "80")
    lines = hotpatch(command, "--help").out.splitlines()
    assert len(lines) < 60
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("path", pages(), ids=" ".join)
def test_a_help_page_has_no_types_and_no_variables(
    hotpatch: Hotpatch, path: tuple[str, ...]
) -> None:
    """No type of Python, no variable of a single option, no frame, and no word is cut in two."""
    page = hotpatch(*path, "--help").out.partition("Examples:")[0]
    assert not re.search(r"<(?!OPTION>)|env var|list\[|[│╭{}]|-$", page, re.MULTILINE)
    hotpatch.monkeypatch.setenv("COLUMNS", "60")
    lines = hotpatch(*path, "--help").out.partition("Examples:")[0].splitlines()
    assert max(map(len, lines)) <= 60


@pytest.mark.parametrize("path", pages(), ids=" ".join)
def test_a_help_page_lists_every_option(hotpatch: Hotpatch, path: tuple[str, ...]) -> None:
    """Every option of a command is on its page once."""
    page = hotpatch(*path, "--help").out.partition("Examples:")[0]
    command = dict(commands_of(typer.main.get_command(app))).get(path)
    for key in options_of(command) if command else ():
        assert len(re.findall(rf"(?m)^  .*--{key}(?: |,|$)", page)) == 1, key


# --- completion ----------------------------------------


@pytest.mark.parametrize(
    ("words", "some"),
    [
        (("explain", "HP30"), {"HP301", "HP309"}),
        (("explain", "hotp"), {"hotpatch", "hotpatch-ended"}),
        (("check", "examples/fleet.yaml", "--only", "unsupported,HP10"), {"unsupported,HP101"}),
        (("check", "examples/fleet.yaml", "--fail-on", "b"), {"behind", "baseline-due"}),
        (("plan", "examples/fleet.yaml", "--format", ""), {"table", "svg", "png"}),
        (("rollback", "examples/fleet.yaml", "--machine", "we"), {"web01", "web02", "web03"}),
        (
            ("windows", "list", "examples/fleet.yaml", "--window", "s"),
            {"sunday-night", "saturday-after"},
        ),
    ],
)
def test_a_shell_completes_words_of_options(words: tuple[str, ...], some: set[str]) -> None:
    """Codes, verdicts and formats are offered, in a list separated by commas too."""
    assert some <= set(offered(*words))


def test_names_of_the_fleet_complete() -> None:
    """Machines and windows come from the fleet on the line; a file that cannot be read offers none,
    silently.
    """
    from hotpatch_cli.cli import completion

    class Context:
        def __init__(self, fleet: Any) -> None:
            self.params = {"fleet": fleet}
            self.args: list[str] = []

    example = Context([str(ROOT / "examples" / "fleet.yaml")])
    assert {"web01", "sql02"} <= set(completion._machines(example))
    assert set(completion._windows(example)) == {"sunday-night", "saturday-after", "azure-monthly"}
    for fleet in (["no-such.yaml"], [str(ROOT / "README.md")], [], None):
        assert completion._machines(Context(fleet)) == []


# --- problems ----------------------------------------


def test_a_problem_shows_its_line_in_a_terminal(tmp_path: Path) -> None:
    """The line that editors understand comes first; below it the source and a caret under the
    column.
    """
    (tmp_path / "fleet.yaml").write_text(
        "machines:\n  - name: a\n    platform: arcc\n", encoding="utf-8"
    )
    said = in_terminal(tmp_path, "check", "fleet.yaml")
    assert said.splitlines()[-2:] == ["     3 |     platform: arcc", "                       ^"]
    assert said.startswith("fleet.yaml:3:15: 'arcc' isn't one of")


def test_elsewhere_a_problem_is_one_line(hotpatch: Hotpatch) -> None:
    """A log gets one line for each problem, and nothing of the file."""
    done = hotpatch(
        "check", hotpatch.write("fleet.yaml", "machines:\n  - name: a\n    platform: arcc\n")
    )
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "line", "shown"),
    [
        ("a.yaml", "platform: arcc", True),
        ("a.yaml", "adminPassword: hunter2", False),
        ("a.yaml", "storage_account_key: abc", False),
        ("a.yaml", "sas: abc", False),
        ("a.json", '"platform": "arcc"', False),
        ("missing.yaml", None, False),
    ],
)
def test_what_is_shown_of_a_file(tmp_path: Path, name: str, line: str | None, shown: bool) -> None:
    """Lines of inventories only, and never one that names a secret."""
    file = tmp_path / name
    if line is not None:
        file.write_text(line + "\n", encoding="utf-8")
    assert bool(caret.excerpt(Problem(str(file), 1, 1, "wrong"))) is shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("tags:\n  adminPassword:\n    'hunter2 \\q'", False),
        ("tags:\n  adminPassword: >\n    a\n\n    hunter2", False),
        ("{adminPassword:\n'hunter2 \\q'}", False),
        ("{adminPassword: 'a\nb\nhunter2 \\q'}", False),
        ("secrets:\n- a\n- hunter2", False),
        ("- tags:\n    adminPassword: a\n- name: a\n  platform: arcc", True),
        ("- {name: a, pwd: b}\n- {name: a, platform: arcc}", True),
    ],
)
def test_a_secret_below_its_key(tmp_path: Path, text: str, shown: bool) -> None:
    """A line isn't shown where a line above can have a key of its value that names a secret."""
    file = tmp_path / "a.yaml"
    file.write_text(text, encoding="utf-8")
    number = len(text.splitlines())
    assert bool(caret.excerpt(Problem(str(file), number, 1, "wrong"))) is shown


def test_the_caret_stands_under_its_column(tmp_path: Path) -> None:
    """Long lines are cut around the column, wide letters take two cells, control codes show."""
    file = tmp_path / "a.yaml"
    file.write_text(f"{'x' * 300}HERE{'y' * 300}\n\u6f22\u6f22X\n\x1b[31mX\n", encoding="utf-8")
    for number, column, letter in ((1, 301, "H"), (2, 3, "X"), (3, 6, "X")):
        source, mark = caret.excerpt(Problem(str(file), number, column, "wrong")).splitlines()
        assert "\x1b" not in source
        cells = [
            cell for each in source for cell in ([each, each] if ord(each) > 0x3000 else [each])
        ]
        assert cells[mark.index("^")] == letter


# --- explain, progress, init ----------------------------------------


def test_explain_adds_the_remedy_under_each_row(hotpatch: Hotpatch) -> None:
    """Below the row of a machine stand its reasons and what to do, before the next row."""
    fleet = str(ROOT / "examples" / "fleet.yaml")
    lines = hotpatch("check", fleet, "--as-of", "2025-12-15", "--explain").out.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("web03: "))
    following = lines[at : next(number for number in range(at, len(lines)) if not lines[number])]
    assert any(line.startswith("  HP202 patch-mode, error: ") for line in following)
    assert any(line.startswith("    To do: ") for line in following)


@pytest.mark.slow
def test_work_of_more_than_a_second_shows(tmp_path: Path) -> None:
    """What is done and for how long is shown on a terminal after a second, and wiped away in the
    end.
    """
    script = (
        "import time, sys; from hotpatch_cli.cli.progress_bar import working\n"
        "with working('reading'): time.sleep(1.6)\nprint('done')\n"
    )
    leader, follower = pty.openpty()
    subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, stdout=follower, stderr=follower, check=True
    )
    os.close(follower)
    said = os.read(leader, 65536).decode()
    os.close(leader)
    assert "reading 1 s" in said
    assert said.endswith("\r\x1b[Kdone\r\n")


def test_init_starts_from_an_export(hotpatch: Hotpatch) -> None:
    """The inventory has the machines of the export; what it does not say stands above them, to be
    uncommented.
    """
    export = str(ROOT / "examples" / "az-vm-list.json")
    assert hotpatch("init", "--from-azure", export, "-o", "fleet.yaml").code == 0
    text = (hotpatch.folder / "fleet.yaml").read_text(encoding="utf-8")
    day = ("--as-of", "2025-12-15", "-f", "json")
    before, after = (
        hotpatch("check", export, *day).machines,
        hotpatch("check", "fleet.yaml", *day).machines,
    )
    assert {name: each["verdict"] for name, each in before.items()} == {
        name: each["verdict"] for name, each in after.items()
    }
    commented = text[text.index("# windows:") : text.index("machines:")]
    uncommented = text.replace(commented, re.sub(r"(?m)^# ?", "", commented))
    assert hotpatch("check", hotpatch.write("whole.yaml", uncommented), *day).code in (0, 1, 3)
