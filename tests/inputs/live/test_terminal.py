"""Reading from Azure as a process: the bar on a terminal, and Ctrl-C."""

import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from azure_stand import Answer, Azure, vm

COMMAND = [sys.executable, "-m", "hotpatch_cli", "check", "--azure", "--as-of", "2025-12-15"]


def environment(azure: Azure, folder: Path) -> dict[str, str]:
    """The variables of a run against the stand-in."""
    own = {"HOTPATCH_AZURE_ENDPOINT": azure.url, "HOTPATCH_DATA": str(folder), "TERM": "xterm"}
    return {"PATH": os.environ["PATH"]} | own


def terminal_text(azure: Azure, folder: Path, *more: str) -> tuple[int, bytes, bytes]:
    """(exit code, standard output, what a terminal on standard error shows) of a run."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, *more], stdout=subprocess.PIPE, stderr=theirs, env=environment(azure, folder)
    ) as run:
        out, _ = run.communicate(timeout=60)
    os.close(theirs)
    shown = b""
    while True:
        try:
            read = os.read(ours, 65536)
        except OSError:  # the end of a terminal on Linux
            break
        if not read:
            break
        shown += read
    os.close(ours)
    return run.returncode, out, shown


@pytest.mark.slow
def test_the_bar(azure: Azure, tmp_path: Path) -> None:
    """On a terminal a bar tells what is read; standard output has nothing of it."""
    azure.tables["resources"] = [vm(f"web{number}") for number in range(30)]
    azure.page = 10
    azure.change = lambda result, _asked: (time.sleep(0.03), result)[1]
    code, out, shown = terminal_text(azure, tmp_path)
    assert code == 0
    assert b"Azure: machines" in shown
    assert b"\x1b" not in out
    assert b"Azure:" not in out


@pytest.mark.slow
def test_no_bar_when_quiet(azure: Azure, tmp_path: Path) -> None:
    """With --quiet nothing is shown."""
    azure.tables["resources"] = [vm("web01")]
    assert terminal_text(azure, tmp_path, "--quiet")[2] == b""


@pytest.mark.slow
def test_ctrl_c(azure: Any, tmp_path: Path) -> None:
    """Ctrl-C while an answer is waited for ends with 130, at once and without a traceback."""
    azure.instead = [None, Answer(200, {}, wait=20)]
    with subprocess.Popen(
        COMMAND, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(azure, tmp_path)
    ) as run:
        until = time.monotonic() + 30
        while len(azure.asked) < 2 and time.monotonic() < until:
            time.sleep(0.02)
        run.send_signal(signal.SIGINT)
        began = time.monotonic()
        out, err = run.communicate(timeout=30)
        assert time.monotonic() - began < 5
    assert (run.returncode, out) == (130, b"")
    assert b"Traceback" not in err
