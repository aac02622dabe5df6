"""The report as CSV, one line a machine."""

from hotpatch_cli.outputs.escaping import csv_text
from hotpatch_cli.outputs.restart_text import next_restart
from hotpatch_cli.outputs.view_options import PLAIN, ViewOptions
from hotpatch_cli.report import Checked, Report

_WORDS = {True: "true", False: "false"}
CSV_COLUMNS = (
    "name",
    "id",
    "platform",
    "product",
    "verdict",
    "track",
    "next_baseline",
    "restart_reason",
    "restart_start",
    "restart_end",
    "window",
    "runner",
    "by",
    "certain",
    "overdue",
    "pending_restart",
    "coming_baseline",
    "codes",
    "messages",
    "outcome",
    "next_restart",
)


def render_csv(report: Report, _options: ViewOptions = PLAIN) -> str:
    """The report as CSV, one line a machine in the order of the input."""
    return csv_text(CSV_COLUMNS, map(csv_row, report.machines))


def csv_row(checked: Checked) -> tuple[object, ...]:
    """The cells of a machine under CSV_COLUMNS; None where there is nothing to say.

    `window` and `restart_start` are the machine's own window, even where nobody runs it;
    `next_restart` is the text that tables show.
    """
    machine, judgment, restart = checked.machine, checked.judgment, checked.restart
    opening, baseline = restart.opening, judgment.next_baseline
    pending, coming = judgment.track.pending_restart, judgment.coming_baseline
    return (
        machine.label,
        machine.id,
        machine.facts.platform,
        judgment.product,
        judgment.verdict,
        judgment.track.state,
        baseline.date if baseline else None,
        restart.reason,
        opening.start.isoformat() if opening else None,
        opening.end.isoformat() if opening else None,
        opening.window if opening else None,
        restart.runner,
        restart.by,
        None if restart.reason is None else _WORDS[restart.certain],
        None if restart.reason is None else _WORDS[restart.overdue],
        pending.kb if pending else None,
        coming.date if coming else None,
        " ".join(checked.codes),
        " | ".join(f"{reason.rule.code} {reason.message}" for reason in checked.reasons),
        checked.outcome,
        None if restart.reason is None else next_restart(restart),
    )
