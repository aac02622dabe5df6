"""The progress of a plan for a terminal: the counts, rings and groups, each machine with the fact
that shows its state, and what may start now.
"""

from hotpatch_cli.outputs.escaping import visible
from hotpatch_cli.outputs.phrases import and_more, and_rest
from hotpatch_cli.outputs.progress_view import (
    SHARE_HEADER,
    ProgressView,
    headline,
    moment_of,
    next_steps,
    open_questions,
    ordered,
    planned_text,
    shares,
    summary,
)
from hotpatch_cli.outputs.table import Column, TextTable, columns, drawn
from hotpatch_cli.outputs.view_options import ViewOptions, folded
from hotpatch_cli.planning.restart_state import MachineProgress

_COLUMNS = (
    *columns("machine", "state"),
    Column("planned", rank=1),
    Column("evidence", prose=True, least=30, colored=False),
    Column("ring", rank=2),
    Column("groups", rank=3),
)
_SHARES = (Column("ring or group"), *columns(*SHARE_HEADER[1:]))
_NAMED = 20


def render_table(view: ProgressView, options: ViewOptions) -> str:
    """The progress: what needs attention first, what is done last."""
    progress = view.progress
    head = f"{headline(progress)}.\nAt {moment_of(progress)}: {summary(progress)}.\n"
    parts = [folded(head, options)]
    if rows := list(shares(progress)):
        parts.append(drawn(TextTable(_SHARES, rows), options))
    machines = ordered(progress)
    shown = machines[: options.most]
    if shown:
        parts.append(drawn(TextTable(_COLUMNS, list(map(_row, shown))), options))
    if len(shown) < len(machines):
        parts.append(and_rest(len(machines) - len(shown), "machines", "--all"))
    parts.append(_questions(view, options))
    parts.append(_startable(view, options))
    parts.append("".join(folded(f"- {visible(note)}\n", options) for note in view.notes))
    return "\n".join(part for part in parts if part)


def _row(row: MachineProgress) -> tuple[str, ...]:
    return (
        row.name,
        row.state,
        planned_text(row),
        row.evidence,
        row.ring or "-",
        ", ".join(row.groups) or "-",
    )


def _questions(view: ProgressView, options: ViewOptions) -> str:
    """What isn't certain, and the command that explains how to find out."""
    lines = []
    for question in open_questions(view.progress):
        names = visible(question.names)
        lines.append(folded(f"Not certain: {names}. To find out, run:\n", options))
        lines.append(f"  hotpatch explain {question.rule}\n")
    return "".join(lines)


def _startable(view: ProgressView, options: ViewOptions) -> str:
    names = list(map(visible, view.progress.startable))
    most = len(names) if options.most is None else _NAMED
    return folded(f"{next_steps(view.progress)} {and_more(names, most)}".rstrip() + "\n", options)
