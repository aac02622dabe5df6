"""How tests run the program: inside this process, with real files and its own standard streams."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.in_process import Done, made_once, run_here

# A shell starts background jobs with SIGINT ignored; processes that tests start and interrupt would
# inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def _made_once() -> Iterator[None]:
    with made_once():
        yield


class Hotpatch:
    """The program. Files that tests write and name stand in its folder, which is the working
    directory of each run.
    """

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.monkeypatch = monkeypatch

    def __call__(self, *arguments: str, stdin: bytes | str = b"") -> Done:
        """Run `hotpatch` with arguments."""
        given = stdin.encode() if isinstance(stdin, str) else stdin
        return run_here(arguments, self.folder, given)

    def write(self, name: str, content: str | bytes) -> str:
        """Put a file into the folder, byte for byte, and give its name."""
        (self.folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
        return name

    def check(self, content: str | bytes, *arguments: str, name: str = "fleet.yaml") -> Done:
        """Run `hotpatch check` on a file of this content, as JSON unless the arguments say
        otherwise.
        """
        form = () if {"-f", "--format"} & set(arguments) else ("-f", "json")
        day = () if "--as-of" in arguments else ("--as-of", "2025-12-15")
        return self("check", self.write(name, content), *day, *form, *arguments)


@pytest.fixture
def hotpatch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hotpatch:
    """The program with an empty folder, none of its variables set, and no rows that this user
    imported.
    """
    for variable in list(os.environ):
        if variable.startswith("HOTPATCH_") or variable in ("NO_COLOR", "FORCE_COLOR"):
            monkeypatch.delenv(variable)
    monkeypatch.setenv("HOTPATCH_DATA", str(tmp_path / "user-data"))
    return Hotpatch(tmp_path, monkeypatch)
