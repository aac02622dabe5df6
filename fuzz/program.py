"""The program, run inside this process on files of a scratch folder, and what a run may not do."""

import functools
import json
import os
import re
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from tests.in_process import Done, made_once, run_here

EXIT_CODES = range(5)
"""What a run may end with; 70 is a bug."""
DAY = ("--as-of", "2025-12-15")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class UnsafeOutputError(Exception):
    """A run ended as it should, but what it wrote isn't safe or isn't what was promised."""


class BugError(Exception):
    """A run ended with an exit code that no input may cause; the message has its traceback."""


def prepare() -> None:
    """Make commands and shipped data once for all runs, and keep runs from what users imported and
    from Azure.
    """
    for variable in [name for name in os.environ if name.startswith("HOTPATCH_")]:
        del os.environ[variable]
    os.environ["HOTPATCH_DATA"] = str(scratch() / "no-user-data")
    os.environ["HOTPATCH_AZURE_ENDPOINT"] = "http://127.0.0.1:9"
    _process.enter_context(made_once())


@functools.cache
def scratch() -> Path:
    """The folder that runs work in; it's removed with the process's own temporary files."""
    folder = tempfile.TemporaryDirectory(prefix="hotpatch-fuzz-")
    return Path(_process.enter_context(folder))


_process = ExitStack()
"""What lasts as long as this process."""


def remove_scratch() -> None:
    """Remove the folder of this process."""
    _process.close()


def hotpatch(*arguments: str) -> Done:
    """Run `hotpatch` with arguments in the scratch folder."""
    return run_here(arguments, scratch())


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
