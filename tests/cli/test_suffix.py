"""The suffix of an output chooses the format, and never contradicts it."""

import json
from typing import Any

import pytest

DAY = ("--as-of", "2025-12-15")
FLEET = "machines: [{name: a, platform: arc, os: Windows Server 2019}]"

BEGINNINGS = {
    "r.json": "{",
    "r.JSON": "{",
    "r.csv": "name,",
    "r.html": "<!doctype html>",
    "r.sarif": '{\n "$schema"',
    "r.sarif.json": '{\n "$schema"',
    "r.ics": "BEGIN:VCALENDAR",
    "r.md": "<!-- hotpatch-report -->",
    "r.xml": "<?xml",
    ".json": "{",
    "r.yaml": "{",
}


@pytest.mark.parametrize(("name", "beginning"), BEGINNINGS.items(), ids=BEGINNINGS)
def test_a_known_suffix_chooses_the_format(hotpatch: Any, name: str, beginning: str) -> None:
    """Without --format, the file has the format of its suffix."""
    assert hotpatch.write("fleet.yaml", FLEET)
    done = hotpatch("check", "fleet.yaml", *DAY, "-o", name)
    assert (done.code, done.out) == (1, "")
    text = (hotpatch.folder / name).read_text(encoding="utf-8")
    assert text.lower().startswith(beginning.lower())


@pytest.mark.parametrize("name", ["report", "report.log", "report.out", "r.txt"])
def test_an_unknown_suffix_changes_nothing(hotpatch: Any, name: str) -> None:
    """The format stays the table, or the one that is asked for."""
    hotpatch.write("fleet.yaml", FLEET)
    assert hotpatch("check", "fleet.yaml", *DAY, "-o", name).code == 1
    assert "unsupported" in (hotpatch.folder / name).read_text(encoding="utf-8")
    hotpatch("check", "fleet.yaml", *DAY, "-f", "json", "-o", name)
    json.loads((hotpatch.folder / name).read_text(encoding="utf-8"))


def test_several_outputs_have_the_formats_of_their_suffixes(hotpatch: Any) -> None:
    """Standard output among them has the table."""
    hotpatch.write("fleet.yaml", FLEET)
    done = hotpatch("check", "fleet.yaml", *DAY, "-o", "r.json", "-o", "-", "-o", "r.csv")
    assert "unsupported" in done.out
    assert json.loads((hotpatch.folder / "r.json").read_text(encoding="utf-8"))["machines"]
    assert (hotpatch.folder / "r.csv").read_text(encoding="utf-8").startswith("name,")


REFUSED = {
    "contradiction": (("check", "f.yaml", "-f", "json", "-o", "r.html"), "suffix .html means html"),
    "in pairs": (
        ("check", "f.yaml", "-f", "csv", "-o", "r.csv", "-f", "table", "-o", "r.sarif"),
        "suffix .sarif means sarif",
    ),
    "a workbook": (("check", "f.yaml", "-o", "r.xlsx"), "doesn't write xlsx"),
    "compressed": (("check", "f.yaml", "-f", "json", "-o", "r.json.gz"), "doesn't write gz"),
    "a picture as": (("calendar", "-o", "r.pdf"), "doesn't write pdf"),
    "not written": (("check", "f.yaml", "-o", "r.svg"), "doesn't write svg"),
    "plan": (("plan", "f.yaml", "-o", "plan.html"), "Add --format runsheet."),
    "run sheet": (
        ("plan", "f.yaml", "-f", "runsheet", "-o", "night.json"),
        "suffix .json means json, but --format is runsheet",
    ),
    "change request": (("plan", "f.yaml", "-f", "markdown", "-o", "c.html"), "means html"),
    "calendar": (("calendar", "-f", "svg", "-o", "year.png"), "suffix .png means png"),
    "matrix": (("matrix", "-o", "m.ics"), "doesn't write ics"),
    "report": (("report", "f.yaml", "-o", "report.json"), "doesn't write json"),
    "convert": (("convert", "f.yaml", "-o", "fleet.csv"), "doesn't write csv"),
    "schema": (("schema", "plan", "-o", "plan.csv"), "doesn't write csv"),
    "half known": (
        ("check", "f.yaml", "-o", "r.json", "-o", "other"),
        "1 format and 2 outputs don't match",
    ),
}


@pytest.mark.parametrize(("command", "said"), REFUSED.values(), ids=REFUSED)
def test_a_suffix_that_contradicts_is_code_2(
    hotpatch: Any, command: tuple[str, ...], said: str
) -> None:
    """One message says what the suffix means, and nothing is written."""
    hotpatch.write("f.yaml", FLEET)
    done = hotpatch(*command)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert [file.name for file in hotpatch.folder.iterdir()] == ["f.yaml"]


def test_the_command_line_outweighs_a_configured_format(hotpatch: Any) -> None:
    """A suffix on the command line outweighs a format of the configuration or of a variable."""
    hotpatch.write("fleet.yaml", FLEET)
    hotpatch.write("hotpatch.toml", "format = 'csv'\n")
    hotpatch("check", "fleet.yaml", *DAY, "-o", "r.json")
    assert (hotpatch.folder / "r.json").read_text(encoding="utf-8").startswith("{")
    hotpatch.monkeypatch.setenv("HOTPATCH_FORMAT", "csv")
    hotpatch("calendar", *DAY, "-o", "year.json")
    assert (hotpatch.folder / "year.json").read_text(encoding="utf-8").startswith("{")


def test_an_output_never_overwrites_an_input(hotpatch: Any) -> None:
    """A command that writes one format refuses to write to one of its files."""
    for command in (("plan", "f.yaml"), ("windows", "list", "f.yaml"), ("convert", "f.yaml")):
        hotpatch.write("f.yaml", FLEET)
        done = hotpatch(*command, "-o", "f.yaml")
        assert (done.code, "is an input of this run" in done.err) == (2, True)
        assert (hotpatch.folder / "f.yaml").read_text(encoding="utf-8") == FLEET
