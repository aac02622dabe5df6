"""Progress of work that takes longer than a second, for a terminal, and Ctrl-C during a search."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from signal import SIGINT, getsignal, signal
from threading import Event, Thread
from time import monotonic
from typing import TYPE_CHECKING

from hotpatch_cli.cli.console import shows_progress

if TYPE_CHECKING:
    from hotpatch_cli.inputs.live import Watcher

_PATIENCE, _PERIOD = 1.0, 0.25
"""Seconds before progress is shown, and between two turns of the wheel."""
_WHEEL = "|/-\\"


@contextmanager
def working(what: str, *, quiet: bool = False) -> Iterator[None]:
    """After a second, show `what` and the seconds on standard error; remove the line at the end.

    Nothing is shown where standard error isn't a terminal.
    """
    if not shows_progress(quiet=quiet):
        yield
        return
    done = Event()
    thread = Thread(target=_turn, args=(what, done), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _turn(what: str, done: Event) -> None:
    begin, turns = monotonic(), 0
    if done.wait(_PATIENCE):
        return
    while True:
        sys.stderr.write(f"\r{_WHEEL[turns % len(_WHEEL)]} {what} {monotonic() - begin:.0f} s ")
        sys.stderr.flush()
        turns += 1
        if done.wait(_PERIOD):
            break
    sys.stderr.write("\r\033[K")
    sys.stderr.flush()


@contextmanager
def interruptible() -> Iterator[list[bool]]:
    """Ctrl-C ends the search, and fills the list; a second one ends the program."""
    asked: list[bool] = []
    before = getsignal(SIGINT)

    def ask(*_: object) -> None:
        asked.append(True)
        signal(SIGINT, before)

    signal(SIGINT, ask)
    try:
        yield asked
    finally:
        signal(SIGINT, before)


@contextmanager
def search_progress(*, quiet: bool) -> "Iterator[Callable[[float, float], None] | None]":
    """A bar of the work done with the gap, where standard error is a terminal; it's removed at the
    end.
    """
    if not shows_progress(quiet=quiet):
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("improving the plan"),
        BarColumn(24),
        TextColumn("{task.fields[gap]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=1.0, gap="")

        def show(done: float, gap: float) -> None:
            bar.update(task, completed=done, gap=f"gap {gap:.2%}")

        yield show


@contextmanager
def azure_watched(*, quiet: bool) -> Iterator[None]:
    """Reading from Azure shows a bar, where standard error is a terminal."""
    if not shows_progress(quiet=quiet):
        yield
        return
    from hotpatch_cli.inputs.live import watching

    token = watching.set(_azure_bar)
    try:
        yield
    finally:
        watching.reset(token)


@contextmanager
def _azure_bar() -> "Iterator[Watcher]":
    """A bar on standard error, removed at the end."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = TextColumn("Azure: {task.description}"), BarColumn(), MofNCompleteColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("signing in", total=None)
        yield lambda about, done, total: progress.update(
            task, description=about, completed=done, total=total or None
        )
