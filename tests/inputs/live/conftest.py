"""Makes the helper module of this folder importable by name, and points the program at the stand-in
for Azure.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def azure(hotpatch: Any) -> Iterator[Any]:
    """The stand-in for Azure, which the program asks."""
    from azure_stand import running

    with running() as stand:
        hotpatch.monkeypatch.setenv("HOTPATCH_AZURE_ENDPOINT", stand.url)
        yield stand
