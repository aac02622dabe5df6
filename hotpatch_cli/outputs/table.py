"""Tables: one value, drawn plainly for pipes and files, or by rich for a terminal."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from hotpatch_cli.outputs.escaping import visible
from hotpatch_cli.outputs.folding import cells, wrapped
from hotpatch_cli.outputs.view_options import ViewOptions

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

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
    "done": "green",
    "late": "yellow",
    "failed": "red",
}


SIGNS = {"ready": "+", "action-required": "!", "unsupported": "x", "unknown": "?"}
"""A sign beside the color of each verdict, so that no answer depends on color alone."""
LEAST_PROSE = 16
"""Prose gets this many cells, or what its longest word takes, before it gives way itself."""
_GAP = 2
_NOTHING = ("", "-")
"""Cells without anything in them."""


class Column(NamedTuple):
    """A column. One of rank 0 is always shown; the higher its rank, the earlier it gives way in a
    narrow terminal. `prose` folds between words, and gets `least` cells if it needs that many;
    everything else is shown whole. Words of STYLES at the start of a cell give it a color, unless
    the column is not `colored`.
    """

    name: str
    rank: int = 0
    prose: bool = False
    least: int = LEAST_PROSE
    colored: bool = True


class TextTable(NamedTuple):
    """A table: its columns in their order, and a cell of each for every row."""

    columns: tuple[Column, ...]
    rows: Sequence[Sequence[str]]
    title: str = ""


def columns(*names: str) -> tuple[Column, ...]:
    """Columns that are always shown, and whole."""
    return tuple(map(Column, names))


def drawn(table: TextTable, options: ViewOptions) -> str:
    """A table as the place that it goes to takes it: a terminal, or text of its full width."""
    if options.terminal:
        return terminal(table, options.width, color=options.color)
    return plain(table)


def plain(table: TextTable) -> str:
    """A table as text of its full width: no colors, nothing cut."""
    header = tuple(column.name for column in table.columns)
    rows = [tuple(map(visible, row)) for row in (header, *table.rows)]
    widths = [max(cells(row[index]) for row in rows) for index in range(len(header))]
    lines = ["  ".join(map(_padded, row, widths)).rstrip() for row in rows]
    rule = "  ".join("-" * width for width in widths)
    return "\n".join([*([table.title] if table.title else []), lines[0], rule, *lines[1:]]) + "\n"


def _padded(text: str, width: int) -> str:
    return text + " " * (width - cells(text))


class _Measure(NamedTuple):
    """A column of a table as a terminal sees it: the cells that it needs at least, and those that
    it would like.
    """

    place: int
    column: Column
    least: int
    wanted: int


def terminal(table: TextTable, width: int, *, color: bool) -> str:
    """A table for a terminal of some width.

    Columns give way in the order of their ranks, and so does a column in which no row has anything.
    Where even those of rank 0 don't fit side by side, each row becomes a block with a line for each
    column. Nothing but prose is ever folded.
    """
    rows = _visible_rows(table)
    measures = _measures(table.columns, rows)
    chosen = _chosen(measures, width)
    title = f"{_bold(visible(table.title), color=color)}\n" if table.title else ""
    if chosen:
        return title + _grid(chosen, rows, width, color=color)
    return title + "\n".join(_block(measures, row, width, color=color) for row in rows)


def _bold(text: str, *, color: bool) -> str:
    return colored(text, "bold") if color else text


def _visible_rows(table: TextTable) -> list[tuple[str, ...]]:
    return [tuple(map(visible, row)) for row in table.rows]


def _measures(columns: Sequence[Column], rows: Sequence[tuple[str, ...]]) -> list[_Measure]:
    """The columns that have something in them, measured."""
    return [
        _measured(index, column, rows)
        for index, column in enumerate(columns)
        if column.rank == 0 or any(row[index] not in _NOTHING for row in rows)
    ]


def _measured(index: int, column: Column, rows: Sequence[tuple[str, ...]]) -> _Measure:
    texts = [column.name, *(row[index] for row in rows)]
    wanted = max(map(cells, texts))
    if not column.prose:
        return _Measure(index, column, wanted, wanted)
    longest_word = max((cells(word) for text in texts for word in text.split()), default=0)
    return _Measure(index, column, max(longest_word, min(wanted, column.least)), wanted)


def _chosen(measures: Sequence[_Measure], width: int) -> list[_Measure]:
    """The columns that fit side by side; none where those of rank 0 don't."""
    room = width + _GAP
    chosen: list[_Measure] = []
    for measure in sorted(measures, key=lambda measure: measure.column.rank):
        room -= measure.least + _GAP
        if room < 0:
            if measure.column.rank == 0:
                return []
            break  # a column of a lower rank never gives way to one of a higher rank
        chosen.append(measure)
    return sorted(chosen)


def fits(table: TextTable, width: int) -> bool:
    """Whether a terminal of some width shows all columns of a table, and no cell folded."""
    widths = [
        max(cells(visible(text)) for text in (column.name, *(row[index] for row in table.rows)))
        for index, column in enumerate(table.columns)
    ]
    return sum(widths) + _GAP * (len(widths) - 1) <= width


def is_in_rows(table: TextTable, width: int) -> bool:
    """Whether a terminal of some width shows a table in rows, and not as blocks."""
    return bool(_chosen(_measures(table.columns, _visible_rows(table)), width))


def few(names: Sequence[str], room: int | None) -> str:
    """The first names of a list, as many as some cells hold but one at least, and how many more
    there are: `web01 web02 +3`. All of them where the room isn't limited. Commas part the names
    where one of them has a space.
    """
    comma = ", " if any(" " in name for name in names) else " "
    shown: list[str] = []
    for number, name in enumerate(names, 1):
        rest = f" +{len(names) - number}" if number < len(names) else ""
        if shown and room is not None and cells(comma.join([*shown, name]) + rest) > room:
            return f"{comma.join(shown)} +{len(names) - len(shown)}"
        shown.append(name)
    return comma.join(shown) or "-"


def signed(verdict: str) -> str:
    """A verdict with its sign."""
    return f"{SIGNS[verdict]} {verdict}" if verdict in SIGNS else verdict


def colored(text: str, style: str) -> str:
    """Text in a style, for a terminal that takes color."""
    from rich.color import ColorSystem
    from rich.style import Style

    return Style.parse(style).render(text, color_system=ColorSystem.STANDARD) if style else text


def style_of(text: str) -> str:
    """The style of a cell, by its first word behind a sign."""
    words = text.split(" ", maxsplit=2)
    word = words[1] if words[0] in SIGNS.values() and len(words) > 1 else words[0]
    return STYLES.get(word, "")


def _styled(text: str, column: Column) -> "Text":
    from rich.text import Text

    return Text(text, style=style_of(text) if column.colored else "")


def _grid(
    chosen: Sequence[_Measure], rows: Sequence[tuple[str, ...]], width: int, *, color: bool
) -> str:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    spare = width + _GAP - sum(measure.least + _GAP for measure in chosen)
    widths = {}
    for measure in sorted(chosen, key=lambda measure: measure.wanted - measure.least):
        more = min(spare, measure.wanted - measure.least)
        widths[measure.place] = measure.least + more
        spare -= more
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    for measure in chosen:
        table.add_column(
            measure.column.name,
            min_width=widths[measure.place],
            max_width=widths[measure.place],
            no_wrap=not measure.column.prose,
        )
    for row in rows:
        table.add_row(*(_styled(row[measure.place], measure.column) for measure in chosen))
    return _printed(table, width + _GAP, color=color)


def _block(measures: Sequence[_Measure], row: tuple[str, ...], width: int, *, color: bool) -> str:
    """A row as lines of a name and a value; what is empty is left out. Prose keeps to the width,
    and only a word that is longer goes past it.
    """
    label = max(cells(measure.column.name) for measure in measures) + _GAP
    room = max(LEAST_PROSE, width - label)
    lines = []
    for measure in measures:
        text, column = row[measure.place], measure.column
        if text in _NOTHING:
            continue
        style = style_of(text) if color and column.colored else ""
        name = _padded(column.name, label)
        for part in wrapped(text, room) if column.prose else [text]:
            lines.append(f"{name}{colored(part, style)}\n")
            name = " " * label
    return "".join(lines)


def _printed(table: "Table", width: int, *, color: bool) -> str:
    from rich.console import Console

    console = Console(
        width=width,
        force_terminal=color,
        no_color=not color,
        color_system="standard" if color else None,
    )
    with console.capture() as capture:
        console.print(table)
    return "\n".join(line.rstrip() for line in capture.get().splitlines()).strip("\n") + "\n"
