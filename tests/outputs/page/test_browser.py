"""The page in a real browser: it opens, searches, sorts, filters, turns dark and prints, and asks
nobody.
"""

import subprocess
import sys
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.conftest import Hotpatch
from tests.outputs.page.conftest import Opener, Seen
from tests.outputs.page.fleets import HOSTILE, fleet_of, hostile_fleet

pytestmark = pytest.mark.slow
EXAMPLE = str(Path(__file__).parents[3] / "examples" / "fleet.yaml")


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of the example fleet, as a file, made once."""
    file = tmp_path_factory.mktemp("page") / "report.html"
    command = [
        sys.executable,
        "-m",
        "hotpatch_cli",
        "report",
        EXAMPLE,
        "--as-of",
        "2025-12-15",
        "-o",
        str(file),
    ]
    subprocess.run(command, check=True)
    return str(file)


def made(hotpatch: Hotpatch, fleet: str, *arguments: str) -> str:
    """The page of a fleet, as a file."""
    assert (
        hotpatch("report", fleet, "--as-of", "2025-12-15", "-o", "report.html", *arguments).code
        == 0
    )
    return str(hotpatch.folder / "report.html")


def names(page: Page) -> list[str]:
    """The machines that the table shows, in its order."""
    return page.locator("#table tbody th bdi").all_text_contents()


def choose(page: Page, facet: str, value: str) -> None:
    """Filter by a value, which is a button or, where there are many, an entry of a list."""
    field = page.locator(f'[data-facet="{facet}"]')
    if field.locator("select").count():
        field.locator("select").select_option(f"={value}")
    else:
        field.locator(f'[data-value="{value}"]').click()


def count(page: Page, facet: str, value: str) -> str | None:
    """The count that a button shows."""
    return page.locator(f'[data-facet="{facet}"] [data-value="{value}"] .n').text_content()


def quiet(seen: Seen) -> None:
    """Nothing was requested but the page, and the console is clean."""
    assert len(seen.requests) == 1
    assert seen.said == []


def test_it_opens_and_shows_every_machine(example: str, opened: Opener) -> None:
    """The page asks for itself only, says nothing on its console, and lists what needs attention
    first.
    """
    seen = opened(example)
    assert len(names(seen.page)) == 11
    assert names(seen.page)[-1] == "net01"
    assert seen.page.locator("#found").text_content() == "11 machines"
    quiet(seen)


def test_it_works_from_a_web_server_too(example: str, opened: Opener) -> None:
    """Served over HTTP the same file needs nothing else."""

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Say nothing."""

    folder = str(Path(example).parent)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        seen = opened(f"http://127.0.0.1:{server.server_address[1]}/report.html")
        assert len(names(seen.page)) == 11
        server.shutdown()
    assert [
        each for each in seen.requests if not each.endswith(("report.html", "favicon.ico"))
    ] == []


@pytest.mark.parametrize(
    ("word", "found"), [("SQL", {"sql01", "sql02"}), ("hp102", {"img01"}), ("no such", set())]
)
def test_it_searches_names_rules_and_reasons(
    example: str, opened: Opener, word: str, found: set[str]
) -> None:
    """What is typed is looked for in names, codes and reasons, whatever its case; the count is
    announced.
    """
    page = opened(example).page
    page.fill("#search", word)
    expect(page.locator("#found")).to_have_text(f"{len(found)} of 11 machines")
    assert set(names(page)) == found
    page.click("#clear")
    assert len(names(page)) == 11


def test_it_filters_by_what_machines_have_in_common(example: str, opened: Opener) -> None:
    """Verdict, platform, group and ring narrow the table together; a second click takes a filter
    away.
    """
    page = opened(example).page
    choose(page, "verdict", "ready")
    assert set(names(page)) == {"app01", "net01", "sql01", "sql02", "web01"}
    choose(page, "platform", "arc")
    choose(page, "group", "sql")
    choose(page, "ring", "broad")
    assert set(names(page)) == {"sql01", "sql02"}
    choose(page, "group", "sql")
    choose(page, "ring", "broad")
    assert set(names(page)) == {"sql01", "sql02", "net01"}


def test_a_count_is_what_a_filter_would_leave(example: str, opened: Opener) -> None:
    """The counts of a property follow the filters on the others, and the search."""
    page = opened(example).page
    assert [count(page, "verdict", "ready"), count(page, "platform", "arc")] == ["5", "5"]
    choose(page, "platform", "arc")
    assert [count(page, "verdict", "ready"), count(page, "platform", "azure")] == ["3", "5"]
    page.fill("#search", "sql")
    expect(page.locator("#found")).to_have_text("2 of 11 machines")
    assert count(page, "verdict", "unsupported") == "0"
    assert page.locator('[data-value="arc"]').get_attribute("aria-pressed") == "true"


def test_owners_are_a_filter_and_a_column_where_they_are_known(
    example: str, hotpatch: Hotpatch, opened: Opener
) -> None:
    """A fleet without owners has neither."""
    assert opened(example).page.locator('[data-facet="owner"]').count() == 0
    inventory = "machines:\n" + "".join(
        f"  - {{name: m{n}, platform: arc, os: Windows Server 2019 Datacenter, owner: {owner}}}\n"
        for n, owner in enumerate(["web team", "web team", "payments"])
    )
    page = opened(made(hotpatch, hotpatch.write("fleet.yaml", inventory), "--no-plan")).page
    choose(page, "owner", "web team")
    assert names(page) == ["m0", "m1"]
    assert "Owner" in page.locator("#table thead").all_text_contents()[0]


AZURE = """machines:
  - name: web01
    platform: azure
    id: /subscriptions/s-1/resourceGroups/rg-1/providers/Microsoft.Compute/virtualMachines/web01
    image: MicrosoftWindowsServer:WindowsServer:2022-datacenter-azure-edition-core:latest
    patching: {mode: AutomaticByOS, hotpatching: true, vm_agent: true}
    build: 20348.4467
"""
SET_MODE = (
    "az vm update --resource-group rg-1 --name web01 "
    "--set osProfile.windowsConfiguration.patchSettings.patchMode=AutomaticByPlatform "
    "--subscription s-1"
)


def test_a_command_is_copied_whole(hotpatch: Hotpatch, opened: Opener) -> None:
    """The button copies one line with the names filled in, under its rule and in the table."""
    page = opened(made(hotpatch, hotpatch.write("fleet.yaml", AZURE), "--no-plan")).page
    page.locator("#table tbody th button").click()
    for place in ("article.obstacle", "tr.more"):
        command = page.locator(f"{place} .command").first
        command.locator("button.copy").click()
        expect(command.locator("button.copy")).to_have_text("Copied")
        page.evaluate("document.body.append(document.createElement('textarea'))")
        page.locator("textarea").focus()
        page.keyboard.press("Control+V")
        assert page.locator("textarea").input_value() == SET_MODE
        page.evaluate("document.querySelector('textarea').remove()")


def test_without_a_script_commands_and_counts_are_there(
    hotpatch: Hotpatch, chromium: Browser
) -> None:
    """A reader without JavaScript selects a command with one click, and sees no dead button."""
    file = made(hotpatch, hotpatch.write("fleet.yaml", AZURE), "--no-plan")
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(Path(file).as_uri())
    assert page.locator(".command code").first.text_content() == SET_MODE
    assert page.locator("button.copy:visible, button.show:visible, #clear:visible").count() == 0
    assert page.locator('[data-facet="verdict"] .n').all_text_contents() == ["1"]
    context.close()


@pytest.mark.parametrize("width", [1440, 390])
def test_no_option_breaks(example: str, opened: Opener, width: int) -> None:
    """A command breaks between its options only, and what is longer than a line can be scrolled."""
    page = opened(example, width=width).page
    for button in page.locator("#table tbody th button").all():
        button.click()
    lines = """[...document.querySelectorAll(".command code > span")].map((each) =>
        new Set([...each.getClientRects()].map((part) => Math.round(part.top))).size)"""
    assert set(page.evaluate(lines)) == {1}
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_it_sorts_by_keyboard(example: str, opened: Opener) -> None:
    """A heading is a button: Enter sorts, Enter again turns the order, and it is told to a screen
    reader.
    """
    page = opened(example).page
    heading = page.locator("#table thead th").first
    heading.locator("button").focus()
    page.keyboard.press("Enter")
    assert names(page) == sorted(names(page))
    assert heading.get_attribute("aria-sort") == "ascending"
    page.keyboard.press("Enter")
    assert names(page) == sorted(names(page), reverse=True)
    assert heading.get_attribute("aria-sort") == "descending"


def test_a_machine_opens_to_its_reasons(example: str, opened: Opener) -> None:
    """The name of a machine opens its findings; a rule leads to its machines in the table."""
    page = opened(example).page
    button = page.locator("#table tbody th button", has_text="web03")
    button.press("Enter")
    assert button.get_attribute("aria-expanded") == "true"
    assert "AutomaticByOS" in (page.locator("tr.more").text_content() or "")
    page.click('button.show[data-code="HP202"]')
    assert names(page) == ["web03"]


def test_the_theme_follows_the_system_until_somebody_chooses(example: str, opened: Opener) -> None:
    """Dark where the system is dark; the choice of the reader wins."""
    page = opened(example, scheme="dark").page
    paper = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(paper) == "rgb(20, 25, 31)"
    page.select_option("#theme", "light")
    assert page.evaluate(paper) == "rgb(254, 254, 254)"
    page.reload()
    assert page.evaluate(paper) == "rgb(254, 254, 254)"


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_accessibility_rule_is_broken(
    example: str, opened: Opener, width: int, scheme: str
) -> None:
    """axe-core finds nothing, with everything open, wide and narrow, light and dark."""
    page = opened(example, width=width, scheme=scheme).page
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    page.locator("#table tbody th button").first.click()
    results = Axe().run(page)
    assert [(each["id"], each["nodes"][0]["html"]) for each in results.response["violations"]] == []


@pytest.mark.parametrize("width", [1440, 390])
def test_nothing_is_wider_than_the_screen(hotpatch: Hotpatch, opened: Opener, width: int) -> None:
    """Names of 300 letters wrap; on a telephone the page does not scroll sideways."""
    page = opened(made(hotpatch, hotpatch.write("fleet.yaml", hostile_fleet())), width=width).page
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_hostile_names_stay_text(hotpatch: Hotpatch, opened: Opener) -> None:
    """No name runs, no name adds an element; all stand in the table as they are, direction marks
    made visible.
    """
    seen = opened(made(hotpatch, hotpatch.write("fleet.yaml", hostile_fleet())))
    shown = set(names(seen.page))
    assert shown == {each.replace("\u202e", "\\u202e") for each in HOSTILE}
    for button in seen.page.locator("#table tbody th button").all():
        button.click()
    assert seen.page.locator("script").count() == 2
    assert seen.page.locator("img").count() == 0
    assert "gnp.exe" in (seen.page.locator("#plan ~ figure .wide").text_content() or "")
    quiet(seen)


def test_the_page_prints_on_paper(hotpatch: Hotpatch, opened: Opener) -> None:
    """On paper it is light, on A4, and all machines stand in it, not only the page of the table
    that is shown.
    """
    seen = opened(
        made(hotpatch, hotpatch.write("fleet.json", fleet_of(120)), "--no-plan"), scheme="dark"
    )
    seen.page.evaluate(
        """addEventListener("beforeprint", () => {
            const rows = document.querySelectorAll("#table tbody tr").length;
            window.printed = [document.documentElement.dataset.theme, rows];
        })"""
    )
    paper = seen.page.pdf(prefer_css_page_size=True)
    assert paper.startswith(b"%PDF")
    assert seen.page.evaluate("window.printed") == ["light", 120]
    assert len(names(seen.page)) == 50
    quiet(seen)


def test_twenty_thousand_machines_open_and_filter_at_once(
    hotpatch: Hotpatch, opened: Opener
) -> None:
    """The page of 20,000 machines opens in less than 3 s, and no filter or order takes a quarter of
    a second.
    """
    file = made(hotpatch, hotpatch.write("fleet.json", fleet_of(20_000)), "--no-plan")
    begin = time.perf_counter()
    page = opened(file).page
    page.wait_for_selector("#table tbody tr")
    assert time.perf_counter() - begin < 3
    slowest = page.evaluate(
        """() => {
            const times = [];
            const clocked = (act) => {
                const begin = performance.now();
                act();
                times.push(performance.now() - begin);
            };
            const search = document.getElementById("search");
            const form = document.getElementById("filters");
            for (const word of ["srv-01", "hp105", "no such", ""]) {
                search.value = word;
                clocked(() => form.requestSubmit());
            }
            const headings = document.querySelectorAll("#table thead button");
            for (const heading of headings) clocked(() => heading.click());
            return Math.max(...times);
        }"""
    )
    assert slowest < 250
    choose(page, "group", "shop-7")
    assert page.locator("#found").text_content() == "2,000 of 20,000 machines"
    page.click("#next")
    assert page.locator("#pages span").text_content() == "Page 2 of 40"


def test_on_a_telephone_a_short_name_stays_on_its_line(hotpatch: Hotpatch, opened: Opener) -> None:
    """A name with a hyphen is not broken while there is room for it."""
    page = opened(
        made(hotpatch, hotpatch.write("fleet.json", fleet_of(12)), "--no-plan"), width=390
    ).page
    lines = (
        "[...document.querySelectorAll('#table tbody th bdi')].map((each) => "
        "each.getClientRects().length)"
    )
    assert page.evaluate(lines) == [1] * 12


def test_the_legend_of_the_year_has_room_between_its_entries(example: str, opened: Opener) -> None:
    """However wide the letters of this machine are, a label ends well before the next mark."""
    page = opened(example).page
    gaps = page.evaluate(
        """() => {
            const legend = "#calendar ~ figure .wide .role-legend-";
            const boxes = (part) => [...document.querySelectorAll(`${legend}${part} > *`)]
                .map((each) => each.getBoundingClientRect());
            const marks = boxes("symbol"), labels = boxes("label");
            return marks.slice(1).map((mark, at) => mark.left - labels[at].right);
        }"""
    )
    assert len(gaps) == 3
    assert min(gaps) > 12
