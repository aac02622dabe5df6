"""Files and standard input as text: what is not text is refused before anything reads it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from hotpatch_cli.documents.problems import InputError, Problem, refuse
from hotpatch_cli.documents.tree import Document

MAX_BYTES = 256 * 1024 * 1024
MAX_YAML_CHARACTERS = 64 * 1024 * 1024
STDIN = "<stdin>"
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def read_text(name: str) -> tuple[str, str]:
    """(name for messages, text) of a file, or of standard input for `-`.

    UTF-8, and UTF-16 where a byte order mark says so (PowerShell's `>` writes that). Raises
    InputError.
    """
    shown = STDIN if name == "-" else name
    return shown, _decode(shown, read_bytes(name))


def encoding_of(start: bytes) -> str:
    """The encoding of a text, by its first bytes; the codec takes the byte order mark away."""
    return next((encoding for bom, encoding in _BOMS if start.startswith(bom)), "utf-8")


def read_bytes(name: str) -> bytes:
    """The bytes of a file, or of standard input for `-`. Raises InputError."""
    shown = STDIN if name == "-" else name
    if name == "-":
        data = sys.stdin.buffer.read(MAX_BYTES + 1)
    else:
        with opened(name) as stream:
            data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise refuse(shown, f"Larger than {MAX_BYTES // 2**20} MB.", "Split the file.")
    return data


@contextmanager
def opened(name: str) -> Iterator[BinaryIO]:
    """A file to read from. Raises InputError where it is not there, or no file."""
    path = Path(name)
    if not name:
        raise refuse("''", "The name of a file is empty.", "Name a file, or - for standard input.")
    try:
        if path.is_dir():
            raise refuse(
                name,
                "This is a directory, not a file.",
                "Name the files in it, for example with *.yaml.",
            )
        with path.open("rb") as stream:
            yield stream
    except FileNotFoundError:
        raise refuse(name, "There is no such file.", "Check the name and the folder.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise refuse(name, f"The file cannot be read: {reason}.") from None


def _decode(shown: str, data: bytes) -> str:
    try:
        text = str(data, encoding_of(data))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = "Not text in UTF-8 or UTF-16."
        remedy = "Save the file as UTF-8; a binary file is not read."
        raise InputError([Problem(shown, line, None, message, remedy)]) from None
    if "\0" in text:
        raise refuse(
            shown, "A binary file, or UTF-16 without a byte order mark.", "Save it as UTF-8 text."
        )
    if not text.strip():
        raise refuse(shown, "The file is empty.", "Run `hotpatch init` for a starter inventory.")
    return text


def parse(name: str, text: str) -> Document:
    """The tree of a text: JSON where it begins like JSON, otherwise YAML. Raises InputError."""
    if text.lstrip(" \t\r\n")[:1] in ("{", "[") and not name.lower().endswith((".yaml", ".yml")):
        from hotpatch_cli.documents.json_text import parse_json

        return parse_json(name, text)
    if len(text) > MAX_YAML_CHARACTERS:
        raise refuse(
            name,
            f"More than {MAX_YAML_CHARACTERS // 2**20} MB of YAML.",
            "Split the file, or write JSON.",
        )
    from hotpatch_cli.documents.yaml_text import parse_yaml

    return parse_yaml(name, text)


def read_document(name: str) -> Document:
    """The tree of a file, or of standard input for `-`. Raises InputError."""
    return parse(*read_text(name))
