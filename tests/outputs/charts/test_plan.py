"""The plan as a picture and as a part of the page: the same restarts as the plan, behind them
windows and freezes.
"""

import json
import re
from xml.etree import ElementTree

import pytest

from tests.conftest import Hotpatch

SVG = "{http://www.w3.org/2000/svg}"
ARC = "arc: {status: Connected, hotpatch: Enabled, vbs: running, secure_boot: true, uefi: true}"
DAY = ("--as-of", "2025-12-15")


def fleet(size: int) -> str:
    """So many servers on Arc, in ten groups of which one member restarts at a time, and two
    freezes.
    """
    groups = "\n".join(f"  shop{number}: {{max_unavailable: 1}}" for number in range(10))
    machines = "\n".join(f"  - {{name: srv{n}, groups: [shop{n % 10}]}}" for n in range(size))
    return (
        f"defaults: {{platform: arc, os: Windows Server 2025 Datacenter, build: "
        f"26100.7392, {ARC}, window: nightly, "
        "timezone: Europe/Stockholm}\n"
        "windows:\n  nightly: {days: [Mon, Tue, Wed, Thu, Fri], start: 22:00, duration: 4h}\n"
        "freezes:\n  - {name: stocktaking, from: 2026-01-14, to: 2026-01-14}\n"
        "  - {name: far away, from: 2026-06-01, to: 2026-06-02}\n"
        f"groups:\n{groups}\nmachines:\n{machines}\n"
    )


def texts(drawn: str) -> list[str]:
    """The texts of a picture."""
    root = ElementTree.fromstring(drawn)  # noqa: S314 - our own drawing
    return [each.text or "" for each in root.iter(f"{SVG}text")]


def drawn(hotpatch: Hotpatch, size: int) -> list[str]:
    """The texts of the picture of a fleet's plan."""
    done = hotpatch("plan", hotpatch.write("fleet.yaml", fleet(size)), *DAY, "-f", "svg")
    assert done.code == 0
    return texts(done.out)


def test_a_small_plan_has_a_lane_for_each_machine(hotpatch: Hotpatch) -> None:
    """Every machine stands at its lane, with its hours; the freeze of that time is named, another
    is not.
    """
    said = drawn(hotpatch, 12)
    assert {f"srv{number}" for number in range(12)} <= set(said)
    assert "22:00–22:15  shop3" in said
    assert "stocktaking" in said
    assert "far away" not in said


@pytest.mark.slow
def test_a_large_plan_has_a_lane_for_each_group(hotpatch: Hotpatch) -> None:
    """More machines than lanes can name are counted by group, with how many restart at once."""
    said = drawn(hotpatch, 70)
    assert "7 restarts, 22:00–23:45, at most 1 at once" in said
    assert not [each for each in said if each.startswith("srv")]


def test_a_plan_as_png(hotpatch: Hotpatch) -> None:
    """For a slide it is a PNG."""
    hotpatch("plan", hotpatch.write("fleet.yaml", fleet(3)), *DAY, "-f", "png", "-o", "plan.png")
    assert (hotpatch.folder / "plan.png").read_bytes().startswith(b"\x89PNG\r\n")


def test_the_page_shows_a_given_plan_and_checks_it(hotpatch: Hotpatch) -> None:
    """A plan that keeps every rule is said to; the restarts are those of the file."""
    name = hotpatch.write("fleet.yaml", fleet(12))
    hotpatch("plan", name, *DAY, "-f", "json", "-o", "plan.json")
    page = hotpatch("report", name, *DAY, "--plan", "plan.json").out
    assert "it keeps every rule" in page
    assert "12 restarts in 1 night, on 13 January 2026" in page


def test_the_page_says_what_a_given_plan_breaks(hotpatch: Hotpatch) -> None:
    """A restart moved out of its window is named as a broken rule, and one taken out as missing."""
    name = hotpatch.write("fleet.yaml", fleet(3))
    hotpatch("plan", name, *DAY, "-f", "json", "-o", "plan.json")
    plan = json.loads((hotpatch.folder / "plan.json").read_text(encoding="utf-8"))
    kept = [each for each in plan["reboots"] if each["machine"] != "srv2"]
    moved = {"start": "2026-01-17T12:00:00+01:00", "end": "2026-01-17T12:15:00+01:00"}
    changed = [each | (moved if each["machine"] == "srv1" else {}) for each in kept]
    hotpatch.write("plan.json", json.dumps(plan | {"reboots": changed}))
    page = hotpatch("report", name, *DAY, "--plan", "plan.json").out
    assert re.search(r'<p class="warn">[^<]*srv1[^<]* not inside a single opening', page)
    assert re.search(r"Not in the plan, though a restart is due.*<bdi>srv2</bdi>", page)


def test_a_page_without_a_plan(hotpatch: Hotpatch) -> None:
    """--no-plan leaves the section out; where no machine waits for a baseline, the page says so."""
    name = hotpatch.write("fleet.yaml", fleet(1))
    assert 'id="plan"' not in hotpatch("report", name, *DAY, "--no-plan").out
    old = hotpatch.write(
        "old.yaml", "machines:\n  - {name: a, platform: arc, os: Windows Server 2019 Datacenter}\n"
    )
    assert "No machine of the fleet needs a baseline." in hotpatch("report", old, *DAY).out


def test_names_of_freezes_do_not_stand_on_each_other(hotpatch: Hotpatch) -> None:
    """Eight freezes of the same days: six names in rows of their own, and how many
    more there are.
    """
    names = "".join(f"  - {{name: shop {n}, from: 2026-01-15, to: 2026-01-16}}\n" for n in range(8))
    text = fleet(3).replace("freezes:\n", f"freezes:\n{names}")
    done = hotpatch("plan", hotpatch.write("fleet.yaml", text), *DAY, "-f", "svg")
    shown = [each for each in texts(done.out) if each.startswith(("shop ", "and ", "stocktaking"))]
    assert shown == ["stocktaking", *(f"shop {n}" for n in range(6)), "and 2 more"]
    root = ElementTree.fromstring(done.out)  # noqa: S314 - our own drawing
    places = [each.get("transform") for each in root.iter(f"{SVG}text") if each.text in shown]
    assert len(set(places)) == len(shown)


def test_a_page_without_restarts_praises_no_plan(hotpatch: Hotpatch) -> None:
    """Where nothing could be placed, no exposure of 0 is called the best."""
    page = hotpatch(
        "report", hotpatch.write("fleet.yaml", fleet(2).replace("window: nightly, ", "")), *DAY
    ).out
    assert "No restart is planned" in page
    assert "no plan has less" not in page


def test_words_of_a_bar_that_fills_its_night_stand_on_it(hotpatch: Hotpatch) -> None:
    """Where neither side has room for them, they do not stand on the name of the lane."""
    text = fleet(1).replace("window: nightly,", "window: nightly, reboot_minutes: 240,")
    done = hotpatch("plan", hotpatch.write("fleet.yaml", text), *DAY, "-f", "svg")
    root = ElementTree.fromstring(done.out)  # noqa: S314 - our own drawing
    (words,) = [
        each for each in root.iter(f"{SVG}text") if (each.text or "").startswith("22:00–02:00")
    ]
    assert words.get("text-anchor") == "start"
    assert words.get("fill") == "#fefefe"
