"""The year as a picture: well-formed, complete, and the same facts as the table."""

import itertools
import sys
from datetime import date
from xml.etree import ElementTree

import pytest

from hotpatch_cli.knowledge.cache import load_knowledge
from hotpatch_cli.outputs.charts.year import year_chart
from hotpatch_cli.servicing.calendar import Year, calendar
from tests.conftest import Hotpatch

SVG = "{http://www.w3.org/2000/svg}"


def test_the_svg_has_a_day_for_every_monthly_release(hotpatch: Hotpatch) -> None:
    """Each monthly release of the JSON calendar is a day in the picture, once for each product."""
    drawn = hotpatch("calendar", "--year", "2025", "--as-of", "2025-12-15", "-f", "svg")
    known = hotpatch("calendar", "--year", "2025", "--as-of", "2025-12-15", "-f", "json").json[
        "releases"
    ]
    texts = [each.text for each in ElementTree.fromstring(drawn.out).iter(f"{SVG}text")]  # noqa: S314 - our own drawing
    days = [each for each in texts if each and each[0].isdigit()]
    monthly = [each for each in known if not (each["kind"] or "").startswith("out-of-band")]
    assert len(days) == len(monthly) == 24
    assert "as of 15 Dec" in texts


def test_a_png_goes_to_a_file(hotpatch: Hotpatch) -> None:
    """The picture for a slide is a PNG, byte for byte."""
    done = hotpatch(
        "calendar", "--year", "2025", "--as-of", "2025-12-15", "-f", "png", "-o", "year.png"
    )
    assert done.code == 0
    assert (hotpatch.folder / "year.png").read_bytes().startswith(b"\x89PNG\r\n")


def test_a_year_without_releases_is_a_picture_too(hotpatch: Hotpatch) -> None:
    """Before the first release there is nothing to draw, and the picture says the year."""
    done = hotpatch("calendar", "--year", "2010", "--as-of", "2025-12-15", "-f", "svg")
    assert done.code == 0
    assert "hotpatch calendar 2010" in done.out


@pytest.mark.parametrize(
    ("missing", "command"),
    [
        ("vl_convert", ("calendar", "--format", "svg")),
        ("vl_convert", ("trend", "report.json", "--format", "svg")),
        ("vl_convert", ("report", "fleet.yaml", "--no-plan")),
        ("jinja2", ("report", "fleet.yaml", "--no-plan")),
    ],
)
def test_without_the_extra_it_says_how_to_get_it(
    hotpatch: Hotpatch, missing: str, command: tuple[str, ...]
) -> None:
    """Where the libraries of the extra are not installed, one line says what to install, with exit
    code 2.
    """
    hotpatch.write(
        "fleet.yaml",
        "machines:\n  - {name: a, platform: arc, os: Windows Server 2019 Datacenter}\n",
    )
    hotpatch.monkeypatch.setitem(sys.modules, missing, None)
    hotpatch("check", "fleet.yaml", "--as-of", "2025-12-15", "-f", "json", "-o", "report.json")
    day = () if "trend" in command else ("--as-of", "2025-12-15")
    done = hotpatch(*command, *day)
    assert done.code == 2
    assert "pip install 'hotpatch-cli[report]'" in done.err
    assert done.out == ""


@pytest.mark.parametrize("form", ["svg", "png"])
def test_a_year_of_previews_is_a_picture(hotpatch: Hotpatch, form: str) -> None:
    """Where a product has releases and no baseline yet, the year is drawn without bands."""
    done = hotpatch("calendar", "--year", "2024", "--as-of", "2026-11-26", "-f", form, "-o", "year")
    assert done.code == 0, done.err


@pytest.mark.parametrize("year", range(2020, 2030))
def test_every_year_of_every_product_has_a_chart(year: int) -> None:
    """Whatever the product and the day, a chart has a mark for each release, lying and upright."""
    knowledge = load_knowledge(())
    days = [date(at, month, 15) for at in range(2021, 2029) for month in (1, 7, 12)]
    for day, products in itertools.product(days, [("ws2022",), ("ws2025",), ("ws2022", "ws2025")]):
        entries = {each: calendar(knowledge, each, year, day) for each in products}
        drawn = Year(year, day, products, entries, {})
        for upright in (True, False):
            layers = year_chart(drawn, upright=upright)["layer"]
            marks = {
                (each["lane"], each["day"], each["kind"])
                for layer in layers
                for each in layer.get("data", {}).get("values", ())
                if "kind" in each
            }
            releases = {
                (entry.product, entry.date, entry.kind)
                for listed in entries.values()
                for entry in listed
            }
            assert len(marks) == len(releases)
