"""Traps that other gates fell into: a code that became 0, targets that are not there, nothing
checked that looks green.

What belongs to one part is tested with it: formats that disagree and annotations without a line in
test_formats, waivers that never end in test_waivers.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from junitparser import JUnitXml

from hotpatch_cli.outputs.formats import CHECK_FORMATS, REPORT_FORMATS

ROOT = Path(__file__).parents[2]
BAD = "machines: [{name: a, platform: arc, os: Windows Server 2019 Datacenter}]"
UNKNOWN = "machines: [{name: a, platform: arc}]"
GOOD = (
    "machines: [{name: a, platform: azure, image: "
    "'MicrosoftWindowsServer:WindowsServer:2025-datacenter-azure-edition'"
    ", patching: {mode: AutomaticByPlatform, hotpatching: true, vm_agent: true}}]"
)
SKU = "MicrosoftWindowsServer:WindowsServer:2025-datacenter-azure-edition"

CODES = {
    "ready": (["check", "good.yaml"], 0),
    "fails": (["check", "bad.yaml"], 1),
    "fails, as a file": (["check", "bad.yaml", "-f", "sarif", "-o", "out"], 1),
    "unknown": (["check", "unknown.yaml"], 3),
    "no such file": (["check", "none.yaml"], 2),
    "image that can": (["image", SKU], 0),
    "image that cannot": (["image", "a:b:c"], 1),
    "loses": (["diff", "good.yaml", "bad.yaml"], 1),
    "wins": (["diff", "bad.yaml", "good.yaml"], 0),
}


@pytest.mark.parametrize(("arguments", "code"), CODES.values(), ids=CODES)
def test_the_code_reaches_the_shell(tmp_path: Path, arguments: list[str], code: int) -> None:
    """A process that is run for real ends with the code: what a pipeline sees, however the program
    is put together.
    """
    for name, text in (("good", GOOD), ("bad", BAD), ("unknown", UNKNOWN)):
        (tmp_path / f"{name}.yaml").write_text(text)
    run = [sys.executable, "-m", "hotpatch_cli", *arguments]
    environment = {
        "PYTHONPATH": str(ROOT),
        "HOTPATCH_AS_OF": "2025-12-15",
        "HOTPATCH_DATA": str(tmp_path),
    }
    assert (
        subprocess.run(
            run, cwd=tmp_path, env=environment, capture_output=True, check=False
        ).returncode
        == code
    )


NOWHERE = {
    "a file": ["check", "good.yaml", "none.yaml"],
    "a pattern": ["check", "none-*.yaml"],
    "a folder": ["check", "none/"],
    "an empty name": ["check", ""],
    "a verdict": ["check", "good.yaml", "--fail-on", "unsuported"],
    "a rule to show": ["check", "good.yaml", "--only", "HP999"],
    "a format": ["check", "good.yaml", "-f", "sarf"],
    "a reader": ["check", "good.yaml", "--input-format", "inventroy"],
    "a platform": ["image", SKU, "--platform", "azur"],
    "an image": ["image", "not an image"],
    "waivers": ["check", "good.yaml", "--waivers", "none.yaml"],
    "known findings": ["check", "good.yaml", "--known", "none.json"],
    "a configuration": ["check", "good.yaml", "--config", "none.toml"],
    "a side": ["diff", "good.yaml", "none.yaml"],
    "a command": ["chekc", "good.yaml"],
}


@pytest.mark.parametrize("arguments", NOWHERE.values(), ids=NOWHERE)
def test_a_target_that_is_not_there_is_no_success(hotpatch: Any, arguments: list[str]) -> None:
    """A name that means nothing is code 2 with a word, and no report."""
    hotpatch.write("good.yaml", GOOD)
    done = hotpatch(*arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.strip()


NOTHING = {
    "no machines": ("fleet.yaml", "machines: []"),
    "an empty export": ("vms.json", "[]"),
    "an empty answer": ("vms.json", '{"value": []}'),
    "an empty page": ("vms.json", '{"data": [], "count": 0, "totalRecords": 0}'),
    "an error of Azure": ("vms.json", '{"error": {"code": "AuthorizationFailed", "message": "x"}}'),
    "an empty file": ("fleet.yaml", ""),
    "comments": ("fleet.yaml", "# soon\n"),
    "a header alone": ("fleet.csv", "name,platform\n"),
    "Linux alone": (
        "vms.json",
        (
            '[{"name": "a", "type": "Microsoft.Compute/virtualMachines", "osProfile": '
            '{"linuxConfiguration": {}}}]'
        ),
    ),
}


@pytest.mark.parametrize("form", ["table", "markdown", "junit", "sarif"])
@pytest.mark.parametrize(("name", "text"), NOTHING.values(), ids=NOTHING)
def test_nothing_that_was_checked_does_not_look_green(
    hotpatch: Any, name: str, text: str, form: str
) -> None:
    """An empty fleet is code 2 in every format, with --fail-on never too, and no file says that all
    is well.
    """
    hotpatch.write("out", "old")
    for words in ("unsupported", "never"):
        done = hotpatch.check(text, "-f", form, "-o", "out", "--fail-on", words, name=name)
        assert (done.code, done.out) == (2, "")
        assert (hotpatch.folder / "out").read_text() == "old"


def test_no_image_is_no_success(hotpatch: Any) -> None:
    """`image -` without lines is code 2."""
    assert hotpatch("image", "-", stdin="# none\n").code == 2


def test_what_fails_does_not_hide_behind_only(hotpatch: Any) -> None:
    """--only may leave out what fails; then no report looks green: it says so, and JUnit has a case
    that fails.
    """
    run = {
        form: hotpatch.check(BAD, "--only", "ready", "-f", form)
        for form in CHECK_FORMATS
        if form != "ics"
    }
    assert {done.code for done in run.values()} == {1}
    said = "including 1 failing that --only hides"
    for form in ("json", "markdown", "sarif", "junit", "github", "azure"):
        assert said in run[form].out, form
    assert "✅" not in run["markdown"].out
    assert sum(suite.failures for suite in JUnitXml.fromstring(run["junit"].out.encode())) == 1


@pytest.mark.parametrize("form", ["table", "sarif", "junit", "github"])
def test_a_crash_does_not_look_like_a_finding(
    hotpatch: Any, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    """A bug ends with 70 and its traceback; nothing is printed, no file is written, and the old one
    stays.
    """

    def broken(*_: object, **__: object) -> None:
        raise KeyError("a bug")

    monkeypatch.setattr("hotpatch_cli.cli.check.check_fleet", broken)
    hotpatch.write("out", "old")
    for target in ("-", "out"):
        done = hotpatch.check(BAD, "-f", form, "-o", target)
        assert (done.code, done.out) == (70, "")
        assert "Traceback" in done.err
        assert "bug" in done.err
    assert (hotpatch.folder / "out").read_text() == "old"


def test_a_bug_in_a_renderer_leaves_every_file_as_it_was(
    hotpatch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All is rendered before anything is written, so a format that breaks takes none of the others
    halfway.
    """

    def broken(*_: object) -> str:
        raise KeyError("a bug")

    monkeypatch.setitem(REPORT_FORMATS, "junit", broken)
    done = hotpatch.check(BAD, "-f", "json", "-o", "a.json", "-f", "junit", "-o", "a.xml")
    assert done.code == 70
    assert [each.name for each in hotpatch.folder.iterdir()] == ["fleet.yaml"]


def test_never_is_the_only_way_to_ignore_all(hotpatch: Any) -> None:
    """With every word of --fail-on but never, an unsupported machine that is not named still shows
    as what it is.
    """
    done = hotpatch.check(BAD, "--fail-on", "behind")
    assert done.code == 0
    assert json.loads(done.out)["summary"]["unsupported"] == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "fleet.yaml", "-f", "json", "-o", "./fleet.yaml"],
        ["check", "fleet.yaml", "--waivers", "w.yaml", "-o", "w.yaml"],
        ["check", "fleet.yaml", "--write-known", "fleet.yaml"],
        ["diff", "fleet.yaml", "other.yaml", "-o", "fleet.yaml"],
    ],
)
def test_an_output_never_takes_the_place_of_an_input(hotpatch: Any, arguments: list[str]) -> None:
    """A report that would overwrite the inventory it was made of is refused, and the inventory
    stays.
    """
    for name, text in (("fleet.yaml", BAD), ("other.yaml", GOOD), ("w.yaml", "waivers: []")):
        hotpatch.write(name, text)
    done = hotpatch(*arguments, "--as-of", "2025-12-15")
    assert (done.code, done.out) == (2, "")
    assert "is an input of this run" in " ".join(done.err.replace("│", " ").split())
    assert (hotpatch.folder / "fleet.yaml").read_text() == BAD


def test_known_findings_are_read_and_written_in_one_file(hotpatch: Any) -> None:
    """`--known known.json --write-known known.json` brings the file up to date."""
    hotpatch.check(BAD, "--write-known", "known.json")
    assert hotpatch.check(GOOD, "--known", "known.json", "--write-known", "known.json").code == 0
    known = json.loads((hotpatch.folder / "known.json").read_text())["known"]
    assert {each["rule"] for each in known} == {"HP313"}


def test_a_report_is_no_fleet(hotpatch: Any) -> None:
    """A report that is given for an inventory is told as one, in one line."""
    hotpatch.check(BAD, "-o", "report.json")
    done = hotpatch("check", "report.json")
    assert done.code == 2
    assert done.err.startswith("report.json:1:1: This is a hotpatch report")
    assert done.err.count("\n") == 1
