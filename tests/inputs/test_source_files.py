"""The files of a fleet: folders, patterns, and the list of the configuration."""

import os
from pathlib import Path
from typing import Any

import pytest

from hotpatch_cli.errors import InputError
from hotpatch_cli.inputs import source_files as module
from hotpatch_cli.inputs.source_files import source_files

DAY = ("--as-of", "2025-12-15")


@pytest.fixture(autouse=True)
def tree(hotpatch: Any) -> Path:
    """Folders with inventories of one machine each, and with files that aren't inventories."""
    folder: Path = hotpatch.folder
    for name in (
        "fleet/b.yaml",
        "fleet/a.yaml",
        "fleet/sub/c.yml",
        "fleet/.git/d.yaml",
        "e[1].yaml",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"machines: [{{name: '{Path(name).stem}', platform: arc}}]")
    (folder / "fleet" / ".hidden.yaml").write_text("machines: [{name: hidden, platform: arc}]")
    (folder / "fleet" / "README.md").write_text("# Fleet")
    (folder / "empty").mkdir()
    hotpatch.monkeypatch.chdir(folder)
    return folder


NAMES = {
    "a folder": (["fleet"], ["fleet/a.yaml", "fleet/b.yaml", "fleet/sub/c.yml"]),
    "a folder with a slash": (["fleet/sub/"], ["fleet/sub/c.yml"]),
    "a pattern": (["fleet/*.yaml"], ["fleet/a.yaml", "fleet/b.yaml"]),
    "a letter": (["fleet/?.yaml"], ["fleet/a.yaml", "fleet/b.yaml"]),
    "a set": (["fleet/[bc].yaml"], ["fleet/b.yaml"]),
    "any folder": (["**/*.y*ml"], ["e[1].yaml", "fleet/a.yaml", "fleet/b.yaml", "fleet/sub/c.yml"]),
    "any folder twice": (["**/**/c.yml"], ["fleet/sub/c.yml"]),
    "a folder in a pattern": (["fl*/sub"], ["fleet/sub/c.yml"]),
    "within a pattern": (["*/sub/*"], ["fleet/sub/c.yml"]),
    "hidden by name": (["fleet/.h*"], ["fleet/.hidden.yaml"]),
    "a file with signs": (["e[1].yaml"], ["e[1].yaml"]),
    "overlap": (["fleet/b.yaml", "fleet/*.yaml"], ["fleet/b.yaml", "fleet/a.yaml"]),
    "overlap, reversed": (["fleet", "./fleet/b.yaml"],
                          ["fleet/a.yaml", "fleet/b.yaml", "fleet/sub/c.yml"]),
    "standard input": (["-", "azure:"], ["-", "azure:"]),
    "a file that is missing": (["no.yaml"], ["no.yaml"]),
    "a file twice": (["e[1].yaml", "e[1].yaml"], ["e[1].yaml", "e[1].yaml"]),
}  # fmt: skip


@pytest.mark.parametrize(("names", "files"), NAMES.values(), ids=NAMES)
def test_names_become_files(names: list[str], files: list[str]) -> None:
    """A folder is its supported files, a pattern is what matches, in order; anything else stays."""
    found = [name if name.startswith("azure:") else Path(name).as_posix() for name in
             source_files(names)]  # fmt: skip
    assert found == files


def test_an_absolute_pattern(tree: Path) -> None:
    """A pattern may be absolute."""
    assert source_files([str(tree / "fleet" / "*.yaml")]) == [
        str(tree / "fleet" / "a.yaml"),
        str(tree / "fleet" / "b.yaml"),
    ]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("*.nix", "No file matches this pattern."),
        ("nowhere/*.yaml", "No file matches this pattern."),
        ("empt*", "No file matches this pattern."),
        ("empty", "The folder has no file of a supported type."),
    ],
)
def test_nothing_found_is_refused(hotpatch: Any, name: str, message: str) -> None:
    """A name that brings no file is code 2, also beside others and with --allow-empty."""
    done = hotpatch("check", "fleet", name, *DAY, "--allow-empty")
    assert (done.code, done.out) == (2, "")
    assert f"{name}: {message}" in done.err


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="no links")
def test_links_to_folders_end(tree: Path) -> None:
    """A link to a folder above is no endless tree."""
    (tree / "fleet" / "sub" / "up").symlink_to(tree, target_is_directory=True)
    assert len(source_files(["fleet"])) == 3
    assert len(source_files(["**/c.yml"])) == 1


def test_a_folder_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Too many files or folders are refused, and never cut."""
    monkeypatch.setattr(module, "MOST_FILES", 2)
    with pytest.raises(InputError, match="More than 2 files"):
        source_files(["fleet"])
    monkeypatch.setattr(module, "MOST_FOLDERS", 1)
    for name in ("fleet", "**/*.yaml"):
        with pytest.raises(InputError, match="More than 1 folders"):
            source_files([name])


def test_a_parameters_file_goes_with_its_template(tree: Path) -> None:
    """In a folder, `main.parameters.json` is read with `main.json`, not by itself."""
    for name in ("main.json", "main.parameters.json", "other.parameters.json"):
        (tree / "empty" / name).write_text("{}")
    names = [Path(name).name for name in source_files(["empty"])]
    assert names == ["main.json", "other.parameters.json"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "fleet"),
        ("plan", "fleet/*.y*ml", "--include-monthly"),
        ("convert", "fleet"),
        ("windows", "list", "fleet"),
        ("diff", "fleet", "fleet/*.yaml"),
        ("rollback", "fleet", "--machine", "a"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_commands_read_folders_and_patterns(hotpatch: Any, arguments: tuple[str, ...]) -> None:
    """Every command that reads a fleet expands them itself: not all shells do."""
    done = hotpatch(*arguments)
    assert done.code != 2, done.err


# --- the configuration ----------------------------------------

TABLES = {
    "check": '[check]\nfleet = ["fleet/*.yaml"]\n',
    "all commands": 'fleet = "fleet/*.yaml"\n',
    "the command first": 'fleet = ["fleet/sub"]\n[check]\nfleet = ["fleet/*.yaml"]\n',
}


@pytest.mark.parametrize("text", TABLES.values(), ids=TABLES)
def test_check_without_files(hotpatch: Any, text: str) -> None:
    """`hotpatch check` alone reads the fleet of the configuration."""
    hotpatch.write("hotpatch.toml", text)
    assert list(hotpatch("check", *DAY, "-f", "json").machines) == ["a", "b"]


def test_files_on_the_command_line_come_first(hotpatch: Any) -> None:
    """Files that are named set the list of the configuration aside."""
    hotpatch.write("hotpatch.toml", TABLES["check"])
    assert list(hotpatch("check", "fleet/sub", *DAY, "-f", "json").machines) == ["c"]


def test_the_list_is_relative_to_the_configuration(hotpatch: Any, tree: Path) -> None:
    """From a folder below, the patterns still begin at the file that has them."""
    above = tree / "w[1]"
    (above / "sub").mkdir(parents=True)
    (above / "hotpatch.toml").write_text('fleet = ["*.yaml"]\n')
    (above / "x.yaml").write_text("machines: [{name: x, platform: arc}]")
    below = type(hotpatch)(above / "sub", hotpatch.monkeypatch)
    assert list(below("check", *DAY, "-f", "json").machines) == ["x"]
    named = hotpatch("check", "--config", "w[1]/hotpatch.toml", *DAY, "-f", "json")
    assert list(named.machines) == ["x"]


@pytest.mark.parametrize("command", ["plan", "report", "windows list", "feed restarts"])
def test_other_commands_use_the_list(hotpatch: Any, command: str) -> None:
    """The list of [check] is the fleet of every command without a list of its own."""
    hotpatch.write("hotpatch.toml", TABLES["check"])
    assert "No input" not in hotpatch(*command.split()).err


def test_a_wrong_list_is_refused(hotpatch: Any) -> None:
    """A list of anything but names, or for a command without a fleet, has its line."""
    hotpatch.write("hotpatch.toml", 'fleet = 3\n[plan]\nfleet = []\n[schema]\nfleet = "x"\n')
    done = hotpatch("check", *DAY)
    assert done.code == 2
    assert [line.split(": ")[0] for line in done.err.splitlines()] == [
        "hotpatch.toml:1",
        "hotpatch.toml:3",
        "hotpatch.toml:5",
    ]


def test_nothing_named_and_nothing_configured(hotpatch: Any) -> None:
    """Without a file, a list and Azure there is no input."""
    done = hotpatch("check", *DAY)
    assert (done.code, "No input." in done.err) == (2, True)
