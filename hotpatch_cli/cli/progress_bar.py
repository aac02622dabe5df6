"""What a person at a terminal sees of work that takes longer than a second: what is done, and for
how long.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from time import monotonic

_PATIENCE, _PERIOD = 1.0, 0.25
_WHEEL = "|/-\\"


@contextmanager
def working(what: str, *, quiet: bool = False) -> Iterator[None]:
    """While this lasts, after a second, `what` and the seconds turn on standard error; then the
    line is gone.

    Nothing is shown where standard error is no terminal.
    """
    if quiet or not sys.stderr.isatty():
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
