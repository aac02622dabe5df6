"""The calendar of a year: what is out, what is planned, and what is not known."""

from datetime import date

import pytest

from hotpatch_cli.knowledge.load import load_knowledge
from hotpatch_cli.knowledge.rows import Product
from hotpatch_cli.servicing.calendar import Entry, calendar, restarts, turned

KNOWLEDGE = load_knowledge()
TODAY = date(2026, 11, 23)


def year(product: Product, number: int, as_of: date = TODAY) -> tuple[Entry, ...]:
    """A year of the shipped data."""
    return calendar(KNOWLEDGE, product, number, as_of)


def kinds(entries: tuple[Entry, ...]) -> dict[int, str | None]:
    """The kind of each month's Patch Tuesday release."""
    return {entry.date.month: entry.kind for entry in entries if entry.monthly}


@pytest.mark.parametrize(
    ("product", "number", "month", "kind"),
    [
        ("ws2022", 2024, 8, "unplanned-baseline"),
        ("ws2025", 2026, 6, "unplanned-baseline"),
        ("ws2025", 2026, 9, "unplanned-baseline"),
        ("ws2022", 2026, 6, "unplanned-baseline"),
        ("ws2022", 2022, 5, None),
        ("ws2022", 2026, 9, None),
        ("ws2025", 2025, 8, "hotpatch"),
        ("ws2025", 2030, 10, "planned-baseline"),
    ],
)
def test_the_kind_of_a_month(product: Product, number: int, month: int, kind: str | None) -> None:
    """A month's release is what a source says it is, and nothing where none says it."""
    assert kinds(year(product, number))[month] == kind


@pytest.mark.parametrize("number", [2023, 2024, 2025, 2026])
def test_a_month_has_one_monthly_release(number: int) -> None:
    """Every month of a year that is covered has exactly one release of its Patch Tuesday."""
    months = [entry.date.month for entry in year("ws2022", number) if entry.monthly]
    assert months == list(range(1, 13))


def test_before_and_after_its_life_a_product_has_no_calendar() -> None:
    """No rows stand before the first release or after the last hotpatch month."""
    assert year("ws2025", 2023) == ()
    assert year("ws2022", 2021) == ()
    assert year("ws2022", 2030) == ()
    assert [entry.date.month for entry in year("ws2025", 2024)] == [11, 12]
    assert max(entry.date for entry in year("ws2022", 2027)) == date(2027, 10, 12)


def test_2030_is_all_forecast() -> None:
    """Nothing of 2030 is confirmed, and the plan has four restarts."""
    entries = year("ws2025", 2030)
    assert not any(entry.confirmed for entry in entries)
    assert restarts(entries) == (4, 0)


def test_the_past_does_not_know_the_future() -> None:
    """As of December 2025, June 2026 is planned as a hotpatch."""
    entries = year("ws2025", 2026, date(2025, 12, 15))
    assert kinds(entries)[6] == "hotpatch"
    assert not any(entry.confirmed for entry in entries)


def test_the_restarts_of_a_year_are_counted() -> None:
    """2026 has six restarts for WS2025, and one month of WS2022 whose kind is not known."""
    assert restarts(year("ws2025", 2026)) == (6, 0)
    assert restarts(year("ws2022", 2026)) == (5, 1)


def test_how_often_a_hotpatch_month_became_a_baseline() -> None:
    """Of the hotpatch months of WS2025 so far, two became baselines."""
    assert turned(KNOWLEDGE, "ws2025", TODAY)[0] == 2
