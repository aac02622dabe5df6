"""The program, run inside this process on files of a scratch folder, and what a run may not do."""

import functools
import gc
import io
import json
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

EXIT_CODES = range(5)
"""What a run may end with; 70 is a bug."""
DAY = ("--as-of", "2025-12-15")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class UnsafeOutputError(Exception):
    """A run ended as it should, but what it wrote isn't safe or isn't what was promised."""


class BugError(Exception):
    """A run ended with an exit code that no input may cause; the message has its traceback."""


class Done(NamedTuple):
    """The exit code and the texts of a run."""

    code: int
    out: str
    err: str


def prepare() -> None:
    """Make commands and shipped data once for all runs, and keep runs from what users imported and
    from Azure.
    """
    import typer

    from hotpatch_cli.cli.root import app
    from hotpatch_cli.knowledge import cache

    for variable in [name for name in os.environ if name.startswith("HOTPATCH_")]:
        del os.environ[variable]
    os.environ["HOTPATCH_DATA"] = str(scratch() / "no-user-data")
    os.environ["HOTPATCH_AZURE_ENDPOINT"] = "http://127.0.0.1:9"
    group: Any = typer.main.get_command(app)
    make_command, make_group = group.get_command, typer.main.get_command
    command = functools.cache(lambda name: make_command(None, name))
    group.get_command = lambda _context, name: command(name)
    typer.main.get_command = lambda instance: group if instance is app else make_group(instance)
    cache._shipped = functools.cache(cache._shipped)


@functools.cache
def scratch() -> Path:
    """The folder that runs work in; it's removed with the process's own temporary files."""
    folder = tempfile.TemporaryDirectory(prefix="hotpatch-fuzz-")
    _KEPT.append(folder)
    return Path(folder.name)


_KEPT: list[tempfile.TemporaryDirectory[str]] = []


def remove_scratch() -> None:
    """Remove the folder of this process."""
    while _KEPT:
        _KEPT.pop().cleanup()


@contextmanager
def _streams() -> Iterator[tuple[io.BytesIO, io.BytesIO]]:
    out, err = io.BytesIO(), io.BytesIO()
    with (
        patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(), encoding="utf-8")),
        patch.object(sys, "stdout", io.TextIOWrapper(out, encoding="utf-8", write_through=True)),
        patch.object(sys, "stderr", io.TextIOWrapper(err, encoding="utf-8", write_through=True)),
    ):
        yield out, err


def hotpatch(*arguments: str) -> Done:
    """Run `hotpatch` with arguments in the scratch folder."""
    from hotpatch_cli.cli import main

    thresholds = gc.get_threshold()
    with _streams() as (out, err), chdir(scratch()):
        with patch.object(sys, "argv", ["hotpatch", *arguments]):
            try:
                main()
                code: Any = 0
            except SystemExit as stop:
                code = stop.code or 0
            finally:
                gc.set_threshold(*thresholds)
        return Done(int(code), out.getvalue().decode(), err.getvalue().decode())


def require_good(done: Done, *, is_json: bool = True) -> None:
    """Raise BugError or UnsafeOutputError for a run that no input may cause."""
    if done.code not in EXIT_CODES:
        raise BugError(f"exit code {done.code}\n{done.err}")
    for name, text in (("standard output", done.out), ("standard error", done.err)):
        if found := _CONTROL.search(text):
            raise UnsafeOutputError(f"{name} has a control character: {found[0]!r}")
    if done.code == 2 and not done.err.strip():
        raise UnsafeOutputError("exit code 2 without a message")
    if is_json and done.out:
        try:
            json.loads(done.out)
        except ValueError as error:
            raise UnsafeOutputError(f"the report isn't JSON: {error}") from None


def checked(name: str, *more: str) -> Callable[[bytes], None]:
    """A run of `hotpatch check` on a file of this name that has the fuzzed bytes."""

    def run(data: bytes) -> None:
        (scratch() / name).write_bytes(data)
        require_good(hotpatch("check", name, *more, *DAY, "-f", "json"))

    return run
