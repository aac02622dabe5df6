"""Inputs that fuzzing found, each with the fact that it shows."""

from typing import Any

import pytest

DAY = ("--as-of", "2025-12-15")


@pytest.mark.parametrize("code", ["\x7f", "\x85", "\x9b"])
def test_json_has_no_control_codes_beyond_ascii(hotpatch: Any, code: str) -> None:
    """JSON lets U+007F to U+009F stand in texts, but some terminals obey them: they're escaped."""
    done = hotpatch.check(f"name,platform\na{code}b,arc\n", name="fleet.csv")
    assert code not in done.out
    assert f"a\\u{ord(code):04x}b" in done.out
    assert done.json["machines"][0]["name"] == f"a{code}b"
