"""Runs that are stopped, killed, or many at once: nothing half, nothing lost, no litter.

GROUND_MOMENTS=50 kills each kind of output at 50 random moments instead of a few;
GROUND_AT_ONCE=20 starts 20 runs at once.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pages import OCTOBER, Row, markdown

from hotpatch_cli.documents import new_file
from hotpatch_cli.documents.new_file import NewFile, clear_leftovers

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
MOMENTS = int(os.environ.get("GROUND_MOMENTS", "2"))
AT_ONCE = int(os.environ.get("GROUND_AT_ONCE", "8"))
DAY = ("--as-of", "2025-12-15")
MANY = 1000
KINDS = {
    "json": ("check", "fleet.csv", *DAY, "-f", "json", "-o", "out"),
    "csv": ("check", "fleet.csv", *DAY, "-f", "csv", "-o", "out"),
    "jsonl": ("check", "fleet.csv", *DAY, "-f", "jsonl", "-o", "out"),
    "sarif": ("check", "fleet.csv", *DAY, "-f", "sarif", "-o", "out"),
    "junit": ("check", "fleet.csv", *DAY, "-f", "junit", "-o", "out"),
    "html": ("report", "fleet.csv", *DAY, "--no-plan", "-o", "out"),
    "yaml": ("convert", "fleet.csv", "-o", "out"),
    "known": ("check", "fleet.csv", *DAY, "-q", "--write-known", "out"),
    "plan": ("plan", "windows.yaml", *DAY, "-f", "json", "-o", "out"),
    "ics": ("feed", "restarts", "windows.yaml", *DAY, "-o", "out"),
    "bulk": ("check", "fleet.csv", *DAY, "--bulk", "-f", "csv", "-o", "out"),
    "parquet": ("check", "fleet.csv", *DAY, "--bulk", "-f", "parquet", "-o", "out"),
}
FEW = ("json", "ics", "bulk")
WINDOWS = """
windows: {sunday: {rrule: FREQ=WEEKLY;BYDAY=SU, start: "02:00", duration: 4h}}
defaults: {timezone: Europe/Stockholm, window: sunday, reboot_minutes: 20}
machines: [{name: web01, platform: azure, os: Windows Server 2025 Datacenter, build: 26100.7178}]
"""


@pytest.fixture
def fleets(processes: Any) -> Any:
    """The program with a table of many machines, and a fleet with a window."""
    rows = (f"m{n},azure,Windows Server 2025 Datacenter,26100.7178" for n in range(MANY))
    table = "\n".join(["name,platform,os,build", *rows, ""])
    (processes.folder / "fleet.csv").write_text(table)
    (processes.folder / "windows.yaml").write_text(WINDOWS)
    return processes


def stopped(start: Callable[[], Any], number: int, after: float) -> tuple[int, str]:
    """How a run ends that gets a signal: (exit code, standard error)."""
    process = start()
    time.sleep(after)
    process.send_signal(number)
    _, talk = process.communicate()
    return process.returncode, talk.decode()


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS if "GROUND_MOMENTS" in os.environ else FEW)
def test_killed_at_any_moment(fleets: Any, kind: str) -> None:
    """After kill -9 the file is the old one or the new one, and nothing is beside it."""
    if kind in {"bulk", "parquet"}:
        pytest.importorskip("duckdb")
    out = fleets.folder / "out"
    begin = time.monotonic()
    fleets.start(*KINDS[kind]).communicate()
    seconds = time.monotonic() - begin
    whole = out.read_bytes()
    there = {path.name for path in fleets.folder.iterdir()}
    dice = random.Random(kind)  # noqa: S311
    for moment in range(MOMENTS):
        old = b"old" if moment % 2 else None
        out.unlink()
        if old is not None:
            out.write_bytes(old)
        stopped(lambda: fleets.start(*KINDS[kind]), signal.SIGKILL, dice.uniform(0.1, seconds))
        assert (out.read_bytes() if out.exists() else None) in {old, whole}
        assert {path.name for path in fleets.folder.iterdir()} | {"out"} == there
        out.touch()
    fleets.start(*KINDS[kind]).communicate()  # clears the folders of tables that were killed
    assert list(fleets.temporary.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
@pytest.mark.parametrize("kind", ["json", "bulk"])
def test_stopped_at_any_moment(fleets: Any, kind: str, number: int, code: int) -> None:
    """A signal has its exit code, also while DuckDB works, and no temporary file is left."""
    if kind == "bulk":
        pytest.importorskip("duckdb")
    begin = time.monotonic()
    usual = fleets.start(*KINDS[kind])
    usual.communicate()
    seconds = time.monotonic() - begin
    dice = random.Random(code)  # noqa: S311
    for _ in range(MOMENTS // 2 or 1):
        after = dice.uniform(0.4 * seconds, 0.9 * seconds)
        done, talk = stopped(lambda: fleets.start(*KINDS[kind]), number, after)
        # a run may be over before, and one that hasn't begun ends by the signal itself
        assert done in {code, usual.returncode, -number}, talk
        assert "This is a bug" not in talk
        assert list(fleets.temporary.iterdir()) == []
        assert not list(fleets.folder.glob(".*"))


@pytest.mark.slow
def test_a_signal_that_is_ignored(fleets: Any) -> None:
    """After nohup, the end of the terminal doesn't end the run."""
    line = f"trap '' HUP; hotpatch {' '.join(KINDS['json'])} -q --fail-on never &"
    done = fleets.shell(f"{line} sleep 0.3; kill -HUP $! 2>/dev/null; wait $!; exit $?")
    assert (done.returncode, done.stderr) == (0, "")


def test_what_a_killed_run_leaves(tmp_path: Path, processes: Any) -> None:
    """A run that is killed between two steps leaves a file that the next run deletes; the file of
    a run that still lives is left alone.
    """
    folder = tmp_path / "empty"
    folder.mkdir()
    script = (
        "import os, signal, sys; from pathlib import Path;"
        "from hotpatch_cli.documents.new_file import NewFile;"
        "file = NewFile(Path('out')); file.write(b'new'); file._take_name();"
        "print(flush=True); sys.stdin.read(1); os.kill(os.getpid(), signal.SIGKILL)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=folder, env=processes.environment, stdin=-1, stdout=-1
    ) as process:
        assert process.stdin and process.stdout
        process.stdout.readline()
        clear_leftovers([folder])
        assert len(list(folder.iterdir())) == 1
        process.stdin.close()
        process.wait()
    assert len(list(folder.iterdir())) == 1
    clear_leftovers([folder])
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("unnamed", [True, False])
@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("old", [None, 0o640])
def test_each_way_to_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unnamed: bool, links: bool, old: int | None
) -> None:
    """With and without files that have no name, and links: same bytes, same permissions."""
    if not unnamed:
        monkeypatch.setattr(new_file, "_UNNAMED", None)
    if not links:
        monkeypatch.setattr(new_file, "_DESCRIPTORS", str(tmp_path / "none"))
        monkeypatch.setattr(new_file.os.path, "isdir", lambda _: True)  # type: ignore[attr-defined]
    path = tmp_path / "out"
    if old:
        path.write_bytes(b"old")
        path.chmod(old)
    file = NewFile(path)
    file.write(b"new")
    file.place()
    file.discard()
    assert [(entry.name, entry.read_bytes()) for entry in tmp_path.iterdir()] == [("out", b"new")]
    mask = os.umask(0)
    os.umask(mask)
    assert path.stat().st_mode & 0o777 == (old or 0o666 & ~mask)


@pytest.mark.slow
def test_many_runs_on_an_empty_cache(fleets: Any) -> None:
    """Runs that begin at once agree, and leave one copy of the release data."""
    prefix = fleets.folder / "cache"
    fleets.environment.pop("PYTHONDONTWRITEBYTECODE", None)
    fleets.start("calendar", PYTHONPYCACHEPREFIX=str(prefix)).communicate()
    for copy in prefix.rglob("*.json"):
        copy.unlink()
    runs = [
        fleets.start(
            "calendar", "--year", "2025", *DAY, "-f", "json", PYTHONPYCACHEPREFIX=str(prefix)
        )
        for _ in range(AT_ONCE)
    ]
    products = {run.communicate() for run in runs}
    assert ({run.returncode for run in runs}, len(products)) == ({0}, 1)
    files = [path for path in prefix.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert [path.suffix for path in files] == [".json"]


@pytest.mark.slow
def test_many_runs_that_amend_one_file(fleets: Any) -> None:
    """No import undoes another, and no waiver is lost."""
    runs, some = [], range(AT_ONCE // 2)
    for number in some:
        row = Row(
            "2026-10 OOB",
            f"2026-10-{14 + number}",
            f"26100.{33600 + number}",
            f"KB51998{number:02}",
        )
        page = OCTOBER._replace(
            history={"2025": [*OCTOBER.history["2025"], row], "2022": OCTOBER.history["2022"]}
        )
        (fleets.folder / f"page{number}.md").write_text(markdown(page))
        runs.append(fleets.start("releases", "import", f"page{number}.md", "--yes"))
        waive = ("--reason", "r", "--owner", "o", "--expires", "2099-01-01", "--waivers", "w.yaml")
        runs.append(fleets.start("waive", f"m{number}", "HP101", *waive))
    talk = [run.communicate()[1].decode() for run in runs]
    failed = [text for run, text in zip(runs, talk, strict=True) if run.returncode]
    assert failed == []
    waivers = (fleets.folder / "w.yaml").read_text()
    assert all(f"machine: m{number}\n" in waivers for number in some)
    done = fleets.shell("hotpatch releases -f json")
    assert all(f"KB51998{number:02}" in done.stdout for number in some)
    assert [path.name for path in (fleets.folder / "data").iterdir()] == ["releases.json"]
