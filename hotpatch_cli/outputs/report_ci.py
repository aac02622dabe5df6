"""The report for build systems that read lines or a small JSON: GitHub, Azure Pipelines, GitLab."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from typing import Any

from hotpatch_cli.outputs.ci_findings import CiFinding, ci_findings, file_of
from hotpatch_cli.outputs.escaping import visible
from hotpatch_cli.outputs.view_options import PLAIN, ViewOptions
from hotpatch_cli.report import Outcome, Reason, Report

_WEIGHT = {"error": 0, "warning": 1, "note": 2}
_GITLAB = {"error": "major", "warning": "minor", "note": "info"}


def render_github(report: Report, _options: ViewOptions = PLAIN) -> str:
    """Workflow commands, what fails first: GitHub shows ten errors and warnings of a step."""
    return _lines(report, _github, _github_general)


def render_azure(report: Report, _options: ViewOptions = PLAIN) -> str:
    """Logging commands of Azure Pipelines; there is none for a note, which is a plain line."""
    return _lines(report, _azure, _azure_general)


def render_gitlab(report: Report, _options: ViewOptions = PLAIN) -> str:
    """Code quality issues of GitLab; what makes a machine fail is critical."""
    issues = [
        *map(_issue, ci_findings(report)),
        *(_general_issue(report, reason) for reason in report.general),
    ]
    return json.dumps(issues, ensure_ascii=True, indent=1) + "\n"


def headline(report: Report) -> str:
    """One sentence: how many machines there are, and what the gate makes of them."""
    outcomes = Counter(checked.outcome for checked in report.machines)
    words: dict[Outcome, str] = {
        "fails": "fail",
        "undecided": "unknown",
        "waived": "waived",
        "known": "known before",
        "passes": "pass",
    }
    outcome_text = ", ".join(
        f"{outcomes[outcome]} {word}" for outcome, word in words.items() if outcomes[outcome]
    )
    skipped = f"; {len(report.skipped)} skipped (not Windows)" if report.skipped else ""
    count = len(report.machines)
    noun = "machine" if count == 1 else "machines"  # a bare number, as build systems read lines
    return (
        f"hotpatch: {count} {noun} as of {report.as_of}: {outcome_text or 'none shown'}{skipped}."
    )


def _lines(
    report: Report, write: Callable[[CiFinding], str], write_general: Callable[[Reason], str]
) -> str:
    findings = sorted(ci_findings(report), key=_rank)
    notes = [_plain(note) for note in report.notes]
    general = map(write_general, report.general)
    return "".join(
        f"{line}\n" for line in (*map(write, findings), *general, *notes, _plain(headline(report)))
    )


def _rank(finding: CiFinding) -> tuple[bool, bool, int]:
    return finding.cover is not None, not finding.counts, _WEIGHT[finding.level]


def _github(finding: CiFinding) -> str:
    kind = "notice" if finding.cover or finding.level == "note" else finding.level
    file = file_of(finding.place)
    place = (
        {}
        if file is None
        else {"file": file, "line": finding.place.line, "col": finding.place.column or 1}
    )
    properties = {**place, "title": f"{finding.code} {finding.name}"}
    text = ",".join(
        f"{key}={_escaped(str(value), _GITHUB_PROPERTY)}" for key, value in properties.items()
    )
    return f"::{kind} {text}::{_escaped(finding.sentence, _GITHUB)}"


def _github_general(reason: Reason) -> str:
    """A finding on the run: it has no file."""
    kind = "notice" if reason.level == "note" else reason.level
    title = _escaped(f"{reason.rule.code} {reason.rule.name}", _GITHUB_PROPERTY)
    return f"::{kind} title={title}::{_escaped(reason.message, _GITHUB)}"


def _azure_general(reason: Reason) -> str:
    if reason.level == "note":
        return _plain(f"note: {reason.rule.code} {reason.message}")
    properties = f"type={reason.level};code={reason.rule.code};"
    return f"##vso[task.logissue {properties}]{_escaped(reason.message, _AZURE)}"


def _general_issue(report: Report, reason: Reason) -> dict[str, Any]:
    """GitLab requires a location for every finding: findings on the run refer to the first file."""
    place = report.machines[0].machine.origin.locate("name") if report.machines else reason.location
    return {
        "description": f"{reason.rule.code} {reason.message}",
        "check_name": f"hotpatch/{reason.rule.code}",
        "fingerprint": hashlib.sha256(f"run\0{reason.rule.code}".encode()).hexdigest()[:32],
        "severity": _GITLAB[reason.level],
        "location": {"path": file_of(place) or place.file, "lines": {"begin": 1}},
    }


def _azure(finding: CiFinding) -> str:
    file = file_of(finding.place)
    if finding.cover or finding.level == "note":
        place = "" if file is None else f" ({file}:{finding.place.line})"
        return _plain(f"note: {finding.code} {finding.sentence}{place}")
    place_of: dict[str, object] = {}
    if file is not None:
        place_of = {
            "sourcepath": file,
            "linenumber": finding.place.line,
            "columnnumber": finding.place.column or 1,
        }
    properties = {"type": finding.level, **place_of, "code": finding.code}
    text = "".join(
        f"{key}={_escaped(str(value), _AZURE_PROPERTY)};" for key, value in properties.items()
    )
    return f"##vso[task.logissue {text}]{_escaped(finding.sentence, _AZURE)}"


_GITHUB: dict[str, str] = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_GITHUB_PROPERTY = {**_GITHUB, ":": "%3A", ",": "%2C"}
_AZURE = {"%": "%AZP25", "\r": "%0D", "\n": "%0A"}
_AZURE_PROPERTY = {**_AZURE, ";": "%3B", "]": "%5D"}


def _escaped(text: str, table: dict[str, str]) -> str:
    """Text in which the signs of a command are written as that system reads them; control codes are
    shown.
    """
    if not text.isprintable():
        text = "".join(letter if letter in "\r\n" else visible(letter) for letter in text)
    return (
        "".join(table.get(letter, letter) for letter in text)
        if any(sign in text for sign in table)
        else text
    )


def _plain(text: str) -> str:
    """A line that no build system takes for a command, whatever names it has."""
    line = visible(text).replace("##", "# #")
    return f"- {line}" if line.lstrip().startswith("::") else line


def _issue(finding: CiFinding) -> dict[str, Any]:
    severity = _GITLAB[finding.level]
    if finding.cover:
        severity = "info"
    elif finding.counts:
        severity = "critical"
    return {
        "description": f"{finding.code} {finding.sentence}",
        "check_name": f"hotpatch/{finding.code}",
        "fingerprint": finding.fingerprint,
        "severity": severity,
        "location": {
            "path": file_of(finding.place) or finding.place.file,
            "lines": {"begin": finding.place.line or 1},
        },
    }
