"""The run sheets of a plan: who restarts what, why then, what to check, what a failure blocks, and
what to tell others; and the change request, which has the same facts for a board.
"""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.outputs.page.fleets import HOSTILE, hostile_fleet

GOLDEN = Path(__file__).parent / "runsheet.md"
DAY = ("--as-of", "2026-01-14")
IMAGE = "MicrosoftWindowsServer:WindowsServer:2025-datacenter-azure-edition-core:latest"
ARC = "arc: {status: Connected, hotpatch: Enabled, vbs: running, secure_boot: true, uefi: true}"
PENDING = "pending: [{title: .NET Framework, kind: dotnet}]"
FLEET = f"""
fleet: shop
defaults: {{timezone: Europe/Stockholm, window: nights, reboot_minutes: 30, build: 26100.7392}}
windows: {{nights: {{days: [Sat], start: 22:00, duration: 6h}}}}
freezes: [{{name: sale, from: 2026-01-18, to: 2026-01-18, groups: [web]}}]
groups:
  sql: {{max_unavailable: 1, settle: 15m}}
  app: {{after: [sql]}}
  web: {{max_unavailable: 1}}
rings: [{{name: canary, soak: 24h}}, {{name: broad}}]
machines:
- {{name: web1, platform: azure, image: '{IMAGE}', groups: [web], ring: canary, owner: team web,
   patching: {{mode: AutomaticByPlatform, hotpatching: true, vm_agent: true}}}}
- {{name: sql1, platform: arc, os: Windows Server 2025 Standard, {ARC}, groups: [sql], ring: canary,
   weight: 2, owner: team db, power: 'off'}}
- {{name: sql2, platform: arc, os: Windows Server 2025 Standard, {ARC}, groups: [sql],
   owner: team db, {PENDING}}}
- {{name: app1, platform: arc, os: Windows Server 2025 Standard, groups: [app],
   tags: {{tier: gold}}, arc: {{status: Disconnected, hotpatch: Enabled}}}}
- {{name: web2, platform: arc, os: Windows Server 2025 Standard, {ARC}, groups: [web], ring: broad}}
"""


def planned(hotpatch: Any, *more: str, fleet: str = FLEET) -> Any:
    """A plan for the baseline of January."""
    return hotpatch("plan", hotpatch.write("fleet.yaml", fleet), *DAY, "-q", *more)


def without_data_day(text: str) -> str:
    """The text without the day on which the release data was read."""
    return re.sub(r"read on \w{3} \d{4}-\d\d-\d\d", "read on DAY", text)


def test_the_sheet_of_a_fleet(hotpatch: Any) -> None:
    """Two nights, each with its checks, message, restarts, and what a failure blocks, whole."""
    done = planned(hotpatch, "-f", "runsheet")
    assert done.code == 0
    assert without_data_day(done.out) == GOLDEN.read_text(encoding="utf-8")


class Boxes(HTMLParser):
    """The boxes of a page, the labels, and what else matters for them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.boxes: list[str] = []
        self.labels: list[str] = []
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Count a tag."""
        found = dict(attrs)
        self.tags.append(tag)
        if tag == "input":
            self.boxes.append(found["id"] or "")
        if tag == "label":
            self.labels.append(found["for"] or "")


def page(hotpatch: Any, fleet: str = FLEET) -> str:
    """The run sheets as HTML."""
    assert planned(hotpatch, "-f", "runsheet", "-o", "night.html", fleet=fleet).code in (0, 4)
    text: str = (hotpatch.folder / "night.html").read_text(encoding="utf-8")
    return text


def test_each_night_is_an_article_and_each_box_has_a_label(hotpatch: Any) -> None:
    """HTML has one article a night, and a label for each box to tick."""
    found = Boxes(page(hotpatch))
    assert found.tags.count("article") == 2
    assert found.boxes == found.labels
    assert len(set(found.boxes)) == len(found.boxes)
    assert sum(box.startswith("r") for box in found.boxes) == 5


def test_the_page_has_no_script_and_loads_nothing(hotpatch: Any) -> None:
    """The page is one file: no script, no link, no picture."""
    found = Boxes(page(hotpatch))
    assert {"script", "link", "img", "iframe", "form"}.isdisjoint(found.tags)


def test_hostile_names_stay_text(hotpatch: Any) -> None:
    """Names that are markup show as text in both forms."""
    body = hostile_fleet().replace("days: [Mon]", "days: [Mon, Sat]")
    found = Boxes(page(hotpatch, body))
    assert found.tags.count("article") >= 1
    assert {"script", "img"}.isdisjoint(found.tags)
    text = planned(hotpatch, "-f", "runsheet", fleet=body).out
    assert "<img" not in text
    assert "<script" not in text
    assert HOSTILE[5] not in text


@pytest.mark.parametrize("name", ["night.html", "NIGHT.HTM"])
def test_the_suffix_chooses_html(hotpatch: Any, name: str) -> None:
    """A run sheet is HTML in a file of that suffix, and Markdown elsewhere."""
    assert planned(hotpatch, "-f", "runsheet", "-o", name).code == 0
    assert (hotpatch.folder / name).read_text(encoding="utf-8").startswith("<!doctype html>")
    assert planned(hotpatch, "-f", "runsheet", "-o", "night.md").code == 0
    assert (hotpatch.folder / "night.md").read_text(encoding="utf-8").startswith("# Run sheet")


def test_the_first_sheet_has_the_machines_that_are_not_scheduled(hotpatch: Any) -> None:
    """Machines that aren't scheduled are on the first sheet alone, by reason, in both forms; on a
    sheet without restarts too.
    """
    more = "- {name: lost, platform: arc, os: Windows Server 2025 Standard, window: null}\n"
    night, later = planned(hotpatch, "-f", "runsheet", fleet=FLEET + more).out.split("\n---\n")
    assert "\n- lost: no-window (HP501): " in sections(night)["Not scheduled"]
    assert "lost" not in later
    written = page(hotpatch, FLEET + more)
    assert written.count("<li>lost: no-window (HP501): ") == 1
    alone = FLEET[: FLEET.index("machines:")] + "machines:\n" + more
    assert "lost: no-window" in planned(hotpatch, "-f", "runsheet", fleet=alone).out
    assert "lost: no-window" in page(hotpatch, alone)


def test_a_late_machine_has_the_time_until_which_the_night_goes_on(hotpatch: Any) -> None:
    """sql1 may be back so late that sql2 and app1 still fit before 04:00, after 15 min to settle;
    app1, that nothing waits for, has no such time.
    """
    text = planned(hotpatch, "-f", "runsheet").out
    lates = re.findall(r"If it doesn't come back: (.+)", text)
    assert "Go on if it's back by Sun 02:45." in lates[0]
    assert "Go on if it's back by Sun 03:30." in lates[2]
    assert "Go on" not in lates[3]


def sections(text: str) -> dict[str, str]:
    """The sections of a Markdown text by their titles."""
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_a_change_request_has_what_a_board_decides_on(hotpatch: Any) -> None:
    """What, why, when, who, risk, order, back-out, checks, communication, proof, and approval come
    before the nights.
    """
    found = sections(planned(hotpatch, "-f", "markdown").out)
    assert list(found)[:12] == [
        *("What", "Why", "When", "Who", "Risk", "Order and rules", "Back-out"),
        *("Checks before", "Checks after", "Communication", "Proof", "Approval"),
    ]
    update = (
        "Windows Server 2025, baseline of Tue 2026-01-13, KB5073379, build 26100.32230 or later"
    )
    assert f"{update}, confirmed" in found["What"]
    assert "you 4, Azure 1" in found["Who"]
    assert "team db (2), team web (1); without an owner 2" in found["Who"]
    assert "| sql | 2 | 1 | 1 |" in found["Risk"]
    assert "serves while they restart: app1." in found["Risk"]
    assert "canary (soak 24 h), broad" in found["Order and rules"]
    assert "app after sql" in found["Order and rules"]
    assert "freezes sale" in found["Order and rules"]
    assert "`hotpatch rollback FLEET --machine NAME`" in found["Back-out"]
    assert "(powered-off, HP213): sql1" in found["Checks before"]
    assert "HP306): sql2" in found["Checks before"]
    assert "HP207): app1" in found["Checks before"]
    assert "no plan has less exposure" in found["Proof"]


def test_a_change_request_fits_into_a_comment(hotpatch: Any) -> None:
    """A plan of 600 restarts ends before the limit of a comment, and its approval isn't cut."""
    machines = [
        {"name": f"server-{number:04}", "groups": [f"group-{number // 4}"]} for number in range(600)
    ]
    defaults = {
        "platform": "arc",
        "os": "Windows Server 2025 Standard",
        "build": "26100.7392",
        "timezone": "UTC",
        "window": "w",
    }
    fleet = {
        "defaults": defaults,
        "windows": {"w": {"days": ["Sat"], "start": "20:00", "duration": "8h"}},
        "groups": {f"group-{number}": {"max_unavailable": 1} for number in range(150)},
        "machines": machines,
    }
    text = planned(hotpatch, "-f", "markdown", fleet=json.dumps(fleet)).out
    assert len(text) < 65_536
    assert "## Approval" in text
    assert "too long for a comment" in text
