"""Data older than the last Patch Tuesday is said in every report; fresh data says nothing."""

from typing import Any

import pytest

FLEET = "machines: [{name: a, platform: arc, os: Windows Server 2025 Standard}]"
OLD = "older than Patch Tuesday 2026-11-10"
SAYS = {
    **dict.fromkeys(("markdown", "sarif", "junit", "github", "azure"), OLD),
    "table": "2 Patch Tuesdays are missing. Run: hotpatch releases update",
    "json": '"older_than_patch_tuesday": "2026-11-10"',
}
FORMS = [*SAYS, "csv", "gitlab"]
"""In a list of rows or of issues there is no room; there the talk says it."""


@pytest.mark.parametrize("form", FORMS)
def test_old_release_data_is_named(hotpatch: Any, form: str) -> None:
    """Two Patch Tuesdays after the newest shipped row, the report says so where it has room, and
    the talk always.
    """
    done = hotpatch.check(FLEET, "--as-of", "2026-11-23", "-f", form)
    assert SAYS.get(form, "") in done.out
    assert OLD in done.err
    assert "releases update" in done.err


@pytest.mark.parametrize("form", FORMS)
def test_fresh_release_data_is_not_mentioned(hotpatch: Any, form: str) -> None:
    """Up to the day before the next Patch Tuesday the data is fresh, and nothing is said."""
    for day in ("2025-12-09", "2026-01-12", "2026-10-12"):
        done = hotpatch.check(FLEET, "--as-of", day, "-f", form)
        assert "older" not in done.out + done.err


def test_the_day_of_a_patch_tuesday(hotpatch: Any) -> None:
    """On a Patch Tuesday that the data does not have it is old, also in the first days of a month
    or a year.
    """
    for day, last in (
        ("2026-10-13", "2026-10-13"),
        ("2026-11-09", "2026-10-13"),
        ("2027-01-01", "2026-12-08"),
    ):
        assert f"older than Patch Tuesday {last}" in hotpatch.check(FLEET, "--as-of", day).err


def test_other_commands_name_old_release_data(hotpatch: Any) -> None:
    """Images and the calendar say it too."""
    image = "MicrosoftWindowsServer:WindowsServer:2025-datacenter-azure-edition"
    for arguments in (["image", image], ["calendar", "--year", "2026"]):
        done = hotpatch(*arguments, "--as-of", "2026-11-23")
        assert "older than Patch Tuesday 2026-11-10" in done.err
