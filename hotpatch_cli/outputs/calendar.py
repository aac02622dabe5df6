"""The calendar of a year: table, JSON, CSV, Markdown, a feed, and a picture."""

import json
from datetime import date
from itertools import zip_longest

from hotpatch_cli.knowledge.records import PRODUCT_NAMES, Product
from hotpatch_cli.outputs.escaping import csv_text, markdown_table
from hotpatch_cli.outputs.phrases import counted
from hotpatch_cli.outputs.restart_text import day_text
from hotpatch_cli.outputs.table import Column, TextTable, columns, drawn, fits
from hotpatch_cli.outputs.view_options import ViewOptions, folded
from hotpatch_cli.servicing.calendar import CalendarEntry, Year, restarts

_WORDS = {
    "planned-baseline": "BASELINE",
    "unplanned-baseline": "UNPLANNED",
    "hotpatch": "hotpatch",
    "out-of-band": "out-of-band",
    "out-of-band-hotpatch": "oob-hotpatch",
    None: "unknown",
}
_LEGEND = """BASELINE   planned baseline; restarts the machine
UNPLANNED  baseline in place of a hotpatch; restarts it too
unknown    no source states baseline or hotpatch
forecast   by the schedule; no KB or build confirms it
"""


_NARROW_COLUMNS = (*columns("day", "product", "kind"), Column("KB and build", prose=True, least=21))


def render_table(year: Year, options: ViewOptions) -> str:
    """The year as a table: the products side by side, or below each other in a narrow terminal."""
    header = ("day", *(PRODUCT_NAMES[product] for product in _listed(year)))
    grid = TextTable(columns(*header), list(_rows(year)))
    if options.terminal and not fits(grid, options.width):
        grid = TextTable(_NARROW_COLUMNS, [_release_row(entry) for _, entry in _all(year)])
    listing = drawn(grid, options)
    prose = (folded(text, options) for text in (_counts(year), _remarks(year), _what_if(year)))
    head = f"Hotpatch calendar {year.year}, as of {day_text(year.as_of)}\n"
    parts = [head, listing, folded(_LEGEND, options), *prose]
    return "\n".join(part for part in parts if part)


def _release_row(entry: CalendarEntry) -> tuple[str, ...]:
    kind, *named = _cell(entry).split(" ", maxsplit=1)
    return day_text(entry.date), entry.product, kind, " ".join(named)


def _listed(year: Year) -> list[Product]:
    """The products that have releases in the year."""
    return [product for product in year.products if year.entries[product]]


def _rows(year: Year) -> list[tuple[str, ...]]:
    """A row a day; a second row where a product has two releases on one day."""
    days: set[date] = set()
    for entries in year.entries.values():
        days.update(entry.date for entry in entries)
    rows = []
    for day in sorted(days):
        listed = [
            [entry for entry in year.entries[product] if entry.date == day]
            for product in _listed(year)
        ]
        rows += [
            (day_text(day), *(_cell(cell) if cell else "" for cell in cells))
            for cells in zip_longest(*listed)
        ]
    return rows


def _cell(entry: CalendarEntry) -> str:
    release = entry.release
    named = [release.kb, str(release.build) if release.build else None] if release else []
    words = [_WORDS[entry.kind], *filter(None, named)]
    return " ".join(
        words if entry.confirmed else [*words, "forecast" if not any(named) else "not confirmed"]
    )


def _counts(year: Year) -> str:
    lines = []
    for product in year.products:
        if not year.entries[product]:
            lines.append(f"{PRODUCT_NAMES[product]}: no hotpatch calendar in {year.year}.\n")
            continue
        baselines, unknown = restarts(year.entries[product])
        turned, months = year.months[product]
        open_months = f", and {unknown} of unknown kind" if unknown else ""
        history = (
            f" So far, {turned} of {counted(months, 'hotpatch month')} became baselines."
            if months
            else ""
        )
        lines.append(
            f"{PRODUCT_NAMES[product]}: {counted(baselines, 'restart')} in {year.year}"
            f"{open_months}.{history}\n"
        )
    return "".join(lines)


def _what_if(year: Year) -> str:
    if year.what_if is None:
        return ""
    from hotpatch_cli.outputs.what_if import year_lines

    return "".join(f"{line}\n" for line in year_lines(year.what_if))


def _remarks(year: Year) -> str:
    """What is not certain of baselines that restart machines, and of months of unknown kind."""
    lines = []
    for product, entry in _all(year):
        release = entry.release
        doubtful = (
            entry.kind == "unplanned-baseline"
            and release is not None
            and release.confidence_of_kind != "high"
        )
        if release is not None and release.notes and (doubtful or entry.kind is None):
            lines.append(
                f"{day_text(entry.date)} {product} ({release.confidence_of_kind} confidence): "
                f"{release.notes}\n"
            )
    return "".join(lines)


def _all(year: Year) -> list[tuple[Product, CalendarEntry]]:
    rows: list[tuple[Product, CalendarEntry]] = []
    for product in year.products:
        rows += [(product, entry) for entry in year.entries[product]]
    return sorted(rows, key=lambda row: (row[1].date, row[0]))


def entry_dict(entry: CalendarEntry) -> dict[str, object]:
    """A release of the calendar in JSON."""
    release = entry.release
    return {
        "product": entry.product,
        "date": str(entry.date),
        "kind": entry.kind,
        "reboot": entry.reboot,
        "confirmed": entry.confirmed,
        "kb": release.kb if release else None,
        "build": str(release.build) if release and release.build else None,
        "confidence": release.confidence if release else None,
        "notes": release.notes if release else None,
    }


def render_json(year: Year, _options: ViewOptions) -> str:
    """The year as JSON."""
    releases = [entry_dict(entry) for _, entry in _all(year)]
    content: dict[str, object] = {"schema_version": 1, "as_of": str(year.as_of), "year": year.year}
    content["releases"] = releases
    content["history"] = {
        product: {"hotpatch_months": months, "became_baselines": turned}
        for product, (turned, months) in year.months.items()
    }
    if year.what_if is not None:
        from hotpatch_cli.outputs.what_if import year_dict

        content["what_if"] = year_dict(year.what_if, entry_dict)
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def render_csv(year: Year, _options: ViewOptions) -> str:
    """The year as CSV."""
    rows = [entry_dict(entry) for _, entry in _all(year)]
    header = (
        "product",
        "date",
        "kind",
        "reboot",
        "confirmed",
        "kb",
        "build",
        "confidence",
        "notes",
    )
    return csv_text(header, ([row[name] for name in header] for row in rows))


def render_markdown(year: Year, _options: ViewOptions) -> str:
    """The year as a Markdown table, for a wiki."""
    header = ("Day", *(PRODUCT_NAMES[product] for product in _listed(year)))
    lines = [
        f"# Hotpatch calendar {year.year}\n",
        *markdown_table(header, _rows(year)),
    ]
    return (
        "\n".join(
            [
                *lines,
                "",
                f"As of {day_text(year.as_of)}.",
                "",
                *_counts(year).splitlines(),
                "",
                *_what_if(year).splitlines(),
            ]
        ).rstrip("\n")
        + "\n"
    )
