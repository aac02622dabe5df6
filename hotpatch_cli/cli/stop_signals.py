"""Signals that stop a run: it ends with their exit code, and leaves no temporary files."""

import signal
from threading import current_thread, main_thread
from types import FrameType

_asked: list[int] = []


def listen() -> None:
    """From now on a signal that would end the process at once ends it in order.

    One that is ignored, as after nohup, stays so.
    """
    _asked.clear()
    if current_thread() is not main_thread():  # only that one can have handlers
        return
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _stop)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _stop)


def exit_code() -> int | None:
    """128 and the number of the signal that stopped this run; None where none did.

    A library may hide the exception of a signal behind one of its own.
    """
    return 128 + _asked[0] if _asked else None


def _stop(number: int, _frame: FrameType | None) -> None:
    _asked.append(number)
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    raise SystemExit(128 + number)
