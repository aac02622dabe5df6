"""The page as a format of `check`, and what a gate knows on it: waivers, known findings, levels of
a policy.
"""

import re
from pathlib import Path

import pytest

from tests.conftest import Hotpatch
from tests.outputs.page.fleets import fleet_of
from tests.outputs.page.test_page import data_of, heading

EXAMPLE = str(Path(__file__).parents[3] / "examples" / "fleet.yaml")
DAY = ("--as-of", "2025-12-15")
WAIVERS = """waivers:
  - {machine: web03, rule: HP202, reason: "moves <b>in</b> March",
     owner: platform, expires: 2026-03-31}
  - {machine: old01, rule: "*", reason: it goes, owner: platform, expires: 2025-03-31}
"""


@pytest.mark.slow
def test_check_writes_the_page_of_report(hotpatch: Hotpatch) -> None:
    """The two commands make one page, letter by letter; the exit code is the one of check."""
    waivers = hotpatch.write("waivers.yaml", WAIVERS)
    made = hotpatch("report", EXAMPLE, *DAY, "--waivers", waivers)
    done = hotpatch("check", EXAMPLE, *DAY, "--waivers", waivers, "-f", "html")
    assert (made.code, done.code) == (0, 1)
    assert done.out == made.out


def test_what_is_waived_is_shown_as_waived(hotpatch: Hotpatch) -> None:
    """The machine keeps its verdict, with the word; the rule names who answers for it; what is over
    is told.
    """
    done = hotpatch("report", EXAMPLE, *DAY, "--waivers", hotpatch.write("waivers.yaml", WAIVERS))
    data = data_of(done.out)
    marked = {
        row[0]: data["texts"][row[1]] for row in data["rows"] if data["texts"][row[11]] == "waived"
    }
    assert marked == {"web03": "action-required"}
    assert "1 machine waived; it keeps its verdict here." in done.out
    (obstacle,) = re.findall(r"<article(?:(?!</article>).)*HP202.*?</article>", done.out, re.DOTALL)
    assert "on 1 machine, 1 waived</p>" in obstacle
    assert "(Waived until 2026-03-31 by platform: moves &lt;b&gt;in&lt;/b&gt; March)" in obstacle
    assert "expired on 2025-03-31" in done.out
    assert "expired on 2025-03-31" in done.err


def test_a_policy_gives_levels_on_the_page(hotpatch: Hotpatch) -> None:
    """The level of the policy stands at the rule with its reason; the rule stays among what is in
    the way.
    """
    hotpatch.write(
        "hotpatch.toml",
        '[severity]\nHP202 = {level = "note", reason = "the platform team knows"}\n',
    )
    page = hotpatch("report", EXAMPLE, *DAY).out
    assert page.index('<article class="obstacle note">') < page.index("Warnings and notes")
    assert "Level note instead of error: the platform team knows" in page


@pytest.mark.parametrize(
    ("only", "sentence"),
    [("HP202", "needs a change"), ("behind", "all 2 machines"), ("HP210", "No machine")],
)
def test_a_part_of_the_fleet_is_a_page_too(hotpatch: Hotpatch, only: str, sentence: str) -> None:
    """With --only the page shows these machines, or none, and no plan as if they were all."""
    page = hotpatch("check", EXAMPLE, *DAY, "--only", only, "-f", "html").out
    (answer,) = re.findall(r'<h1 id="answer">(.*?)</h1>', page)
    assert sentence in answer
    assert "For a plan of all machines" in page


def test_images_have_a_page_without_a_plan(hotpatch: Hotpatch) -> None:
    """An image has no restart to plan."""
    urn = "MicrosoftWindowsServer:WindowsServer:2025-datacenter-azure-edition-core:latest"
    done = hotpatch("image", urn, *DAY, "-f", "html")
    assert done.code == 0
    assert "the image is ready" in done.out
    assert 'id="plan"' not in done.out


@pytest.mark.slow
def test_past_the_bound_check_puts_the_csv_beside_the_page(hotpatch: Hotpatch) -> None:
    """What a page does not hold lies in a CSV file beside it, as with report."""
    name = hotpatch.write("fleet.json", fleet_of(20_001))
    assert hotpatch("check", name, *DAY, "-f", "html", "-o", "board.html").code == 1
    assert 'href="board.machines.csv"' in (hotpatch.folder / "board.html").read_text(
        encoding="utf-8"
    )
    assert (
        len((hotpatch.folder / "board.machines.csv").read_text(encoding="utf-8").splitlines())
        == 20_002
    )


def test_a_page_never_takes_the_place_of_what_it_is_made_of(hotpatch: Hotpatch) -> None:
    """The inventory is no place for the page: nothing is written."""
    name = hotpatch.write("fleet.json", fleet_of(1))
    done = hotpatch("report", name, *DAY, "-o", name)
    assert done.code == 2
    assert (hotpatch.folder / "fleet.json").read_text(encoding="utf-8") == fleet_of(1)


READY = """platform: arc, os: Windows Server 2025 Datacenter, build: 26100.7392, timezone: UTC,
    arc: {status: Connected, hotpatch: Enabled, vbs: running, secure_boot: true, uefi: true}"""
OLD = "platform: arc, os: Windows Server 2019 Datacenter"
BARE = "platform: arc"


@pytest.mark.parametrize(
    ("machines", "waived", "said"),
    [
        ([READY], False, "Gate passed: the machine is ready"),
        ([READY, READY], False, "Gate passed: all 2 machines are ready"),
        ([OLD], False, "Gate failed: the machine isn't eligible for hotpatching"),
        ([OLD, READY], False, "Gate failed: 1 of 2 machines isn't eligible for hotpatching"),
        ([OLD, OLD], False, "Gate failed: none of 2 machines is eligible for hotpatching"),
        ([BARE, READY], False, "Gate undecided: 1 of 2 machines has missing facts"),
        ([OLD, BARE], False, "Gate failed: 1 of 2 machines isn't eligible for hotpatching"),
        ([OLD, READY], True, "Gate passed: 1 of 2 machines isn't eligible for hotpatching"),
        ([OLD, BARE], True, "Gate undecided: 1 of 2 machines has missing facts"),
    ],
)
def test_the_heading_has_the_decision_and_its_worst_cause(
    hotpatch: Hotpatch, machines: list[str], waived: bool, said: str
) -> None:
    """The decision comes first, then the worst of the machines that made it, with their number."""
    text = "\n".join(f"  - {{name: m{n}, {facts}}}" for n, facts in enumerate(machines))
    name = hotpatch.write("fleet.yaml", f"machines:\n{text}\n")
    waiver = '{machine: m0, rule: "*", reason: it goes, owner: platform, expires: 2026-03-31}'
    more = ("--waivers", hotpatch.write("w.yaml", f"waivers: [{waiver}]\n")) if waived else ()
    page = hotpatch("report", name, *DAY, "--no-plan", *more).out
    assert heading(page) == said


def test_a_gate_that_fails_by_the_track_says_which(hotpatch: Hotpatch) -> None:
    """Ready machines that fail have their track in the heading."""
    behind = READY.replace("26100.7392", "26100.7178, kbs: [KB5068966]")
    text = "\n".join(f"  - {{name: m{n}, {facts}}}" for n, facts in enumerate([behind, READY]))
    name = hotpatch.write("fleet.yaml", f"machines:\n{text}\n")
    words = ("--fail-on", "behind,off-track")
    page = hotpatch("check", name, *DAY, *words, "-f", "html").out
    assert re.fullmatch("Gate failed: 1 of 2 machines is (behind|off-track)", heading(page))


@pytest.mark.parametrize(("words", "said"), [("never", "The machine isn't"), ("behind", "Gate")])
def test_without_a_gate_there_is_no_decision(hotpatch: Hotpatch, words: str, said: str) -> None:
    """With --fail-on never the heading has the worst count alone."""
    name = hotpatch.write("fleet.yaml", f"machines: [{{name: a, {OLD}}}]\n")
    page = hotpatch("check", name, *DAY, "--fail-on", words, "-f", "html").out
    assert heading(page).startswith(said)
