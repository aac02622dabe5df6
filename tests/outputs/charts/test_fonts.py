"""Labels are whole in any font: a chart is drawn once, and shown with the fonts of its viewer."""

import json
import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from hotpatch_cli.outputs.charts.room import room, shortened
from tests.conftest import Hotpatch
from tests.outputs.charts.test_plan import DAY, fleet, zoned

SIZES = {"ordinary": "normal", "wide": "bold", "spaced": "normal; letter-spacing: 0.06em"}
"""Ways to show the fonts of this machine; the last two are wider than a usual font."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium."""
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("no chromium on this machine")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield opened
        opened.close()


BOXES = """() => [...document.querySelectorAll("text")].filter((each) => each.textContent)
    .map((each) => { const box = each.getBoundingClientRect();
        return [each.textContent, box.left, box.top, box.right, box.bottom]; })"""


def boxes(page: Page, drawn: str, style: str, folder: Path) -> list[list[float]]:
    """The boxes of the texts of a drawing, in a browser, with other letters."""
    file = folder / "chart.svg"
    file.write_text(
        drawn.replace("<rect", f"<style>text {{ font-weight: {style}; }}</style><rect", 1),
        encoding="utf-8",
    )
    page.goto(file.as_uri())
    found: list[list[float]] = page.evaluate(BOXES)
    return found


def charts(hotpatch: Hotpatch) -> Iterator[str]:
    """The charts of the program: a year, trends, a plan of machines, one of zones, one of long
    names.
    """
    yield hotpatch("calendar", "--year", "2025", *DAY, "-f", "svg").out
    yield from trends(hotpatch)
    texts = (fleet(12), zoned(), fleet(8).replace("srv", "a-server-with-quite-a-long-name-"))
    for text in texts:
        name = hotpatch.write("fleet.yaml", text)
        yield hotpatch("plan", name, *DAY, "-f", "svg").out


def trends(hotpatch: Hotpatch) -> Iterator[str]:
    """Trends of one report, of reports a day apart, and of years with many baselines."""
    for number, step in ((1, 1), (9, 1), (40, 45)):
        names = []
        for place in range(number):
            day = date(2022, 6, 10) + timedelta(step * place)
            machine = {"name": "a", "verdict": "ready", "reasons": [], "product": "ws2022"}
            report = {"schema_version": 1, "as_of": str(day), "summary": {}, "machines": [machine]}
            names.append(hotpatch.write(f"{step}-{place}.json", json.dumps(report)))
        yield hotpatch("trend", *names, "-f", "svg").out


@pytest.mark.slow
@pytest.mark.parametrize("style", SIZES.values(), ids=SIZES)
def test_every_label_is_whole_and_apart(hotpatch: Hotpatch, browser: Browser, style: str) -> None:
    """No label leaves the drawing, and none covers another one."""
    page = browser.new_page()
    for drawn in charts(hotpatch):
        found = boxes(page, drawn, style, hotpatch.folder)
        frame = page.evaluate(
            "(() => { const box = document.documentElement.getBoundingClientRect();"
            " return [box.left, box.top, box.right, box.bottom]; })()"
        )
        assert found
        for text, left, top, right, bottom in found:
            assert left >= frame[0] - 1, text
            assert top >= frame[1] - 2, text
            assert right <= frame[2] + 1, text
            assert bottom <= frame[3] + 2, text
        for number, (text, left, top, right, bottom) in enumerate(found):
            for other, far, high, near, low in found[number + 1 :]:
                apart = right <= far or near <= left or bottom - 3 <= high or low - 3 <= top
                assert apart, (text, other)
    page.close()


def test_no_name_of_a_chart_is_cut(hotpatch: Hotpatch) -> None:
    """Names of usual lengths stand in the chart as they are."""
    text = fleet(3).replace("srv", "a-server-with-quite-a-long-name-")
    done = hotpatch("plan", hotpatch.write("fleet.yaml", text), *DAY, "-f", "svg")
    assert done.out.count(">a-server-with-quite-a-long-name-") == 3


@pytest.mark.parametrize("name", ["short", "n" * 300, "名" * 80, "w" * 50])
def test_a_longer_name_keeps_its_start_and_its_end(name: str) -> None:
    """What has no room is shortened in the middle, with a sign, and fits then."""
    shown = shortened(name, 200, 12)
    assert room(shown, 12) <= 200
    assert shown == name or ("…" in shown and name.startswith(shown.split("…")[0]))
