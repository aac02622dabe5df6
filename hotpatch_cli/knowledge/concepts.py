"""The concepts of the program: terms that reports, plans and inventories use, and the words of
their sets, such as verdicts and track states.

They are one Markdown page: a section for each concept, with a list of words if it has a set.
"""

import re
from collections.abc import Mapping
from importlib.resources import files
from typing import NamedTuple

YEAR = "{{ year }}"
"""Placeholder in the page for the picture of a year of releases."""
_SECTION = re.compile(r"^## (.+)\n+((?:(?!^## ).*\n?)*)", re.MULTILINE)
_WORD = re.compile(r"^- `([^`]+)`: (.+)$", re.MULTILINE)


class Concept(NamedTuple):
    """A term: its text in Markdown, and the words of its set with the meaning of each."""

    name: str
    title: str
    text: str
    words: Mapping[str, str]


def concepts_page() -> str:
    """The page of all concepts, in Markdown."""
    data = files(__package__).joinpath("data", "concepts.md")
    return data.read_text(encoding="utf-8")


def load_concepts() -> dict[str, Concept]:
    """The concepts by name, in the order of the page."""
    concepts = {}
    for title, text in _SECTION.findall(concepts_page()):
        name = title.lower().replace(" ", "-")
        concepts[name] = Concept(name, title, text.strip() + "\n", dict(_WORD.findall(text)))
    return concepts
