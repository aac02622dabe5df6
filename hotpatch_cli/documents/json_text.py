"""JSON as a positioned tree: numbers stay text, a repeated key is a problem, depth is limited."""

import re
from json.decoder import JSONDecodeError, scanstring  # type: ignore[attr-defined]  # C, documented nowhere, stable
from typing import Any

from hotpatch_cli.documents.tree import (
    MAX_DEPTH,
    Document,
    Log,
    Mapping,
    NumberText,
    Sequence,
    quoted,
)

_SPACE = re.compile(r"[ \t\n\r]*").match
_SPACE_OR_COMMENTS = re.compile(r"(?:[ \t\n\r]+|//[^\n]*|/\*.*?\*/)*", re.DOTALL).match
_DEPLOYMENT = re.compile(
    r'"\$schema"\s*:\s*"[^"]{0,200}deployment(?:Template|Parameters)\.json', re.IGNORECASE
)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?").match
_WORDS = {"t": ("true", True), "f": ("false", False), "n": ("null", None)}


_SEVERAL = re.compile(r"\s*\{[^\n]*\}[ \t\r]*\n\s*\{")
_LOOKED_AT = 2**20


_FIX = "Check commas, quotes, and brackets here, or export the file again."
_JOIN = "If the file has several values, join them with `jq -s .`, or save each in its own file."


class _NotJsonError(Exception):
    """The text isn't JSON from this offset on."""

    def __init__(self, at: int, message: str, remedy: str = _FIX) -> None:
        super().__init__(message)
        self.at = at
        self.message = message
        self.remedy = remedy


def is_deployment_json(text: str) -> bool:
    """Whether a text is a deployment template or its parameters, which may have comments and
    strings of several lines.

    https://learn.microsoft.com/en-us/azure/azure-resource-manager/templates/syntax#comments-and-metadata
    """
    return _DEPLOYMENT.search(text) is not None


def parse_json(file: str, text: str) -> Document:
    """The tree of a JSON text. Raises InputError with every problem found."""
    document = Document(file, text)
    parser = _JsonParser(text, Log(document), is_relaxed=is_deployment_json(text))
    try:
        document.root_mark, document.root = parser.whole()
    except (JSONDecodeError, _NotJsonError) as error:
        parser.note(error)
    parser.log.finish()
    return document


def is_json_lines(text: str) -> bool:
    """Whether a text is more than one object, each on its own line."""
    return _SEVERAL.match(text, 0, _LOOKED_AT) is not None


def parse_json_lines(file: str, text: str) -> Document:
    """The tree of JSON Lines: a list of mappings. Raises InputError with the first problem of each
    line.
    """
    document = Document(file, text)
    document.root = Sequence()
    parser = _JsonParser(text, Log(document))
    at = parser.skip(0)
    while at < len(text):
        mark = at
        try:
            value, at = parser.value(mark, 0)
        except (JSONDecodeError, _NotJsonError) as error:
            parser.note(error)
            at = text.find("\n", mark) % (len(text) + 1)
        else:
            parser.keep(value, mark, document.root)
        at = parser.skip(at)
    parser.log.finish()
    return document


class _JsonParser:
    def __init__(self, text: str, log: Log, *, is_relaxed: bool = False) -> None:
        """`is_relaxed` allows comments, and strings of several lines."""
        self.text = text
        self.log = log
        self.space = _SPACE_OR_COMMENTS if is_relaxed else _SPACE
        self.is_strict = not is_relaxed
        self.strings: dict[str, str] = {}

    def note(self, error: JSONDecodeError | _NotJsonError) -> None:
        """Note an error at its place in the text."""
        if isinstance(error, _NotJsonError):
            self.log.add(min(error.at, max(len(self.text) - 1, 0)), error.message, error.remedy)
        else:
            said = re.sub("( starting)? at$", "", error.msg).lower()
            self.log.add(error.pos, f"Invalid JSON: {said}.", "Check quotes and escapes here.")

    def keep(self, value: Any, mark: int, lines: Sequence) -> None:
        """Add the object of a line."""
        if isinstance(value, Mapping):
            lines.put(value, mark)
        else:
            self.log.add(
                mark,
                f"Expected an object on each line, found {quoted(value)}.",
                "Save one JSON object a line.",
            )

    def skip(self, at: int) -> int:
        """The offset of the next character that isn't space."""
        found = self.space(self.text, at)
        return found.end() if found else at

    def whole(self) -> tuple[int, Any]:
        """(mark, value) of the only value of the text."""
        mark = self.skip(0)
        value, end = self.value(mark, 0)
        end = self.skip(end)
        if end < len(self.text):
            raise _NotJsonError(end, "There's text after the end of the JSON value.", _JOIN)
        return mark, value

    def value(self, at: int, depth: int) -> tuple[Any, int]:
        """The value that begins at an offset, and the offset behind it."""
        first = self.text[at : at + 1]
        if first == '"':
            return self.string(at)
        if first in ("{", "["):
            if depth >= MAX_DEPTH:
                raise _NotJsonError(at, f"The nesting is deeper than {MAX_DEPTH} levels.")
            return self.mapping(at, depth) if first == "{" else self.sequence(at, depth)
        if first in _WORDS:
            word, value = _WORDS[first]
            if self.text.startswith(word, at):
                return value, at + len(word)
        elif found := _NUMBER(self.text, at):
            return NumberText(found.group()), found.end()
        raise _NotJsonError(
            at,
            "Invalid JSON: a value was expected here."
            if first
            else "Invalid JSON: the text ends too early.",
        )

    def string(self, at: int) -> tuple[str, int]:
        """The string that begins at an offset."""
        value, end = scanstring(self.text, at + 1, self.is_strict)
        return self.strings.setdefault(value, value), end

    def mapping(self, at: int, depth: int) -> tuple[Mapping, int]:
        """The object that begins at an offset."""
        node, text = Mapping(at), self.text
        at = self.skip(at + 1)
        if text[at : at + 1] == "}":
            return node, at + 1
        while True:
            if text[at : at + 1] != '"':
                raise _NotJsonError(at, "Invalid JSON: a key in double quotes was expected here.")
            key_mark = at
            key, at = self.string(at)
            at = self.skip(at)
            if text[at : at + 1] != ":":
                raise _NotJsonError(at, "Invalid JSON: a colon was expected here.")
            mark = self.skip(at + 1)
            value, at = self.value(mark, depth + 1)
            if key in node:
                self.log.add(key_mark, f"The key '{key[:60]}' is defined twice.", "Keep one.")
            else:
                node.put(key, value, key_mark, mark)
            at, ended = self.behind(at, "}")
            if ended:
                return node, at

    def sequence(self, at: int, depth: int) -> tuple[Sequence, int]:
        """The array that begins at an offset."""
        node = Sequence(at)
        at = self.skip(at + 1)
        if self.text[at : at + 1] == "]":
            return node, at + 1
        while True:
            mark = at
            value, at = self.value(mark, depth + 1)
            node.put(value, mark)
            at, ended = self.behind(at, "]")
            if ended:
                return node, at

    def behind(self, at: int, closing: str) -> tuple[int, bool]:
        """Behind a value: (offset of the next one, False) or (offset behind the end, True)."""
        at = self.skip(at)
        found = self.text[at : at + 1]
        if found == ",":
            return self.skip(at + 1), False
        if found == closing:
            return at + 1, True
        raise _NotJsonError(at, f"Invalid JSON: a comma or '{closing}' was expected here.")
