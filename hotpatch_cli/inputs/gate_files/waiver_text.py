"""A waiver added to the text of a file: comments and everything else stay as they were written."""

import json
import re
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

from hotpatch_cli.documents.files import parse, read_bytes, read_text
from hotpatch_cli.documents.run_files import exists, is_file
from hotpatch_cli.documents.tree import quoted
from hotpatch_cli.errors import InputError, refuse
from hotpatch_cli.inputs.gate_files.waivers import waivers_in
from hotpatch_cli.model import Waiver

_HEAD = (
    "# Accepted findings, each with an owner and an expiry date. All five keys are required.\n"
    "# To add a waiver, run `hotpatch waive`.\n"
    "waivers:\n"
)


class WaiverEntry(NamedTuple):
    """A waiver that is not in a file yet."""

    machine: str
    rule: str
    reason: str
    owner: str
    expires: date


def with_entry(name: str, entry: WaiverEntry, codes: Iterable[str]) -> str:
    """The text of a waiver file (a new one, where there is none) with one more waiver.

    Every way to add it is tried out: the text counts only if it then has the waivers of before and
    this one. Raises InputError for a file that is no waiver file, that has this waiver already, or
    that cannot be added to.
    """
    known = tuple(codes)
    for word in (entry.machine, entry.reason, entry.owner):
        if not word.isprintable() or not word.strip():
            raise refuse(
                "waive", f"{quoted(word)} isn't a single line of text.", "Shorten it to one line."
            )
    mark, text = _text_of(name)
    before = waivers_in(parse(_yaml(name), text), known) if text.strip() else ()
    for waiver in before:
        if (waiver.machine, waiver.rule) == (entry.machine, entry.rule):
            place = f"{name}:{waiver.location.line}"
            message = (
                f"{waiver.rule} is already waived for {quoted(waiver.machine)} "
                f"until {waiver.expires}."
            )
            raise refuse(place, message, "Edit that waiver.")
    wanted = [*map(_plain, before), tuple(entry)]
    for candidate in _candidates(text, entry):
        try:
            after = waivers_in(parse(_yaml(name), candidate), known)
        except InputError:
            continue
        if [_plain(waiver) for waiver in after] == wanted or [
            _plain(waiver) for waiver in after
        ] == [
            wanted[-1],
            *wanted[:-1],
        ]:
            return mark + candidate
    raise refuse(
        name,
        "A waiver can't be added to this list.",
        "Write each waiver as its own list item, starting with a dash.",
    )


def _plain(waiver: Waiver) -> tuple[object, ...]:
    return waiver[:5]


def _yaml(name: str) -> str:
    """A name by which the text is read as YAML, whatever it begins with."""
    return name if name.lower().endswith((".yaml", ".yml")) else f"{name}.yaml"


def _text_of(name: str) -> tuple[str, str]:
    """(byte order mark, text) of a file; the head of a new one where there is none."""
    path = Path(name)
    if not exists(path) or (is_file(path) and path.stat().st_size == 0):
        return "", _HEAD
    data = read_bytes(name) if is_file(path) else b""
    text = read_text(name)[1]
    for mark in ("", "\ufeff"):
        if data == (mark + text).encode():
            return mark, text
    raise refuse(name, "The file isn't UTF-8 text.", "Save it as UTF-8.")


def _candidates(text: str, entry: WaiverEntry) -> Iterator[str]:
    """The text with the waiver at its end, or where the list is empty or begins."""
    end = "\r\n" if "\r\n" in text else "\n"
    indent, at = _list_of(text)
    lines = end.join(f"{' ' * indent}{line}" for line in _written(entry)) + end
    yield f"{text}{'' if text.endswith(end) else end}{lines}"
    yield re.sub(
        r"(?m)^waivers:[ \t]*(\[[ \t]*\]|null|~)",
        lambda _: f"waivers:{end}{lines.rstrip()}",
        text,
        count=1,
    )
    if at is not None:
        yield text[:at] + lines + text[at:]


def _list_of(text: str) -> tuple[int, int | None]:
    """(how far the dashes are indented, where the line of the first one begins)."""
    found = re.search(r"(?m)^([ \t]*)- ", text)
    return (len(found[1]), found.start()) if found else (2, None)


def _written(entry: WaiverEntry) -> list[str]:
    values = {"rule": entry.rule if entry.rule != "*" else '"*"', "reason": _quoted(entry.reason)}
    values |= {"owner": _quoted(entry.owner), "expires": str(entry.expires)}
    return [
        f"- machine: {_quoted(entry.machine)}",
        *(f"  {key}: {value}" for key, value in values.items()),
    ]


def _quoted(text: str) -> str:
    """Text as YAML reads it back; plain where that is beyond doubt."""
    plain = (
        re.fullmatch(r"[A-Za-z]([A-Za-z0-9_./@ -]*[A-Za-z0-9])?", text)
        and text.lower() not in _WORDS
    )
    return text if plain else json.dumps(text, ensure_ascii=False)


_WORDS = {"null", "true", "false", "yes", "no", "on", "off"}
