"""The program as a process of its own, as a shell or a pipeline starts it."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import hotpatch_cli

sys.path.insert(0, str(Path(__file__).parents[1] / "release_import"))

PROGRAM = (sys.executable, "-m", "hotpatch_cli")
FLEET = """
machines:
  - {name: web01, platform: azure, os: Windows Server 2025 Datacenter, build: 26100.7178}
"""


class Processes:
    """Runs the program in a folder, with its own release data, cache, and temporary folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        (folder / "fleet.yaml").write_text(FLEET)
        kept = {name: text for name, text in os.environ.items() if "HOTPATCH" not in name}
        self.environment = kept | {
            "HOTPATCH_DATA": str(folder / "data"),
            "PYTHONPATH": str(Path(hotpatch_cli.__file__).parents[1]),
            "TMPDIR": str(self.temporary),
        }

    def shell(
        self, line: str, *, before: tuple[str, ...] = (), **more: Any
    ) -> "subprocess.CompletedProcess[str]":
        """Run a line of a shell, in which `hotpatch` is the program."""
        program = f'hotpatch() {{ "{PROGRAM[0]}" -m hotpatch_cli "$@"; }}\n'
        return subprocess.run(
            [*before, "bash", "-c", program + line],
            **{"cwd": self.folder, "env": self.environment} | more,
            capture_output=True,
            text=True,
            check=False,
        )

    def start(self, *arguments: str, **environment: str) -> "subprocess.Popen[bytes]":
        """Start the program."""
        return subprocess.Popen(
            [*PROGRAM, *arguments],
            cwd=self.folder,
            env=self.environment | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )


@pytest.fixture
def processes(tmp_path: Path) -> Processes:
    """The program as processes in an empty folder."""
    if os.name == "nt":
        pytest.skip("signals, streams, and links of POSIX")
    return Processes(tmp_path)
