"""Files are written whole or not at all, and never over a file that the run reads."""

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copyfileobj

from hotpatch_cli.documents.new_file import NewFile, clear_leftovers
from hotpatch_cli.documents.run_files import exists, files_of_run, is_folder, not_written
from hotpatch_cli.errors import refuse
from hotpatch_cli.outputs.escaping import encoded


def write_whole(name: str | Path, product: str | bytes) -> None:
    """Write a product to a file: the file is the old one or the new one, never a part. Raises
    InputError.
    """
    write_all([(name, product)])


def write_all(files: Iterable[tuple[str | Path, str | bytes | Path]]) -> None:
    """Write products to files, each whole: all are written beside their places before the first one
    is moved there. A product that is a path is the content of that file.

    Raises InputError, with every file as it was, for a place that can't be written.
    """
    ready: list[tuple[str, NewFile]] = []
    devices: list[tuple[str, Path, bytes | Path]] = []
    cleared: set[Path] = set()
    try:
        for name, product in files:
            data = product if isinstance(product, Path) else encoded(product)
            with _writing(str(name)):
                path = Path(os.path.realpath(name))  # a link stays one: its target is written
                # a device or a pipe, such as /dev/null, is never replaced
                if exists(path) and not path.is_file():
                    devices.append((str(name), path, data))
                    continue
                if path.parent not in cleared:
                    clear_leftovers([path.parent])
                    cleared.add(path.parent)
                ready.append((str(name), NewFile(path)))
                ready[-1][1].write(data)
        while ready:
            name, file = ready[0]
            with _writing(name):
                file.place()
            ready.pop(0)
        for name, path, data in devices:
            with _writing(name):
                _write_device(path, data)
    finally:
        for _, file in ready:
            file.discard()


@contextmanager
def _writing(name: str) -> Iterator[None]:
    files_of_run().require_unread(name)
    if is_folder(name):
        raise refuse(name, "This is a folder, not a file.", "Specify a file in it.")
    try:
        yield
    except (OSError, ValueError) as error:
        raise not_written(name, error) from None


def _write_device(path: Path, data: bytes | Path) -> None:
    with path.open("wb") as device:
        if isinstance(data, bytes):
            device.write(data)
            return
        with data.open("rb") as source:
            copyfileobj(source, device, 2**20)
