"""The judgement on a plan that somebody edited: text and JSON."""

import json
from typing import NamedTuple

from hotpatch_cli.outputs.escaping import visible
from hotpatch_cli.outputs.phrases import counted
from hotpatch_cli.outputs.view_options import PLAIN, ViewOptions
from hotpatch_cli.planning.plan import BrokenRule


class PlanReview(NamedTuple):
    """A plan of so many restarts: the rules that it breaks, and the machines that it leaves out."""

    restarts: int
    broken: tuple[BrokenRule, ...]
    missing: tuple[str, ...]


def render_table(judged: PlanReview, _options: ViewOptions = PLAIN) -> str:
    """A line for each rule that is broken."""
    lines = [f"{visible(rule.text)}\n" for rule in judged.broken]
    count = counted(judged.restarts, "restart")
    return "".join(lines) or f"The plan keeps every rule: {count}.\n"


def render_json(judged: PlanReview, _options: ViewOptions = PLAIN) -> str:
    """The same, for programs."""
    content = {
        "schema_version": 1,
        "keeps_every_rule": not judged.broken,
        "restarts": judged.restarts,
        "broken": [
            {
                "rule": rule.rule,
                "machines": list(rule.machines),
                "limit": rule.limit,
                "message": rule.text,
            }
            for rule in judged.broken
        ],
        "not_in_the_plan": list(judged.missing),
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"
