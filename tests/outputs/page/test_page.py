"""The page as text: one file, nothing asked of anybody, hostile names stay text, figures as in the
report.
"""

import html
import json
import re
from base64 import b64encode
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from hotpatch_cli.inputs.fleet import load_fleet
from hotpatch_cli.knowledge.load import load_knowledge
from hotpatch_cli.outputs.page.render import PageContents, code, link, render_page
from hotpatch_cli.servicing.calendar import year_of
from hotpatch_cli.use_cases.check import check
from tests.conftest import Hotpatch
from tests.outputs.page.fleets import HOSTILE, fleet_of, hostile_fleet

EXAMPLE = str(Path(__file__).parents[3] / "examples" / "fleet.yaml")


def data_of(page: str) -> Any:
    """The machines that the script of a page gets."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


def heading(page: str) -> str:
    """The heading of a page."""
    (found,) = re.findall(r'<h1 id="answer">(.*?)</h1>', page)
    return html.unescape(found)


def test_the_page_of_the_example(hotpatch: Hotpatch) -> None:
    """It has every section in its order, and says the counts of `check`."""
    done = hotpatch("report", EXAMPLE, "--as-of", "2025-12-15")
    assert done.code == 0
    ids = re.findall(r'<h[12] id="([a-z]+)"', done.out)
    assert ids == [
        "answer",
        "fixes",
        "machines",
        "plan",
        "obstacles",
        "calendar",
        "savings",
        "knowledge",
    ]
    assert "Gate failed: 4 of 11 machines" in heading(done.out)
    assert len(data_of(done.out)["rows"]) == 11


def test_nothing_is_loaded_from_anywhere(hotpatch: Hotpatch) -> None:
    """No element of the page names an address that a browser would load, and the policy forbids it
    anyway.
    """
    page = hotpatch("report", EXAMPLE, "--as-of", "2025-12-15").out
    assert re.findall(r"<(?:link|img|iframe|object|embed|base)\b", page) == []
    assert re.findall(r'\s(?:src|srcset|xlink:href|action|style|on[a-z]+)="', page) == []
    assert "url(" not in page
    assert "@import" not in page
    assert "default-src 'none'; style-src 'sha256-" in page


def test_hostile_names_stay_text(hotpatch: Hotpatch) -> None:
    """No name adds an element, an attribute or a template expression to the page."""
    hotpatch.write("fleet.yaml", hostile_fleet())
    done = hotpatch("report", "fleet.yaml", "--as-of", "2025-12-15")
    assert done.code == 0
    assert len(re.findall(r"<script\b", done.out)) == 2
    assert "alert(1)</script>" not in done.out
    assert "\u202e" not in done.out
    assert "49" not in [row[0] for row in data_of(done.out)["rows"]]
    assert {row[0] for row in data_of(done.out)["rows"]} == {
        each.replace("\u202e", "\\u202e") for each in HOSTILE
    }


def test_the_policy_knows_the_style_and_the_script(hotpatch: Hotpatch) -> None:
    """The hashes of the policy are those of the one style and the one script that the
    page holds.
    """
    page = hotpatch("report", EXAMPLE).out
    for directive, tag in (("style-src", "style"), ("script-src", "script")):
        held = re.search(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        assert held is not None
        assert (
            f"{directive} 'sha256-{b64encode(sha256(held[1].encode()).digest()).decode()}'" in page
        )


def test_a_fleet_too_large_for_a_page_is_shown_by_kind() -> None:
    """Past the bound the page counts machines by what they have in common, and links the CSV with
    all of them.
    """
    fleet, _ = load_fleet([EXAMPLE])
    knowledge, day = load_knowledge(), date(2025, 12, 15)
    contents = PageContents(
        check(fleet, knowledge, day),
        year_of(knowledge, 2025, day),
        knowledge,
        csv="a b.csv",
        most=10,
    )
    page = render_page(contents)
    assert 'href="a%20b.csv"' in page
    assert 'id="data"' not in page
    assert page.count('<td class="codes">image-not-supported</td>') == 1


def test_prose_with_code() -> None:
    """What stands between backticks is code, and all of it is escaped; an odd
    backtick is a letter.
    """
    assert code("Run `a <b>` now") == "Run <code><span>a</span> <span>&lt;b&gt;</span></code> now"
    assert code("a ` b") == "a ` b"


@pytest.mark.parametrize(
    ("address", "linked"), [("https://a", True), ("javascript:alert(1)", False), (None, False)]
)
def test_only_addresses_of_the_web_are_linked(address: str | None, linked: bool) -> None:
    """A source of a file that a user gives may name any address; a page links to none that runs."""
    assert (link(address) is not None) is linked


@pytest.mark.slow
def test_past_the_bound_the_machines_stand_in_a_csv_beside_the_page(hotpatch: Hotpatch) -> None:
    """All machines are in a CSV file that the page links; to a pipe goes the page alone."""
    name = hotpatch.write("fleet.json", fleet_of(20_001))
    assert (
        hotpatch("report", name, "--as-of", "2025-12-15", "--no-plan", "-o", "board.html").code == 0
    )
    assert 'href="board.machines.csv"' in (hotpatch.folder / "board.html").read_text(
        encoding="utf-8"
    )
    assert (
        len((hotpatch.folder / "board.machines.csv").read_text(encoding="utf-8").splitlines())
        == 20_002
    )
    assert (
        "check FLEET --format csv"
        in hotpatch("report", name, "--as-of", "2025-12-15", "--no-plan").out
    )
