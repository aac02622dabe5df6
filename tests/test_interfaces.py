"""docs/interfaces.md names software of others, with tests that repeat what it says."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "interfaces.md").read_text(encoding="utf-8")
TESTS = "".join(
    path.read_text(encoding="utf-8") for path in sorted((ROOT / "tests").rglob("test_*.py"))
)


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(test_\w+)`", TEXT))))
def test_each_named_test_exists(name: str) -> None:
    """A row that no test repeats would be a claim."""
    assert f"def {name}(" in TESTS


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`(tests/\S+)`", TEXT))))
def test_each_named_path_exists(path: str) -> None:
    """A file or a folder of tests is where the page says."""
    assert (ROOT / path).exists()


def test_each_row_has_a_test() -> None:
    """Every row of a table ends with the tests that repeat it."""
    rows = [line for line in TEXT.splitlines() if line.startswith("| ")]
    bodies = [row for row in rows if not row.startswith(("| format ", "| source "))]
    assert bodies
    for row in bodies:
        assert "`test" in row.rpartition(" | ")[2], row
