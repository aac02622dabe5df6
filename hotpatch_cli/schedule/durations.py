"""Durations as text, in whole minutes: for messages, for Azure, and for an inventory."""

from datetime import timedelta

MINUTE = timedelta(minutes=1)


def duration_text(length: timedelta) -> str:
    """A duration in words, for messages: `3 h 55 min`, `2 h`, `0 min`."""
    hours, minutes = divmod(length // MINUTE, 60)
    words = []
    if hours:
        words.append(f"{hours} h")
    if minutes or not hours:
        words.append(f"{minutes} min")
    return " ".join(words)


def azure_duration(length: timedelta) -> str:
    """A duration for a maintenance configuration: `03:55`."""
    hours, minutes = divmod(length // MINUTE, 60)
    return f"{hours:02}:{minutes:02}"


def inventory_duration(length: timedelta) -> str:
    """A duration for an inventory: `3h55m`, `2h`, `0h`."""
    hours, minutes = divmod(length // MINUTE, 60)
    return f"{hours}h{minutes}m" if minutes else f"{hours}h"
