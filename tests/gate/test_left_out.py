"""Level `off`: the findings of a rule are left out of the gate and of reports, and counted."""

import json
from typing import Any

import jsonschema
import pytest

from hotpatch_cli.outputs.formats import CHECK_FORMATS

DAY = ("--as-of", "2025-12-15")
OLD = "{{name: {}, platform: arc, os: Windows Server 2019 Datacenter}}"
OFF_TRACK = (
    "{name: c, platform: arc, os: Windows Server 2025 Datacenter, build: 26100.7178, "
    "kbs: [KB5072359], arc: {status: Connected, hotpatch: Enabled, vbs: running, "
    "secure_boot: true, uefi: true}}"
)
FLEET = f"machines: [{OLD.format('a')}, {OLD.format('b')}, {OFF_TRACK}]"
COUNT = "2 findings of release-not-supported (HP105)"


@pytest.fixture(autouse=True)
def _off(hotpatch: Any) -> None:
    """The rule HP105 is off."""
    hotpatch.write("hotpatch.toml", '[severity]\nHP105 = {level = "off", reason = "moved"}\n')


def test_the_gate_passes(hotpatch: Any) -> None:
    """A finding that is left out fails nothing; the verdict stays the fact that it is."""
    done = hotpatch.check(FLEET)
    assert (done.code, done.json["summary"]["unsupported"]) == (0, 2)
    assert [one["outcome"] for one in done.json["machines"]] == ["passes"] * 3


def test_it_is_counted_in_json(hotpatch: Any) -> None:
    """JSON has the rule, the number and the reason, as its schema says, and not the findings."""
    done = hotpatch.check(FLEET)
    assert done.json["left_out"] == [
        {
            "code": "HP105",
            "name": "release-not-supported",
            "findings": 2,
            "reason": "moved",
        }
    ]
    codes = {reason["code"] for one in done.machines.values() for reason in one["reasons"]}
    assert "HP105" not in codes
    jsonschema.validate(done.json, json.loads(hotpatch("schema", "report").out))


def test_the_decision_says_it(hotpatch: Any) -> None:
    """The last line on standard error says how many findings of which rule."""
    assert hotpatch.check(FLEET).err.splitlines()[-1].endswith(f"; left out: {COUNT}.")


@pytest.mark.parametrize("form", ["table", "markdown", "html", "sarif", "junit", "github"])
def test_a_report_says_it_once(hotpatch: Any, form: str) -> None:
    """A report with room for notes has one line on it."""
    out = hotpatch.check(FLEET, "-f", form).out
    assert out.count(f"Left out by the configuration: {COUNT}") == 1


@pytest.mark.parametrize("form", [form for form in CHECK_FORMATS if form != "ics"])
def test_no_format_has_the_finding(hotpatch: Any, form: str) -> None:
    """The sentence of the finding is in no format."""
    out = hotpatch.check(FLEET, "-f", form).out
    assert "Windows Server 2019 Datacenter isn't eligible" not in out


def test_a_track_state_that_is_left_out(hotpatch: Any) -> None:
    """--fail-on off-track doesn't fail a machine whose finding on it is off."""
    fail = ("--fail-on", "off-track")
    assert hotpatch.check(FLEET, *fail).code == 1
    hotpatch.write("hotpatch.toml", '[severity]\nHP303 = {level = "off", reason = "known"}\n')
    done = hotpatch.check(FLEET, *fail)
    assert (done.code, done.machines["c"]["track"]["state"]) == (0, "off-track")


def test_other_findings_still_fail(hotpatch: Any) -> None:
    """A machine with another finding that counts fails by that one."""
    uniform = "{name: v, platform: azure, image: 'a:b:c', scale_set: uniform}"
    hotpatch.write("hotpatch.toml", '[severity]\nHP106 = {level = "off", reason = "x"}\n')
    done = hotpatch.check(f"machines: [{uniform}]")
    assert done.code == 1
    assert "left out: 1 finding of scale-set-uniform (HP106)" in done.err


def test_a_finding_on_the_run(hotpatch: Any) -> None:
    """A finding on the whole run can be left out too."""
    late = ("--as-of", "2031-02-01")
    assert hotpatch.check(FLEET, *late).json["run_reasons"]
    hotpatch.write("hotpatch.toml", '[severity]\nHP310 = {level = "off", reason = "x"}\n')
    done = hotpatch.check(FLEET, *late).json
    assert (done["run_reasons"], done["left_out"][0]["findings"]) == ([], 1)


def test_known_findings_leave_it_out(hotpatch: Any) -> None:
    """--write-known doesn't record what is left out."""
    hotpatch.check(FLEET, "--write-known", "known.json")
    known = (hotpatch.folder / "known.json").read_text()
    assert ("HP105" in known, "HP303" in known) == (False, True)


def test_images(hotpatch: Any) -> None:
    """`image` leaves findings out and says so, like check."""
    hotpatch.write("hotpatch.toml", '[severity]\nHP101 = {level = "off", reason = "x"}\n')
    done = hotpatch("image", "MicrosoftWindowsServer:WindowsServer:2022-datacenter", *DAY)
    assert done.code == 0
    for text in (done.out, done.err):
        assert "1 finding of image-not-supported (HP101)" in text


def test_a_table_as_a_whole(hotpatch: Any) -> None:
    """A table that is checked as a whole counts machines, not kinds of machines."""
    pytest.importorskip("duckdb")
    rows = "".join(f"m{number},arc,Windows Server 2019 Datacenter\n" for number in range(7))
    hotpatch.write("t.csv", f"name,platform,os\n{rows}")
    done = hotpatch("check", "t.csv", *DAY, "--bulk")
    assert done.code == 0
    for text in (done.out, done.err):
        assert "7 findings of release-not-supported (HP105)" in text
