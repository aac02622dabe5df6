"""Codecs: words become values or problems, and the schema of a codec takes what the codec takes."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotpatch_cli.documents import codec as c
from hotpatch_cli.documents.codec import Codec
from hotpatch_cli.documents.tree import Document, Log


def read(codec: Codec[Any], value: Any) -> tuple[Any, list[str]]:
    """(the value, the problems) of a node that stands alone."""
    log = Log(Document("f", "text"))
    return codec.read(value, 0, log), [problem.message for problem in log.problems]


@pytest.mark.parametrize(
    ("codec", "word", "value"),
    [
        (c.duration, "4h", timedelta(hours=4)),
        (c.duration, "3h55m", timedelta(hours=3, minutes=55)),
        (c.duration, "90m", timedelta(minutes=90)),
        (c.duration, "03:55", timedelta(hours=3, minutes=55)),
        (c.duration, "14d", timedelta(days=14)),
        (c.duration, "1h1h", timedelta(hours=2)),
        (c.time_of_day, "22:00", time(22)),
        (c.time_of_day, "2:30", time(2, 30)),
        (c.time_of_day, "02:00:00", time(2)),
        (c.day, "2024-02-29", date(2024, 2, 29)),
        (
            c.moment,
            "2026-01-17T22:00:00+01:00",
            datetime.fromisoformat("2026-01-17T21:00:00+00:00"),
        ),
        (c.boolean, "no", False),
        (c.boolean, "ON", True),
        (c.boolean, True, True),
        (c.number(1, 10), "010", 10),
        (c.decimal(0, 1000), "1.5", 1.5),
        (c.decimal(0, 1000), "1e2", 100.0),
        (c.choice("Red", also={"r": "Red"}), "R", "Red"),
        (c.choice("Red"), " red ", "Red"),
    ],
)
def test_a_word_is_read(codec: Codec[Any], word: Any, value: Any) -> None:
    """The spelling means this value and nothing is wrong with it."""
    assert read(codec, word) == (value, [])


@pytest.mark.parametrize(
    ("codec", "word", "said"),
    [
        (c.duration, "5", "'5' isn't a valid duration."),
        (c.duration, "4 hours", "'4 hours' isn't a valid duration."),
        (c.duration, "-4h", "'-4h' isn't a valid duration."),
        (c.duration, "999999d", "'999999d' is longer than ten years."),
        (c.duration, "٤h", "'٤h' isn't a valid duration."),
        (c.time_of_day, "24:00", "'24:00' isn't a valid time."),
        (c.time_of_day, "22.00", "'22.00' isn't a valid time."),
        (c.day, "2025-02-30", "'2025-02-30' isn't a valid date."),
        (c.day, "20250201", "'20250201' isn't a valid date."),
        (c.moment, "2026-01-17T22:00", "'2026-01-17T22:00' has no UTC offset."),
        (
            c.moment,
            "0001-01-01T00:00+14:00",
            "'0001-01-01T00:00+14:00' isn't in the years 1990 to 2199.",
        ),
        (c.boolean, "maybe", "Expected true or false, found 'maybe'."),
        (c.boolean, None, "Expected true or false, found nothing."),
        (c.number(1, 10), "11", "Expected a whole number from 1 to 10, found '11'."),
        (c.number(1, 10), "9" * 5000, "Expected a whole number from 1 to 10"),
        (c.number(1, 10), "٣", "Expected a whole number from 1 to 10"),
        (c.number(1, 10), True, "Expected a whole number from 1 to 10, found 'true'."),
        (c.decimal(0, 1000), "1e400", "Expected a number from 0 to 1000, found '1e400'."),
        (c.decimal(0, 1000), "nan", "Expected a number from 0 to 1000, found 'nan'."),
        (c.text(), " ", "Expected text, found nothing."),
        (c.text(), "x" * 70_000, "The value has 70000 characters; the limit is 65536."),
        (c.listing(c.text()), "a", "Expected a list, found 'a'."),
        (c.table(c.text()), "a", "Expected a mapping, found 'a'."),
    ],
)
def test_a_wrong_word_is_a_problem(codec: Codec[Any], word: Any, said: str) -> None:
    """A word that does not fit gives no value and one problem that quotes it."""
    value, problems = read(codec, word)
    assert value is None
    assert len(problems) == 1
    assert problems[0].startswith(said)


@given(st.integers(0, 999), st.integers(0, 59))
def test_hours_and_minutes_are_one_duration_in_both_spellings(hours: int, minutes: int) -> None:
    """`3h55m` and `03:55` are the same real time."""
    assert c.parse_duration(f"{hours}h{minutes}m") == c.parse_duration(f"{hours}:{minutes:02}")


@given(st.text(max_size=20))
def test_no_text_breaks_a_codec(word: str) -> None:
    """Each codec gives a value or a problem for any text, and never both nor neither."""
    for codec in (
        c.duration,
        c.time_of_day,
        c.day,
        c.moment,
        c.boolean,
        c.number(1, 9),
        c.decimal(0, 9),
        c.text(),
    ):
        value, problems = read(codec, word)
        assert (value is None) == bool(problems)
