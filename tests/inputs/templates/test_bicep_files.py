"""Files that the Bicep compiler reads beside a Bicep file."""

from typing import Any

import pytest


@pytest.mark.parametrize("inner", ["", "modules"])
def test_the_configuration_of_the_compiler_is_no_output(hotpatch: Any, inner: str) -> None:
    """The nearest `bicepconfig.json`, in the folder or above it, isn't overwritten."""
    folder = hotpatch.folder / inner
    folder.mkdir(exist_ok=True)
    (folder / "main.bicep").write_text("param a string\n", encoding="utf-8")
    hotpatch.write("bicepconfig.json", "{}")
    name = (folder / "main.bicep").relative_to(hotpatch.folder).as_posix()
    done = hotpatch("check", name, "--as-of", "2025-12-15", "-o", "bicepconfig.json")
    assert done.code == 2
    assert "bicepconfig.json" in done.err
    assert "PATH" not in done.err  # refused before the compiler is looked for
    assert (hotpatch.folder / "bicepconfig.json").read_text() == "{}"
