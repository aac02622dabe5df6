"""Dates and times in other forms: the message has the person's own value as it's written here."""

from typing import Any

import pytest

from hotpatch_cli.documents.codec import parse_date, parse_time

START = "machines:\n- {name: a, platform: arc}\n"


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("15/12/2026", "YYYY-MM-DD: 2026-12-15."),
        ("12/15/2026", "YYYY-MM-DD: 2026-12-15."),
        ("15.12.26", "YYYY-MM-DD: 2026-12-15."),
        ("2026/12/15", "YYYY-MM-DD: 2026-12-15."),
        ("2026-1-5", "YYYY-MM-DD: 2026-01-05."),
        ("20261215", "YYYY-MM-DD: 2026-12-15."),
        ("Dec 15, 2026", "YYYY-MM-DD: 2026-12-15."),
        ("15-Dec-2026", "YYYY-MM-DD: 2026-12-15."),
        ("15 December 2026", "YYYY-MM-DD: 2026-12-15."),
        ("05/06/2026", "YYYY-MM-DD: 2026-06-05 or 2026-05-06."),
        ("06/06/2026", "YYYY-MM-DD: 2026-06-06."),
        ("2026-02-30", "YYYY-MM-DD, such as 2025-12-15."),
        ("32/13/2026", "YYYY-MM-DD, such as 2025-12-15."),
        ("202612", "YYYY-MM-DD, such as 2025-12-15."),
        ("soon", "YYYY-MM-DD, such as 2025-12-15."),
    ],
)
def test_a_date_is_corrected_with_its_own_value(text: str, form: str) -> None:
    """An ambiguous date has both readings; what is no date has an example."""
    with pytest.raises(ValueError, match="isn't a valid date") as raised:
        parse_date(text)
    assert str(raised.value).endswith(form)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("1am", "HH:MM: 01:00."),
        ("10 PM", "HH:MM: 22:00."),
        ("12am", "HH:MM: 00:00."),
        ("12:30 p.m.", "HH:MM: 12:30."),
        ("22h", "HH:MM: 22:00."),
        ("22.30", "HH:MM: 22:30."),
        ("22h30", "HH:MM: 22:30."),
        ("24:00", "HH:MM, such as 01:00."),
        ("13pm", "HH:MM, such as 01:00."),
        ("22", "HH:MM, such as 01:00."),
        ("late", "HH:MM, such as 01:00."),
    ],
)
def test_a_time_is_corrected_with_its_own_value(text: str, form: str) -> None:
    """A time of twelve hours or with another sign becomes one of 24 hours."""
    with pytest.raises(ValueError, match="isn't a valid time") as raised:
        parse_time(text)
    assert str(raised.value).endswith(form)


def test_a_freeze_names_the_date_that_was_meant(hotpatch: Any) -> None:
    """The example is never a third date that poses as the correction."""
    done = hotpatch.check(f"{START}freezes:\n- {{name: x, from: 15/12/2026, to: 2026-12-20}}\n")
    assert "'15/12/2026' isn't a valid date. Use the format YYYY-MM-DD: 2026-12-15." in done.err
