"""The plain values of pages: rows of updates with their sources, and helpers of both readers."""

import re
from datetime import date
from typing import Literal, NamedTuple

Product = Literal["ws2022", "ws2025"]
Day = date
BUILD_NUMBERS: dict[Product, int] = {"ws2022": 20348, "ws2025": 26100}
"""The build number of each product: the first part of its builds, such as 26100 of 26100.7092."""

PLANNED_BASELINE_MONTHS = (1, 4, 7, 10)
"""Source: https://learn.microsoft.com/windows-server/get-started/hotpatch (hotpatch calendar)."""

_FIRST_YEAR, _LAST_YEAR = 2016, 2099
"""The valid years of such pages; any other year means that the page was misread."""

_BUILD = re.compile(r"(?:10\.0\.)?([0-9]{4,6})\.([0-9]{1,6})")
_SHOWN = 60


class PageSource(NamedTuple):
    """Where a row comes from: a title, the day on which the page was changed, its address."""

    title: str
    read: date
    url: str | None = None


class ReleaseRow(NamedTuple):
    """An update of a product. `build` is text such as 26100.7092, `kb` text such as KB5072033.

    No kind: the page doesn't state it. A merge leaves the last four fields unchanged.
    """

    product: Product
    confidence: str
    source: tuple[PageSource, ...]
    date: Day | None = None
    kind: str | None = None
    kb: str | None = None
    build: str | None = None
    platforms: tuple[str, ...] = ()
    component: str | None = None
    notes: str | None = None
    kind_confidence: str | None = None


class ReleasePage(NamedTuple):
    """The content of a page: its rows, the date of its last change, and the rejected rows."""

    title: str
    updated: date
    rows: tuple[ReleaseRow, ...]
    left_out: tuple[str, ...] = ()


def product_of_year(year: str) -> Product | None:
    """The product of a release of Windows Server: ws2025 of `2025`; None for other releases."""
    for product in BUILD_NUMBERS:
        if product == f"ws{year}":
            return product
    return None


def build_parts(text: str) -> tuple[int, int] | None:
    """Number and revision of `26100.7092` or `10.0.26100.7092`; None for anything else."""
    match = _BUILD.fullmatch(text.strip())
    return (int(match[1]), int(match[2])) if match else None


def page_day(text: str, where: str) -> date:
    """A date of a page. Raises ValueError for an invalid date, or one outside the valid years."""
    try:
        day = (
            date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII) else None
        )
    except ValueError:
        day = None
    if day is None or not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise ValueError(f"{quote(text)} in {quote(where)} isn't a valid date (YYYY-MM-DD)")
    return day


def quote(text: str) -> str:
    """Text of a page for a message: one line, no control codes, not long."""
    return f"'{printable(text)}'"


def printable(text: str) -> str:
    """Text of a page without control codes, and cut where it is long."""
    shown = "".join(letter if letter.isprintable() else "?" for letter in text[:_SHOWN])
    return f"{shown}..." if len(text) > _SHOWN else shown
