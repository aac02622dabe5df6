"""Durations as text: each form, at its edges."""

from datetime import timedelta

import pytest

from hotpatch_cli.schedule.durations import azure_duration, duration_text, inventory_duration


@pytest.mark.parametrize(
    ("minutes", "words", "azure", "inventory"),
    [
        (0, "0 min", "00:00", "0h"),
        (1, "1 min", "00:01", "0h1m"),
        (60, "1 h", "01:00", "1h"),
        (235, "3 h 55 min", "03:55", "3h55m"),
        (3000, "50 h", "50:00", "50h"),
        (6001, "100 h 1 min", "100:01", "100h1m"),
    ],
)
def test_whole_minutes(minutes: int, words: str, azure: str, inventory: str) -> None:
    """Hours and minutes are told in three forms; days are hours."""
    length = timedelta(minutes=minutes)
    assert duration_text(length) == words
    assert azure_duration(length) == azure
    assert inventory_duration(length) == inventory


def test_seconds_are_left_out() -> None:
    """A part of a minute isn't told."""
    assert duration_text(timedelta(minutes=5, seconds=59)) == "5 min"
