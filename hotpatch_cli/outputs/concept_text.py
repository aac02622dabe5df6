"""Concepts in Markdown: one of them, a word of its set, or the page of all."""

from collections.abc import Iterable, Mapping
from typing import Any

from hotpatch_cli.knowledge.concepts import YEAR, Concept, concepts_page
from hotpatch_cli.knowledge.records import PRODUCT_NAMES, Knowledge, Product
from hotpatch_cli.servicing.calendar import CalendarEntry, calendar

_PRODUCT: Product = "ws2025"
_YEARS = (2025, 2026)
_MARKS = {"planned-baseline": "B", "unplanned-baseline": "U", "hotpatch": "h"}
_LEGEND = "B planned baseline, U unplanned baseline, h hotpatch"


def whole_page(knowledge: Knowledge) -> str:
    """All concepts."""
    return _with_pictures(concepts_page(), knowledge)


def concept_page(concept: Concept, knowledge: Knowledge) -> str:
    """One concept."""
    return _with_pictures(f"# {concept.title}\n\n{concept.text}", knowledge)


def word_page(concept: Concept, word: str) -> str:
    """A word of a concept's set."""
    return (
        f"# {concept.title}: {word}\n\n{concept.words[word]}\n\n"
        f"For the other words of this set, run `hotpatch explain {concept.name}`.\n"
    )


def term_rows(
    concepts: Iterable[Concept], words: Iterable[tuple[Concept, str]], knowledge: Knowledge
) -> list[Mapping[str, Any]]:
    """Concepts and words as rows for JSON."""
    rows: list[Mapping[str, Any]] = []
    for concept in concepts:
        text = _with_pictures(concept.text, knowledge)
        rows.append({"term": concept.name, "word": None, "title": concept.title, "text": text})
    for concept, word in words:
        title = f"{concept.title}: {word}"
        rows.append(
            {"term": concept.name, "word": word, "title": title, "text": concept.words[word]}
        )
    return rows


def _with_pictures(text: str, knowledge: Knowledge) -> str:
    if YEAR not in text:
        return text
    return text.replace(YEAR, f"```text\n{year_picture(knowledge)}```")


def year_picture(knowledge: Knowledge) -> str:
    """Years of a product, month by month: which update was released, and whether it restarted
    machines. Months after the newest release stay empty.
    """
    released = [row for row in knowledge.releases if row.product == _PRODUCT and row.identified]
    newest = max(row.date for row in released if row.date)
    months = "".join(f"{name:>4}" for name in _MONTHS)
    lines = [f"{PRODUCT_NAMES[_PRODUCT]}", f"{'':8}{months}"]
    for year in _YEARS:
        monthly: list[CalendarEntry | None] = [None] * 12
        for entry in calendar(knowledge, _PRODUCT, year, newest):
            if entry.date <= newest and entry.kind in _MARKS:
                monthly[entry.date.month - 1] = entry
        marks = [_MARKS[entry.kind or ""] if entry else "" for entry in monthly]
        restarts = ["x" if entry and entry.reboot else "" for entry in monthly]
        lines += [_line(str(year), marks), _line("restart", restarts)]
    return "".join(f"{line.rstrip()}\n" for line in (*lines, "", _LEGEND))


def _line(name: str, cells: Iterable[str]) -> str:
    return f"{name:8}" + "".join(f"{cell:>4}" for cell in cells)


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
