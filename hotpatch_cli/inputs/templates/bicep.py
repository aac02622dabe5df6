"""Bicep: compiled to an ARM template by `bicep` or `az`, where one of them is there.

The compiler downloads nothing for us: a module of a registry must be in its cache.
https://learn.microsoft.com/azure/azure-resource-manager/bicep/bicep-cli#build
"""

import re
import shutil
import subprocess
from pathlib import Path

from hotpatch_cli.documents.files import MAX_BYTES, opened
from hotpatch_cli.documents.json_text import parse_json
from hotpatch_cli.documents.run_files import is_file
from hotpatch_cli.documents.tree import Document, Position, quoted
from hotpatch_cli.errors import refuse

_SECONDS = 120
_SHOWN = 5
_NAMED_FILE = re.compile(r"'([^'\n$]{1,1000})'")


class Compiled(Document):
    """What a Bicep file compiles to. The compiler keeps no lines: everything has the place of the
    first line.
    """

    __slots__ = ()

    def position(self, mark: int) -> Position:  # noqa: ARG002  marks are of the compiled text
        """The beginning of the Bicep file."""
        return Position(self.file, 1, 1)


def open_document(name: str) -> Document:
    """The ARM template that a Bicep file compiles to. Raises InputError where it does not, or
    nothing compiles it.
    """
    if name.lower().endswith(".bicepparam"):
        said = ".bicepparam files aren't supported."
        raise refuse(
            name, said, f"Run `bicep build-params {name}` and use the JSON file that it creates."
        )
    _record_files(name)
    parsed = parse_json(name, _compiled(name))
    document = Compiled(name, parsed.text)
    document.root, document.root_mark = parsed.root, parsed.root_mark
    return document


def _record_files(name: str) -> None:
    """Record what the compiler reads: the file, the files that it names, such as modules, and the
    nearest `bicepconfig.json` of each.

    Raises InputError where the file can't be read.
    """
    pending, seen = [name], {name}
    while pending:
        with opened(pending.pop()) as stream:
            text = stream.read(MAX_BYTES).decode("utf-8", "replace")
            folder = Path(stream.name).parent
        named = {str(folder / found) for found in _NAMED_FILE.findall(text)}
        # https://learn.microsoft.com/azure/azure-resource-manager/bicep/bicep-config
        whole = folder.resolve()
        configs = (str(place / "bicepconfig.json") for place in (whole, *whole.parents))
        named |= {path for path in (next(filter(is_file, configs), None),) if path}
        fresh = sorted(path for path in named - seen if is_file(path))
        pending += fresh
        seen |= named


def _compiled(name: str) -> str:
    command = _command(name)
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False)  # noqa: S603  fixed words
    except subprocess.TimeoutExpired:
        raise refuse(
            name, f"{command[0]} timed out after {_SECONDS} seconds.", f"Run `bicep build {name}`."
        ) from None
    except OSError as error:
        raise refuse(
            name, f"Can't run {command[0]}: {error.strerror}.", f"Run `bicep build {name}`."
        ) from None
    if b"has not been restored" in done.stderr:
        raise refuse(
            name,
            "A module of the file isn't in the cache of the compiler, and hotpatch downloads none: "
            f"{_errors(done.stderr)}.",
            f"Run `bicep restore {name}`, or `az bicep restore --file {name}`.",
        )
    if done.returncode != 0:
        raise refuse(
            name,
            f"The file doesn't compile: {_errors(done.stderr)}.",
            f"Fix the error and run `bicep build {name}` again.",
        )
    return done.stdout.decode("utf-8", "replace").lstrip("\ufeff")


def _command(name: str) -> list[str]:
    """The compiler that is there, with its arguments; the path is absolute, so that it is never an
    option.
    """
    path = str(Path(name).resolve())
    if tool := shutil.which("bicep"):
        return [tool, "build", path, "--stdout", "--no-restore"]
    if tool := shutil.which("az"):
        return [tool, "bicep", "build", "--file", path, "--stdout", "--no-restore"]
    raise refuse(
        name,
        "The Bicep file can't be compiled: neither bicep nor az is on the PATH.",
        f"Install one of them, or run `bicep build {name}` elsewhere and use the JSON file that "
        "it creates.",
    )


def _errors(talk: bytes) -> str:
    """The first lines of the compiler with errors: `main.bicep(3,5) : Error BCP018: ...`."""
    lines = [
        line.strip()
        for line in talk.decode("utf-8", "replace").splitlines()
        if ": error " in line.lower()
    ]
    found = [line[line.lower().index(": error ") + 2 :] for line in lines[:_SHOWN]]
    return quoted("; ".join(found) or "the compiler reported no error", 400)
