"""Limits that windows break: table and JSON."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from hotpatch_cli.knowledge.records import Rule, Source
from hotpatch_cli.outputs.escaping import visible
from hotpatch_cli.outputs.phrases import counted
from hotpatch_cli.outputs.view_options import ViewOptions, indented
from hotpatch_cli.report import sentence
from hotpatch_cli.use_cases.lint import LimitBreach

LEVELS = ("error", "warning", "note")


class LintView(NamedTuple):
    """The limits that windows break, the numbers of windows, and the texts of the rules."""

    found: tuple[LimitBreach, ...]
    windows: int
    skipped: int
    rules: Mapping[str, Rule]

    @property
    def counts(self) -> dict[str, int]:
        """How many findings have each level."""
        counts = Counter(breach.limit.level for breach in self.found)
        return {level: counts[level] for level in LEVELS}

    @property
    def fails(self) -> bool:
        """Whether there is more than notes."""
        return any(breach.limit.level != "note" for breach in self.found)

    def rule_of(self, broken: LimitBreach) -> Rule:
        """The rule that a broken limit belongs to."""
        return self.rules[broken.finding.code]


def message(broken: LimitBreach, view: LintView) -> str:
    """The sentence of the rule on a broken limit."""
    return sentence(view.rule_of(broken), broken.finding)


def finding_dict(broken: LimitBreach, view: LintView) -> dict[str, Any]:
    """A broken limit as a JSON object."""
    rule, limit = view.rule_of(broken), broken.limit
    return {
        "code": rule.code,
        "name": rule.name,
        "level": limit.level,
        "window": broken.window,
        "machine": broken.machine,
        "limit": {"name": limit.name, "expected": limit.limit},
        "observed": broken.observed,
        "answer": limit.answer,
        "message": message(broken, view),
        "remedy": limit.remedy,
        "source": limit.source[0].url,
        "sources": _sources(limit.source),
        "threads": _sources(limit.threads),
        "location": {
            "file": broken.place.file,
            "line": broken.place.line,
            "column": broken.place.column,
        },
    }


def _sources(sources: Sequence[Source]) -> list[dict[str, str | None]]:
    return [
        {"title": source.title, "url": source.url, "read": str(source.read)} for source in sources
    ]


def render_json(view: LintView, _options: ViewOptions) -> str:
    """The broken limits as JSON."""
    content = {
        "schema_version": 1,
        "summary": {
            "windows": view.windows,
            "not_run_by_azure": view.skipped,
            "findings": len(view.found),
            **{f"{level}s": number for level, number in view.counts.items()},
        },
        "findings": [finding_dict(breach, view) for breach in view.found],
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def render_table(view: LintView, options: ViewOptions) -> str:
    """A paragraph for each broken limit: place, level, window, limit, value, what Azure answers,
    and fix. Then the count.
    """
    blocks = [_block(breach, view, options) for breach in view.found]
    run = view.windows - view.skipped
    skipped = f" You run {counted(view.skipped, 'other')}." if view.skipped else ""
    last = f"{findings_text(view)} in {counted(run, 'window')} that Azure runs.{skipped}\n"
    return "\n".join([*blocks, last])


def findings_text(view: LintView) -> str:
    """The findings in words: how many, and how many of each level."""
    total = counted(len(view.found), "finding")
    levels = ", ".join(counted(number, level) for level, number in view.counts.items() if number)
    return f"{total} ({levels})" if levels else total


def _block(broken: LimitBreach, view: LintView, options: ViewOptions) -> str:
    place = ":".join(str(part) for part in broken.place if part is not None)
    rule, limit, source = view.rule_of(broken), broken.limit, broken.limit.source[0]
    said = f"Expected {limit.limit}; found {broken.observed}."
    threads = [f"{thread.url}" for thread in limit.threads if thread.url != source.url]
    lines = [
        said if broken.rule is None else message(broken, view),
        limit.answer,
        limit.remedy,
        f"{source.url} (read {source.read})",
        *threads,
    ]
    window = broken.window or broken.machine or ""
    head = f"{place}: {limit.level} {rule.name} ({rule.code}) {window}"
    return visible(head) + "\n" + "".join(indented(visible(line), options) for line in lines)
