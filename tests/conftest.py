"""How tests run the program: inside this process, with real files and its own standard streams."""

import functools
import gc
import io
import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import typer

from hotpatch_cli.cli import main
from hotpatch_cli.cli.root import app
from hotpatch_cli.knowledge import cache

# A shell starts background jobs with SIGINT ignored; processes that tests start and interrupt would
# inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def _made_once() -> Iterator[None]:
    """Commands and shipped knowledge, which each run makes anew and alike, are made once for all
    runs of this process: half of the time of a run would go into them.
    """
    group: Any = typer.main.get_command(app)
    make_command, make_group = group.get_command, typer.main.get_command

    @functools.cache
    def command(name: str, _completing: bool) -> Any:
        return make_command(None, name)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            group,
            "get_command",
            lambda _context, name: command(name, "_HOTPATCH_COMPLETE" in os.environ),
        )
        patch.setattr(
            typer.main,
            "get_command",
            lambda instance: group if instance is app else make_group(instance),
        )
        patch.setattr(cache, "_shipped", functools.cache(cache._shipped))
        yield


class Done(NamedTuple):
    """What a run left behind: the exit code, the product and the talk."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The product, read as JSON."""
        return json.loads(self.out)

    @property
    def machines(self) -> dict[str, Any]:
        """The machines of a JSON report by name."""
        return {machine["name"]: machine for machine in self.json["machines"]}


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
        out, err = io.BytesIO(), io.BytesIO()
        thresholds = gc.get_threshold()
        with self.monkeypatch.context() as patch:
            patch.chdir(self.folder)
            patch.setattr(sys, "argv", ["hotpatch", *arguments])
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given), encoding="utf-8"))
            patch.setattr(
                sys, "stdout", io.TextIOWrapper(out, encoding="utf-8", write_through=True)
            )
            patch.setattr(
                sys, "stderr", io.TextIOWrapper(err, encoding="utf-8", write_through=True)
            )
            try:
                main()
                code: Any = 0
            except SystemExit as stop:
                code = stop.code or 0
            finally:
                gc.set_threshold(*thresholds)
            return Done(int(code), out.getvalue().decode(), err.getvalue().decode())

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
