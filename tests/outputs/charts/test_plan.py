"""The plan as a picture and as a part of the page: the same restarts as the plan, behind them
windows and freezes.
"""

import html
import json
import re
from datetime import datetime
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

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
    assert any(text.startswith("22:00–22:15 · shop3") for text in said)
    assert "stocktaking" in said
    assert "far away" not in said


@pytest.mark.slow
def test_a_large_plan_has_a_lane_for_each_group(hotpatch: Hotpatch) -> None:
    """More machines than lanes can name are counted by group, with how many restart at once."""
    said = drawn(hotpatch, 70)
    assert "22:00–23:45 · 7 restarts, at most 1 at once" in said
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
    assert "The plan keeps every rule" in page
    assert "12 restarts in the night of 13 January 2026" in page


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
    assert re.search(r'although a restart is due.*<bdi class="whole">srv2</bdi>', page)


def test_a_page_without_a_plan(hotpatch: Hotpatch) -> None:
    """--no-plan leaves the section out; where no machine needs a baseline, the page says so."""
    name = hotpatch.write("fleet.yaml", fleet(1))
    assert 'id="plan"' not in hotpatch("report", name, *DAY, "--no-plan").out
    old = hotpatch.write(
        "old.yaml", "machines:\n  - {name: a, platform: arc, os: Windows Server 2019 Datacenter}\n"
    )
    assert "needs a baseline" in hotpatch("report", old, *DAY).out


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
    assert "No restart is scheduled" in page
    assert "no plan has less" not in page


def test_words_are_beside_a_bar_that_fills_its_night(hotpatch: Hotpatch) -> None:
    """The words of a lane have a column of their own, whatever the bar covers."""
    text = fleet(1).replace("window: nightly,", "window: nightly, reboot_minutes: 240,")
    done = hotpatch("plan", hotpatch.write("fleet.yaml", text), *DAY, "-f", "svg")
    root = ElementTree.fromstring(done.out)  # noqa: S314 - our own drawing
    (words,) = [
        each for each in root.iter(f"{SVG}text") if (each.text or "").startswith("22:00–02:00")
    ]
    assert words.get("text-anchor") == "start"
    assert words.get("fill") == "#1c2530"


def test_a_plan_with_machines_left_out_is_not_called_the_best(hotpatch: Hotpatch) -> None:
    """Where a machine isn't scheduled, the page says that first, and no plan is praised."""
    text = fleet(3).replace("{name: srv2,", "{name: srv2, window: null,")
    page = hotpatch("report", hotpatch.write("fleet.yaml", text), *DAY).out
    assert "1 machine isn't scheduled. 2 restarts" in html.unescape(page)
    assert "no plan has less" not in page
    assert "no plan has less" in hotpatch("report", hotpatch.write("a.yaml", fleet(3)), *DAY).out


ZONES = ("Europe/Stockholm", "America/New_York", "Asia/Tokyo", "Asia/Kolkata")


def zoned() -> str:
    """A server in each of four time zones, in two rings, and a group that starts after another."""
    machines = "\n".join(
        f"  - {{name: srv{n}, timezone: {zone}, ring: {'canary' if n == 0 else 'broad'},"
        f" groups: [{'db' if n == 0 else 'app'}]}}"
        for n, zone in enumerate(ZONES)
    )
    head = fleet(0).split("groups:")[0].replace(", timezone: Europe/Stockholm", "")
    head = head.replace("timezone: Europe/Stockholm}", "kbs: [KB5072014]}")
    return (
        f"{head}groups: {{db: {{max_unavailable: 1}}, app: {{after: [db]}}}}\n"
        f"rings: [{{name: canary, soak: 24h}}, {{name: broad}}]\nmachines:\n{machines}\n"
    )


def test_a_chart_has_one_clock(hotpatch: Hotpatch) -> None:
    """Machines of four zones share an axis, which says its zone; a lane of another zone has its
    local time too.
    """
    name = hotpatch.write("fleet.yaml", zoned())
    reboots = hotpatch("plan", name, *DAY, "-f", "json").json["reboots"]
    said = texts(hotpatch("plan", name, *DAY, "-f", "svg").out)
    titles = [each for each in said if each.startswith("Night of")]
    (zone,) = {title.rsplit(" in ", 1)[1] for title in titles}
    assert zone in ZONES
    clock = ZoneInfo(zone)
    for reboot in reboots:
        start = datetime.fromisoformat(reboot["start"])
        shown = f"{start.astimezone(clock):%H:%M}–"
        words = [each for each in said if each.startswith(shown)]
        assert words
        if start.astimezone(clock).utcoffset() != start.utcoffset():
            assert [each for each in words if f" · {start:%H:%M} in " in each]


def test_the_page_shows_what_starts_after_what(hotpatch: Hotpatch) -> None:
    """Rings in their order with the soak time, groups with those that they start after."""
    page = hotpatch("report", hotpatch.write("fleet.yaml", zoned()), *DAY).out
    table = page[page.index("Starts after") : page.index("</table>", page.index("Starts after"))]
    rows = [
        re.sub("<[^>]*>", "|", row).replace("||", "|")
        for row in re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)
    ]
    assert any("Ring |broad|" in row and "ring canary, after 24 h" in row for row in rows)
    assert any("Group |app|" in row and "group db" in row for row in rows)


def test_every_restart_of_the_page_has_its_weekday_and_who_runs_it(hotpatch: Hotpatch) -> None:
    """The rows have the local date, the zone, who restarts the machine, and the baseline."""
    page = hotpatch("report", hotpatch.write("fleet.yaml", fleet(1)), *DAY).out
    (row,) = re.findall(r"<bdi>srv0</bdi></th>(.*?)</tr>", page)
    cells = re.findall(r"<td[^>]*>(.*?)</td>", row)
    assert cells[:5] == [
        "Tue 2026-01-13 22:00",
        "22:15",
        "Europe/Stockholm",
        "you",
        "2026-01-13 (forecast)",
    ]
