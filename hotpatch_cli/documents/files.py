"""Files and standard input as text. Other content is refused before it's parsed."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from hotpatch_cli.documents.problems import InputError, Problem, refuse
from hotpatch_cli.documents.run_files import files_of_run
from hotpatch_cli.documents.tree import Document

MAX_BYTES = 256 * 1024 * 1024
MAX_YAML_CHARACTERS = 64 * 1024 * 1024
STDIN = "<stdin>"
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def read_text(name: str, *, allow_empty: bool = False) -> tuple[str, str]:
    """(name for messages, text) of a file, or of standard input for `-`.

    UTF-8, or UTF-16 with a byte order mark (as from PowerShell's `>`). Raises InputError.
    """
    shown = STDIN if name == "-" else name
    text = _decode(shown, read_bytes(name))
    if not allow_empty and not text.strip():
        raise refuse(
            shown, "The file is empty.", "To create a starter inventory, run `hotpatch init`."
        )
    return shown, text


def encoding_of(start: bytes) -> str:
    """The encoding of a text, by its first bytes; the codec removes the byte order mark."""
    return next((encoding for bom, encoding in _BOMS if start.startswith(bom)), "utf-8")


def read_bytes(name: str) -> bytes:
    """The bytes of a file, or of standard input for `-`. Raises InputError."""
    shown = STDIN if name == "-" else name
    if name == "-":
        data = _standard_input()
    else:
        with opened(name) as stream:
            data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise refuse(shown, f"The file is larger than {MAX_BYTES // 2**20} MB.", "Split the file.")
    return data


def _standard_input() -> bytes:
    """The bytes of standard input. Raises InputError."""
    try:
        with suppress(ValueError):  # a stream without a number, as in tests
            files_of_run().add_read("-", os.fstat(sys.stdin.fileno()))
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    except OSError as error:
        message = f"Can't read standard input: {error.strerror}."
        raise refuse(STDIN, message, "Specify a file, or redirect one to it.") from None


@contextmanager
def opened(name: str) -> Iterator[BinaryIO]:
    """A file to read from. Raises InputError if it doesn't exist, or isn't a file."""
    path = Path(name)
    if not name:
        raise refuse("''", "The file name is empty.", "Specify a file, or - for standard input.")
    try:
        if path.is_dir():
            raise refuse(
                name,
                "This is a directory, not a file.",
                "Specify the files in it, such as with *.yaml.",
            )
        with path.open("rb") as stream:
            files_of_run().add_read(name, os.fstat(stream.fileno()))
            yield stream
    except FileNotFoundError:
        raise refuse(name, "The file doesn't exist.", "Check its name and folder.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise refuse(name, f"Can't read the file: {reason}.") from None


def _decode(shown: str, data: bytes) -> str:
    try:
        text = str(data, encoding_of(data))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = "The file isn't text in UTF-8 or UTF-16."
        remedy = "Save it as UTF-8; binary files aren't supported."
        raise InputError([Problem(shown, line, None, message, remedy)]) from None
    if "\0" in text:
        raise refuse(
            shown,
            "The file is binary, or UTF-16 without a byte order mark.",
            "Save it as UTF-8 text.",
        )
    return text


def _is_json(text: str) -> bool:
    from hotpatch_cli.documents.json_text import is_deployment_json

    first = text.lstrip(" \t\r\n")[:2]
    return first[:1] in ("{", "[") or (first in ("//", "/*") and is_deployment_json(text))


def parse(name: str, text: str) -> Document:
    """The tree of a text: JSON if it starts like JSON, otherwise YAML. Raises InputError."""
    if not name.lower().endswith((".yaml", ".yml")) and _is_json(text):
        from hotpatch_cli.documents.json_text import parse_json

        return parse_json(name, text)
    if len(text) > MAX_YAML_CHARACTERS:
        raise refuse(
            name,
            f"The file has more than {MAX_YAML_CHARACTERS // 2**20} MB of YAML.",
            "Split the file, or use JSON.",
        )
    from hotpatch_cli.documents.yaml_text import parse_yaml

    return parse_yaml(name, text)


def read_document(name: str) -> Document:
    """The tree of a file, or of standard input for `-`. Raises InputError."""
    return parse(*read_text(name))
