"""The positioned tree: dicts and lists with the place of each key and value in the text."""

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from typing import Any, NamedTuple, NoReturn

from hotpatch_cli.documents.problems import EmptyInputError, InputError, Problem
from hotpatch_cli.documents.redaction import redacted

MAX_DEPTH = 64
MAX_SCALAR = 65_536
LOWER_HALF = 0xFFFF_FFFF
_SMALL = 32


class NumberText(str):
    """A number of a JSON text as written: 26100.10 keeps its zero."""

    __slots__ = ()


class Mapping(dict[str, Any]):
    """A mapping with its own mark, and the marks of key and value of each entry in their order.

    A mark is a character offset into the text of the document; `Document.position` makes it line
    and column. `marks` holds, for each entry in its order, the mark of the key in the upper and of
    the value in the lower half.
    """

    __slots__ = ("_places", "mark", "marks")

    def __init__(self, mark: int = 0) -> None:
        super().__init__()
        self.mark = mark
        self.marks = array("Q")
        self._places: dict[str, int] | None = None

    def put(self, key: str, value: object, key_mark: int, value_mark: int) -> None:
        """Add a new entry."""
        self[key] = value
        self.marks.append(key_mark << 32 | value_mark)

    def placed(self) -> Iterator[tuple[str, Any, int, int]]:
        """(key, value, mark of the key, mark of the value) of each entry."""
        for (key, value), mark in zip(self.items(), self.marks, strict=True):
            yield key, value, mark >> 32, mark & LOWER_HALF

    def at(self, key: str) -> int:
        """The mark of a key's value; the mapping's own mark if the key is missing."""
        return self.marks[self._place(key)] & LOWER_HALF if key in self else self.mark

    def key_mark(self, key: str) -> int:
        """The mark of an existing key."""
        return self.marks[self._place(key)] >> 32

    def _place(self, key: str) -> int:
        """The number of an existing entry. Only a large mapping has an index of its entries."""
        if len(self) <= _SMALL:
            return list(self).index(key)
        places = self._places
        if places is None:
            places = self._places = {}
        if key not in places:
            known, last = len(places), len(self) - 1
            for place, new in zip(range(last, known - 1, -1), reversed(self), strict=False):
                places[new] = place
        return places[key]


class Sequence(list[Any]):
    """A list with its own mark and the mark of each item."""

    __slots__ = ("mark", "marks")

    def __init__(self, mark: int = 0) -> None:
        super().__init__()
        self.mark = mark
        self.marks = array("Q")

    def put(self, value: object, mark: int) -> None:
        """Add an item."""
        self.append(value)
        self.marks.append(mark)


def at_one_mark(node: Any, mark: int) -> Any:
    """A tree with all its marks at one place: it was a text within another document."""
    if isinstance(node, Mapping):
        moved = Mapping(mark)
        for key, value in node.items():
            moved.put(key, at_one_mark(value, mark), mark, mark)
        return moved
    if isinstance(node, Sequence):
        listed = Sequence(mark)
        for value in node:
            listed.put(at_one_mark(value, mark), mark)
        return listed
    return node


class Position(NamedTuple):
    """A place in a text file; line and column count from 1. A resource of a service has neither."""

    file: str
    line: int | None
    column: int | None


class Document:
    """A parsed text: its file name, its tree, and the way from marks to lines.

    `companion` is a document that belongs to it, such as the parameters of a template; `chosen`
    maps columns of a table to fields, as the user specified; `platform` is that of rows that name
    none.
    """

    __slots__ = ("_breaks", "chosen", "companion", "file", "platform", "root", "root_mark", "text")

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self.root: Any = None
        self.root_mark = 0
        self.companion: Document | None = None
        self.chosen: dict[str, str] = {}
        self.platform = ""
        self._breaks: array[int] | None = None

    def position(self, mark: int) -> Position:
        """The line and column of a mark."""
        if self._breaks is None:
            self._breaks = array(
                "Q", (found.end() for found in re.finditer(r"\r\n|\r|\n", self.text))
            )
        line = bisect_right(self._breaks, mark)
        start = self._breaks[line - 1] if line else 0
        return Position(self.file, line + 1, mark - start + 1)


class Log:
    """Collects the problems of one document, so that all are reported at once."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems: list[Problem] = []

    def add(self, mark: int, message: str, remedy: str = "") -> None:
        """Note a problem at a mark."""
        file, line, column = self.document.position(mark)
        self.problems.append(Problem(file, line, column, message, remedy))

    def refuse_empty(self, mark: int, message: str, remedy: str = "") -> NoReturn:
        """Raise EmptyInputError, or InputError where anything else was noted."""
        self.finish()
        self.add(mark, message, remedy)
        raise EmptyInputError(self.problems)

    def finish(self) -> None:
        """Raise InputError if anything was noted, in the order of the text. A problem that many
        machines share is reported once.
        """
        if self.problems:
            raise InputError(
                sorted(dict.fromkeys(self.problems), key=lambda p: (p.line or 0, p.column or 0))
            )


def merged(below: Mapping, above: Mapping) -> Mapping:
    """`above` over `below`: mappings deeply, lists replaced, a null removes. Marks stay those of
    the source.
    """
    result = Mapping(above.mark)
    for key, value, key_mark, value_mark in below.placed():
        if key not in above:
            result.put(key, value, key_mark, value_mark)
    for key, value, key_mark, value_mark in above.placed():
        beneath = below.get(key)
        if value is None and beneath is not None:
            continue
        if isinstance(value, Mapping) and isinstance(beneath, Mapping):
            result.put(key, merged(beneath, value), key_mark, value_mark)
        else:
            result.put(key, value, key_mark, value_mark)
    return result


def quoted(value: object, limit: int = 60) -> str:
    """A value of an input for a message: one line, short, without control codes."""
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, Sequence):
        return "a list"
    if value is None:
        return "nothing"
    text = str(value).lower() if isinstance(value, bool) else redacted(str(value))
    text = "".join(letter if letter.isprintable() else "?" for letter in text[: limit + 1])
    return f"'{text[:limit]}...'" if len(text) > limit else f"'{text}'"
