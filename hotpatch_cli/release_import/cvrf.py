"""MSRC's monthly CVRF documents.

https://api.msrc.microsoft.com/cvrf/v3.0/cvrf/2026-Aug, as JSON
"""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from hotpatch_cli.release_import.rows import (
    BUILD_NUMBERS,
    PLANNED_BASELINE_MONTHS,
    PageSource,
    Product,
    ReleasePage,
    ReleaseRow,
    build_parts,
    page_day,
    printable,
    product_of_year,
)

CVRF_URL = "https://msrc.microsoft.com/update-guide"
_SERVER = re.compile(r"Windows Server (2022|2025)(?: \(Server Core installation\))?")
_KB = re.compile(r"(?:KB)?([0-9]{6,8})")
_HOTPATCH = re.compile(r"hot\s?patch", re.IGNORECASE)
_TUESDAY = 1
_SECOND_WEEK = range(8, 15)


class _Fix(NamedTuple):
    """A remedy of a CVRF document."""

    product: Product
    build: tuple[int, int]
    kb: str
    is_hotpatch: bool

    @property
    def build_text(self) -> str:
        return f"{self.build[0]}.{self.build[1]}"


def read_cvrf(tree: Any) -> ReleasePage:
    """The rows of a monthly CVRF document, given as the value of its JSON.

    The month's cumulative update and hotpatch of each product; of several, the lowest build,
    because later ones are out-of-band and the document has no date for them. Raises ValueError for
    an unknown layout.
    """
    if not (isinstance(tree, dict) and "DocumentTracking" in tree and "ProductTree" in tree):
        raise ValueError("the JSON isn't a CVRF document of MSRC")
    tracking = tree["DocumentTracking"]
    document_id = _at(tracking, "Identification", "ID", "Value")
    day = page_day(str(_at(tracking, "InitialReleaseDate"))[:10], "InitialReleaseDate")
    if day.weekday() != _TUESDAY or day.day not in _SECOND_WEEK:
        raise ValueError(
            f"its first date, {day}, isn't a Patch Tuesday; the date of its updates is unknown"
        )
    updated = page_day(str(_at(tracking, "CurrentReleaseDate") or day)[:10], "CurrentReleaseDate")
    title = f"MSRC CVRF {printable(str(document_id or ''))}".rstrip()
    source = PageSource(title, updated, CVRF_URL)
    fixes = sorted(set(_fixes(tree)))
    if not fixes:
        raise ValueError("it has no update of Windows Server 2022 or 2025")
    rows: list[ReleaseRow] = []
    for product in BUILD_NUMBERS:
        rows += _month_rows([fix for fix in fixes if fix.product == product], day, source)
    taken = {row.kb for row in rows}
    left_out = [
        f"{fix.product} {fix.kb} ({fix.build_text}): later in the month"
        for fix in fixes
        if fix.kb not in taken
    ]
    return ReleasePage(source.title, updated, tuple(rows), tuple(left_out))


def _at(node: Any, *path: str) -> Any:
    """The value at a path of keys; None where the path ends early."""
    for key in path:
        node = node.get(key) if isinstance(node, dict) else None
    return node


def _items(node: Any) -> list[Any]:
    return node if isinstance(node, list) else []


def _fixes(tree: Any) -> Iterator[_Fix]:
    products: dict[str, Product] = {}
    for entry in _items(_at(tree, "ProductTree", "FullProductName")):
        match = _SERVER.fullmatch(str(_at(entry, "Value")))
        product = product_of_year(match[1]) if match else None
        if product is not None:
            products[str(_at(entry, "ProductID"))] = product
    for vulnerability in _items(_at(tree, "Vulnerability")):
        for remedy in _items(_at(vulnerability, "Remediations")):
            yield from _fixes_of_remedy(remedy, products)


def _fixes_of_remedy(remedy: Any, products: dict[str, Product]) -> Iterator[_Fix]:
    kb = _KB.fullmatch(str(_at(remedy, "Description", "Value")))
    build = build_parts(str(_at(remedy, "FixedBuild")))
    if kb is None or build is None:
        return
    is_hotpatch = _HOTPATCH.search(str(_at(remedy, "SubType"))) is not None
    for product_id in _items(_at(remedy, "ProductID")):
        product = products.get(str(product_id))
        if product is not None and build[0] == BUILD_NUMBERS[product]:
            yield _Fix(product, build, f"KB{kb[1]}", is_hotpatch)


def _month_rows(fixes: list[_Fix], day: date, source: PageSource) -> Iterator[ReleaseRow]:
    """The month's hotpatch and cumulative update of one product. Without a hotpatch, the update is
    the baseline in a planned month only.
    """
    hotpatch = min((fix for fix in fixes if fix.is_hotpatch), default=None)
    cumulative = min((fix for fix in fixes if not fix.is_hotpatch), default=None)
    if hotpatch:
        yield ReleaseRow(
            hotpatch.product, "high", (source,), day, "hotpatch", hotpatch.kb, hotpatch.build_text
        )
    if cumulative is None:
        return
    kind, confidence = None, "high"
    if hotpatch:
        kind = "standard"
    elif day.month in PLANNED_BASELINE_MONTHS:
        kind, confidence = "planned-baseline", "medium"  # concluded from the month, not stated
    yield ReleaseRow(
        cumulative.product,
        confidence,
        (source,),
        day,
        kind,
        cumulative.kb,
        cumulative.build_text,
    )
