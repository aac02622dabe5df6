"""Text of unknown origin, made safe for one format at a time."""

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
    return "".join(",".join(map(csv_field, row)) + "\r\n" for row in (header, *rows))


def markdown(text: str) -> str:
    """Text that stays text in Markdown: no markup, no HTML, no cell, no line that begins a block,
    no command of a build log, no link, no emoji, and nobody is called by an @.

    The signs that build markup are written as references. GitHub and GitLab look for addresses,
    mentions, issues, commits and emoji in the text that they show, where a reference is a plain
    sign again: a space without width cuts them.
    https://github.github.com/gfm/#autolinks-extension-
    https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/autolinked-references-and-urls
    """
    block = _BLOCK.match(text)
    head = block[0] if block else ""
    return head.translate(_LINE_START) + markdown_cell(text[len(head) :])


def markdown_cell(text: str) -> str:
    """The same where no block can begin: in a cell."""
    shown = visible(text)
    if _SIGN.search(shown):
        shown = _LINKED.sub(_CUT, shown)
    return shown.translate(_MARKUP).replace("::", "&#58;&#58;")


def markdown_code(text: str) -> str:
    """Text as code within a line of Markdown: nothing in it ends the code or a cell."""
    shown = visible(text)
    if "|" in shown or not shown.strip():
        return f"<code>{markdown(shown)}</code>"
    fence = "`" * (_longest_run(shown) + 1)
    space = " " if "`" in shown or shown != shown.strip() else ""
    return f"{fence}{space}{shown}{space}{fence}"


def markdown_prose(text: str) -> str:
    """A sentence of a rule in Markdown: what is between two backticks is code, all else text."""
    parts = _CODE.split(text)
    return "".join(
        markdown_code(part) if at % 2 else markdown(part) for at, part in enumerate(parts)
    )


def markdown_fence(language: str, text: str) -> str:
    """Lines in a fence that nothing in them can close."""
    fence = "`" * max(3, _longest_run(text) + 1)
    return f"{fence}{language}\n{text}\n{fence}\n"


def markdown_table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """The lines of a table in Markdown."""
    names = list(header)
    return [_markdown_row(names), _markdown_row(["---"] * len(names)), *map(_markdown_row, rows)]


def _markdown_row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(map(markdown_cell, cells)) + " |"


def _longest_run(text: str) -> int:
    return max(map(len, re.findall("`+", text)), default=0)


_CUT = "\u200b"  # a space without width; `visible` leaves none in a text
_MARKUP = str.maketrans({sign: f"&#{ord(sign)};" for sign in f"\\`*_{{}}[]<>#|~$!&@{_CUT}"})
_LINE_START = str.maketrans({sign: f"&#{ord(sign)};" for sign in " -+=.)/"})
_BLOCK = re.compile(r" *(?:[-+=/]|\d{1,9}[.)])| {3,}")
# A list, a rule, an underlined heading, code, or a quick action of GitLab (`/close`).
_SIGN = re.compile(r"[@:#!$&%~]|www\.|gh-|[0-9a-f]{40}", re.IGNORECASE)
_LINKED = re.compile(
    r"""(?<=@)                                        # a mention, a mail address
    |(?<=:)(?=//)|(?<=www)(?=\.)                      # an address
    |(?<=[#!$&%~])(?=\d)|(?<=gh-)(?=\d)               # an issue, a merge request, a snippet
    |(?<=[%~])(?=[\w"])                               # a milestone, a label
    |(?<=:)(?=(?-i:[a-z+-][a-z0-9_+-]*):)             # an emoji
    |(?<=\b[0-9a-f]{20})(?=[0-9a-f]{20}\b)           # a commit
    """,
    re.IGNORECASE | re.VERBOSE,
)
_CODE = re.compile("`([^`]+)`")

_LATE_CONTROLS = re.compile("[\x7f-\x9f]")


def encoded(product: str | bytes) -> bytes:
    """What is written to a file or a stream: UTF-8, in which a lone surrogate is escaped, as are
    the control codes that JSON leaves in its texts and that some terminals obey.
    """
    if isinstance(product, bytes):
        return product
    return _LATE_CONTROLS.sub(_escape, product).encode("utf-8", "backslashreplace")


def _escape(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


_COMMANDS = re.compile(r"##(?=\[|vso\[)|^(\s*):(?=:)", re.IGNORECASE | re.MULTILINE)


def without_commands(text: str) -> str:
    """Lines of a build log in which nothing is a command to its agent: a space cuts `##vso[`, `##[`
    and a leading `::`.

    https://learn.microsoft.com/en-us/azure/devops/pipelines/scripts/logging-commands
    https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
    """
    return _COMMANDS.sub(lambda found: "# #" if found[1] is None else f"{found[1]}: ", text)
