"""The verdict on images alone, as a table of their own."""

from hotpatch_cli.outputs.findings_table import FindingCounts
from hotpatch_cli.outputs.machine_rows import rank, verdict_text
from hotpatch_cli.outputs.report_table import head
from hotpatch_cli.outputs.table import Column, TextTable, columns, drawn, fits
from hotpatch_cli.outputs.view_options import ViewOptions, indented
from hotpatch_cli.report import Checked, Report
from hotpatch_cli.use_cases.fix_ranking import blocking_rules

_COLUMNS = (
    *columns("image", "verdict", "blocked by", "nearest supported image"),
    Column("product", 1),
)
_MICROSOFT = "MicrosoftWindowsServer:WindowsServer:"


def render_images(report: Report, options: ViewOptions) -> str:
    """The images with their verdict, what blocks them, and the image to use instead."""
    ranked = sorted(report.machines, key=rank)
    listing = TextTable(_COLUMNS, [_row(checked, options) for checked in ranked])
    note = ""
    if options.terminal and not fits(listing, options.width):
        short = [tuple(cell.removeprefix(_MICROSOFT) for cell in row) for row in listing.rows]
        if short != listing.rows:
            note = indented(f"Names are those under {_MICROSOFT}", options, 0)
        listing = listing._replace(rows=short)
    found = FindingCounts()
    for checked in ranked:
        found.add(checked)
    named = next((checked.reasons[0].rule.name for checked in ranked if checked.reasons), "")
    hint = f"A rule: hotpatch explain {named}\n" if named else ""
    parts = (
        head(report, options, noun="image"),
        drawn(listing, options) + note,
        found.render(options, short=False),
        hint,
    )
    return "\n".join(part for part in parts if part)


def _row(checked: Checked, options: ViewOptions) -> tuple[str, ...]:
    blocked_by = " ".join(rule.name for rule in blocking_rules(checked.reasons).values())
    return (
        checked.machine.label,
        verdict_text(checked, options),
        blocked_by or "-",
        _nearest(checked),
        checked.judgement.product or "-",
    )


def _nearest(checked: Checked) -> str:
    """The supported image that a finding names."""
    values = (dict(reason.finding.values).get("nearest") for reason in checked.reasons)
    named = next((str(value) for value in values if value), "-")
    return "-" if named == "none" else named
