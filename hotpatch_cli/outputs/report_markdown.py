"""The report as Markdown, for the comment of a pull request or the summary of a job: short, with
details folded.
"""

from collections.abc import Iterable, Sequence

from hotpatch_cli.outputs.ci_findings import CiFinding, ci_findings, file_of
from hotpatch_cli.outputs.escaping import markdown
from hotpatch_cli.outputs.restart_text import next_restart
from hotpatch_cli.outputs.view_options import PLAIN, ViewOptions
from hotpatch_cli.report import Checked, Report

MARK = "<!-- hotpatch-report -->"
"""By this line a pipeline finds the comment that it wrote last time."""
MOST = 60_000
"""GitHub takes no comment of more than 65,536 characters."""
_HEADER = ("machine", "verdict", "track", "next restart", "codes", "gate")
_WORDS = {
    "fails": "fails",
    "undecided": "unknown",
    "waived": "waived",
    "known": "known before",
    "passes": "passes",
}
_AT_FIRST = 20


def render_markdown(report: Report, _options: ViewOptions = PLAIN) -> str:
    """What fails stands in a table, all else is folded; what is too long for a comment loses its
    end.
    """
    wanting = [checked for checked in report.machines if checked.outcome in ("fails", "undecided")]
    lines = [MARK, f"## {_title(report, wanting)}", "", _facts(report), ""]
    if wanting:
        lines += _table(wanting[:_AT_FIRST])
        if len(wanting) > _AT_FIRST:
            lines += [f"... and {len(wanting) - _AT_FIRST} more, below.", ""]
    lines += [
        f"- {reason.rule.code} {reason.level}: {markdown(reason.message)}"
        for reason in report.general
    ]
    lines += [f"- {markdown(note)}" for note in report.notes]
    lines += [""] if report.notes or report.general else []
    findings = list(ci_findings(report))
    lines += _folded(
        "Why, and what to do", [finding for finding in findings if finding.cover is None]
    )
    lines += _folded(
        "Waived or known before", [finding for finding in findings if finding.cover is not None]
    )
    lines += [
        f"<details><summary>All {len(report.machines)} machines</summary>",
        "",
        *_table(report.machines),
    ]
    return _bounded([*lines, "</details>"])


def _title(report: Report, wanting: Sequence[Checked]) -> str:
    count = len(report.machines)
    fails = sum(checked.outcome == "fails" for checked in wanting)
    if fails:
        return f"❌ hotpatch: {fails} of {count} machines fail"
    if wanting:
        return f"⚠️ hotpatch: {len(wanting)} of {count} machines are unknown"
    if report.gate.exit_code:  # --only leaves out what fails
        return f"❌ hotpatch: none of the {count} machines shown here fails, but others count"
    return f"✅ hotpatch: none of {count} machines fails"


def _facts(report: Report) -> str:
    counts = dict(report.counts)
    total, skipped, waived = counts.pop("machines"), counts.pop("skipped"), counts.pop("waived")
    said = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    extra = (f"; {waived} waived" if waived else "") + (
        f"; {skipped} skipped (not Windows)" if skipped else ""
    )
    newest = report.newest_release or "nothing yet"
    words = ", ".join(report.gate.fail_on)
    return (
        f"{total} machines as of {report.as_of}: {said}{extra}. "
        f"Release data up to {newest}. Fails on: {words}."
    )


def _table(machines: Iterable[Checked]) -> list[str]:
    head = [f"| {' | '.join(_HEADER)} |", "|" + " --- |" * len(_HEADER)]
    return [*head, *(f"| {' | '.join(_row(checked))} |" for checked in machines), ""]


def _row(checked: Checked) -> tuple[str, ...]:
    judgement = checked.judgement
    verdict, state = judgement.verdict or "", judgement.track.state or "-"
    codes = " ".join(checked.codes) or "-"
    return (
        markdown(checked.machine.label),
        verdict,
        state,
        next_restart(checked.restart),
        codes,
        _WORDS[checked.outcome],
    )


def _folded(title: str, findings: Sequence[CiFinding]) -> list[str]:
    """What is said, by rule, with what to do once for each rule."""
    if not findings:
        return []
    lines = [f"<details><summary>{title} ({len(findings)})</summary>", ""]
    for code in sorted({finding.code for finding in findings}):
        of_code = [finding for finding in findings if finding.code == code]
        rule = of_code[0].reason.rule if of_code[0].reason else None
        lines += [f"**{code} {_prose(rule.title if rule else of_code[0].name)}**", ""]
        lines += [_item(finding) for finding in of_code]
        remedies = dict.fromkeys(
            _prose(finding.reason.remedy) for finding in of_code if finding.reason
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


def _prose(text: str) -> str:
    """Text of the catalogue: what stands between backticks is code already."""
    parts = text.split("`")
    return "`".join(part if at % 2 else markdown(part) for at, part in enumerate(parts))


def _bounded(lines: Sequence[str]) -> str:
    """The lines, as far as a comment can hold them, with every fold closed."""
    kept, size, open_ = [], 0, 0
    for line in lines:
        size += len(line) + 1
        if size > MOST:
            kept += [
                "",
                "... the rest does not fit into a comment; the JSON report has it all.",
                *["</details>"] * open_,
            ]
            break
        open_ += line.startswith("<details>") - line.startswith("</details>")
        kept.append(line)
    return "\n".join(kept) + "\n"
