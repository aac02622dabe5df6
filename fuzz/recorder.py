"""A plugin of pytest that keeps the files of tests as seeds: `pytest -p fuzz.recorder`."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from fuzz.seeds import CORPUS, MAX_SEED


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: Any) -> None:
    """Keep the files in the folder of a test that ran the program."""
    program = getattr(item, "funcargs", {}).get("hotpatch")
    if program is None:
        return
    CORPUS.mkdir(parents=True, exist_ok=True)
    for path in program.folder.rglob("*"):
        if path.is_file() and not path.is_symlink() and "user-data" not in path.parts:
            _keep(path)


def _keep(path: Path) -> None:
    try:
        data = path.read_bytes() if path.stat().st_size <= MAX_SEED else b""
    except OSError:  # a test of files that can't be read
        return
    if data:
        digest = hashlib.sha256(data).hexdigest()[:12]
        (CORPUS / f"{digest}{path.suffix.lower()}").write_bytes(data)
