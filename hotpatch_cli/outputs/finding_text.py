"""The table of `check --explain`: under each machine its reasons, what to do, and where the cause
stands.
"""

from collections.abc import Iterable, Sequence

from hotpatch_cli.model import Location
from hotpatch_cli.outputs.ci_findings import aside
from hotpatch_cli.outputs.escaping import visible
from hotpatch_cli.outputs.table import STYLES, cells
from hotpatch_cli.outputs.view_options import ViewOptions, indented
from hotpatch_cli.report import Checked

_WIDEST = 40
"""A name that is longer does not push the columns of all others to the right."""


def explained(
    header: Sequence[str],
    rows: Iterable[Sequence[str]],
    machines: Sequence[Checked],
    options: ViewOptions,
) -> str:
    """The rows, each with its explanation under it."""
    table = [[visible(cell) for cell in row] for row in (header, *rows)]
    widths = [
        min(max(cells(row[column]) for row in table), _WIDEST) for column in range(len(header))
    ]
    rule = "  ".join("-" * width for width in widths)
    head, *lines = [_line(row, widths, options) for row in table]
    parts = [
        f"{line}\n{_reasons(checked, options)}"
        for line, checked in zip(lines, machines, strict=True)
    ]
    return "\n".join([f"{head}\n{rule}", *parts])


def _line(row: Sequence[str], widths: Sequence[int], options: ViewOptions) -> str:
    padded = [cell + " " * (width - cells(cell)) for cell, width in zip(row, widths, strict=True)]
    if options.color:
        padded = [_colored(text, cell) for text, cell in zip(padded, row, strict=True)]
    return "  ".join(padded).rstrip()


def _colored(text: str, word: str) -> str:
    """The text in the color of its word, for a terminal that shows colors."""
    from rich.color import ColorSystem
    from rich.style import Style

    style = STYLES.get(word.split(" ", maxsplit=1)[0])
    return Style.parse(style).render(text, color_system=ColorSystem.STANDARD) if style else text


def _reasons(checked: Checked, options: ViewOptions) -> str:
    lines = (
        [indented(visible(checked.restart.sentence), options)] if checked.restart.sentence else []
    )
    for reason in checked.reasons:
        more = f" {said}" if (said := aside(reason)) else ""
        lines.append(
            indented(visible(f"{reason.rule.code} {reason.level}: {reason.message}{more}"), options)
        )
        lines.append(indented(f"To do: {reason.remedy}", options, 4))
        lines.append(indented(visible(_where(reason.location)), options, 4))
    return "".join(lines)


def _where(place: Location) -> str:
    """A place as editors understand it; a resource of Azure has no line."""
    return ":".join(str(part) for part in place if part is not None)
