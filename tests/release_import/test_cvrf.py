"""MSRC's CVRF documents (JSON): the month's hotpatch and cumulative update of each product."""

from datetime import date
from typing import Any

import pytest
from cvrf_documents import GOOD, NOT_UNDERSTOOD, document, fix

from hotpatch_cli.release_import import read_cvrf


def rows(content: Any) -> dict[str | None, tuple[str, str | None, str | None, str]]:
    """Product, kind, build and confidence of the rows of a document, by KB."""
    page = read_cvrf(content)
    return {row.kb: (row.product, row.kind, row.build, row.confidence) for row in page.rows}


def test_a_month_of_a_baseline() -> None:
    """A planned month without a hotpatch is a baseline, which is concluded and so of medium
    confidence; the core installation is the same product.
    """
    fixes = (
        fix("5199999", "10.0.26100.33500", "12436"),
        fix("5199998", "10.0.20348.5700", "11923", "11924"),
    )
    assert rows(document(*fixes)) == {
        "KB5199999": ("ws2025", "planned-baseline", "26100.33500", "medium"),
        "KB5199998": ("ws2022", "planned-baseline", "20348.5700", "medium"),
    }


def test_a_month_of_hotpatch() -> None:
    """Beside a hotpatch, the cumulative update is off the track; later builds of the month are
    named, not taken.
    """
    fixes = [
        fix("5200001", "10.0.26100.33700", "12436"),
        fix("5200002", "10.0.26100.33650", "12436", kind="Security HotPatch Update"),
        fix("5200009", "10.0.26100.33701", "12436"),
    ]
    november = document(*fixes, first="2026-11-10", now="2026-11-12", month="2026-Nov")
    assert rows(november) == {
        "KB5200001": ("ws2025", "standard", "26100.33700", "high"),
        "KB5200002": ("ws2025", "hotpatch", "26100.33650", "high"),
    }
    left_out = read_cvrf(november).left_out
    assert left_out == ("ws2025 KB5200009 (26100.33701): later in the month",)


def test_another_month_without_a_hotpatch_states_no_kind() -> None:
    """Outside the months of planned baselines nothing tells what a cumulative update is."""
    november = document(fix("5200001", "10.0.26100.33700", "12436"), first="2026-11-10")
    assert rows(november) == {"KB5200001": ("ws2025", None, "26100.33700", "high")}


def test_another_product_is_passed_over() -> None:
    """Remedies of other products, of other builds and without a KB are no releases."""
    fixes = [
        fix("5199999", "10.0.26100.33500", "12436"),
        fix("5199000", "10.0.17763.9000", "11571"),
        fix("5199001", "10.0.17763.9000", "12436"),
        fix("Release Notes", "https://example.org", "12436"),
        fix("5199002", "", "12436"),
    ]
    assert set(rows(document(*fixes))) == {"KB5199999"}


def test_the_source_of_a_document() -> None:
    """Its title names the month, and it was read on the day of its last change."""
    page = read_cvrf(GOOD)
    assert (page.title, page.updated) == ("MSRC CVRF 2026-Oct", date(2026, 10, 14))
    assert page.rows[0].source[0].read == date(2026, 10, 14)
    assert page.rows[0].date == date(2026, 10, 13)


def test_a_document_without_a_name() -> None:
    """Where the document has no id, the title does not invent one."""
    tracking = GOOD["DocumentTracking"] | {"Identification": {}}
    assert read_cvrf(GOOD | {"DocumentTracking": tracking}).title == "MSRC CVRF"


@pytest.mark.parametrize("content", NOT_UNDERSTOOD.values(), ids=NOT_UNDERSTOOD.keys())
def test_a_document_that_is_not_understood(content: Any) -> None:
    """It raises ValueError, and gives no row."""
    with pytest.raises(ValueError, match=r"CVRF|Patch Tuesday|valid date|has no update"):
        read_cvrf(content)
