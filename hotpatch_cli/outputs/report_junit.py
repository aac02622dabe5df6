"""The report as JUnit XML: one test case a machine, so that nothing that was checked looks as if it
had not been.
"""

import re
from collections.abc import Iterable
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from hotpatch_cli.outputs.ci_findings import aside, file_of, silent_code
from hotpatch_cli.outputs.view_options import PLAIN, ViewOptions
from hotpatch_cli.report import Checked, Report

_NOT_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render_junit(report: Report, _options: ViewOptions = PLAIN) -> str:
    """A suite for each file: what fails is a failure, unknown an error; waived, known and not
    Windows are skipped.
    """
    root = Element("testsuites", name="hotpatch")
    for file, machines in _by_file(report.machines).items():
        suite = _suite(root, report, file)
        for checked in machines:
            _case(suite, checked)
    last = root[-1] if len(root) else _suite(root, report, None)
    for machine in report.skipped:
        case = SubElement(
            last, "testcase", name=_xml(machine.label), classname="hotpatch.skipped", time="0"
        )
        SubElement(case, "skipped", message="It does not run Windows.")
    if report.gate.exit_code and root.find(".//failure") is None and root.find(".//error") is None:
        case = SubElement(
            last, "testcase", name="machines that are not shown", classname="hotpatch", time="0"
        )
        SubElement(case, "failure", message=_hidden(report), type="hidden")
    for suite in root:
        _count(suite, ("failure", "error", "skipped"))
    _count(root, ("failure", "error"))
    said = [
        *(f"{reason.rule.code} {reason.level}: {reason.message}" for reason in report.general),
        *report.notes,
    ]
    if said:
        SubElement(last, "system-out").text = _xml("\n".join(said))
    indent(root, " ")
    return f"<?xml version='1.0' encoding='utf-8'?>\n{tostring(root, encoding='unicode')}\n"


def _by_file(machines: Iterable[Checked]) -> dict[str | None, list[Checked]]:
    """The machines of each file, and of what is none."""
    files: dict[str | None, list[Checked]] = {}
    for checked in machines:
        files.setdefault(file_of(checked.machine.origin.locate("name")), []).append(checked)
    return files


def _suite(root: Element, report: Report, file: str | None) -> Element:
    """A suite: Jenkins' schema has a place for a file at a suite, and at no test case."""
    suite = SubElement(root, "testsuite", name=_xml(report.fleet.name or "hotpatch"))
    if file is not None:
        suite.set("file", _xml(file))
    return suite


def _count(element: Element, tags: Iterable[str]) -> None:
    element.set("tests", str(len(element.findall(".//testcase"))))
    for tag in tags:
        name = tag if tag == "skipped" else f"{tag}s"
        element.set(name, str(len(element.findall(f".//testcase/{tag}"))))
    element.set("time", "0")


def _hidden(report: Report) -> str:
    """What counts and is not among the machines that are shown."""
    counting = [reason for reason in report.general if reason.level == "error"]
    if counting:
        return " ".join(f"{reason.rule.code} {reason.message}" for reason in counting)
    return "Machines that count are left out by --only."


def _case(suite: Element, checked: Checked) -> None:
    machine = checked.machine
    case = SubElement(suite, "testcase", name=_xml(machine.label), time="0")
    case.set("classname", f"hotpatch.{machine.facts.platform or 'unknown'}")
    verdict, state = checked.judgment.verdict or "", checked.judgment.track.state
    said = f"{verdict}, {state}" if state else verdict
    tag = {"fails": "failure", "undecided": "error", "waived": "skipped", "known": "skipped"}.get(
        checked.outcome
    )
    if tag is not None:
        element = SubElement(case, tag, message=_xml(_headline(checked, said)))
        element.set("type", verdict)
        if tag != "skipped":
            element.text = _xml(_reasons_text(checked))
    if tag in (None, "skipped"):
        SubElement(case, "system-out").text = _xml(f"{said}\n{_reasons_text(checked)}".strip())


def _headline(checked: Checked, said: str) -> str:
    """The verdict, and the codes that count; those that are covered where none does."""
    covered = [reason for reason in checked.reasons if reason.suppressed]
    named = (
        [reason for reason in checked.reasons if reason.counts] or covered
        if checked.outcome != "undecided"
        else []
    )
    codes = list(dict.fromkeys(reason.rule.code for reason in named)) or list(checked.codes)
    if checked.outcome == "fails" and not named:
        codes = [silent_code(checked)]
    word = f" ({checked.outcome})" if checked.outcome in ("waived", "known") else ""
    return f"{said}{word}: {' '.join(codes)}"


def _reasons_text(checked: Checked) -> str:
    lines = []
    for reason in checked.reasons:
        file, line, column = reason.location
        near = file_of(reason.location) or file
        place = ":".join(str(part) for part in (near, line, column) if part is not None)
        message = " ".join(filter(None, (reason.message, aside(reason))))
        lines.append(f"{reason.rule.code} {reason.level}: {message}")
        lines += [f"  {place}", f"  To do: {reason.remedy}"]
    return "\n".join(lines)


def _xml(text: str) -> str:
    """Text without what XML 1.0 cannot hold in any writing: such a character is shown as its
    escape.
    """
    return _NOT_XML.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), text)
