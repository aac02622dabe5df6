"""Text measured and folded in the cells of a terminal. What must stay whole is never folded."""

import re
from collections.abc import Iterable

_KEPT = "\N{NO-BREAK SPACE}"
"""A space at which no line ends."""


def cells(text: str) -> int:
    """How many cells of a terminal a text takes: two for a wide letter, none for a combining
    accent.
    """
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(2 if east_asian_width(letter) in "WF" else not combining(letter) for letter in text)


def wrapped(text: str, width: int, *, inner: str = "", whole: Iterable[str] = ()) -> list[str]:
    """The lines of a text at a width: folded only between words. A longer word has a line of its
    own. `inner` starts each line but the first; the names of `whole` are folded nowhere.
    """
    for name in whole:
        text = text.replace(name, name.replace(" ", _KEPT))
    lines: list[str] = []
    line = ""
    for word in re.findall(" *[^ ]+", text):
        if line.strip() and cells(line) + cells(word) > width:
            lines.append(line)
            line = inner + word.lstrip(" ")
        else:
            line += word
    return [line.replace(_KEPT, " ") for line in (*lines, line)]
