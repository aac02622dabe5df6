"""The calendar of a year: what is out, what is planned, and what is not known."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotpatch_cli.knowledge.load import load_knowledge
from hotpatch_cli.knowledge.records import Product
from hotpatch_cli.servicing.calendar import CalendarEntry, calendar, restarts, turned

KNOWLEDGE = load_knowledge()
TODAY = date(2026, 11, 23)


def year(product: Product, number: int, as_of: date = TODAY) -> tuple[CalendarEntry, ...]:
    """A year of the shipped data."""
    return calendar(KNOWLEDGE, product, number, as_of)


def kinds(entries: tuple[CalendarEntry, ...]) -> dict[int, str | None]:
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


@pytest.mark.parametrize(
    ("product", "day", "kind", "confirmed"),
    [
        ("ws2025", date(2026, 9, 8), "unplanned-baseline", True),
        ("ws2025", date(2026, 10, 13), "planned-baseline", False),
        ("ws2025", date(2026, 11, 10), "hotpatch", False),
        ("ws2025", date(2026, 12, 8), "hotpatch", False),
        ("ws2022", date(2026, 6, 9), "unplanned-baseline", True),
        ("ws2022", date(2026, 9, 8), None, True),
        ("ws2022", date(2022, 5, 10), None, False),
        ("ws2022", date(2026, 1, 24), "out-of-band-hotpatch", True),
        ("ws2025", date(2025, 10, 23), "out-of-band", True),
        ("ws2025", date(2025, 10, 24), "out-of-band-hotpatch", True),
    ],
)
def test_an_entry_is_confirmed_or_a_forecast(
    product: Product, day: date, kind: str | None, confirmed: bool
) -> None:
    """A release with its KB or build is confirmed; a schedule is a forecast, even when its day has
    passed.
    """
    entry = next(each for each in year(product, day.year) if each.date == day)
    assert (entry.kind, entry.confirmed) == (kind, confirmed)
    assert entry.reboot == {None: None, "hotpatch": False, "out-of-band-hotpatch": False}.get(
        kind, True
    )


@pytest.mark.parametrize("product", ["ws2022", "ws2025"])
def test_neither_general_availability_nor_standard_updates_are_in_the_calendar(
    product: Product,
) -> None:
    """The calendar has the releases of the track, and updates between two Patch Tuesdays."""
    kinds = {entry.kind for number in range(2021, 2031) for entry in year(product, number)}
    assert kinds == {
        "planned-baseline",
        "unplanned-baseline",
        "hotpatch",
        "out-of-band",
        "out-of-band-hotpatch",
    } | ({None} if product == "ws2022" else set())


@given(
    st.sampled_from(["ws2022", "ws2025"]),
    st.integers(2021, 2036),
    st.dates(date(2021, 1, 1), date(2036, 12, 31)),
)
def test_months_are_never_invented(product: Product, number: int, as_of: date) -> None:
    """On any day, a year has at most one monthly release in a month, in order, within the product's
    life, and after the day only the plan, unconfirmed.
    """
    entries = year(product, number, as_of)
    months = [entry.date.month for entry in entries if entry.monthly]
    first, last = {
        "ws2022": (date(2022, 1, 5), date(2027, 10, 31)),
        "ws2025": (date(2024, 11, 1), date.max),
    }[product]
    assert months == sorted(set(months))
    assert [entry.date for entry in entries] == sorted(entry.date for entry in entries)
    for entry in entries:
        assert entry.date.year == number
        assert first <= entry.date <= last
        if entry.date > as_of:
            assert not entry.confirmed
            assert entry.kind == (
                "planned-baseline" if entry.date.month in (1, 4, 7, 10) else "hotpatch"
            )
            assert (entry.date.weekday(), 8 <= entry.date.day <= 14) == (1, True)


def test_the_calendar_ends_where_it_was_thought_to_end() -> None:
    """As it was known on 2026-06-28, WS2022 has no hotpatch month after October 2026."""
    assert year("ws2022", 2027, date(2026, 6, 28)) == ()
    assert max(entry.date for entry in year("ws2022", 2026, date(2026, 6, 28))) == date(
        2026, 10, 13
    )
    assert len(year("ws2022", 2027, date(2026, 6, 29))) == 10
