"""The report as Markdown, for the comment of a pull request or the summary of a job: short, with
details folded.
"""

from collections.abc import Iterable, Sequence

from hotpatch_cli.outputs.ci_findings import CiFinding, ci_findings, file_of
from hotpatch_cli.outputs.escaping import markdown, markdown_prose
from hotpatch_cli.outputs.fix_table import effect, ways
from hotpatch_cli.outputs.phrases import counted
from hotpatch_cli.outputs.restart_text import day_text, next_restart
from hotpatch_cli.outputs.view_options import PLAIN, ViewOptions
from hotpatch_cli.report import Checked, Report
from hotpatch_cli.use_cases.fix_ranking import blocking_rules, ranked_fixes
from hotpatch_cli.use_cases.planned_changes import changes_sentence

MARK = "<!-- hotpatch-report -->"
"""By this line a pipeline finds the comment that it wrote last time."""
MOST = 60_000
"""GitHub takes no comment of more than 65,536 characters."""
_HEADER = ("machine", "verdict", "blocked by", "track", "next restart", "codes", "gate")
_WORDS = {
    "fails": "fails",
    "undecided": "unknown",
    "waived": "waived",
    "known": "known",
    "passes": "passes",
}
_AT_FIRST = 20
_FIXES = 5


def render_markdown(report: Report, _options: ViewOptions = PLAIN) -> str:
    """Machines that fail are in a table, all else is folded; text that is too long for a comment
    loses its end.
    """
    wanting = [checked for checked in report.machines if checked.outcome in ("fails", "undecided")]
    lines = [MARK, f"## {_title(report, wanting)}", "", _facts(report), ""]
    if wanting:
        lines += _table(wanting[:_AT_FIRST])
        if len(wanting) > _AT_FIRST:
            lines += [f"... and {len(wanting) - _AT_FIRST:,} more, below.", ""]
        lines += _fixes(report)
    lines += [
        f"- {reason.rule.code} {reason.level}: {markdown(reason.message)}"
        for reason in report.general
    ]
    lines += [f"- {markdown(note)}" for note in report.notes]
    lines += [""] if report.notes or report.general else []
    findings = list(ci_findings(report))
    lines += _folded("Causes and fixes", [finding for finding in findings if finding.cover is None])
    lines += _folded(
        "Waived or known", [finding for finding in findings if finding.cover is not None]
    )
    lines += [
        f"<details><summary>{counted(len(report.machines), 'machine')} in all</summary>",
        "",
        *_table(report.machines),
    ]
    return bounded([*lines, "</details>"], "the JSON report")


def _title(report: Report, wanting: Sequence[Checked]) -> str:
    noun = "image" if report.image_only else "machine"
    all_of = counted(len(report.machines), noun)
    fails = sum(checked.outcome == "fails" for checked in wanting)
    if fails:
        return f"❌ hotpatch: {fails:,} of {all_of} {'fails' if fails == 1 else 'fail'}"
    if wanting:
        verb = "is" if len(wanting) == 1 else "are"
        return f"⚠️ hotpatch: {len(wanting):,} of {all_of} {verb} unknown"
    if report.gate.exit_code:  # --only leaves out what fails
        return f"❌ hotpatch: {all_of} shown and none fails, but others do"
    return f"✅ hotpatch: {all_of}, none fails"


def _facts(report: Report) -> str:
    counts = dict(report.counts)
    total, skipped, waived = counts.pop("machines"), counts.pop("skipped"), counts.pop("waived")
    said = ", ".join(f"{count:,} {verdict}" for verdict, count in counts.items())
    extra = (f"; {waived:,} waived" if waived else "") + (
        f"; {skipped:,} skipped (not Windows)" if skipped else ""
    )
    newest = day_text(report.newest_release) if report.newest_release else "no release yet"
    words = ", ".join(report.gate.fail_on)
    all_of = counted(total, "image" if report.image_only else "machine")
    changes = changes_sentence(report.fleet.changes)
    extra += f". {changes.rstrip('.')}" if changes else ""
    return (
        f"{all_of} as of {day_text(report.as_of)}: {said}{extra}. "
        f"Release data up to {newest}. Fails on: {words}."
    )


def _fixes(report: Report) -> list[str]:
    """The changes that make most machines ready."""
    fixes = ranked_fixes(report)[:_FIXES]
    if not fixes or report.image_only:
        return []
    rows = [(fix.name, effect(fix), ", ".join(f"`{way}`" for way in ways(fix))) for fix in fixes]
    return [
        "| fix first | makes ready | how |",
        "| --- | --- | --- |",
        *(f"| {' | '.join(row)} |" for row in rows),
        "",
    ]


def _table(machines: Iterable[Checked]) -> list[str]:
    head = [f"| {' | '.join(_HEADER)} |", "|" + " --- |" * len(_HEADER)]
    return [*head, *(f"| {' | '.join(_row(checked))} |" for checked in machines), ""]


def _row(checked: Checked) -> tuple[str, ...]:
    judgment = checked.judgment
    verdict, state = judgment.verdict or "", judgment.track.state or "-"
    codes = " ".join(checked.codes) or "-"
    blocking = [rule.name for rule in blocking_rules(checked.reasons).values()]
    return (
        markdown(checked.machine.label),
        verdict,
        ", ".join(blocking) or "-",
        state,
        next_restart(checked.restart),
        codes,
        _WORDS[checked.outcome],
    )


def _folded(title: str, findings: Sequence[CiFinding]) -> list[str]:
    """The findings by rule, with the remedy once for each rule."""
    if not findings:
        return []
    lines = [f"<details><summary>{title} ({len(findings)})</summary>", ""]
    for code in sorted({finding.code for finding in findings}):
        of_code = [finding for finding in findings if finding.code == code]
        rule = of_code[0].reason.rule if of_code[0].reason else None
        lines += [f"**{code} {markdown_prose(rule.title if rule else of_code[0].name)}**", ""]
        lines += [_item(finding) for finding in of_code]
        remedies = dict.fromkeys(
            markdown_prose(finding.reason.remedy) for finding in of_code if finding.reason
        )
        lines += (
            ["", f"To do: {' '.join(remedies)} ([source]({rule.source}))", ""] if rule else [""]
        )
    return [*lines, "</details>", ""]


def _item(finding: CiFinding) -> str:
    file = file_of(finding.place)
    place = "" if file is None else f" ({markdown(f'{file}:{finding.place.line}')})"
    aside = f" {markdown(finding.aside)}" if finding.aside else ""
    machine = markdown(finding.checked.machine.label)
    return f"- {finding.level}: {machine}: {markdown(finding.message)}{aside}{place}"


def bounded(lines: Iterable[str], whole: str) -> str:
    """The lines, as far as a comment can hold them, with every fold closed; `whole` has them
    all.
    """
    kept, size, open_ = [], 0, 0
    for line in lines:
        size += len(line) + 1
        if size > MOST:
            kept += [
                "",
                f"... the rest is too long for a comment; {whole} has all of it.",
                *["</details>"] * open_,
            ]
            break
        open_ += line.startswith("<details>") - line.startswith("</details>")
        kept.append(line)
    return "\n".join(kept) + "\n"
