"""The year as a picture: well-formed, complete, and the same facts as the table."""

import sys
from xml.etree import ElementTree

import pytest

from tests.conftest import Hotpatch

SVG = "{http://www.w3.org/2000/svg}"


def test_the_svg_has_a_day_for_every_monthly_release(hotpatch: Hotpatch) -> None:
    """Each monthly release of the JSON calendar is a day in the picture, once for each product."""
    drawn = hotpatch("calendar", "--year", "2025", "--as-of", "2025-12-15", "-f", "svg")
    known = hotpatch("calendar", "--year", "2025", "--as-of", "2025-12-15", "-f", "json").json["releases"]
    texts = [each.text for each in ElementTree.fromstring(drawn.out).iter(f"{SVG}text")]  # noqa: S314 - our own drawing
    days = [each for each in texts if each and each[0].isdigit()]
    monthly = [each for each in known if not (each["kind"] or "").startswith("out-of-band")]
    assert len(days) == len(monthly) == 24
    assert "as of 15 Dec" in texts


def test_a_png_goes_to_a_file(hotpatch: Hotpatch) -> None:
    """The picture for a slide is a PNG, byte for byte."""
    done = hotpatch("calendar", "--year", "2025", "--as-of", "2025-12-15", "-f", "png", "-o", "year.png")
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
        ("vl_convert", ("report", "fleet.yaml", "--no-plan")),
        ("jinja2", ("report", "fleet.yaml", "--no-plan")),
    ],
)
def test_without_the_extra_it_says_how_to_get_it(hotpatch: Hotpatch, missing: str, command: tuple[str, ...]) -> None:
    """Where the libraries of the extra are not installed, one line says what to install, with exit code 2."""
    hotpatch.write("fleet.yaml", "machines:\n  - {name: a, platform: arc, os: Windows Server 2019 Datacenter}\n")
    hotpatch.monkeypatch.setitem(sys.modules, missing, None)
    done = hotpatch(*command, "--as-of", "2025-12-15")
    assert done.code == 2
    assert "pip install 'hotpatch-cli[report]'" in done.err
    assert done.out == ""
