"""The standard streams of a run: one that is closed or full ends as a file would, and standard
error never decides how a run ends.
"""

import errno
import io
import os
import sys
from contextlib import suppress
from typing import Any, TextIO

from hotpatch_cli.errors import refuse


class _Output(io.FileIO):
    """Standard output: what can't be written is an input error, except where a pipe is closed."""

    def write(self, data: Any) -> Any:
        """Write bytes. Raises InputError."""
        try:
            return super().write(data)
        except BrokenPipeError:
            raise
        except OSError as error:
            discard_rest(self.fileno())
            room = "Free some space, or specify" if error.errno == errno.ENOSPC else "Specify"
            raise refuse(
                "standard output",
                f"Can't write the output: {error.strerror}.",
                f"{room} a file with -o.",
            ) from None


class _Talk(io.FileIO):
    """Standard error: what can't be written is lost."""

    def write(self, data: Any) -> Any:
        """Write bytes."""
        with suppress(OSError):
            return super().write(data)
        return len(data)


def prepare() -> None:
    """Open the streams that are closed, so that no file of the run takes their numbers, and make
    the others safe.
    """
    # reading from the first, and writing to the second, then fails as it does with a closed one
    closed = [
        _is_opened(*stream) for stream in ((0, os.O_WRONLY), (1, os.O_RDONLY), (2, os.O_WRONLY))
    ]
    if closed[0]:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115  open to the end
    sys.stdout = _safe(sys.stdout, 1, _Output)
    sys.stderr = _safe(sys.stderr, 2, _Talk)


def discard_rest(descriptor: int) -> None:
    """From now on a stream goes nowhere: the rest of its buffer is discarded."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)


def _is_opened(number: int, flags: int) -> bool:
    """Whether a stream was closed, and is open now."""
    try:
        os.fstat(number)
    except OSError:
        descriptor = os.open(os.devnull, flags)
        if descriptor != number:
            os.dup2(descriptor, number)
            os.close(descriptor)
        return True
    return False


def _safe(stream: TextIO | None, number: int, kind: type[io.FileIO]) -> TextIO:
    """A stream by another class; one that isn't of this process is left alone, as in tests."""
    if stream is None:
        return _text(kind(number, "w", closefd=False), "utf-8", "backslashreplace")
    try:
        is_ours = stream.fileno() == number and not (sys.platform == "win32" and stream.isatty())
    except (OSError, ValueError):
        is_ours = False
    if not is_ours:
        return stream
    stream.flush()
    lines = bool(getattr(stream, "line_buffering", False))
    raw = kind(number, "w", closefd=False)
    return _text(raw, stream.encoding, stream.errors or "strict", lines=lines)


def _text(raw: io.FileIO, encoding: str, errors: str, *, lines: bool = False) -> TextIO:
    return io.TextIOWrapper(
        io.BufferedWriter(raw), encoding=encoding, errors=errors, line_buffering=lines
    )
