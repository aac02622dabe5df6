"""A rule in full, the list of all rules, and hotpatch itself in one page."""

import json
from collections.abc import Iterable, Mapping
from importlib.resources import files

from hotpatch_cli.knowledge.records import Rule
from hotpatch_cli.outputs.table import Column, TextTable, columns, drawn
from hotpatch_cli.outputs.view_options import ViewOptions

_INTERNAL = frozenset({"verdict", "stops", "track", "tracks", "fix"})
"""Columns of a rule that decide and are not shown."""


def subject_page() -> str:
    """Hotpatch in one page (Markdown)."""
    return (
        files("hotpatch_cli.knowledge").joinpath("data", "hotpatch.md").read_text(encoding="utf-8")
    )


def subject_json() -> str:
    """Hotpatch in one page, as JSON."""
    return (
        json.dumps({"schema_version": 1, "subject": "hotpatch", "text": subject_page()}, indent=1)
        + "\n"
    )


def rule_list(rules: Mapping[str, Rule], options: ViewOptions) -> str:
    """All rules: code, level, name and title."""
    rows = [(rule.code, rule.all_levels, rule.name, rule.title) for rule in rules.values()]
    grid = TextTable((*columns("code", "level", "name"), Column("title", prose=True)), rows)
    return drawn(grid, options)


def rule_page(rule: Rule, options: ViewOptions) -> str:
    """One rule: what it means, what is said, what to do, where it comes from, wrong and right."""
    said = "".join(
        f"  {_wrapped(text, options)}{_level(rule, variant)}\n"
        for variant, text in rule.sentences.items()
    )
    remedies = "".join(
        f"  {_wrapped(text, options)}\n" for text in (rule.remedy, *rule.remedies.values())
    )
    return (
        f"{rule.code} {rule.name} ({rule.all_levels}; {', '.join(rule.platforms)})\n\n"
        f"{_wrapped(rule.title, options, 0)}.\n\n"
        f"Meaning\n  {_wrapped(rule.meaning, options)}\n\n"
        f"What it says\n{said}\n"
        f"What to do\n{remedies}\n"
        f"Wrong\n{_indented(rule.wrong)}\nRight\n{_indented(rule.right)}\n"
        f"Source\n  {rule.source} (read {rule.read})\n"
    )


def _level(rule: Rule, variant: str) -> str:
    """The level of a sentence in brackets, where sentences of the rule have different ones."""
    return f" ({rule.level_of(variant)})" if rule.levels else ""


def _wrapped(text: str, options: ViewOptions, indent: int = 2) -> str:
    """Prose at the width of a terminal; whole lines where it is not one."""
    import textwrap

    one_line = " ".join(text.split())
    if not options.terminal:
        return one_line
    return ("\n" + " " * indent).join(
        textwrap.wrap(
            one_line,
            max(40, options.width - indent),
            break_long_words=False,
            break_on_hyphens=False,
        )
    )


def _indented(text: str) -> str:
    return "".join(f"  {line}\n" for line in text.rstrip().splitlines())


def rules_json(rules: Iterable[Rule]) -> str:
    """Rules as JSON."""
    content = []
    for rule in rules:
        row = {**rule._asdict(), "read": str(rule.read), "platforms": list(rule.platforms)}
        content.append({key: value for key, value in row.items() if key not in _INTERNAL})
    return json.dumps({"schema_version": 1, "rules": content}, ensure_ascii=False, indent=1) + "\n"
