"""Inputs that fuzzing found, each with the fact that it shows."""

from typing import Any

import pytest

DAY = ("--as-of", "2025-12-15")


@pytest.mark.parametrize("code", ["\x7f", "\x85", "\x9b"])
def test_json_has_no_control_codes_beyond_ascii(hotpatch: Any, code: str) -> None:
    """JSON lets U+007F to U+009F stand in texts, but some terminals obey them: they're escaped."""
    done = hotpatch.check(f"name,platform\na{code}b,arc\n", name="fleet.csv")
    assert code not in done.out
    assert f"a\\u{ord(code):04x}b" in done.out
    assert done.json["machines"][0]["name"] == f"a{code}b"


@pytest.mark.parametrize("zone", ["Europe", "/vendor/Europe/:", "Europe/" + "x" * 300])
def test_a_zone_of_a_calendar_that_names_a_folder_is_refused(hotpatch: Any, zone: str) -> None:
    """A TZID is looked up as a file; a name that can't be one is a problem of the calendar."""
    event = f"BEGIN:VEVENT\nUID:1\nDTSTART;TZID={zone}:20260103T220000\nDURATION:PT2H\nEND:VEVENT"
    hotpatch.write("cal.ics", f"BEGIN:VCALENDAR\nVERSION:2.0\n{event}\nEND:VCALENDAR\n")
    done = hotpatch.check("windows: {w: {ics: cal.ics}}\nmachines: [{name: a, platform: arc}]\n")
    assert done.code == 2
    assert "time zone" in done.err
    assert "zoneinfo" not in done.err


@pytest.mark.parametrize("zone", ["Europe", "Europe/", "Europe/" + "x" * 300, "../Paris"])
def test_a_zone_of_an_inventory_that_names_a_folder_is_refused(hotpatch: Any, zone: str) -> None:
    """The zone of a machine is looked up as a file too."""
    done = hotpatch.check(f"machines: [{{name: a, platform: arc, timezone: {zone}}}]\n")
    assert done.code == 2
    assert "time zone" in done.err


@pytest.mark.parametrize("value", ["-1", '""', "true", "[1]"])
def test_a_setting_of_hcl_that_is_called_like_a_block_is_none(hotpatch: Any, value: str) -> None:
    """`variable = -1` is no block of variables."""
    text = f'variable = {value}\nsource "azure-arm" "a" {{ os_type = "Windows" }}\n'
    assert hotpatch.check(text, name="golden.pkr.hcl").code == 1


@pytest.mark.parametrize("mark", ["<![", "<![[", "<ATC[[<![[["])
def test_a_mark_without_a_name_in_a_release_page_is_text(hotpatch: Any, mark: str) -> None:
    """Python's reader of HTML asserts that a name follows: a page without one is refused alike."""
    hotpatch.write("page.html", f"<html>{mark}<table><tr><td>a</td></tr></table>")
    done = hotpatch("releases", "import", "page.html")
    assert done.code == 2
    assert "page.html" in done.err
