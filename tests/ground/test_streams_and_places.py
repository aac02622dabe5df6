"""Closed or full streams, and folders that are gone, full, read-only, or of another user."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from hotpatch_cli.knowledge import cache

pytestmark = pytest.mark.skipif(os.name == "nt", reason="streams and folders of POSIX")
CHECK = "hotpatch check fleet.yaml --as-of 2025-12-15 --fail-on never"
FULL = "No space left on device"
needs_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")


@pytest.mark.slow
@needs_full
@pytest.mark.parametrize(
    ("line", "code", "talk"),
    [
        (f"{CHECK} >&-", 2, "standard output: Can't write the output: Bad file descriptor."),
        (f"{CHECK} -q -o out.json >&-", 0, ""),
        ("hotpatch --help >&-", 2, "standard output: Can't write the output"),
        (f"{CHECK} 2>&-", 0, ""),
        ("hotpatch check none.yaml 2>&-", 2, ""),
        ("hotpatch check - <&-", 2, "<stdin>: Can't read standard input: Bad file descriptor."),
        (f"{CHECK} -q <&-", 0, ""),
        (f"{CHECK} -o out.json <&- >&- 2>&-", 0, ""),
        (f"{CHECK} >/dev/full", 2, FULL),
        (f"{CHECK} -o /dev/full", 2, FULL),
        ("hotpatch --help >/dev/full", 2, FULL),
        ("hotpatch --version >/dev/full", 2, FULL),
        ("hotpatch check --help >/dev/full", 2, FULL),
        ("hotpatch check none.yaml 2>/dev/full", 2, ""),
        ("hotpatch check --none 2>/dev/full", 2, ""),
        (f"{CHECK} -q 2>/dev/full | true; exit ${{PIPESTATUS[0]}}", 0, ""),
        ("hotpatch convert fleet.yaml >>fleet.yaml", 2, "output is an input of this run"),
        ("hotpatch convert - <fleet.yaml >>fleet.yaml", 2, "output is an input of this run"),
    ],
)
def test_streams(processes: Any, line: str, code: int, talk: str) -> None:
    """A stream that the run needs is code 2 and one sentence; one that only has talk is nothing."""
    before = (processes.folder / "fleet.yaml").read_text()
    done = processes.shell(line)
    assert done.returncode == code
    assert talk in done.stderr
    assert len(done.stderr.splitlines()) == bool(talk)
    assert (processes.folder / "fleet.yaml").read_text() == before
    if "out.json" in line:
        assert json.loads((processes.folder / "out.json").read_bytes())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("hotpatch check $OLDPWD/fleet.yaml --as-of 2025-12-15 --fail-on never -q", 0),
        ("hotpatch check ../none.yaml", 2),
        ("hotpatch check . '*.yaml'", 2),
        ("hotpatch convert $OLDPWD/fleet.yaml -o out.yaml", 2),
        ("hotpatch convert $OLDPWD/fleet.yaml -q -o $OLDPWD/out.yaml", 0),
    ],
)
def test_a_working_directory_that_was_deleted(processes: Any, line: str, code: int) -> None:
    """Files with a whole path are read and written; the others don't exist."""
    done = processes.shell(f"mkdir gone; cd gone; rmdir ../gone; {line}")
    assert (done.returncode, "Traceback" in done.stderr) == (code, False)
    assert (processes.folder / "out.yaml").exists() == ("$OLDPWD/out" in line)


def _without_rights() -> tuple[str, ...]:
    """The words before a command that take the rights of root to search every folder."""
    if os.geteuid() != 0:
        return ()
    words = ("setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all")
    try:
        subprocess.run([*words, "true"], check=True, capture_output=True)
    except (OSError, subprocess.SubprocessError):
        pytest.skip("root can't give up its rights here")
    return words


@pytest.mark.slow
def test_the_home_of_another_user(processes: Any) -> None:
    """A data folder that can't be searched is code 2 and names the variable; another one helps."""
    home = processes.folder / "home"
    home.mkdir(mode=0)
    environment = dict(processes.environment) | {"HOME": str(home)}
    del environment["HOTPATCH_DATA"]
    more = {"before": _without_rights(), "env": environment}
    line = f"{CHECK} -q"
    try:
        done = processes.shell(line, **more)
        assert done.returncode == 2
        assert "Can't read the imported releases: Permission denied." in done.stderr
        assert "HOTPATCH_DATA" in done.stderr
        environment["HOTPATCH_DATA"] = "/none"
        assert processes.shell(line, **more).returncode == 0
    finally:
        home.chmod(0o700)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """A folder in which nobody can write, not even root."""
    if os.geteuid() != 0:
        folder.chmod(0o500)
        yield
        folder.chmod(0o700)
        return
    mount = ["mount", "-t", "tmpfs", "-o", "ro,size=4k", "tmpfs", str(folder)]
    with mounted(mount, folder):
        yield


@contextmanager
def mounted(command: list[str], folder: Path) -> Iterator[None]:
    """A mount for a test; a skip where this user can't mount."""
    if shutil.which("mount") is None or os.geteuid() != 0:
        pytest.skip("mounting needs root")
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounts aren't allowed here")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


WRITERS = (
    "check fleet.yaml -f json -o {0}/a.json",
    "check fleet.yaml -f html -o {0}/a.html",
    "check fleet.yaml --write-known {0}/known.json",
    "convert fleet.yaml -o {0}/a.yaml",
    "init -o {0}/a.yaml",
    "waive a HP101 --reason r --owner o --expires 2099-01-01 --waivers {0}/w.yaml",
)


def test_a_folder_that_is_read_only(hotpatch: Any) -> None:
    """Every output to it is code 2 and one sentence."""
    folder = hotpatch.folder / "closed"
    folder.mkdir()
    hotpatch.write("fleet.yaml", "machines: [{name: a, platform: azure}]")
    with read_only(folder):
        for line in WRITERS:
            done = hotpatch(*line.format(folder).split())
            assert (done.code, done.out, "Traceback" in done.err) == (2, "", False), line
            assert "Can't write the file" in done.err
        hotpatch.monkeypatch.setenv("HOTPATCH_DATA", str(folder / "data"))
        assert hotpatch("releases", "import", "fleet.yaml", "--yes").code == 2


def test_a_disk_that_is_full(hotpatch: Any) -> None:
    """The old file stays, and nothing is beside it."""
    folder = hotpatch.folder / "small"
    folder.mkdir()
    hotpatch.write("fleet.yaml", "machines: [{name: a, platform: azure}]")
    mount = ["mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", str(folder)]
    with mounted(mount, folder):
        (folder / "a.json").write_text("old")
        (folder / "fill").write_bytes(b"")
        with (folder / "fill").open("wb", buffering=0) as stream:
            try:
                while stream.write(b"x" * 4096):
                    pass
            except OSError:
                pass
        for line in WRITERS:
            done = hotpatch(*line.format(folder).split())
            assert (done.code, "No space left" in done.err) == (2, True), line
        assert {path.name for path in folder.iterdir()} == {"a.json", "fill"}
        assert (folder / "a.json").read_text() == "old"


def _shipped() -> Any:
    """The shipped rows as a process reads them, not as this test session keeps them."""
    return cache._shipped.__wrapped__()  # type: ignore[attr-defined]


def test_a_cache_that_is_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is in its place, the rows are the shipped ones, and it's made again if it can be."""
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path))
    shipped = _shipped()
    (copy,) = tmp_path.rglob("*.json")
    good = copy.read_text(encoding="utf-8")
    mark = good.split("\n", 1)[0]
    damaged = [
        b"",
        b"\xff\xfe\x00",
        good[: len(good) // 2].encode(),
        b"foreign\n[]\n{}",
        *(
            f"{mark}\n{text}".encode()
            for text in (
                "[]\n" + "[" * 200_000,
                "[" * 200_000 + "\n{}",
                "[]\n" + '{"map":' * 100_000,
                "[]\n{}",
                "[]\n5",
                "[[1]]\n{}",
                '[]\n{"row": "Knowledge", "of": []}',
                '[]\n{"map": 5}',
                '[]\n{"row": [], "of": 5}',
                '[]\n{"source": "x"}',
                '[]\n{"day": 5}',
            )
        ),
    ]
    for content in damaged:
        copy.write_bytes(content)
        assert _shipped() == shipped
        assert copy.read_text(encoding="utf-8") == good
    assert [path for path in copy.parent.iterdir() if path.suffix == ".new"] == []
    copy.unlink()
    copy.mkdir()
    assert _shipped() == shipped


@pytest.mark.slow
def test_a_temporary_folder_that_is_full(processes: Any) -> None:
    """A large table that needs more room than there is: code 2 and the variable to set."""
    pytest.importorskip("duckdb")
    rows = "".join(f"m{n},azure,26100.{n}\n" for n in range(2000))
    (processes.folder / "fleet.csv").write_text(f"name,platform,build\n{rows}")
    mount = ["mount", "-t", "tmpfs", "-o", "size=40k", "tmpfs", str(processes.temporary)]
    with mounted(mount, processes.temporary):
        done = processes.shell("hotpatch check fleet.csv --bulk -f csv -o out.csv")
        assert (done.returncode, "Set TMPDIR to a folder" in done.stderr) == (2, True)
        assert list(processes.temporary.iterdir()) == []
    assert not (processes.folder / "out.csv").exists()
