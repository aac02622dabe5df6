"""Text of a fleet is no command to the agent that reads the log of a build."""

from typing import Any

import pytest

NAME = "5##vso[task.setvariable variable=PATH]/evil"


@pytest.mark.parametrize("variable", ["TF_BUILD", "GITHUB_ACTIONS"])
def test_tables_and_messages(hotpatch: Any, variable: str) -> None:
    """Neither a table nor a message has a logging command; JSON keeps the text."""
    hotpatch.monkeypatch.setenv(variable, "true")
    hotpatch.write("a.yaml", f'machines:\n  - {{name: "{NAME}", platform: azure}}\n')
    hotpatch.write("b.yaml", f'machines:\n  - {{name: a, platform: "{NAME}"}}\n')
    day = ("--as-of", "2025-12-15")
    for arguments in (("check", "a.yaml", *day), ("check", "b.yaml"), ("convert", "::b")):
        done = hotpatch(*arguments)
        assert "##" not in done.out + done.err
        assert not any(line.startswith("::") for line in (done.out + done.err).splitlines())
    assert NAME in hotpatch("check", "a.yaml", *day, "-f", "json").out
