"""What is printed depends on the files and the day alone: not on seeds, locales, zones, -O, or the
version of Python.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "fleet.yaml"
ROOT = Path(__file__).parents[2]
# Every format of one fleet, in one process for each surrounding: the starts would take longer.
PROGRAM = """
import contextlib, io, sys
from hotpatch_cli.cli import main
from hotpatch_cli.outputs import formats
fleet, day = sys.argv[1], ["--as-of", "2025-12-15"]
drawn = {"svg", "png", "html"}
runs = [["check", fleet, *day, "-f", name] for name in formats.CHECK_FORMATS if name not in drawn]
runs += [
    ["plan", fleet, *day, "--effort", "0.25", "-f", name]
    for name in formats.PLAN_FORMATS if name not in drawn
]
runs += [["fix", fleet, *day, "-f", name] for name in formats.FIX_FORMATS]
runs += [["windows", "list", fleet, *day, "-f", name] for name in formats.OPENING_FORMATS]
runs += [["next", fleet, *day, "-f", name] for name in formats.NEXT_FORMATS]
runs += [["calendar", "--year", "2025", "-f", name] for name in formats.CALENDAR_FORMATS
         if name not in drawn]
runs += [["convert", fleet], ["matrix"], ["releases"], ["explain", "HP101"]]
runs += [["schema", "inventory"]]
for run in runs:
    sys.argv = ["hotpatch", *run]
    print("$", *run[:1], *run[-2:], flush=True)
    try:
        main()
    except SystemExit as end:
        print("code", end.code, flush=True)
"""
SURROUNDINGS = {
    "another hash seed": {"PYTHONHASHSEED": "1"},
    "a large hash seed": {"PYTHONHASHSEED": "4294967295"},
    "a plain locale": {"LC_ALL": "C"},
    "a Turkish locale": {"LC_ALL": "tr_TR.UTF-8", "LANGUAGE": "tr"},
    "a German locale": {"LC_ALL": "de_DE.UTF-8"},
    "a zone in the east": {"TZ": "Pacific/Kiritimati"},
    "a zone in the west": {"TZ": "Pacific/Pago_Pago"},
    "no zone": {"TZ": ""},
    "no asserts and docstrings": {"PYTHONOPTIMIZE": "2"},
}


def _printed(folder: Path, python: str = sys.executable, **more: str) -> bytes:
    """What all runs print in one surrounding."""
    kept = {key: os.environ[key] for key in ("PATH", "SYSTEMROOT") if key in os.environ}
    environment = {
        **kept,
        "HOME": str(folder),
        "PYTHONPATH": str(ROOT),
        "PYTHONHASHSEED": "0",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        **more,
    }
    done = subprocess.run(
        [python, "-c", PROGRAM, str(EXAMPLE)],
        cwd=folder,
        env=environment,
        capture_output=True,
        check=True,
        timeout=300,
    )
    return done.stdout


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """What is printed with seed 0, UTC and UTF-8: some pages of each command."""
    printed = _printed(tmp_path_factory.mktemp("usual"))
    assert printed.count(b"\ncode ") > 30
    assert b"code 70" not in printed
    return printed


@pytest.mark.slow
@pytest.mark.parametrize("more", SURROUNDINGS.values(), ids=SURROUNDINGS)
def test_the_bytes_are_the_same(tmp_path: Path, usual: bytes, more: dict[str, str]) -> None:
    """Every format of every command prints the same bytes in any surrounding."""
    assert _printed(tmp_path, **more).splitlines() == usual.splitlines()


@pytest.mark.slow
@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13", "3.14"])
def test_each_python_prints_the_same_bytes(tmp_path: Path, usual: bytes, version: str) -> None:
    """Every format of every command prints the same bytes in each Python that has the packages: the
    one of the variable PYTHON_3_12 and so on, or of the path.
    """
    variable = f"PYTHON_{version.replace('.', '_')}"
    python = os.environ.get(variable) or shutil.which(f"python{version}")
    if python is None:
        pytest.skip(f"there is no Python {version}")
    has_packages = subprocess.run(
        [python, "-c", "import highspy, icalendar, rich, typer, yaml"],
        capture_output=True,
        check=False,
        timeout=60,
    )
    if has_packages.returncode:
        pytest.skip(f"{python} doesn't have the packages that hotpatch needs; see {variable}")
    assert _printed(tmp_path, python).splitlines() == usual.splitlines()
