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
    """Workflow commands, what fails first: GitHub shows only ten errors and ten warnings of a step."""
    return _lines(report, _github, _github_general)


def render_azure(report: Report, _options: ViewOptions = PLAIN) -> str:
    """Logging commands of Azure Pipelines; a note is a plain line, for there is no such command."""
    return _lines(report, _azure, _azure_general)


def render_gitlab(report: Report, _options: ViewOptions = PLAIN) -> str:
    """Code quality issues of GitLab; what makes a machine fail is critical."""
    issues = [
        *map(_issue, ci_findings(report)),
        *(_general_issue(report, each) for each in report.general),
    ]
    return json.dumps(issues, ensure_ascii=True, indent=1) + "\n"


def headline(report: Report) -> str:
    """One sentence: how many machines there are, and what the gate makes of them."""
    outcomes = Counter(each.outcome for each in report.machines)
    words: dict[Outcome, str] = {
        "fails": "fail",
        "undecided": "unknown",
        "waived": "waived",
        "known": "known before",
        "passes": "pass",
    }
    said = ", ".join(f"{outcomes[each]} {word}" for each, word in words.items() if outcomes[each])
    skipped = f"; {len(report.skipped)} skipped (not Windows)" if report.skipped else ""
    count = len(report.machines)
    return f"hotpatch: {count} machine{'' if count == 1 else 's'} as of {report.as_of}: {said or 'none shown'}{skipped}."


def _lines(
    report: Report, write: Callable[[CiFinding], str], write_general: Callable[[Reason], str]
) -> str:
    said = sorted(ci_findings(report), key=_rank)
    notes = [_plain(note) for note in report.notes]
    general = map(write_general, report.general)
    return "".join(
        f"{line}\n" for line in (*map(write, said), *general, *notes, _plain(headline(report)))
    )


def _rank(said: CiFinding) -> tuple[bool, bool, int]:
    return said.cover is not None, not said.counts, _WEIGHT[said.level]


def _github(said: CiFinding) -> str:
    kind = "notice" if said.cover or said.level == "note" else said.level
    file = file_of(said.place)
    place = (
        {}
        if file is None
        else {"file": file, "line": said.place.line, "col": said.place.column or 1}
    )
    properties = {**place, "title": f"{said.code} {said.name}"}
    text = ",".join(
        f"{key}={_escaped(str(value), _GITHUB_PROPERTY)}" for key, value in properties.items()
    )
    return f"::{kind} {text}::{_escaped(said.sentence, _GITHUB)}"


def _github_general(reason: Reason) -> str:
    """What is said of the run: it has no file."""
    kind = "notice" if reason.level == "note" else reason.level
    title = _escaped(f"{reason.rule.code} {reason.rule.name}", _GITHUB_PROPERTY)
    return f"::{kind} title={title}::{_escaped(reason.message, _GITHUB)}"


def _azure_general(reason: Reason) -> str:
    if reason.level == "note":
        return _plain(f"note: {reason.rule.code} {reason.message}")
    return f"##vso[task.logissue type={reason.level};code={reason.rule.code};]{_escaped(reason.message, _AZURE)}"


def _general_issue(report: Report, reason: Reason) -> dict[str, Any]:
    """GitLab wants a place for everything: what is said of the run is put to the first file that
    was read.
    """
    place = report.machines[0].machine.origin.locate("name") if report.machines else reason.location
    return {
        "description": f"{reason.rule.code} {reason.message}",
        "check_name": f"hotpatch/{reason.rule.code}",
        "fingerprint": hashlib.sha256(f"run\0{reason.rule.code}".encode()).hexdigest()[:32],
        "severity": _GITLAB[reason.level],
        "location": {"path": file_of(place) or place.file, "lines": {"begin": 1}},
    }


def _azure(said: CiFinding) -> str:
    file = file_of(said.place)
    if said.cover or said.level == "note":
        place = "" if file is None else f" ({file}:{said.place.line})"
        return _plain(f"note: {said.code} {said.sentence}{place}")
    place_of: dict[str, object] = {}
    if file is not None:
        place_of = {
            "sourcepath": file,
            "linenumber": said.place.line,
            "columnnumber": said.place.column or 1,
        }
    properties = {"type": said.level, **place_of, "code": said.code}
    text = "".join(
        f"{key}={_escaped(str(value), _AZURE_PROPERTY)};" for key, value in properties.items()
    )
    return f"##vso[task.logissue {text}]{_escaped(said.sentence, _AZURE)}"


_GITHUB: dict[str, str] = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_GITHUB_PROPERTY = {**_GITHUB, ":": "%3A", ",": "%2C"}
_AZURE = {"%": "%AZP25", "\r": "%0D", "\n": "%0A"}
_AZURE_PROPERTY = {**_AZURE, ";": "%3B", "]": "%5D"}


def _escaped(text: str, table: dict[str, str]) -> str:
    """Text in which the signs of a command are written as that system reads them; control codes are
    shown.
    """
    if not text.isprintable():
        text = "".join(each if each in "\r\n" else visible(each) for each in text)
    return (
        "".join(table.get(each, each) for each in text)
        if any(each in text for each in table)
        else text
    )


def _plain(text: str) -> str:
    """A line that no build system takes for a command, whatever names stand in it."""
    line = visible(text).replace("##", "# #")
    return f"- {line}" if line.lstrip().startswith("::") else line


def _issue(said: CiFinding) -> dict[str, Any]:
    severity = "info" if said.cover else "critical" if said.counts else _GITLAB[said.level]
    return {
        "description": f"{said.code} {said.sentence}",
        "check_name": f"hotpatch/{said.code}",
        "fingerprint": said.fingerprint,
        "severity": severity,
        "location": {
            "path": file_of(said.place) or said.place.file,
            "lines": {"begin": said.place.line or 1},
        },
    }
