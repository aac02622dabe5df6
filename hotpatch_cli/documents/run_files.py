"""The files that a run reads and writes: no output is a file that the run reads.

Reading a file records it, and writing one asks here, so that no command can forget to. A file is
known by what it is, not by its name: links of both kinds lead to it. In one folder, names that
differ only in the case of their letters are one file, because they are on Windows and macOS.
"""

import errno
import os
import stat
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from hotpatch_cli.documents.problems import InputError, refuse

_Identity: TypeAlias = tuple[int | str, ...]


class RunFiles:
    """The files of one run."""

    def __init__(self) -> None:
        self._read: set[_Identity] = set()
        self._outputs: dict[_Identity, str] = {}
        self._amended: list[str] = []
        self._replaced: list[str] = []
        self._reads_older = False

    def amend(self, name: str) -> None:
        """A file that the run reads and writes on purpose, such as a list that grows."""
        self._amended.append(name)

    def replace(self, name: str) -> None:
        """An output whose older content the run reads, such as a feed; in no other role."""
        self._replaced.append(name)

    @contextmanager
    def reading_older(self) -> Iterator[None]:
        """Read the older content of an output: only such a read doesn't make it an input."""
        self._reads_older = True
        try:
            yield
        finally:
            self._reads_older = False

    def plan_output(self, name: str, *, may_be_folder: bool = False) -> None:
        """A file that is written at the end: what's wrong with it is reported before the work.

        Raises InputError.
        """
        _require_place(name, may_be_folder=may_be_folder)
        identities = _identities(name)
        if identities & self._outputs.keys():
            raise refuse(name, "Two outputs can't both go to this file.", "Specify another file.")
        self.require_unread(name)
        self._outputs |= dict.fromkeys(identities, name)

    def add_read(self, name: str, status: os.stat_result) -> None:
        """A file that is read. Raises InputError if it's also an output."""
        if not stat.S_ISREG(status.st_mode):
            return
        identities = {_by_content(status)} | (_by_name(name) if name != "-" else set())
        identities -= self._on_purpose()
        if self._reads_older:
            identities -= _identities_of(self._replaced)
        for identity in identities & self._outputs.keys():
            raise _is_input(self._outputs[identity])
        self._read |= identities

    def require_unread(self, name: str) -> None:
        """Raise InputError if the run has read the file of this name."""
        if _identities(name) & (self._read - self._on_purpose()):
            raise _is_input(name)

    def _on_purpose(self) -> set[_Identity]:
        """The files that are amended, as they are now: another run may just have written one."""
        return _identities_of(self._amended)

    def require_other_stream(self, name: str, status: os.stat_result) -> None:
        """Raise InputError if a stream, such as standard output, goes to a file that was read."""
        if stat.S_ISREG(status.st_mode) and _by_content(status) in self._read:
            raise _is_input(name)


_runs = [RunFiles()]


@contextmanager
def run_files() -> Iterator[None]:
    """A run: its files aren't those of the run before it in this process."""
    _runs.append(RunFiles())
    try:
        yield
    finally:
        _runs.pop()


def files_of_run() -> RunFiles:
    """The files of this run."""
    return _runs[-1]


def plan_outputs(names: Iterable[str], *, may_be_folder: bool = False) -> None:
    """Files that the run writes at its end; `-` is none. Raises InputError."""
    for name in names:
        if name != "-":
            files_of_run().plan_output(name, may_be_folder=may_be_folder)


def same_file(one: str, other: str) -> bool:
    """Whether two names are of one file."""
    return bool(_identities(one) & _identities(other))


def exists(name: str | Path) -> bool:
    """Whether there is something of this name; no file has a name that is too long."""
    return os.path.exists(name)


def is_file(name: str | Path) -> bool:
    """Whether a file has this name, likewise."""
    return os.path.isfile(name)


def is_folder(name: str | Path) -> bool:
    """Whether a folder has this name, likewise."""
    return os.path.isdir(name)


def _is_input(name: str) -> InputError:
    return refuse(name, "This output is an input of this run.", "Specify another file.")


def _identities(name: str) -> set[_Identity]:
    """What a file is known by; nothing for a folder, a device, or a name that no file can have."""
    try:
        status = os.stat(name)
    except FileNotFoundError:
        return _by_name(name)
    except (OSError, ValueError):
        return set()
    return {_by_content(status)} | _by_name(name) if stat.S_ISREG(status.st_mode) else set()


def _identities_of(names: Iterable[str]) -> set[_Identity]:
    return set().union(*map(_identities, names))


def _by_content(status: os.stat_result) -> _Identity:
    return status.st_dev, status.st_ino


def _by_name(name: str) -> set[_Identity]:
    folder, base = os.path.split(name)
    try:
        status = os.stat(folder or os.curdir)
    except (OSError, ValueError):
        return set()
    folded = unicodedata.normalize("NFC", base).casefold()
    return {(*_by_content(status), folded)}


def not_written(name: str, error: OSError | ValueError) -> InputError:
    """The refusal of an output that the system doesn't take."""
    reason = getattr(error, "strerror", None) or str(error)
    too_long = getattr(error, "errno", None) == errno.ENAMETOOLONG
    remedy = "Use a shorter name." if too_long else "Check the folder and its permissions."
    return refuse(name, f"Can't write the file: {reason}.", remedy)


def _require_place(name: str, *, may_be_folder: bool) -> None:
    """Raise InputError for a name that no output can have."""
    if not name:
        raise refuse("''", "The file name is empty.", "Specify a file, or - for standard output.")
    if any(unicodedata.category(character) == "Cc" for character in name):
        raise refuse(name, "The file name has a control character.", "Specify another name.")
    try:
        is_folder = stat.S_ISDIR(os.stat(name).st_mode)
    except FileNotFoundError:
        folder = os.path.dirname(name)
        if folder and not os.path.isdir(folder):
            message = f"Can't write the file: the folder {folder} doesn't exist."
            raise refuse(name, message, "Create the folder, or specify another file.") from None
        return
    except (OSError, ValueError) as error:
        raise not_written(name, error) from None
    if is_folder and not may_be_folder:
        raise refuse(name, "This is a folder, not a file.", "Specify a file in it.")
