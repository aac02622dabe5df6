"""While a search runs: a bar with the gap on a terminal, and Ctrl-C, which ends the search and not
the program.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from signal import SIGINT, getsignal, signal


@contextmanager
def interruptible() -> Iterator[list[bool]]:
    """While this lasts, Ctrl-C asks the search to end, and fills the list; a second one ends the
    program.
    """
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
def shown_progress(*, quiet: bool) -> Iterator[Callable[[float, float], None] | None]:
    """A bar of the work done with the gap, on standard error where that is a terminal; it leaves no
    trace.
    """
    if quiet or not sys.stderr.isatty():
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
