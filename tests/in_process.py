"""The program, run inside this process with its own standard streams: for tests and for fuzzing.

Nothing of the program is imported before it's needed: a fuzzer instruments what is imported later.
"""

import functools
import gc
import io
import json
import os
import sys
from collections.abc import Iterator
from contextlib import chdir, contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch


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


@contextmanager
def made_once() -> Iterator[None]:
    """Commands and shipped knowledge, which each run makes anew and alike, are made once for all
    runs of this process: half of the time of a run would go into them.
    """
    import typer

    from hotpatch_cli.cli.root import app
    from hotpatch_cli.knowledge import cache

    group: Any = typer.main.get_command(app)
    make_command, make_group = group.get_command, typer.main.get_command

    @functools.cache
    def command(name: str, _completing: bool) -> Any:
        return make_command(None, name)

    def known(_context: Any, name: str) -> Any:
        return command(name, "_HOTPATCH_COMPLETE" in os.environ)

    def group_of(instance: Any) -> Any:
        return group if instance is app else make_group(instance)

    with (
        patch.object(group, "get_command", known),
        patch.object(typer.main, "get_command", group_of),
        patch.object(cache, "_shipped", functools.cache(cache._shipped)),
    ):
        yield


def run_here(arguments: tuple[str, ...], folder: Path, stdin: bytes = b"") -> Done:
    """Run `hotpatch` with arguments in a folder."""
    from hotpatch_cli.cli import main

    given, out, err = io.BytesIO(stdin), io.BytesIO(), io.BytesIO()
    thresholds = gc.get_threshold()
    with (
        chdir(folder),
        patch.object(sys, "argv", ["hotpatch", *arguments]),
        patch.object(sys, "stdin", io.TextIOWrapper(given, encoding="utf-8")),
        patch.object(sys, "stdout", io.TextIOWrapper(out, encoding="utf-8", write_through=True)),
        patch.object(sys, "stderr", io.TextIOWrapper(err, encoding="utf-8", write_through=True)),
    ):
        try:
            main()
            code: Any = 0
        except SystemExit as stop:
            code = stop.code or 0
        finally:
            gc.set_threshold(*thresholds)
        return Done(int(code), out.getvalue().decode(), err.getvalue().decode())
