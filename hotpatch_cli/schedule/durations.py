"""Durations as text, each in one form: in words for people, `hh:mm` for Azure."""

from datetime import timedelta

MINUTE = timedelta(minutes=1)


def duration_in_words(length: timedelta) -> str:
    """Whole minutes in words: `3 h 55 min`, `2 h`, `0 min`."""
    hours, minutes = divmod(length // MINUTE, 60)
    words = []
    if hours:
        words.append(f"{hours} h")
    if minutes or not hours:
        words.append(f"{minutes} min")
    return " ".join(words)


def hours_and_minutes(length: timedelta) -> str:
    """Whole minutes as Azure writes a duration: `03:55`."""
    hours, minutes = divmod(length // MINUTE, 60)
    return f"{hours:02}:{minutes:02}"
