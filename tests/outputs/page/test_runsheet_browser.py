"""The run sheets in a real browser: they open, have labels, and print on A4, each night on pages of
its own.
"""

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.conftest import Hotpatch
from tests.outputs.page.conftest import Opener, Seen
from tests.outputs.page.fleets import hostile_fleet
from tests.outputs.test_runsheet import FLEET, page

pytestmark = pytest.mark.slow
A4_ACROSS = 1047
"""The width of A4 across within its margins, in CSS pixels."""


def sheet(hotpatch: Hotpatch, opened: Opener, fleet: str = FLEET) -> Seen:
    """The run sheets of a fleet, open at the width of paper."""
    page(hotpatch, fleet)
    return opened(str(hotpatch.folder / "night.html"), width=A4_ACROSS)


def printed_pages(found: Page, folder: Path) -> int:
    """How many pages the sheet prints."""
    file = folder / "night.pdf"
    found.pdf(path=file, prefer_css_page_size=True)
    return len(re.findall(rb"/Type\s*/Page\b", file.read_bytes()))


def is_wide(found: Page) -> bool:
    """Whether a part of the page is wider than the paper."""
    wide: bool = found.evaluate("document.documentElement.scrollWidth > innerWidth")
    return wide


def test_a_night_starts_a_page(hotpatch: Hotpatch, opened: Opener) -> None:
    """Two nights print on as many pages as each alone, nothing is wider than the paper, and nothing
    is loaded or said.
    """
    seen = sheet(hotpatch, opened)
    assert len(seen.requests) == 1
    assert seen.said == []
    seen.page.emulate_media(media="print")
    assert not is_wide(seen.page)
    both = printed_pages(seen.page, hotpatch.folder)
    seen.page.evaluate("document.querySelectorAll('article')[0].remove()")
    second = printed_pages(seen.page, hotpatch.folder)
    first = sheet(hotpatch, opened)
    first.page.evaluate("document.querySelectorAll('article')[1].remove()")
    assert (second, both) == (1, printed_pages(first.page, hotpatch.folder) + second)


BROKEN_WORDS = """
[...document.querySelectorAll('thead th')].flatMap(cell => {
  const text = cell.firstChild;
  return [...text.textContent.matchAll(/\\S+/g)].filter(found => {
    const range = document.createRange();
    range.setStart(text, found.index);
    range.setEnd(text, found.index + found[0].length);
    const right = cell.getBoundingClientRect().right;
    return range.getClientRects().length > 1 || range.getBoundingClientRect().right > right;
  }).map(found => found[0]);
})
"""


def test_no_heading_breaks_inside_a_word(hotpatch: Hotpatch, opened: Opener) -> None:
    """On a screen as narrow as A4 upright, each word of the headings is whole in its cell."""
    page(hotpatch)
    seen = opened(str(hotpatch.folder / "night.html"), width=794)
    assert seen.page.evaluate(BROKEN_WORDS) == []


def test_a_box_is_ticked_by_its_label(hotpatch: Hotpatch, opened: Opener) -> None:
    """A click on the name of a machine ticks its box."""
    seen = sheet(hotpatch, opened)
    box = seen.page.get_by_role("checkbox", name=re.compile("sql2"))
    seen.page.locator("label bdi", has_text="sql2").click()
    assert box.last.is_checked()


def test_a_long_night_repeats_the_headings(hotpatch: Hotpatch, opened: Opener) -> None:
    """The headings of the table are on each page: the browser repeats them in print."""
    more = "".join(
        f"- {{name: more{number:02}, platform: arc, os: Windows Server 2025 Standard}}\n"
        for number in range(30)
    )
    seen = sheet(hotpatch, opened, FLEET + more)
    seen.page.emulate_media(media="print")
    display = seen.page.evaluate("getComputedStyle(document.querySelector('thead')).display")
    assert display == "table-header-group"
    assert printed_pages(seen.page, hotpatch.folder) > 3


def test_everybody_can_use_it(hotpatch: Hotpatch, opened: Opener) -> None:
    """The rules of accessibility find nothing."""
    results = Axe().run(sheet(hotpatch, opened).page)
    assert results.response["violations"] == []


def test_hostile_names_do_nothing(hotpatch: Hotpatch, opened: Opener) -> None:
    """Names that are markup are shown, fit on the paper, and run nothing."""
    seen = sheet(hotpatch, opened, hostile_fleet().replace("days: [Mon]", "days: [Mon, Sat]"))
    assert len(seen.requests) == 1
    assert seen.said == []
    seen.page.emulate_media(media="print")
    assert not is_wide(seen.page)
