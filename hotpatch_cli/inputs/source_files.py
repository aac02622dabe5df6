"""The files of a fleet: files as they are named, the supported files of folders, and the files that
match patterns, which not every shell expands.
"""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path

from hotpatch_cli.documents.phrases import and_more
from hotpatch_cli.documents.run_files import exists
from hotpatch_cli.errors import InputError, Problem, refuse
from hotpatch_cli.inputs.open_source import OPENERS

MOST_FILES = 10_000
"""More files aren't a fleet, but the wrong folder."""
MOST_FOLDERS = 20_000
"""Folders that are looked into; a pattern that needs more begins too high up."""
SUFFIXES = tuple(
    sorted(
        {".csv", ".json", ".jsonl", ".ndjson", ".tfstate", ".tsv", ".yaml", ".yml"}
        | (OPENERS.keys() - {".tf", ".tfvars"})  # a plan or a state is read, not the configuration
    )
)
"""The files of a folder that are read."""
_ALL = "**"
_PATTERN = re.compile(r"[*?]|\[.+\]")
_PARAMETERS = ".parameters.json"


def source_files(names: Iterable[str]) -> list[str]:
    """The names with the files of their folders and patterns in place of these, each file once.

    A file that exists is that file, whatever its name. Raises InputError with every name that
    brings no file.
    """
    found: list[str] = []
    problems: list[Problem] = []
    named: dict[str, bool] = {}
    for name in names:
        try:
            files = _files_of(name)
        except InputError as error:
            problems += error.problems
            continue
        by_name = files == [name]
        for file in files:
            place = os.path.normpath(file)
            # a file that is named twice is a mistake, which the reader reports; one that a folder
            # has too isn't
            if place not in named or (by_name and named[place]):
                found.append(file)
                named[place] = by_name
        if len(found) > MOST_FILES:
            message = f"More than {MOST_FILES:,} files."
            raise refuse(name, message, "Specify a folder or a pattern with fewer files.")
    if problems:
        raise InputError(problems)
    return found


def _files_of(name: str) -> list[str]:
    """The files that a name means."""
    if name in ("", "-") or name.startswith("azure:"):
        return [name]
    if _is_folder(name):
        files = list(_in_folder(name))
        if not files:
            message = "The folder has no file of a supported type."
            raise refuse(name, message, f"Supported: {and_more(SUFFIXES, len(SUFFIXES))}.")
        return files
    if not _is_pattern(name):
        return [name]
    matches = sorted(dict.fromkeys(_Matches(name).all()))
    files = []
    for match in matches:
        files += _in_folder(match) if _is_folder(match) else [match]
    if not files:
        raise refuse(name, "No file matches this pattern.", "Check the pattern and its folder.")
    return files


def _is_folder(name: str) -> bool:
    try:
        return name != "" and Path(name).is_dir()  # an empty path is the current folder
    except (OSError, ValueError):  # a name that no file can have: reading it reports that
        return False


def _is_pattern(name: str) -> bool:
    """Whether a name has signs of a pattern, and isn't the name of a file."""
    if not _PATTERN.search(name):
        return False
    try:
        return not Path(name).exists()
    except (OSError, ValueError):
        return False


def _in_folder(folder: str) -> Iterator[str]:
    """The supported files in a folder and in its folders, in order. What is hidden isn't looked at,
    and links to folders aren't followed.
    """
    for number, (path, folders, files) in enumerate(os.walk(folder, onerror=_refuse_folder), 1):
        _require_narrower(folder, number)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if _is_supported(name, files):
                yield str(Path(path) / name)


def _is_supported(name: str, siblings: Sequence[str]) -> bool:
    """Whether a file of a folder is read. A parameters file is read with the template beside it."""
    lower = name.lower()
    if name.startswith(".") or not lower.endswith(SUFFIXES):
        return False
    stem = name[: -len(_PARAMETERS)]
    template = {f"{stem}.json", f"{stem}.bicep"}
    return not (lower.endswith(_PARAMETERS) and template & set(siblings))


def _refuse_folder(error: OSError) -> None:
    raise refuse(str(error.filename), f"Can't read the folder: {error.strerror}.") from None


def _require_narrower(name: str, folders: int) -> None:
    if folders > MOST_FOLDERS:
        message = f"More than {MOST_FOLDERS:,} folders."
        raise refuse(name, message, "Specify a narrower pattern, or a folder with fewer folders.")


class _Matches:
    """The paths that match a pattern: * ? [ ] within a name, ** for any folders."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        parts: list[str] = []
        for part in Path(pattern).parts:
            if part != _ALL or parts[-1:] != [_ALL]:
                parts.append(part)
        self._parts = (*parts, "*") if parts[-1] == _ALL else tuple(parts)
        self._looked_at = 0

    def all(self) -> Iterator[str]:
        """The paths."""
        return self._within("", self._parts)

    def _within(self, folder: str, parts: tuple[str, ...]) -> Iterator[str]:
        first, rest = parts[0], parts[1:]
        if first == _ALL:
            yield from self._within(folder, rest)
            for entry in self._entries(folder):
                if entry.is_dir(follow_symlinks=False) and not entry.name.startswith("."):
                    yield from self._within(str(Path(folder) / entry.name), parts)
        elif not _PATTERN.search(first):
            yield from self._go_on(str(Path(folder) / first), rest)
        else:
            for entry in self._entries(folder):
                hidden = entry.name.startswith(".") and not first.startswith(".")
                if not hidden and fnmatch(entry.name, first):
                    yield from self._go_on(str(Path(folder) / entry.name), rest)

    def _go_on(self, path: str, rest: tuple[str, ...]) -> Iterator[str]:
        if rest:
            if _is_folder(path):
                yield from self._within(path, rest)
        elif exists(path):
            yield path

    def _entries(self, folder: str) -> list["os.DirEntry[str]"]:
        self._looked_at += 1
        _require_narrower(self._pattern, self._looked_at)
        try:
            with os.scandir(folder or ".") as entries:
                return sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            raise refuse(folder, f"Can't read the folder: {error.strerror}.") from None
