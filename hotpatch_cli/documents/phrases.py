"""Counts and lists in words, for every message and format."""

from collections.abc import Sequence


def counted(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun: 1 machine, 2 machines, 20,000 machines."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def and_more(names: Sequence[str], most: int) -> str:
    """The first names of a list and the number of the rest: `a, b and 3 more`."""
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest:,} more" if rest > 0 else "")
