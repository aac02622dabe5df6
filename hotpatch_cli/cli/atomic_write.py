"""Files are written whole or not at all: first beside their places, then moved there."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from hotpatch_cli.errors import refuse
from hotpatch_cli.outputs.escaping import encoded


def write_whole(path: Path, product: str | bytes) -> None:
    """Write a product to a file, so that the file is the old one or the new one, never a part. Raises
    InputError.
    """
    write_all([(path, product)])


def write_all(files: Iterable[tuple[Path, str | bytes]]) -> None:
    """Write products to files, each whole: all are written beside their places before the first one
    is moved there.

    Raises InputError, with every file as it was, for a place that can't be written.
    """
    ready: list[tuple[str, Path]] = []
    devices: list[tuple[Path, bytes]] = []
    try:
        for path, product in files:
            data = encoded(product)
            with _writing(path):
                # a device or a pipe, such as /dev/null, is never replaced
                if path.exists() and not path.is_file():
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
        raise refuse(str(path), "This is a folder, not a file.", "Specify a file in it.")
    try:
        yield
    except OSError as error:
        raise refuse(
            str(path),
            f"Can't write the file: {error.strerror}.",
            "Check the folder and its permissions.",
        ) from None


def _beside(path: Path, data: bytes) -> str:
    """A new file with this content in the folder of another one, with its permissions."""
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
    """A file to write to, which replaces this one if no error occurs. Raises InputError."""
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
