"""What a command says: the product to standard output or a file, talk and problems to standard
error.
"""

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from hotpatch_cli.errors import SHOWN_AT_MOST, InputError, refuse
from hotpatch_cli.outputs.escaping import visible
from hotpatch_cli.outputs.view_options import ViewOptions


def screen(
    output: str, *, no_color: bool = False, everything: bool = False, explain: bool = False
) -> ViewOptions:
    """How a product is to be shown at the place that it goes to."""
    wanted = ViewOptions(color=not no_color, everything=everything, explain=explain)
    return at_place(output, wanted)


def at_place(output: str, wanted: ViewOptions) -> ViewOptions:
    """The options with what is known of a place: only a terminal has a width, and shows colors."""
    if output != "-" or not sys.stdout.isatty():
        return wanted._replace(color=False)
    from shutil import get_terminal_size

    color = wanted.color and not os.environ.get("NO_COLOR")
    return wanted._replace(terminal=True, width=get_terminal_size().columns, color=color)


def deliver(product: str | bytes, output: str) -> None:
    """Write the product: to standard output for `-`, otherwise to a file, whole or not at all."""
    if output != "-":
        write_whole(
            Path(output).resolve(), product
        )  # a link stays one: what it points to is written
        return
    if isinstance(product, bytes) and sys.stdout.isatty():
        raise refuse("standard output", "A terminal shows no picture.", "Name a file with -o.")
    deliver_parts([_encoded(product)])


def deliver_parts(parts: Iterable[bytes]) -> None:
    """Write the product to standard output, part by part. Raises InputError."""
    try:
        sys.stdout.flush()
        for part in parts:
            sys.stdout.buffer.write(part)
        sys.stdout.buffer.flush()
    except BrokenPipeError:  # the reader has seen enough, as in `hotpatch check ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        os.dup2(
            os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno()
        )  # what is left in the buffer goes nowhere
        raise refuse(
            "standard output", f"It cannot be written: {error.strerror}.", "Make room, or use -o."
        ) from None


def write_whole(path: Path, product: str | bytes) -> None:
    """Put a product into a file, so that the file is the old one or the new one, never half. Raises
    InputError.
    """
    write_all([(path, product)])


def write_all(files: Iterable[tuple[Path, str | bytes]]) -> None:
    """Put products into files, each whole: all are written beside their places before the first one
    takes its place.

    Raises InputError, with every file as it was, for a place that cannot be written.
    """
    ready: list[tuple[str, Path]] = []
    devices: list[tuple[Path, bytes]] = []
    try:
        for path, product in files:
            data = _encoded(product)
            with _writing(path):
                if (
                    path.exists() and not path.is_file()
                ):  # a device or a pipe, such as /dev/null, is never replaced
                    devices.append((path, data))
                else:
                    ready.append((_beside(path, data), path))
        while ready:
            temporary, path = ready[0]
            with _writing(path):
                Path(temporary).replace(path)
            ready.pop(0)
        for path, data in devices:
            with _writing(path):
                path.write_bytes(data)
    finally:
        for temporary, _ in ready:
            Path(temporary).unlink(missing_ok=True)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    if path.is_dir():
        raise refuse(str(path), "This is a directory, not a file.", "Name a file in it.")
    try:
        yield
    except OSError as error:
        raise refuse(
            str(path), f"The file cannot be written: {error.strerror}.", "Check folder and rights."
        ) from None


def _encoded(product: str | bytes) -> bytes:
    return product if isinstance(product, bytes) else product.encode("utf-8", "backslashreplace")


def _beside(path: Path, data: bytes) -> str:
    """A new file with this content in the folder of another one, with its rights."""
    import tempfile

    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:50]}.")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
        Path(temporary).chmod(path.stat().st_mode if path.exists() else 0o666 & ~_umask())
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return temporary


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """A file for others to write to, which takes the place of this one when all went well. Raises
    InputError.
    """
    with _writing(path):
        if path.exists() and not path.is_file():  # a device or a pipe
            yield path
            return
        temporary = Path(_beside(path, b""))
        try:
            yield temporary
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def say(text: str, *, quiet: bool = False) -> None:
    """Talk: one line on standard error."""
    if not quiet:
        sys.stderr.write(visible(text) + "\n")


def show_problems(error: InputError) -> None:
    """Every problem on its line, at most fifty, and the count of the rest; in a terminal the source
    line as well.
    """
    shows = sys.stderr.isatty()
    from hotpatch_cli.cli.source_excerpt import excerpt

    for problem in error.problems[:SHOWN_AT_MOST]:
        sys.stderr.write(visible(str(problem)) + "\n" + (excerpt(problem) if shows else ""))
    rest = len(error.problems) - SHOWN_AT_MOST
    if rest > 0:
        sys.stderr.write(f"... and {rest} more problems.\n")
