"""The configuration file: found, read as TOML, and each key with its line."""

import os
import re
from collections.abc import Sequence
from glob import escape
from pathlib import Path
from typing import Any, NamedTuple

from hotpatch_cli.errors import InputError, Problem

NAMES = ("hotpatch.toml", "pyproject.toml")
_HEADER = re.compile(r"\s*\[\[?\s*([^\]#]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""\s*("[^"]*"|'[^']*'|[A-Za-z0-9_-]+)\s*[=.]""")


class ConfigFile(NamedTuple):
    """The settings of a file. `prefix` is their table, `tool.hotpatch` in pyproject.toml."""

    name: str
    text: str
    table: dict[str, Any]
    prefix: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """The folder of the file: paths that it names are relative to it."""
        return Path(self.name).parent

    def problem(self, path: Sequence[str], message: str, remedy: str = "") -> Problem:
        """A problem with the key at a path, such as ("check", "fail-on")."""
        return Problem(self.name, line_of(self.text, (*self.prefix, *path)), None, message, remedy)


def find() -> str | None:
    """The nearest file with settings of this program, from the working directory upwards."""
    try:
        here = Path.cwd()
    except OSError:  # the working directory was deleted
        return None
    for folder in (here, *here.parents):
        for name in NAMES:
            path = folder / name
            try:
                if path.is_file() and (name == NAMES[0] or _speaks_to_us(path.read_bytes())):
                    return name if folder == here else str(path)
            except OSError:  # a file that can't be read isn't ours
                continue
    return None


def _speaks_to_us(data: bytes) -> bool:
    """Whether a pyproject.toml has a table for this program, however it's written."""
    if b"hotpatch" not in data:  # most projects: no need to parse
        return False
    import tomllib

    try:
        return "hotpatch" in tomllib.loads(data.decode()).get("tool", {})
    except (ValueError, TypeError, AttributeError, RecursionError):
        return b"[tool.hotpatch" in data  # the reader reports the problem


def read(name: str) -> ConfigFile:
    """The file of a name. Raises InputError where it can't be read, isn't TOML, or has no
    settings of this program.
    """
    import tomllib

    from hotpatch_cli.documents.files import read_text
    from hotpatch_cli.errors import refuse

    text = read_text(name)[1]
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number of 4,301 digits is a ValueError
        place = re.search(r" \(at line (\d+), column (\d+)\)", str(error))
        line, column = (int(place[1]), int(place[2])) if place else (None, None)
        reason = str(error)[: place.start()] if place else str(error)
        raise InputError(
            [Problem(name, line, column, f"This isn't valid TOML: {reason}.")]
        ) from None
    if Path(name).name != NAMES[1]:
        return ConfigFile(name, text, table)
    section = table.get("tool", {}).get("hotpatch") if isinstance(table.get("tool"), dict) else None
    if not isinstance(section, dict):
        raise refuse(
            name, "It has no table [tool.hotpatch].", "Add it, or specify a hotpatch.toml."
        )
    return ConfigFile(name, text, section, ("tool", "hotpatch"))


def line_of(text: str, path: Sequence[str]) -> int | None:
    """The line of a key, or of the nearest table around it that has a line of its own. A number in
    a path is the index of a list.

    tomllib has no line numbers. They're looked up in the text, for messages only.
    """
    lines: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    seen: dict[tuple[str, ...], int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            table = _parts(header[1])
            if line.lstrip().startswith("[["):
                seen[table] = seen.get(table, -1) + 1
                table = (*table, str(seen[table]))
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            dotted = line[: line.index("=")] if "=" in line else key[1]
            lines.setdefault((*table, *_parts(dotted)), number)
    for length in range(len(path), 0, -1):
        for known, number in lines.items():
            if _same(known[:length], path[:length]) and len(known) >= length:
                return number
    return None


def file_path(name: str, folder: Path) -> str:
    """A file in the configuration, relative to the folder of the configuration."""
    if name == "-" or Path(name).is_absolute() or folder == Path():
        return name
    return os.path.relpath(folder / name)


def pattern_path(name: str, folder: Path) -> str:
    """A file, folder or pattern in the configuration, relative to the folder of the configuration,
    which itself is no pattern.
    """
    if name == "-" or Path(name).is_absolute() or folder == Path():
        return name
    return str(Path(escape(os.path.relpath(folder))) / name)


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))


def _same(known: Sequence[str], path: Sequence[str]) -> bool:
    return [part.replace("_", "-") for part in known] == [part.replace("_", "-") for part in path]
