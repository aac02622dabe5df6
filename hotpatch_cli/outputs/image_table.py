"""The verdict on images alone, as a table of their own."""

from collections import Counter
from collections.abc import Iterable

from hotpatch_cli.outputs.escaping import visible
from hotpatch_cli.outputs.machine_rows import rank, verdict_text
from hotpatch_cli.outputs.phrases import and_rest
from hotpatch_cli.outputs.report_head import head
from hotpatch_cli.outputs.table import Column, TextTable, columns, drawn, fits
from hotpatch_cli.outputs.view_options import ViewOptions, indented
from hotpatch_cli.report import Checked, Report, left_out_note
from hotpatch_cli.use_cases.fix_ranking import blocking_rules

_COLUMNS = (
    *columns("image", "verdict", "blocked by", "nearest supported image"),
    Column("product", 1),
)
_FINDINGS = (
    Column("finding", colored=False),
    Column("images"),
    Column("code", 1),
    Column("message", prose=True, least=28),
)
_MICROSOFT = "MicrosoftWindowsServer:WindowsServer"


def render_images(report: Report, options: ViewOptions) -> str:
    """The images with their verdict, what blocks them, and the image to use instead."""
    ranked = sorted(report.machines, key=rank)
    shown = ranked[: options.most]
    listing = TextTable(_COLUMNS, [_row(checked, options) for checked in shown])
    if options.terminal and not fits(listing, options.width):
        listing = _shortened(listing)
    rest = len(ranked) - len(shown)
    more = and_rest(rest, "images", "--all") if rest else ""
    named = next((checked.reasons[0].rule.name for checked in ranked if checked.reasons), "")
    parts = (
        head(report, options),
        drawn(listing, options) + more,
        _findings(ranked, options),
        "".join(indented(line, options, 0) for line in left_out_note(report.left_out)),
        f"A rule: hotpatch explain {named}\n" if named else "",
    )
    return "\n".join(part for part in parts if part)


def _shortened(listing: TextTable) -> TextTable:
    """The table with images of Microsoft under their SKU."""
    prefix = f"{_MICROSOFT}:"
    rows = [tuple(cell.removeprefix(prefix) for cell in row) for row in listing.rows]
    if rows == listing.rows:
        return listing
    return TextTable(listing.columns, rows, f"Images without a publisher are of {_MICROSOFT}")


def _findings(ranked: Iterable[Checked], options: ViewOptions) -> str:
    """Each message once, with its number of images."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for checked in ranked:
        for reason in checked.reasons:
            counts[reason.rule.name, reason.rule.code, visible(reason.message)] += 1
    if not counts:
        return ""
    rows = [
        (name, f"{number:,}", code, message) for (name, code, message), number in counts.items()
    ]
    shown = rows[: options.most]
    rest = len(rows) - len(shown)
    more = and_rest(rest, "findings", "--all") if rest else ""
    return drawn(TextTable(_FINDINGS, shown), options) + more


def _row(checked: Checked, options: ViewOptions) -> tuple[str, ...]:
    blocked_by = " ".join(rule.name for rule in blocking_rules(checked.reasons).values())
    return (
        checked.machine.label,
        verdict_text(checked, options),
        blocked_by or "-",
        _nearest(checked),
        checked.judgment.product or "-",
    )


def _nearest(checked: Checked) -> str:
    """The supported image that a finding names."""
    values = (dict(reason.finding.values).get("nearest") for reason in checked.reasons)
    named = next((str(value) for value in values if value), "-")
    return "-" if named == "none" else named
