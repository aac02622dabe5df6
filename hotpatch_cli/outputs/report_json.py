"""The report as JSON, as `json_shapes.report` describes it."""

import json

from hotpatch_cli.json_shapes.report import HEAD, MACHINE
from hotpatch_cli.outputs.view_options import PLAIN, ViewOptions
from hotpatch_cli.report import Report


def render_json(report: Report, _options: ViewOptions = PLAIN) -> str:
    """The report as JSON, machines in the order of the input: one a line, so that a change is a
    line of a diff.
    """
    head = json.dumps(HEAD(report), ensure_ascii=False, indent=1)
    machines = ",\n".join(map(MACHINE.text_writer(), report.machines))
    return f'{head[:-2]},\n "machines": [\n{machines}\n]}}\n'
