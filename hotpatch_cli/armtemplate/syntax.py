"""Template expressions as trees.

https://learn.microsoft.com/en-us/azure/azure-resource-manager/templates/template-expressions
"""

import re
from collections.abc import Callable
from typing import Any, NamedTuple, Self

MAX_EXPRESSION = 8192
_MAX_DEPTH = 40
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?[0-9]{1,18})"
    r"|(?P<name>[A-Za-z_][\w$-]*)|(?P<mark>[()\[\],.]))"
)
_NAME = re.compile(r"[A-Za-z_][\w$-]*")


class OpenError(Exception):
    """This expression can't be resolved before deployment."""


class Open(str):
    """An expression that stays open, in the place of its value.

    `partly` returns the text as far as it's known: two expressions that come to the same are the
    same name or resource id, whatever they'll be.
    """

    __slots__ = ("_known", "_partly")
    _known: str | None
    _partly: Callable[[], str] | None

    def __new__(cls, text: str, partly: Callable[[], str] | None = None) -> Self:
        """The text of an expression in brackets."""
        new = super().__new__(cls, text)
        new._known, new._partly = None, partly
        return new

    def partly(self) -> str:
        """The text with what is known in its place, and what is open in brackets."""
        if self._known is None:  # a variable is resolved once and used in many places
            self._known = self._partly() if self._partly else without_slash(self)
        return self._known


def without_slash(text: str) -> str:
    """The text of an expression as one word of a resource id."""
    return text.replace("/", "|")


class Literal(NamedTuple):
    """A text or a number."""

    value: Any


class Call(NamedTuple):
    """A function with its arguments; `name` is in lower case, with the namespace of a template's
    own function.
    """

    name: str
    arguments: tuple[Any, ...]


class Access(NamedTuple):
    """A property or an item of a value."""

    target: Any
    key: Any


def is_expression(value: object) -> bool:
    """Whether a value is a text in brackets; two brackets are an escaped bracket of plain text."""
    return (
        isinstance(value, str)
        and value.startswith("[")
        and value.endswith("]")
        and not value.startswith("[[")
    )


def parse(text: str) -> Any:
    """The tree of an expression without its brackets. Raises OpenError for invalid ones."""
    if len(text) > MAX_EXPRESSION:
        raise OpenError
    parser = _ExpressionParser(text)
    tree = parser.value(0)
    if parser.kind:
        raise OpenError
    return tree


def written(tree: Any) -> str:
    """The text of a tree."""
    match tree:
        case Literal(str() as value):
            return "'" + value.replace("'", "''") + "'"
        case Literal(value):
            return str(value)
        case Access(target, Literal(str() as key)) if _NAME.fullmatch(key):
            return f"{written(target)}.{key}"
        case Access(target, key):
            return f"{written(target)}[{written(key)}]"
    return f"{tree.name}({', '.join(map(written, tree.arguments))})"


class _ExpressionParser:
    """Reads one token ahead: `kind` and `word`, both empty at the end."""

    def __init__(self, text: str) -> None:
        self.text = text.rstrip()
        self.at = 0
        self.kind: str | None = ""
        self.word = ""
        self.step()

    def step(self) -> str:
        """Go to the next token; returns the current one."""
        before = self.word
        if self.at >= len(self.text):
            self.kind, self.word = "", ""
            return before
        token = _TOKEN.match(self.text, self.at)
        if token is None:
            raise OpenError
        self.at, self.kind = token.end(), token.lastgroup
        self.word = token[token.lastgroup or ""]
        return before

    def expect(self, mark: str) -> None:
        """Step over a mark."""
        if self.kind != "mark" or self.word != mark:
            raise OpenError
        self.step()

    def value(self, depth: int) -> Any:
        """A literal or a call, with what is taken from it."""
        if depth > _MAX_DEPTH:
            raise OpenError
        if self.kind == "text":
            tree: Any = Literal(self.step()[1:-1].replace("''", "'"))
        elif self.kind == "number":
            tree = Literal(int(self.step()))
        else:
            tree = self.call(depth)
        while self.kind == "mark" and self.word in (".", "["):
            tree = Access(tree, self.key(depth))
        return tree

    def key(self, depth: int) -> Any:
        """The accessor after a dot or in brackets."""
        if self.step() == ".":
            return Literal(self.name())
        inner = self.value(depth + 1)
        self.expect("]")
        return inner

    def name(self) -> str:
        """A name."""
        if self.kind != "name":
            raise OpenError
        return self.step()

    def call(self, depth: int) -> Call:
        """A function with its arguments."""
        name = self.name()
        if self.kind == "mark" and self.word == ".":
            self.step()
            name = f"{name}.{self.name()}"
        self.expect("(")
        arguments = []
        while self.word != ")":
            arguments.append(self.value(depth + 1))
            if self.word != ")":
                self.expect(",")
        self.expect(")")
        return Call(name.lower(), tuple(arguments))
