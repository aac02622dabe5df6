"""Rules in Markdown and JSON, the list of them, and hotpatching itself in one page."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from typing import Any

from hotpatch_cli.knowledge.records import Rule
from hotpatch_cli.outputs.table import Column, TextTable, columns, drawn
from hotpatch_cli.outputs.view_options import ViewOptions

_INTERNAL = frozenset({"verdict", "stops", "track", "tracks", "fix"})
"""Columns of a rule that only the program reads."""


def subject_page() -> str:
    """Hotpatching in one page (Markdown)."""
    page = files("hotpatch_cli.knowledge").joinpath("data", "hotpatch.md")
    return page.read_text(encoding="utf-8")


def subject_json() -> str:
    """Hotpatching in one page, as JSON."""
    content = {"schema_version": 1, "subject": "hotpatch", "text": subject_page()}
    return json.dumps(content, indent=1) + "\n"


def rule_list(rules: Iterable[Rule], options: ViewOptions) -> str:
    """Rules by code: code, level, name and title."""
    rows = [(rule.code, rule.all_levels, rule.name, rule.title) for rule in in_order(rules)]
    shown = (
        Column("code"),
        Column("level", rank=1),
        Column("name"),
        Column("title", prose=True),
    )
    return drawn(TextTable(shown, rows), options)


def in_order(rules: Iterable[Rule]) -> list[Rule]:
    """Rules in the order of their codes."""
    return sorted(rules, key=lambda rule: rule.code)


def topic_list(rows: Sequence[tuple[str, str, str]], options: ViewOptions) -> str:
    """Topics that a word could mean, one a line: code, name and title."""
    grid = TextTable((*columns("code", "name"), Column("title", prose=True)), rows)
    return drawn(grid, options)


def rule_page(rule: Rule) -> str:
    """One rule in Markdown: meaning, messages, remedies, a wrong and a right example, source."""
    messages = "".join(
        f"- {_one_line(text)}{_level(rule, variant)}\n" for variant, text in rule.sentences.items()
    )
    remedies = "".join(f"- {_one_line(text)}\n" for text in (rule.remedy, *rule.remedies.values()))
    return (
        f"# {rule.code} {rule.name}\n\n"
        f"{_one_line(rule.title)}. Level: {rule.all_levels}. "
        f"Platforms: {', '.join(rule.platforms)}.\n\n"
        f"{_one_line(rule.meaning)}\n\n"
        f"## Messages\n\n{messages}\n"
        f"## What to do\n\n{remedies}\n"
        f"## Wrong\n\n```yaml\n{rule.wrong.rstrip()}\n```\n\n"
        f"## Right\n\n```yaml\n{rule.right.rstrip()}\n```\n\n"
        f"## Source\n\n{rule.source} (read {rule.read})\n"
    )


def _level(rule: Rule, variant: str) -> str:
    """The level of a sentence in brackets, where sentences of the rule have different ones."""
    return f" ({rule.level_of(variant)})" if rule.levels else ""


def _one_line(text: str) -> str:
    """Prose on one line, without markup outside its code."""
    parts = " ".join(text.split()).split("`")
    return "`".join(
        part if at % 2 else re.sub(r"([<*])", r"\\\1", part) for at, part in enumerate(parts)
    )


def topics_json(rules: Iterable[Rule], terms: Iterable[Mapping[str, Any]]) -> str:
    """Rules and terms as JSON."""
    content = {
        "schema_version": 1,
        "rules": [_rule_row(rule) for rule in in_order(rules)],
        "terms": list(terms),
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _rule_row(rule: Rule) -> dict[str, Any]:
    row = {**rule._asdict(), "read": str(rule.read), "platforms": list(rule.platforms)}
    return {key: value for key, value in row.items() if key not in _INTERNAL}
