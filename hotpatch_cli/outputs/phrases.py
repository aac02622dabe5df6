"""Counts and lists in words, for every format."""

from hotpatch_cli.documents.phrases import and_more, counted

__all__ = ["and_more", "and_rest", "counted"]


def and_rest(rest: int, nouns: str, how: str) -> str:
    """The line under a table that is cut: how many rows are left out, and how to see them."""
    return f"... and {rest} more {nouns}: {how} shows {'them' if how == '--all' else 'all'}.\n"
