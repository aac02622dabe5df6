"""The support matrix of a day: eligible images and editions, and their prerequisites."""

import json
from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from hotpatch_cli.knowledge.records import PRODUCT_NAMES, Matrix, Source, Statement, holds
from hotpatch_cli.model import PLATFORMS
from hotpatch_cli.outputs.escaping import csv_text
from hotpatch_cli.outputs.restart_text import day_text
from hotpatch_cli.outputs.table import Column, TextTable, drawn
from hotpatch_cli.outputs.view_options import ViewOptions, folded

PLATFORM_NAMES = {"azure": "Azure", "azure-local": "Azure Local", "arc": "Azure Arc"}
NOT_CARRIED = "Not delivered as hotpatches (these might restart the machine in a hotpatch month)"


class MatrixView(NamedTuple):
    """A matrix as of a day."""

    matrix: Matrix
    as_of: date


def render_table(view: MatrixView, options: ViewOptions) -> str:
    """The matrix as tables and lists."""
    matrix, day = view

    parts = [
        f"Hotpatch support matrix, as of {day_text(day)}\n",
        drawn(_images(matrix, day), options),
        drawn(_editions(matrix, day), options),
        *(folded(_platform(matrix, platform, day), options) for platform in PLATFORMS),
        folded(_list(NOT_CARRIED, matrix.not_carried), options),
        folded(_list("Rollback", matrix.rollback), options),
        folded(_lifecycle(matrix, day), options),
        folded(_sources(_every_source(matrix)), options),
    ]
    return "\n".join(part for part in parts if part)


def _images(matrix: Matrix, day: date) -> TextTable:
    rows = [
        (
            row.sku,
            ", ".join(PLATFORM_NAMES[name] for name in row.platforms),
            _since(row.from_day, day),
        )
        for row in matrix.images
    ]
    publishers = sorted({f"{row.publisher}:{row.offer}" for row in matrix.images})
    return TextTable(
        (Column("SKU"), Column("platforms", 1, prose=True), Column("since")),
        rows,
        title=f"Images of {', '.join(publishers)}",
    )


def _editions(matrix: Matrix, day: date) -> TextTable:
    rows = [
        (f"{PRODUCT_NAMES[row.product]} {row.edition}", "Azure Arc", _since(row.from_day, day))
        for row in matrix.editions
    ]
    return TextTable(
        (Column("edition"), Column("platform", 1), Column("since")), rows, title="Editions"
    )


def _since(from_day: date, day: date) -> str:
    return str(from_day) if from_day <= day else f"not before {from_day}"


def _platform(matrix: Matrix, platform: str, day: date) -> str:
    asked = [
        f"{statement.text}  [{statement.rule}]" if statement.rule else statement.text
        for statement in _of(matrix.prerequisites, platform)
    ]
    lines = [f"Prerequisites on {PLATFORM_NAMES[platform]}\n", *(f"  - {text}\n" for text in asked)]
    tools = ", ".join(statement.text for statement in _of(matrix.orchestration, platform))
    lines.append(f"  Orchestration: {tools}\n")
    lines += [f"  {statement.text}\n" for statement in _of(matrix.behaviour, platform)]
    if platform == "arc":
        phases = [phase for phase in matrix.arc_phases if holds(phase.from_day, phase.until, day)]
        lines += [f"  As of {day_text(day)}: {phase.terms}.\n" for phase in phases] or [
            "  Hotpatch through Arc isn't offered yet.\n"
        ]
    if platform == "azure":
        lines += [
            f"  {PRODUCT_NAMES[row.product]} images are known to be in these regions only: "
            f"{', '.join(row.known)}.\n"
            for row in matrix.regions
            if holds(row.from_day, row.until, day)
        ]
    return "".join(lines)


def _of(statements: Iterable[Statement], platform: str) -> list[Statement]:
    return [statement for statement in statements if statement.platform == platform]


def _list(title: str, statements: Iterable[Statement]) -> str:
    return f"{title}\n" + "".join(f"  - {statement.text}\n" for statement in statements)


def _lifecycle(matrix: Matrix, day: date) -> str:
    rows = [row for row in matrix.lifecycle if holds(row.from_day, row.until, day)]
    lines = []
    for row in rows:
        when = f"{row.day:%B %Y}" if row.event == "last-hotpatch-month" else day_text(row.day)
        lines.append(f"  {PRODUCT_NAMES[row.product]}: {row.event.replace('-', ' ')} {when}\n")
    return "Lifecycle\n" + "".join(lines) if lines else ""


def _every_source(matrix: Matrix) -> list[Source]:
    rows: list[Any] = [row for name in Matrix._fields[1:] for row in getattr(matrix, name)]
    return sorted(
        {source for row in rows for source in row.source},
        key=lambda source: (source.read, source.title),
    )


def _sources(sources: Iterable[Source]) -> str:
    return "Sources\n" + "".join(
        f"  {source.read}  {source.title}\n              {source.url or ''}\n" for source in sources
    )


def render_json(view: MatrixView, _options: ViewOptions) -> str:
    """Every row of the matrix, each with its source, and whether it is true on the day."""
    matrix, day = view
    content: dict[str, Any] = {
        "schema_version": 1,
        "as_of": str(day),
        "minimum_build": str(matrix.minimum_build),
    }
    for name in Matrix._fields[1:]:
        content[name] = [_row_dict(row, day) for row in getattr(matrix, name)]
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _row_dict(row: Any, day: date) -> dict[str, Any]:
    cells = {
        key.replace("from_day", "from"): _plain_value(value) for key, value in row._asdict().items()
    }
    if "from" in cells:
        cells["in_force"] = holds(row.from_day, getattr(row, "until", None), day)
    return cells


def _plain_value(value: Any) -> Any:
    if isinstance(value, date):
        return str(value)
    if isinstance(value, tuple):
        return [
            item._asdict() | {"read": str(item.read)} if isinstance(item, Source) else item
            for item in value
        ]
    return value


def render_csv(view: MatrixView, _options: ViewOptions) -> str:
    """The images and editions as CSV."""
    matrix = view.matrix
    rows: list[tuple[object, ...]] = [
        (
            row.product,
            platform,
            row.publisher,
            row.offer,
            row.sku,
            None,
            row.from_day,
            row.source[0].url,
        )
        for row in matrix.images
        for platform in row.platforms
    ]
    rows += [
        (row.product, "arc", None, None, None, row.edition, row.from_day, row.source[0].url)
        for row in matrix.editions
    ]
    return csv_text(
        ("product", "platform", "publisher", "offer", "sku", "edition", "from", "source"), rows
    )
