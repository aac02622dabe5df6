"""Microsoft's release-information page, as Markdown or HTML.

https://learn.microsoft.com/en-us/windows/release-health/windows-server-release-info

A page with an unknown layout is rejected as a whole: part of a page would look complete. Invalid
cells in a page with a known layout cost only their row and are reported.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from html.parser import HTMLParser
from typing import NamedTuple

from hotpatch_cli.release_import.rows import (
    BUILD_NUMBERS,
    PLANNED_BASELINE_MONTHS,
    PageSource,
    Product,
    ReleasePage,
    ReleaseRow,
    build_parts,
    page_day,
    product_of_year,
    quote,
)

PAGE_URL = "https://learn.microsoft.com/en-us/windows/release-health/windows-server-release-info"
_MAX_CHARACTERS = 20_000_000
_MAX_ROWS = 3000
_PRODUCT = re.compile(r"Windows Server (20[0-9]{2}) \(OS build ([0-9]{5})\)", re.IGNORECASE)
_UPDATE = re.compile(r"(20[0-9]{2})[-.](0[1-9]|1[0-2])\s+(OOB|[A-E])(.*)", re.IGNORECASE)
_KB = re.compile(r"KB\s?([0-9]{6,8})", re.IGNORECASE)
_HTML_START = re.compile(r"\s*(?:<!doctype|<html|<head|<body|<)", re.IGNORECASE)
_HISTORY_COLUMNS = ("update type", "availability date", "build", "kb article")
_CALENDAR_COLUMNS = ("update type", "type", "availability date", "build", "kb article")
_HEADING_TAGS = ("h1", "h2", "h3", "h4", "p", "strong", "summary")


def read_learn_page(text: str) -> ReleasePage:
    """The rows of the release-information page. Raises ValueError for an unknown layout."""
    if len(text) > _MAX_CHARACTERS:
        raise ValueError(f"it is longer than {_MAX_CHARACTERS} characters")
    left_out: list[str] = []
    history, calendar = _entries(text, left_out)
    for product in BUILD_NUMBERS:
        for entries, what in ((history, "release history"), (calendar, "hotpatch calendar")):
            if not any(entry.product == product for entry in entries):
                raise ValueError(
                    f"it has no {what} of Windows Server {product[2:]} with a dated row"
                )
    updated = _updated(text) or max(entry.day for entry in (*history, *calendar))
    source = PageSource("Windows Server release information", updated, PAGE_URL)
    rows = _rows(history, calendar, source, left_out)
    return ReleasePage(source.title, updated, rows, tuple(left_out))


# --- tables ----------------------------------------


class _PageTable(NamedTuple):
    """A table and its heading."""

    heading: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def has(self, columns: Iterable[str]) -> bool:
        """Whether it has all these columns."""
        return set(columns) <= set(self.header)

    def cells(self) -> Iterator[dict[str, str]]:
        """Each row by column; cells beyond the header are left out."""
        for row in self.rows:
            yield dict(zip(self.header, (*row, *[""] * len(self.header)), strict=False))


def _tables(text: str) -> Iterator[_PageTable]:
    if _HTML_START.match(text):
        parser = _HtmlTables()
        parser.feed(text)
        parser.close()
        return iter(parser.tables)
    return _markdown_tables(text)


def _markdown_tables(text: str) -> Iterator[_PageTable]:
    heading = ""
    table: list[tuple[str, ...]] = []
    for line in (*text.splitlines(), ""):
        stripped = line.strip()
        if stripped.startswith("|"):
            table.append(_markdown_cells(stripped))
            continue
        if len(table) > 1:
            yield _page_table(heading, table)
        table = []
        if stripped.startswith(("#", "**")) or _PRODUCT.search(stripped):
            heading = _heading(heading, stripped)


def _markdown_cells(line: str) -> tuple[str, ...]:
    cells = re.split(r"(?<!\\)\|", line.strip().removeprefix("|").removesuffix("|"))
    return tuple(re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", cell).strip() for cell in cells)


def _heading(before: str, text: str) -> str:
    """The heading that names the product also applies under lower headings, such as calendar
    years.
    """
    return text if _PRODUCT.search(text) or text.startswith("##") else before


def _page_table(heading: str, lines: list[tuple[str, ...]]) -> _PageTable:
    header, *rows = lines
    body = []
    for row in rows:
        is_rule = any(row) and all(re.fullmatch(r":?-+:?|", cell) for cell in row)
        if not is_rule:
            body.append(row)
    names = [re.sub(r"\s+", " ", name).strip().lower() for name in header]
    return _PageTable(heading, tuple(names), tuple(body))


class _HtmlTables(HTMLParser):
    """Collects tables and their headings."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[_PageTable] = []
        self._heading = ""
        self._text: list[str] = []
        self._rows: list[tuple[str, ...]] | None = None
        self._row: list[str] = []
        self._cell: list[str] | None = None

    def parse_marked_section(self, i: int, report: bool = True) -> int:  # noqa: FBT001, FBT002  as HTMLParser has it
        """Take `<![` without a name for text: the library only asserts that there's one."""
        try:
            return super().parse_marked_section(i, report)
        except AssertionError:
            return -1

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002  fixed by HTMLParser
        """A table, a row or a cell begins."""
        if tag == "table":
            self._rows = []
        elif tag == "tr":
            self._row = []
        elif tag in ("td", "th"):
            self._cell = []
        elif tag in _HEADING_TAGS:
            self._text = []

    def handle_data(self, data: str) -> None:
        """Text of a cell or of a heading."""
        (self._text if self._cell is None else self._cell).append(data)

    def handle_endtag(self, tag: str) -> None:
        """A table, a row, a cell or a heading ends."""
        if tag in ("td", "th") and self._cell is not None:
            self._row.append(" ".join("".join(self._cell).split()))
            self._cell = None
        elif tag == "tr" and self._rows is not None and self._row:
            self._rows.append(tuple(self._row))
        elif tag == "table" and self._rows:
            self.tables.append(_page_table(self._heading, self._rows))
            self._rows = None
        elif tag in _HEADING_TAGS and self._rows is None:
            text = " ".join("".join(self._text).split())
            self._heading = _heading(self._heading, f"## {text}" if tag == "h2" else text)


# --- entries ----------------------------------------


class _Entry(NamedTuple):
    """A dated row of the page."""

    product: Product
    month: tuple[int, int]
    letter: str
    day: date
    build: str | None
    kb: str | None
    type: str | None


def _updated(text: str) -> date | None:
    """The date of the page's last change, as the page states it."""
    for name in ("updated_at", "ms.date"):
        key = re.escape(name)
        front_matter = rf"^{key}:\s*['\"]?([0-9-]{{10}})"
        meta_tag = rf"<meta\s+name=[\"']{key}[\"']\s+content=[\"']([0-9-]{{10}})"
        match = re.search(front_matter, text, re.MULTILINE)
        match = match or re.search(meta_tag, text, re.IGNORECASE)
        if match and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", match[1]):
            return page_day(match[1], name)
    return None


def _entries(text: str, left_out: list[str]) -> tuple[list[_Entry], list[_Entry]]:
    """The dated rows of the history and of the calendar."""
    history: list[_Entry] = []
    calendar: list[_Entry] = []
    for table in _tables(text):
        heading = _PRODUCT.search(table.heading)
        product = product_of_year(heading[1]) if heading else None
        if heading is None or product is None:
            continue
        if int(heading[2]) != BUILD_NUMBERS[product]:
            raise ValueError(
                f"{quote(heading[0])} doesn't have the OS build {BUILD_NUMBERS[product]}"
            )
        if table.has(_CALENDAR_COLUMNS):
            calendar += _dated_entries(table, product, left_out)
        elif table.has(_HISTORY_COLUMNS):
            history += _dated_entries(table, product, left_out)
        else:
            columns = quote(", ".join(table.header))
            raise ValueError(f"a table under {quote(heading[0])} has unexpected columns: {columns}")
        if len(history) + len(calendar) > _MAX_ROWS:
            raise ValueError(f"it has more than {_MAX_ROWS} rows")
    return history, calendar


def _dated_entries(table: _PageTable, product: Product, left_out: list[str]) -> Iterator[_Entry]:
    """The dated rows of a table. The others are only scheduled; forecasts are made by rule."""
    for cells in table.cells():
        update, day = cells["update type"], cells["availability date"]
        if not day:
            continue
        name = _UPDATE.match(update)
        if name is None:
            raise ValueError(
                f"{quote(update)} isn't an update type (expected a month and a letter, "
                "such as 2026-05 B)"
            )
        fault = _cell_fault(cells, product)
        if fault:
            left_out.append(f"{product} {quote(day)}: {fault}")
            continue
        build = build_parts(cells["build"])
        kb = _KB.fullmatch(cells["kb article"])
        yield _Entry(
            product=product,
            month=(int(name[1]), int(name[2])),
            letter=name[3].upper(),
            day=page_day(day, update),
            build=f"{build[0]}.{build[1]}" if build else None,
            kb=f"KB{kb[1]}" if kb else None,
            type=cells.get("type"),
        )


def _cell_fault(cells: dict[str, str], product: Product) -> str:
    """What is wrong with a build or a KB; Microsoft's pages have had builds of no product."""
    kb, build = cells["kb article"], cells["build"]
    if kb and not _KB.fullmatch(kb):
        return f"{quote(kb)} isn't a KB"
    number = BUILD_NUMBERS[product]
    if build:
        parts = build_parts(build)
        if parts is None or parts[0] != number:
            return f"{quote(build)} isn't a build of {number}"
    return "" if build or kb else "build and KB are missing"


# --- rows ----------------------------------------


def _rows(
    history: list[_Entry], calendar: list[_Entry], source: PageSource, left_out: list[str]
) -> tuple[ReleaseRow, ...]:
    """One row for each update: releases of the track from the calendar, others from the history."""
    kinds: list[tuple[_Entry, str | None]] = [(entry, _calendar_kind(entry)) for entry in calendar]
    kinds += [(entry, _history_kind(entry, calendar)) for entry in history]
    rows: dict[tuple[str, str], ReleaseRow] = {}
    for entry, kind in kinds:
        row = ReleaseRow(entry.product, "high", (source,), entry.day, kind, entry.kb, entry.build)
        # the calendar comes first: its kind is the one that counts
        first = rows.setdefault((entry.product, entry.kb or str(entry.build)), row)
        if (first.date, first.build) != (row.date, row.build):
            name = row.kb or f"build {row.build}"
            left_out.append(f"{row.product} {name}: listed twice, with different dates or builds")
    return tuple(rows.values())


def _calendar_kind(entry: _Entry) -> str:
    """The kind of a row of the calendar. Baselines outside the first month of a quarter were not
    planned.
    """
    word = (entry.type or "").lower()
    if word.startswith("baseline"):
        planned = entry.month[1] in PLANNED_BASELINE_MONTHS
        return "planned-baseline" if planned else "unplanned-baseline"
    if word.startswith("hotpatch"):
        return "out-of-band-hotpatch" if entry.letter == "OOB" else "hotpatch"
    raise ValueError(
        f"{quote(entry.type or '')} isn't a known type (expected Baseline (Restart) or Hotpatch)"
    )


def _history_kind(entry: _Entry, calendar: list[_Entry]) -> str | None:
    """The kind of an update in the release history; None where the calendar doesn't show it."""
    if entry.letter == "A":
        return "general-availability"
    if entry.letter in "CDE":
        return "preview"
    if entry.letter != "B":
        return "out-of-band"
    for other in calendar:
        same_month = (other.product, other.month) == (entry.product, entry.month)
        if same_month and _calendar_kind(other) == "hotpatch":
            return "standard"
    return None
