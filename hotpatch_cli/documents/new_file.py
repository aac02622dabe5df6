"""A file that is written beside its place and then moved there: whole, or not at all.

Where the system can make a file without a name, a run that is killed leaves nothing. Elsewhere it
leaves a file that the next run in that folder deletes: nobody holds its lock any more.
"""

import os
import re
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

_locks: Any = None
with suppress(ImportError):  # Windows has none
    import fcntl as _locks

_LEFTOVER = re.compile(r"\.hotpatch-[0-9a-f]{16}\.new")
_FOLDER, _LOCK = "hotpatch-", "in-use"
_SECONDS = 3600
"""Age of a file that no run still writes, where the system has no locks."""
_FLAGS = os.O_RDWR | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_UNNAMED = getattr(os, "O_TMPFILE", None)
_DESCRIPTORS = "/proc/self/fd"


class NewFile:
    """A new content of a file, with the permissions of the old one. Each method raises OSError."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._name: Path | None = None
        descriptor = _unnamed(path.parent)
        if descriptor is None:
            descriptor = self._named()
        self.stream: BinaryIO = os.fdopen(descriptor, "w+b")
        try:
            self._take_permissions()
        except BaseException:
            self.discard()
            raise

    def write(self, content: bytes | Path) -> None:
        """Write a content, or that of another file."""
        from shutil import copyfileobj  # start-up time is a promise

        if isinstance(content, bytes):
            self.stream.write(content)
        else:
            with content.open("rb") as source:
                copyfileobj(source, self.stream, 2**20)
        self.stream.flush()

    def place(self) -> None:
        """Move the file to its place."""
        if self._name is None and self._linked(self._path):
            self.stream.close()
            return
        if self._name is None:
            self._take_name()
        if _locks is None:  # Windows moves no open file
            self.stream.close()
        if self._name is not None:
            self._name.replace(self._path)
            self._name = None
        self.stream.close()

    def discard(self) -> None:
        """Leave nothing of a file that isn't in its place."""
        with suppress(OSError):  # the rest of its buffer has no room
            self.stream.close()
        if self._name is not None:
            self._name.unlink(missing_ok=True)
            self._name = None

    def _take_permissions(self) -> None:
        try:
            mode = stat.S_IMODE(self._path.stat().st_mode)
        except FileNotFoundError:
            return
        if mode != stat.S_IMODE(os.fstat(self.stream.fileno()).st_mode):
            if os.chmod in os.supports_fd:
                os.chmod(self.stream.fileno(), mode)
            elif self._name is not None:
                self._name.chmod(mode)

    def _named(self) -> int:
        self._name = _fresh_name(self._path.parent)
        descriptor = os.open(self._name, _FLAGS | os.O_CREAT | os.O_EXCL, 0o666)
        _is_locked(descriptor)
        return descriptor

    def _take_name(self) -> None:
        """Give the file a name in its folder: one without a name can't replace another."""
        _is_locked(self.stream.fileno())
        name = _fresh_name(self._path.parent)
        if self._linked(name):
            self._name = name
            return
        from shutil import copyfileobj

        unnamed = self.stream
        self.stream = os.fdopen(self._named(), "w+b")
        self._take_permissions()
        unnamed.seek(0)
        copyfileobj(unnamed, self.stream, 2**20)
        unnamed.close()
        self.stream.flush()

    def _linked(self, name: Path) -> bool:
        """Whether the file got a name: not one that another file has."""
        with suppress(OSError):
            folder = os.open(name.parent, os.O_RDONLY)
            try:
                source = f"{_DESCRIPTORS}/{self.stream.fileno()}"
                os.link(source, name, src_dir_fd=folder, follow_symlinks=True)
            finally:
                os.close(folder)
            return True
        return False


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Runs that change a file of a folder wait for each other: none undoes what another adds.
    Windows has no locks of folders.
    """
    descriptor = None
    if _locks is not None:
        with suppress(OSError, ValueError):  # the folder can't be opened: writing reports that
            descriptor = os.open(folder, os.O_RDONLY)
            _locks.flock(descriptor, _locks.LOCK_EX)
    try:
        yield
    finally:
        if descriptor is not None:
            os.close(descriptor)


class WorkFolder:
    """A temporary folder, gone at the end; that of a run that was killed is gone with the next."""

    def __init__(self) -> None:
        import tempfile

        _clear_folders(Path(tempfile.gettempdir()))
        self._folder = tempfile.TemporaryDirectory(prefix=_FOLDER, ignore_cleanup_errors=True)
        self.path = Path(self._folder.name)
        self._lock = os.open(self.path / _LOCK, _FLAGS | os.O_CREAT, 0o600)
        _is_locked(self._lock)

    def remove(self) -> None:
        """Delete the folder."""
        with suppress(OSError):  # it's closed
            os.close(self._lock)
        self._folder.cleanup()


def _clear_folders(parent: Path) -> None:
    if _locks is None:  # Windows deletes no open file: age would be a guess
        return
    with suppress(OSError), os.scandir(parent) as entries:
        for entry in entries:
            if not entry.name.startswith(_FOLDER) or not entry.is_dir(follow_symlinks=False):
                continue
            with suppress(OSError):
                if entry.stat(follow_symlinks=False).st_uid == os.getuid():
                    _clear_folder(Path(entry.path))


def _clear_folder(folder: Path) -> None:
    from shutil import rmtree

    with _unheld(folder / _LOCK) as unheld:
        if unheld:
            rmtree(folder, ignore_errors=True)


def _fresh_name(folder: Path) -> Path:
    return folder / f".hotpatch-{os.urandom(8).hex()}.new"


def _unnamed(folder: Path) -> int | None:
    """A file without a name, where the system makes one and can name it later."""
    if _UNNAMED is None or not os.path.isdir(_DESCRIPTORS):
        return None
    with suppress(OSError):
        return os.open(folder, _FLAGS | _UNNAMED, 0o666)
    return None


def _is_locked(descriptor: int) -> bool:
    """Whether this run now has the lock of a file, which ends with the run."""
    if _locks is None:
        return False
    try:
        _locks.flock(descriptor, _locks.LOCK_EX | _locks.LOCK_NB)
    except OSError:  # another run has it, or the file system has no locks
        return False
    return True


@contextmanager
def _unheld(path: Path) -> Iterator[bool]:
    """Whether no run has the lock of a file: this run has it meanwhile."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    try:
        yield _is_locked(descriptor)
    finally:
        os.close(descriptor)


def clear_leftovers(folders: Iterable[Path]) -> None:
    """Delete what runs that were killed left in folders."""
    for folder in folders:
        with suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                if _LEFTOVER.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                    with suppress(OSError):
                        _clear(Path(entry.path))


def _clear(path: Path) -> None:
    if _locks is None:
        if time.time() - path.stat().st_mtime > _SECONDS:
            path.unlink()
        return
    with _unheld(path) as unheld:
        if unheld:
            path.unlink()
