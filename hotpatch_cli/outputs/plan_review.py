"""The check of an edited plan: text and JSON."""

import json
from typing import NamedTuple

from hotpatch_cli.outputs.escaping import visible
from hotpatch_cli.outputs.phrases import counted
from hotpatch_cli.outputs.view_options import PLAIN, ViewOptions, folded, indented
from hotpatch_cli.planning.plan import BrokenRule


class PlanReview(NamedTuple):
    """The number of restarts of a plan, the rules that it breaks, the machines that it lacks, and
    notes: what the file states and its restarts don't make, and the age of the release data.
    """

    restarts: int
    broken: tuple[BrokenRule, ...]
    missing: tuple[str, ...]
    notes: tuple[str, ...] = ()


def render_table(judged: PlanReview, options: ViewOptions = PLAIN) -> str:
    """The decision, a line for each broken rule, and the notes."""
    count = counted(judged.restarts, "restart")
    if judged.broken:
        violations = counted(len(judged.broken), "rule violation")
        lines = [f"The plan has {violations} in {count}.\n"]
    else:
        lines = [f"The plan keeps every rule: {count}.\n"]
    lines += [indented(visible(rule.text), options) for rule in judged.broken]
    lines += [folded(f"- {visible(note)}\n", options) for note in judged.notes]
    return "".join(lines)


def render_json(judged: PlanReview, _options: ViewOptions = PLAIN) -> str:
    """The same as JSON."""
    content = {
        "schema_version": 1,
        "notes": list(judged.notes),
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
