"""No output is a file that the run reads: whatever the command, the option, and the link."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from hotpatch_cli.cli.request import OUTPUTS
from hotpatch_cli.documents.run_files import RunFiles

DAY = ("--as-of", "2025-12-15")
URN = "MicrosoftWindowsServer:WindowsServer:2022-datacenter-azure-edition:latest"
FLEET = """
windows:
  sunday: {rrule: FREQ=WEEKLY;BYDAY=SU, start: "02:00", duration: 4h}
  holidays: {ics: days.ics}
defaults: {timezone: Europe/Stockholm, window: sunday, reboot_minutes: 20}
machines:
  - name: web01
    platform: azure
    image: MicrosoftWindowsServer:WindowsServer:2022-datacenter-azure-edition-core:latest
    generation: 2
    patching: {mode: AutomaticByPlatform, hotpatching: true, vm_agent: true}
    build: 20348.4346
"""
CALENDAR = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\n"
    "DTSTAMP:20251201T000000Z\r\nDTSTART:20251220T220000Z\r\nDTEND:20251221T020000Z\r\nRRULE:FREQ=WEEKLY\r\n"
    "END:VEVENT\r\nEND:VCALENDAR\r\n"
)
WAIVER = "waivers:\n  - {machine: web01, rule: HP101, reason: r, owner: o, expires: 2099-01-01}\n"
RELEASES = """
sources:
  page: {title: a page, read: 2025-12-10, url: https://example.com/releases}
releases: []
"""
FILES = {
    "fleet.yaml": FLEET,
    "days.ics": CALENDAR,
    "waivers.yaml": WAIVER,
    "known.json": '{"schema_version": 1, "known": []}',
    "matrix.yaml": "sources: {}\n",
    "releases.yaml": RELEASES,
    "hotpatch.toml": "[check]\nfail-on = 'never'\n",
    "azure.json": "[]",
}
RUNS = [
    ("check fleet.yaml", "fleet.yaml"),
    ("check fleet.yaml", "days.ics"),
    ("check fleet.yaml --waivers waivers.yaml", "waivers.yaml"),
    ("check fleet.yaml --known known.json -f json", "known.json"),
    ("check fleet.yaml --matrix matrix.yaml", "matrix.yaml"),
    ("check fleet.yaml --releases releases.yaml", "releases.yaml"),
    ("check fleet.yaml", "hotpatch.toml"),
    ("check .", "fleet.yaml"),
    ("check *.yaml", "fleet.yaml"),
    ("show fleet.yaml web01", "fleet.yaml"),
    ("image URN --waivers waivers.yaml", "waivers.yaml"),
    ("fix fleet.yaml", "fleet.yaml"),
    ("report fleet.yaml", "fleet.yaml"),
    ("report fleet.yaml --plan plan.json", "plan.json"),
    ("report fleet.yaml --trend report.json", "report.json"),
    ("diff fleet.yaml report.json", "fleet.yaml"),
    ("diff fleet.yaml report.json", "report.json"),
    ("trend report.json", "report.json"),
    ("calendar --year 2025 --releases releases.yaml", "releases.yaml"),
    ("next fleet.yaml", "fleet.yaml"),
    ("windows list fleet.yaml", "days.ics"),
    ("windows lint fleet.yaml", "fleet.yaml"),
    ("windows export fleet.yaml --to azure", "fleet.yaml"),
    ("plan fleet.yaml", "fleet.yaml"),
    ("plan fleet.yaml --keep plan.json", "plan.json"),
    ("verify plan.json fleet.yaml", "plan.json"),
    ("verify plan.json fleet.yaml", "fleet.yaml"),
    ("progress plan.json fleet.yaml", "plan.json"),
    ("rollback fleet.yaml --machine web01", "fleet.yaml"),
    ("feed restarts fleet.yaml", "fleet.yaml"),
    ("feed plan plan.json fleet.yaml", "days.ics"),
    ("convert fleet.yaml", "fleet.yaml"),
    ("matrix --matrix matrix.yaml", "matrix.yaml"),
    ("releases --releases releases.yaml", "releases.yaml"),
    ("collect", "hotpatch.toml"),
    ("schema inventory", "hotpatch.toml"),
    ("explain hotpatch", "hotpatch.toml"),
]


@pytest.fixture
def run(hotpatch: Any) -> Any:
    """The program in a folder with a file of each kind; an output that is refused changes none."""
    for name, text in FILES.items():
        hotpatch.write(name, text)
    assert hotpatch("check", "fleet.yaml", *DAY, "-f", "json", "-o", "report.json").code in {
        0,
        1,
        3,
    }
    assert hotpatch("plan", "fleet.yaml", *DAY, "-f", "json", "-o", "plan.json").code == 0
    return hotpatch


def contents(folder: Path) -> dict[str, bytes]:
    """The bytes of the files in a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.mark.parametrize(("line", "file"), RUNS)
def test_an_output_is_no_input(run: Any, line: str, file: str) -> None:
    """A hard link to what a command reads is refused as an output, and no file changes."""
    os.link(run.folder / file, run.folder / "out")
    before = contents(run.folder)
    done = run(*line.replace("URN", URN).split(), "-o", "out")
    assert (done.code, done.out) == (2, "")
    assert "out: This output is an input of this run." in done.err
    assert contents(run.folder) == before


def test_each_option_that_writes_is_in_the_table(run: Any) -> None:
    """--write-known and --replan are outputs as --output is."""
    assert set(OUTPUTS) == {"output", "write_known", "replan"}
    before = contents(run.folder)
    for line in (
        "check fleet.yaml --write-known fleet.yaml",
        "check fleet.yaml --waivers waivers.yaml --write-known waivers.yaml",
        "progress plan.json fleet.yaml --replan plan.json",
    ):
        done = run(*line.split())
        assert done.code == 2
        assert "is an input of this run" in done.err
    assert contents(run.folder) == before


def test_an_older_file_of_the_same_kind_is_replaced(run: Any) -> None:
    """Known findings and a published feed are read and written anew on purpose; waivers grow."""
    check = ("check", "fleet.yaml", *DAY)
    assert run(*check, "--write-known", "known.json").code == 0
    assert run(*check, "--known", "known.json", "--write-known", "known.json").code == 0
    feed = ("feed", "restarts", "fleet.yaml", *DAY, "-o", "feed.ics")
    assert run(*feed).code == 0
    assert run(*feed, "--previous", "feed.ics").code == 0
    waive = ("--reason", "r", "--owner", "o", "--expires", "2099-01-01", *DAY)
    done = run("waive", "web02", "HP101", *waive, "--waivers", "waivers.yaml")
    assert (done.code, "web02" in (run.folder / "waivers.yaml").read_text()) == (0, True)


@pytest.mark.parametrize(
    ("line", "file"),
    [
        ("feed restarts fleet.yaml --previous days.ics -o days.ics", "days.ics"),
        ("check known.json --known known.json --write-known known.json", "known.json"),
    ],
)
def test_an_older_file_that_is_an_input_too(run: Any, line: str, file: str) -> None:
    """A file that the run reads in another role as well isn't replaced."""
    before = (run.folder / file).read_bytes()
    done = run(*line.split(), *DAY)
    assert (done.code, "is an input of this run" in done.err) == (2, True)
    assert (run.folder / file).read_bytes() == before


@pytest.mark.parametrize("name", ["FLEET.YAML", "./fleet.yaml", "link.yaml", "sub/../Fleet.yaml"])
def test_other_names_of_an_input(run: Any, name: str) -> None:
    """Letter case, a link, and another way to the folder make no other file."""
    (run.folder / "sub").mkdir()
    (run.folder / "link.yaml").symlink_to("fleet.yaml")
    done = run("windows", "export", "fleet.yaml", "--to", "azure", "-o", name)
    assert (done.code, "is an input of this run" in done.err) == (2, True)
    assert (run.folder / "fleet.yaml").read_text() == FLEET


def test_derived_outputs_are_checked_too(run: Any) -> None:
    """A file in a folder that `windows export` fills isn't an input either."""
    folder = run.folder / "out"
    folder.mkdir()
    assert run("windows", "export", "fleet.yaml", "--to", "azure", "-o", "out").code in {0, 1}
    written = min(folder.iterdir())
    shutil.copy(run.folder / "fleet.yaml", written)
    done = run("windows", "export", f"out/{written.name}", "days.ics", "--to", "azure", "-o", "out")
    assert done.code == 2
    assert written.read_text() == FLEET


def test_two_outputs_are_two_files(run: Any) -> None:
    """A report and the known findings don't go to one file."""
    done = run("check", "fleet.yaml", "-f", "json", "-o", "a.json", "--write-known", "./A.json")
    assert (done.code, "Two outputs can't both go to" in done.err) == (2, True)
    assert not (run.folder / "a.json").exists()


def test_devices_and_folders_are_no_inputs(tmp_path: Path) -> None:
    """What isn't a regular file can be read and written in one run."""
    files = RunFiles()
    files.add_read(os.devnull, os.stat(os.devnull))  # noqa: PTH116
    files.plan_output(os.devnull)
    files.plan_output(os.devnull)
    files.plan_output(str(tmp_path), may_be_folder=True)


BAD_NAMES = {
    "x" * 256: "Can't write the file: File name too long.",
    "é" * 200: "Can't write the file: File name too long.",
    "a\nb": "control character",
    "none/a": "the folder none doesn't exist",
    "fleet.yaml/a": "Can't write the file: Not a directory.",
    "folder": "This is a folder, not a file.",
}
WRITERS = (
    "check fleet.yaml -f json -o",
    "check fleet.yaml -f json --write-known",
    "plan fleet.yaml -f json -o",
    "progress plan.json fleet.yaml --replan",
    "windows list fleet.yaml -f json -o",
    "convert fleet.yaml -o",
    "report fleet.yaml -o",
    "init -o",
    "collect -o",
    "schema inventory -o",
)


@pytest.mark.skipif(os.name == "nt", reason="the words are those of POSIX")
@pytest.mark.parametrize("name", BAD_NAMES, ids=lambda name: name[:12] or "empty")
def test_names_that_no_output_has(run: Any, name: str) -> None:
    """One sentence and code 2, for every option that writes."""
    (run.folder / "folder").mkdir()
    for line in WRITERS:
        done = run(*line.split(), name)
        assert (done.code, done.out, line) == (2, "", line)
        assert BAD_NAMES[name] in done.err, line
        assert len(done.err.splitlines()) == 1, line


READERS = (
    "check @",
    "check fleet.yaml --waivers @",
    "check fleet.yaml --known @",
    "check fleet.yaml --matrix @",
    "check fleet.yaml --releases @",
    "check fleet.yaml --windows @",
    "check fleet.yaml --config @",
    "show @ web01",
    "diff fleet.yaml @",
    "verify @ fleet.yaml",
    "trend @",
    "feed restarts fleet.yaml --previous @",
    "init --from-azure @",
    "releases import @",
    "waive a HP101 --reason r --owner o --expires 2099-01-01 --waivers @",
)


@pytest.mark.parametrize("suffix", ["", ".yaml", ".json", ".bicep", ".tf", ".xlsx", ".parquet"])
def test_names_that_no_input_has(run: Any, suffix: str) -> None:
    """A name that is too long or has a NUL is a file that doesn't exist: code 2, no traceback."""
    for line in READERS:
        done = run(*line.replace("@", "x" * 256 + suffix).split())
        assert (done.code, line) == (2, line)
        assert "Traceback" not in done.err


@pytest.mark.parametrize("name", ["x" * 300 + ".ics", "a\\0b.ics", "a\\nb.ics", "\\ud800.ics"])
def test_names_in_an_inventory_that_no_file_has(run: Any, name: str) -> None:
    """A calendar of an inventory has a name that can't be one: code 2 and the reason."""
    run.write("fleet.yaml", FLEET.replace("days.ics", f'"{name}"'))
    done = run("check", "fleet.yaml", *DAY)
    assert (done.code, "Traceback" in done.err) == (2, False)


@pytest.mark.parametrize("key", ["output", "write-known", "waivers", "known", "fleet"])
def test_names_in_a_configuration_that_no_file_has(run: Any, key: str) -> None:
    """A NUL can come from a configuration."""
    value = '["a\\u0000b"]' if key in {"waivers", "fleet"} else '"a\\u0000b"'
    run.write("hotpatch.toml", f"[check]\n{key} = {value}\n")
    done = run("check", *(() if key == "fleet" else ("fleet.yaml",)), *DAY)
    assert (done.code, "Traceback" in done.err) == (2, False)


def test_a_template_with_the_longest_name(run: Any) -> None:
    """The parameters file beside it would have a name that is too long: there is none."""
    template = '{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/'
    template += 'deploymentTemplate.json#", "contentVersion": "1.0.0.0", "resources": []}'
    name = "x" * 250 + ".json"
    run.write(name, template)
    done = run("check", name)
    assert "Can't read" not in done.err
    assert done.code == 2
