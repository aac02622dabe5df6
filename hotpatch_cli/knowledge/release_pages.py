"""Microsoft's release pages as rows: the release-information page (Markdown or HTML), and MSRC's
CVRF documents.

Pure: text goes in, rows come out. A page whose layout is not understood gives ValueError and no row
at all, since half a page would look like all of it. Cells that are wrong in a page that is
understood are named and left out.
https://learn.microsoft.com/en-us/windows/release-health/windows-server-release-info
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from html.parser import HTMLParser
from typing import Any, NamedTuple

from hotpatch_cli.documents.tree import quoted
from hotpatch_cli.knowledge.records import BASELINES, PRODUCTS, Product, Release, Source
from hotpatch_cli.model import Build, parse_build
from hotpatch_cli.schedule.patch_tuesday import patch_tuesday

PAGE_URL = "https://learn.microsoft.com/en-us/windows/release-health/windows-server-release-info"
CVRF_URL = "https://msrc.microsoft.com/update-guide"
NUMBERS: dict[Product, int] = {"ws2022": 20348, "ws2025": 26100}
_BASELINE_MONTHS = (1, 4, 7, 10)
_MAX_CHARACTERS = 20_000_000
_MAX_ROWS = 3000
_PRODUCT = re.compile(r"Windows Server (20[0-9]{2}) \(OS build ([0-9]{5})\)", re.IGNORECASE)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_UPDATE = re.compile(r"(20[0-9]{2})[-.](0[1-9]|1[0-2])\s+(OOB|[A-E])(.*)", re.IGNORECASE)
_KB = re.compile(r"KB\s?([0-9]{6,8})", re.IGNORECASE)
_HISTORY = ("update type", "availability date", "build", "kb article")
_CALENDAR = ("update type", "type", "availability date", "build", "kb article")


class ReleasePage(NamedTuple):
    """What a page says: its rows, when it was made, and what in it was left out."""

    title: str
    updated: date
    rows: tuple[Release, ...]
    left_out: tuple[str, ...] = ()


class PageTable(NamedTuple):
    """A table and the heading that it stands under."""

    heading: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def has(self, columns: Iterable[str]) -> bool:
        """Whether it has all of some columns."""
        return set(columns) <= set(self.header)

    def cells(self) -> Iterator[dict[str, str]]:
        """Each row by column; cells beyond the header are left out."""
        for row in self.rows:
            yield dict(zip(self.header, (*row, *[""] * len(self.header)), strict=False))


# --- tables --------------------------------------------------------------------------------------------------


def tables_of(text: str) -> Iterator[PageTable]:
    """The tables of a page, in Markdown or HTML."""
    if re.match(r"\s*(?:<!doctype|<html|<head|<body|<)", text, re.IGNORECASE):
        parser = _Html()
        parser.feed(text)
        parser.close()
        return iter(parser.tables)
    return _markdown_tables(text)


def _markdown_tables(text: str) -> Iterator[PageTable]:
    heading, lines = "", []
    for line in (*text.splitlines(), ""):
        stripped = line.strip()
        if stripped.startswith("|"):
            lines.append(_split(stripped))
            continue
        if len(lines) > 1:
            yield _table(heading, lines)
        lines = []
        if stripped.startswith(("#", "**")) or _PRODUCT.search(stripped):
            heading = _heading(heading, stripped)


def _heading(before: str, text: str) -> str:
    """The heading that names the product stays in force under lesser ones, such as those of
    calendar years.
    """
    return text if _PRODUCT.search(text) or text.startswith("##") else before


def _split(line: str) -> tuple[str, ...]:
    cells = re.split(r"(?<!\\)\|", line.strip().removeprefix("|").removesuffix("|"))
    return tuple(re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", cell).strip() for cell in cells)


def _table(heading: str, lines: list[tuple[str, ...]]) -> PageTable:
    header, *rows = lines
    body = [
        row
        for row in rows
        if not all(re.fullmatch(r":?-+:?|", cell) for cell in row) or not any(row)
    ]
    return PageTable(heading, tuple(map(_column, header)), tuple(body))


def _column(name: str) -> str:
    return re.sub(r"\s+", " ", name).strip().lower()


class _Html(HTMLParser):
    """Collects tables and the headings that they stand under."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[PageTable] = []
        self._heading = ""
        self._said: list[str] = []
        self._rows: list[tuple[str, ...]] | None = None
        self._row: list[str] = []
        self._cell: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002  fixed by HTMLParser
        """A table, a row or a cell begins."""
        if tag == "table":
            self._rows = []
        elif tag == "tr":
            self._row = []
        elif tag in ("td", "th"):
            self._cell = []
        elif tag in ("h1", "h2", "h3", "h4", "p", "strong", "summary"):
            self._said = []

    def handle_data(self, data: str) -> None:
        """Text of a cell or of a heading."""
        (self._said if self._cell is None else self._cell).append(data)

    def handle_endtag(self, tag: str) -> None:
        """A table, a row, a cell or a heading ends."""
        if tag in ("td", "th") and self._cell is not None:
            self._row.append(" ".join("".join(self._cell).split()))
            self._cell = None
        elif tag == "tr" and self._rows is not None and self._row:
            self._rows.append(tuple(self._row))
        elif tag == "table" and self._rows:
            self.tables.append(_table(self._heading, self._rows))
            self._rows = None
        elif tag in ("h1", "h2", "h3", "h4", "p", "strong", "summary") and self._rows is None:
            text = " ".join("".join(self._said).split())
            self._heading = _heading(self._heading, f"## {text}" if tag == "h2" else text)


# --- the release-information page ------------------------------------------------------------------------------


class _Entry(NamedTuple):
    """A dated row of the page."""

    product: Product
    month: tuple[int, int]
    letter: str
    day: date
    build: Build | None
    kb: str | None
    type: str | None


def parse_page(text: str) -> ReleasePage:
    """The rows of the release-information page. Raises ValueError where its layout is not
    understood.
    """
    if len(text) > _MAX_CHARACTERS:
        raise ValueError(f"it is longer than {_MAX_CHARACTERS} characters")
    left_out: list[str] = []
    history, calendar = _entries(text, left_out)
    for product in PRODUCTS:
        for found, what in ((history, "release history"), (calendar, "hotpatch calendar")):
            if not any(entry.product == product for entry in found):
                raise ValueError(
                    f"it has no {what} of Windows Server {product[2:]} with a dated row"
                )
    updated = _updated(text) or max(entry.day for entry in (*history, *calendar))
    source = Source("Windows Server release information", updated, PAGE_URL)
    rows = _rows(history, calendar, (source,), left_out)
    return ReleasePage(source.title, updated, rows, tuple(left_out))


def _updated(text: str) -> date | None:
    """The day on which the page says that it was changed."""
    for name in ("updated_at", "ms.date"):
        marked = re.escape(name)
        found = re.search(rf"^{marked}:\s*['\"]?([0-9-]{{10}})", text, re.MULTILINE) or re.search(
            rf"<meta\s+name=[\"']{marked}[\"']\s+content=[\"']([0-9-]{{10}})", text, re.IGNORECASE
        )
        if found and _DAY.fullmatch(found[1]):
            return _day(found[1], name)
    return None


def _day(text: str, where: str) -> date:
    try:
        found = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        found = None
    if found is None or not 2016 <= found.year < 2100:  # noqa: PLR2004  the years of such pages
        raise ValueError(f"{quoted(text)} is not a day (YYYY-MM-DD), in {quoted(where)}")
    return found


def _entries(text: str, left_out: list[str]) -> tuple[list[_Entry], list[_Entry]]:
    """The dated rows of the history and of the calendar."""
    history: list[_Entry] = []
    calendar: list[_Entry] = []
    for table in tables_of(text):
        named = _PRODUCT.search(table.heading)
        product = next((each for each in PRODUCTS if named and each[2:] == named[1]), None)
        if named is None or product is None:
            continue
        if int(named[2]) != NUMBERS[product]:
            raise ValueError(f"{quoted(named[0])} has another OS build than {NUMBERS[product]}")
        if table.has(_CALENDAR):
            calendar += _dated(table, product, left_out)
        elif table.has(_HISTORY):
            history += _dated(table, product, left_out)
        else:
            raise ValueError(
                f"a table under {quoted(named[0])} has the columns {quoted(', '.join(table.header))}"
            )
        if len(history) + len(calendar) > _MAX_ROWS:
            raise ValueError(f"it has more than {_MAX_ROWS} rows")
    return history, calendar


def _dated(table: PageTable, product: Product, left_out: list[str]) -> Iterator[_Entry]:
    """The rows of a table that have a day; the others are a schedule, and forecasts are made by
    rule.
    """
    for cells in table.cells():
        update, day = cells["update type"], cells["availability date"]
        if not day:
            continue
        found = _UPDATE.match(update)
        if found is None:
            raise ValueError(f"{quoted(update)} is not an update type such as 2026-05 B")
        build, kb = (
            parse_build(cells["build"]) if cells["build"] else None,
            _KB.fullmatch(cells["kb article"]),
        )
        wrong = _wrong(cells, product, build, kb)
        if wrong:
            left_out.append(f"{product} {quoted(day)}: {wrong}")
            continue
        month = (int(found[1]), int(found[2]))
        number = f"KB{kb[1]}" if kb else None
        yield _Entry(
            product, month, found[3].upper(), _day(day, update), build, number, cells.get("type")
        )


def _wrong(
    cells: dict[str, str], product: Product, build: Build | None, kb: re.Match[str] | None
) -> str:
    """What is wrong with a build or a KB; pages have had builds of no product."""
    if cells["kb article"] and kb is None:
        return f"{quoted(cells['kb article'])} is not a KB"
    if cells["build"] and (
        build is None or build.revision is None or build.number != NUMBERS[product]
    ):
        return f"{quoted(cells['build'])} is not a build of {NUMBERS[product]}"
    return "" if build or kb else "neither a build nor a KB"


def _kind_of(entry: _Entry) -> str:
    """The kind of a row of the calendar. Baselines outside the first month of a quarter were not
    planned.
    """
    word = (entry.type or "").lower()
    if word.startswith("baseline"):
        return BASELINES[0] if entry.month[1] in _BASELINE_MONTHS else BASELINES[1]
    if word.startswith("hotpatch"):
        return "out-of-band-hotpatch" if entry.letter == "OOB" else "hotpatch"
    raise ValueError(
        f"{quoted(entry.type)} is not a type that is known: Baseline (Restart) or Hotpatch"
    )


def _rows(
    history: list[_Entry], calendar: list[_Entry], source: tuple[Source, ...], left_out: list[str]
) -> tuple[Release, ...]:
    """One row for each update: the calendar tells what is of the track, the history what else there
    was.
    """
    known: dict[tuple[str, str], Release] = {}
    for entry, kind in (
        *((entry, _kind_of(entry)) for entry in calendar),
        *((entry, _kind_in_history(entry, calendar)) for entry in history),
    ):
        row = Release(entry.product, "high", source, entry.day, kind, entry.kb, entry.build)
        first = known.setdefault((entry.product, entry.kb or str(entry.build)), row)
        if (first.date, first.build) != (row.date, row.build):
            left_out.append(
                f"{row.product} {row.name}: stands twice, with different days or builds"
            )
    return tuple(known.values())


def _kind_in_history(entry: _Entry, calendar: list[_Entry]) -> str | None:
    """What an update of the release history is; None where the calendar does not tell."""
    if entry.letter == "A":
        return "general-availability"
    if entry.letter in "CDE":
        return "preview"
    if entry.letter != "B":
        return "out-of-band"
    same = [each for each in calendar if (each.product, each.month) == (entry.product, entry.month)]
    return "standard" if any(_kind_of(each) == "hotpatch" for each in same) else None


# --- CVRF ------------------------------------------------------------------------------------------------------


class _Fix(NamedTuple):
    """A remedy of a CVRF document."""

    product: Product
    build: Build
    kb: str
    hotpatch: bool


def parse_cvrf(tree: Any) -> ReleasePage:
    """The rows of a monthly CVRF document (https://api.msrc.microsoft.com/cvrf/v3.0/cvrf/2026-Aug,
    as JSON).

    The month's cumulative update and hotpatch of each product; of several, the lowest build, since
    later ones are out-of-band and the document has no day for them. Raises ValueError where the
    layout is not understood.
    """
    if not (isinstance(tree, dict) and "DocumentTracking" in tree and "ProductTree" in tree):
        raise ValueError("it is JSON, but no CVRF document of MSRC")
    tracking = tree["DocumentTracking"]
    named = _at(tracking, "Identification", "ID", "Value")
    day = _day(str(_at(tracking, "InitialReleaseDate"))[:10], "InitialReleaseDate")
    if day != patch_tuesday(day.year, day.month):
        raise ValueError(
            f"its first day, {day}, is not a Patch Tuesday, so the day of its updates is not known"
        )
    updated = _day(str(_at(tracking, "CurrentReleaseDate") or day)[:10], "CurrentReleaseDate")
    source = (Source(f"MSRC CVRF {quoted(named)[1:-1]}", updated, CVRF_URL),)
    fixes = sorted(set(_fixes(tree)))
    if not fixes:
        raise ValueError("it has no update of Windows Server 2022 or 2025")
    rows = [row for product in PRODUCTS for row in _of_month(product, fixes, day, source)]
    kept = {row.kb for row in rows}
    later = [
        f"{fix.product} {fix.kb} ({fix.build}): later in the month"
        for fix in fixes
        if fix.kb not in kept
    ]
    return ReleasePage(source[0].title, updated, tuple(rows), tuple(later))


def _at(node: Any, *path: str) -> Any:
    for key in path:
        node = node.get(key) if isinstance(node, dict) else None
    return node


def _listed(node: Any) -> list[Any]:
    return node if isinstance(node, list) else []


def _fixes(tree: Any) -> Iterator[_Fix]:
    products = {}
    for each in _listed(_at(tree, "ProductTree", "FullProductName")):
        named = re.fullmatch(
            r"Windows Server (2022|2025)(?: \(Server Core installation\))?", str(_at(each, "Value"))
        )
        if named:
            products[str(_at(each, "ProductID"))] = next(
                each for each in PRODUCTS if each[2:] == named[1]
            )
    for vulnerability in _listed(_at(tree, "Vulnerability")):
        for remedy in _listed(_at(vulnerability, "Remediations")):
            yield from _fix(remedy, products)


def _fix(remedy: Any, products: dict[str, Product]) -> Iterator[_Fix]:
    kb = re.fullmatch(r"(?:KB)?([0-9]{6,8})", str(_at(remedy, "Description", "Value")))
    build = parse_build(str(_at(remedy, "FixedBuild")))
    if kb is None or build is None or build.revision is None:
        return
    hotpatch = re.search(r"hot\s?patch", str(_at(remedy, "SubType")), re.IGNORECASE) is not None
    for product in {products.get(str(each)) for each in _listed(_at(remedy, "ProductID"))} - {None}:
        if product is not None and build.number == NUMBERS[product]:
            yield _Fix(product, build, f"KB{kb[1]}", hotpatch)


def _of_month(
    product: Product, fixes: list[_Fix], day: date, source: tuple[Source, ...]
) -> Iterator[Release]:
    """The month's hotpatch and cumulative update. Without a hotpatch, a baseline is planned in its
    months only.
    """
    own = [fix for fix in fixes if fix.product == product]
    hotpatch = min((fix for fix in own if fix.hotpatch), default=None)
    whole = min((fix for fix in own if not fix.hotpatch), default=None)
    if hotpatch:
        yield Release(product, "high", source, day, "hotpatch", hotpatch.kb, hotpatch.build)
    if whole:
        planned = day.month in _BASELINE_MONTHS and not hotpatch
        kind = "standard" if hotpatch else BASELINES[0] if planned else None
        yield Release(
            product, "medium" if planned else "high", source, day, kind, whole.kb, whole.build
        )
