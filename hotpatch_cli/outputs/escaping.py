"""Text of unknown origin, made safe for one format at a time."""

import csv
import io
import re
from collections.abc import Iterable

_QUOTED = re.compile('[",\r\n]')
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def visible(text: str) -> str:
    """Text on one line: control codes, line ends and direction marks are shown as escapes."""
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii")
        for letter in text
    )


def cell(value: object) -> str:
    """A cell of a CSV file that no spreadsheet takes for a formula; line ends stay, other control
    codes are shown.
    """
    text = "\n".join(map(visible, str(value).split("\n"))) if value is not None else ""
    return "'" + text if text.startswith(_FORMULA) else text


def csv_field(value: object) -> str:
    """A field of a CSV line, safe to open in a spreadsheet."""
    text = cell(value)
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text


def csv_text(header: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Rows as CSV (RFC 4180), safe to open in a spreadsheet."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([cell(value) for value in row] for row in rows)
    return stream.getvalue()


def markdown(text: str) -> str:
    """Text that stays text in Markdown: no markup, no HTML, no cell, no link, no emoji, and nobody
    is called by an @.

    The signs that build markup are written as references. GitHub finds addresses, issues and emoji
    in the text that it shows, where a reference is a plain sign again: a space without width cuts
    them.
    https://github.github.com/gfm/#autolinks-extension-
    https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/autolinked-references-and-urls
    """
    found = _LINKED.sub(lambda match: f"{match[0]}{_CUT}", visible(text))
    inert = "".join(_MARKDOWN.get(sign, sign) for sign in found).replace(_CUT, "&#8203;")
    return _BLOCK.sub(lambda match: f"{match[1]}&#{ord(match[2])};", inert)


def markdown_table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """The lines of a table in Markdown."""
    names = list(header)
    return [_markdown_row(names), _markdown_row(["---"] * len(names)), *map(_markdown_row, rows)]


def _markdown_row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(map(markdown, cells)) + " |"


_MARKDOWN = {sign: f"&#{ord(sign)};" for sign in "\\`*_{}[]<>#|~$!&"} | {"@": "&#64;&#8203;"}
_CUT = "\0"  # stands for the space without width: `visible` leaves no such code in a text
# What GitHub turns into a link or an emoji, up to the sign behind which it's cut.
_LINKED = re.compile(
    r"(?:https?|ftp|mailto|xmpp)(?=:)|www(?=\.)|gh-(?=\d)|\#(?=\d)|:(?=[a-z+-][\w+-]*:)",
    re.IGNORECASE,
)
_BLOCK = re.compile(
    r"^(\s*(?=[-+=])|\s*\d{1,9}(?=[.)]))(.)"
)  # a list, a rule, an underlined heading


def encoded(product: str | bytes) -> bytes:
    """What is written to a file or a stream: UTF-8, in which a lone surrogate is escaped."""
    return product if isinstance(product, bytes) else product.encode("utf-8", "backslashreplace")
