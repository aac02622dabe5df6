"""Limits that windows break: table and JSON."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from hotpatch_cli.knowledge.records import Rule
from hotpatch_cli.model import make_finding
from hotpatch_cli.outputs.escaping import visible
from hotpatch_cli.outputs.phrases import counted
from hotpatch_cli.outputs.view_options import ViewOptions, indented
from hotpatch_cli.report import sentence
from hotpatch_cli.use_cases.lint import LimitBreach

CODE = "HP503"


class LintView(NamedTuple):
    """The limits that windows break, the numbers of windows, and the texts of the rule."""

    found: tuple[LimitBreach, ...]
    windows: int
    skipped: int
    rules: Mapping[str, Rule]


def message(broken: LimitBreach, view: LintView) -> str:
    """The sentence of the rule on a broken limit."""
    finding = make_finding(
        CODE, window=broken.window, limit=broken.limit.limit, observed=broken.observed
    )
    return sentence(view.rules[CODE], finding)


def finding_dict(broken: LimitBreach, view: LintView) -> dict[str, Any]:
    """A broken limit as a JSON object."""
    rule, limit = view.rules[CODE], broken.limit
    return {
        "code": CODE,
        "name": rule.name,
        "level": rule.level,
        "window": broken.window,
        "machine": broken.machine,
        "limit": {"name": limit.name, "expected": limit.limit},
        "observed": broken.observed,
        "message": message(broken, view),
        "remedy": limit.remedy,
        "source": limit.source[0].url,
        "sources": [
            {"title": source.title, "url": source.url, "read": str(source.read)}
            for source in limit.source
        ],
        "location": {
            "file": broken.place.file,
            "line": broken.place.line,
            "column": broken.place.column,
        },
    }


def render_json(view: LintView, _options: ViewOptions) -> str:
    """The broken limits as JSON."""
    content = {
        "schema_version": 1,
        "summary": {
            "windows": view.windows,
            "not_run_by_azure": view.skipped,
            "findings": len(view.found),
        },
        "findings": [finding_dict(breach, view) for breach in view.found],
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def render_table(view: LintView, options: ViewOptions) -> str:
    """A paragraph for each broken limit: place, window, limit, value and fix. Then the count."""
    blocks = [_block(breach, view, options) for breach in view.found]
    run = view.windows - view.skipped
    skipped = f" You run {counted(view.skipped, 'other')}." if view.skipped else ""
    findings, windows = counted(len(view.found), "finding"), counted(run, "window")
    last = f"{findings} in {windows} that Azure runs.{skipped}\n"
    return "\n".join([*blocks, last])


def _block(broken: LimitBreach, view: LintView, options: ViewOptions) -> str:
    place = ":".join(str(part) for part in broken.place if part is not None)
    source = broken.limit.source[0]
    lines = [
        f"Expected {broken.limit.limit}; found {broken.observed}.",
        broken.limit.remedy,
        f"{source.url} (read {source.read})",
    ]
    head = f"{place}: {view.rules[CODE].name} ({CODE}) {broken.window}"
    return visible(head) + "\n" + "".join(indented(visible(line), options) for line in lines)
