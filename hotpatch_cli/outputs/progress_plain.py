"""The plain formats of the progress of a plan: CSV and Markdown."""

from hotpatch_cli.outputs.escaping import csv_text, markdown, markdown_table
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
from hotpatch_cli.outputs.view_options import ViewOptions
from hotpatch_cli.planning.restart_state import MachineProgress

_WORDS = {True: "true", False: "false"}
_CSV = (
    "machine",
    "state",
    "planned",
    "planned_end",
    "ring",
    "groups",
    "certain",
    "moved",
    "startable",
    "evidence",
    "remedy",
    "file",
    "line",
)
_MARKDOWN = ("Machine", "State", "Planned", "Evidence", "Ring", "Groups")


def render_csv(view: ProgressView, _options: ViewOptions) -> str:
    """The progress as CSV: a line for each machine."""
    startable = set(view.progress.startable)
    return csv_text(
        _CSV, (_csv_row(row, startable=row.name in startable) for row in view.progress.machines)
    )


def _csv_row(row: MachineProgress, *, startable: bool) -> tuple[object, ...]:
    return (
        row.name,
        row.state,
        row.start.isoformat() if row.start else None,
        row.end.isoformat() if row.end else None,
        row.ring,
        " ".join(row.groups),
        _WORDS[row.certain],
        _WORDS[row.moved],
        _WORDS[startable],
        row.evidence,
        row.remedy,
        row.location.file if row.location else None,
        row.location.line if row.location else None,
    )


def render_markdown(view: ProgressView, _options: ViewOptions) -> str:
    """The progress as Markdown, for a change record."""
    progress = view.progress
    lines = [
        f"# {headline(progress)}",
        "",
        f"At {moment_of(progress)}: {summary(progress)}.",
        "",
        *(f"- {markdown(note)}" for note in view.notes),
        "",
    ]
    if rows := list(shares(progress)):
        header = ("Ring or group", *map(str.capitalize, SHARE_HEADER[1:]))
        lines += [*markdown_table(header, rows), ""]
    lines += [*markdown_table(_MARKDOWN, map(_row, ordered(progress))), ""]
    if questions := open_questions(progress):
        lines += ["Not certain:", ""]
        lines += [f"- {markdown(ask.names)}: {markdown(ask.remedy)}" for ask in questions]
        lines.append("")
    names = [f"- {markdown(name)}" for name in progress.startable]
    lines += [next_steps(progress), "", *names]
    return "\n".join(lines).rstrip("\n") + "\n"


def _row(row: MachineProgress) -> tuple[str, ...]:
    return (
        row.name,
        row.state,
        planned_text(row),
        row.evidence,
        row.ring or "",
        ", ".join(row.groups),
    )
