"""The release-information page, in Markdown and HTML."""

from collections.abc import Callable
from datetime import date

import pytest
from pages import BASELINE, HOTPATCH, NOT_UNDERSTOOD, OCTOBER, Content, Row, html, markdown

from hotpatch_cli.release_import import PAGE_URL, read_learn_page

FORMS = {"markdown": markdown, "html": html}
form = pytest.mark.parametrize("render", FORMS.values(), ids=FORMS.keys())


@form
def test_the_rows_of_a_page(render: Callable[[Content], str]) -> None:
    """A dated update is one row, with the page as its source; months to come are left out."""
    page = read_learn_page(render(OCTOBER))
    assert page.updated == date(2026, 10, 14)
    assert page.left_out == ()
    facts = [(row.product, row.kb, row.build, row.kind, row.date) for row in page.rows]
    day = date(2026, 10, 13)
    assert facts == [
        ("ws2025", "KB5199999", "26100.33500", "planned-baseline", day),
        ("ws2022", "KB5199998", "20348.5700", "planned-baseline", day),
    ]
    assert {(row.source[0].url, row.source[0].read) for row in page.rows} == {
        (PAGE_URL, date(2026, 10, 14))
    }


def test_both_forms_give_the_same_rows() -> None:
    """Markdown and HTML of one page are the same page."""
    assert read_learn_page(markdown(OCTOBER)) == read_learn_page(html(OCTOBER))


@form
def test_the_kinds_of_a_page(render: Callable[[Content], str]) -> None:
    """The calendar tells what is of the track; the letter of an update tells the rest."""
    history = {
        "2025": [
            Row("2026-11 B", "2026-11-10", "26100.33700", "KB5200001"),
            Row("2024-11 A", "2024-11-01", "26100.1742", "KB5200006"),
        ],
        "2022": [
            Row("2026-11 B", "2026-11-10", "20348.5800", "KB5200003"),
            Row("2026-11 OOB", "2026-11-17", "20348.5801", "KB5200004"),
            Row("2026-11 C", "2026-11-24", "20348.5805", "KB5200005"),
            Row("2026-09 B", "2026-09-08", "20348.5600", "KB5200007"),
        ],
    }
    calendar = {
        "2025": [
            Row("2026.11 B", "2026-11-10", "26100.33650", "KB5200002", HOTPATCH),
            Row("2026.11 OOB", "2026-11-18", "26100.33651", "KB5200008", HOTPATCH),
        ],
        "2022": [Row("2026.11 B", "2026-11-10", "20348.5800", "KB5200003", BASELINE)],
    }
    page = read_learn_page(render(Content("2026-11-25", history, calendar)))
    assert {row.kb: row.kind for row in page.rows} == {
        "KB5200001": "standard",
        "KB5200002": "hotpatch",
        "KB5200003": "unplanned-baseline",
        "KB5200004": "out-of-band",
        "KB5200005": "preview",
        "KB5200006": "general-availability",
        "KB5200007": None,
        "KB5200008": "out-of-band-hotpatch",
    }


def test_an_update_that_stands_twice() -> None:
    """Where history and calendar differ on a day or a build, the calendar is taken, and that is
    named.
    """
    other = [Row("2026-10 B", "2026-10-14", "26100.33500", "KB5199999")]
    page = read_learn_page(markdown(OCTOBER._replace(history=OCTOBER.history | {"2025": other})))
    assert page.rows[0].date == date(2026, 10, 13)
    assert page.left_out == ("ws2025 KB5199999: listed twice, with different dates or builds",)


TEXTS = {name: text for name, text in NOT_UNDERSTOOD.items() if not name.startswith("JSON")}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_a_page_that_is_not_understood(text: str) -> None:
    """It raises ValueError, and gives no row."""
    with pytest.raises(ValueError, match=r"."):
        read_learn_page(text)


def test_a_page_that_is_too_large() -> None:
    """What no page of Microsoft could be is refused before it is read."""
    with pytest.raises(ValueError, match="longer than 20000000 characters"):
        read_learn_page("x" * 20_000_001)
