"""Limits that windows break: table and JSON."""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from hotpatch_cli.json_shapes.lint import LINT
from hotpatch_cli.knowledge.records import Rule
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


def render_json(view: LintView, _options: ViewOptions) -> str:
    """The broken limits as JSON."""
    summary = {
        "windows": view.windows,
        "not_run_by_azure": view.skipped,
        "findings": len(view.found),
        **view.counts,
    }
    findings = [_content(breach, view) for breach in view.found]
    content = LINT({"summary": summary, "findings": findings})
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _content(broken: LimitBreach, view: LintView) -> dict[str, Any]:
    rule = view.rule_of(broken)
    return {
        "code": rule.code,
        "name": rule.name,
        "level": broken.limit.level,
        "window": broken.window,
        "machine": broken.machine,
        "limit": broken.limit,
        "observed": broken.observed,
        "message": message(broken, view),
        "location": broken.place,
    }


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
    threads = [thread.url or "" for thread in limit.threads if thread.url != source.url]
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
