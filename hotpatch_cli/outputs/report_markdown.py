"""The report as Markdown, for the comment of a pull request or the summary of a job: short, with
details folded.
"""

from collections.abc import Iterable, Sequence

from hotpatch_cli.knowledge.records import Rule
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
_MOST_OF_SUMMARY = 1_000_000
"""GitHub takes no summary of a job of more than 1 MiB.
https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#adding-a-job-summary
"""
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
_NAMES = 3
_LAST_LINES = 100
"""Room for what ends the text."""
_REMEDIES = 3


def render_markdown(report: Report, _options: ViewOptions = PLAIN) -> str:
    """A comment: machines that fail are in a table, all else is folded."""
    return _rendered(report, MOST)


def render_summary(report: Report) -> str:
    """The same for the summary of a job, which can hold more."""
    return _rendered(report, _MOST_OF_SUMMARY)


def _rendered(report: Report, most: int) -> str:
    """Half of the room is for causes and fixes, each rule with its share; the table of all machines
    has what is left.
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
    open_ = [finding for finding in findings if finding.cover is None]
    covered = [finding for finding in findings if finding.cover is not None]
    room = max(most - _size(lines), 0) // 2
    lines += _folded("Causes and fixes", open_, room * 3 // 4 if covered else room)
    lines += _folded("Waived or known", covered, room // 4)
    lines += [
        f"<details><summary>{counted(len(report.machines), 'machine')} in all</summary>",
        "",
    ]
    lines += _within(_table(report.machines), most - _size(lines) - _LAST_LINES)
    return bounded([*lines, "</details>"], "the JSON report", most)


def _size(lines: Iterable[str]) -> int:
    return sum(len(line.encode("utf-8", "backslashreplace")) + 1 for line in lines)


def _within(rows: Sequence[str], room: int) -> list[str]:
    """The rows of a table that fit, and how many more there are."""
    kept: list[str] = []
    for row in rows:
        room -= _size([row])
        if room < 0:
            more = f"... and {len(rows) - len(kept) - 1:,} more. The JSON report has all of them."
            return [*kept, "", more, ""]
        kept.append(row)
    return kept


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


def _folded(title: str, findings: Sequence[CiFinding], room: int) -> list[str]:
    """The findings by rule: each message once with its machines, and the remedies of the rule."""
    if not findings:
        return []
    lines = [f"<details><summary>{title} ({len(findings)})</summary>", ""]
    by_code: dict[str, list[CiFinding]] = {}
    for finding in findings:
        by_code.setdefault(finding.code, []).append(finding)
    for done, (code, of_code) in enumerate(sorted(by_code.items())):
        rule = of_code[0].reason.rule if of_code[0].reason else None
        block = [f"**{code} {markdown_prose(rule.title if rule else of_code[0].name)}**", ""]
        fixes = ["", *_remedies(rule, of_code), ""] if rule else [""]
        share = room // (len(by_code) - done) - _size([*block, *fixes])
        block += [*_items(of_code, share), *fixes]
        room -= _size(block)
        lines += block
    return [*lines, "</details>", ""]


def _remedies(rule: Rule, findings: Iterable[CiFinding]) -> list[str]:
    """What to do: the remedies, filled in, of which there can be one for each machine."""
    remedies = list(
        dict.fromkeys(
            markdown_prose(finding.reason.remedy) for finding in findings if finding.reason
        )
    )
    rest = len(remedies) - _REMEDIES
    more = f" And {rest:,} more like it, in the JSON report." if rest > 0 else ""
    return [f"To do: {' '.join(remedies[:_REMEDIES])}{more} ([source]({rule.source}))"]


def _items(findings: Iterable[CiFinding], room: int) -> list[str]:
    """A line for each message, with the first of its machines: one line at least."""
    messages: dict[tuple[str, str, str], list[CiFinding]] = {}
    for finding in findings:
        messages.setdefault((finding.level, finding.message, finding.aside), []).append(finding)
    lines: list[str] = []
    for done, ((level, message, aside), alike) in enumerate(messages.items()):
        said = markdown(message) + (f" {markdown(aside)}" if aside else "")
        names = ", ".join(_named(finding) for finding in alike[:_NAMES])
        rest = f", and {len(alike) - _NAMES:,} more" if len(alike) > _NAMES else ""
        line = f"- {level}: {names}{rest}: {said}"
        room -= _size([line])
        if lines and room < 0:
            return [*lines, f"- ... and {len(messages) - done:,} more like it, in the JSON report"]
        lines.append(line)
    return lines


def _named(finding: CiFinding) -> str:
    file = file_of(finding.place)
    place = "" if file is None else f" ({markdown(f'{file}:{finding.place.line}')})"
    return f"{markdown(finding.checked.machine.label)}{place}"


def bounded(lines: Iterable[str], whole: str, most: int = MOST) -> str:
    """The lines, as far as a comment can hold them, with every fold closed; `whole` has them
    all.
    """
    kept, size, open_ = [], 0, 0
    for line in lines:
        size += _size([line])
        if size > most:
            kept += [
                "",
                f"... the rest is too long for a comment; {whole} has all of it.",
                *["</details>"] * open_,
            ]
            break
        open_ += line.startswith("<details>") - line.startswith("</details>")
        kept.append(line)
    return "\n".join(kept) + "\n"
