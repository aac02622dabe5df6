"""The report as a screen: the decision, what to fix first, the machines, and what comes next."""

from collections.abc import Iterable

from hotpatch_cli.outputs.findings_table import FindingCounts
from hotpatch_cli.outputs.fix_table import fix_table
from hotpatch_cli.outputs.machine_rows import MachineGroups, group_table, machine_table, rank
from hotpatch_cli.outputs.phrases import and_rest
from hotpatch_cli.outputs.report_head import ComingBaselines, head
from hotpatch_cli.outputs.table import drawn
from hotpatch_cli.outputs.view_options import ViewOptions, in_lines, indented
from hotpatch_cli.report import Checked, Report, left_out_note
from hotpatch_cli.use_cases.fix_ranking import ranked_fixes

__all__ = ["rank", "render_table"]


def render_table(report: Report, options: ViewOptions) -> str:
    """The report for a terminal, or at full width where it is not one."""
    if report.image_only:
        from hotpatch_cli.outputs.image_table import render_images

        return render_images(report, options)
    parts = [head(report, options), fix_table(ranked_fixes(report), options)]
    ranked = sorted(report.machines, key=rank)
    if options.explain:
        from hotpatch_cli.outputs.finding_text import explained

        parts.append(explained(ranked, options))
    else:
        parts += [_machines(ranked, options), _findings(ranked, options)]
    parts += [_run(report, options), _next(report, options)]
    if report.what_if is not None:
        from hotpatch_cli.outputs.what_if import render_difference

        parts.append(render_difference(report.what_if, options))
    return "\n".join(part for part in parts if part)


def is_grouped(machines: int, options: ViewOptions) -> bool:
    """Whether a terminal shows machines that are alike as one row."""
    return options.most is not None and machines > options.most


def _machines(ranked: list[Checked], options: ViewOptions) -> str:
    if not ranked:
        return ""
    if not is_grouped(len(ranked), options):
        return drawn(machine_table(ranked, options), options)
    groups = MachineGroups()
    for checked in ranked:
        groups.add(checked)
    listed = groups.ranked()
    shown = listed[: options.most]
    rest = len(listed) - len(shown)
    more = and_rest(rest, "groups", "--all") if rest else ""
    return drawn(group_table(shown, options), options) + more


def _findings(machines: Iterable[Checked], options: ViewOptions) -> str:
    found = FindingCounts()
    for checked in machines:
        found.add(checked)
    return found.render(options, short=options.most is not None)


def _run(report: Report, options: ViewOptions) -> str:
    """Findings on the whole run, and how many are left out."""
    lines = [
        f"{reason.rule.name} ({reason.rule.code}), {reason.level}: {reason.message}"
        for reason in report.general
    ]
    lines += left_out_note(report.left_out)
    return "".join(indented(line, options, 0) for line in lines)


def _next(report: Report, options: ViewOptions) -> str:
    """The next baseline, and where to read more."""
    coming = ComingBaselines()
    for checked in report.machines:
        coming.add(checked)
    return coming.line(report.as_of, options) + _hint(report, options)


def _hint(report: Report, options: ViewOptions) -> str:
    named = next(
        (checked.reasons[0].rule.name for checked in report.machines if checked.reasons), ""
    )
    if not named:
        return ""
    ways = [] if options.explain else ["Causes and fixes: add --explain."]
    if is_grouped(len(report.machines), options):
        ways.append("Every machine: add --all.")
    ways.append(f"A rule: hotpatch explain {named}")
    return in_lines(ways, options)
