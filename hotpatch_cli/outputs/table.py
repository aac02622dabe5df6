"""Tables: one value, drawn plainly for pipes and files, or by rich for a terminal."""

from collections.abc import Sequence
from typing import NamedTuple

from hotpatch_cli.outputs.escaping import visible
from hotpatch_cli.outputs.view_options import ViewOptions

STYLES = {
    "ready": "green",
    "action-required": "yellow",
    "unsupported": "red",
    "unknown": "magenta",
    "error": "red",
    "warning": "yellow",
    "note": "cyan",
    "BASELINE": "bold yellow",
    "UNPLANNED": "bold red",
    "hotpatch": "green",
    "baseline-due": "yellow",
    "off-track": "yellow",
    "behind": "cyan",
}


class TextTable(NamedTuple):
    """A table. Columns named in `whole` are never folded in a terminal; `fold` names the one that
    gives way.
    """

    header: tuple[str, ...]
    rows: Sequence[Sequence[str]]
    whole: tuple[str, ...] = ()
    title: str = ""


def drawn(grid: TextTable, options: ViewOptions) -> str:
    """A table as the place that it goes to takes it."""
    if options.terminal:
        return terminal(grid, options.width, color=options.color)
    return plain(grid)


def plain(grid: TextTable) -> str:
    """A table as text of its full width: no colors, nothing cut."""
    rows = [tuple(map(visible, row)) for row in (grid.header, *grid.rows)]
    widths = [max(cells(row[column]) for row in rows) for column in range(len(grid.header))]
    lines = ["  ".join(map(_padded, row, widths)).rstrip() for row in rows]
    rule = "  ".join("-" * width for width in widths)
    return "\n".join([*([grid.title] if grid.title else []), lines[0], rule, *lines[1:]]) + "\n"


def cells(text: str) -> int:
    """How many cells of a terminal a text takes: two for a wide letter, none for an accent that
    stands for itself.
    """
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(2 if east_asian_width(letter) in "WF" else not combining(letter) for letter in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - cells(text))


def terminal(grid: TextTable, width: int, *, color: bool) -> str:
    """A table for a terminal of some width: names fold, what must be whole does not."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(
        box=SIMPLE_HEAD,
        pad_edge=False,
        title=grid.title or None,
        title_justify="left",
        padding=(0, 1, 0, 0),
    )
    for name in grid.header:
        table.add_column(name, overflow="fold", no_wrap=name in grid.whole)
    for row in grid.rows:
        table.add_row(
            *(Text(visible(text), style=STYLES.get(text.split(" ")[0], "")) for text in row)
        )
    console = Console(
        width=width,
        force_terminal=color,
        no_color=not color,
        color_system="standard" if color else None,
    )
    with console.capture() as capture:
        console.print(table)
    return "\n".join(line.rstrip() for line in capture.get().splitlines()).strip("\n") + "\n"
